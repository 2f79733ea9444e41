package plan

// Proposing blocks: the statements that use an object whose lock nobody holds, and that a
// name stands for.

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Proposal is a block that could stand round statements of one suite.
type Proposal struct {
	suite       *ast.Suite
	first, last int              // of the suite's statements
	names       [2][]string      // by mode
	placing     *placing         // of what an attribute leads to; nil of others
	attr        string           // where the name is that of an attribute of the function's own object
	begins      map[string]int32 // the first use of each
	kinds       []decorator.Kind
	locks       []*project.Class  // whose locks they are
	uses        []effects.Use     // what it is for
	Effects     []*effects.Effect // and what that is to others
}

// Propose returns a block for a value that a function uses; where no name stands for that, or
// where a block could not stand, none, and why not.
func Propose(prog *effects.Program, f *effects.Function, v effects.Value) (p *Proposal, why string) {
	def := f.Def
	if len(v.Effects) == 0 {
		return nil, ""
	}
	class := v.Effects[0].Class
	in := prog.Locks.Of(class)
	switch {
	case in == nil:
		return nil, ""
	case library.NoLockMethods()[def.Name.Name] && def.Name.Name != "__cinit__":
		return nil, def.Name.Name + " runs at a time that nobody chooses, and must not wait"
	case def.Body.Inline:
		return nil, "the body is on the line of its header"
	case def.Suffix.Noexcept:
		return nil, "the function is noexcept, and could not raise if threads wait for one another"
	case v.Parts:
		return nil, "what is used is a part of an object, and which part is not known here"
	case crosses(prog, f, v):
		return nil, "the function uses another object of the same lock as well, and two threads might take the two in opposite orders"
	}
	list := v.Uses
	unnamed := "no variable holds the object: give it one, of type " + class.Name
	name, md := "", effects.Read
	for _, u := range list {
		md = max(md, u.Mode)
		n, named := nameIn(def.Body, u, class)
		if !named && !u.Call {
			continue // by a pointer into it: what the name stands for where it was made is held here, too
		}
		if n == "" || name != "" && name != n {
			return nil, unnamed
		}
		name = n
	}
	if name == "" {
		return nil, unnamed
	}
	base, attr, dotted := strings.Cut(name, ".")
	if dotted {
		if why := behind(prog, f, v, base, attr); why != "" {
			return nil, why
		}
	}
	at := slices.MinFunc(list, func(a, b effects.Use) int { return cmp.Compare(a.Span.Pos, b.Span.Pos) }).Span.Pos
	p = &Proposal{suite: def.Body, attr: attr, uses: list, Effects: v.Effects, begins: map[string]int32{name: at}, kinds: []decorator.Kind{in.Kind}, locks: []*project.Class{prog.Locks.Shared(class)}}
	pl := &placing{Proposal: p, prog: prog, f: f, name: name, class: class, kind: in.Kind}
	if dotted {
		p.placing = pl
	}
	if why = pl.place(); why != "" {
		return nil, why
	}
	if foundUnder(prog, f, p, name, class) {
		return nil, FoundUnderAnother
	}
	if writtenWithin(f, p) {
		md = effects.Write
	}
	p.names[md] = []string{name}
	return p, ""
}

// writtenWithin reports whether a call among the statements of a block writes to its object by another way
// than its name, a pointer for instance, or locks it for writing: a block that holds it for
// reading would have to be upgraded, which two threads at once cannot.
func writtenWithin(f *effects.Function, p *Proposal) bool {
	within := p.span()
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Mode == effects.Write && e.Via != nil && e.Kind != effects.OnPython && within.Contains(e.Span.Pos) &&
			slices.ContainsFunc(p.Effects, func(own *effects.Effect) bool { return own.Region == e.Region }) {
			return true
		}
	}
	return false
}

// crosses reports whether a block for a value of which nothing tells where it comes from would
// take its lock while the function, or its callers, hold an object that has the same one: two
// threads might do so the other way round.
func crosses(prog *effects.Program, f *effects.Function, v effects.Value) bool {
	if !slices.ContainsFunc(v.Effects, func(e *effects.Effect) bool {
		_, known := f.WayTo(e.Region)
		return f.Sum.Regions[e.Region].Root == effects.NodeUnknown && !known
	}) {
		return false
	}
	lock := prog.Locks.Shared(v.Effects[0].Class)
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		if x.Root != effects.NodeParam || x.Parent >= 0 || e.Kind == effects.OnPython || e.Held || slices.ContainsFunc(v.Uses, func(u effects.Use) bool { return u.Span == e.Span }) {
			continue
		}
		if in := prog.Locks.Of(e.Class); in != nil && in.Kind == decorator.RWLock && prog.Locks.Shared(e.Class) == lock {
			return true
		}
	}
	return false
}

// foundUnder reports whether a variable gets its object in a block of the function's, which
// holds another object with the same lock, and would be locked in there.
func foundUnder(prog *effects.Program, f *effects.Function, p *Proposal, name string, class *project.Class) bool {
	return slices.ContainsFunc(f.Flow.Blocks, func(k effects.Block) bool {
		return k.With != nil && k.With.Body.Contains(p.Pos()) && slices.ContainsFunc(k.Locks, func(l effects.BlockLock) bool {
			return l.Class == nil || prog.Locks.Of(l.Class) != nil && prog.Locks.Shared(l.Class) == prog.Locks.Shared(class)
		}) && syntax.Assigns(k.With.Body, name)
	})
}

// nameIn returns the name by which a place uses a value, an object of a class, or the attribute of a name; "" where
// that is neither. named is false where it has no name of any kind there.
func nameIn(body *ast.Suite, u effects.Use, c *project.Class) (name string, named bool) {
	var found []string
	add := func(e ast.Expr) {
		name := firstAttribute(syntax.Bare(e))
		if n, ok := syntax.Bare(e).(*ast.Name); ok {
			name = n.Name
		}
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	look := func(n ast.Node) bool {
		s := n.Range()
		if s.End < u.Span.Pos || s.Pos > u.Span.End {
			return false
		}
		switch n := n.(type) {
		case *ast.Attribute:
			if !u.Call && s.Pos >= u.Span.Pos && s.End <= u.Span.End && (n.Attr.Name == u.Field || u.Field == "" && c.Field(n.Attr.Name) != nil) {
				add(n.X)
			}
		case *ast.Call:
			if !u.Call || s != u.Span {
				break
			}
			k := u.Arg
			if fun, ok := n.Fun.(*ast.Attribute); ok && u.Bound {
				if k == 0 {
					add(fun.X)
					break
				}
				k--
			}
			if k >= len(n.Args) || slices.ContainsFunc(n.Args[:k+1], func(a ast.Arg) bool { return a.Star != 0 || a.Name.Name != "" }) {
				found = append(found, "")
				break
			}
			add(n.Args[k].X)
		}
		return true
	}
	first := sort.Search(len(body.Stmts), func(i int) bool { return body.Stmts[i].Range().End >= u.Span.Pos })
	for _, st := range body.Stmts[first:] {
		if st.Range().Pos > u.Span.End {
			break
		}
		syntax.OwnNodes(st, look)
	}
	if len(found) != 1 {
		return "", len(found) > 0
	}
	return found[0], true
}
