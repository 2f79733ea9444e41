package effects

// What Python's operations on objects without a static type may call: "other[key]" is a
// method of this very class where other is an object of it. Such a method locks its object,
// which has to be locked together with the others, at entry, or "a.update(b)" beside
// "b.update(a)" waits for itself.
//
// Nothing but that lock follows: what the method returns or keeps stays unknown.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// mayCall is an operation on an object without a static type.
type mayCall struct {
	node    int32
	method  string
	callees []*Function
	fields  []*project.Class // that have an attribute of the name, which becomes a property
	part    Accessor
	under   int32 // the block that it stands in
	span    ast.Span
}

// answers reports whether methods of the project may answer to operations on a value: it
// is an object of a class, or may be.
func (b *values) answers(n int32) bool {
	sh := b.shape(n)
	return n != 0 && sh.Kind == ctype.Object && (sh.Class != nil || !sh.Container && !sh.Atom)
}

// mayCall notes that an operation on a value without a static type may call a member that
// the class of the function has, or one that it shares its lock with.
func (b expressions) mayCall(n int32, name string, part Accessor, span ast.Span) {
	if b.answers(n) && b.shape(n).Class == nil && !b.collects(n) && (byName(name) || !b.raising) {
		b.flow.loose = append(b.flow.loose, loose{n, name, part, b.under, span, b.later > 0, b.inside})
	}
	b.mayAnswer(n, name, part, span)
}

// mayAnswer is mayCall for what tells nothing of the kind of the object.
func (b expressions) mayAnswer(n int32, name string, part Accessor, span ast.Span) {
	if b.raising {
		return // instead of one exception there would be another
	}
	if !b.answers(n) || b.shape(n).Class != nil || !b.ofParams(n) {
		return
	}
	b.uses(n, name, part)
	if b.f.Class == nil {
		return
	}
	if c, ok := answering(b.p, b.f, name, part); ok {
		c.node, c.under, c.span = n, b.under, span
		b.flow.mayCalls = append(b.flow.mayCalls, c)
	}
}

// answering is an operation by a name that may call a member of the class of a function, or of one
// that shares its lock; ok is false where they have none.
func answering(p *Program, f *Function, name string, part Accessor) (c mayCall, ok bool) {
	property := part != Plain
	line := f.Class.Ancestry()
	c = mayCall{method: name, part: part, fields: publicly(f.Class, name, part)}
	if name == AnyMember {
		c.callees = anyMember(p, line, part)
		return c, len(c.callees) > 0
	}
	for len(c.callees) == 0 && name != "" {
		for _, k := range line {
			if fs := p.Own(k).named(name, property); len(fs) > 0 {
				c.callees = slices.Clone(fs)
				break
			}
		}
		for _, k := range p.Funcs(f.Mod).defining[memberName{name, property}] {
			if theirs := k.Ancestry(); theirs[len(theirs)-1] == line[len(line)-1] {
				for _, g := range p.Own(k).named(name, property) {
					if !slices.Contains(c.callees, g) {
						c.callees = append(c.callees, g)
					}
				}
			}
		}
		c.callees = slices.DeleteFunc(c.callees, func(g *Function) bool { return !g.Exposed() || g.Accessor != part })
		if property {
			break
		}
		name = library.InsteadOf()[name]
	}
	return c, len(c.callees)+len(c.fields) > 0
}

