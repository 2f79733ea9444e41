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
			o.given = handedIn(o.p.prog, o.mods, o.all)
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
	p             *effects.Program
	calls, stores map[string][]handed
	functions     map[string][]*effects.Function
	// makes are the names of a class and of its subclasses.
	makes map[*project.Class][]string
	// put is what containers are given; holding tells by locks whether a method is among that which takes one.
	put     []handed
	holding map[*project.Class]bool
	// typed are the classes that variables are declared to be of.
	typed map[variableIn][]*project.Class
}

// variableIn is a variable of some function of a module.
type variableIn struct {
	m    *project.Module
	name string
}

// handed is something that is handed over in a function; in is nil where that is none.
type handed struct {
	x  ast.Expr
	in *ast.FuncDef
	m  *project.Module
}

func handedIn(p *effects.Program, mods []*project.Module, all []*effects.Function) *handedOver {
	out := &handedOver{p, map[string][]handed{}, map[string][]handed{}, map[string][]*effects.Function{}, map[*project.Class][]string{}, nil, map[*project.Class]bool{}, map[variableIn][]*project.Class{}}
	for _, f := range all {
		out.functions[f.Def.Name.Name] = append(out.functions[f.Def.Name.Name], f)
	}
	for _, m := range mods {
		for _, c := range m.Classes {
			for _, k := range c.Ancestry() {
				out.makes[k] = append(out.makes[k], c.Name)
			}
		}
		for _, u := range m.Units {
			out.walk(m, u.File, nil)
		}
	}
	return out
}

func (h *handedOver) walk(m *project.Module, node ast.Node, in *ast.FuncDef) {
	ast.Walk(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			if n != node {
				h.walk(m, n, n)
				return false
			}
			for _, p := range n.Params.List {
				h.declared(m, syntax.ParamName(p), p.Type, p.Declarator)
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				h.declared(m, syntax.DeclaredName(d).Name, n.Type, d)
			}
		case *ast.Call:
			if name := lastName(n.Fun); name != "" {
				for _, a := range n.Args {
					h.calls[name] = append(h.calls[name], handed{a.X, in, m})
					if changesContainer(name) {
						h.put = append(h.put, handed{a.X, in, m})
					}
				}
			}
		case *ast.Collection:
			for _, x := range n.Elems {
				h.put = append(h.put, handed{x, in, m})
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := syntax.Unparen(t).(*ast.Subscript); ok && x.Access == ast.Write && n.Value != nil {
					h.put = append(h.put, handed{n.Value, in, m})
				}
				if x, ok := syntax.Unparen(t).(*ast.Attribute); ok && n.Value != nil {
					h.stores[x.Attr.Name] = append(h.stores[x.Attr.Name], handed{n.Value, in, m})
				}
			}
		}
		return true
	})
}

// declared notes of what class a variable is.
func (h *handedOver) declared(m *project.Module, name string, t *ast.CType, d *ast.Declarator) {
	if t == nil {
		return
	}
	if c := h.p.Types.Of(m, t, d).Class; c != nil {
		at := variableIn{m, name}
		h.typed[at] = append(h.typed[at], c)
	}
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
	seen  int
}

// maxHanded bounds how many things that are handed over are looked at for one lock: where there are more, one may lock it.
const maxHanded = 1000

// by reports whether a call in sight hands a function such a thing.
func (h *handover) by(f *effects.Function) bool {
	if h.seen++; h.seen > maxHanded {
		return true
	}
	return h.named(f.Def.Name.Name) || f.Class != nil && library.Construction()[f.Def.Name.Name] && slices.ContainsFunc(h.o.given.makes[f.Class], h.named)
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
	if h.seen++; h.seen > maxHanded {
		return true
	}
	further := map[ast.Expr]bool{} // of what something is used
	found := false
	ast.Walk(x.x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			if further[n.X] = true; n.Access == ast.Read && !further[n] {
				found = found || h.attribute(n.Attr.Name)
			}
		case *ast.Subscript:
			if further[n.X] = true; n.Access == ast.Read && !further[n] {
				found = found || h.anything()
			}
		case *ast.Name:
			found = found || n.Access == ast.Read && !further[n] && h.variable(n.Name, x)
		case *ast.Call: // of a factory, or of a class whose objects are called
			if fun, ok := n.Fun.(*ast.Name); ok {
				found = found || h.runs(fun.Name, false)
			}
			found = found || h.objects(lastName(n.Fun))
		case *ast.Str:
			found = found || h.member(n.Value, true) // methodcaller("step"), getattr(o, "step")
		case *ast.Lambda:
			found = found || h.uses(n, x.m)
		}
		return !found
	})
	return found
}

