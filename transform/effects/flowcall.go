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

func (b calls) call(e *ast.Call) int32 {
	if e.Fun == nil {
		return 0
	}
	if fun, ok := lambdaCalled(e); ok {
		if b.lambdas == nil {
			b.lambdas = map[*ast.Lambda][]int32{}
		}
		b.lambdas[fun] = nil
	}
	defer func(was bool) { b.atOnce = was }(b.atOnce)
	b.atOnce = callsAtOnce(e.Fun)
	first := len(b.flow.Calls)
	var n int32
	if o := b.outCall(e); o != nil {
		n = b.callTo(e)
		b.filled(o, e.Span)
	} else {
		n = b.callTo(e)
	}
	calledBack(b, e)
	handingOn(b).after(e, first)
	return n
}

func (b calls) callTo(e *ast.Call) int32 {
	fun := syntax.Unparen(e.Fun)
	if n, ok := b.cythonCall(fun, e); ok {
		return n
	}
	if runsOnce(holding(b), e) {
		return 0
	}
	if answer, ok := holding(b).handLockCall(e); ok {
		return answer
	}
	switch fun := fun.(type) {
	case *ast.Attribute:
		return b.methodCall(fun, e)
	case *ast.Name:
		if n, sh, local := b.value(fun.Name); local {
			if n, ok := throughPointer(b, fun.Name, sh, e); ok {
				return n
			}
			if sh.Func != nil {
				return throughPrototype(b, sh.Func, false, fun.Name, e)
			}
			args := b.passed(e.Args)
			if made, ok := constructOne(b, n, args, e.Span); ok {
				return made
			}
			if b.answers(n) {
				b.exprs.operator(n, "__call__", e.Span)
			}
			insides(b).runsInBlock(b.vars[fun.Name].nested)
			if def := b.vars[fun.Name].nested; def != nil && b.starts[def] != 0 {
				x := &b.flow.Nodes[b.starts[def]]
				x.From = append(x.From, b.history())
			}
			for v := range b.flow.behind(n, nameDepth) {
				if made := b.callers[v]; made != nil {
					caller(b, made, args.pos, e.Span)
				}
			}
			if def := b.vars[fun.Name].nested; def != nil && insides(b).gives(def, args) {
				return insides(b).result(def, b.unknownCall(args, fun.Name, e.Span, false)) // what it does stands in its body
			} else if def != nil || n == 0 || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown { // it may be a C function
				args.each(func(n int32) { b.rawObject(n, fun.Name, e.Span) })
			}
			if n != 0 && b.shape(n).Kind == ctype.Object {
				out := callsParam(b, referredTo(b, pythonCall(b, args, fun.Name, e.Span), n, args), n)
				for v := range b.flow.behind(n, nameDepth) {
					if l := b.lambdaOf[v]; l != nil {
						out = insides(b).result(l, out)
					}
				}
				return out
			}
			return b.unknownCall(args, fun.Name, e.Span, sh.Kind != ctype.Object && sh.Kind != ctype.Unknown)
		}
		if n, ok := throughVariable(b, []string{fun.Name}, e); ok {
			return n
		}
		if _, inC := b.m.CDecls().Vars[fun.Name]; inC || isVariable(b.builder, fun.Name) {
			b.exprs.mayCall(b.expr(fun), "__call__", Plain, e.Span)
		}
		return b.namedCall([]string{fun.Name}, e)
	case *ast.Subscript:
		if n, ok := throughExpr(b, e); ok {
			return n
		}
		if name, ok := syntax.Unparen(fun.X).(*ast.Name); ok && !b.isLocal(name.Name) && !isVariable(b.builder, name.Name) { // one of a fused or template function
			return b.namedCall([]string{name.Name}, e)
		}
		n := b.expr(fun)
		args := b.passed(e.Args)
		b.exprs.mayCall(n, "__call__", Plain, e.Span)
		args.each(func(n int32) { b.rawObject(n, "", e.Span) }) // a function pointer in an array
		return referredTo(b, b.unknownCall(args, "", e.Span, false), n, args)
	default:
		if n, ok := throughExpr(b, e); ok {
			return n
		}
		n := b.expr(fun)
		args := b.passed(e.Args)
		if made, ok := constructOne(b, n, args, e.Span); ok { // type(self)(…)
			return made
		}
		if _, ok := fun.(*ast.Lambda); !ok {
			args.each(func(n int32) { b.rawObject(n, "", e.Span) }) // it may be a C function
		}
		if _, ok := fun.(*ast.Call); ok && isItem(b.flow, n) { // table.get(key)()
			b.exprs.mayCall(n, "__call__", Plain, e.Span)
		}
		switch fun := fun.(type) {
		case *ast.Call:
			caller(b, fun, args.pos, e.Span)
		case *ast.Lambda:
			applied(b, fun, args.pos, e.Span)
			return insides(b).result(fun, b.unknownCall(args, "", e.Span, false))
		}
		return b.unknownCall(args, "", e.Span, false)
	}
}

