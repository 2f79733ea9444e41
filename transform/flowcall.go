package transform

// Flows of calls: whom a call may reach, and what is passed to it.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// passed are a call's arguments as nodes.
type passed struct {
	pos  []int32
	kw   []int32
	name []string // of kw
	star []int32  // *x and **x
	span []ast.Span
}

func (b *builder) passed(args []ast.Arg) passed { return b.passedTo(args, nil) }

// passedTo is passed for a function of which byRef tells the parameters that
// are C++ references.
func (b *builder) passedTo(args []ast.Arg, byRef func(i int, name string) bool) passed {
	var p passed
	for i := range args {
		a := &args[i]
		var n int32
		if a.Star == 0 && byRef != nil && byRef(i, a.Name.Name) {
			n = b.place(a.X)
		} else {
			n = b.expr(a.X)
		}
		switch {
		case a.Star > 0:
			p.star = append(append(p.star, n), b.elements(n)...)
		case a.Name.Name != "":
			p.kw = append(p.kw, n)
			p.name = append(p.name, a.Name.Name)
		default:
			p.pos = append(p.pos, n)
			p.span = append(p.span, a.Span)
		}
	}
	if len(args) > 0 {
		if o := b.outs[&args[0]]; o != nil {
			o.args = p
		}
	}
	return p
}

// place is an expression as what a C++ reference to it leads to.
func (b *builder) place(e ast.Expr) int32 {
	switch x := unparen(e).(type) {
	case *ast.Attribute, *ast.Subscript:
		return b.address(x)
	}
	return b.expr(e)
}

// byRef tells which parameters of a function are C++ references.
func (b *builder) byRef(list *ast.Params, bound bool) func(i int, name string) bool {
	if list == nil {
		return nil
	}
	any := false
	for _, prm := range list.List {
		any = any || prm.Declarator != nil && prm.Declarator.Ref
	}
	if !any {
		return nil
	}
	return func(i int, name string) bool {
		if bound {
			i++
		}
		for k, prm := range list.List {
			if name == "" && k == i || name != "" && name == prm.Name.Name {
				return prm.Declarator != nil && prm.Declarator.Ref
			}
		}
		return false
	}
}

// outCall is a call that is given the address of local pointers: it may make
// them lead into whatever else it is given.
type outCall struct {
	names []*ast.Name
	args  passed
	on    int32 // the object or value that a method is called on
}

// outCall returns an outCall for a call that has such arguments, or nil.
func (b *builder) outCall(e *ast.Call) *outCall {
	var out *outCall
	for i := range e.Args {
		var x ast.Expr
		switch a := unparen(e.Args[i].X).(type) {
		case *ast.Unary:
			if a.Op == "&" {
				x = unparen(a.X)
			}
		case *ast.Call:
			if len(a.Args) == 1 && b.cythonName(unparen(a.Fun)) == "address" {
				x = unparen(a.Args[0].X)
			}
		}
		if n, ok := x.(*ast.Name); ok {
			if _, sh, local := b.value(n.Name); local && sh.kind == shapePointer {
				if out == nil {
					out = &outCall{}
					if b.outs == nil {
						b.outs = map[*ast.Arg]*outCall{}
					}
					b.outs[&e.Args[0]] = out
				}
				out.names = append(out.names, n)
			}
		}
	}
	return out
}

// filled gives the pointers of a call what it may have made of them.
func (b *builder) filled(o *outCall) {
	var from []int32
	if b.shape(o.on).kind != shapeScalar && o.on != 0 {
		from = append(from, o.on)
	}
	o.args.each(func(n int32) {
		sh := b.shape(n)
		if sh.kind == shapeObject && sh.class == nil && b.flow.nodes[n].kind != nodeField {
			return // slices, strings, …
		}
		if sh.kind != shapeScalar && !slices.Contains(from, n) {
			from = append(from, n)
		}
	})
	if len(from) == 0 {
		return
	}
	for _, name := range o.names {
		_, sh, _ := b.value(name.Name)
		sh.returned = true
		l := b.node(node{kind: nodeLocal, from: from})
		b.set(b.vars[name.Name].slot, b.node(node{kind: nodeInside, base: l, shape: sh}))
	}
}

func (p *passed) each(f func(n int32)) {
	for _, list := range [3][]int32{p.pos, p.kw, p.star} {
		for _, n := range list {
			if n != 0 {
				f(n)
			}
		}
	}
}

// to lines arguments up with a function's parameters. Those that land in *args
// or **kwargs are given to rest.
func (p *passed) to(def *ast.FuncDef, receiver int32, bound bool, rest func(n int32)) []int32 {
	params := def.Params.List
	out := make([]int32, len(params))
	at := 0
	next := func() int {
		for at < len(params) && (params[at].Kind == ast.Slash) {
			at++
		}
		if at < len(params) && params[at].Kind == ast.Positional && !params[at].KeywordOnly {
			at++
			return at - 1
		}
		return -1
	}
	if bound {
		if i := next(); i >= 0 {
			out[i] = receiver
		}
	}
	for _, n := range p.pos {
		if i := next(); i >= 0 {
			out[i] = n
		} else if n != 0 {
			rest(n)
		}
	}
	for k, n := range p.kw {
		found := false
		for i, prm := range params {
			if prm.Name.Name == p.name[k] && prm.Kind == ast.Positional {
				out[i], found = n, true
			}
		}
		if !found && n != 0 {
			rest(n)
		}
	}
	for _, n := range p.star {
		if n != 0 {
			rest(n)
		}
	}
	return out
}

