package rules

// PXL306: a pointer or C++ iterator into guarded memory that is kept while a callback runs. The lock
// is re-entrant: the callback may call a method, in this very thread, that moves the memory.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkAcross looks for what functions keep of objects across callbacks.
func checkAcross(c *checking) {
	movers, shrinkers, known := map[*project.Field]*moving{}, map[*project.Field]*moving{}, helpers{}
	for _, f := range c.functions() {
		objects := heldObjects(c, f)
		if len(objects) == 0 {
			continue
		}
		for _, o := range leading(c, f, objects) {
			if in := c.p.Locks.Of(o.class); in == nil || in.Kind == decorator.Mutex {
				continue // a mutex is not re-entrant: a call from the callback waits for itself
			}
			a := lookAt(&across{checking: c, movers: movers, shrinkers: shrinkers, helpers: known}, f, o)
			if a == nil {
				continue
			}
			points := a.points()
			if !points && !(places{a}).indexes() {
				continue
			}
			calls := a.callbacks()
			if len(calls) == 0 {
				continue
			}
			places{a}.bounds(calls)
			if !points {
				continue
			}
			a.loops(calls)
			a.names(calls)
		}
	}
}

// leading are those of the objects of which a function uses an attribute that leads to memory or to a container, or calls a method.
func leading(c *checking, f *effects.Function, objects []object) []object {
	attributes := map[string][]object{} // by the last part of the name of what has them
	for _, o := range objects {
		last := o.name[strings.LastIndexByte(o.name, '.')+1:]
		attributes[last] = append(attributes[last], o)
	}
	leads := map[string]bool{}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Attribute)
		if !ok {
			return true
		}
		last := ""
		switch of := syntax.Bare(x.X).(type) {
		case *ast.Name:
			last = of.Name
		case *ast.Attribute:
			last = of.Attr.Name
		}
		for _, o := range attributes[last] {
			if leads[o.name] || !o.is(x.X) {
				continue
			}
			fd := o.class.Field(x.Attr.Name)
			sh := ctype.Shape{}
			if fd != nil {
				sh = c.p.Types.OfField(fd)
			}
			leads[o.name] = fd == nil || sh.Kind == ctype.Pointer || sh.Kind == ctype.Record || fd.Ctype != nil && fd.Ctype.Name == "bytearray"
		}
		return true
	})
	return slices.DeleteFunc(objects, func(o object) bool { return !leads[o.name] })
}

// ownName is the name of a method's own object, "" where it has none.
func ownName(f *effects.Function) string {
	if len(f.Def.Params.List) == 0 || f.Def.Params.List[0].Kind != ast.Positional {
		return ""
	}
	return f.Def.Params.List[0].Name.Name
}

// across looks at what one function does with one object.
type across struct {
	*checking
	f *effects.Function
	r *ruleFunc
	object
	// steps are where a pointer goes on from where it is: the targets of p += 1.
	steps     map[int32]bool
	movers    map[*project.Field]*moving
	shrinkers map[*project.Field]*moving // see shrunk
	helpers   helpers
	once      map[ast.Span]ast.Span            // what each for loop goes over
	calls     map[ast.Span][]*effects.Function // see callees; nil before somebody asked
	states    *statesOf                        // see field; nil where only the object itself is of interest
}

// moving is a method that moves or frees what an attribute leads to; by is nil where none does.
type moving struct {
	by  *effects.Function
	how *effects.Effect
}

// callback is where code runs that the user of the class gave: a call, the going over something of the user's, or what
// operators ask of it.
type callback struct {
	span ast.Span
	text string
	of   ast.Expr // whose code it is; nil where that is nobody's in particular
}

