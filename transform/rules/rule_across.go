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

// checkAcross looks for what methods keep across callbacks.
func checkAcross(c *checking) {
	var defs map[*ast.FuncDef]*ruleFunc
	movers := map[*project.Field]*moving{}
	for _, f := range c.functions() {
		if f.Class == nil || selfOf(f) == "" || c.p.Constructs(f, 0) || !c.p.Locked(f.Class) {
			continue
		}
		if in := c.p.Locks.Of(f.Class); in == nil || in.Kind == decorator.Mutex {
			continue // a mutex is not re-entrant: a call from the callback waits for itself
		}
		a := &across{checking: c, f: f, self: selfOf(f), movers: movers}
		calls := a.callbacks()
		if len(calls) == 0 {
			continue
		}
		if defs == nil {
			defs = map[*ast.FuncDef]*ruleFunc{}
			for _, r := range c.funcs() {
				defs[r.def] = r
			}
		}
		if a.r = defs[f.Def]; a.r == nil {
			continue
		}
		a.r.prepare()
		a.steps = map[int32]bool{}
		syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
			if st, ok := n.(*ast.Assign); ok && (st.Op == "+=" || st.Op == "-=") && len(st.Targets) == 1 {
				a.steps[st.Targets[0].Range().Pos] = true
			}
			return true
		})
		a.loops(calls)
		a.names(calls)
	}
}

// selfOf is the name of a method's own object, "" where it has none.
func selfOf(f *effects.Function) string {
	if len(f.Def.Params.List) == 0 || f.Def.Params.List[0].Kind != ast.Positional {
		return ""
	}
	return f.Def.Params.List[0].Name.Name
}

// across looks at one method.
type across struct {
	*checking
	f    *effects.Function
	r    *ruleFunc
	self string
	// steps are where a pointer goes on from where it is: the targets of p += 1.
	steps  map[int32]bool
	movers map[*project.Field]*moving
}

// moving is a method that moves or frees what an attribute leads to; by is nil where none does.
type moving struct {
	by  *effects.Function
	how *effects.Effect
}

// callback is a call of code that the user of the class gave, or the going over something of the user's.
type callback struct {
	span ast.Span
	text string
}

// callbacks finds them: calls of parameters and attributes without a type, and of their methods,
// loops over parameters.
func (a *across) callbacks() []callback {
	var out []callback
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if n.Fun != nil && a.users(n.Fun, true) {
				out = append(out, callback{n.Span, strings.Join(strings.Fields(syntax.Text(a.f.Unit.File, n.Fun.Range())), " ")})
			}
		case *ast.For:
			if !n.From && a.users(n.Iter, false) {
				out = append(out, callback{ast.Span{Pos: n.Body.Pos, End: n.Body.Pos}, "the iteration over " + syntax.Text(a.f.Unit.File, n.Iter.Range())})
			}
		}
		return true
	})
	return out
}

// users reports whether an expression is an object of the user's: a parameter without a type, an attribute of
// the object that holds any object, or a method of one of these.
func (a *across) users(e ast.Expr, method bool) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		for i, prm := range a.f.Def.Params.List {
			if i > 0 && prm.Kind == ast.Positional && syntax.ParamName(prm) == x.Name {
				path, pointer := a.f.Mod.ParamType(a.f.Class, a.f.Def, i, prm)
				return !pointer && (len(path) == 0 || path[len(path)-1] == "object")
			}
		}
	case *ast.Attribute:
		if syntax.IsNamed(syntax.Bare(x.X), a.self) {
			fd := a.f.Class.Field(x.Attr.Name)
			if fd == nil {
				return false
			}
			sh := a.p.Types.OfField(fd)
			return sh.Kind == ctype.Object && sh.Class == nil && !sh.Container && !sh.Lock
		}
		return method && a.users(x.X, false)
	}
	return false
}

