package rules

// PXL213: locks that are taken while others are held, in no common order. What takes which is
// found by rule_ordermembers.go and rule_ordernested.go; what is said of it is in rule_ordersay.go.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// lockEdge is a function that comes to lock an object while it holds another one.
type lockEdge struct {
	from, to     *project.Class // whose locks these are
	all          *sameEdges     // what is known of all edges that lock the same: they are followed by the same ones
	holds, locks effects.Mode
	f            *effects.Function // the function
	in           *effects.Function // itself, or a C method that it calls on its object
	e            *effects.Effect   // of that
	// passed means that callers choose the object; otherwise way leads to it, where that
	// is known, or from it, with up.
	passed bool
	way    *effects.Way
	up     bool
	// steps are the ways that lead to it from one object to the next, where they are several.
	steps []effects.WayOf
	// held is what a block or a function's decorator holds; nil where it is the member's own
	// object.
	held *heldObject
	// taken is what a block locks, in the words of the source; "" where something else does.
	taken string
	// on is what a method of is called, or an attribute of is used; "" where nothing names it.
	on string
	// globals are the module's variables that the held one and the other are; "" where
	// they are none.
	globals [2]string
	// far is true of what is too little for a circle of many.
	far bool
	// guessed is true where nothing but the name of a member tells what is locked.
	guessed bool
	// unseen is true where nothing in sight puts such an object where it is found.
	unseen bool
	// together is true where both are taken at once, in the one order, in which either may be first,
	// and who waits for one holds the other. The rwlock gives that up (backsOff); mutexes do not.
	together bool
	// pair is, of what is taken at once, the way from the function's own object to the other; nil
	// where there is none.
	pair *effects.Way
	// search is the last search for a circle that came upon it.
	search int
	// guards tells of what is held and of what is locked whether others share that one's lock.
	guards [2]bool
}

// sameEdges are the edges that lock objects of one class with one lock in one way.
type sameEdges struct {
	queued int // the last search for a circle that goes on from one of them
}

// edgeTo is what makes edges the same.
type edgeTo struct {
	lock, class *project.Class
	mode        effects.Mode
}

// orderStep is an edge on the way of a search for a circle.
type orderStep struct {
	e             *lockEdge
	before, first int // the steps that led to this one, of which the first has itself
}

// heldObject is what is held, where it is not the object of a member.
type heldObject struct {
	class *project.Class
	text  string   // in the words of the source
	at    ast.Span // where a block takes it; zero where a decorator does
	fix   *finding.Fix
	apart bool // no statement takes both: they have locks of two kinds
}

// class is the class of what is held.
func (a *lockEdge) class() *project.Class {
	if a.held != nil {
		return a.held.class
	}
	return a.f.Class
}

// origin is the class of the objects that the way leads from.
func (a *lockEdge) origin() *project.Class {
	if a.up {
		return a.e.Class
	}
	return a.class()
}

// against reports whether who wants what a locks has to wait for who holds it as b does.
func (a *lockEdge) against(b *lockEdge) bool {
	return a.locks == effects.Write || b.holds == effects.Write
}

// Order finds members that can wait for each other. It looks at all modules together, and
// at summaries that are made.
func (p *Checker) Order(mods []*project.Module) []finding.Finding {
	o := &ordering{p: p, edges: map[*project.Class][]*lockEdge{}, own: map[*project.Class][]*lockEdge{}, same: map[edgeTo]*sameEdges{}, pairs: map[*effects.Function][]*lockEdge{}, causes: map[string]string{}}
	for _, m := range mods {
		if !m.Broken() {
			o.mods = append(o.mods, m)
			o.all = append(o.all, p.prog.Funcs(m).All...)
		}
	}
	o.writtenDown.lineage = p.prog.Project.Lineage
	o.index = newOrderIndex(p, o.mods, o.all)
	for _, m := range o.mods {
		for _, f := range p.prog.Funcs(m).All {
			o.look(f)
			o.underBlocks(f)
			o.underDecorators(f)
			o.atOnce(f)
			untyped{o}.byName(f)
			untyped{o}.found(f)
		}
	}
	slices.SortFunc(o.classes, func(a, b *project.Class) int {
		return cmp.Or(strings.Compare(a.Mod.Stem, b.Mod.Stem), strings.Compare(a.Name, b.Name))
	})
	var out []finding.Finding
	reported := map[*project.Class]bool{}
	for _, start := range o.classes {
		if !reported[start] {
			path := o.cycle(start)
			if path == nil {
				path = o.apart(start)
			}
			for _, e := range path {
				reported[e.from] = true
			}
			if path != nil {
				out = append(out, crossing(o, path, ""))
			}
		}
		out = append(out, o.within(start)...)
	}
	return out
}