// callbacks finds them: calls of parameters and attributes without a type, of their methods and of the items
// of containers, and what goes over a parameter.
func (a *across) callbacks() []callback {
	var out, implied []callback
	goes := func(at ast.Span, over ast.Expr) {
		out = append(out, callback{at, "the iteration over " + syntax.Text(a.f.Unit.File, over.Range()), over})
	}
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		if what, of := (asking{a}).implied(n); what != "" {
			at := n.Range()
			switch n.(type) {
			case *ast.CondClause, *ast.While, *ast.Cond, *ast.Simple: // not what follows from it
				at = of.Range()
			}
			implied = append(implied, callback{at, what, of})
		}
		switch n := n.(type) {
		case *ast.Call:
			name := ""
			if fun, ok := n.Fun.(*ast.Name); ok && !a.r.local[fun.Name] {
				name = fun.Name
			}
			switch {
			case n.Fun != nil && (a.users(n.Fun, true, 0) || a.item(n.Fun, 0)):
				out = append(out, callback{n.Span, strings.Join(strings.Fields(syntax.Text(a.f.Unit.File, n.Fun.Range())), " "), n.Fun})
			case consumers[name] && len(n.Args) > 0 && (len(n.Args) == 1 || n.Args[1].Name.Name != "") && a.users(n.Args[0].X, false, 0):
				goes(n.Span, n.Args[0].X)
			default:
				if what, of := a.byHelper(n); what != "" {
					out = append(out, callback{n.Span, what, of})
				}
			}
		case *ast.For:
			if x := a.goneOver(n.Iter); x != nil && !n.From {
				goes(ast.Span{Pos: n.Body.Pos, End: n.Body.Pos}, x)
			}
		case *ast.Comp:
			for _, cl := range n.Clauses {
				if x := a.goneOver(cl.Iter); x != nil && cl.Target != nil && !cl.From && n.Kind != "generator" {
					goes(n.Span, x)
				}
			}
		}
		return true
	})
	return append(out, implied...) // a call is easier to see
}

// consumers are builtins that go over what they are given, lazily those that return an iterator.
var (
	consumers = map[string]bool{"list": true, "tuple": true, "set": true, "frozenset": true, "dict": true, "sorted": true, "sum": true, "any": true, "all": true, "min": true, "max": true}
	lazily    = map[string]bool{"enumerate": true, "zip": true, "map": true, "filter": true, "iter": true}
)

// goneOver is the object of the user's that a loop over an expression goes over, nil where it goes over none.
func (a *across) goneOver(iter ast.Expr) ast.Expr {
	if a.users(iter, false, 0) {
		return iter
	}
	if k, ok := syntax.Bare(iter).(*ast.Call); ok && lazily[syntax.LastName(k.Fun)] {
		for _, arg := range k.Args {
			if a.users(arg.X, false, 0) {
				return arg.X
			}
		}
	}
	return nil
}

// users reports whether an expression is an object of the user's: a parameter without a type, an attribute of
// the object that holds any object, a name for one of these, or a method of one.
func (a *across) users(e ast.Expr, method bool, depth int) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		for i, prm := range a.f.Def.Params.List {
			if syntax.ParamName(prm) != a.root() && prm.Kind == ast.Positional && syntax.ParamName(prm) == x.Name {
				if i == 0 && a.f.IsBound() || (asking{a}).madeText(x) {
					return false // an object of the class itself, or no longer what was given
				}
				path, pointer := a.f.Mod.ParamType(a.f.Class, a.f.Def, i, prm)
				return !pointer && (len(path) == 0 || path[len(path)-1] == "object")
			}
		}
		return a.named(x, depth, func(v nameValue) bool { return !v.item && a.users(v.value, method, depth+1) })
	case *ast.Attribute:
		fd := a.field(x)
		if fd == nil && a.f.Class != nil && syntax.IsNamed(syntax.Bare(x.X), ownName(a.f)) {
			fd = a.f.Class.Field(x.Attr.Name)
		}
		if fd != nil {
			sh := a.p.Types.OfField(fd)
			return sh.Kind == ctype.Object && sh.Class == nil && !sh.Container && !sh.Lock
		}
		return method && a.users(x.X, false, depth)
	}
	return false
}

