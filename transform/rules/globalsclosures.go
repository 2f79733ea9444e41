package rules

// PXL502: variables of a function that functions within it change, which it hands out: all who have one of these share
// them. Cython keeps them in fields of an object that has no lock.

import (
	"cmp"
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// closedOver returns such variables by the function and their names.
func closedOver(c *checking) map[*ruleFunc]map[string]*globalVar {
	c.closed = map[*ruleFunc]map[string]*globalVar{}
	l := leaving{c: c, out: map[*ruleFunc]handedOut{}}
	for _, f := range actors(&c.bodies) {
		if f.outer == nil || f.inline && f.outer.outer == nil {
			continue
		}
		if l.inner == nil {
			l.inner = map[*ruleFunc][]*ruleFunc{}
			for _, g := range c.funcs() {
				l.inner[g.outer] = append(l.inner[g.outer], g)
			}
		}
		by := f
		for by.inline && by.outer.outer != nil {
			by = by.outer
		}
		if from := l.from(by); len(from) > 0 {
			closedChanges(c, f, from)
		}
	}
	return c.closed
}

// leaving finds what leaves the functions that make it.
type leaving struct {
	c     *checking
	inner map[*ruleFunc][]*ruleFunc // by the function round them
	out   map[*ruleFunc]handedOut
}

// handedOut is what a function hands out, and what that calls: the first of it are handed out themselves.
type handedOut struct {
	list   []ast.Span
	itself int
}

// from returns those of the functions round one whose variables are shared by all who have it, or what calls it: it leaves
// them and all that are round them. What a function makes that is only called there stays with its caller.
func (l leaving) from(f *ruleFunc) map[*ruleFunc]bool {
	var round []*ruleFunc
	for at := f.outer; at != nil; at = at.outer {
		round = append(round, at)
	}
	from := map[*ruleFunc]bool{}
	for _, at := range slices.Backward(round) {
		out := l.of(at)
		k := slices.IndexFunc(out.list, func(s ast.Span) bool { return s.Contains(f.def.Body.Pos) })
		if k < 0 {
			break
		}
		if from[at] = true; k >= out.itself {
			break
		}
	}
	return from
}

// of returns what a function hands out, and the functions within it that are named there.
func (l leaving) of(at *ruleFunc) handedOut {
	if out, known := l.out[at]; known {
		return out
	}
	var list []ast.Span
	for _, d := range effects.HandedOut(&effects.Function{Mod: l.c.m, Unit: at.u, Def: at.def}) {
		if d.First == nil { // a generator expression runs for one thread at a time
			list = append(list, d.Body)
		}
	}
	if len(list) == 1 && l.startsOne(at, list[0]) {
		list = nil
	}
	list = slices.DeleteFunc(list, func(body ast.Span) bool {
		i := slices.IndexFunc(l.inner[at], func(g *ruleFunc) bool { return g.class == nil && g.def.Body.Span == body })
		return i >= 0 && l.joined(at, l.inner[at][i])
	})
	itself := len(list)
	within := map[string]*ruleFunc{} // those that are not known to leave yet
	for _, g := range l.inner[at] {
		if g.class == nil {
			within[g.name()] = g
		}
	}
	if len(list) > 0 && len(within) > 0 {
		var names []*ast.Name
		ast.Walk(at.def.Body, func(n ast.Node) bool {
			if n, ok := n.(*ast.Name); ok && within[n.Name] != nil {
				names = append(names, n)
			}
			return true
		})
		slices.SortFunc(names, func(a, b *ast.Name) int { return cmp.Compare(a.Pos, b.Pos) })
		for i := 0; i < len(list) && len(within) > 0; i++ {
			k, _ := slices.BinarySearchFunc(names, list[i].Pos, func(n *ast.Name, pos int32) int { return cmp.Compare(n.Pos, pos) })
			for ; k < len(names) && names[k].Pos < list[i].End; k++ {
				if g := within[names[k].Name]; g != nil {
					list = append(list, g.def.Body.Span)
					delete(within, names[k].Name)
				}
			}
		}
	}
	l.out[at] = handedOut{list, itself}
	return l.out[at]
}

// startsOne reports whether what a function does with one within it, by its body, is to make one generator or coroutine of it, which
// runs for one thread at a time.
func (l leaving) startsOne(at *ruleFunc, body ast.Span) bool {
	i := slices.IndexFunc(l.inner[at], func(g *ruleFunc) bool { return g.class == nil && g.def.Body.Span == body })
	if i < 0 {
		return false
	}
	g := l.inner[at][i].def
	if !g.Async && !syntax.Yields(g.Body) {
		return false
	}
	at.prepare()
	named, made := 0, 0
	syntax.OwnNodes(at.def.Body, func(n ast.Node) bool {
		if k, ok := n.(*ast.Call); ok && syntax.IsNamed(k.Fun, g.Name.Name) && !slices.ContainsFunc(at.loops, func(s ast.Span) bool { return s.Contains(k.Pos) }) {
			made++
		}
		_, comp := n.(*ast.Comp)
		return !comp
	})
	ast.Walk(at.def.Body, func(n ast.Node) bool {
		if n, ok := n.(*ast.Name); ok && n.Name == g.Name.Name {
			named++
		}
		return true
	})
	return made == 1 && named == 1
}

// closedVar is the variable of a function round it that a name in a function means, nil for its own and the module's. It is
// made where make says so.
func closedVar(c *bodies, f *ruleFunc, name string, make bool) *globalVar {
	if f.prepare(); f.local[name] {
		return nil
	}
	for at := f.outer; at != nil; at = at.outer {
		if at.prepare(); !at.local[name] {
			continue
		}
		v := c.closed[at][name]
		if t := at.types[name]; v == nil && make && (t.ctype == nil || t.ctype.Basic || library.ObjectGlobals()[t.ctype.Name]) {
			v = &globalVar{name: name, u: at.u, node: at.def.Name, in: at, words: fmt.Sprintf("the variable %s of %s, which all share who have %s,", name, at.name(), f.name())}
			for _, given := range at.values[name] {
				if given.value != nil && !given.item {
					v.inits = append(v.inits, given.value)
				}
			}
			if t.ctype != nil && t.ctype.Basic {
				v.ctype, v.d = t.ctype, t.d
			}
			if c.closed[at] == nil {
				c.closed[at] = map[string]*globalVar{}
			}
			c.closed[at][name] = v
		}
		return v
	}
	return nil
}

// closedChanges notes what a function does to variables of those round it, as far as it leaves these.
func closedChanges(c *checking, f *ruleFunc, from map[*ruleFunc]bool) {
	note := func(e ast.Expr, kind changeKind, node ast.Node, value, key ast.Expr) {
		n, ok := syntax.Bare(e).(*ast.Name)
		if !ok || kind <= counts && !f.global[n.Name] {
			return
		}
		v := closedVar(&c.bodies, f, n.Name, true)
		if v != nil && from[v.in] && (kind <= counts || containerKind(v) != "") {
			v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
		}
	}
	f.prepare()
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		eachBound(n, func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind) {
			switch t := t.(type) {
			case *ast.Name:
				note(t, kind, node, value, nil)
			case *ast.Subscript:
				note(t.X, stores, node, value, onlyIndex(t))
			}
		})
		if call, ok := n.(*ast.Call); ok {
			if at, ok := call.Fun.(*ast.Attribute); ok && changesContainer(at.Attr.Name) {
				note(at.X, stores, call, nil, nil)
			}
			if by := alteredBy(&c.bodies, f, call); by.x != nil {
				note(by.x, by.kind, call, nil, by.key())
			}
		}
		return true
	})
}
