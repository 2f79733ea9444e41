package rules

// PXL503: a flag of a locked class that nothing connects with the rest of the
// state: set and cleared as a whole, and looked at by itself. An atomic does for
// it what the lock does, without the waiting.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func checkFlags(c *checking) {
	if !c.p.Locks.Concerned(c.m.Stem) {
		return // no lock in sight
	}
	for _, k := range c.m.Classes {
		if k.Extern || c.p.Locks.OfMembers(k) == nil {
			continue
		}
		for _, fd := range k.Fields {
			if fd.Vis == ast.Private && fd.Ctype != nil && fd.Ctype.Name == "bint" && fd.Declarator.Pointer == 0 && len(fd.Declarator.Arrays) == 0 && c.standsAlone(k, fd.Name) {
				out := project.FindingAt(fd.Unit.Source, syntax.DeclaredName(fd.Declarator).Span, finding.Flag, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s.%s is only ever set, cleared and read on its own: an atomic would do, and nobody would wait", k.Name, fd.Name)
				out.Help = "declare it atomic (libcpp.atomic, or C11's in a verbatim block) and mark its methods @cython.no_lock(\"atomic\"), or ignore this where speed does not matter"
				c.Findings = append(c.Findings, out)
			}
		}
	}
}

// standsAlone reports whether some member sets the attribute to a constant, some
// member reads it, and each that does so touches nothing else of the object.
func (c *checking) standsAlone(k *project.Class, name string) bool {
	sets, reads := false, false
	for _, f := range c.functions() {
		uses, others, writesIt := false, false, false
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Kind == effects.OnPython || !project.Related(e.Class, k) {
				continue
			}
			x := &f.Sum.Regions[e.Region]
			mine := e.Field == name && e.Class != nil
			uses = uses || mine
			others = others || !mine || x.Root != effects.NodeParam || x.Num != 0 || x.Parent >= 0 || f.Class == nil
			writesIt = writesIt || mine && e.Writes()
		}
		switch {
		case !uses || c.p.Constructs(f, 0):
			continue
		case others || !c.p.Member(f) || c.p.Exempt(f) || writesIt && !setsConstant(f.Def, name):
			return false
		}
		sets, reads = sets || writesIt, reads || !writesIt
	}
	return sets && reads
}

// setsConstant reports whether all that a function assigns to an attribute of
// this name is True or False.
func setsConstant(def *ast.FuncDef, name string) bool {
	ok := true
	ast.Walk(def.Body, func(n ast.Node) bool {
		a, isAssign := n.(*ast.Assign)
		if !isAssign {
			return true
		}
		for _, t := range a.Targets {
			if x, is := syntax.Unparen(t).(*ast.Attribute); is && x.Attr.Name == name {
				v, constant := syntax.Unparen(a.Value).(*ast.Const)
				ok = ok && a.Op == "=" && constant && (v.Name == "True" || v.Name == "False")
			}
		}
		return true
	})
	return ok
}
