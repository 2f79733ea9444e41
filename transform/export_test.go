package transform

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/plan"
)

// LockedFunc is a function and what it locks at its entry.
type LockedFunc struct {
	Path string
	Pos  int32 // of its name
	// Refused is true where nothing could be settled.
	Refused bool
	Holds   []HeldObject
}

// HeldObject is an object that a function locks.
type HeldObject struct {
	Path  []string
	Write bool
}

// LocksOf returns what each function of a module locks, undecorated ones
// as inferred.
func LocksOf(p *Project, path string) []LockedFunc {
	in := p.proj.Group([]string{path})
	m := p.proj.Module(append(in.Stems, in.Alone...)[0])
	var out []LockedFunc
	for _, f := range p.prog.Funcs(m).All {
		fn := &plan.Func{Unit: f.Unit, Def: f.Def, Class: f.Class, PyClass: f.PyClass != "", Property: f.Accessor != effects.Plain && len(f.Def.Decorators) == 0,
			Locks: decorator.On(m, f.Def.Decorators)}
		p.plan.Plan(m, fn)
		l := LockedFunc{Path: f.Unit.Path, Pos: f.Def.Name.Pos, Refused: p.plan.Of(m).Failed[f.Def]}
		if fn.Plan != nil {
			for _, h := range fn.Plan.Holds {
				path := slices.Clone(h.Path)
				switch {
				case h.Items && h.Param == ast.DoubleStar:
					path[0] = "**" + path[0]
				case h.Items:
					path[0] = "*" + path[0]
				}
				l.Holds = append(l.Holds, HeldObject{path, h.Mode == effects.Write})
			}
		}
		out = append(out, l)
	}
	return out
}
