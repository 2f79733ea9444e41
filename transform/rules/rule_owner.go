package rules

// PXL111: a pointer into the state of an object whose lock is not taken where the
// pointer is used. PXL112: a guard that is assigned while others may wait for it.

import (
	"cmp"
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// keptPointer is one attribute that holds a pointer.
type keptPointer struct {
	class   *project.Class
	pointer string
}

func checkOwners(c *checking) {
	if c.p.Guarding.Owners == nil {
		return
	}
	by := map[keptPointer][]effects.Pointing{}
	var order []keptPointer
	for _, pt := range c.p.Guarding.Owners.All {
		if pt.Class.Mod != c.m {
			continue
		}
		k := keptPointer{pt.Class, pt.Pointer}
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], pt)
	}
	for _, k := range order {
		c.owned(k, by[k])
	}
}

// owned looks at what one attribute points to, and what is kept beside it.
func (c *checking) owned(k keptPointer, all []effects.Pointing) {
	in := c.p.Locks.Of(k.class)
	guard := ""
	if in != nil {
		guard = in.Guard
	}
	if guard != "" && slices.ContainsFunc(all, func(pt effects.Pointing) bool { return pt.Owner == guard && pt.Same }) {
		for _, pt := range all {
			if pt.Owner == guard && pt.Other && !pt.Returned && c.p.Guards(pt.From) {
				notOwned(c, k, pt, fmt.Sprintf("%s gives a %s a pointer into the state of a %s other than its guard, %s: nobody takes that one's lock", pt.In.Name(), k.class.Name, pt.From.Name, guard),
					fmt.Sprintf("set its %s to the object that %s points into", guard, k.pointer))
			}
		}
		return
	}
	// Which of the objects beside it does it lead into?
	var same []effects.Pointing
	slices.SortStableFunc(all, func(a, b effects.Pointing) int { return weight(a) - weight(b) })
	for _, pt := range all {
		if pt.Same && (in != nil || c.p.Guards(pt.From)) && !slices.ContainsFunc(same, func(o effects.Pointing) bool { return o.Owner == pt.Owner }) {
			same = append(same, pt)
		}
	}
	slices.SortStableFunc(same, func(a, b effects.Pointing) int { return cmp.Compare(a.Owner, b.Owner) })
	for _, pt := range same {
		if _, own := c.p.Guarding.Owners.Alone(k.class, k.pointer, pt.Owner, false); own && pt.Returned {
			continue // elsewhere it gets one of its own: what C made is new
		}
		if ownerHeld(c, k, pt) {
			continue
		}
		if !pt.Lent && !c.p.Guards(pt.From) || guard == "" && told301(c, k, pt) {
			continue // has no lock, or is told where the pointer is stored
		}
		how := "points into"
		switch {
		case pt.Lent:
			how = "comes from a capsule of"
		case pt.Returned:
			how = "was made by a C function from"
		}
		class := ""
		if pt.From != nil {
			class = ", a " + pt.From.Name
		}
		takes := "its own lock"
		switch {
		case in == nil:
			takes = "no lock"
		case guard != "":
			takes = "that of its " + guard
		}
		help := fmt.Sprintf("share that one's lock: @cython.locked_class(guard=%q) on %s", pt.Owner, k.class.Name)
		_, bare := c.p.Guarding.Owners.Alone(k.class, k.pointer, pt.Owner, true)
		if !bare {
			_, bare = c.p.Guarding.Guardless(k.class, pt.Owner)
		}
		switch {
		case guard != "":
			help = fmt.Sprintf("guard=%q on %s, if both are guarded by one lock, or keep no pointer and go through %s", pt.Owner, k.class.Name, pt.Owner)
		case pt.From != nil && project.Related(k.class.Declarer(pt.Owner), pt.From) && k.class.Field(pt.Owner).Class() != nil && project.Related(k.class, k.class.Field(pt.Owner).Class()):
			help = fmt.Sprintf("let all that share the state have one object in common, in an attribute that is never None, and share its lock: guard= on %s", k.class.Name)
		case bare:
			help = fmt.Sprintf("make sure that each %s has an object as its %s, then share its lock: guard=%q", k.class.Name, pt.Owner, pt.Owner)
		case k.class.Field(pt.Owner).Vis == ast.Public:
			help = fmt.Sprintf("make %s readonly, then share its lock: @cython.locked_class(guard=%q) on %s", pt.Owner, pt.Owner, k.class.Name)
		case len(same) > 1:
			help = fmt.Sprintf("say which of the objects that it keeps has the lock: guard=%q on %s, or another", pt.Owner, k.class.Name)
		}
		if k.class.Field(pt.Owner).Vis != ast.Public {
			help += unfit(c, k.class, k.pointer)
		}
		notOwned(c, k, pt, fmt.Sprintf("%s of %s %s the state of its %s%s, and the methods of %s take %s", k.pointer, k.class.Name, how, pt.Owner, class, k.class.Name, takes), help)
	}
}

