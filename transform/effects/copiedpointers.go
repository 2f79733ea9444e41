package effects

// Pointers that one attribute gets from another, of the same object or of one that shares its memory: what is written
// through the copy is written behind the other, and the other way round where both are of one class. What C code made of a pointer is memory of its own for all that is known.

import (
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// copiedPointer is an attribute that gets the pointer of another one.
type copiedPointer struct{ from, to attribute }

// copiedPointers finds them among functions.
func copiedPointers(all []*Function) []copiedPointer {
	var out []copiedPointer
	known := map[copiedPointer]bool{}
	for _, f := range all {
		for _, st := range f.Flow.Stores {
			into := f.Flow.Nodes[st.Into].Shape.Class
			if st.Value == 0 || st.Nothing || into == nil || f.Flow.Nodes[st.Value].Shape.Kind != ctype.Pointer {
				continue
			}
			to, ok := declaredIn(into, st.Name)
			if !ok {
				continue
			}
			for _, from := range pointersBehind(f.Flow, st.Value) {
				if c := (copiedPointer{from, to}); from != to && !known[c] {
					known[c] = true
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// declaredIn is an attribute by the class that declares it.
func declaredIn(c *project.Class, name string) (at attribute, ok bool) {
	d := c.Declarer(name)
	return attribute{d, name}, d != nil && name != ""
}

// pointersBehind returns the attributes of objects whose pointer a value may be, or lead from.
func pointersBehind(fl *Flow, n int32) []attribute {
	var out []attribute
	fl.eachSource(n, maxCopied, func(x *Node) bool {
		if x.Shape.Returned || x.Kind != NodeInside || x.Name == "" {
			return x.Shape.Returned
		}
		if c := fl.Nodes[x.Base].Shape.Class; c != nil {
			if at, ok := declaredIn(c, x.Name); ok {
				out = append(out, at)
			}
		}
		return true
	})
	return out
}

// maxCopied bounds how many values a pointer is followed through.
const maxCopied = 64

// copyOn calls mark with each attribute whose pointer was copied to one of which is says so, or from one
// of its own class, until no further one is.
func copyOn(all []copiedPointer, is func(attribute) bool, mark func(attribute)) {
	by := map[attribute][]attribute{}
	var list []attribute
	pair := func(a, b attribute) {
		if by[a] == nil && is(a) {
			list = append(list, a)
		}
		by[a] = append(by[a], b)
	}
	for _, c := range all {
		pair(c.to, c.from)
		if c.from.class == c.to.class { // those of others are read under their owner's lock
			pair(c.from, c.to)
		}
	}
	for i := 0; i < len(list); i++ {
		for _, other := range by[list[i]] {
			if !is(other) {
				mark(other)
				list = append(list, other)
			}
		}
	}
}
