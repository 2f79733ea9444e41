package rules

// PXL213: what is said of locks in a circle.

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

// manyPlaces is how many places of a circle are told with how each lock comes to be taken: nobody reads hundreds, and circles
// that lead through each other would tell all of them.
const manyPlaces = 100

// crossing is a finding about edges of which each waits for the next, and the last for the
// first. back is said of where the last one leads.
func crossing(o *ordering, path []*lockEdge, back string) finding.Finding {
	first := path[0]
	out := project.FindingAt(first.in.Unit.Source, first.e.Span, finding.Order, "", "")
	out.Warning = true
	var does []string
	hang := false
	for _, e := range path {
		does = append(does, e.says(e.from == e.to))
		hang = hang || o.p.locks.Of(e.class()).Kind == decorator.Mutex
		out.Related = append(out.Related, e.chain(len(out.Related) < manyPlaces)...)
	}
	end := "two threads that do so at once wait for each other, and one gets RuntimeError"
	switch {
	case len(path) == 1 && first.held != nil && first.passed:
		end = "two threads that do so at once, one of them with the two objects the other way round, wait for each other, and one gets RuntimeError"
	case len(path) == 1:
		end = "two threads that do so at once, each with the other's object, wait for each other, and one gets RuntimeError"
	}
	if hang {
		end = strings.Replace(end, "wait for each other, and one gets RuntimeError", "hang", 1)
	}
	out.Message = fmt.Sprintf("%s%s: %s", strings.Join(does, ", and "), back, end)
	out.Help = first.help(hang)
	if first.held != nil {
		out.Fix = first.held.fix
	}
	out.Cause = causeOfCircle(o, path)
	switch {
	case o.onlyCalled(path):
		out.Note = true
		out.Message += "; nothing in sight hands it anything that does"
	case len(path) == 1 && first.unseen:
		out.Note = true
		out.Message += "; in sight there are only texts and numbers there"
	}
	return out
}

// causeOfCircle is the same for circles that are one thing to decide: in which order the same locks are taken, or whether what
// may be anything is called while they are held. So are circles that lead through one place, which takes locks of several
// classes.
func causeOfCircle(o *ordering, path []*lockEdge) string {
	var names, places []string
	calls := false
	for _, e := range path {
		names = append(names, e.from.Name+" in "+e.from.Mod.Stem)
		calls = calls || e.e.Cause == effects.CallsUnknown
	}
	for _, e := range path {
		places = append(places, fmt.Sprintf("%s:%d, calls %v", e.in.Unit.Path, e.e.Span.Pos, calls))
	}
	slices.Sort(names)
	cause := fmt.Sprintf("%s, calls %v", strings.Join(slices.Compact(names), ", "), calls)
	if i := slices.IndexFunc(places, func(at string) bool { return o.causes[at] != "" }); i >= 0 {
		cause = o.causes[places[i]]
	}
	for _, at := range places {
		if o.causes[at] == "" {
			o.causes[at] = cause
		}
	}
	return cause
}

// says tells what one edge does; with one the object is named, not its class, and so are two that are
// taken at once.
func (a *lockEdge) says(one bool) string {
	what := "some " + a.e.Class.Name
	if one || a.together || a.taken != "" {
		what = a.object()
	}
	verb := "locks"
	switch a.e.Cause {
	case effects.MayCall:
		verb = fmt.Sprintf("uses %s of", a.e.Name)
		what += ", which locks it"
	case effects.CallsUnknown:
		verb, what = "calls", fmt.Sprintf("%s, which may lock another %s", a.callee(), a.e.Class.Name)
	}
	if a.together {
		return fmt.Sprintf("%s locks %s and %s at once, and either may come first", a.f.Name(), a.holder(), what)
	}
	return fmt.Sprintf("%s holds %s and %s %s", a.f.Name(), a.holder(), verb, what)
}

// holder says in words what is held.
func (a *lockEdge) holder() string {
	switch {
	case a.held == nil:
		return "self"
	case a.held.text == "":
		return "some " + a.held.class.Name
	}
	return fmt.Sprintf("%s (%s)", a.held.text, a.held.class.Name)
}

// callee says in words what is called that may be anything.
func (a *lockEdge) callee() string {
	if a.way != nil {
		return spelledWay(*a.way)
	}
	return "what it is given"
}

// chain tells where an edge comes about: where the one lock is taken, and, with how, by which calls it comes to the other.
func (a *lockEdge) chain(how bool) []finding.Related {
	var out []finding.Related
	tell := func(at ast.Span, message string) { out = append(out, place(a.in, at, message)) }
	holder := a.holder()
	if a.held == nil {
		holder = fmt.Sprintf("self (%s)", a.class().Name)
	}
	within := ""
	if a.in != a.f {
		within = " in " + a.in.Name()
	}
	switch {
	case a.together:
		tell(a.e.Span, fmt.Sprintf("%s locks %s and %s at once, in the order of their addresses", a.f.Name(), holder, a.object()))
		return out
	case a.held != nil && a.held.at != (ast.Span{}):
		tell(a.held.at, fmt.Sprintf("%s locks %s in a block", a.f.Name(), holder))
	}
	if a.e.Cause == effects.CallsUnknown {
		tell(a.e.Span, fmt.Sprintf("%s holds %s and calls %s", a.f.Name(), holder, a.callee()))
		return out
	}
	tell(a.e.Span, fmt.Sprintf("%s holds %s and locks %s%s", a.f.Name(), holder, a.object(), within))
	if !how {
		return out
	}
	return append(out, effects.RelatedOf(effects.Chain(a.in, a.e)[1:])...)
}

