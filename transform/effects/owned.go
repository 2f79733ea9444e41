package effects

// Attributes whose objects only one object leads to: it has them made, and hands them to nobody. What
// guards it guards them, as in RacerD's ownership (Blackshear et al., OOPSLA 2018), so that what is done to
// them is done to its state.
//
// That is asked of all places in sight at which the attribute's name stands, whatever object it is there an
// attribute of. Each has to be one of those that let no reference out: the attribute gets a new object, or
// none; a C attribute or a method of the object is used; it is compared with None; a variable or a C function
// has it that does no more than that. What is not known to be one of these ends ownership.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// attribute is an attribute by the class that declares it.
type attribute struct {
	class *project.Class
	name  string
}

// owns reports whether the object in an attribute of c is one that only the object of c leads to, and whose own
// lock does not guard all that is done to it.
func owns(p *Program, c *project.Class, name string) bool {
	if c == nil || !p.Guards(c) {
		return false
	}
	d := c.Declarer(name)
	if d == nil {
		return false
	}
	k := d.FieldByName[name].Class()
	switch lock, own := p.Locks.Of(c), p.Locks.Of(k); {
	case lock == nil && own != nil:
		return false // its own lock is the one that there is
	case lock == nil && hasLock(p, k):
		return false // who made the class says by that lock that several threads have its objects
	case own != nil && own.Guard != "" && (lock == nil || lock.Guard == "" || lockOf(p, c) != lockOf(p, k)):
		return false // its lock is that of an object which others lead to
	case lock != nil && own != nil && lock.Kind == decorator.CriticalSection && own.Kind != decorator.CriticalSection:
		return false // its own lock is held where the owner's is suspended
	}
	of := p.owned.Get(attribute{d, name})
	return of == owned || of == itself
}

// ownedFor is what a solver knows of an attribute.
type ownedFor struct {
	owns    bool
	differs bool // whether it would be another under Assume
}

// ownsFor is owns for a solver, which asks the same of each use of an attribute; no lock changes meanwhile.
func ownsFor(s *Solver, c *project.Class, name string) bool {
	at := attribute{c, name}
	is, known := s.owning[at]
	if !known {
		q := *s.p
		if q.differs = nil; s.p.differs != nil {
			q.differs = &differing{}
		}
		is.owns = owns(&q, c, name)
		is.differs = q.differs != nil && q.differs.in != inNothing
		s.owning = with(s.owning, at, is)
	}
	if is.differs {
		differ(s.p)
	}
	return is.owns
}

// Owns reports whether what is done to the object in an attribute of c is done to the object of c.
func Owns(p *Program, c *project.Class, name string) bool { return owns(p, c, name) }

// Sole reports whether nothing but the object of c leads to the object in one of its attributes, whatever lock guards that.
func Sole(p *Program, c *project.Class, name string) bool {
	if c == nil {
		return false
	}
	d := c.Declarer(name)
	if d == nil {
		return false
	}
	lock := p.Locks.Of(d.FieldByName[name].Class())
	of := p.owned.Get(attribute{d, name})
	return (lock == nil || lock.Guard == "") && (of == sole || of == owned)
}

// ownership is what an attribute has of its object.
type ownership uint8

const (
	shared ownership = iota // others may lead to it
	sole                    // nothing else does, and it takes its own lock for all that is done to it
	owned                   // nothing else does
	itself                  // it is the object whose attribute it is, see itself.go
)

// findOwned decides whether an attribute owns its object.
func findOwned(p *Program, at attribute) ownership {
	c, fd := at.class, at.class.FieldByName[at.name]
	k := fd.Class()
	if fd.Vis != ast.Private || fd.Conditional || k == nil || k.Def == nil || !k.HasState() || c.Def == nil || c.Extern || mayShow(p, c) || !p.Project.Lineage.InScope(c.Mod) {
		return shared
	}
	if holdsItself(p, at) {
		return itself
	}
	if p.leaks.Get(k) {
		return shared
	}
	o := &owning{p: p, class: k, seen: map[variableOf]bool{}}
	for _, m := range naming(p, at) {
		if m.Broken() || !o.module(m, at) {
			return shared
		}
	}
	if o.direct {
		return owned
	}
	return sole
}

