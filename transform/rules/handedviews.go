package rules

// PXL302: memoryviews of guarded state that a function hands out, whatever object of Python's it makes of them.

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

// views finds what of a function's expressions is a view of an attribute of an object.
type views struct {
	c      *checking
	f      *effects.Function
	r      *ruleFunc
	states *statesOf
	outer  *views // of a function inside the function: that; nil for others
}

// maxAliases bounds through how many variables and calls a view is followed.
const maxAliases = 8

// viewsOf reports a function that returns the memory of an attribute as an object that shares it, or keeps such an object
// where everybody finds it.
func viewsOf(states *statesOf) {
	c, f := states.checking, states.f
	r := c.ruleFunc(f.Def)
	if r == nil {
		return
	}
	r.prepare()
	v := &views{c, f, r, states, nil}
	given := func(x ast.Expr) {
		st := partsOf(v, func(v *views, x ast.Expr) *heldState { return v.of(x, maxAliases) }).of(x)
		if st != nil && !letsGo(c, f, st) && !(effects.Pickles(f) && c.p.Changes.StaysWithin(st.class, st.field.Name)) {
			c.handsOutView(f, x.Range(), fmt.Sprintf(returnsMemory, st.name()))
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Exposed() {
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
func (v *views) forAll(t ast.Expr) bool {
	fd := v.states.declared(t)
	return fd != nil && (fd.Vis == ast.Public || fd.Vis == ast.Readonly)
}

// of returns the attribute whose memory an expression shares, nil for none; depth bounds through how many variables.
func (v *views) of(x ast.Expr, depth int) *heldState {
	if depth == 0 {
		return nil
	}
	switch x := syntax.Unparen(x).(type) {
	case *ast.Cast:
		if x.Type == nil || !syntax.HasSlice(x.Type.Args) {
			return v.of(x.X, depth-1)
		}
		if x.Type.Const {
			return nil
		}
		return v.pointed(x.X, depth-1)
	case *ast.Attribute:
		if fd := v.states.declared(x); fd != nil {
			if isView(fd) && !v.c.p.Types.OfField(fd).Constant {
				return v.states.attribute(x)
			}
			return nil
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
			return nil
		}
		if library.Viewers()[v.f.Mod.CName(x.Fun)] {
			return v.of(syntax.Arg(x, 0), depth-1)
		}
		if a, ok := syntax.Unparen(x.Fun).(*ast.Attribute); ok && library.ArrayViews()[a.Attr.Name] {
			return v.of(a.X, depth-1)
		}
		return v.returned(x, func(v *views, x ast.Expr) *heldState { return v.of(x, depth-1) })
	case *ast.Collection:
		for _, e := range x.Elems {
			if st := v.of(e, depth-1); st != nil {
				return st
			}
		}
	case *ast.Name:
		return v.given(x, func(x ast.Expr) *heldState { return v.of(x, depth-1) })
	}
	return nil
}

// pointed returns the attribute into which a pointer leads.
func (v *views) pointed(x ast.Expr, depth int) *heldState {
	if depth == 0 {
		return nil
	}
	switch x := syntax.Bare(x).(type) {
	case *ast.Attribute:
		if fd := v.states.declared(x); fd != nil && !v.c.p.Types.OfField(fd).Constant {
			return v.states.attribute(x)
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
		return v.given(x, func(x ast.Expr) *heldState { return v.pointed(x, depth-1) })
	case *ast.Call:
		return v.returned(x, func(v *views, x ast.Expr) *heldState { return v.pointed(x, depth-1) })
	}
	return nil
}

// returned is what the C functions have that a call may reach, whose result of tells about: their callers hand that out.
func (v *views) returned(call *ast.Call, of func(v *views, x ast.Expr) *heldState) *heldState {
	for i := range v.f.Flow.Calls {
		k := &v.f.Flow.Calls[i]
		if k.Span != call.Span {
			continue
		}
		for _, g := range k.Callees {
			if st := v.returnedBy(k, g, of); st != nil {
				return st
			}
		}
	}
	return nil
}

func (v *views) returnedBy(k *effects.Call, g *effects.Function, of func(v *views, x ast.Expr) *heldState) *heldState {
	if g.Exposed() || g.Flow == nil || g.Def.Body == nil || v.c.p.Exempt(g) {
		return nil
	}
	r := v.c.ruleFuncOf(g)
	if r == nil {
		return nil
	}
	r.prepare()
	in := &views{v.c, g, r, &statesOf{checking: v.c, f: g, called: true}, nil}
	var found *heldState
	eachReturn(g, func(x ast.Expr) {
		if found != nil {
			return
		}
		st := of(in, x)
		switch { // without a field it is a parameter of a function that calls itself: see passes
		case st == nil || st.field == nil || letsGo(v.c, g, st):
		case st.param < 0:
			found = &heldState{field: st.field, class: st.class, region: -1, param: -1}
		case st.param < len(k.Args) && k.Args[st.param] != 0:
			found = v.states.ofNode(k.Args[st.param], st.field.Name, "")
		}
	})
	return found
}

// given returns what one of the values that a variable may have where it is used is a view of.
func (v *views) given(x *ast.Name, of func(ast.Expr) *heldState) *heldState {
	var st *heldState
	v.eachGiven(x, func(e ast.Expr) bool {
		st = of(e)
		return st != nil
	})
	return st
}

// eachGiven visits the values that a variable may have where it is used, until visit returns true.
func (v *views) eachGiven(x *ast.Name, visit func(ast.Expr) bool) {
	t := v.r.types[x.Name]
	if !v.r.local[x.Name] || v.r.params[x.Name] != nil || t.ctype != nil && t.ctype.Const {
		return
	}
	values, _ := v.r.reaching(x.Name, x.Pos)
	for _, given := range values {
		if given.value != nil && visit(given.value) {
			return
		}
	}
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
