package rules

// Variables of a module that hold nothing but texts and numbers, which the module writes down: FIELDS = ["name", "size"]. What is found there has no lock.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// writtenDown tells such variables, of modules that have been asked about.
type writtenDown struct {
	lineage *project.Lineage
	known   map[moduleVariable]certainty
	spoken  map[*project.Module]*spokenOf
}

// certainty is how sure it is that a variable holds nothing but texts and numbers.
type certainty uint8

const (
	anything certainty = iota
	// asFarAsSeen: module-level code uses globals(), by which it may have replaced it.
	asFarAsSeen
	nothingElse
)

// moduleVariable is a variable of a module, by its name.
type moduleVariable struct {
	m    *project.Module
	name string
}

// has reports whether a variable of a module holds nothing but texts and numbers. No other module in sight may speak of
// it, and its own may do no more than look at what is in it: who gets a list itself can put anything there.
func (w *writtenDown) has(m *project.Module, name string) certainty {
	v := moduleVariable{m, name}
	is, known := w.known[v]
	if !known {
		is = w.of(m).only(m, name)
		if is != anything && w.lineage.SpelledElsewhere(m, name) {
			is = anything
		}
		if w.known == nil {
			w.known = map[moduleVariable]certainty{}
		}
		w.known[v] = is
	}
	return is
}

// spokenOf is what a module says of its names.
type spokenOf struct {
	names  map[string][]*ast.Name
	looked map[*ast.Name]bool // those where what they name is only looked at
	values map[string][]ast.Expr
	from   map[string]int32 // where those are
	// others are names that something else gives a value to, or that are those of attributes, or of texts by which a function
	// reaches a variable.
	others map[string]bool
	own    map[string]bool // names that functions give something of their own
	// byName is true where functions reach variables by names that are not in sight, and atImport where module-level code does.
	byName, atImport bool
	stars            []int32 // where other modules give it all that they have
}

// of is what a module says of its names.
func (w *writtenDown) of(m *project.Module) *spokenOf {
	s := w.spoken[m]
	if s != nil {
		return s
	}
	s = &spokenOf{names: map[string][]*ast.Name{}, looked: map[*ast.Name]bool{}, values: map[string][]ast.Expr{}, from: map[string]int32{}, others: map[string]bool{}, own: map[string]bool{}}
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Param:
				s.own[syntax.ParamName(n)] = true
			case *ast.Name:
				s.own[n.Name] = s.own[n.Name] || n.Access.Rebinds()
			}
			return true
		})
	}
	for _, u := range m.Units {
		s.read(m, u)
	}
	if w.spoken == nil {
		w.spoken = map[*project.Module]*spokenOf{}
	}
	w.spoken[m] = s
	return s
}

// only is has for the module itself.
func (s *spokenOf) only(m *project.Module, name string) certainty {
	values := s.values[name]
	if b := m.Scope.Names[name]; b.Kind != project.BindOther || len(values) != 1 || s.others[name] || s.byName {
		return anything
	}
	changes := canChange(values[0]) // which has to be looked at alone
	for _, n := range s.names[name] {
		if !s.looked[n] && (changes || n.Access != ast.Read) {
			return anything
		}
	}
	if s.atImport || slices.ContainsFunc(s.stars, func(at int32) bool { return at < 0 || at > s.from[name] }) {
		return asFarAsSeen
	}
	return nothingElse
}

// builtin reports whether a name is one of Python's own: the module and its functions give it nothing else.
func (s *spokenOf) builtin(m *project.Module, name string) bool {
	_, bound := m.Scope.Names[name]
	return !bound && !s.own[name]
}

// reachers are names by which a variable of the module is reached that is not named.
var reachers = map[string]bool{"globals": true, "vars": true, "exec": true, "eval": true}

