package rules

// Variables of which nothing but code that calls a C library of one thread makes use: what OpenGL is told to draw on, kept
// beside it. Two threads that use one at once have broken the library's contract by that already, so that what is
// found of them is a note. It is said still: whether each thread has a library of its own, nothing in sight tells.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// ofOneThread is the library that all uses of a C variable of the module are beside calls of, "" where there is none: where
// a function that does not call it comes to the variable, or somebody may have what it holds besides.
func ofOneThread(c *checking, v *globalVar, once map[*ruleFunc]string) string {
	if v.d == nil || v.u.InPxd() || v.in != nil || v.attr != "" || v.within != nil || v.of != nil || v.d.Pointer > 0 || len(v.d.Arrays) > 0 || v.ctype.Memoryview {
		return ""
	}
	l := &besideCalls{c: c, number: c.isCValue(v), at: effects.OfOneThread(c.p), given: map[*ast.Param]bool{}}
	if l.number && !v.ctype.Basic || !l.number && slices.ContainsFunc(v.inits, func(e ast.Expr) bool { return !ownValue(e) }) || !c.drawing.Get(func() bool { return effects.CallsOfOneThread(c.m) }) || usedDuringImport(&c.bodies, v.name) {
		return ""
	}
	for _, f := range c.funcs() {
		flag, runs := once[f]
		if !f.isLocal(v.name) && !l.uses(f, v.name, runs && flag == "") {
			return ""
		}
	}
	return l.lib
}

// usedDuringImport reports whether code of the module outside of functions does something with a variable but to set it, such as to
// make it the default of a parameter.
func usedDuringImport(c *bodies, name string) bool {
	found := false
	var look func(n ast.Node) bool
	look = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			for _, d := range n.Decorators {
				ast.Walk(d, look)
			}
			for _, prm := range n.Params.List {
				ast.Walk(prm, look)
			}
			return false
		case *ast.Name:
			found = found || n.Name == name && n.Access != ast.Write
		}
		return !found
	}
	for _, u := range c.m.Units {
		ast.Walk(u.File, look)
	}
	return found
}

// ownValue reports whether a value is nobody else's: nothing, a list that stands here, a copy.
func ownValue(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Const, *ast.Number, *ast.Str, *ast.Collection, *ast.Comp:
		return true
	case *ast.Call:
		name := syntax.LastName(e.Fun)
		return name == "copy" || syntax.IsNamed(e.Fun, name) && library.Makers()[name]
	}
	return false
}

// besideCalls goes through what has to be beside calls of one library.
type besideCalls struct {
	c      *checking
	number bool // the value is a number of C: who takes it has a copy
	lib    string
	at     func(f *effects.Function, at ast.Span) string
	// given are the parameters whose uses have been looked at.
	given map[*ast.Param]bool
}

// uses reports whether all uses of a name in a function are beside calls of the library. It is a variable of the module, or
// the parameter of a function that is given what the variable holds. By what runs once, nobody else may get that.
func (l *besideCalls) uses(f *ruleFunc, name string, once bool) bool {
	g := l.c.p.Funcs(l.c.m).ByDef[f.def]
	ok := true
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		x, is := n.(*ast.Name)
		if !ok || !is || x.Name != name {
			return ok
		}
		if once {
			ok = l.stays(f, x)
			return ok
		}
		lib := ""
		if g != nil && l.stays(f, x) {
			lib = l.at(g, x.Span)
		}
		ok = lib != "" && (l.lib == "" || lib == l.lib)
		l.lib = lib
		return ok
	})
	return ok
}

// stays reports whether nobody has what a name holds by one use of it, but for a function that is given it, whose uses are
// looked at.
func (l *besideCalls) stays(f *ruleFunc, x *ast.Name) bool {
	if x.Access == ast.AddressOf {
		return false
	}
	if l.number {
		return true
	}
	var of ast.Node = x
	parents := f.parents(x)
	for i, n := range parents {
		switch n := n.(type) {
		case *ast.Arg: // of a call, which is next
			continue
		case *ast.Paren, *ast.Cast:
		case *ast.Binary:
			if n.Op != "and" && n.Op != "or" {
				return true
			}
		case *ast.Attribute:
			call, ok := parents[min(i+1, len(parents)-1)].(*ast.Call)
			return ok && call.Fun == ast.Expr(n) && (library.Mutators()[n.Attr.Name] || n.Attr.Name == "copy" || n.Attr.Name == "get")
		case *ast.Subscript:
			return ast.Node(n.X) == of
		case *ast.Compare, *ast.If, *ast.CondClause, *ast.While, *ast.Del, *ast.ExprStmt:
			return true
		case *ast.For:
			return ast.Node(n.Iter) == of
		case *ast.Unary:
			return n.Op == "not"
		case *ast.Assign:
			return ast.Node(n.Value) != of && (n.Value == nil || n.Op != "=" || ownValue(n.Value))
		case *ast.Call:
			return l.argument(f, n, of)
		default:
			return false
		}
		of = n
	}
	return false
}

// argument is stays for an argument.
func (l *besideCalls) argument(f *ruleFunc, call *ast.Call, of ast.Node) bool {
	name := syntax.LastName(call.Fun)
	if !syntax.IsNamed(call.Fun, name) || f.isLocal(name) {
		return false
	}
	if _, pure := library.PureBuiltins()[name]; pure && !effects.Lazy(name) {
		_, bound := l.c.m.Scope.Names[name]
		return !bound && l.c.globals()[name] == nil
	}
	for _, g := range l.c.funcs() {
		if g.name() != name || g.class != nil || g.outer != nil {
			continue
		}
		for i, a := range call.Args {
			if ast.Node(a.X) != of {
				continue
			}
			if i >= len(g.def.Params.List) || slices.ContainsFunc(call.Args[:i+1], func(a ast.Arg) bool { return a.Name.Name != "" || a.Star > 0 }) {
				return false
			}
			prm := g.def.Params.List[i]
			if l.given[prm] {
				return true
			}
			l.given[prm] = true
			return l.uses(g, syntax.ParamName(prm), false)
		}
	}
	return false
}
