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
	of    int32 // the class
	made  int32
}

// callsParam notes that a value is what the function gets by calling a parameter; fun is what is called.
func callsParam(b calls, value, fun int32) int32 {
	if b.flow.Nodes[value].Kind == NodeUnknown && paramBehind(b.flow, fun) >= 0 {
		if b.flow.makes == nil {
			b.flow.makes = map[int32]int32{}
		}
		b.flow.makes[value] = fun
	}
	return value
}

// paramBehind is the parameter that a value is, -1 where it may be something else: a loop may give the variable another
// value after the call.
func paramBehind(fl *Flow, n int32) int32 {
	for n := range fl.behind(n, nameDepth) {
		if x := &fl.Nodes[n]; x.Kind == NodeParam {
			return x.Num
		}
	}
	return -1
}

// madeHow is the name of the region of what a function gets by calling a parameter: its items are others.
const madeHow = "()"

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
			out = append(out, madeByParam{int32(i), n, made})
		}
	}
	return out
}

// stillClasses reports whether a value that was a class, or one of several, when it was passed has not come to be something
// else as well, by what a loop gives the variable.
func stillClasses(fl *Flow, n int32, depth int) bool {
	x := &fl.Nodes[n]
	switch {
	case n == 0 || depth == 0:
		return false
	case x.Kind == NodeCast:
		return stillClasses(fl, x.Base, depth-1)
	case x.Kind == NodeLocal:
		return !slices.ContainsFunc(x.From, func(from int32) bool { return !stillClasses(fl, from, depth-1) })
	}
	return x.Kind == NodeClass || x.Kind == NodeParam // that of a class method
}

// madeOfClass returns the object that a caller makes of the class that it passes, where a callee returns what it gets
// by calling that; 0 where the region is something else.
func (c *Call) madeOfClass(flow *Flow, g *Function, region int32) int32 {
	x := &g.Sum.Regions[region]
	if x.Root != NodeUnknown || x.Parent >= 0 || x.Name != madeHow {
		return 0
	}
	param := paramBehind(g.Flow, g.Flow.makes[x.Num])
	for _, m := range c.made {
		if m.param == param && stillClasses(flow, m.of, nameDepth) {
			return m.made
		}
	}
	return 0
}

// handsMade notes that others may get what the function made by calling a parameter: it is no new object to callers.
func handsMade(s *Solver, refs []Ref) {
	for _, r := range refs {
		x := &s.sum.Regions[r.Region]
		if x.Root == NodeUnknown && x.Parent < 0 && x.Name == madeHow {
			if s.kept == nil {
				s.kept = map[int32]bool{}
			}
			s.kept[x.Num] = true
		}
	}
}
