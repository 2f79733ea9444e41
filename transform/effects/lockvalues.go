package effects

// The values of locks that people placed, and the variables of C++ guards that hold them.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// lockItem returns the locks of an item of a with statement.
func (b holding) lockItem(e ast.Expr) ([]LockUse, bool) {
	if n, ok := syntax.Unparen(e).(*ast.Name); ok && (n.Name == "nogil" || n.Name == "gil") {
		return nil, false
	}
	if lock, ok := b.placed.Manager(e); ok {
		return []LockUse{b.lockUse(lock)}, true
	}
	objects, ok := b.placed.With(e)
	if !ok && !isTyped(b, e) {
		if n := returnedLock(b, e); n != 0 {
			return []LockUse{{Span: e.Range(), Text: syntax.Text(b.f.Unit.File, e.Range()), Again: true, node: n}}, true
		}
		if n, isName := syntax.Unparen(e).(*ast.Name); isName { // a local that holds a lock
			v, _, local := b.value(n.Name)
			if !local || v == 0 || !b.isLockValue(v, 8) {
				return nil, false
			}
			return []LockUse{{Span: e.Range(), Text: n.Name, node: v}}, true
		}
		return nil, false
	}
	var out []LockUse
	for _, o := range objects {
		u := LockUse{Section: true, Again: true, Span: o.Range(), Text: syntax.Text(b.f.Unit.File, o.Range())}
		if x, ok := syntax.Unparen(o).(*ast.Unary); ok && x.Op == "&" { // a mutex in a critical section's place
			o, u.Section, u.Again = x.X, false, false
			u.node, u.Some = b.lockValue(o)
		} else {
			u.node = b.expr(o)
		}
		out = append(out, u)
	}
	if objects == nil {
		u := b.lockUse(e)
		if call, ok := syntax.Unparen(e).(*ast.Call); ok { // with self.lock.read_lock():
			u.Shared = handlock.ForReading(b.placed, call)
			if c, method := b.manages(call); c != nil {
				u.Shared = handlock.Shares(b.placed, c, method)
			}
		}
		out = append(out, u)
	}
	return out, true
}

// lockUse is the lock that an expression denotes.
func (b holding) lockUse(e ast.Expr) LockUse {
	u := LockUse{Span: e.Range(), Text: syntax.Text(b.f.Unit.File, e.Range())}
	if handlock.OfThread(b.placed, e) {
		u.Again = true
		return u
	}
	u.node, u.Some = b.lockValue(e)
	typ := b.placed.Type(syntax.LastName(syntax.Bare(e)))
	if x := &b.flow.Nodes[u.node]; x.Kind == NodeField && x.owner != nil {
		typ = b.placed.TypeIn(x.owner, x.Name)
		if f := x.owner.Field(x.Name); typ == "" && f != nil {
			typ = handlock.MadeBy(b.p.HandLocks(f.Mod), x.owner, x.Name)
		}
	}
	u.Again = typ == "" || library.AgainLocks()[typ] || !library.LockTypes()[typ]
	return u
}

// returnedLock is what a call or a property returns that has been walked, where that is a lock by what its functions
// return; 0 for another expression.
func returnedLock(b holding, e ast.Expr) int32 {
	e = syntax.Unparen(e)
	for i := len(b.flow.Calls) - 1; i >= 0; i-- {
		if c := &b.flow.Calls[i]; c.Span == e.Range() {
			if c.node != 0 && returnsLock(b.p, c) {
				return c.node
			}
			return 0
		}
	}
	return 0
}

// returnsLock reports whether each of the functions that a call may reach returns nothing but locks.
func returnsLock(p *Program, c *Call) bool {
	return len(c.Callees) > 0 && !slices.ContainsFunc(c.Callees, func(g *Function) bool {
		locks, others := 0, 0
		syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
			if st, ok := n.(*ast.Simple); ok && st.Keyword == "return" {
				if len(st.Exprs) == 1 && isLockOf(p, g, st.Exprs[0]) {
					locks++
				} else {
					others++
				}
			}
			_, yields := n.(*ast.Yield)
			if yields {
				others++
			}
			return true
		})
		return locks == 0 || others > 0
	})
}

// isLockOf reports whether an expression in a function is a lock by its name, or by what its object's class says.
func isLockOf(p *Program, g *Function, e ast.Expr) bool {
	if p.HandLocks(g.Mod).IsLock(e) {
		return true
	}
	a, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok || g.Class == nil || len(g.Def.Params.List) == 0 || !syntax.IsNamed(a.X, syntax.ParamName(g.Def.Params.List[0])) {
		return false
	}
	return typedAttr(p, g.Class, a.Attr.Name)
}