// place is a place in a function, with what is said of it.
func place(f *effects.Function, at ast.Span, message string) finding.Related {
	pos := project.FindingAt(f.Unit.Source, at, "", "", "")
	return finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: finding.Brief(message)}
}

// help tells what to do about an edge.
func (a *lockEdge) help(hang bool) string {
	if a.held != nil && a.held.at != (ast.Span{}) {
		if a.held.apart {
			return "do it before the block or after it: no statement takes two kinds of lock"
		}
		if a.taken != "" {
			return fmt.Sprintf("lock both in one statement, which takes them in one order: with %s:", a.statement())
		}
		return "do it before the block or after it, or lock both in one statement, which takes them in one order: with " + a.statement() + ":"
	}
	at := ""
	if a.e.Region >= 0 && a.in.AtEntry(a.e.Region) {
		at = effects.PathOf(a.in, a.e.Region)
	}
	if a.held != nil && a.e.Cause == effects.Takes && at != "" {
		return fmt.Sprintf("leave the block out and lock both at entry, which takes them in one order: %s on %s", together(a, at), a.f.Name())
	}
	if a.taken != "" {
		return "lock it before the function's own lock is taken or after that is released: in a no_lock method with one block that takes both, or two, one after the other"
	}
	out := "call it before the lock is taken or after it is released"
	if a.held == nil && a.f.Def.Kind != ast.Cdef {
		self := a.f.Def.Params.List[0].Name.Name
		out += fmt.Sprintf(", in a @cython.no_lock(\"why\") method that does the rest in a block (with cython.%s_lock(%s))", a.holds, self)
	}
	if a.e.Cause == effects.MayCall && (a.guessed || at == "" || !a.in.Sum.Regions[a.e.Region].OfItems()) {
		return out
	}
	// Who calls itself takes more than two.
	if at != "" && !hang && a.held == nil && a.e.Via != a.f {
		out += fmt.Sprintf(", or take both together: %s on %s", together(a, at), a.f.Name())
	}
	if a.way != nil && a.from == a.to && !a.guessed && leadsToOwnKind(a.e.Class) {
		out += "; " + nodesOf(a.e.Class)
	}
	return out
}

// nodesOf says what to do about objects that lead to others of their class, and that nobody has by themselves.
func nodesOf(c *project.Class) string {
	return fmt.Sprintf("if other threads come to these objects only through one whose lock they hold, as to the nodes of a tree, that is enough: @cython.no_lock(\"why\") on the class %s", c.Name)
}

// statement spells the locks of both objects in one with statement.
func (a *lockEdge) statement() string {
	what := a.taken
	if what = cmp.Or(what, a.on); what == "" && a.e.Region < 0 {
		what = "..."
	} else if what == "" {
		if what = called(a.in, a.e.Region); what == "" || strings.Contains(what, " ") {
			what = "..."
		}
	}
	if a.holds == a.locks {
		return fmt.Sprintf("cython.%s_lock(%s, %s)", a.holds, a.held.text, what)
	}
	return fmt.Sprintf("cython.%s_lock(%s), cython.%s_lock(%s)", a.holds, a.held.text, a.locks, what)
}

// object says in words what an edge leads to.
func (a *lockEdge) object() string {
	if name := cmp.Or(a.taken, a.on); name != "" {
		return fmt.Sprintf("%s (%s)", name, a.e.Class.Name)
	}
	name := ""
	if a.e.Region >= 0 {
		name = called(a.in, a.e.Region)
	}
	switch {
	case name != "":
		return fmt.Sprintf("%s (%s)", name, a.e.Class.Name)
	case a.way != nil && a.way.Items && a.held == nil:
		return fmt.Sprintf("an item of %s.%s (%s)", a.in.Def.Params.List[0].Name.Name, a.way.Name, a.e.Class.Name)
	}
	return "some " + a.e.Class.Name
}

// together spells the decorators that lock both objects of an edge at entry.
func together(a *lockEdge, path string) string {
	self := a.f.Def.Params.List[0].Name.Name
	if a.held != nil {
		self = a.held.text
	}
	if a.holds == a.locks {
		return fmt.Sprintf("@cython.%s_lock(%q, %q)", a.holds, self, path)
	}
	return fmt.Sprintf("@cython.%s_lock(%q) and @cython.%s_lock(%q)", a.holds, self, a.locks, path)
}
