package effects

// What the locks that people placed guard. Each use of an attribute has a set of locks that are held at it;
// a lock guards the attribute if it is in all of these sets, construction left out. This is the lockset of
// Savage et al. (Eraser, 1997), found without running anything.
//
// A lock is told from the object whose state is used: its own critical section, an attribute of it, or what
// is reached from it; or it is the module's. The lock of another object, a parameter's say, is none of these.

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// StateLock is a lock as it is told from the object whose state it may guard.
type StateLock struct {
	// Path leads from the object to the lock: "_lock", "_doc._lock"; "" is the object itself. Of the
	// module's locks it has the variable, with its module.
	Path    string
	Module  bool
	Section bool // a critical section
	some    bool // one of several in a container
	own     bool // the lock that pyxlock gave the object
}

// Text spells a lock for an object that is called self.
func (l StateLock) Text(self string) string {
	text := l.Path
	if l.Module {
		text = text[lastDot(text)+1:]
	} else if text = self; l.Path != "" {
		text += strings.ReplaceAll("."+l.Path, ".[", "[") // a place in a tuple (lockplaces.go)
	}
	if l.own {
		return "pyxlock's lock of " + text
	}
	if l.Section {
		return "critical_section(" + text + ")"
	}
	return text
}

// compare puts locks in an order that depends on nothing but what they are.
func (l StateLock) compare(o StateLock) int {
	return cmp.Or(strings.Compare(l.Text("self"), o.Text("self")), strings.Compare(l.Path, o.Path), compareBool(l.Module, o.Module), compareBool(l.Section, o.Section))
}

// Attribute is the attribute of the object that has the lock, "" for none.
func (l StateLock) Attribute() string {
	if l.Module || l.own || l.Path == "" || strings.Contains(l.Path, ".") {
		return ""
	}
	return l.Path
}

// State is an attribute of a class, or the object that it holds.
type State struct {
	Class  *project.Class
	Field  string
	Behind bool
}

// Access is a use of a state, with the locks that are held at it.
type Access struct {
	Func   *Function
	Effect *Effect
	// Locks tells of each lock that is held whether others may hold it, too.
	Locks map[StateLock]bool
	// Region is the object whose state it is, Class what it is used as.
	Region int32
	Class  *project.Class
	// init is true of what __init__ does, which can be called again; outer where it is told of
	// an object that leads to the one that something is done to.
	init, outer bool
	// takers are the methods of other objects that take locks of theirs, see takerFor.
	takers map[StateLock]*Function
}

// Init reports whether it is __init__ that uses the state.
func (a *Access) Init() bool { return a.init }

// Holds reports whether an access holds a lock as it has to: to write, alone. Whoever gives C a pointer under a lock
// for readers says that C only reads.
func (a *Access) Holds(l StateLock) bool {
	shared, ok := a.Locks[l]
	return ok && !(shared && a.Effect.Writes() && done(a.Effect))
}

// Outer reports whether the access is of something further on, which belongs to another object.
func (a *Access) Outer() bool { return a.outer }

// Alone reports whether an access holds another lock than one, which nobody else holds.
func (a *Access) Alone(but StateLock) bool {
	for l, shared := range a.Locks {
		if l != but && !shared {
			return true
		}
	}
	return false
}

// StateLocks is what guards a state, as far as a lock does.
type StateLocks struct {
	By StateLock
	// Writes is an access that writes with it.
	Writes *Access
	All    []*Access
}

// LockSets tell what the locks guard that people placed.
type LockSets struct {
	p      *Program
	States map[State]*StateLocks
	// All are the accesses of what no lock guards, too.
	All map[State][]*Access
	of  map[*project.Class][]State // see statesOf
	// from are the uses that are told of an object which leads to what is used, see shareFrom.
	from map[*Effect][]comingFrom
	// rebound are the attributes that methods of a class assign to on its own objects: a lock that is reached through
	// one is now this one and now that.
	rebound map[*project.Class]map[string]bool
	// owners are the classes that have the attribute by which a lock is reached.
	owners map[StateLock][]*project.Class
	// by are the locks that guard something of a class.
	by map[*project.Class][]StateLock
}

