package expand

// The marker on a class: what packages that cimport an output, once it is installed, are
// told of its lock, and a run that is given the output again.

import (
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
)

// mark puts the marker of a locked class on its declaration in the .pxd. A class that has
// none there gets it where it is written if its lock is that of another module's class: this
// file says nothing of it otherwise. A marker that is there already says what it has to, or
// is replaced.
func mark(a *Module, c *project.Class) {
	info := a.p.Locks.Of(c)
	if info == nil || c.PxdDef == nil && info.Owner.Mod == c.Mod {
		return
	}
	u, def := c.Where()
	if def == nil {
		return
	}
	at, ok := decorator.MarkerOf(u.File, def)
	if !ok {
		return
	}
	text := info.Marker()
	if at.Pos == at.End {
		text = "  " + text
	}
	a.editor(u).Replace(at, text)
}
