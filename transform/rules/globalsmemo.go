package rules

// PXL502: dicts of the module in which one function keeps what it found out, so as not to do so again. Two threads that find
// nothing there both do it, and get the same.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// isMemo reports whether a change puts into a dict what the same function has found out and nobody tells from what another thread
// finds out for the same key:
//
//	if key not in names:
//	    found = []
//	    for name in dir(x):
//	        found.append(name)
//	    names[key] = found
//	else:
//	    found = names[key]
//
// Nothing else uses the dict, which C code alone sees. What is done in between has no effect but on the function's own variables; of these
// only the one that is put there is used afterwards, and nothing changes what it has, or keeps that.
func isMemo(c *bodies, v *globalVar, ch globalChange) bool {
	st, ok := ch.node.(*ast.Assign)
	if !ok || st.Op != "=" || len(st.Targets) != 1 || ch.key == nil || len(v.changes) != 1 || v.d == nil || v.ctype == nil || v.ctype.Name != "dict" || v.u.InPxd() ||
		v.attr != "" || v.in != nil || v.of != nil || v.within != nil || ch.f.outer != nil {
		return false
	}
	f := ch.f
	f.prepare()
	key, _ := syntax.Unparen(ch.key).(*ast.Name)
	found, _ := syntax.Unparen(st.Value).(*ast.Name)
	if key == nil || found == nil || !f.isLocal(found.Name) || f.params[found.Name] != nil {
		return false
	}
	parents := f.parents(st)
	if len(parents) < 3 {
		return false
	}
	body, _ := parents[0].(*ast.Suite)
	clause, _ := parents[1].(*ast.CondClause)
	branch, _ := parents[2].(*ast.If)
	if body == nil || clause == nil || branch == nil || len(branch.Clauses) > 2 || &branch.Clauses[0] != clause || body.Stmts[len(body.Stmts)-1] != ast.Stmt(st) {
		return false
	}
	m := &memo{c: c, f: f, v: v, key: key.Name, found: found.Name, body: body.Span, at: st, branch: branch, plains: map[string]bool{}}
	if !m.asksFirst(clause.Cond) || len(branch.Clauses) == 2 && (branch.Clauses[1].Cond != nil || len(branch.Clauses[1].Body.Stmts) != 1 || !m.looksUp(branch.Clauses[1].Body.Stmts[0])) {
		return false
	}
	return m.usedHereAlone() && m.findsOut(body) && m.staysSame()
}

// memo is a look at one.
type memo struct {
	c          *bodies
	f          *ruleFunc
	v          *globalVar
	key, found string
	body       ast.Span
	at         *ast.Assign
	branch     *ast.If
	plains     map[string]bool // variables that have something plain, see plain
}

// asksFirst reports whether a condition is that the key is not in the dict.
func (m *memo) asksFirst(cond ast.Expr) bool {
	x, ok := syntax.Unparen(cond).(*ast.Compare)
	return ok && len(x.Ops) == 1 && x.Ops[0] == "not in" && syntax.IsNamed(x.Xs[0], m.key) && syntax.IsNamed(x.Xs[1], m.v.name)
}

// looksUp reports whether a statement gives the variable what is in the dict already.
func (m *memo) looksUp(st ast.Stmt) bool {
	a, ok := st.(*ast.Assign)
	if !ok || a.Op != "=" || len(a.Targets) != 1 || !syntax.IsNamed(a.Targets[0], m.found) {
		return false
	}
	s, ok := syntax.Unparen(a.Value).(*ast.Subscript)
	return ok && syntax.IsNamed(s.X, m.v.name) && len(s.Index) == 1 && syntax.IsNamed(s.Index[0], m.key)
}

// usedHereAlone reports whether the dict is asked for the key, set and looked up in this one branch, and named nowhere else but
// where it is declared.
func (m *memo) usedHereAlone() bool {
	known := map[*ast.Name]bool{}
	for i := range m.branch.Clauses {
		k := &m.branch.Clauses[i]
		of := []ast.Node{m.at, k.Cond}
		if i == 1 {
			of = []ast.Node{k.Body}
		}
		for _, n := range of {
			anyIn(n, func(n ast.Node) bool {
				if x, ok := n.(*ast.Name); ok && x.Name == m.v.name {
					known[x] = true
				}
				return false
			})
		}
	}
	return timesNamed(m.c, m.v.name) == len(known)
}

