package rules

// PXL306: what runs code of the user without calling it by name: comparisons, hashes, attributes, the end of an object's
// life.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// asking looks at what an operator or a function of Python's asks.
type asking struct{ *across }

// implied is what an expression or a statement runs without a call of the user's code, and whose code that is; "" where
// it runs none. What becomes a number of C's is left out: hardly anybody's index or value has a conversion of its own.
func (a asking) implied(n ast.Node) (string, ast.Expr) {
	text := func(e ast.Node) string {
		return strings.Join(strings.Fields(syntax.Text(a.f.Unit.File, e.Range())), " ")
	}
	if of := a.operated(n); of != nil {
		return "the operator on " + text(of), of
	}
	switch n := n.(type) {
	case *ast.Compare:
		if of := a.compared(n); of != nil {
			return "the comparison " + text(n), of
		}
	case *ast.Attribute:
		if a.users(n.X, false, 0) && !toType(n.X) || a.kept(n.X) {
			return "the attribute " + text(n), n.X
		}
	case *ast.Subscript:
		switch {
		case a.users(n.X, false, 0):
			return text(n), n.X
		case len(n.Index) == 1 && a.keyed(n.X) && a.object(n.Index[0]):
			return "the look-up of " + text(n.Index[0]), n.Index[0]
		}
	case *ast.Call:
		if n.Fun == nil {
			break
		}
		name := syntax.LastName(n.Fun)
		switch m, method := syntax.Bare(n.Fun).(*ast.Attribute); {
		case len(n.Args) == 0:
		case library.Drops()[name]:
			return text(n), n.Args[0].X
		case method && library.HashMethods()[name] && a.keyed(m.X) && a.object(n.Args[0].X):
			return "the look-up of " + text(n.Args[0].X), n.Args[0].X
		case !method && library.Asks()[name] && a.object(n.Args[0].X):
			return text(n), n.Args[0].X
		}
		for _, arg := range n.Args {
			if arg.Star == 1 && a.unpacks(arg.X) {
				return "the unpacking of " + text(arg.X), arg.X
			}
			if arg.Name.Name == "key" && a.object(arg.X) {
				return text(arg.X), arg.X
			}
		}
	case *ast.Starred:
		if a.unpacks(n.X) {
			return "the unpacking of " + text(n.X), n.X
		}
	case *ast.WithItem:
		if a.users(n.X, false, 0) {
			return "the entry of " + text(n.X), n.X
		}
	case *ast.Assign:
		for _, t := range n.Targets {
			if _, several := syntax.Unparen(t).(*ast.Collection); several && n.Value != nil && a.unpacks(n.Value) {
				return "the unpacking of " + text(n.Value), n.Value
			}
			if x, ok := t.(*ast.Attribute); ok && n.Value != nil && a.field(x) != nil && a.users(x, false, 0) && !a.foundNone(x, n) {
				return "the end of what " + text(x) + " was", x
			}
		}
	case *ast.Del:
		for _, t := range n.Targets {
			if x, ok := syntax.Bare(t).(*ast.Subscript); ok && a.holds(x.X) {
				return text(n), x.X
			}
		}
	}
	return "", nil
}

// unpacks reports whether the going over an expression asks an object of the user's, and not a tuple or text of Python's own.
func (a asking) unpacks(e ast.Expr) bool {
	if x, ok := syntax.Bare(e).(*ast.Attribute); ok {
		if fd := a.field(x); fd != nil && fd.Ctype != nil && library.ExactTypes()[fd.Ctype.Name] {
			return false
		}
	}
	return a.users(e, false, 0)
}

// foundNone reports whether a test has found that an attribute of the object is None where a statement assigns to it.
func (a asking) foundNone(x *ast.Attribute, st *ast.Assign) bool {
	is := func(e ast.Expr, op string) bool {
		c, ok := syntax.Unparen(e).(*ast.Compare)
		return ok && len(c.Ops) == 1 && c.Ops[0] == op && syntax.IsNothing(c.Xs[1]) && a.r.spelled(c.Xs[0]) == a.r.spelled(x)
	}
	parents := a.r.parents(st)
	for _, p := range parents {
		switch p := p.(type) {
		case *ast.CondClause:
			if is(p.Cond, "is") {
				return true
			}
		case *ast.Suite:
			for _, before := range p.Stmts {
				if before.Range().Pos >= st.Pos {
					break
				}
				if s, ok := before.(*ast.If); ok && len(s.Clauses) == 1 && leavesAtOnce(s.Clauses[0].Body) && is(s.Clauses[0].Cond, "is not") {
					return true
				}
			}
		case *ast.For, *ast.While:
			return false // the round before may have assigned
		}
	}
	return false
}

