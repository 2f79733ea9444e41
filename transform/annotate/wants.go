package annotate

// What a function has to hold at its entry, by decorators that it gets.

import (
	"slices"
	"sort"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// want is an object that a function has to hold.
type want struct {
	path    string
	mode    effects.Mode
	operand bool // another parameter than the first
	why     string
}

// wants returns what a function has to hold: a member its object and its
// operands, any function what it uses without a lock. An object behind an
// attribute is among it only where that attribute is not assigned to any more:
// the path is followed before there is a lock. What only its callees lock is taken with
// the rest, if there is any, so that no two threads take the same locks one after the
// other in different orders.
func (a *annotator) wants(f *effects.Function, member bool) []want {
	p := a.p
	var out []want
	var within []*effects.Effect // what callees lock
	locksSelf := false           // what a method calls locks its object, which its own class has no lock for
	add := func(region int32, md effects.Mode, e *effects.Effect) {
		x := &f.Sum.Regions[region]
		path := effects.PathOf(f, region)
		why := effects.Reason(f, e)
		for i := range out {
			if out[i].path == path {
				if md > out[i].mode {
					out[i].mode, out[i].why = md, why
				}
				return
			}
		}
		out = append(out, want{path, md, x.Num > 0 && x.Parent < 0, why})
	}
	if member {
		if st := p.StanceOn(f, 0, false); st.Touches && !a.held[f] {
			add(st.Why.Region, st.Mode, st.Why)
		}
	}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		_, items := effects.Items(f, e.Region)
		if x.Root != effects.NodeParam || e.Maybe && !byKind(a, f) || e.Kind == effects.OnPython || !p.Guards(e.Class) {
			continue
		}
		nested := !e.Raw && !(member && (items || x.Num > 0 && x.Parent < 0)) || e.Raw && x.Parent >= 0 && taken(a, f, e)
		if nested && p.Locks.Of(e.Class).Kind != decorator.RWLock {
			continue // a lock that cannot be taken twice, or is let go in between
		}
		if int(x.Num) >= len(f.Def.Params.List) || f.Def.Params.List[x.Num].Kind != ast.Positional && !items {
			continue
		}
		if x.Num == 0 && f.Class != nil && f.Accessor == effects.Plain && library.NoLockMethods()[f.Def.Name.Name] {
			continue // its own object is not made yet
		}
		switch {
		case items:
			if !lockableItems(a, f, e) {
				continue
			}
		case x.Parent < 0 && x.Num == 0 && f.Class != nil:
			if !member && !f.Mod.PlainDecorator(f.Def, "staticmethod") {
				locksSelf = locksSelf || nested
				continue // its own class has no lock
			}
			if member || !a.mayBe(f, e.Region, e.Class) {
				continue // the stance has it
			}
		case !a.mayBe(f, e.Region, e.Class):
			continue
		case x.Parent >= 0 && !f.AtEntry(e.Region):
			continue // another object by then
		case x.Parent >= 0 && (!nested && e.Mode == effects.Read && p.Changes.Settled(e.Class, e.Field) || !p.Changes.Stay(f, e.Region)):
			continue
		}
		if nested || e.Maybe {
			within = append(within, e)
			continue
		}
		add(e.Region, e.Mode, e)
	}
	if len(out) > 0 {
		for _, e := range within {
			if e.Guarded != nil && !e.Sure && !slices.ContainsFunc(out, func(w want) bool { return w.path == effects.PathOf(f, e.Region) }) {
				continue // it may be what is locked; alone that is no reason to hold it
			}
			add(e.Region, e.Mode, e)
		}
	}
	if locksSelf {
		// Members of a subclass lock their object before its parts: a block takes these where they are used.
		self := f.Def.Params.List[0].Name.Name + "."
		out = slices.DeleteFunc(out, func(w want) bool { return strings.HasPrefix(w.path, self) })
	}
	sort.SliceStable(out, func(i, j int) bool { return order(f, out[i].path) < order(f, out[j].path) })
	return out
}

// taken reports whether a callee on the way to an effect gets a decorator from this annotation that locks what it is on.
func taken(a *annotator, f *effects.Function, e *effects.Effect) bool {
	return slices.ContainsFunc(effects.Chain(f, e)[1:], func(s effects.Step) bool {
		return slices.ContainsFunc(wanted(a, s.Func), func(w want) bool { return w.path == effects.PathOf(s.Func, s.Effect.Region) && w.mode >= s.Effect.Mode })
	})
}

// wanted is what a function is to hold by decorators that it gets; nothing while that is being found out.
func wanted(a *annotator, f *effects.Function) []want {
	out, known := a.wantedBy[f]
	if !known && decoratable(a, f) && !f.Suspends() {
		a.wantedBy[f] = nil
		out = a.wants(f, isMember(a, f))
	}
	a.wantedBy[f] = out
	return out
}

// byKind reports whether a function locks operands because of what is done to them: not
// what it makes its object of, and only where one lock is in sight, of which it takes any
// number.
func byKind(a *annotator, f *effects.Function) bool {
	return !a.p.Constructs(f, 0) && !slices.ContainsFunc(visible(a, f), func(v decorator.Visible) bool { return v.Info.Kind != decorator.RWLock })
}

// order ranks paths by their parameter and their length.
func order(f *effects.Function, path string) int {
	root, _, _ := strings.Cut(strings.TrimLeft(path, "*"), ".")
	for i, prm := range f.Def.Params.List {
		if prm.Name.Name == root {
			return i*16 + strings.Count(path, ".")
		}
	}
	return 0
}

// mayBe reports whether what a path leads to can be locked as a c: its static
// type leaves that open or, where it has none, the module can name the class.
// The path itself has to be one of C attributes.
func (a *annotator) mayBe(f *effects.Function, region int32, c *project.Class) bool {
	x := &f.Sum.Regions[region]
	if f.Flow.Params[x.Num] == 0 {
		return false
	}
	if x.Parent >= 0 {
		// A base class may come to an attribute of a subclass through a method
		// that the subclass overrides.
		if c := a.static(f, x.Parent); c == nil || c.Field(x.Name) == nil {
			return false
		}
	}
	if t := a.static(f, region); t != nil {
		return t == c || a.p.Locks.Of(t) != nil
	}
	if k := f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Kind; k != ctype.Object && k != ctype.Unknown {
		return false // a number or pointer that came to stand for something else
	}
	return canName(a, f, c)
}

// canName reports whether the module of a function can name a class by which it tells that
// an object is a c.
func canName(a *annotator, f *effects.Function, c *project.Class) bool {
	return slices.ContainsFunc(visible(a, f), func(v decorator.Visible) bool { return slices.Contains(c.Ancestry(), v.Class) })
}
