package rules

// PXL213: what is taken while a block holds something, and what is taken at once.

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// underBlocks notes what a function locks while a block of its own holds something.
func (o *ordering) underBlocks(f *effects.Function) {
	if len(f.Flow.Blocks) == 0 {
		return
	}
	nests := effects.Nested(o.p.prog, f, o.atEntry(f))
	for i := range nests {
		n := &nests[i]
		if n.Member != "" {
			o.used(f, n)
			continue
		}
		o.nested(f, n, n.Taken)
	}
}

// atEntry is what a function holds of its parameters from its entry on.
func (o *ordering) atEntry(f *effects.Function) []effects.BlockLock {
	p := o.p.prog
	if p.Exempt(f) {
		return nil
	}
	if p.Member(f) {
		if p.Constructs(f, 0) {
			return nil
		}
		out := effects.Operands(p, f)
		if md, does := p.ModeOf(f); does {
			// What has the same lock as its own object is no more than that tells.
			own := o.p.locks.Shared(f.Class)
			out = slices.DeleteFunc(out, func(l effects.BlockLock) bool { return o.p.locks.Shared(l.OfClass()) == own })
			out = append(out, f.EntryLock(0, md))
		}
		return out
	}
	var out []effects.BlockLock
	for d, md := range locksAtEntry(p, f) {
		for i, param := range f.Def.Params.List {
			if i < len(f.Flow.Params) && locksParam(d, i, param.Name.Name) {
				out = append(out, f.EntryLock(i, md))
			}
		}
	}
	return out
}

// locksAtEntry are the decorators of a function that lock, with their modes.
func locksAtEntry(p *effects.Program, f *effects.Function) iter.Seq2[decorator.Lock, effects.Mode] {
	return func(yield func(decorator.Lock, effects.Mode) bool) {
		for _, d := range p.OwnLocks(f).Decs {
			md := effects.Read
			switch d.Name {
			case "write_lock":
				md = effects.Write
			case "read_lock":
			default:
				continue
			}
			if !yield(d, md) {
				return
			}
		}
	}
}

// nested notes a lock that is taken while another is held.
func (o *ordering) nested(f *effects.Function, n *effects.Nest, e *effects.Effect) {
	held, taken := o.mayBe(f, n.Held.OfClass()), o.mayBe(f, e.Class)
	kinds := map[decorator.Kind]bool{}
	for _, c := range slices.Concat(held, taken) {
		kinds[o.p.locks.Of(c).Kind] = true
	}
	told := false
	for _, h := range held {
		for _, t := range taken {
			one := o.p.locks.Shared(h) == o.p.locks.Shared(t)
			if one && told || !one && (len(held) > 1 || len(taken) > 1) {
				continue // which of them it is nobody knows
			}
			told = told || one
			at := *e
			at.Class = t
			a := &lockEdge{holds: n.Held.Mode, f: f, in: f, e: &at, globals: n.Globals, held: &heldObject{class: h}}
			if n.Held.Arg.X != nil {
				a.held.text, a.held.at = spelled(f, n.Held.Arg), n.Held.Arg.X.Range()
				if a.held.apart = len(kinds) > 1; !a.held.apart {
					a.held.fix = inOne(o, f, n)
				}
			} else {
				a.held = nil
				if num := n.Held.Param; f.Class == nil || num > 0 {
					a.held = operand(f, &n.Held, h)
				}
			}
			if n.X != nil {
				a.taken = strings.Repeat("*", n.Star) + syntax.Text(f.Unit.File, n.X.Range())
			}
			if n.On != nil && len(syntax.Dotted(n.On)) > 0 {
				a.on = syntax.Text(f.Unit.File, n.On.Range())
			}
			a.together = n.Together
			switch n.Kin {
			case effects.Strangers:
				a.passed = !o.ordersByID(f) && !(n.Attributes[0] != "" && o.made(n.Attributes, h))
			default:
				a.way, a.up = n.Way, n.Kin == effects.Above
			}
			o.add(a)
			if n.Together && !one {
				b := *a
				b.held, b.taken = &heldObject{class: t, text: a.taken, at: n.X.Range()}, a.held.text
				b.holds = e.Mode
				from := at
				from.Class, from.Mode, from.Span = h, n.Held.Mode, n.Held.Arg.X.Range()
				b.e = &from
				o.add(&b)
			}
		}
	}
}

