package transform

// Construction: what runs while an object is being made, and is nobody else's;
// and what does not change any more after that.

import (
	"pyxlock/parser/ast"
)

// constructs reports whether a function belongs to the making of the object that
// a parameter is: a constructor, or a private function that the project calls
// with new objects only.
func (p *program) constructs(f *function, param int) bool {
	if f.accessor != plain {
		return false
	}
	name := f.def.Name.Name
	return f.class != nil && param == 0 && construction[name] || privateName(name) && len(f.callers) > 0 && !f.sum.shared[param]
}

// settleWrites solves the modules and notes which attributes something writes
// to once their object is made. The others are settled then: reading them needs
// no lock. A write from a module that is not among these, or not called from
// them, is not known; the module that writes has to hold the lock in any case.
func (p *program) settleWrites(mods []*module) {
	var all []*function
	for _, m := range mods {
		if !m.broken() {
			all = append(all, p.funcs(m).all...)
		}
	}
	p.settleFunctions(all)
}

func (p *program) settleFunctions(all []*function) {
	p.solve(all)
	written, grown, assigned := map[*class]map[string]bool{}, map[*class]map[string]bool{}, map[*class]map[string]bool{}
	mark := func(in map[*class]map[string]bool, c *class, name string) {
		if in[c] == nil {
			in[c] = map[string]bool{}
		}
		in[c][name] = true
	}
	for f := range p.model.solved {
		p.eachWrite(f, func(e *found) {
			for _, c := range e.class.declaring(e.field) {
				if c.fields[e.field] == nil {
					for name := range c.fields {
						mark(written, c, name)
					}
					continue
				}
				mark(written, c, e.field)
				switch ends(e) {
				case writes, deletes:
					mark(assigned, c, e.field)
				case changesContainer:
					mark(grown, c, e.field)
				}
			}
		})
	}
	p.model.written, p.model.grown, p.model.assigned = written, grown, assigned
}

// ends returns in what way an effect comes about in the end.
func ends(e *found) cause {
	for range 32 {
		if e.via == nil {
			break
		}
		e = &e.via.sum.effects[e.next]
	}
	return e.cause
}

// eachWrite calls visit with what a function writes of guarded state once its
// object is made.
func (p *program) eachWrite(f *function, visit func(e *found)) {
	for i := range f.sum.effects {
		e := &f.sum.effects[i]
		if e.mode != write || e.kind == onPython || !p.guards(e.class) {
			continue
		}
		if x := &f.sum.regions[e.region]; x.root == nodeParam && (!p.entry(f) || x.parent < 0 && p.constructs(f, int(x.num))) {
			continue
		}
		visit(e)
	}
}

// entry reports whether code outside of the project may call a function: from
// Python, or from C where a .pxd declares the method and nothing here calls it.
func (p *program) entry(f *function) bool {
	return f.exposed() || f.class != nil && len(f.callers) == 0 && f.class.pxdDef != nil && !f.unit.inPxd() && declaresMethod(f)
}

// declaresMethod reports whether its module's .pxd declares a method.
func declaresMethod(f *function) bool {
	_, ok := f.mod.declared[f.class.name+"."+f.def.Name.Name]
	return ok
}

// settled reports whether an attribute of a class does not change any more once
// its object is made.
func (p *program) settled(c *class, name string) bool {
	f := c.field(name)
	if f == nil || f.vis == ast.Public || p.model.written == nil {
		return false
	}
	return !p.model.written[c.declarer(name)][name]
}

// moves reports whether a pointer that an attribute holds is replaced once its
// object is made.
func (p *program) moves(c *class, name string) bool {
	return p.model.assigned[c.declarer(name)][name]
}

// grows reports whether something changes the content of a container that an
// attribute holds, once its object is made.
func (p *program) grows(c *class, name string) bool {
	return p.model.grown[c.declarer(name)][name]
}

// stays reports whether the attributes that lead to a region are not assigned to
// once their objects are made.
func (p *program) stays(f *function, r int32) bool {
	for x := &f.sum.regions[r]; x.parent >= 0; x = &f.sum.regions[x.parent] {
		if !p.settled(x.owner, x.name) {
			return false
		}
	}
	return true
}

// betweenSteps returns what a function that yields or awaits does to guarded
// state that is not settled, without a lock; nil where it does nothing such.
func (p *program) betweenSteps(f *function) *found {
	if f.flow.yields.End == 0 && !f.def.Async {
		return nil
	}
	for i := range f.sum.effects {
		e := &f.sum.effects[i]
		if e.raw && e.kind != onPython && p.guards(e.class) && !(e.mode == read && p.settled(e.class, e.field)) {
			return e
		}
	}
	return nil
}
