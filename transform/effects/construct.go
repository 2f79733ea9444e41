package effects

// Construction: what runs while an object is being made, and is nobody else's;
// and what does not change any more after that.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Constructs reports whether a function belongs to the making of the object that
// a parameter is: a constructor, or a private function that the project calls
// with new objects only.
func (p *Program) Constructs(f *Function, param int) bool {
	if f.Accessor != Plain {
		return false
	}
	name := f.Def.Name.Name
	return f.Class != nil && param == 0 && library.Construction()[name] || PrivateName(name) && len(f.Callers) > 0 && !f.Sum.shared[param] && !project.OfferedToC(f.Mod, f.Class, f.Def) && !pointedAtInC(p, f)
}

// pointedAtInC reports whether C code may have a pointer to a function, and call it: its module uses the name other than to
// call it.
func pointedAtInC(p *Program, f *Function) bool {
	return !f.Exposed() && p.valued.Get(f.Mod)[f.Def.Name.Name]
}

// findValued finds the names of a module, and of attributes there, that are read and not called.
func findValued(m *project.Module) map[string]bool {
	out := map[string]bool{}
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Access == ast.Read || n.Access == ast.AddressOf {
					out[n.Name] = true
				}
			case *ast.Attribute:
				if n.Access == ast.Read || n.Access == ast.AddressOf {
					out[n.Attr.Name] = true
				}
			}
			return true
		})
	}
	return out
}

// SettleWrites solves the modules and notes which attributes something writes
// to once their object is made. The others are settled then: reading them needs
// no lock. A write from a module that is not among these, or not called from
// them, is not known; the module that writes has to hold the lock in any case.
func (p *Program) SettleWrites(mods []*project.Module) {
	var all []*Function
	for _, m := range mods {
		if !m.Broken() {
			all = append(all, p.Funcs(m).All...)
		}
	}
	p.SettleFunctions(all)
}

// SettleFunctions is SettleWrites for functions.
func (p *Program) SettleFunctions(all []*Function) {
	p.Solve(all)
	written, grown := map[*project.Class]map[string]bool{}, map[*project.Class]map[string]bool{}
	assigned, within := map[*project.Class]map[string]bool{}, map[*project.Class]map[string]bool{}
	direct, lent := map[attribute][]*Function{}, map[attribute]bool{}
	mark := func(in map[*project.Class]map[string]bool, c *project.Class, name string) {
		if in[c] == nil {
			in[c] = map[string]bool{}
		}
		in[c][name] = true
	}
	for _, f := range p.model.solved {
		if f.unites != nil {
			continue // the overrides count
		}
		p.EachWrite(f, func(e *Effect) {
			for _, c := range e.Class.Declaring(e.Field) {
				if c.FieldByName[e.Field] == nil {
					for name := range c.FieldByName {
						if mayReach(p, ends(e), e.Itself, c, name) {
							mark(written, c, name)
							mark(within, c, name)
						}
					}
					continue
				}
				mark(written, c, e.Field)
				if end := atEnd(e); (end.Behind || end.Cause != Writes && end.Cause != Deletes) && !(e.Via == nil && Pickles(f) && !end.Sure) {
					mark(within, c, e.Field)
				}
				switch ends(e) {
				case Writes, Deletes:
					mark(assigned, c, e.Field)
					if p.Types.OfField(c.FieldByName[e.Field]).Container && growsBeside(f, e) {
						mark(grown, c, e.Field)
					}
				case ChangesContainer:
					mark(grown, c, e.Field)
				}
			}
		})
	}
	copyOn(copiedPointers(p.model.solved), func(at attribute) bool { return within[at.class][at.name] }, func(at attribute) {
		mark(written, at.class, at.name)
		mark(within, at.class, at.name)
	})
	for _, f := range p.model.solved {
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if !e.Writes() || e.Kind == OnPython || !p.Guards(e.Class) {
				continue
			}
			lends := false
			if e.Via != nil {
				// Told of the callee, unless it knows the attribute as something else: as a pointer, or as an object that
				// only this one leads to.
				in := &e.Via.Sum.Effects[e.next]
				if lends = !p.Guards(in.Class) || !project.Related(in.Class, e.Class) || in.Field != e.Field; !lends {
					continue
				}
				if x := &f.Sum.Regions[e.Region]; x.Root == NodeParam && x.Parent < 0 && p.Constructs(f, int(x.Num)) {
					continue // it is filled while it is made
				}
			}
			for _, c := range e.Class.Declaring(e.Field) {
				note := func(name string) {
					if lends {
						lent[attribute{c, name}] = true
						return
					}
					if at := (attribute{c, name}); !slices.Contains(direct[at], f) {
						direct[at] = append(direct[at], f)
					}
				}
				if c.FieldByName[e.Field] != nil {
					note(e.Field)
					continue
				}
				for name := range c.FieldByName {
					if mayReach(p, e.Cause, e.Itself, c, name) {
						note(name)
					}
				}
			}
		}
	}
	p.Changes = &Changes{written, grown, assigned, within, direct, lent}
}

