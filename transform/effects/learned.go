package effects

// What a condition, or a call that raises, tells of the state, and which uses of the state
// rely on that: see reliance.go.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// learn notes what is known where an expression is true, or is not, and returns it.
func (r *relying) learn(s *known, e ast.Expr) []string {
	var out []string
	for _, a := range atoms(e) {
		var vars []string
		ast.Walk(a, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok {
				vars = append(vars, x.Name)
			}
			return true
		})
		if names, looks := r.looksAt(a); looks {
			key := r.asked(a)
			r.facts[key] = &fact{text: r.text(a), names: names, vars: vars}
			s.here[key] = false
			out = append(out, key)
			continue
		}
		for _, name := range vars {
			for f, old := range s.vars[name] {
				if _, known := s.here[f]; !known {
					s.here[f] = old
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// raises notes that calls that raise where the state is not as they want it have returned.
func (r *relying) raises(s *known, n ast.Node) {
	for _, c := range r.callsIn(n) {
		var names []string
		checks := false
		for _, g := range c.Callees {
			if raising(g, 4) {
				of := r.touched(g)
				names = append(names, of...)
				checks = checks || len(of) > 0
			}
		}
		if checks {
			key := r.text(c.Span)
			r.facts[key] = &fact{text: key, names: names, by: c.Callees}
			s.here[key] = false
		}
	}
}

// asks looks for uses in a condition, which looks at numbers of the state anew.
func (r *relying) asks(s *known, e ast.Expr) {
	r.asking = true
	r.uses(s, e)
	r.asking = false
}

// uses looks for uses of the state that rely on what was learned before a yield. A number
// that is looked at anew is none, but where it is reckoned with.
func (r *relying) uses(s *known, nodes ...ast.Node) {
	for _, n := range nodes {
		if n == nil || r.why != "" {
			continue
		}
		reckoned := map[*ast.Attribute]bool{}
		reckons := func(list ...ast.Expr) {
			for _, e := range list {
				ast.Walk(e, func(n ast.Node) bool {
					if a, ok := n.(*ast.Attribute); ok && !r.asking {
						reckoned[a] = true
					}
					return true
				})
			}
		}
		ast.Walk(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Lambda, *ast.Suite:
				return false
			case *ast.Binary:
				if n.Op != "and" && n.Op != "or" {
					reckons(n.X, n.Y)
				}
			case *ast.Subscript:
				reckons(n.Index...)
				r.through(s, n.X)
				if a, ok := syntax.Bare(n.X).(*ast.Attribute); ok {
					if fd, sh := r.field(a); fd != nil && sh.Kind != ctype.Object {
						r.counted(s, n)
					}
				}
			case *ast.Attribute:
				r.through(s, n.X)
				if fd, sh := r.field(n); fd != nil && (sh.Kind != ctype.Scalar || n.Access == ast.Aug || reckoned[n]) {
					r.check(s, n.Span, r.path(n), sh, nil)
				}
			}
			return true
		})
		for _, c := range r.callsIn(n) {
			for _, g := range c.Callees {
				r.called(s, c, g)
			}
		}
	}
}

// through looks at an object of the state that something is done with: it may be another
// one by then, or None.
func (r *relying) through(s *known, e ast.Expr) {
	a, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return
	}
	if fd, sh := r.field(a); fd != nil && sh.Kind == ctype.Object {
		r.check(s, a.Span, r.path(a), ctype.Shape{Kind: ctype.Scalar}, nil)
	}
}

// counted looks at the variables by which a place in C data is found.
func (r *relying) counted(s *known, e *ast.Subscript) {
	for _, x := range e.Index {
		ast.Walk(x, func(n ast.Node) bool {
			if v, ok := n.(*ast.Name); ok && !r.askedAnew(s, v.Name) {
				for _, f := range slices.Sorted(maps.Keys(s.vars[v.Name])) {
					if before, again := s.here[f]; s.vars[v.Name][f] && (!again || before) {
						r.report(e.Span, f)
					}
				}
			}
			return true
		})
	}
}

// askedAnew reports whether a variable was compared with the state since the last yield.
func (r *relying) askedAnew(s *known, name string) bool {
	for f, before := range s.here {
		if !before && slices.Contains(r.facts[f].vars, name) {
			return true
		}
	}
	return false
}

// called looks at what a function that has no lock of its own does to the state.
func (r *relying) called(s *known, c *Call, g *Function) {
	for i := range g.Sum.Effects {
		e := &g.Sum.Effects[i]
		if !e.Raw || g.Exposed() && !library.NoLockMethods()[g.Def.Name.Name] || !r.mayChange(g, e) {
			continue
		}
		sh := ctype.Shape{}
		if fd := e.Class.Field(e.Field); fd != nil {
			sh = r.p.Types.OfField(fd)
		}
		if sh.Kind == ctype.Scalar && e.Mode == Read {
			continue
		}
		r.check(s, c.Span, "."+e.Field, sh, g)
	}
}

// check reports a use of an attribute that hangs on something old: C data on anything that
// is known of the state, a number or an object on what was asked of itself.
func (r *relying) check(s *known, at ast.Span, path string, sh ctype.Shape, by *Function) {
	data := sh.Kind != ctype.Scalar && sh.Kind != ctype.Object
	for _, f := range slices.Sorted(maps.Keys(s.here)) {
		if !s.here[f] {
			continue
		}
		x := r.facts[f]
		if by != nil && slices.Contains(x.by, by) {
			continue // which looks again
		}
		if data || sh.Kind == ctype.Scalar && slices.ContainsFunc(x.names, func(n string) bool { return meets(n, path) }) {
			r.report(at, f)
		}
	}
}

func (r *relying) report(at ast.Span, f string) {
	r.fail(at, "relies here on \""+r.facts[f].text+"\" as it was before a yield")
}
