package rules

// What runs as an object dies besides its own method: callbacks of weak references, and methods of Python's classes.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// takesCallback are the functions that call a function when an object has died, with its place among their arguments.
var takesCallback = map[string]int{"ref": 1, "proxy": 1, "WeakMethod": 1, "finalize": 1, "PyWeakref_NewRef": 1, "PyWeakref_NewProxy": 1}

// calledBack finds what weak references call, each once.
func calledBack(c *checking, all []*effects.Function) []dealloc {
	var out []dealloc
	add := func(f *effects.Function, within ast.Span) {
		if f.Def.Params != nil && f.Def.Body != nil && !slices.ContainsFunc(out, func(d dealloc) bool { return d.f == f && d.within == within }) {
			out = append(out, dealloc{checking: c, f: f, by: f, all: all, callback: true, within: within})
		}
	}
	for _, f := range all {
		if f.Def.Body == nil || f.Def.Params == nil {
			continue
		}
		defs := map[string]*ast.FuncDef{}
		ast.Walk(f.Def.Body, func(n ast.Node) bool {
			if def, ok := n.(*ast.FuncDef); ok {
				defs[def.Name.Name] = def
			}
			call, ok := n.(*ast.Call)
			if !ok || call.Fun == nil {
				return true
			}
			place := takesCallback[weakFunction(c.m, call.Fun)]
			if place == 0 {
				return true
			}
			x := syntax.Arg(call, place)
			for _, a := range call.Args {
				if a.Name.Name == "callback" || a.Name.Name == "func" {
					x = a.X
				}
			}
			switch x := syntax.Bare(x).(type) {
			case *ast.Lambda:
				add(f, x.Span)
			case *ast.Name:
				if def := defs[x.Name]; def != nil {
					add(f, def.Span)
					break
				}
				for _, g := range all {
					if g.Class == nil && g.PyClass == "" && g.Def.Name.Name == x.Name {
						add(g, g.Def.Span)
					}
				}
			case *ast.Attribute:
				if !syntax.IsNamed(syntax.Bare(x.X), ownName(f)) || f.Class == nil && f.PyClass == "" {
					break
				}
				for _, g := range all {
					if (f.Class != nil && g.Class != nil && slices.Contains(f.Class.Ancestry(), g.Class) || f.PyClass != "" && g.PyClass == f.PyClass) && g.Def.Name.Name == x.Attr.Name {
						add(g, g.Def.Span)
					}
				}
			}
			return true
		})
	}
	return out
}

// weakFunction is the name of a function of the module weakref, or of Python's C API for weak references; "" for another
// function.
func weakFunction(m *project.Module, fun ast.Expr) string {
	path := syntax.Dotted(fun)
	if len(path) == 0 {
		return ""
	}
	if name := m.CName(fun); strings.HasPrefix(name, "PyWeakref_") {
		return name
	}
	b := m.Scope.Names[path[0]]
	if len(b.Path) == 0 || b.Path[len(b.Path)-1] != "weakref" {
		return ""
	}
	return cmp.Or(b.Attr, path[len(path)-1])
}

// isSuper reports whether an expression is super().
func isSuper(e ast.Expr) bool {
	call, ok := syntax.Bare(e).(*ast.Call)
	return ok && call.Fun != nil && syntax.IsNamed(call.Fun, "super")
}

// pythonMethods are the methods of a name that objects of a Python class of the module may have: that of the class or,
// above it, of its bases; and those of the classes that derive from it.
func pythonMethods(c *checking, all []*effects.Function, class, name string, above bool) []*effects.Function {
	defs := map[string]*ast.ClassDef{}
	for _, f := range c.funcs() {
		if f.class != nil {
			defs[f.class.Name.Name] = f.class
		}
	}
	own := func(class string) []*effects.Function {
		var out []*effects.Function
		for _, g := range all {
			if g.PyClass == class && g.Def.Name.Name == name && g.Def.Body != nil {
				out = append(out, g)
			}
		}
		return out
	}
	seen := map[string]bool{}
	var inherited func(class string) []*effects.Function
	inherited = func(class string) []*effects.Function {
		def := defs[class]
		if def == nil || def.Bases == nil || seen[class] {
			return nil
		}
		seen[class] = true
		for _, a := range def.Bases.Args {
			path := syntax.Dotted(a.X)
			if len(path) == 0 {
				continue
			}
			if k := c.m.Lookup(path); k != nil {
				for _, k := range k.Ancestry() {
					if fs := c.p.Own(k).Plain[name]; len(fs) > 0 {
						return fs
					}
				}
				continue
			}
			if fs := own(path[len(path)-1]); len(fs) > 0 {
				return fs
			}
			if fs := inherited(path[len(path)-1]); len(fs) > 0 {
				return fs
			}
		}
		return nil
	}
	if above {
		return inherited(class)
	}
	out := own(class)
	if len(out) == 0 {
		out = inherited(class)
	}
	heirs := map[string]bool{class: true}
	for again := true; again; {
		again = false
		for heir, def := range defs {
			if !heirs[heir] && def.Bases != nil && slices.ContainsFunc(def.Bases.Args, func(a ast.Arg) bool { return heirs[syntax.LastName(a.X)] }) {
				heirs[heir], again = true, true
			}
		}
	}
	for _, g := range all {
		if g.PyClass != class && heirs[g.PyClass] && g.Def.Name.Name == name && g.Def.Body != nil {
			out = append(out, g)
		}
	}
	return out
}
