package rules

// PXL213: what is used without a static type, by the name of a member, and what may come to
// anything: objects that attributes lead to, that variables of the module hold, that are called.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// untyped looks for what is locked of objects without a static type.
type untyped struct{ *ordering }

// byName notes uses of objects without a static type by the names of members of classes with
// another lock, or with the same one where an attribute of the function's own object leads there.
func (o untyped) byName(f *effects.Function) {
	p := o.p
	holds, does := o.holding(f)
	if !does {
		return
	}
	mine := p.locks.Shared(f.Class)
	for _, g := range append(effects.HelpersOf(p.prog, f), f) { // what runs under the lock
		for _, u := range g.Loose() {
			o.loose(f, g, holds, mine, &u)
		}
	}
}

// loose is byName for one use, in a function that holds f's own object.
func (o untyped) loose(f, g *effects.Function, holds effects.Mode, mine *project.Class, u *effects.LooseUse) {
	p := o.p
	chosen := u.Param > 0 && (g == f || effects.HandsOn(f, g, u.Param))
	if u.Way == nil && !chosen && g != f {
		return // whatever its callers pass
	}
	add := func(e *effects.Effect, passed bool) {
		o.add(&lockEdge{holds: holds, f: f, in: g, e: e, way: u.Way, passed: passed, guessed: true, far: u.Way == nil || !o.telling(u.Name)})
	}
	switch {
	case u.Name == "__call__":
		if u.Way != nil || chosen && !effects.MakesObjects(g, u.Param) {
			o.calls(f, g, holds, u)
		}
	case u.Name == effects.AnyMember:
		if md := o.strongest(f.Class); u.Way != nil && !o.otherKind(f.Class, *u.Way) || u.Way == nil && chosen && (u.Items || u.Within) {
			add(&effects.Effect{Region: -1, Class: f.Class, Mode: md, Cause: effects.MayCall, Name: "some member", Span: u.Effect.Span}, u.Way == nil)
		}
	case u.Anybody() && u.Way != nil:
		// Of what all kinds of objects have, that is one of this kind for which callers say so
		// and nothing speaks against it.
		if e := o.likely(mine, u); e != nil && !o.otherKind(f.Class, *u.Way) {
			add(e, false)
		}
		for name := u.Name; name != ""; name = library.InsteadOf()[name] {
			o.others(f, mine, name, u, add)
		}
	case u.Anybody():
		if e := o.likely(mine, u); e != nil && g == f && u.Items && tellsOfItems(u.Name) && !effects.Key(f, u.Param) && !o.takesItems(f, u.Param) &&
			!effects.ParamOfOtherKind(f, u.Param, u.Items, o.has(mine)) {
			add(e, true)
		}
	case u.Way != nil && len(o.answers(u.Name, u.Part == effects.Setter || u.Part == effects.Deleter)) == 0:
		if e := o.looksUp(mine, u); e != nil && !o.otherKind(f.Class, *u.Way) {
			add(e, false)
		}
	case o.telling(u.Name):
		for _, e := range o.answers(u.Name, u.Part == effects.Setter || u.Part == effects.Deleter) {
			// What is a parameter is taken at entry.
			passed := u.Way == nil && chosen && (u.Within || u.Items && (g != f || !o.takesItems(f, u.Param)))
			if p.locks.Shared(e.Class) != mine || u.Way != nil || passed {
				add(e.By(u.Effect), passed)
			}
		}
	case u.Way != nil:
		// Classes without a common base have the name.
		if e := o.answer(mine, u.Name, u.Part, u.Effect); e != nil && o.mayLead(f.Class, *u.Way) && !o.otherKind(f.Class, *u.Way) {
			add(e, false)
		}
		o.others(f, mine, u.Name, u, add)
	}
}

// others notes what a use of what callers choose locks if that is an object with another lock.
func (o untyped) others(f *effects.Function, mine *project.Class, name string, u *effects.LooseUse, add func(*effects.Effect, bool)) {
	answers := o.answers(name, u.Part == effects.Setter || u.Part == effects.Deleter)
	if len(answers) == 0 || !o.mayLead(f.Class, *u.Way) {
		return
	}
	for _, e := range answers {
		if lock := o.p.locks.Shared(e.Class); lock != mine && !o.otherKindThan(f.Class, lock, *u.Way) {
			add(e.By(u.Effect), false)
		}
	}
}

