package effects

// Reliance: what a generator has learned of the state before a yield, by a condition, an
// assertion, another item of a loop or a call that raises otherwise, may not be so any more
// after it. A lock for each step is too little where the code goes on as if it were.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// relying goes through a generator forwards, with what it has learned at each place.
type relying struct {
	*looking
	facts  map[string]*fact // by what was asked
	loops  []*leaving
	asking bool // whether it looks at a condition
}

// fact is something that was learned of the state.
type fact struct {
	text  string      // as it stands in the source
	vars  []string    // variables that it was compared with
	names []string    // attributes that were looked at: "self.size", or ".size" of an object that is not told
	by    []*Function // functions that were called, which raise where it is not so
}

// known is what has been learned on the way to a place: true for what is from before a
// yield. vars has what the values of variables tell.
type known struct {
	here map[string]bool
	vars map[string]map[string]bool
}

// leaving are the states in which a loop is left, or begun again.
type leaving struct{ broken, continued []*known }

// relies looks for the first place that relies on what was learned before a yield.
func (g *crossing) relies() {
	r := &relying{looking: &looking{g, map[fieldKey]bool{}}, facts: map[string]*fact{}}
	r.suite(g.f.Def.Body.Stmts, &known{map[string]bool{}, map[string]map[string]bool{}})
}

func (s *known) clone() *known {
	if s == nil {
		return nil
	}
	out := &known{maps.Clone(s.here), map[string]map[string]bool{}}
	for name, fs := range s.vars {
		out.vars[name] = maps.Clone(fs)
	}
	return out
}

// age makes what is known what was known before a yield.
func (s *known) age() *known {
	for f := range s.here {
		s.here[f] = true
	}
	for _, fs := range s.vars {
		for f := range fs {
			fs[f] = true
		}
	}
	return s
}

// tell has the value of a variable tell a fact.
func (s *known) tell(name, f string, old bool) {
	if s.vars[name] == nil {
		s.vars[name] = map[string]bool{}
	}
	s.vars[name][f] = s.vars[name][f] || old
}

// meet is what is known where ways meet: on each of them; nil where there is none.
func meet(ways ...*known) *known {
	ways = slices.DeleteFunc(ways, func(s *known) bool { return s == nil })
	if len(ways) == 0 {
		return nil
	}
	out := ways[0].clone()
	for _, s := range ways[1:] {
		for f, old := range out.here {
			if o, ok := s.here[f]; ok {
				out.here[f] = old || o
			} else {
				delete(out.here, f)
			}
		}
		for name, fs := range s.vars {
			for f, old := range fs {
				out.tell(name, f, old)
			}
		}
	}
	return out
}

// leave takes back what was learned by conditions whose outcome is not known any more, but
// for what was known before.
func (s *known) leave(conds []string, before *known) {
	if s == nil {
		return
	}
	for _, f := range conds {
		if old, ok := before.here[f]; ok {
			s.here[f] = old || s.here[f]
		} else {
			delete(s.here, f)
		}
	}
}

func equal(a, b *known) bool {
	return maps.Equal(a.here, b.here) && maps.EqualFunc(a.vars, b.vars, func(x, y map[string]bool) bool { return maps.Equal(x, y) })
}

// suite goes through statements; nil comes back where control does not go on behind them.
func (r *relying) suite(stmts []ast.Stmt, s *known) *known {
	for _, st := range stmts {
		if s == nil {
			return nil
		}
		s = r.stmt(st, s)
	}
	return s
}

