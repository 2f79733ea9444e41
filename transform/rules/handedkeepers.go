package rules

// PXL302, PXL303: what keeps what it is given, without its being code of the user: threads, functools.partial, setattr, queues
// and other objects of the module, and functions of other modules whose names say so.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// keeper is what a call gives to what keeps it: the arguments, and the name of that; "" where the call keeps nothing that is
// known.
func (a giving) keeper(call *ast.Call) (to string, kept []ast.Arg) {
	if call.Fun == nil || len(a.callees(call)) > 0 {
		return "", nil // the model knows
	}
	path := syntax.Dotted(call.Fun)
	if len(path) == 0 || path[0] == a.name {
		return "", nil
	}
	name, last := syntax.Text(a.f.Unit.File, call.Fun.Range()), path[len(path)-1]
	if a.r.isLocal(path[0]) && a.r.imports[path[0]] == nil {
		return "", nil // the user's, or of its own making
	}
	module, in := a.m.Scope.LibraryPath(call.Fun)
	b := a.m.Scope.Names[path[0]]
	imported := a.r.imports[path[0]] != nil || b.Kind == project.BindModule || b.Kind == project.BindImported
	switch {
	case last == "setattr" && module == "builtins" && len(call.Args) == 3:
		if of := call.Args[0].X; !syntax.IsNamed(of, a.name) {
			return syntax.Text(a.f.Unit.File, of.Range()), call.Args[2:]
		}
	case len(in) > 0 && holders[in[len(in)-1]] == module || imported && last == "partial":
		if a.escapes(call, 2) {
			return name, call.Args
		}
	case imported && (library.CallsApart()[last] || library.CallsLater()[last]):
		return name, call.Args
	case imported && module != "numpy" && a.m.Lookup(path) == nil && saysKeeps(last):
		return name, call.Args
	case !imported && len(path) == 2 && (last == "set" || saysKeeps(last)): // an object that a variable of the module has
		if v := a.globals()[path[0]]; v != nil && containerKind(v) == "" && !a.isCValue(v) {
			return name, call.Args
		}
	}
	return "", nil
}

// holders are classes whose objects keep the container that they are given, and the modules that have them.
var holders = map[string]string{"MappingProxyType": "types", "SimpleNamespace": "types", "ChainMap": "collections", "UserList": "collections", "partial": "functools"}

// saysKeeps reports whether the name of a function says that it keeps what it is given.
func saysKeeps(name string) bool {
	return slices.ContainsFunc(syntax.Words(name), func(w string) bool {
		switch w {
		case "register", "subscribe", "attach", "enqueue", "put", "push", "schedule", "submit", "spawn", "defer", "publish", "remember":
			return true
		}
		return false
	})
}

// escapes reports whether what an expression makes is handed on by the function, and not only used there; depth bounds through
// how many variables.
func (a giving) escapes(e ast.Expr, depth int) bool {
	node := ast.Node(e)
	for _, p := range a.r.parents(e) {
		switch p := p.(type) {
		case *ast.Paren, *ast.Collection, *ast.Arg, *ast.Cast, *ast.Cond:
		case *ast.Call:
			if p.Fun == nil || p.Fun == node {
				return false // it is called
			}
			if m, ok := p.Fun.(*ast.Attribute); ok && library.Iterating()[m.Attr.Name] {
				return false
			}
			name, ok := p.Fun.(*ast.Name)
			_, pure := library.PureBuiltins()[syntax.LastName(p.Fun)]
			return !ok || !pure && !library.Builtins()[name.Name]
		case *ast.Simple:
			return p.Keyword == "return"
		case *ast.Yield:
			return true
		case *ast.Assign:
			return p.Value != nil && p.Value.Range().Contains(e.Range().Pos) && slices.ContainsFunc(p.Targets, func(t ast.Expr) bool {
				n, ok := t.(*ast.Name)
				return !ok || !a.r.local[n.Name] || a.handedOn(n.Name, p.End, depth)
			})
		default:
			return false
		}
		node = p
	}
	return false
}

// handedOn reports whether a function hands on what a local variable has, after a place.
func (a giving) handedOn(name string, after int32, depth int) bool {
	if depth == 0 {
		return true
	}
	found := false
	syntax.OwnNodes(a.f.Def.Body, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == name && x.Pos >= after && x.Access == ast.Read && a.escapes(x, depth-1)
		return !found
	})
	return found
}

// consumes reports whether a method of the user's object only looks at what a call gives it: it compresses it, or writes it to a
// log.
func consumes(call *ast.Call) bool {
	m, ok := syntax.Unparen(call.Fun).(*ast.Attribute)
	if !ok {
		return false
	}
	if library.Consumers()[m.Attr.Name] {
		return true
	}
	if !library.LogMethods()[m.Attr.Name] || len(call.Args) == 0 {
		return false
	}
	_, format := syntax.Unparen(call.Args[0].X).(*ast.Str)
	return format || slices.ContainsFunc(syntax.Words(syntax.LastName(m.X)), func(w string) bool { return w == "log" || w == "logger" || w == "logging" })
}
