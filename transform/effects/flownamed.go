package effects

// Attributes that a call names by a text: getattr(x, "name") is x.name, setattr(x, "name", y) assigns to it, and
// methodcaller("name")(x) calls it.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// namedAttribute notes the use of an attribute whose name is spelled out: getattr(x, "name").
func namedAttribute(b calls, name string, args passed, e *ast.Call) {
	part, ok := map[string]Accessor{"getattr": Getter, "hasattr": Getter, "setattr": Setter, "delattr": Deleter}[name]
	if !ok || len(e.Args) < 2 || len(args.pos) == 0 {
		return
	}
	if len(args.pos) > 1 {
		args.pos[1] = 0 // a text: what is none is refused
	}
	base := args.pos[0]
	s, text := syntax.Unparen(e.Args[1].X).(*ast.Str)
	if !text || len(s.Fields) > 0 {
		if name == "setattr" || name == "getattr" && len(e.Args) == 2 {
			b.exprs.mayCall(base, AnyMember, part, e.Span)
		}
		if part == Setter || part == Deleter {
			storesNamed(b, base, "", part, e.Span)
		}
		return
	}
	// Who asks, or knows what to do instead, does not count on it.
	uses := b.exprs.mayCall
	if name == "hasattr" || len(e.Args) > 2 && part == Getter {
		uses = b.exprs.mayAnswer
	}
	uses(base, s.Value, part, e.Span)
	switch name {
	case "getattr": // of a method, which is called
		uses(base, s.Value, Plain, e.Span)
		bindsChanger(b, base, s.Value, e.Span)
		if len(e.Args) == 2 && b.shape(base).Class != nil {
			usesMember(b, base, s.Value, Plain, e.Span)
		}
	case "setattr", "delattr":
		storesNamed(b, base, s.Value, part, e.Span)
	}
}

// bindsChanger notes that a method by which containers change is looked up on a value, to be called.
func bindsChanger(b calls, n int32, name string, span ast.Span) {
	if sh := b.shape(n); n == 0 || sh.Kind != ctype.Object || sh.Class != nil {
		return
	}
	switch {
	case library.Changers()[name]:
		b.effect(n, nil, OnValue, Write, false, ChangesContainer, name, span)
	case library.Movers()[name], library.Advancers()[name]:
		b.effect(n, nil, OnValue, Write, false, Moves, name, span)
	}
}

// storesNamed notes that an attribute of an object is assigned to, or deleted, by its name, "" where that is not known. Python code
// cannot see private ones.
func storesNamed(b calls, base int32, name string, part Accessor, span ast.Span) {
	sh := b.shape(base)
	switch {
	case base == 0 || sh.Kind != ctype.Object:
	case sh.Class == nil:
		setsAttribute(b.exprs, base, name, span)
	case name == "":
	default:
		usesMember(b, base, name, part, span)
		if f := sh.Class.Field(name); f != nil && f.Vis == ast.Public && (base == b.self || !b.p.Guards(sh.Class)) { // another object's property takes its lock
			b.effect(base, sh.Class, OnState, Write, true, Writes, name, span)
		}
	}
}
