package plan

// Guards: the object under whose lock another's state is.

import (
	"slices"

	"pyxlock/transform/project"
)

// ThroughGuard replaces an object by the one that guards its state.
func (p *Planner) ThroughGuard(m *project.Module, u *project.Unit, h *Hold) {
	for n := 0; h.Class != nil && n < 4; n++ {
		in := p.Locks.Of(h.Class)
		if in == nil || in.Guard == "" {
			return
		}
		fd := h.Class.Field(in.Guard)
		var next *project.Class
		if fd != nil {
			next = fd.Class()
		}
		h.MaybeNone = h.MaybeNone || len(h.Path) == 1 && !h.Never
		h.Path = append(slices.Clone(h.Path), in.Guard)
		h.Moving = append(slices.Clone(h.Moving), p.Program.Guarding.Changes(h.Class))
		h.Types = append(slices.Clone(h.Types), m.NameOf(u, next))
		h.Never = false
		h.Class = next
	}
}
