package rules

// PXL306: a place in memory that was found to be there before a callback runs, and is used after it: "for i in range(self.n):
// self.p[i] = f(i)". The callback may call a method, in this very thread, that makes the memory smaller.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// placeBound is where a method finds that a place is there: a condition, what a loop counts up to, or a value that is made of
// what the object has.
type placeBound struct {
	at   ast.Span
	once bool // a loop's, which asks once
	of   ast.Expr
}

// places looks at what one method finds.
type places struct{ *across }

// indexes reports whether a method has a subscript of memory of the object, or gives that memory to a function.
func (a places) indexes() bool {
	memory := func(e ast.Expr) bool {
		x, ok := syntax.Bare(e).(*ast.Attribute)
		return ok && (a.attribute(x) != nil || a.container(x) != nil)
	}
	return a.name != "" && anyIn(a.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			return memory(n.X)
		case *ast.Call:
			return len(n.Args) > 1 && slices.ContainsFunc(n.Args, func(arg ast.Arg) bool { return memory(arg.X) })
		}
		return false
	})
}

// bounds looks for such places.
func (a places) bounds(calls []callback) {
	told := map[*project.Field]bool{}
	use := func(e ast.Expr, at ast.Span, bounds func(fd *project.Field) []placeBound) {
		x, ok := syntax.Bare(e).(*ast.Attribute)
		if !ok {
			return
		}
		fd := a.attribute(x)
		if fd == nil {
			fd = a.container(x)
		}
		if fd == nil || told[fd] || a.p.Types.OfField(fd).Kind == ctype.Record && nodes[project.TypeName(a.class.Mod, fd.Ctype)] || a.shrunk(fd).by == nil {
			return
		}
		found := bounds(fd)
		for _, k := range calls {
			if a.outdated(found, k.span, at) {
				told[fd] = true
				tellAcross(a.across, a.shrunk(fd), at, k, a.f.Name()+" finds the place in "+fd.Name+" of "+a.name+" before %s runs, which may call %s: that makes it smaller, and the place is used after it",
					"call first and look at the size afterwards, again in each round of a loop; the lock does not help, since the same thread may take it again")
				break
			}
		}
	}
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Subscript:
			if len(n.Index) == 1 {
				use(n.X, n.Span, func(fd *project.Field) []placeBound { return a.found(n, fd) })
			}
		case *ast.Call: // memcpy(out, self.p, n)
			for _, arg := range n.Args {
				use(arg.X, n.Span, func(*project.Field) []placeBound { return a.lengths(n) })
			}
		}
		return true
	})
}

// lengths are where the numbers come from that a call is given beside a pointer, of those that are made of what the object has.
func (a places) lengths(call *ast.Call) (out []placeBound) {
	for _, arg := range call.Args {
		x, ok := syntax.Bare(arg.X).(*ast.Name)
		if !ok || !a.r.local[x.Name] || a.r.types[x.Name].d != nil && a.r.types[x.Name].d.Pointer > 0 {
			continue
		}
		for _, v := range a.origins(x.Name, a.before(call.Pos)) {
			if v.value != nil && !v.item && v.pos < call.Pos && a.ofSelf(v.value) && a.attribute(v.value) == nil {
				out = append(out, placeBound{at: ast.Span{Pos: v.pos, End: v.value.Range().End}, of: v.value})
			}
		}
	}
	return out
}

// found are the bounds of what a subscript has as its index; of the memory itself, where that is a constant.
func (a places) found(s *ast.Subscript, fd *project.Field) (out []placeBound) {
	names := map[string]bool{}
	ast.Walk(s.Index[0], func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && a.r.local[x.Name] {
			names[x.Name] = true
			for _, v := range a.origins(x.Name, a.before(s.Pos)) {
				if v.value != nil && !v.item && v.pos < s.Pos && a.ofSelf(v.value) {
					out = append(out, placeBound{at: ast.Span{Pos: v.pos, End: v.value.Range().End}, of: v.value})
				}
			}
		}
		return true
	})
	mentions := func(e ast.Expr) bool {
		return anyIn(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				return names[n.Name]
			case *ast.Attribute:
				return len(names) == 0 && a.field(n) == fd
			}
			return false
		})
	}
	look := func(e ast.Expr, once bool) {
		if e != nil && e.Range().Pos < s.Pos && mentions(e) && !a.exclusive(e.Range().Pos, s.Pos) {
			out = append(out, placeBound{at: e.Range(), once: once, of: e})
		}
	}
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CondClause:
			look(n.Cond, false)
		case *ast.While:
			look(n.Cond, false)
		case *ast.Cond:
			look(n.If, false)
		case *ast.Simple:
			for _, e := range n.Exprs {
				if n.Keyword == "assert" {
					look(e, false)
				}
			}
		case *ast.Call: // self.check(i)
			if a.receives(n) && slices.ContainsFunc(n.Args, func(arg ast.Arg) bool { return mentions(arg.X) }) {
				look(n, false)
			}
		case *ast.For:
			if t, ok := n.Target.(*ast.Name); ok && names[t.Name] && n.Body.Contains(s.Pos) {
				if k, ok := syntax.Bare(n.Iter).(*ast.Call); n.From || ok && syntax.LastName(k.Fun) == "range" {
					out = append(out, placeBound{at: n.Iter.Range(), once: true, of: n.Iter})
				}
			}
		}
		return true
	})
	return out
}

