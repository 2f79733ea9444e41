package rules

// PXL213: what members lock while they hold their object, and functions while they hold what
// their decorators name.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// look notes what a member locks while it holds its object.
func (o *ordering) look(f *effects.Function) {
	p := o.p
	if !p.prog.Member(f) || p.prog.Exempt(f) || p.prog.Constructs(f, 0) {
		return // nobody has an object that is being made
	}
	holds, does := p.prog.ModeOf(f)
	// A critical section lets go of its object while it waits.
	mine := p.locks.Of(f.Class)
	if !does || mine.Kind == decorator.CriticalSection {
		return
	}
	if mine.Kind == decorator.Mutex {
		holds = effects.Write
	}
	operands := effects.Operands(p.prog, f)
	for e := range o.takings(f) {
		if !p.locksAnother(f, e) || p.takes(f, e) && (e.Cause != effects.Takes || effects.TakesAtEntry(p.prog, f, e)) {
			continue
		}
		x := &f.Sum.Regions[e.Region]
		// What a block takes may come from anywhere, where nothing tells its origin.
		_, known := f.WayTo(e.Region)
		passed := f.Passed(e.Region) || x.Root == effects.NodeUnknown && !known && (e.Cause == effects.Takes || fromModule(f, e))
		if e.Maybe && (!passed || x.Parent >= 0 && !o.tells(e) || p.copies(f, x.Num) || effects.Anything(f, e) && !o.looksFor(f, x)) {
			continue // what is in a container that is given may be anything
		}
		a := &lockEdge{holds: holds, f: f, in: f, e: e, passed: passed}
		if way, known := f.WayTo(e.Region); known {
			a.way = &way
		} else {
			a.steps = f.StepsTo(e.Region)
		}
		o.add(a)
		o.underOperands(f, e, operands)
	}
	for _, g := range effects.HelpersOf(p.prog, f) {
		for i := range g.Sum.Effects {
			// What is reached by a path is among the effects of f itself.
			if e := &g.Sum.Effects[i]; g.Sum.Regions[e.Region].Root == effects.NodeUnknown && !e.Maybe && p.locksAnother(g, e) {
				if way, known := g.WayTo(e.Region); known {
					o.add(&lockEdge{holds: holds, f: f, in: g, e: e, way: &way})
				}
			}
		}
	}
}

// underOperands notes what a member locks, in what it calls, while it holds other parameters from its entry on,
// where these have a lock of another class than its own object and than what is locked.
func (o *ordering) underOperands(f *effects.Function, e *effects.Effect, operands []effects.BlockLock) {
	p := o.p
	if e.Maybe || e.Via == nil {
		return // what blocks take, underBlocks notes
	}
	x := &f.Sum.Regions[e.Region]
	for _, h := range operands {
		c := h.OfClass()
		lock := p.locks.Shared(c)
		if !p.prog.Guards(c) || p.locks.Of(c).Kind == decorator.CriticalSection || lock == p.locks.Shared(f.Class) {
			continue
		}
		if x.Root == effects.NodeParam && int(x.Num) == h.Param {
			continue // its own part: what its own members do tells
		}
		one := lock == p.locks.Shared(e.Class)
		if one && (e.Held || !effects.OfOwn(f, e.Region) || effects.Sole(p.prog, x.Owner, x.Name)) {
			continue // a block has taken it before, it may be the operand itself, or nobody can pass it
		}
		// Of one lock, callers choose both objects: the one, and what leads to the other.
		o.add(&lockEdge{holds: h.Mode, f: f, in: f, e: e, held: operand(f, &h, c), passed: one})
	}
}

// operand is what a function holds of a parameter from its entry on.
func operand(f *effects.Function, l *effects.BlockLock, c *project.Class) *heldObject {
	return &heldObject{class: c, text: strings.Repeat("*", int(l.Arg.Star)) + f.Def.Params.List[l.Param].Name.Name}
}

// takings yields the effects of a function, and what it locks in what no_lock exempts.
func (o *ordering) takings(f *effects.Function) func(yield func(*effects.Effect) bool) {
	return func(yield func(*effects.Effect) bool) {
		for i := range f.Sum.Effects {
			if !yield(&f.Sum.Effects[i]) {
				return
			}
		}
		for _, e := range effects.Exempted(o.p.prog, f) {
			if !yield(&e) {
				return
			}
		}
	}
}

// fromModule reports whether a method is called on an item of a container that is a variable of the
// module, where anybody finds it: what calls return is new for the most part.
func fromModule(f *effects.Function, e *effects.Effect) bool {
	on := effects.Receiver(f, e.Span)
	if on == nil {
		return false
	}
	name, isName := syntax.Bare(on).(*ast.Name)
	if !isName {
		return itemOfModule(f, on)
	}
	found, others := false, false
	value := func(e ast.Expr) {
		if e != nil && !syntax.IsNothing(e) {
			found = found || itemOfModule(f, e)
			others = others || !itemOfModule(f, e)
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if len(n.Targets) == 1 && syntax.IsNamed(n.Targets[0], name.Name) {
				value(n.Value)
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if syntax.DeclaredName(d).Name == name.Name {
					value(d.Default)
				}
			}
		}
		return true
	})
	return found && !others
}