// knownLocks tells whether an expression denotes a lock, by what the module knows and by what classes say.
func knownLocks(b holding) func(ast.Expr) bool {
	return func(e ast.Expr) bool {
		if n, ok := syntax.Unparen(e).(*ast.Name); ok {
			if v, _, local := b.value(n.Name); local && v != 0 && b.isLockValue(v, 8) {
				return true
			}
		}
		return b.placed.IsLock(e) || isTyped(b, e)
	}
}

// isTyped reports whether an attribute is a lock by what its object's class says, in whatever module that is.
func isTyped(b holding, e ast.Expr) bool {
	a, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return false
	}
	c := b.receiver(a.X)
	return c != nil && typedAttr(b.p, c, a.Attr.Name)
}

// typedAttr reports whether an attribute of a class is declared as a lock, or is given one that is made.
func typedAttr(p *Program, c *project.Class, attr string) bool {
	f := c.Field(attr)
	if f == nil {
		return false
	}
	sh := p.Types.OfField(f)
	return sh.Lock || handlock.IsClass(p.HandLocks(f.Mod), sh.Class) || sh.Kind == ctype.Object && handlock.MadeBy(p.HandLocks(f.Mod), c, attr) != ""
}

// isLockValue reports whether a value is a lock of some kind, by what is known of where it comes from.
func (b holding) isLockValue(n int32, depth int) bool {
	x := &b.flow.Nodes[n]
	switch {
	case depth == 0:
	case x.Shape.Lock || handlock.IsClass(b.placed, x.Shape.Class):
		return true
	case isPlace(x), x.Kind == NodeField && x.owner != nil && typedAttr(b.p, x.owner, x.Name):
		return true
	case x.Kind == NodeField:
		return b.placed.IsLock(&ast.Name{Name: x.Name})
	case x.Kind == NodeGlobal:
		return b.placed.IsLock(&ast.Name{Name: x.Name[lastDot(x.Name)+1:]})
	case x.Kind == NodeCall:
		return returnsLock(b.p, &b.flow.Calls[x.Num])
	case x.Kind == NodeLocal:
		return slices.ContainsFunc(x.From, func(f int32) bool { return b.isLockValue(f, depth-1) })
	case x.Kind == NodeCast, x.Kind == NodeContained:
		return b.isLockValue(x.Base, depth-1)
	}
	return false
}

// lastDot is where the last dot of a name is; -1 for none.
func lastDot(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return i
		}
	}
	return -1
}

// lockValue returns the value of an expression that denotes a lock, and whether it is one of several.
// That a lock is looked at is no use of its object's state.
func (b holding) lockValue(e ast.Expr) (n int32, some bool) {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Name:
		if n, _, local := b.value(e.Name); local {
			if in := b.someLock(n, 8); in != 0 {
				return in, true // for all that is known it is any of them
			}
			return n, false
		}
		return b.lockVariable([]string{e.Name}), false
	case *ast.Unary:
		if e.Op == "&" || e.Op == "*" {
			return b.lockValue(e.X)
		}
	case *ast.Cast:
		return b.lockValue(e.X)
	case *ast.Subscript:
		n, some := b.lockValue(e.X)
		for _, i := range e.Index {
			b.expr(i)
		}
		if !some {
			if at := lockAt(b.builder, n, e); at != 0 {
				return at, false
			}
		}
		return n, true
	case *ast.Cond:
		b.exprs.tested(e.If)
		if b.placed.IsLock(e.Then) {
			return b.lockValue(e.Then)
		}
		return b.lockValue(e.Else)
	case *ast.Call: // with self.lock.read():
		if a, ok := syntax.Unparen(e.Fun).(*ast.Attribute); ok {
			_, field := syntax.Unparen(a.X).(*ast.Attribute)
			if b.placed.IsLock(a.X) || field && handlock.Like(a.Attr.Name) && (b.receiver(a.X) == nil || len(b.members(b.receiver(a.X), a.Attr.Name, false)) == 0) {
				return b.lockValue(a.X)
			}
		}
	case *ast.Attribute:
		if over := b.placed.Over(e.Attr.Name); over != "" {
			of := *e
			of.Attr.Name = over
			e = &of
		}
		if path := syntax.Dotted(e); path != nil && !b.isLocal(path[0]) {
			if n := b.lockVariable(path); n != 0 {
				return n, false
			}
		}
		before := len(b.flow.Actions)
		base := b.expr(e.X)
		if base != 0 && b.shape(base).Kind == ctype.Record { // a struct in the object, of which nothing but the lock is used
			for i := before; i < len(b.flow.Actions); i++ {
				b.flow.Actions[i].history = noUse
			}
		}
		if base == 0 {
			if path := syntax.Dotted(e); path != nil && !b.isLocal(path[0]) { // of a class of Python's, say
				return b.node(Node{Kind: NodeGlobal, Name: b.m.Stem + "." + strings.Join(path, "."), Shape: ctype.Shape{Kind: ctype.Object}}), false
			}
			return 0, false
		}
		sh := b.shape(base)
		if sh.Class != nil {
			f := sh.Class.Field(e.Attr.Name)
			if f != nil && b.handMade {
				if owner, of, lock := handlock.SharedWith(b.p.HandLocks(f.Mod), sh.Class, e.Attr.Name); of != nil {
					base = b.node(Node{Kind: NodeField, Base: base, Name: owner, owner: sh.Class, Shape: b.p.Types.OfField(sh.Class.Field(owner)), history: b.history()})
					return b.node(Node{Kind: NodeField, Base: base, Name: lock, owner: of, Shape: b.p.Types.OfField(of.Field(lock)), history: b.history()}), false
				}
			}
			if f == nil { // an attribute of Python's, or a property
				return b.node(Node{Kind: NodeField, Base: base, Name: e.Attr.Name, owner: sh.Class, Shape: ctype.Shape{Kind: ctype.Object}, history: b.history()}), false
			}
			return b.node(Node{Kind: NodeField, Base: base, Name: e.Attr.Name, owner: sh.Class, Shape: b.p.Types.OfField(f), history: b.history()}), false
		}
		name := e.Attr.Name
		if in := b.flow.LeadsInto(base); in != "" { // in a struct that the object has
			name = in + "." + name
		}
		return b.node(Node{Kind: NodeField, Base: base, Name: name, Shape: ctype.Shape{Kind: ctype.Object}, history: b.history()}), false
	}
	return b.expr(e), false
}

