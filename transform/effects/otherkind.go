package effects

// What tells that an object without a static type is none of a class: it is used by a name that the
// class does not have, or is made as something else.

import (
	"slices"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// OtherKind reports whether what a way leads to from objects of a class is, for all that functions
// do with it, no object that has what has tells.
func OtherKind(all []*Function, c *project.Class, way Way, has func(name string) bool) bool {
	return slices.ContainsFunc(all, func(f *Function) bool {
		return f.Class != nil && project.Related(f.Class, c) && (usedOtherwise(f, way, has) || !way.Items && way.Via == Directly && madeOtherwise(f, way.Name, c))
	})
}

// usedOtherwise reports whether a method uses what a way leads to by a name that has does not tell.
func usedOtherwise(f *Function, way Way, has func(name string) bool) bool {
	if len(f.Flow.Params) == 0 {
		return false
	}
	for _, u := range f.Flow.loose {
		if !byName(u.name) || has(u.name) || way.Items && u.name == "__iter__" && view(f.Flow, u.node) {
			continue
		}
		if w, ok := wayOf(f.Flow, u.node, f.Flow.Params[0]); ok && w == way {
			return true
		}
	}
	return false
}

// view reports whether a value may be all that a container has, "self.d.values()": that it is gone over says
// nothing of its items.
func view(fl *Flow, n int32) bool {
	x := &fl.Nodes[n]
	return x.Kind == NodeUnknown && x.Base != 0
}

// madeOtherwise reports whether a method assigns something to an attribute that is no object of a class.
func madeOtherwise(f *Function, name string, c *project.Class) bool {
	return slices.ContainsFunc(f.Flow.Stores, func(st Store) bool {
		if st.Name != name || st.Nothing {
			return false
		}
		for n := range f.Flow.behind(st.Value, nameDepth) {
			if n == 0 {
				return true // a number, a text
			}
			x := &f.Flow.Nodes[n]
			if x.Kind == NodeParam && (x.Shape.Atom || x.Shape.Container) {
				return true
			}
			if x.Kind == NodeFresh {
				return x.Shape.Kind != ctype.Object || x.Shape.Class == nil || !project.Related(x.Shape.Class, c)
			}
		}
		return false
	})
}

// ParamOfOtherKind is OtherKind for a parameter of a function, or with items for what is in that.
func ParamOfOtherKind(f *Function, num int32, items bool, has func(name string) bool) bool {
	return slices.ContainsFunc(f.Flow.loose, func(u loose) bool {
		n, in := paramOf(f.Flow, u.node)
		return n == num && in == items && byName(u.name) && !has(u.name)
	})
}

// Key reports whether a parameter is what a container looks for, or says how something is done.
func Key(f *Function, num int32) bool { return key(f, num) || option(f, num) }
