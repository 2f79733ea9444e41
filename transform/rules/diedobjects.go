package rules

// PXL502: the callback of a weak reference that takes it out of a container of the module. It runs once for each
// reference, when nobody has the object any more, and nobody else takes that one out.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// callbacks looks at what happens to containers of the module as objects die.
type callbacks struct{ *bodies }

// takesOutItself reports whether a change of a list or set of the module takes out what the function is given as the
// callback of a weak reference, and all else that happens to the container is that something is added or that
// somebody looks: then it does not matter what others did since the function looked.
func (c callbacks) takesOutItself(v *globalVar, ch globalChange) bool {
	call, ok := ch.node.(*ast.Call)
	if !ok || v.attr != "" || v.of != nil || ch.f.class != nil || ch.f.outer != nil || len(ch.f.def.Params.List) != 1 || !effects.PrivateName(ch.f.name()) {
		return false
	}
	p := ch.f.def.Params.List[0]
	if !c.is(v, call, "remove", "discard") || !syntax.IsNamed(syntax.Arg(call, 0), p.Name.Name) || p.Kind != ast.Positional || syntax.Assigns(ch.f.def.Body, p.Name.Name) {
		return false
	}
	if kind := containerKind(v); kind != "list" && kind != "set" {
		return false
	}
	for _, other := range v.changes {
		k, isCall := other.node.(*ast.Call)
		if other.node != ch.node && !(isCall && c.is(v, k, "append", "add")) {
			return false
		}
	}
	return c.onlyCallback(ch.f.name()) && c.onlyLookedAt(v)
}

// is reports whether a call is one of a method of a variable, by the variable's own name.
func (c callbacks) is(v *globalVar, call *ast.Call, methods ...string) bool {
	at, ok := call.Fun.(*ast.Attribute)
	return ok && syntax.IsNamed(at.X, v.name) && slices.Contains(methods, at.Attr.Name) && len(call.Args) == 1
}

// onlyCallback reports whether all that the module does with a function is to make it the callback of weak references.
func (c callbacks) onlyCallback(name string) bool {
	handed, all := 0, 0
	for _, u := range c.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if arg := syntax.Arg(n, 1); syntax.IsNamed(arg, name) && weakFunction(c.m, n.Fun) == "ref" {
					handed++
				}
			case *ast.Name:
				if n.Name == name {
					all++
				}
			}
			return true
		})
	}
	return handed > 0 && handed == all
}

// onlyLookedAt reports whether a container of the module has no other name: the functions go over it, ask what is in it,
// and call methods of it.
func (c callbacks) onlyLookedAt(v *globalVar) bool {
	all, known := 0, 0
	count := func(e ast.Expr) {
		if syntax.IsNamed(e, v.name) {
			known++
		}
	}
	for _, f := range c.funcs() {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Name == v.name {
					all++
				}
			case *ast.Compare:
				for i, op := range n.Ops {
					if op == "in" || op == "not in" {
						count(n.Xs[i+1])
					}
				}
			case *ast.For:
				count(n.Iter)
			case *ast.Call:
				if at, ok := n.Fun.(*ast.Attribute); ok {
					count(at.X)
				} else if len(n.Args) == 1 && (syntax.IsNamed(n.Fun, "list") || syntax.IsNamed(n.Fun, "tuple") || syntax.IsNamed(n.Fun, "len")) {
					count(n.Args[0].X)
				}
			}
			return true
		})
	}
	return all == known
}
