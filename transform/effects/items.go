package effects

// Objects that have no name: the items of *args, of a list or a tuple, the values of **kw.
//
// All items of one parameter are one region, a child of the parameter's. What is done to
// one of them is done to it; a call passes to it what the callee is given in that place.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// anyItem is the name of the region that stands for the items of its parent.
const anyItem = "*"

// unknownItem is among the content of a container that is given what is not followed.
const unknownItem int32 = -1

// OfItems reports whether a region stands for the items of a parameter.
func (r *Region) OfItems() bool { return r.Parent >= 0 && r.Name == anyItem }

// many reports whether a region stands for several objects, the items of a parameter or
// what is reached from these: what is done to one need not be done to the next.
func (sum *Summary) many(region int32) bool {
	for r := region; r >= 0; r = sum.Regions[r].Parent {
		if sum.Regions[r].OfItems() {
			return true
		}
	}
	return false
}

// Items returns the parameter whose items a region stands for; ok is false where it is
// something else, an attribute of an item among that.
func Items(f *Function, region int32) (param int, ok bool) {
	r := &f.Sum.Regions[region]
	return int(r.Num), r.OfItems() && r.Root == NodeParam
}

// stars is what stands before the name of a parameter in the path of its items.
func stars(f *Function, num int) string {
	if f.Def.Params.List[num].Kind == ast.DoubleStar {
		return "**"
	}
	return "*"
}

// Building.

// contained is some item of a container that is not spelled out.
func (b *values) contained(n int32) int32 {
	return b.node(Node{Kind: NodeContained, Base: n, Shape: ctype.Shape{Kind: ctype.Object}})
}

// items returns nodes for what a container yields: what it was spelled out with, or some
// item of it. There are none for what is no container of Python's.
func (b *values) items(n int32) []int32 {
	if n == 0 {
		return nil
	}
	if of := b.elements(n); len(of) > 0 {
		if b.shape(n).Container { // it may have got others by a later line of a loop
			return append(slices.Clone(of), b.contained(n))
		}
		return of
	}
	sh := b.shape(n)
	if sh.Kind != ctype.Object || sh.Class != nil {
		return nil
	}
	if sh.Shares {
		return []int32{b.row(n)}
	}
	return []int32{b.contained(n)}
}

// tuple is a new container with items that are known, that of *args in a call above all.
func (b *values) tuple(items []int32) int32 {
	items = slices.DeleteFunc(slices.Clone(items), func(n int32) bool { return n == 0 || b.shape(n).Kind == ctype.Scalar })
	if len(items) == 0 {
		return 0
	}
	n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object}})
	b.fill(n, items)
	return n
}

// put notes that a container may get items from here on.
func (b *values) put(n int32, items ...int32) {
	for _, x := range items {
		if x == 0 {
			x = unknownItem
		}
		switch {
		case n == 0 || x != unknownItem && b.shape(x).Kind == ctype.Scalar:
		case b.flow.Nodes[n].Kind == NodeFresh:
			if b.flow.content == nil {
				b.flow.content = map[int32][]int32{}
			}
			b.flow.content[n] = append(b.flow.content[n], x)
		default:
			b.flow.puts = append(b.flow.puts, put{n, x})
		}
	}
}

// Content is what a container of the function's own making was made with, none for other values.
func (fl *Flow) Content(n int32) []int32 {
	return slices.DeleteFunc(slices.Clone(fl.content[fl.source(n)]), func(x int32) bool { return x <= 0 })
}

// Puts reports whether containers that the function did not make get items.
func (fl *Flow) Puts() bool { return len(fl.puts) > 0 }

// EachPut visits what containers get, until visit returns true.
func (fl *Flow) EachPut(visit func(in, item int32) bool) {
	for _, p := range fl.puts {
		if p.item > 0 && p.in > 0 && visit(p.in, p.item) {
			return
		}
	}
}

// putBy notes what a method that changes a container puts into it.
func (b *values) putBy(name string, n int32, args passed) {
	switch name {
	case "append", "add", "appendleft", "insert", "setdefault":
		items := args.pos
		if (name == "insert" || name == "setdefault") && len(items) > 0 {
			items = items[1:] // the place, or the key
		}
		b.put(n, items...)
		for range args.star {
			b.put(n, unknownItem)
		}
	case "extend", "extendleft", "update":
		for _, x := range args.pos {
			items := b.items(x)
			b.put(n, orUnknown(items)...)
			for _, pair := range items { // a dict may be given pairs
				b.put(n, b.elements(pair)...)
			}
		}
		b.put(n, args.kw...)
		for range args.star {
			b.put(n, unknownItem)
		}
	case "pop", "popitem", "remove", "discard", "clear", "sort", "reverse", "popleft", "rotate":
	default:
		b.put(n, unknownItem)
	}
}