// spelled is an argument as the source has it.
func spelled(f *effects.Function, a ast.Arg) string {
	text := syntax.Text(f.Unit.File, a.X.Range())
	if a.Star != 0 {
		return "*" + text
	}
	return text
}

// mayBe are the locked classes that an object is one of: without a static type, all that
// the module knows. Critical sections, which let go while they wait, are left out.
func (o *ordering) mayBe(f *effects.Function, c *project.Class) []*project.Class {
	waits := func(c *project.Class) bool {
		in := o.p.locks.Of(c)
		return in != nil && in.Kind != decorator.CriticalSection
	}
	if c != nil {
		if !waits(c) {
			return nil
		}
		return []*project.Class{c}
	}
	var out []*project.Class
	for _, v := range o.p.locks.VisibleFrom(f.Mod, f.Unit) {
		if waits(v.Class) {
			out = append(out, v.Class)
		}
	}
	return out
}

// made reports whether two attributes of an object hold nothing but what was made for it, so
// that nobody comes to them the other way round.
func (o *ordering) made(names [2]string, c *project.Class) bool {
	return !slices.ContainsFunc(names[:], func(name string) bool { return o.index.public[name] || o.index.others[name] })
}

// used notes a use by name of an object without a static type, while something is held, where
// the class of what is held has a member of that name which locks its object.
func (o *ordering) used(f *effects.Function, n *effects.Nest) {
	if n.On != nil && toldApart(f, syntax.Text(f.Unit.File, n.On.Range()), n.Taken.Span) {
		return
	}
	for _, h := range o.mayBe(f, n.Held.OfClass()) {
		lock := o.p.locks.Shared(h)
		if n.Member == "__call__" || n.Member == effects.AnyMember {
			if n.Chosen {
				e := *n.Taken
				e.Region, e.Class, e.Mode = -1, h, untyped{o}.strongest(h)
				if e.Cause, e.Name = effects.MayCall, "some member"; n.Member == "__call__" {
					e.Cause = effects.CallsUnknown
				}
				o.nested(f, n, &e)
				return
			}
			continue
		}
		// What lists and dicts have, too, counts where both objects are passed to what works on
		// that class.
		if effects.Common(n.Member) && !(n.Chosen && (f.Class == nil || o.p.prog.Guards(f.Class) && o.p.locks.Shared(f.Class) == lock)) {
			continue
		}
		if e := o.answer(lock, n.Member, n.Part, n.Taken); e != nil {
			o.nested(f, n, e)
			return
		}
	}
}

// toldApart reports whether a place is reached only where an object is of a class that is named
// there, so that it has a static type but for Cython.
func toldApart(f *effects.Function, name string, at ast.Span) bool {
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		branch, ok := n.(*ast.If)
		if !ok {
			return !found
		}
		for _, b := range branch.Clauses {
			if c, ok := syntax.Unparen(b.Cond).(*ast.Call); ok && b.Body.Contains(at.Pos) && c.Fun != nil && syntax.IsNamed(c.Fun, "isinstance") && len(c.Args) == 2 &&
				syntax.Text(f.Unit.File, c.Args[0].X.Range()) == name {
				found = found || !slices.ContainsFunc(classNames(c.Args[1].X), func(path []string) bool { return f.Mod.Lookup(path) != nil })
			}
		}
		return !found
	})
	return found
}

// classNames are the dotted names in the second argument of isinstance.
func classNames(e ast.Expr) [][]string {
	if c, ok := syntax.Unparen(e).(*ast.Collection); ok {
		var out [][]string
		for _, x := range c.Elems {
			out = append(out, classNames(x)...)
		}
		return out
	}
	return [][]string{syntax.Dotted(e)}
}

// answer is what a member of a name locks of its object, where a class with a lock has one; nil
// otherwise.
func (o *ordering) answer(lock *project.Class, name string, part effects.Accessor, by *effects.Effect) *effects.Effect {
	var out *effects.Effect
	for _, e := range o.answers(name, part == effects.Setter || part == effects.Deleter) {
		if o.p.locks.Shared(e.Class) == lock && (out == nil || e.Mode > out.Mode) {
			out = e.By(by)
		}
	}
	return out
}

// operation is a use of a member by its name.
type operation struct {
	name   string
	writes bool // an attribute is assigned to, or deleted
}

