package effects

// Places at which a C library is used that one thread uses at a time (library.OfOneThread): an OpenGL context is current to
// one thread, and whoever calls what calls OpenGL has to be that one. Two threads that come there at once have broken that
// already.
//
// Only what is so on every way counts: the function calls the library before the place or behind it, whatever its conditions
// say, itself or by functions that are in sight, or all that call it do. So do the cases of a choice by one value, without one
// for what is none of them. Not so where an object is taken apart, which happens in any thread; where somebody is given the
// function to call it; and where the library is handed to another thread meanwhile.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// oneThread looks for such places.
type oneThread struct {
	p *Program
	// calls and callers are the functions that are being asked about, for what they call and for who calls them.
	calls, callers map[*Function]bool
	// known is what statements always call, moving whether functions have another thread use the library.
	known  map[ast.Stmt]string
	bySpan map[*Function]map[ast.Span][]*Function
	moving map[*Function]bool
}

// raised is what is called on a way that ends in an exception: whatever one likes.
const raised = "an exception"

// OfOneThread returns what tells which library is used on all ways through a place of a function; "" for none.
func OfOneThread(p *Program) func(f *Function, at ast.Span) string {
	w := &oneThread{p: p, calls: map[*Function]bool{}, callers: map[*Function]bool{}, known: map[ast.Stmt]string{}, bySpan: map[*Function]map[ast.Span][]*Function{}, moving: map[*Function]bool{}}
	return w.at
}

// at is OfOneThread for one function.
func (w *oneThread) at(f *Function, at ast.Span) string {
	name := f.Def.Name.Name
	if w.callers[f] || name == "__dealloc__" || name == "__del__" || f.Def.Body == nil || runsLater(f, at) || suspends(w.p, f) {
		return ""
	}
	w.callers[f] = true
	defer delete(w.callers, f)
	lib := w.through(f, f.Def.Body.Stmts, at)
	if aLibrary(lib) == "" && f.Exposed() || w.moves(f) {
		return ""
	}
	g := callGraphOf(w.p)
	switch {
	case g.takenApart[f] || g.handed[name]:
		return ""
	case aLibrary(lib) != "":
		return lib
	case g.unknown[name] || g.outside[name] || project.OfferedToC(f.Mod, f.Class, f.Def) || len(g.calls[f]) == 0:
		return ""
	}
	for _, c := range g.calls[f] {
		by := w.at(c.in, c.at)
		if by == "" || aLibrary(lib) != "" && lib != by {
			return ""
		}
		lib = by
	}
	return aLibrary(lib)
}

func suspends(p *Program, f *Function) bool {
	p.FlowOf(f)
	return f.Suspends()
}

// CallsOfOneThread reports whether a module calls such a library at all.
func CallsOfOneThread(m *project.Module) bool {
	found := false
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			call, ok := n.(*ast.Call)
			found = found || ok && call.Fun != nil && library.OfOneThread(syntax.LastName(call.Fun)) != ""
			return !found
		})
	}
	return found
}

// runsLater reports whether a place is in a function within a function, or in a generator, which may run when that is over.
func runsLater(f *Function, at ast.Span) bool {
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.ClassDef:
			found = found || n.Range().Contains(at.Pos)
		case *ast.Comp:
			found = found || n.Kind == "generator" && n.Contains(at.Pos)
		}
		return !found
	})
	return found
}

// aLibrary is a library, and nothing where there is only an exception.
func aLibrary(lib string) string {
	if lib == raised {
		return ""
	}
	return lib
}

// through is what is called on all ways through a place in a list of statements, before it or behind it.
func (w *oneThread) through(f *Function, stmts []ast.Stmt, at ast.Span) string {
	for i, st := range stmts {
		lib := w.always(f, st)
		if !st.Range().Contains(at.Pos) {
			if lib != "" {
				return lib
			}
			continue
		}
		if lib == "" {
			lib = w.within(f, st, at)
		}
		for rest := stmts[i+1:]; lib == "" && !goesElsewhere(st) && len(rest) > 0; rest = rest[1:] {
			lib, st = w.always(f, rest[0]), rest[0]
		}
		return lib
	}
	return ""
}

