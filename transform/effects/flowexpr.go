package effects

// Flows of expressions: each returns the node of its value, 0 where that leads
// to no state.

import (
	"cmp"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func (b *builder) expr(e ast.Expr) int32 {
	switch e := e.(type) {
	case nil, *ast.Const, *ast.Number, *ast.Placeholder, *ast.BadExpr, *ast.Sizeof, *ast.TypeExpr:
		return 0
	case *ast.Name:
		return b.exprs.name(e)
	case *ast.Attribute:
		return attributeRead(b, e)
	case *ast.Subscript:
		return b.exprs.subscript(e)
	case *ast.Call:
		return b.calls.call(e)
	case *ast.Paren:
		return b.expr(e.X)
	case *ast.Cast:
		n, to := b.expr(e.X), b.p.Types.OfType(b.m, e.Type, 0)
		to.Exact = to.Exact && (e.Checked || b.shape(n).Exact) // "<list>x" asks nobody what x is
		if e.Type != nil && e.Type.Name == "void" && to.Kind == ctype.Pointer && b.shape(n).Kind == ctype.Object && n != 0 {
			// What is given to C code as void * comes back in a callback as what it is.
			return b.node(Node{Kind: NodeInside, Base: n, Shape: to})
		}
		n = b.cast(n, to)
		if e.Type != nil && n != 0 && syntax.HasSlice(e.Type.Args) {
			b.flow.Nodes[n].Shape.View = true // <T[:n]>pointer is a memoryview
		}
		return n
	case *ast.Unary:
		return b.exprs.unary(e)
	case *ast.Binary:
		if e.Op == "and" || e.Op == "or" {
			x := b.exprs.tested(e.X)
			return b.either(x, b.expr(e.Y))
		}
		x, y := b.expr(e.X), b.expr(e.Y)
		return b.exprs.arithmetic(e, x, y)
	case *ast.Compare:
		b.exprs.comparing().compare(e)
		return 0
	case *ast.Cond:
		x := b.expr(e.Then)
		b.exprs.tested(e.If)
		return b.either(x, b.expr(e.Else))
	case *ast.Walrus:
		v := b.expr(e.Value)
		b.target(e.Target, v, syntax.IsNothing(e.Value))
		return v
	case *ast.Str:
		for _, f := range e.Fields {
			n := b.expr(f)
			if b.answers(n) {
				b.exprs.operator(n, "__str__", f.Range())
				b.exprs.operator(n, "__format__", f.Range())
				b.exprs.mayCall(n, "__repr__", Plain, f.Range()) // by "!r"
			}
			if collection(b.exprs, n) {
				ofItems(b.exprs, n, "__repr__", f.Range())
			}
		}
		return 0
	case *ast.Collection:
		var elems []int32
		for _, x := range e.Elems {
			n := b.expr(x)
			if s, ok := x.(*ast.Starred); ok {
				elems = append(elems, b.items(b.expr(s.X))...)
			}
			elems = append(elems, n)
		}
		if looked := e.Kind == "set" || e.Kind == "dict"; looked && len(elems) == len(e.Elems) && !syntax.Starred(e.Elems) {
			for i, n := range elems {
				if e.Kind == "set" || i%2 == 0 { // a key, and its value
					b.exprs.comparing().key(n, e.Elems[i].Range())
				}
			}
		}
		placed := slices.Clone(elems)
		n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: e.Kind != "tuple"}})
		b.fill(n, elems)
		if len(elems) == len(e.Elems) && !syntax.Starred(e.Elems) {
			if b.spelled == nil {
				b.spelled = map[int32][]int32{}
			}
			b.spelled[n] = placed
		}
		if e.Kind == "tuple" && len(e.Elems) == 0 {
			b.put(n, b.node(Node{Kind: NodeNothing}))
		}
		for i, x := range placed {
			switch {
			case x != 0 || len(placed) != len(e.Elems):
			case nobody(e.Elems[i]) || b.exprs.number(e.Elems[i]):
				b.put(n, b.node(Node{Kind: NodeNothing}))
			default:
				b.put(n, unknownItem)
			}
		}
		return n
	case *ast.Starred:
		b.iterates(b.expr(e.X), e.Span)
		return 0
	case *ast.Lambda:
		return insides{b}.lambda(e)
	case *ast.Comp:
		return b.exprs.comprehension(e)
	case *ast.Slice:
		for _, x := range [3]ast.Expr{e.Lo, e.Hi, e.Step} {
			b.exprs.mayCall(b.expr(x), "__index__", Plain, e.Span)
		}
		return 0
	case *ast.Yield:
		n := b.expr(e.X)
		if e.From {
			b.iterates(n, e.Span)
		}
		b.hands(n, 0, e.Span.End, true)
		if b.nested == 0 {
			b.flow.yields = append(b.flow.yields, b.history())
		}
		b.suspends(e.Span)
		return 0
	case *ast.New:
		if e.Call != nil {
			for _, a := range e.Call.Args {
				b.expr(a.X)
			}
		}
		return b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Pointer, Depth: 1, Elem: ctype.Record}})
	case *ast.Pattern:
		for _, x := range e.Parts {
			b.expr(x)
		}
	}
	return 0
}

