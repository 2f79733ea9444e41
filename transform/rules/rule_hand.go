package rules

// PXL109 and PXL214: locks that people placed by hand. What such a lock guards tell the
// locks that are held at each use (effects/locksets.go); the uses without it are told, and so
// are two locks that stand for the same state.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// leftOut reports the uses of what a lock guards that people placed, without that lock.
func (p *Checker) leftOut(mods []*project.Module, sets *effects.LockSets) []finding.Finding {
	type told struct {
		f      *effects.Function
		region int32
	}
	worst := map[told]openAccess{}
	var order []told
	for _, s := range sets.Sorted() {
		g := sets.States[s]
		if p.locks.Of(s.Class) != nil || g.Writes == nil || !certain(g.Writes.Effect) && g.Writes.Holds(g.By) || sets.Atomic(s) {
			continue
		}
		var open []*effects.Access
		for _, a := range g.All {
			if !slices.Contains(mods, a.Func.Mod) || a.Holds(g.By) || !certain(a.Effect) || !p.leavesOpen(s, g, a) {
				continue
			}
			if _, read := a.Locks[g.By]; read && (a.Outer() || a.Alone(g.By)) {
				continue // another object's affair, or readers write it one at a time
			}
			if p.apart(sets, g, a) || p.mayBeUnlocked(a.Effect.Class) && sets.LeftByTaker(g, a) {
				continue
			}
			open = append(open, a)
		}
		for _, a := range ofLock(p, s.Class, open) {
			k := told{a.Func, a.Region}
			was, known := worst[k]
			if !known {
				order = append(order, k)
			}
			if !known || a.Effect.Mode > was.Effect.Mode || a.Effect.Mode == was.Effect.Mode && a.Effect.Span.Pos < was.Effect.Span.Pos { // what it writes says more than what it reads
				worst[k] = openAccess{a, s, g}
			}
		}
	}
	var out []finding.Finding
	at := map[string]bool{}
	stays := staysOut(sets)
	for _, inner := range []bool{true, false} { // of the object itself, and else of the one that leads to it
		for _, k := range order {
			w := worst[k]
			if place := fmt.Sprintf("%s:%d", w.Func.Unit.Path, w.Effect.Span.Pos); w.Region == w.Effect.Region == inner && !at[place] {
				at[place] = true
				f := w.finding()
				if w.Func.Class == w.state.Class && effects.IsLock(p.prog, w.state.Class) {
					f = sayOfLock(f, w.state.Class)
				}
				if c := stays(w); c != nil && f.Code == finding.LeftOut {
					f.Cause = fmt.Sprintf("%s in %s holds no %s", c.Name, c.Mod.Stem, w.by.By.Text("self"))
				}
				out = append(out, f)
			}
		}
	}
	return out
}

// apart reports whether a lock has nothing to do with an access to an object that an attribute leads to: the object is of
// a class with a lock, which whoever uses it needs; or what is read of it nobody writes under a lock.
func (p *Checker) apart(sets *effects.LockSets, g *effects.StateLocks, a *effects.Access) bool {
	return a.Outer() && a.Effect.Kind == effects.OnState && p.locks.Of(a.Effect.Class) != nil || sets.ReadsApart(g, a)
}

// certain reports whether an effect comes about: the code says so, or a body of C does.
func certain(e *effects.Effect) bool { return e.Sure || e.Writes() && effects.Told(e) }

// staysOut tells of which class none of whose methods hold a lock an access is: that is one thing to do, and not as
// many as the class has methods.
func staysOut(sets *effects.LockSets) func(openAccess) *project.Class {
	type holding struct {
		c, of *project.Class
		by    effects.StateLock
	}
	holds := map[holding]bool{}
	for s, g := range sets.States {
		for _, a := range g.All {
			if a.Func.Class != nil && a.Holds(g.By) {
				holds[holding{a.Func.Class, s.Class, g.By}] = true
			}
		}
	}
	return func(w openAccess) *project.Class {
		var out *project.Class
		if w.Func.Class == nil {
			return nil
		}
		for _, c := range w.Func.Class.Ancestry() {
			if holds[holding{c, w.state.Class, w.by.By}] {
				break
			}
			if out = c; c == w.state.Class {
				break
			}
		}
		steps := effects.Chain(w.Func, w.Effect)
		if last := steps[len(steps)-1].Func; last.Class != w.Func.Class {
			return nil // it is that function's affair
		}
		return out
	}
}

