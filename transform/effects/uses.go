package effects

// Where a function uses one value: what a block round these places would have to hold.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// Use is a place where a function uses the state of a value.
type Use struct {
	Span ast.Span
	Mode Mode
	// Field is the attribute that is used, "" where that is not known.
	Field string
	// Call is true where the value is passed to a function, as its parameter Arg; Bound
	// says that the first one is what the method is called on.
	Call, Bound bool
	Arg         int
	// Block is the innermost block round the place; nil where none is.
	Block *ast.With
}

// Value is something of which a function uses guarded state: without a lock, or under a block.
type Value struct {
	Uses []Use
	// Effects are what the function's callers see of that; some may be on other objects, too.
	Effects []*Effect
	// Held is true where a block of the function holds it at these uses.
	Held bool
	// Parts is true of uses through parts of objects: which these are is not told.
	Parts bool
}

// Values returns the values of which a function uses guarded state without a lock, in
// the order of their first uses.
func Values(p *Program, f *Function) []Value { return valuesUsed(p, f, false) }

// HeldValues returns the values of which a function uses guarded state that a block of its own
// holds, with the uses under such blocks alone.
func HeldValues(p *Program, f *Function) []Value {
	if len(f.Flow.Blocks) == 0 {
		return nil
	}
	return valuesUsed(p, f, true)
}

func valuesUsed(p *Program, f *Function, held bool) []Value {
	p.model.mu.Lock() // regions may be made on the way
	defer p.model.mu.Unlock()
	s := borrow(p)
	defer giveBack(s)
	u := uses{cover: cover{s}, p: p, held: held, ofMany: map[manyNeed][]need{}}
	u.At(f)
	knowHandOuts(u.Solver)
	u.effects = u.byRegion()
	var out []Value
	index := map[int32]int{}
	for n, use := range u.all {
		i, known := index[n]
		if !known {
			i = len(out)
			index[n] = i
			out = append(out, Value{Effects: u.effectsOn(n), Held: held, Parts: n == 0})
		}
		out[i].Uses = append(out[i].Uses, use)
	}
	return out
}

// effectsOn returns the effects of a function on what a value may be.
func (u uses) effectsOn(n int32) []*Effect {
	var out []*Effect
	for _, r := range u.Top(n) {
		out = append(out, u.effects[u.guarded(r.Region)]...)
	}
	return out
}

// byRegion returns those effects of a function that a block could hold the lock for, by their regions.
func (u uses) byRegion() map[int32][]*Effect {
	out := map[int32][]*Effect{}
	for i := range u.sum.Effects {
		if e := &u.sum.Effects[i]; e.Raw || u.held && e.Held {
			out[e.Region] = append(out[e.Region], e)
		}
	}
	return out
}

// uses find them.
type uses struct {
	cover
	p    *Program
	held bool // those that a block holds, and not those that none does
	// effects are those of the function, by their regions.
	effects map[int32][]*Effect
	ofMany  map[manyNeed][]need // what the callees of a list of many need
}

// all yields each value with a use of its guarded state that no lock covers; 0 where the
// value is a part of another that is not told.
func (u uses) all(yield func(int32, Use) bool) {
	for i := range u.flow.Actions {
		a := &u.flow.Actions[i]
		if !a.raw || a.Kind == OnPython {
			continue
		}
		for _, r := range u.Top(a.Node) {
			class := a.class
			if class == nil {
				class = r.Class
			}
			region, up, class, ok := u.owner(r.Region, class)
			h := held{under: a.under, node: a.Node}
			value, known := u.owning(h, region, up)
			if !known {
				value = 0
			}
			if !ok || !u.shared(region, a.Span) || !u.p.Guards(class) || u.held != (a.under != 0 && u.covers(h, region, up, a.Mode)) || a.Mode == Read && u.p.Changes.Settled(class, a.Field) {
				continue
			}
			if !yield(value, Use{Span: a.Span, Mode: a.Mode, Field: a.Field, Block: u.block(a.under)}) {
				return
			}
		}
	}
	for i := range u.flow.Calls {
		c := &u.flow.Calls[i]
		type used struct {
			value int32
			of    Use
		}
		var seen []used // what many overrides do is one use
		arg, value := int32(0), int32(0)
		for _, needs := range u.needed(c.Callees, c.under != 0) {
			g, e, r := needs.g, needs.e, &needs.g.Sum.Regions[needs.e.Region]
			if int(r.Num) >= len(c.Args) || c.Args[r.Num] == 0 {
				continue
			}
			if n := c.Args[r.Num]; n != arg {
				arg, value = n, u.plain(n)
			}
			use := used{value, Use{Span: c.Span, Mode: e.Mode, Call: true, Bound: g.Class != nil, Arg: int(r.Num), Block: u.block(c.under)}}
			if r.Parent >= 0 || u.flow.Nodes[arg].Shape.Kind != ctype.Object {
				use.value = 0
			}
			if slices.Contains(seen, use) || !u.reaches(value, c.Span) || u.held != (c.under != 0 && u.coversAny(inCall(c, g, e.Region), value, e.Mode)) {
				continue
			}
			if seen = append(seen, use); !yield(use.value, use.of) {
				return
			}
		}
	}
}

