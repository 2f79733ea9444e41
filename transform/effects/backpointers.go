package effects

// Attributes by which what an object has made leads back to that object: "item.owner = self" for each item of self.items. Who
// holds the object and comes to its owner by an item holds that, as far as is seen.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// LeadsBack returns the attribute by which what an effect of a function is on is the function's own object, as far as is seen;
// "" where it may be another one. The function has to hold that, and to come to it by what an attribute of its object leads
// to; that has to be something which a method of such an object made for itself.
func LeadsBack(p *Program, f *Function, e *Effect) string {
	if !p.Member(f) || !f.IsBound() || !project.Related(e.Class, f.Class) {
		return ""
	}
	if md, held := p.ModeOf(f); !held || md < e.Mode {
		return ""
	}
	from, attr := ledBy(f, e)
	c := f.Flow.Nodes[from].Shape.Class
	if from == 0 || c == nil || c.Declarer(attr) == nil {
		return ""
	}
	b := &leadingBack{p: p, class: f.Class, by: map[string]bool{}, seen: map[ledValue]bool{}}
	if !b.led(f, from, backDepth) || len(b.by) == 0 {
		return ""
	}
	for name := range b.by {
		if !p.back.Get(wayBack{f.Class, attribute{c.Declarer(attr), attr}, attribute{f.Class.Declarer(name), name}}) {
			return ""
		}
	}
	return attr
}

// wayBack is a way that leads from an object of a class to one that it has made, and back.
type wayBack struct {
	class *project.Class
	to    attribute // of what it has made
	by    attribute
}

func findWayBack(p *Program, w wayBack) bool {
	b := &leadingBack{p: p, class: w.class, by: map[string]bool{}, seen: map[ledValue]bool{}, made: map[ledValue]bool{}}
	return b.leads(w.to) && b.fillsItself(w.by)
}

// ledBy returns the object and the attribute of it which lead to what an effect is on.
func ledBy(f *Function, e *Effect) (from int32, attr string) {
	in, at := f, e
	if e.Via != nil {
		in, at = e.Via, &e.Via.Sum.Effects[e.next]
	}
	x := &in.Sum.Regions[at.Region]
	if x.Parent < 0 {
		return 0, ""
	}
	of := &in.Sum.Regions[x.Parent]
	switch {
	case of.Parent >= 0:
		return 0, ""
	case in == f:
		if of.Root == NodeUnknown && of.Num > 0 {
			return of.Num, x.Name
		}
		return 0, ""
	case of.Root != NodeParam:
		return 0, ""
	}
	for i := range f.Flow.Calls {
		if call := &f.Flow.Calls[i]; call.Span == e.Span && slices.Contains(call.Callees, e.Via) && int(of.Num) < len(call.Args) {
			return call.Args[of.Num], x.Name
		}
	}
	return 0, ""
}

// backDepth bounds through how many values it is looked where an object comes from.
const backDepth = 12

// leadingBack is a look at what objects of a class lead to.
type leadingBack struct {
	p     *Program
	class *project.Class
	by    map[string]bool // the attributes that lead there
	seen  map[ledValue]bool
	made  map[ledValue]bool // the new objects that lead back
}

// ledValue is a value of a function.
type ledValue struct {
	f *Function
	n int32
}

// led reports whether a value is what an attribute of a method's own object holds, or something in that, also where another
// method of it looks that up.
func (b *leadingBack) led(f *Function, n int32, depth int) bool {
	if n == 0 || depth == 0 {
		return false
	}
	fl := f.Flow
	x := &fl.Nodes[n]
	if b.seen[ledValue{f, n}] {
		return true // round a loop
	}
	b.seen[ledValue{f, n}] = true
	switch x.Kind {
	case NodeField:
		if base := fl.source(x.Base); fl.Nodes[base].Kind == NodeParam && fl.Nodes[base].Num == 0 && f.IsBound() {
			if b.class.Declarer(x.Name) == nil {
				return false
			}
			b.by[x.Name] = true
			return true
		}
	case NodeContained, NodeItem, NodeCast:
		return b.led(f, x.Base, depth-1)
	case NodeUnknown:
		return x.Base != 0 && b.led(f, x.Base, depth-1)
	case NodeLocal:
		some := false
		for _, y := range x.From {
			if y == 0 || fl.Nodes[y].Kind == NodeNothing {
				continue
			}
			if !b.led(f, y, depth-1) {
				return false
			}
			some = true
		}
		return some
	case NodeCall:
		call := &fl.Calls[x.Num]
		if len(call.Callees) == 0 || len(call.Args) == 0 || call.Args[0] == 0 {
			return false
		}
		if of := &fl.Nodes[fl.source(call.Args[0])]; of.Kind != NodeParam || of.Num != 0 || !f.IsBound() {
			return false
		}
		return !slices.ContainsFunc(call.Callees, func(g *Function) bool {
			b.p.FlowOf(g)
			return !g.IsBound() || !project.Related(g.Class, b.class) || len(g.Flow.Returns) == 0 || slices.ContainsFunc(g.Flow.Returns, func(r int32) bool {
				return r != 0 && g.Flow.Nodes[r].Kind != NodeNothing && !b.led(g, r, depth-1)
			})
		})
	}
	return false
}

