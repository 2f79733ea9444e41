package rules

// PXL502: other names for a variable of the module: a second variable, the default of a parameter, what a lambda or a
// function returns, an item of globals(), and methods that are bound to it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// maxOtherNames bounds through how many names a variable is followed.
const maxOtherNames = 4

// aliasOf returns the module's variable that an expression in a function is another name of, nil where it is none. f is
// nil at the level of the module.
func aliasOf(c *bodies, f *ruleFunc, e ast.Expr, depth int) *globalVar {
	if depth == 0 || e == nil {
		return nil
	}
	if v := imported(c, f, e); v != nil {
		return v
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		if f == nil || !f.isLocal(x.Name) {
			return sameAs(c, c.globals()[x.Name], depth)
		}
		if f.prepare(); f.params[x.Name] != nil && len(f.values[x.Name]) == 0 {
			if v := aliasOf(c, f.outer, f.params[x.Name].Default, depth-1); v != nil {
				return v
			}
			return passedBy(c, f, f.params[x.Name], depth)
		}
	case *ast.Call:
		name, ok := syntax.Unparen(x.Fun).(*ast.Name)
		if !ok || len(x.Args) > 0 || f != nil && f.isLocal(name.Name) {
			return nil
		}
		if v := c.globals()[name.Name]; v != nil && len(v.inits) == 1 {
			if l, ok := syntax.Unparen(v.inits[0]).(*ast.Lambda); ok {
				return aliasOf(c, nil, l.Body, depth-1)
			}
			return nil
		}
		if g := c.tells[name.Name]; g != nil {
			return aliasOf(c, g, onlyReturned(g), depth-1)
		}
	case *ast.Subscript:
		if name, ok := textOf(onlyIndex(x)); ok && isCallOf(x.X, "globals") {
			return sameAs(c, c.globals()[name], depth)
		}
	case *ast.Attribute: // sys.modules[__name__]._refs
		if in, ok := syntax.Bare(x.X).(*ast.Subscript); ok && syntax.LastName(in.X) == "modules" && syntax.IsNamed(onlyIndex(in), "__name__") {
			return sameAs(c, c.globals()[x.Attr.Name], depth)
		}
	}
	return nil
}

// passedBy returns the module's variable that a function of the module gives another one as a parameter, without a lock of
// the module; nil where none does.
func passedBy(c *bodies, f *ruleFunc, p *ast.Param, depth int) *globalVar {
	if f.class != nil || f.outer != nil || !c.given[f.name()] || p.Kind != ast.Positional {
		return nil
	}
	if v, known := c.passed[p]; known {
		return v // of a function that calls itself, what is known so far
	}
	if c.passed == nil {
		c.passed = map[*ast.Param]*globalVar{}
	}
	c.passed[p] = nil
	at, param := slices.Index(f.def.Params.List, p), syntax.ParamName(p)
	for _, k := range c.callsOf(f.name()) {
		if k.f == nil || k.f == f || k.call == nil || k.f.isLocal(f.name()) || k.f.heldForAll(k.call.Pos) {
			continue
		}
		for i, a := range k.call.Args {
			if a.Star == 0 && (a.Name.Name == param || a.Name.Name == "" && i == at) {
				if v := aliasOf(c, k.f, a.X, depth-1); v != nil && !c.isCValue(v) {
					c.passed[p] = v
					return v
				}
			}
		}
	}
	return nil
}

// sameAs is the variable whose object a variable is given as its only value; itself where that is a new one.
func sameAs(c *bodies, v *globalVar, depth int) *globalVar {
	if v == nil || len(v.inits) != 1 || c.isCValue(v) {
		return v
	}
	if of := aliasOf(c, nil, v.inits[0], depth-1); of != nil && of != v && !c.isCValue(of) {
		return of
	}
	return v
}

// boundTo returns the module's variable whose method a plain name is bound to, and which method that is: _put(k, v) after
// _put = _table.__setitem__.
func boundTo(c *bodies, f *ruleFunc, fun ast.Expr) (v *globalVar, method string) {
	n, ok := syntax.Unparen(fun).(*ast.Name)
	if !ok {
		return nil, ""
	}
	var is ast.Expr
	if f.isLocal(n.Name) {
		f.prepare()
		switch vs := f.values[n.Name]; {
		case f.params[n.Name] != nil && len(vs) == 0:
			is = f.params[n.Name].Default
		case f.params[n.Name] == nil && len(vs) == 1 && !vs[0].item:
			if a, ok := syntax.Bare(vs[0].value).(*ast.Attribute); ok {
				return aliasOf(c, f, a.X, maxOtherNames), a.Attr.Name
			}
		}
	} else if v := c.globals()[n.Name]; v != nil && len(v.inits) == 1 {
		is = v.inits[0]
	}
	if a, ok := syntax.Bare(is).(*ast.Attribute); ok {
		return aliasOf(c, nil, a.X, maxOtherNames), a.Attr.Name
	}
	return nil, ""
}

// onlyReturned is what a function returns that does nothing else; nil of another one.
func onlyReturned(f *ruleFunc) ast.Expr {
	if f.def.Body == nil {
		return nil
	}
	var out ast.Expr
	for _, st := range f.def.Body.Stmts {
		r, ok := st.(*ast.Simple)
		switch {
		case ok && r.Keyword == "return" && len(r.Exprs) == 1:
			out = r.Exprs[0]
		case ok && (r.Keyword == "global" || r.Keyword == "pass"):
		default:
			if _, text := st.(*ast.ExprStmt); !text {
				return nil
			}
		}
	}
	return out
}

// onlyIndex is the index of a subscript that has one.
func onlyIndex(s *ast.Subscript) ast.Expr {
	if len(s.Index) != 1 {
		return nil
	}
	return s.Index[0]
}