func (b expressions) comprehension(e *ast.Comp) int32 {
	if len(e.Clauses) == 0 {
		return 0
	}
	l := b.into(e.Span)
	for _, c := range e.Clauses {
		n := b.iterated(c.From, c.Iter, c.Step)
		if !c.From && c.Target != nil {
			b.target(c.Target, b.element(n), false)
		}
	}
	elem := b.expr(e.Elem)
	if v := b.expr(e.Value); e.Value != nil {
		elem = v
	}
	b.outOf(l, true, nil, 0)
	out := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: e.Kind != "generator"}})
	b.fill(out, []int32{elem})
	return out
}

func (b expressions) name(e *ast.Name) int32 {
	n, sh, ok := b.value(e.Name)
	if !ok {
		return b.global(e)
	}
	if n == 0 {
		if def := b.vars[e.Name].nested; def != nil && e.Access == ast.Read {
			return closingDef(b.builder, def)
		}
		return 0
	}
	switch e.Access {
	case ast.StoreThrough, ast.Delete:
		// p[i] = v through a local pointer, or in a container of someone else's.
		b.shallowly(e, func() { b.storedThrough(n, e.Name, e.Span, e.Access == ast.Delete) })
	case ast.Aug:
		if sh.Ref {
			b.effect(n, nil, OnState, Write, true, StoresThrough, e.Name, e.Span)
		}
		if sh.Container || b.shape(n).Container {
			b.effect(n, nil, OnValue, Write, true, ChangesContainer, e.Name, e.Span)
		}
	}
	return n
}

