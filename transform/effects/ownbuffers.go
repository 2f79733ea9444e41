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
// each of which the object frees as it dies, if only where it is not NULL, and nobody takes it out before that. A buffer of
// which a flag says whose it is, beside it or in the struct ("if self.line.m: free(self.line.s)"), may be another's.
func (l *linking) freesItself(class *project.Class, fd *project.Field) bool {
	return freesAll(l.p, class, fd, false)
}

// FreesIfSaid is freesItself where a number in the struct may say that the memory is another's: "if self.line.m: free(self.line.s)".
func FreesIfSaid(p *Program, class *project.Class, attr string) bool {
	fd := class.Field(attr)
	return fd != nil && freesAll(p, class, fd, true) && !p.borrows.Get(p.Types.OfField(fd).Struct)
}

// findBorrows reports whether anything in sight gives a pointer of such a struct memory that nobody has made for it.
func findBorrows(p *Program, t *project.StructType) bool {
	for _, st := range t.Def.Body.Stmts {
		st, ok := st.(*ast.CVarDecl)
		if !ok {
			return true
		}
		for _, d := range st.Declarators {
			if p.Types.Of(t.Mod, st.Type, d).Kind == ctype.Scalar {
				continue
			}
			name := syntax.DeclaredName(d).Name
			for _, m := range p.Project.Lineage.UsingBeside(t.Mod, name) {
				if slices.ContainsFunc(p.Funcs(m).All, func(f *Function) bool { return lends(p.FlowOf(f), t, name) }) {
					return true
				}
			}
		}
	}
	return false
}

// lends reports whether a function gives a pointer of a struct, which is no variable of its own, something else than memory
// that C code made, or NULL.
func lends(fl *Flow, t *project.StructType, name string) bool {
	return slices.ContainsFunc(fl.Stores, func(st Store) bool {
		if st.Nothing || st.Name != name || fl.Nodes[st.Into].Shape.Struct != t || ownStruct(fl, st.Into) {
			return false
		}
		made := st.Value != 0
		whole := fl.eachSource(st.Value, maxCopied, func(x *Node) bool {
			switch x.Kind {
			case NodeMade, NodeNothing, NodeFresh, NodeCast, NodeLocal:
			default:
				made = false
			}
			return !made
		})
		return !made || !whole
	})
}

// ownStruct reports whether a struct is a variable of the function itself.
func ownStruct(fl *Flow, n int32) bool {
	own := true
	whole := fl.eachSource(n, maxCopied, func(x *Node) bool {
		switch x.Kind {
		case NodeNothing, NodeInside, NodeCast, NodeLocal:
		default:
			own = false
		}
		return !own
	})
	return own && whole
}

// freesAll is freesItself, also where a number in the struct decides, if ifSaid.
func freesAll(p *Program, class *project.Class, fd *project.Field, ifSaid bool) bool {
	sh := p.Types.OfField(fd)
	if sh.Kind != ctype.Record || sh.Struct == nil || sh.Struct.Def.Body == nil {
		return false
	}
	var pointers, numbers []string
	for _, st := range sh.Struct.Def.Body.Stmts {
		st, ok := st.(*ast.CVarDecl)
		if !ok {
			return false
		}
		for _, d := range st.Declarators {
			switch m := p.Types.Of(sh.Struct.Mod, st.Type, d); {
			case m.Kind == ctype.Scalar:
				numbers = append(numbers, syntax.DeclaredName(d).Name)
			case m.Kind == ctype.Pointer && m.Depth == 1 && m.Elem == ctype.Scalar && !m.Array():
				pointers = append(pointers, syntax.DeclaredName(d).Name)
			default:
				return false
			}
		}
	}
	if len(numbers) == 0 || len(pointers) == 0 {
		return false
	}
	list := p.Own(class.Declarer(fd.Name)).Plain["__dealloc__"]
	if len(list) != 1 || list[0].Def.Body == nil || len(list[0].Def.Params.List) != 1 {
		return false
	}
	f := freeing{f: list[0], attr: fd.Name}
	if ifSaid {
		f.says = numbers
	}
	f.walk(list[0].Def.Body.Stmts)
	return !slices.ContainsFunc(pointers, func(name string) bool { return !slices.Contains(f.freed, name) }) &&
		!takenOut(p, class, list[0], fd)
}