// answers are what the members of a name lock of their objects, in all classes.
func (o *ordering) answers(name string, writes bool) []*effects.Effect {
	op := operation{name, writes}
	if out, ok := o.named[op]; ok {
		return out
	}
	p := o.p.prog
	var members []*effects.Function
	var out []*effects.Effect
	for _, c := range o.index.having[name] {
		if p.Locks.Of(c) == nil {
			continue
		}
		own := p.Own(c)
		for _, g := range slices.Concat(own.Plain[name], own.Props[name]) {
			if g.Exposed() && (g.Accessor == effects.Setter || g.Accessor == effects.Deleter) == writes {
				members = append(members, g)
			}
		}
		if fd := c.Field(name); fd != nil && (fd.Vis == ast.Public || fd.Vis == ast.Readonly && !writes) {
			e := &effects.Effect{Class: c, Mode: effects.Read, Cause: effects.MayCall}
			if writes {
				e.Mode = effects.Write
			}
			out = append(out, e)
		}
	}
	out = append(out, effects.Answers(p, members)...)
	if o.named == nil {
		o.named = map[operation][]*effects.Effect{}
	}
	o.named[op] = out
	return out
}

// ordersByID reports whether a function compares the addresses of objects, to take
// their locks in that order.
func (o *ordering) ordersByID(f *effects.Function) bool {
	if out, known := o.byID[f]; known {
		return out
	}
	id := func(e ast.Expr) bool {
		c, ok := syntax.Unparen(e).(*ast.Call)
		return ok && c.Fun != nil && syntax.IsNamed(c.Fun, "id")
	}
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			for i, op := range n.Ops {
				found = found || (op[0] == '<' || op[0] == '>') && op != "<>" && id(n.Xs[i]) && id(n.Xs[i+1])
			}
		case *ast.Call:
			for _, a := range n.Args {
				found = found || a.Name.Name == "key" && syntax.IsNamed(a.X, "id")
			}
		}
		return !found
	})
	if o.byID == nil {
		o.byID = map[*effects.Function]bool{}
	}
	o.byID[f] = found
	return found
}

// atOnce notes objects of two locks, or two along an attribute, that a function takes together
// at its entry: in one order with all that take them so, but not with who holds one of them
// and wants the other.
func (o *ordering) atOnce(f *effects.Function) {
	p := o.p.prog
	if p.Exempt(f) || f.Class != nil && p.Constructs(f, 0) {
		return
	}
	var held []*effects.Effect // one for each object
	of := map[int32]int{}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Kind == effects.OnPython || e.Maybe || !p.Guards(e.Class) || p.Locks.Of(e.Class).Kind == decorator.CriticalSection || !p.Holds(f, e) {
			continue
		}
		taken := *e
		taken.Mode = effects.TakenAs(p, f, e)
		switch at, there := of[e.Region]; {
		case !there:
			of[e.Region] = len(held)
			held = append(held, &taken)
		case held[at].Mode < taken.Mode:
			held[at] = &taken
		}
	}
	held = o.unlike(f, held)
	for i, a := range held {
		for k, b := range held {
			if i == k {
				continue
			}
			e := &lockEdge{holds: a.Mode, f: f, in: f, e: b, together: true}
			if !effects.OnSelf(f, a) || !p.Member(f) { // a static method has no object of its own
				e.held = &heldObject{class: a.Class, text: called(f, a.Region)}
			}
			for _, x := range []*effects.Effect{a, b} {
				if way, known := f.WayTo(x.Region); known {
					e.pair = &way
				}
			}
			if o.p.locks.Shared(a.Class) == o.p.locks.Shared(b.Class) {
				e.passed = e.pair == nil && f.Passed(b.Region) && (e.held == nil || f.Passed(a.Region))
				if e.held == nil {
					e.way = e.pair
				}
			}
			o.add(e)
		}
	}
}

// unlike leaves out objects that are like two others: of those of one class that callers
// choose all, any two tell the same.
func (o *ordering) unlike(f *effects.Function, held []*effects.Effect) []*effects.Effect {
	type kind struct {
		class       *project.Class
		mode        effects.Mode
		own, passed bool
		way         effects.Way
		known       bool
	}
	count := map[kind]int{}
	return slices.DeleteFunc(held, func(e *effects.Effect) bool {
		k := kind{class: e.Class, mode: e.Mode, own: effects.OnSelf(f, e), passed: f.Passed(e.Region)}
		k.way, k.known = f.WayTo(e.Region)
		count[k]++
		return count[k] > 2
	})
}