// mayReach reports whether what is done, in one of several ways, to some attribute of an object may be done to one of
// them. C code has no address of an attribute that is a Python object, and comes to nothing in a number or a text; what
// is in an object that has a lock of its own is that object's. To whoever has the object's own address all this is no bar.
func mayReach(p *Program, by Cause, itself bool, c *project.Class, name string) bool {
	if itself {
		return true
	}
	sh := p.Types.OfField(c.FieldByName[name])
	if sh.Kind != ctype.Object {
		return sh.Kind != ctype.Scalar || by != ChangesContainer && by != Moves
	}
	switch by {
	case StoresThrough, ChangesContainer, Moves, PassesWritable, PassesUnknown:
		return !sh.Atom && (sh.Class == nil || !p.Guards(sh.Class) || Owns(p, c, name))
	}
	return true
}

// growsBeside reports whether what assigns to an attribute in the end also changes the container in it, as it stands there:
// self.items += [x]. What the function has put there itself before is a container of its own.
func growsBeside(f *Function, e *Effect) bool {
	for range 32 {
		if e.Via == nil {
			break
		}
		f, e = e.Via, &e.Via.Sum.Effects[e.next]
	}
	return slices.ContainsFunc(f.Flow.Actions, func(a action) bool {
		n := &f.Flow.Nodes[a.Node]
		return a.Cause == ChangesContainer && n.Kind == NodeField && n.Name == e.Field && !assignsBefore(f, e.Field, a.Span.Pos)
	})
}

// assignsBefore reports whether a function puts another object into an attribute of that name before a place.
func assignsBefore(f *Function, name string, at int32) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok && st.Op == "=" && st.Value != nil && st.Pos < at {
			for _, t := range st.Targets {
				x, ok := syntax.Unparen(t).(*ast.Attribute)
				found = found || ok && x.Attr.Name == name
			}
		}
		return !found
	})
	return found
}

// ends returns in what way an effect comes about in the end.
func ends(e *Effect) Cause { return atEnd(e).Cause }

// atEnd is the effect of a callee, or of its callees, that an effect comes from.
func atEnd(e *Effect) *Effect {
	for range 32 {
		if e.Via == nil {
			break
		}
		e = &e.Via.Sum.Effects[e.next]
	}
	return e
}

// EachWrite calls visit with what a function writes of guarded state once its
// object is made.
func (p *Program) EachWrite(f *Function, visit func(e *Effect)) {
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if !e.Writes() || e.Kind == OnPython || !p.Guards(e.Class) || e.Field == "" && ends(e) == Takes {
			continue // what a block locks for writing, its body writes, or does not
		}
		if x := &f.Sum.Regions[e.Region]; x.Root == NodeParam && (!p.Entry(f) || x.Parent < 0 && p.Constructs(f, int(x.Num))) {
			continue
		}
		if FilledWhileImporting(p, f, e.Class) {
			continue
		}
		visit(e)
	}
}

// Pickles reports whether a function is one whose result copy and pickle read, and write to nothing of.
func Pickles(f *Function) bool {
	switch f.Def.Name.Name {
	case "__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__":
		return f.Class != nil
	}
	return false
}

// Entry reports whether code outside of the project may call a function: from
// Python, or from C where it is offered to C, or a .pxd declares the method and nothing
// here calls it.
func (p *Program) Entry(f *Function) bool {
	return f.Exposed() || project.OfferedToC(f.Mod, f.Class, f.Def) || f.Class != nil && len(f.Callers) == 0 && f.Class.PxdDef != nil && !f.Unit.InPxd() && declaresMethod(f)
}

// declaresMethod reports whether its module's .pxd declares a method.
func declaresMethod(f *Function) bool {
	_, ok := f.Mod.Declared[f.Class.Name+"."+f.Def.Name.Name]
	return ok
}

// BetweenSteps returns what a function that yields or awaits does to guarded
// state that is not settled, without a lock; nil where it does nothing such.
func (p *Program) BetweenSteps(f *Function) *Effect {
	if !f.Suspends() {
		return nil
	}
	for i := range f.Sum.Effects {
		if e := &f.Sum.Effects[i]; Unlocked(p, e) {
			return e
		}
	}
	return nil
}

// Unlocked reports whether an effect is on guarded state that is not settled, without a
// lock.
func Unlocked(p *Program, e *Effect) bool {
	return e.Raw && e.Kind != OnPython && p.Guards(e.Class) && !(e.Mode == Read && p.Changes.Settled(e.Class, e.Field))
}
