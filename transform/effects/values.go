package effects

import (
	"iter"
	"slices"

	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// The values of one function, and what they lead to.

// values are the values of a function as far as they are known.
type values struct {
	flow *Flow
	// elems holds the elements of the tuples and lists that are spelled out.
	elems map[int32][]int32
	// spelled holds the items of tuples and lists by their places, 0 where an item
	// leads to no state or is not followed.
	spelled map[int32][]int32
}

func (b *values) node(n Node) int32 {
	b.flow.Nodes = append(b.flow.Nodes, n)
	return int32(len(b.flow.Nodes) - 1)
}

func (b *values) shape(n int32) ctype.Shape { return b.flow.Nodes[n].Shape }

// common is the shape that several values share.
func (b *values) common(from []int32) ctype.Shape {
	sh := b.shape(from[0])
	for _, n := range from[1:] {
		o := b.shape(n)
		if o == sh || b.flow.Nodes[n].Kind == NodeNothing && o.Kind == ctype.Unknown {
			continue
		}
		if sh.Kind == ctype.Unknown && b.flow.Nodes[from[0]].Kind == NodeNothing {
			sh = o
			continue
		}
		if sh.Kind != o.Kind {
			return ctype.Shape{}
		}
		sh.Class = project.Common(sh.Class, o.Class)
		sh.Container = sh.Container && o.Container
	}
	return sh
}

// either is one of two values.
func (b *values) either(x, y int32) int32 {
	switch {
	case x == 0 || x == y:
		return y
	case y == 0:
		return x
	}
	if from := led(b.flow, []int32{x, y}); len(from) == 1 {
		return from[0]
	}
	sh := b.shape(x)
	if o := b.shape(y); sh != o {
		if sh.Kind != o.Kind {
			sh.Kind = ctype.Unknown
		}
		sh.Class = project.Common(sh.Class, o.Class)
	}
	return b.node(Node{Kind: NodeLocal, Shape: sh, From: []int32{x, y}})
}

func (b *values) cast(n int32, to ctype.Shape) int32 {
	if n == 0 {
		switch {
		case to.Kind == ctype.Pointer:
			return b.node(Node{Kind: NodeNothing, Shape: to})
		case to.Kind == ctype.Object && to.Class != nil: // something that is not followed, and is one of these
			return b.node(Node{Kind: NodeUnknown, Shape: to})
		}
		return 0
	}
	if to.Kind == ctype.Scalar {
		if b.shape(n).Handle { // under another type it stands for the same
			to.Handle = true
			return b.node(Node{Kind: NodeCast, Base: n, Shape: to})
		}
		if b.shape(n).Kind == ctype.Pointer { // an address as a number, which leads where it led
			return b.node(Node{Kind: NodeCast, Base: n, Shape: to})
		}
		return 0
	}
	if to.Kind == ctype.Unknown {
		to = b.shape(n)
	}
	from := b.shape(n)
	if to.Kind == ctype.Object && to.Class == nil {
		to.Class = from.Class
	}
	if to.Kind == ctype.Pointer && from.Kind == ctype.Object {
		to = from // <PyObject*>x is x still
	}
	to.Returned = from.Returned
	return b.node(Node{Kind: NodeCast, Base: n, Shape: to})
}

// elements returns what a tuple or list that is spelled out here has in it.
func (b *values) elements(n int32) []int32 {
	for n := range b.flow.behind(n, nameDepth) {
		if b.flow.Nodes[n].Kind == NodeFresh {
			return b.elems[n]
		}
	}
	return nil
}

// element is what a container, pointer or view yields.
func (b *values) element(n int32) int32 {
	if n == 0 {
		return 0
	}
	switch sh := b.shape(n); sh.Kind {
	case ctype.Pointer:
		return b.deref(n)
	case ctype.Scalar:
		return 0
	case ctype.Record, ctype.Unknown:
		return b.node(Node{Kind: NodeInside, Base: n, Shape: sh.Item()})
	default:
		if of := b.elements(n); len(of) > 0 {
			return b.node(Node{Kind: NodeLocal, From: b.items(n), Shape: b.common(of)})
		}
		if b.flow.Nodes[n].Kind == NodeCall && sh.Class == nil {
			return b.item(n, anyPlace)
		}
		if sh.Shares {
			return b.row(n)
		}
		return b.contained(n)
	}
}

// deref is what a pointer points to.
func (b *values) deref(n int32) int32 {
	sh := b.shape(n)
	if sh.Axes > 1 { // a view on one row
		sh.Axes--
		return b.node(Node{Kind: NodeInside, Base: n, Shape: sh})
	}
	switch {
	case sh.Depth > 1:
	case sh.Elem == ctype.Scalar:
		return 0
	case sh.Elem == ctype.Object:
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	return b.node(Node{Kind: NodeInside, Base: n, Shape: sh.Behind()})
}

// fill notes what a container that was made here holds.
func (b *values) fill(n int32, elems []int32) {
	elems = slices.DeleteFunc(elems, func(x int32) bool { return x == 0 || b.shape(x).Kind == ctype.Scalar })
	if len(elems) == 0 {
		return
	}
	if b.elems == nil {
		b.elems = map[int32][]int32{}
	}
	b.elems[n] = elems
	b.put(n, elems...)
}

// refill notes that a container which was made here gets other elements.
func (b *values) refill(n int32) {
	for n := range b.flow.behind(n, nameDepth) {
		if b.flow.Nodes[n].Kind == NodeFresh {
			delete(b.elems, n)
			return
		}
	}
}

// maxOrigin bounds how far back origin goes: what a loop's variable is in the next round may lead round in a circle.
const maxOrigin = 256

// origin returns the object that a C value is a part of, or the value itself.
func (b *values) origin(n int32) int32 {
	for range maxOrigin {
		x := &b.flow.Nodes[n]
		switch {
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		case x.Kind == NodeCast || x.Kind == NodeInside:
			n = x.Base
		default:
			return n
		}
	}
	return n
}

// inC reports whether a value is C data or may be: no object, that is.
func (b *values) inC(n int32) bool {
	if n == 0 {
		return false
	}
	switch sh := b.shape(n); sh.Kind {
	case ctype.Pointer, ctype.Record:
		return true
	case ctype.Unknown:
		switch b.flow.Nodes[n].Kind {
		case NodeInside, NodeLocal, NodeCast, NodeCall, NodeParam:
			return sh.Class == nil
		}
	}
	return false
}

// unset reports whether a value is that of a variable before it is assigned to.
func (b *values) unset(n int32, depth int) bool {
	switch x := &b.flow.Nodes[n]; x.Kind {
	case NodeNothing:
		return true
	case NodeLocal:
		return depth > 0 && len(x.From) == 1 && b.unset(x.From[0], depth-1)
	}
	return false
}

// nameDepth bounds through how many names the value is looked for that has them.
const nameDepth = 8

// behind yields a value, and then what it is another name of, as many values as most: what is cast, and
// what a variable holds that is given one value.
func (fl *Flow) behind(n int32, most int) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for range most {
			if !yield(n) {
				return
			}
			switch x := &fl.Nodes[n]; {
			case x.Kind == NodeCast:
				n = x.Base
			case x.Kind == NodeLocal && len(x.From) == 1:
				n = x.From[0]
			default:
				return
			}
		}
	}
}