// exposed reports the attributes that Python code gets at without the lock that guards them.
func (p *Checker) exposed(mods []*project.Module, sets *effects.LockSets) []finding.Finding {
	var out []finding.Finding
	for _, s := range sets.Sorted() {
		g, fd := sets.States[s], s.Class.Field(s.Field)
		if s.Behind || fd == nil || fd.Vis != ast.Public && fd.Vis != ast.Readonly || p.locks.Of(s.Class) != nil || s.Class.Extern ||
			!slices.Contains(mods, fd.Mod) || g.Writes == nil || !g.Writes.Effect.Sure {
			continue
		}
		span := fd.Decl.Range()
		if fd.Declarator != nil {
			span = syntax.DeclaredName(fd.Declarator).Span
		}
		does := "read and assign to"
		if fd.Vis == ast.Readonly {
			does = "read"
		}
		f := project.FindingAt(fd.Unit.Source, span, finding.LeftOut, "", "")
		f.Warning = true
		f.Message = fmt.Sprintf("Python code can %s %s.%s without the lock that %s holds to write it", does, s.Class.Name, fd.Name, g.Writes.Func.Name())
		f.Help = "make the attribute private, and write a property that holds the lock"
		f.Related = []finding.Related{openAccess{g.Writes, s, g}.writer()}
		f.Cause = openAccess{g.Writes, s, g}.cause()
		if !slices.ContainsFunc(g.All, func(a *effects.Access) bool { return !a.Holds(g.By) && !a.Init() && p.leavesOpen(s, g, a) }) {
			f.Cause = fmt.Sprintf("public attributes of %s in %s", s.Class.Name, s.Class.Mod.Stem) // nothing else leaves out the lock
		}
		out = append(out, f)
	}
	return out
}

// openAccess is a use of a state without the lock that guards it.
type openAccess struct {
	*effects.Access
	state effects.State
	by    *effects.StateLocks
}

// leavesOpen reports whether an access without the lock is told of its function: not what another function
// does that is looked at by itself.
func (p *Checker) leavesOpen(s effects.State, g *effects.StateLocks, a *effects.Access) bool {
	steps := effects.Chain(a.Func, a.Effect)
	for _, st := range steps[1:] {
		if effects.Entered(p.prog, st.Func) {
			return false
		}
	}
	if !a.Init() {
		return true
	}
	// Called once more it frees or replaces C data that others use. What else it assigns is that of the constructor.
	fd := s.Class.Field(s.Field)
	return fd != nil && a.Effect.Writes() && !g.By.Module && !strings.Contains(g.By.Path, ".") && p.prog.Types.OfField(fd).Kind == ctype.Pointer
}