// read reads a file of the module.
func (s *spokenOf) read(m *project.Module, u *project.Unit) {
	builtin := func(name string) bool { return s.builtin(m, name) }
	for _, st := range u.File.Body {
		switch st := st.(type) {
		case *ast.Assign:
			if n, ok := st.Targets[0].(*ast.Name); ok && len(st.Targets) == 1 && st.Op == "=" && st.Value != nil && isWrittenDown(st.Value, builtin) {
				s.looked[n] = true
				s.values[n.Name], s.from[n.Name] = append(s.values[n.Name], st.Value), n.Pos
			}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if d.Default != nil && isWrittenDown(d.Default, builtin) {
					name := syntax.DeclaredName(d)
					s.values[name.Name], s.from[name.Name] = append(s.values[name.Name], d.Default), name.Pos
				}
			}
		}
	}
	looks := func(e ast.Expr) {
		if n, ok := syntax.Unparen(e).(*ast.Name); ok && n.Access == ast.Read {
			s.looked[n] = true
		}
	}
	var functions, calls []ast.Span
	named := map[ast.Expr]bool{} // modules of which an attribute is named
	within := func(list []ast.Span, at int32) bool { return len(list) > 0 && list[len(list)-1].Contains(at) }
	reaches := func(at int32) {
		s.byName = s.byName || within(functions, at)
		s.atImport = true
	}
	imports := func(list []ast.ImportName) {
		for i := range list {
			name := list[i].As.Name
			if name == "" && len(list[i].Path) > 0 {
				name = list[i].Path[0].Name
			}
			s.others[name] = true
		}
	}
	ast.Walk(u.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			s.names[n.Name] = append(s.names[n.Name], n)
			if reachers[n.Name] {
				reaches(n.Pos)
			}
		case *ast.Attribute: // sys.modules[__name__].x
			s.others[n.Attr.Name] = true
			if of, ok := n.X.(*ast.Subscript); ok && n.Attr.Name != "__dict__" {
				named[of.X] = true
			}
			if n.Attr.Name == "globals" || n.Attr.Name == "modules" && !named[n] { // builtins.globals(), setattr(sys.modules[__name__], name, x)
				reaches(n.Pos)
			}
		case *ast.Str: // setattr(module, "x", v)
			if n.Value != "" && (within(functions, n.Pos) || within(calls, n.Pos)) {
				s.others[n.Value] = true
			}
		case *ast.FuncDef:
			s.others[n.Name.Name] = true
			functions = outermost(functions, n.Span)
		case *ast.Lambda:
			functions = outermost(functions, n.Span)
		case *ast.ClassDef:
			s.others[n.Name.Name] = true
		case *ast.Param:
			s.others[syntax.ParamName(n)] = true
		case *ast.Import:
			imports(n.Names)
		case *ast.FromImport:
			imports(n.Names)
			if n.Star && u.Role == project.RoleMain {
				s.stars = append(s.stars, n.Pos)
			} else if n.Star {
				s.stars = append(s.stars, -1)
			}
		case *ast.Subscript:
			if n.Access == ast.Read {
				looks(n.X)
			}
		case *ast.Compare:
			if op := n.Ops[len(n.Ops)-1]; op == "in" || op == "not in" {
				looks(n.Xs[len(n.Xs)-1])
			}
		case *ast.For:
			looks(n.Iter)
		case *ast.CompClause:
			looks(n.Iter)
		case *ast.Binary:
			if _, ok := syntax.Unparen(n.Y).(*ast.Collection); ok && n.Op == "+" { // another list
				looks(n.X)
			}
		case *ast.Call:
			calls = outermost(calls, n.Span)
			if fun, ok := n.Fun.(*ast.Attribute); ok && lookers[fun.Attr.Name] {
				looks(fun.X)
			}
			for _, a := range onlyLooks(n, builtin) {
				looks(a)
			}
		}
		return true
	})
}

// outermost adds a span to those that have been met so far, each begins after the others.
func outermost(list []ast.Span, s ast.Span) []ast.Span {
	if n := len(list); n > 0 && list[n-1].Contains(s.Pos) {
		return list
	}
	return append(list, s)
}

// lookers are the methods of lists, tuples, sets, dicts and texts that hand out no more than what is in them.
var lookers = map[string]bool{"index": true, "count": true, "copy": true, "get": true, "keys": true, "values": true, "items": true}