// Entered reports whether a function may be called by whoever likes, so that it has to take what locks it
// needs: a private one that is called here is looked at there.
func Entered(p *Program, f *Function) bool { return p.Entry(f) && !LockedByCallers(f) }

// LockedByCallers reports whether a method leaves the lock to its callers, who
// are looked at in its place: its name says so, or it is private and called here, or it enters or
// leaves a with statement with an object of a private class.
func LockedByCallers(f *Function) bool {
	for _, w := range syntax.Words(f.Def.Name.Name) {
		if w == "locked" || w == "unlocked" || w == "nolock" {
			return true
		}
	}
	if name := f.Def.Name.Name; (name == "__enter__" || name == "__exit__") && f.Class != nil && PrivateName(f.Class.Name) {
		return len(f.Callers) > 0 // whoever has the object is in sight
	}
	if !PrivateName(f.Def.Name.Name) || len(f.Callers) == 0 {
		return false
	}
	return f.Accessor == Plain || f.Sum.shared[0] // of a property that only constructors use here, these say nothing
}

// FindLockSets finds what guards the states that solved functions use, in a model in which each class
// has a lock of its own: what is done to an object is told of it then, and not of the one that has it.
func FindLockSets(p *Program, all []*Function) *LockSets {
	ls := &LockSets{p: p, States: map[State]*StateLocks{}, All: map[State][]*Access{}, by: map[*project.Class][]StateLock{}}
	if !slices.ContainsFunc(all, func(f *Function) bool { return len(f.Sum.locks) > 0 }) && !usesAtomics(p, all) {
		return ls
	}
	locks := map[*project.Class]map[string]bool{} // attributes that are locks
	ls.findRebound(all)
	for _, f := range all {
		if p.Exempt(f) || !Entered(p, f) {
			continue
		}
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Kind == OnPython || e.Maybe || e.Class == nil || e.Cause == Takes || e.later || e.locks == everything || constructing(p, f, e.Region) {
				continue
			}
			root := f.Sum.Regions[e.Region].Root
			if root != NodeParam && root != NodeGlobal {
				continue // which object that is, no lock tells
			}
			if ofHolder(p, f, e) || asksNoLock(e) {
				continue
			}
			ls.uses(f, e, e.Region, e.Class, e.Field, e.Behind, locks)
			// It is in what its owner's attribute leads to, too.
			for r := e.Region; f.Sum.Regions[r].Parent >= 0; r = f.Sum.Regions[r].Parent {
				if x := &f.Sum.Regions[r]; x.Owner != nil && x.Name != furtherOn {
					ls.uses(f, e, x.Parent, x.Owner, x.Name, true, locks)
				}
			}
		}
	}
	for s := range ls.All {
		for _, k := range s.Class.Ancestry() {
			if locks[k][s.Field] || typedAttr(p, k, s.Field) {
				delete(ls.All, s)
			}
		}
	}
	ls.leaveTests(all)
	ls.leaveUnchanged()
	ls.leaveOnce(all)
	ls.classes()
	for s, list := range ls.All {
		if g := ls.guard(slices.DeleteFunc(slices.Clone(list), func(a *Access) bool { return a.outer }), s.Class); g != nil {
			ls.States[s] = g
		}
	}
	ls.leaveInner()
	for s, list := range ls.All {
		if g := ls.guard(list, s.Class); g != nil {
			ls.States[s] = g
		} else {
			delete(ls.States, s)
		}
	}
	return ls
}