// finding is that about an access without its lock.
func (w openAccess) finding() finding.Finding {
	f, e := w.Func, w.Effect
	self := "self"
	if r := &f.Sum.Regions[w.Region]; r.Root == effects.NodeParam && int(r.Num) < len(f.Def.Params.List) {
		self = cmp.Or(effects.PathOf(f, w.Region), self)
	}
	does := "reads"
	if e.Mode == effects.Write {
		does = "writes"
	}
	if e.Via != nil {
		does = fmt.Sprintf("calls %s, which %s", e.Via.Name(), does)
	}
	field := w.state.Field
	if r := &f.Sum.Regions[w.Region]; f.Class == nil || r.Num > 0 || r.Parent >= 0 {
		field = self + "." + field
	}
	writer := w.by.Writes
	out := project.FindingAt(f.Unit.Source, e.Span, finding.LeftOut, "", "")
	out.Warning = true
	out.Help = "hold the same lock here"
	shared, held := w.Locks[w.by.By]
	other, has := w.otherLock()
	switch {
	case held && shared:
		out.Message = fmt.Sprintf("%s %s %s while holding %s only in a mode that readers share", f.Name(), does, field, w.by.By.Text(self))
		out.Help = "take the lock for writing"
	case has:
		out.Code = finding.TwoLocks
		out.Message = fmt.Sprintf("%s %s %s with %s, which does not exclude %s, the lock that %s holds to write it", f.Name(), does, field, other.Text(self), w.by.By.Text(self), writer.Func.Name())
		out.Help = "hold the same lock for the same state everywhere"
	default:
		out.Message = fmt.Sprintf("%s %s %s without the lock that %s holds to write it", f.Name(), does, field, writer.Func.Name())
	}
	out.Cause = w.cause()
	if held && shared {
		out.Cause += ", shared"
	}
	steps := effects.Chain(f, e)
	if writer.Holds(w.by.By) {
		out.Related = []finding.Related{w.writer()}
	}
	if len(steps) > 1 {
		out.Related = append(effects.RelatedOf(steps[1:]), out.Related...)
	}
	return out
}

// cause is the same for all uses of a state without the lock that guards it: whether that one guards it is one decision.
// Where another object has the lock, it is one for all attributes: none of them lies beside its lock.
func (w openAccess) cause() string {
	c := w.state.Class.Declarer(w.state.Field)
	if c == nil {
		c = w.state.Class
	}
	what := w.state.Field
	if by := w.by.By; !by.Module && strings.Contains(by.Path, ".") {
		what = "attributes"
	}
	return fmt.Sprintf("%s of %s in %s, %s", what, c.Name, c.Mod.Stem, w.by.By.Text("self"))
}

// writer tells of an access that writes the state with the lock that guards it.
func (w openAccess) writer() finding.Related {
	x := w.by.Writes
	name := "self"
	if len(x.Func.Def.Params.List) > 0 {
		name = cmp.Or(effects.PathOf(x.Func, x.Region), name)
	}
	return relatedAt(x.Func, x.Effect.Span, fmt.Sprintf("%s writes it with %s", x.Func.Name(), w.by.By.Text(name)))
}

// unguarded reports, once for each class that is locked by hand, the attributes that are
// written and used with no lock in common.
func (p *Checker) unguarded(mods []*project.Module, a *effects.Written) []finding.Finding {
	var out []finding.Finding
	elsewhere := includedIn(mods)
	for _, m := range mods {
		for _, c := range m.Classes {
			if !p.mayBeUnlocked(c) || a.ByHand(c) == nil || elsewhere(m, c) {
				continue
			}
			open := slices.DeleteFunc(a.Unguarded(c), func(u effects.Unshared) bool { return a.Sets.Atomic(u.State) })
			if len(open) == 0 {
				continue
			}
			w, use := open[0].Write, open[0].Use
			f := project.FindingAt(w.Func.Unit.Source, w.Effect.Span, finding.LeftOut, "", "")
			f.Warning = true
			other := use.Func.Name()
			if use.Func == w.Func {
				other = "the same function in another thread"
			}
			f.Message = fmt.Sprintf("%s writes %s, which %s reads, without a lock that both hold", w.Func.Name(), stateText(open[0].State), other)
			f.Gist = w.Func.Name() + " writes " + open[0].Field
			f.Help = fmt.Sprintf("%s has a hand-written lock for other state: hold the same lock in both places", c.Name)
			f.Related = []finding.Related{relatedAt(use.Func, use.Effect.Span, fmt.Sprintf("%s reads %s", use.Func.Name(), open[0].Field))}
			if steps := effects.Chain(w.Func, w.Effect); len(steps) > 1 {
				f.Related = append(effects.RelatedOf(steps[1:]), f.Related...)
			}
			for i, x := range open[1:] {
				r := relatedAt(x.Write.Func, x.Write.Effect.Span, fmt.Sprintf("likewise %s writes %s", x.Write.Func.Name(), stateText(x.State)))
				if i+1 == maxRelated && len(open)-2 > i {
					r.Message += fmt.Sprintf(" (and %d more attributes)", len(open)-2-i)
				}
				f.Related = append(f.Related, r)
				if i+1 == maxRelated {
					break
				}
			}
			if effects.IsLock(p.prog, c) {
				f.Message = fmt.Sprintf("%s writes %s without a lock", w.Func.Name(), stateText(open[0].State))
				f = sayOfLock(f, c)
			}
			out = append(out, f)
		}
	}
	return out
}