// methodCall handles x.name(…).
func (b calls) methodCall(fun *ast.Attribute, e *ast.Call) int32 {
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
		if n, ok := throughVariable(b, path, e); ok {
			return n
		}
		if !variableIn(b, path[:len(path)-1]) && !isVariable(b.builder, path[0]) && !isClassVariable(b.builder, path[:len(path)-1]) {
			return b.namedCall(path, e)
		}
	}
	if _, literal := syntax.Unparen(fun.X).(*ast.Str); literal { // "…".format(…), ", ".join(…)
		args := b.passed(e.Args)
		iteratedBy(b, name, args, e.Span)
		args.each(func(n int32) {
			if b.answers(n) {
				b.exprs.operator(n, "__str__", e.Span)
				b.exprs.operator(n, "__repr__", e.Span)
				b.exprs.operator(n, "__format__", e.Span)
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
	if n := b.class(base); n != 0 && name == "__class__" {
		return b.constructAny(b.classOf(n), b.passed(e.Args), e.Span)
	}
	if c := b.classOf(base); c != nil {
		if fs := b.members(c, name, false); len(fs) > 0 {
			switch starred := slices.ContainsFunc(e.Args, func(a ast.Arg) bool { return a.Star > 0 }); {
			case starred && b.isClass(base): // which of several methods with other parameters, only the class tells
			case fs[0].Mod.PlainDecorator(fs[0].Def, "classmethod"): // type(self).zeros(n)
				return callWithHeirs(b, c, fs, base, true, e)
			case fs[0].Mod.PlainDecorator(fs[0].Def, "staticmethod"):
				return callWithHeirs(b, c, fs, 0, false, e)
			case len(e.Args) > 0: // type(self).step(o)
				return b.classCall(c, name, e)
			}
		}
	}
	if len(e.Args) > 0 {
		if o := b.outs[&e.Args[0]]; o != nil {
			o.on = base
		}
	}
	sh := b.shape(base)
	if base != 0 && sh.Class != nil && sh.Kind == ctype.Object {
		if f := sh.Class.Field(name); f != nil { // a function pointer or a callable attribute
			n := b.exprs.attribute(&ast.Attribute{Span: fun.Span, X: fun.X, Attr: fun.Attr}, base)
			fs := b.p.Types.OfField(f)
			if fs.Lock {
				return 0
			}
			if b.inC(n) { // a C++ object with an operator()
				b.effect(n, nil, OnState, Write, false, PassesUnknown, name, e.Span)
				b.unknownCall(b.passed(e.Args), name, e.Span, true)
				return n
			}
			if fs.Kind != ctype.Object { // a function pointer
				return throughAttribute(b, sh.Class, name, e)
			}
			args := b.passed(e.Args)
			b.exprs.mayCall(n, "__call__", Plain, e.Span)
			return referredTo(b, pythonCall(b, args, name, e.Span), n, args)
		}
		b.mayBeUnread(base, sh.Class, name, false, e.Span)
		if k := exactly(b.builder, base); k != nil {
			if fs := b.inherited(k, name, false); len(fs) > 0 {
				return b.callFunctions(fs, base, true, e)
			}
		}
		if fs := whereNot(b.builder, base, b.members(sh.Class, name, false)); len(fs) > 0 {
			first := len(b.flow.Calls)
			n := callWithHeirs(b, sh.Class, fs, base, true, e)
			b.dispatched(first, sh.Class, name, e)
			return n
		}
		args := b.passed(e.Args)
		if d, ok := declaredMethod(sh.Class, name); ok { // its body is not in sight
			b.effect(base, sh.Class, OnPython, Write, false, CallsUnknown, name, e.Span)
			if !d.Decl.Cpdef { // which would lock where its class does
				b.rawObject(base, name, e.Span)
			}
			b.unknownArgs(args, name, e.Span, false)
			args.each(func(n int32) { b.rawObject(n, name, e.Span) })
			return b.node(Node{Kind: NodeUnknown, Shape: returnShape(b.p, sh.Class.Mod, d.Decl.Type, d.Declarator)})
		}
		if n := b.exprs.member(fun, base, sh.Class); n != 0 {
			return b.unknownCall(args, name, e.Span, false)
		}
		if !library.InheritedFromObject()[name] {
			b.effect(base, sh.Class, OnPython, Write, false, CallsUnknown, name, e.Span)
		}
		b.python(e.Span)
		return b.unknownCall(args, name, e.Span, false)
	}
	if n, ok := throughMember(b, sh, name, e); ok {
		return n
	}
	args := b.passed(e.Args)
	if n, ok := (arrays{b}).method(base, name, args, e); ok {
		return n
	}
	if !b.inC(base) {
		iteratedBy(b, name, args, e.Span)
	}
	if base == 0 || sh.Kind == ctype.Unknown {
		perhapsC(b, args, name, e.Span)
	}
	result, found := likely(b.builder, base, name, args, e.Span)
	known := found && ofOneClass(b.builder, base) // the object has that method, and is no container
	applies(b, name, e, base, args)
	if name == "enter_context" {
		args.each(func(n int32) {
			b.exprs.operator(n, "__enter__", e.Span)
			b.exprs.operator(n, "__exit__", e.Span)
		})
	}
	if b.answers(base) || sh.Container { // of a list, a dict or a set
		comparedBy(b, name, base, args, e.Span)
	}
	switch {
	case base == 0:
	case sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar && library.ViewMethods()[name]: // nothing else that points to numbers has methods
		b.effect(base, nil, OnState, Read, true, Reads, name, e.Span)
		return b.node(Node{Kind: NodeFresh, Shape: sh, pos: e.Pos})
	case sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar && library.Keepers()[name], name == "decode" && sliced(fun.X): // of a char * as bytes
		b.effect(base, nil, OnState, Read, true, Reads, name, e.Span)
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	case b.inC(base):
		text := sh.Kind == ctype.Pointer && sh.Elem == ctype.Scalar || library.Keepers()[name] // a C string becomes bytes first
		if sh.Cpp != nil {
			if n, ok := (cpp{b}).call(base, sh, name, args, e); ok {
				return n
			}
		}
		if (!library.CppReaders()[name] || sh.Known && !library.CppSizes()[name]) && !sh.ReadOnly() && !text { // load() of an atomic reads
			b.effect(base, nil, OnState, Write, library.CppWriters()[name], PassesWritable, name, e.Span)
			if sh.Cpp != nil && !library.CppWriters()[name] {
				b.flow.Actions[len(b.flow.Actions)-1].outOfSight = &outOfSight{reader: Reader{sh.Cpp.Def.Name.Name + "." + name, "", true, true}}
			}
			if (sh.Pointers || sh.Library) && library.CppWriters()[name] { // what its pointers lead to it leaves alone
				b.flow.Actions[len(b.flow.Actions)-1].shallow = true
			}
		}
		in, local := syntax.Unparen(fun.X).(*ast.Name)
		if local = local && b.isLocal(in.Name); local && sh.Pointers && library.CppWriters()[name] {
			args.each(func(n int32) {
				if b.shape(n).Kind == ctype.Pointer {
					b.stowed(in, n)
				} else {
					b.passIn(fun.X, sh, n, name, e.Span)
				}
			})
			return b.node(Node{Kind: NodeInside, Base: base, Shape: sh.Item()})
		}
		if sh.Pointers && library.CppWriters()[name] {
			args.each(func(n int32) { b.storedInto(base, n, e.Span) })
		}
		args.each(func(n int32) { b.passIn(fun.X, sh, n, name, e.Span) })
		if name == "data" && sh.Pointers {
			return b.node(Node{Kind: NodeInside, Base: base, Shape: sh.Item().Pointer(1, false)})
		}
		return b.node(Node{Kind: NodeInside, Base: base, Shape: sh.Item()})
	default:
		b.exprs.mayCall(base, name, Plain, e.Span)
		if known {
			break
		}
		if name == "__setattr__" || name == "__delattr__" {
			setsAttribute(b.exprs, base, "", e.Span)
		}
		if library.Changers()[name] {
			b.effect(base, nil, OnValue, Write, true, ChangesContainer, name, e.Span)
			b.refill(base)
			b.putBy(name, base, args)
			b.flow.changed = append(b.flow.changed, base)
			args.each(func(n int32) { putInto(b, name, n, base, e.End) })
		} else if !library.Keepers()[name] {
			if library.Movers()[name] || library.Advancers()[name] {
				b.effect(base, nil, OnValue, Write, true, Moves, name, e.Span)
			}
			kind := OnPython
			if sh.Container && !library.ReadingDunders()[name] {
				kind = OnValue
			}
			b.effect(base, nil, kind, Write, false, CallsUnknown, name, e.Span)
			b.python(e.Span)
		}
		if out, ok := b.itemsBy(name, base, args); ok {
			return out
		}
		if name == "popitem" { // a key, and an item
			return b.tuple([]int32{b.contained(base)})
		}
		if sh.Container || library.Changers()[name] || library.Keepers()[name] {
			return b.node(Node{Kind: NodeUnknown, Base: itemsOf(base, name), Shape: ctype.Shape{Kind: ctype.Object}})
		}
	}
	if base == 0 && library.Keepers()[name] {
		return b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
	}
	changesFirst(b, e, args)
	out := b.unknownCall(args, name, e.Span, false)
	if result != 0 && known {
		return result
	}
	return out
}

// itemsOf is the container of which a method hands out items; 0 for another method.
func itemsOf(container int32, method string) int32 {
	switch method {
	case "values", "items", "copy", "get", "pop", "setdefault", "popleft":
		return container
	}
	return 0
}

// iteratedBy notes that a method of a container goes over what it is given.
func iteratedBy(b calls, name string, args passed, span ast.Span) {
	if !library.Iterating()[name] {
		return
	}
	for _, n := range args.pos {
		b.iterates(n, span)
		if name == "update" && b.answers(n) { // of a dict
			b.exprs.operator(n, "keys", span)
			b.exprs.operator(n, "__getitem__", span)
		}
	}
}

// dispatched notes as which class the calls from first on look their method up. Where
// the class's own is not in sight, it may do anything, beside its overrides.
func (b calls) dispatched(first int, c *project.Class, name string, e *ast.Call) {
	for i := first; i < len(b.flow.Calls); i++ {
		if x := &b.flow.Calls[i]; x.Span == e.Span && x.Callees[0].Def.Name.Name == name {
			x.On = c
		}
	}
	d, ok := declaredMethod(c, name)
	if !ok || len(b.inherited(c, name, false)) > 0 {
		return
	}
	last := &b.flow.Calls[len(b.flow.Calls)-1]
	for i, n := range last.Args {
		if i > 0 {
			b.opaque(n, name, e.Span)
		} else {
			b.effect(n, c, OnPython, Write, false, CallsUnknown, name, e.Span)
		}
		if i > 0 || !d.Decl.Cpdef {
			b.rawObject(n, name, e.Span)
		}
	}
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
func (b calls) made(span ast.Span) int32 {
	sh := ctype.Shape{Kind: ctype.Object}
	if b.f.Class != nil && (b.m.PlainDecorator(b.f.Def, "classmethod") || b.m.PlainDecorator(b.f.Def, "staticmethod")) {
		sh.Class = b.f.Class
	}
	return b.node(Node{Kind: NodeFresh, Shape: sh, pos: span.Pos})
}

// isClass reports whether a value is the class that a class method is called on.
func (b calls) isClass(n int32) bool {
	return n != 0 && b.f.Class != nil && len(b.flow.Params) > 0 && n == b.flow.Params[0] && b.m.PlainDecorator(b.f.Def, "classmethod")
}

// namedCall handles a call of a name of the module, or of mod.name.
func (b calls) namedCall(path []string, e *ast.Call) int32 {
	if c := b.m.Lookup(path); c != nil {
		return b.construct(c, b.passed(e.Args), e.Span, true)
	}
	name := path[len(path)-1]
	if library.Unwrap()[name] {
		return capsules(b).unwrapped(name, e)
	}
	if r := b.m.Owner(path); r.Mod != nil {
		t := b.p.Funcs(r.Mod)
		if fs := t.byName[r.Name]; len(fs) > 0 {
			n := b.callFunctions(fs, 0, false, e)
			if n != 0 && b.handMade {
				if lock := moduleLock(b, path, fs); lock != 0 {
					b.flow.Calls[len(b.flow.Calls)-1].node = lock
					return lock
				}
			}
			return n
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
			n := b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}})
			madeOf(b, n, name, args)
			return n
		}
	}
	if how, ok := library.KnownC()[name]; ok {
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
		case name == "copy" && strings.Join(bd.Path, ".") == "copy":
			args := b.passed(e.Args)
			args.each(func(n int32) { b.exprs.mayCall(n, "__copy__", Plain, e.Span) })
			return b.unknownCall(args, name, e.Span, false)
		case bd.Path[0] == "operator":
			args := b.passed(e.Args)
			operatorCall(b.exprs, name, args, e.Span)
			changesFirst(b, e, args)
			return b.unknownCall(args, name, e.Span, false)
		case name == "swap" && bd.Path[0] == "libcpp":
			return b.unknownCall(b.passedTo(e.Args, func(int, string) bool { return true }), name, e.Span, true)
		case bd.Path[0] == "libc" && bd.Path[len(bd.Path)-1] == "math":
			// frexp(x, &e) writes; the others take numbers.
			args := b.passed(e.Args)
			if slices.ContainsFunc(args.pos, func(n int32) bool { return n != 0 && b.shape(n).Kind != ctype.Scalar }) {
				return b.unknownCall(args, name, e.Span, true)
			}
			return 0
		case bd.Path[0] == "libc" || bd.Path[0] == "libcpp" || bd.Path[0] == "posix":
			return b.unknownCall(b.passed(e.Args), name, e.Span, true)
		}
	}
	if n, ok := (arrays{b}).function(path, e); ok {
		return n
	}
	if bd, ok := b.m.Scope.Names[path[0]]; ok && len(bd.Path) > 0 && library.BuiltinMethods()[bd.Path[0]+"."+name] != "" {
		name = bd.Path[0] + "." + name
	}
	args := b.passed(e.Args)
	switch {
	case len(path) == 1: // those that change something; the others are pure
		namedAttribute(b, name, args, e)
	case len(path) == 2 && path[0] == "object" && (name == "__setattr__" || name == "__delattr__"): // for one whose class forbids it
		namedAttribute(b, strings.Trim(name, "_"), args, e)
	}
	if (len(path) > 1 || !library.Builtins()[name]) && !ofCython(b.m, path[0]) {
		perhapsC(b, args, name, e.Span)
	}
	applies(b, path[len(path)-1], e, 0, args)
	changesFirst(b, e, args)
	n := b.unknownCall(args, name, e.Span, false)
	madeOf(b, n, path[len(path)-1], args)
	switch path[len(path)-1] {
	case "partial", "methodcaller", "attrgetter", "itemgetter":
		if b.callers == nil {
			b.callers = map[int32]*ast.Call{}
		}
		b.callers[n] = e
	}
	return n
}

