package rules

// PXL502: what other modules of the scope, those that Cython does not compile among them, do to variables of a module that they
// import: from pkg._core import registry, _core.registry.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// neighbour is such a module, with the names by which its functions may know the variables.
type neighbour struct {
	*bodies
	names map[string]bool
}

// neighbours notes what the functions of other modules do to the variables of the module and to the attributes of its classes,
// and returns these modules.
func neighbours(c *checking, vars map[string]*globalVar) []neighbour {
	named := map[*project.Module]map[string]bool{}
	in := func(name string) {
		for _, m := range c.p.Project.Lineage.Naming(c.m, name) {
			if named[m] == nil {
				named[m] = map[string]bool{}
			}
			named[m][name] = true
		}
	}
	for _, v := range vars {
		name, _, ofClass := strings.Cut(v.name, ".")
		switch {
		case v.d != nil || v.in != nil || v.of != nil || v.within != nil || v.words != "" && !ofClass:
			continue // Python code has no name for it
		case ofClass && (c.shared == nil || c.shared.classes[name] == nil):
			continue
		}
		in(name)
	}
	for name := range c.tells {
		in(name)
	}
	var out []neighbour
	for _, m := range slices.SortedFunc(maps.Keys(named), func(a, b *project.Module) int { return strings.Compare(a.Stem, b.Stem) }) {
		names := named[m]
		for as, b := range m.Scope.Names {
			if b.Kind == project.BindImported && names[b.Attr] {
				names[as] = true
			}
		}
		if m.Broken() {
			continue
		}
		n := neighbour{&bodies{m: m, locks: c.locks, hands: c.p.HandLocks(m)}, names}
		first := firstLetters(names)
		for _, f := range actors(n.bodies) {
			if namesOne(f.u.Src[f.def.Pos:f.def.End], names, first) {
				if n.of == nil {
					n.globals() // its own, before it is asked for those of another module
					n.of = &c.bodies
				}
				n.changes(f)
			}
		}
		if n.of != nil {
			out = append(out, n)
		}
	}
	return out
}

// imported returns the variable of another module that an expression in a function names, where a module is looked at for that.
func imported(c *bodies, f *ruleFunc, e ast.Expr) *globalVar {
	if c.of == nil {
		return nil
	}
	e = syntax.Bare(e)
	call, tells := e.(*ast.Call) // of a function that does nothing but return one
	if tells {
		if e = call.Fun; len(call.Args) > 0 {
			return nil
		}
	}
	path := syntax.Dotted(e)
	if len(path) == 0 {
		return nil
	}
	owner := c.m.Owner
	if f != nil && f.isLocal(path[0]) {
		by := f.imports[path[0]]
		if by == nil || len(f.values[path[0]]) > 0 {
			return nil
		}
		owner = func(path []string) project.Resolved { return project.OwnerWithin(c.m, by, path) }
	}
	if tells {
		if r := owner(path); r.Mod == c.of.m && c.of.tells[r.Name] != nil {
			g := c.of.tells[r.Name]
			return aliasOf(c.of, g, onlyReturned(g), maxOtherNames)
		}
		return nil
	}
	if r := owner(path); r.Mod == c.of.m {
		if v := c.of.vars[r.Name]; v != nil && v.d == nil {
			return v
		}
		return nil
	}
	if last := len(path) - 1; last > 0 && c.of.shared != nil {
		if r := owner(path[:last]); r.Mod == c.of.m && c.of.shared.classes[r.Name] != nil {
			return c.of.shared.attrs[r.Name+"."+path[last]]
		}
	}
	return nil
}
