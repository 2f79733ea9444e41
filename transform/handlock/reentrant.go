package handlock

// Locks that their holder may take again, made of a lock, a count and the thread that holds it: who finds that it is the
// owner raises the count and goes no further; who lowers it to nothing is no owner any more, and releases the lock.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// reenters reports whether a method takes its object's lock unless its thread is the owner, and another one takes that
// back. No other thread finds itself the owner, whenever it looks, as long as nobody says so who has not got the lock.
func (t *half) reenters(let *half, methods map[string]*ast.FuncDef) bool {
	for count, owner := range t.again {
		if !t.given[owner] || !let.given[owner] || !let.down[count] {
			continue
		}
		for l, n := range t.held {
			if n == 1 && !t.some[l] && let.held[l] == -1 && !severalIn(methods, l) &&
				t.at[l].End < t.at[owner].Pos && max(let.at[owner].End, let.at[count].End) < let.at[l].Pos &&
				t.waitsToEnd(l) && atNothing(let, count, l) {
				return true
			}
		}
	}
	return false
}

// waitsToEnd reports whether a method comes to where it takes a lock unless it returns once before, as the owner, and does
// not give up waiting there.
func (t *half) waitsToEnd(lock string) bool {
	self := syntax.ParamName(t.def.Params.List[0])
	returns, waits := 0, true
	syntax.OwnNodes(t.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && n.Pos < t.at[lock].Pos {
				returns++
			}
		case *ast.Call:
			if l, take, ok := takesOwn(n, self); ok && take && l == lock {
				said := 0
				for _, a := range n.Args {
					if ownAttribute(lockAt(a.X), self) != lock {
						said++
						waits = waits && said == 1 && t.saysWait(a) // the second one is for how long
					}
				}
			}
		}
		return true
	})
	return returns == 1 && waits
}

// saysWait reports whether an argument tells a lock to be waited for, however long that takes.
func (t *half) saysWait(a ast.Arg) bool {
	if a.Name.Name != "" && a.Name.Name != "blocking" {
		_, infinite := a.X.(*ast.Unary)
		return a.Name.Name == "timeout" && infinite // timeout=-1
	}
	switch x := syntax.Unparen(a.X).(type) {
	case *ast.Const:
		return x.Name == "True"
	case *ast.Number:
		return t.spells(x) == "1"
	case *ast.Name, *ast.Attribute:
		return syntax.LastName(x) == "WAIT_LOCK"
	}
	return false
}

// atNothing reports whether a method releases a lock only where it has lowered a count to nothing.
func atNothing(let *half, count, lock string) bool {
	self := syntax.ParamName(let.def.Params.List[0])
	lowered, at := let.at[count].End, let.at[lock].Pos
	ok := false
	syntax.OwnNodes(let.def.Body, func(n ast.Node) bool {
		st, is := n.(*ast.If)
		if !is || st.Pos < lowered || st.Pos > at || len(st.Clauses) == 0 || st.Clauses[0].Body == nil {
			return true
		}
		c := st.Clauses[0]
		nothing, something := let.tellsNothing(c.Cond, count, self)
		if body := c.Body.Range(); nothing && body.Pos <= at && at < body.End {
			ok = true
		}
		if last, is := c.Body.Stmts[len(c.Body.Stmts)-1].(*ast.Simple); is && something && last.Keyword == "return" && st.End <= at {
			ok = true
		}
		return true
	})
	return ok
}

// tellsNothing reports whether a condition holds if and only if a count is nothing, or is something.
func (let *half) tellsNothing(cond ast.Expr, count, self string) (nothing, something bool) {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Attribute:
		return false, ownAttribute(e, self) == count
	case *ast.Unary:
		if e.Op == "not" {
			something, nothing = let.tellsNothing(e.X, count, self)
			return nothing, something
		}
	case *ast.Compare:
		if len(e.Ops) != 1 || len(e.Xs) != 2 || ownAttribute(e.Xs[0], self) != count {
			return false, false
		}
		x, is := syntax.Unparen(e.Xs[1]).(*ast.Number)
		if !is {
			return false, false
		}
		switch e.Ops[0] + let.spells(x) {
		case "==0", "<=0", "<1":
			return true, false
		case "!=0", ">0", ">=1":
			return false, true
		}
	}
	return false, false
}

// spells is a number as the method spells it.
func (t *half) spells(x *ast.Number) string {
	if t.file == nil {
		return ""
	}
	return syntax.Text(t.file, x.Span)
}

// files are the files that methods stand in.
type files map[*ast.FuncDef]*ast.File

// note adds those methods whose file is not known.
func (fs files) note(methods map[string]*ast.FuncDef, file *ast.File) {
	for _, f := range methods {
		if fs[f] == nil {
			fs[f] = file
		}
	}
}

// does notes where a method does something to an attribute.
func (t *half) does(attr string, at ast.Span) {
	if was, ok := t.at[attr]; ok {
		at = ast.Span{Pos: min(was.Pos, at.Pos), End: max(was.End, at.End)}
	}
	t.at[attr] = at
}

