package effects

// What a variable stands for where it is known whether another one is None: after "if doc is not None: p = doc.p",
// below "if doc is None", p is what it was before. The other one has to have the same value still, which is the node
// that it stands for.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// decision is what a variable stands for where two ways have met, by what a test for None found.
type decision struct {
	tested    int32 // the value that was tested
	none, not int32 // what it stands for where that is None, and where not
}

// nones are what is known of values by tests for None.
type nones struct {
	// decided are values of variables where the ways from such a test meet, and joins all where ways meet that are no
	// rounds of a loop: of these, each is what it was on the way that was taken.
	decided map[int32]decision
	joins   map[int32]bool
	// not are classes that a value is none of, by another test (flowkind.go).
	not  map[int32][]*project.Class
	left map[calledOn][]*Function // see whereNot
}

// testedForNone returns the value that a condition tests for None, 0 where it is something else, and whether it holds
// for None.
func testedForNone(b *builder, cond ast.Expr) (value int32, none bool) {
	e, ok := syntax.Unparen(cond).(*ast.Compare)
	if !ok || len(e.Ops) != 1 || e.Ops[0] != "is" && e.Ops[0] != "is not" {
		return 0, false
	}
	x, named := syntax.Unparen(e.Xs[0]).(*ast.Name)
	c, constant := syntax.Unparen(e.Xs[1]).(*ast.Const)
	if !named || !constant || c.Name != "None" {
		return 0, false
	}
	v, known := b.vars[x.Name]
	n, sh, local := b.value(x.Name)
	if !known || !local || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown {
		return 0, false
	}
	if _, shared := b.shared[v.slot]; shared {
		return 0, false // a function inside assigns to it at any time
	}
	return n, e.Ops[0] == "is"
}

// parting is where a test for None parts two ways.
type parting struct {
	value int32 // what is tested; 0 where it is something else
	none  bool  // whether the first way is that of None
	first bool  // whether that way goes on to where they meet
}

// asks looks at the condition of a clause.
func (p *parting) asks(b *builder, clause int, cond ast.Expr) {
	if clause == 0 {
		p.value, p.none = testedForNone(b, cond)
	}
}

// goes notes which ways go on after a clause.
func (p *parting) goes(clause int, ways [][]int32) {
	if clause == 0 {
		p.first = len(ways) == 1
	}
}

// meet notes what variables stand for where the two ways have met.
func (p *parting) meet(b *builder, list []ast.CondClause, ways [][]int32) {
	if p.value == 0 || !p.first || len(ways) != 2 || len(list) > 2 || len(list) == 2 && list[1].Cond != nil {
		return
	}
	yes, no := ways[0], ways[1]
	for slot, n := range b.env {
		if n == 0 || slot == historySlot || slot >= len(yes) || slot >= len(no) || yes[slot] == no[slot] {
			continue
		}
		if !b.nones.joins[n] { // on one of the ways it is nothing that matters
			n = b.node(Node{Kind: NodeLocal, From: []int32{n}, Shape: b.shape(n)})
			b.nones.joins = with(b.nones.joins, n, true)
			b.env[slot] = n
		}
		d := decision{p.value, yes[slot], no[slot]}
		if !p.none {
			d.none, d.not = d.not, d.none
		}
		b.nones.decided = with(b.nones.decided, n, d)
	}
}

// knowsNone leaves in env what variables may stand for where a value is None, or is not.
func knowsNone(b *builder, env []int32, value int32, none bool) {
	if value == 0 || len(b.nones.decided) == 0 {
		return
	}
	for slot, n := range env {
		env[slot] = where(b, n, value, none, 0)
	}
}

// maxGiven bounds how many meeting ways are followed.
const maxGiven = 8

// where is what a value is where another one is None, or is not.
func where(b *builder, n, value int32, none bool, depth int) int32 {
	if !b.nones.joins[n] || depth > maxGiven {
		return n
	}
	if d, ok := b.nones.decided[n]; ok && d.tested == value {
		if none {
			return where(b, d.none, value, none, depth+1)
		}
		return where(b, d.not, value, none, depth+1)
	}
	from := slices.Clone(b.flow.Nodes[n].From)
	for i, x := range from {
		from[i] = where(b, x, value, none, depth+1)
	}
	if slices.Equal(from, b.flow.Nodes[n].From) {
		return n
	}
	out := b.node(Node{Kind: NodeLocal, From: from, Shape: b.flow.Nodes[n].Shape})
	b.nones.joins = with(b.nones.joins, out, true)
	return out
}