// hasLock reports whether the objects of a class have a lock that people placed.
func hasLock(p *Program, c *project.Class) bool {
	return c != nil && slices.ContainsFunc(c.Ancestry(), func(k *project.Class) bool {
		return slices.ContainsFunc(k.Fields, func(f *project.Field) bool { return typedAttr(p, k, f.Name) })
	})
}

// owning looks at the uses of the objects of one class that an attribute has.
type owning struct {
	p     *Program
	class *project.Class
	// direct is true where something is done to the object that takes no lock of its own.
	direct bool
	seen   map[variableOf]bool
	depth  int
}

// variableOf is a variable of a function.
type variableOf struct {
	f    *Function
	name string
}

// maxOwning bounds how far values are followed from function to function.
const maxOwning = 8

// module looks at all places of a module where an attribute's name stands.
func (o *owning) module(m *project.Module, at attribute) bool {
	places := o.p.places.Get(m)
	for _, f := range places.paths {
		if namesInLock(o.p, f, at) {
			return false
		}
	}
	visit := func(way spot) bool {
		x, ok := way.last().(*ast.Attribute)
		return !ok || x.Attr.Name != at.name || !way.nested && ofAnother(way.f, x, at.class) || way.f != nil && !o.p.Exempt(way.f) && way.f.Flow.Yields == (ast.Span{}) && o.use(way)
	}
	return places.visit(o.p, m, at, visit)
}

// ofAnother reports whether an attribute is one of the object whose method uses it, which is none that c declares
// the attribute of.
func ofAnother(f *Function, x *ast.Attribute, c *project.Class) bool {
	n, ok := syntax.Unparen(x.X).(*ast.Name)
	return ok && f != nil && f.Class != nil && f.IsBound() && len(f.Def.Params.List) > 0 && syntax.ParamName(f.Def.Params.List[0]) == n.Name &&
		!syntax.Assigns(f.Def.Body, n.Name) && f.Class.Declarer(x.Attr.Name) != c && !project.Related(f.Class, c)
}

// namesInLock reports whether a function's decorators lock what an attribute has by its name: it has a lock that is
// taken for itself then.
func namesInLock(p *Program, f *Function, at attribute) bool {
	for _, d := range p.OwnLocks(f).Decs {
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && leadsThrough(p, f, strings.Split(strings.TrimLeft(s.Value, "*"), "."), at) {
				return true
			}
		}
	}
	return false
}

// leadsThrough reports whether a path from a parameter of a function may lead through an attribute.
func leadsThrough(p *Program, f *Function, names []string, at attribute) bool {
	if !slices.Contains(names[1:], at.name) {
		return false
	}
	var c *project.Class
	for i, prm := range f.Def.Params.List {
		if syntax.ParamName(prm) == names[0] {
			c = p.FlowOf(f).Nodes[f.Flow.Params[i]].Shape.Class
			if i == 0 && f.IsBound() {
				c = f.Class
			}
		}
	}
	for _, name := range names[1:] {
		if name == at.name && (c == nil || c.Declarer(name) == nil || c.Declarer(name) == at.class) {
			return true
		}
		if fd := c.Field(name); fd != nil {
			c = fd.Class()
		} else {
			c = nil
		}
	}
	return false
}

// spot leads from a file to a node: the nodes that contain it, itself last, and the function that it stands in.
type spot struct {
	nodes []ast.Node
	f     *Function // nil outside of functions
	// nested is true in a function inside of that, a lambda or a comprehension: it may run later.
	nested bool
}

func (w spot) last() ast.Node { return w.nodes[len(w.nodes)-1] }

func (w spot) up() spot { return spot{w.nodes[:len(w.nodes)-1], w.f, w.nested} }

