package rules

// PXL219: a parallel loop whose threads write to the same place, under one lock around the loop.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkThreads looks for writes in parallel loops to what is locked round the loop.
func checkThreads(c *checking) {
	for _, f := range c.functions() {
		if c.plan.Failed[f.Def] {
			continue
		}
		loops := parallelLoops(f)
		if len(loops) == 0 {
			continue
		}
		values := effects.HeldValues(c.p, f)
		if !c.p.Exempt(f) {
			values = append(values, effects.Values(c.p, f)...)
		}
		for _, l := range loops {
			threads{c, f, c.ruleFunc(f.Def), l}.look(values)
		}
	}
	calledLoops(c)
}

// parallelLoop is the code that each thread of a prange or parallel runs.
type parallelLoop struct {
	body *ast.Suite
	// own are the names that get a value of their own in each thread: a place that is found by one of them
	// is, for all that is known, another for each thread.
	own map[string]bool
	// looked are, of a function that is called, the parameters that are given what is looked up (lookedUp).
	looked map[string]bool
}

// parallelLoops finds the outermost ones of a function.
func parallelLoops(f *effects.Function) []parallelLoop {
	var out []parallelLoop
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			if project.Parallel(f.Mod, n.Iter) && !oneThread(f, n.Iter) {
				own := map[string]bool{}
				bound(n.Target, own)
				out = append(out, parallelLoop{body: n.Body, own: boundIn(f, n.Body, own)})
				return false
			}
		case *ast.With:
			for _, it := range n.Items {
				if project.Parallel(f.Mod, it.X) && !oneThread(f, it.X) {
					out = append(out, parallelLoop{body: n.Body, own: boundIn(f, n.Body, map[string]bool{})})
					return false
				}
			}
		}
		return true
	})
	return out
}

// oneThread reports whether a prange or parallel says that it has one thread alone.
func oneThread(f *effects.Function, e ast.Expr) bool {
	k, ok := syntax.Unparen(e).(*ast.Call)
	return ok && slices.ContainsFunc(k.Args, func(a ast.Arg) bool {
		switch x := a.X.(type) {
		case *ast.Number:
			return a.Name.Name == "num_threads" && syntax.Text(f.Unit.File, x.Span) == "1"
		case *ast.Const:
			return a.Name.Name == "use_threads_if" && x.Name == "False"
		}
		return false
	})
}

// boundIn adds the names that get a value in a block, without those whose values are the same ones in all
// threads: literals, and what a range counts through that no other such name is in.
func boundIn(f *effects.Function, body *ast.Suite, names map[string]bool) map[string]bool {
	type value struct {
		target ast.Expr
		from   ast.Expr // nil where it may be anything
	}
	var values []value
	syntax.OwnNodes(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			v := value{n.Target, nil}
			if k, ok := n.Iter.(*ast.Call); ok && !n.From && syntax.IsNamed(k.Fun, "range") && !project.Parallel(f.Mod, k) {
				v.from = k
			}
			values = append(values, v)
		case *ast.Assign:
			for _, t := range n.Targets {
				v := value{t, nil}
				if _, ok := n.Value.(*ast.Number); ok {
					v.from = n.Value
				}
				values = append(values, v)
			}
		case *ast.Walrus:
			values = append(values, value{n.Target, nil})
		}
		return true
	})
	for known := -1; known < len(names); {
		known = len(names)
		for _, v := range values {
			if v.from == nil || depends(v.from, names) {
				bound(v.target, names)
			}
		}
	}
	return names
}

// depends reports whether an expression has one of some names in it, or calls something but range.
func depends(e ast.Expr, names map[string]bool) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || names[n.Name]
		case *ast.Call:
			found = found || n != e && !syntax.IsNamed(n.Fun, "len")
		}
		return !found
	})
	return found
}

func bound(t ast.Expr, names map[string]bool) {
	switch t := t.(type) {
	case *ast.Name:
		names[t.Name] = true
	case *ast.Paren:
		bound(t.X, names)
	case *ast.Collection:
		for _, e := range t.Elems {
			bound(e, names)
		}
	}
}

// threads looks at one loop.
type threads struct {
	*checking
	f *effects.Function
	r *ruleFunc
	l parallelLoop
}

