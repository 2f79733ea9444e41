package transform

// PXL503: a flag of a locked class that nothing connects with the rest of the
// state: set and cleared as a whole, and looked at by itself. An atomic does for
// it what the lock does, without the waiting.

import (
	"fmt"

	"pyxlock/parser/ast"
)

func checkFlags(c *checking) {
	if !c.p.locks.concerned(c.m.stem) {
		return // no lock in sight
	}
	for _, k := range c.m.order {
		if k.extern || c.p.locks.locksMembers(k) == nil {
			continue
		}
		for _, fd := range k.order {
			if fd.vis == ast.Private && fd.ctype != nil && fd.ctype.Name == "bint" && fd.declarator.Pointer == 0 && len(fd.declarator.Arrays) == 0 && c.standsAlone(k, fd.name) {
				out := at(fd.unit.source, declaredName(fd.declarator).Span, codeFlag, "", "")
				out.Warning = true
				out.Message = fmt.Sprintf("%s.%s is only ever set, cleared and looked at by itself: an atomic would do, and nobody would wait", k.name, fd.name)
				out.Help = "declare it atomic (libcpp.atomic, or C11's in a verbatim block) and mark its methods @cython.no_lock(\"atomic\"), or ignore this where speed does not matter"
				c.findings = append(c.findings, out)
			}
		}
	}
}

// standsAlone reports whether some member sets the attribute to a constant, some
// member reads it, and each that does so touches nothing else of the object.
func (c *checking) standsAlone(k *class, name string) bool {
	sets, reads := false, false
	for _, f := range c.functions() {
		uses, others, writesIt := false, false, false
		for i := range f.sum.effects {
			e := &f.sum.effects[i]
			if e.kind == onPython || !related(e.class, k) {
				continue
			}
			x := &f.sum.regions[e.region]
			mine := e.field == name && e.class != nil
			uses = uses || mine
			others = others || !mine || x.root != nodeParam || x.num != 0 || x.parent >= 0 || f.class == nil
			writesIt = writesIt || mine && e.mode == write
		}
		switch {
		case !uses || c.p.constructs(f, 0):
			continue
		case others || !c.p.member(f) || c.p.exempt(f) || writesIt && !setsConstant(f.def, name):
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
			if x, is := unparen(t).(*ast.Attribute); is && x.Attr.Name == name {
				v, constant := unparen(a.Value).(*ast.Const)
				ok = ok && a.Op == "=" && constant && (v.Name == "True" || v.Name == "False")
			}
		}
		return true
	})
	return ok
}
