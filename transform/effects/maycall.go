package effects

// What Python's operations on objects without a static type may call: "other[key]" is a
// method of this very class where other is an object of it. Such a method locks its object,
// which has to be locked together with the others, at entry, or "a.update(b)" beside
// "b.update(a)" waits for itself.
//
// Nothing but that lock follows: what the method returns or keeps stays unknown.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
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
	return n != 0 && sh.Kind == ctype.Object && (sh.Class != nil || !sh.Container)
}

// mayCall notes that an operation on a value without a static type may call a member that
// the class of the function has, or one that it shares its lock with.
func (b expressions) mayCall(n int32, name string, part Accessor, span ast.Span) {
	if b.answers(n) && b.shape(n).Class == nil && !b.collects(n) && (b.under != 0 || b.f.Class != nil) && byName(name) {
		b.flow.loose = append(b.flow.loose, loose{n, name, part, b.under, span})
	}
	if b.f.Class == nil || !b.answers(n) || b.shape(n).Class != nil || !b.ofParams(n) {
		return
	}
	property := part != Plain
	line := b.f.Class.Ancestry()
	callees := slices.Clone(b.inherited(b.f.Class, name, property))
	for _, c := range b.p.Funcs(b.m).defining[memberName{name, property}] {
		if theirs := c.Ancestry(); theirs[len(theirs)-1] == line[len(line)-1] {
			for _, f := range b.p.Own(c).named(name, property) {
				if !slices.Contains(callees, f) {
					callees = append(callees, f)
				}
			}
		}
	}
	callees = slices.DeleteFunc(callees, func(f *Function) bool { return !f.Exposed() || f.Accessor != part })
	fields := publicly(b.f.Class, name, part)
	if len(callees)+len(fields) > 0 {
		b.flow.mayCalls = append(b.flow.mayCalls, mayCall{n, name, callees, fields, part, b.under, span})
	}
}

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

// byName reports whether an operation uses the content of an object, or a member by its name:
// anything may be compared or added up.
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
		if !peer(s.f, x.Num) && (!named || key(s.f, x.Num)) {
			continue
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
					s.add(r.Region, &Effect{Class: e.Class, Field: e.Field, Behind: e.Behind, Kind: OnState, Mode: e.Mode, Maybe: true, Asked: e.Asked, Guarded: e.Guarded,
						Cause: MayCall, Name: g.Def.Name.Name, Span: c.span, Via: g, next: int32(i)}, held{})
				}
			}
		}
	}
}

// operand reports whether a region is an object, beside the function's own, that a function
// can lock at its entry.
func operand(s *Solver, region int32) bool {
	x := &s.sum.Regions[region]
	return x.Root == NodeParam && (x.OfItems() || x.Parent < 0 && (x.Num > 0 || s.f.Class == nil))
}

// peer reports whether a parameter is the other operand of an operator, which is an object
// of the same class more often than not: any operation on it counts then. Elsewhere those do
// that use its content or a member by name: anything may be compared or added up.
func peer(f *Function, num int32) bool { return num == 1 && library.PeerMethods()[f.Def.Name.Name] }

// key reports whether a parameter is what a container looks for, as an index.
func key(f *Function, num int32) bool { return num == 1 && library.KeyMethods()[f.Def.Name.Name] }

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
