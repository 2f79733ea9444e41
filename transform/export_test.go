package transform

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
	stem, _ := stemOf(path)
	m := p.proj.module(stem)
	var out []LockedFunc
	for _, f := range p.prog.funcs(m).all {
		plan := &fn{unit: f.unit, def: f.def, class: f.class, pyClass: f.pyClass != "", property: f.accessor != plain && len(f.def.Decorators) == 0,
			decs: lockDecorators(m, f.def.Decorators)}
		p.plan.planFunc(m, plan)
		l := LockedFunc{Path: f.unit.path, Pos: f.def.Name.Pos, Refused: p.plan.of(m).failed[f.def]}
		if plan.plan != nil {
			for _, h := range plan.plan.holds {
				l.Holds = append(l.Holds, HeldObject{h.path, h.mode == write})
			}
		}
		out = append(out, l)
	}
	return out
}