// look reports the first write of each attribute to one place.
func (c threads) look(values []effects.Value) {
	told := map[string]bool{}
	for _, v := range values {
		e := lockedAtEntry(c.checking, c.f, v)
		if v.Held {
			e = heldBy(v)
		}
		if e == nil {
			continue // told as missing
		}
		for _, use := range v.Uses {
			if use.Mode != effects.Write || !c.l.body.Contains(use.Span.Pos) || v.Held && c.l.body.Contains(use.Block.Pos) || c.oneByOne(use.Span.Pos) {
				continue
			}
			what, chain := c.written(v, use)
			if what == "" || told[what] {
				continue
			}
			told[what] = true
			c.report(e, use, what, chain)
		}
	}
}

// written is the attribute of which a use writes one place in all threads, "" where each thread may have
// a place of its own, or where the attribute holds a Python object, which has a lock of its own.
func (c threads) written(v effects.Value, use effects.Use) (what string, chain []effects.Step) {
	for _, e := range v.Effects {
		here := e.Span == use.Span
		// An effect is told of the first place that has it. Others are like it where they assign through the same
		// attribute, or call the same function.
		if !here && (use.Call != (e.Via != nil) || use.Call && !c.alike(e.Span, use.Span)) || !use.Call && e.Field != use.Field {
			continue
		}
		if e.Mode != effects.Write || e.Kind != effects.OnState || e.Asked || e.Field == "" {
			continue
		}
		steps := effects.Chain(c.f, e)
		last := steps[len(steps)-1].Effect
		fd := e.Class.Field(e.Field)
		if fd == nil {
			continue
		}
		owned := e.Behind && effects.Owns(c.p, e.Class, e.Field) // that object's lock guards nothing
		if x := last.Class.Field(last.Field); owned && x != nil {
			fd = x
		}
		shape := c.p.Types.OfField(fd)
		whole := (here || use.Call) && last.Cause == effects.Writes && !last.Behind && shape.Kind != ctype.Record
		if shape.Kind == ctype.Object && !whole && !(owned && fd.Name == e.Field) || shape.Lock || fd.Ctype != nil && strings.Contains(project.TypeName(e.Class.Mod, fd.Ctype), "atomic") {
			continue
		}
		if whole && use.Call && shape.Kind == ctype.Scalar || !c.place(steps, use.Span) || c.reshapes(shape, e.Class.Mod, fd, last, use.Span) {
			return e.Field, steps
		}
	}
	return "", nil
}

// alike reports whether two places in a function are calls of the same name.
func (c threads) alike(x, y ast.Span) bool {
	name := func(at ast.Span) string {
		text := ""
		syntax.OwnNodes(c.f.Def.Body, func(n ast.Node) bool {
			if k, ok := n.(*ast.Call); ok && k.Span == at {
				text = syntax.Text(c.f.Unit.File, k.Fun.Range())
			}
			return text == "" && n.Range().Contains(at.Pos)
		})
		return text
	}
	n := name(x)
	return n != "" && n == name(y)
}

// reshapes reports whether a use lets a C++ container grow or shrink, which no two threads may do at once, wherever
// the items are: by a method, or by looking up a key of a map, which makes an entry.
func (c threads) reshapes(s ctype.Shape, m *project.Module, fd *project.Field, e *effects.Effect, use ast.Span) bool {
	if s.Kind != ctype.Record || s.Struct != nil {
		return false
	}
	if moves(project.TypeName(m, fd.Ctype), e.Name) || grows[e.Name] {
		return true
	}
	found := false
	syntax.OwnNodes(c.l.body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Subscript); ok && s.Inserts && x.Pos <= use.Pos && use.Pos < x.End {
			of, ok := syntax.Bare(x.X).(*ast.Attribute)
			found = found || ok && of.Attr.Name == fd.Name
		}
		return !found
	})
	return found
}

// apart reports whether the expression that a use stands in depends on what gets its value in the loop.
func (c threads) apart(use ast.Span) bool {
	var place ast.Expr
	syntax.OwnNodes(c.l.body, func(n ast.Node) bool {
		if !n.Range().Contains(use.Pos) {
			return false
		}
		switch n := n.(type) {
		case *ast.Call, *ast.Subscript, *ast.Attribute, *ast.Name:
			if place == nil {
				place = n.(ast.Expr)
			}
		case ast.Stmt:
			place = nil
		}
		return true
	})
	if place == nil {
		return true
	}
	return depends(place, c.l.own) && !c.counts(place) || c.chosen(place)
}

