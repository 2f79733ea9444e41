package rules

// PXL306: items of containers, which are the user's: what a loop over a container sets, what a subscript or get finds.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// item reports whether an expression is an item of something of the user's, or of a container that an attribute
// holds: whoever calls it calls the user's code.
func (a *across) item(e ast.Expr, depth int) bool {
	in := func(e ast.Expr) bool {
		return slices.ContainsFunc(comesOutOf(e), func(e ast.Expr) bool { return collection(a, e) || a.users(e, false, depth) })
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Subscript:
		return in(x.X)
	case *ast.Call:
		m, ok := syntax.Bare(x.Fun).(*ast.Attribute)
		return ok && (m.Attr.Name == "get" || m.Attr.Name == "pop") && in(m.X)
	case *ast.Name:
		return oneOfSeveral(a, x) || a.named(x, depth, func(v nameValue) bool {
			if v.item {
				return in(v.value)
			}
			return a.item(v.value, depth+1)
		})
	}
	return false
}

// collection reports whether an expression is a container that an attribute of the object holds, or *args.
func collection(a *across, e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		fd := a.field(x)
		return fd != nil && a.p.Types.OfField(fd).Container
	case *ast.Name:
		return a.r.params[x.Name] != nil && a.r.params[x.Name].Kind != ast.Positional
	}
	return false
}

// comesOutOf are the containers out of which what a loop goes over takes its items: of zip(xs, self.rows.values()) xs and
// self.rows.
func comesOutOf(e ast.Expr) []ast.Expr {
	k, ok := syntax.Bare(e).(*ast.Call)
	if !ok || k.Fun == nil {
		return []ast.Expr{e}
	}
	switch fun := k.Fun.(type) {
	case *ast.Attribute:
		if len(k.Args) == 0 && dictViews[fun.Attr.Name] {
			return []ast.Expr{fun.X}
		}
	case *ast.Name:
		switch fun.Name {
		case "enumerate", "zip", "reversed", "iter", "list", "tuple", "sorted":
			var out []ast.Expr
			for _, arg := range k.Args {
				out = append(out, comesOutOf(arg.X)...)
			}
			return out
		}
	}
	return []ast.Expr{e}
}

// oneOfSeveral reports whether a local name without a type is one of several that a loop over something of the user's
// sets: "for i, x in enumerate(items)".
func oneOfSeveral(a *across, x *ast.Name) bool {
	if t := a.r.types[x.Name]; !a.r.local[x.Name] || t.ctype != nil && syntax.LastPart(t.ctype.Name) != "object" {
		return false
	}
	values, _ := a.r.reaching(x.Name, x.Pos)
	return slices.ContainsFunc(values, func(v nameValue) bool {
		if v.value != nil {
			return false
		}
		found := false
		syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
			if l, ok := n.(*ast.For); ok && l.Target != nil && l.Target.Range().Contains(v.pos) {
				found = (a.goneOver(l.Iter) != nil || slices.ContainsFunc(comesOutOf(l.Iter), func(e ast.Expr) bool { return collection(a, e) })) && !numbered(l, v.pos)
			}
			return !found && n.Range().Contains(v.pos)
		})
		return found
	})
}

// numbered reports whether a name in the target of a loop is the number that enumerate counts.
func numbered(l *ast.For, at int32) bool {
	k, ok := syntax.Bare(l.Iter).(*ast.Call)
	t, several := syntax.Unparen(l.Target).(*ast.Collection)
	return ok && several && syntax.IsNamed(k.Fun, "enumerate") && len(t.Elems) > 0 && t.Elems[0].Range().Contains(at)
}
