package effects

// What is compared, or looked for by a dict or a set: which methods of it that may call.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// comparisons are the expressions, and calls, of a function that compare.
type comparisons struct{ expressions }

// comparing returns what notes comparisons of the function.
func (b expressions) comparing() comparisons { return comparisons{b} }

// compare walks a chain of comparisons.
func (b comparisons) compare(e *ast.Compare) {
	var left int32
	for i, x := range e.Xs {
		n := b.expr(x)
		if i > 0 {
			op := e.Ops[i-1]
			switch op {
			case "is", "is not":
			case "in", "not in":
				searched(b.builder, n, left, e.Span)
			default:
				if left != 0 && b.shape(left).Class == nil && b.shape(left).Kind == ctype.Object || n != 0 && b.shape(n).Class == nil && b.shape(n).Kind == ctype.Object {
					b.python(e.Span)
				}
				for _, o := range [2][2]int32{{left, n}, {n, left}} {
					if b.shape(o[0]).Class != nil {
						if len(b.members(b.shape(o[0]).Class, "__richcmp__", false)) > 0 {
							b.operator2(o[0], o[1], "__richcmp__", e.Span)
						} else {
							b.operator2(o[0], o[1], library.CompareMethods()[op], e.Span)
						}
					} else if b.number(e.Xs[i-1]) || b.number(x) { // what is compared with that is a number for the most part
						b.comparedWithNumber(o[0], op, e.Span)
					} else if !texts(e.Xs[i-1], x) {
						b.compared(o[0], op, e.Span)
						if collection(b.expressions, o[0]) {
							ofItems(b.expressions, o[0], "__eq__", e.Span)
						}
					}
				}
			}
		}
		left = n
	}
}

// texts reports whether one of two expressions is a text that is spelled out: what is compared
// with that is a text, too.
func texts(x, y ast.Expr) bool {
	for _, e := range []ast.Expr{x, y} {
		if _, ok := syntax.Unparen(e).(*ast.Str); ok {
			return true
		}
	}
	return false
}

// compared notes that a value is compared, on whatever side.
func (b comparisons) compared(n int32, op string, span ast.Span) {
	for _, m := range methodsComparing(op) {
		b.mayCall(n, m, Plain, span)
	}
}

// comparedWithNumber is compared for what is hardly an object of the function's own class, unless the
// function is the method of an operator.
func (b comparisons) comparedWithNumber(n int32, op string, span ast.Span) {
	if num, items := paramOf(b.flow, n); num > 0 && !items && !peer(b.f, num) {
		return
	}
	b.compared(n, op, span)
}

// methodsComparing are the methods by which an operator may compare.
func methodsComparing(op string) []string {
	return slices.DeleteFunc([]string{"__richcmp__", library.CompareMethods()[op], library.CompareMethods()[library.Mirrored()[op]]}, func(m string) bool { return m == "" })
}

// key notes that a value is looked for by a dict or a set. One that has no hash cannot be.
func (b comparisons) key(n int32, span ast.Span) {
	if n == 0 || b.f.Class == nil || !b.answers(n) {
		return
	}
	if _, ok := answering(b.p, b.f, "__hash__", Plain); ok {
		b.mayCall(n, "__hash__", Plain, span)
		b.compared(n, "==", span)
	}
}