// need is an effect of a function on what it is given, for which its callers have to hold a lock.
type need struct {
	g *Function
	e *Effect
}

// manyNeed is a list of many callees, see calleeLists, and whether a block is round the call.
type manyNeed struct {
	first **Function
	block bool
}

// needed returns what callees need of their callers; one of those that come to the same where no block is round the call.
func (u uses) needed(callees []*Function, block bool) (out []need) {
	if len(callees) > manyOverrides {
		k := manyNeed{&callees[0], block}
		if known, ok := u.ofMany[k]; ok {
			return known
		}
		defer func() { u.ofMany[k] = out }()
	}
	type alike struct {
		mode        Mode
		num         int32
		root, bound bool
	}
	var seen []alike
	for _, g := range callees {
		if u.p.Exempt(g) || g.Exposed() && !library.NoLockMethods()[g.Def.Name.Name] {
			continue
		}
		for k := range g.Sum.Effects {
			e := &g.Sum.Effects[k]
			if e.Raw && e.Kind != OnPython && g.Sum.Regions[e.Region].Root == NodeParam && u.p.Guards(e.Class) && !u.p.Holds(g, e) && (e.Mode != Read || !u.p.Changes.Settled(e.Class, e.Field)) {
				r := &g.Sum.Regions[e.Region]
				k := alike{e.Mode, r.Num, r.Parent < 0, g.Class != nil}
				if block || !slices.Contains(seen, k) {
					out, seen = append(out, need{g, e}), append(seen, k)
				}
			}
		}
	}
	return out
}

func (u uses) block(under int32) *ast.With {
	if under == 0 {
		return nil
	}
	return u.flow.Blocks[under].With
}

// shared reports whether others can reach the object of a region when something is done
// to it.
func (u uses) shared(region int32, at ast.Span) bool {
	x := &u.sum.Regions[region]
	if x.Root != NodeFresh || x.Parent >= 0 {
		return x.Parent < 0 || u.sum.moved(region) != replaced
	}
	from, handed := u.handed[x.Num]
	return handed && at.Pos > from && at.Pos != u.flow.Nodes[x.Num].pos
}

// reaches is shared for what a value may be.
func (u uses) reaches(value int32, at ast.Span) bool {
	for _, r := range u.Top(value) {
		if u.shared(r.Region, at) {
			return true
		}
	}
	return false
}

// coversAny is covers for a value as it is.
func (u uses) coversAny(h held, value int32, md Mode) bool {
	for _, r := range u.Top(value) {
		if !u.covers(h, r.Region, 0, md) {
			return false
		}
	}
	return true
}

// owner is the region whose lock guards what is done to another as a class, with that of
// the region, and how many attributes lead from it there.
func (u uses) owner(r int32, class *project.Class) (region int32, up int, as *project.Class, ok bool) {
	for x := &u.sum.Regions[r]; x.Parent >= 0; x = &u.sum.Regions[r] {
		if u.p.Guards(class) && !u.p.sharesLock(x.Owner, x.Name) && (x.OfItems() || !owns(u.p, x.Owner, x.Name)) {
			break
		}
		if x.OfItems() {
			return 0, 0, nil, false
		}
		r, class = x.Parent, x.Owner
		up++
	}
	return r, up, class, true
}