// itemOfModule reports whether an expression is an item of a variable of the module: "table[key]".
func itemOfModule(f *effects.Function, e ast.Expr) bool {
	sub, ok := syntax.Bare(e).(*ast.Subscript)
	if !ok {
		return false
	}
	name, ok := syntax.Bare(sub.X).(*ast.Name)
	if !ok || plan.Local(f.Def, name.Name) {
		return false
	}
	return !slices.ContainsFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name.Name })
}

// telling reports whether a name tells of what kind an object is that has a member of it: no two
// classes of the project have one that have no base in common.
func (o *ordering) telling(name string) bool {
	if out, ok := o.told[name]; ok {
		return out
	}
	var root *project.Class
	out := !o.index.python[name]
	for _, c := range o.index.having[name] {
		own := o.p.prog.Own(c)
		if len(own.Plain[name])+len(own.Props[name]) == 0 && (c.Field(name) == nil || c.Field(name).Vis == ast.Private) {
			continue
		}
		line := c.Ancestry()
		out = out && (root == nil || root == line[len(line)-1])
		root = line[len(line)-1]
	}
	if o.told == nil {
		o.told = map[string]bool{}
	}
	o.told[name] = out
	return out
}

// looksFor reports whether a function asks of a parameter whether it is an object with the lock of its own.
func (o *ordering) looksFor(f *effects.Function, x *effects.Region) bool {
	if x.Root != effects.NodeParam || x.Parent >= 0 {
		return false
	}
	name := f.Def.Params.List[x.Num].Name.Name
	mine := func(paths [][]string) bool {
		return slices.ContainsFunc(paths, func(path []string) bool {
			c := f.Mod.Lookup(path)
			return c != nil && o.p.prog.Guards(c) && o.p.locks.Shared(c) == o.p.locks.Shared(f.Class)
		})
	}
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			found = found || n.Fun != nil && syntax.IsNamed(n.Fun, "isinstance") && len(n.Args) == 2 && syntax.IsNamed(n.Args[0].X, name) && mine(classNames(n.Args[1].X))
		case *ast.Compare: // type(x) is C
			if c, ok := syntax.Unparen(n.Xs[0]).(*ast.Call); ok && c.Fun != nil && syntax.IsNamed(c.Fun, "type") && len(c.Args) == 1 && syntax.IsNamed(c.Args[0].X, name) {
				found = found || len(n.Xs) == 2 && mine(classNames(n.Xs[1]))
			}
		}
		return !found
	})
	return found
}

// tells reports whether an object is used by the name of a member that tells of what class it is.
func (o *ordering) tells(e *effects.Effect) bool {
	return e.Cause == effects.MayCall && !effects.Common(e.Name) && !strings.HasPrefix(e.Name, "__") && o.telling(e.Name)
}

// underDecorators notes what a function locks while it holds what its decorators name: parameters, where
// it is no member, and objects that attributes lead to.
func (o *ordering) underDecorators(f *effects.Function) {
	p := o.p
	held := byPaths(o, f)
	if !p.prog.Member(f) {
		held = append(parameters(o, f), held...)
	}
	for _, h := range held {
		for e := range o.takings(f) {
			if e.Raw || e.Maybe || e.Via == nil && e.Cause != effects.Takes || f.Sum.Regions[e.Region].Root == effects.NodeFresh || e.Kind == effects.OnPython || !p.prog.Guards(e.Class) || p.prog.Holds(f, e) || p.nobodyElses(f, e) {
				continue
			}
			one := p.locks.Shared(h.class) == p.locks.Shared(e.Class)
			if one && !exchanged(o, f, h, e) || !one && h.items {
				continue
			}
			o.add(&lockEdge{holds: h.mode, f: f, in: f, e: e, held: &heldObject{class: h.class, text: h.text}, passed: one})
		}
	}
}

// namedObject is what a function holds from its entry on, by its decorators.
type namedObject struct {
	class *project.Class
	mode  effects.Mode
	text  string // as a decorator names it
	param int    // the parameter that it is, or from which attributes lead to it
	path  bool   // whether attributes lead to it, or it is in a container
	items bool   // whether it is in one: as which class tells, among several, too little for a longer circle
}

// parameters are those that the decorators of a function, which is no member, name. That it calls what it is given
// while it holds one is noted.
func parameters(o *ordering, f *effects.Function) []namedObject {
	p := o.p
	var out []namedObject
	for d, md := range locksAtEntry(p.prog, f) {
		for i, param := range f.Def.Params.List {
			if i >= len(f.Flow.Params) || !locksParam(d, i, param.Name.Name) {
				continue
			}
			c := f.Flow.Nodes[f.Flow.Params[i]].Shape.Class
			if !p.prog.Guards(c) || p.locks.Of(c).Kind == decorator.CriticalSection {
				continue
			}
			for _, u := range f.Loose() {
				if u.Name == "__call__" && u.Way == nil && u.Param >= 0 && int(u.Param) != i && !effects.MakesObjects(f, u.Param) {
					e := &effects.Effect{Region: -1, Class: c, Mode: untyped{o}.strongest(c), Cause: effects.CallsUnknown, Span: u.Effect.Span}
					o.add(&lockEdge{holds: md, f: f, in: f, e: e, held: &heldObject{class: c, text: param.Name.Name}, passed: true, guessed: true, far: true})
				}
			}
			out = append(out, namedObject{class: c, mode: md, text: param.Name.Name, param: i})
		}
	}
	return out
}

