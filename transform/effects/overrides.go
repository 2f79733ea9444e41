package effects

import (
	"slices"

	"pyxlock/transform/project"
)

// Overrides: which methods a call may reach, wherever they are.

// members returns the methods or property parts called name that a call in from on an
// object of class c may reach: those of the nearest class that has any, and the overrides
// in subclasses of c: those of the run's scope, or of the same module where from is
// not in the scope itself. Its own build does not know the others (PXL107).
func (p *Program) members(from *project.Module, c *project.Class, name string, property bool) []*Function {
	out := slices.Clone(p.inherited(c, name, property))
	for _, s := range p.Project.Derived(from, c) {
		out = append(out, p.named(s, name, property)...)
	}
	return out
}

// inherited returns those of the nearest class in c's line that has any.
func (p *Program) inherited(c *project.Class, name string, property bool) []*Function {
	for _, a := range c.Ancestry() {
		if fs := p.named(a, name, property); len(fs) > 0 {
			return fs
		}
	}
	return nil
}

// named returns what c itself defines under a name.
func (p *Program) named(c *project.Class, name string, property bool) []*Function {
	if property {
		return p.Own(c).Props[name]
	}
	return p.Own(c).Plain[name]
}

// Overridden returns the class as which other code may call the C method f, the outermost
// base of f's class that has or declares a method of that name; nil for none.
func (p *Program) Overridden(f *Function) *project.Class {
	if f.Class == nil || f.Accessor != Plain {
		return nil
	}
	var out *project.Class
	name := f.Def.Name.Name
	for _, b := range f.Class.Ancestry()[1:] {
		if _, declared := b.Mod.Declared[b.Name+"."+name]; declared || len(p.named(b, name, false)) > 0 {
			out = b
		}
	}
	return out
}

// Unnamed is what an override does to an object of which a caller has no name, since
// the caller knows the base alone.
type Unnamed struct {
	Override *Function
	Effect   *Effect // of the override
	Caller   *Function
	Call     *Call
}

// UnnamedIn returns the first call by which a function's effect on a parameter, or on
// what is reached from one, comes to somebody who cannot name its object: the
// attributes on the way are not those of the class as which the caller knows the
// receiver, or that class has no lock. The model is solved for the callers.
func (p *Program) UnnamedIn(f *Function, e *Effect) *Unnamed {
	if f.Exposed() || p.Exempt(f) || !e.Raw || e.Kind == OnPython || !p.Guards(e.Class) || p.Holds(f, e) || p.Overridden(f) == nil {
		return nil
	}
	r := e.Region
	if x := &f.Sum.Regions[r]; x.Root != NodeParam || x.Num != 0 {
		return nil
	}
	first := "" // the first attribute of the path
	for f.Sum.Regions[r].Parent >= 0 {
		first, r = f.Sum.Regions[r].Name, f.Sum.Regions[r].Parent
	}
	for _, g := range f.Callers {
		if p.Exempt(g) {
			continue
		}
		for i := range g.Flow.Calls {
			c := &g.Flow.Calls[i]
			if c.On == nil || c.On == f.Class || c.hand || !slices.Contains(c.Callees, f) || len(c.Args) == 0 || c.Args[0] == 0 {
				continue
			}
			if k := c.On; first != "" && k.Field(first) != nil || first == "" && p.Guards(k) {
				continue
			}
			if p.reaches(g, c, f, e) {
				return &Unnamed{f, e, g, c}
			}
		}
	}
	return nil
}

// reaches reports whether a callee's effect is among those that a caller has by a call,
// on something that others may know.
func (p *Program) reaches(g *Function, c *Call, f *Function, e *Effect) bool {
	return slices.ContainsFunc(g.Sum.Effects, func(o Effect) bool {
		return o.Raw && o.Via == f && o.Span == c.Span && o.Class == e.Class && o.Mode == e.Mode
	})
}
