package effects

// Locks that are reached through an attribute that methods assign to: they are now this one and now that.

import (
	"slices"
	"strings"

	"pyxlock/transform/project"
)

// findRebound finds the attributes that methods assign to once their object is made.
func (ls *LockSets) findRebound(all []*Function) {
	ls.rebound = map[*project.Class]map[string]bool{}
	for _, f := range all {
		if f.Class == nil || ls.p.Exempt(f) {
			continue
		}
		for i := range f.Sum.Effects {
			e := &f.Sum.Effects[i]
			if e.Class == nil || !e.Sure || !e.Writes() || e.Behind || !OnSelf(f, e) || !rebinds(e) || initializing(f, e.Region) || constructing(ls.p, f, e.Region) {
				continue
			}
			for _, c := range e.Class.Declaring(e.Field) {
				if ls.rebound[c] == nil {
					ls.rebound[c] = map[string]bool{}
				}
				ls.rebound[c][e.Field] = true
			}
		}
	}
}

// changes reports whether a lock that is reached through an attribute of a class is not the same each time.
func (ls *LockSets) changes(class *project.Class, l StateLock) bool {
	first, _, dotted := strings.Cut(l.Path, ".")
	return dotted && !l.Module && class != nil && slices.ContainsFunc(class.Declaring(first), func(c *project.Class) bool { return ls.rebound[c][first] })
}
