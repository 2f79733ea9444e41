package effects

import (
	"iter"
	"maps"
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The variables of one function: what each stands for changes from statement to
// statement, and where branches meet it is either of several values.

// variable is a name in a function. What it stands for changes from statement
// to statement: variables.env has that.
type variable struct {
	slot   int32
	shape  ctype.Shape  // as declared
	global bool         // declared global
	nested *ast.FuncDef // a function defined in this one; nil where it is none
}

// variables are the names of a function with their values. They follow control
// flow: after an assignment a name stands for the new value alone, and where
// branches meet for either.
type variables struct {
	values
	vars map[string]variable
	env  []int32 // by slot: the node that a variable stands for now
	// slots counts the variables of all scopes.
	slots int32
	meets int32 // how often two ways have met
	nones nones
	// loops are the loops that the walk is in, outermost first.
	loops []*loop
	// tries are the blocks that the walk is in and that an exception may leave
	// anywhere: what they have assigned so far, by slot.
	tries []map[int32][]int32
	// seen holds, by slot, what nested functions see of a variable: all that it
	// is ever given. shared are those of the variables that they assign to.
	seen   map[int32][]int32
	shared map[int32]int32
	// given are the parameters of the functions defined in this one.
	given map[*ast.FuncDef][]int32
	// lambdas are the parameters of those that Python's functions call with what they are given.
	lambdas map[*ast.Lambda][]int32
	// callers are the calls that made values which call something when they are called: partial(f, x).
	callers map[int32]*ast.Call
}

// loop is a loop being walked.
type loop struct {
	pos    int32
	first  []int32   // the values at its head; those of slots join those of each round
	slots  []int32   // of the variables that a round may give another value
	leaves [][]int32 // the values at each break
}

// variable makes a name known and gives it a value.
func (b *variables) variable(name string, sh ctype.Shape, n int32) {
	b.slots++
	v := variable{slot: b.slots - 1, shape: sh}
	b.vars[name] = v
	b.set(v.slot, n)
}

// set gives a slot a value. What was bound on another way has no slot here yet.
func (b *variables) set(slot, n int32) {
	for int(slot) >= len(b.env) {
		b.env = append(b.env, 0)
	}
	for _, s := range b.seen[slot] {
		if x := &b.flow.Nodes[s]; n != 0 && n != s && !slices.Contains(x.From, n) {
			x.From = append(x.From, n)
		}
	}
	if s, ok := b.shared[slot]; ok {
		n = s
	}
	b.env[slot] = n
	for _, t := range b.tries {
		t[slot] = append(t[slot], n)
	}
}

// attempt walks a block that an exception may leave anywhere. interrupted is
// what its variables may be then.
func (b *variables) attempt(walk func() bool) (fell bool, interrupted []int32, assigned map[int32][]int32) {
	before := slices.Clone(b.env)
	assigned = map[int32][]int32{}
	b.tries = append(b.tries, assigned)
	fell = walk()
	b.tries = b.tries[:len(b.tries)-1]
	for _, slot := range slices.Sorted(maps.Keys(assigned)) {
		values := assigned[slot]
		for int(slot) >= len(before) {
			before = append(before, 0)
		}
		from := make([]int32, 0, len(values)+1)
		for _, n := range append([]int32{before[slot]}, values...) {
			if n != 0 && !slices.Contains(from, n) {
				from = append(from, n)
			}
		}
		switch from = led(b.flow, from); len(from) {
		case 0:
		case 1:
			before[slot] = from[0]
		default:
			before[slot] = b.node(Node{Kind: NodeLocal, From: from, Shape: b.common(from)})
		}
	}
	return fell, before, assigned
}

// value returns what a local stands for here.
func (b *variables) value(name string) (int32, ctype.Shape, bool) {
	v, ok := b.vars[name]
	if !ok || v.global {
		return 0, ctype.Shape{}, false
	}
	if int(v.slot) >= len(b.env) {
		return 0, v.shape, true
	}
	return b.env[v.slot], v.shape, true
}

// join makes env what either of several ways leads to. Ways may have fewer
// slots: what they do not have was not bound on them.
func (b *variables) join(ways [][]int32) []int32 {
	if len(ways) == 0 {
		return nil
	}
	longest := ways[0]
	for _, w := range ways[1:] {
		if len(w) > len(longest) {
			longest = w
		}
	}
	if len(ways) == 1 {
		return longest
	}
	met := int32(0)
	if len(ways) == 2 {
		b.meets++
		met = b.meets
	}
	out := slices.Clone(longest)
	for slot := range out {
		if agree(ways, slot) {
			continue
		}
		var from []int32
		for _, w := range ways {
			if slot < len(w) && w[slot] != 0 && !slices.Contains(from, w[slot]) {
				from = append(from, w[slot])
			}
		}
		switch from = led(b.flow, from); len(from) {
		case 0:
		case 1:
			out[slot] = from[0]
		default:
			out[slot] = b.node(Node{Kind: NodeLocal, From: from, Shape: b.common(from), met: met})
			b.nones.joins = with(b.nones.joins, out[slot], true)
		}
	}
	return out
}

// agree reports whether a variable stands for one value on all ways.
func agree(ways [][]int32, slot int) bool {
	for _, w := range ways {
		if slot >= len(w) || w[slot] != ways[0][slot] {
			return false
		}
	}
	return true
}

// into enters a loop: from its head on each variable is what it was or what a
// round made of it. What the loop does not mention no round gives another value.
func (b *variables) into(at ast.Span) *loop {
	l := &loop{pos: at.Pos, first: slices.Clone(b.env), slots: b.mentioned(at)}
	for _, slot := range l.slots {
		if n := b.env[slot]; n != 0 {
			n = b.node(Node{Kind: NodeLocal, From: []int32{n}, Shape: b.shape(n)})
			l.first[slot], b.env[slot] = n, n
		}
	}
	b.loops = append(b.loops, l)
	return l
}

// manyVariables is from how many on a loop looks for those that it mentions: n loops with n variables
// would take n² nodes.
const manyVariables = 64

// mentioned returns the slots, in their order, of the variables whose names stand in a stretch of the
// source, in whatever role, and of the history; all of them where there are few.
func (b *variables) mentioned(at ast.Span) []int32 {
	slots := []int32{historySlot}
	if len(b.env) < manyVariables {
		for slot := historySlot + 1; slot < len(b.env); slot++ {
			slots = append(slots, int32(slot))
		}
		return slots
	}
	for name := range b.identifiers(at) {
		if v, ok := b.vars[name]; ok && int(v.slot) < len(b.env) {
			slots = append(slots, v.slot)
		}
	}
	slices.Sort(slots)
	return slices.Compact(slots)
}

// again closes a round of a loop.
func (b *variables) again(l *loop) {
	for _, slot := range l.slots {
		n := l.first[slot]
		if n == 0 || int(slot) >= len(b.env) {
			continue
		}
		if now := b.env[slot]; now != 0 && now != n {
			x := &b.flow.Nodes[n]
			if !slices.Contains(x.From, now) {
				if x.From = append(x.From, now); !cameFrom(b.flow, now, n, 16) {
					x.From = led(b.flow, x.From)
				}
			}
		}
	}
}

// branch walks one of several ways on from before, and adds where it leads to.
func (b *variables) branch(before []int32, ways [][]int32, walk func() bool) [][]int32 {
	b.env = slices.Clone(before)
	if walk() {
		ways = append(ways, b.env)
	}
	return ways
}

// meet goes on where ways meet, and reports whether there is any.
func (b *variables) meet(ways [][]int32) bool {
	if len(ways) == 0 {
		return false
	}
	b.env = slices.Clone(b.join(ways))
	return true
}

func (b *variables) isLocal(name string) bool {
	v, ok := b.vars[name]
	return ok && !v.global
}

// capture makes the variables that a nested function mentions stand for all that
// they have been and will be given: it may run at any time.
func (b *variables) capture(body ast.Node) {
	if b.seen == nil {
		b.seen, b.shared = map[int32][]int32{}, map[int32]int32{}
	}
	assigned := map[string]bool{}
	done := map[int32]bool{}
	ast.Walk(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.Simple:
			if x.Keyword == "nonlocal" {
				for _, n := range x.Names {
					assigned[n.Name] = true
				}
			}
		case *ast.Name:
			v, ok := b.vars[x.Name]
			if _, shared := b.shared[v.slot]; !ok || v.global || shared || done[v.slot] || int(v.slot) >= len(b.env) {
				break
			}
			done[v.slot] = true
			n, sh := b.env[v.slot], v.shape
			if sh.Kind == ctype.Unknown || sh.Kind == ctype.Object && sh.Class == nil {
				sh = b.shape(n)
			}
			seen := b.node(Node{Kind: NodeLocal, Shape: sh, captured: true})
			if n != 0 {
				b.flow.Nodes[seen].From = []int32{n}
			}
			b.seen[v.slot] = append(b.seen[v.slot], seen)
			b.env[v.slot] = seen
			if assigned[x.Name] {
				b.shared[v.slot] = seen
			}
		}
		return true
	})
}

