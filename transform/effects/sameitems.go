package effects

// Items of a container that are one object: docs[i] and docs[i] again, as long as neither the variables in the index nor
// the container have changed, no function was given the container, and no loop has begun or ended in between.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// itemAt is a place in a container, as it is spelled.
type itemAt struct {
	container int32
	index     string
}

// madeItem is the node of an item, with what tells whether it is the same one still.
type madeItem struct {
	node, pos int32
	loop      *loop
	changes   [2]int
	calls     int // that stand in front
}

// notesItem notes the node of what a subscript yields, and which earlier one is the same object. Others may put something
// else there meanwhile, which is between them and those who hold the lock of what was there.
func notesItem(b *builder, e *ast.Subscript, container, n int32) {
	names, plain := indexNames(e)
	if !b.handMade || !plain || b.nested > 0 || b.flow.Nodes[n].Kind != NodeContained {
		return
	}
	at := itemAt{container, syntax.Text(b.f.Unit.File, ast.Span{Pos: e.Index[0].Range().Pos, End: e.Index[len(e.Index)-1].Range().End})}
	now := madeItem{node: n, pos: e.Pos, changes: [2]int{len(b.flow.changed), len(b.flow.puts)}, calls: len(b.flow.Calls)}
	if n := len(b.loops); n > 0 {
		now.loop = b.loops[n-1]
	}
	was, known := b.itemsMade[at]
	given := func(c Call) bool { return slices.Contains(c.Args, container) }
	if known && was.loop == now.loop && was.changes == now.changes && !slices.ContainsFunc(b.flow.Calls[was.calls:], given) && !slices.ContainsFunc(names, func(name string) bool {
		return !b.isLocal(name) || changesInside(b.f.Def, name) || changesBetween(b.f.Def, name, was.pos, e.Pos)
	}) {
		b.flow.sameItems = with(b.flow.sameItems, n, was.node)
		return
	}
	b.itemsMade = with(b.itemsMade, at, now)
}

// indexNames are the variables in an index that is spelled with these and numbers or texts alone.
func indexNames(e *ast.Subscript) (names []string, plain bool) {
	plain = len(e.Index) > 0
	for _, i := range e.Index {
		ast.Walk(i, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				names = append(names, n.Name)
				plain = plain && (n.Access == ast.Read || n.Access == ast.StoreThrough)
			case *ast.Number, *ast.Str, *ast.Paren:
			case *ast.Unary:
				plain = plain && (n.Op == "-" || n.Op == "+")
			case *ast.Binary:
				plain = plain && (n.Op == "-" || n.Op == "+" || n.Op == "*" || n.Op == "%")
			default:
				plain = plain && n == nil
			}
			return plain
		})
	}
	return names, plain
}

// changesBetween reports whether a function gives a variable something between two places of its text.
func changesBetween(def *ast.FuncDef, name string, from, to int32) bool {
	found := false
	ast.Walk(def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == name && x.Access.Rebinds() && from < x.Pos && x.Pos < to
		return !found
	})
	return found
}

// changesInside reports whether a function inside the function may give a variable of it something, whenever that is called.
func changesInside(def *ast.FuncDef, name string) bool {
	found := false
	ast.Walk(def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Simple)
		found = found || ok && x.Keyword == "nonlocal" && slices.ContainsFunc(x.Names, func(id ast.Ident) bool { return id.Name == name })
		return !found
	})
	return found
}