// attribute is what base.attr denotes, and what is done to it there.
func (b expressions) attribute(e *ast.Attribute, base int32) int32 {
	if n := classVariable(b, e); n != 0 {
		return n
	}
	if base == 0 { // of a module, or of what is not followed
		if path := syntax.Dotted(e); len(path) > 1 && !b.isLocal(path[0]) {
			n, _ := b.cVariable(path...)
			return n
		}
		return 0
	}
	if n := exporter(b, e, base); n != 0 {
		return n
	}
	sh := b.shape(base)
	switch sh.Kind {
	case ctype.Pointer, ctype.Record: // p.x, s.x: C data within the owner
		if e.Access == ast.Called { // a method of a C++ object
			b.effect(base, nil, OnState, Write, false, PassesUnknown, e.Attr.Name, e.Span)
		}
		b.shallowly(e.X, func() { b.stored(placeOf(b, e, base), e.Access, e.Attr.Name, e.Span) })
		b.dereferenced(base, e.Access, e.Span)
		if ms, ok := b.p.Types.Member(sh, e.Attr.Name); ok && ms.Kind != ctype.Object {
			if ms.Kind == ctype.Scalar {
				return 0
			}
			return b.node(Node{Kind: NodeInside, Base: base, Shape: ms})
		}
		return b.node(Node{Kind: NodeInside, Base: base})
	}
	if sh.Class == nil {
		if b.inC(base) {
			b.shallowly(e.X, func() { b.stored(base, e.Access, e.Attr.Name, e.Span) })
			return b.node(Node{Kind: NodeInside, Base: base})
		}
		if sh.Buffer && e.Attr.Name == "data" {
			if isStore(e.Access) {
				b.effect(base, nil, OnValue, Write, true, ChangesContainer, e.Attr.Name, e.Span)
			}
			return b.node(Node{Kind: NodeInside, Base: base})
		}
		if sh.Shares && library.ArrayViews()[e.Attr.Name] && !isStore(e.Access) {
			return arrays{b.calls}.sharing(base)
		}
		if library.Changers()[e.Attr.Name] && e.Access == ast.Read {
			b.effect(base, nil, OnValue, Write, false, ChangesContainer, e.Attr.Name, e.Span) // bound, to be called later
		}
		b.mayCall(base, e.Attr.Name, accessedBy(e.Access), e.Span)
		if isStore(e.Access) { // a Python attribute: its own object's affair, unless one of ours leads to that
			return setsAttribute(b, base, e.Attr.Name, e.Span)
		}
		n := b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
		b.carry(n, base, ByCalling)
		b.gotFrom(n, base, Within)
		return n
	}
	f := sh.Class.Field(e.Attr.Name)
	if f == nil && e.Attr.Name == "__class__" && e.Access == ast.Read {
		return b.class(base)
	}
	if f == nil {
		n := b.member(e, base, sh.Class)
		if b.mayBeUnread(base, sh.Class, e.Attr.Name, false, e.Span) && n == 0 {
			return b.node(Node{Kind: NodeInside, Base: base})
		}
		if n == 0 && b.mayHave(sh.Class, e.Attr.Name) {
			md, c := Read, Reads
			if isStore(e.Access) {
				md, c = Write, Writes
			}
			b.effect(base, sh.Class, OnState, md, false, c, e.Attr.Name, e.Span)
			return b.node(Node{Kind: NodeInside, Base: base})
		}
		if n == 0 {
			n = boundMethod(b, e, base, sh.Class)
		}
		return n
	}
	fs := b.p.Types.OfField(f)
	if fs.Lock {
		if e.Access == ast.Read || e.Access == ast.Called {
			return holding(b).lockField(base, e.Attr.Name, fs)
		}
		return 0
	}
	name := e.Attr.Name
	switch e.Access {
	case ast.Write, ast.ForTarget:
		b.effect(base, sh.Class, OnState, Write, true, Writes, name, e.Span)
	case ast.Aug:
		b.effect(base, sh.Class, OnState, Write, true, Writes, name, e.Span)
	case ast.Delete:
		b.effect(base, sh.Class, OnState, Write, true, Deletes, name, e.Span)
	case ast.StoreThrough:
		switch {
		case fs.Kind == ctype.Object && fs.Class != nil:
			b.effect(base, sh.Class, OnState, Read, true, Reads, name, e.Span)
		case fs.Kind == ctype.Object && !fs.Container && b.storesAttribute(e):
			b.effect(base, sh.Class, OnState, Read, true, Reads, name, e.Span)
		case fs.Kind == ctype.Object:
			b.effect(base, sh.Class, OnState, Write, true, ChangesContainer, name, e.Span)
		default:
			b.effect(base, sh.Class, OnState, Write, true, StoresThrough, name, e.Span)
		}
	default:
		b.effect(base, sh.Class, OnState, Read, true, Reads, name, e.Span)
	}
	switch {
	case fs.Kind == ctype.Scalar && !fs.Handle && !fs.Address && !b.p.addresses.Get(f.Mod).given[name]:
		return 0
	case fs.Kind == ctype.Object:
		return b.node(Node{Kind: NodeField, Base: base, Name: name, owner: sh.Class, Shape: fs, history: b.history()})
	}
	return b.node(Node{Kind: NodeInside, Base: base, Name: name, owner: sh.Class, Shape: fs})
}

// exporter is what view.obj is in __releasebuffer__(self, view), 0 elsewhere: Python calls that method of the object that
// the view is of.
func exporter(b expressions, e *ast.Attribute, base int32) int32 {
	x := &b.flow.Nodes[base]
	if e.Attr.Name != "obj" || isStore(e.Access) && e.Access != ast.StoreThrough || x.Kind != NodeParam || x.Num != 1 || b.f.Class == nil || b.nested > 0 || b.f.Def.Name.Name != "__releasebuffer__" {
		return 0
	}
	return int32(slices.IndexFunc(b.flow.Nodes, func(x Node) bool { return x.Kind == NodeParam && x.Num == 0 }))
}

// mayHave reports whether a class may have a C attribute that is not known here:
// one of a base that is not in sight.
func (b expressions) mayHave(c *project.Class, name string) bool {
	return c.UnseenBase() && len(b.members(c, name, false)) == 0 && len(b.members(c, name, true)) == 0
}

// storesAttribute reports whether an attribute that is stored through is
// followed by another attribute: "self.o.x = 1" sets what o makes of it, where
// "self.o[k] = 1" changes a container.
func (b expressions) storesAttribute(e *ast.Attribute) bool {
	end := e.End
	src := b.f.Unit.Src
	for int(end) < len(src) && (src[end] == ' ' || src[end] == ')') {
		end++
	}
	return int(end) < len(src) && src[end] == '.'
}

// accessedBy is the part of a property that an access uses.
func accessedBy(a ast.Access) Accessor {
	switch a {
	case ast.Write, ast.Aug, ast.ForTarget:
		return Setter
	case ast.Delete:
		return Deleter
	}
	return Getter
}

