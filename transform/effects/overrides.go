package effects

import (
	"slices"

	"pyxlock/parser/ast"
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

// Unnamed is what an override does to an object of which a caller has no name, since
// the caller knows the base alone.
type Unnamed struct {
	Override *Function
	Effect   *Effect        // of the override
	Base     *project.Class // as which the caller knows the object
	Caller   *Function
	Span     ast.Span // of the call
}

// Unnamed tells whether an effect of f, an override, comes by some call to one who
// cannot name its object: the attributes that lead there are not those of the class
// as which the caller knows the receiver, or that class has no lock. Nobody but the
// override can take that lock. It is nil where there is no such call, or where
// the override calls another one of which that is true. Callers count as far as the
// model is solved for them.
func (p *Program) Unnamed(f *Function, e *Effect) *Unnamed {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	for _, s := range Chain(f, e)[1:] {
		if p.unnamed(s.Func, s.Effect) != nil {
			return nil
		}
	}
	return p.unnamed(f, e)
}

// UnnamedOn returns the first of the functions that an effect comes by of which Unnamed
// is true.
func (p *Program) UnnamedOn(f *Function, e *Effect) *Unnamed {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	steps := Chain(f, e)
	for i := len(steps) - 1; i > 0; i-- {
		if u := p.unnamed(steps[i].Func, steps[i].Effect); u != nil {
			return u
		}
	}
	return nil
}

func (p *Program) unnamed(f *Function, e *Effect) *Unnamed {
	if f.Class == nil || f.Exposed() || p.Exempt(f) || !e.Raw || e.Kind == OnPython || !p.Guards(e.Class) || p.Holds(f, e) {
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
			if c.hand || c.On == nil || c.On == f.Class || !slices.Contains(f.Class.Ancestry(), c.On) || !slices.Contains(c.Callees, f) {
				continue
			}
			if first != "" && c.On.Field(first) != nil || first == "" && p.Guards(c.On) {
				continue
			}
			if comesTo(g, e) {
				return &Unnamed{f, e, c.On, g, c.Span}
			}
		}
	}
	return nil
}

// comesTo reports whether a caller has an effect such as one of its callees has: on an
// object that others may know. Which callee it is from does not show, where several
// have the same.
func comesTo(g *Function, e *Effect) bool {
	return slices.ContainsFunc(g.Sum.Effects, func(o Effect) bool {
		return o.Raw && o.Via != nil && o.Class == e.Class && o.Mode == e.Mode
	})
}

// LeavesFor reports whether an effect of f comes about in an override of a subclass of c.
func LeavesFor(c *project.Class, f *Function, e *Effect) bool {
	return slices.ContainsFunc(Chain(f, e)[1:], func(s Step) bool {
		return s.Func.Class != nil && s.Func.Class != c && slices.Contains(s.Func.Class.Ancestry(), c)
	})
}

// Overridable reports whether other packages may override the C method f that is called
// on objects of class c, and nothing is known of any that does.
func (p *Program) Overridable(c *project.Class, f *Function) bool {
	name := f.Def.Name.Name
	if f.Exposed() || f.Def.Inline || !c.Open() || f.Mod.PlainDecorator(f.Def, "final") {
		return false
	}
	d, declared := f.Mod.Declared[f.Class.Name+"."+name]
	if !declared || f.Mod.Finally(d.Decl.Decorators) {
		return false
	}
	return !slices.ContainsFunc(p.Project.Derived(f.Mod, c), func(s *project.Class) bool { return len(p.named(s, name, false)) > 0 })
}