// mayLead reports whether callers may have a way lead to any object.
func (o untyped) mayLead(c *project.Class, way effects.Way) bool {
	o.asked()
	_, ok := o.settings.Of(c, way)
	return ok && !o.walks[way]
}

// likely is what a use locks of an object with a lock, by the member of that name or by the one that is
// called of a class without it; nil where it has neither.
func (o untyped) likely(lock *project.Class, u *effects.LooseUse) *effects.Effect {
	for name := u.Name; name != ""; name = library.InsteadOf()[name] {
		if e := o.answer(lock, name, u.Part, u.Effect); e != nil {
			return e
		}
	}
	return nil
}

// looksUp is what a use by a name that no class has locks of an object whose class looks names up itself.
func (o untyped) looksUp(lock *project.Class, u *effects.LooseUse) *effects.Effect {
	name := "__getattr__"
	switch u.Part {
	case effects.Setter:
		name = "__setattr__"
	case effects.Deleter:
		name = "__delattr__"
	}
	return o.answer(lock, name, effects.Plain, u.Effect)
}

// takesItems reports whether a function locks at its entry what is in a parameter.
func (o untyped) takesItems(f *effects.Function, num int32) bool {
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if of, ok := effects.Items(f, e.Region); ok && of == int(num) && o.p.prog.Holds(f, e) {
			return true
		}
	}
	return false
}

// calls notes that a member calls what it is given, or what its object was: that may be a method of
// another object of the class.
func (o untyped) calls(f, g *effects.Function, holds effects.Mode, u *effects.LooseUse) {
	e := &effects.Effect{Region: -1, Class: f.Class, Mode: o.strongest(f.Class), Cause: effects.CallsUnknown, Span: u.Effect.Span}
	a := &lockEdge{holds: holds, f: f, in: g, e: e, passed: u.Way == nil, guessed: true, far: true}
	if u.Way != nil {
		if u.Way.Via == effects.Weakly || effects.NamesClass(u.Way.Name) || effects.Refers(o.index.related(f.Class), f.Class, u.Way.Name) {
			return
		}
		way := *u.Way
		if way.Via == effects.Directly {
			way.Via = effects.ByCalling
		}
		a.way = &way
	}
	o.add(a)
}

// strongest is how anything holds an object of a class at most: what nobody takes for writing nobody waits for.
// Members that run while it is made are left out.
func (o untyped) strongest(c *project.Class) effects.Mode {
	md, known := o.most[c]
	if known {
		return md
	}
	for _, k := range o.index.locked[o.p.locks.Shared(c)] {
		if o.p.locks.Of(k).Guard != "" || mayBeBoth(k, c) {
			md = max(md, o.strongestOf(k))
		}
	}
	if o.most == nil {
		o.most = map[*project.Class]effects.Mode{}
	}
	o.most[c] = md
	return md
}

// strongestOf is how members of a class, and functions that name its objects, hold these at most.
func (o untyped) strongestOf(c *project.Class) effects.Mode {
	if o.writers()[c] || slices.ContainsFunc(c.Fields, func(fd *project.Field) bool { return fd.Vis == ast.Public }) {
		return effects.Write // whoever sets a public attribute locks for that
	}
	for _, f := range o.index.methods[c] {
		if own, does := o.holding(f); does && own == effects.Write {
			return effects.Write
		}
	}
	return effects.Read
}