// member is a property or method of a known class that is used as a value.
func (b expressions) member(e *ast.Attribute, base int32, c *project.Class) int32 {
	want := accessedBy(e.Access)
	var fs []*Function
	for _, f := range b.members(c, e.Attr.Name, true) {
		if f.Accessor == want {
			fs = append(fs, f)
		}
	}
	if len(fs) == 0 {
		return 0
	}
	args := make([]int32, len(fs[0].Def.Params.List))
	if len(args) > 0 {
		args[0] = base
	}
	return b.calls.callOf(fs, args, e.Span)
}

func (b expressions) subscript(e *ast.Subscript) int32 {
	n := b.expr(e.X)
	for _, i := range e.Index {
		if k, sh := b.expr(i), b.shape(n); sh.Class == nil && (sh.Kind == ctype.Object || sh.Kind == ctype.Unknown) { // C's own are looked up by numbers
			b.comparing().key(k, i.Range())
			if b.shape(n).Container || b.flow.Nodes[b.origin(n)].Kind == NodeFresh {
				b.mayCall(k, "__index__", Plain, i.Range())
			}
		}
	}
	if n == 0 {
		return 0
	}
	sh := b.shape(n)
	if sh.Kind == ctype.Object {
		name := "__getitem__"
		switch e.Access {
		case ast.Write, ast.Aug, ast.ForTarget, ast.StoreThrough:
			name = "__setitem__"
			if e.Access == ast.StoreThrough {
				name = "__getitem__"
			}
		case ast.Delete:
			name = "__delitem__"
		}
		if name == "__setitem__" {
			b.refill(n)
			b.filled = n
		}
		if name != "__getitem__" {
			b.flow.changed = append(b.flow.changed, n)
		}
		if sh.Class != nil {
			if item := subscripted(b, n, name, e); item != 0 {
				return item
			}
		} else if b.mayCall(n, name, Plain, e.Span); name != "__getitem__" {
			b.effect(n, nil, OnValue, Write, true, ChangesContainer, syntax.LastName(e.X), e.Span)
		}
		if view, ok := (arrays{b.calls}).slice(n, e.Index); ok {
			return view
		}
		if sh.Class == nil && sliceOf(e.Index) {
			if part, ok := b.part(n); ok {
				return part
			}
		}
		if lock := lockAt(b.builder, n, e); lock != 0 {
			return lock
		}
		item := b.element(n)
		notesItem(b.builder, e, n, item)
		return item
	}
	if sh.Inserts && (sh.Kind != ctype.Pointer || sh.Ref) {
		b.effect(n, nil, OnState, Write, true, ChangesContainer, cmp.Or(syntax.LastName(e.X), "[]"), e.Span)
		if sh.Pointers {
			b.flow.Actions[len(b.flow.Actions)-1].shallow = true
		}
	}
	b.shallowly(e.X, func() { b.stored(n, e.Access, syntax.LastName(e.X), e.Span) })
	b.dereferenced(n, e.Access, e.Span)
	for _, i := range e.Index {
		if _, ok := i.(*ast.Slice); ok || isEllipsis(i) {
			return b.node(Node{Kind: NodeInside, Base: n, Shape: sh})
		}
	}
	if left := int(sh.Axes) - len(e.Index); sh.Axes > 0 && left > 0 {
		sh.Axes = int8(left)
		return b.node(Node{Kind: NodeInside, Base: n, Shape: sh})
	} else if sh.Axes > 1 {
		sh.Axes = 1
		return b.element(b.node(Node{Kind: NodeInside, Base: n, Shape: sh}))
	}
	return b.element(n)
}

func isEllipsis(e ast.Expr) bool {
	c, ok := e.(*ast.Const)
	return ok && (c.Name == "..." || c.Name == "Ellipsis")
}

func (b expressions) unary(e *ast.Unary) int32 {
	switch e.Op {
	case "&":
		return b.address(e.X)
	case "await":
		holding(b).awaits(e.X)
		b.suspends(e.Span)
		return 0
	}
	n := b.expr(e.X)
	if name := library.UnaryMethods()[e.Op]; name != "" {
		b.mayCall(n, name, Plain, e.Span)
	}
	if b.shape(n).Class != nil {
		if name := library.UnaryMethods()[e.Op]; name != "" {
			n = b.operator(n, name, e.Span)
			if e.Op != "not" {
				return n
			}
		}
		return 0
	}
	if e.Op == "*" {
		return b.element(n)
	}
	return 0
}

