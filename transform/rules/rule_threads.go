package rules

// PXL219: a parallel loop whose threads write to the same place, under one lock around the loop.

import (
	"fmt"

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
			threads{c, f, l}.look(values)
		}
	}
}

// parallelLoop is the code that each thread of a prange or parallel runs.
type parallelLoop struct {
	body *ast.Suite
	// own are the names that get a value in there: a place that is found by one of them is, for
	// all that is known, another for each thread.
	own map[string]bool
}

// parallelLoops finds the outermost ones of a function.
func parallelLoops(f *effects.Function) []parallelLoop {
	var out []parallelLoop
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			if project.Parallel(f.Mod, n.Iter) {
				own := map[string]bool{}
				bound(n.Target, own)
				out = append(out, parallelLoop{n.Body, boundIn(n.Body, own)})
				return false
			}
		case *ast.With:
			for _, it := range n.Items {
				if project.Parallel(f.Mod, it.X) {
					out = append(out, parallelLoop{n.Body, boundIn(n.Body, map[string]bool{})})
					return false
				}
			}
		}
		return true
	})
	return out
}

// boundIn adds the names that get a value in a block.
func boundIn(body *ast.Suite, names map[string]bool) map[string]bool {
	syntax.OwnNodes(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			bound(n.Target, names)
		case *ast.Assign:
			for _, t := range n.Targets {
				bound(t, names)
			}
		case *ast.Walrus:
			bound(n.Target, names)
		}
		return true
	})
	return names
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
	l parallelLoop
}

// look reports the first write of each attribute to one place.
func (c threads) look(values []effects.Value) {
	told := map[string]bool{}
	for _, v := range values {
		e := (laters{c.checking}).lockedAtEntry(c.f, v)
		if v.Held {
			e = heldBy(v)
		}
		if e == nil {
			continue // told as missing
		}
		for _, use := range v.Uses {
			if use.Mode != effects.Write || !c.l.body.Contains(use.Span.Pos) || v.Held && c.l.body.Contains(use.Block.Pos) {
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
		if e.Mode != effects.Write || e.Kind != effects.OnState || e.Asked || !use.Call && (e.Field != use.Field || e.Span != use.Span) || use.Call && e.Span != use.Span || e.Field == "" {
			continue
		}
		steps := effects.Chain(c.f, e)
		last := steps[len(steps)-1].Effect
		fd := e.Class.Field(e.Field)
		if fd == nil {
			continue
		}
		kind := c.p.Types.OfField(fd).Kind
		whole := last.Cause == effects.Writes && !last.Behind && kind != ctype.Record
		if kind == ctype.Object && !whole {
			continue
		}
		if whole && use.Call && kind == ctype.Scalar || !c.apart(use.Span) {
			return e.Field, steps
		}
	}
	return "", nil
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
	depends := false
	ast.Walk(place, func(n ast.Node) bool {
		name, ok := n.(*ast.Name)
		depends = depends || ok && c.l.own[name.Name]
		return !depends
	})
	return depends
}

func (c threads) report(e *effects.Effect, use effects.Use, what string, chain []effects.Step) {
	obj := called(c.f, e.Region)
	if obj == "" {
		obj = "some " + e.Class.Name
	}
	out := project.FindingAt(c.f.Unit.Source, use.Span, finding.Threads, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("all threads of a parallel loop in %s write %s of %s, under one lock that is held around the loop", c.f.Name(), what, obj)
	out.Help = "sum up in a local variable (+=), which prange makes private to each thread, and assign it after the loop; or let each thread write to its own place; or take the lock inside the loop (with cython.write_lock) instead of around it"
	if len(chain) > 1 {
		out.Related = effects.RelatedOf(chain[1:])
	}
	c.Findings = append(c.Findings, out)
}
