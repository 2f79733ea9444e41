package rules

// PXL115: a pointer that C code made of an object's data, kept by another object, while a
// method of the first gives it other data. Both take one lock; what the pointer leads to
// has gone all the same.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

func checkReplaced(c *checking) {
	if c.p.Guarding.Owners == nil {
		return
	}
	type kept struct {
		class   *project.Class
		pointer string
	}
	told := map[kept]bool{}
	into := map[*project.Class][]effects.Pointing{} // pointers that C code made, by who has them
	of := func(class *project.Class) []effects.Pointing {
		all, known := into[class]
		if !known {
			all = slices.DeleteFunc(c.p.Guarding.Owners.Into(class), func(pt effects.Pointing) bool {
				fd := pt.Class.Field(pt.Pointer)
				return !pt.Returned || fd == nil || c.p.Types.OfField(fd).Kind != ctype.Pointer
			})
			into[class] = all
		}
		return all
	}
	if !slices.ContainsFunc(c.m.Classes, func(k *project.Class) bool { return len(of(k)) > 0 }) {
		return
	}
	for _, f := range c.functions() {
		if f.Class == nil || !calledInUse(c, f) || isStep(f) {
			continue // a step's is PXL113
		}
		for _, pt := range of(f.Class) {
			key := kept{pt.Class, pt.Pointer}
			if told[key] || looksForChanges(f, pt.Owner) {
				continue
			}
			if f.Among(0, func(e *effects.Effect) bool { return effects.OnSelf(f, e) && e.Field == pt.Pointer }).Touches {
				told[key] = replaced(c, f, pt)
			}
		}
	}
}

// replaced reports a method that follows a pointer whose owner may have other data by now.
func replaced(c *checking, f *effects.Function, pt effects.Pointing) bool {
	owner := pointsInto(pt)
	if owner == nil {
		return false
	}
	by, how := replacer(c, owner, pt)
	if by == nil {
		return false
	}
	out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Replaced,
		fmt.Sprintf("%s follows its %s, which C code made of %s.%s, and %s puts another in its place", f.Name(), pt.Pointer, owner.Name, how.Field, by.Name()),
		fmt.Sprintf("count in the %s how often its %s was replaced, and raise if that has changed since; or make the pointer anew in each call", owner.Name, how.Field))
	out.Warning = true
	out.Cause = fmt.Sprintf("%s in %s, by %s", owner.Name, owner.Mod.Stem, by.Name())
	out.Related = storedAndChanged(pt, by, how)
	c.Findings = append(c.Findings, out)
	return true
}

// replacer returns a method that Python code can call on an object that is in use, and
// that assigns the pointer of which another object's was made: one that the place names,
// and of several the one that is called the same.
func replacer(c *checking, owner *project.Class, pt effects.Pointing) (*effects.Function, *effects.Effect) {
	in := pt.In
	if in == nil {
		in = pt.Place.Func
	}
	var by *effects.Function
	var how *effects.Effect
	c.p.Solve(c.p.Funcs(owner.Mod).All)
	for _, g := range c.p.Funcs(owner.Mod).All {
		if g.Class == nil || !slices.Contains(g.Class.Ancestry(), owner) || !calledInUse(c, g) {
			continue
		}
		g.Among(0, func(e *effects.Effect) bool {
			fd := owner.Field(e.Field)
			if effects.OnSelf(g, e) && e.Writes() && e.Sure && !e.Behind && fd != nil && c.p.Types.OfField(fd).Kind == ctype.Pointer && mentions(in, e.Field) &&
				(by == nil || how.Field != pt.Pointer && e.Field == pt.Pointer) {
				by, how = g, e
			}
			return false
		})
	}
	return by, how
}

// mentions reports whether a function names an attribute of some object.
func mentions(f *effects.Function, attribute string) bool {
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		found = found || ok && a.Attr.Name == attribute
		return !found
	})
	return found
}
