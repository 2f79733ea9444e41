package rules

// PXL215: a lock that is taken and released by hand, and left taken where a
// return or an exception leaves the function in between.
//
// The function's statements are followed with what is known of one lock: free,
// taken, or one or the other. Only what is certain is reported.

import (
	"fmt"
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func unreleased(c *checking) {
	if !compiled(&c.bodies) {
		return
	}
	for _, f := range c.mentioning() {
		if handsOver(f.name()) {
			continue
		}
		type use struct{ take, release bool }
		locks := map[string]*use{}
		inHandler := handlerSpans(f)
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.Call); ok {
				if lc, ok := c.hands.Call(call); ok && !c.hands.CountsTokens(lc.Lock) {
					s := f.spelled(lc.Lock)
					if locks[s] == nil {
						locks[s] = &use{}
					}
					if lc.Take {
						locks[s].take = true
					} else if !slices.ContainsFunc(inHandler, func(h ast.Span) bool { return h.Contains(call.Pos) }) {
						locks[s].release = true
					}
				}
			}
			return true
		})
		for _, s := range slices.Sorted(maps.Keys(locks)) {
			if u := locks[s]; u.take && u.release {
				w := &lockWalk{c: c, f: f, lock: s}
				w.block(f.def.Body.Stmts, free)
			}
		}
	}
}

// handsOver reports whether a function's name says that it is one half of a
// pair: it takes or releases for its caller.
func handsOver(name string) bool {
	for _, w := range syntax.Words(name) {
		switch w {
		case "acquire", "enter", "exit", "release", "wait", "lock", "unlock", "restore":
			return true
		}
	}
	return false
}

func handlerSpans(f *ruleFunc) []ast.Span {
	var out []ast.Span
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		if h, ok := n.(*ast.Handler); ok {
			out = append(out, h.Span)
		}
		return true
	})
	return out
}

// lockState is what is known of a lock at a place.
type lockState uint8

const (
	free lockState = iota
	taken
	unsure  // free or taken
	nowhere // no way leads here
)

func join(a, b lockState) lockState {
	switch {
	case a == nowhere || a == b:
		return b
	case b == nowhere:
		return a
	}
	return unsure
}

// lockWalk follows one lock through a function.
type lockWalk struct {
	c       *checking
	f       *ruleFunc
	lock    string
	from    ast.Node // where it was taken last
	covered int      // how many "finally" that release it are round here
	loops   []*loopState
}

type loopState struct {
	entry   lockState
	breaks  lockState
	covered int
	// exits are the breaks that leave with the lock taken.
	exits []ast.Node
}

func (w *lockWalk) block(stmts []ast.Stmt, s lockState) lockState {
	for _, st := range stmts {
		if s == nowhere {
			return s
		}
		s = w.stmt(st, s)
	}
	return s
}

func (w *lockWalk) suite(b *ast.Suite, s lockState) lockState {
	if b == nil {
		return s
	}
	return w.block(b.Stmts, s)
}

func (w *lockWalk) stmt(st ast.Stmt, s lockState) lockState {
	switch st := st.(type) {
	case *ast.ExprStmt:
		if call, ok := syntax.Unparen(st.X).(*ast.Call); ok {
			if lc, ok := w.ours(call); ok {
				switch {
				case !lc.Take:
					return free
				case w.certain(lc):
					w.from = call
					return taken
				}
				return unsure
			}
		}
		return w.inside(st.X, s)
	case *ast.Simple:
		for _, e := range st.Exprs {
			s = w.inside(e, s)
		}
		switch st.Keyword {
		case "return", "raise":
			w.leave(st, s)
			return nowhere
		case "break", "continue":
			if len(w.loops) == 0 {
				return nowhere
			}
			l := w.loops[len(w.loops)-1]
			switch {
			case st.Keyword == "break":
				if w.covered > l.covered {
					s = free
				}
				l.breaks = join(l.breaks, s)
				if s == taken && l.entry == free {
					l.exits = append(l.exits, st)
				}
			case l.entry == free && w.covered == l.covered:
				w.leave(st, s)
			}
			return nowhere
		}
		return s
	case *ast.Assign:
		return w.inside(st.Value, s)
	case *ast.CVarDecl:
		for _, d := range st.Declarators {
			s = w.inside(d.Default, s)
		}
		return s
	case *ast.If:
		return w.clauses(st.Clauses, s)
	case *ast.CondStmt:
		return w.clauses(st.Clauses, s)
	case *ast.With:
		for _, it := range st.Items {
			s = w.inside(it.X, s)
		}
		return w.suite(st.Body, s)
	case *ast.While:
		return w.loop(st.Body, st.Else, w.inside(st.Cond, s), isTrue(st.Cond))
	case *ast.For:
		return w.loop(st.Body, st.Else, w.inside(st.Iter, s), false)
	case *ast.Match:
		out := s
		for i := range st.Cases {
			out = join(out, w.suite(st.Cases[i].Body, s))
		}
		return out
	case *ast.Try:
		return w.try(st, s)
	}
	return s
}

