package transform

// Flows: one walk over a function's body that notes what is done to which
// values. Expressions are in flowexpr.go, calls in flowcall.go.

import (
	"strings"

	"pyxlock/parser/ast"
)

// variable is a name in a function.
type variable struct {
	node  int32
	shape shape
}

// builder makes one flow.
type builder struct {
	p    *Project
	m    *module
	f    *function
	flow *flow
	vars map[string]variable
	// loops holds the offsets at which the loops start that the walk is in.
	loops []int32
	// hand counts the locks placed by hand that the walk is under.
	hand int
	// nested counts the functions and lambdas that the walk is in, below f.
	nested int
	self   int32 // node of the first parameter of a method
}

// flowOf returns a function's flow.
func (p *Project) flowOf(f *function) *flow {
	f.once.Do(func() {
		b := &builder{p: p, m: f.mod, f: f, flow: &flow{unit: f.unit, nodes: make([]node, 1, 16)}, vars: map[string]variable{}}
		b.function()
		f.flow = b.flow
	})
	return f.flow
}

func (b *builder) node(n node) int32 {
	b.flow.nodes = append(b.flow.nodes, n)
	return int32(len(b.flow.nodes) - 1)
}

func (b *builder) shape(n int32) shape { return b.flow.nodes[n].shape }

func (b *builder) function() {
	def := b.f.def
	if b.m.handDecorated(def) {
		b.hand++
		b.flow.hand = def.Name.Span
	}
	if def.Params != nil {
		r := &resolver{p: b.p, m: b.m, f: &fn{unit: b.f.unit, def: def, class: b.f.class}}
		for i, prm := range def.Params.List {
			n := int32(0)
			if prm.Name.Name != "" && prm.Kind != ast.BareStar && prm.Kind != ast.Slash {
				sh := b.paramShape(r, i, prm)
				n = b.node(node{kind: nodeParam, num: int32(i), shape: sh})
				b.vars[prm.Name.Name] = variable{n, sh}
				if i == 0 && b.f.class != nil {
					b.self = n
				}
			}
			b.flow.params = append(b.flow.params, n)
		}
		for _, prm := range def.Params.List {
			b.expr(prm.Default)
		}
	}
	b.stmts(def.Body.Stmts)
}

// paramShape is the shape of parameter i.
func (b *builder) paramShape(r *resolver, i int, prm *ast.Param) shape {
	switch {
	case prm.Kind == ast.Star || prm.Kind == ast.DoubleStar:
		return shape{kind: shapeObject}
	case i == 0 && b.f.class != nil:
		if b.m.plainDecorator(b.f.def, "staticmethod") || b.m.plainDecorator(b.f.def, "classmethod") || implicitStatic[b.f.def.Name.Name] {
			break
		}
		if binops[b.f.def.Name.Name] && b.m.cAPIBinops(r.f) {
			return shape{kind: shapeObject}
		}
		return shape{kind: shapeObject, class: b.f.class}
	}
	if prm.Type != nil {
		return b.p.shapeOf(b.m, prm.Type, prm.Declarator)
	}
	path, pointer := r.paramType(i, prm)
	switch {
	case pointer:
		return shape{kind: shapePointer, depth: 1}
	case path != nil:
		sh := b.p.shapeOfName(b.m, path, "", 0)
		if prm.Annotation != nil && sh.kind == shapeScalar && len(path) == 1 {
			return shape{kind: shapeObject} // Python's int, not C's
		}
		return sh
	case prm.Annotation != nil:
		if sh := b.p.shapeOfNote(b.m, prm.Annotation); sh.kind != shapeUnknown {
			return sh
		}
	}
	return shape{kind: shapeObject}
}

func (b *builder) effect(n int32, class *class, kind effectKind, md mode, sure bool, c cause, name string, span ast.Span) {
	if n == 0 {
		return
	}
	b.flow.effects = append(b.flow.effects, effect{node: n, class: class, kind: kind, mode: md, sure: sure,
		raw: kind != onPython && b.hand == 0, cause: c, name: name, span: span})
}