// attribute is the attribute of the object whose memory an expression points into: a pointer, with what is
// added to it, or the address of what it leads to, or an iterator of a C++ container.
func (a *across) attribute(e ast.Expr) *project.Field {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		if !syntax.IsNamed(syntax.Bare(x.X), a.self) {
			return nil
		}
		if fd := a.f.Class.Field(x.Attr.Name); fd != nil {
			if sh := a.p.Types.OfField(fd); sh.Kind == ctype.Pointer && !sh.Array() && sh.Axes == 0 && sh.Elem != ctype.Object {
				return fd
			}
		}
	case *ast.Binary:
		if x.Op == "+" || x.Op == "-" {
			return a.attribute(x.X)
		}
	case *ast.Unary:
		if x.Op != "&" {
			return nil
		}
		if s, ok := syntax.Bare(x.X).(*ast.Subscript); ok {
			if fd := a.attribute(s.X); fd != nil {
				return fd
			}
			return a.container(s.X)
		}
		if s, ok := syntax.Bare(x.X).(*ast.Attribute); ok { // &self.p.member, &self.p[i].member
			if t, ok := syntax.Bare(s.X).(*ast.Subscript); ok {
				return a.attribute(t.X)
			}
			return a.attribute(s.X)
		}
	case *ast.Call:
		if m, ok := syntax.Bare(x.Fun).(*ast.Attribute); ok && intoContainer[m.Attr.Name] {
			return a.container(m.X)
		}
	}
	return nil
}

// intoContainer are methods of C++ containers that return an iterator or a pointer into them.
var intoContainer = map[string]bool{"begin": true, "end": true, "rbegin": true, "rend": true, "cbegin": true, "cend": true,
	"find": true, "lower_bound": true, "upper_bound": true, "data": true, "c_str": true}

// container is the attribute of the object that an expression names, if it holds a C++ object.
func (a *across) container(e ast.Expr) *project.Field {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok || !syntax.IsNamed(syntax.Bare(x.X), a.self) {
		return nil
	}
	if fd := a.f.Class.Field(x.Attr.Name); fd != nil {
		if sh := a.p.Types.OfField(fd); sh.Kind == ctype.Record && sh.Struct == nil {
			return fd
		}
	}
	return nil
}

// moves tells whether a method of a C++ container makes iterators into it lead nowhere: those that let
// items go do with all, those that add some with the ones that keep their items in one piece.
func moves(container, method string) bool {
	switch method {
	case "erase", "clear", "assign", "pop_back", "pop_front", "remove", "remove_if", "swap", "shrink_to_fit", "resize":
		return true
	}
	return grows[method] && !nodes[container]
}

// grows are methods of C++ containers that add items, or make room for them.
var grows = map[string]bool{"push_back": true, "emplace_back": true, "push_front": true, "emplace_front": true, "insert": true,
	"emplace": true, "reserve": true, "append": true, "rehash": true}

// nodes are the containers whose items stay where they are while others come.
var nodes = map[string]bool{"map": true, "multimap": true, "set": true, "multiset": true, "list": true, "forward_list": true}

// typeName is what a type is called where it is declared: "vector" of std.vector, and of what is cimported
// from there under another name or has got one by ctypedef.
func typeName(m *project.Module, t *ast.CType) string {
	if t == nil || len(t.Path) == 0 {
		return ""
	}
	name := t.Path[len(t.Path)-1].Name
	for range 8 {
		b, ok := m.Scope.Names[name]
		switch {
		case len(t.Path) == 1 && ok && b.Kind == project.BindImported && b.Attr != "":
			return b.Attr
		case len(t.Path) == 1 && ok && b.Kind == project.BindAlias && len(b.Path) == 1 && b.Path[0] != name:
			name = b.Path[0]
		default:
			return name
		}
	}
	return name
}

// moved returns a method that Python code can call and that moves what an attribute leads to.
func (a *across) moved(fd *project.Field) *moving {
	if m, ok := a.movers[fd]; ok {
		return m
	}
	m := &moving{}
	a.movers[fd] = m
	pointer := a.p.Types.OfField(fd).Kind == ctype.Pointer
	for _, g := range a.p.Funcs(a.f.Class.Mod).All {
		if g.Class == nil || !g.Exposed() || a.p.Constructs(g, 0) || g.Class.Field(fd.Name) != fd {
			continue
		}
		st := g.Among(0, func(e *effects.Effect) bool {
			if e.Field != fd.Name || !effects.OnSelf(g, e) || !e.Writes() || !e.Sure {
				return false
			}
			chain := effects.Chain(g, e)
			last := chain[len(chain)-1]
			whole := last.Effect.Cause == effects.Writes && !last.Effect.Behind
			if !pointer {
				return whole || moves(typeName(a.f.Class.Mod, fd.Ctype), last.Effect.Name)
			}
			return whole && frees(last.Func)
		})
		if st.Touches {
			m.by, m.how = g, st.Why
			break
		}
	}
	return m
}