// leaveInner leaves out of the uses of what leads to an object those of an attribute that is guarded by a lock of that
// object itself.
func (ls *LockSets) leaveInner() {
	for s, list := range ls.All {
		ls.All[s] = slices.DeleteFunc(list, func(a *Access) bool {
			if !a.outer {
				return false
			}
			for _, c := range a.Effect.Class.Declaring(a.Effect.Field) {
				g := ls.States[State{c, a.Effect.Field, a.Effect.Behind && leads(ls.p, c, a.Effect.Field)}]
				if g != nil && !g.By.Module && !strings.Contains(g.By.Path, ".") {
					return true
				}
			}
			return false
		})
	}
}

// uses notes a use of an attribute of what a region is, or of what that leads to.
func (ls *LockSets) uses(f *Function, e *Effect, region int32, class *project.Class, field string, behind bool, locks map[*project.Class]map[string]bool) {
	if field == "" || constructing(ls.p, f, region) {
		return
	}
	a := &Access{Func: f, Effect: e, Region: region, init: initializing(f, region), outer: region != e.Region}
	for set := e.locks; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(uint64(set))
		l := f.Sum.locks[i]
		k, owner, ok := relative(f, l, region)
		if !ok || ls.changes(class, k) || k.some && !l.all && rebinds(e) || !k.Module && (k.Path == field || strings.HasPrefix(k.Path, field+".") && !within(ls.p, class, field, behind)) {
			continue // another of several locks, unless all are held, keeps nobody away from the attribute itself, nor does one that it leads to
		}
		k.some = false
		if a.Locks == nil {
			a.Locks = map[StateLock]bool{}
		}
		if shared, known := a.Locks[k]; !known || shared {
			a.Locks[k] = l.shared
		}
		if t := takerFor(f, e, i); t != nil && a.outer && !k.Module {
			if a.takers == nil {
				a.takers = map[StateLock]*Function{}
			}
			a.takers[k] = t
		}
		if at := k.Attribute(); at != "" && owner != nil {
			for _, c := range owner.Declaring(at) {
				if locks[c] == nil {
					locks[c] = map[string]bool{}
				}
				locks[c][at] = true
			}
		}
		if !k.Module && owner != nil {
			if ls.owners == nil {
				ls.owners = map[StateLock][]*project.Class{}
			}
			if at := k.Path; at != "" {
				first, _, _ := strings.Cut(at, ".")
				for _, c := range owner.Declaring(first) {
					if !slices.Contains(ls.owners[k], c) {
						ls.owners[k] = append(ls.owners[k], c)
					}
				}
			}
		}
	}
	for _, c := range class.Declaring(field) {
		s := State{c, field, behind && leads(ls.p, c, field)}
		a.Class = class
		ls.All[s] = append(ls.All[s], a)
	}
}

// within reports whether a lock in what an attribute points to, or in the struct that it is, may guard the rest of that.
func within(p *Program, c *project.Class, field string, behind bool) bool {
	f := c.Field(field)
	if f == nil {
		return false
	}
	sh := p.Types.OfField(f)
	return behind && sh.Kind == ctype.Pointer || sh.Kind == ctype.Record && sh.Depth == 0
}

// leads reports whether an attribute leads to something else, which may be guarded in another way.
func leads(p *Program, c *project.Class, field string) bool {
	f := c.Field(field)
	if f == nil {
		return false
	}
	sh := p.Types.OfField(f)
	return sh.Kind == ctype.Object || sh.Kind == ctype.Pointer && !sh.Array()
}

// constructing reports whether a function makes the object that a region is, or takes it apart.
func constructing(p *Program, f *Function, region int32) bool {
	x := &f.Sum.Regions[region]
	if x.Root != NodeParam || x.Parent >= 0 || initializing(f, region) {
		return false
	}
	name := f.Def.Name.Name
	own := x.Num == 0 && f.Class != nil && f.Accessor == Plain
	return own && (library.NoLockMethods()[name] || library.ImplicitStatic()[name]) || p.Constructs(f, int(x.Num))
}

