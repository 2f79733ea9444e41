package effects

// Attributes in which an object has nothing but itself, or None: self.compiled = self.compiler.compile(self), where compile
// returns what it was given. Its lock is that of the object.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// holdsItself reports whether all that sets an attribute, at least one of which is there, gives it the object whose attribute it
// is, or None. That is asked of what functions do as far as it is followed: C code has no such attribute, and Python code does not see it.
func holdsItself(p *Program, at attribute) bool {
	k := at.class.FieldByName[at.name].Class()
	if k == nil || !project.Related(k, at.class) {
		return false
	}
	some := false
	for _, m := range naming(p, at) {
		if m.Broken() || len(p.places.Get(m).paths) > 0 && slices.ContainsFunc(p.places.Get(m).paths, func(f *Function) bool { return namesInLock(p, f, at) }) {
			return false
		}
		for _, f := range p.Funcs(m).All {
			fl := p.FlowOf(f)
			for i := range fl.Stores {
				st := &fl.Stores[i]
				if st.Name != at.name || st.Nothing {
					continue
				}
				if c := fl.Nodes[st.Into].Shape.Class; c != nil && !project.Related(c, at.class) {
					continue
				}
				if !isObject(p, f, st.Value, st.Into, sameDepth) {
					return false
				}
				some = true
			}
		}
	}
	return some
}

// sameDepth bounds through how many calls an object is followed.
const sameDepth = 4

// isObject reports whether a value is an object that a function knows by another one, a parameter of its class, also where C
// functions hand it back that return nothing else. Other values stand for several objects: "some item", one made in a loop.
func isObject(p *Program, f *Function, n, object int32, depth int) bool {
	fl := f.Flow
	if n == 0 || object == 0 || depth == 0 || fl.enters {
		return false
	}
	n, object = onlySource(fl, n), onlySource(fl, object)
	if to := &fl.Nodes[object]; to.Kind != NodeParam || to.Shape.Class == nil {
		return false
	}
	if n == object {
		return true
	}
	x := &fl.Nodes[n]
	if x.Kind != NodeCall || x.Num < 0 || int(x.Num) >= len(fl.Calls) {
		return false
	}
	call := &fl.Calls[x.Num]
	return len(call.Callees) > 0 && !slices.ContainsFunc(call.Callees, func(g *Function) bool {
		gl := p.FlowOf(g)
		return g.Exposed() || gl.enters || len(gl.Returns) == 0 || slices.ContainsFunc(gl.Returns, func(r int32) bool {
			to := &gl.Nodes[onlySource(gl, r)]
			return to.Kind != NodeParam || to.Shape.Class == nil || int(to.Num) >= len(call.Args) || !isObject(p, f, call.Args[to.Num], object, depth-1)
		})
	})
}

// onlySource is what a value is in each case, also after loops; 0 where that may be one of several.
func onlySource(fl *Flow, n int32) int32 {
	out := int32(0)
	seen := map[int32]bool{}
	for list := []int32{n}; len(list) > 0; {
		n := fl.source(list[len(list)-1])
		list = list[:len(list)-1]
		switch x := &fl.Nodes[n]; {
		case seen[n]:
			continue
		case x.Kind == NodeLocal && len(x.From) > 0 && !x.filled && !x.captured:
			list = append(list, x.From...)
		case n == 0 || out != 0 && out != n:
			return 0
		default:
			out = n
		}
		seen[n] = true
	}
	return out
}

// entersAs gives a target of a with statement what is entered, or what its __enter__ returns.
func entersAs(b *builder, target ast.Expr, as int32) {
	b.flow.enters = true
	b.target(target, as, false)
}