// someLock returns the container that a value is an item of; 0 for another value.
func (b holding) someLock(n int32, depth int) int32 {
	switch x := &b.flow.Nodes[n]; {
	case x.Kind == NodeContained:
		return x.Base
	case depth > 0 && x.Kind == NodeCast:
		return b.someLock(x.Base, depth-1)
	case depth > 0 && x.Kind == NodeLocal && len(x.From) == 1:
		return b.someLock(x.From[0], depth-1)
	}
	return 0
}

// lockVariable is a lock at module level, by the module that has it: 0 where there is none.
func (b holding) lockVariable(path []string) int32 {
	m, name := b.placed.Global(path)
	if m == nil || name == "" {
		if len(path) > 1 {
			return 0
		}
		m, name = b.m, path[0]
	}
	return variableLock(b.builder, m, name)
}

// variableLock is the lock in a variable of a module.
func variableLock(b *builder, m *project.Module, name string) int32 {
	return b.node(Node{Kind: NodeGlobal, Name: m.Stem + "." + name, Shape: ctype.Shape{Kind: ctype.Object}})
}

// decoratedLock notes the lock that a decorator takes for the whole function.
func (b holding) decoratedLock() {
	d := handlock.Decorator(b.m, b.f.Def)
	if d == nil {
		return
	}
	b.byHand(b.f.Def.Name.Span)
	u := LockUse{Again: true, Span: b.f.Def.Name.Span, Text: "@" + syntax.LastName(decoratorName(d))}
	if len(b.flow.Params) > 0 && b.m.Scope.CythonAttr(decoratorName(d), true) == "critical_section" {
		u.Section, u.node = true, b.flow.Params[0]
	} else {
		u.node = b.lockInside(d)
	}
	b.takesLock(u)
}

// decoratorName is the decorator, or what makes it if it is called.
func decoratorName(d ast.Expr) ast.Expr {
	if call, ok := d.(*ast.Call); ok {
		return call.Fun
	}
	return d
}

// lockInside is the lock that a decorator takes: that of the function inside it where it is in sight; else each
// decorator has a lock of its own.
func (b holding) lockInside(d ast.Expr) int32 {
	if in, ok := handlock.Inside(b.m, d); ok {
		if in.Attr != "" && len(b.flow.Params) > 0 {
			return b.node(Node{Kind: NodeField, Base: b.flow.Params[0], Name: in.Attr, owner: b.f.Class, Shape: ctype.Shape{Kind: ctype.Object}, history: b.history()})
		}
		if in.Mod != nil {
			if m, name := b.p.HandLocks(in.Mod).Global(syntax.Dotted(in.Lock)); m != nil {
				return variableLock(b.builder, m, name)
			}
		}
	}
	name := decoratorName(d)
	if r := b.m.Owner(syntax.Dotted(name)); r.Mod != nil {
		return variableLock(b.builder, r.Mod, r.Name)
	}
	return b.node(Node{Kind: NodeGlobal, Name: "@" + syntax.LastName(name), Shape: ctype.Shape{Kind: ctype.Object}})
}

// lockField is a lock that an object has as an attribute of C's.
func (b holding) lockField(base int32, name string, sh ctype.Shape) int32 {
	return b.node(Node{Kind: NodeField, Base: base, Name: name, owner: b.shape(base).Class, Shape: sh, history: b.history()})
}
