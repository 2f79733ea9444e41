package effects

// Buffers that an object has for itself: a struct with a pointer that its __dealloc__ frees leads into no other object's
// memory, whatever C code filled it from.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// freesItself reports whether an attribute is a struct that is declared with numbers and pointers to characters or numbers,
// each of which the object frees as it dies, if only where the struct itself says that it has something. A buffer of
// which a flag beside it says whose it is may be another's.
func (l *linking) freesItself(class *project.Class, fd *project.Field) bool {
	sh := l.p.Types.OfField(fd)
	if sh.Kind != ctype.Record || sh.Struct == nil || sh.Struct.Def.Body == nil {
		return false
	}
	var pointers []string
	numbers := false
	for _, st := range sh.Struct.Def.Body.Stmts {
		st, ok := st.(*ast.CVarDecl)
		if !ok {
			return false
		}
		for _, d := range st.Declarators {
			switch m := l.p.Types.Of(sh.Struct.Mod, st.Type, d); {
			case m.Kind == ctype.Scalar:
				numbers = true
			case m.Kind == ctype.Pointer && m.Depth == 1 && m.Elem == ctype.Scalar && !m.Array():
				pointers = append(pointers, syntax.DeclaredName(d).Name)
			default:
				return false
			}
		}
	}
	if !numbers || len(pointers) == 0 {
		return false
	}
	list := l.p.Own(class.Declarer(fd.Name)).Plain["__dealloc__"]
	if len(list) != 1 || list[0].Def.Body == nil || len(list[0].Def.Params.List) != 1 {
		return false
	}
	f := freeing{f: list[0], attr: fd.Name}
	f.walk(list[0].Def.Body.Stmts)
	return !slices.ContainsFunc(pointers, func(name string) bool { return !slices.Contains(f.freed, name) })
}

// freeing is a look at what a __dealloc__ frees of a struct that its object has.
type freeing struct {
	f     *Function
	attr  string
	freed []string
}

// walk goes through statements that run in any case, or where the struct says so, up to one that gives the struct something
// else or ends the function.
func (w *freeing) walk(list []ast.Stmt) bool {
	for _, st := range list {
		switch st := st.(type) {
		case *ast.ExprStmt:
			if name := w.frees(st.X); name != "" {
				w.freed = append(w.freed, name)
			}
			continue
		case *ast.If:
			if len(st.Clauses) == 1 && st.Clauses[0].Cond != nil && w.ofItself(st.Clauses[0].Cond) {
				if !w.walk(st.Clauses[0].Body.Stmts) {
					return false
				}
				continue
			}
		}
		if w.stops(st) {
			return false
		}
	}
	return true
}

// member returns the member of the struct that an expression is: "s" of self.buffer.s.
func (w *freeing) member(e ast.Expr) string {
	if x, ok := syntax.Bare(e).(*ast.Attribute); ok {
		if of, ok := syntax.Bare(x.X).(*ast.Attribute); ok && of.Attr.Name == w.attr && syntax.IsNamed(of.X, w.f.Def.Params.List[0].Name.Name) {
			return x.Attr.Name
		}
	}
	return ""
}

// frees returns the member of the struct that a call frees.
func (w *freeing) frees(e ast.Expr) string {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || len(call.Args) != 1 || call.Fun == nil {
		return ""
	}
	m := w.f.Mod
	switch m.CName(call.Fun) {
	case "free", "PyMem_Free", "PyMem_RawFree", "PyObject_Free":
	default:
		return ""
	}
	if n, ok := call.Fun.(*ast.Name); ok && m.Scope.Names[n.Name].Kind != project.BindImported && !m.CDecls().Funcs[n.Name].Extern {
		return "" // a function of the module, perhaps
	}
	return w.member(call.Args[0].X)
}

// ofItself reports whether a condition looks at members of the struct and at nothing else.
func (w *freeing) ofItself(e ast.Expr) bool {
	some, other := false, false
	ast.Walk(e, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && w.member(x) != "" {
			some = true
			return false
		}
		switch n.(type) {
		case *ast.Name, *ast.Attribute, *ast.Call:
			other = true
		}
		return true
	})
	return some && !other
}

// stops reports whether a statement gives the struct something else, or may end the function.
func (w *freeing) stops(st ast.Stmt) bool {
	found := false
	ast.Walk(st, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			found = found || n.Keyword == "return" || n.Keyword == "raise"
		case *ast.Attribute:
			found = found || n.Attr.Name == w.attr
		}
		return !found
	})
	return found
}
