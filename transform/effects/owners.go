package effects

// Owners: which objects point into the state of which others, and keep these beside
// the pointer, whoever puts the two there: a constructor, a factory, a helper.
//
// What a function puts into attributes is noted as it is known there, by regions, and
// travels up to its callers with the arguments in place of the parameters, until both
// the pointer and the object beside it are known.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// noRegion is the region of what belongs to no object that is known.
const noRegion int32 = -1

// kept is a pointer or an object that a function puts into an attribute.
type kept struct {
	child   int32 // the region that has the attribute
	class   *project.Class
	attr    string
	pointer bool
	value   keptValue
	place   Place
	at      int32 // the offset in the function that this is known of
	// held is true for a guard where the locks of the object that it was and of that
	// which it becomes are both held for writing.
	held bool
	// given is the argument that a new object got it from, see argument.
	given argument
}

// argument is what a call that makes an object passes for one parameter of its constructors. It may be one of several
// objects, but whatever the constructor takes from it, it takes from the same one.
type argument struct {
	call int32 // where the call is; 0 where none is known
	node int32 // what is passed
}

// keptValue is what is put there: an object, or a pointer into its state.
type keptValue struct {
	region   int32 // or noRegion
	class    *project.Class
	returned bool // a C function was given a pointer into the state, and returned this one
	lent     bool // it came out of a capsule that the object gave
	itself   bool // it points to the object, not into its state
	seen     bool // the object is known where the pointer is stored
	number   bool // it is an address, or any other number
}

// Place is a place in a function.
type Place struct {
	Func *Function
	Span ast.Span
}

// beside is a pointer and an object that one function puts into one object.
type beside struct {
	class          *project.Class
	pointer, owner string
	from           keptValue // the pointer
	holder         keptValue // the object beside it
	place          Place     // of the pointer
}

// keptKey and besideKey tell what is known of a function apart.
type (
	keptKey struct {
		child, region int32
		class         *project.Class
		attr          string
		pointer       bool
		returned      bool
		held          bool
	}
	besideKey struct {
		class          *project.Class
		pointer, owner string
		from, holder   int32
		returned       bool
	}
)

// holdings is what a function puts into attributes.
type holdings struct {
	kept     []kept
	beside   []beside
	known    map[keptKey]int // where in kept
	together map[besideKey]bool
}

// manyHoldings bounds what is kept of one function: a function that hands on more
// than this is none that makes objects.
const manyHoldings = 512

func (h *holdings) keep(k kept) bool {
	key := keptKey{k.child, k.value.region, k.class, k.attr, k.pointer, k.value.returned, k.held}
	if at, ok := h.known[key]; ok {
		was := &h.kept[at]
		if was.given == k.given || was.given == (argument{}) {
			return false
		}
		was.given = argument{} // it came there in two ways
		return true
	}
	if len(h.kept) >= manyHoldings {
		return false
	}
	if h.known == nil {
		h.known = map[keptKey]int{}
	}
	h.known[key] = len(h.kept)
	h.kept = append(h.kept, k)
	return true
}

func (h *holdings) pair(b beside) bool {
	key := besideKey{b.class, b.pointer, b.owner, b.from.region, b.holder.region, b.from.returned}
	if h.together[key] || len(h.beside) >= manyHoldings {
		return false
	}
	if h.together == nil {
		h.together = map[besideKey]bool{}
	}
	h.together[key] = true
	h.beside = append(h.beside, b)
	return true
}

// linking is one search for owners.
type linking struct {
	p  *Program
	s  *Solver
	of map[*Function]*holdings
}

// settle brings what functions put into attributes up to their callers.
func (l *linking) settle(all []*Function) {
	queued := map[*Function]bool{}
	list := make([]*Function, 0, len(all))
	seen := map[*Function]bool{}
	var visit func(f *Function)
	visit = func(f *Function) {
		if seen[f] {
			return
		}
		seen[f] = true
		for i := range f.Flow.Calls {
			for _, g := range f.Flow.Calls[i].Callees {
				visit(g)
			}
		}
		list = append(list, f)
	}
	for _, f := range all {
		visit(f)
	}
	for _, f := range list {
		queued[f] = true
		l.of[f] = &holdings{}
	}
	for len(list) > 0 {
		var next []*Function
		for _, f := range list {
			if !queued[f] {
				continue
			}
			queued[f] = false
			if !l.update(f) {
				continue
			}
			for _, c := range f.Callers {
				if !queued[c] && l.of[c] != nil {
					queued[c] = true
					next = append(next, c)
				}
			}
		}
		list = next
	}
}

