package rules

// PXL302: memoryviews of guarded state that a member hands out, whatever object of Python's it makes of them.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// ownViews finds what of a member's expressions is a view of an attribute of its object.
type ownViews struct {
	c    *checking
	f    *effects.Function
	r    *ruleFunc
	self string
}

// maxAliases bounds through how many variables and calls a view is followed.
const maxAliases = 8

// viewsOf reports a member that returns the memory of an attribute as an object that shares it, or keeps such an object
// where everybody finds it.
func viewsOf(c *checking, f *effects.Function) {
	r := c.ruleFunc(f.Def)
	if r == nil || f.Class == nil || len(f.Def.Params.List) == 0 {
		return
	}
	r.prepare()
	v := ownViews{c, f, r, syntax.ParamName(f.Def.Params.List[0])}
	given := func(x ast.Expr) {
		if name := v.of(x, maxAliases); name != "" && !letsGo(c, f, name) && !(effects.Pickles(f) && c.p.Changes.StaysWithin(f.Class, name)) {
			c.handsOutView(f, x.Range(), fmt.Sprintf(returnsMemory, name))
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Def.Kind != ast.Cdef {
				for _, x := range n.Exprs {
					given(x)
				}
			}
		case *ast.Assign:
			if n.Value != nil && slices.ContainsFunc(n.Targets, v.forAll) {
				given(n.Value)
			}
		}
		return true
	})
}

// forAll reports whether a target is an attribute that Python code reads.
func (v *ownViews) forAll(t ast.Expr) bool {
	fd := v.attribute(t)
	return fd != nil && (fd.Vis == ast.Public || fd.Vis == ast.Readonly)
}

// attribute is the attribute of the member's own object that an expression names, nil for another one.
func (v *ownViews) attribute(x ast.Expr) *project.Field {
	a, ok := syntax.Bare(x).(*ast.Attribute)
	if !ok || !syntax.IsNamed(a.X, v.self) {
		return nil
	}
	return v.f.Class.Field(a.Attr.Name)
}

// of returns the attribute whose memory an expression shares, "" for none; depth bounds through how many variables.
func (v *ownViews) of(x ast.Expr, depth int) string {
	if depth == 0 {
		return ""
	}
	switch x := syntax.Unparen(x).(type) {
	case *ast.Cast:
		if x.Type == nil || !syntax.HasSlice(x.Type.Args) {
			return v.of(x.X, depth-1)
		}
		if x.Type.Const {
			return ""
		}
		return v.pointed(x.X, depth-1)
	case *ast.Attribute:
		if fd := v.attribute(x); fd != nil {
			if isView(fd) && !v.c.p.Types.OfField(fd).Constant {
				return fd.Name
			}
			return ""
		}
		if library.ArrayViews()[x.Attr.Name] {
			return v.of(x.X, depth-1)
		}
	case *ast.Subscript:
		if syntax.HasSlice(x.Index) {
			return v.of(x.X, depth-1)
		}
	case *ast.Call:
		if x.Fun == nil {
			return ""
		}
		if library.Viewers()[v.c.m.CName(x.Fun)] {
			return v.of(syntax.Arg(x, 0), depth-1)
		}
		if a, ok := syntax.Unparen(x.Fun).(*ast.Attribute); ok && library.ArrayViews()[a.Attr.Name] {
			return v.of(a.X, depth-1)
		}
	case *ast.Collection:
		for _, e := range x.Elems {
			if name := v.of(e, depth-1); name != "" {
				return name
			}
		}
	case *ast.Name:
		return v.given(x, func(x ast.Expr) string { return v.of(x, depth-1) })
	}
	return ""
}

// pointed returns the attribute into which a pointer leads.
func (v *ownViews) pointed(x ast.Expr, depth int) string {
	if depth == 0 {
		return ""
	}
	switch x := syntax.Bare(x).(type) {
	case *ast.Attribute:
		if fd := v.attribute(x); fd != nil && !v.c.p.Types.OfField(fd).Constant {
			return fd.Name
		}
	case *ast.Unary:
		if x.Op == "&" {
			return v.pointed(x.X, depth-1)
		}
	case *ast.Subscript:
		return v.pointed(x.X, depth-1)
	case *ast.Binary:
		if x.Op == "+" || x.Op == "-" {
			return v.pointed(x.X, depth-1)
		}
	case *ast.Name:
		return v.given(x, func(x ast.Expr) string { return v.pointed(x, depth-1) })
	}
	return ""
}

// given returns what one of the values that a variable may have where it is used is a view of.
func (v *ownViews) given(x *ast.Name, of func(ast.Expr) string) string {
	t := v.r.types[x.Name]
	if !v.r.local[x.Name] || v.r.params[x.Name] != nil || t.ctype != nil && t.ctype.Const {
		return ""
	}
	values, _ := v.r.reaching(x.Name, x.Pos)
	for _, given := range values {
		if given.value == nil {
			continue
		}
		if name := of(given.value); name != "" {
			return name
		}
	}
	return ""
}

const returnsMemory = "returns the memory of %s itself, which callers then read and write without the lock"

func (c *checking) handsOutView(f *effects.Function, span ast.Span, how string) {
	out := project.FindingAt(f.Unit.Source, span, finding.Buffer, "", "")
	out.Warning = true
	out.Message = f.Name() + " " + how
	out.Help = "hand out a copy"
	c.Findings = append(c.Findings, out)
}

// isView reports whether an attribute is a memoryview.
func isView(fd *project.Field) bool {
	if fd == nil {
		return false
	}
	if fd.Ctype != nil {
		return fd.Ctype.Memoryview
	}
	s, ok := fd.Annotation.(*ast.Subscript)
	return ok && syntax.HasSlice(s.Index)
}
