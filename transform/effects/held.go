package effects

import (
	"slices"
	"strings"

	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// What a function holds by itself: its decorators, or what a locked class takes at a member's entry.

// OwnLocks are the lock decorators of a function, wherever they stand.
type OwnLocks struct {
	Decs   []decorator.Lock
	exempt bool // no_lock
	// names has what the decorators name, and the paths that an annotation has it lock beside
	// them; see lockedAs.
	names lockedName
}

// OwnLocks returns the lock decorators of f.
func (p *Program) OwnLocks(f *Function) *OwnLocks {
	return f.locks.Get(func() *OwnLocks {
		own := &OwnLocks{}
		if len(f.Def.Decorators) > 0 {
			own.Decs = decorator.On(f.Mod, f.Def.Decorators)
		}
		for _, d := range own.Decs {
			own.exempt = own.exempt || d.Name == "no_lock"
		}
		own.Decs = append(own.Decs, pxdLocks(f)...)
		own.nameLocks()
		return own
	})
}

// Exempt reports whether a person answers for what a function does.
func (p *Program) Exempt(f *Function) bool { return p.OwnLocks(f).exempt }

// Holds reports whether a function itself locks what one of its effects is on.
func (p *Program) Holds(f *Function, e *Effect) bool {
	r := &f.Sum.Regions[e.Region]
	if r.Root != NodeParam || !p.Guards(e.Class) {
		return false
	}
	own := p.OwnLocks(f)
	if l := r.locked; l != nil && l.given {
		return true
	}
	decs := own.Decs
	if r.Num > 0 && r.Parent < 0 && InC(p, f, int(r.Num)) {
		return false // no object, whatever it leads to
	}
	if len(decs) == 0 {
		return r.Parent < 0 && p.Member(f) || infersItems(p, f, e)
	}
	return slices.ContainsFunc(decs, func(d decorator.Lock) bool { return names(p, f, e, d) })
}

// InC reports whether a parameter is declared as a pointer or a number of C, which no decorator can lock, whatever
// objects the function finds by it.
func InC(p *Program, f *Function, num int) bool {
	if num >= len(f.Def.Params.List) {
		return false
	}
	prm := f.Def.Params.List[num]
	if prm.Type != nil {
		if k := p.Types.Of(f.Mod, prm.Type, prm.Declarator).Kind; k == ctype.Pointer || k == ctype.Record { // by a typedef, too
			return true
		}
	}
	path, pointer := f.Mod.ParamType(f.Class, f.Def, num, prm)
	return pointer || len(path) > 0 && NumberOfC(path[len(path)-1]) && f.Mod.Lookup(path) == nil
}

// NumberOfC reports whether a name is that of a type of C, as far as names tell.
func NumberOfC(name string) bool {
	return library.CTypes()[name] || strings.HasSuffix(name, "_t") || strings.Contains(name, " ")
}

// TakesAtEntry reports whether a function takes at its entry what an effect is on: what its decorators
// do not name, only if it uses that outside of its blocks.
func TakesAtEntry(p *Program, f *Function, e *Effect) bool {
	if !p.Holds(f, e) {
		return false
	}
	r := &f.Sum.Regions[e.Region]
	decs := p.OwnLocks(f).Decs
	named := r.Parent >= 0 || r.locked != nil && r.locked.given || slices.ContainsFunc(decs, func(d decorator.Lock) bool {
		return len(d.Args()) > 0 && d.Name != "locked_class" && names(p, f, e, d)
	})
	if named || !p.Member(f) {
		return true
	}
	if r.Num == 0 {
		_, does := p.ModeOf(f)
		return does
	}
	in := p.Locks.Of(f.Class)
	return in == nil || p.StanceOn(f, int(r.Num), in.Kind != decorator.RWLock).Touches
}

// names reports whether a decorator of a function locks what one of its effects is on.
func names(p *Program, f *Function, e *Effect, d decorator.Lock) bool {
	if d.Name == "locked_class" {
		return false
	}
	if len(d.Args()) == 0 {
		return f.Sum.Regions[e.Region].Parent < 0 && (f.Sum.Regions[e.Region].Num == 0 || p.Member(f)) || infersItems(p, f, e)
	}
	return f.Sum.Regions[e.Region].locked.names(d.Node)
}

// lockedBy reports whether a function locks by its name an attribute of a region, or what is reached
// through it.
func lockedBy(f *Function, region int32, attr string) bool {
	x := &f.Sum.Regions[region]
	return x.locked.to(attr) != nil && !(x.OfItems() && x.Root == NodeParam)
}

// takenFor returns the mode in which a function that locks by itself what one of its
// effects is on does so: that of its decorator, where that is the stronger one.
func takenFor(p *Program, f *Function, e *Effect) Mode {
	r := &f.Sum.Regions[e.Region]
	if e.Mode == Write || e.Kind == OnPython || r.Root != NodeParam || !p.Guards(e.Class) {
		return e.Mode
	}
	for _, d := range p.OwnLocks(f).Decs {
		// Without arguments it is about the first parameter; others have a mode of their own.
		if d.Name == "write_lock" && (len(d.Args()) > 0 || r.Parent < 0 && r.Num == 0) && names(p, f, e, d) {
			return Write
		}
	}
	return e.Mode
}

// TakenAs returns the mode in which a function that holds what one of its effects is on does so.
func TakenAs(p *Program, f *Function, e *Effect) Mode { return takenFor(p, f, e) }

// Give has a function without decorators hold a path, as if it had one.
func (p *Program) Give(f *Function, path string) {
	own := p.OwnLocks(f)
	own.names.add(path).given = true
}

// pxdLocks returns the lock decorators on a function's declaration in its .pxd.
func pxdLocks(f *Function) []decorator.Lock {
	m := f.Mod
	if f.Unit.InPxd() || len(m.Declared) == 0 {
		return nil
	}
	name := f.Def.Name.Name
	if f.Class != nil {
		name = f.Class.Name + "." + name
	}
	d, ok := m.Declared[name]
	if !ok || len(d.Decl.Decorators) == 0 {
		return nil
	}
	return decorator.On(m, d.Decl.Decorators)
}

// Member reports whether a function is one of those that a locked class locks
// at their entry, if they need it.
func (p *Program) Member(f *Function) bool {
	if f.Class == nil || !p.Locked(f.Class) {
		return false
	}
	return f.entry.Get(func() bool {
		name := f.Def.Name.Name
		return f.Exposed() && (f.Accessor != Plain || !library.NoLockMethods()[name]) && !library.ImplicitStatic()[name] &&
			!f.Mod.PlainDecorator(f.Def, "staticmethod") && !f.Mod.PlainDecorator(f.Def, "classmethod")
	})
}

// Locked reports whether c's own methods take locks.
func (p *Program) Locked(c *project.Class) bool {
	return c != nil && assumed(p, c, p.Locks.OfMembers(c) != nil)
}

// sharesLock reports whether attribute name of c is the guard of c's state: one
// lock covers both.
func (p *Program) sharesLock(c *project.Class, name string) bool {
	if c == nil {
		return false
	}
	in := p.Locks.Of(c)
	return in != nil && in.Guard == name
}
