package rules

// PXL213: whether anything in sight bears out that what is called, and may be anything, comes to lock an object: somebody
// hands over a method of one, or a function that uses a member of one.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// onlyCalled reports whether a circle rests on what is called, and nobody in sight hands over what would close it.
func (o *ordering) onlyCalled(path []*lockEdge) bool {
	return slices.ContainsFunc(path, func(e *lockEdge) bool {
		if e.e.Cause != effects.CallsUnknown || e.way == nil && !e.passed || e.globals != [2]string{} {
			return false
		}
		if o.given == nil {
			o.given = handedIn(o.mods, o.all)
		}
		h := &handover{o: o, lock: e.to, asked: map[string]bool{}}
		if e.way == nil {
			return !h.by(e.f) && !h.by(e.in)
		}
		o.asked()
		return !slices.ContainsFunc(o.settings[e.way.Name], func(st effects.Setting) bool { return st.By != nil && h.by(st.By) }) &&
			!slices.ContainsFunc(o.given.stores[e.way.Name], h.locks)
	})
}

// handedOver are what calls are given, by the names of what is called, what attributes are set to, by theirs, and
// functions by theirs.
type handedOver struct {
	calls, stores map[string][]handed
	functions     map[string][]*effects.Function
}

// handed is something that is handed over in a function; in is nil where that is none.
type handed struct {
	x  ast.Expr
	in *ast.FuncDef
}

func handedIn(mods []*project.Module, all []*effects.Function) *handedOver {
	out := &handedOver{map[string][]handed{}, map[string][]handed{}, map[string][]*effects.Function{}}
	for _, f := range all {
		out.functions[f.Def.Name.Name] = append(out.functions[f.Def.Name.Name], f)
	}
	for _, m := range mods {
		for _, u := range m.Units {
			out.walk(u.File, nil)
		}
	}
	return out
}

func (h *handedOver) walk(node ast.Node, in *ast.FuncDef) {
	ast.Walk(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			if n != node {
				h.walk(n, n)
				return false
			}
		case *ast.Call:
			if name := lastName(n.Fun); name != "" {
				for _, a := range n.Args {
					h.calls[name] = append(h.calls[name], handed{a.X, in})
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Attribute); ok && n.Value != nil {
					h.stores[x.Attr.Name] = append(h.stores[x.Attr.Name], handed{n.Value, in})
				}
			}
		}
		return true
	})
}

// lastName is the name of a function or method that is called, "" where it has none.
func lastName(fun ast.Expr) string {
	switch x := syntax.Unparen(fun).(type) {
	case *ast.Name:
		return x.Name
	case *ast.Attribute:
		return x.Attr.Name
	}
	return ""
}

// handover asks what may lock an object with a lock.
type handover struct {
	o     *ordering
	lock  *project.Class
	asked map[string]bool // what has been, and the answer was no
}

// by reports whether a call in sight hands a function such a thing.
func (h *handover) by(f *effects.Function) bool {
	names := []string{f.Def.Name.Name}
	if f.Class != nil && library.Construction()[names[0]] {
		for _, m := range h.o.mods {
			for _, c := range m.Classes {
				if slices.Contains(c.Ancestry(), f.Class) {
					names = append(names, c.Name)
				}
			}
		}
	}
	return slices.ContainsFunc(names, h.named)
}

func (h *handover) named(name string) bool {
	if h.asked[name] {
		return false
	}
	h.asked[name] = true
	return slices.ContainsFunc(h.o.given.calls[name], h.locks)
}

// locks reports whether something that is handed over may lock one.
func (h *handover) locks(x handed) bool {
	further := map[ast.Expr]bool{} // of what something is used
	found := false
	ast.Walk(x.x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			further[n.X] = true
			found = found || n.Access == ast.Read && !further[n] && (h.member(n.Attr.Name, false) || h.runs(n.Attr.Name, true))
		case *ast.Subscript:
			further[n.X] = true
		case *ast.Name:
			found = found || n.Access == ast.Read && !further[n] && h.variable(n.Name, x.in)
		case *ast.Str:
			found = found || h.member(n.Value, true) // methodcaller("step"), getattr(o, "step")
		case *ast.Lambda:
			found = found || h.uses(n)
		}
		return !found
	})
	return found
}

// variable reports whether what a name stands for in a function may lock one.
func (h *handover) variable(name string, in *ast.FuncDef) bool {
	if in == nil {
		return h.runs(name, false)
	}
	if slices.ContainsFunc(in.Params.List, func(p *ast.Param) bool { return p.Name.Name == name }) {
		return h.named(in.Name.Name) // it hands on what it is given
	}
	found := false
	if key := in.Name.Name + " " + name; !h.asked[key] {
		h.asked[key] = true
		syntax.Given(in.Body, func(to string, value ast.Expr) { found = found || to == name && h.locks(handed{value, in}) })
	}
	ast.Walk(in.Body, func(n ast.Node) bool {
		def, ok := n.(*ast.FuncDef)
		found = found || ok && def.Name.Name == name && h.uses(def.Body)
		return !found
	})
	return found || h.runs(name, false)
}

// runs reports whether a function, or a method, of a name uses a member of one.
func (h *handover) runs(name string, method bool) bool {
	key := "runs " + name
	if h.asked[key] {
		return false
	}
	h.asked[key] = true
	return slices.ContainsFunc(h.o.given.functions[name], func(f *effects.Function) bool {
		return f.Accessor == effects.Plain && f.Exposed() && method == (f.Class != nil || f.PyClass != "") && h.uses(f.Def.Body)
	})
}

// uses reports whether a member of one is used somewhere.
func (h *handover) uses(in ast.Node) bool {
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		x, ok := n.(*ast.Attribute)
		found = found || ok && h.member(x.Attr.Name, true)
		return !found
	})
	return found
}

// member reports whether classes with the lock have a member of a name that takes it. Where that is all there is to go by,
// others may not have it.
func (h *handover) member(name string, alone bool) bool {
	if name == "" || effects.Common(name) || alone && !h.o.telling(name) {
		return false
	}
	return slices.ContainsFunc(h.o.index.having[name], func(c *project.Class) bool {
		if h.o.p.locks.Of(c) == nil || h.o.p.locks.Shared(c) != h.lock {
			return false
		}
		own := h.o.p.prog.Own(c)
		return len(own.Plain[name]) > 0 && own.Plain[name][0].Exposed() || alone && len(own.Props[name]) > 0
	})
}