// orUnknown are items, or something unknown where there are none.
func orUnknown(items []int32) []int32 {
	if len(items) == 0 {
		return []int32{unknownItem}
	}
	return items
}

// itemsBy is what a method of a container returns that hands out its items; ok is false
// for other methods.
func (b *values) itemsBy(name string, n int32, args passed) (int32, bool) {
	sh := b.shape(n)
	if sh.Kind != ctype.Object || sh.Class != nil || b.flow.Nodes[b.origin(n)].Kind == NodeField {
		return 0, false
	}
	items := b.items(n)
	switch name {
	case "values", "copy":
		return b.tuple(items), true
	case "items":
		return b.tuple([]int32{b.tuple(items)}), true
	case "get", "pop", "setdefault":
		out := b.node(Node{Kind: NodeLocal, From: items, Shape: ctype.Shape{Kind: ctype.Object}})
		if len(args.pos) > 1 {
			out = b.either(out, args.pos[1])
		}
		return out, true
	}
	return 0, false
}

// joined is a container that an operator makes of others: "[a] + l", "s | t", "l * 3"; ok is
// false where nothing says that an operand is one.
func (b *values) joined(op string, x, y int32) (n int32, ok bool) {
	switch op {
	case "+", "|", "&", "-", "^", "*":
	default:
		return 0, false
	}
	var items []int32
	sh := ctype.Shape{Kind: ctype.Object}
	for _, o := range [2]int32{x, y} {
		if o == 0 {
			continue
		}
		if b.shape(o).Kind != ctype.Object || b.shape(o).Class != nil {
			return 0, false
		}
		sh.Container = sh.Container || b.shape(o).Container
		container := b.shape(o).Container || b.flow.Nodes[b.origin(o)].Kind == NodeFresh
		ok = ok || container
		if container || op != "*" { // the other one is how many times
			items = append(items, b.items(o)...)
		}
	}
	if !ok {
		return 0, false
	}
	n = b.node(Node{Kind: NodeFresh, Shape: sh})
	b.put(n, items...)
	if op != "*" && (x == 0 || y == 0) {
		b.put(n, unknownItem)
	}
	return n, true
}

// part is a slice of a container, a new one of a parameter or of what was made here.
func (b *values) part(n int32) (int32, bool) {
	switch b.flow.Nodes[b.origin(n)].Kind {
	case NodeParam, NodeFresh, NodeContained, NodeItem:
	default:
		return 0, false
	}
	out := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: b.shape(n).Container}})
	b.fill(out, b.items(n))
	return out, true
}

// sliceOf reports whether an index is a slice.
func sliceOf(index []ast.Expr) bool {
	if len(index) != 1 {
		return false
	}
	_, ok := index[0].(*ast.Slice)
	return ok
}

// classOf returns the class that a value is, nil where it is none: type(x), x.__class__,
// the first parameter of a class method.
func (b *builder) classOf(n int32) *project.Class {
	for range 8 {
		if n == 0 {
			return nil
		}
		x := &b.flow.Nodes[n]
		switch {
		case b.calls.isClass(n):
			return b.f.Class
		case x.Kind == NodeClass:
			return x.owner
		case x.Kind == NodeCast:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return nil
		}
	}
	return nil
}

// class is the class of an object, where that is known: it may be a subclass of it.
func (b *values) class(of int32) int32 {
	sh := b.shape(of)
	if of == 0 || sh.Kind != ctype.Object || sh.Class == nil {
		return 0
	}
	return b.node(Node{Kind: NodeClass, owner: sh.Class, Shape: ctype.Shape{Kind: ctype.Object}})
}

// Solving.

// items returns what the items of the container are that a node stands for.
func (s *Solver) items(n int32) []Ref {
	if n <= 0 {
		return nil
	}
	// "nodes = later(nodes)": what the items are may follow from what they were.
	a := s.inside[n]
	if a == nil {
		a = s.answers.next()
		a.items = true
		s.inside[n] = a
	}
	return s.rounds.resolve(a, func() []Ref {
		return itemsIn(s, n, map[int32]bool{}, nil)
	})
}