// findsOut reports whether what leads to the value has no effect but on variables of the function.
func (m *memo) findsOut(body *ast.Suite) bool {
	loops := 0
	var within func(list []ast.Stmt) bool
	within = func(list []ast.Stmt) bool {
		for _, st := range list {
			switch st := st.(type) {
			case *ast.Assign:
				if st == m.at {
					continue
				}
				if !m.sets(st) {
					return false
				}
			case *ast.ExprStmt:
				if !m.plain(st.X) && !m.adds(st.X) {
					return false
				}
			case *ast.If:
				for i := range st.Clauses {
					if k := &st.Clauses[i]; k.Cond != nil && !m.plain(k.Cond) || !within(k.Body.Stmts) {
						return false
					}
				}
			case *ast.For:
				n, ok := st.Target.(*ast.Name)
				if !ok || n.Name == m.found || !m.own(n.Name) || st.Async || !m.listed(st.Iter) {
					return false
				}
				m.plains[n.Name] = true
				loops++
				good := within(st.Body.Stmts)
				if loops--; !good || st.Else != nil {
					return false
				}
			case *ast.Simple:
				if st.Keyword != "pass" && !((st.Keyword == "continue" || st.Keyword == "break") && loops > 0) {
					return false
				}
			default:
				return false
			}
		}
		return true
	}
	return within(body.Stmts)
}

// own reports whether a variable of the function, not the key, has no value from before.
func (m *memo) own(name string) bool {
	return name != m.key && m.f.isLocal(name) && m.f.params[name] == nil &&
		(name == m.found || !slices.ContainsFunc(m.f.values[name], func(v nameValue) bool { return v.pos < m.body.Pos }))
}

// sets reports whether a statement gives variables of the function something plain, or the one that is put into the dict a new list.
func (m *memo) sets(st *ast.Assign) bool {
	c, display := syntax.Unparen(st.Value).(*ast.Collection)
	empty := display && len(c.Elems) == 0 && st.Op == "="
	if st.Value != nil && !empty && !m.plain(st.Value) {
		return false
	}
	for _, t := range st.Targets {
		n, ok := t.(*ast.Name)
		if !ok || !m.own(n.Name) || n.Name == m.found != empty || st.Op != "=" && !m.plains[n.Name] {
			return false
		}
		if n.Name != m.found {
			m.plains[n.Name] = true
		}
	}
	return true
}

// plain reports whether an expression is made of nothing but texts, numbers and classes that the loops go over and that are
// written there: it changes nothing, is the same for each who finds it out, and nobody can change what it yields.
func (m *memo) plain(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case nil, *ast.Number, *ast.Const:
		return true
	case *ast.Str:
		return !x.FStr
	case *ast.Name:
		return m.plains[x.Name]
	case *ast.Slice:
		return m.plain(x.Lo) && m.plain(x.Hi) && m.plain(x.Step)
	case *ast.Subscript:
		return m.plain(x.X) && m.allPlain(x.Index)
	case *ast.Unary:
		return x.Op != "await" && x.Op != "&" && m.plain(x.X)
	case *ast.Binary:
		return m.plain(x.X) && m.plain(x.Y)
	case *ast.Cond:
		return m.plain(x.Then) && m.plain(x.If) && m.plain(x.Else)
	case *ast.Compare:
		last := len(x.Xs) - 1
		if n, ok := syntax.Unparen(x.Xs[last]).(*ast.Name); ok && (x.Ops[last-1] == "in" || x.Ops[last-1] == "not in") && m.f.isLocal(n.Name) && m.f.params[n.Name] == nil {
			return m.allPlain(x.Xs[:last]) // what the function has looked up before
		}
		return m.allPlain(x.Xs)
	case *ast.Collection:
		return x.Kind == "tuple" && m.allPlain(x.Elems)
	case *ast.Call:
		for i := range x.Args {
			if a := &x.Args[i]; a.Star > 0 || a.Name.Name != "" || !m.plain(a.X) {
				return false
			}
		}
		switch fun := x.Fun.(type) {
		case *ast.Name:
			return fun.Name == "len" && m.builtin(fun.Name)
		case *ast.Attribute:
			return ofTexts[fun.Attr.Name] && m.plain(fun.X)
		}
	}
	return false
}

func (m *memo) allPlain(list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool { return !m.plain(e) })
}

// builtin reports whether a name is that of one of Python's functions.
func (m *memo) builtin(name string) bool {
	_, bound := m.c.m.Scope.Names[name]
	return !bound && !m.f.isLocal(name)
}

