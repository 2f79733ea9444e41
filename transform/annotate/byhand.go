package annotate

// The rest of a class that is locked by hand in part.

import (
	"cmp"

	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// restByHand proposes for what a class that is locked by hand leaves open that it hold the lock that the class has: a
// second one would not exclude the first.
func restByHand(a *annotator, c *project.Class) {
	if effects.IsLock(a.p, c) {
		return // none can be held before it is taken
	}
	for _, l := range a.writes.Lacks(c) {
		f := l.Func
		self := cmp.Or(effects.PathOf(f, l.Use.Region), "self")
		why := "hold " + l.By.Text(self)
		if x := a.writes.Sets.Example(c, l.By); x != nil && x.Func != f {
			why += ", as " + x.Func.Name() + " does"
		}
		steps := effects.Chain(f, l.Use.Effect)
		pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
		a.out.Methods = append(a.out.Methods, MethodNote{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line, Decorator: ByHand, Why: why + ": " + steps[len(steps)-1].Text})
	}
}
