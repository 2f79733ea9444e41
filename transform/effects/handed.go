package effects

// Functions that are handed to another one, which calls them: what they do is done under the locks that it holds where
// it calls them, if all that it does with what it is given is to call it, or to hand it on to one that does.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// handed is a place where something that can be called is handed to a function, or is called.
type handed struct {
	param   int32 // the parameter of the function that has it; -1 for a function that stands in it
	call    int32 // the call that gets it, -1 where it is called itself
	pos     int32 // its place among the parameters of what gets it, where that is not said by name
	name    string
	history int32
}

// handingOn walks calls that are given functions.
type handingOn struct{ *builder }

// after notes what a call was given that can be called, once it has been walked; first is the number of the first call
// that it may have added.
func (b handingOn) after(e *ast.Call, first int) {
	if isPartial(e) || !b.placed.Any() || isOnce(b.m, e) {
		return
	}
	if n, ok := syntax.Unparen(e.Fun).(*ast.Name); ok {
		if i := b.param(n.Name); i >= 0 {
			b.flow.runs = append(b.flow.runs, handed{param: i, call: -1, history: b.history()})
		}
	}
	calls := b.reaching(e, first)
	for i, arg := range e.Args {
		name := arg.Name.Name
		switch x := partialOf(arg.X).(type) {
		case *ast.Lambda:
			if start := b.lambdaStarts[x]; start != 0 {
				b.begins(start, e, calls, i, name)
			}
		case *ast.Name:
			if def := b.vars[x.Name].nested; def != nil && b.starts[def] != 0 {
				b.begins(b.starts[def], e, calls, i, name)
			} else if p := b.param(x.Name); p >= 0 {
				b.flow.runs = append(b.flow.runs, b.places(e, calls, p, i, name)...)
			}
		case *ast.Attribute:
			b.method(x, e, calls, i, name)
		}
	}
}

// begins has a function that stands inside the function run where a call that gets it runs it.
func (b handingOn) begins(start int32, e *ast.Call, calls []int32, pos int, name string) {
	x := b.flow.Nodes[start]
	for _, h := range b.places(e, calls, -1, pos, name) {
		x.From = append(slices.Clone(x.From), b.place(h))
	}
	b.flow.Nodes[start] = x
}

// place is a history in which what is handed over runs.
func (b handingOn) place(h handed) int32 {
	b.flow.runs = append(b.flow.runs, h)
	return b.node(Node{Kind: NodeInCall, Base: h.history, Num: int32(len(b.flow.runs) - 1)})
}

// places are what calls do with an argument.
func (b handingOn) places(e *ast.Call, calls []int32, param int32, pos int, name string) []handed {
	if len(calls) == 0 || slices.ContainsFunc(e.Args[:pos+1], func(a ast.Arg) bool { return a.Star != 0 }) {
		return []handed{{param: param, call: int32(len(b.flow.Calls)), history: b.history()}} // nobody knows
	}
	var out []handed
	for _, c := range calls {
		at := int32(pos)
		if g := b.flow.Calls[c].Callees[0]; b.bound(e, g) {
			at++
		}
		out = append(out, handed{param: param, call: c, pos: at, name: name, history: b.flow.Calls[c].history})
	}
	return out
}

// reaching are the calls by which the flow has a call.
func (b handingOn) reaching(e *ast.Call, first int) []int32 {
	var out []int32
	for i := first; i < len(b.flow.Calls); i++ {
		c := &b.flow.Calls[i]
		if c.Span == e.Span && len(c.Callees) > 0 && c.Callees[0].Def.Name.Name == syntax.LastName(e.Fun) {
			out = append(out, int32(i))
		}
	}
	return out
}

// bound reports whether a call gives a function its first parameter by what it is called on.
func (b handingOn) bound(e *ast.Call, g *Function) bool {
	a, ok := syntax.Unparen(e.Fun).(*ast.Attribute)
	if !ok || g.Class == nil || g.Mod.PlainDecorator(g.Def, "staticmethod") {
		return false
	}
	path := syntax.Dotted(a.X)
	return path == nil || b.isLocal(path[0]) || b.m.Lookup(path) == nil
}

// method has a method that is handed over be called by what gets it.
func (b handingOn) method(x *ast.Attribute, e *ast.Call, calls []int32, pos int, name string) {
	of, ok := syntax.Unparen(x.X).(*ast.Name)
	if !ok || len(calls) == 0 || !b.isLocal(of.Name) || !PrivateName(x.Attr.Name) {
		return
	}
	c := holding(b).receiver(x.X)
	if c == nil {
		return
	}
	fs := b.members(c, x.Attr.Name, false)
	if len(fs) == 0 || !b.onlyHanded(x.Attr.Name) {
		return
	}
	self := b.expr(x.X)
	for _, h := range b.places(e, calls, -1, pos, name) {
		for _, g := range fs {
			if len(g.Def.Params.List) == 0 || g.Mod.PlainDecorator(g.Def, "staticmethod") || g.Mod.PlainDecorator(g.Def, "classmethod") {
				continue
			}
			args := make([]int32, len(g.Def.Params.List))
			args[0] = self
			b.flow.Calls = append(b.flow.Calls, Call{Span: x.Span, Callees: []*Function{g}, Args: args, under: b.under, parallel: b.parallel, handing: handing{pos: e.Span.End, loops: b.loopStarts()}, history: b.place(h)})
		}
	}
}