func (b *builder) call(e *ast.Call) int32 {
	if e.Fun == nil {
		return 0
	}
	if o := b.outCall(e); o != nil {
		n := b.callTo(e)
		b.filled(o)
		return n
	}
	return b.callTo(e)
}

func (b *builder) callTo(e *ast.Call) int32 {
	fun := unparen(e.Fun)
	if n, ok := b.cythonCall(fun, e); ok {
		return n
	}
	if b.handLockCall(e) {
		b.passed(e.Args)
		return 0
	}
	switch fun := fun.(type) {
	case *ast.Attribute:
		return b.methodCall(fun, e)
	case *ast.Name:
		if n, sh, local := b.value(fun.Name); local {
			args := b.passed(e.Args)
			if b.isClass(n) {
				return b.construct(b.f.class, args, e.Span, true)
			}
			if n != 0 && b.shape(n).class != nil {
				b.operator(n, "__call__", e.Span)
			}
			if b.vars[fun.Name].nested || n == 0 || sh.kind != shapeObject && sh.kind != shapeUnknown { // it may be a C function
				args.each(func(n int32) { b.rawObject(n, fun.Name, e.Span) })
			}
			return b.unknownCall(args, fun.Name, e.Span, sh.kind != shapeObject && sh.kind != shapeUnknown)
		}
		return b.namedCall([]string{fun.Name}, e)
	case *ast.Subscript:
		if name, ok := unparen(fun.X).(*ast.Name); ok && !b.isLocal(name.Name) { // one of a fused or template function
			return b.namedCall([]string{name.Name}, e)
		}
		b.expr(fun)
		args := b.passed(e.Args)
		args.each(func(n int32) { b.rawObject(n, "", e.Span) }) // a function pointer in an array
		return b.unknownCall(args, "", e.Span, false)
	default:
		b.expr(fun)
		args := b.passed(e.Args)
		args.each(func(n int32) { b.rawObject(n, "", e.Span) }) // it may be a C function
		return b.unknownCall(args, "", e.Span, false)
	}
}

// cythonName returns the name of a function of the cython module or of
// cython.operator, "" for others.
func (b *builder) cythonName(fun ast.Expr) string {
	name := b.m.scope.cythonAttr(fun, false)
	if name == "" {
		if n, ok := fun.(*ast.Name); ok {
			if bd := b.m.scope.names[n.Name]; bd.kind == bindImported && len(bd.path) == 2 && bd.path[0] == "cython" && bd.path[1] == "operator" {
				name = bd.attr
			}
		}
	}
	return name
}

// cythonCall handles the cython module's own functions.
func (b *builder) cythonCall(fun ast.Expr, e *ast.Call) (int32, bool) {
	name := b.cythonName(fun)
	switch name {
	case "cast":
		if len(e.Args) >= 2 {
			return b.cast(b.expr(e.Args[1].X), b.p.shapeOfNote(b.m, e.Args[0].X)), true
		}
	case "address":
		if len(e.Args) == 1 {
			return b.address(e.Args[0].X), true
		}
	case "declare":
		if len(e.Args) >= 2 && e.Args[0].Name.Name == "" {
			v := b.expr(e.Args[1].X)
			return b.cast(v, b.p.shapeOfNote(b.m, e.Args[0].X)), true
		}
		for _, a := range e.Args {
			if a.Name.Name != "" {
				b.declared(a.Name.Name, a.X)
			}
		}
		return 0, true
	case "typeof", "sizeof", "compiled", "cmod", "cdiv":
		return 0, true
	case "dereference":
		if len(e.Args) == 1 {
			return b.element(b.expr(e.Args[0].X)), true
		}
	case "preincrement", "predecrement", "postincrement", "postdecrement":
		if len(e.Args) == 1 {
			if x, ok := unparen(e.Args[0].X).(*ast.Name); ok {
				n, sh, local := b.value(x.Name)
				if local && !sh.ref { // an iterator or a pointer of our own
					return n, true
				}
			}
			n := b.place(e.Args[0].X)
			if sh := b.shape(n); sh.kind == shapeObject && sh.class == nil {
				return 0, true
			}
			b.effect(n, nil, onState, write, true, storesThrough, name, e.Span)
			return n, true
		}
	}
	return 0, false
}