// anyMember are the members that one of the classes may answer with to a name that is not known.
func anyMember(p *Program, line []*project.Class, part Accessor) []*Function {
	var out []*Function
	for _, k := range line {
		own := p.Own(k)
		for _, members := range []map[string][]*Function{own.Plain, own.Props} {
			for name, fs := range members {
				for _, g := range fs {
					if g.Exposed() && (g.Accessor == part || part == Getter && g.Accessor == Plain) && !strings.HasPrefix(name, "__") && !slices.Contains(out, g) {
						out = append(out, g)
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b *Function) int { return cmp.Compare(a.Def.Pos, b.Def.Pos) })
	return out
}

// use is what a function does to a parameter without a static type.
type use struct {
	param  int32
	method string
	part   Accessor
}

// uses notes an operation on a parameter: where a method calls the function with an operand of its own, it
// is done to the operand.
func (b expressions) uses(n int32, name string, part Accessor) {
	x := &b.flow.Nodes[b.flow.named(n, false)]
	if u := (use{x.Num, name, part}); x.Kind == NodeParam && b.under == 0 && !typed(b.f, int(x.Num)) && !slices.Contains(b.flow.uses, u) {
		b.flow.uses = append(b.flow.uses, u)
	}
}

// usesThrough finds what a function does to objects without a static type in what it calls, flows of
// which are made.
func usesThrough(p *Program, f *Function) {
	f.Flow.through, f.Flow.onward = nil, nil
	for i := range f.Flow.Calls {
		c := &f.Flow.Calls[i]
		for _, g := range c.Callees {
			if g == f {
				continue
			}
			for _, u := range g.Flow.uses {
				n := c.Args[u.param]
				if n == 0 || f.Flow.Nodes[n].Shape.Class != nil {
					continue
				}
				x := &f.Flow.Nodes[n]
				if up := (use{x.Num, u.method, u.part}); x.Kind == NodeParam && !typed(f, int(x.Num)) && !slices.Contains(f.Flow.uses, up) {
					f.Flow.uses = append(f.Flow.uses, up)
				}
				f.Flow.onward = append(f.Flow.onward, loose{n, u.method, u.part, c.under, c.Span, false, c.inside})
				if f.Class == nil || g.Class != nil {
					continue
				}
				if m, ok := answering(p, f, u.method, u.part); ok {
					m.node, m.under, m.span = n, c.under, c.Span
					f.Flow.through = append(f.Flow.through, m)
				}
			}
		}
	}
}

// mays are all operations of a function that may call members.
func (f *Function) mays() [][]mayCall { return [][]mayCall{f.Flow.mayCalls, f.Flow.through} }

// collects reports whether a value is a parameter that is a tuple or a dict of the function's own,
// or something else that is no object of a class of the project.
func (b expressions) collects(n int32) bool {
	seen := map[int32]bool{}
	var is func(n int32) bool
	is = func(n int32) bool {
		if seen[n] {
			return true
		}
		seen[n] = true
		x := &b.flow.Nodes[n]
		switch x.Kind {
		case NodeParam:
			return int(x.Num) < len(b.f.Def.Params.List) && typed(b.f, int(x.Num))
		case NodeLocal:
			return len(x.From) > 0 && !slices.ContainsFunc(x.From, func(f int32) bool { return !is(f) })
		}
		return false
	}
	return is(n)
}

// publicly are the classes, of those that share a class's lock, of which Python code has an
// attribute of a name.
func publicly(c *project.Class, name string, part Accessor) []*project.Class {
	var out []*project.Class
	line := c.Ancestry()
	for _, k := range slices.Concat(line, c.Mod.Classes) {
		fd := k.FieldByName[name]
		if fd == nil || fd.Vis != ast.Public && (fd.Vis != ast.Readonly || changes(part)) {
			continue
		}
		if theirs := k.Ancestry(); theirs[len(theirs)-1] == line[len(line)-1] && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// changes reports whether an access gives an attribute another value, or takes it away.
func changes(part Accessor) bool { return part == Setter || part == Deleter }

// ofParams reports whether a value may be a parameter without a static type, or an item of
// a parameter.
func (b expressions) ofParams(n int32) bool {
	seen := map[int32]bool{}
	var find func(n int32) bool
	find = func(n int32) bool {
		if seen[n] {
			return false
		}
		seen[n] = true
		switch x := &b.flow.Nodes[n]; x.Kind {
		case NodeParam:
			return true
		case NodeCast, NodeContained:
			return find(x.Base)
		case NodeLocal:
			return slices.ContainsFunc(x.From, find)
		}
		return false
	}
	return find(n)
}

// NamesMember is byName for rules.
func NamesMember(method string) bool { return byName(method) }

// byName reports whether an operation uses the content of an object, or a member by its name:
// anything may be compared, added up or written as text.
func byName(method string) bool {
	return library.ContentMethods()[method] || !strings.HasPrefix(method, "__")
}

// mayLock notes what an operation on a parameter, or on an item of one, locks where that
// is an object of the function's own kind.
func mayLock(s *Solver, c *mayCall) {
	if s.p.model.assume { // what changes an object is known of the member itself
		return
	}
	mine := s.p.Locks.Of(s.f.Class)
	if mine == nil {
		return
	}
	named := byName(c.method)
	for _, r := range s.Top(c.node) {
		x := &s.sum.Regions[r.Region]
		if !operand(s, r.Region) || r.Class != nil || x.Parent < 0 && typed(s.f, int(x.Num)) {
			continue
		}
		if !peer(s.f, x.Num) && (key(s.f, x.Num) || !named && (mine.Kind != decorator.RWLock || x.Parent >= 0 || option(s.f, x.Num))) {
			continue // with other locks nobody waits in a circle for it, or waits for itself
		}
		for _, k := range c.fields {
			its := s.p.Locks.Of(k)
			if its == nil || its.Owner != mine.Owner {
				continue
			}
			md := Read
			if changes(c.part) {
				md = Write
			}
			if c.under != 0 && (cover{s}).covers(held{under: c.under, node: c.node}, r.Region, 0, md) {
				continue
			}
			differInEffects(s.p)
			s.add(r.Region, &Effect{Class: k, Field: c.method, Kind: OnState, Mode: md, Maybe: true, Cause: MayCall, Name: c.method, Span: c.span}, held{})
		}
		for _, g := range c.callees {
			its := s.p.Locks.Of(g.Class)
			if its == nil || its.Owner != mine.Owner || !s.p.Member(g) || s.p.Exempt(g) {
				continue
			}
			for i := range g.Sum.Effects {
				e := &g.Sum.Effects[i]
				if OnSelf(g, e) && s.p.Guards(e.Class) {
					differInEffects(s.p)
					s.add(r.Region, &Effect{Class: e.Class, Field: e.Field, Behind: e.Behind, Itself: e.Itself, Kind: OnState, Mode: e.Mode, Maybe: true, Asked: e.Asked, Guarded: e.Guarded,
						Cause: MayCall, Name: g.Def.Name.Name, Span: c.span, Via: g, next: int32(i)}, held{})
				}
			}
		}
	}
}

// Anything reports whether an effect is one that anything may have, as far as the operation tells: a
// comparison, arithmetic, its text, its truth. Where it comes from a call, that is followed.
func Anything(f *Function, e *Effect) bool {
	for range 32 {
		if e.Cause == MayCall {
			return !byName(e.Name) && !PeerNamed(f)
		}
		if e.Via == nil {
			break
		}
		f, e = e.Via, &e.Via.Sum.Effects[e.next]
	}
	return false
}

// PeerNamed reports whether a function is the method of an operator of two objects of a kind.
func PeerNamed(f *Function) bool { return library.PeerMethods()[f.Def.Name.Name] }

// operand reports whether a region is an object, beside the function's own, that a function
// can lock at its entry.
func operand(s *Solver, region int32) bool {
	x := &s.sum.Regions[region]
	return x.Root == NodeParam && (x.OfItems() || x.Parent < 0 && (x.Num > 0 || s.f.Class == nil))
}

// peer reports whether a parameter is the other operand of an operator, which is an object
// of the same class more often than not: any operation on it counts then, with whatever lock.
func peer(f *Function, num int32) bool { return num == 1 && library.PeerMethods()[f.Def.Name.Name] }

// key reports whether a parameter is what a container looks for, as an index.
func key(f *Function, num int32) bool { return num == 1 && library.KeyMethods()[f.Def.Name.Name] }

// option reports whether a parameter says how something is done: by its default, or as an exponent.
func option(f *Function, num int32) bool {
	// Who is on the right of an operator does not know what is on the left.
	if name := f.Def.Name.Name; library.PowerMethods()[name] || num == 2 && name == "__richcmp__" || name == "__format__" || strings.HasPrefix(name, "__r") {
		return true
	}
	d := f.Def.Params.List[num].Default
	if u, ok := d.(*ast.Unary); ok {
		d = u.X
	}
	switch d := d.(type) {
	case *ast.Str, *ast.Number:
		return true
	case *ast.Const:
		return d.Name == "True" || d.Name == "False"
	}
	return false
}

// typed reports whether a parameter is declared as something that no object of the project
// is. An annotation that means nothing to Cython declares nothing.
func typed(f *Function, num int) bool {
	prm := f.Def.Params.List[num]
	if prm.Kind != ast.Positional {
		return true
	}
	path, pointer := f.Mod.ParamType(f.Class, f.Def, num, prm)
	if len(path) == 0 {
		return pointer
	}
	last := path[len(path)-1]
	return last != "object" && (prm.Annotation == nil || len(path) == 1 && (library.ObjectTypes()[last] || library.CTypes()[last]))
}
