package effects

// Nested locks: what a function takes, by itself or in what it calls, while a block of its own
// holds another object, and whether that other one is come to from the first.

import (
	"cmp"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Kinship is what is known of two objects, of which one is locked while the other is held.
type Kinship uint8

const (
	Strangers Kinship = iota // each may be the other one when the function is called again
	Below                    // the second is come to from the first
	Above                    // the first is come to from the second
)

// Nest is a lock that is taken while another is held.
type Nest struct {
	Held BlockLock
	// Taken is the taking as one of the function's effects. Its class is nil where the object
	// has no static type.
	Taken *Effect
	// X is what a block takes there, On what a method or an attribute of is used; nil where
	// that is something else.
	X, On ast.Expr
	Star  int // of X: "*others"
	Kin   Kinship
	// Way is what leads from the upper one to the lower one; nil where that is more than one step.
	Way *Way
	// Globals are the names of module variables with an object each that the held one and the
	// taken one are; "" where they are none.
	Globals [2]string
	// Attributes are the names of the attributes by which both are come to from one object; "" where they
	// are not.
	Attributes [2]string
	// Member is the name by which an object without a static type is used, Part how.
	Member string
	Part   Accessor
	// Together is true where one statement takes both.
	Together bool
	// Chosen is true where callers choose both: parameters, and items of these.
	Chosen bool
}

// Nested finds what a function, which is solved, takes while a block of its own holds something.
// Of objects without a static type, and of the items of containers, also what it takes
// while it holds what entry gives it.
func Nested(p *Program, f *Function, entry []BlockLock) []Nest {
	if len(f.Flow.Blocks) == 0 {
		return nil
	}
	s := p.Solver()
	s.At(f)
	knowHandOuts(s)
	w := &nesting{cover: cover{s}, locking: &locking{p: p, known: map[*Function][]Effect{}}}
	for i := 1; i < len(f.Flow.Blocks); i++ {
		k := &f.Flow.Blocks[i]
		for j, l := range k.Locks {
			t := taking{node: l.node, region: -1, star: l.Arg.Star != 0, x: l.Arg.X, under: k.outer,
				effect: &Effect{Class: l.OfClass(), Mode: l.Mode, Cause: Takes, Span: l.Arg.X.Range()}}
			if t.star {
				t.effect.Class = nil
			}
			typed := t.effect.Class != nil
			if !typed && !t.star {
				t.effect.Class = l.used
			}
			w.take(t)
			for _, with := range k.Locks[:j] {
				before := len(w.out)
				if w.pair(with, &t); len(w.out) > before {
					w.out[before].Together = true
				}
			}
			untyped := !typed && (t.star || w.known(t.node))
			if !untyped && !typed || w.again(slices.Values(entry), &t) || w.atEntry(&t) {
				continue
			}
			for _, e := range entry {
				// Of objects with a static type the effects of the function tell, while it holds its own.
				// What is found in what it is given may be what it holds of that.
				if untyped && !e.star() || e.Param > 0 && p.Member(f) && (!e.star() || w.ofOwn(&t)) {
					w.pair(e, &t)
				}
			}
		}
	}
	for i := range f.Flow.Calls {
		if c := &f.Flow.Calls[i]; c.under != 0 || c.inside != 0 {
			w.call(c)
		}
	}
	for _, u := range f.Flow.loose {
		if under := cmp.Or(u.under, u.inside); under != 0 && byName(u.name) && (w.known(u.node) || u.name == AnyMember) {
			w.take(taking{node: u.node, region: -1, on: Receiver(f, u.span), under: under, member: u.name, part: u.part, effect: &Effect{Cause: MayCall, Name: u.name, Span: u.span}})
		}
	}
	return w.out
}

// EntryLock is what a function holds from its entry on of a parameter, as if a block did.
func (f *Function) EntryLock(num int, md Mode) BlockLock {
	n := f.Flow.Params[num]
	sh := f.Flow.Nodes[n].Shape
	if num == 0 && sh.Class == nil {
		sh.Class = f.Class
	}
	return BlockLock{Mode: md, Class: sh.Class, Shape: sh, node: n, Param: num}
}

// Operands are the other parameters, and what is in them, that a member takes at its entry, as if blocks did.
func Operands(p *Program, f *Function) []BlockLock {
	var out []BlockLock
	for r := range f.Sum.Regions {
		x := &f.Sum.Regions[r]
		if x.Root != NodeParam || x.Parent >= 0 || x.Num == 0 || int(x.Num) >= len(f.Flow.Params) {
			continue
		}
		l := f.EntryLock(int(x.Num), Read)
		e := &Effect{Region: int32(r), Class: l.Class}
		if l.Class == nil || !TakesAtEntry(p, f, e) {
			continue
		}
		e.Mode = p.StanceOn(f, int(x.Num), false).Mode
		l.Mode = takenFor(p, f, e)
		out = append(out, l)
	}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		num, ok := Items(f, e.Region)
		if !ok || num == 0 || num >= len(f.Flow.Params) || e.Maybe || !TakesAtEntry(p, f, e) {
			continue
		}
		l := f.EntryLock(num, takenFor(p, f, e))
		l.Class, l.Shape.Class, l.Arg.Star = e.Class, nil, len(stars(f, num))
		if same := slices.IndexFunc(out, func(o BlockLock) bool { return o.star() && o.Param == num && o.Class == e.Class }); same >= 0 {
			out[same].Mode = max(out[same].Mode, l.Mode)
		} else {
			out = append(out, l)
		}
	}
	return out
}

