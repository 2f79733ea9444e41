package transform

// What speaks for locking classes: which are written once their objects are
// made, and which hold locks that people placed.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
)

// evidence is what speaks for locking a class.
type evidence struct {
	f    *function
	e    *found
	attr *field // a public attribute, where that is all
}

// writeMap tells which classes something writes to once their objects are made.
type writeMap struct {
	wrote map[*class]*evidence // by the class that declares what is written
	hand  map[*class]*function // a method that holds a lock which a person placed
	// rebound holds the attributes that are assigned to by a class's users.
	rebound map[*class]map[string]bool
}

// gather finds what is written once its object is made, and which classes hold
// locks that people placed.
func (p *program) gather(mods []*module) *writeMap {
	a := &writeMap{wrote: map[*class]*evidence{}, hand: map[*class]*function{}, rebound: map[*class]map[string]bool{}}
	var all []*function
	for _, m := range mods {
		all = append(all, p.funcs(m).all...)
	}
	p.solve(all)
	for _, f := range all {
		if f.class != nil && f.flow.hand != (ast.Span{}) && a.hand[f.class] == nil {
			a.hand[f.class] = f
		}
		if p.exempt(f) {
			continue
		}
		p.eachWrite(f, func(e *found) {
			if c := e.class; ends(e) == writes || e.field == "" {
				if a.rebound[c] == nil {
					a.rebound[c] = map[string]bool{}
				}
				a.rebound[c][e.field] = true
			}
			for _, c := range e.class.declaring(e.field) {
				if old := a.wrote[c]; old == nil || !old.e.sure && e.sure || old.e.sure == e.sure && old.e.via != nil && e.via == nil {
					a.wrote[c] = &evidence{f: f, e: e}
				}
			}
		})
	}
	for _, m := range mods {
		for _, c := range m.order {
			for _, fd := range c.order {
				if fd.vis == ast.Public && a.wrote[c] == nil && !c.extern {
					a.wrote[c] = &evidence{attr: fd}
				}
			}
		}
	}
	return a
}

// byHand returns a method of c, or of a class in its line, that holds a lock
// which a person placed.
func (a *writeMap) byHand(c *class) *function {
	for _, b := range c.ancestry() {
		if f := a.hand[b]; f != nil {
			return f
		}
	}
	for _, o := range c.mod.order {
		if a.hand[o] != nil && slices.Contains(o.ancestry(), c) {
			return a.hand[o]
		}
	}
	return nil
}

// settles reports whether an attribute is never assigned to once its object is
// made, as far as was found.
func (a *writeMap) settles(c *class, name string) bool {
	f := c.field(name)
	return f != nil && f.vis != ast.Public && !a.rebound[c][name]
}

// writesInherited returns a write of a class's own methods to what it inherits,
// nil where there is none.
func (p *program) writesInherited(c *class) *evidence {
	for _, set := range []map[string][]*function{p.own(c).methods, p.own(c).props} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			for _, f := range set[name] {
				var ev *evidence
				p.eachWrite(f, func(e *found) {
					if ev == nil && e.sure && onSelf(f, e) {
						ev = &evidence{f: f, e: e}
					}
				})
				if ev != nil && !p.exempt(f) {
					return ev
				}
			}
		}
	}
	return nil
}
