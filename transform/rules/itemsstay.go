package rules

// PXL401: containers in a container that a private attribute holds, which are its own: made where they are put there, and
// used in place. The lock of the object guards them with it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// itemsStay reports whether nothing in the module has what is in an attribute's container, but to use it in place, and puts
// anything there that others have.
func itemsStay(c *bodies, attr string) bool {
	if out, known := c.itemsOwn[attr]; known {
		return out
	}
	if c.itemsOwn == nil {
		c.itemsOwn = map[string]bool{}
	}
	c.itemsOwn[attr] = c.soleOwner(attr) != nil && !slices.ContainsFunc(c.funcs(), func(f *ruleFunc) bool { return !(&itemUses{c: c, f: f, attr: attr}).stay() })
	return c.itemsOwn[attr]
}

// itemUses are the uses of what is in an attribute's container, in one function.
type itemUses struct {
	c    *bodies
	f    *ruleFunc
	attr string
	vars map[string]bool // variables that have an item, or may
}

// stay reports whether they leave it where it is.
func (u *itemUses) stay() bool {
	mentions := false
	ast.Walk(u.f.def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Attribute)
		mentions = mentions || ok && x.Attr.Name == u.attr
		return !mentions
	})
	if !mentions {
		return true
	}
	u.f.prepare()
	u.having()
	good := true
	ast.Walk(u.f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			if n.Attr.Name == u.attr {
				good = good && u.container(n)
			}
		case *ast.Name:
			if u.vars[n.Name] && n.Access == ast.Write {
				good = good && u.alone(n)
			} else if u.vars[n.Name] && n.Access != ast.ForTarget {
				good = good && u.f.local[n.Name] && u.inPlace(n)
			}
		}
		return good
	})
	return good
}

// having finds the variables that have an item: what they get is one, they are put there, or they give one that is its value.
func (u *itemUses) having() {
	u.vars = map[string]bool{}
	ast.Walk(u.f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if x, ok := syntax.Bare(n.Value).(*ast.Name); ok && slices.ContainsFunc(n.Targets, u.item) {
				u.vars[x.Name] = true
			}
		case *ast.Call:
			if u.item(n) && lastName(n.Fun) == "setdefault" && len(n.Args) == 2 {
				if x, ok := syntax.Bare(n.Args[1].X).(*ast.Name); ok {
					u.vars[x.Name] = true
				}
			}
		case *ast.For:
			if target, ok := syntax.Unparen(n.Target).(*ast.Collection); ok && u.over(n.Iter) && len(target.Elems) == 2 {
				if x, ok := syntax.Unparen(target.Elems[1]).(*ast.Name); ok {
					u.vars[x.Name] = true
				}
			}
		}
		return true
	})
	for more := true; more; {
		more = false
		for name, values := range u.f.values {
			for _, v := range values {
				x, named := syntax.Bare(v.value).(*ast.Name)
				switch {
				case v.value == nil:
				case !u.vars[name] && (!v.item && u.item(v.value) || v.item && u.over(v.value)): // and no item of an item
					u.vars[name], more = true, true
				case named && !v.item && u.vars[name] && !u.vars[x.Name] && u.f.local[x.Name]:
					u.vars[x.Name], more = true, true
				}
			}
		}
	}
}

// alone reports whether nothing but a variable gets the value that it gets.
func (u *itemUses) alone(x *ast.Name) bool {
	st, ok := u.f.parents(x)[0].(*ast.Assign)
	return !ok || len(st.Targets) == 1
}

// isContainer reports whether an expression is the attribute.
func (u *itemUses) isContainer(e ast.Expr) bool {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	return ok && x.Attr.Name == u.attr
}

// item reports whether an expression is an item of it, or a variable that has one.
func (u *itemUses) item(e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		return u.vars[x.Name]
	case *ast.Subscript:
		return u.isContainer(x.X)
	case *ast.Call:
		if l, ok := library.Lenders()[u.c.m.CName(x.Fun)]; ok && l.Container >= 0 {
			return u.isContainer(syntax.Arg(x, l.Container))
		}
		fun, ok := syntax.Unparen(x.Fun).(*ast.Attribute)
		return ok && (fun.Attr.Name == "get" || fun.Attr.Name == "setdefault") && u.isContainer(fun.X)
	}
	return false
}

// goingOver are methods whose results are gone over.
var goingOver = []string{"items", "values", "iteritems", "itervalues"}

// over reports whether what is gone over are the items of it.
func (u *itemUses) over(e ast.Expr) bool {
	if x, ok := syntax.Bare(e).(*ast.Call); ok {
		fun, ok := syntax.Unparen(x.Fun).(*ast.Attribute)
		return ok && slices.Contains(goingOver, fun.Attr.Name) && u.isContainer(fun.X)
	}
	return u.isContainer(e)
}

