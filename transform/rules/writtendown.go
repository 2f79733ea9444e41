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
		is = onlyWrittenDown(m, name)
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

// onlyWrittenDown is has for the module itself.
func onlyWrittenDown(m *project.Module, name string) certainty {
	if b := m.Scope.Names[name]; b.Kind != project.BindOther {
		return anything
	}
	values, changes := 0, false   // what can be changed has to be looked at alone
	looked := map[ast.Node]bool{} // the names that stand where the variable is only looked at
	looks := func(e ast.Expr) {
		if n, ok := syntax.Unparen(e).(*ast.Name); ok && n.Access == ast.Read {
			looked[n] = true
		}
	}
	good := true
	others := map[string]bool{} // names that functions give something of their own
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Param:
				others[syntax.ParamName(n)] = true
			case *ast.Name:
				others[n.Name] = others[n.Name] || n.Access.Rebinds()
			}
			return true
		})
	}
	byOthers := false
	for _, u := range m.Units {
		var functions []ast.Span
		for _, st := range u.File.Body {
			switch st := st.(type) {
			case *ast.Assign:
				if n, ok := st.Targets[0].(*ast.Name); ok && n.Name == name && len(st.Targets) == 1 && st.Op == "=" && st.Value != nil && isWrittenDown(st.Value) {
					looked[n] = true
					values, changes = values+1, canChange(st.Value)
				}
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					if syntax.DeclaredName(d).Name == name && d.Default != nil && isWrittenDown(d.Default) {
						values, changes = values+1, canChange(d.Default)
					}
				}
			}
		}
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				switch n.Name {
				case name:
					good = good && (looked[n] || !changes && n.Access == ast.Read)
				case "globals", "vars", "exec", "eval": // by which a variable is reached without its name
					good = good && !slices.ContainsFunc(functions, func(f ast.Span) bool { return f.Contains(n.Pos) })
					byOthers = true
				}
			case *ast.Attribute: // sys.modules[__name__].x
				good = good && n.Attr.Name != name
			case *ast.Str: // setattr(module, "x", v)
				good = good && (n.Value != name || !slices.ContainsFunc(functions, func(f ast.Span) bool { return f.Contains(n.Pos) }))
			case *ast.FuncDef:
				good = good && n.Name.Name != name
				functions = append(functions, n.Span)
			case *ast.Lambda:
				functions = append(functions, n.Span)
			case *ast.ClassDef:
				good = good && n.Name.Name != name
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
				if fun, ok := n.Fun.(*ast.Attribute); ok && lookers[fun.Attr.Name] {
					looks(fun.X)
				}
				if onlyLooks(n, func(builtin string) bool { _, bound := m.Scope.Names[builtin]; return !bound && !others[builtin] }) {
					for _, a := range n.Args {
						looks(a.X)
					}
				}
			}
			return good
		})
	}
	switch {
	case !good || values != 1:
		return anything
	case byOthers:
		return asFarAsSeen
	}
	return nothingElse
}

// lookers are the methods of lists, tuples, sets, dicts and texts that hand out no more than what is in them.
var lookers = map[string]bool{"index": true, "count": true, "copy": true, "get": true, "keys": true, "values": true, "items": true}

// onlyLooks reports whether a call keeps nothing of a container that it is given but what is in that.
func onlyLooks(call *ast.Call, builtin func(name string) bool) bool {
	switch fun := call.Fun.(type) {
	case *ast.Name:
		switch fun.Name {
		case "len", "zip", "enumerate", "list", "tuple", "set", "frozenset", "dict", "sorted", "iter", "reversed", "min", "max", "sum", "any", "all":
			return builtin(fun.Name)
		}
	case *ast.Attribute:
		_, text := syntax.Unparen(fun.X).(*ast.Str)
		return text && (fun.Attr.Name == "join" || fun.Attr.Name == "format")
	}
	return false
}

// isWrittenDown reports whether a value is a text, a number, None and the like, or a collection of nothing but these.
// A list within a list is none: who looks it up has it.
func isWrittenDown(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Collection)
	if !ok {
		return isConstant(e)
	}
	return !slices.ContainsFunc(c.Elems, func(x ast.Expr) bool { return !isConstant(x) })
}

// canChange reports whether a collection is one to which something can be added.
func canChange(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Collection)
	return ok && c.Kind != "tuple"
}

// isConstant is isWrittenDown for what stays as it is: tuples among collections.
func isConstant(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Str:
		return !x.FStr
	case *ast.Number, *ast.Const:
		return true
	case *ast.Unary:
		return isConstant(x.X) && (x.Op == "-" || x.Op == "+")
	case *ast.Collection:
		return x.Kind == "tuple" && !slices.ContainsFunc(x.Elems, func(y ast.Expr) bool { return !isConstant(y) })
	}
	return false
}