// writers are the classes whose objects blocks, and functions that are given or name them, lock for writing.
func (o untyped) writers() map[*project.Class]bool {
	if o.written != nil {
		return o.written
	}
	o.written = map[*project.Class]bool{}
	for _, f := range o.all {
		if f.Flow == nil {
			continue
		}
		var locks []effects.BlockLock
		entry := 0
		switch {
		case o.p.prog.Exempt(f):
		case o.p.prog.Member(f):
			locks = effects.Operands(o.p.prog, f)
		default:
			locks = o.atEntry(f)
			entry = len(locks)
		}
		for i := range f.Flow.Blocks {
			locks = append(locks, f.Flow.Blocks[i].Locks...)
		}
		for i := range locks {
			if locks[i].Mode == effects.Write {
				for _, c := range o.knownAs(f, &locks[i], i < entry) {
					o.written[c] = true
				}
			}
		}
		if o.p.prog.Exempt(f) {
			continue
		}
		byName := slices.ContainsFunc(o.p.prog.OwnLocks(f).Decs, func(d decorator.Lock) bool { return d.Name == "write_lock" && len(d.Args()) > 0 })
		for i := range f.Sum.Effects { // by a path, "*others", or of another class than that of the parameter
			e := &f.Sum.Effects[i]
			if e.Kind != effects.OnState || e.Mode != effects.Write || !o.p.prog.Guards(e.Class) || effects.OnSelf(f, e) {
				continue
			}
			x := &f.Sum.Regions[e.Region]
			if !(byName || x.Root == effects.NodeParam && x.Parent < 0) || !effects.TakesAtEntry(o.p.prog, f, e) {
				continue
			}
			c := e.Class
			if x.Parent >= 0 && x.Owner != nil { // a base's method may do it
				if fd := x.Owner.Field(x.Name); fd != nil && fd.Class() != nil && slices.Contains(fd.Class().Ancestry(), c) {
					c = fd.Class()
				}
			}
			o.written[c] = true
		}
	}
	return o.written
}

// knownAs are the classes as which a function knows what it locks: without a static type, those as which it uses
// what it holds, where it does; else all that the module knows. entry is true of a parameter that a decorator locks:
// what is held by way of another one tells nothing of it.
func (o untyped) knownAs(f *effects.Function, l *effects.BlockLock, entry bool) []*project.Class {
	c := l.OfClass()
	if c != nil {
		return []*project.Class{c}
	}
	var out []*project.Class
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Kind != effects.OnState || !o.p.prog.Guards(e.Class) || !e.Held && !o.p.prog.Holds(f, e) {
			continue
		}
		if r := &f.Sum.Regions[e.Region]; entry && !(r.Root == effects.NodeParam && int(r.Num) == l.Param && (r.Parent < 0 || r.OfItems())) {
			continue
		}
		out = append(out, e.Class)
	}
	if len(out) == 0 {
		return o.mayBe(f, nil)
	}
	return out
}

// mayBeBoth reports whether an object can be of both of two classes: also one of a class of Python code that derives
// from both, of which one adds no C attributes to those of a common base.
func mayBeBoth(c, d *project.Class) bool {
	if project.Related(c, d) {
		return true
	}
	base := project.Common(c, d)
	adds := func(c *project.Class) bool {
		return slices.ContainsFunc(c.Ancestry(), func(a *project.Class) bool {
			return len(a.Fields) > 0 && (base == nil || !slices.Contains(base.Ancestry(), a))
		})
	}
	return base != nil && !(adds(c) && adds(d))
}

// holding is how a member holds its own object while it runs; does is false where it does not,
// where nobody else has the object, and where its lock lets go while it waits.
func (o *ordering) holding(f *effects.Function) (md effects.Mode, does bool) {
	p := o.p
	if !p.prog.Member(f) || p.prog.Exempt(f) || p.prog.Constructs(f, 0) || p.locks.Of(f.Class).Kind == decorator.CriticalSection {
		return effects.Read, false
	}
	return p.prog.ModeOf(f)
}

// kindOf is a way from the objects with one lock.
type kindOf struct {
	lock *project.Class
	way  effects.Way
}

// otherKind reports whether what a way leads to is no object with the lock of a class, for all that
// is done with it.
func (o untyped) otherKind(c *project.Class, way effects.Way) bool {
	return o.otherKindThan(c, o.p.locks.Shared(c), way)
}

// otherKindThan is otherKind for objects with another lock than that of the class whose attribute it is.
func (o untyped) otherKindThan(c, lock *project.Class, way effects.Way) bool {
	k := kindOf{lock, way}
	out, known := o.other[k]
	if !known {
		if o.other == nil {
			o.other = map[kindOf]bool{}
		}
		out = effects.OtherKind(o.index.related(c), c, way, o.has(k.lock))
		o.other[k] = out
	}
	return out
}