// ofTexts are methods that texts have, which yield texts and numbers.
var ofTexts = map[string]bool{"startswith": true, "endswith": true, "strip": true, "lower": true, "upper": true}

// listed reports whether what a loop goes over is the same for each who does: names, numbers, the line of a class. What anything else yields
// may be used up.
func (m *memo) listed(e ast.Expr) bool {
	local := func(e ast.Expr) bool {
		n, ok := syntax.Unparen(e).(*ast.Name)
		return ok && m.f.isLocal(n.Name)
	}
	switch x := syntax.Unparen(e).(type) {
	case *ast.Call:
		if syntax.IsNamed(x.Fun, "dir") && m.builtin("dir") {
			return len(x.Args) == 1 && x.Args[0].Star == 0 && local(x.Args[0].X)
		}
		return syntax.IsNamed(x.Fun, "range") && m.builtin("range") && !slices.ContainsFunc(x.Args, func(a ast.Arg) bool { return a.Star > 0 || !m.plain(a.X) })
	case *ast.Attribute:
		return (x.Attr.Name == "__mro__" || x.Attr.Name == "__bases__") && local(x.X)
	}
	return false
}

// adds reports whether an expression adds to the list or set that is put into the dict: found.append(x).
func (m *memo) adds(e ast.Expr) bool {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || len(call.Args) != 1 || call.Args[0].Star > 0 || call.Args[0].Name.Name != "" || !m.plain(call.Args[0].X) {
		return false
	}
	fun, ok := call.Fun.(*ast.Attribute)
	return ok && syntax.IsNamed(fun.X, m.found) && (fun.Attr.Name == "append" || fun.Attr.Name == "add")
}

// staysSame reports whether the variable has nothing but a new list, set or tuple, or what is in the dict; whether nothing but the branch
// changes that or keeps it; and whether no other variable tells afterwards who has found it out.
func (m *memo) staysSame() bool {
	for _, was := range m.f.values[m.found] {
		c, display := syntax.Unparen(was.value).(*ast.Collection)
		switch {
		case m.body.Contains(was.pos) && display && len(c.Elems) == 0 && c.Kind == "list" && !was.item:
		case m.branch.Contains(was.pos) && !m.body.Contains(was.pos):
		default:
			return false
		}
	}
	known := map[ast.Node]bool{}
	named := func(e ast.Expr) {
		if n, ok := syntax.Unparen(e).(*ast.Name); ok {
			known[n] = true
		}
	}
	inside := map[string]bool{} // what the branch sets
	good := true
	ast.Walk(m.f.def, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			good = good && n == m.f.def // what runs later may have it
		case *ast.Yield: // meanwhile anybody may
			good = false
		case *ast.Lambda, *ast.Comp:
			good = good && !anyIn(n, func(k ast.Node) bool { x, ok := k.(*ast.Name); return ok && x.Name == m.found })
		case *ast.For:
			named(n.Iter)
		case *ast.Compare:
			if op := n.Ops[len(n.Ops)-1]; op == "in" || op == "not in" {
				named(n.Xs[len(n.Xs)-1])
			}
		case *ast.Call:
			if syntax.IsNamed(n.Fun, "len") && len(n.Args) == 1 && !m.f.isLocal("len") {
				named(n.Args[0].X)
			}
			if m.body.Contains(n.Pos) && m.adds(n) {
				named(n.Fun.(*ast.Attribute).X)
			}
		case *ast.Assign:
			if n == m.at {
				named(n.Value)
			}
		case *ast.Unary:
			good = good && n.Op != "await"
		case *ast.Name:
			if n.Access.Rebinds() && m.branch.Contains(n.Pos) {
				inside[n.Name] = true
				return true
			}
			good = good && (n.Name != m.found || known[n]) && !byName[n.Name]
		}
		return good
	})
	return good && !anyIn(m.f.def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		return ok && x.Name != m.found && inside[x.Name] && !m.branch.Contains(x.Pos) && !x.Access.Rebinds() && !m.boundBefore(x)
	})
}

// byName are functions that reach the variables of their caller by name.
var byName = map[string]bool{"locals": true, "vars": true, "eval": true, "exec": true}

// boundBefore reports whether a name outside of the branch has what a loop there gives it.
func (m *memo) boundBefore(x *ast.Name) bool {
	return slices.ContainsFunc(m.f.parents(x), func(n ast.Node) bool {
		loop, ok := n.(*ast.For)
		return ok && syntax.IsNamed(loop.Target, x.Name) && loop.Body.Contains(x.Pos) && loop.Pos > m.branch.End
	})
}
