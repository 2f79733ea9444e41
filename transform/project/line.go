package project

import (
	"cmp"
	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
	"slices"
	"strings"
)

// A class and its bases.

// defined returns the class that a declaration "cdef extern class pkg.mod.C"
// speaks of, where that module is in sight, else the declaration itself.
func (c *Class) defined() *Class {
	if !c.Extern || c.Mod == nil {
		return c
	}
	return c.real.Get(c.findDefined)
}

func (c *Class) findDefined() *Class {
	real := c
	for _, def := range c.Defs {
		if len(def.Module) == 0 {
			continue
		}
		in := c.Mod.at(0, syntax.Names(def.Module))
		if in == nil || in == c.Mod {
			continue
		}
		if o := in.ClassByName[def.Name.Name]; o != nil && !o.Extern {
			real = o
		}
	}
	return real
}

// Base returns the class that c derives from, or nil where it is not known.
func (c *Class) Base() *Class {
	return c.base.Get(c.findBase)
}

func (c *Class) findBase() *Class {
	for _, def := range []*ast.ClassDef{c.Def, c.PxdDef} {
		if def == nil || def.Bases == nil {
			continue
		}
		for _, a := range def.Bases.Args {
			if a.Star != 0 || a.Name.Name != "" {
				continue
			}
			if b := c.Mod.Lookup(syntax.Dotted(a.X)); b != nil && b != c {
				return b
			}
			break // the first base is the one with the C layout
		}
	}
	return nil
}

// Ancestry returns c and its known bases, c first. The slice must not be changed.
func (c *Class) Ancestry() []*Class {
	if c == nil {
		return nil
	}
	return c.line.Get(c.findLine)
}

// LongestLine is how many classes a line of bases has at most.
const LongestLine = 64

func (c *Class) findLine() (line []*Class) {
	for b := c; b != nil && len(line) < LongestLine && !slices.Contains(line, b); b = b.Base() {
		line = append(line, b)
	}
	return line
}

// Field returns the C attribute of c or of a base, or nil.
func (c *Class) Field(name string) *Field {
	if a := c.Declarer(name); a != nil {
		return a.FieldByName[name]
	}
	return nil
}

// Declarer returns the class or base class that declares an attribute, nil
// where none is known to.
func (c *Class) Declarer(name string) *Class {
	for _, a := range c.Ancestry() {
		if a.FieldByName[name] != nil {
			return a
		}
	}
	return nil
}

// Common returns the nearest class that two classes both are, or nil.
func Common(c, d *Class) *Class {
	if c == d || c == nil || d == nil {
		if c == d {
			return c
		}
		return nil
	}
	for _, a := range c.Ancestry() {
		if slices.Contains(d.Ancestry(), a) {
			return a
		}
	}
	return nil
}

// Related reports whether an object can be both a c and a d.
func Related(c, d *Class) bool {
	return c == nil || d == nil || c == d || slices.Contains(c.Ancestry(), d) || slices.Contains(d.Ancestry(), c)
}

// HasState reports whether c has C attributes, its own or inherited ones.
func (c *Class) HasState() bool {
	for _, a := range c.Ancestry() {
		if len(a.Fields) > 0 {
			return true
		}
	}
	return false
}

// Complete reports whether all bases of c are in sight, with their bodies.
func (c *Class) Complete() bool {
	for _, a := range c.Ancestry() {
		if a.Def == nil {
			return false
		}
		if a.Base() == nil {
			for _, d := range a.Defs {
				if d.Bases != nil && len(d.Bases.Args) > 0 {
					if path := syntax.Dotted(d.Bases.Args[0].X); len(path) != 1 || path[0] != "object" {
						return false
					}
				}
			}
		}
	}
	return true
}

// UnseenBase reports whether c has a base out of sight that may have C attributes:
// one that is no builtin type.
func (c *Class) UnseenBase() bool {
	if c.Complete() {
		return false
	}
	for _, a := range c.Ancestry() {
		if a.Def == nil {
			return true
		}
		if a.Base() != nil {
			continue
		}
		for _, d := range a.Defs {
			if d.Bases != nil && len(d.Bases.Args) > 0 {
				path := syntax.Dotted(d.Bases.Args[0].X)
				if last := cmp.Or(strings.Join(path[max(len(path)-1, 0):], ""), "?"); library.ObjectTypes()[last] && !library.BufferTypes()[last] {
					continue // those of Cython's own .pxd files show no pointers
				}
				if _, bound := a.Mod.Scope.Names[cmp.Or(strings.Join(path, "."), "?")]; len(path) != 1 || bound || len(a.Mod.Scope.Stars) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// Declaring returns the classes that declare an attribute, or any attribute
// where it is not known which.
func (c *Class) Declaring(field string) []*Class {
	var any []*Class
	for _, b := range c.Ancestry() {
		if b.FieldByName[field] != nil {
			return []*Class{b}
		}
		if len(b.Fields) > 0 {
			any = append(any, b)
		}
	}
	return any
}