// blockItems are the items of the blocks of a function that do not take one object for several threads, as they stand.
type blockItems struct {
	of    *effects.Function
	items []blockItem
}

type blockItem struct {
	ast.Span
	in *ast.With
}

func blockItemsOf(f *effects.Function) *blockItems {
	out := &blockItems{of: f}
	for i := 1; i < len(f.Flow.Blocks); i++ {
		if b := &f.Flow.Blocks[i]; !b.Parallel {
			for _, it := range b.With.Items {
				out.items = append(out.items, blockItem{it.Span, b.With})
			}
		}
	}
	slices.SortStableFunc(out.items, func(a, b blockItem) int { return cmp.Compare(a.Pos, b.Pos) })
	return out
}

// at is the statement of which an item stands at an offset; nil where none does.
func (b *blockItems) at(pos int32) *ast.With {
	i := sort.Search(len(b.items), func(i int) bool { return b.items[i].Pos > pos }) - 1
	if i < 0 || !b.items[i].Contains(pos) {
		return nil
	}
	return b.items[i].in
}

// inOne is the fix that makes one statement of two blocks, of which the outer one has nothing but
// the inner one in it; nil where that is not so, or where what the inner one locks may
// be another object before the outer one is taken.
func inOne(o *ordering, f *effects.Function, n *effects.Nest) *finding.Fix {
	file := f.Unit.File
	if o.blocks == nil || o.blocks.of != f {
		o.blocks = blockItemsOf(f)
	}
	var inner *ast.With
	outer := o.blocks.at(n.Held.Arg.X.Range().Pos)
	if n.X != nil {
		inner = o.blocks.at(n.X.Range().Pos)
	}
	if outer == nil || inner == nil || outer == inner || outer.Parens != (ast.Span{}) || inner.Parens != (ast.Span{}) || len(outer.Body.Stmts) != 1 || outer.Body.Stmts[0] != ast.Stmt(inner) ||
		outer.Body.Inline || inner.Body.Inline {
		return nil
	}
	for _, it := range inner.Items { // evaluated before the outer lock is taken, then
		t, ok := it.X.(*ast.Call)
		if !ok || slices.ContainsFunc(t.Args, func(a ast.Arg) bool {
			id, isName := a.X.(*ast.Name)
			return !isName || a.Star != 0 || !plan.Local(f.Def, id.Name)
		}) {
			return nil
		}
	}
	// The lines between the two headers have nothing else on them.
	between := ast.Span{Pos: outer.Body.Colon + 1, End: inner.Pos}
	if strings.TrimSpace(syntax.Text(file, between)) != "" || syntax.Line(file, inner.Pos) != syntax.Line(file, inner.Body.Colon) || strings.TrimSpace(syntax.Text(file, ast.Span{Pos: inner.Body.Colon + 1, End: syntax.NextLine(file, inner.Body.Colon)})) != "" {
		return nil
	}
	items := syntax.Text(file, ast.Span{Pos: inner.Items[0].Pos, End: inner.Items[len(inner.Items)-1].End})
	ed := edit.NewEditor(file)
	last := outer.Items[len(outer.Items)-1].End
	ed.Insert(last, ", "+items)
	ed.DeleteLines(ast.Span{Pos: inner.Pos, End: inner.Body.Colon + 1})
	deeper := strings.TrimPrefix(syntax.IndentOf(file, inner.Body.Stmts[0].Range().Pos), syntax.IndentOf(file, inner.Pos))
	if deeper == "" {
		return nil
	}
	body := inner.Body.Stmts
	for at := syntax.NextLine(file, inner.Body.Colon); at < body[len(body)-1].Range().End; at = syntax.NextLine(file, at) {
		if text := syntax.IndentOf(file, at); !syntax.InsideToken(file, at) && !syntax.Blank(file, at) && strings.HasSuffix(text, deeper) {
			end := at + int32(len(text))
			ed.Replace(ast.Span{Pos: end - int32(len(deeper)), End: end}, "")
		}
		if syntax.NextLine(file, at) == at {
			break
		}
	}
	return &finding.Fix{Message: "lock both in one statement", Edits: ed.Finish()}
}