// counts reports whether a statement adds to what it finds at a place that is looked up in memory alone, as a
// histogram does: "n[a[i]] += 1". Two threads may find the same one. What is assigned at such a place may well be
// assigned by the inverse of a permutation.
func (c threads) counts(place ast.Expr) bool {
	adds := false
	syntax.OwnNodes(c.l.body, func(n ast.Node) bool {
		st, ok := n.(*ast.Assign)
		if ok && len(st.Targets) == 1 && st.Targets[0] == place {
			text := func(e ast.Expr) string { return syntax.Text(c.f.Unit.File, e.Range()) }
			adds = st.Op != "=" || st.Value != nil && strings.Contains(text(st.Value), text(place))
		}
		return !adds
	})
	if !adds {
		return false
	}
	looked := false
	for {
		switch x := place.(type) {
		case *ast.Paren:
			place = x.X
		case *ast.Attribute:
			place = x.X
		case *ast.Subscript:
			for _, i := range x.Index {
				if !depends(i, c.l.own) {
					continue
				}
				if !c.lookedUp(i, 4) {
					return false
				}
				looked = true
			}
			place = x.X
		default:
			return looked && !depends(place, c.l.own)
		}
	}
}

// lookedUp reports whether a number is an item of something, or computed from one and from what all threads have, or a
// variable that is assigned nothing else in the loop.
func (c threads) lookedUp(e ast.Expr, depth int) bool {
	shared := func(e ast.Expr) bool { return !depends(e, c.l.own) || c.lookedUp(e, depth) }
	switch x := syntax.Bare(e).(type) {
	case *ast.Subscript:
		return true
	case *ast.Binary:
		return (c.lookedUp(x.X, depth) || c.lookedUp(x.Y, depth)) && shared(x.X) && shared(x.Y)
	case *ast.Call: // min(a[i], top), floor(a[i])
		some := false
		for _, arg := range x.Args {
			if !shared(arg.X) {
				return false
			}
			some = some || c.lookedUp(arg.X, depth)
		}
		return some
	case *ast.Name:
		some, other := c.l.looked[x.Name], depth == 0
		syntax.OwnNodes(c.l.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				for _, t := range n.Targets {
					if in := map[string]bool{}; syntax.IsNamed(t, x.Name) && n.Op == "=" && n.Value != nil && !other && c.lookedUp(n.Value, depth-1) {
						some = true
					} else if bound(t, in); in[x.Name] {
						other = true
					}
				}
			case *ast.For:
				in := map[string]bool{}
				bound(n.Target, in)
				other = other || in[x.Name]
			case *ast.Walrus:
				other = other || syntax.IsNamed(n.Target, x.Name)
			}
			return true
		})
		return some && !other
	}
	return false
}

// chosen reports whether a condition in the loop has both a name that the place is found by and one that is
// the thread's own: it may pick the places of each thread.
func (c threads) chosen(place ast.Expr) bool {
	in := map[string]bool{}
	ast.Walk(place, func(n ast.Node) bool {
		if s, ok := n.(*ast.Subscript); ok {
			for _, i := range s.Index {
				ast.Walk(i, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok {
						in[x.Name] = true
					}
					return true
				})
			}
		}
		return true
	})
	found := false
	syntax.OwnNodes(c.l.body, func(n ast.Node) bool {
		if cl, ok := n.(*ast.CondClause); ok && cl.Cond != nil && cl.Body.Contains(place.Range().Pos) {
			found = found || depends(cl.Cond, in) && depends(cl.Cond, c.l.own)
		}
		return !found
	})
	return found
}

// oneByOne reports whether a lock that somebody placed by hand is held at a place in the loop, and taken there.
func (c threads) oneByOne(at int32) bool {
	if c.r == nil {
		return false
	}
	c.r.prepare()
	return slices.ContainsFunc(c.r.holds, func(h handHold) bool { return h.Contains(at) && c.l.body.Contains(h.Pos) })
}

const threadsHelp = "sum up in a local variable (+=), which prange makes private to each thread, and assign it after the loop; or let each thread write to its own place; or take the lock inside the loop (with cython.write_lock) instead of around it"

func (c threads) report(e *effects.Effect, use effects.Use, what string, chain []effects.Step) {
	obj := called(c.f, e.Region)
	if obj == "" {
		obj = "some " + e.Class.Name
	}
	out := project.FindingAt(c.f.Unit.Source, use.Span, finding.Threads, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("all threads of a parallel loop in %s write %s of %s, under one lock that is held around the loop", c.f.Name(), what, obj)
	out.Help = threadsHelp
	if len(chain) > 1 {
		out.Related = effects.RelatedOf(chain[1:])
	}
	c.Findings = append(c.Findings, out)
}