func isTrue(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Const:
		return e.Name == "True"
	case *ast.Number:
		return true
	}
	return false
}

func (w *lockWalk) loop(body, orelse *ast.Suite, s lockState, forever bool) lockState {
	l := &loopState{entry: s, breaks: nowhere, covered: w.covered}
	w.loops = append(w.loops, l)
	end := w.suite(body, s)
	w.loops = w.loops[:len(w.loops)-1]
	out := join(s, end)
	if forever {
		out = nowhere
	}
	out = w.suite(orelse, out)
	if out == free && !w.releasedAfter(body.End) {
		for _, b := range l.exits {
			w.leave(b, taken)
		}
	}
	return join(out, l.breaks)
}

// releasedAfter reports whether the lock is released somewhere after an offset.
func (w *lockWalk) releasedAfter(at int32) bool {
	found := false
	syntax.OwnNodes(w.f.def.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok && call.Pos > at {
			if lc, ok := w.ours(call); ok && !lc.Take {
				found = true
			}
		}
		return !found
	})
	return found
}

func (w *lockWalk) clauses(list []ast.CondClause, s lockState) lockState {
	out := lockState(nowhere)
	last := false
	for i := range list {
		k := &list[i]
		in := s
		if k.Cond == nil {
			last = true
		} else if call, negated := w.tried(k.Cond); call != nil {
			w.from = call
			if negated {
				in, s = free, taken
			} else {
				in, s = taken, free
			}
		} else {
			s = w.inside(k.Cond, s)
			in = s
			if s == taken && w.mentions(k.Cond) {
				in, s = unsure, unsure // it asks whether the lock is taken
			}
		}
		out = join(out, w.suite(k.Body, in))
	}
	if !last {
		out = join(out, s)
	}
	return out
}

// mentions reports whether an expression speaks of the lock.
func (w *lockWalk) mentions(e ast.Expr) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute: // "self.n" says nothing of the lock that self is
			if w.f.spelled(n.X) == w.lock {
				found = found || handlock.Like(n.Attr.Name)
				return false
			}
		}
		if x, ok := n.(ast.Expr); ok && w.f.spelled(x) == w.lock {
			found = true
		}
		return !found
	})
	return found
}

func (w *lockWalk) try(st *ast.Try, s lockState) lockState {
	if st.Finally != nil && w.does(st.Finally, false) {
		w.covered++
		out := w.tryBody(st, s)
		w.covered--
		return w.suite(st.Finally, join(out, s))
	}
	return w.suite(st.Finally, w.tryBody(st, s))
}

func (w *lockWalk) tryBody(st *ast.Try, s lockState) lockState {
	in := s
	if w.does(st.Body, false) || w.does(st.Body, true) {
		in = unsure
	}
	out := w.suite(st.Else, w.suite(st.Body, s))
	stuck := w.covered == 0 && st.Finally == nil && w.releasesLast(st.Body, s)
	for i := range st.Handlers {
		h := &st.Handlers[i]
		if stuck && !w.does(h.Body, false) && !w.releasedAfter(h.End) {
			w.report(h, "this handler runs with it held")
		}
		out = join(out, w.suite(h.Body, in))
	}
	return out
}

