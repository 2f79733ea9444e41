package effects

// What a function makes by calling a parameter: "cdef as_mat(cls, x): return cls(x)". Where a class is passed, that is
// a new object of it, and its constructors run; who calls the function knows which class. What is passed and is no
// class may return any object.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// madeByParam is a parameter that a function calls, and the new object that its caller makes of the class that it passes.
type madeByParam struct {
	param int32
	made  int32
}

// callsParam notes that a value is what the function gets by calling a parameter; fun is what is called.
func callsParam(b calls, value, fun int32) int32 {
	for n := range b.flow.behind(fun, nameDepth) {
		if x := &b.flow.Nodes[n]; x.Kind == NodeParam && b.flow.Nodes[value].Kind == NodeUnknown {
			if b.flow.makes == nil {
				b.flow.makes = map[int32]int32{}
			}
			b.flow.makes[value] = x.Num
		}
	}
	return value
}

// makesFor makes the objects that functions make of the classes that they are passed. What else their constructors get
// is not known.
func makesFor(b calls, fs []*Function, args []int32, span ast.Span) []madeByParam {
	var out []madeByParam
	for i, n := range args {
		if len(classesIn(b, n, nameDepth)) == 0 || !slices.ContainsFunc(fs, func(f *Function) bool {
			return f.Def.Body != nil && callsByName(f, syntax.ParamName(f.Def.Params.List[i]))
		}) {
			continue
		}
		if made, ok := constructOne(b, n, passed{b: b.builder, star: []int32{0}}, span); ok {
			out = append(out, madeByParam{int32(i), made})
		}
	}
	return out
}

// madeOfClass returns the object that a caller makes of the class that it passes, where a callee returns what it gets
// by calling that; 0 where the region is something else.
func (c *Call) madeOfClass(g *Function, region int32) int32 {
	x := &g.Sum.Regions[region]
	param, ok := g.Flow.makes[x.Num]
	if !ok || x.Root != NodeUnknown || x.Parent >= 0 {
		return 0
	}
	for _, m := range c.made {
		if m.param == param {
			return m.made
		}
	}
	return 0
}

// handsMade notes that others may get what the function made by calling a parameter: it is no new object to callers.
func handsMade(s *Solver, refs []Ref) {
	for _, r := range refs {
		x := &s.sum.Regions[r.Region]
		if x.Root != NodeUnknown || x.Parent >= 0 {
			continue
		}
		if _, ok := s.flow.makes[x.Num]; ok {
			if s.kept == nil {
				s.kept = map[int32]bool{}
			}
			s.kept[x.Num] = true
		}
	}
}