// named reports whether a local name without a type of its own has a value of some kind.
func (a *across) named(x *ast.Name, depth int, is func(nameValue) bool) bool {
	t := a.r.types[x.Name]
	if depth > 3 || !a.r.local[x.Name] || a.r.params[x.Name] != nil || t.ctype != nil && syntax.LastPart(t.ctype.Name) != "object" {
		return false
	}
	values, _ := a.r.reaching(x.Name, x.Pos)
	return slices.ContainsFunc(values, func(v nameValue) bool { return v.value != nil && is(v) })
}

// field is the attribute of the object that an expression names, nil where it names none; of any object, where these are
// asked for.
func (a *across) field(x *ast.Attribute) *project.Field {
	if a.states != nil {
		return a.states.field(x)
	}
	if !a.is(x.X) {
		return nil
	}
	return a.class.Field(x.Attr.Name)
}

// attribute is the attribute of the object whose memory an expression points into: a pointer, with what is
// added to it, or the address of what it leads to, or an iterator of a C++ container.
func (a *across) attribute(e ast.Expr) *project.Field {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		if fd := a.field(x); fd != nil {
			if sh := a.p.Types.OfField(fd); sh.Kind == ctype.Pointer && !sh.Array() && sh.Axes == 0 && sh.Elem != ctype.Object {
				return fd
			}
		}
	case *ast.Binary:
		if x.Op == "+" || x.Op == "-" {
			return a.attribute(x.X)
		}
	case *ast.Unary:
		if x.Op == "&" {
			return a.pointee(x.X)
		}
	case *ast.Call:
		switch name := a.f.Mod.Scope.CythonAttr(x.Fun, true); {
		case name == "address" && len(x.Args) == 1:
			return a.pointee(x.Args[0].X)
		case (name == "declare" || name == "cast") && len(x.Args) == 2:
			return a.attribute(x.Args[1].X)
		}
		if m, ok := syntax.Bare(x.Fun).(*ast.Attribute); ok && intoContainer[m.Attr.Name] {
			if fd := a.container(m.X); fd != nil {
				return fd
			}
		}
		if a.receives(x) {
			for _, g := range a.callees(x) {
				if fd := a.helps(g).field; fd != nil {
					return fd
				}
			}
		}
	}
	return nil
}

// pointee is the attribute whose memory an expression is in, of which the address is taken.
func (a *across) pointee(e ast.Expr) *project.Field {
	switch s := syntax.Bare(e).(type) {
	case *ast.Subscript:
		if fd := a.attribute(s.X); fd != nil {
			return fd
		}
		return a.container(s.X)
	case *ast.Attribute: // &self.p.member, &self.p[i].member
		if t, ok := syntax.Bare(s.X).(*ast.Subscript); ok {
			return a.attribute(t.X)
		}
		return a.attribute(s.X)
	}
	return nil
}

// intoContainer are methods of C++ containers that return an iterator or a pointer into them.
var intoContainer = map[string]bool{"begin": true, "end": true, "rbegin": true, "rend": true, "cbegin": true, "cend": true,
	"find": true, "lower_bound": true, "upper_bound": true, "data": true, "c_str": true}

// container is the attribute of the object that an expression names, if it holds a C++ object.
func (a *across) container(e ast.Expr) *project.Field {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return nil
	}
	if fd := a.field(x); fd != nil {
		if sh := a.p.Types.OfField(fd); sh.Kind == ctype.Record && sh.Struct == nil {
			return fd
		}
	}
	return nil
}

// loops looks for callbacks in loops that go over the memory itself, which Cython does with a pointer or
// a C++ iterator.
func (a *across) loops(calls []callback) {
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		if comp, ok := n.(*ast.Comp); ok && comp.Kind != "generator" {
			comprehends(a, comp, calls)
		}
		loop, ok := n.(*ast.For)
		if !ok || loop.From {
			return true
		}
		fd := a.container(loop.Iter)
		if s, ok := syntax.Bare(loop.Iter).(*ast.Subscript); ok && fd == nil && len(s.Index) == 1 {
			if _, slice := s.Index[0].(*ast.Slice); slice {
				fd = a.attribute(s.X)
			}
		}
		if fd == nil {
			return true
		}
		for _, k := range calls {
			if loop.Body.Contains(k.span.Pos) && k.span.Pos < k.span.End && !leaves(k.span, loop.Pos, loop.Body) {
				a.report(fd, loop.Iter.Range(), k, "the loop goes on")
				return false
			}
		}
		return true
	})
}