// onlyHanded reports whether all that the module does with a method is to call it, or to hand it to a function of its own.
func (b handingOn) onlyHanded(method string) bool {
	defs := map[string]bool{}
	for _, u := range b.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDef); ok {
				defs[f.Name.Name] = true
			}
			return true
		})
	}
	uses, known := 0, 0
	for _, u := range b.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Attribute:
				if n.Attr.Name == method {
					uses++
				}
			case *ast.Call:
				if n.Fun == nil {
					break
				}
				if a, ok := syntax.Unparen(n.Fun).(*ast.Attribute); ok && a.Attr.Name == method {
					known++
				}
				if !defs[syntax.LastName(n.Fun)] {
					break
				}
				for _, arg := range n.Args {
					if a, ok := partialOf(arg.X).(*ast.Attribute); ok && a.Attr.Name == method {
						known++
					}
				}
			}
			return true
		})
	}
	return uses == known
}

// param is the number of a parameter of the function of which nothing is done but to call it and to hand it on; -1 for
// another name.
func (b handingOn) param(name string) int32 {
	if b.f.Def.Params == nil || b.f.Def.Body == nil {
		return -1
	}
	for i, p := range b.f.Def.Params.List {
		if syntax.ParamName(p) == name && p.Kind == ast.Positional {
			only, known := b.onlyCalled[name]
			if !known {
				if b.onlyCalled == nil {
					b.onlyCalled = map[string]bool{}
				}
				only = calledOrHanded(b.f.Def.Body, name, nil)
				b.onlyCalled[name] = only
			}
			if only {
				return int32(i)
			}
		}
	}
	return -1
}

// calledOrHanded reports whether all that a body does with a name is to call it, and to hand it to what it calls; def is
// the function inside that has the name.
func calledOrHanded(body ast.Node, name string, def *ast.FuncDef) bool {
	uses, known := 0, 0
	ast.Walk(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Name == name {
				uses++
			}
		case *ast.Call:
			if n.Fun == nil {
				break
			}
			if syntax.IsNamed(n.Fun, name) {
				known++
			}
			if isPartial(n) {
				break
			}
			for _, a := range n.Args {
				if syntax.IsNamed(partialOf(a.X), name) {
					known++
				}
			}
		case *ast.FuncDef:
			if n.Name.Name == name && n != def {
				uses++
			}
			if n.Params != nil {
				for _, p := range n.Params.List {
					if syntax.ParamName(p) == name {
						uses++
					}
				}
			}
		case *ast.Simple:
			for _, id := range n.Names {
				if id.Name == name {
					uses++
				}
			}
		}
		return true
	})
	return uses == known && known > 0
}

// isPartial reports whether a call is of functools.partial.
func isPartial(e *ast.Call) bool {
	return e.Fun != nil && syntax.LastName(e.Fun) == "partial" && len(e.Args) > 0
}

// partialOf is what a call of functools.partial will call, and another expression itself.
func partialOf(e ast.Expr) ast.Expr {
	e = syntax.Unparen(e)
	if c, ok := e.(*ast.Call); ok && isPartial(c) && c.Args[0].Star == 0 {
		return syntax.Unparen(c.Args[0].X)
	}
	return e
}

// calledUnder is what a function holds wherever it calls what it is given for a parameter, itself or by those that it
// hands that to.
type calledUnder struct {
	known bool // it does nothing else with it
	locks lockSet
	frees lockSet
}

// handedLocks finds which locks are held where functions that are handed over run.
type handedLocks struct{ heldLocks }

// inCall is what is held where a call runs what it is handed; held is what is held where the call begins.
func (s handedLocks) inCall(h *handed, held lockSet) lockSet {
	if !s.knows(h) {
		return 0
	}
	c := &s.flow.Calls[h.call]
	out := everything
	for _, g := range c.Callees {
		u := h.in(g)
		frees := s.across(c, g, u.frees) | sameLocks(s).acrossValue(c, g, u.frees)
		out &= held&^s.anyWay(frees) | s.across(c, g, u.locks)
	}
	return out
}

// knows reports whether all that a call does with what it is handed is to call it.
func (s handedLocks) knows(h *handed) bool {
	return int(h.call) < len(s.flow.Calls) && !slices.ContainsFunc(s.flow.Calls[h.call].Callees, func(g *Function) bool { return !h.in(g).known })
}

// in is what a function that is handed it holds where it calls it.
func (h *handed) in(g *Function) calledUnder {
	i := int(h.pos)
	if h.name != "" {
		i = slices.IndexFunc(g.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == h.name })
	}
	if i < 0 || i >= len(g.Sum.under) || g.Suspends() {
		return calledUnder{}
	}
	return g.Sum.under[i]
}

// note notes what the function holds where it calls what it is given.
func (s handedLocks) note() {
	if len(s.flow.runs) == 0 || s.sum.lockChanges == maxChanges {
		return
	}
	under := make([]calledUnder, len(s.f.Def.Params.List))
	for i := range under {
		under[i].locks = everything
	}
	dropped := map[int32]bool{}
	for i := range s.flow.runs {
		h := &s.flow.runs[i]
		if h.param < 0 {
			continue
		}
		u := &under[h.param]
		at := s.heldAt(h.history)
		if h.call >= 0 {
			if !s.knows(h) {
				dropped[h.param] = true
				continue
			}
			at = s.inCall(h, at)
		}
		u.known = true
		u.locks &= at
		u.frees |= s.sum.frees
	}
	for i := range under {
		if dropped[int32(i)] || !under[i].known || under[i].locks == everything {
			under[i] = calledUnder{}
		}
	}
	if !slices.Equal(under, s.sum.under) {
		s.sum.under, s.grown = under, true
		s.sum.lockChanges++
	}
}
