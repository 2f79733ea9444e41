package rules

// Pointers to objects that a variable held when they were made, and no longer holds where they are used: "for x in q: if
// x > best: p = <PyObject*>x". What keeps such an object is the container or attribute that it came from.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// keptVariable reports a pointer to what a variable holds that is used when the variable has another value.
func keptVariable(c *checking, f *ruleFunc, cast *ast.Cast, x *ast.Name) {
	f.prepare()
	if !f.local[x.Name] || f.params[x.Name] != nil || onlyTested(f, cast) {
		return
	}
	k := pointerKept(f, cast)
	if k.p == "" || k.p == x.Name {
		return
	}
	k.x = x.Name
	from := heldBesides(c, f, x.Name, cast.Pos)
	if from == nil || !k.outlives() || k.counted() || k.keptBeside() {
		return
	}
	where := f.spelled(from)
	f.finding(cast.Span, finding.Borrowed,
		fmt.Sprintf("the pointer is used when %s has another value: only %s holds a reference to what it leads to, and another thread can replace it there", x.Name, where),
		fmt.Sprintf("keep the object in another variable while the pointer is in use, or hold a lock on %s", where)).Cause = containerIn(c, f, from)
}

// heldPointer is a pointer to what x holds, made by a cast, that the local variable p gets, as it is or as one of an
// array's items.
type heldPointer struct {
	f     *ruleFunc
	cast  *ast.Cast
	x, p  string
	array bool
}

// pointerKept is the variable that gets a pointer; none where it goes elsewhere.
func pointerKept(f *ruleFunc, cast *ast.Cast) heldPointer {
	k := heldPointer{f: f, cast: cast}
	for _, p := range f.parents(cast) {
		switch p := p.(type) {
		case *ast.Paren:
			continue
		case *ast.Cast:
			if p.Type != nil && syntax.Pointers(p.Type.Declarator) > 0 {
				continue // an object's count goes up
			}
		case *ast.Declarator:
			k.p = syntax.DeclaredName(p).Name
		case *ast.Assign:
			t := syntax.Unparen(p.Targets[0])
			if s, ok := t.(*ast.Subscript); ok {
				t, k.array = syntax.Bare(s.X), true
			}
			if n, ok := t.(*ast.Name); ok && len(p.Targets) == 1 && p.Op == "=" && f.local[n.Name] && f.params[n.Name] == nil {
				k.p = n.Name
			}
		}
		break
	}
	return k
}

// outlives reports whether the pointer is used where the variable has another value, or none.
func (k heldPointer) outlives() bool {
	var sets, uses []int32
	for _, v := range k.f.values[k.x] {
		sets = append(sets, v.pos)
	}
	syntax.OwnNodes(k.f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Del:
			if slices.ContainsFunc(n.Targets, func(t ast.Expr) bool { return syntax.IsNamed(syntax.Unparen(t), k.x) }) {
				sets = append(sets, n.Pos)
			}
		case *ast.Assign: // into an array is no use of what is in it
			if s, ok := syntax.Unparen(n.Targets[0]).(*ast.Subscript); ok && n.Value != nil && syntax.IsNamed(syntax.Bare(s.X), k.p) {
				ast.Walk(n.Value, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok && x.Name == k.p {
						uses = append(uses, x.Pos)
					}
					return true
				})
				return false
			}
		case *ast.Name:
			if n.Name == k.p && n.Access != ast.Write {
				uses = append(uses, n.Pos)
			}
		}
		return true
	})
	at := k.cast.Pos
	for _, set := range sets {
		if set > k.cast.End && (k.f.block(set).Contains(at) || k.f.block(at).Contains(set)) && k.used(uses, set, k.f.def.End, set) {
			return true
		}
		for _, l := range k.f.loops {
			if l.Contains(set) && l.Contains(at) &&
				(k.used(uses, l.Pos, at, l.Pos) || (k.array || set > at || !k.last(l)) && k.used(uses, l.End, k.f.def.End, l.End)) {
				return true
			}
		}
	}
	return false
}

