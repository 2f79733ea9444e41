package rules

// PXL504: a class whose state changes once its object is made, and that has no
// lock: pyxlock's, or one that people placed.

import (
	"fmt"
	"slices"
	"sync"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// unlockedClass is a class whose state changes once it is made, without a lock.
type unlockedClass struct {
	class *project.Class
	sure  bool // and not only possible
	done  bool // by the code itself, and not by C that gets a pointer
	// leftToC is true where a C function of which nothing is known gets the state, and that is all.
	leftToC bool
	// unseen is true where Python code that is not in sight gets the state, and that is all.
	unseen bool
	// reached is the one call that reaches an override of the class, see reachedBy.
	reached string
	// steps lead to what changes it, the function that others can call first.
	steps []finding.Related
	text  string // what changes it
	// below is a class derived from it that is locked by hand.
	below *project.Class
	// obstacle is what keeps annotate from proposing a lock.
	obstacle *plan.Obstacle
	// awaited tells by which functions threads wait for an object that is a lock itself.
	awaited *effects.Awaited
}

// mayBeUnlocked reports whether a class has state that no lock of ours guards, and
// nobody answers for it.
func (p *Checker) mayBeUnlocked(c *project.Class) bool {
	return !c.Extern && c.Def != nil && c.HasState() && p.locks.Of(c) == nil && p.locks.Exempted(c) == nil
}

// unlocked returns the classes of the modules that have no lock, pyxlock's or
// one placed by hand, and whose state something may write once the object is made.
// It looks at them as if each class had a lock of its own, which costs as much as
// the model of the locks that there are: it does so where a finding can come of it.
func (p *Checker) unlocked(mods []*project.Module) map[*project.Module][]unlockedClass {
	open, _ := p.assumed(mods, nil)
	return open
}

// assumed is unlocked, and the findings about locks that people placed in some of the modules, which need the
// same model.
func (p *Checker) assumed(mods, handMade []*project.Module) (map[*project.Module][]unlockedClass, []finding.Finding) {
	claiming, _ := p.claimants(mods)
	wanted := func(m *project.Module) bool {
		claims := slices.ContainsFunc(claiming, func(c claimant) bool { return c.Module == m })
		return slices.ContainsFunc(m.Classes, func(c *project.Class) bool {
			return p.mayBeUnlocked(c) && (claims || p.opts.Selected == nil || p.opts.Selected(c.Unit.Path, finding.Unlocked))
		})
	}
	out := map[*project.Module][]unlockedClass{}
	var left []finding.Finding
	asking := slices.Clone(handMade)
	for _, m := range mods {
		if wanted(m) {
			asking = append(asking, m)
		}
	}
	if len(asking) == 0 {
		return out, nil
	}
	elsewhere := includedIn(mods)
	mods = project.Connected(mods, asking) // the others neither use what is asked for nor are used
	p.prog.Assuming(mods, func() {
		// Effects are told here: their functions' summaries go away.
		a := effects.Gather(p.prog, mods)
		left = slices.Concat(p.leftOut(handMade, a.Sets), p.exposed(handMade, a.Sets), p.unguarded(handMade, a), p.takenByHand(handMade))
		awaited := effects.AwaitedOf(p.prog, mods)
		passing := sync.OnceValue(func() *passing { return passingIn(mods) })
		for _, m := range mods {
			for _, c := range m.Classes {
				if !p.mayBeUnlocked(c) || a.ByHand(c) != nil || elsewhere(m, c) {
					continue
				}
				ev, below := a.Unlocked(c), a.ByHandBelow(c)
				switch {
				case ev == nil:
				case ev.Field != nil:
					out[m] = append(out[m], openAttribute(c, ev.Field))
				default:
					steps := effects.RelatedOf(effects.Chain(ev.Func, ev.Effect))
					out[m] = append(out[m], unlockedClass{class: c, awaited: awaited[c], sure: ev.Effect.Sure, done: ev.Done(), leftToC: ev.LeftToC(), unseen: ev.Unseen && !passing().toClass(c, mods), reached: p.reachedBy(ev), steps: steps, text: steps[len(steps)-1].Message, below: below})
				}
			}
		}
	})
	for _, list := range out {
		for i := range list {
			list[i].obstacle = plan.ObstacleTo(p.prog.Project, list[i].class)
		}
	}
	return out, left
}

// noLockSince is the cause of what is found because classes cannot be locked as they are.
func noLockSince(o *plan.Obstacle) string { return "no lock, since " + o.Kind }

// reachedBy names the call by which a class changes, where that may reach the overrides of several classes: whether
// others have the objects that are called there is one question. It is "" for any other call.
func (p *Checker) reachedBy(ev *effects.Evidence) string {
	g := ev.Effect.Via
	if g == nil || g.Class == nil || g.Accessor != effects.Plain {
		return ""
	}
	first := g.Class
	for _, b := range g.Class.Ancestry() {
		if len(p.prog.Own(b).Plain[g.Def.Name.Name]) > 0 {
			first = b
		}
	}
	if first == g.Class {
		return ""
	}
	return fmt.Sprintf("%s.%s of %s at %s:%d", first.Name, g.Def.Name.Name, first.Mod.Stem, ev.Func.Unit.Path, ev.Effect.Span.Pos)
}

// includedIn tells whether a class stands in a file that another of the modules includes:
// what becomes of it there is known, and what the file would be by itself is nobody's
// concern.
func includedIn(mods []*project.Module) func(m *project.Module, c *project.Class) bool {
	included := includes(mods)
	main := func(m *project.Module, path string) bool { return path == m.Stem+".pyx" || path == m.Stem+".pxd" }
	return func(m *project.Module, c *project.Class) bool { return included[c.Unit.Path] && main(m, c.Unit.Path) }
}

// includes are the files that modules include, but for a file that includes itself.
func includes(mods []*project.Module) map[string]bool {
	out := map[string]bool{}
	for _, m := range mods {
		for _, u := range m.Units {
			if (u.Role == project.RoleInclude || u.Role == project.RolePxdInclude) && u.Path != m.Stem+".pyx" && u.Path != m.Stem+".pxd" {
				out[u.Path] = true
			}
		}
	}
	return out
}

// openAttribute is a class that Python code changes by assigning to an attribute.
func openAttribute(c *project.Class, fd *project.Field) unlockedClass {
	span := fd.Decl.Range()
	if fd.Declarator != nil {
		span = syntax.DeclaredName(fd.Declarator).Span
	}
	pos := project.FindingAt(fd.Unit.Source, span, "", "", "")
	text := "Python code can assign to its public attribute " + fd.Name
	return unlockedClass{class: c, steps: []finding.Related{{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: fd.Name + " is public"}}, text: text}
}

// changing reports the classes that change and have no lock, without those whose base
// is among them.
func changing(mods []*project.Module, open map[*project.Module][]unlockedClass) []finding.Finding {
	has := map[*project.Class]bool{}
	known := map[*project.Class]bool{} // of which more is known, or of a class derived from it
	for _, list := range open {
		for _, k := range list {
			has[k.class] = true
			for _, b := range k.class.Ancestry() {
				known[b] = known[b] || !k.leftToC
			}
		}
	}
	var out []finding.Finding
	for _, m := range mods {
		for _, k := range open[m] {
			if slices.ContainsFunc(k.class.Ancestry()[1:], func(b *project.Class) bool { return has[b] }) {
				continue // it shares the lock that its base gets
			}
			f := project.FindingAt(k.class.Unit.Source, k.class.Def.Name.Span, finding.Unlocked, "", "")
			f.Message = fmt.Sprintf("%s has no lock, and %s", k.class.Name, k.text)
			f.Gist = k.class.Name + " has no lock"
			f.Warning = !k.sure || !k.done
			if k.unseen {
				f.Note = true
				f.Message += "; nothing in sight changes it"
			}
			f.Help = "lock it: pyxlock annotate proposes how; or say why it needs no lock: @cython.no_lock(\"why\") on the class"
			f.Cause = k.reached
			if !known[k.class] { // what such functions do is to be said once, by headers, sources or the setting reads
				f.Cause = "C functions of which nothing is known, in " + m.Stem
				f.Help = "if the C function only reads, the setting reads can say so; else " + f.Help
			}
			if o := k.obstacle; o != nil {
				f.Help = fmt.Sprintf("annotate cannot lock it, since %s: %s; or say why it needs no lock: @cython.no_lock(\"why\") on the class", o.Why, o.Do)
				f.ByHand = true
				f.Cause = noLockSince(o)
			}
			if w := k.awaited; w != nil {
				f.Help = fmt.Sprintf("it is a lock itself, and annotate gives it none: %s; where only the GIL keeps two threads from taking it at once, use one in its place that needs none, such as cython.pymutex or threading.RLock", w.Text())
				f.ByHand = true
			}
			if k.below != nil {
				f.Help = fmt.Sprintf("its subclass %s is locked by hand: move that lock to %s and hold it here, too; or say why it needs no lock: @cython.no_lock(\"why\") on the class", k.below.Name, k.class.Name)
				f.ByHand = true
			}
			f.Related = k.steps
			out = append(out, f)
		}
	}
	return out
}
