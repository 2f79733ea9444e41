package effects

// Flows of functions within the function: what their parameters are given, and what their
// decorators lock.

import (
	"cmp"
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/syntax"
)

// insides are the functions inside one.
type insides struct{ *builder }

// walk walks a function inside the function. It may run while the outer
// one does, and counts as done by it; its names shadow.
func (b insides) walk(def *ast.FuncDef) {
	if def.Params == nil {
		return
	}
	if _, known := b.vars[def.Name.Name]; !known {
		b.variable(def.Name.Name, ctype.Shape{}, 0)
		v := b.vars[def.Name.Name]
		v.nested = def
		b.vars[def.Name.Name] = v
	} else if b.vars[def.Name.Name].nested == nil {
		standsForAny(b.builder, def.Name)
	}
	for _, d := range def.Decorators {
		b.expr(d.Expr)
	}
	var defaults []int32
	for _, prm := range def.Params.List {
		defaults = append(defaults, b.expr(prm.Default))
	}
	vars, env, loops, tries, under, parallel, inside := b.vars, slices.Clone(b.env), b.loops, b.tries, b.under, b.parallel, b.inside
	b.under, b.parallel, b.inside = 0, false, 0 // it may run when the block is over
	b.capture(def.Body)
	b.vars, b.tries = maps.Clone(vars), nil
	for name := range ownNames(def.Body) {
		delete(b.vars, name)
	}
	called := b.onlyCalled(def)
	if !called {
		for _, n := range defaults { // the function has them
			b.handOut(n, def.Pos)
		}
	}
	var params []int32
	for i, prm := range def.Params.List {
		if prm.Name.Name != "" {
			n := nestedParam(b.builder, prm, defaults[i], called)
			params = append(params, n)
		} else {
			params = append(params, 0)
		}
	}
	if b.given == nil {
		b.given = map[*ast.FuncDef][]int32{}
	}
	if b.boundOnce(def) {
		b.given[def] = params
	}
	b.underDecorators(def, params)
	b.nested++
	if !called {
		b.later++
	}
	body := bodyOf{calls: len(b.flow.Calls), loose: len(b.flow.loose)}
	returned := b.returned
	b.returned = nil
	start, history := b.detached(func() { b.suite(def.Body) })
	b.results, b.returned = with(b.results, ast.Node(def), b.returned), returned
	body.callsEnd, body.looseEnd = len(b.flow.Calls), len(b.flow.loose)
	b.bodies = with(b.bodies, def, body)
	if called || b.handedOut(def) {
		b.starts = with(b.starts, def, start)
	}
	b.nested--
	if !called {
		b.later--
	}
	b.vars, b.env, b.loops, b.tries, b.under, b.parallel, b.inside = vars, env, loops, tries, under, parallel, inside
	b.set(historySlot, history)
	for slot, s := range b.shared {
		if int(slot) < len(b.env) {
			b.env[slot] = s
		}
	}
}

// bodyOf is where a flow has what a function inside the function does.
type bodyOf struct{ calls, callsEnd, loose, looseEnd int }

// result is what a call of a function inside the function, or of a lambda, returns: what that may return, where that leads to
// something, or else what is known of the call.
func (b insides) result(def ast.Node, call int32) int32 {
	from := slices.DeleteFunc(slices.Clone(b.results[def]), func(n int32) bool {
		return n == 0 || b.shape(n).Kind == ctype.Scalar || b.flow.Nodes[b.flow.source(n)].Kind == NodeCall // whose it is, the call has told
	})
	if d, ok := def.(*ast.FuncDef); len(from) == 0 || ok && (d.Async || syntax.Yields(d.Body)) {
		return call
	}
	sh := b.common(from)
	if sh.Kind == ctype.Unknown {
		sh = ctype.Shape{Kind: ctype.Object} // no function inside a function returns anything else
	}
	return b.node(Node{Kind: NodeLocal, From: from, Shape: sh})
}

