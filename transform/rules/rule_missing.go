package rules

// PXL103, PXL105, PXL106: guarded state that is used while nobody holds its
// object's lock.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

func checkMissing(c *checking) {
	said := map[string]bool{}
	doubts := doubts{c.p, map[string][]effects.Reader{}}
	for _, f := range c.functions() {
		if c.p.Exempt(f) || c.plan.Failed[f.Def] || f.Class != nil && c.p.Locks.Marked(f.Class) {
			continue
		}
		// One finding for each object and mode is enough, the certain ones first. What is not told apart from
		// others on long paths is another object where it is one of another class.
		type key struct {
			region int32
			class  *project.Class
			code   string
		}
		seen := map[key]bool{}
		calls := map[ast.Span]int{} // where the finding for a call is, by its place
		keyOf := func(e *effects.Effect) key {
			x := &f.Sum.Regions[e.Region]
			k := key{region: e.Region, code: finding.Missing}
			switch {
			case e.Via != nil && e.Via.Class != nil && !e.Via.Exposed():
				k.code = finding.UnlockedHelper
			case x.Root == effects.NodeParam && x.Parent < 0 && !c.p.Member(f) && !(f.Class != nil && library.NoLockMethods()[f.Def.Name.Name]):
				k.code = finding.Function
			}
			if effects.FurtherOn(f, e.Region) {
				k.class = e.Class
			}
			return k
		}
		list := missingIn(c, f)
		borne := map[key]*effects.Effect{} // by something in sight: the first, which is the strongest
		for _, e := range list {
			if k := keyOf(e); borne[k] == nil && len(doubts.of(e)) == 0 {
				borne[k] = e
			}
		}
		for _, e := range list {
			k := keyOf(e)
			if sure := borne[k]; seen[k] || sure != nil && sure.Mode >= e.Mode && len(doubts.of(e)) > 0 {
				continue // the other one is told
			}
			seen[k] = true
			if i, told := calls[e.Span]; told && e.Via != nil {
				c.Findings[i].Related = append(c.Findings[i].Related, c.alsoMissing(f, e))
				continue
			}
			calls[e.Span] = len(c.Findings)
			var perhaps []effects.Reader
			if borne[k] == nil {
				perhaps = doubts.of(e)
			}
			c.missing(f, e, k.code, perhaps, said)
		}
	}
}

