package effects

// Attributes by which what an object has made leads back to that object: "item.owner = self" for each item of self.items. Who
// holds the object and comes to its owner by an item holds that, as far as is seen.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// LeadsBack returns the attribute by which what an effect of a function is on is the function's own object, as far as is seen;
// "" where it may be another one. The function has to hold that, and to come to it by what an attribute of its object leads
// to; that has to be something which a method of such an object made for itself.
func LeadsBack(p *Program, f *Function, e *Effect) string {
	if !p.Member(f) || !f.isBound() || !project.Related(e.Class, f.Class) {
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
	b := &leadingBack{p: p, class: f.Class, by: map[string]bool{}, seen: map[ledValue]bool{}, made: map[ledValue]bool{}}
	if !b.led(f, from, backDepth) || len(b.by) == 0 || !b.leads(attribute{c.Declarer(attr), attr}) {
		return ""
	}
	for name := range b.by {
		if !b.fillsItself(attribute{f.Class.Declarer(name), name}) {
			return ""
		}
	}
	return attr
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
		if base := fl.source(x.Base); fl.Nodes[base].Kind == NodeParam && fl.Nodes[base].Num == 0 && f.isBound() {
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
		if of := &fl.Nodes[fl.source(call.Args[0])]; of.Kind != NodeParam || of.Num != 0 || !f.isBound() {
			return false
		}
		return !slices.ContainsFunc(call.Callees, func(g *Function) bool {
			b.p.FlowOf(g)
			return !g.isBound() || !project.Related(g.Class, b.class) || len(g.Flow.Returns) == 0 || slices.ContainsFunc(g.Flow.Returns, func(r int32) bool {
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
		case st.Value == 0 || x.Kind != NodeParam || !f.isBound():
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
		if fl == nil || !g.isBound() || constructors[g.Def.Name.Name] && project.Related(g.Class, f.Class) {
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

// fillsItself reports whether all that sets an attribute gives it something new, and all that is put there are the new objects
// which lead back.
func (b *leadingBack) fillsItself(at attribute) bool {
	good := true
	b.eachStore(at, func(f *Function, st *Store) {
		good = good && (st.Nothing || st.Value != 0 && f.Flow.Nodes[f.Flow.source(st.Value)].Kind == NodeFresh)
	})
	for _, m := range b.p.Project.Lineage.UsingBeside(at.class.Mod, at.name) {
		for _, f := range b.p.Funcs(m).All {
			fl := b.p.FlowOf(f)
			good = good && !slices.ContainsFunc(fl.puts, func(x put) bool {
				return holdsIn(fl, x.in, at) && (x.item <= 0 || !b.made[ledValue{f, fl.source(x.item)}])
			})
		}
	}
	return good
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
