package rules

// PXL402: an attribute that points at the bytes of a bytearray, which another attribute holds and something resizes.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// keptBytes looks at the classes of a module that have a bytearray and a pointer.
func keptBytes(c *checking) {
	for _, cl := range c.m.Classes {
		for _, a := range cl.Ancestry() {
			for _, fd := range a.Fields {
				if fd.Ctype != nil && fd.Ctype.Name == "bytearray" && fd.Declarator.Pointer == 0 {
					(&bytesOwner{checking: c, class: cl, data: fd}).look()
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
}

// stored is where an attribute gets a pointer to the bytes.
type stored struct {
	f    *effects.Function
	at   ast.Span
	attr string
}

func (b *bytesOwner) look() {
	own := slices.DeleteFunc(slices.Clone(b.functions()), func(f *effects.Function) bool { return f.Class != b.class || ownName(f) == "" })
	var sets []stored
	for _, f := range own {
		b.assigns(f, func(attr string, st *ast.Assign) {
			if fd := b.class.Field(attr); fd != nil && fd.Declarator != nil && fd.Declarator.Pointer == 1 && b.points(f, st.Value) {
				sets = append(sets, stored{f, st.Span, attr})
			}
		})
	}
	for i, set := range sets {
		if slices.ContainsFunc(sets[:i], func(o stored) bool { return o.attr == set.attr }) {
			continue
		}
		for _, f := range own {
			if at, how := b.resizes(f); how != "" && !b.resets(f, set.attr, at, own, map[*effects.Function]bool{}) {
				b.tell(set, f, at, how)
				break
			}
		}
	}
}

// assigns visits what a method assigns to attributes of its object.
func (b *bytesOwner) assigns(f *effects.Function, visit func(attr string, st *ast.Assign)) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok && st.Value != nil {
			for _, t := range st.Targets {
				if x, ok := t.(*ast.Attribute); ok && syntax.IsNamed(x.X, ownName(f)) {
					visit(x.Attr.Name, st)
				}
			}
		}
		return true
	})
}

// isData reports whether an expression is the object's bytearray.
func (b *bytesOwner) isData(f *effects.Function, e ast.Expr) bool {
	x, ok := syntax.Unparen(e).(*ast.Attribute)
	return ok && x.Attr.Name == b.data.Name && syntax.IsNamed(x.X, ownName(f))
}

// points reports whether a value is a pointer at the bytes, or some way after their start.
func (b *bytesOwner) points(f *effects.Function, e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Binary:
		return (x.Op == "+" || x.Op == "-") && b.points(f, x.X)
	case *ast.Call:
		return x.Fun != nil && strings.HasPrefix(b.m.CName(x.Fun), "PyByteArray_A") && b.isData(f, syntax.Arg(x, 0))
	case *ast.Attribute:
		return b.isData(f, x)
	}
	return false
}

// resizes is where a method, which is no constructor, changes the size of the bytearray, or puts another one there.
func (b *bytesOwner) resizes(f *effects.Function) (at ast.Span, how string) {
	if f.Accessor == effects.Plain && (library.Construction()[f.Def.Name.Name] || library.NoLockMethods()[f.Def.Name.Name]) {
		return at, ""
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if x, ok := n.Fun.(*ast.Attribute); ok && resizing[x.Attr.Name] && b.isData(f, x.X) ||
				n.Fun != nil && b.m.CName(n.Fun) == "PyByteArray_Resize" && b.isData(f, syntax.Arg(n, 0)) {
				at, how = n.Span, "resizes"
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				x, item := syntax.Unparen(t).(*ast.Subscript)
				switch {
				case b.isData(f, t) && n.Op == "=" && n.Value != nil:
					at, how = n.Span, "replaces"
				case b.isData(f, t) && n.Value != nil, item && b.isData(f, x.X) && syntax.HasSlice(x.Index):
					at, how = n.Span, "resizes"
				}
			}
		case *ast.Del:
			for _, t := range n.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Subscript); ok && b.isData(f, x.X) {
					at, how = n.Span, "resizes"
				}
			}
		}
		return true
	})
	return at, how
}

// resets reports whether a method assigns to the pointer after a place, itself or by another method of its object.
func (b *bytesOwner) resets(f *effects.Function, attr string, after ast.Span, own []*effects.Function, seen map[*effects.Function]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	found := false
	b.assigns(f, func(name string, st *ast.Assign) { found = found || name == attr && st.Pos >= after.Pos })
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || found || call.Pos < after.Pos {
			return !found
		}
		if x, ok := call.Fun.(*ast.Attribute); ok && syntax.IsNamed(x.X, ownName(f)) {
			for _, g := range own {
				found = found || g.Def.Name.Name == x.Attr.Name && b.resets(g, attr, ast.Span{}, own, seen)
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