// leads reports whether all that sets an attribute are methods of the class, which give their own object to a new one, itself or by
// its constructor, and put that nowhere but into what their object has.
func (b *leadingBack) leads(at attribute) bool {
	if at.class.FieldByName[at.name].Vis == ast.Public {
		return false
	}
	good := true
	b.eachStore(at, func(f *Function, st *Store) {
		fl := f.Flow
		value, into := fl.source(st.Value), fl.source(st.Into)
		switch x := &fl.Nodes[value]; {
		case st.Nothing:
		case st.Value == 0 || x.Kind != NodeParam || !f.IsBound():
			good = false
		case x.Num > 0:
			good = good && fl.Nodes[into].Kind == NodeParam && fl.Nodes[into].Num == 0 && f.Accessor == Plain && constructors[f.Def.Name.Name] && b.constructs(f, x.Num)
		default:
			good = good && b.gives(f, into)
		}
	})
	return good && len(b.made) > 0
}

// constructs reports whether all that calls a constructor gives it their own object, as the parameter of a number.
func (b *leadingBack) constructs(f *Function, num int32) bool {
	for _, g := range f.Callers {
		fl := g.Flow
		if fl == nil || !g.IsBound() || constructors[g.Def.Name.Name] && project.Related(g.Class, f.Class) {
			return false
		}
		for i := range fl.Calls {
			call := &fl.Calls[i]
			if !slices.Contains(call.Callees, f) {
				continue
			}
			if int(num) >= len(call.Args) || call.Args[num] == 0 || call.Args[0] == 0 {
				return false
			}
			if of := &fl.Nodes[fl.source(call.Args[num])]; of.Kind != NodeParam || of.Num != 0 || !b.gives(g, fl.source(call.Args[0])) {
				return false
			}
		}
	}
	return true
}

// gives reports whether a method of the class has made an object, which gets its own, and keeps that; it is noted then.
func (b *leadingBack) gives(f *Function, made int32) bool {
	if !project.Related(f.Class, b.class) || f.Flow.Nodes[made].Kind != NodeFresh || !b.keeps(f, made) {
		return false
	}
	b.made[ledValue{f, made}] = true
	return true
}

// keeps reports whether a new object of a method goes nowhere but into attributes of the method's own object, and what is in these.
func (b *leadingBack) keeps(f *Function, made int32) bool {
	fl := f.Flow
	is := func(n int32) bool { return n != 0 && fl.source(n) == made }
	own := leadingBack{p: b.p, class: b.class, by: map[string]bool{}, seen: map[ledValue]bool{}}
	return !slices.ContainsFunc(fl.Returns, is) &&
		!slices.ContainsFunc(fl.puts, func(x put) bool { return x.item > 0 && is(x.item) && !own.led(f, x.in, backDepth) }) &&
		!slices.ContainsFunc(fl.Stores, func(st Store) bool {
			into := &fl.Nodes[fl.source(st.Into)]
			return is(st.Value) && (into.Kind != NodeParam || into.Num != 0)
		}) &&
		!slices.ContainsFunc(fl.Calls, func(c Call) bool { return len(c.Args) > 0 && slices.ContainsFunc(c.Args[1:], is) })
}

// fillsItself reports whether all that sets an attribute gives it an empty container, all that is put there are the new objects
// which lead back, and nothing else in sight gets the container.
func (b *leadingBack) fillsItself(at attribute) bool {
	for _, m := range naming(b.p, at) {
		if m.Broken() {
			return false
		}
		for _, u := range m.Units {
			if !onlyFills(m, u, at.name) {
				return false
			}
		}
		for _, f := range b.p.Funcs(m).All {
			fl := b.p.FlowOf(f)
			if slices.ContainsFunc(fl.puts, func(x put) bool {
				return holdsIn(fl, x.in, at) && (x.item <= 0 || !b.made[ledValue{f, fl.source(x.item)}])
			}) {
				return false
			}
		}
	}
	return true
}

