package effects

// Calls through pointers to functions of which only the type is known: a member of a struct, a C variable of a module, an
// item of an array, a parameter, what a cast makes. What the pointer leads to is any function in sight whose address is
// taken and which fits (addresstaken.go), and C code where there is none, or where pointers of that type come from there.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// throughPrototype calls what a pointer leads to. inC is true of one that is C code's own.
func throughPrototype(b calls, to *ctype.Prototype, inC bool, name string, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(to.Declarator.Params, false))
	led := pointeesOf(b.p, b.m, to, inC, name)
	var out int32
	if len(led.fs) > 0 {
		before := len(b.flow.Calls)
		out = callWith(b, led.fs, 0, false, args, e)
		for i := before; i < len(b.flow.Calls); i++ {
			b.flow.Calls[i].anyOf = len(led.fs) > 1
		}
	}
	if led.others {
		before := len(b.flow.Actions)
		out = b.either(out, externWith(b, to.Mod, project.CFunc{Type: to.Type, Declarator: to.Declarator}, name, args, e))
		for i := before; i < len(b.flow.Actions); i++ {
			if a := &b.flow.Actions[i]; a.Says() == "" && a.Reader().Name == "" {
				a.outOfSight = &outOfSight{reader: Reader{Name: name}}
			}
		}
	}
	return out
}

// throughVariable calls what a C variable of a module leads to, by its dotted name.
func throughVariable(b calls, path []string, e *ast.Call) (int32, bool) {
	v, m, ok := project.Variable(b.m, path...)
	if !ok {
		return 0, false
	}
	sh := b.p.Types.Of(m, v.Type, v.Declarator)
	if sh.Func == nil {
		return 0, false
	}
	return throughPrototype(b, sh.Func, v.Extern, path[len(path)-1], e), true
}

// throughMember calls what a member of a struct leads to.
func throughMember(b calls, sh ctype.Shape, name string, e *ast.Call) (int32, bool) {
	if sh.Struct == nil {
		return 0, false
	}
	to, ok := b.p.Types.Member(sh, name)
	if !ok || to.Func == nil {
		return 0, false
	}
	return throughPrototype(b, to.Func, sh.Struct.Extern, name, e), true
}

// throughExpr calls what an expression leads to that is neither a name nor an attribute.
func throughExpr(b calls, e *ast.Call) (int32, bool) {
	t := typing{p: b.p, m: b.m, class: b.f.Class, local: func(name string) (ctype.Shape, bool) {
		_, sh, local := b.value(name)
		return sh, local
	}}
	sh := t.of(e.Fun)
	if sh.Func == nil {
		return 0, false
	}
	if call, ok := syntax.Unparen(e.Fun).(*ast.Call); ok {
		b.expr(call) // which makes the pointer
	}
	return throughPrototype(b, sh.Func, false, syntax.LastName(e.Fun), e), true
}

// typing tells types of expressions of C, by what is declared.
type typing struct {
	p     *Program
	m     *project.Module
	class *project.Class
	local func(name string) (ctype.Shape, bool)
}

// of is the shape of an expression, as far as declarations tell.
func (t typing) of(e ast.Expr) ctype.Shape {
	switch x := e.(type) {
	case *ast.Paren:
		return t.of(x.X)
	case *ast.Cast:
		return t.p.Types.Of(t.m, x.Type, nil)
	case *ast.Name:
		if sh, local := t.local(x.Name); local {
			return sh
		}
		return t.variable(x.Name)
	case *ast.Attribute:
		if path := syntax.Dotted(x); path != nil {
			if _, local := t.local(path[0]); !local {
				if sh := t.variable(path...); sh != (ctype.Shape{}) {
					return sh
				}
			}
		}
		in := t.of(x.X)
		if in.Kind == ctype.Object && in.Class != nil {
			if fd := in.Class.Field(x.Attr.Name); fd != nil {
				return t.p.Types.OfField(fd)
			}
			return ctype.Shape{}
		}
		sh, _ := t.p.Types.Member(in, x.Attr.Name)
		return sh
	case *ast.Subscript:
		sh := t.of(x.X)
		if sh.Kind == ctype.Pointer && sh.Axes == 0 {
			return sh.Behind()
		}
		if sh.Kind == ctype.Scalar && sh.Func != nil { // an array of pointers, or what one leads to
			return sh
		}
	case *ast.Unary:
		if x.Op == "&" {
			if sh := t.of(x.X); sh.Kind != ctype.Unknown {
				return sh.Pointer(1, false)
			}
		}
	case *ast.Call:
		return t.returned(x)
	}
	return ctype.Shape{}
}

func (t typing) variable(path ...string) ctype.Shape {
	v, m, ok := project.Variable(t.m, path...)
	if !ok {
		return ctype.Shape{}
	}
	return t.p.Types.Of(m, v.Type, v.Declarator)
}

// returned is the shape of what a call of a C function returns.
func (t typing) returned(e *ast.Call) ctype.Shape {
	path := syntax.Dotted(e.Fun)
	if path == nil {
		return ctype.Shape{}
	}
	if _, local := t.local(path[0]); local {
		return ctype.Shape{}
	}
	r := t.m.Owner(path)
	if r.Mod == nil {
		return ctype.Shape{}
	}
	if f, ok := r.Mod.CDecls().Funcs[r.Name]; ok {
		return returnShape(t.p, r.Mod, f.Type, f.Declarator)
	}
	if fs := t.p.Funcs(r.Mod).byName[r.Name]; len(fs) > 0 && fs[0].Def.Kind != ast.Def {
		return returnShape(t.p, r.Mod, fs[0].Def.Return, fs[0].Def.Declarator)
	}
	return ctype.Shape{}
}

// returnShape is the shape of what a declared function of C returns.
func returnShape(p *Program, m *project.Module, t *ast.CType, d *ast.Declarator) ctype.Shape {
	if t == nil {
		return ctype.Shape{Kind: ctype.Object}
	}
	s := p.Types.OfType(m, t, 0)
	if d != nil && d.Pointer > 0 {
		s = s.Pointer(d.Pointer, t.Const)
	} else if d != nil && d.Ref {
		s = s.Pointer(1, t.Const)
	}
	return s
}

// callWith is callFunctions where it is known what is passed.
func callWith(b calls, fs []*Function, receiver int32, bound bool, args passed, e *ast.Call) int32 {
	nothing := args.nothing(e.Args)
	groups := [][]*Function{fs}
	if slices.ContainsFunc(fs, func(f *Function) bool { return !alike(fs[0].Def, f.Def) }) {
		groups = byParameters(fs)
	}
	var out int32
	for _, g := range groups {
		to := args.to(g[0].Def, receiver, bound, func(n int32) { b.opaque(n, g[0].Def.Name.Name, e.Span) })
		none := leftOut(to, nothing)
		out = b.either(out, b.callOf(g, to, e.Span))
		b.flow.passesNone(to, none)
		for _, f := range g {
			handsToHook(b, f, to, e.Span)
		}
		for i, n := range to {
			if prm := g[0].Def.Params.List[i]; n != receiver && prm.Kind == ast.Positional && prm.Type == nil && prm.Annotation == nil {
				runsOver(b.builder, n, "", e.Span)
			}
		}
	}
	return out
}