// update looks at one function, and reports whether there is more to say of it.
func (l *linking) update(f *Function) bool {
	calls := false
	for i := range f.Flow.Calls {
		for _, g := range l.callees(&f.Flow.Calls[i]) {
			if h := l.of[g]; h != nil && len(h.kept)+len(h.beside) > 0 {
				calls = true
			}
		}
	}
	if !calls && len(f.Flow.Stores) == 0 {
		return false
	}
	l.s.At(f)
	knowHandOuts(l.s)
	h := l.of[f]
	grown := false
	for _, st := range f.Flow.Stores {
		for _, k := range l.stored(f, st) {
			grown = h.keep(k) || grown
		}
	}
	if calls {
		nodes := map[int32]int32{}
		for n := range f.Flow.Nodes {
			if f.Flow.Nodes[n].Kind == NodeCall {
				nodes[f.Flow.Nodes[n].Num] = int32(n)
			}
		}
		for i := range f.Flow.Calls {
			for _, g := range l.callees(&f.Flow.Calls[i]) {
				if l.of[g] != nil {
					grown = l.called(f, &f.Flow.Calls[i], nodes[int32(i)], g) || grown
				}
			}
		}
	}
	return l.pairs(f, h) || grown
}

// callees are those of a call from which it takes over what they keep. By a pointer to one of many functions each would get what
// all of them keep, and callbacks that call each other so are most of a program.
func (l *linking) callees(c *Call) []*Function {
	if c.anyOf {
		return nil
	}
	return c.Callees
}

// stored is what one assignment to an attribute keeps.
func (l *linking) stored(f *Function, st Store) []kept {
	into := &f.Flow.Nodes[st.Into]
	attr := st.Name
	if into.Shape.Kind != ctype.Object { // a field of a struct that the object has, or a place in an array
		attr = f.Flow.LeadsInto(st.Into)
		if into.Shape.Kind != ctype.Record && st.Name != "" || attr == "" {
			return nil
		}
	}
	var out []kept
	for _, c := range l.s.Top(st.Into) {
		class := c.Class
		if class == nil {
			continue
		}
		fd := class.Field(attr)
		if fd == nil {
			continue
		}
		object := l.p.Types.OfField(fd).Kind == ctype.Object
		if !object && (!l.leads(f, fd, st.Value) || l.filledWithData(f, fd, st) || l.freesItself(class, fd)) {
			continue
		}
		if st.Nothing && !object {
			continue
		}
		for _, v := range l.values(f, st.Value, object) {
			v.number = l.p.Types.OfField(fd).Kind == ctype.Scalar
			k := kept{child: c.Region, class: class, attr: attr, pointer: !object, value: v, place: Place{f, st.Span}, at: st.Span.Pos}
			k.held = l.held(f, &k)
			out = append(out, k)
		}
	}
	return out
}

// leads reports whether an attribute can hold a pointer, or an address.
func (l *linking) leads(f *Function, fd *project.Field, value int32) bool {
	switch sh := l.p.Types.OfField(fd); sh.Kind {
	case ctype.Pointer:
		return !sh.Lock
	case ctype.Record:
		return (!sh.Copied || sh.Pointers) && !l.p.Types.PlainData(sh.Struct, 0)
	case ctype.Scalar:
		return value != 0 && f.Flow.Nodes[value].Shape.Kind == ctype.Scalar && len(l.s.Top(value)) > 0
	default:
		return sh.Kind == ctype.Unknown && value != 0
	}
}

// filledWithData reports whether C code filled a struct that has nothing but numbers, as it is
// declared, and no C code goes on with it: what it is not said to have is of no use then.
func (l *linking) filledWithData(f *Function, fd *project.Field, st Store) bool {
	if sh := l.p.Types.OfField(fd); sh.Kind != ctype.Record || f.Flow.Nodes[st.Value].Shape.Kind != ctype.Pointer || !l.p.Types.Numbers(sh.Struct) {
		return false
	}
	for _, g := range l.p.Funcs(fd.Mod).All {
		for i := range g.Flow.Actions {
			a := &g.Flow.Actions[i]
			if a.Field == fd.Name && (a.class == nil || a.class.Field(fd.Name) == fd) && (a.Cause == PassesWritable || a.Cause == PassesConst || a.Cause == PassesUnknown) && !(g == f && st.Span.Contains(a.Span.Pos)) {
				return false
			}
		}
		for i := range g.Flow.Calls {
			if slices.ContainsFunc(g.Flow.Calls[i].Args, func(n int32) bool { return n != 0 && g.Flow.LeadsInto(n) == fd.Name }) {
				return false
			}
		}
	}
	return true
}