// OfClass is the class of what a block locks, as far as it is known.
func (l *BlockLock) OfClass() *project.Class {
	if l.Shape.Class != nil {
		return l.Shape.Class
	}
	return l.Class
}

// nesting finds them.
type nesting struct {
	cover
	locking *locking
	out     []Nest
}

// taking is one lock that is taken.
type taking struct {
	node   int32 // of the object, or of what it is reached from
	region int32 // the object, where it is a part of that; -1 otherwise
	star   bool
	x, on  ast.Expr
	under  int32
	member string
	part   Accessor
	effect *Effect
	// given is the argument of a call from which steps attributes lead to the object, the last of them way; 0 for none.
	given int32
	steps int
	way   Way
}

// call finds what a call takes.
func (w *nesting) call(c *Call) {
	for _, g := range c.Callees {
		for _, e := range w.locking.of(g) {
			r := &g.Sum.Regions[e.Region]
			if r.Root != NodeParam {
				continue
			}
			at := anchor(g, e.Region)
			direct := at == e.Region && r.Parent < 0
			for _, a := range w.given(c, g, at) {
				if !project.Related(a.Class, first(g, e.Region, e.Class)) {
					continue
				}
				for _, to := range w.along(a.Region, g, e.Region, c.history) {
					t := taking{region: to, under: cmp.Or(c.under, c.inside), effect: &Effect{Region: to, Class: e.Class, Mode: max(e.Mode, takenFor(w.p, g, &e)), Cause: ThroughCall,
						Name: g.Def.Name.Name, Span: c.Span, Via: e.Via, next: e.next}}
					if top := &g.Sum.Regions[at]; top.Parent < 0 && !top.OfItems() {
						t.given = c.Args[top.Num]
						for x := e.Region; x != at; x = g.Sum.Regions[x].Parent {
							if t.steps++; t.steps == 1 {
								t.way = Way{Name: g.Sum.Regions[x].Name, Items: g.Sum.Regions[x].OfItems()}
							}
						}
					}
					if direct {
						if t.node, t.region = c.Args[r.Num], -1; r.Num == 0 && g.Class != nil {
							t.on = Receiver(w.f, c.Span)
						}
					}
					w.take(t)
				}
			}
		}
	}
}

// take pairs what is taken with all that the blocks round it hold.
func (w *nesting) take(t taking) {
	if w.again(w.flow.Around(t.under), &t) || w.atEntry(&t) {
		return
	}
	for l := range w.flow.Around(t.under) {
		w.pair(l, &t)
	}
}

// again reports whether one of the locks is what is taken: it is entered again.
func (w *nesting) again(locks func(func(BlockLock) bool), t *taking) bool {
	for l := range locks {
		for _, x := range []ast.Expr{t.x, t.on} {
			if l.Arg.X != nil && x != nil && l.star() == t.star && w.sameText(l.Arg.X, x) {
				return true
			}
		}
		switch {
		case t.star || l.node == 0:
		case l.star():
			if t.node != 0 && slices.Contains(w.containers(t.node), w.plain(l.node)) {
				return true
			}
		default:
			if steps, _, ok := w.leads(l.node, t); ok && steps == 0 {
				return true
			}
		}
	}
	return false
}

// Receiver is the expression a method of which is called, or an attribute of which is used, at a
// place; nil where there is none.
func Receiver(f *Function, at ast.Span) (out ast.Expr) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		s := n.Range()
		if s.End < at.Pos || s.Pos > at.End || out != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.Attribute:
			if s == at {
				out = n.X
			}
		case *ast.Subscript:
			if s == at {
				out = n.X
			}
		case *ast.Call:
			if fun, ok := n.Fun.(*ast.Attribute); ok && s == at {
				out = fun.X
			}
		}
		return true
	})
	return out
}

// sameText reports whether two expressions say the same, in which nothing is called.
func (w *nesting) sameText(a, b ast.Expr) bool {
	file := w.f.Unit.File
	if syntax.Text(file, a.Range()) != syntax.Text(file, b.Range()) {
		return false
	}
	calls := false
	ast.Walk(a, func(n ast.Node) bool {
		_, call := n.(*ast.Call)
		calls = calls || call
		return !calls
	})
	return !calls
}

