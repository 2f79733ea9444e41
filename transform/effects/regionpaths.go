package effects

// How regions are spelled: the paths that decorators name.

import (
	"slices"
	"strings"
)

// FurtherOn reports whether a region of f stands for all that is reached from its parent.
func FurtherOn(f *Function, r int32) bool { return f.Sum.Regions[r].Name == furtherOn }

// PathOf spells a region of f as a decorator would: "self._doc", "*others"; "" where it
// starts at an object without a name, or is reached from one.
func PathOf(f *Function, r int32) string {
	var names []string // from the end
	for {
		if num, ok := Items(f, r); ok {
			if len(names) > 0 {
				return "" // no name leads to an attribute of an item
			}
			return stars(f, num) + f.Def.Params.List[num].Name.Name
		}
		x := &f.Sum.Regions[r]
		if x.Parent < 0 {
			break
		}
		if x.Name == furtherOn {
			return ""
		}
		names = append(names, x.Name)
		r = x.Parent
	}
	first := firstName(f, &f.Sum.Regions[r])
	if first == "" || len(names) == 0 {
		return first
	}
	names = append(names, first)
	slices.Reverse(names)
	return strings.ReplaceAll(strings.Join(names, "."), ".[", "[") // a place in a tuple (lockplaces.go)
}

// firstName is the name of a region that is reached from no other; "" where it has none.
func firstName(f *Function, x *Region) string {
	switch x.Root {
	case NodeParam:
		if int(x.Num) < len(f.Def.Params.List) {
			return f.Def.Params.List[x.Num].Name.Name
		}
	case NodeGlobal:
		return x.Name
	}
	return ""
}
