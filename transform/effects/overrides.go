package effects

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// Overrides: which methods a call may reach, wherever they are.

// members returns the methods or property parts called name that a call on an object of
// class c may reach: those of the nearest class that has any, and the overrides in
// subclasses of c: those of the run's scope, or of c's own module where the caller is
// not in the scope itself. Its own build does not know the others (PXL107). The slice must not be changed.
func (b *builder) members(c *project.Class, name string, property bool) []*Function {
	derived := b.p.Project.Lineage.Derived(b.m, c)
	if len(derived) <= manyOverrides {
		return withOverrides(b, c, derived, name, property)
	}
	return b.p.model.many.methods(methodsOf{&derived[0], c, name, property}, func() []*Function { return withOverrides(b, c, derived, name, property) })
}

// withOverrides returns the methods of a class, and those of classes that derive from it.
func withOverrides(b *builder, c *project.Class, derived []*project.Class, name string, property bool) []*Function {
	inherited := b.inherited(c, name, property)
	n := len(inherited)
	for _, s := range derived {
		n += len(b.p.Own(s).named(name, property))
	}
	if n == 0 {
		return nil
	}
	out := append(make([]*Function, 0, n), inherited...)
	for _, s := range derived {
		out = append(out, b.p.Own(s).named(name, property)...)
	}
	return out
}

// inherited returns those of the nearest class in c's line that has any.
func (b *builder) inherited(c *project.Class, name string, property bool) []*Function {
	for _, a := range c.Ancestry() {
		if fs := b.p.Own(a).named(name, property); len(fs) > 0 {
			return fs
		}
	}
	return nil
}

// named returns the methods, or the parts of the property, that have a name.
func (m *Methods) named(name string, property bool) []*Function {
	if property {
		return m.Props[name]
	}
	return m.Plain[name]
}

// Overrides answer for overrides whose callers know the base alone.
type Overrides struct{ p *Program }

// Overrides returns what is known of overrides.
func (p *Program) Overrides() Overrides { return Overrides{p} }

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
func (o Overrides) Unnamed(f *Function, e *Effect) *Unnamed {
	o.p.model.mu.Lock()
	defer o.p.model.mu.Unlock()
	for _, s := range Chain(f, e)[1:] {
		if o.unnamed(s.Func, s.Effect) != nil {
			return nil
		}
	}
	return o.unnamed(f, e)
}

// UnnamedOn returns the first of the functions that an effect comes by of which Unnamed
// is true.
func (o Overrides) UnnamedOn(f *Function, e *Effect) *Unnamed {
	o.p.model.mu.Lock()
	defer o.p.model.mu.Unlock()
	steps := Chain(f, e)
	for i := len(steps) - 1; i > 0; i-- {
		if u := o.unnamed(steps[i].Func, steps[i].Effect); u != nil {
			return u
		}
	}
	return nil
}

func (o Overrides) unnamed(f *Function, e *Effect) *Unnamed {
	if f.Class == nil || f.Exposed() || o.p.Exempt(f) || !e.Raw || e.Kind == OnPython || !o.p.Guards(e.Class) || o.p.Holds(f, e) {
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
	line := f.Class.Ancestry()
	for _, g := range f.Callers {
		for i := range g.Flow.Calls {
			c := &g.Flow.Calls[i]
			if c.On == nil || c.On == f.Class || !slices.Contains(line, c.On) {
				continue // by a pointer, of which there are many callers, no override comes in
			}
			if first != "" && c.On.Field(first) != nil || first == "" && o.p.Guards(c.On) || !slices.Contains(c.Callees, f) {
				continue
			}
			if o.p.Exempt(g) || !comesTo(g, e) {
				break
			}
			return &Unnamed{f, e, c.On, g, c.Span}
		}
	}
	return nil
}

// comesTo reports whether a caller has an effect such as one of its callees has: on an
// object that others may know. Which callee it is from does not show, where several
// have the same.
func comesTo(g *Function, e *Effect) bool {
	return slices.ContainsFunc(g.Sum.Effects, func(x Effect) bool {
		return x.Raw && x.Via != nil && x.Class == e.Class && x.Mode == e.Mode
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
func (o Overrides) Overridable(c *project.Class, f *Function) bool {
	name := f.Def.Name.Name
	if f.Exposed() || f.Def.Inline || !c.Open() || f.Mod.PlainDecorator(f.Def, "final") {
		return false
	}
	d, declared := f.Mod.Declared[f.Class.Name+"."+name]
	if !declared || f.Mod.Finally(d.Decl.Decorators) {
		return false
	}
	return !slices.ContainsFunc(o.p.Project.Lineage.Derived(f.Mod, c), func(s *project.Class) bool { return len(o.p.Own(s).Plain[name]) > 0 })
}

// byParameters divides functions by what parameters they have: overrides may name theirs differently.
func byParameters(fs []*Function) [][]*Function {
	var groups [][]*Function
	for _, f := range fs {
		if i := slices.IndexFunc(groups, func(g []*Function) bool { return alike(g[0].Def, f.Def) }); i >= 0 {
			groups[i] = append(groups[i], f)
		} else {
			groups = append(groups, []*Function{f})
		}
	}
	return groups
}

// alike reports whether two functions have as many parameters, of the same kinds.
func alike(f, g *ast.FuncDef) bool {
	return slices.EqualFunc(f.Params.List, g.Params.List, func(a, b *ast.Param) bool { return a.Kind == b.Kind })
}