// used reports whether the pointer is used between two offsets, and has not been given another value since a third.
func (k heldPointer) used(uses []int32, from, to, since int32) bool {
	return slices.ContainsFunc(uses, func(u int32) bool {
		return u >= from && u < to && (k.array || !slices.ContainsFunc(k.f.values[k.p], func(v nameValue) bool {
			return v.pos >= since && v.pos < u && k.f.block(v.pos).Contains(u)
		}))
	})
}

// last reports whether a loop makes the pointer in each round, or in its last one: behind it the variable still has what
// the pointer leads to.
func (k heldPointer) last(loop ast.Span) bool {
	for i, p := range k.f.parents(k.cast) {
		if p.Range() == loop {
			return true
		}
		switch p := p.(type) {
		case *ast.Suite:
			if st, ok := p.Stmts[len(p.Stmts)-1].(*ast.Simple); ok && i > 0 && (st.Keyword == "break" || st.Keyword == "return") {
				return true
			}
		case *ast.CondClause, *ast.Try, *ast.For, *ast.While, *ast.Handler:
			return false
		}
	}
	return true
}

// counted reports whether the function counts references to what the pointer leads to itself.
func (k heldPointer) counted() bool {
	found := false
	syntax.OwnNodes(k.f.def.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if ok && call.Fun != nil && len(call.Args) == 1 && countsUp[k.f.in.m.CName(call.Fun)] {
			ast.Walk(call.Args[0].X, func(n ast.Node) bool {
				x, ok := n.(*ast.Name)
				found = found || ok && (x.Name == k.x || x.Name == k.p)
				return true
			})
		}
		return !found
	})
	return found
}

// countsUp are the functions that count one more reference.
var countsUp = map[string]bool{"Py_INCREF": true, "Py_XINCREF": true, "Py_NewRef": true, "Py_XNewRef": true}

// keptBeside reports whether the function has another reference as long as it has the pointer: in a variable that gets the
// object along with it, and nothing else from then on ("best = x"), or in a list of its own that only grows.
func (k heldPointer) keptBeside() bool {
	var suite *ast.Suite
	for _, p := range k.f.parents(k.cast) {
		if s, ok := p.(*ast.Suite); ok {
			suite = s
			break
		}
	}
	if suite == nil {
		return false
	}
	at := slices.IndexFunc(suite.Stmts, func(st ast.Stmt) bool { return st.Range().Contains(k.cast.Pos) })
	for i, st := range suite.Stmts {
		switch st := st.(type) {
		case *ast.Assign: // next to it: nothing can be raised between the two
			if n, ok := st.Targets[0].(*ast.Name); ok && len(st.Targets) == 1 && st.Op == "=" && !k.array && (i == at-1 || i == at+1) &&
				syntax.IsNamed(syntax.Unparen(st.Value), k.x) && k.staysWith(n.Name, suite.Span, st.Span) {
				return true
			}
		case *ast.ExprStmt:
			call, ok := syntax.Unparen(st.X).(*ast.Call)
			if !ok || len(call.Args) != 1 || i > at+1 || !syntax.IsNamed(syntax.Unparen(call.Args[0].X), k.x) ||
				slices.ContainsFunc(k.f.values[k.x], func(v nameValue) bool { return v.pos > st.Pos && v.pos < k.cast.Pos }) {
				continue
			}
			if path := syntax.Dotted(call.Fun); len(path) == 2 && path[1] == "append" && k.onlyGrows(path[0]) && k.staysWith(path[0], suite.Span, ast.Span{}) {
				return true
			}
		}
	}
	return false
}