// byPaths are the objects that the decorators of a function name by attributes that lead to them, "self.record", and by
// the containers that they are in, "*records", where the function uses them as objects of a class.
func byPaths(o *ordering, f *effects.Function) []namedObject {
	p := o.p
	var out []namedObject
	for d, md := range locksAtEntry(p.prog, f) {
		for _, path := range slices.Sorted(maps.Keys(d.Spoken())) {
			if name := strings.TrimLeft(path, "*"); name != path {
				out = append(out, itemsAtEntry(o, f, name, path, md)...)
				continue
			}
			names := strings.Split(path, ".")
			if len(names) == 1 {
				continue
			}
			i := slices.IndexFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == names[0] })
			h := namedObject{class: classBehind(f, names), mode: md, text: path, param: i, path: true}
			if h.class != nil && p.prog.Guards(h.class) && p.locks.Of(h.class).Kind != decorator.CriticalSection {
				out = append(out, h)
			}
		}
	}
	return out
}

// itemsAtEntry are the items of a parameter that a decorator locks, one for each class that the function uses them as.
func itemsAtEntry(o *ordering, f *effects.Function, name, text string, md effects.Mode) []namedObject {
	var out []namedObject
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		num, ok := effects.Items(f, e.Region)
		if !ok || e.Maybe || f.Def.Params.List[num].Name.Name != name || f.Def.Params.List[num].Kind != ast.Positional || e.Kind == effects.OnPython || !o.p.prog.Guards(e.Class) || o.p.locks.Of(e.Class).Kind == decorator.CriticalSection {
			continue
		}
		if !slices.ContainsFunc(out, func(h namedObject) bool { return h.class == e.Class }) {
			out = append(out, namedObject{class: e.Class, mode: md, text: text, param: num, path: true, items: true})
		}
	}
	return out
}

// exchanged reports whether callers can have a function hold what it locks otherwise, and lock what it holds,
// where both have one lock: they choose both.
func exchanged(o *ordering, f *effects.Function, h namedObject, e *effects.Effect) bool {
	if !h.path {
		return f.Passed(e.Region)
	}
	what := &f.Sum.Regions[e.Region]
	if e.Held || what.Root == effects.NodeParam && int(what.Num) == h.param {
		return false // a block has it, or both are parts of one
	}
	_, path, _ := strings.Cut(h.text, ".")
	if _, other, ok := strings.Cut(effects.PathOf(f, e.Region), "."); ok && other == path {
		return true // of two objects that callers exchange
	}
	return f.Passed(e.Region) || what.Root == effects.NodeParam && !(what.Parent >= 0 && effects.Sole(o.p.prog, what.Owner, what.Name))
}

// locksParam reports whether a decorator locks a parameter by its name.
func locksParam(d decorator.Lock, i int, name string) bool {
	if len(d.Args()) == 0 {
		return i == 0
	}
	return d.Spoken()[name]
}

// locksAnother reports whether an effect comes about in a function that locks the object,
// which is another than that of f.
func (p *Checker) locksAnother(f *effects.Function, e *effects.Effect) bool {
	return !e.Raw && (e.Via != nil || e.Cause == effects.Takes || e.Cause == effects.MayCall) && e.Kind != effects.OnPython && p.prog.Guards(e.Class) && !effects.OnSelf(f, e)
}

// takes reports whether a member locks what an effect is on at its entry, together with its
// own object.
func (p *Checker) takes(f *effects.Function, e *effects.Effect) bool {
	if !p.prog.Holds(f, e) {
		return false
	}
	x := &f.Sum.Regions[e.Region]
	if x.Parent >= 0 || slices.ContainsFunc(p.prog.OwnLocks(f).Decs, func(d decorator.Lock) bool { return len(d.Args()) > 0 }) {
		return true // by its name
	}
	if p.locks.Of(f.Class).Kind != decorator.RWLock && !p.prog.StanceOn(f, int(x.Num), true).Touches {
		return false // a mutex would be taken twice
	}
	return f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Class != nil ||
		slices.ContainsFunc(p.locks.VisibleFrom(f.Mod, f.Unit), func(v decorator.Visible) bool { return slices.Contains(e.Class.Ancestry(), v.Class) })
}

// copies reports whether a decorator names the items of a parameter, which is looked at
// before anything is locked then.
func (p *Checker) copies(f *effects.Function, num int32) bool {
	star := "*" + f.Def.Params.List[num].Name.Name
	return slices.ContainsFunc(p.prog.OwnLocks(f).Decs, func(d decorator.Lock) bool {
		return d.Spoken()[star]
	})
}
