package plan

import (
	"slices"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// Modes by class: an operand without a static type is locked as what it is used as, and
// one that is written as one class and read as others, as by a constructor that converts,
// for writing only if it is of the one. A writer's lock where a reader's will do would have callers that hold it for reading
// change to writing, which two of them cannot do at once.

// byClass divides holds of what may be of several classes by the mode that each is held in.
func byClass(holds []Hold, candidates []decorator.Visible) []Hold {
	var out []Hold
	for _, h := range holds {
		var parts [2][]decorator.Visible
		for _, v := range candidates {
			if is := func(c *project.Class) bool { return project.Related(c, v.Class) }; slices.ContainsFunc(h.as[effects.Write], is) {
				parts[effects.Write] = append(parts[effects.Write], v)
			} else if slices.ContainsFunc(h.as[effects.Read], is) {
				parts[effects.Read] = append(parts[effects.Read], v)
			}
		}
		if h.Typed || len(parts[effects.Write])+len(parts[effects.Read]) == 0 {
			out = append(out, h)
			continue
		}
		for _, md := range [...]effects.Mode{effects.Write, effects.Read} {
			if len(parts[md]) > 0 {
				h.Mode, h.Among = md, parts[md]
				out = append(out, h)
			}
		}
	}
	return out
}