// within is through for a place in a statement.
func (w *oneThread) within(f *Function, st ast.Stmt, at ast.Span) string {
	suite := func(list ...*ast.Suite) string {
		for _, s := range list {
			if s != nil && s.Range().Contains(at.Pos) {
				return w.through(f, s.Stmts, at)
			}
		}
		return ""
	}
	switch st := st.(type) {
	case *ast.If:
		for _, c := range st.Clauses {
			if lib := w.expr(f, c.Cond); lib != "" {
				return lib
			}
			if c.Body.Range().Contains(at.Pos) {
				return suite(c.Body)
			}
		}
	case *ast.While:
		return suite(st.Body, st.Else)
	case *ast.For:
		return suite(st.Body, st.Else)
	case *ast.With:
		return suite(st.Body)
	case *ast.Try:
		for _, h := range st.Handlers {
			if h.Body.Range().Contains(at.Pos) {
				return suite(h.Body)
			}
		}
		return suite(st.Body, st.Else, st.Finally)
	}
	return ""
}

// goesElsewhere reports whether control may go elsewhere from a statement than to the next one, but for an exception.
func goesElsewhere(st ast.Stmt) bool {
	found := false
	ast.Walk(st, func(n ast.Node) bool {
		s, ok := n.(*ast.Simple)
		found = found || ok && (s.Keyword == "return" || s.Keyword == "break" || s.Keyword == "continue")
		return !found
	})
	return found
}

// always is what a statement calls on each way through it that does not leave the function before.
func (w *oneThread) always(f *Function, st ast.Stmt) string {
	lib, known := w.known[st]
	if !known {
		lib = w.findAlways(f, st)
		w.known[st] = lib
	}
	return lib
}

func (w *oneThread) findAlways(f *Function, st ast.Stmt) string {
	switch st := st.(type) {
	case *ast.Simple:
		if st.Keyword == "raise" {
			return raised
		}
		return w.expr(f, st.Exprs...)
	case *ast.ExprStmt:
		return w.expr(f, st.X)
	case *ast.Assign:
		return w.expr(f, st.Value)
	case *ast.CVarDecl:
		for _, d := range st.Declarators {
			if lib := w.expr(f, d.Default); lib != "" {
				return lib
			}
		}
	case *ast.If:
		return w.branches(f, st)
	case *ast.While:
		return w.expr(f, st.Cond)
	case *ast.For:
		return w.expr(f, st.Iter)
	case *ast.With:
		for _, it := range st.Items {
			if lib := w.expr(f, it.X); lib != "" {
				return lib
			}
		}
		return w.suite(f, st.Body)
	case *ast.Try:
		if lib := w.suite(f, st.Finally); aLibrary(lib) != "" {
			return lib
		}
		lib := w.suite(f, st.Body)
		for _, h := range st.Handlers {
			if by := w.suite(f, h.Body); by != raised && by != lib {
				return ""
			}
		}
		return lib
	}
	return ""
}

// suite is always for a block; "" for none.
func (w *oneThread) suite(f *Function, s *ast.Suite) string {
	if s == nil {
		return ""
	}
	for _, st := range s.Stmts {
		if lib := w.always(f, st); lib != "" {
			return lib
		}
		if goesElsewhere(st) {
			return ""
		}
	}
	return ""
}

// branches is always for a condition: what each branch calls, of which there is one for every case.
func (w *oneThread) branches(f *Function, st *ast.If) string {
	if lib := w.expr(f, st.Clauses[0].Cond); lib != "" {
		return lib
	}
	if last := st.Clauses[len(st.Clauses)-1]; last.Cond != nil && !oneValue(f, st) {
		return ""
	}
	out := raised
	for _, c := range st.Clauses {
		switch lib := w.suite(f, c.Body); {
		case lib == "" || lib != raised && out != raised && lib != out:
			return ""
		case lib != raised:
			out = lib
		}
	}
	return out
}