// toType reports whether an expression is cast to a type, whose attributes are its own.
func toType(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Cast)
	return ok && (c.Type == nil || c.Type.Name != "object")
}

// compared is the object of the user's that a comparison asks, nil where it asks none.
func (a asking) compared(n *ast.Compare) ast.Expr {
	plain := slices.ContainsFunc(n.Xs, func(e ast.Expr) bool {
		if toType(e) {
			return true // a pointer, mostly
		}
		switch e := syntax.Bare(e).(type) {
		case *ast.Const, *ast.Collection:
			return true
		case *ast.Name: // a number of C's
			t := a.r.types[e.Name]
			return t.ctype != nil && a.p.Types.Of(a.f.Mod, t.ctype, t.d).Kind == ctype.Scalar
		case *ast.Attribute:
			fd := a.field(e)
			return fd != nil && a.p.Types.OfField(fd).Kind == ctype.Scalar
		}
		return false
	})
	if i := slices.IndexFunc(n.Xs, func(e ast.Expr) bool { return a.object(e) && !a.how(e) }); i >= 0 && !plain && !slices.ContainsFunc(n.Ops, func(op string) bool { return strings.HasPrefix(op, "is") }) {
		return n.Xs[i]
	}
	return nil
}

// object reports whether an expression is some object of the user's, an item among them.
func (a asking) object(e ast.Expr) bool {
	return a.users(e, false, 0) || a.item(e, 0) || a.kept(e)
}

// kept reports whether an expression is an object that a pointer leads to: "<object>entry.key".
func (a asking) kept(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Cast)
	if !ok || c.Type == nil || c.Type.Name != "object" {
		return false
	}
	switch syntax.Bare(c).(type) {
	case *ast.Attribute, *ast.Subscript, *ast.Name, *ast.Call:
		return !a.users(c.X, false, 0)
	}
	return false
}

// holds reports whether an expression is an attribute of the object that holds a container.
func (a asking) holds(e ast.Expr) bool {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return false
	}
	fd := a.field(x)
	return fd != nil && a.p.Types.OfField(fd).Container
}

// keyed reports whether an expression is an attribute of the object that holds a dict or a set.
func (a asking) keyed(e ast.Expr) bool {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return false
	}
	fd := a.field(x)
	return fd != nil && fd.Ctype != nil && (fd.Ctype.Name == "dict" || fd.Ctype.Name == "set")
}

// how reports whether an expression is a parameter that says how something is done: its default is a constant, and not None.
func (a asking) how(e ast.Expr) bool {
	x, ok := syntax.Bare(e).(*ast.Name)
	if !ok || a.r.params[x.Name] == nil {
		return false
	}
	value := a.r.params[x.Name].Default
	return syntax.IsNothing(value) && !empty(value)
}

// flag reports whether an expression is a parameter that need not be given, and of which nothing is asked but its truth.
func (a asking) flag(e ast.Expr) bool {
	x, ok := syntax.Bare(e).(*ast.Name)
	if !ok || a.r.params[x.Name] == nil || !empty(a.r.params[x.Name].Default) {
		return false
	}
	asked, all := 0, 0
	truth := func(e ast.Expr) {
		for {
			u, ok := syntax.Unparen(e).(*ast.Unary)
			if !ok || u.Op != "not" {
				break
			}
			e = u.X
		}
		if n, ok := syntax.Bare(e).(*ast.Name); ok && n.Name == x.Name {
			asked++
		}
	}
	ast.Walk(a.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Name == x.Name && n.Access != ast.Write {
				all++
			}
		case *ast.CondClause:
			truth(n.Cond)
		case *ast.While:
			truth(n.Cond)
		case *ast.Cond:
			truth(n.If)
		case *ast.Binary:
			if n.Op == "and" || n.Op == "or" {
				truth(n.X)
				truth(n.Y)
			}
		case *ast.Compare:
			if len(n.Ops) == 1 && strings.HasPrefix(n.Ops[0], "is") {
				truth(n.Xs[0])
			}
		}
		return true
	})
	return asked == all
}