// methodCall handles x.name(…).
func (b *builder) methodCall(fun *ast.Attribute, e *ast.Call) int32 {
	name := fun.Attr.Name
	if c, ok := unparen(fun.X).(*ast.Call); ok && b.f.class != nil {
		if s, ok := c.Fun.(*ast.Name); ok && s.Name == "super" {
			return b.superCall(name, e)
		}
	}
	if path := dotted(fun); path != nil && !b.isLocal(path[0]) {
		if c := b.p.lookup(b.m, path[:len(path)-1]); c != nil {
			return b.classCall(c, name, e)
		}
		if _, isVar := b.m.cdecls().vars[path[0]]; !isVar {
			return b.namedCall(path, e)
		}
	}
	if _, literal := unparen(fun.X).(*ast.Str); literal { // "…".format(…), ", ".join(…)
		args := b.passed(e.Args)
		args.each(func(n int32) {
			if b.shape(n).class != nil {
				b.operator(n, "__str__", e.Span)
				b.operator(n, "__repr__", e.Span)
				b.operator(n, "__format__", e.Span)
			}
		})
		return 0
	}
	if name == "__new__" { // cls.__new__(cls), object.__new__(cls)
		b.expr(fun.X)
		args := b.passed(e.Args)
		b.unknownArgs(args, name, e.Span, false)
		return b.made(e.Span)
	}
	base := b.expr(fun.X)
	if len(e.Args) > 0 {
		if o := b.outs[&e.Args[0]]; o != nil {
			o.on = base
		}
	}
	sh := b.shape(base)
	if base != 0 && sh.class != nil && sh.kind == shapeObject {
		if f := b.p.field(sh.class, name); f != nil { // a function pointer or a callable attribute
			n := b.attribute(&ast.Attribute{Span: fun.Span, X: fun.X, Attr: fun.Attr}, base)
			fs := b.p.fieldShape(f)
			if fs.lock {
				return 0
			}
			if b.inC(n) { // a C++ object with an operator()
				b.effect(n, nil, onState, write, false, passesUnknown, name, e.Span)
				b.unknownCall(b.passed(e.Args), name, e.Span, true)
				return n
			}
			args := b.passed(e.Args)
			if fs.kind != shapeObject { // a function pointer
				args.each(func(n int32) { b.rawObject(n, name, e.Span) })
			}
			return b.unknownCall(args, name, e.Span, fs.kind != shapeObject)
		}
		if fs := b.p.members(sh.class, name, false); len(fs) > 0 {
			return b.callFunctions(fs, base, true, e)
		}
		args := b.passed(e.Args)
		if d, ok := b.declaredMethod(sh.class, name); ok { // its body is not in sight
			b.effect(base, sh.class, onPython, write, false, callsUnknown, name, e.Span)
			if !d.decl.Cpdef { // which would lock where its class does
				b.rawObject(base, name, e.Span)
			}
			b.unknownArgs(args, name, e.Span, false)
			args.each(func(n int32) { b.rawObject(n, name, e.Span) })
			return b.node(node{kind: nodeUnknown, shape: b.returnShape(sh.class.mod, d.decl.Type, d.d)})
		}
		if n := b.member(fun, base, sh.class); n != 0 {
			return b.unknownCall(args, name, e.Span, false)
		}
		if !inheritedFromObject[name] {
			b.effect(base, sh.class, onPython, write, false, callsUnknown, name, e.Span)
		}
		b.python(e.Span)
		return b.unknownCall(args, name, e.Span, false)
	}
	args := b.passed(e.Args)
	switch {
	case base == 0:
	case sh.kind == shapePointer && sh.elem == shapeScalar && viewMethods[name]: // nothing else that points to numbers has methods
		b.effect(base, nil, onState, read, true, reads, name, e.Span)
		return b.node(node{kind: nodeFresh, shape: sh, pos: e.Pos})
	case sh.kind == shapePointer && sh.elem == shapeScalar && keepers[name], name == "decode" && sliced(fun.X): // of a char * as bytes
		b.effect(base, nil, onState, read, true, reads, name, e.Span)
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	case b.inC(base):
		text := sh.kind == shapePointer && sh.elem == shapeScalar || keepers[name]         // a C string becomes bytes first
		if (!cppReaders[name] || sh.known && !cppSizes[name]) && !sh.readOnly() && !text { // load() of an atomic reads
			b.effect(base, nil, onState, write, cppWriters[name], passesWritable, name, e.Span)
		}
		b.unknownArgs(args, name, e.Span, true)
		return b.node(node{kind: nodeInside, base: base, shape: shape{inserts: sh.holds, holds: sh.holds}})
	default:
		if changers[name] {
			b.effect(base, nil, onValue, write, true, changesContainer, name, e.Span)
			b.refill(base)
			args.each(func(n int32) { b.handOut(n, e.End) })
		} else if !keepers[name] {
			kind := onPython
			if sh.container && !readingDunders[name] {
				kind = onValue
			}
			b.effect(base, nil, kind, write, false, callsUnknown, name, e.Span)
		}
		if sh.container || changers[name] || keepers[name] {
			return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
		}
	}
	if base == 0 && keepers[name] {
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
	return b.unknownCall(args, name, e.Span, false)
}

// sliced reports whether an expression is x[a:b].
func sliced(e ast.Expr) bool {
	s, ok := unparen(e).(*ast.Subscript)
	if !ok || len(s.Index) != 1 {
		return false
	}
	_, ok = s.Index[0].(*ast.Slice)
	return ok
}

// made is a new object of the class that a method makes objects of, of any
// class elsewhere.
func (b *builder) made(span ast.Span) int32 {
	sh := shape{kind: shapeObject}
	if b.f.class != nil && (b.m.plainDecorator(b.f.def, "classmethod") || b.m.plainDecorator(b.f.def, "staticmethod")) {
		sh.class = b.f.class
	}
	return b.node(node{kind: nodeFresh, shape: sh, pos: span.Pos})
}

// isClass reports whether a value is the class that a class method is called on.
func (b *builder) isClass(n int32) bool {
	return n != 0 && b.f.class != nil && len(b.flow.params) > 0 && n == b.flow.params[0] && b.m.plainDecorator(b.f.def, "classmethod")
}

// handLockCall follows the taking and releasing of a lock placed by hand.
func (b *builder) handLockCall(e *ast.Call) bool {
	lc, ok := b.m.lockCall(e)
	switch {
	case !ok:
		return false
	case lc.take:
		b.hand++
		b.byHand(e.Span)
	case b.hand > 0:
		b.hand--
	}
	return true
}

// Methods by which Python's containers, arrays and buffers change.
var changers = map[string]bool{
	"append": true, "extend": true, "insert": true, "pop": true, "remove": true, "clear": true, "sort": true, "reverse": true,
	"update": true, "setdefault": true, "popitem": true, "add": true, "discard": true, "appendleft": true, "popleft": true,
	"extendleft": true, "rotate": true, "move_to_end": true, "intersection_update": true, "difference_update": true,
	"symmetric_difference_update": true, "resize": true, "frombytes": true, "fromlist": true,
}

// Methods of builtin types that change nothing.
var keepers = map[string]bool{
	"get": true, "keys": true, "values": true, "items": true, "copy": true, "index": true, "count": true, "join": true,
	"split": true, "encode": true, "decode": true, "format": true, "startswith": true, "endswith": true, "strip": true,
	"lower": true, "upper": true, "replace": true, "find": true, "tobytes": true, "tolist": true, "union": true,
	"intersection": true, "difference": true, "issubset": true, "issuperset": true, "isdigit": true, "rstrip": true,
	"lstrip": true, "splitlines": true, "partition": true, "rpartition": true, "rsplit": true, "bit_length": true,
	"hex": true, "rfind": true, "title": true, "isdisjoint": true, "to_bytes": true, "__class__": true, "__name__": true,
}

// Special methods of containers that change nothing.
var readingDunders = map[string]bool{
	"__getitem__": true, "__contains__": true, "__len__": true, "__iter__": true, "__reversed__": true, "__repr__": true, "__str__": true,
	"__eq__": true, "__ne__": true, "__lt__": true, "__le__": true, "__gt__": true, "__ge__": true, "__hash__": true, "__sizeof__": true,
	"__add__": true, "__or__": true, "__and__": true, "__sub__": true, "__xor__": true, "__mul__": true, "__reduce__": true, "__reduce_ex__": true,
}

// Methods of memoryviews: each makes a view of its own, or tells something.
var viewMethods = map[string]bool{"copy": true, "copy_fortran": true, "is_c_contig": true, "is_f_contig": true}

// Methods that every object has from its type and that change nothing.
var inheritedFromObject = map[string]bool{
	"__repr__": true, "__str__": true, "__hash__": true, "__eq__": true, "__ne__": true, "__sizeof__": true, "__dir__": true,
	"__format__": true, "__getattribute__": true, "__init_subclass__": true, "__reduce__": true, "__reduce_ex__": true,
}

var cppReaders = map[string]bool{
	"size": true, "empty": true, "length": true, "capacity": true, "count": true, "at": true, "c_str": true, "contains": true,
	"find": true, "front": true, "back": true, "top": true, "load": true, "begin": true, "end": true, "rbegin": true, "rend": true,
	"max_size": true, "get": true, "data": true, "substr": true, "compare": true, "lower_bound": true, "upper_bound": true, "const_begin": true, "const_end": true,
}

// cppSizes are those of them that mean the same in any class.
var cppSizes = map[string]bool{"size": true, "empty": true, "length": true, "capacity": true, "c_str": true, "max_size": true}

var cppWriters = map[string]bool{
	"push_back": true, "pop_back": true, "push": true, "pop": true, "insert": true, "erase": true, "clear": true, "resize": true,
	"reserve": true, "assign": true, "emplace": true, "emplace_back": true, "push_front": true, "pop_front": true, "reset": true,
	"swap": true, "append": true, "store": true, "merge": true, "shrink_to_fit": true,
}

func (b *builder) isLocal(name string) bool {
	v, ok := b.vars[name]
	return ok && !v.global
}

// superCall handles super().name(…).
func (b *builder) superCall(name string, e *ast.Call) int32 {
	if name == "__new__" {
		b.unknownArgs(b.passed(e.Args), name, e.Span, false)
		return b.made(e.Span)
	}
	for _, a := range b.p.ancestry(b.f.class)[1:] {
		a.mod.funcs()
		if fs := a.own.methods[name]; len(fs) > 0 {
			return b.callFunctions(fs, b.self, true, e)
		}
	}
	args := b.passed(e.Args)
	if b.p.complete(b.f.class) || inheritedFromObject[name] || name == "__init__" && b.p.base(b.f.class) == nil && !b.hasBases() {
		b.unknownArgs(args, name, e.Span, false)
		return 0
	}
	b.effect(b.self, b.f.class, onPython, write, false, callsUnknown, "super()."+name, e.Span)
	return b.unknownCall(args, name, e.Span, false)
}

func (b *builder) hasBases() bool {
	for _, d := range b.f.class.defs {
		if d.Bases != nil && len(d.Bases.Args) > 0 {
			return true
		}
	}
	return false
}

// complete reports whether all bases of c are in sight, with their bodies.
func (p *Project) complete(c *class) bool {
	for _, a := range p.ancestry(c) {
		if a.def == nil {
			return false
		}
		if p.base(a) == nil {
			for _, d := range a.defs {
				if d.Bases != nil && len(d.Bases.Args) > 0 {
					if path := dotted(d.Bases.Args[0].X); len(path) != 1 || path[0] != "object" {
						return false
					}
				}
			}
		}
	}
	return true
}

// unseenBase reports whether c has a base out of sight that may have C attributes:
// one that is no builtin type.
func (p *Project) unseenBase(c *class) bool {
	if p.complete(c) {
		return false
	}
	for _, a := range p.ancestry(c) {
		if a.def == nil {
			return true
		}
		if p.base(a) != nil {
			continue
		}
		for _, d := range a.defs {
			if d.Bases != nil && len(d.Bases.Args) > 0 {
				path := dotted(d.Bases.Args[0].X)
				if last := or(strings.Join(path[max(len(path)-1, 0):], ""), "?"); objectTypes[last] && !bufferTypes[last] {
					continue // those of Cython's own .pxd files show no pointers
				}
				if _, bound := a.mod.scope.names[or(strings.Join(path, "."), "?")]; len(path) != 1 || bound || len(a.mod.scope.stars) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// classCall handles C.name(…).
func (b *builder) classCall(c *class, name string, e *ast.Call) int32 {
	if name == "__new__" {
		args := b.passed(e.Args)
		if len(args.pos) > 0 {
			args.pos = args.pos[1:]
		}
		return b.construct(c, args, e.Span, false)
	}
	if fs := b.p.members(c, name, false); len(fs) > 0 {
		static := b.m.plainDecorator(fs[0].def, "staticmethod")
		if b.m.plainDecorator(fs[0].def, "classmethod") {
			return b.callFunctions(fs, 0, true, e)
		}
		_ = static
		return b.callFunctions(fs[:1], 0, false, e)
	}
	return b.unknownCall(b.passed(e.Args), c.name+"."+name, e.Span, false)
}

// construct makes an instance.
func (b *builder) construct(c *class, args passed, span ast.Span, init bool) int32 {
	n := b.node(node{kind: nodeFresh, shape: shape{kind: shapeObject, class: c}, pos: span.Pos})
	seen := false
	for _, name := range []string{"__cinit__", "__init__"} {
		if name == "__init__" && !init {
			continue
		}
		for _, a := range b.p.ancestry(c) {
			a.mod.funcs()
			fs := a.own.methods[name]
			if len(fs) == 0 {
				continue
			}
			seen = true
			b.callOf(fs[:1], args.to(fs[0].def, n, true, func(x int32) { b.opaque(x, c.name, span) }), span)
			if name == "__init__" {
				break
			}
		}
	}
	if !seen && init && !b.p.complete(c) {
		b.unknownArgs(args, c.name, span, false)
	}
	return n
}

// namedCall handles a call of a name of the module, or of mod.name.
func (b *builder) namedCall(path []string, e *ast.Call) int32 {
	if c := b.p.lookup(b.m, path); c != nil {
		return b.construct(c, b.passed(e.Args), e.Span, true)
	}
	name := path[len(path)-1]
	if r := b.p.owner(b.m, path); r.mod != nil {
		t := r.mod.funcs()
		if fs := t.byName[r.name]; len(fs) > 0 {
			return b.callFunctions(fs, 0, false, e)
		}
		if f, ok := r.mod.cdecls().funcs[r.name]; ok {
			return b.externCall(r.mod, f, name, e)
		}
		if _, isType := r.mod.cdecls().types[r.name]; isType {
			args := b.passed(e.Args)
			sh := b.p.shapeOfName(b.m, path, "", 0)
			var from []int32
			args.each(func(n int32) {
				if b.inC(n) || b.shape(n).class != nil {
					from = append(from, n)
				}
			})
			if len(from) > 0 && !b.p.plainData(sh.of, 0) { // a struct with pointers
				return b.node(node{kind: nodeLocal, from: from, shape: sh})
			}
			return b.node(node{kind: nodeFresh, shape: sh})
		}
		if t.pySet[r.name] {
			args := b.passed(e.Args)
			if f := t.pyInit[r.name]; f != nil {
				b.callOf([]*function{f}, args.to(f.def, 0, true, func(x int32) { b.opaque(x, name, e.Span) }), e.Span)
			}
			return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
		}
	}
	if how, ok := knownC[name]; ok {
		return b.knownCall(how, b.passed(e.Args), name, e.Span)
	}
	if len(path) == 1 {
		if _, bound := b.m.scope.names[name]; !bound {
			if n, ok := b.builtin(name, e); ok {
				return n
			}
		}
	}
	if bd, ok := b.m.scope.names[path[0]]; ok && (bd.kind == bindModule || bd.kind == bindImported) && len(bd.path) > 0 {
		switch {
		case (name == "copy" || name == "clone") && strings.HasPrefix(strings.Join(append(slices.Clone(bd.path), bd.attr), "."), "cpython.array"):
			b.passed(e.Args)
			return b.node(node{kind: nodeFresh, shape: shape{kind: shapeObject, container: true}, pos: e.Pos})
		case name == "swap" && bd.path[0] == "libcpp":
			return b.unknownCall(b.passedTo(e.Args, func(int, string) bool { return true }), name, e.Span, true)
		case bd.path[0] == "libc" && bd.path[len(bd.path)-1] == "math":
			b.passed(e.Args)
			return 0
		case bd.path[0] == "libc" || bd.path[0] == "libcpp" || bd.path[0] == "posix":
			return b.unknownCall(b.passed(e.Args), name, e.Span, true)
		}
	}
	return b.unknownCall(b.passed(e.Args), name, e.Span, false)
}

// callFunctions calls functions of the project; all take the same arguments.
func (b *builder) callFunctions(fs []*function, receiver int32, bound bool, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(fs[0].def.Params, bound))
	var groups [][]*function
	for _, f := range fs { // overrides may name their parameters differently
		placed := false
		for i, g := range groups {
			if len(g[0].def.Params.List) == len(f.def.Params.List) {
				groups[i] = append(g, f)
				placed = true
				break
			}
		}
		if !placed {
			groups = append(groups, []*function{f})
		}
	}
	var out int32
	for _, g := range groups {
		to := args.to(g[0].def, receiver, bound, func(n int32) { b.opaque(n, g[0].def.Name.Name, e.Span) })
		out = b.either(out, b.callOf(g, to, e.Span))
	}
	return out
}

// callOf notes a call and returns its value.
func (b *builder) callOf(fs []*function, args []int32, span ast.Span) int32 {
	b.flow.calls = append(b.flow.calls, call{span: span, callees: fs, args: args, hand: b.hand > 0, handing: handing{pos: span.End, loops: b.loopStarts()}})
	sh := b.returnOf(fs[0])
	if fs[0].exposed() && fs[0].def.Kind == ast.Def {
		b.python(span)
	}
	if sh.kind == shapeScalar {
		return 0
	}
	return b.node(node{kind: nodeCall, num: int32(len(b.flow.calls) - 1), shape: sh, pos: span.Pos})
}

// returnOf is the shape of what a function returns.
func (b *builder) returnOf(f *function) shape {
	def := f.def
	if d, ok := f.mod.declarationOf(f.class, def); ok {
		return b.returnShape(f.mod, d.decl.Type, d.d)
	}
	if def.Kind == ast.Def {
		if !f.exposed() && def.Arrow != nil {
			return b.p.shapeOfNote(f.mod, def.Arrow)
		}
		return shape{kind: shapeObject}
	}
	return b.returnShape(f.mod, def.Return, def.Declarator)
}

func (b *builder) returnShape(m *module, t *ast.CType, d *ast.Declarator) shape {
	if t == nil {
		return shape{kind: shapeObject}
	}
	s := b.p.shapeOfType(m, t, 0)
	if d != nil && d.Pointer > 0 {
		s = s.pointer(d.Pointer, t.Const)
	} else if d != nil && d.Ref {
		s = s.pointer(1, t.Const)
	}
	return s
}

// declaredMethod finds a C method that only a .pxd has.
func (b *builder) declaredMethod(c *class, name string) (declaration, bool) {
	for _, a := range b.p.ancestry(c) {
		if d, ok := a.mod.declared[a.name+"."+name]; ok {
			return d, true
		}
	}
	return declaration{}, false
}

// externCall calls a C function of which only the prototype is in sight: what
// it takes by const pointer or by value it reads.
func (b *builder) externCall(m *module, f cfunc, name string, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(f.d.Params, false))
	if how, ok := knownC[name]; ok {
		return b.knownCall(how, args, name, e.Span)
	}
	sure := m.cdecls().aware
	reads := b.p.opts.readsOnly(name)
	var params []*ast.Param
	if f.d.Params != nil {
		params = f.d.Params.List
	}
	ret := b.returnShape(m, f.typ, f.d)
	var inside []int32
	for i, n := range args.pos {
		if n == 0 {
			continue
		}
		sh := b.shape(n)
		if i >= len(params) || params[i].Kind == ast.Ellipsis {
			b.passTo(n, false, name, args.span[i])
			continue
		}
		ps := b.paramOf(m, params[i])
		switch {
		case ps.kind == shapeObject:
			switch {
			case sh.kind != shapeObject:
			case f.extern: // it knows an object by Python's API
				b.opaque(n, name, args.span[i])
			default: // Cython code whose body is not in sight
				b.rawObject(n, name, args.span[i])
			}
		case reads && sh.kind != shapeObject:
			b.effect(n, nil, onState, read, true, passesConst, name, args.span[i])
			inside = append(inside, n)
		case sh.handle:
			b.effect(n, nil, onState, write, false, passesHandle, name, args.span[i])
		case ps.kind == shapeScalar, ps.readOnly(), ps.kind == shapeRecord && (ps.of == nil || b.p.plainData(ps.of, 0) || ps.of.extern):
			if sh.kind != shapeScalar {
				b.effect(n, nil, onState, read, true, passesConst, name, args.span[i])
				inside = append(inside, n)
			}
		default:
			b.passTo(n, sure && ps.kind == shapePointer && !ps.constant, name, args.span[i])
			inside = append(inside, n)
		}
	}
	if ret.kind == shapePointer || ret.kind == shapeUnknown || ret.kind == shapeRecord && ret.depth > 0 {
		var from []int32
		for _, n := range inside {
			if k := b.shape(n).kind; k == shapePointer || k == shapeUnknown {
				from = append(from, n)
			}
		}
		if len(from) > 0 {
			ret.returned = true
			l := b.node(node{kind: nodeLocal, shape: ret, from: from})
			return b.node(node{kind: nodeInside, base: l, shape: ret})
		}
		return 0
	}
	if ret.kind == shapeObject {
		return b.node(node{kind: nodeUnknown, shape: ret})
	}
	return 0
}

// paramOf is the shape of a prototype's parameter, which may have no name.
func (b *builder) paramOf(m *module, prm *ast.Param) shape {
	if prm.Type == nil {
		if prm.Name.Name == "" {
			return shape{}
		}
		// A lone identifier is a type in a prototype.
		s := b.p.shapeOfName(m, []string{prm.Name.Name}, prm.Name.Name, 0)
		if s.kind == shapeUnknown && prm.Declarator != nil && prm.Declarator.Pointer > 0 {
			return shape{kind: shapePointer, depth: 1}
		}
		return s
	}
	return b.p.shapeOf(m, prm.Type, prm.Declarator)
}

// passTo passes a C value to a function that may write to it.
func (b *builder) passTo(n int32, sure bool, name string, span ast.Span) {
	sh := b.shape(n)
	switch {
	case sh.handle:
		b.effect(n, nil, onState, write, false, passesHandle, name, span)
	case sh.kind == shapeScalar:
	case sh.kind == shapeObject:
		b.opaque(n, name, span)
	case sh.readOnly():
		b.effect(n, nil, onState, read, true, passesConst, name, span)
	case sh.returned && strings.HasSuffix(strings.ToLower(name), "free"):
		// What a function returned and another frees was made for the caller.
	case sh.kind == shapePointer:
		c := passesUnknown
		if sure {
			c = passesWritable
		}
		b.effect(n, nil, onState, write, sure, c, name, span)
	default: // perhaps a pointer
		b.effect(n, nil, onState, write, false, passesUnknown, name, span)
	}
}

// rawObject hands an object to C code that may know its attributes.
func (b *builder) rawObject(n int32, name string, span ast.Span) {
	if sh := b.shape(n); n != 0 && sh.kind == shapeObject && sh.class != nil {
		b.effect(n, sh.class, onState, write, false, passesUnknown, name, span)
	}
}

// opaque hands an object to code that is not in sight.
func (b *builder) opaque(n int32, name string, span ast.Span) {
	if n == 0 {
		return
	}
	sh := b.shape(n)
	if sh.kind != shapeObject && sh.kind != shapeUnknown {
		b.passTo(n, false, name, span)
		return
	}
	b.hands(n, span.End, false)
	switch {
	case sh.container:
		b.effect(n, nil, onValue, write, false, callsUnknown, name, span)
	case b.flow.nodes[n].kind != nodeField:
		b.effect(n, sh.class, onPython, write, false, callsUnknown, name, span)
	}
	if sh.class != nil && b.p.unsure(b.m) {
		b.rawObject(n, name, span)
	}
}

func (b *builder) unknownArgs(args passed, name string, span ast.Span, inC bool) {
	args.each(func(n int32) {
		if inC {
			b.passTo(n, false, name, span)
		} else {
			b.opaque(n, name, span)
		}
	})
}

// unknownCall calls something that is not in sight.
func (b *builder) unknownCall(args passed, name string, span ast.Span, inC bool) int32 {
	if !inC && exceptionName(name) { // it keeps its arguments for a message
		return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
	}
	b.unknownArgs(args, name, span, inC)
	if inC {
		var from []int32
		args.each(func(n int32) {
			if k := b.shape(n).kind; k == shapePointer || k == shapeUnknown {
				from = append(from, n)
			}
		})
		if len(from) == 0 {
			return 0
		}
		return b.node(node{kind: nodeLocal, from: from})
	}
	b.python(span)
	return b.node(node{kind: nodeUnknown, shape: shape{kind: shapeObject}})
}

// python notes a call that may run any Python code.
func (b *builder) python(span ast.Span) {
	if b.nested == 0 {
		b.flow.python = append(b.flow.python, span)
	}
}

func exceptionName(name string) bool {
	return strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning") ||
		name == "StopIteration" || name == "KeyboardInterrupt"
}

// knownC tells what C functions that are declared outside the project do with
// their arguments: r reads, w writes; the last letter goes for the rest. An
// upper-case letter is also what is returned.
var knownC = map[string]string{
	"memcpy": "wr", "memmove": "wr", "memset": "wr", "memcmp": "r", "memchr": "Rr", "strlen": "r", "strcmp": "r", "strncmp": "r",
	"strcpy": "wr", "strncpy": "wr", "strchr": "Rr", "strstr": "Rr", "strdup": "r", "strtol": "rw", "strtod": "rw",
	"free": "w", "realloc": "Wr", "malloc": "r", "calloc": "r", "qsort": "wr", "printf": "r", "fprintf": "wr", "sprintf": "wr", "snprintf": "wr",
	"PyMem_Free": "w", "PyMem_Realloc": "Wr", "PyMem_Malloc": "r", "PyMem_Calloc": "r", "PyMem_RawFree": "w", "PyMem_RawMalloc": "r",
	"PyMem_RawRealloc": "Wr", "PyObject_Free": "w", "PyObject_Malloc": "r", "PyObject_Realloc": "Wr",
	"PyBytes_FromStringAndSize": "r", "PyBytes_FromString": "r", "PyUnicode_DecodeUTF8": "r", "PyUnicode_FromString": "r",
	"PyUnicode_FromStringAndSize": "r", "PyByteArray_FromStringAndSize": "r", "PyUnicode_FromKindAndData": "r",
	"PyBytes_AS_STRING": "r", "PyBytes_AsString": "r", "PyBytes_GET_SIZE": "r", "PyBytes_Size": "r",
	"PyList_GET_SIZE": "r", "PyList_Size": "r", "PyList_GET_ITEM": "r", "PyList_GetItem": "r", "PyTuple_GET_ITEM": "r", "PyTuple_GET_SIZE": "r",
	"PyDict_GetItem": "r", "PyDict_GetItemWithError": "r", "PyDict_Contains": "r", "PyDict_Size": "r", "PyDict_Next": "rw",
	"PyList_Append": "wr", "PyList_Insert": "wr", "PyList_SetItem": "wr", "PyList_SET_ITEM": "wr", "PyList_Sort": "w", "PyList_Reverse": "w",
	"PyDict_SetItem": "wr", "PyDict_DelItem": "wr", "PyDict_Clear": "w", "PyDict_SetDefault": "wr", "PyDict_Update": "wr",
	"PySet_Add": "wr", "PySet_Discard": "wr", "PySet_Contains": "r", "PySet_Clear": "w", "PySet_Pop": "w",
	"Py_INCREF": "r", "Py_DECREF": "r", "Py_XINCREF": "r", "Py_XDECREF": "r", "Py_TYPE": "r", "Py_REFCNT": "r", "Py_SIZE": "r",
	"Py_CLEAR": "w", "Py_EnterRecursiveCall": "r", "Py_LeaveRecursiveCall": "r",
	"PyObject_CheckBuffer": "r", "PyLong_FromLong": "r", "PyFloat_FromDouble": "r", "PyErr_NoMemory": "r", "PyErr_CheckSignals": "r",
	"PyThread_get_thread_ident": "r", "PyObject_TypeCheck": "r", "PyTuple_Check": "r", "PyList_Check": "r", "PyDict_Check": "r",
	"PyLong_Check": "r", "PyUnicode_Check": "r", "PyBytes_Check": "r", "PyType_Check": "r", "PyTypeCheck": "r",
}

func (b *builder) knownCall(how string, args passed, name string, span ast.Span) int32 {
	var out int32
	for i, n := range append(slices.Clone(args.pos), args.kw...) {
		if n == 0 || b.flow.nodes[n].local {
			continue
		}
		k := how[min(i, len(how)-1)]
		sh := b.shape(n)
		switch k {
		case 'W', 'w':
			if sh.kind == shapeObject {
				b.effect(n, nil, onValue, write, true, changesContainer, name, span)
			} else if sh.kind != shapeScalar {
				before := len(b.flow.effects)
				b.passTo(n, true, name, span)
				for i := before; i < len(b.flow.effects); i++ { // none of them looks at what it is given to free or to fill
					b.flow.effects[i].shallow = true
				}
			}
		case 'R', 'r':
			if sh.kind != shapeObject && sh.kind != shapeScalar {
				b.effect(n, nil, onState, read, true, passesConst, name, span)
			}
		}
		if k == 'W' || k == 'R' {
			out = n
		}
	}
	if out != 0 {
		return b.node(node{kind: nodeInside, base: out, shape: b.shape(out)})
	}
	return 0
}

// pureBuiltins change nothing that they are given. The value tells what they
// return: a new object or nothing of interest.
var pureBuiltins = map[string]bool{
	"isinstance": false, "issubclass": false, "len": false, "id": false, "type": false, "range": true, "enumerate": true, "zip": true,
	"min": false, "max": false, "sum": false, "any": false, "all": false, "sorted": true, "reversed": true, "map": true, "filter": true,
	"int": false, "float": false, "bool": false, "str": false, "repr": false, "hash": false, "list": true, "tuple": true, "set": true,
	"frozenset": true, "dict": true, "bytes": true, "bytearray": true, "memoryview": true, "abs": false, "round": false, "divmod": false,
	"pow": false, "print": false, "getattr": false, "hasattr": false, "callable": false, "iter": false, "next": false, "ord": false,
	"chr": false, "hex": false, "oct": false, "bin": false, "format": false, "ascii": false, "slice": true, "complex": false, "object": true,
	"unicode": false, "basestring": false, "long": false, "xrange": true, "intern": false, "input": false, "super": false, "vars": false,
}

func (b *builder) builtin(name string, e *ast.Call) (int32, bool) {
	fresh, ok := pureBuiltins[name]
	if !ok {
		return 0, false
	}
	args := b.passed(e.Args)
	method := builtinMethods[name]
	for _, n := range args.pos {
		if n != 0 && method != "" && b.shape(n).class != nil {
			b.operator(n, method, e.Span)
			if method == "__iter__" {
				b.operator(n, "__next__", e.Span)
				b.operator(n, "__len__", e.Span)
			}
		}
	}
	if fresh {
		n := b.node(node{kind: nodeFresh, shape: shape{kind: shapeObject, container: containers[name]}})
		var elems []int32
		for _, a := range args.pos { // what it yields are their items, alone or in tuples
			elems = append(elems, b.elements(a)...)
		}
		if name == "zip" || name == "enumerate" {
			tuple := b.node(node{kind: nodeFresh, shape: shape{kind: shapeObject}})
			b.fill(tuple, elems)
			elems = []int32{tuple}
		}
		b.fill(n, elems)
		return n, true
	}
	if name == "min" || name == "max" || name == "next" {
		var out int32
		for _, a := range args.pos {
			out = b.either(out, a)
			for _, x := range b.elements(a) {
				out = b.either(out, x)
			}
		}
		return out, true
	}
	return 0, true
}
