package effects

// Flows of calls: whom a call may reach, and what is passed to it.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
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
	switch x := syntax.Unparen(e).(type) {
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
		switch a := syntax.Unparen(e.Args[i].X).(type) {
		case *ast.Unary:
			if a.Op == "&" {
				x = syntax.Unparen(a.X)
			}
		case *ast.Call:
			if len(a.Args) == 1 && b.cythonName(syntax.Unparen(a.Fun)) == "address" {
				x = syntax.Unparen(a.Args[0].X)
			}
		}
		if n, ok := x.(*ast.Name); ok {
			if _, sh, local := b.value(n.Name); local && sh.Kind == ctype.Pointer {
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
	if b.shape(o.on).Kind != ctype.Scalar && o.on != 0 {
		from = append(from, o.on)
	}
	o.args.each(func(n int32) {
		sh := b.shape(n)
		if sh.Kind == ctype.Object && sh.Class == nil && b.flow.Nodes[n].Kind != NodeField {
			return // slices, strings, …
		}
		if sh.Kind != ctype.Scalar && !slices.Contains(from, n) {
			from = append(from, n)
		}
	})
	if len(from) == 0 {
		return
	}
	for _, name := range o.names {
		_, sh, _ := b.value(name.Name)
		sh.Returned = true
		l := b.node(Node{Kind: NodeLocal, From: from})
		b.set(b.vars[name.Name].slot, b.node(Node{Kind: NodeInside, Base: l, Shape: sh}))
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
	fun := syntax.Unparen(e.Fun)
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
				return b.construct(b.f.Class, args, e.Span, true)
			}
			if n != 0 && b.shape(n).Class != nil {
				b.operator(n, "__call__", e.Span)
			}
			if b.vars[fun.Name].nested || n == 0 || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown { // it may be a C function
				args.each(func(n int32) { b.rawObject(n, fun.Name, e.Span) })
			}
			return b.unknownCall(args, fun.Name, e.Span, sh.Kind != ctype.Object && sh.Kind != ctype.Unknown)
		}
		return b.namedCall([]string{fun.Name}, e)
	case *ast.Subscript:
		if name, ok := syntax.Unparen(fun.X).(*ast.Name); ok && !b.isLocal(name.Name) { // one of a fused or template function
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
	name := b.m.Scope.CythonAttr(fun, false)
	if name == "" {
		if n, ok := fun.(*ast.Name); ok {
			if bd := b.m.Scope.Names[n.Name]; bd.Kind == project.BindImported && len(bd.Path) == 2 && bd.Path[0] == "cython" && bd.Path[1] == "operator" {
				name = bd.Attr
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
			return b.cast(b.expr(e.Args[1].X), b.p.Types.OfNote(b.m, e.Args[0].X)), true
		}
	case "address":
		if len(e.Args) == 1 {
			return b.address(e.Args[0].X), true
		}
	case "declare":
		if len(e.Args) >= 2 && e.Args[0].Name.Name == "" {
			v := b.expr(e.Args[1].X)
			return b.cast(v, b.p.Types.OfNote(b.m, e.Args[0].X)), true
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
			if x, ok := syntax.Unparen(e.Args[0].X).(*ast.Name); ok {
				n, sh, local := b.value(x.Name)
				if local && !sh.Ref { // an iterator or a pointer of our own
					return n, true
				}
			}
			n := b.place(e.Args[0].X)
			if sh := b.shape(n); sh.Kind == ctype.Object && sh.Class == nil {
				return 0, true
			}
			b.effect(n, nil, OnState, Write, true, StoresThrough, name, e.Span)
			return n, true
		}
	}
	return 0, false
}

// methodCall handles x.name(…).
func (b *builder) methodCall(fun *ast.Attribute, e *ast.Call) int32 {
	name := fun.Attr.Name
	if c, ok := syntax.Unparen(fun.X).(*ast.Call); ok && b.f.Class != nil {
		if s, ok := c.Fun.(*ast.Name); ok && s.Name == "super" {
			return b.superCall(name, e)
		}
	}
	if path := syntax.Dotted(fun); path != nil && !b.isLocal(path[0]) {
		if c := b.m.Lookup(path[:len(path)-1]); c != nil {
			return b.classCall(c, name, e)
		}
		if _, isVar := b.m.CDecls().Vars[path[0]]; !isVar {
			return b.namedCall(path, e)
		}
	}
	if _, literal := syntax.Unparen(fun.X).(*ast.Str); literal { // "…".format(…), ", ".join(…)
		args := b.passed(e.Args)
		args.each(func(n int32) {
			if b.shape(n).Class != nil {
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
	if base != 0 && sh.Class != nil && sh.Kind == ctype.Object {
		if f := sh.Class.Field(name); f != nil { // a function pointer or a callable attribute
			n := b.attribute(&ast.Attribute{Span: fun.Span, X: fun.X, Attr: fun.Attr}, base)
			fs := b.p.Types.OfField(f)
			if fs.Lock {
				return 0
			}
			if b.inC(n) { // a C++ object with an operator()
				b.effect(n, nil, OnState, Write, false, PassesUnknown, name, e.Span)
				b.unknownCall(b.passed(e.Args), name, e.Span, true)
				return n
			}
			args := b.passed(e.Args)
			if fs.Kind != ctype.Object { // a function pointer
				args.each(func(n int32) { b.rawObject(n, name, e.Span) })
			}
			return b.unknownCall(args, name, e.Span, fs.Kind != ctype.Object)
		}
		if fs := b.p.members(sh.Class, name, false); len(fs) > 0 {
			return b.callFunctions(fs, base, true, e)
		}
		args := b.passed(e.Args)
		if d, ok := b.declaredMethod(sh.Class, name); ok { // its body is not in sight
			b.effect(base, sh.Class, OnPython, Write, false, CallsUnknown, name, e.Span)
			b.unknownArgs(args, name, e.Span, false)
			return b.node(Node{Kind: NodeUnknown, Shape: b.returnShape(sh.Class.Mod, d.Type, d.Declarator)})
		}
		if n := b.member(fun, base, sh.Class); n != 0 {
			return b.unknownCall(args, name, e.Span, false)
		}
		if !library.InheritedFromObject[name] {
			b.effect(base, sh.Class, OnPython, Write, false, CallsUnknown, name, e.Span)
		}
		b.python(e.Span)
		return b.unknownCall(args, name, e.Span, false)
	}
	args := b.passed(e.Args)
	switch {
	case base == 0:
	case sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar && library.ViewMethods[name]: // nothing else that points to numbers has methods
		b.effect(base, nil, OnState, Read, true, Reads, name, e.Span)
		return b.node(Node{Kind: NodeFresh, Shape: sh, pos: e.Pos})
	case sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar && library.Keepers[name], name == "decode" && sliced(fun.X): // of a char * as bytes
		b.effect(base, nil, OnState, Read, true, Reads, name, e.Span)
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	case b.inC(base):
		text := sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar || library.Keepers[name]               // a C string becomes bytes first
		if (!library.CppReaders[name] || sh.Known && !library.CppSizes[name]) && !sh.ReadOnly() && !text { // load() of an atomic reads
			b.effect(base, nil, OnState, Write, library.CppWriters[name], PassesWritable, name, e.Span)
		}
		b.unknownArgs(args, name, e.Span, true)
		return b.node(Node{Kind: NodeInside, Base: base, Shape: ctype.Shape{Inserts: sh.Holds, Holds: sh.Holds}})
	default:
		if library.Changers[name] {
			b.effect(base, nil, OnValue, Write, true, ChangesContainer, name, e.Span)
			b.refill(base)
			args.each(func(n int32) { b.handOut(n, e.End) })
		} else if !library.Keepers[name] {
			kind := OnPython
			if sh.Container && !library.ReadingDunders[name] {
				kind = OnValue
			}
			b.effect(base, nil, kind, Write, false, CallsUnknown, name, e.Span)
		}
		if sh.Container || library.Changers[name] || library.Keepers[name] {
			return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
		}
	}
	if base == 0 && library.Keepers[name] {
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	return b.unknownCall(args, name, e.Span, false)
}

// sliced reports whether an expression is x[a:b].
func sliced(e ast.Expr) bool {
	s, ok := syntax.Unparen(e).(*ast.Subscript)
	if !ok || len(s.Index) != 1 {
		return false
	}
	_, ok = s.Index[0].(*ast.Slice)
	return ok
}

// made is a new object of the class that a method makes objects of, of any
// class elsewhere.
func (b *builder) made(span ast.Span) int32 {
	sh := ctype.Shape{Kind: ctype.Object}
	if b.f.Class != nil && (b.m.PlainDecorator(b.f.Def, "classmethod") || b.m.PlainDecorator(b.f.Def, "staticmethod")) {
		sh.Class = b.f.Class
	}
	return b.node(Node{Kind: NodeFresh, Shape: sh, pos: span.Pos})
}

// isClass reports whether a value is the class that a class method is called on.
func (b *builder) isClass(n int32) bool {
	return n != 0 && b.f.Class != nil && len(b.flow.Params) > 0 && n == b.flow.Params[0] && b.m.PlainDecorator(b.f.Def, "classmethod")
}

// handLockCall follows the taking and releasing of a lock placed by hand.
func (b *builder) handLockCall(e *ast.Call) bool {
	lc, ok := b.placed.Call(e)
	switch {
	case !ok:
		return false
	case lc.Take:
		b.hand++
		b.byHand(e.Span)
	case b.hand > 0:
		b.hand--
	}
	return true
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
	for _, a := range b.f.Class.Ancestry()[1:] {
		if fs := b.p.Own(a).Plain[name]; len(fs) > 0 {
			return b.callFunctions(fs, b.self, true, e)
		}
	}
	args := b.passed(e.Args)
	if b.f.Class.Complete() || library.InheritedFromObject[name] || name == "__init__" && b.f.Class.Base() == nil && !b.hasBases() {
		b.unknownArgs(args, name, e.Span, false)
		return 0
	}
	b.effect(b.self, b.f.Class, OnPython, Write, false, CallsUnknown, "super()."+name, e.Span)
	return b.unknownCall(args, name, e.Span, false)
}

func (b *builder) hasBases() bool {
	for _, d := range b.f.Class.Defs {
		if d.Bases != nil && len(d.Bases.Args) > 0 {
			return true
		}
	}
	return false
}

// classCall handles C.name(…).
func (b *builder) classCall(c *project.Class, name string, e *ast.Call) int32 {
	if name == "__new__" {
		args := b.passed(e.Args)
		if len(args.pos) > 0 {
			args.pos = args.pos[1:]
		}
		return b.construct(c, args, e.Span, false)
	}
	if fs := b.p.members(c, name, false); len(fs) > 0 {
		static := b.m.PlainDecorator(fs[0].Def, "staticmethod")
		if b.m.PlainDecorator(fs[0].Def, "classmethod") {
			return b.callFunctions(fs, 0, true, e)
		}
		_ = static
		return b.callFunctions(fs[:1], 0, false, e)
	}
	return b.unknownCall(b.passed(e.Args), c.Name+"."+name, e.Span, false)
}

// construct makes an instance.
func (b *builder) construct(c *project.Class, args passed, span ast.Span, init bool) int32 {
	n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Class: c}, pos: span.Pos})
	seen := false
	for _, name := range []string{"__cinit__", "__init__"} {
		if name == "__init__" && !init {
			continue
		}
		for _, a := range c.Ancestry() {
			fs := b.p.Own(a).Plain[name]
			if len(fs) == 0 {
				continue
			}
			seen = true
			b.callOf(fs[:1], args.to(fs[0].Def, n, true, func(x int32) { b.opaque(x, c.Name, span) }), span)
			if name == "__init__" {
				break
			}
		}
	}
	if !seen && init && !c.Complete() {
		b.unknownArgs(args, c.Name, span, false)
	}
	return n
}

// namedCall handles a call of a name of the module, or of mod.name.
func (b *builder) namedCall(path []string, e *ast.Call) int32 {
	if c := b.m.Lookup(path); c != nil {
		return b.construct(c, b.passed(e.Args), e.Span, true)
	}
	name := path[len(path)-1]
	if r := b.m.Owner(path); r.Mod != nil {
		t := b.p.Funcs(r.Mod)
		if fs := t.byName[r.Name]; len(fs) > 0 {
			return b.callFunctions(fs, 0, false, e)
		}
		if f, ok := r.Mod.CDecls().Funcs[r.Name]; ok {
			return b.externCall(r.Mod, f, name, e)
		}
		if _, isType := r.Mod.CDecls().Types[r.Name]; isType {
			args := b.passed(e.Args)
			sh := b.p.Types.OfName(b.m, path, "", 0)
			var from []int32
			args.each(func(n int32) {
				if b.inC(n) || b.shape(n).Class != nil {
					from = append(from, n)
				}
			})
			if len(from) > 0 && !b.p.Types.PlainData(sh.Struct, 0) { // a struct with pointers
				return b.node(Node{Kind: NodeLocal, From: from, Shape: sh})
			}
			return b.node(Node{Kind: NodeFresh, Shape: sh})
		}
		if t.pySet[r.Name] {
			args := b.passed(e.Args)
			if f := t.pyInit[r.Name]; f != nil {
				b.callOf([]*Function{f}, args.to(f.Def, 0, true, func(x int32) { b.opaque(x, name, e.Span) }), e.Span)
			}
			return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
		}
	}
	if how, ok := library.KnownC[name]; ok {
		return b.knownCall(how, b.passed(e.Args), name, e.Span)
	}
	if len(path) == 1 {
		if _, bound := b.m.Scope.Names[name]; !bound {
			if n, ok := b.builtin(name, e); ok {
				return n
			}
		}
	}
	if bd, ok := b.m.Scope.Names[path[0]]; ok && (bd.Kind == project.BindModule || bd.Kind == project.BindImported) && len(bd.Path) > 0 {
		switch {
		case (name == "copy" || name == "clone") && strings.HasPrefix(strings.Join(append(slices.Clone(bd.Path), bd.Attr), "."), "cpython.array"):
			b.passed(e.Args)
			return b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: true}, pos: e.Pos})
		case name == "swap" && bd.Path[0] == "libcpp":
			return b.unknownCall(b.passedTo(e.Args, func(int, string) bool { return true }), name, e.Span, true)
		case bd.Path[0] == "libc" && bd.Path[len(bd.Path)-1] == "math":
			b.passed(e.Args)
			return 0
		case bd.Path[0] == "libc" || bd.Path[0] == "libcpp" || bd.Path[0] == "posix":
			return b.unknownCall(b.passed(e.Args), name, e.Span, true)
		}
	}
	return b.unknownCall(b.passed(e.Args), name, e.Span, false)
}

// callFunctions calls functions of the project; all take the same arguments.
func (b *builder) callFunctions(fs []*Function, receiver int32, bound bool, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(fs[0].Def.Params, bound))
	var groups [][]*Function
	for _, f := range fs { // overrides may name their parameters differently
		placed := false
		for i, g := range groups {
			if len(g[0].Def.Params.List) == len(f.Def.Params.List) {
				groups[i] = append(g, f)
				placed = true
				break
			}
		}
		if !placed {
			groups = append(groups, []*Function{f})
		}
	}
	var out int32
	for _, g := range groups {
		to := args.to(g[0].Def, receiver, bound, func(n int32) { b.opaque(n, g[0].Def.Name.Name, e.Span) })
		out = b.either(out, b.callOf(g, to, e.Span))
	}
	return out
}

// callOf notes a call and returns its value.
func (b *builder) callOf(fs []*Function, args []int32, span ast.Span) int32 {
	b.flow.Calls = append(b.flow.Calls, Call{Span: span, Callees: fs, Args: args, hand: b.hand > 0, handing: handing{pos: span.End, loops: b.loopStarts()}})
	sh := b.returnOf(fs[0])
	if fs[0].Exposed() && fs[0].Def.Kind == ast.Def {
		b.python(span)
	}
	if sh.Kind == ctype.Scalar {
		return 0
	}
	return b.node(Node{Kind: NodeCall, Num: int32(len(b.flow.Calls) - 1), Shape: sh, pos: span.Pos})
}

// returnOf is the shape of what a function returns.
func (b *builder) returnOf(f *Function) ctype.Shape {
	def := f.Def
	if d, ok := f.Mod.DeclarationOf(f.Class, def); ok {
		return b.returnShape(f.Mod, d.Decl.Type, d.Declarator)
	}
	if def.Kind == ast.Def {
		if !f.Exposed() && def.Arrow != nil {
			return b.p.Types.OfNote(f.Mod, def.Arrow)
		}
		return ctype.Shape{Kind: ctype.Object}
	}
	return b.returnShape(f.Mod, def.Return, def.Declarator)
}

func (b *builder) returnShape(m *project.Module, t *ast.CType, d *ast.Declarator) ctype.Shape {
	if t == nil {
		return ctype.Shape{Kind: ctype.Object}
	}
	s := b.p.Types.OfType(m, t, 0)
	if d != nil && d.Pointer > 0 {
		s = s.Pointer(d.Pointer, t.Const)
	} else if d != nil && d.Ref {
		s = s.Pointer(1, t.Const)
	}
	return s
}

// declaredMethod finds a C method that only a .pxd has.
func (b *builder) declaredMethod(c *project.Class, name string) (project.CFunc, bool) {
	for _, a := range c.Ancestry() {
		if d, ok := a.Mod.Declared[a.Name+"."+name]; ok {
			return project.CFunc{Type: d.Decl.Type, Declarator: d.Declarator}, true
		}
	}
	return project.CFunc{}, false
}

// externCall calls a C function of which only the prototype is in sight: what
// it takes by const pointer or by value it reads.
func (b *builder) externCall(m *project.Module, f project.CFunc, name string, e *ast.Call) int32 {
	args := b.passedTo(e.Args, b.byRef(f.Declarator.Params, false))
	if how, ok := library.KnownC[name]; ok {
		return b.knownCall(how, args, name, e.Span)
	}
	sure := m.CDecls().Aware
	reads := b.p.readsOnly(name)
	var params []*ast.Param
	if f.Declarator.Params != nil {
		params = f.Declarator.Params.List
	}
	ret := b.returnShape(m, f.Type, f.Declarator)
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
		case ps.Kind == ctype.Object:
			switch {
			case sh.Kind != ctype.Object:
			case f.Extern: // it knows an object by Python's API
				b.opaque(n, name, args.span[i])
			default: // Cython code whose body is not in sight
				b.rawObject(n, name, args.span[i])
			}
		case reads && sh.Kind != ctype.Object:
			b.effect(n, nil, OnState, Read, true, PassesConst, name, args.span[i])
			inside = append(inside, n)
		case sh.Handle:
			b.effect(n, nil, OnState, Write, false, PassesHandle, name, args.span[i])
		case ps.Kind == ctype.Scalar, ps.ReadOnly(), ps.Kind == ctype.Record && (ps.Struct == nil || b.p.Types.PlainData(ps.Struct, 0) || ps.Struct.Extern):
			if sh.Kind != ctype.Scalar {
				b.effect(n, nil, OnState, Read, true, PassesConst, name, args.span[i])
				inside = append(inside, n)
			}
		default:
			b.passTo(n, sure && ps.Kind == ctype.Pointer && !ps.Constant, name, args.span[i])
			inside = append(inside, n)
		}
	}
	if ret.Kind == ctype.Pointer || ret.Kind == ctype.Unknown || ret.Kind == ctype.Record && ret.Depth > 0 {
		var from []int32
		for _, n := range inside {
			if k := b.shape(n).Kind; k == ctype.Pointer || k == ctype.Unknown {
				from = append(from, n)
			}
		}
		if len(from) > 0 {
			ret.Returned = true
			l := b.node(Node{Kind: NodeLocal, Shape: ret, From: from})
			return b.node(Node{Kind: NodeInside, Base: l, Shape: ret})
		}
		return 0
	}
	if ret.Kind == ctype.Object {
		return b.node(Node{Kind: NodeUnknown, Shape: ret})
	}
	return 0
}