// constructors are the methods that Python runs as it makes an object.
var constructors = map[string]bool{"__cinit__": true, "__init__": true}

// takenOut reports whether a function other than the __dealloc__ gives such a struct something itself, of an object that is
// made, and frees nothing of it: what it takes out was perhaps another's, as in the __dealloc__ of a subclass. What begins an
// iteration only makes it ready.
func takenOut(p *Program, class *project.Class, dealloc *Function, fd *project.Field) bool {
	for _, m := range p.Project.Lineage.UsingBeside(fd.Mod, fd.Name) {
		for _, f := range p.Funcs(m).All {
			name := f.Def.Name.Name
			if f == dealloc || f.Def.Body == nil || f.Accessor == Plain && (constructors[name] || name == "__iter__") {
				continue
			}
			of := func(e ast.Expr) bool {
				path := syntax.Dotted(syntax.Bare(e))
				return len(path) > 1 && slices.Contains(path[1:], fd.Name) &&
					(f.Class == nil || project.Related(f.Class, class) || path[0] != syntax.ParamName(f.Def.Params.List[0]))
			}
			given, freed := false, false
			syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Assign:
					for _, t := range n.Targets {
						given = given || of(t)
					}
				case *ast.Call:
					freed = freed || freesMemory(f.Mod, n) && of(n.Args[0].X)
				}
				return true
			})
			if given && !freed {
				return true
			}
		}
	}
	return false
}

// freeing is a look at what a __dealloc__ frees of a struct that its object has.
type freeing struct {
	f     *Function
	attr  string
	freed []string
	says  []string // the numbers in the struct that may say whose the memory is
}

// walk goes through statements that run in any case, or where what they free is not NULL, up to one that gives the struct something
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
			if len(st.Clauses) != 1 {
				break
			}
			if name := w.notNull(st.Clauses[0].Cond); name != "" {
				own := freeing{f: w.f, attr: w.attr, says: w.says}
				on := own.walk(st.Clauses[0].Body.Stmts)
				if slices.Contains(w.says, name) {
					w.freed = append(w.freed, own.freed...)
				} else if slices.Contains(own.freed, name) {
					w.freed = append(w.freed, name)
				}
				if !on {
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
	if call, ok := syntax.Unparen(e).(*ast.Call); ok && freesMemory(w.f.Mod, call) {
		return w.member(call.Args[0].X)
	}
	return ""
}

// freesMemory reports whether a call is one of free, or of its like, of C or of Python's API.
func freesMemory(m *project.Module, call *ast.Call) bool {
	if len(call.Args) != 1 || call.Fun == nil {
		return false
	}
	switch m.CName(call.Fun) {
	case "free", "PyMem_Free", "PyMem_RawFree", "PyObject_Free":
	default:
		return false
	}
	n, ok := call.Fun.(*ast.Name)
	return !ok || m.Scope.Names[n.Name].Kind == project.BindImported || m.CDecls().Funcs[n.Name].Extern // not of the module, perhaps
}

// notNull returns the member of the struct of which a condition says that it is something: "self.line.s != NULL".
func (w *freeing) notNull(e ast.Expr) string {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		return w.member(x)
	case *ast.Compare:
		if k, ok := syntax.Unparen(x.Xs[1]).(*ast.Const); ok && k.Name == "NULL" && len(x.Ops) == 1 && (x.Ops[0] == "!=" || x.Ops[0] == "is not") {
			return w.member(x.Xs[0])
		}
	}
	return ""
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
