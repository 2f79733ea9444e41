package plan

// Obstacles: what keeps annotate from giving a class a lock, and what people can do about it.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// Obstacle is the reason why a class cannot be given a lock as it is.
type Obstacle struct {
	Why  string // "a dataclass's fields are …"
	Do   string // what helps, as a command
	Kind string // what is in the way of other classes in the same way
}

func obstacle(why, do string) *Obstacle { return &Obstacle{why, do, why} }

// ObstacleTo returns what is in the way of a lock of a class, nil where nothing is. Subclasses have it as well, and their
// attributes have to become properties then.
func ObstacleTo(p *project.Project, c *project.Class) *Obstacle {
	switch {
	case c.Def == nil:
		return obstacle("its definition is not in sight", "lock it there")
	case c.Flags["dataclass"]:
		return obstacle("a dataclass's fields are attributes that Python code reaches without the lock",
			"make it a class with an __init__ of its own, and lock that")
	case c.Unit.File.Pure && CythonName([]*project.Module{c.Mod}, c.Unit, c.Def.Pos) == "":
		return obstacle("the file does not import cython, and may run without it",
			"import cython in it if it is always compiled, and lock it then")
	}
	if o := toProperties(c); o != nil {
		return o
	}
	for _, k := range p.Lineage.Derived(c.Mod, c) {
		if o := toProperties(k); o != nil && p.Lineage.InScope(k.Mod) {
			return &Obstacle{fmt.Sprintf("its subclass %s would have the lock, too, and %s", k.Name, o.Why), o.Do, o.Kind}
		}
	}
	return nil
}

// toProperties returns what keeps a class's public attributes from becoming properties.
func toProperties(c *project.Class) *Obstacle {
	if c.Def == nil || c.Extern || c.Flags["dataclass"] {
		return nil
	}
	for _, f := range c.Fields {
		if f.Vis == ast.Private {
			continue
		}
		if c.Unit.File.Pure && f.Unit.InPxd() {
			return obstacle("Cython does not let a .py define properties beside the attributes of its .pxd",
				"make the attributes of the .pxd private, or the file a .pyx, and lock it then")
		}
		if _, used := c.Mod.UsedBefore(f.Name, c.Def.Pos); used {
			return obstacle("a public attribute has the same name as something in the module, and Cython then does not let it be a property",
				"give one of the two another name, and lock it then")
		}
		if f.Conditional {
			return obstacle("a public attribute exists only under a condition, and its property would not",
				"make the attribute private, and lock it then")
		}
	}
	return nil
}

// CythonName returns the name by which a file knows the cython module at an offset, "" where it
// does not.
func CythonName(mods []*project.Module, u *project.Unit, pos int32) string {
	for _, m := range mods {
		if slices.Contains(m.Units, u) {
			if name, at := m.Scope.CythonIn(u.Source); name != "" && at < pos {
				return name
			}
			// An included file sees the names of the one that includes it.
			if u.Role == project.RoleInclude {
				for _, o := range m.Units {
					if name, _ := m.Scope.CythonIn(o.Source); o.Role == project.RoleMain && name != "" {
						return name
					}
				}
			}
		}
	}
	return ""
}
