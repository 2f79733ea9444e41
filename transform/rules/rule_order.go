package rules

// PXL213: members that lock other objects while they hold their own, in no common order.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// lockEdge is a member that, holding its object, comes to lock another.
type lockEdge struct {
	from, to     *project.Class // whose locks these are
	holds, locks effects.Mode
	f            *effects.Function // the member
	in           *effects.Function // itself, or a C method that it calls on its object
	e            *effects.Effect   // of that
	// passed means that callers choose the object; otherwise way leads to it, where that
	// is known.
	passed bool
	way    *effects.Way
	// block is the class of what a block or a function's decorator holds; nil where it is the
	// member's own object.
	block *project.Class
}

// class is the class of what is held.
func (a *lockEdge) class() *project.Class {
	if a.block != nil {
		return a.block
	}
	return a.f.Class
}

// held says in words what is held.
func (a *lockEdge) held() string {
	if a.block != nil {
		return "some " + a.block.Name
	}
	return "self"
}

// against reports whether who wants what a locks has to wait for who holds it as b does.
func (a *lockEdge) against(b *lockEdge) bool {
	return a.locks == effects.Write || b.holds == effects.Write
}

// Order finds members that can wait for each other. It looks at all modules together, and
// at summaries that are made.
func (p *Checker) Order(mods []*project.Module) []finding.Finding {
	o := &ordering{p: p, edges: map[*project.Class][]*lockEdge{}, own: map[*project.Class][]*lockEdge{}}
	for _, m := range mods {
		if m.Broken() {
			continue
		}
		for _, f := range p.prog.Funcs(m).All {
			o.all = append(o.all, f)
			o.look(f)
			o.underBlocks(f)
			o.underDecorators(f)
		}
	}
	slices.SortFunc(o.classes, func(a, b *project.Class) int {
		return cmp.Or(strings.Compare(a.Mod.Stem, b.Mod.Stem), strings.Compare(a.Name, b.Name))
	})
	var out []finding.Finding
	reported := map[*project.Class]bool{}
	for _, start := range o.classes {
		if path := o.cycle(start); path != nil && !reported[start] {
			for _, e := range path {
				reported[e.from] = true
			}
			out = append(out, p.crossing(path, ""))
		}
		out = append(out, o.within(start)...)
	}
	return out
}

// ordering is what is known of the order of locks.
type ordering struct {
	p       *Checker
	all     []*effects.Function
	classes []*project.Class               // that have edges
	edges   map[*project.Class][]*lockEdge // to other classes' locks, by whose lock is held
	own     map[*project.Class][]*lockEdge // to further objects with the same lock
}

// look notes what a member locks while it holds its object.
func (o *ordering) look(f *effects.Function) {
	p := o.p
	if !p.prog.Member(f) || p.prog.Exempt(f) || p.prog.Constructs(f, 0) {
		return // nobody has an object that is being made
	}
	holds, does := p.prog.ModeOf(f)
	// A critical section lets go of its object while it waits.
	mine := p.locks.Of(f.Class)
	if !does || mine.Kind == decorator.CriticalSection {
		return
	}
	if mine.Kind == decorator.Mutex {
		holds = effects.Write
	}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if !p.locksAnother(f, e) || p.takes(f, e) && e.Cause != effects.Takes {
			continue
		}
		x := &f.Sum.Regions[e.Region]
		// What a block takes may come from anywhere, where nothing tells its origin.
		_, known := f.WayTo(e.Region)
		passed := f.Passed(e.Region) || e.Cause == effects.Takes && x.Root == effects.NodeUnknown && !known
		if e.Maybe && (!passed || x.Parent >= 0 || p.copies(f, x.Num)) {
			continue // what is in a container that is given may be anything
		}
		o.add(&lockEdge{holds: holds, f: f, in: f, e: e, passed: passed})
	}
	for _, g := range effects.HelpersOf(p.prog, f) {
		for i := range g.Sum.Effects {
			// What is reached by a path is among the effects of f itself.
			if e := &g.Sum.Effects[i]; g.Sum.Regions[e.Region].Root == effects.NodeUnknown && !e.Maybe && p.locksAnother(g, e) {
				if _, known := g.WayTo(e.Region); known {
					o.add(&lockEdge{holds: holds, f: f, in: g, e: e})
				}
			}
		}
	}
}

// underBlocks notes what a function locks while a block of its own holds something.
func (o *ordering) underBlocks(f *effects.Function) {
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		for l := range f.Flow.Around(e.Under) {
			c := l.Shape.Class
			if e.Raw || e.Kind == effects.OnPython || l.Arg.Star != 0 || !o.p.prog.Guards(c) || !o.p.prog.Guards(e.Class) || o.p.locks.Of(c).Kind == decorator.CriticalSection {
				continue
			}
			passed := false
			if o.p.locks.Shared(c) == o.p.locks.Shared(e.Class) {
				if passed = o.p.swaps(f, l, e); !passed {
					continue
				}
			}
			o.add(&lockEdge{holds: l.Mode, f: f, in: f, e: e, block: c, passed: passed})
		}
	}
}

