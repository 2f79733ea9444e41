package rules

// Lambdas, as functions of the module: what they do to what threads share, they do when somebody calls them.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// actors are the functions of the module and its lambdas, outer ones first.
func actors(c *bodies) []*ruleFunc {
	if c.acting == nil {
		c.acting = append(c.funcs()[:len(c.funcs()):len(c.funcs())], lambdas(c)...)
	}
	return c.acting
}

// lambdas returns the lambdas of the module's own files, but for those that run while the module is imported.
func lambdas(c *bodies) []*ruleFunc {
	var out []*ruleFunc
	var walk func(u *project.Unit, in ast.Node, class *ast.ClassDef, outer *ruleFunc)
	walk = func(u *project.Unit, in ast.Node, class *ast.ClassDef, outer *ruleFunc) {
		names, called, exits := map[*ast.Lambda]ast.Ident{}, map[*ast.Lambda]bool{}, map[*ast.Lambda]bool{}
		ast.Walk(in, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				return n == in
			case *ast.ClassDef:
				if n != in {
					walk(u, n, n, outer)
				}
				return n == in
			case *ast.Assign:
				if l, ok := syntax.Unparen(n.Value).(*ast.Lambda); ok && len(n.Targets) == 1 {
					if name, ok := n.Targets[0].(*ast.Name); ok {
						names[l] = ast.Ident{Span: name.Span, Name: name.Name}
					}
				}
			case *ast.Call:
				for _, a := range n.Args {
					if l, ok := syntax.Unparen(a.X).(*ast.Lambda); ok {
						called[l], exits[l] = calledAtOnce(n, a), isAtexitRegister(c.m, n.Fun)
					}
				}
			case *ast.Lambda:
				if n == in {
					return true
				}
				l := &ruleFunc{in: c, u: u, def: asFunction(n, names[n]), class: class, outer: outer, inline: called[n], exits: exits[n]}
				if outer != nil || !l.inline {
					out = append(out, l)
					walk(u, n, nil, l)
				}
				return false
			}
			return true
		})
	}
	for _, u := range c.m.Units {
		if u.Spells("lambda") {
			walk(u, u.File, nil, nil)
		}
	}
	for _, f := range c.funcs() {
		if f.u.Spells("lambda") {
			walk(f.u, f.def, nil, f)
		}
	}
	return out
}

// aLambda is what one is called that has no name.
const aLambda = "a lambda"

// isLambda reports whether a function is one.
func isLambda(f *ruleFunc) bool { return f.def.Body.Inline && f.def.Body.Colon == f.def.Body.Pos }

// asFunction is the function that a lambda is, by the name that it is given.
func asFunction(l *ast.Lambda, name ast.Ident) *ast.FuncDef {
	if name.Name == "" {
		name = ast.Ident{Span: ast.Span{Pos: l.Pos, End: l.Pos}, Name: aLambda}
	}
	body := l.Body.Range()
	return &ast.FuncDef{Span: l.Span, Keyword: l.Pos, Kind: ast.Def, Name: name, Params: l.Params,
		Body: &ast.Suite{Span: body, Colon: body.Pos, Inline: true, Stmts: []ast.Stmt{&ast.Simple{Span: body, Keyword: "return", Exprs: []ast.Expr{l.Body}}}}}
}

// calledAtOnce reports whether a call that is given a function calls it, and does not keep it: sorted(rows, key=f), map(f, rows).
func calledAtOnce(call *ast.Call, arg ast.Arg) bool {
	if arg.Name.Name == "key" {
		return true
	}
	name, ok := syntax.Unparen(call.Fun).(*ast.Name)
	return ok && (consumers[name.Name] || lazily[name.Name] || name.Name == "reduce")
}
