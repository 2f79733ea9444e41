package rules

// PXL219: what functions that are called do: write to one place for all threads of their caller's loop, or have such a
// loop themselves while their caller holds the lock.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// place reports whether each thread may have a place of its own where a chain of calls from the loop ends.
func (c threads) place(steps []effects.Step, at ast.Span) bool {
	if len(steps) < 2 || c.r == nil {
		return c.apart(at)
	}
	g := steps[1].Func
	call := callAt(c.f, at)
	r := c.ruleFunc(g.Def)
	if call == nil || r == nil {
		return c.apart(at)
	}
	own, looked := map[string]bool{}, map[string]bool{}
	m, method := syntax.Unparen(call.Fun).(*ast.Attribute)
	method = method && g.Class != nil
	for i, prm := range g.Def.Params.List {
		arg := givenTo(call, g, i, method)
		switch {
		case i == 0 && method:
			own[syntax.ParamName(prm)] = depends(m.X, c.l.own)
		case arg != nil:
			own[syntax.ParamName(prm)] = depends(arg, c.l.own)
			looked[syntax.ParamName(prm)] = c.lookedUp(arg, 4)
		default:
			own[syntax.ParamName(prm)] = prm.Default == nil // by *args, for all that is known
		}
	}
	in := threads{c.checking, g, r, parallelLoop{g.Def.Body, boundIn(g, g.Def.Body, own), looked}}
	if in.oneByOne(steps[1].Effect.Span.Pos) {
		return true
	}
	return in.place(steps[1:], steps[1].Effect.Span)
}

// callAt is the call at a place in a function.
func callAt(f *effects.Function, at ast.Span) *ast.Call {
	var found *ast.Call
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if k, ok := n.(*ast.Call); ok && k.Span == at {
			found = k
		}
		return found == nil && n.Range().Contains(at.Pos)
	})
	return found
}

// calledLoops looks for what functions do that are given a pointer in a parallel loop, or have such a loop themselves
// while their caller holds the lock.
func calledLoops(c *checking) {
	loops := map[*effects.Function][]parallelLoop{}
	for _, f := range c.functions() {
		if l := parallelLoops(f); len(l) > 0 {
			loops[f] = l
		}
	}
	if len(loops) == 0 {
		return
	}
	told := map[ast.Span]bool{}
	for _, f := range c.functions() {
		if len(f.Flow.Calls) == 0 || c.plan.Failed[f.Def] {
			continue
		}
		values := effects.HeldValues(c.p, f)
		if !c.p.Exempt(f) {
			values = append(values, effects.Values(c.p, f)...)
		}
		for _, v := range values {
			e := lockedAtEntry(c, f, v)
			if v.Held {
				e = heldBy(v)
			}
			if e == nil {
				continue // told as missing
			}
			for _, does := range v.Effects {
				if does.Mode == effects.Write && does.Kind == effects.OnState && !does.Asked && does.Via != nil {
					calledLoop(c, f, e, does, loops, told)
				}
			}
		}
	}
}

// byPointer reports whether a chain begins with a call that is given a pointer into the state, and not the object.
func byPointer(steps []effects.Step) bool {
	return len(steps) > 1 && steps[1].Effect.Class == nil
}

// calledLoop reports an effect that comes about in a loop of a function that is called, at one place for all threads.
func calledLoop(c *checking, f *effects.Function, e, does *effects.Effect, loops map[*effects.Function][]parallelLoop, told map[ast.Span]bool) {
	steps := effects.Chain(f, does)
	for i, st := range steps {
		for _, l := range loops[st.Func] {
			at := st.Effect.Span
			in := threads{c, st.Func, c.ruleFunc(st.Func.Def), l}
			if i == 0 && !byPointer(steps) || i > 0 && st.Func.Class != nil || !l.body.Contains(at.Pos) || told[at] || in.oneByOne(at.Pos) || in.place(steps[i:], at) {
				continue
			}
			told[at] = true
			obj := called(f, e.Region)
			if obj == "" {
				obj = "some " + e.Class.Name
			}
			out := project.FindingAt(st.Func.Unit.Source, at, finding.Threads, "", "")
			out.Warning = true
			what := "the state"
			if does.Field != "" {
				what = does.Field
			}
			out.Message = fmt.Sprintf("all threads of a parallel loop in %s write %s of %s, under one lock that is held around the loop", st.Func.Name(), what, obj)
			out.Help = threadsHelp
			if i > 0 {
				out.Related = effects.RelatedOf(steps[:i])
			} else {
				out.Related = effects.RelatedOf(steps[1:])
			}
			c.Findings = append(c.Findings, out)
			return
		}
	}
}