func (r *relying) stmt(st ast.Stmt, s *known) *known {
	if y := YieldAt(st); y != nil {
		r.uses(s, y.X)
		r.raises(s, y.X)
		s.age()
		if as, ok := st.(*ast.Assign); ok {
			delete(s.vars, syntax.LastName(as.Targets[0]))
		}
		return s
	}
	switch st := st.(type) {
	case *ast.Simple:
		return r.simple(st, s)
	case *ast.If:
		return r.branches(st, s)
	case *ast.While:
		return r.while(st, s)
	case *ast.For:
		return r.each(st, s)
	case *ast.With:
		for _, it := range st.Items {
			r.uses(s, it.X, it.Target)
		}
		out := r.suite(st.Body.Stmts, s.clone())
		if out == nil && syntax.FallsOff([]ast.Stmt{st}) { // what it enters may end an exception
			out = r.interrupted(st.Body, s)
		}
		return out
	case *ast.Try:
		return r.attempt(st, s)
	case *ast.Match:
		return r.match(st, s)
	case *ast.Assign:
		r.uses(s, st.Value)
		r.raises(s, st.Value)
		for _, t := range st.Targets {
			r.uses(s, t)
			r.gives(s, t, st.Value, st.Op != "=")
		}
		return s
	case *ast.CVarDecl:
		for _, d := range st.Declarators {
			if d.Default != nil {
				r.uses(s, d.Default)
				r.raises(s, d.Default)
				r.given(s, syntax.DeclaredName(d).Name, d.Default)
			}
		}
		return s
	case *ast.FuncDef, *ast.ClassDef:
		return s
	}
	var ways []*known
	for b := range syntax.Suites(st) { // IF, a block of declarations
		ways = append(ways, r.suite(b.Stmts, s.clone()))
	}
	if len(ways) > 0 {
		return meet(append(ways, s)...)
	}
	r.uses(s, st)
	r.raises(s, st)
	return s
}

func (r *relying) simple(st *ast.Simple, s *known) *known {
	for _, e := range st.Exprs {
		if st.Keyword == "assert" {
			r.asks(s, e)
		} else {
			r.uses(s, e)
		}
	}
	switch st.Keyword {
	case "return", "raise":
		return nil
	case "break", "continue":
		if n := len(r.loops); n > 0 {
			l := r.loops[n-1]
			if st.Keyword == "break" {
				l.broken = append(l.broken, s)
			} else {
				l.continued = append(l.continued, s)
			}
		}
		return nil
	case "assert":
		if len(st.Exprs) > 0 {
			r.learn(s, st.Exprs[0])
		}
	}
	return s
}

// branches goes through an if statement: what comes behind it hangs on a condition where one
// of its branches goes elsewhere.
func (r *relying) branches(st *ast.If, s *known) *known {
	type clause struct {
		out   *known
		conds []string
	}
	var list []clause
	rest := s.clone()
	always := false
	for _, c := range st.Clauses {
		var conds []string
		if c.Cond != nil {
			r.asks(rest, c.Cond)
			r.raises(rest, c.Cond)
			conds = r.learn(rest, c.Cond)
		}
		always = always || c.Cond == nil
		list = append(list, clause{r.suite(c.Body.Stmts, rest.clone()), conds})
	}
	var ways []*known
	if !always {
		ways = append(ways, rest)
	}
	var open []string // conditions with a way on either side
	for _, c := range slices.Backward(list) {
		if c.out != nil && len(ways) > 0 {
			open = append(open, c.conds...)
		}
		if c.out != nil {
			ways = append(ways, c.out)
		}
	}
	out := meet(ways...)
	for _, w := range slices.DeleteFunc(ways, func(w *known) bool { return w == nil }) { // what one of them has learned, it goes on with
		for f, old := range w.here {
			out.here[f] = out.here[f] || old
		}
	}
	out.leave(open, s)
	return out
}

// turn goes round a loop until nothing is new at its head. round goes through the body once.
func (r *relying) turn(s *known, round func(head *known) *known) (head *known, l *leaving) {
	head = s.clone()
	for range 64 {
		l = &leaving{}
		r.loops = append(r.loops, l)
		end := round(head.clone())
		r.loops = r.loops[:len(r.loops)-1]
		next := meet(append([]*known{s, end}, l.continued...)...)
		if equal(next, head) {
			break
		}
		head = next
	}
	return head, l
}

func (r *relying) while(st *ast.While, s *known) *known {
	var conds []string
	head, l := r.turn(s, func(head *known) *known {
		r.asks(head, st.Cond)
		conds = r.learn(head, st.Cond)
		return r.suite(st.Body.Stmts, head)
	})
	end := head.clone()
	if c, ok := syntax.Unparen(st.Cond).(*ast.Const); ok && c.Name == "True" || r.one(st.Cond) {
		end = nil
	} else if r.learn(end, st.Cond); r.advances(st) {
		end.leave(conds, head) // it has come to its end; nobody waited for anything
	}
	if st.Else != nil {
		end = r.suite(st.Else.Stmts, end)
	}
	out := meet(append([]*known{end}, l.broken...)...)
	if end != nil && len(l.broken) > 0 {
		out.leave(conds, head)
	}
	return out
}

