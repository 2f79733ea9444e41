package plan

// Obstacles: what keeps annotate from giving a class a lock, and what people can do about it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// Obstacle is the reason why a class cannot be given a lock as it is.
type Obstacle struct {
	Why string // "a dataclass's fields are …"
	Do  string // what helps, as a command
}

// ObstacleTo returns what is in the way of a lock of a class, one of those of the modules; nil where
// nothing is.
func ObstacleTo(mods []*project.Module, c *project.Class) *Obstacle {
	pure := c.Unit.File.Pure
	switch {
	case c.Flags["dataclass"]:
		return &Obstacle{"a dataclass's fields are attributes that Python code reaches without the lock",
			"make it a class with an __init__ of its own, and lock that"}
	case pure && slices.ContainsFunc(c.Fields, func(f *project.Field) bool { return f.Vis != ast.Private && f.Unit.InPxd() }):
		return &Obstacle{"Cython does not let a .py define properties beside the attributes of its .pxd",
			"make the attributes of the .pxd private, or the file a .pyx, and lock it then"}
	case slices.ContainsFunc(c.Fields, func(f *project.Field) bool {
		_, used := c.Mod.UsedBefore(f.Name, c.Def.Pos)
		return used && f.Vis != ast.Private
	}):
		return &Obstacle{"a public attribute has the same name as something in the module, and Cython then does not let it be a property",
			"give one of the two another name, and lock it then"}
	case pure && CythonName(mods, c.Unit, c.Def.Pos) == "":
		return &Obstacle{"the file does not import cython, and may run without it",
			"import cython in it if it is always compiled, and lock it then"}
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