// paramOf is the shape of a prototype's parameter, which may have no name.
func (b *builder) paramOf(m *project.Module, prm *ast.Param) ctype.Shape {
	if prm.Type == nil {
		if prm.Name.Name == "" {
			return ctype.Shape{}
		}
		// A lone identifier is a type in a prototype.
		s := b.p.Types.OfName(m, []string{prm.Name.Name}, prm.Name.Name, 0)
		if s.Kind == ctype.Unknown && prm.Declarator != nil && prm.Declarator.Pointer > 0 {
			return ctype.Shape{Kind: ctype.Pointer, Depth: 1}
		}
		return s
	}
	return b.p.Types.Of(m, prm.Type, prm.Declarator)
}

// passTo passes a C value to a function that may write to it.
func (b *builder) passTo(n int32, sure bool, name string, span ast.Span) {
	sh := b.shape(n)
	switch {
	case sh.Handle:
		b.effect(n, nil, OnState, Write, false, PassesHandle, name, span)
	case sh.Kind == ctype.Scalar:
	case sh.Kind == ctype.Object:
		b.opaque(n, name, span)
	case sh.ReadOnly():
		b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
	case sh.Returned && strings.HasSuffix(strings.ToLower(name), "free"):
		// What a function returned and another frees was made for the caller.
	case sh.Kind == ctype.Pointer:
		c := PassesUnknown
		if sure {
			c = PassesWritable
		}
		b.effect(n, nil, OnState, Write, sure, c, name, span)
	default: // perhaps a pointer
		b.effect(n, nil, OnState, Write, false, PassesUnknown, name, span)
	}
}