// comprehends looks for callbacks in what a comprehension makes of the items of a container.
func comprehends(a *across, comp *ast.Comp, calls []callback) {
	for i := range comp.Clauses {
		cl := &comp.Clauses[i]
		fd := a.container(cl.Iter)
		if cl.Target == nil || cl.From || fd == nil {
			continue
		}
		for _, k := range calls {
			if comp.Contains(k.span.Pos) && (i > 0 || !cl.Iter.Range().Contains(k.span.Pos)) && a.report(fd, cl.Iter.Range(), k, "the comprehension goes on") {
				return
			}
		}
	}
}

// names looks for local names that have such a pointer when a callback runs, and are followed after it.
func (a *across) names(calls []callback) {
	told := map[string]bool{}
	look := func(x *ast.Name, at ast.Span) {
		if told[x.Name] || !a.r.local[x.Name] {
			return
		}
		for _, v := range a.origins(x.Name, a.before(at.Pos)) {
			if v.value == nil || v.item {
				continue
			}
			fd := a.attribute(v.value)
			if fd == nil {
				fd = a.bytes(x.Name, v.value)
			}
			if fd == nil {
				continue
			}
			for _, k := range calls {
				if a.between(x.Name, v.pos, k.span, at) && a.report(fd, at, k, x.Name+" is used") {
					told[x.Name] = true
					return
				}
			}
		}
	}
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		for _, x := range followed(n) {
			if x, ok := syntax.Bare(x).(*ast.Name); ok {
				look(x, n.Range())
			}
		}
		return true
	})
}

// followed are the pointers that an expression follows, or has a function follow.
func followed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.Subscript:
		return []ast.Expr{n.X}
	case *ast.Attribute:
		return []ast.Expr{n.X}
	case *ast.Cast: // a char * as bytes
		if n.Type != nil && (n.Type.Name == "bytes" || n.Type.Name == "str" || n.Type.Name == "unicode" || n.Type.Name == "object") {
			return []ast.Expr{n.X}
		}
	case *ast.Call:
		var out []ast.Expr
		for _, arg := range n.Args {
			out = append(out, arg.X)
		}
		return out
	}
	return nil
}

// between reports whether a callback runs after a name has got a value, and before it is followed with
// that value.
func (a *across) between(name string, set int32, call, use ast.Span) bool {
	if leaves(call, use.Pos, a.f.Def.Body) || !slices.ContainsFunc(a.origins(name, call.Pos), func(v nameValue) bool { return v.pos == set }) {
		return false
	}
	again := func(from, to int32) bool { // the name gets another value on the way
		return slices.ContainsFunc(a.r.values[name], func(v nameValue) bool {
			block, pos := a.r.block(v.pos), v.pos
			if v.value != nil && v.value.Range().Pos > pos {
				pos = v.value.Range().End - 1 // p = p.next follows p first
			}
			return v.pos > from && pos < to && (block.Contains(to) || block.Contains(call.Pos) && !a.tried(block)) && !a.steps[v.pos]
		})
	}
	if a.stored(call, use) {
		return true
	}
	if call.End <= use.Pos && !a.exclusive(call.Pos, use.Pos) && !again(call.End, use.Pos) {
		return true
	}
	// In the next round of a loop that the value comes into from outside.
	return slices.ContainsFunc(a.r.loops, func(l ast.Span) bool {
		once, ok := a.once[l]
		if ok && (once.Contains(use.Pos) || once.Contains(call.Pos)) {
			return false // what a for loop goes over is looked up once
		}
		return l.Contains(call.Pos) && l.Contains(use.Pos) && !l.Contains(set) && !again(l.Pos, use.Pos) && !again(call.End, l.End)
	})
}