// atEntry reports whether the function holds from its entry on what is taken.
func (w *nesting) atEntry(t *taking) bool {
	if t.star || t.effect.Class == nil {
		return false
	}
	refs := w.refsOf(t)
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(r int32) bool {
		return !TakesAtEntry(w.p, w.f, &Effect{Region: r, Class: t.effect.Class})
	})
}

// ofOwn reports whether an attribute of the function's own object leads to what is taken.
func (w *nesting) ofOwn(t *taking) bool {
	refs := w.refsOf(t)
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(r int32) bool { return !OfOwn(w.f, r) })
}

// OfOwn reports whether a region is of an object that an attribute of the function's own object leads to.
func OfOwn(f *Function, region int32) bool {
	x := &f.Sum.Regions[region]
	return x.Root == NodeParam && x.Num == 0 && x.Parent >= 0
}

// refsOf are the regions that are taken.
func (w *nesting) refsOf(t *taking) []int32 {
	if t.region >= 0 {
		return []int32{t.region}
	}
	if t.star {
		var out []int32
		for _, r := range w.items(t.node) {
			out = append(out, r.Region)
		}
		return out
	}
	return w.regions(t.node)
}

// pair notes that something is taken while l is held.
func (w *nesting) pair(l BlockLock, t *taking) {
	if !l.star() && w.ours(w.regions(l.node), t.effect.Span) || w.ours(w.refsOf(t), t.effect.Span) {
		return // nobody else has it
	}
	n := Nest{Held: l, Taken: t.effect, X: t.x, On: t.on, Member: t.member, Part: t.part}
	if t.star {
		n.Star = 1
	}
	n.Chosen = t.node != 0 && w.chosen(l.node) && w.chosen(t.node)
	if refs := w.refsOf(t); len(refs) > 0 && t.region < 0 {
		n.Taken.Region = refs[0]
	}
	if !l.star() {
		if steps, way, ok := w.leads(l.node, t); ok {
			n.Kin, n.Way = Below, nil
			if steps == 1 {
				n.Way = &way
			}
		} else if t.steps > 0 && w.plain(t.given) == w.plain(l.node) { // whichever of many objects that is
			n.Kin, n.Way = Below, nil
			if t.steps == 1 {
				n.Way = &t.way
			}
		} else if t.node != 0 && t.region < 0 && !t.star {
			if steps, way, ok := w.leads(t.node, &taking{node: l.node, region: -1}); ok {
				n.Kin = Above
				if steps == 1 {
					n.Way = &way
				}
			} else {
				n.Attributes = w.siblings(l.node, t.node)
			}
		}
		n.Globals[0] = w.global(l.node)
	}
	if !t.star && t.region < 0 {
		n.Globals[1] = w.global(t.node)
	}
	w.out = append(w.out, n)
}

func (l *BlockLock) star() bool { return l.Arg.Star != 0 }

// ours reports whether all of the regions are objects of the function's own making that nobody
// else has at a place.
func (w *nesting) ours(regions []int32, at ast.Span) bool {
	for _, r := range regions {
		x := &w.sum.Regions[r]
		if x.Root != NodeFresh || x.Parent >= 0 {
			return false
		}
		if from, handed := w.handed[x.Num]; handed && at.Pos > from {
			return false
		}
	}
	return len(regions) > 0
}

// known reports whether an object without a static type comes from where others may be
// given it, too: what a call returns is new for the most part.
func (w *nesting) known(n int32) bool {
	switch x := &w.flow.Nodes[w.plain(n)]; x.Kind {
	case NodeParam, NodeContained, NodeField, NodeGlobal:
		return true
	case NodeLocal:
		return slices.ContainsFunc(x.From, func(f int32) bool {
			k := w.flow.Nodes[w.plain(f)].Kind
			return k == NodeParam || k == NodeContained || k == NodeField || k == NodeGlobal
		})
	}
	return false
}

// chosen reports whether a value is a parameter, or an item of one.
func (w *nesting) chosen(n int32) bool {
	for range 8 {
		x := &w.flow.Nodes[w.plain(n)]
		switch x.Kind {
		case NodeParam:
			return true
		case NodeContained:
			n = x.Base
		default:
			return false
		}
	}
	return false
}

// leads finds on which way what is taken is come to from a value, in how many steps; none
// where it is that value.
func (w *nesting) leads(from int32, t *taking) (steps int, way Way, ok bool) {
	if from == 0 || t.star && t.node == 0 {
		return 0, Way{}, false
	}
	if t.region >= 0 {
		return w.descends(from, t.region)
	}
	steps, way, ok = w.comes(w.plain(from), t.node, nil)
	if ok && t.star {
		if _, name := holder(w.flow, t.node); steps == 1 && name != "" {
			return 1, Way{Name: name, Items: true}, true
		}
		return steps + 1, way, true
	}
	if !ok && !t.star {
		if to := w.Top(t.node); len(to) == 1 {
			return w.descends(from, to[0].Region)
		}
	}
	return steps, way, ok
}