// handOut notes that the objects of a node may be seen by others from here on.
func (b *builder) handOut(n int32, at int32) {
	if n == 0 || b.shape(n).kind == shapeScalar {
		return
	}
	if len(b.loops) > 0 {
		at = min(at, b.loops[0])
	}
	b.flow.handed = append(b.flow.handed, handing{n, at})
}

// bind assigns a value to a local.
func (b *builder) bind(name string, value int32, span ast.Span) {
	v, ok := b.vars[name]
	if !ok {
		if b.isGlobal(name) {
			b.handOut(value, span.Pos)
			return
		}
		sh := b.shape(value)
		v = variable{b.node(node{kind: nodeLocal, shape: sh}), sh}
		b.vars[name] = v
	}
	if value == 0 {
		return
	}
	n := &b.flow.nodes[v.node]
	switch n.kind {
	case nodeLocal:
		if v.shape.kind == shapeScalar {
			return
		}
		if v.shape.kind == shapeUnknown || v.shape.kind == shapeObject && v.shape.class == nil && !v.shape.container {
			if sh := b.shape(value); sh.kind != shapeUnknown && n.shape.class == nil {
				n.shape = sh
				v.shape = sh
				b.vars[name] = v
			}
		}
		n.from = append(n.from, value)
	case nodeParam:
		if v.shape.kind == shapeScalar {
			return
		}
		// A parameter that is assigned to is both: what came in and what was assigned.
		l := b.node(node{kind: nodeLocal, shape: v.shape, from: []int32{v.node, value}})
		b.vars[name] = variable{l, v.shape}
	}
}

// isGlobal reports whether a name that is no local of this function yet is
// declared global in it, or stands for a C variable of the module.
func (b *builder) isGlobal(name string) bool {
	v, ok := b.vars["global "+name]
	return ok && v.node == -1
}

func (b *builder) stmts(list []ast.Stmt) {
	for _, st := range list {
		b.stmt(st)
	}
}

func (b *builder) suite(s *ast.Suite) {
	if s != nil {
		b.stmts(s.Stmts)
	}
}

func (b *builder) stmt(st ast.Stmt) {
	switch st := st.(type) {
	case *ast.ExprStmt:
		b.expr(st.X)
	case *ast.Assign:
		b.assign(st)
	case *ast.CVarDecl:
		b.declare(st)
	case *ast.CdefBlock:
		b.suite(st.Body)
	case *ast.Simple:
		b.simple(st)
	case *ast.If:
		for _, c := range st.Clauses {
			b.expr(c.Cond)
			b.suite(c.Body)
		}
	case *ast.CondStmt:
		for _, c := range st.Clauses {
			b.suite(c.Body)
		}
	case *ast.For:
		b.loops = append(b.loops, st.Pos)
		b.loop(st.From, st.Target, st.Iter, st.Step)
		b.suite(st.Body)
		b.loops = b.loops[:len(b.loops)-1]
		b.suite(st.Else)
	case *ast.While:
		b.loops = append(b.loops, st.Pos)
		b.expr(st.Cond)
		b.suite(st.Body)
		b.loops = b.loops[:len(b.loops)-1]
		b.suite(st.Else)
	case *ast.With:
		hand := b.hand
		for _, it := range st.Items {
			n := b.expr(it.X)
			if it.Target != nil {
				b.target(it.Target, n)
			}
			if b.m.handLockItem(b.p, it.X) {
				b.hand++
				if b.flow.hand == (ast.Span{}) {
					b.flow.hand = it.X.Range()
				}
			} else if sh := b.shape(n); sh.kind == shapeObject && sh.class != nil {
				b.operator(n, "__enter__", it.X.Range())
				b.operator(n, "__exit__", it.X.Range())
			}
		}
		b.suite(st.Body)
		b.hand = hand
	case *ast.Try:
		b.suite(st.Body)
		for i := range st.Handlers {
			h := &st.Handlers[i]
			b.expr(h.Type)
			if h.As != nil {
				b.target(h.As, 0)
			}
			b.suite(h.Body)
		}
		b.suite(st.Else)
		b.suite(st.Finally)
	case *ast.Match:
		b.expr(st.Subject)
		for _, c := range st.Cases {
			b.expr(c.Pattern)
			b.expr(c.Guard)
			b.suite(c.Body)
		}
	case *ast.Del:
		for _, t := range st.Targets {
			b.expr(t)
		}
	case *ast.FuncDef:
		b.nestedFunc(st)
	case *ast.ClassDef:
		if st.Body != nil {
			b.nested++
			b.suite(st.Body)
			b.nested--
		}
	}
}

