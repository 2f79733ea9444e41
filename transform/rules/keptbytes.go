package rules

// PXL402: an attribute that points at the bytes of a bytearray, which another attribute holds and something resizes.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// keptBytes looks at the classes of a module that have a bytearray and a pointer.
func keptBytes(c *checking) {
	told := map[ast.Span]bool{}
	for _, cl := range c.m.Classes {
		for _, a := range cl.Ancestry() {
			for _, fd := range a.Fields {
				if fd.Ctype != nil && fd.Ctype.Name == "bytearray" && fd.Declarator != nil && fd.Declarator.Pointer == 0 {
					(&bytesOwner{checking: c, class: cl, data: fd, told: told}).look()
				}
			}
		}
	}
}

// bytesOwner is a class with a bytearray in an attribute.
type bytesOwner struct {
	*checking
	class *project.Class
	data  *project.Field
	told  map[ast.Span]bool // what was told of another class
}

// stored is where an attribute gets a pointer to the bytes.
type stored struct {
	f    *effects.Function
	at   ast.Span
	attr string
}

func (b *bytesOwner) look() {
	var own []*effects.Function
	for _, f := range b.functions() {
		if r := b.ruleFunc(f.Def); r != nil && bytes.Contains(f.Unit.Src[f.Def.Pos:f.Def.End], []byte(b.data.Name)) {
			own = append(own, f)
		}
	}
	var sets []stored
	for _, f := range own {
		b.assigns(f, func(of, attr string, st *ast.Assign) {
			first, _, within := strings.Cut(attr, ".")
			fd := b.class.Field(first)
			if fd == nil || fd.Declarator == nil || !within && fd.Declarator.Pointer != 1 || within && b.p.Types.OfField(fd).Kind != ctype.Record {
				return
			}
			if b.points(f, of, st.Value, maxAliases) {
				sets = append(sets, stored{f, st.Span, attr})
			}
		})
	}
	if len(sets) == 0 {
		return
	}
	var all []*effects.Function
	for _, f := range b.functions() {
		if b.ruleFunc(f.Def) != nil {
			all = append(all, f)
		}
	}
	for i, set := range sets {
		if b.told[set.at] || slices.ContainsFunc(sets[:i], func(o stored) bool { return o.attr == set.attr }) {
			continue
		}
		for _, f := range all {
			if at, of, how := b.resizes(f); how != "" && !b.resets(f, of, set.attr, at, all, map[*effects.Function]bool{}) {
				b.told[set.at] = true
				b.tell(set, f, at, how)
				break
			}
		}
	}
}

// object is the name of an object with the bytearray that an expression is, "" where it is none: of a method's own one, or of a
// parameter or variable of the class.
func (b *bytesOwner) object(f *effects.Function, e ast.Expr) string {
	x, ok := syntax.Bare(e).(*ast.Name)
	if !ok {
		return ""
	}
	var cl *project.Class
	if f.Class != nil && x.Name == ownName(f) {
		cl = f.Class
	} else {
		r := b.ruleFunc(f.Def)
		r.prepare()
		if t := r.types[x.Name]; t.ctype != nil && (t.d == nil || t.d.Pointer == 0) {
			cl = b.m.Lookup(strings.Split(t.ctype.Name, "."))
		}
	}
	if cl == nil || cl.Field(b.data.Name) != b.data {
		return ""
	}
	return x.Name
}

// assigns visits what a function assigns to attributes of an object, and to what is in structs there.
func (b *bytesOwner) assigns(f *effects.Function, visit func(of, attr string, st *ast.Assign)) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok && st.Value != nil {
			for _, t := range st.Targets {
				x, ok := t.(*ast.Attribute)
				if !ok {
					continue
				}
				attr := x.Attr.Name
				if in, ok := syntax.Bare(x.X).(*ast.Attribute); ok {
					x, attr = in, in.Attr.Name+"."+attr
				}
				if of := b.object(f, x.X); of != "" {
					visit(of, attr, st)
				}
			}
		}
		return true
	})
}

