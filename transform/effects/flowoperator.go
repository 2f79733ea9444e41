package effects

// What operators yield: what the special methods return that they call.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// operation calls the methods of a binary operator and returns what they yield, by
// operand; 0 where an operand's class or its method is not in sight.
func (b expressions) operation(x, y int32, op string, span ast.Span) (yields [2]int32) {
	if b.answers(x) {
		yields[0] = b.operator2(x, y, "__"+op+"__", span)
	}
	if b.answers(y) && !decidedByLeft(b, x, y, op) {
		yields[1] = b.operator2(y, x, "__r"+op+"__", span)
	}
	return yields
}

// result is what an operator yields whose methods yield these. The right operand's
// method answers where the left one's does not: an object in sight on the left has
// the first word. What an operand out of sight makes of it on the right is taken for
// an object of its making.
func (b expressions) result(yields [2]int32, x int32, left ast.Expr) int32 {
	if c := b.shape(x).Class; yields[0] == 0 && !b.number(left) && (c == nil || !c.Complete()) {
		return 0 // whatever the left operand returns
	}
	return b.either(yields[0], yields[1])
}

// operated calls the methods of an operator of two objects, one of which is of a known class, and returns what it yields.
func operated(b expressions, x, y int32, op string, left ast.Expr, span ast.Span) int32 {
	mayKeep(b, x, y, op, span, "__", "__r")
	out := b.result(b.operation(x, y, op, span), x, left)
	if c := b.shape(x).Class; out != 0 && c != nil && inPython(b.p, b.m, c, "__"+op+"__") {
		return b.either(out, b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})) // what a Python class's method yields
	}
	if out != 0 && leavesToOther(b, x, op) {
		return orKept(b, out, x, y, op, "__r")
	}
	return out
}

// number reports whether an expression is a number: none of its methods knows the
// classes of the project.
func (b expressions) number(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Number:
		return true
	case *ast.Unary:
		return (x.Op == "-" || x.Op == "+") && b.number(x.X)
	case *ast.Name:
		_, sh, local := b.value(x.Name)
		return local && sh.Kind == ctype.Scalar
	}
	return false
}

// deleted notes that an attribute is deleted: there is nothing behind it then.
func (b expressions) deleted(t ast.Expr, n int32) {
	if x, ok := syntax.Unparen(t).(*ast.Attribute); ok && n != 0 && b.flow.Nodes[n].Kind == NodeField {
		b.assigned(b.flow.Nodes[n].Base, 0, true, x.Attr.Name, x.Pos)
	}
}

// augmented walks "t op= v" for objects: what the target is afterwards is what the
// operator's methods return, where they are in sight.
func (b expressions) augmented(t ast.Expr, n, v int32, op string) {
	op = library.BinaryMethods()[strings.TrimSuffix(op, "=")]
	var out int32
	if op != "" && (b.shape(n).Class != nil || b.shape(v).Class != nil && b.shape(n).Kind == ctype.Object) {
		span := t.Range()
		out = b.operator2(n, v, "__i"+op+"__", span)
		yields := b.operation(n, v, op, span)
		if out == 0 || yields[0] != 0 { // it may leave it to the others
			out = b.either(out, b.result(yields, n, t))
		}
		mayKeep(b, n, v, op, span, "__i", "__", "__r")
		switch {
		case b.shape(n).Class == nil && out != 0:
			out = orKept(b, out, n, v, op, "__i", "__")
		case out != 0 && leavesToOther(b, n, op):
			out = orKept(b, out, n, v, op, "__r")
		}
	} else if op != "" {
		mayKeep(b, n, v, op, t.Range(), "__i", "__", "__r")
		if untyped(b, n) {
			if kept := orKept(b, n, n, v, op, "__i", "__", "__r"); kept != n {
				out = kept
			}
		}
		b.mayCall(n, "__i"+op+"__", Plain, t.Range())
		b.mayCall(n, "__"+op+"__", Plain, t.Range())
		b.mayCall(v, "__r"+op+"__", Plain, t.Range())
	}
	if op == "add" && b.shape(n).Container && out == 0 { // of a list
		b.iterates(v, t.Range())
	}
	switch x := syntax.Unparen(t).(type) {
	case *ast.Name:
		if out == 0 && b.shape(n).Class != nil && op != "" { // what a method returns that is not in sight
			out = b.either(n, b.node(Node{Kind: NodeUnknown, Shape: b.shape(n)}))
		}
		if out != 0 {
			b.bind(x.Name, out, false, x.Span)
		}
	case *ast.Attribute:
		if n == 0 || b.flow.Nodes[n].Kind != NodeField {
			return
		}
		base := b.flow.Nodes[n].Base
		switch {
		case out != 0:
			b.handOutInto(out, base, t.Range().Pos)
		case b.shape(n).Container:
			out = n
		default:
			out = b.either(n, b.node(Node{Kind: NodeUnknown, Shape: b.shape(n)}))
		}
		b.assigned(base, out, false, x.Attr.Name, x.Pos)
		if b.shape(n).Class != nil {
			b.flow.Stores = append(b.flow.Stores, Store{out, base, x.Attr.Name, x.Span, false})
		}
	}
}

// tested walks an expression whose truth is asked for.
func (b expressions) tested(e ast.Expr) int32 {
	n := b.expr(e)
	if n != 0 && b.answers(n) {
		b.operator(n, "__bool__", e.Range())
	}
	return n
}

// operator calls a special method of n, if its class has it in sight.
func (b expressions) operator(n int32, name string, span ast.Span) int32 {
	return b.operator2(n, 0, name, span)
}

// operator2 is operator for a method that takes another object, too. Its value is
// what the method returns, 0 where that is not in sight.
func (b expressions) operator2(n, other int32, name string, span ast.Span) int32 {
	if b.shape(n).Class == nil {
		b.mayCall(n, name, Plain, span)
		return 0
	}
	b.mayBeUnread(n, b.shape(n).Class, name, false, span)
	fs := b.members(b.shape(n).Class, name, false)
	if instead := library.InsteadOf()[name]; len(fs) == 0 && instead != "" && !library.ContentMethods()[name] {
		return b.operator2(n, other, instead, span)
	}
	if len(fs) == 0 {
		return 0
	}
	p := passed{pos: []int32{n}, b: b.builder}
	if other != 0 {
		p.pos = append(p.pos, other)
	}
	return b.calls.callOf(fs, p.to(fs[0].Def, 0, false, func(int32) {}), span)
}

// operatorCall notes what a function of the module operator calls: operator.add(x, y) is x + y.
func operatorCall(b expressions, name string, args passed, span ast.Span) {
	plain := strings.Trim(name, "_")
	for op, m := range library.CompareMethods() {
		if m == "__"+plain+"__" && op != "<>" {
			for _, n := range args.pos {
				b.comparing().compared(n, op, span)
			}
			return
		}
	}
	binary := false
	for _, m := range library.BinaryMethods() {
		binary = binary || m == plain
	}
	for i, n := range args.pos {
		switch {
		case plain == "truth" || plain == "not":
			b.mayCall(n, "__bool__", Plain, span)
		case i == 0:
			b.mayCall(n, "__"+plain+"__", Plain, span)
		case i == 1 && binary:
			b.mayCall(n, "__r"+plain+"__", Plain, span)
		}
	}
}