// address is a pointer to a place.
func (b expressions) address(e ast.Expr) int32 {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Subscript:
		n := b.expr(x.X)
		for _, i := range x.Index {
			b.expr(i)
		}
		if n == 0 {
			return 0
		}
		sh := b.shape(n)
		if sh.Kind != ctype.Pointer {
			sh = sh.Item().Pointer(1, false)
		}
		return b.node(Node{Kind: NodeInside, Base: n, Shape: sh})
	case *ast.Attribute:
		base := b.expr(x.X)
		if base == 0 {
			return 0
		}
		before := len(b.flow.Actions)
		n := b.attribute(x, base)
		if sh := b.shape(n); n == 0 || sh.Kind != ctype.Object && (sh.Kind != ctype.Pointer || sh.Array()) { // it is in the object
			for i := before; i < len(b.flow.Actions); i++ {
				b.flow.Actions[i].history = noUse
			}
		}
		sh := ctype.Shape{Kind: ctype.Pointer, Depth: 1}
		if ms, ok := b.p.Types.Member(b.shape(base), x.Attr.Name); ok && b.inC(base) {
			return b.node(Node{Kind: NodeInside, Base: base, Shape: ms.Pointer(1, b.shape(base).Constant)})
		}
		if b.shape(base).Class != nil {
			f := b.shape(base).Class.Field(x.Attr.Name)
			if f == nil {
				return 0
			}
			fs := b.p.Types.OfField(f)
			if fs.Lock {
				return holding(b).lockField(base, x.Attr.Name, fs)
			}
			sh = fs.Pointer(1, fs.Constant)
			return b.node(Node{Kind: NodeInside, Base: base, Name: x.Attr.Name, owner: b.shape(base).Class, Shape: sh})
		}
		if n == 0 {
			return 0
		}
		return b.node(Node{Kind: NodeInside, Base: n, Shape: sh})
	case *ast.Name:
		n, sh, ok := b.value(x.Name)
		if c, m, isVar := project.Variable(b.m, x.Name); !ok && isVar { // a variable of the module, a number among them
			sh = b.p.Types.Of(m, c.Type, c.Declarator)
			n = b.node(Node{Kind: NodeGlobal, Name: x.Name, Shape: sh})
			return b.node(Node{Kind: NodeInside, Base: n, Shape: sh.Pointer(1, false)})
		}
		if !ok || n == 0 || sh.Kind == ctype.Scalar {
			return 0
		}
		to := b.shape(n).Pointer(1, false)
		if b.unset(n, 8) { // to be filled in: what it gets then, it is not yet
			return b.node(Node{Kind: NodeNothing, Shape: to})
		}
		return b.node(Node{Kind: NodeInside, Base: n, Shape: to, local: sh.Kind == ctype.Pointer})
	}
	return b.expr(e)
}

// arithmetic is pointer arithmetic, or an operator of an object.
func (b expressions) arithmetic(e *ast.Binary, x, y int32) int32 {
	if x == 0 && y == 0 {
		return 0
	}
	x, y = asOfOneClass(b.builder, x), asOfOneClass(b.builder, y)
	sx, sy := b.shape(x), b.shape(y)
	if n, ok := b.joined(e.Op, x, y); ok {
		return n
	}
	m, ok := library.BinaryMethods()[e.Op]
	if ok && (sx.Class != nil || sy.Class != nil) {
		return operated(b, x, y, m, e.X, e.Span)
	}
	if ok {
		if _, text := syntax.Unparen(e.X).(*ast.Str); text && e.Op == "%" {
			for _, n := range append(b.elements(y), y) {
				b.mayCall(n, "__str__", Plain, e.Span)
				b.mayCall(n, "__repr__", Plain, e.Span)
				if n != y && collection(b, n) {
					ofItems(b, n, "__repr__", e.Span)
				}
			}
			return 0 // a text formats whatever it is given, and asks nobody on the right
		}
		b.mayCall(x, "__"+m+"__", Plain, e.Span)
		b.mayCall(y, "__r"+m+"__", Plain, e.Span)
	}
	switch {
	case sx.Kind == ctype.Pointer || sx.Kind == ctype.Scalar && x != 0:
		return b.node(Node{Kind: NodeInside, Base: x, Shape: sx})
	case sy.Kind == ctype.Pointer:
		return b.node(Node{Kind: NodeInside, Base: y, Shape: sy})
	}
	return 0
}

// converted notes that a value becomes a number of C.
func (b expressions) converted(n int32, span ast.Span) {
	for _, m := range []string{"__int__", "__float__"} {
		b.mayCall(n, m, Plain, span)
	}
}

// expressions walk the expressions of a function: each returns the node of its value,
// 0 where that leads to no state.
type expressions struct{ *builder }