// runsInBlock notes that a function inside the function is called under the block that is walked.
func (b insides) runsInBlock(def *ast.FuncDef) {
	block := cmp.Or(b.under, b.inside)
	body, walked := b.bodies[def]
	if block == 0 || !walked {
		return
	}
	for i := body.calls; i < body.callsEnd; i++ {
		if c := &b.flow.Calls[i]; c.inside == 0 {
			c.inside = block
		}
	}
	for i := body.loose; i < body.looseEnd; i++ {
		if u := &b.flow.loose[i]; u.inside == 0 {
			u.inside = block
		}
	}
}

// nestedParam makes a variable of a parameter of a function or lambda inside the function:
// whoever calls that gives it what he likes, unless all calls are in sight.
func nestedParam(b *builder, prm *ast.Param, byDefault int32, called bool) int32 {
	sh := b.p.Types.Of(b.m, prm.Type, prm.Declarator)
	if sh.Kind == ctype.Unknown && prm.Type == nil {
		sh.Kind = ctype.Object // a function inside a function gets nothing else
	}
	var from []int32
	if !called {
		from = append(from, b.node(Node{Kind: NodeUnknown, Shape: sh}))
	}
	if byDefault != 0 {
		if sh.Kind == ctype.Unknown {
			sh = b.shape(byDefault)
		}
		from = append(from, byDefault)
	}
	n := b.node(Node{Kind: NodeLocal, From: from, Shape: sh})
	b.variable(prm.Name.Name, sh, n)
	return n
}

// onlyCalled reports whether all that the function does with one inside it is to call it, so
// that nobody else does.
func (b insides) onlyCalled(def *ast.FuncDef) bool {
	if len(def.Decorators) != len(decorator.On(b.m, def.Decorators)) || def.Params == nil {
		return false
	}
	for _, p := range def.Params.List {
		if p.Kind != ast.Positional {
			return false
		}
	}
	name := def.Name.Name
	uses, calls := 0, 0
	ast.Walk(b.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Name == name {
				uses++
			}
		case *ast.Call:
			if n.Fun != nil && syntax.IsNamed(n.Fun, name) && plainly(n.Args) {
				calls++
			}
		case *ast.FuncDef:
			if n != def && n.Name.Name == name {
				uses++
			}
		case *ast.Simple: // a name that is global or nonlocal
			for _, id := range n.Names {
				if id.Name == name {
					uses++
				}
			}
		}
		return true
	})
	return uses == calls && calls > 0
}

// handedOut reports whether all that the function does with one inside it is to call it, or to hand it to what it calls.
func (b insides) handedOut(def *ast.FuncDef) bool {
	return len(def.Decorators) == len(decorator.On(b.m, def.Decorators)) && calledOrHanded(b.f.Def.Body, def.Name.Name, def)
}

// boundOnce reports whether a name stands for nothing but the function inside the function that has it.
func (b insides) boundOnce(def *ast.FuncDef) bool {
	once := true
	ast.Walk(b.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			once = once && (n.Name != def.Name.Name || n.Access == ast.Read || n.Access == ast.Called)
		case *ast.FuncDef:
			once = once && (n == def || n.Name.Name != def.Name.Name)
		}
		return once
	})
	return once && len(def.Decorators) == len(decorator.On(b.m, def.Decorators))
}

// plainly reports whether each argument of a call is written out.
func plainly(args []ast.Arg) bool {
	for _, a := range args {
		if a.Star != 0 {
			return false
		}
	}
	return true
}

// gives notes what a call of a function inside the function gives to its parameters, and reports
// whether it is known which gets what.
func (b insides) gives(def *ast.FuncDef, args passed) bool {
	params, ok := b.given[def]
	if !ok || len(args.star) > 0 || len(args.pos) > len(params) {
		return false
	}
	for i, prm := range def.Params.List {
		if prm.Kind != ast.Positional {
			return false
		}
		n := int32(0)
		if i < len(args.pos) {
			n = args.pos[i]
		}
		for k, name := range args.name {
			if name == prm.Name.Name {
				n = args.kw[k]
			}
		}
		if n != 0 && params[i] != 0 && n != params[i] {
			x := &b.flow.Nodes[params[i]]
			x.From = append(x.From, n)
		}
	}
	return true
}

