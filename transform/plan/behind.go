package plan

// Proposing blocks for what an attribute of the function's own object leads to. No path names it at the function's
// entry where methods may assign the attribute: by the time that the lock is there, another object may be. In the
// function nobody assigns it, since the function holds its own object.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// behind says why a block cannot take the lock of what an attribute of a parameter leads to; "" where it can.
func behind(prog *effects.Program, f *effects.Function, v effects.Value, base, attr string) string {
	// Another object than the one that is there at entry has no name by which the block is told to hold it.
	other := slices.ContainsFunc(v.Effects, func(e *effects.Effect) bool {
		x := &f.Sum.Regions[e.Region]
		return x.Root != effects.NodeParam || x.Num != 0 || x.Parent < 0 || f.Sum.Regions[x.Parent].Parent >= 0 || x.Name != attr || !f.AtEntry(e.Region)
	})
	give := "no variable holds the object: give it one, of type " + v.Effects[0].Class.Name
	if !other && f.Suspends() && f.Class != nil && base == f.Def.Params.List[0].Name.Name {
		return behindSuspended(prog, f, v, base)
	}
	if other || !holdsSelf(prog, f) || base != f.Def.Params.List[0].Name.Name || f.Class.Field(attr) == nil {
		return give
	}
	mine, its := prog.Locks.Of(f.Class), prog.Locks.Of(v.Effects[0].Class)
	lock := prog.Locks.Shared(v.Effects[0].Class)
	switch {
	case mine.Kind != decorator.RWLock || its.Kind != decorator.RWLock || prog.Guarding.Of(v.Effects[0].Class) != "":
		return give
	case slices.ContainsFunc(v.Uses, func(u effects.Use) bool { return u.Block != nil }):
		return "it is used under a block that holds another object, and two threads might take the two in opposite orders"
	case lock == prog.Locks.Shared(f.Class):
		return "the function holds an object of the same lock, and two threads might take the two in opposite orders"
	}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		if x.Root == effects.NodeParam && (x.Parent < 0 || x.OfItems()) && e.Kind != effects.OnPython && prog.Guards(e.Class) && prog.Locks.Shared(e.Class) == lock {
			return "the function uses another object of the same lock as well, and two threads might take the two in opposite orders"
		}
	}
	// Last, since they go through all of the function and of the class.
	switch {
	case syntax.Assigns(f.Def, base):
		return give
	case leadsBack(prog, v.Effects[0].Class, prog.Locks.Shared(f.Class)):
		return "its attributes may lead back to an object of the lock that the function holds, and two threads might take the two in opposite orders"
	}
	return ""
}

// behindSuspended is behind for a function that is suspended at times, and holds nothing between its blocks: the attribute
// has to stay what it is once its object is made.
func behindSuspended(prog *effects.Program, f *effects.Function, v effects.Value, base string) string {
	its, lock := prog.Locks.Of(v.Effects[0].Class), prog.Locks.Shared(v.Effects[0].Class)
	give := "no variable holds the object: give it one, of type " + v.Effects[0].Class.Name
	switch {
	case its.Kind != decorator.RWLock || prog.Guarding.Of(v.Effects[0].Class) != "" || prog.Changes == nil || syntax.Assigns(f.Def, base):
		return give
	case slices.ContainsFunc(v.Effects, func(e *effects.Effect) bool { return !prog.Changes.Stay(f, e.Region) }):
		return give
	case slices.ContainsFunc(v.Uses, func(u effects.Use) bool { return u.Block != nil }):
		return "it is used under a block that holds another object, and two threads might take the two in opposite orders"
	}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		if !slices.Contains(v.Effects, e) && e.Kind != effects.OnPython && prog.Guards(e.Class) && prog.Locks.Shared(e.Class) == lock && (x.Root != effects.NodeParam || x.Parent < 0 || x.OfItems()) {
			return "the function uses another object of the same lock as well, and two threads might take the two in opposite orders"
		}
	}
	return ""
}

