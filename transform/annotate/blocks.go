package annotate

// Blocks for objects that no decorator can name: what a function finds, and uses
// without a lock.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

// blocks proposes blocks for one function.
func blocks(a *annotator, f *effects.Function) {
	p := a.p
	if p.Exempt(f) || f.Unit.File.Pure && a.cythonName(f.Unit, f.Def.Pos) == "" {
		return
	}
	entry := map[string]bool{}
	if len(p.OwnLocks(f).Decs) == 0 && p.Entry(f) && (f.Flow.Yields == (ast.Span{}) || effects.MaySnapshot(p, f)) {
		for _, w := range a.wants(f, p.Member(f) || !f.Exposed() && p.Locked(f.Class)) {
			entry[w.path] = true
		}
	}
	var list []*plan.Proposal
	open := slices.ContainsFunc(f.Sum.Effects, func(e effects.Effect) bool { return effects.OnSelf(f, &e) && !e.Raw }) // what it calls on itself locks
	for _, v := range effects.Values(p, f) {
		itself := slices.ContainsFunc(v.Effects, func(e *effects.Effect) bool { return effects.OnSelf(f, e) })
		left := v
		left.Effects = slices.DeleteFunc(slices.Clone(v.Effects), func(e *effects.Effect) bool { return !plan.BehindAttribute(p, f, e) })
		v.Effects = slices.DeleteFunc(v.Effects, func(e *effects.Effect) bool {
			x := &f.Sum.Regions[e.Region]
			return e.Kind == effects.OnPython || !p.Guards(e.Class) || e.Mode == effects.Read && p.Changes.Settled(e.Class, e.Field) ||
				x.Root == effects.NodeParam && (!f.Exposed() || x.Parent < 0 || entry[effects.PathOf(f, e.Region)] || p.Holds(f, e)) // at entry, or by the callers
		})
		b, _ := plan.Propose(p, f, v)
		if b == nil { // callers cannot take it
			if b, _ = plan.Propose(p, f, left); b != nil && !b.Behind() {
				b = nil
			}
		}
		if b != nil && b.OwnLine(f.Unit.File) {
			list = append(list, b)
		} else {
			open = open || itself || v.Parts
		}
	}
	a.held[f] = len(list) > 0 && !open
	list, left := plan.Together(list)
	a.held[f] = a.held[f] && len(left) == 0
	for _, b := range list {
		steps := effects.Chain(f, b.Effects[0])
		pos := project.FindingAt(f.Unit.Source, ast.Span{Pos: b.Pos(), End: b.Pos()}, "", "", "")
		a.out.Methods = append(a.out.Methods, MethodNote{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line, Decorator: "block", Why: steps[len(steps)-1].Text})
	}
	a.proposed[f.Unit] = append(a.proposed[f.Unit], list...)
}