// values are what a value may be.
func (l *linking) values(f *Function, n int32, object bool) []keptValue {
	var out []keptValue
	returned := !object && l.returned(f, n, 16)
	itself := !object && l.itself(f, n, 16)
	for _, r := range l.s.Top(n) {
		class := r.Class
		if class == nil && l.s.sum.Regions[r.Region].Parent < 0 && l.s.sum.Regions[r.Region].Root == NodeParam {
			class = f.Flow.Nodes[f.Flow.Params[l.s.sum.Regions[r.Region].Num]].Shape.Class
		}
		out = append(out, keptValue{region: r.Region, class: class, returned: returned, itself: itself, seen: l.object(f, r.Region)})
	}
	if !object {
		for _, r := range l.lent(f, n, 16) {
			out = append(out, keptValue{region: r.Region, class: r.Class, lent: true})
		}
	}
	if len(out) == 0 {
		out = append(out, keptValue{region: noRegion})
	}
	return out
}

// returned reports whether a pointer is what a C function made of what it was given.
func (l *linking) returned(f *Function, n int32, depth int) bool {
	x := &f.Flow.Nodes[n]
	switch {
	case x.Shape.Returned:
		return true
	case depth == 0:
		return false
	}
	switch x.Kind {
	case NodeCall: // a function of the project that returns what a C function returned
		for _, g := range f.Flow.Calls[x.Num].Callees {
			for _, r := range g.Flow.Returns {
				if x.Shape.Kind != ctype.Object && l.returned(g, r, depth/2) {
					return true
				}
			}
		}
	case NodeCast, NodeInside:
		return l.returned(f, x.Base, depth-1)
	case NodeLocal:
		for _, from := range x.From {
			if l.returned(f, from, depth-1) {
				return true
			}
		}
	}
	return false
}

// itself reports whether a pointer is an object's own address: "<void *>x".
func (l *linking) itself(f *Function, n int32, depth int) bool {
	x := &f.Flow.Nodes[n]
	switch {
	case n == 0 || depth == 0:
		return false
	case x.Kind == NodeInside && x.Name != "" || x.Shape.Returned:
		return false
	case x.Kind == NodeCast || x.Kind == NodeInside:
		return l.itself(f, x.Base, depth-1)
	case x.Kind == NodeLocal:
		return len(x.From) > 0 && l.itself(f, x.From[0], depth-1)
	}
	return x.Shape.Kind == ctype.Object
}

// lent are the objects out of whose capsules a pointer may come.
func (l *linking) lent(f *Function, n int32, depth int) []Ref {
	x := &f.Flow.Nodes[n]
	if depth == 0 {
		return nil
	}
	switch x.Kind {
	case NodeLent:
		return l.s.Top(x.Base)
	case NodeCast, NodeInside:
		return l.lent(f, x.Base, depth-1)
	case NodeLocal:
		var out []Ref
		for _, from := range x.From {
			out = append(out, l.lent(f, from, depth-1)...)
		}
		return out
	}
	return nil
}

// called takes over what a callee puts into the attributes of what it is given, and
// of what it returns.
func (l *linking) called(f *Function, c *Call, node int32, g *Function) bool {
	h, from := l.of[f], l.of[g]
	grown := false
	for _, k := range from.kept {
		children := l.translated(c, node, g, k.child)
		if len(children) == 0 && !k.pointer && l.passed(g, k.child) && l.p.Guarding.Of(k.class) == k.attr {
			// Some object that is not followed, which others may know.
			children = []Ref{{l.s.intern(Region{Root: NodeUnknown, Num: -1, Parent: -1}), nil}}
		}
		for _, child := range children {
			class := k.class
			if child.Class != nil && !project.Related(child.Class, class) {
				continue
			}
			for _, v := range l.translate(c, node, g, k.value) {
				next := kept{child: child.Region, class: class, attr: k.attr, pointer: k.pointer, value: v, place: k.place, at: c.Span.Pos}
				next.held = k.held || l.held(f, &next)
				next.given = l.given(f, c, g, &k)
				grown = h.keep(next) || grown
			}
		}
	}
	for _, b := range from.beside {
		if !l.open(g, b) {
			continue
		}
		for _, v := range l.translate(c, node, g, b.from) {
			for _, o := range l.translate(c, node, g, b.holder) {
				if v.region == noRegion || o.region == noRegion {
					continue
				}
				next := b
				next.from, next.holder = v, o
				if next.from.class == nil {
					next.from.class = b.from.class
				}
				grown = h.pair(next) || grown
			}
		}
	}
	return grown
}

// open reports whether it takes a function's callers to tell whether a pointer leads
// into what is beside it.
func (l *linking) open(g *Function, b beside) bool {
	return b.from.region != noRegion && b.from.region != b.holder.region &&
		(l.passed(g, b.from.region) || l.passed(g, b.holder.region)) && len(g.Callers) > 0
}

