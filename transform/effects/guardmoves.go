package effects

// Guards that change: assignments to the attribute whose object's lock guards an
// object, once others may know that object.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"

	"golang.org/x/text/unicode/norm"
)

// Move is an assignment to the guard of an object that others may know, where the
// locks of both guards, the old and the new one, are not held for writing.
type Move struct {
	Class *project.Class // as which the object is known
	Guard string
	Place Place
	In    *Function // that would have to hold them
}

// guardOf returns the attribute whose object's lock guards the state of a class, "" for
// its own.
func (p *Program) guardOf(c *project.Class) string {
	if in := p.Locks.Of(c); in != nil {
		return in.Guard
	}
	return ""
}

// held reports whether a function that assigns to a guard says by its decorators that
// it has both locks for writing.
func (l *linking) held(f *Function, k *kept) bool {
	if k.pointer || l.p.guardOf(k.class) != k.attr {
		return false
	}
	if !l.writes(f, k.child, k.class) {
		return false
	}
	if k.value.region == nobody {
		return false
	}
	if x := &f.Sum.Regions[k.value.region]; x.Root == NodeFresh && x.Parent < 0 {
		return !l.shared(k.value.region, k.at) // nobody waits for that one
	}
	return l.writes(f, k.value.region, k.value.class)
}

// writes reports whether the decorators of f lock the object of a region for writing:
// by name, or as the guard of one that they name.
func (l *linking) writes(f *Function, r int32, class *project.Class) bool {
	x := &f.Sum.Regions[r]
	if l.named(f, r) {
		return true
	}
	return x.Parent >= 0 && l.p.guardOf(x.Owner) == x.Name && l.writes(f, x.Parent, x.Owner)
}

// named reports whether a write_lock of f names a region.
func (l *linking) named(f *Function, r int32) bool {
	x := &f.Sum.Regions[r]
	if x.Root != NodeParam {
		return false
	}
	path := PathOf(f, r)
	for _, d := range l.p.OwnLocks(f).Decs {
		if d.Name != "write_lock" {
			continue
		}
		if len(d.Args()) == 0 && x.Num == 0 && x.Parent < 0 {
			return true
		}
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && norm.NFKC.String(s.Value) == path {
				return true
			}
		}
	}
	return false
}

// shared reports whether a new object may be known to others at an offset.
func (l *linking) shared(r, at int32) bool {
	pos, handed := l.s.handed[l.s.sum.Regions[r].Num]
	return handed && at > pos
}

// moves notes the assignments to guards for which a function has to hold locks that it
// does not.
func (l *linking) moves(f *Function, h *holdings, out *Owners) {
	for i := range h.kept {
		k := &h.kept[i]
		if k.pointer || k.held || l.p.guardOf(k.class) != k.attr || l.p.Exempt(f) {
			continue
		}
		switch x := &f.Sum.Regions[k.child]; {
		case x.Root == NodeFresh && x.Parent < 0 && !l.shared(k.child, k.at):
			continue
		case x.Root == NodeParam && (len(f.Callers) > 0 && !l.p.Entry(f) || x.Parent < 0 && l.p.Constructs(f, int(x.Num))):
			continue // its callers have the say, or nobody else has it
		}
		out.Moves = append(out.Moves, Move{Class: k.class, Guard: k.attr, Place: k.place, In: f})
	}
}