// told301 reports whether a pointer is PXL301's: the place that stores it knows whose state it leads into, and the attribute
// itself is the pointer, or its address. What is put into a struct, an array or a container of the object is told here, if it
// leads into the very object beside it.
func told301(c *checking, k keptPointer, pt effects.Pointing) bool {
	if !pt.Seen || pt.Returned || pt.Lent {
		return false
	}
	if owner := k.class.Field(pt.Owner).Class(); owner == nil || !project.Related(owner, pt.From) {
		return true
	}
	nodes := pt.Place.Func.Flow.Nodes
	return slices.ContainsFunc(pt.Place.Func.Flow.Stores, func(st effects.Store) bool {
		if st.Span != pt.Place.Span || st.Name != k.pointer || nodes[st.Into].Shape.Kind != ctype.Object {
			return false
		}
		kind := c.p.Types.OfField(k.class.Field(k.pointer)).Kind
		return kind == ctype.Pointer || kind == ctype.Scalar || kind == ctype.Unknown && nodes[st.Value].Shape.Kind == ctype.Pointer
	})
}

// ownerHeld reports whether every use of a pointer holds the lock of the object that it leads into, beside that of the
// object that has it: @cython.write_lock("self", "self.owner"). What that attribute holds must not change.
func ownerHeld(c *checking, k keptPointer, pt effects.Pointing) bool {
	if !c.p.Changes.Settled(k.class, pt.Owner) || k.class.Field(k.pointer).Vis != ast.Private {
		return false
	}
	used := false
	for _, m := range c.p.Project.Lineage.UsingBeside(k.class.Mod, k.pointer) { // subclasses elsewhere, and whoever knows the class
		c.p.Solve(c.p.Funcs(m).All)
		for _, f := range c.p.Funcs(m).All {
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				if e.Field != k.pointer || e.Class == nil || !project.Related(e.Class, k.class) || f.Class != nil && effects.OnSelf(f, e) && c.p.Constructs(f, 0) || !c.p.Entry(f) && len(f.Callers) > 0 {
					continue
				}
				if !e.Raw && e.Via != nil && e.Via != f && !effects.OnSelf(f, e) {
					continue // that function's affair
				}
				if !effects.OnSelf(f, e) || !effects.LocksBeside(c.p, f, e.Region, pt.Owner, e.Mode) {
					return false
				}
				used = true
			}
		}
	}
	return used
}

// weight ranks how little is known of where a pointer leads.
func weight(pt effects.Pointing) int {
	switch {
	case pt.Returned:
		return 2
	case pt.From == nil:
		return 1
	}
	return 0
}

// notOwned reports a pointer where it is stored, with the place of its first use.
func notOwned(c *checking, k keptPointer, pt effects.Pointing, msg, help string) {
	out := project.FindingAt(pt.Place.Func.Unit.Source, pt.Place.Span, finding.Owner, msg, help)
	out.Warning = true
	out.Cause = fmt.Sprintf("the lock of %s in %s", k.class.Name, k.class.Mod.Stem) // one guard is for all its pointers
	for _, f := range c.p.Funcs(k.class.Mod).All {
		if f.Class == nil || !slices.Contains(f.Class.Ancestry(), k.class) || c.p.Constructs(f, 0) {
			continue
		}
		if st := f.Among(0, func(e *effects.Effect) bool { return effects.OnSelf(f, e) && e.Field == k.pointer && e.Via == nil }); st.Touches {
			pos := project.FindingAt(f.Unit.Source, st.Why.Span, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: f.Name() + " uses it"})
			break
		}
	}
	c.Findings = append(c.Findings, out)
}

func checkGuardMoves(c *checking) {
	if c.p.Guarding.Owners == nil {
		return
	}
	for _, k := range c.m.Classes {
		l := c.p.Locks.Declared(k)
		if l == nil || l.Guard == "" {
			continue
		}
		if fd := k.Field(l.Guard); fd != nil && fd.Vis == ast.Public {
			out := project.FindingAt(l.Unit.Source, l.Decorator.Range(), finding.GuardMoves,
				fmt.Sprintf("%s is the guard of %s, and is public: Python code may assign it while others use the object, holding only the old one's lock", l.Guard, k.Name),
				"make it readonly, or private; where it has to change, write a method that holds both for writing")
			out.Warning = true
			pos := project.FindingAt(fd.Unit.Source, fd.Decl.Range(), "", "", "")
			out.Related = []finding.Related{{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: l.Guard + " is declared public"}}
			c.Findings = append(c.Findings, out)
		}
	}
	type key struct {
		place effects.Place
		in    *effects.Function
	}
	seen := map[key]bool{}
	for _, mv := range c.p.Guarding.Owners.Moves {
		if mv.Place.Func.Mod != c.m {
			continue
		}
		if k := (key{mv.Place, nil}); seen[k] {
			continue
		} else {
			seen[k] = true
		}
		out := project.FindingAt(mv.Place.Func.Unit.Source, mv.Place.Span, finding.GuardMoves,
			fmt.Sprintf("%s is the guard of %s, and is assigned while others may use the object: a thread that waits for the old one's lock then runs beside one that takes the new one's", mv.Guard, mv.Class.Name),
			"hold both for writing: @cython.write_lock, on one function, for the object and for what becomes its "+mv.Guard)
		out.Warning = true
		if mv.Foreign {
			decl := mv.Class.Declarer(mv.Guard)
			out.Message = fmt.Sprintf("%s is the guard of %s, and is assigned in a module other than the one that declares it: no function checks it again", mv.Guard, mv.Class.Name)
			out.Help = "do it in a method or function of the module of " + decl.Name + ", under write locks of the object and of what becomes its " + mv.Guard
		} else if mv.In != mv.Place.Func {
			pos := project.FindingAt(mv.In.Unit.Source, mv.In.Def.Name.Span, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: mv.In.Name() + " reaches it without holding both"})
		}
		c.Findings = append(c.Findings, out)
	}
}