func (r *relying) one(e ast.Expr) bool {
	n, ok := syntax.Unparen(e).(*ast.Number)
	return ok && syntax.Text(r.f.Unit.File, n.Span) == "1"
}

// advances reports whether the condition of a loop looks at a variable that the loop gives
// other values.
func (r *relying) advances(st *ast.While) bool {
	found := false
	ast.Walk(st.Cond, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && r.assigned(st.Body, x.Name)
		return !found
	})
	return found
}

// each goes through a for loop: in its body there was one more item.
func (r *relying) each(st *ast.For, s *known) *known {
	r.asks(s, st.Iter)
	r.asks(s, st.Step)
	r.raises(s, st.Iter)
	var more []string
	head, l := r.turn(s, func(head *known) *known {
		if more = r.learn(head, st.Iter); st.Target != nil {
			r.uses(head, st.Target)
			for name := range head.vars {
				if binds(st.Target, name) {
					delete(head.vars, name)
				}
			}
		}
		return r.suite(st.Body.Stmts, head)
	})
	end := head.clone()
	if st.Else != nil {
		end = r.suite(st.Else.Stmts, end)
	}
	out := meet(append([]*known{end}, l.broken...)...)
	if end != nil {
		out.leave(more, head)
	}
	return out
}

// interrupted is what is known where a block was left in the middle of it.
func (r *relying) interrupted(b *ast.Suite, s *known) *known {
	out := s.clone()
	if syntax.Yields(b) {
		out.age()
	}
	return out
}

func (r *relying) attempt(st *ast.Try, s *known) *known {
	broken := r.interrupted(st.Body, s)
	end := r.suite(st.Body.Stmts, s.clone())
	if end != nil {
		for name, fs := range end.vars {
			for f, old := range fs {
				broken.tell(name, f, old)
			}
		}
		if st.Else != nil {
			end = r.suite(st.Else.Stmts, end)
		}
	}
	ways := []*known{end}
	for _, h := range st.Handlers {
		in := broken.clone()
		r.uses(in, h.Type)
		ways = append(ways, r.suite(h.Body.Stmts, in))
	}
	out := meet(ways...)
	if st.Finally == nil {
		return out
	}
	if out == nil {
		r.suite(st.Finally.Stmts, broken)
		return nil
	}
	return r.suite(st.Finally.Stmts, out)
}

func (r *relying) match(st *ast.Match, s *known) *known {
	r.asks(s, st.Subject)
	r.raises(s, st.Subject)
	ways := []*known{s}
	for _, c := range st.Cases {
		in := s.clone()
		r.learn(in, st.Subject)
		r.asks(in, c.Guard)
		r.learn(in, c.Guard)
		ways = append(ways, r.suite(c.Body.Stmts, in))
	}
	return meet(ways...)
}

// gives notes what the value that a target gets tells.
func (r *relying) gives(s *known, target, value ast.Expr, adds bool) {
	x, ok := syntax.Unparen(target).(*ast.Name)
	if !ok {
		for name := range s.vars {
			if binds(target, name) {
				delete(s.vars, name)
			}
		}
		return
	}
	was := s.vars[x.Name]
	r.given(s, x.Name, value)
	for f, old := range was {
		if adds {
			s.tell(x.Name, f, old)
		}
	}
}

// given notes that a number or truth value that a variable gets here tells that control came
// here.
func (r *relying) given(s *known, name string, value ast.Expr) {
	delete(s.vars, name)
	if value == nil || !flag(value) {
		return
	}
	for f, old := range s.here {
		s.tell(name, f, old)
	}
	ast.Walk(value, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok {
			for f, old := range s.vars[x.Name] {
				s.tell(name, f, old)
			}
		}
		return true
	})
}

// flag reports whether a value is a number or a truth value.
func flag(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Number, *ast.Compare, *ast.Name:
		return true
	case *ast.Const:
		return e.Name == "True" || e.Name == "False"
	case *ast.Unary:
		return e.Op == "not" || flag(e.X)
	case *ast.Binary:
		return flag(e.X) && flag(e.Y)
	}
	return false
}
