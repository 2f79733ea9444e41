package transform

// PXL103, PXL105, PXL106: guarded state that is used while nobody holds its
// object's lock.

import (
	"fmt"
)

func checkMissing(c *checking) {
	for _, f := range c.functions() {
		if c.p.exempt(f) || c.m.failed[f.def] {
			continue
		}
		exposed := f.exposed()
		// One finding for each object and mode is enough, the certain ones first.
		type key struct {
			region int32
			code   string
		}
		seen := map[key]bool{}
		for _, md := range [...]mode{write, read} {
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				x := &f.sum.regions[e.region]
				if e.mode != md || !e.raw || !c.p.guards(e.class) || e.kind == onPython || md == read && c.p.settled(e.class, e.field) {
					continue
				}
				if x.root == nodeParam {
					if !exposed || c.p.holds(f, e) || x.num == 0 && x.parent < 0 && f.class != nil && noLockMethods[f.def.Name.Name] && f.accessor == plain {
						continue
					}
				}
				code := codeMissing
				switch {
				case e.via != nil && e.via.class != nil && !e.via.exposed():
					code = codeUnlockedHelper
				case x.root == nodeParam && x.parent < 0 && !c.p.member(f) && !(f.class != nil && noLockMethods[f.def.Name.Name]):
					code = codeFunction
				}
				if k := (key{e.region, code}); seen[k] {
					continue
				} else {
					seen[k] = true
				}
				c.missing(f, e, code)
			}
		}
	}
}

func (c *checking) missing(f *function, e *found, code string) {
	verb := "read"
	if e.mode == write {
		verb = "written"
	}
	obj := pathOf(f, e.region)
	if obj == "" {
		obj = "an object"
	} else {
		obj = fmt.Sprintf("%q", obj)
	}
	x := &f.sum.regions[e.region]
	out := at(f.unit.source, e.span, code, "", "")
	out.Warning = true
	class := e.class.name
	switch code {
	case codeUnlockedHelper:
		out.Message = fmt.Sprintf("%s calls %s, which needs the lock of %s (a %s), and nobody holds it here", f.name(), e.via.name(), obj, class)
	default:
		out.Message = fmt.Sprintf("the guarded state of %s (a %s) is %s here without its lock", obj, class, verb)
	}
	switch {
	case x.root == nodeParam && x.parent < 0 && f.accessor == plain && !noLockMethods[f.def.Name.Name]:
		out.Help = fmt.Sprintf("lock it: @cython.%s_lock(%q) on %s", e.mode, pathOf(f, e.region), f.def.Name.Name)
	case x.root == nodeParam && x.parent >= 0:
		out.Help = fmt.Sprintf("use a method of %s that locks, or lock both: @cython.%s_lock(\"%s\", \"%s\") on %s", class, e.mode, rootName(f, e.region), pathOf(f, e.region), f.def.Name.Name)
	default:
		out.Help = fmt.Sprintf("use a method of %s that locks, or do it in a function that takes the object as a parameter and locks it", class)
	}
	if steps := chain(f, e); len(steps) > 1 {
		out.Related = relatedOf(steps[1:])
	}
	c.m.findings = append(c.m.findings, out)
}

func rootName(f *function, r int32) string {
	for f.sum.regions[r].parent >= 0 {
		r = f.sum.regions[r].parent
	}
	return pathOf(f, r)
}