// dataOf is the name of the object whose bytearray an expression is, "" where it is none.
func (b *bytesOwner) dataOf(f *effects.Function, e ast.Expr) string {
	if x, ok := syntax.Bare(e).(*ast.Attribute); ok && x.Attr.Name == b.data.Name {
		return b.object(f, x.X)
	}
	return ""
}

// points reports whether a value is a pointer at the bytes of an object, or some way after their start, also by way of variables, of
// a memoryview, and of a C function that returns it.
func (b *bytesOwner) points(f *effects.Function, of string, e ast.Expr, depth int) bool {
	if e == nil || depth == 0 {
		return false
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Binary:
		return (x.Op == "+" || x.Op == "-") && b.points(f, of, x.X, depth-1)
	case *ast.Unary:
		if s, ok := syntax.Bare(x.X).(*ast.Subscript); ok && x.Op == "&" {
			return b.points(f, of, s.X, depth-1)
		}
	case *ast.Call:
		if x.Fun == nil {
			return false
		}
		if name := b.m.CName(x.Fun); strings.HasPrefix(name, "PyByteArray_A") {
			return b.dataOf(f, syntax.Arg(x, 0)) == of
		}
		for i := range f.Flow.Calls {
			k := &f.Flow.Calls[i]
			if k.Span != x.Span {
				continue
			}
			for _, g := range k.Callees {
				if g.Def.Body == nil || g.Def.Params == nil || g.Def.Declarator == nil || g.Def.Declarator.Pointer != 1 {
					continue
				}
				for _, param := range passes(b.checking, g) {
					if b.points(f, of, givenTo(x, g, param, false), depth-1) {
						return true
					}
				}
			}
		}
	case *ast.Attribute:
		return b.dataOf(f, x) == of
	case *ast.Name:
		r := b.ruleFunc(f.Def)
		if r.prepare(); !r.local[x.Name] || r.params[x.Name] != nil {
			return false
		}
		if t := r.types[x.Name]; t.ctype == nil || !t.ctype.Memoryview && (t.d == nil || t.d.Pointer == 0) {
			return false
		}
		values, _ := r.reaching(x.Name, x.Pos)
		return slices.ContainsFunc(values, func(v nameValue) bool { return !v.item && b.points(f, of, v.value, depth-1) })
	}
	return false
}

// resizes is where a function, which is no constructor, changes the size of the bytearray of an object, or puts another one there.
func (b *bytesOwner) resizes(f *effects.Function) (at ast.Span, of, how string) {
	if f.Accessor == effects.Plain && (library.Construction()[f.Def.Name.Name] || library.NoLockMethods()[f.Def.Name.Name]) {
		return at, "", ""
	}
	found := func(e ast.Expr, where ast.Span, what string) bool {
		name := b.dataOf(f, e)
		if x, ok := syntax.Bare(e).(*ast.Name); ok && name == "" { // another name for it
			r := b.ruleFunc(f.Def)
			r.prepare()
			values, _ := r.reaching(x.Name, x.Pos)
			for _, v := range values {
				if !v.item && name == "" && what == "resizes" {
					name = b.dataOf(f, v.value)
				}
			}
		}
		if name == "" || b.ruleFunc(f.Def).types[name].ctype != nil && b.made(f, name) {
			return false
		}
		at, of, how = where, name, what
		return true
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if x, ok := n.Fun.(*ast.Attribute); ok && resizing[x.Attr.Name] {
				found(x.X, n.Span, "resizes")
			} else if n.Fun != nil && b.m.CName(n.Fun) == "PyByteArray_Resize" {
				found(syntax.Arg(n, 0), n.Span, "resizes")
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if n.Value == nil {
					break
				}
				if x, item := syntax.Unparen(t).(*ast.Subscript); item && syntax.HasSlice(x.Index) {
					found(x.X, n.Span, "resizes")
				} else if n.Op == "=" {
					found(t, n.Span, "replaces")
				} else {
					found(t, n.Span, "resizes")
				}
			}
		case *ast.Del:
			for _, t := range n.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Subscript); ok {
					found(x.X, n.Span, "resizes")
				}
			}
		}
		return true
	})
	if how != "" {
		return at, of, how
	}
	for i := range f.Sum.Effects { // by a function that is given the bytearray
		e := &f.Sum.Effects[i]
		if rg := &f.Sum.Regions[e.Region]; e.Field != b.data.Name || e.Class == nil || e.Class.Field(e.Field) != b.data || !e.Writes() || !e.Sure || rg.Root != effects.NodeParam || rg.Parent >= 0 {
			continue
		} else if chain := effects.Chain(f, e); len(chain) > 1 {
			if last := chain[len(chain)-1]; last.Effect.Cause == effects.ChangesContainer && resizing[last.Effect.Name] && last.Func.Def.Kind == ast.Cdef && !b.has(last.Func) {
				return e.Span, syntax.ParamName(f.Def.Params.List[rg.Num]), "resizes"
			}
		}
	}
	return at, "", ""
}

