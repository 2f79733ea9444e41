package effects

// Running over objects, and methods of objects whose class no declaration tells, though what
// made them does: "list(self.words())", "it = self.words(); it.step()". A value is still any
// object then. What its class's methods would do is noted beside that.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// likelyDepth bounds through how many values a class is looked for.
const likelyDepth = 8

// iterates notes that something runs over an object.
func (b *builder) iterates(n int32, span ast.Span) {
	if !b.answers(n) {
		return
	}
	if it := iteratorOf(b, n, span); it != 0 {
		b.exprs.operator(it, "__next__", span)
		if b.shape(it).Class != nil {
			return
		}
		if _, found := likely(b, it, "__next__", passed{}, span); found {
			return
		}
	}
	b.exprs.operator(n, "__next__", span)
	likely(b, n, "__next__", passed{}, span)
}

// iteratorOf is what "iter(x)" returns, 0 where that is not in sight.
func iteratorOf(b *builder, n int32, span ast.Span) int32 {
	out := b.exprs.operator(n, "__iter__", span)
	if b.shape(n).Class != nil {
		return out
	}
	for _, as := range likelyAs(b, n) {
		out = b.either(out, b.exprs.operator(as, "__iter__", span))
	}
	return out
}

// likely notes that a method is called on an object that nothing declares, for each class that it
// is likely to be of; it returns what those return that have the method, and reports whether there was one. A private
// method is not among them: what calls it is what tells whether anybody else has the object.
func likely(b *builder, n int32, name string, args passed, span ast.Span) (out int32, found bool) {
	if n == 0 || b.shape(n).Class != nil || !b.answers(n) || PrivateName(name) {
		return 0, false
	}
	args.b = b
	for _, as := range likelyAs(b, n) {
		fs := slices.DeleteFunc(slices.Clone(b.members(b.shape(as).Class, name, false)), func(f *Function) bool { return !f.Exposed() })
		for _, f := range fs {
			out = b.either(out, b.calls.callOf([]*Function{f}, args.to(f.Def, as, true, func(int32) {}), span))
			if !asWritten(f) || inPython(b.p, b.m, f.Class, f.Def.Name.Name) {
				out = b.either(out, b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}))
			}
			found = true
		}
	}
	return out, found
}

// ofOneClass reports whether a value without a static type is what methods return that are called on an object of a known
// class, and that each return an object of one class, unless Python code overrides them: "x.reversed()". No Python class
// in sight does.
func ofOneClass(b *builder, n int32) bool {
	for v := range b.flow.behind(n, nameDepth) {
		if x := &b.flow.Nodes[v]; x.Kind == NodeCall {
			return !slices.ContainsFunc(b.flow.Calls[x.Num].Callees, func(f *Function) bool {
				return f.Class == nil || writtenClass(b.p, f) == nil || !asWritten(f) || inPython(b.p, b.m, f.Class, f.Def.Name.Name)
			})
		}
	}
	return false
}

// subscripted calls the method by which an object of a known class has items, and returns what that yields where it is read and of
// a class that is known; 0 otherwise.
func subscripted(b expressions, n int32, method string, e *ast.Subscript) int32 {
	if method == "__delitem__" && len(b.members(b.shape(n).Class, method, false)) == 0 {
		method = "__setitem__"
	}
	if item := b.operator(n, method, e.Span); item != 0 && e.Access == ast.Read && ofOneClass(b.builder, item) {
		return item
	}
	return 0
}

// asOfOneClass is such a value as one of its class, and any other as it is: the operand of "(a | b) & c".
func asOfOneClass(b *builder, n int32) int32 {
	if sh := b.shape(n); n == 0 || sh.Class != nil || sh.Kind != ctype.Object || !ofOneClass(b, n) {
		return n
	}
	if as := likelyAs(b, n); len(as) == 1 {
		return as[0]
	}
	return n
}

// runsOver notes that code that is not in sight runs over what it is given, where it is known for
// that, or where there is not much else that one does with an iterator.
func runsOver(b *builder, n int32, name string, span ast.Span) {
	if n == 0 {
		return
	}
	steps := func(c *project.Class) bool { return len(b.members(c, "__next__", false)) > 0 }
	if library.BuiltinMethods()[name] == "__iter__" || slices.ContainsFunc(likelyClasses(b, n, likelyDepth, nil), steps) {
		b.iterates(n, span)
	}
}

// searched notes what "x in n" calls.
func searched(b *builder, n, x int32, span ast.Span) {
	switch sh := b.shape(n); {
	case sh.Class != nil && len(b.members(sh.Class, "__contains__", false)) == 0 && !b.exprs.mayHave(sh.Class, "__contains__"):
		b.iterates(n, span)
	case sh.Class != nil:
		b.exprs.operator2(n, x, "__contains__", span)
	case b.answers(n):
		b.exprs.comparing().compared(x, "==", span)
		b.exprs.mayCall(n, "__contains__", Plain, span)
		if _, found := likely(b, n, "__contains__", passed{pos: []int32{x}}, span); !found && len(likelyAs(b, n)) > 0 {
			b.iterates(n, span)
		}
	case sh.Container: // it compares, and takes the container's own lock
		b.exprs.comparing().key(x, span)
		b.exprs.comparing().compared(x, "==", span)
		ofItems(b.exprs, n, "__eq__", span)
		b.python(ast.Span{Pos: span.End, End: span.End})
	}
}

// likelyAs returns a value as each class that it is likely to be of.
func likelyAs(b *builder, n int32) []int32 {
	var out []int32
	for _, c := range likelyClasses(b, n, likelyDepth, nil) {
		out = append(out, b.node(Node{Kind: NodeCast, Base: n, likely: true, Shape: ctype.Shape{Kind: ctype.Object, Class: c}}))
	}
	return out
}

// likelyClasses are the classes of the objects that a value was made as, as far as these are in
// sight.
func likelyClasses(b *builder, n int32, depth int, out []*project.Class) []*project.Class {
	if n == 0 || depth == 0 {
		return out
	}
	x := &b.flow.Nodes[n]
	if c := x.Shape.Class; c != nil {
		if x.Shape.Kind == ctype.Object && !slices.Contains(out, c) {
			out = append(out, c)
		}
		return out
	}
	switch x.Kind {
	case NodeCast:
		return likelyClasses(b, x.Base, depth-1, out)
	case NodeLocal:
		for _, from := range x.From {
			out = likelyClasses(b, from, depth-1, out)
		}
	case NodeCall:
		for _, f := range b.flow.Calls[x.Num].Callees {
			for _, c := range likelyResults(b.p, f) {
				if !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}