// severalIn reports whether methods give an attribute a semaphore that several threads may hold.
func severalIn(methods map[string]*ast.FuncDef, attr string) bool {
	found := false
	for _, f := range methods {
		syntax.OwnNodes(f.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return syntax.LastName(t) == attr }) {
				call, ok := syntax.Unparen(a.Value).(*ast.Call)
				found = found || ok && tokens(call)
			}
			return true
		})
	}
	return found
}

// tokens reports whether a call makes a semaphore with a number of its own.
func tokens(call *ast.Call) bool {
	return strings.HasSuffix(syntax.LastName(call.Fun), "Semaphore") && len(call.Args) > 0
}

// againIn returns what a statement raises, and then leaves its function, if an attribute of the object is the current
// thread; "" for another one.
func againIn(st *ast.If, f *ast.FuncDef, self string) (owner, count string) {
	if len(st.Clauses) == 0 || st.Clauses[0].Body == nil || len(st.Clauses[0].Body.Stmts) == 0 {
		return "", ""
	}
	c := st.Clauses[0]
	if owner = ownerIn(c.Cond, f, self); owner == "" {
		return "", ""
	}
	stmts := c.Body.Stmts
	if last, ok := stmts[len(stmts)-1].(*ast.Simple); !ok || last.Keyword != "return" {
		return "", ""
	}
	syntax.OwnNodes(c.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Op == "+=" && len(a.Targets) == 1 {
			count = ownAttribute(a.Targets[0], self)
		}
		return true
	})
	return owner, count
}

// ownerIn returns the attribute that a condition finds to be the current thread, whatever else it asks for.
func ownerIn(cond ast.Expr, f *ast.FuncDef, self string) string {
	switch e := syntax.Unparen(cond).(type) {
	case *ast.Binary:
		if e.Op == "and" {
			if o := ownerIn(e.X, f, self); o != "" {
				return o
			}
			return ownerIn(e.Y, f, self)
		}
	case *ast.Compare:
		if len(e.Ops) != 1 || len(e.Xs) != 2 || e.Ops[0] != "==" && e.Ops[0] != "is" {
			return ""
		}
		for i, x := range e.Xs {
			if o := ownAttribute(x, self); o != "" && isThread(e.Xs[1-i], f) {
				return o
			}
		}
	}
	return ""
}

// isThread reports whether an expression is the current thread: what a function for that returns, or a variable that
// is given nothing else.
func isThread(e ast.Expr, f *ast.FuncDef) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Call:
		switch syntax.LastName(e.Fun) {
		case "get_ident", "PyThread_get_thread_ident", "current_thread", "get_native_id", "pthread_self", "PyThreadState_Get", "PyThreadState_GET", "_get_ident":
			return true
		}
	case *ast.Name:
		var values []ast.Expr
		writes := 0 // by whatever statement
		syntax.OwnNodes(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				for _, t := range n.Targets {
					if syntax.IsNamed(t, e.Name) && n.Op == "=" && n.Value != nil {
						values, writes = append(values, n.Value), writes-1
					}
				}
			case *ast.CVarDecl:
				for _, d := range n.Declarators {
					if syntax.DeclaredName(d).Name == e.Name && d.Default != nil {
						values = append(values, d.Default)
					}
				}
			case *ast.Name:
				if n.Name == e.Name && n.Access != ast.Read && n.Access != ast.Called {
					writes++
				}
			}
			return true
		})
		others := writes != 0 || slices.ContainsFunc(f.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == e.Name })
		return len(values) > 0 && !others && !slices.ContainsFunc(values, func(v ast.Expr) bool {
			c, ok := syntax.Bare(v).(*ast.Call)
			return !ok || !isThread(c, f)
		})
	}
	return false
}

// OfHolder reports whether an attribute of a class of locks is one by which a method of it tells whether its thread has the
// lock, or how often: only the holder changes it.
func OfHolder(h *Names, c *project.Class, method, attr string) bool {
	if c == nil {
		return false
	}
	for _, k := range c.Ancestry() {
		t := h.takers.Get(k)
		if !t.inner[attr] {
			continue
		}
		for name, by := range t.by {
			if by.counts && (name == method || by.release == method) {
				return true
			}
		}
	}
	return false
}

// innerOf are the attributes of such a class with the owner and the count.
func innerOf(methods map[string]*ast.FuncDef, by map[string]taking, in files) map[string]bool {
	out := map[string]bool{}
	for name, t := range by {
		let := methods[t.release]
		if !t.counts || let == nil {
			continue
		}
		take, _ := halvesOf(methods[name])
		release, _ := halvesOf(let)
		take.file, release.file = in[methods[name]], in[let]
		if take.reenters(release, methods) {
			for count, owner := range take.again {
				out[count], out[owner] = true, true
			}
		}
	}
	return out
}