// initializing reports whether a region is the object of an __init__.
func initializing(f *Function, region int32) bool {
	x := &f.Sum.Regions[region]
	return x.Root == NodeParam && x.Parent < 0 && x.Num == 0 && f.Class != nil && f.Accessor == Plain && f.Def.Name.Name == "__init__"
}

// rebinds reports whether an effect assigns to the attribute itself.
func rebinds(e *Effect) bool {
	switch ends(e) {
	case Writes, Deletes:
		return !e.Behind
	}
	return false
}

// relative tells a lock from the object that a region is; owner is the class that the first
// attribute on the way is one of.
func relative(f *Function, l heldLock, region int32) (out StateLock, owner *project.Class, ok bool) {
	out = StateLock{Section: l.section, some: l.some, own: l.own}
	var path []string
	for r := l.region; ; {
		if r == region {
			if len(path) == 0 && !l.section && !l.own {
				return out, nil, false
			}
			slices.Reverse(path)
			out.Path = strings.Join(path, ".")
			return out, owner, true
		}
		x := &f.Sum.Regions[r]
		path = append(path, x.Name)
		owner = x.Owner
		if x.Parent < 0 {
			if x.Root != NodeGlobal {
				return out, nil, false
			}
			slices.Reverse(path)
			out.Path, out.Module = strings.Join(path, "."), true
			return out, nil, true
		}
		r = x.Parent
	}
}

// classes finds which locks guard something of which class. One of its own does where something is
// written with it; the module's, where it is held at every use of some attribute that is written, or where most
// functions that use it hold it and several do: the others leave it out.
func (ls *LockSets) classes() {
	for s, list := range ls.All {
		written := map[StateLock]bool{}
		held, uses := map[StateLock]map[*Function]int{}, map[*Function]int{}
		for _, a := range list {
			if a.init {
				continue
			}
			uses[a.Func]++
			for l := range a.Locks {
				if held[l] == nil {
					held[l] = map[*Function]int{}
				}
				held[l][a.Func]++
				written[l] = written[l] || a.Effect.Writes() && !(a.outer && a.Locks[l]) // readers do not write what others own
			}
		}
		for l := range written {
			with := 0 // functions that hold it at all of their uses
			for f, n := range held[l] {
				if n == uses[f] {
					with++
				}
			}
			meant := !l.Module || with == len(uses) || with > 1 && with > len(uses)-with
			if written[l] && meant && !slices.Contains(ls.by[s.Class], l) {
				ls.by[s.Class] = append(ls.by[s.Class], l)
			}
		}
	}
}

// guard is the lock that most functions hold at all of their accesses of a state, if one of those that guard
// anything of the class is held where the state is written.
func (ls *LockSets) guard(list []*Access, c *project.Class) *StateLocks {
	type count struct{ functions, writes int }
	type uses struct {
		held   int
		writes bool
	}
	counts := map[StateLock]count{}
	by := map[*Function]map[StateLock]*uses{}
	all := map[*Function]int{}
	for _, a := range list {
		if a.init {
			continue
		}
		all[a.Func]++
		for l := range a.Locks {
			if !ls.guards(c, l) {
				continue
			}
			if by[a.Func] == nil {
				by[a.Func] = map[StateLock]*uses{}
			}
			if by[a.Func][l] == nil {
				by[a.Func][l] = &uses{}
			}
			u := by[a.Func][l]
			u.held++
			u.writes = u.writes || a.Effect.Writes() && !(a.outer && a.Locks[l])
		}
	}
	for f, locks := range by {
		for l, u := range locks {
			n := counts[l]
			if u.held == all[f] {
				n.functions++
			}
			if u.writes {
				n.writes++
			}
			counts[l] = n
		}
	}
	var best StateLock
	for l, n := range counts {
		b, has := counts[best]
		if n.writes > 0 && (!has || cmp.Or(cmp.Compare(n.functions, b.functions), cmp.Compare(n.writes, b.writes), best.compare(l)) > 0) {
			best = l
		}
	}
	if counts[best].writes == 0 {
		return nil
	}
	g := &StateLocks{By: best}
	for _, a := range list {
		if ls.has(a.Class, best) {
			g.All = append(g.All, a)
		}
	}
	for _, a := range list {
		if shared, held := a.Locks[best]; a.init || !a.Effect.Writes() || !held || a.outer && shared {
			continue // readers do not write what others own
		}
		rank := func(a *Access) int {
			return map[bool]int{true: 2}[a.Holds(best)] + map[bool]int{true: 1}[a.Effect.Sure]
		}
		if g.Writes == nil || rank(a) > rank(g.Writes) {
			g.Writes = a
		}
	}
	return g
}