// leadsBack reports whether attributes lead from objects of a class to those with a lock, by the types that they are
// declared as: somebody may hold one of them then, and want one of those.
func leadsBack(prog *effects.Program, from, lock *project.Class) bool {
	seen := map[*project.Class]bool{}
	var leads func(c *project.Class) bool
	leads = func(c *project.Class) bool {
		if c == nil || seen[c] {
			return false
		}
		seen[c] = true
		if c != from && prog.Guards(c) && prog.Locks.Shared(c) == lock {
			return true
		}
		for _, k := range slices.Concat(c.Ancestry(), prog.Project.Lineage.Derived(c.Mod, c)) {
			for _, fd := range k.Fields {
				if leads(fd.Class()) {
					return true
				}
			}
		}
		return false
	}
	return leads(from)
}

// holdsSelf reports whether a function holds its own object while it runs, by itself or because its callers do.
func holdsSelf(prog *effects.Program, f *effects.Function) bool {
	if f.Class == nil || prog.Exempt(f) || !prog.Locked(f.Class) || len(f.Def.Params.List) == 0 || library.NoLockMethods()[f.Def.Name.Name] ||
		f.Mod.PlainDecorator(f.Def, "staticmethod") || f.Mod.PlainDecorator(f.Def, "classmethod") || f.Suspends() {
		return false
	}
	if !prog.Member(f) {
		return !f.Exposed() && len(prog.OwnLocks(f).Decs) == 0
	}
	_, does := prog.ModeOf(f)
	return does
}

// attributeStays says what may assign the attribute between the beginning of the block and the last use of the
// object: the function, what it calls, or Python code, which may call a method of the object in this thread.
func (p *placing) attributeStays() string {
	within := p.span()
	last := slices.MaxFunc(p.uses, func(a, b effects.Use) int { return int(a.Span.Pos - b.Span.Pos) }).Span
	why := p.name + " may be assigned another object among the statements that use it"
	bad := false
	for _, st := range p.stmts() {
		syntax.OwnNodes(only(st), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				bad = bad || n.Attr.Name == p.attr && n.Access.Rebinds()
			case *ast.For, *ast.While, *ast.Comp:
				// The second time what ran after the use has run before it.
				bad = bad || slices.ContainsFunc(p.uses, func(u effects.Use) bool { return n.Range().Contains(u.Span.Pos) })
			case *ast.Assign: // what is assigned is found out before the place that gets it
				value := n.Value
				bad = bad || value != nil && slices.ContainsFunc(p.uses, func(u effects.Use) bool { return n.Contains(u.Span.Pos) && !value.Range().Contains(u.Span.Pos) }) &&
					slices.ContainsFunc(p.f.Flow.Python, func(s ast.Span) bool { return value.Range().Contains(s.Pos) })
			}
			return !bad
		})
	}
	if bad || slices.ContainsFunc(p.f.Flow.Python, func(s ast.Span) bool { return within.Contains(s.Pos) && s.End <= last.Pos }) {
		return why
	}
	lock := p.prog.Locks.Shared(p.class)
	for i := range p.f.Sum.Effects {
		e := &p.f.Sum.Effects[i]
		switch {
		case e.Kind == effects.OnPython || !within.Contains(e.Span.Pos):
		case e.Writes() && e.Field == p.attr && !e.Behind:
			return why
		case p.prog.Guards(e.Class) && (!e.Raw && p.prog.Locks.Shared(e.Class) != lock || p.takenWithin(e)):
			return "what is called among the statements takes the lock of another object, and two threads might take the two in opposite orders"
		}
	}
	return ""
}

