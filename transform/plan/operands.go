package plan

// Operands: the other parameters of a method whose decorators name none.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// operands adds the other parameters whose guarded state the body touches, by
// their static type or through a cast, each in the mode that the model gives.
func (r *resolver) operands(kind decorator.Kind) {
	f := r.f
	params := f.Def.Params.List
	if f.Class == nil || f.Outer != nil || r.static || r.classm || len(params) < 2 || r.p.Locks.Of(f.Class) == nil {
		return
	}
	fun := r.p.Program.Funcs(r.m).ByDef[f.Def]
	if fun == nil {
		return
	}
	r.p.Program.Solve([]*effects.Function{fun})
	var kin []func()
	for i, prm := range params {
		if i == 0 || prm.Kind != ast.Positional || prm.Name.Name == "" {
			continue
		}
		if effects.InC(r.p.Program, fun, i) {
			continue // no object: what it leads to (view.obj) has to be found in the body
		}
		// What a callee locks by itself a mutex must not lock before it.
		st := r.p.Program.StanceOn(fun, i, kind != decorator.RWLock)
		if !st.Touches || slices.ContainsFunc(r.holds, func(h Hold) bool { return h.Path[0] == prm.Name.Name && len(h.Path) == 1 && !h.Items }) {
			continue
		}
		if st.Kin {
			kin = append(kin, func() { r.addKin(prm.Name.Name, st) })
			continue
		}
		r.add(f.Unit, prm.Span, prm.Name.Name, st.Mode)
		if n := len(r.holds); n > 0 && slices.Equal(r.holds[n-1].Path, []string{prm.Name.Name}) {
			r.holds[n-1].as = effects.UsedAs(r.p.Program, fun, i, false)
		}
		r.noteInferred(prm.Name.Name, st)
	}
	if len(r.holds) > 0 { // alone, each is locked and released by what is done to it
		for _, add := range kin {
			add()
		}
	}
}

// addKin holds a parameter that may be an object of the function's own class, as far as one
// can tell by what is done to it. Nobody asked for that lock: where it cannot be taken at
// entry, it is not, and the function stays as it is.
func (r *resolver) addKin(name string, st effects.Stance) {
	kin := r.kin()
	if len(kin) == 0 || project.IsNogil(r.m, r.f.Class, r.f.Def) {
		return
	}
	r.hold(Hold{Mode: st.Mode, Path: []string{name}, kin: true, Among: kin})
	r.noteInferred(name, st)
}

// kin are the classes that the function can name and that share the lock of its own; none
// where the guard of a guard may be assigned.
func (r *resolver) kin() []decorator.Visible {
	own := r.p.Locks.Of(r.f.Class)
	out := slices.DeleteFunc(slices.Clone(r.p.Locks.VisibleFrom(r.m, r.f.Unit)), func(v decorator.Visible) bool { return v.Info.Owner != own.Owner })
	if slices.ContainsFunc(out, func(v decorator.Visible) bool { return r.p.Program.Guarding.MovesFurtherOn(v.Class) }) {
		return nil
	}
	return out
}