// own reports whether a value is new, or in the container already.
func (u *itemUses) own(e ast.Expr) bool {
	if x, ok := syntax.Bare(e).(*ast.Name); ok {
		values := u.f.values[x.Name]
		return u.f.local[x.Name] && u.f.params[x.Name] == nil && len(values) > 0 && !slices.ContainsFunc(values, func(v nameValue) bool {
			return v.value == nil || v.item && !u.over(v.value) || !u.item(v.value) && !u.isNew(v.value)
		})
	}
	return u.item(e) || u.isNew(e)
}

// isNew reports whether an expression makes an object that nothing has yet: it is not one of several that a variable may
// have.
func (u *itemUses) isNew(e ast.Expr) bool {
	switch syntax.Bare(e).(type) {
	case *ast.Collection, *ast.Comp, *ast.Const, *ast.Call:
		return u.c.reach(u.f, e, e.Range().Pos) == private
	}
	return false
}

// standsIn is an expression with the brackets and casts round it, and what that stands in.
func standsIn(f *ruleFunc, x ast.Expr) (ast.Expr, ast.Node) {
	for _, p := range f.parents(x) {
		switch p := p.(type) {
		case *ast.Paren:
			x = p
		case *ast.Cast:
			x = p
		default:
			return x, p
		}
	}
	return x, nil
}

// container reports whether the attribute is used so that its items stay: it gets a new container, one of its items is
// used in place, or set to something new.
func (u *itemUses) container(x *ast.Attribute) bool {
	at, p := standsIn(u.f, x)
	switch p := p.(type) {
	case *ast.Assign:
		return p.Op == "=" && p.Value != nil && p.Value != at && u.c.reach(u.f, p.Value, p.Pos) == private && isEmpty(p.Value)
	case *ast.Subscript:
		if p.X != at || syntax.HasSlice(p.Index) {
			return false
		}
		if p.Access == ast.Write {
			st, ok := u.f.parents(p)[0].(*ast.Assign)
			return ok && st.Op == "=" && len(st.Targets) == 1 && u.own(st.Value)
		}
		return p.Access == ast.Delete || u.inPlace(p)
	case *ast.Attribute: // a method
		call, ok := u.f.parents(p)[0].(*ast.Call)
		switch {
		case !ok || call.Fun != ast.Expr(p):
			return false
		case p.Attr.Name == "setdefault":
			return len(call.Args) == 2 && u.own(call.Args[1].X) && u.inPlace(call)
		case p.Attr.Name == "get":
			return len(call.Args) == 1 && u.inPlace(call)
		case slices.Contains(goingOver, p.Attr.Name):
			up := u.f.parents(call)[0]
			loop, ok := up.(*ast.For)
			return ok && loop.Iter == ast.Expr(call)
		}
		return p.Attr.Name == "clear" || p.Attr.Name == "keys"
	case *ast.Arg:
		call, ok := u.f.parents(p)[0].(*ast.Call)
		if !ok {
			return false
		}
		if l, lends := library.Lenders()[u.c.m.CName(call.Fun)]; lends && l.Container >= 0 && syntax.Arg(call, l.Container) == p.X {
			return u.inPlace(call)
		}
		return syntax.IsNamed(call.Fun, "len")
	case *ast.For:
		return p.Iter == at
	case *ast.Compare, *ast.CondClause:
		return true
	}
	return false
}

// isEmpty reports whether an expression makes a container with nothing in it, or is None.
func isEmpty(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Collection:
		return len(x.Elems) == 0
	case *ast.Call:
		return len(x.Args) == 0
	case *ast.Const:
		return true
	}
	return false
}

// inPlace reports whether an item is used where it stands, or given to a variable.
func (u *itemUses) inPlace(x ast.Expr) bool {
	at, p := standsIn(u.f, x)
	switch p := p.(type) {
	case *ast.Subscript:
		return p.X == at
	case *ast.Attribute:
		call, ok := u.f.parents(p)[0].(*ast.Call)
		return ok && call.Fun == ast.Expr(p)
	case *ast.Compare, *ast.CondClause, *ast.While, *ast.ExprStmt:
		return true
	case *ast.Unary:
		return p.Op == "not"
	case *ast.For:
		return p.Iter == at
	case *ast.Declarator:
		return p.Default == at
	case *ast.Assign:
		if len(p.Targets) != 1 || p.Value != at {
			return false
		}
		switch t := syntax.Unparen(p.Targets[0]).(type) {
		case *ast.Name:
			return u.f.local[t.Name]
		case *ast.Subscript:
			return u.isContainer(t.X)
		}
		return false
	case *ast.Arg:
		call, ok := u.f.parents(p)[0].(*ast.Call)
		if !ok {
			return false
		}
		if u.item(call) && lastName(call.Fun) == "setdefault" && len(call.Args) == 2 && call.Args[1].X == at {
			return u.inPlace(call)
		}
		l, lends := library.Lenders()[u.c.m.CName(call.Fun)]
		return lends && l.Container >= 0 && syntax.Arg(call, l.Container) == p.X || syntax.IsNamed(call.Fun, "len")
	}
	return false
}