// stored reports whether what a callback returns is stored through a pointer: p[0] = f() calls first.
func (a *across) stored(call, use ast.Span) bool {
	found := false
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok && st.Value != nil && st.Value.Range().Contains(call.Pos) {
			found = found || slices.ContainsFunc(st.Targets, func(t ast.Expr) bool { return t.Range().Contains(use.Pos) })
		}
		return !found && n.Range().Contains(call.Pos)
	})
	return found
}

// before is where the values that an expression uses have been set: at the start of an assignment that it is the
// value of.
func (a *across) before(use int32) int32 {
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok && st.Value != nil && st.Value.Range().Contains(use) {
			use = st.Pos
		}
		return n.Range().Contains(use)
	})
	return use
}

// tried reports whether a block is the body of a try statement, which an exception leaves on the way.
func (a *across) tried(block ast.Span) bool {
	found := false
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		t, ok := n.(*ast.Try)
		found = found || ok && t.Body.Span == block && len(t.Handlers) > 0
		return !found && n.Range().Contains(block.Pos)
	})
	return found
}

// origins are the values that a name may have at a place, which p += 1 leaves a pointer into the same memory.
func (a *across) origins(name string, at int32) []nameValue {
	var out []nameValue
	seen := map[int32]bool{}
	var find func(at int32)
	find = func(at int32) {
		values, _ := a.r.reaching(name, at)
		for _, v := range values {
			if seen[v.pos] {
				continue
			}
			seen[v.pos] = true
			if a.steps[v.pos] {
				find(v.pos)
			} else {
				out = append(out, v)
			}
		}
	}
	find(at)
	return out
}

// exclusive reports whether two places are in different branches of one statement.
func (a *across) exclusive(x, y int32) bool {
	apart := false
	syntax.EachStmt(a.f.Def.Body.Stmts, func(st ast.Stmt) {
		s, ok := st.(*ast.If)
		if !ok || !s.Contains(x) || !s.Contains(y) {
			return
		}
		for _, cl := range s.Clauses {
			apart = apart || cl.Body.Contains(x) != cl.Body.Contains(y) && (cl.Body.Contains(x) || cl.Body.Contains(y)) && !inCondition(s, x) && !inCondition(s, y)
		}
	})
	return apart
}

func inCondition(s *ast.If, at int32) bool {
	for _, cl := range s.Clauses {
		if cl.Cond != nil && cl.Cond.Range().Contains(at) {
			return true
		}
	}
	return false
}

// leaves reports whether a block that a callback runs in, within another, leaves the loop or the function
// before a use that stands outside of it.
func leaves(call ast.Span, use int32, within *ast.Suite) bool {
	found := false
	ast.Walk(within, func(n ast.Node) bool {
		if s, ok := n.(*ast.Suite); ok && len(s.Stmts) > 0 && s.Contains(call.Pos) && !s.Contains(use) {
			last, ok := s.Stmts[len(s.Stmts)-1].(*ast.Simple)
			found = found || ok && (last.Keyword == "return" || last.Keyword == "raise" || last.Keyword == "break")
		}
		return !found && n.Range().Contains(call.Pos)
	})
	return found
}

func (a *across) report(fd *project.Field, use ast.Span, k callback, what string) bool {
	m := a.moved(fd)
	if m.by == nil {
		return false
	}
	tellAcross(a, m, use, k, a.f.Name()+" points into "+fd.Name+" of "+a.name+" while %s runs, which may call %s: that moves the memory, and "+what+" after it",
		"call first and look up the pointer afterwards, or keep an index instead; the lock does not help, since the same thread may take it again")
	return true
}

// tellAcross reports what a callback comes between, and the method that it may call.
func tellAcross(a *across, m *moving, use ast.Span, k callback, what, help string) {
	out := project.FindingAt(a.f.Unit.Source, use, finding.Across, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf(what, k.text, m.by.Name())
	out.Help = help
	at := project.FindingAt(a.f.Unit.Source, k.span, "", "", "")
	out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: finding.Brief("runs code of the user")})
	out.Related = append(out.Related, effects.RelatedOf(effects.Chain(m.by, m.how))...)
	a.Findings = append(a.Findings, out)
}