// nestedFunc walks a function inside the function. It may run while the outer
// one does, and counts as done by it; its names shadow.
func (b *builder) nestedFunc(def *ast.FuncDef) {
	if def.Params == nil {
		return
	}
	for _, prm := range def.Params.List {
		b.expr(prm.Default)
	}
	old := b.vars
	b.vars = make(map[string]variable, len(old)+4)
	for k, v := range old {
		b.vars[k] = v
	}
	for _, prm := range def.Params.List {
		if prm.Name.Name != "" {
			sh := b.p.shapeOf(b.m, prm.Type, prm.Declarator)
			b.vars[prm.Name.Name] = variable{b.node(node{kind: nodeUnknown, shape: sh}), sh}
		}
	}
	b.nested++
	b.suite(def.Body)
	b.nested--
	b.vars = old
}

func (b *builder) simple(st *ast.Simple) {
	switch st.Keyword {
	case "global":
		for _, n := range st.Names {
			b.vars["global "+n.Name] = variable{node: -1}
		}
	case "return":
		for _, e := range st.Exprs {
			if n := b.expr(e); n != 0 && b.nested == 0 {
				b.flow.returns = append(b.flow.returns, n)
			}
		}
	default:
		for _, e := range st.Exprs {
			b.expr(e)
		}
	}
}

// declare walks "cdef T x = v, *y".
func (b *builder) declare(st *ast.CVarDecl) {
	for _, d := range st.Declarators {
		if d.Func {
			continue
		}
		name := declaredName(d)
		if name.Name == "" {
			continue
		}
		sh := b.p.shapeOf(b.m, st.Type, d)
		if _, again := b.vars[name.Name]; !again || b.vars[name.Name].node <= 0 {
			b.vars[name.Name] = variable{b.node(node{kind: nodeLocal, shape: sh}), sh}
		}
		if d.Default != nil {
			v := b.expr(d.Default)
			b.bind(name.Name, v, name.Span)
		}
	}
}

func (b *builder) assign(st *ast.Assign) {
	if st.Op != "=" { // a op= v
		v := b.expr(st.Value)
		for _, t := range st.Targets {
			n := b.expr(t)
			if b.shape(n).container {
				b.effect(n, nil, onValue, write, true, changesContainer, st.Op, t.Range())
			}
			_ = v
		}
		return
	}
	if st.Annotation != nil && len(st.Targets) == 1 {
		if n, ok := unparen(st.Targets[0]).(*ast.Name); ok {
			sh := b.p.shapeOfNote(b.m, st.Annotation)
			if _, known := b.vars[n.Name]; !known {
				b.vars[n.Name] = variable{b.node(node{kind: nodeLocal, shape: sh}), sh}
			}
		}
	}
	if st.Value == nil {
		return
	}
	// "a, b = x, y" in pairs
	if values, ok := unparen(st.Value).(*ast.Collection); ok && len(st.Targets) == 1 && (values.Kind == "tuple" || values.Kind == "list") {
		if targets, ok := unparen(st.Targets[0]).(*ast.Collection); ok && len(targets.Elems) == len(values.Elems) && !starred(targets.Elems) && !starred(values.Elems) {
			var got []int32
			for _, e := range values.Elems {
				got = append(got, b.expr(e))
			}
			for i, t := range targets.Elems {
				b.target(t, got[i])
			}
			return
		}
	}
	v := b.expr(st.Value)
	for _, t := range st.Targets {
		b.target(t, v)
	}
}

func starred(list []ast.Expr) bool {
	for _, e := range list {
		if _, ok := e.(*ast.Starred); ok {
			return true
		}
	}
	return false
}

