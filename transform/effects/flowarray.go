package effects

// Flows of NumPy's arrays: memory that their slices and views share, and that any thread may write to while another
// reads it. A method or function that is not known may write there.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

type arrays struct{ calls }

// sharing is another array with the same items.
func (b arrays) sharing(n int32) int32 {
	return b.node(Node{Kind: NodeLocal, From: []int32{n}, Shape: b.shape(n)})
}

// row is an item of an array: a row of it, which shares its items, or a number. Nobody but who uses it as one takes it for
// a row.
func (b *values) row(n int32) int32 {
	sh := b.shape(n)
	sh.Container = false
	return b.node(Node{Kind: NodeLocal, From: []int32{n}, Shape: sh})
}

// slice is what an index of an array yields, if that is a view of some of its items.
func (b arrays) slice(n int32, index []ast.Expr) (int32, bool) {
	if !b.shape(n).Shares || !slices.ContainsFunc(index, func(i ast.Expr) bool {
		_, ok := i.(*ast.Slice)
		return ok || isEllipsis(i)
	}) {
		return 0, false
	}
	return b.sharing(n), true
}

// method handles a method of an array.
func (b arrays) method(n int32, name string, args passed, e *ast.Call) (int32, bool) {
	if !b.shape(n).Shares {
		return 0, false
	}
	b.filled(args, e.Span)
	args.each(func(n int32) { b.opaque(n, name, e.Span) })
	switch {
	case library.ArrayViews()[name]:
		return b.sharing(n), true
	case library.ArrayReaders()[name]:
	case library.ArrayChangers()[name]:
		b.effect(n, nil, OnValue, Write, true, ChangesContainer, name, e.Span)
	case b.shape(n).Container:
		b.effect(n, nil, OnValue, Write, false, CallsUnknown, name, e.Span)
		return b.sharing(n), true
	}
	return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}), true
}

// function handles a function of numpy that is known to read its first arguments alone.
func (b arrays) function(path []string, e *ast.Call) (int32, bool) {
	bd, ok := b.m.Scope.Names[path[0]]
	if !ok || bd.Kind != project.BindModule && bd.Kind != project.BindImported || len(bd.Path) == 0 || bd.Path[0] != "numpy" {
		return 0, false
	}
	name := path[len(path)-1]
	reads := 0
	if len(path) == 2 && len(bd.Path) == 1 || len(path) == 1 { // np.sum, from numpy import sum
		reads = library.ArrayFunctions()[name]
	}
	args := b.passed(e.Args)
	b.filled(args, e.Span)
	if library.ArrayFillers()[name] && len(args.pos) > 0 {
		b.effect(args.pos[0], nil, OnValue, Write, true, ChangesContainer, name, e.Span)
	}
	for i := range args.pos {
		// Another object may have an __array__ that does anything.
		if sh := b.shape(args.pos[i]); i < reads && (sh.Shares || sh.Kind == ctype.Pointer && sh.Axes > 0) {
			if sh.Kind == ctype.Pointer {
				b.effect(args.pos[i], nil, OnState, Read, true, PassesConst, name, e.Span)
			}
			args.pos[i] = 0
		}
	}
	return b.unknownCall(args, name, e.Span, false), true
}

// filled notes what a call is given to put its result into.
func (b arrays) filled(args passed, span ast.Span) {
	for i, n := range args.kw {
		if args.name[i] == "out" && b.shape(n).Kind == ctype.Object {
			b.effect(n, nil, OnValue, Write, true, ChangesContainer, "out", span)
		}
	}
}