// lookingAt are Python's functions that look at what is in their first argument.
var lookingAt = map[string]bool{"len": true, "enumerate": true, "list": true, "tuple": true, "set": true, "frozenset": true, "dict": true, "sorted": true,
	"iter": true, "reversed": true, "min": true, "max": true, "sum": true, "any": true, "all": true}

// onlyLooks are the arguments of a call which keeps and yields nothing of these but what is in them.
func onlyLooks(call *ast.Call, builtin func(name string) bool) []ast.Expr {
	var out []ast.Expr
	add := func(most int) {
		for i := range call.Args {
			if a := &call.Args[i]; a.Star == 0 && a.Name.Name == "" && len(out) < most {
				out = append(out, a.X)
			} else {
				return
			}
		}
	}
	switch fun := call.Fun.(type) {
	case *ast.Name:
		switch {
		case !builtin(fun.Name):
		case fun.Name == "zip":
			add(len(call.Args))
		case lookingAt[fun.Name]: // and at no more than the first
			if add(1); (fun.Name == "min" || fun.Name == "max") && len(call.Args) > 1 && call.Args[1].Name.Name == "" {
				return nil // one of its arguments
			}
		}
	case *ast.Attribute:
		if _, text := syntax.Unparen(fun.X).(*ast.Str); text && (fun.Attr.Name == "join" || fun.Attr.Name == "format") {
			add(len(call.Args))
		}
	}
	return out
}

// isWrittenDown reports whether a value is a text, a number, None and the like, or a collection of nothing but these.
// A list within a list is none: who looks it up has it. builtin tells which names are Python's own.
func isWrittenDown(e ast.Expr, builtin func(name string) bool) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Collection:
		return !slices.ContainsFunc(x.Elems, func(x ast.Expr) bool { return !isConstant(x, builtin) })
	case *ast.Call: // set(("a", "b"))
		return makesBuiltin(x, builtin) && !slices.ContainsFunc(x.Args, func(a ast.Arg) bool {
			if a.Name.Name != "" { // dict(names=["a"]) hands out the list
				return !isConstant(a.X, builtin)
			}
			return a.Star != 0 || !isWrittenDown(a.X, builtin)
		})
	}
	return isConstant(e, builtin)
}

// makers are Python's types, called by their names, of which objects have no lock. Those that are true stay as they are made.
var makers = map[string]bool{"tuple": true, "frozenset": true, "int": true, "float": true, "complex": true, "bool": true, "str": true, "bytes": true,
	"range": true, "object": true, "list": false, "set": false, "dict": false, "bytearray": false}

// makesBuiltin reports whether a call makes an object of one of these types.
func makesBuiltin(call *ast.Call, builtin func(name string) bool) bool {
	n, ok := call.Fun.(*ast.Name)
	if !ok {
		return false
	}
	_, made := makers[n.Name]
	return made && builtin(n.Name)
}

// canChange reports whether a collection is one to which something can be added.
func canChange(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Collection:
		return x.Kind != "tuple"
	case *ast.Call:
		n, ok := x.Fun.(*ast.Name)
		return !ok || !makers[n.Name]
	}
	return false
}

// isConstant is isWrittenDown for what stays as it is: tuples among collections.
func isConstant(e ast.Expr, builtin func(name string) bool) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Str:
		return !x.FStr
	case *ast.Number, *ast.Const:
		return true
	case *ast.Unary:
		return isConstant(x.X, builtin) && (x.Op == "-" || x.Op == "+")
	case *ast.Collection:
		return x.Kind == "tuple" && !slices.ContainsFunc(x.Elems, func(y ast.Expr) bool { return !isConstant(y, builtin) })
	case *ast.Call:
		return !canChange(x) && isWrittenDown(x, builtin)
	}
	return false
}

// onlyLooksUp reports whether a call makes nothing but what its arguments already have: list(TABLE.items()).
func (s *spokenOf) onlyLooksUp(m *project.Module, call *ast.Call) bool {
	switch fun := call.Fun.(type) {
	case *ast.Attribute:
		return lookers[fun.Attr.Name]
	case *ast.Name:
		_, makes := makers[fun.Name]
		return (makes || lookingAt[fun.Name]) && s.builtin(m, fun.Name)
	}
	return false
}
