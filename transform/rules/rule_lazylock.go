package rules

// PXL218: a lock of an object that is made when it is first needed. Two threads that find none
// make one each, and the two do not exclude each other.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

func lazyLocks(c *checking) {
	for _, f := range c.mentioning() {
		if f.class == nil || library.Construction()[f.name()] || f.first() == "" {
			continue
		}
		told := map[string]bool{}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok || a.Value == nil || !c.makesLock(a.Value) {
				return true
			}
			for _, t := range a.Targets {
				x, ok := syntax.Unparen(t).(*ast.Attribute)
				if !ok || told[x.Attr.Name] {
					continue
				}
				if n, ok := syntax.Bare(x.X).(*ast.Name); !ok || n.Name != f.first() || f.held(a.Pos, nil) || !f.looksFirst(a, attributeNamed(x.Attr.Name)) {
					continue
				}
				told[x.Attr.Name] = true
				f.finding(a.Span, finding.LazyLock,
					fmt.Sprintf("%s makes the lock %s.%s when there is none yet: two threads may each make one, and the two do not exclude each other", f.name(), f.first(), x.Attr.Name),
					"create it with the object, in __cinit__; or declare it `cdef cython.pymutex`, which needs no creating")
			}
			return true
		})
	}
}

// makesLock reports whether an expression makes a lock: a call of a type or a function that is
// known for it.
func (c *bodies) makesLock(e ast.Expr) bool {
	call, ok := syntax.Bare(e).(*ast.Call)
	if !ok || call.Fun == nil {
		return false
	}
	p := syntax.Dotted(call.Fun)
	return len(p) > 0 && (library.LockTypes()[p[len(p)-1]] || p[len(p)-1] == "PyThread_allocate_lock" || p[len(p)-1] == "allocate_lock")
}

// attributeNamed recognises the attribute of any object that has a name.
func attributeNamed(name string) func(ast.Node) bool {
	return func(n ast.Node) bool {
		x, ok := n.(*ast.Attribute)
		return ok && x.Attr.Name == name && x.Access == ast.Read
	}
}