// ofLock leaves out of the uses of one attribute of an object that is a lock itself what those do that take or release
// it, where what its own methods do to the attribute is told: how it is made is the affair of its class.
func ofLock(p *Checker, c *project.Class, open []*effects.Access) []*effects.Access {
	own := func(a *effects.Access) bool { return a.Func.Class == c }
	if !slices.ContainsFunc(open, own) || !effects.IsLock(p.prog, c) {
		return open
	}
	return slices.DeleteFunc(open, func(a *effects.Access) bool { return !own(a) })
}

// sayOfLock has a finding about the state of an object that is a lock itself say so: no lock that it has can be held
// before it is taken.
func sayOfLock(f finding.Finding, c *project.Class) finding.Finding {
	f.Message = strings.Replace(f.Message, " without ", ", by which it is taken, without ", 1)
	f.Help = fmt.Sprintf("%s is a lock itself: where only the GIL keeps two threads from taking it at once, use one in its place that needs none, such as cython.pymutex or threading.RLock", c.Name)
	f.Cause = fmt.Sprintf("%s in %s is a lock itself", c.Name, c.Mod.Stem)
	return f
}

// stateText says what a state is: an attribute, or what that leads to.
func stateText(s effects.State) string {
	if s.Behind {
		return "what " + s.Field + " leads to"
	}
	return s.Field
}

// otherLock returns a lock that is held at an access in place of the one that guards the state.
func (w openAccess) otherLock() (effects.StateLock, bool) {
	var out []effects.StateLock
	for l := range w.Locks {
		if l != w.by.By {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return effects.StateLock{}, false
	}
	return slices.MinFunc(out, func(a, b effects.StateLock) int { return strings.Compare(a.Text("self"), b.Text("self")) }), true
}

// checkTwoLocks looks at members of locked classes that also lock the object, or
// a lock of its own, by hand.
func checkTwoLocks(c *checking) {
	if !c.p.Locks.Concerned(c.m.Stem) {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if !c.p.Member(f) || c.p.Exempt(f) || f.Flow.Hand == (ast.Span{}) || len(f.Def.Params.List) == 0 {
			continue
		}
		self := f.Def.Params.List[0].Name.Name
		spelled := syntax.Text(f.Unit.File, f.Flow.Hand)
		decorated := f.Flow.Hand == f.Def.Name.Span
		if !decorated && !strings.Contains(spelled, self+".") && !strings.Contains(spelled, "("+self+")") && !strings.Contains(spelled, "("+self+",") {
			continue // it guards something else
		}
		info := c.p.Locks.Of(f.Class)
		if info.Kind == decorator.CriticalSection && (strings.Contains(spelled, "critical_section") || decorated && c.byCriticalSection(f)) {
			continue // the same lock once more
		}
		what := "a decorator"
		if !decorated {
			what = spelled
		}
		out := project.FindingAt(f.Unit.Source, f.Flow.Hand, finding.TwoLocks, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s locks its object by hand (%s) as well as by the %s of %s", f.Name(), what, info.Kind, f.Class.Name)
		out.Help = "two locks for the same state do not exclude each other: keep one of them, or say @cython.no_lock(\"why\") where the hand-written one is enough"
		c.Findings = append(c.Findings, out)
	}
}

// byCriticalSection reports whether a function carries @cython.critical_section.
func (c *checking) byCriticalSection(f *effects.Function) bool {
	return slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool {
		e := d.Expr
		if call, ok := e.(*ast.Call); ok {
			e = call.Fun
		}
		return f.Mod.Scope.CythonAttr(e, true) == "critical_section"
	})
}
