package transform

// Guards: classes whose objects point into another object's state and keep that
// object, as a row keeps its matrix. They share the other's lock.

// guardsOf finds, for each class that keeps pointers into another's state, the
// attribute that holds the other object: both are set in one function.
func (a *annotator) guardsOf(all []*function) map[*class]string {
	out := map[*class]string{}
	s := a.p.solver()
	for _, f := range all {
		if len(f.flow.stores) < 2 {
			continue
		}
		s.at(f)
		for _, pointer := range f.flow.stores {
			sh := f.flow.nodes[pointer.value].shape
			if sh.kind != shapePointer || sh.returned || f.flow.nodes[pointer.into].shape.kind != shapeObject {
				continue
			}
			for _, owner := range f.flow.stores {
				if f.flow.nodes[owner.value].shape.kind != shapeObject {
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
func (a *annotator) shares(s *solver, pointer, owner store) (*class, string) {
	for _, p := range s.top(pointer.value) {
		for _, o := range s.top(owner.value) {
			if p.region != o.region || p.class == nil {
				continue
			}
			for _, x := range s.top(pointer.into) {
				for _, y := range s.top(owner.into) {
					if x.region != y.region || x.class == nil || x.region == p.region {
						continue
					}
					f := x.class.field(owner.name)
					_, declared := a.declared(x.class)
					if f == nil || f.fieldClass() == nil || declared {
						continue
					}
					for _, b := range x.class.ancestry() {
						if b.fields[owner.name] != nil && b.fields[pointer.name] != nil {
							return b, owner.name
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
func (a *annotator) share(guards map[*class]string) {
	for _, m := range a.mods {
		for _, c := range m.order {
			name, ok := guards[c]
			lock, declared := a.declared(c)
			if !ok || c.def == nil || declared || !lock && a.p.locks.lockOf(c) != nil {
				continue
			}
			parent := c.field(name).fieldClass()
			if parent == nil || a.p.locks.lockOf(parent) == nil || !a.writes.settles(c, name) {
				continue
			}
			a.lock(c, name)
			a.note(c, Locked, "it points into the state of its "+name+", a "+parent.name+", and shares that lock", nil)
		}
	}
}
