package handlock

// Locks that an object shares with another one: self.lock = bg.lock beside self.bg = bg, so that self.lock is
// self.bg.lock as long as nothing assigns to one of the three.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// SharedWith returns the attribute that holds the object whose lock an attribute of a class is, with that object's class
// and its own attribute for it; nil where it is no such lock for certain. Both are given their values once, one beside the
// other in a constructor, from a parameter that nothing else is assigned to. Each of the three attributes has no other
// assignment, in whatever class of the module, but for the lock itself where it is made; nobody else can assign to it.
func SharedWith(h *Names, c *project.Class, attr string) (owner string, of *project.Class, lock string) {
	declarer := c.Declarer(attr)
	if declarer == nil || declarer.Mod != h.m || !settled(declarer, attr) || declarer.Def == nil || declarer.Def.Body == nil {
		return "", nil, ""
	}
	syntax.EachStmt(declarer.Def.Body.Stmts, func(st ast.Stmt) {
		f, ok := st.(*ast.FuncDef)
		if !ok || f.Body == nil || len(f.Params.List) < 2 || f.Name.Name != "__init__" && f.Name.Name != "__cinit__" {
			return
		}
		self := syntax.ParamName(f.Params.List[0])
		var from string
		given := map[string]string{} // what parameters are stored as, at the top of the body
		for _, st := range f.Body.Stmts {
			a, ok := st.(*ast.Assign)
			if !ok || a.Op != "=" || len(a.Targets) != 1 || a.Value == nil {
				continue
			}
			t := ownAttribute(a.Targets[0], self)
			switch v := a.Value.(type) {
			case *ast.Name:
				given[v.Name] = t
			case *ast.Attribute:
				if x, ok := v.X.(*ast.Name); ok && t == attr {
					from, lock = x.Name, v.Attr.Name
				}
			}
		}
		i := slices.IndexFunc(f.Params.List, func(p *ast.Param) bool { return from != "" && syntax.ParamName(p) == from })
		if i < 1 || given[from] == "" || syntax.Assigns(f.Body, from) || syntax.Assigns(f.Body, self) {
			return
		}
		if x := declarer.Field(given[from]); x != nil && x.Ctype != nil && settled(declarer, given[from]) {
			owner, of = given[from], h.m.Lookup(syntax.Names(x.Ctype.Path))
		}
	})
	if of == nil || of.Mod != h.m {
		return "", nil, ""
	}
	assigned, times := h.times.Get(func() map[string]int { return timesAssigned(h.m) }), 1
	if lock == attr {
		times = 2
	}
	if !settled(of, lock) || assigned[attr] != times || assigned[owner] != 1 || assigned[lock] != times {
		return "", nil, ""
	}
	return owner, of, lock
}

// settled reports whether nobody outside the module can assign to an attribute.
func settled(c *project.Class, attr string) bool {
	d := c.Declarer(attr)
	f := c.Field(attr)
	return d != nil && d.PxdDef == nil && f != nil && f.Vis != ast.Public
}

// timesAssigned counts the places of the module where something is assigned to an attribute, or that is deleted: twice
// outside of constructors.
func timesAssigned(m *project.Module) map[string]int {
	count := map[string]int{}
	var in func(n ast.Node, constructor bool)
	in = func(root ast.Node, constructor bool) {
		ast.Walk(root, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDef); ok && n != root {
				in(f, f.Name.Name == "__init__" || library.Construction()[f.Name.Name])
				return false
			}
			if x, ok := n.(*ast.Attribute); ok && x.Access.Rebinds() {
				if count[x.Attr.Name]++; !constructor {
					count[x.Attr.Name]++
				}
			}
			return true
		})
	}
	for _, u := range m.Units {
		in(u.File, false)
	}
	return count
}