// below visits the nodes below a root until visit says false, and reports whether it never did. outer are the nodes
// that contain the root, none of which is in a function.
func below(p *Program, m *project.Module, root ast.Node, visit func(spot) bool, outer ...ast.Node) bool {
	nodes := slices.Clone(outer)
	within := make([]*Function, len(outer)) // by node: the outermost function that it is in
	nested := make([]bool, len(outer))
	good := true
	ast.Walk(root, func(n ast.Node) bool {
		at := n.Range()
		for len(nodes) > 0 {
			if top := nodes[len(nodes)-1].Range(); top.Pos <= at.Pos && at.End <= top.End {
				break
			}
			nodes, within, nested = nodes[:len(nodes)-1], within[:len(within)-1], nested[:len(nested)-1]
		}
		var f *Function
		inside := false
		if len(nodes) > 0 {
			f, inside = within[len(nodes)-1], nested[len(nodes)-1]
		}
		switch n := n.(type) {
		case *ast.FuncDef:
			if f == nil {
				if f = p.Funcs(m).ByDef[n]; f != nil {
					p.FlowOf(f)
				}
			} else {
				inside = true
			}
		case *ast.Lambda, *ast.Comp, *ast.ClassDef:
			inside = inside || f != nil
		}
		nodes, within, nested = append(nodes, n), append(within, f), append(nested, inside)
		good = good && visit(spot{nodes, f, inside})
		return good
	})
	return good
}

// use reports whether the value of an expression goes nowhere from where it stands.
func (o *owning) use(way spot) bool {
	if way.f == nil || way.nested || way.parallel() {
		return false
	}
	for {
		switch outer := way.up().last().(type) {
		case *ast.Paren:
			way = way.up()
			continue
		case *ast.Cast:
			if d := outer.Type.Declarator; d != nil && d.Pointer > 0 {
				return onlyCompared(way.up())
			}
			if way.f.Mod.Lookup(syntax.Names(outer.Type.Path)) == nil {
				return false
			}
			way = way.up()
			continue
		}
		break
	}
	e, outer := way.last(), way.up()
	switch n := outer.last().(type) {
	case *ast.Attribute:
		return o.member(outer, n)
	case *ast.Compare:
		for i, op := range n.Ops {
			if x, y := n.Xs[i], n.Xs[i+1]; (x == e || y == e) && op != "is" && op != "is not" && !(x == e && syntax.IsNothing(y)) {
				return false
			}
		}
		return true
	case *ast.Unary:
		return n.Op == "not"
	case *ast.CondClause, *ast.While, *ast.Del, *ast.ExprStmt, *ast.Sizeof:
		return true
	case *ast.Simple:
		return n.Keyword == "assert" && n.Exprs[0] == e
	case *ast.Assign:
		return o.assigned(outer, n, e)
	case *ast.Declarator:
		return n.Default == e && n.Pointer == 0 && o.variable(way.f, n.Name.Name)
	case *ast.Arg:
		call, ok := outer.up().last().(*ast.Call)
		return ok && o.passed(way.f, call, n)
	}
	return false
}

// onlyCompared reports whether all that is done to a value is that it is compared with NULL or None.
func onlyCompared(way spot) bool {
	for {
		if _, ok := way.up().last().(*ast.Paren); !ok {
			break
		}
		way = way.up()
	}
	n, ok := way.up().last().(*ast.Compare)
	return ok && len(n.Ops) == 1 && n.Xs[0] == way.last() && syntax.IsNothing(n.Xs[1])
}

// parallel reports whether threads of their own run the code that a node stands in: the owner's lock, which is held
// round them, guards nothing from one another.
func (w spot) parallel() bool {
	return slices.ContainsFunc(w.nodes, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			return project.Parallel(w.f.Mod, n.Iter)
		case *ast.With:
			return slices.ContainsFunc(n.Items, func(it ast.WithItem) bool { return project.Parallel(w.f.Mod, it.X) })
		}
		return false
	})
}

// assigned looks at an assignment from or to what an owned attribute, or a variable with its value, is.
func (o *owning) assigned(way spot, n *ast.Assign, e ast.Node) bool {
	if len(n.Targets) != 1 || n.Op != "=" {
		return false
	}
	if n.Value == e {
		x, ok := n.Targets[0].(*ast.Name)
		return ok && o.variable(way.f, x.Name)
	}
	return n.Targets[0] == e && n.Value != nil && (&newness{o, o.class}).made(way, n.Value, n)
}

// member looks at the use of an attribute or a method of the object.
func (o *owning) member(way spot, x *ast.Attribute) bool {
	name := x.Attr.Name
	if o.class.Field(name) != nil {
		o.direct = true
		return x.Access != ast.Called // an object in it that is called may be a method of anybody's
	}
	known := false
	for _, c := range append(slices.Clone(o.p.Project.Lineage.Derived(o.class.Mod, o.class)), o.class.Ancestry()...) {
		own := o.p.Own(c)
		for _, g := range own.Plain[name] {
			known = true
			if !g.Exposed() {
				o.direct = true
			}
		}
		known = known || len(own.Props[name]) > 0 && x.Access != ast.Called
		if len(own.Plain[name]) > 0 && x.Access != ast.Called {
			return false // it may be called when it is no longer guarded
		}
	}
	return known && !returnsItself[name]
}