// ordering is what is known of the order of locks.
type ordering struct {
	p       *Checker
	mods    []*project.Module
	all     []*effects.Function
	index   *orderIndex
	told    map[string]bool                   // whether the name of a member tells of what class an object is
	named   map[operation][]*effects.Effect   // what members of a name lock
	classes []*project.Class                  // that have edges
	edges   map[*project.Class][]*lockEdge    // to other classes' locks, by whose lock is held
	own     map[*project.Class][]*lockEdge    // to further objects with the same lock
	pairs   map[*effects.Function][]*lockEdge // what functions take at once
	// settings tell where callers say what an attribute leads to, walks which of them never lead back,
	// opposites which lead back where others lead to; links is what both are found by. All are nil before somebody asked.
	links     effects.Links
	blocks    *blockItems // of the function that was asked about last
	settings  effects.Settings
	walks     map[effects.Way]bool
	opposites effects.Opposites
	together  effects.Together                     // ways that one walk goes to their ends, see effects.WalkedTogether
	other     map[kindOf]bool                      // see otherKind
	finds     map[*effects.Function][]effects.Find // of functions that were asked for theirs
	finders   map[*effects.Function]bool           // see finding
	givens    map[*project.Module]map[string]bool  // see setIn
	members   map[*project.Class]map[string]bool   // names of what classes with a lock have
	most      map[*project.Class]effects.Mode      // see strongest
	written   map[*project.Class]bool              // see writers
	byID      map[*effects.Function]bool           // see ordersByID
	searches  int                                  // for circles
	steps     []orderStep                          // of the last search
	same      map[edgeTo]*sameEdges
	causes    map[string]string // of circles, by places that these lead through
	given     *handedOver       // see onlyCalled
	// writtenDown are the variables of modules that hold nothing but texts and numbers.
	writtenDown writtenDown
}

// backsOff reports whether who takes what is held and what is locked at once, and has to wait for
// the one, gives up the other meanwhile, as the rwlock's acquire does. So nobody waits for it.
func (o *ordering) backsOff(a *lockEdge) bool {
	return o.p.locks.Of(a.class()).Kind == decorator.RWLock && o.p.locks.Of(a.e.Class).Kind == decorator.RWLock
}

// add notes an edge, if it tells more than those that there are.
func (o *ordering) add(a *lockEdge) {
	if o.p.locks.Of(a.e.Class).Nonblocking || a.held == nil && effects.LetsGo(o.p.prog, a.in, a.e.Span) {
		return // nobody waits for it
	}
	a.from, a.to, a.locks = o.p.locks.Shared(a.class()), o.p.locks.Shared(a.e.Class), a.e.Mode
	if o.p.locks.Of(a.class()).Kind == decorator.Mutex {
		a.holds = effects.Write
	}
	if o.p.locks.Of(a.e.Class).Kind == decorator.Mutex {
		a.locks = effects.Write
	}
	if a.together && o.backsOff(a) {
		return
	}
	same := edgeTo{a.to, a.e.Class, a.locks}
	if o.same[same] == nil {
		o.same[same] = &sameEdges{}
	}
	a.all = o.same[same]
	a.guards = [2]bool{o.p.locks.Of(a.class()).Guard != "", o.p.locks.Of(a.e.Class).Guard != ""}
	if a.together {
		o.pairs[a.f] = append(o.pairs[a.f], a)
	}
	to := o.edges
	if a.from == a.to {
		if a.way == nil && !a.passed && len(a.steps) == 0 {
			return // new ones for the most part
		}
		to = o.own
	} else if slices.ContainsFunc(to[a.from], func(b *lockEdge) bool {
		return b.to == a.to && b.holds == a.holds && b.locks == a.locks && b.together == a.together && b.guessed == a.guessed && b.class() == a.class() && b.e.Class == a.e.Class
	}) {
		return
	}
	if len(o.edges[a.from])+len(o.own[a.from]) == 0 {
		o.classes = append(o.classes, a.from)
	}
	to[a.from] = append(to[a.from], a)
}