// has tells which members classes with a lock have, by their names.
func (o untyped) has(lock *project.Class) func(name string) bool {
	names, known := o.members[lock]
	if !known {
		names = map[string]bool{
			// Callables are told of by themselves, and what is gone over need not have the other one.
			"__call__": true, "__next__": true, effects.AnyMember: true,
		}
		for _, c := range o.index.locked[lock] {
			own := o.p.prog.Own(c)
			for name := range own.Plain {
				names[name] = true
			}
			for name := range own.Props {
				names[name] = true
			}
			for name, fd := range c.FieldByName {
				names[name] = names[name] || fd.Vis != ast.Private
			}
		}
		if o.members == nil {
			o.members = map[*project.Class]map[string]bool{}
		}
		o.members[lock] = names
	}
	return func(name string) bool {
		if (names["__getattr__"] || names["__setattr__"]) && !strings.HasPrefix(name, "__") {
			return true // any
		}
		for ; name != ""; name = library.InsteadOf()[name] {
			if names[name] {
				return true
			}
		}
		return false
	}
}

// found notes what a member, and all that it calls, locks of objects that are found in variables
// of the module.
func (o untyped) found(f *effects.Function) {
	holds, does := o.holding(f)
	if !does {
		return
	}
	if !o.finding()[f] {
		return
	}
	p := o.p
	mine := p.locks.Shared(f.Class)
	for _, g := range effects.Reached(f) {
		for _, x := range o.findsOf(g) {
			texts := anything
			if x.Name != "" {
				texts = o.writtenDown.has(g.Mod, x.Variable)
			}
			if texts == nothingElse {
				continue
			}
			var locked []*effects.Effect
			switch {
			case x.Name == "":
				if p.locksAnother(g, x.Effect) {
					locked = append(locked, x.Effect)
				}
			case x.Name == "__call__":
				if o.registered(x.Variable, x.One, g.Mod) {
					locked = append(locked, &effects.Effect{Region: -1, Class: f.Class, Mode: o.strongest(f.Class), Cause: effects.CallsUnknown, Span: x.Effect.Span})
				}
			case !effects.Common(x.Name) && o.telling(x.Name):
				for _, e := range o.answers(x.Name, x.Part == effects.Setter || x.Part == effects.Deleter) {
					locked = append(locked, e.By(x.Effect))
				}
			case !x.One && !gone[x.Name] && effects.NamesMember(x.Name) && o.filled(x.Variable, g.Mod) && !o.foundOtherwise(mine, x.Variable, g.Mod):
				if e := o.answer(mine, x.Name, x.Part, x.Effect); e != nil {
					locked = append(locked, e)
				}
			}
			for _, e := range locked {
				a := &lockEdge{holds: holds, f: f, in: g, e: e, guessed: x.Name != "", passed: p.locks.Shared(e.Class) == mine, unseen: texts == asFarAsSeen && p.locks.Shared(e.Class) == mine}
				if x.One && x.Name != "__call__" { // what is called may be anything for each caller
					a.globals[1] = x.Variable
				}
				o.add(a)
			}
		}
	}
}

// filled reports whether anything of a module puts objects into what one of its variables holds: a table of
// texts that is written down holds none, even if the module goes over it.
func (o untyped) filled(variable string, m *project.Module) bool {
	if strings.Contains(variable, ".") {
		return true
	}
	if slices.ContainsFunc(o.p.prog.Funcs(m).All, func(f *effects.Function) bool {
		o.p.prog.FlowOf(f)
		return effects.Fills(f, variable)
	}) {
		return true
	}
	for _, u := range m.Units {
		for _, st := range u.File.Body {
			if syntax.OpensScope(st) {
				continue
			}
			mentions, calls, makes, others := false, false, false, false
			own := targetsOf(st)
			own[variable] = true
			called := map[ast.Expr]bool{}
			ast.Walk(st, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Name:
					mentions = mentions || n.Name == variable
					others = others || n.Access == ast.Read && !own[n.Name] && !called[n]
				case *ast.Declarator:
					mentions = mentions || syntax.DeclaredName(n).Name == variable
				case *ast.Call: // before what it calls
					calls, called[n.Fun] = true, true
					makes = makes || !o.writtenDown.of(m).onlyLooksUp(m, n)
				}
				return true
			})
			if mentions && (makes || calls && others) { // what is looked up in another table may be anything
				return true
			}
		}
	}
	return false
}