// returnsItself are the methods of which Python's protocols want that they return their object.
var returnsItself = map[string]bool{"__iter__": true, "__enter__": true, "__aiter__": true, "__aenter__": true}

// variable looks at what becomes of a local variable that has the object.
func (o *owning) variable(f *Function, name string) bool {
	o.direct = true // it is not looked at which methods take locks
	v := variableOf{f, name}
	if o.seen[v] {
		return true
	}
	o.seen[v] = true
	if o.depth++; o.depth > maxOwning {
		return false
	}
	defer func() { o.depth-- }()
	o.p.FlowOf(f)
	if f.Suspends() || !localOf(f.Def, name) || showsVariables(f.Def) {
		return false
	}
	return below(o.p, f.Mod, f.Def, func(way spot) bool {
		x, ok := way.last().(*ast.Name)
		if !ok || x.Name != name {
			return true
		}
		if x.Access == ast.Write || x.Access == ast.Delete {
			return !way.nested // another value
		}
		return o.use(way)
	})
}

// localOf reports whether a name is a variable or parameter of a function and no variable of the module.
func localOf(def *ast.FuncDef, name string) bool {
	if slices.ContainsFunc(def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == name }) {
		return true
	}
	global := false
	ast.Walk(def.Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.Simple); ok && (s.Keyword == "global" || s.Keyword == "nonlocal") {
			global = global || slices.ContainsFunc(s.Names, func(id ast.Ident) bool { return id.Name == name })
		}
		return !global
	})
	return !global
}

// passed looks at what becomes of an argument.
func (o *owning) passed(f *Function, call *ast.Call, a *ast.Arg) bool {
	if n, ok := call.Fun.(*ast.Name); ok && a.Star == 0 && a.Name.Name == "" {
		if n.Name == "isinstance" && a.Span == call.Args[0].Span || (n.Name == "type" || n.Name == "id") && len(call.Args) == 1 {
			return !syntax.Assigns(f.Def.Body, n.Name)
		}
	}
	given, ok := parametersGiven(o.p, f, call, a)
	return ok && !slices.ContainsFunc(given, func(at parameter) bool { return !o.variable(at.f, at.name()) })
}

// parameter is a parameter of a function.
type parameter struct {
	f   *Function
	num int
}

func (at parameter) name() string { return syntax.ParamName(at.f.Def.Params.List[at.num]) }

// parametersGiven returns what an argument of a call is in the functions of the project that are called; false where it
// may be something else.
func parametersGiven(p *Program, f *Function, call *ast.Call, a *ast.Arg) ([]parameter, bool) {
	if a.Star != 0 || a.Name.Name != "" || slices.ContainsFunc(call.Args, func(b ast.Arg) bool { return b.Star != 0 }) {
		return nil, false
	}
	i := slices.IndexFunc(call.Args, func(b ast.Arg) bool { return b.Span == a.Span })
	var out []parameter
	for _, g := range calleesAt(p, f, call) {
		num := i
		if g.Class != nil {
			x, method := call.Fun.(*ast.Attribute)
			if !method || !g.IsBound() {
				return nil, false
			}
			if on := syntax.Dotted(x.X); on == nil || f.Mod.Lookup(on) == nil {
				num++
			}
		}
		if g.Exposed() && (g.Class == nil || num > 0) || g.Def.Kind == ast.Cpdef || num >= len(g.Def.Params.List) || g.Def.Params.List[num].Kind != ast.Positional {
			return nil, false // Python code may override it, or put something else in its place
		}
		out = append(out, parameter{g, num})
	}
	return out, len(out) > 0
}

// calleesAt returns the functions of the project that a call may be one of; nil where it may be another one.
func calleesAt(p *Program, f *Function, call *ast.Call) []*Function {
	var out []*Function
	for i := range p.FlowOf(f).Calls {
		if c := &f.Flow.Calls[i]; c.Span == call.Span {
			out = append(out, c.Callees...)
		}
	}
	return out
}