func itemsIn(s *Solver, n int32, seen map[int32]bool, out []Ref) []Ref {
	if n <= 0 || seen[n] {
		return out
	}
	seen[n] = true
	with := func(refs ...Ref) {
		for _, r := range refs {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	unknown := Ref{s.intern(Region{Root: NodeUnknown, Num: n, Parent: -1}), nil}
	own := func(c int32) {
		before := len(out)
		for _, x := range s.flow.content[c] {
			if x == unknownItem {
				with(unknown)
			} else {
				with(s.refs(x)...)
			}
		}
		looped := s.rounds.loopedInside(func() { with(gained(s, s.intern(Region{Root: NodeFresh, Num: c, Parent: -1}))...) })
		if len(out) == before && len(s.flow.content[c]) == 0 && !looped {
			with(unknown)
		}
	}
	switch x := &s.flow.Nodes[n]; x.Kind {
	case NodeFresh:
		own(n)
		return out
	case NodeCast:
		return itemsIn(s, x.Base, seen, out)
	case NodeLocal:
		for _, from := range x.From {
			out = itemsIn(s, from, seen, out)
		}
		return out
	case NodeNothing:
		return out
	case NodeCall:
		with(s.itemsOf(n, &s.flow.Calls[x.Num], anyPlace)...)
		with(gainedBy(s, n)...)
		return out
	}
	base := s.refs(n)
	for _, r := range base {
		x := s.sum.Regions[r.Region]
		switch {
		case x.Root == NodeParam && x.Parent < 0 && r.Class == nil && int(x.Num) < len(s.flow.Params) && s.flow.Nodes[s.flow.Params[x.Num]].Shape.Class == nil:
			with(Ref{s.child(r.Region, anyItem, nil, inPlace), nil})
			with(gained(s, r.Region)...)
		case x.Root == NodeFresh && x.Parent < 0 && s.flow.Nodes[x.Num].Kind == NodeFresh:
			own(x.Num)
		default:
			with(unknown)
		}
	}
	if len(base) == 0 {
		with(unknown)
	}
	return out
}

// anchor returns the region of g that the arguments of a call stand for where an effect is
// on region r: the parameter itself, or its items.
func anchor(g *Function, r int32) int32 {
	for {
		x := &g.Sum.Regions[r]
		if x.Parent < 0 || x.OfItems() {
			return r
		}
		r = x.Parent
	}
}

// given returns what a call gives for a region of its callee g that anchor returned.
func (s *Solver) given(c *Call, g *Function, at int32) []Ref {
	x := &g.Sum.Regions[at]
	if x.Root == NodeFresh && c.node != 0 {
		return madeBy(s, c, g, at)
	}
	if x.Root != NodeParam || int(x.Num) >= len(c.Args) || c.Args[x.Num] == 0 {
		return nil
	}
	if x.OfItems() {
		return s.items(c.Args[x.Num])
	}
	return s.refs(c.Args[x.Num])
}

// keep notes what becomes of containers that are parameters: what is passed on, stored,
// returned or changed has to be the caller's own.
func keep(s *Solver) {
	f := s.f
	if f.Def.Params == nil || !slices.ContainsFunc(f.Def.Params.List, func(prm *ast.Param) bool { return prm.Kind == ast.Positional }) {
		return
	}
	mark := func(n int32) {
		for _, r := range s.Top(n) {
			x := &s.sum.Regions[r.Region]
			if x.Root != NodeParam || x.Parent >= 0 || s.sum.keeps[x.Num] || s.flow.Nodes[s.flow.Params[x.Num]].Shape.Class != nil {
				continue
			}
			if s.sum.keeps == nil {
				s.sum.keeps = map[int32]bool{}
			}
			s.sum.keeps[x.Num] = true
			s.grown = true
		}
	}
	for i := range s.flow.handed {
		mark(s.flow.handed[i].node)
	}
	for i := range s.flow.Stores {
		mark(s.flow.Stores[i].Value)
	}
	for _, n := range s.flow.changed {
		mark(n)
	}
	for _, n := range s.flow.Returns {
		mark(n)
	}
	for i := range s.flow.Actions {
		if a := &s.flow.Actions[i]; a.Kind == OnValue && a.Mode == Write {
			mark(a.Node)
		}
	}
	for i := range s.flow.Calls {
		c := &s.flow.Calls[i]
		for _, g := range c.Callees {
			for k := range g.Sum.keeps {
				if int(k) < len(c.Args) {
					mark(c.Args[k])
				}
			}
		}
	}
}

// What follows.

// ItemsLockable reports whether a function can lock the items of a parameter at its entry:
// those of *args and **kw, of a tuple, and of a list that it only looks at, since it gets a
// copy of that. An untyped parameter may be a generator, which the lock would run to its
// end: that is for a person to decide.
func ItemsLockable(f *Function, num int) bool {
	prm := f.Def.Params.List[num]
	switch prm.Kind {
	case ast.Star, ast.DoubleStar:
		return prm.Name.Name != ""
	case ast.Positional:
		switch containerType(f, num, prm) {
		case "tuple", "frozenset":
			return true
		case "list", "set":
			return !f.Keeps(num)
		}
	}
	return false
}

// Keeps reports whether a function changes, stores, returns or hands on a container that is a
// parameter, so that a copy of it would not do.
func (f *Function) Keeps(num int) bool { return f.Sum.keeps[int32(num)] }

// containerType is the builtin type that a parameter is declared as, "" where it has none.
func containerType(f *Function, num int, prm *ast.Param) string {
	path, pointer := f.Mod.ParamType(f.Class, f.Def, num, prm)
	if path == nil && !pointer && prm.Type == nil && prm.Annotation != nil { // list[M]
		if s, ok := syntax.Unparen(prm.Annotation).(*ast.Subscript); ok {
			path = syntax.Dotted(s.X)
		}
	}
	if len(path) != 1 || pointer {
		return ""
	}
	if _, bound := f.Mod.Scope.Names[path[0]]; bound {
		return ""
	}
	return path[0]
}

// ItemStance is what a function does to the items of a parameter that it locks.
type ItemStance struct {
	Param int
	Path  string // as a decorator spells it: "*others", "**kw"
	Stance
}

// InferItems returns what a member whose decorators name nothing does to the items of its
// parameters, where it locks them at its entry; the project is solved for it.
func (p *Program) InferItems(f *Function) []ItemStance {
	p.Solve([]*Function{f})
	var out []ItemStance
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if _, ok := Items(f, e.Region); !ok || e.Kind == OnPython || !infersItems(p, f, e) {
			continue
		}
		num, _ := Items(f, e.Region)
		at := slices.IndexFunc(out, func(o ItemStance) bool { return o.Param == num })
		if at < 0 {
			at = len(out)
			out = append(out, ItemStance{Param: num, Path: PathOf(f, e.Region), Stance: Stance{Kin: true}})
		}
		st := &out[at].Stance
		kin := st.Kin && e.Maybe
		if st.stronger(e) {
			*st = Stance{Touches: true, Mode: e.Mode, Sure: e.Sure, Why: e}
		}
		st.Kin = kin
	}
	slices.SortFunc(out, func(a, b ItemStance) int { return a.Param - b.Param })
	return out
}

// infersItems reports whether a member locks the items that an effect is on without being
// told to.
func infersItems(p *Program, f *Function, e *Effect) bool {
	num, ok := Items(f, e.Region)
	if !ok || e.Maybe && p.Constructs(f, 0) || !p.Member(f) || f.Accessor == Plain && library.NoLockMethods()[f.Def.Name.Name] || !ItemsLockable(f, num) || !p.Guards(e.Class) || project.IsNogil(f.Mod, f.Class, f.Def) {
		return false
	}
	if p.model.assume { // every class is taken for locked, by whatever lock
		return true
	}
	// Whether the guard of a guard is assigned at times is known only when all is solved.
	visible := p.Locks.VisibleFrom(f.Mod, f.Unit)
	if p.Locks.Of(f.Class).Kind == decorator.RWLock && CanTell(visible, e.Class) &&
		!slices.ContainsFunc(visible, func(v decorator.Visible) bool { return p.Guarding.Chained(v.Class) }) {
		return true
	}
	differInEffects(p)
	return false
}

// CanTell reports whether a function can lock items that are of class c, among others: it
// tests each for the locked classes that it can name, all of which have to have the lock of
// which a function takes any number.
func CanTell(visible []decorator.Visible, c *project.Class) bool {
	return slices.ContainsFunc(visible, func(v decorator.Visible) bool { return slices.Contains(c.Ancestry(), v.Class) }) &&
		!slices.ContainsFunc(visible, func(v decorator.Visible) bool { return v.Info.Kind != decorator.RWLock })
}