func (b *variables) loopStarts() []int32 {
	if len(b.loops) == 0 {
		return nil
	}
	out := make([]int32, len(b.loops))
	for i, l := range b.loops {
		out[i] = l.pos
	}
	return out
}

// ownNames returns the names that a function's body assigns to, its own locals.
func ownNames(body *ast.Suite) map[string]bool {
	out := map[string]bool{}
	outer := map[string]bool{}
	ast.Walk(body, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.FuncDef, *ast.Lambda, *ast.ClassDef:
			return false
		case *ast.Simple:
			if x.Keyword == "nonlocal" {
				for _, n := range x.Names {
					outer[n.Name] = true
				}
			}
		case *ast.Name:
			if x.Access == ast.Write || x.Access == ast.ForTarget || x.Access == ast.Aug {
				out[x.Name] = true
			}
		}
		return true
	})
	for name := range outer {
		delete(out, name)
	}
	return out
}

// identifiers yields what looks like a name in a stretch of the source, in strings and comments, too.
func (b *variables) identifiers(at ast.Span) iter.Seq[string] {
	return func(yield func(string) bool) {
		src := b.flow.unit.File.Src[at.Pos:at.End]
		for i := 0; i < len(src); {
			start, ascii := i, true
			for i < len(src) && (src[i] == '_' || '0' <= src[i] && src[i] <= '9' || 'a' <= src[i]|0x20 && src[i]|0x20 <= 'z' || src[i] >= utf8.RuneSelf) {
				ascii = ascii && src[i] < utf8.RuneSelf
				i++
			}
			if start == i {
				i++
				continue
			}
			name := string(src[start:i])
			if !ascii {
				name = norm.NFKC.String(name) // as the parser has it
			}
			if !yield(name) {
				return
			}
		}
	}
}