// onlyFills reports whether a file sets an attribute to nothing but empty containers, and does no more with what it has than to
// use methods and items of it, or to hand it to Python code.
func onlyFills(m *project.Module, u *project.Unit, name string) bool {
	known := map[ast.Expr]bool{}
	is := func(e ast.Expr) bool {
		at, ok := syntax.Unparen(e).(*ast.Attribute)
		return ok && at.Attr.Name == name
	}
	uses := func(list ...ast.Expr) {
		for _, e := range list {
			if e != nil && is(e) {
				known[syntax.Unparen(e)] = true
			}
		}
	}
	var asked func(cond ast.Expr)
	asked = func(cond ast.Expr) {
		if x, ok := syntax.Unparen(cond).(*ast.Binary); ok && (x.Op == "and" || x.Op == "or") {
			asked(x.X)
			asked(x.Y)
		} else {
			uses(cond)
		}
	}
	good := true
	var inC []ast.Span // C functions, which hand it to others than Python code
	ast.Walk(u.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			if n.Kind != ast.Def || u.File.Pure {
				inC = append(inC, n.Span)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if is(t) {
					uses(t)
					good = good && (n.Op != "=" || n.Value == nil || isEmpty(m, n.Value))
				}
			}
		case *ast.Subscript:
			uses(n.X)
		case *ast.For:
			uses(n.Iter)
		case *ast.CompClause:
			uses(n.Iter)
		case *ast.CondClause:
			asked(n.Cond)
		case *ast.While:
			asked(n.Cond)
		case *ast.Unary:
			if n.Op == "not" {
				asked(n.X)
			}
		case *ast.Compare:
			last := len(n.Xs) - 1
			if op := n.Ops[last-1]; op == "in" || op == "not in" || syntax.IsNothing(n.Xs[last]) {
				uses(n.Xs[last-1], n.Xs[last])
			}
		case *ast.Call:
			if fun, ok := n.Fun.(*ast.Attribute); ok {
				uses(fun.X)
			}
			if _, bound := m.Scope.Names["len"]; !bound && syntax.IsNamed(n.Fun, "len") && len(n.Args) == 1 {
				uses(n.Args[0].X)
			}
		case *ast.Simple:
			if n.Keyword == "return" && !slices.ContainsFunc(inC, func(f ast.Span) bool { return f.Contains(n.Pos) }) {
				uses(n.Exprs...)
			}
		case *ast.Attribute:
			good = good && (n.Attr.Name != name || known[n])
		}
		return good
	})
	return good
}

// isEmpty reports whether a value is a new container with nothing in it, or None.
func isEmpty(m *project.Module, e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Collection:
		return len(x.Elems) == 0
	case *ast.Call:
		fun, ok := x.Fun.(*ast.Name)
		if !ok || len(x.Args) > 0 {
			return false
		}
		_, bound := m.Scope.Names[fun.Name]
		return !bound && library.Containers()[fun.Name]
	}
	return syntax.IsNothing(e)
}

// holdsIn reports whether a value is what an attribute holds, or in that.
func holdsIn(fl *Flow, n int32, at attribute) bool {
	for range backDepth {
		switch x := &fl.Nodes[n]; x.Kind {
		case NodeField:
			if x.Name == at.name && (x.owner == nil || project.Related(x.owner, at.class)) {
				return true
			}
			n = x.Base
		case NodeContained, NodeItem, NodeCast, NodeUnknown:
			n = x.Base
		case NodeLocal:
			return slices.ContainsFunc(x.From, func(y int32) bool { return y != 0 && y != n && fl.Nodes[y].Kind != NodeLocal && holdsIn(fl, y, at) })
		default:
			return false
		}
		if n == 0 {
			return false
		}
	}
	return false
}

// eachStore visits what in sight sets an attribute.
func (b *leadingBack) eachStore(at attribute, visit func(f *Function, st *Store)) {
	for _, m := range b.p.Project.Lineage.UsingBeside(at.class.Mod, at.name) {
		for _, f := range b.p.Funcs(m).All {
			for i := range b.p.FlowOf(f).Stores {
				st := &f.Flow.Stores[i]
				if c := f.Flow.Nodes[st.Into].Shape.Class; st.Name == at.name && (c == nil || project.Related(c, at.class)) {
					visit(f, st)
				}
			}
		}
	}
}