// ofSelf reports whether an expression is made of an attribute of the object, or of what a method of it returns.
func (a places) ofSelf(e ast.Expr) bool {
	return a.name != "" && anyIn(e, func(n ast.Node) bool {
		x, ok := n.(*ast.Attribute)
		return ok && a.is(x.X) && (a.field(x) == nil || a.p.Types.OfField(a.field(x)).Kind != ctype.Object)
	})
}

// outdated reports whether a place was found to be there before a callback runs, and is used after it without another look.
func (a places) outdated(found []placeBound, call, use ast.Span) bool {
	if leaves(call, use.Pos, a.f.Def.Body) || call.Pos == call.End && a.f.Def.Body.Pos == call.Pos {
		return false
	}
	stored := a.stored(call, use)
	in := func(l ast.Span) bool { return l.Contains(call.Pos) && l.Contains(use.Pos) }
	after := stored || call.End <= use.Pos && !a.exclusive(call.Pos, use.Pos)
	again := !after && slices.ContainsFunc(a.r.loops, in)
	if !after && !again {
		return false
	}
	fresh := func(b placeBound) bool { // what it is compared with is of after the callback
		if a.ofSelf(b.of) {
			return true
		}
		return anyIn(b.of, func(n ast.Node) bool {
			x, ok := n.(*ast.Name)
			return ok && a.r.local[x.Name] && slices.ContainsFunc(a.origins(x.Name, b.at.Pos), func(v nameValue) bool {
				return v.value != nil && a.ofSelf(v.value) && v.pos > call.End
			})
		})
	}
	before := false
	for _, b := range found {
		switch {
		case after && !stored && b.at.Pos >= call.End && fresh(b):
			return false
		case again && !b.once && fresh(b) && slices.ContainsFunc(a.r.loops, func(l ast.Span) bool { return in(l) && l.Contains(b.at.Pos) }):
			return false // the next round looks again
		case b.at.Pos < call.Pos && !a.otherwise(b, call.Pos):
			before = true
		}
	}
	return before
}

// otherwise reports whether what the object has is taken only where a callback does not run: in another branch of an if, or of
// "self.n if f is None else f()". In a loop the callback may run in the next round.
func (a places) otherwise(b placeBound, call int32) bool {
	if slices.ContainsFunc(a.r.loops, func(l ast.Span) bool { return l.Contains(b.at.Pos) && l.Contains(call) }) {
		return false
	}
	if a.exclusive(b.at.Pos, call) {
		return true
	}
	for e := b.of; ; {
		x, ok := syntax.Unparen(e).(*ast.Cond)
		switch {
		case ok && x.Then.Range().Contains(call):
			if !a.ofSelf(x.Then) && !a.ofSelf(x.If) {
				return true
			}
			e = x.Then
		case ok && x.Else.Range().Contains(call):
			if !a.ofSelf(x.Else) && !a.ofSelf(x.If) {
				return true
			}
			e = x.Else
		default:
			return false
		}
	}
}

// shrunk returns a method that Python code can call and that makes what an attribute leads to smaller, or frees it.
func (a places) shrunk(fd *project.Field) *moving {
	if m, ok := a.shrinkers[fd]; ok {
		return m
	}
	m := moverOf(a.across, fd, func(g *effects.Function, last effects.Step) bool {
		if a.p.Types.OfField(fd).Kind != ctype.Pointer {
			return !grows[last.Effect.Name]
		}
		return shrinks(g, last.Func, fd.Name)
	})
	a.shrinkers[fd] = m
	return m
}

// shrinks reports whether a function that moves memory may leave less of it: it sets the pointer to NULL, or takes a size
// that it, or who can be called by anybody, is given and has not found to be larger.
func shrinks(g, f *effects.Function, name string) bool {
	given := map[string]bool{}
	for i, p := range f.Def.Params.List {
		given[syntax.ParamName(p)] = i > 0
	}
	for _, p := range g.Def.Params.List[1:] {
		given[syntax.ParamName(p)] = true
	}
	sized := func(e ast.Expr) bool {
		return anyIn(e, func(n ast.Node) bool { x, ok := n.(*ast.Name); return ok && given[x.Name] })
	}
	found, larger := false, false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Attribute); ok && x.Attr.Name == name {
					if k, ok := syntax.Bare(n.Value).(*ast.Const); ok && (k.Name == "NULL" || k.Name == "None") {
						found = true
					}
				}
				if x, ok := syntax.Unparen(t).(*ast.Name); ok && n.Value != nil && sized(n.Value) {
					given[x.Name] = true
				}
			}
		case *ast.CondClause:
			larger = larger || n.Cond != nil && sized(n.Cond) && anyIn(n.Cond, func(n ast.Node) bool { _, ok := n.(*ast.Attribute); return ok })
		case *ast.Call:
			if called := strings.ToLower(syntax.LastName(n.Fun)); strings.Contains(called, "alloc") {
				found = found || !larger && slices.ContainsFunc(n.Args, func(arg ast.Arg) bool { return sized(arg.X) })
			}
		}
		return true
	})
	return found
}