// rawObject hands an object to C code that may know its attributes.
func (b *builder) rawObject(n int32, name string, span ast.Span) {
	if sh := b.shape(n); n != 0 && sh.Kind == ctype.Object && sh.Class != nil {
		b.effect(n, sh.Class, OnState, Write, false, PassesUnknown, name, span)
	}
}

// opaque hands an object to code that is not in sight.
func (b *builder) opaque(n int32, name string, span ast.Span) {
	if n == 0 {
		return
	}
	sh := b.shape(n)
	if sh.Kind != ctype.Object && sh.Kind != ctype.Unknown {
		b.passTo(n, false, name, span)
		return
	}
	b.hands(n, span.End, false)
	switch {
	case sh.Container:
		b.effect(n, nil, OnValue, Write, false, CallsUnknown, name, span)
	case b.flow.Nodes[n].Kind != NodeField:
		b.effect(n, sh.Class, OnPython, Write, false, CallsUnknown, name, span)
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
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	b.unknownArgs(args, name, span, inC)
	if inC {
		var from []int32
		args.each(func(n int32) {
			if k := b.shape(n).Kind; k == ctype.Pointer || k == ctype.Unknown {
				from = append(from, n)
			}
		})
		if len(from) == 0 {
			return 0
		}
		return b.node(Node{Kind: NodeLocal, From: from})
	}
	b.python(span)
	return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
}

// python notes a call that may run any Python code.
func (b *builder) python(span ast.Span) {
	if b.nested == 0 {
		b.flow.Python = append(b.flow.Python, span)
	}
}

func exceptionName(name string) bool {
	return strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning") ||
		name == "StopIteration" || name == "KeyboardInterrupt"
}

func (b *builder) knownCall(how string, args passed, name string, span ast.Span) int32 {
	var out int32
	for i, n := range append(slices.Clone(args.pos), args.kw...) {
		if n == 0 || b.flow.Nodes[n].local {
			continue
		}
		k := how[min(i, len(how)-1)]
		sh := b.shape(n)
		switch k {
		case 'W', 'w':
			if sh.Kind == ctype.Object {
				b.effect(n, nil, OnValue, Write, true, ChangesContainer, name, span)
			} else if sh.Kind != ctype.Scalar {
				before := len(b.flow.Actions)
				b.passTo(n, true, name, span)
				for i := before; i < len(b.flow.Actions); i++ { // none of them looks at what it is given to free or to fill
					b.flow.Actions[i].shallow = true
				}
			}
		case 'R', 'r':
			if sh.Kind != ctype.Object && sh.Kind != ctype.Scalar {
				b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
			}
		}
		if k == 'W' || k == 'R' {
			out = n
		}
	}
	if out != 0 {
		return b.node(Node{Kind: NodeInside, Base: out, Shape: b.shape(out)})
	}
	return 0
}

func (b *builder) builtin(name string, e *ast.Call) (int32, bool) {
	fresh, ok := library.PureBuiltins[name]
	if !ok {
		return 0, false
	}
	args := b.passed(e.Args)
	method := library.BuiltinMethods[name]
	for _, n := range args.pos {
		if n != 0 && method != "" && b.shape(n).Class != nil {
			b.operator(n, method, e.Span)
			if method == "__iter__" {
				b.operator(n, "__next__", e.Span)
				b.operator(n, "__len__", e.Span)
			}
		}
	}
	if fresh {
		n := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object, Container: library.Containers[name]}})
		var elems []int32
		for _, a := range args.pos { // what it yields are their items, alone or in tuples
			elems = append(elems, b.elements(a)...)
		}
		if name == "zip" || name == "enumerate" {
			tuple := b.node(Node{Kind: NodeFresh, Shape: ctype.Shape{Kind: ctype.Object}})
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