// underDecorators notes what a function that is no member locks while it holds parameters.
func (o *ordering) underDecorators(f *effects.Function) {
	p := o.p
	if p.prog.Member(f) {
		return
	}
	for _, d := range p.prog.OwnLocks(f).Decs {
		md := effects.Read
		switch d.Name {
		case "write_lock":
			md = effects.Write
		case "read_lock":
		default:
			continue
		}
		for i, param := range f.Def.Params.List {
			if i >= len(f.Flow.Params) || !locksParam(d, i, param.Name.Name) {
				continue
			}
			c := f.Flow.Nodes[f.Flow.Params[i]].Shape.Class
			if !p.prog.Guards(c) || p.locks.Of(c).Kind == decorator.CriticalSection {
				continue
			}
			for j := range f.Sum.Effects {
				e := &f.Sum.Effects[j]
				if e.Raw || e.Maybe || e.Via == nil && e.Cause != effects.Takes || e.Kind == effects.OnPython || !p.prog.Guards(e.Class) || p.prog.Holds(f, e) {
					continue
				}
				passed := p.locks.Shared(c) == p.locks.Shared(e.Class) && f.Passed(e.Region)
				if passed || p.locks.Shared(c) != p.locks.Shared(e.Class) {
					o.add(&lockEdge{holds: md, f: f, in: f, e: e, block: c, passed: passed})
				}
			}
		}
	}
}

// locksParam reports whether a decorator locks a parameter by its name.
func locksParam(d decorator.Lock, i int, name string) bool {
	if len(d.Args()) == 0 {
		return i == 0
	}
	return d.Speaks(name)
}

// swaps reports whether callers of a function may give it what a block locks and what is
// locked in the block the other way round.
func (p *Checker) swaps(f *effects.Function, l effects.BlockLock, e *effects.Effect) bool {
	if !f.Passed(e.Region) || p.prog.Holds(f, e) || e.Via == nil && e.Cause != effects.Takes {
		return false
	}
	i := slices.IndexFunc(f.Sum.Effects, func(t effects.Effect) bool {
		return t.Cause == effects.Takes && t.Span == l.Arg.X.Range()
	})
	if i < 0 {
		return false
	}
	of := f.Sum.Effects[i].Region
	return of != e.Region && (f.Passed(of) || effects.OnSelf(f, &f.Sum.Effects[i]))
}

// locksAnother reports whether an effect comes about in a function that locks the object,
// which is another than that of f.
func (p *Checker) locksAnother(f *effects.Function, e *effects.Effect) bool {
	return !e.Raw && (e.Via != nil || e.Cause == effects.Takes) && e.Kind != effects.OnPython && p.prog.Guards(e.Class) && !effects.OnSelf(f, e)
}

// add notes an edge, if it tells more than those that there are.
func (o *ordering) add(a *lockEdge) {
	a.from, a.to, a.locks = o.p.locks.Shared(a.class()), o.p.locks.Shared(a.e.Class), a.e.Mode
	if o.p.locks.Of(a.class()).Kind == decorator.Mutex {
		a.holds = effects.Write
	}
	if o.p.locks.Of(a.e.Class).Kind == decorator.Mutex {
		a.locks = effects.Write
	}
	to := o.edges
	if a.from == a.to {
		if way, known := a.in.WayTo(a.e.Region); known {
			a.way = &way
		} else if !a.passed {
			return // new ones for the most part
		}
		to = o.own
	} else if slices.ContainsFunc(to[a.from], func(b *lockEdge) bool { return b.to == a.to && b.holds == a.holds && b.locks == a.locks }) {
		return
	}
	if len(o.edges[a.from])+len(o.own[a.from]) == 0 {
		o.classes = append(o.classes, a.from)
	}
	to[a.from] = append(to[a.from], a)
}

// takes reports whether a member locks what an effect is on at its entry, together with its
// own object.
func (p *Checker) takes(f *effects.Function, e *effects.Effect) bool {
	if !p.prog.Holds(f, e) {
		return false
	}
	x := &f.Sum.Regions[e.Region]
	if x.Parent >= 0 || slices.ContainsFunc(p.prog.OwnLocks(f).Decs, func(d decorator.Lock) bool { return len(d.Args()) > 0 }) {
		return true // by its name
	}
	if p.locks.Of(f.Class).Kind != decorator.RWLock && !p.prog.StanceOn(f, int(x.Num), true).Touches {
		return false // a mutex would be taken twice
	}
	return f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Class != nil ||
		slices.ContainsFunc(p.locks.VisibleFrom(f.Mod, f.Unit), func(v decorator.Visible) bool { return slices.Contains(e.Class.Ancestry(), v.Class) })
}

// copies reports whether a decorator names the items of a parameter, which is looked at
// before anything is locked then.
func (p *Checker) copies(f *effects.Function, num int32) bool {
	star := "*" + f.Def.Params.List[num].Name.Name
	return slices.ContainsFunc(p.prog.OwnLocks(f).Decs, func(d decorator.Lock) bool {
		return d.Speaks(star)
	})
}