// underDecorators has the body of a function inside the function hold what its decorators
// name, as a block round it would.
func (b insides) underDecorators(def *ast.FuncDef, params []int32) {
	var list []BlockLock
	for _, d := range decorator.On(b.m, def.Decorators) {
		if d.Name != "read_lock" && d.Name != "write_lock" {
			continue
		}
		md := Read
		if d.Name == "write_lock" {
			md = Write
		}
		for i, prm := range def.Params.List {
			if params[i] == 0 || len(d.Args()) == 0 && i > 0 || len(d.Args()) > 0 && !d.Spoken()[prm.Name.Name] {
				continue
			}
			sh := b.vars[prm.Name.Name].shape
			name := &ast.Name{Span: ast.Span{Pos: prm.Name.Pos, End: prm.Name.Pos + int32(len(prm.Name.Name))}, Name: prm.Name.Name}
			list = append(list, BlockLock{Arg: ast.Arg{Span: name.Span, X: name}, Mode: md, Class: classOfObject(sh), Shape: sh, node: params[i]})
		}
	}
	if len(list) > 0 {
		blocks(b).enter(Block{With: &ast.With{Span: def.Span, Body: def.Body}, Locks: list})
	}
}

// lambda walks a lambda, and returns the value that stands for it.
func (b insides) lambda(e *ast.Lambda) int32 {
	n := closingLambda(b.builder, e)
	b.exprs.lambda(e)
	if n != 0 {
		b.lambdaOf = with(b.lambdaOf, n, e)
	}
	return n
}

// lambda walks a lambda, whose parameters are given what Python's functions call it with, where one of these
// gets it.
func (b expressions) lambda(e *ast.Lambda) {
	var defaults []int32
	if e.Params != nil {
		for _, prm := range e.Params.List {
			defaults = append(defaults, b.expr(prm.Default))
		}
	}
	vars, env, under, inside := b.vars, slices.Clone(b.env), b.under, b.inside
	b.vars, b.under, b.inside = maps.Clone(vars), 0, 0
	b.capture(e.Body)
	_, called := b.lambdas[e]
	if called || b.atOnce {
		b.inside = cmp.Or(under, inside)
	}
	for i, d := range defaults {
		if prm := e.Params.List[i]; prm.Name.Name != "" {
			if n := nestedParam(b.builder, prm, d, called); called {
				b.flow.Nodes[n].Shape = ctype.Shape{Kind: ctype.Object}
				b.lambdas[e] = append(b.lambdas[e], n)
			}
		}
	}
	b.nested++
	if !called {
		b.later++
	}
	var places []int32
	if b.atOnce {
		places = append(places, b.history())
	}
	start, history := b.detached(func() { b.results = with(b.results, ast.Node(e), []int32{b.expr(e.Body)}) }, places...)
	if !b.atOnce {
		b.lambdaStarts = with(b.lambdaStarts, e, start)
	}
	b.nested--
	if !called {
		b.later--
	}
	b.vars, b.env, b.under, b.inside = vars, env, under, inside
	b.set(historySlot, history)
}

// callsAtOnce reports whether a function calls what it is given before it returns, and never later.
func callsAtOnce(fun ast.Expr) bool {
	switch syntax.LastName(fun) {
	case "sorted", "sort", "min", "max", "reduce", "wait_for":
		return true
	}
	return false
}

// standsForAny has a variable that stands for something already stand for anything: an import, a function or a class gives
// it the value.
func standsForAny(b *builder, name ast.Ident) {
	if n, _, local := b.value(name.Name); local && n != 0 {
		b.bind(name.Name, b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}), false, name.Span)
	}
}

// importsOver is standsForAny for the names that an import binds.
func importsOver(b *builder, names []ast.ImportName) {
	for i := range names {
		name := names[i].As
		if name.Name == "" {
			name = names[i].Path[0]
		}
		standsForAny(b, name)
	}
}