// target assigns a value to a target.
func (b *builder) target(t ast.Expr, value int32) {
	switch t := t.(type) {
	case *ast.Name:
		b.bind(t.Name, value, t.Span)
	case *ast.Paren:
		b.target(t.X, value)
	case *ast.Starred:
		b.target(t.X, 0)
	case *ast.Collection:
		for _, e := range t.Elems {
			b.target(e, b.element(value))
		}
	case *ast.Attribute:
		base := b.expr(t.X)
		b.attribute(t, base)
		if value != 0 && b.shape(value).kind != shapeScalar {
			b.flow.stores = append(b.flow.stores, store{value, base, t.Attr.Name, t.Span})
			if b.flow.nodes[base].kind != nodeInside {
				b.handOutInto(value, base, t.Pos)
			}
		}
	default:
		b.expr(t)
		if s, ok := t.(*ast.Subscript); ok && value != 0 && b.shape(value).kind == shapeObject {
			b.handOut(value, s.Pos)
		}
	}
}

// handOutInto hands a value out by storing it in an object, unless that is an
// object of our own making.
func (b *builder) handOutInto(value, into, at int32) {
	for n := into; ; {
		x := b.flow.nodes[n]
		switch x.kind {
		case nodeFresh:
			return
		case nodeLocal:
			if len(x.from) == 1 {
				n = x.from[0]
				continue
			}
		case nodeCast:
			n = x.base
			continue
		}
		break
	}
	b.handOut(value, at)
}

// loop walks the head of a for loop or of a comprehension's clause.
func (b *builder) loop(from bool, target, iter, step ast.Expr) {
	n := b.expr(iter)
	b.expr(step)
	if from || target == nil {
		return
	}
	if sh := b.shape(n); sh.kind == shapeObject && sh.class != nil {
		b.operator(n, "__iter__", iter.Range())
		b.operator(n, "__next__", iter.Range())
	}
	b.target(target, b.element(n))
}

// element is what a container, pointer or view yields.
func (b *builder) element(n int32) int32 {
	if n == 0 {
		return 0
	}
	switch sh := b.shape(n); sh.kind {
	case shapePointer:
		return b.deref(n)
	case shapeScalar:
		return 0
	case shapeRecord, shapeUnknown:
		return b.node(node{kind: nodeInside, base: n})
	default:
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
}

// deref is what a pointer points to.
func (b *builder) deref(n int32) int32 {
	sh := b.shape(n)
	if sh.depth > 1 {
		sh.depth--
		return b.node(node{kind: nodeInside, base: n, shape: sh})
	}
	switch sh.elem {
	case shapeScalar:
		return 0
	case shapeObject:
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
	return b.node(node{kind: nodeInside, base: n, shape: shape{kind: sh.elem, constant: sh.constant}})
}

// lockish reports whether a name speaks of a lock.
func lockish(name string) bool {
	n := strings.ToLower(name)
	return strings.Contains(n, "lock") && !strings.Contains(n, "block") && !strings.Contains(n, "unlock") ||
		strings.Contains(n, "mutex") || n == "phil" || n == "_lk" || n == "with_phil" || strings.Contains(n, "synchronized") || strings.Contains(n, "critical_section")
}

// handDecorated reports whether a decorator that is not ours locks the function.
func (m *module) handDecorated(def *ast.FuncDef) bool {
	for _, d := range def.Decorators {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		last := lastName(e)
		if lockNames[last] {
			continue
		}
		if lockish(last) {
			return true
		}
	}
	return false
}

// handLockItem reports whether an item of a with statement is a lock.
func (m *module) handLockItem(p *Project, e ast.Expr) bool {
	e = unparen(e)
	if c, ok := e.(*ast.Call); ok {
		if c.Fun == nil {
			return false
		}
		e = c.Fun
	}
	return lockish(lastName(e))
}

func lastName(e ast.Expr) string {
	switch e := unparen(e).(type) {
	case *ast.Name:
		return e.Name
	case *ast.Attribute:
		return e.Attr.Name
	case *ast.Subscript:
		return lastName(e.X)
	}
	return ""
}