// attribute reports whether an attribute of a name is a method that locks one, or has one.
func (h *handover) attribute(name string) bool {
	if name == "__call__" {
		return slices.ContainsFunc(h.o.given.functions[name], func(f *effects.Function) bool { return f.Class != nil && h.has(f.Class) })
	}
	return h.member(name, false) || h.runs(name, true) || slices.ContainsFunc(h.o.given.stores[name], h.isMethod)
}

// isMethod reports whether something is a method that locks one.
func (h *handover) isMethod(x handed) bool {
	at, ok := syntax.Bare(x.x).(*ast.Attribute)
	return ok && at.Access == ast.Read && h.member(at.Attr.Name, false)
}

// anything reports whether containers are given methods that lock one.
func (h *handover) anything() bool {
	out, known := h.o.given.holding[h.lock]
	if !known {
		out = slices.ContainsFunc(h.o.given.put, h.isMethod)
		h.o.given.holding[h.lock] = out
	}
	return out
}

// objects reports whether the objects of a class of a name lock one when they are called.
func (h *handover) objects(class string) bool {
	return slices.ContainsFunc(h.o.given.functions["__call__"], func(f *effects.Function) bool {
		return (f.PyClass == class || f.Class != nil && f.Class.Name == class) && (f.Class != nil && h.has(f.Class) || h.uses(f.Def.Body, f.Mod))
	})
}

// variable reports whether what a name stands for, where something is handed over, may lock one.
func (h *handover) variable(name string, x handed) bool {
	if h.isOne(name, x.m) || h.runs(name, false) {
		return true
	}
	if x.in == nil {
		return false
	}
	if slices.ContainsFunc(x.in.Params.List, func(p *ast.Param) bool { return p.Name.Name == name }) {
		return h.named(x.in.Name.Name) || h.own(name, x.in) // it hands on what it is given
	}
	found, given := false, false
	if key := x.in.Name.Name + " " + name; !h.asked[key] {
		h.asked[key] = true
		syntax.Given(x.in.Body, func(to string, value ast.Expr) {
			if to == name {
				given = true
				found = found || h.locks(handed{value, x.in, x.m})
			}
		})
		if !given && !found && syntax.Assigns(x.in.Body, name) {
			found = h.anything() // a loop finds it
		}
	}
	ast.Walk(x.in.Body, func(n ast.Node) bool {
		def, ok := n.(*ast.FuncDef)
		found = found || ok && def.Name.Name == name && h.uses(def.Body, x.m)
		return !found
	})
	return found
}

// own reports whether a name is that of a method's object, which locks one when it is called.
func (h *handover) own(name string, in *ast.FuncDef) bool {
	return name == syntax.ParamName(in.Params.List[0]) && slices.ContainsFunc(h.o.given.functions[in.Name.Name], func(f *effects.Function) bool {
		return f.Def == in && (f.PyClass != "" && h.objects(f.PyClass) || f.Class != nil && h.objects(f.Class.Name))
	})
}

// isOne reports whether a variable is declared to be of a class with the lock.
func (h *handover) isOne(name string, m *project.Module) bool {
	return slices.ContainsFunc(h.o.given.typed[variableIn{m, name}], h.has)
}

// has reports whether objects of a class have the lock.
func (h *handover) has(c *project.Class) bool {
	return h.o.p.locks.Of(c) != nil && h.o.p.locks.Shared(c) == h.lock
}

// runs reports whether a function, or a method, of a name locks one, or uses a member of one.
func (h *handover) runs(name string, method bool) bool {
	key := "runs " + name
	if method {
		key = "runs ." + name
	}
	if h.asked[key] {
		return false
	}
	h.asked[key] = true
	return slices.ContainsFunc(h.o.given.functions[name], func(f *effects.Function) bool {
		if f.Accessor != effects.Plain || method != (f.Class != nil || f.PyClass != "") {
			return false
		}
		return !method && h.touches(f) || f.Exposed() && h.uses(f.Def.Body, f.Mod)
	})
}

// touches reports whether a function does something to one that it is given, or finds.
func (h *handover) touches(f *effects.Function) bool {
	return slices.ContainsFunc(f.Sum.Effects, func(e effects.Effect) bool {
		return e.Class != nil && h.has(e.Class) && f.Sum.Regions[e.Region].Root != effects.NodeFresh
	})
}

// uses reports whether one, or a member of one, is used somewhere, or in a function that is called there.
func (h *handover) uses(in ast.Node, m *project.Module) bool {
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			found = found || h.member(n.Attr.Name, true)
		case *ast.Name:
			found = found || h.isOne(n.Name, m)
		case *ast.Call:
			if fun, ok := n.Fun.(*ast.Name); ok {
				found = found || h.runs(fun.Name, false)
			}
		}
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
		if !h.has(c) {
			return false
		}
		own := h.o.p.prog.Own(c)
		return len(own.Plain[name]) > 0 && own.Plain[name][0].Exposed() || alone && len(own.Props[name]) > 0
	})
}
