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
	for _, u := range f.Loose() {
		switch {
		case u.Name == "__call__":
			if u.Way != nil {
				o.calls(f, holds, &u)
			}
		case u.Anybody() && u.Way != nil:
			// Of what all kinds of objects have, that is one of this kind for which callers say so
			// and nothing speaks against it.
			if e := o.likely(mine, &u); e != nil && !o.otherKind(f.Class, *u.Way) {
				o.add(&lockEdge{holds: holds, f: f, in: f, e: e, way: u.Way, guessed: true})
			}
		case u.Anybody():
			if e := o.likely(mine, &u); e != nil && u.Items && tellsOfItems(u.Name) && !effects.Key(f, u.Param) && !o.takesItems(f, u.Param) &&
				!effects.ParamOfOtherKind(f, u.Param, u.Items, o.has(mine)) {
				o.add(&lockEdge{holds: holds, f: f, in: f, e: e, passed: true, guessed: true})
			}
		case o.telling(u.Name):
			for _, e := range o.answers(u.Name, u.Part == effects.Setter || u.Part == effects.Deleter) {
				if p.locks.Shared(e.Class) != mine || u.Way != nil {
					o.add(&lockEdge{holds: holds, f: f, in: f, e: e.By(u.Effect), way: u.Way, guessed: true})
				}
			}
		}
	}
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
func (o untyped) calls(f *effects.Function, holds effects.Mode, u *effects.LooseUse) {
	e := &effects.Effect{Region: -1, Class: f.Class, Mode: o.strongest(f.Class), Cause: effects.CallsUnknown, Span: u.Effect.Span}
	o.add(&lockEdge{holds: holds, f: f, in: f, e: e, way: u.Way, passed: u.Way == nil, guessed: true})
}

// strongest is how members of classes with the lock of a class hold their objects at most.
func (o untyped) strongest(c *project.Class) effects.Mode {
	lock := o.p.locks.Shared(c)
	md, known := o.most[lock]
	for i := 0; i < len(o.all) && !known && md != effects.Write; i++ {
		if f := o.all[i]; f.Class != nil && o.p.locks.Of(f.Class) != nil && o.p.locks.Shared(f.Class) == lock {
			if own, does := o.holding(f); does {
				md = max(md, own)
			}
		}
	}
	if o.most == nil {
		o.most = map[*project.Class]effects.Mode{}
	}
	o.most[lock] = md
	return md
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
	k := kindOf{o.p.locks.Shared(c), way}
	out, known := o.other[k]
	if !known {
		if o.other == nil {
			o.other = map[kindOf]bool{}
		}
		out = effects.OtherKind(o.all, c, way, o.has(k.lock))
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
			"__call__": true, "__next__": true,
		}
		for _, m := range o.mods {
			for _, c := range m.Classes {
				if o.p.locks.Of(c) == nil || o.p.locks.Shared(c) != lock {
					continue
				}
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
		}
		if o.members == nil {
			o.members = map[*project.Class]map[string]bool{}
		}
		o.members[lock] = names
	}
	return func(name string) bool {
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
	p := o.p
	mine := p.locks.Shared(f.Class)
	for _, g := range effects.Reached(f) {
		for _, x := range o.findsOf(g) {
			var locked []*effects.Effect
			switch {
			case x.Name == "":
				if p.locksAnother(g, x.Effect) {
					locked = append(locked, x.Effect)
				}
			case !effects.Common(x.Name) && o.telling(x.Name):
				for _, e := range o.answers(x.Name, x.Part == effects.Setter || x.Part == effects.Deleter) {
					locked = append(locked, e.By(x.Effect))
				}
			case !x.One && !gone[x.Name] && effects.NamesMember(x.Name) && !o.foundOtherwise(mine, x.Variable, g.Mod):
				if e := o.answer(mine, x.Name, x.Part, x.Effect); e != nil {
					locked = append(locked, e)
				}
			}
			for _, e := range locked {
				a := &lockEdge{holds: holds, f: f, in: g, e: e, guessed: x.Name != "", passed: p.locks.Shared(e.Class) == mine}
				if x.One {
					a.globals[1] = x.Variable
				}
				o.add(a)
			}
		}
	}
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