// has reports whether a function has an object with the bytearray: then it is looked at by itself.
func (b *bytesOwner) has(f *effects.Function) bool {
	r := b.ruleFunc(f.Def)
	if r == nil {
		return false
	}
	r.prepare()
	if f.Class != nil && f.Class.Field(b.data.Name) == b.data {
		return true
	}
	for name := range r.types {
		if b.object(f, &ast.Name{Name: name}) != "" {
			return true
		}
	}
	return false
}

// made reports whether an object is one of the function's own making: nobody points at its bytes yet.
func (b *bytesOwner) made(f *effects.Function, name string) bool {
	r := b.ruleFunc(f.Def)
	values := r.values[name]
	return r.params[name] == nil && len(values) > 0 && !slices.ContainsFunc(values, func(v nameValue) bool {
		k, ok := syntax.Bare(v.value).(*ast.Call)
		if !ok || v.value == nil {
			return true
		}
		path := syntax.Dotted(k.Fun)
		return b.m.Lookup(path) == nil && (len(path) == 0 || path[len(path)-1] != "__new__")
	})
}

// resets reports whether a method assigns to the pointer after a place, itself or by another method of its object.
func (b *bytesOwner) resets(f *effects.Function, of, attr string, after ast.Span, own []*effects.Function, seen map[*effects.Function]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	found := false
	b.assigns(f, func(on, name string, st *ast.Assign) {
		found = found || on == of && name == attr && st.Pos >= after.Pos
	})
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || found || call.Pos < after.Pos {
			return !found
		}
		if x, ok := call.Fun.(*ast.Attribute); ok && syntax.IsNamed(x.X, of) {
			for _, g := range own {
				found = found || g.Class != nil && g.Def.Name.Name == x.Attr.Name && b.resets(g, ownName(g), attr, ast.Span{}, own, seen)
			}
		} else if to, ok := call.Fun.(*ast.Name); ok { // a function that is given the object
			for _, g := range own {
				if g.Class != nil || g.Def.Name.Name != to.Name {
					continue
				}
				for i, p := range g.Def.Params.List {
					if syntax.IsNamed(syntax.Bare(givenTo(call, g, i, false)), of) {
						found = found || b.resets(g, syntax.ParamName(p), attr, ast.Span{}, own, seen)
					}
				}
			}
		}
		return true
	})
	return found
}

func (b *bytesOwner) tell(set stored, f *effects.Function, at ast.Span, how string) {
	out := project.FindingAt(set.f.Unit.Source, set.at, finding.Storage,
		fmt.Sprintf("%s points %s at the bytes of %s, and %s %s that and leaves %s where it is", set.f.Name(), set.attr, b.data.Name, f.Name(), how, set.attr),
		fmt.Sprintf("assign %s again after that, or take the pointer each time; "+bytesHelp, set.attr))
	out.Warning = true
	there := project.FindingAt(f.Unit.Source, at, "", "", "")
	out.Related = append(out.Related, finding.Related{Path: there.Path, Line: there.Line, Column: there.Column, Message: f.Name() + " " + how + " " + b.data.Name})
	b.Findings = append(b.Findings, out)
}
