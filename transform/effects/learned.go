package effects

// What a condition, or a call that raises, tells of the state, and which uses of the state
// rely on that: see reliance.go.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
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

func (r *relying) text(n ast.Node) string {
	return strings.Join(strings.Fields(syntax.Text(r.f.Unit.File, n.Range())), " ")
}

// atoms are the parts of a condition that "and", "or" and "not" put together.
func atoms(e ast.Expr) []ast.Expr {
	switch e := syntax.Unparen(e).(type) {
	case nil:
		return nil
	case *ast.Unary:
		if e.Op == "not" {
			return atoms(e.X)
		}
	case *ast.Binary:
		if e.Op == "and" || e.Op == "or" {
			return append(atoms(e.X), atoms(e.Y)...)
		}
	}
	return []ast.Expr{e}
}

// asked tells questions apart: "i < self.n" and "i >= self.n" are one.
func (r *relying) asked(e ast.Expr) string {
	c, ok := syntax.Unparen(e).(*ast.Compare)
	if !ok {
		return r.text(syntax.Unparen(e))
	}
	var parts []string
	for _, x := range c.Xs {
		parts = append(parts, r.text(syntax.Unparen(x)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
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

// callsIn are the calls of functions of the project within a node.
func (r *relying) callsIn(n ast.Node) []*Call {
	if n == nil {
		return nil
	}
	var out []*Call
	for i := range r.f.Flow.Calls {
		s := n.Range()
		if c := &r.f.Flow.Calls[i]; s.Pos <= c.Span.Pos && c.Span.End <= s.End {
			out = append(out, c)
		}
	}
	return out
}

// raising reports whether a function has a raise or an assert statement, or calls one.
func raising(f *Function, depth int) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.Simple)
		found = found || ok && (st.Keyword == "raise" || st.Keyword == "assert")
		return !found
	})
	return found || depth > 0 && slices.ContainsFunc(f.Flow.Calls, func(c Call) bool {
		return slices.ContainsFunc(c.Callees, func(g *Function) bool { return raising(g, depth-1) })
	})
}

// touched are the attributes of its arguments that a function uses, as ".name"; "." where
// that is not known.
func (r *relying) touched(g *Function) []string {
	var out []string
	for i := range g.Sum.Effects {
		if e := &g.Sum.Effects[i]; r.mayChange(g, e) && !slices.Contains(out, "."+e.Field) {
			out = append(out, "."+e.Field)
		}
	}
	return out
}

// mayChange reports whether an effect is on guarded state that others may change.
func (r *relying) mayChange(g *Function, e *Effect) bool {
	return e.Kind != OnPython && r.p.Guards(e.Class) && g.Sum.Regions[e.Region].Root != NodeFresh && !r.settled(e.Class, e.Field)
}

// settled reports whether an attribute keeps its value once its object is made, as far as
// its module tells. A build, which may see no other module, must come to the same.
func (r *relying) settled(c *project.Class, name string) bool {
	fd := c.Field(name)
	if fd == nil || fd.Vis == ast.Public {
		return false
	}
	d := c.Declarer(name)
	if d.PxdDef != nil || d.Mod.Broken() {
		return false
	}
	key := fieldKey{d, name}
	if is, ok := r.fixed[key]; ok {
		return is
	}
	all := r.p.Funcs(d.Mod).All
	for _, f := range all {
		r.p.FlowOf(f)
	}
	r.p.Solve(all)
	is := true
	for _, f := range all {
		r.p.EachWrite(f, func(e *Effect) {
			is = is && !(slices.Contains(e.Class.Declaring(e.Field), d) && (e.Field == name || d.FieldByName[e.Field] == nil))
		})
	}
	r.fixed[key] = is
	return is
}

// looksAt returns the attributes of guarded state that an expression looks at, and whether
// it looks at any, or at what others are.
func (r *relying) looksAt(e ast.Expr) (names []string, looks bool) {
	if r.isKind(e) {
		return nil, false
	}
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			if fd, _ := r.field(n); fd != nil {
				names = append(names, r.path(n))
			}
			_, named := syntax.Bare(n.X).(*ast.Name)
			return !named
		case *ast.Name:
			looks = looks || r.carried[n.Name] || r.locked(n)
		case *ast.Compare:
			if slices.Contains([]string{"is", "is not"}, n.Ops[0]) {
				for _, x := range n.Xs {
					if _, name := syntax.Unparen(x).(*ast.Name); !name {
						of, at := r.looksAt(x)
						names, looks = append(names, of...), looks || at
					}
				}
				return false
			}
		case *ast.Call:
			if r.isKind(n) {
				return false
			}
		}
		return true
	})
	for _, c := range r.callsIn(e) {
		for _, g := range c.Callees {
			names = append(names, r.touched(g)...)
		}
	}
	return names, looks || len(names) > 0
}

// isKind reports whether an expression asks what kind of object something is.
func (r *relying) isKind(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Call)
	if !ok {
		return false
	}
	name, ok := c.Fun.(*ast.Name)
	return ok && slices.Contains([]string{"isinstance", "issubclass", "callable", "type", "id", "hasattr"}, name.Name)
}

// locked reports whether a name stands for an object that has a lock, by its type.
func (r *relying) locked(n *ast.Name) bool {
	c := r.class(n)
	return c != nil && r.p.Guards(c)
}

// field is the attribute of guarded state that an expression is, where others may change it.
func (r *relying) field(e *ast.Attribute) (*project.Field, ctype.Shape) {
	c := r.class(e.X)
	if c == nil || !r.p.Guards(c) {
		return nil, ctype.Shape{}
	}
	fd := c.Field(e.Attr.Name)
	if fd == nil || r.settled(c, e.Attr.Name) {
		return nil, ctype.Shape{}
	}
	return fd, r.p.Types.OfField(fd)
}

// class is the class of an object by what declares it.
func (r *relying) class(e ast.Expr) *project.Class {
	return r.classOf(e, 8)
}

func (r *relying) classOf(e ast.Expr, depth int) *project.Class {
	if depth == 0 {
		return nil
	}
	switch e := syntax.Unparen(e).(type) {
	case *ast.Cast:
		return classOfObject(r.p.Types.Of(r.f.Mod, e.Type, nil))
	case *ast.Attribute:
		if c := r.classOf(e.X, depth-1); c != nil {
			if fd := c.Field(e.Attr.Name); fd != nil {
				return fd.Class()
			}
		}
	case *ast.Name:
		if i := r.param(e.Name); i >= 0 {
			return classOfObject(r.f.Flow.Nodes[r.f.Flow.Params[i]].Shape)
		}
		if c := r.variable(e.Name).Class; c != nil {
			return c
		}
		for _, v := range r.values(e.Name) { // Cython finds out its type, too
			if v != nil {
				if c := r.classOf(v, depth-1); c != nil {
					return c
				}
			}
		}
	}
	return nil
}

// path is an attribute as it is spelled, with "" for an object that has other names.
func (r *relying) path(e *ast.Attribute) string {
	parts := syntax.Dotted(e)
	if parts == nil || r.param(parts[0]) < 0 {
		return "." + e.Attr.Name
	}
	return strings.Join(parts, ".")
}

// meets reports whether two paths may be of one attribute.
func meets(a, b string) bool {
	return a == b || (a[0] == '.' || b[0] == '.') && (a == "." || b == "." || syntax.LastPart(a) == syntax.LastPart(b))
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
