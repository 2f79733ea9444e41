package plan

// Objects without a name: "*others" and "**kw" stand for the items of a collection,
// each of which is locked when it is an instance of a locked class.

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// itemTypes are the builtin types whose items can be locked.
var itemTypes = map[string]bool{"object": true, "list": true, "tuple": true, "set": true, "frozenset": true}

// copiedTypes are those of them that somebody else can change: a function that
// locks their items uses a copy.
var copiedTypes = map[string]bool{"object": true, "list": true, "set": true}

// inferItems holds the items that the model asks for, which are those of parameters that can
// be locked. What stays without its lock, check reports.
func (r *resolver) inferItems() {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	if fun == nil {
		return
	}
	held := len(r.holds) > 0
	for _, st := range r.p.Program.InferItems(fun) {
		if st.Kin && !held {
			continue // each is locked and released by what is done to it
		}
		prm := r.f.Def.Params.List[st.Param]
		h := Hold{Mode: st.Mode, Path: []string{prm.Name.Name}, Items: true, Param: prm.Kind}
		if prm.Kind == ast.Positional {
			_, h.Copied = r.itemless(st.Param, prm)
		} else if st.Mode == effects.Write {
			h.as = effects.UsedAs(r.p.Program, fun, st.Param, true)
		}
		r.hold(h)
		r.noteInferred(st.Path, st.Stance)
	}
}

// addItems resolves a path that begins with a star, and holds the items.
func (r *resolver) addItems(u *project.Unit, span ast.Span, path string, md effects.Mode) {
	name := norm.NFKC.String(strings.TrimLeft(path, "*"))
	given := len(path) - len(strings.TrimLeft(path, "*"))
	if i := strings.IndexByte(name, '.'); i > 0 && given <= 2 {
		r.fail(u, span, finding.Argument, fmt.Sprintf("%q names an attribute of the items, and only the items themselves can be locked", path),
			fmt.Sprintf("write %q; a class whose state another object guards says so itself, with guard=", path[:given]+name[:i]))
		return
	}
	if given > 2 || !syntax.Identifier(name) {
		r.fail(u, span, finding.Argument, fmt.Sprintf("%q is not a name with one or two stars", path), "write \"*args\" for the items of a parameter, \"**kwargs\" for the values of a collection of keyword arguments")
		return
	}
	params := r.f.Def.Params.List
	i := slices.IndexFunc(params, func(p *ast.Param) bool { return p.Name.Name == name })
	if i < 0 {
		var named []*ast.Param
		for _, p := range params {
			if p.Name.Name != "" {
				named = append(named, p)
			}
		}
		r.fail(u, span, finding.Parameter, fmt.Sprintf("%s has no parameter %q", r.f.Def.Name.Name, name), "its parameters are: "+paramNames(named))
		return
	}
	prm := params[i]
	h := Hold{Mode: md, Path: []string{name}, Items: true, Param: prm.Kind}
	switch {
	case given == 2 && prm.Kind != ast.DoubleStar:
		r.fail(u, span, finding.Parameter, fmt.Sprintf("%q is not a collection of keyword arguments", name), fmt.Sprintf("one star stands for the items of a parameter: %q", "*"+name))
		return
	case given == 1 && prm.Kind == ast.DoubleStar:
		r.fail(u, span, finding.Parameter, fmt.Sprintf("the items of %q are names; the objects are its values", name), fmt.Sprintf("write %q", "**"+name))
		return
	case prm.Kind == ast.Positional:
		if !r.hasItems(u, span, i, prm, &h) {
			return
		}
	}
	r.hold(h)
}

// hasItems reports whether what is passed for parameter i can have items to lock,
// and reports it where not.
func (r *resolver) hasItems(u *project.Unit, span ast.Span, i int, prm *ast.Param, h *Hold) bool {
	name := prm.Name.Name
	what, copied := r.itemless(i, prm)
	if what != "" {
		r.fail(u, span, finding.Parameter, fmt.Sprintf("parameter %q is %s, which has no items to lock", name, what),
			"a star goes before *args, or before a list, a tuple, a set or an untyped parameter; without it, a name stands for the object itself")
		return false
	}
	h.Copied = copied
	if !copied {
		return true
	}
	if at := changes(r.f.Def.Body, name); at != (ast.Span{}) {
		r.fail(r.f.Unit, at, finding.Parameter,
			fmt.Sprintf("%s changes %s, whose items it locks: it would change a copy", r.f.Def.Name.Name, name),
			fmt.Sprintf("a list is copied, so that what is locked is what is used: do that yourself, %s = list(%s), before this line, or leave the change to the caller", name, name))
		return false
	}
	return true
}

// itemless says what parameter i is where that has no items to lock; otherwise
// whether it has to be copied.
func (r *resolver) itemless(i int, prm *ast.Param) (what string, copied bool) {
	if i == 0 && r.f.Class != nil && r.f.Outer == nil && !r.static {
		return "the method's own object", false
	}
	path, pointer := r.m.ParamType(r.f.Class, r.f.Def, i, prm)
	if pointer {
		return "a C pointer or memoryview", false
	}
	if path == nil {
		return "", true
	}
	typ := path[len(path)-1]
	c := r.m.Lookup(path)
	switch {
	case c != nil:
		return "a " + c.Name, false
	case len(path) == 1 && itemTypes[typ]:
		return "", copiedTypes[typ]
	case library.CTypes()[typ] || strings.HasSuffix(typ, "_t") || strings.Contains(typ, " "):
		return "a C " + typ, false
	case len(path) == 1 && library.ObjectTypes()[typ] || prm.Annotation == nil:
		return "a " + typ, false
	}
	return "", true // an annotation that means nothing to Cython
}

// changes returns the first place where a body changes the collection that a
// parameter names, before the name is given to something else.
func changes(body *ast.Suite, name string) (at ast.Span) {
	rebound := int32(-1)
	syntax.OwnNodes(body, func(n ast.Node) bool {
		found := ast.Span{}
		switch n := n.(type) {
		case *ast.Assign:
			if n.Op != "=" && len(n.Targets) == 1 && syntax.IsNamed(n.Targets[0], name) {
				found = n.Span // "+=" changes a list in place
			}
		case *ast.Name:
			if n.Name == name && n.Access == ast.Write && (rebound < 0 || n.Pos < rebound) {
				rebound = n.Pos
			}
		case *ast.Subscript:
			if syntax.IsNamed(n.X, name) && (n.Access == ast.Write || n.Access == ast.Aug || n.Access == ast.Delete) {
				found = n.Span
			}
		case *ast.Call:
			if a, ok := n.Fun.(*ast.Attribute); ok && syntax.IsNamed(a.X, name) && library.Changers()[a.Attr.Name] {
				found = n.Span
			}
		}
		if found != (ast.Span{}) && (at == (ast.Span{}) || found.Pos < at.Pos) {
			at = found
		}
		return true
	})
	if rebound >= 0 && rebound < at.Pos {
		return ast.Span{}
	}
	return at
}

// HasItems reports whether the items of a collection are among what is locked.
func (pl *Plan) HasItems() bool { return pl.locksItems() != nil }

// locksItems returns the first hold of items, or nil.
func (pl *Plan) locksItems() *Hold {
	for i := range pl.Holds {
		if pl.Holds[i].Items {
			return &pl.Holds[i]
		}
	}
	return nil
}
