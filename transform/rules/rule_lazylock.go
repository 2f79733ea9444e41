package rules

// PXL218: a lock of an object that is made when it is first needed, or made anew. Two threads that find none
// make one each, and the two do not exclude each other; nor does the new one exclude who has the old one.

import (
	"fmt"
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

func lazyLocks(c *checking) {
	for _, f := range lockMakers(c) {
		if f.class == nil || library.Construction()[f.name()] || f.first() == "" {
			continue
		}
		told := map[string]bool{}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok || a.Value == nil {
				return true
			}
			makes := c.makesLock(a.Value)
			if !makes && (a.Op != "=" || !f.passesOn(a.Value)) {
				return true
			}
			for _, t := range a.Targets {
				x, ok := syntax.Unparen(t).(*ast.Attribute)
				if !ok || told[x.Attr.Name] {
					continue
				}
				n, ok := syntax.Bare(x.X).(*ast.Name)
				if !ok || n.Name != f.first() || f.heldBeside(a.Pos, f.spelled(x)) {
					continue
				}
				lock := f.first() + "." + x.Attr.Name
				switch {
				case f.looksFirst(a, attributeNamed(x.Attr.Name)), looksBeside(a, x.Attr.Name):
					if !makes || f.held(a.Pos, nil) {
						continue
					}
					f.finding(a.Span, finding.LazyLock,
						fmt.Sprintf("%s makes the lock %s when there is none yet: two threads may each make one, and the two do not exclude each other", f.name(), lock),
						"create it with the object, in __cinit__; or declare it `cdef cython.pymutex`, which needs no creating")
				case c.madeWith(f, x.Attr.Name) && !making(c, f) && !c.onlyAfterFork(f): // a child has one thread, and its locks may be held by another's
					f.finding(a.Span, finding.LazyLock,
						fmt.Sprintf("%s replaces the lock %s: whoever has the old one, or waits for it, does not exclude those who take the new one", f.name(), lock),
						"keep the lock that the object was made with").Warning = true
				default:
					continue
				}
				told[x.Attr.Name] = true
			}
			return true
		})
	}
}

// lockMakers are the functions that speak of locks, and those that name an attribute which such a one gives a lock.
func lockMakers(c *checking) []*ruleFunc {
	made := map[string]bool{}
	for _, f := range c.mentioning() {
		if f.class == nil {
			continue
		}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && a.Value != nil && c.makesLock(a.Value) {
				for _, t := range a.Targets {
					if x, ok := syntax.Unparen(t).(*ast.Attribute); ok {
						made[x.Attr.Name] = true
					}
				}
			}
			return true
		})
	}
	return c.mentioning(slices.Sorted(maps.Keys(made))...)
}

// looksBeside reports whether an assignment keeps the attribute's value where there is one: x.lock = x.lock or Lock().
func looksBeside(a *ast.Assign, name string) bool {
	or, ok := syntax.Bare(a.Value).(*ast.Binary)
	return ok && or.Op == "or" && attributeNamed(name)(syntax.Bare(or.X))
}

// passesOn reports whether a value is what the function is given, or an attribute of that: another object's lock.
func (f *ruleFunc) passesOn(e ast.Expr) bool {
	f.prepare()
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		return f.params[x.Name] != nil && x.Name != f.first()
	case *ast.Attribute:
		of, ok := syntax.Bare(x.X).(*ast.Name)
		return ok && f.params[of.Name] != nil && of.Name != f.first()
	}
	return false
}

// making reports whether a function is only called for objects that are being made.
func making(c *checking, f *ruleFunc) bool {
	c.functions()
	return slices.ContainsFunc(c.p.Funcs(c.m).All, func(g *effects.Function) bool {
		return g.Def == f.def && (c.p.Constructs(g, 0) || len(g.Callers) > 0 && !g.Exposed() && !slices.ContainsFunc(g.Callers, func(h *effects.Function) bool {
			return !library.Construction()[h.Def.Name.Name] && h.Def.Name.Name != "__init__"
		}))
	})
}

// madeWith reports whether a constructor of the class that a function is one of gives an attribute a lock.
func (c *bodies) madeWith(f *ruleFunc, attr string) bool {
	found := false
	syntax.EachStmt(f.class.Body.Stmts, func(st ast.Stmt) {
		def, ok := st.(*ast.FuncDef)
		if !ok || def.Body == nil || !library.Construction()[def.Name.Name] && def.Name.Name != "__init__" {
			return
		}
		syntax.OwnNodes(def.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.Assign); ok && a.Value != nil && c.makesLock(a.Value) {
				found = found || slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return syntax.LastName(t) == attr })
			}
			return !found
		})
	})
	return found
}

// heldBeside reports whether another lock than one that is spelled so is held at an offset.
func (f *ruleFunc) heldBeside(at int32, lock string) bool {
	f.prepare()
	return slices.ContainsFunc(f.holds, func(h handHold) bool { return h.Contains(at) && h.lock != lock })
}

// makesLock reports whether an expression makes a lock: a call of a type or a function that is
// known for it.
func (c *bodies) makesLock(e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Binary: // lock or threading.Lock()
		return (x.Op == "or" || x.Op == "and") && (c.makesLock(x.X) || c.makesLock(x.Y))
	case *ast.Cond:
		return c.makesLock(x.Then) || c.makesLock(x.Else)
	}
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