// descends is leads by regions: what is reached by attributes from one object.
func (w *nesting) descends(from, region int32) (steps int, way Way, ok bool) {
	of := w.Top(from)
	if len(of) != 1 || !w.single(of[0].Region) {
		return 0, Way{}, false
	}
	for r := region; r >= 0; r = w.sum.Regions[r].Parent {
		if r == of[0].Region {
			return steps, way, true
		}
		steps++
		way = Way{Name: w.sum.Regions[r].Name, Items: w.sum.Regions[r].OfItems()}
	}
	return 0, Way{}, false
}

// comes is leads by values: what attributes and containers yield.
func (w *nesting) comes(from, n int32, seen []int32) (steps int, way Way, ok bool) {
	n = w.plain(n)
	if n == from {
		return 0, Way{}, true
	}
	if n == 0 || slices.Contains(seen, n) {
		return 0, Way{}, false
	}
	seen = append(seen, n)
	x := &w.flow.Nodes[n]
	switch x.Kind {
	case NodeField:
		steps, _, ok = w.comes(from, x.Base, seen)
		return steps + 1, Way{Name: x.Name}, ok
	case NodeContained, NodeItem:
		steps, way, ok = w.comes(from, x.Base, seen)
		if _, name := holder(w.flow, x.Base); name != "" && steps == 1 {
			return 1, Way{Name: name, Items: true}, ok
		}
		return steps + 1, way, ok
	case NodeCall: // what one of its own methods returns
		if args := w.flow.Calls[x.Num].Args; len(args) > 0 && args[0] != 0 {
			_, way, ok = w.comes(from, args[0], seen)
			return 2, way, ok
		}
	case NodeLocal:
		if of := w.flow.Nodes[from].From; w.flow.Nodes[from].Kind == NodeLocal && len(of) == len(x.From) && len(of) > 1 {
			// Both are assigned in a loop, or a branch: "a = b; b = b.next".
			steps = 1
			for i, f := range x.From {
				st, wy, leads := w.comes(w.plain(of[i]), f, seen)
				if ok = leads && st > 0; !ok {
					break
				}
				if i > 0 && wy != way {
					st = 2
				}
				steps, way = max(steps, st), wy
			}
			if ok {
				return steps, way, true
			}
		}
		found := false
		for _, f := range x.From {
			if k := w.plain(f); k == 0 || w.flow.Nodes[k].Kind == NodeNothing || slices.Contains(seen, k) {
				continue
			}
			st, wy, leads := w.comes(from, f, seen)
			if !leads || st == 0 {
				return 0, Way{}, false
			}
			if found && (st != steps || wy != way) {
				st = 2
			}
			steps, way, found = st, wy, true
		}
		return steps, way, found
	}
	return 0, Way{}, false
}

// containers are the containers that a value may be an item of.
func (w *nesting) containers(n int32) []int32 {
	x := &w.flow.Nodes[w.plain(n)]
	switch x.Kind {
	case NodeContained:
		return []int32{w.plain(x.Base)}
	case NodeLocal:
		var out []int32
		for _, f := range x.From {
			if y := &w.flow.Nodes[w.plain(f)]; y.Kind == NodeContained {
				out = append(out, w.plain(y.Base))
			} else if y.Kind != NodeNothing {
				return nil
			}
		}
		return out
	}
	return nil
}

// global is the name of the module's variable that a value is, "" where it is none.
func (w *nesting) global(n int32) string {
	if x := &w.flow.Nodes[w.plain(n)]; x.Kind == NodeGlobal && x.Shape.Kind == ctype.Object {
		return x.Name
	}
	return ""
}

// siblings are the attributes of one object that two values are.
func (w *nesting) siblings(a, b int32) (names [2]string) {
	x, y := &w.flow.Nodes[w.plain(a)], &w.flow.Nodes[w.plain(b)]
	if x.Kind == NodeField && y.Kind == NodeField && x.owner != nil && y.owner != nil && w.plain(x.Base) == w.plain(y.Base) {
		names = [2]string{x.Name, y.Name}
	}
	return names
}

// NotOurs are the names of attributes that are given anything but objects that were made for them.
func NotOurs(all []*Function) map[string]bool {
	out := map[string]bool{}
	for _, f := range all {
		for _, st := range f.Flow.Stores {
			if st.Nothing || out[st.Name] {
				continue
			}
			if f.Flow.Nodes[f.Flow.named(st.Value, true)].Kind != NodeFresh {
				out[st.Name] = true
			}
		}
	}
	return out
}