// oneValue reports whether a condition is a choice by what one value is, of three or more: op == "push", op == "pop", op is None.
func oneValue(f *Function, st *ast.If) bool {
	value := ""
	for _, c := range st.Clauses {
		x, ok := syntax.Unparen(c.Cond).(*ast.Compare)
		if !ok || len(x.Xs) != 2 || x.Ops[0] != "==" && x.Ops[0] != "is" {
			return false
		}
		text := syntax.Text(f.Unit.File, x.Xs[0].Range())
		if value != "" && text != value {
			return false
		}
		value = text
	}
	return len(st.Clauses) > 2
}

// expr is what expressions call however they come out.
func (w *oneThread) expr(f *Function, list ...ast.Expr) string {
	out := ""
	for _, e := range list {
		if e == nil {
			continue
		}
		ast.Walk(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Lambda, *ast.Comp, *ast.Cond:
				return false
			case *ast.Binary:
				if n.Op == "and" || n.Op == "or" {
					if out == "" {
						out = w.expr(f, n.X)
					}
					return false
				}
			case *ast.Call:
				if out == "" {
					out = w.called(f, n)
				}
			}
			return out == ""
		})
	}
	return out
}

// called is the library that a call is of, or that what it calls always calls.
func (w *oneThread) called(f *Function, call *ast.Call) string {
	if call.Fun == nil {
		return ""
	}
	callees := w.callees(f, call)
	if len(callees) == 0 {
		lib := library.OfOneThread(syntax.LastName(call.Fun))
		if lib != "" && callGraphOf(w.p).defined[syntax.LastName(call.Fun)] {
			return "" // a function of the project's own, perhaps
		}
		return lib
	}
	out := ""
	for _, g := range callees {
		if w.calls[g] || g.Def.Body == nil || suspends(w.p, g) || g.Class != nil && g.Exposed() || g.Def.Kind == ast.Cpdef {
			return "" // Python code may have put something else in its place
		}
		w.calls[g] = true
		lib := w.suite(g, g.Def.Body)
		delete(w.calls, g)
		if aLibrary(lib) == "" || out != "" && lib != out {
			return ""
		}
		out = lib
	}
	return out
}

// moves reports whether a function, or what it calls, has another thread use the library from then on.
func (w *oneThread) moves(f *Function) bool {
	if moves, known := w.moving[f]; known || f.Def.Body == nil {
		return moves
	}
	w.moving[f] = false // until more is known of those that call each other
	found := slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool {
		return slices.ContainsFunc(w.p.Funcs(f.Mod).byName[syntax.LastName(decorating(d.Expr))], w.moves)
	})
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || n.Fun != nil && (library.MovesToThread(syntax.LastName(n.Fun)) || slices.ContainsFunc(w.callees(f, n), w.moves))
		case *ast.WithItem:
			found = found || !syntax.IsNamed(n.X, "nogil") && !syntax.IsNamed(n.X, "gil") && slices.ContainsFunc(callGraphOf(w.p).enters, w.moves)
		}
		return !found
	})
	w.moving[f] = found
	return found
}

// decorating is what a decorator is, without what it is given.
func decorating(e ast.Expr) ast.Expr {
	if call, ok := syntax.Unparen(e).(*ast.Call); ok {
		return call.Fun
	}
	return e
}

// callees are the functions in sight that a call may come to; none where it may come to others as well.
func (w *oneThread) callees(f *Function, call *ast.Call) []*Function {
	known, ok := w.bySpan[f]
	if !ok {
		known = calleesBySpan(w.p, f)
		w.bySpan[f] = known
	}
	return known[call.Span]
}

// calleesBySpan are the functions in sight that the calls of a function may come to, by where these stand; none where a call may come
// to others as well.
func calleesBySpan(p *Program, f *Function) map[ast.Span][]*Function {
	out, open := map[ast.Span][]*Function{}, []ast.Span{}
	fl := p.FlowOf(f)
	for i := range fl.Calls {
		c := &fl.Calls[i]
		if c.later || c.anyOf {
			open = append(open, c.Span)
		}
		out[c.Span] = append(out[c.Span], c.Callees...)
	}
	for _, s := range open {
		delete(out, s)
	}
	return out
}