// has reports whether objects of a class may have a lock: a subclass may have what its sister has not.
func (ls *LockSets) has(c *project.Class, l StateLock) bool {
	return len(ls.owners[l]) == 0 || slices.ContainsFunc(ls.owners[l], func(o *project.Class) bool { return project.Related(c, o) })
}

// guards reports whether a lock guards something of a class, or of one in its line.
func (ls *LockSets) guards(c *project.Class, l StateLock) bool {
	for _, k := range c.Ancestry() {
		if slices.Contains(ls.by[k], l) {
			return true
		}
	}
	return false
}

// Sorted are the states that locks guard, in the order of their names.
func (ls *LockSets) Sorted() []State {
	var out []State
	for s := range ls.States {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b State) int {
		return cmp.Or(strings.Compare(a.Class.Mod.Stem, b.Class.Mod.Stem), strings.Compare(a.Class.Name, b.Class.Name), strings.Compare(a.Field, b.Field), compareBool(a.Behind, b.Behind))
	})
	return out
}

// Of returns the locks that guard something of a class, or of one in its line in its module, those that guard
// most attributes first.
func (ls *LockSets) Of(c *project.Class) []StateLock {
	count := map[StateLock]int{}
	for s, g := range ls.States {
		if slices.Contains(c.Ancestry(), s.Class) && slices.ContainsFunc(g.All, func(a *Access) bool {
			_, held := a.Locks[g.By]
			return !a.init && a.Effect.Writes() && held && a.takers[g.By] == nil && (a.Class == nil || slices.Contains(c.Ancestry(), a.Class))
		}) {
			count[g.By]++
		}
	}
	var out []StateLock
	for l := range count {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b StateLock) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), a.compare(b))
	})
	return out
}

// Example returns an access that writes some state of a class with a lock.
func (ls *LockSets) Example(c *project.Class, l StateLock) *Access {
	var out *Access
	for s, g := range ls.States {
		if g.By != l || g.Writes == nil || s.Class != c && !project.Related(s.Class, c) {
			continue
		}
		if w := g.Writes; out == nil || cmp.Or(compareBool(w.Func.Class == c, out.Func.Class == c), strings.Compare(out.Func.Unit.Path, w.Func.Unit.Path), cmp.Compare(out.Effect.Span.Pos, w.Effect.Span.Pos)) > 0 {
			out = w
		}
	}
	return out
}

// statesOf returns the states of the objects of a class that are used, by their names.
func (ls *LockSets) statesOf(c *project.Class) []State {
	if ls.of == nil {
		ls.of = map[*project.Class][]State{}
		for s := range ls.All {
			ls.of[s.Class] = append(ls.of[s.Class], s)
		}
		for _, list := range ls.of {
			slices.SortFunc(list, func(a, b State) int {
				if a.Field == b.Field && a.Behind != b.Behind {
					return map[bool]int{false: -1, true: 1}[a.Behind]
				}
				return strings.Compare(a.Field, b.Field)
			})
		}
	}
	return ls.of[c]
}

// itself reports whether an access comes about in no other function that is looked at by itself.
func (ls *LockSets) itself(a *Access) bool {
	for _, st := range Chain(a.Func, a.Effect)[1:] {
		if Entered(ls.p, st.Func) {
			return false
		}
	}
	return true
}