// frees reports whether a function gives memory back, by the names of what it calls.
func frees(f *effects.Function) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			name := strings.ToLower(syntax.LastName(n.Fun))
			found = found || strings.Contains(name, "free") || strings.Contains(name, "realloc")
		case *ast.Del:
			found = true
		}
		return !found
	})
	return found
}

// loops looks for callbacks in loops that go over the memory itself, which Cython does with a pointer or
// a C++ iterator.
func (a *across) loops(calls []callback) {
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
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

// names looks for local names that have such a pointer when a callback runs, and are followed after it.
func (a *across) names(calls []callback) {
	told := map[string]bool{}
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		name, at := followed(n)
		if name == "" || told[name] || !a.r.local[name] {
			return true
		}
		for _, v := range a.origins(name, at.Pos) {
			if v.value == nil || v.item {
				continue
			}
			fd := a.attribute(v.value)
			if fd == nil {
				continue
			}
			for _, k := range calls {
				if a.between(name, v.pos, k.span, at) && a.report(fd, at, k, name+" is used") {
					told[name] = true
					return true
				}
			}
		}
		return true
	})
}

// followed is the name that an expression follows as a pointer, "" where it follows none.
func followed(n ast.Node) (name string, at ast.Span) {
	var base ast.Expr
	switch n := n.(type) {
	case *ast.Subscript:
		base = n.X
	case *ast.Attribute:
		base = n.X
	case *ast.Call:
		if fun := syntax.LastName(n.Fun); len(n.Args) == 1 && follows[fun] {
			base = n.Args[0].X
		}
	}
	if x, ok := syntax.Bare(base).(*ast.Name); ok {
		return x.Name, n.Range()
	}
	return "", ast.Span{}
}

// follows are the functions of cython.operator that go where an iterator leads.
var follows = map[string]bool{"dereference": true, "deref": true, "preincrement": true, "inc": true, "postincrement": true, "predecrement": true, "dec": true, "postdecrement": true}

// between reports whether a callback runs after a name has got a value, and before it is followed with
// that value.
func (a *across) between(name string, set int32, call, use ast.Span) bool {
	if leaves(call, use.Pos, a.f.Def.Body) || !slices.ContainsFunc(a.origins(name, call.Pos), func(v nameValue) bool { return v.pos == set }) {
		return false
	}
	again := func(from, to int32) bool { // the name gets another value on the way
		return slices.ContainsFunc(a.r.values[name], func(v nameValue) bool {
			return v.pos > from && v.pos < to && a.r.block(v.pos).Contains(to) && !a.steps[v.pos]
		})
	}
	if call.End <= use.Pos && !a.exclusive(call.Pos, use.Pos) && !again(call.End, use.Pos) {
		return true
	}
	// In the next round of a loop that the value comes into from outside.
	return slices.ContainsFunc(a.r.loops, func(l ast.Span) bool {
		return l.Contains(call.Pos) && l.Contains(use.Pos) && !l.Contains(set) && !again(l.Pos, use.Pos) && !again(call.End, l.End)
	})
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
	out := project.FindingAt(a.f.Unit.Source, use, finding.Across, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s points into %s of self while %s runs, which may call %s: that moves the memory, and %s after it", a.f.Name(), fd.Name, k.text, m.by.Name(), what)
	out.Help = "call first and look up the pointer afterwards, or keep an index instead; the lock does not help, since the same thread may take it again"
	at := project.FindingAt(a.f.Unit.Source, k.span, "", "", "")
	out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: finding.Brief("runs code of the user")})
	out.Related = append(out.Related, effects.RelatedOf(effects.Chain(m.by, m.how))...)
	a.Findings = append(a.Findings, out)
	return true
}
