package expand

// Snapshots: a generator gathers its items in a list, under the lock, and hands out an
// iterator over that. The body stays where it is, in the function that it was in: in one
// of its own, super() and parameters that it assigns to would be others.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// yielded is the variable that holds what the body has yielded so far.
const yielded = "_pyxlock_yielded"

// gather makes an expansion that of a generator whose items are gathered.
func (x *expansion) gather() {
	x.snapshot = true
	x.decorator = "" // the body is not left as it is
	x.acquire = append([]string{yielded + " = []"}, x.acquire...)
}

// gather turns what the body yields into items of the list. What "yield from" has got
// before an exception the body may catch: "+=" keeps it, and what Cython makes of
// extend() does not.
func (w *wrapper) gather() {
	if w.x.open != "try:" {
		w.levels = 2
	}
	w.handOver = "return iter(" + yielded + ")"
	if binds(w.m, w.f, "iter") {
		w.handOver = "return " + yielded + ".__iter__()"
	}
	syntax.EachStmt(w.f.Body.Stmts, func(st ast.Stmt) {
		if ret, ok := st.(*ast.Simple); ok && ret.Keyword == "return" {
			w.e.Replace(ret.Span, w.handOver)
			return
		}
		y := syntax.YieldOf(st)
		switch {
		case y == nil:
		case y.From:
			_, between, _ := strings.Cut(leads(w.e.File, y), "from")
			between, add := strings.TrimLeft(between, " "), yielded+" += "
			if at := st.Range().Pos; at < y.Pos { // a bracket
				w.e.Replace(ast.Span{Pos: at, End: at + 1}, add+"(")
				add = ""
			}
			w.e.Replace(ast.Span{Pos: y.Pos, End: y.X.Range().Pos}, add+between)
		case y.X == nil:
			w.e.Replace(y.Span, yielded+".append(None)")
		default:
			before, after := yielded+".append(", ")"
			if t, ok := y.X.(*ast.Collection); ok && t.Kind == "tuple" && !t.Parens {
				before, after = before+"(", ")"+after
			}
			between := strings.TrimPrefix(leads(w.e.File, y), "yield")
			w.e.Replace(ast.Span{Pos: y.Pos, End: y.X.Range().Pos}, before+strings.TrimLeft(between, " "))
			w.e.Insert(y.End, after)
		}
	})
}

// leads returns what stands of a yield before its expression.
func leads(file *ast.File, y *ast.Yield) string {
	return syntax.Text(file, ast.Span{Pos: y.Pos, End: y.X.Range().Pos})
}

// binds reports whether a name may be another thing in the function than everywhere.
func binds(m *project.Module, f *ast.FuncDef, name string) bool {
	_, found := m.Scope.Names[name]
	ast.Walk(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			found = found || n.Name == name && n.Access != ast.Read && n.Access != ast.Called
		case *ast.Param:
			found = found || syntax.ParamName(n) == name
		case *ast.Declarator:
			found = found || syntax.DeclaredName(n).Name == name
		case *ast.FuncDef:
			found = found || n.Name.Name == name
		case *ast.ClassDef:
			found = found || n.Name.Name == name
		case *ast.Import:
			found = found || imports(n.Names, name)
		case *ast.FromImport:
			found = found || imports(n.Names, name)
		}
		return !found
	})
	return found
}

func imports(names []ast.ImportName, name string) bool {
	return slices.ContainsFunc(names, func(n ast.ImportName) bool {
		return n.As.Name == name || n.As.Name == "" && len(n.Path) > 0 && n.Path[0].Name == name
	})
}

// opens returns the lines that the body is inside of.
func (w *wrapper) opens() []string {
	if w.levels == 1 {
		return []string{w.x.open}
	}
	return []string{"try:", "\t" + w.x.open}
}

// caught returns the clause that keeps a StopIteration from the caller, for whom it would
// end another iteration: out of a generator it comes as a RuntimeError.
func caught(layout Layout) []string {
	clause, raise := "except StopIteration as _pyxlock_stop:", "raise RuntimeError(\"generator raised StopIteration\") from _pyxlock_stop"
	if layout == Aligned {
		return []string{clause + " " + raise}
	}
	return []string{clause, "\t" + raise}
}

// handsOver returns what comes where the body has come to its end.
func (w *wrapper) handsOver() []string {
	if syntax.FallsOff(w.f.Body.Stmts) {
		return []string{w.handOver}
	}
	return nil
}
