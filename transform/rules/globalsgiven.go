package rules

// PXL502: containers of a module that functions of Python's library change, which are given them: heappush(_queue, x),
// operator.setitem(_table, k, v), list.append(_names, x).

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// altered is a container that a call of the library changes.
type altered struct {
	x    ast.Expr // the container; nil where a variable has it bound, see v
	v    *globalVar
	kind changeKind // stores, or arranges
	rest []ast.Arg  // what else it is given
}

// key is the item that a dict is given: the first thing beside the dict.
func (a altered) key() ast.Expr {
	if len(a.rest) == 0 || a.kind != stores {
		return nil
	}
	return a.rest[0].X
}

// alteredBy returns what a call changes that is given it, none where it is no such call.
func alteredBy(c *bodies, f *ruleFunc, call *ast.Call) altered {
	if call.Fun == nil || len(call.Args) == 0 {
		return altered{}
	}
	if kind, ok := alters(c, f, call.Fun); ok {
		return altered{x: syntax.Arg(call, 0), kind: kind, rest: call.Args[1:]}
	}
	if by := partlyGiven(call); by != nil { // map(partial(heappush, _queue), xs)
		if kind, ok := alters(c, f, by); ok && kind == arranges {
			return altered{x: syntax.Arg(call, 1), kind: kind}
		}
	}
	name, ok := syntax.Unparen(call.Fun).(*ast.Name)
	if !ok || f.isLocal(name.Name) {
		return altered{}
	}
	if v := c.globals()[name.Name]; v != nil && len(v.inits) == 1 { // _push = partial(heappush, _queue)
		if k, ok := syntax.Unparen(v.inits[0]).(*ast.Call); ok && partlyGiven(k) != nil {
			if kind, ok := alters(c, nil, partlyGiven(k)); ok {
				return altered{v: aliasOf(c, nil, k.Args[1].X, maxOtherNames), kind: kind, rest: call.Args}
			}
		}
	}
	return altered{}
}

// partlyGiven is the function that functools.partial is given with what it is to be called with; nil where a call is none.
func partlyGiven(call *ast.Call) ast.Expr {
	if syntax.LastName(call.Fun) != "partial" || len(call.Args) < 2 {
		return nil
	}
	return call.Args[0].X
}

// countsBy is the method by which a change adds to a collections.Counter, or takes from it; "" where it is another change.
func countsBy(c *bodies, v *globalVar, ch globalChange) string {
	call, ok := ch.node.(*ast.Call)
	if !ok || !slices.ContainsFunc(v.inits, func(e ast.Expr) bool {
		k, ok := syntax.Unparen(e).(*ast.Call)
		if !ok {
			return false
		}
		module, path := c.m.Scope.LibraryPath(k.Fun)
		return module == "collections" && len(path) == 1 && path[0] == "Counter"
	}) {
		return ""
	}
	method := syntax.LastName(call.Fun)
	if _, bound := boundTo(c, ch.f, call.Fun); bound != "" && library.CountsIn()[bound] || library.CountsIn()[method] {
		return method
	}
	return ""
}

// alters reports whether a function changes the container that it is given first, and whether in several steps.
func alters(c *bodies, f *ruleFunc, fun ast.Expr) (changeKind, bool) {
	path := syntax.Dotted(fun)
	if len(path) == 0 {
		at, ok := syntax.Unparen(fun).(*ast.Attribute) // random.Random().shuffle
		return arranges, ok && at.Attr.Name == "shuffle"
	}
	last := path[len(path)-1]
	if f != nil && f.isLocal(path[0]) {
		if vs := f.values[path[0]]; len(path) == 1 && len(vs) == 1 && !vs[0].item && f.params[path[0]] == nil {
			if of := syntax.Dotted(vs[0].value); len(of) > 1 && !f.isLocal(of[0]) {
				return altersAs(c, vs[0].value) // push = heapq.heappush
			}
		}
		if _, ok := library.Arranges()[last]; ok && (f.imports[path[0]] != nil || last == "shuffle" && len(path) > 1) {
			return arranges, true
		}
		_, ok := library.Alters()[last]
		return stores, ok && f.imports[path[0]] != nil
	}
	if v := c.globals()[path[0]]; v != nil {
		if len(path) == 1 && len(v.inits) == 1 && len(syntax.Dotted(v.inits[0])) > 0 && !slices.Equal(syntax.Dotted(v.inits[0]), path) {
			return altersAs(c, v.inits[0]) // _push = heapq.heappush
		}
		return arranges, len(path) > 1 && last == "shuffle"
	}
	return altersAs(c, fun)
}

// altersAs is alters, of a name that is the module's.
func altersAs(c *bodies, fun ast.Expr) (changeKind, bool) {
	changes, inSteps := library.ChangesFirst(c.m.Scope.LibraryPath(fun))
	if inSteps {
		return arranges, changes
	}
	return stores, changes
}
