package effects

// What functions and operators do to what is in a list, a tuple, a dict or a set: sum() adds,
// sort() compares, repr() shows, sorted(key=f) calls.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// onItems notes what a function calls of what is in its arguments, and that it calls a key.
func onItems(b expressions, name string, args passed, span ast.Span) {
	method, shown := library.ItemMethods()[name], library.ShownBy()[name]
	for _, n := range args.pos {
		if method != "" {
			ofItems(b, n, method, span)
		}
		if shown != "" && collection(b, n) {
			ofItems(b, n, shown, span)
		}
	}
	for i, n := range args.kw {
		if args.name[i] == "key" {
			b.mayCall(n, "__call__", Plain, span)
		}
	}
}

// ofItems notes that a method is called of each item of a collection.
func ofItems(b expressions, n int32, method string, span ast.Span) {
	for _, it := range b.values.items(n) {
		if it == unknownItem {
			continue
		}
		switch {
		case !b.answers(it):
		case method == "__lt__":
			eachCompared(b.comparing(), it, "<", span)
		case method == "__eq__":
			eachCompared(b.comparing(), it, "==", span)
		case method == "__add__":
			b.operator(it, "__add__", span)
			b.operator(it, "__radd__", span)
		default:
			b.operator(it, method, span)
		}
	}
}

// eachCompared notes that an item is compared with others of its kind.
func eachCompared(b comparisons, n int32, op string, span ast.Span) {
	if b.shape(n).Class == nil {
		b.compared(n, op, span)
		return
	}
	if len(b.members(b.shape(n).Class, "__richcmp__", false)) > 0 {
		b.operator2(n, n, "__richcmp__", span)
		return
	}
	b.operator2(n, n, library.CompareMethods()[op], span)
}

// collection reports whether a value is a list, a tuple, a dict or a set, as far as that is known.
func collection(b expressions, n int32) bool {
	if n == 0 || b.shape(n).Kind != ctype.Object || b.shape(n).Class != nil {
		return false
	}
	return b.shape(n).Container || b.flow.Nodes[b.origin(n)].Kind == NodeFresh || b.collects(n)
}

// comparedBy notes what methods of lists, dicts and sets compare.
func comparedBy(b calls, name string, base int32, args passed, span ast.Span) {
	switch name {
	case "add", "discard", "get", "setdefault", "pop":
		args.each(func(n int32) { b.exprs.comparing().key(n, span) })
	case "remove", "index", "count":
		args.each(func(n int32) { b.exprs.comparing().compared(n, "==", span) })
		if b.shape(base).Container || name == "remove" {
			ofItems(b.exprs, base, "__eq__", span)
		}
	case "sort":
		ofItems(b.exprs, base, "__lt__", span)
		onItems(b.exprs, "", args, span)
	}
}

// mapped notes what map() and filter() call: a function that is given, or one of Python's own.
func mapped(b calls, name string, args passed, e *ast.Call) {
	if name != "map" && name != "filter" || len(args.pos) == 0 {
		return
	}
	b.exprs.mayCall(args.pos[0], "__call__", Plain, e.Span)
	fun, ok := syntax.Unparen(e.Args[0].X).(*ast.Name)
	if !ok || b.isLocal(fun.Name) {
		return
	}
	if method := library.BuiltinMethods()[fun.Name]; method != "" {
		for _, n := range slices.Clone(args.pos[1:]) {
			ofItems(b.exprs, n, method, e.Span)
		}
	}
}