// callFunctions calls functions of the project; all take the same arguments.
func (b calls) callFunctions(fs []*Function, receiver int32, bound bool, e *ast.Call) int32 {
	return callWith(b, fs, receiver, bound, b.passedTo(e.Args, b.byRef(fs[0].Def.Params, bound)), e)
}

// callOf notes a call and returns its value.
func (b calls) callOf(fs []*Function, args []int32, span ast.Span) int32 {
	made := makesFor(b, fs, args, span)
	b.flow.Calls = append(b.flow.Calls, Call{Span: span, Callees: fs, Args: args, made: made, under: b.under, inside: b.inside, parallel: b.parallel, handing: handing{pos: span.End, loops: b.loopStarts()}, history: b.history()})
	b.called(int32(len(b.flow.Calls) - 1))
	sh := b.returnOf(fs[0])
	if sh.Kind == ctype.Object && sh.Class == nil {
		sh.Class = resultClass(b.p, fs[0])
		for _, f := range fs[1:] {
			sh.Class = project.Common(sh.Class, resultClass(b.p, f))
		}
	}
	if fs[0].Exposed() && fs[0].Def.Kind == ast.Def {
		b.python(span)
	}
	if sh.Kind == ctype.Scalar && !sh.Handle && !sh.Address && !slices.ContainsFunc(fs, func(f *Function) bool { return returnsAddress(b.p, f) }) {
		return 0
	}
	n := b.node(Node{Kind: NodeCall, Num: int32(len(b.flow.Calls) - 1), Shape: sh, pos: span.Pos})
	b.flow.Calls[len(b.flow.Calls)-1].node = n
	return n
}

// returnOf is the shape of what a function returns.
func (b calls) returnOf(f *Function) ctype.Shape {
	def := f.Def
	if d, ok := f.Mod.DeclarationOf(f.Class, def); ok {
		return returnShape(b.p, f.Mod, d.Decl.Type, d.Declarator)
	}
	if def.Kind == ast.Def {
		if !f.Exposed() && def.Arrow != nil {
			return b.p.Types.OfNote(f.Mod, def.Arrow)
		}
		return ctype.Shape{Kind: ctype.Object}
	}
	return returnShape(b.p, f.Mod, def.Return, def.Declarator)
}

// calls walk the calls of a function.
type calls struct{ *builder }