// staysWith reports whether an untyped variable of the function has the value that one statement of a block gives it, or
// that it has when the block begins, until the function ends or the block runs again.
func (k heldPointer) staysWith(name string, block, given ast.Span) bool {
	t := k.f.types[name]
	if !k.f.local[name] || k.f.params[name] != nil || name == k.x || t.ctype != nil && t.ctype.Name != "object" && t.ctype.Name != "list" || t.d != nil && syntax.Pointers(t.d) > 0 {
		return false
	}
	all, before := 0, 0
	ast.Walk(k.f.def, func(n ast.Node) bool { // inner functions set it when they are called
		if x, ok := n.(*ast.Name); ok && x.Name == name && x.Access.Rebinds() && !given.Contains(x.Pos) {
			all++
		}
		return true
	})
	syntax.OwnNodes(k.f.def.Body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name && x.Access.Rebinds() && x.Pos < block.Pos &&
			!slices.ContainsFunc(k.f.loops, func(l ast.Span) bool { return l.Contains(x.Pos) && l.Contains(block.Pos) }) {
			before++
		}
		return true
	})
	return all == before
}

// onlyGrows reports whether a variable has a list that the function makes, and all it does with it is to append to it, to
// ask how long it is and to return it.
func (k heldPointer) onlyGrows(name string) bool {
	if len(k.f.values[name]) != 1 || !empty(k.f.values[name][0].value) {
		return false
	}
	all, known := 0, 0
	count := func(e ast.Expr) {
		if syntax.IsNamed(syntax.Unparen(e), name) {
			known++
		}
	}
	ast.Walk(k.f.def, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Name == name && !n.Access.Rebinds() {
				all++
			}
		case *ast.Call:
			if m, ok := n.Fun.(*ast.Attribute); ok && m.Attr.Name == "append" {
				count(m.X)
			} else if syntax.IsNamed(n.Fun, "len") && len(n.Args) == 1 {
				count(n.Args[0].X)
			}
		case *ast.Simple:
			if n.Keyword == "return" && len(n.Exprs) == 1 {
				count(n.Exprs[0])
			}
		}
		return true
	})
	return all == known
}

// heldBesides is what others can reach and holds a reference to the value that a variable has at an offset, nil where
// that is not told or a lock keeps others away.
func heldBesides(c *checking, f *ruleFunc, name string, at int32) ast.Expr {
	open := func(e ast.Expr) ast.Expr {
		if e == nil || c.reach(f, e, at) != shared || f.held(at, e) {
			return nil
		}
		return e
	}
	values, _ := f.reaching(name, at)
	for _, v := range values {
		switch x := syntax.Bare(v.value).(type) {
		case *ast.Subscript:
			if len(x.Index) == 1 && !v.item && !inCMemory(c, f, x.X) {
				if e := open(x.X); e != nil {
					return e
				}
			}
		case *ast.Attribute:
			if !v.item && untypedObject(c, f, x) {
				return x
			}
		}
		for _, in := range givenItems(f, v) {
			if e := open(in); e != nil {
				return e
			}
		}
	}
	return nil
}

// givenItems are the containers of which a loop gives a variable the items, as they are.
func givenItems(f *ruleFunc, v nameValue) []ast.Expr {
	var iter ast.Expr
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		if l, ok := n.(*ast.For); ok && !l.From && l.Target != nil && l.Target.Range().Contains(v.pos) {
			iter = l.Iter
		}
		return iter == nil
	})
	switch x := syntax.Bare(iter).(type) {
	case *ast.Name, *ast.Attribute:
		return []ast.Expr{x}
	case *ast.Call:
		switch fun := syntax.Unparen(x.Fun).(type) {
		case *ast.Name:
			var out []ast.Expr
			if lazily := library.GoesOverLater()[fun.Name] == "builtins" || fun.Name == "reversed" || fun.Name == "iter"; lazily {
				for _, a := range x.Args {
					switch syntax.Bare(a.X).(type) {
					case *ast.Name, *ast.Attribute:
						out = append(out, a.X)
					}
				}
			}
			return out
		case *ast.Attribute:
			if len(x.Args) == 0 && dictViews[fun.Attr.Name] {
				return []ast.Expr{fun.X}
			}
		}
	}
	return nil
}