// releasesLast reports whether a block starts with the lock taken, or takes it
// first, then calls something, and releases the lock as its last step.
func (w *lockWalk) releasesLast(b *ast.Suite, s lockState) bool {
	first, released := 0, -1
	for i, st := range b.Stmts {
		e, ok := st.(*ast.ExprStmt)
		if !ok {
			continue
		}
		call, ok := syntax.Unparen(e.X).(*ast.Call)
		if !ok {
			continue
		}
		if lc, ok := w.ours(call); ok && !lc.Take {
			released = i
		} else if ok && i == 0 && s == free && w.certain(lc) {
			s, first = taken, 1
		}
	}
	if s != taken || released < first {
		return false
	}
	calls := false
	for _, st := range b.Stmts[first:released] {
		ast.Walk(st, func(n ast.Node) bool {
			_, call := n.(*ast.Call)
			calls = calls || call
			return !calls
		})
	}
	return calls
}

// does reports whether a block releases the lock, or takes it.
func (w *lockWalk) does(b *ast.Suite, take bool) bool {
	found := false
	if b == nil {
		return false
	}
	syntax.OwnNodes(b, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok {
			if lc, ok := w.ours(call); ok && lc.Take == take {
				found = true
			}
		}
		return !found
	})
	return found
}

func (w *lockWalk) ours(call *ast.Call) (handlock.Call, bool) {
	lc, ok := w.c.hands.Call(call)
	return lc, ok && w.f.spelled(lc.Lock) == w.lock
}

// tried returns the call where a condition is nothing but taking the lock.
func (w *lockWalk) tried(cond ast.Expr) (call *ast.Call, negated bool) {
	e := syntax.Unparen(cond)
	if u, ok := e.(*ast.Unary); ok && u.Op == "not" {
		e, negated = syntax.Unparen(u.X), true
	}
	if k, ok := e.(*ast.Call); ok {
		if lc, ok := w.ours(k); ok && lc.Take {
			return k, negated
		}
	}
	return nil, false
}

// certain reports whether a call that takes a lock cannot come back without it.
func (w *lockWalk) certain(lc handlock.Call) bool {
	for _, a := range lc.Node.Args {
		x := syntax.Unparen(a.X)
		if u, ok := x.(*ast.Unary); ok && u.Op == "&" {
			x = u.X
		}
		if x == lc.Lock {
			continue
		}
		switch x := x.(type) {
		case *ast.Const:
			if x.Name == "True" {
				continue
			}
		case *ast.Number:
			if syntax.Text(w.f.u.File, x.Span) == "1" {
				continue
			}
		case *ast.Name, *ast.Attribute:
			if p := syntax.Dotted(x); len(p) > 0 && p[len(p)-1] == "WAIT_LOCK" {
				continue
			}
		}
		return false // a timeout, False, or something computed
	}
	return true
}

// inside follows what an expression does to the lock somewhere in it.
func (w *lockWalk) inside(e ast.Expr, s lockState) lockState {
	if e == nil {
		return s
	}
	ast.Walk(e, func(n ast.Node) bool {
		if _, ok := n.(*ast.Lambda); ok {
			return false
		}
		if call, ok := n.(*ast.Call); ok {
			if _, ok := w.ours(call); ok {
				s = unsure
			}
		}
		return true
	})
	return s
}

// leave reports a way out with the lock taken.
func (w *lockWalk) leave(n ast.Node, s lockState) {
	if s != taken || w.covered > 0 {
		return
	}
	what := "way out"
	if st, ok := n.(*ast.Simple); ok {
		what = st.Keyword
	}
	w.report(n, "this "+what+" leaves it held")
}

func (w *lockWalk) report(n ast.Node, what string) {
	span := n.Range()
	if h, ok := n.(*ast.Handler); ok {
		span.End = h.Body.Colon
	}
	for _, old := range w.c.Findings {
		if old.Code == finding.Release && old.Span == span && old.Path == w.f.u.Path {
			return // a loop or a finally came by twice
		}
	}
	f := w.f.finding(span, finding.Release, fmt.Sprintf("%s is released on other paths, but %s", w.lock, what),
		"use `with`, or put what follows the acquire into `try:` and the release into `finally:`")
	if w.from != nil {
		p := project.FindingAt(w.f.u.Source, w.from.Range(), "", "", "")
		f.Related = append(f.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: "taken here"})
	}
}
