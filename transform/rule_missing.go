package transform

// PXL103, PXL105, PXL106: guarded state that is used while nobody holds its
// object's lock.

import (
	"fmt"

	"pyxlock/parser/ast"
)

func checkMissing(c *checking) {
	for _, f := range c.functions() {
		if c.p.exempt(f) || c.plan.failed[f.def] {
			continue
		}
		exposed := f.exposed()
		// One finding for each object and mode is enough, the certain ones first.
		type key struct {
			region int32
			code   string
		}
		seen := map[key]bool{}
		calls := map[ast.Span]int{} // where the finding for a call is, by its place
		for _, md := range [...]mode{write, read} {
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				x := &f.sum.regions[e.region]
				if e.mode != md || !e.raw || !c.p.guards(e.class) || e.kind == onPython || md == read && c.p.settled(e.class, e.field) {
					continue
				}
				if e.via != nil && e.via.exposed() && !noLockMethods[e.via.def.Name.Name] {
					continue // told of that function, where the lock has to be taken
				}
				if x.root == nodeParam {
					if !exposed || c.p.holds(f, e) || x.parent < 0 && f.class == nil && c.p.constructs(f, int(x.num)) || x.num == 0 && x.parent < 0 && f.class != nil && noLockMethods[f.def.Name.Name] && f.accessor == plain {
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
				if i, told := calls[e.span]; told && e.via != nil {
					c.findings[i].Related = append(c.findings[i].Related, c.alsoMissing(f, e))
					continue
				}
				calls[e.span] = len(c.findings)
				c.missing(f, e, code)
			}
		}
	}
}

func (c *checking) missing(f *function, e *found, code string) {
	does := "reads"
	if e.mode == write {
		does = "writes"
	}
	class := e.class.name
	obj := "some " + class
	if path := pathOf(f, e.region); path != "" {
		obj = fmt.Sprintf("%s (%s)", path, class)
	}
	field := e.field
	if field == "" && (e.cause == reads || e.cause == writes || e.cause == deletes) {
		field = e.name
	}
	out := at(f.unit.source, e.span, code, "", "")
	out.Warning = true
	switch {
	case code == codeUnlockedHelper:
		out.Message = fmt.Sprintf("%s calls %s, which needs the lock of %s, and nobody holds it here", f.name(), e.via.name(), obj)
	case e.via != nil:
		out.Message = fmt.Sprintf("%s calls %s, which %s %s without its lock", f.name(), e.via.name(), does, obj)
	case field != "":
		out.Message = fmt.Sprintf("%s %s %s of %s without its lock", f.name(), does, field, obj)
	default:
		out.Message = fmt.Sprintf("%s %s %s without its lock", f.name(), does, obj)
	}
	out.Help = c.missingHelp(f, e)
	if steps := chain(f, e); len(steps) > 1 {
		out.Related = relatedOf(steps[1:])
	}
	c.findings = append(c.findings, out)
}

// alsoMissing tells of a further object that a call needs the lock of.
func (c *checking) alsoMissing(f *function, e *found) Related {
	what := "some " + e.class.name
	if path := pathOf(f, e.region); path != "" {
		what = fmt.Sprintf("%s (%s)", path, e.class.name)
	}
	steps := chain(f, e)
	last := steps[len(steps)-1]
	pos := at(last.f.unit.source, last.e.span, "", "", "")
	return Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf("%s needs the lock of %s, too: %s", last.f.name(), what, last.text)}
}

// missingHelp tells where the lock could be taken.
func (c *checking) missingHelp(f *function, e *found) string {
	x := &f.sum.regions[e.region]
	class, name := e.class.name, f.def.Name.Name
	if x.root != nodeParam || f.accessor == plain && noLockMethods[name] {
		return fmt.Sprintf("use a method of %s that locks, or do it in a function that takes the object as a parameter and locks it", class)
	}
	dec := fmt.Sprintf("@cython.%s_lock(%q)", e.mode, pathOf(f, e.region))
	if x.parent < 0 {
		return fmt.Sprintf("lock it: %s on %s", dec, name)
	}
	if !c.p.member(f) {
		return fmt.Sprintf("use a method of %s that locks, or lock it: %s on %s", class, dec, name)
	}
	// A decorator that names something else leaves self to the others.
	self := rootName(f, e.region)
	switch held, ok := c.p.modeOf(f); {
	case !ok:
	case held == e.mode:
		dec = fmt.Sprintf("@cython.%s_lock(%q, %q)", e.mode, self, pathOf(f, e.region))
	default:
		dec = fmt.Sprintf("@cython.%s_lock and %s", held, dec)
	}
	return fmt.Sprintf("use a method of %s that locks, or lock both: %s on %s", class, dec, name)
}

func rootName(f *function, r int32) string {
	for f.sum.regions[r].parent >= 0 {
		r = f.sum.regions[r].parent
	}
	return pathOf(f, r)
}