// cycle returns the edges of a shortest way from a class back to it on which each waits
// for the next.
func (o *ordering) cycle(start *project.Class) []*lockEdge {
	steps := o.steps[:0]
	defer func() { o.steps = steps }()
	o.searches++
	for _, e := range o.edges[start] {
		if !e.together && !e.far && e.all.queued != o.searches {
			e.all.queued = o.searches
			steps = append(steps, orderStep{e, -1, len(steps)})
		}
	}
	for i := 0; i < len(steps); i++ {
		at := steps[i]
		if at.e.to == start {
			continue
		}
		for _, e := range o.edges[at.e.to] {
			if e.to != start && e.all.queued == o.searches { // of those that are followed by the same ones, the first goes on
				continue
			}
			if e.search == o.searches || e.together || e.far || !at.e.against(e) || !meets(at.e, e) {
				continue
			}
			e.search, e.all.queued = o.searches, o.searches
			steps = append(steps, orderStep{e, i, at.first})
			if first := steps[at.first].e; e.to != start || !e.against(first) || !meets(e, first) {
				continue
			}
			var path []*lockEdge
			for k := len(steps) - 1; k >= 0; k = steps[k].before {
				path = append(path, steps[k].e)
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// apart returns an edge from a class and one back to it, of which one takes both locks at once, so
// that either may come first, or nothing but the name of a member tells of one: a longer
// way of such is far-fetched.
func (o *ordering) apart(start *project.Class) []*lockEdge {
	for _, a := range o.edges[start] {
		for _, b := range o.edges[a.to] {
			if !a.together && b.to == start && a.against(b) && b.against(a) && meets(a, b) && meets(b, a) && !(b.together && o.hasBoth(a, b)) {
				return []*lockEdge{a, b}
			}
		}
	}
	return nil
}

// hasBoth reports whether the function of a takes at once what b does, so that what it comes to later
// it holds already, as far as one can tell.
func (o *ordering) hasBoth(a, b *lockEdge) bool {
	return slices.ContainsFunc(o.pairs[a.f], func(c *lockEdge) bool {
		return c.from == a.from && c.to == a.to && (a.way == nil || c.pair != nil && b.pair != nil && *c.pair == *b.pair)
	})
}

// meets reports whether what a locks may be what b holds, as their classes tell: a guard is
// shared by objects of several.
func meets(a, b *lockEdge) bool {
	return a.guards[1] || b.guards[0] || project.Related(a.e.Class, b.class())
}

// within reports functions that lock two objects with one class's lock in both orders: what
// callers pass, the other way round; or along attributes that lead back and forth.
func (o *ordering) within(c *project.Class) []finding.Finding {
	var out []finding.Finding
	type told struct {
		f      *effects.Function
		region int32
		at     ast.Span
	}
	seen := map[told]bool{}
	free := map[effects.Way]bool{} // told of
	ways := map[[2]effects.Way]bool{}
	for _, a := range o.own[c] {
		at, here := told{f: a.f, region: a.e.Region}, told{f: a.f, region: -1, at: a.e.Span}
		if a.held != nil {
			at.at = a.held.at
		}
		if a.taken != "" {
			at = here
		}
		if a.passed && !a.together && !seen[at] && !seen[here] {
			i := slices.IndexFunc(o.own[c], func(b *lockEdge) bool {
				// What crosses itself is told by itself, and walks hardly come by variables of the module.
				global := a.globals != [2]string{} && (!b.passed || b.against(b) && b.crosses(b))
				return (!b.together || b.passed) && a.against(b) && b.against(a) && a.crosses(b) && !global
			})
			switch {
			case a.against(a) && a.crosses(a):
				out = append(out, crossing(o, []*lockEdge{a}, ""))
			case i >= 0:
				out = append(out, crossing(o, []*lockEdge{a, o.own[c][i]}, ""))
			default:
				continue
			}
			seen[at], seen[here] = true, true
		}
		if a.way == nil || a.together {
			continue
		}
		if o.opposites == nil {
			o.opposites, o.together = effects.OppositesOf(linked(o)), effects.WalkedTogether(o.p.prog, o.all)
		}
		for _, b := range o.own[c] {
			if b.way == nil || b.passed && b.together || ways[[2]effects.Way{*a.way, *b.way}] || ways[[2]effects.Way{*b.way, *a.way}] || !a.against(b) || !b.against(a) {
				continue
			}
			switch {
			case (a.up != b.up || b.together) && *a.way == *b.way: // up and down the same one
			case a.up == b.up && !b.together && o.opposites.Lead(*a.way, *b.way) && !o.together.Lead(a.origin(), *a.way, b.origin(), *b.way):
			default:
				continue
			}
			ways[[2]effects.Way{*a.way, *b.way}] = true
			switch {
			case b.together || a.up != b.up:
				out = append(out, crossing(o, []*lockEdge{a, b}, ""))
			case a.f == b.f && *a.way == *b.way:
				out = append(out, crossing(o, []*lockEdge{a}, ", which may lead back"))
			default:
				out = append(out, crossing(o, []*lockEdge{a, b}, ", which leads back"))
			}
			free[*a.way], free[*b.way] = true, true
		}
	}
	return append(out, o.anywhere(c, free)...)
}

// anywhere reports ways along which functions lock a second object, and by which callers may have two
// objects lead to each other; each way once, with all that go along it.
func (o *ordering) anywhere(c *project.Class, told map[effects.Way]bool) []finding.Finding {
	var out []finding.Finding
	for i, a := range o.own[c] {
		if a.way == nil && len(a.steps) == 0 || a.passed || a.together || a.way != nil && told[*a.way] || !a.against(a) {
			continue
		}
		way, by, ok := o.set(a)
		if !ok || told[way] {
			continue
		}
		told[way] = true
		told := crossing(o, []*lockEdge{a}, ", which may lead back")
		if by.By != nil {
			told.Related = append(told.Related, place(by.By, by.At, fmt.Sprintf("%s sets %s to any object that it is given, even one that leads back here", by.By.Name(), spelledWay(way))))
		}
		for _, b := range o.own[c][i+1:] {
			if b.way != nil && *b.way == way && !b.passed && !b.together && b.against(b) {
				told.Related = append(told.Related, place(b.in, b.e.Span, b.says(true)+", too"))
			}
		}
		out = append(out, told)
	}
	return out
}

// set returns the way, of those on which an edge goes, by which callers may have it lead to any object.
func (o *ordering) set(a *lockEdge) (way effects.Way, by effects.Setting, ok bool) {
	o.asked()
	steps := a.steps
	if a.way != nil {
		steps = []effects.WayOf{{Way: *a.way, Of: a.class()}}
		if a.up {
			steps[0].Of = a.e.Class
		}
	}
	for _, st := range steps {
		if o.walks[st.Way] {
			return way, by, false
		}
	}
	for _, st := range steps {
		if by, ok = o.settings.Of(st.Of, st.Way); ok {
			return st.Way, by, true
		}
	}
	return way, by, false
}

// linked finds what functions store of objects in others.
func linked(o *ordering) effects.Links {
	if o.links == nil {
		o.links = effects.LinksOf(o.p.prog, o.all)
	}
	return o.links
}

// asked finds out where callers say what attributes lead to.
func (o *ordering) asked() {
	if o.walks == nil {
		o.settings, o.walks = effects.SettingsOf(o.p.prog, o.all, linked(o)), effects.Walks(o.all)
	}
}

// spelledWay says in words what a way leads to.
func spelledWay(w effects.Way) string {
	if w.Items {
		return "an item of " + w.Name
	}
	return w.Name
}

// crosses reports whether one thread may hold what another one waits for, and the other way
// round: a variable of the module is one object for all.
func (a *lockEdge) crosses(b *lockEdge) bool {
	fit := func(x, y string) bool { return x == "" || x == y || y == "" }
	same := func(x, y string) bool { return x != "" && x == y }
	return fit(a.globals[1], b.globals[0]) && fit(b.globals[1], a.globals[0]) &&
		!same(a.globals[0], b.globals[0]) && !same(a.globals[1], b.globals[1])
}
