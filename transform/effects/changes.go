package effects

// Which attributes change once their objects are made, as the whole of a run shows.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// Changes are the attributes that something writes to once an object is made, by the
// class that declares them. There are none before SettleFunctions, and nothing is
// settled then.
type Changes struct {
	written map[*project.Class]map[string]bool
	// grown are those whose container is changed in place.
	grown map[*project.Class]map[string]bool
	// assigned are those that get another value, pointers that go elsewhere among
	// them.
	assigned map[*project.Class]map[string]bool
	// within are those of which something else is written than the attribute itself: what it leads to.
	within map[*project.Class]map[string]bool
	// direct are the functions that write to one themselves, once its object is made.
	direct map[attribute][]*Function
	// lent are those into which a function that writes is given a pointer.
	lent map[attribute]bool
}

// Settled reports whether an attribute of a class does not change any more once
// its object is made.
func (w *Changes) Settled(c *project.Class, name string) bool {
	f := c.Field(name)
	if f == nil || f.Vis == ast.Public || w == nil {
		return false
	}
	return !w.written[c.Declarer(name)][name]
}

// Moves reports whether a pointer that an attribute holds is replaced once its
// object is made.
func (w *Changes) Moves(c *project.Class, name string) bool {
	return w != nil && w.assigned[c.Declarer(name)][name]
}

// Grows reports whether something changes the content of a container that an
// attribute holds, once its object is made.
func (w *Changes) Grows(c *project.Class, name string) bool {
	return w != nil && w.grown[c.Declarer(name)][name]
}

// StaysWithin reports whether what an attribute leads to does not change any more once its object is made, though the
// attribute itself may come to lead elsewhere.
func (w *Changes) StaysWithin(c *project.Class, name string) bool {
	f := c.Field(name)
	return f != nil && f.Vis != ast.Public && f.Vis != ast.Readonly && w != nil && !w.within[c.Declarer(name)][name]
}

// Stay reports whether the attributes that lead to a region of f are not assigned to
// once their objects are made. No attribute leads to an item of a parameter.
func (w *Changes) Stay(f *Function, r int32) bool {
	if f.Sum.Regions[r].OfItems() {
		return true
	}
	for x := &f.Sum.Regions[r]; x.Parent >= 0; x = &f.Sum.Regions[x.Parent] {
		if !w.Settled(x.Owner, x.Name) {
			return false
		}
	}
	return true
}