// numbers reports whether an expression is a number of C's, or a tuple of some.
func (a asking) numbers(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Number:
		return true
	case *ast.Collection:
		return e.Kind == "tuple" && !slices.ContainsFunc(e.Elems, func(e ast.Expr) bool { return !a.numbers(e) })
	case *ast.Name:
		t := a.r.types[e.Name]
		return t.ctype != nil && a.p.Types.Of(a.f.Mod, t.ctype, t.d).Kind == ctype.Scalar
	case *ast.Attribute:
		fd := a.field(e)
		return fd != nil && a.p.Types.OfField(fd).Kind == ctype.Scalar
	case *ast.Subscript:
		x, ok := syntax.Bare(e.X).(*ast.Attribute)
		if !ok || len(e.Index) != 1 || a.field(x) == nil {
			return false
		}
		sh := a.p.Types.OfField(a.field(x))
		return sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar
	}
	return false
}

// operated is the object of the user's whose truth or arithmetic an expression or a statement asks, nil where it asks none.
func (a asking) operated(n ast.Node) ast.Expr {
	object := func(e ast.Expr) bool { return a.object(e) && !a.how(e) }
	truth := func(e ast.Expr) ast.Expr {
		if u, ok := syntax.Unparen(e).(*ast.Unary); ok && u.Op == "not" {
			e = u.X
		}
		if e != nil && object(e) && !a.flag(e) {
			return e
		}
		return nil
	}
	first := func(es ...ast.Expr) ast.Expr {
		for _, e := range es {
			if e != nil && object(e) {
				return e
			}
		}
		return nil
	}
	switch n := n.(type) {
	case *ast.CondClause:
		return truth(n.Cond)
	case *ast.While:
		return truth(n.Cond)
	case *ast.Cond:
		return truth(n.If)
	case *ast.Simple:
		if n.Keyword == "assert" {
			return truth(n.Exprs[0])
		}
	case *ast.Str:
		return first(n.Fields...) // their texts, or what formats them
	case *ast.Binary:
		if n.Op == "and" || n.Op == "or" {
			return truth(n.X) // the last is asked where the whole is
		}
		if n.Op == "%" && a.numbers(n.Y) {
			return nil // a text is formatted
		}
		return first(n.X, n.Y)
	case *ast.Unary:
		switch n.Op {
		case "not":
			return truth(n.X)
		case "-", "+", "~":
			return first(n.X)
		}
	case *ast.Assign:
		if n.Op != "=" && n.Op != "" && len(n.Targets) == 1 {
			return first(n.Value, n.Targets[0])
		}
	}
	return nil
}

// madeText reports whether a parameter is at a place nothing but a text that the function has made of it, on all ways there.
func (a asking) madeText(x *ast.Name) bool {
	values, given := a.r.reaching(x.Name, x.Pos)
	if len(values) == 0 || given && !a.replaced(x) || anyIn(a.f.Def.Body, func(n ast.Node) bool { // a function inside may assign to it
		s, ok := n.(*ast.Simple)
		return ok && slices.ContainsFunc(s.Names, func(id ast.Ident) bool { return id.Name == x.Name })
	}) {
		return false
	}
	return !slices.ContainsFunc(values, func(v nameValue) bool { return v.value == nil || v.item || !a.text(v.value) })
}

// text reports whether an expression is a text of Python's own.
func (a asking) text(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Str:
		return true
	case *ast.Call:
		switch fun := syntax.Bare(e.Fun).(type) {
		case *ast.Name:
			_, other := a.f.Mod.Scope.Names[fun.Name]
			return !other && !a.r.isLocal(fun.Name) && library.ExactTypes()[fun.Name] && library.Atoms()[fun.Name]
		case *ast.Attribute: // ", ".join(x)
			_, literal := syntax.Bare(fun.X).(*ast.Str)
			return literal && fun.Attr.Name == "join"
		}
	}
	return false
}

// replaced reports whether an if of which one branch is always taken assigns to a name in each, before a place that comes after it.
func (a asking) replaced(x *ast.Name) bool {
	all := false
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		s, ok := n.(*ast.If)
		if !ok || s.End > x.Pos || !a.r.block(s.Pos).Contains(x.Pos) || s.Clauses[len(s.Clauses)-1].Cond != nil {
			return true
		}
		all = all || !slices.ContainsFunc(s.Clauses, func(cl ast.CondClause) bool {
			return !slices.ContainsFunc(cl.Body.Stmts, func(st ast.Stmt) bool {
				as, ok := st.(*ast.Assign)
				return ok && as.Value != nil && slices.ContainsFunc(as.Targets, func(t ast.Expr) bool { return syntax.IsNamed(t, x.Name) })
			})
		})
		return true
	})
	return all
}