// given returns the argument that a new object keeps, or a pointer into it, where a call makes the object and its constructor
// takes that from a parameter.
func (l *linking) given(f *Function, c *Call, g *Function, k *kept) argument {
	if len(c.Args) == 0 || c.Args[0] == 0 || f.Flow.Nodes[c.Args[0]].Kind != NodeFresh || g.Accessor != Plain || !library.Construction()[g.Def.Name.Name] || k.value.region == noRegion {
		return argument{}
	}
	self, x := &g.Sum.Regions[k.child], &g.Sum.Regions[k.value.region]
	if self.Root != NodeParam || self.Num != 0 || self.Parent >= 0 || x.Root != NodeParam || x.Parent >= 0 || int(x.Num) >= len(c.Args) {
		return argument{}
	}
	return argument{c.Span.Pos, c.Args[x.Num]}
}

// passed reports whether a region is, or is reached from, what the callers pass.
func (l *linking) passed(g *Function, r int32) bool {
	return r != noRegion && g.Sum.Regions[r].Root == NodeParam
}

// translated are the caller's regions that a callee's stands for.
func (l *linking) translated(c *Call, node int32, g *Function, r int32) []Ref {
	if r == noRegion {
		return nil
	}
	x := &g.Sum.Regions[r]
	switch x.Root {
	case NodeParam:
		var out []Ref
		at := anchor(g, r)
		for _, a := range l.s.given(c, g, at) {
			class := a.Class
			if at != r {
				class = nil
			}
			for _, to := range l.s.along(a.Region, g, r, c.history) {
				out = append(out, Ref{to, class})
			}
		}
		return out
	case NodeFresh:
		if node == 0 || !returns(g, r) {
			return nil
		}
		base := l.s.intern(Region{Root: NodeFresh, Num: node, Parent: -1})
		var out []Ref
		for _, to := range l.s.along(base, g, r, c.history) {
			out = append(out, Ref{to, nil})
		}
		return out
	}
	return nil
}

// returns reports whether a function returns the new object that a region is, or is
// reached from.
func returns(g *Function, r int32) bool {
	for g.Sum.Regions[r].Parent >= 0 {
		r = g.Sum.Regions[r].Parent
	}
	for _, o := range g.Sum.returns {
		if o == r {
			return true
		}
	}
	return false
}

func (l *linking) translate(c *Call, node int32, g *Function, v keptValue) []keptValue {
	var out []keptValue
	for _, r := range l.translated(c, node, g, v.region) {
		next := v
		next.region = r.Region
		if r.Class != nil {
			next.class = r.Class
		}
		if v.region != noRegion && g.Sum.Regions[v.region].Root == NodeParam {
			n := c.Args[g.Sum.Regions[v.region].Num]
			next.returned = v.returned || l.returned(l.s.f, n, 16)
			next.itself = v.itself || g.Flow.Nodes[g.Flow.Params[g.Sum.Regions[v.region].Num]].Shape.Kind != ctype.Object && l.itself(l.s.f, n, 16)
		}
		out = append(out, next)
	}
	if len(out) == 0 && v.region != noRegion && g.Sum.Regions[v.region].Root == NodeParam {
		num := g.Sum.Regions[v.region].Num
		if int(num) < len(c.Args) {
			for _, r := range l.lent(l.s.f, c.Args[num], 16) {
				out = append(out, keptValue{region: r.Region, class: r.Class, lent: true})
			}
		}
	}
	if len(out) == 0 {
		out = append(out, keptValue{region: noRegion, class: v.class})
	}
	return out
}

// pairs puts pointers and objects together that one object gets.
func (l *linking) pairs(f *Function, h *holdings) bool {
	grown := false
	for _, k := range h.kept {
		if !k.pointer || k.value.region == noRegion || k.value.region == k.child && !f.Sum.many(k.child) || k.value.itself {
			continue
		}
		// What it has already: "self.c = root_of(self.owner.t)".
		if x := &f.Sum.Regions[k.value.region]; x.Parent == k.child && !x.OfItems() {
			grown = h.pair(beside{class: k.class, pointer: k.attr, owner: x.Name, from: k.value, holder: k.value, place: k.place}) || grown
			continue
		}
		for _, o := range h.kept {
			if o.pointer || o.child != k.child || o.value.region == noRegion || !project.Related(o.class, k.class) {
				continue
			}
			if o.value.region != k.value.region && o.given == k.given && k.given != (argument{}) {
				continue // one argument is one object
			}
			class := k.class
			if len(o.class.Ancestry()) > len(class.Ancestry()) {
				class = o.class
			}
			grown = h.pair(beside{class: class, pointer: k.attr, owner: o.attr, from: k.value, holder: o.value, place: k.place}) || grown
		}
	}
	return grown
}