// takenWithin reports whether a function that is called among the statements has to take the lock of another
// object by itself, in a block, since no name leads there from what it is given.
func (p *placing) takenWithin(e *effects.Effect) bool {
	if slices.ContainsFunc(p.uses, func(u effects.Use) bool { return u.Span == e.Span }) && slices.ContainsFunc(p.Effects, func(own *effects.Effect) bool { return own.Region == e.Region }) {
		return false
	}
	for _, s := range effects.Chain(p.f, e)[1:] {
		if s.Func.Sum.Regions[s.Effect.Region].Root == effects.NodeUnknown || BehindAttribute(p.prog, s.Func, s.Effect) {
			return true
		}
	}
	return false
}

// firstAttribute returns the text of an attribute of a name, "" of other expressions.
func firstAttribute(e ast.Expr) string {
	if path := syntax.Dotted(e); len(path) == 2 {
		return path[0] + "." + path[1]
	}
	return ""
}

// BehindAttribute reports whether a function that its callers lock for has to take the lock of an object itself,
// which an attribute of its own object leads to: callers cannot, since the attribute may be assigned before they have it.
func BehindAttribute(prog *effects.Program, f *effects.Function, e *effects.Effect) bool {
	x := &f.Sum.Regions[e.Region]
	return x.Root == effects.NodeParam && x.Parent >= 0 && !f.Exposed() && holdsSelf(prog, f) && prog.Guards(e.Class) && prog.Locks.Shared(e.Class) != prog.Locks.Shared(f.Class) && x.Num == 0 && f.Sum.Regions[x.Parent].Parent < 0 && prog.Changes != nil && !prog.Changes.Stay(f, e.Region)
}

// Behind reports whether a block takes what an attribute of the function's own object leads to.
func (p *Proposal) Behind() bool { return p.attr != "" }

// apart leaves out the blocks that take what an attribute leads to where others stand in them, or they in others: two
// threads might take the two in opposite orders. (One for the same attribute that is still there may take another object,
// else they were merged.) It also leaves out those that hold for reading what their statements write.
func apart(list []*Proposal) (out, left []*Proposal) {
	for _, p := range list {
		s := p.span()
		if p.Behind() && (p.leavesWrites() || slices.ContainsFunc(list, func(o *Proposal) bool {
			t := o.span()
			return o != p && (s.Contains(t.Pos) || t.Contains(s.Pos))
		})) {
			left = append(left, p)
		} else {
			out = append(out, p)
		}
	}
	return out, left
}

// leavesWrites reports whether the object of a block that holds it for reading is written among the statements, at a
// place that is none of the block's since Python code may assign the attribute before it is reached.
func (p *Proposal) leavesWrites() bool {
	within := p.span()
	return len(p.names[effects.Write]) == 0 && slices.ContainsFunc(p.placing.f.Sum.Effects, func(e effects.Effect) bool {
		return e.Writes() && e.Kind != effects.OnPython && within.Contains(e.Span.Pos) && slices.ContainsFunc(p.Effects, func(own *effects.Effect) bool { return own.Region == e.Region })
	})
}

// merge has the blocks that take what one attribute leads to stand alone: one that stands in another one is left
// out where the outer one's object is still the attribute's, and no outer one holds for reading what an inner one writes.
func merge(list []*Proposal) []*Proposal {
	same := func(o, p *Proposal) bool {
		s, t := o.span(), p.span()
		return o != p && o.attr != "" && o.attr == p.attr && s.Pos <= t.Pos && t.End <= s.End
	}
	for again := true; again; {
		again = false
		for _, o := range list {
			for i, p := range list {
				if !same(o, p) {
					continue
				}
				if len(p.names[effects.Write]) > 0 && len(o.names[effects.Read]) > 0 {
					o.names = p.names
				}
				all := *o.placing
				all.Proposal = &Proposal{suite: o.suite, attr: o.attr, first: o.first, last: o.last, uses: slices.Concat(o.uses, p.uses)}
				if all.attributeStays() != "" {
					continue
				}
				o.uses, o.Effects = all.uses, slices.Concat(o.Effects, p.Effects)
				list, again = slices.Delete(list, i, i+1), true
				break
			}
			if again {
				break
			}
		}
	}
	return list
}