// missingIn returns what a function does without a lock that it would have to hold, what writes first.
func missingIn(c *checking, f *effects.Function) []*effects.Effect {
	var out []*effects.Effect
	for _, md := range [...]effects.Mode{effects.Write, effects.Read} {
		for i := range f.Sum.Effects {
			if e := &f.Sum.Effects[i]; e.Mode == md && missingHere(c, f, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// outlives reports whether an object that is taken apart writes to what its pointer leads to
// in the state of its guard: others use that still.
func outlives(c *checking, f *effects.Function, e *effects.Effect) bool {
	if name := f.Def.Name.Name; name != "__dealloc__" && name != "__del__" || e.Mode != effects.Write || !e.Behind || c.p.Guarding.Owners == nil {
		return false
	}
	guard := c.p.Guarding.Of(f.Class)
	steps := effects.Chain(f, e)
	direct := steps[len(steps)-1].Effect.Cause == effects.StoresThrough
	return guard != "" && (direct || !effects.FreesOwn(c.p, f, e.Span, e.Field)) && slices.ContainsFunc(c.p.Guarding.Owners.All, func(pt effects.Pointing) bool {
		// What C made of the owner's state may be the object's own, to be freed.
		return pt.Same && pt.Owner == guard && pt.Pointer == e.Field && project.Related(pt.Class, f.Class) && (direct || !pt.Returned)
	})
}

// missingHere reports whether a function does something that it would have to hold a lock
// for, and that neither its callers nor what it calls is told of.
func missingHere(c *checking, f *effects.Function, e *effects.Effect) bool {
	if !e.Raw || !c.p.Guards(e.Class) || e.Kind == effects.OnPython || e.Mode == effects.Read && c.p.Changes.Settled(e.Class, e.Field) {
		return false
	}
	if e.Via != nil && e.Via.Exposed() && !e.Owned && !library.NoLockMethods()[e.Via.Def.Name.Name] {
		return false // told of that function, where the lock has to be taken
	}
	if effects.FilledWhileImporting(c.p, f, e.Class) {
		return false
	}
	x := &f.Sum.Regions[e.Region]
	if x.Root != effects.NodeParam {
		return true
	}
	constructs := x.Parent < 0 && f.Class == nil && c.p.Constructs(f, int(x.Num)) ||
		x.Num == 0 && x.Parent < 0 && f.Class != nil && library.NoLockMethods()[f.Def.Name.Name] && f.Accessor == effects.Plain && !outlives(c, f, e)
	return (f.Exposed() || project.OfferedToC(f.Mod, f.Class, f.Def) || calledFromC(c, f, x)) && !constructs && !c.p.Holds(f, e)
}

// missing reports it. perhaps are the C functions that alone may change what it is about, where nothing in sight does; said has
// the attributes of which the help has told what may make the lock needless.
func (c *checking) missing(f *effects.Function, e *effects.Effect, code string, perhaps []effects.Reader, said map[string]bool) {
	does := "reads"
	if e.Mode == effects.Write {
		does = "writes"
	}
	class := e.Class.Name
	x := &f.Sum.Regions[e.Region]
	obj := "some " + class
	name := called(f, e.Region)
	if name != "" {
		obj = fmt.Sprintf("%s (%s)", name, class)
	}
	field := fieldOf(e)
	out := project.FindingAt(f.Unit.Source, e.Span, code, "", "")
	out.Warning, out.Vague, out.Writes = true, name == "", e.Mode == effects.Write
	switch {
	case code == finding.UnlockedHelper:
		out.Message = fmt.Sprintf("%s calls %s, which needs the lock of %s, which is not held here", f.Name(), e.Via.Name(), obj)
	case e.Via != nil:
		out.Message = fmt.Sprintf("%s calls %s, which %s %s without its lock", f.Name(), e.Via.Name(), does, obj)
	case field != "":
		out.Message = fmt.Sprintf("%s %s %s of %s without its lock", f.Name(), does, field, obj)
	default:
		out.Message = fmt.Sprintf("%s %s %s without its lock", f.Name(), does, obj)
	}
	out.Help = c.missingHelp(f, e)
	out.Cause = causeOf(c, e, "")
	only, ifNot := "", ""
	if len(perhaps) > 0 {
		out.Note = true
		only, ifNot = ifOnlyRead(class, field, perhaps)
		only = fmt.Sprintf("; nothing is known of %s, and nothing else in sight changes it", only)
		if at := class + "." + field; said[at] {
			ifNot = ""
		} else {
			said[at] = true
		}
	}
	if back := effects.LeadsBack(c.p, f, e); back != "" && !out.Note {
		out.Note = true
		only = fmt.Sprintf("; as far as is seen that is self, to which %s leads back", back)
	}
	fromC := x.Root == effects.NodeParam && calledFromC(c, f, x)
	if fromC {
		out.Note = true
		only = ", where C code calls it, which may do so in another thread"
		out.Cause = causeOf(c, e, " where C code calls back")
	}
	if c.p.Guarding.Of(e.Class) != "" && x.Root == effects.NodeParam && x.Num == 0 && x.Parent < 0 && f.Class != nil && library.NoLockMethods()[f.Def.Name.Name] {
		out.Message += fmt.Sprintf(": what %s points to belongs to its %s, which others still use", field, c.p.Guarding.Of(e.Class))
		out.Help = "do it in a C function that takes the object as a parameter and locks it (@cython.write_lock), and pass it self"
		out.Cause = causeOf(c, e, " as it is taken apart")
	}
	if e.Shared {
		out.Message = strings.TrimSuffix(strings.TrimSuffix(out.Message, " without its lock"), ", which is not held here") + ", but a block holds it for reading only"
		out.Help = "lock it for writing there: cython.write_lock"
	} else {
		why := ""
		parameter := x.Root == effects.NodeParam && x.Parent < 0 && !x.OfItems() // which a decorator names
		if out.Fix, why = inBlock(c, f, e); why != "" && !parameter {
			out.Help += "; a block (with cython." + e.Mode.String() + "_lock) does not work as the code stands: " + why
		}
	}
	if fromC && !e.Shared {
		out.Help = fmt.Sprintf("hold it, by a name of its own, in a block: with cython.%s_lock", e.Mode)
		if c.p.Locks.Of(e.Class).Kind == decorator.Mutex {
			out.Fix = nil
			out.Help += "; but only if C code never calls this in a thread that holds the lock: it is a mutex, and that thread waits for ever"
		}
	}
	out.Message += only
	out.Help = ifNot + out.Help
	if at := "nodes of " + class; f.Class != nil && project.Related(f.Class, e.Class) && leadsToOwnKind(e.Class) && (x.Root != effects.NodeParam || x.Parent >= 0 && !x.OfItems()) && !said[at] {
		said[at] = true
		out.Help += "; " + nodesOf(e.Class)
	}
	if steps := effects.Chain(f, e); len(steps) > 1 {
		out.Related = effects.RelatedOf(steps[1:])
	}
	c.Findings = append(c.Findings, out)
}

// fieldOf is the attribute whose state an effect is on, "" where that is not known.
func fieldOf(e *effects.Effect) string {
	if e.Field == "" && (e.Cause == effects.Reads || e.Cause == effects.Writes || e.Cause == effects.Deletes) {
		return e.Name
	}
	return e.Field
}

// leadsToOwnKind reports whether attributes of objects of a class lead to others of it.
func leadsToOwnKind(c *project.Class) bool {
	return slices.ContainsFunc(c.Ancestry(), func(a *project.Class) bool {
		return slices.ContainsFunc(a.Fields, func(fd *project.Field) bool { return fd.Class() != nil && project.Related(fd.Class(), c) })
	})
}

// causeOf tells what several findings have in common, which is what is to be decided for all of them: how those
// who use what a lock guards come to hold it. Apart are those who hold it for too little, and those who take apart
// what others still use.
func causeOf(c *checking, e *effects.Effect, apart string) string {
	lock := c.p.Locks.Shared(e.Class)
	return fmt.Sprintf("the lock of %s in %s%s, shared %v", lock.Name, lock.Mod.Stem, apart, e.Shared)
}

// naming returns the C function, among those on the way to what is done, that has the object as a
// parameter, where the function that comes to it first has no name for it; nil
// where there is none.
func naming(c *checking, f *effects.Function, e *effects.Effect) (g *effects.Function, num int) {
	if nameable(c, f, e.Region) || e.Shared {
		return nil, 0
	}
	for _, s := range effects.Chain(f, e)[1:] {
		x := &s.Func.Sum.Regions[s.Effect.Region]
		if x.Root != effects.NodeParam || x.Parent >= 0 || s.Func.Exposed() {
			continue
		}
		return s.Func, int(x.Num)
	}
	return nil, 0
}

// nameable reports whether a decorator of f could name an object.
func nameable(c *checking, f *effects.Function, region int32) bool {
	return !f.Def.Async && effects.PathOf(f, region) != "" && f.Sum.Regions[region].Root == effects.NodeParam && f.AtEntry(region) && (c.p.Changes == nil || c.p.Changes.Stay(f, region))
}

// alsoMissing tells of a further object that a call needs the lock of.
func (c *checking) alsoMissing(f *effects.Function, e *effects.Effect) finding.Related {
	what := "some " + e.Class.Name
	if name := called(f, e.Region); name != "" {
		what = fmt.Sprintf("%s (%s)", name, e.Class.Name)
	}
	steps := effects.Chain(f, e)
	last := steps[len(steps)-1]
	pos := project.FindingAt(last.Func.Unit.Source, last.Effect.Span, "", "", "")
	return finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf("%s needs the lock of %s, too: %s", last.Func.Name(), what, last.Text)}
}

// missingHelp tells where the lock could be taken.
func (c *checking) missingHelp(f *effects.Function, e *effects.Effect) string {
	if u := c.p.Overrides().UnnamedOn(f, e); u != nil {
		return overrideHelp(c, u)
	}
	x := &f.Sum.Regions[e.Region]
	class, name := e.Class.Name, f.Def.Name.Name
	path := effects.PathOf(f, e.Region) // there is none to an attribute of an item
	if f.Def.Async || x.Root != effects.NodeParam || path == "" || (x.Num > 0 || f.Class == nil) && x.Parent < 0 && effects.InC(c.p, f, int(x.Num)) || f.Accessor == effects.Plain && library.NoLockMethods()[name] && (name != "__cinit__" || x.Num == 0) {
		return elsewhere(c, f, e)
	}
	dec := fmt.Sprintf("@cython.%s_lock(%q)", e.Mode, path)
	num, items := effects.Items(f, e.Region)
	if items && !effects.ItemsNameable(c.p, f, num, e.Class) {
		return elsewhere(c, f, e)
	}
	if items && f.Keeps(num) {
		container := f.Def.Params.List[num].Name.Name
		return fmt.Sprintf("use a method of %s that locks; or lock the items, %s on %s, but then change, store or pass on %s itself elsewhere: a function that locks the items gets a copy", class, dec, name, container)
	}
	if x.Parent < 0 {
		return fmt.Sprintf("lock it: %s on %s", dec, name)
	}
	if !f.AtEntry(e.Region) {
		return fmt.Sprintf("%s may be another object by then: %s", effects.PathOf(f, e.Region), elsewhere(c, f, e))
	}
	if c.p.Changes != nil && !c.p.Changes.Stay(f, e.Region) {
		return fmt.Sprintf("%s may be assigned another object before a lock on it is taken: %s", effects.PathOf(f, e.Region), elsewhere(c, f, e))
	}
	if by := writesWithin(f, e); by != nil && !items {
		return fmt.Sprintf("%s comes to lock %s for writing, and could not while a decorator held it for reading: %s", by.Name(), path, elsewhere(c, f, e))
	}
	if f.Suspends() && !items { // which holds nothing between its steps but what is its own
		return fmt.Sprintf("use a method of %s that locks, or hold it for this step: with cython.%s_lock(%s)", class, e.Mode, path)
	}
	if !c.p.Member(f) {
		return fmt.Sprintf("use a method of %s that locks, or lock it: %s on %s", class, dec, name)
	}
	// A decorator that names something else leaves self to the others.
	self := rootName(f, e.Region)
	switch held, ok := c.p.ModeOf(f); {
	case !ok:
	case held == e.Mode:
		dec = fmt.Sprintf("@cython.%s_lock(%q, %q)", e.Mode, self, path)
	default:
		dec = fmt.Sprintf("@cython.%s_lock and %s", held, dec)
	}
	return fmt.Sprintf("use a method of %s that locks, or lock both: %s on %s", class, dec, name)
}

// writesWithin returns a function that is called and comes to lock for writing, by itself, the object that an effect only reads; nil where
// none does.
func writesWithin(f *effects.Function, e *effects.Effect) *effects.Function {
	for i := range f.Sum.Effects {
		if o := &f.Sum.Effects[i]; o.Region == e.Region && !o.Raw && o.Via != nil && o.Span != e.Span && o.Mode > e.Mode {
			return o.Via
		}
	}
	return nil
}

// elsewhere says which other function can lock an object that this one cannot name at its entry.
func elsewhere(c *checking, f *effects.Function, e *effects.Effect) string {
	where := "do it in a function that takes the object as a parameter and locks it"
	if g, num := naming(c, f, e); g != nil {
		named := ""
		if num > 0 || g.Class == nil {
			named = fmt.Sprintf("(%q)", g.Def.Params.List[num].Name.Name)
		}
		where = fmt.Sprintf("let %s lock it, which has it as a parameter: @cython.%s_lock%s", g.Name(), e.Mode, named)
		if g.Def.Suffix.Noexcept {
			where += ", after dropping noexcept, so that it can raise"
		}
	}
	return fmt.Sprintf("use a method of %s that locks, or %s", e.Class.Name, where)
}

// called says in words which object of a function a region is, "" where nothing names it.
func called(f *effects.Function, r int32) string {
	num, ok := effects.Items(f, r)
	if !ok {
		return effects.PathOf(f, r)
	}
	prm := f.Def.Params.List[num]
	if prm.Kind == ast.DoubleStar {
		return "a value of " + prm.Name.Name
	}
	return "an item of " + prm.Name.Name
}

// rootName is the parameter that a path starts at; of items, which have a path of their
// own, the first one.
func rootName(f *effects.Function, r int32) string {
	if f.Sum.Regions[r].OfItems() {
		return f.Def.Params.List[0].Name.Name
	}
	for f.Sum.Regions[r].Parent >= 0 {
		r = f.Sum.Regions[r].Parent
	}
	return effects.PathOf(f, r)
}
