package annotate

// Guards: classes whose objects point into another object's state and keep that
// object, as a row keeps its matrix. They share the other's lock.

import (
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// guardsOf finds, for each class that keeps pointers into another's state, the
// attribute that holds the other object: both are set in one function.
func (a *annotator) guardsOf(all []*effects.Function) map[*project.Class]string {
	out := map[*project.Class]string{}
	s := a.p.Solver()
	for _, f := range all {
		if len(f.Flow.Stores) < 2 {
			continue
		}
		s.At(f)
		for _, pointer := range f.Flow.Stores {
			sh := f.Flow.Nodes[pointer.Value].Shape
			if sh.Kind != ctype.Pointer || sh.Returned || f.Flow.Nodes[pointer.Into].Shape.Kind != ctype.Object {
				continue
			}
			for _, owner := range f.Flow.Stores {
				if f.Flow.Nodes[owner.Value].Shape.Kind != ctype.Object {
					continue
				}
				child, name := a.shares(s, pointer, owner)
				if child == nil {
					continue
				}
				if old, ok := out[child]; ok && old != name {
					name = "" // two candidates: a person has to choose
				}
				out[child] = name
			}
		}
	}
	for c, name := range out {
		if name == "" {
			delete(out, c)
		}
	}
	return out
}

// shares reports the class that keeps both a pointer into an object and the
// object, and the attribute that holds the latter.
func (a *annotator) shares(s *effects.Solver, pointer, owner effects.Store) (*project.Class, string) {
	for _, p := range s.Top(pointer.Value) {
		for _, o := range s.Top(owner.Value) {
			if p.Region != o.Region || p.Class == nil {
				continue
			}
			for _, x := range s.Top(pointer.Into) {
				for _, y := range s.Top(owner.Into) {
					if x.Region != y.Region || x.Class == nil || x.Region == p.Region {
						continue
					}
					f := x.Class.Field(owner.Name)
					_, declared := a.declared(x.Class)
					if f == nil || f.Class() == nil || declared {
						continue
					}
					for _, b := range x.Class.Ancestry() {
						if b.FieldByName[owner.Name] != nil && b.FieldByName[pointer.Name] != nil {
							return b, owner.Name
						}
					}
				}
			}
		}
	}
	return nil, ""
}

// share gives classes the lock of the object that they keep, where that object's
// class has one.
func (a *annotator) share(guards map[*project.Class]string) {
	for _, m := range a.mods {
		for _, c := range m.Classes {
			name, ok := guards[c]
			lock, declared := a.declared(c)
			if !ok || c.Def == nil || declared || !lock && a.p.Locks.Of(c) != nil {
				continue
			}
			parent := c.Field(name).Class()
			if parent == nil || a.p.Locks.Of(parent) == nil || !a.writes.Settles(c, name) {
				continue
			}
			a.lock(c, name)
			a.note(c, Locked, "it points into the state of its "+name+", a "+parent.Name+", and shares that lock", nil)
		}
	}
}
