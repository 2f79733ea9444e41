package rules

// PXL213: where the functions and classes are that the rule asks for by a name, a lock or a class,
// so that it need not go through the whole project for each.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// orderIndex finds functions and classes of a project.
type orderIndex struct {
	having  map[string][]*project.Class            // classes that define a member of a name, or have an attribute of it, inherited or not
	python  map[string]bool                        // names of methods of Python classes
	locked  map[*project.Class][]*project.Class    // classes by the one whose lock they have
	methods map[*project.Class][]*effects.Function // by their class
	heirs   map[*project.Class][]*project.Class    // classes with methods by each of their bases
	public  map[string]bool                        // names of public attributes of classes with methods
	others  map[string]bool                        // see effects.NotOurs
}

func newOrderIndex(p *Checker, mods []*project.Module, all []*effects.Function) *orderIndex {
	x := &orderIndex{
		having: map[string][]*project.Class{}, python: map[string]bool{}, locked: map[*project.Class][]*project.Class{},
		methods: map[*project.Class][]*effects.Function{}, heirs: map[*project.Class][]*project.Class{},
		public: map[string]bool{}, others: effects.NotOurs(all),
	}
	for _, m := range mods {
		for _, c := range m.Classes {
			x.addClass(p, c)
		}
	}
	for _, f := range all {
		if f.Class == nil {
			if f.PyClass != "" {
				x.python[f.Def.Name.Name] = true
			}
			continue
		}
		if x.methods[f.Class] == nil {
			x.addBases(f.Class)
		}
		x.methods[f.Class] = append(x.methods[f.Class], f)
	}
	return x
}

func (x *orderIndex) addClass(p *Checker, c *project.Class) {
	has := func(name string) {
		if at := x.having[name]; len(at) == 0 || at[len(at)-1] != c {
			x.having[name] = append(at, c)
		}
	}
	own := p.prog.Own(c)
	for name := range own.Plain {
		has(name)
	}
	for name := range own.Props {
		has(name)
	}
	for _, a := range c.Ancestry() {
		for _, fd := range a.Fields {
			has(fd.Name)
		}
	}
	if p.locks.Of(c) != nil {
		lock := p.locks.Shared(c)
		x.locked[lock] = append(x.locked[lock], c)
	}
}

// addBases notes what a class with methods inherits.
func (x *orderIndex) addBases(c *project.Class) {
	for i, a := range c.Ancestry() {
		if i > 0 {
			x.heirs[a] = append(x.heirs[a], c)
		}
		for _, fd := range a.Fields {
			if c.Field(fd.Name).Vis == ast.Public {
				x.public[fd.Name] = true
			}
		}
	}
}

// related returns the methods of the classes that an object can be of that is one of a class.
func (x *orderIndex) related(c *project.Class) []*effects.Function {
	var out []*effects.Function
	for _, a := range c.Ancestry() {
		out = append(out, x.methods[a]...)
	}
	for _, d := range x.heirs[c] {
		out = append(out, x.methods[d]...)
	}
	return out
}
