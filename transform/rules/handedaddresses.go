package rules

// PXL301: addresses of guarded memory that a function hands out as numbers or in capsules, where a member moves or frees
// that memory.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// addresses finds what of a function's expressions has the address of memory of an object.
type addresses struct {
	*across
	views views
}

// addressesOf reports a function that returns the address of what an attribute leads to, or puts it into a container.
func addressesOf(states *statesOf, movers map[*project.Field]*moving, known helpers) {
	c, f := states.checking, states.f
	if f.Def.Name.Name == "__hash__" {
		return
	}
	a := (&across{checking: c, movers: movers, helpers: known}).on(f)
	if a == nil {
		return
	}
	a.states = states
	in := addresses{a, views{c, f, a.r, states, nil}}
	told := false
	tell := func(x ast.Expr, does string) {
		if told {
			return
		}
		states.last = nil
		var fd *project.Field
		partsOf(&in.views, func(v *views, x ast.Expr) *heldState {
			if v.f == f && fd == nil {
				if fd = in.of(x, maxAliases); fd != nil {
					return &heldState{field: fd}
				}
			}
			return nil
		}).of(x)
		if fd != nil {
			told = in.tell(fd, states.last, x.Range(), does)
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Exposed() {
				for _, x := range n.Exprs {
					tell(x, "returns")
				}
			}
		case *ast.Assign:
			if s, ok := syntax.Unparen(n.Targets[0]).(*ast.Subscript); ok && n.Value != nil && in.keeps(s.X) {
				tell(n.Value, "keeps")
			}
		case *ast.Call:
			if m, ok := syntax.Unparen(n.Fun).(*ast.Attribute); ok && library.Mutators()[m.Attr.Name] && m.Attr.Name != "discard" && m.Attr.Name != "remove" && len(n.Args) > 0 {
				tell(n.Args[len(n.Args)-1].X, "keeps")
			}
		}
		return true
	})
}

// keeps reports whether an expression may be a container of Python's: no pointer, and no memoryview.
func (o addresses) keeps(e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		fd := o.states.declared(x)
		return fd == nil || o.p.Types.OfField(fd).Kind == ctype.Object
	case *ast.Name:
		t := o.r.types[x.Name]
		return t.ctype == nil || library.ObjectTypes()[t.ctype.Name]
	}
	return false
}

// of is the attribute into which the address leads that an expression has, or what is in it; nil for none.
func (o addresses) of(x ast.Expr, depth int) *project.Field {
	if depth == 0 {
		return nil
	}
	switch x := syntax.Unparen(x).(type) {
	case *ast.Cast:
		if x.Type != nil && o.p.Types.Of(o.f.Mod, x.Type, x.Type.Declarator).Kind == ctype.Scalar {
			return o.pointed(x.X, depth-1)
		}
	case *ast.Collection:
		for i, e := range x.Elems {
			if x.Kind == "dict" && i%2 == 0 && !syntax.Starred(x.Elems) {
				continue // what is kept by an address is another thing
			}
			if fd := o.of(e, depth-1); fd != nil {
				return fd
			}
		}
	case *ast.Binary:
		if x.Op == "+" || x.Op == "-" {
			return o.of(x.X, depth-1)
		}
	case *ast.Call:
		if x.Fun == nil {
			return nil
		}
		if len(x.Args) == 0 {
			return o.returned(x, depth)
		}
		switch syntax.LastName(x.Fun) {
		case "PyCapsule_New", "PyLong_FromVoidPtr":
			return o.pointed(x.Args[0].X, depth-1)
		case "from_address", "int", "c_void_p":
			return o.of(x.Args[0].X, depth-1)
		}
		return o.returned(x, depth)
	case *ast.Name:
		return o.given(x, func(e ast.Expr) *project.Field { return o.of(e, depth-1) })
	}
	return nil
}

// returned is the attribute into which the address leads that a C function returns.
func (o addresses) returned(call *ast.Call, depth int) *project.Field {
	st := o.views.returned(call, func(v *views, x ast.Expr) *heldState {
		in := o.on(v.f)
		if in == nil {
			return nil
		}
		in.states, v.states.last = v.states, nil
		if (addresses{in, *v}).of(x, depth-1) == nil {
			return nil
		}
		return v.states.last
	})
	if st == nil {
		return nil
	}
	o.states.last = st
	return st.field
}

// pointed is the attribute into which a pointer leads.
func (o addresses) pointed(x ast.Expr, depth int) *project.Field {
	if depth == 0 {
		return nil
	}
	if n, ok := syntax.Bare(x).(*ast.Name); ok {
		return o.given(n, func(e ast.Expr) *project.Field { return o.pointed(e, depth-1) })
	}
	if k, ok := syntax.Bare(x).(*ast.Call); ok {
		if st := o.views.returned(k, func(v *views, x ast.Expr) *heldState { return v.pointed(x, depth-1) }); st != nil {
			o.states.last = st
			return st.field
		}
	}
	return o.attribute(syntax.Bare(x))
}

// given is what one of the values has that a variable may have where it is used.
func (o addresses) given(x *ast.Name, of func(ast.Expr) *project.Field) *project.Field {
	var fd *project.Field
	o.views.eachGiven(x, func(e ast.Expr) bool {
		fd = of(e)
		return fd != nil
	})
	return fd
}

// tell reports it; of is whose attribute it is, nil for the object of the method, which a method that it calls leads to.
func (o addresses) tell(fd *project.Field, of *heldState, at ast.Span, does string) bool {
	m := o.moved(fd)
	if m.by == nil || m.by == o.f {
		return false
	}
	if of == nil {
		if !o.p.Member(o.f) {
			return false
		}
		of = &heldState{field: fd, class: o.f.Class, own: true}
	}
	if of.own && o.p.Constructs(o.f, 0) {
		return false
	}
	out := project.FindingAt(o.f.Unit.Source, at, finding.Pointer, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s %s the address of the memory of %s, which outlives the lock, and %s moves or frees that memory", o.f.Name(), does, of.name(), m.by.Name())
	out.Help = "hand out a copy, or count those who use the memory and refuse to move it while there are any"
	out.Related = effects.RelatedOf(effects.Chain(m.by, m.how))
	holder := of.class.Declarer(fd.Name)
	out.Cause = fmt.Sprintf("addresses of %s of %s in %s", fd.Name, holder.Name, holder.Mod.Stem)
	o.Findings = append(o.Findings, out)
	return true
}