// cycle returns the edges of a shortest way from a class back to it on which each waits
// for the next.
func (o *ordering) cycle(start *project.Class) []*lockEdge {
	seen := map[*lockEdge]bool{}
	var list [][]*lockEdge
	for _, e := range o.edges[start] {
		list = append(list, []*lockEdge{e})
	}
	for len(list) > 0 {
		path := list[0]
		list = list[1:]
		last := path[len(path)-1]
		if last.to == start {
			if last.against(path[0]) {
				return path
			}
			continue
		}
		for _, e := range o.edges[last.to] {
			if !seen[e] && last.against(e) {
				seen[e] = true
				list = append(list, append(slices.Clone(path), e))
			}
		}
	}
	return nil
}

// within reports members that lock two objects with one class's lock in both orders: what
// callers pass, the other way round; or along attributes that lead back and forth.
func (o *ordering) within(c *project.Class) []finding.Finding {
	var out []finding.Finding
	type told struct {
		f      *effects.Function
		region int32
	}
	seen := map[told]bool{}
	var opposites effects.Opposites
	ways := map[[2]effects.Way]bool{}
	for _, a := range o.own[c] {
		if at := (told{a.f, a.e.Region}); a.passed && !seen[at] {
			i := slices.IndexFunc(o.own[c], func(b *lockEdge) bool { return a.against(b) && b.against(a) })
			switch {
			case a.against(a):
				out = append(out, o.p.crossing([]*lockEdge{a}, ""))
			case i >= 0:
				out = append(out, o.p.crossing([]*lockEdge{a, o.own[c][i]}, ""))
			default:
				continue
			}
			seen[at] = true
		}
		if a.way == nil {
			continue
		}
		if opposites == nil {
			opposites = effects.OppositesOf(o.p.prog, o.all)
		}
		for _, b := range o.own[c] {
			if b.way == nil || !opposites.Lead(*a.way, *b.way) || ways[[2]effects.Way{*a.way, *b.way}] || ways[[2]effects.Way{*b.way, *a.way}] || !a.against(b) || !b.against(a) {
				continue
			}
			ways[[2]effects.Way{*a.way, *b.way}] = true
			if a.f == b.f && *a.way == *b.way {
				out = append(out, o.p.crossing([]*lockEdge{a}, ", which may lead back"))
			} else {
				out = append(out, o.p.crossing([]*lockEdge{a, b}, ", which leads back"))
			}
		}
	}
	return out
}

// crossing is a finding about edges of which each waits for the next, and the last for the
// first. back is said of where the last one leads.
func (p *Checker) crossing(path []*lockEdge, back string) finding.Finding {
	first := path[0]
	out := project.FindingAt(first.in.Unit.Source, first.e.Span, finding.Order, "", "")
	out.Warning = true
	var does []string
	hang := false
	for _, e := range path {
		what := "some " + e.e.Class.Name
		if e.from == e.to {
			what = e.object()
		}
		does = append(does, fmt.Sprintf("%s holds %s and locks %s", e.f.Name(), e.held(), what))
		hang = hang || p.locks.Of(e.class()).Kind == decorator.Mutex
		within := ""
		if e.in != e.f {
			within = " in " + e.in.Name()
		}
		pos := project.FindingAt(e.in.Unit.Source, e.e.Span, "", "", "")
		out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column,
			Message: finding.Brief(fmt.Sprintf("%s holds %s (%s) and locks %s%s", e.f.Name(), e.held(), e.class().Name, e.object(), within))})
		out.Related = append(out.Related, effects.RelatedOf(effects.Chain(e.in, e.e)[1:])...)
	}
	end := "two threads that do so at once wait for each other, and one gets RuntimeError"
	if len(path) == 1 {
		end = "two threads that do so at once, each with the other's object, wait for each other, and one gets RuntimeError"
	}
	if hang {
		end = strings.Replace(end, "wait for each other, and one gets RuntimeError", "hang", 1)
	}
	out.Message = fmt.Sprintf("%s%s: %s", strings.Join(does, ", and "), back, end)
	out.Help = "call before taking the lock or after it"
	if at := effects.PathOf(first.in, first.e.Region); at != "" && !hang && first.block == nil && first.e.Cause != effects.Takes && first.in.AtEntry(first.e.Region) {
		out.Help += fmt.Sprintf(", or take both together: %s on %s", together(first, at), first.f.Name())
	}
	return out
}

// object says in words what an edge leads to.
func (a *lockEdge) object() string {
	switch name := called(a.in, a.e.Region); {
	case name != "":
		return fmt.Sprintf("%s (%s)", name, a.e.Class.Name)
	case a.way != nil:
		return fmt.Sprintf("an item of %s.%s (%s)", a.in.Def.Params.List[0].Name.Name, a.way.Name, a.e.Class.Name)
	}
	return "some " + a.e.Class.Name
}

// together spells the decorators that lock both objects of an edge at entry.
func together(a *lockEdge, path string) string {
	self := a.f.Def.Params.List[0].Name.Name
	if a.holds == a.locks {
		return fmt.Sprintf("@cython.%s_lock(%q, %q)", a.holds, self, path)
	}
	return fmt.Sprintf("@cython.%s_lock(%q) and @cython.%s_lock(%q)", a.holds, self, a.locks, path)
}