// targetsOf are the variables that the loops of a statement give values.
func targetsOf(st ast.Stmt) map[string]bool {
	out := map[string]bool{}
	ast.Walk(st, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Access == ast.ForTarget {
			out[x.Name] = true
		}
		return true
	})
	return out
}

// registered reports whether a function puts what it is given, or a method of that, into what a variable of a
// module holds, or sets the variable to it where that is what is called.
func (o untyped) registered(variable string, one bool, m *project.Module) bool {
	if one {
		return o.setIn(m)[variable]
	}
	return slices.ContainsFunc(o.p.prog.Funcs(m).All, func(f *effects.Function) bool {
		o.p.prog.FlowOf(f)
		return effects.Registers(f, variable)
	})
}

// setIn are the variables of a module that one of its functions sets to something that it is given.
func (o untyped) setIn(m *project.Module) map[string]bool {
	out, known := o.givens[m]
	if !known {
		out = map[string]bool{}
		for _, f := range o.p.prog.Funcs(m).All {
			for _, name := range effects.Sets(f) {
				out[name] = true
			}
		}
		if o.givens == nil {
			o.givens = map[*project.Module]map[string]bool{}
		}
		o.givens[m] = out
	}
	return out
}

// gone are the methods by which something is gone over: pairs are, too, which a dict yields.
var gone = map[string]bool{"__iter__": true, "__next__": true}

// tellsOfItems reports whether a use tells that what is in a parameter may be an object with a lock: lists
// and dicts have the names of their methods, too, and all objects can be written as text, looked for and
// tested.
func tellsOfItems(name string) bool {
	return strings.HasPrefix(name, "__") && name != "__bool__" && !gone[name] && !library.InheritedFromObject()[name]
}

// findsOf are the finds of a function.
func (o untyped) findsOf(g *effects.Function) []effects.Find {
	out, known := o.finds[g]
	if !known {
		if o.finds == nil {
			o.finds = map[*effects.Function][]effects.Find{}
		}
		o.p.prog.FlowOf(g) // nobody may have asked for that of another module's
		out = effects.Finds(g)
		o.finds[g] = out
	}
	return out
}

// finding are the functions that find something, or call one that does, and so on: most do not.
func (o *ordering) finding() map[*effects.Function]bool {
	if o.finders != nil {
		return o.finders
	}
	o.finders = map[*effects.Function]bool{}
	all := effects.Reached(slices.DeleteFunc(slices.Clone(o.all), func(f *effects.Function) bool { return f.Flow == nil })...)
	callers := map[*effects.Function][]*effects.Function{}
	var next []*effects.Function
	for _, f := range all {
		for i := range f.Flow.Calls {
			for _, g := range f.Flow.Calls[i].Callees {
				if at := callers[g]; len(at) == 0 || at[len(at)-1] != f {
					callers[g] = append(at, f)
				}
			}
		}
		if len(untyped{o}.findsOf(f)) > 0 {
			o.finders[f] = true
			next = append(next, f)
		}
	}
	for ; len(next) > 0; next = next[1:] {
		for _, f := range callers[next[0]] {
			if !o.finders[f] {
				o.finders[f] = true
				next = append(next, f)
			}
		}
	}
	return o.finders
}

// foundOtherwise reports whether an item of what a variable of a module holds is used by a name that classes
// with a lock do not have.
func (o untyped) foundOtherwise(lock *project.Class, variable string, m *project.Module) bool {
	has := o.has(lock)
	return slices.ContainsFunc(o.p.prog.Funcs(m).All, func(g *effects.Function) bool {
		return slices.ContainsFunc(o.findsOf(g), func(x effects.Find) bool {
			return x.Variable == variable && !x.One && x.Name != "" && effects.NamesMember(x.Name) && !has(x.Name)
		})
	})
}
