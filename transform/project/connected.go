package project

// Which modules know of each other, by imports: what one says of its classes is of no concern to the others.

import "slices"

// Connected returns those of some modules that a chain of imports, whichever of two imports the other, connects with one
// of others, in their order.
func Connected(mods, with []*Module) []*Module {
	beside := map[*Module][]*Module{} // who imports it, and whom it imports
	seen := map[*Module]bool{}
	for list := slices.Clone(mods); len(list) > 0; {
		m := list[len(list)-1]
		list = list[:len(list)-1]
		if seen[m] {
			continue
		}
		seen[m] = true
		for _, o := range Imports(m) {
			beside[m], beside[o] = append(beside[m], o), append(beside[o], m)
			list = append(list, o)
		}
	}
	reached := map[*Module]bool{}
	for list := slices.Clone(with); len(list) > 0; {
		m := list[len(list)-1]
		list = list[:len(list)-1]
		if !reached[m] {
			reached[m] = true
			list = append(list, beside[m]...)
		}
	}
	return slices.DeleteFunc(slices.Clone(mods), func(m *Module) bool { return !reached[m] })
}
