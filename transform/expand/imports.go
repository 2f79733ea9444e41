package expand

// Imports: the proposed names go, since Cython refuses them, and so does "import
// pyxlock", which gives them to code that runs uncompiled; what the new text refers
// to comes in.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// imports edits the import statements of one file.
func (a *Module) imports(u *project.Unit) {
	var emptied *ast.FromImport // a top-level statement that loses all its names
	e := func() *edit.Editor { return a.editor(u) }
	top := map[ast.Stmt]bool{}
	for _, st := range u.File.Body {
		top[st] = true
	}
	n := a.needs[u]
	if n != nil {
		if name, pos := a.Module.Scope.CythonIn(u.Source); name != "" && pos < n.first {
			n.cython = false
		}
	}
	wants := n != nil && (n.rwlock || n.cython || n.releases || n.check)
	syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
		from, ok := st.(*ast.FromImport)
		if !ok || from.Star || !syntax.FromCython(from) {
			return
		}
		var keep, drop []ast.ImportName
		for _, nm := range from.Names {
			if len(nm.Path) == 1 && decorator.Names[nm.Path[0].Name] {
				drop = append(drop, nm)
			} else {
				keep = append(keep, nm)
			}
		}
		switch {
		case len(drop) == 0:
		case len(keep) == 0 && top[st] && wants && emptied == nil && from.Pos < n.first:
			emptied = from
		case len(keep) == 0 && top[st]:
			removeStmt(e(), from.Span, a.opts.Layout)
		case len(keep) == 0:
			e().Replace(from.Span, "pass")
		default:
			a.dropNames(e(), from, drop)
		}
	})
	shim := a.shimIn(u)
	for _, st := range shim {
		if len(st.Names) > 1 {
			a.dropName(e(), st.Names, slices.IndexFunc(st.Names, isShim))
		} else {
			removeStmt(e(), st.Span, a.opts.Layout)
		}
	}
	if !wants {
		return
	}
	lines := a.newImports(u, n)
	aligned := a.opts.Layout == Aligned
	if emptied != nil {
		ind := strings.Join(lines, "\n")
		if aligned && !compound(lines) {
			ind = strings.Join(lines, "; ")
		}
		n.at = emptied.Pos
		e().Replace(emptied.Span, ind)
		return
	}
	anchor := a.anchor(u, n.first, shim)
	if anchor != nil {
		n.at = anchor.Range().Pos
	}
	_, doc := anchor.(*ast.ExprStmt) // nothing may follow a docstring on its line
	switch {
	case anchor == nil:
		at := int32(0)
		if len(u.File.Body) > 0 {
			at = syntax.LineStart(u.File, u.File.Body[0].Range().Pos)
		}
		if a.spaced {
			lines = append(lines, "")
		}
		e().Head(at, lines, at)
	case aligned && !doc && !compound(lines):
		e().Insert(anchor.Range().End, "; "+strings.Join(lines, "; "))
	default:
		at := syntax.After(u.File, anchor.Range().End)
		if doc && a.spaced {
			lines = append([]string{""}, lines...)
			if rest := u.Src[at:]; len(rest) > 0 && rest[0] != '\n' && rest[0] != '\r' {
				lines = append(lines, "")
			}
		}
		e().Tail(at, lines, anchor.Range().Pos, 0)
	}
}

// ShimPackage is the package whose import gives the decorators to uncompiled code.
const ShimPackage = "pyxlock"

func isShim(n ast.ImportName) bool {
	return len(n.Path) == 1 && n.Path[0].Name == ShimPackage && (n.As.Name == "" || n.As.Name == ShimPackage)
}

// shimIn returns the top-level statements that import pyxlock in a pure-mode file
// that has something to expand, and uses the name for nothing else: compiled, it
// needs them no more.
func (a *Module) shimIn(u *project.Unit) []*ast.Import {
	if !u.File.Pure || a.editors[u] == nil {
		return nil
	}
	var out []*ast.Import
	for _, st := range u.File.Body {
		if im, ok := st.(*ast.Import); ok && !im.Cimport && slices.ContainsFunc(im.Names, isShim) {
			out = append(out, im)
		}
	}
	if len(out) == 0 {
		return nil
	}
	used := false
	ast.Walk(&ast.Suite{Span: u.File.Span, Stmts: u.File.Body}, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Name == ShimPackage {
			used = true
		}
		return !used
	})
	if used {
		return nil
	}
	return out
}

// newImports returns the lines that bring in what new text names.
func (a *Module) newImports(u *project.Unit, n *need) []string {
	var out []string
	if n.cython {
		line := "cimport cython"
		if u.File.Pure {
			line = "import cython"
		}
		if s := a.style(u); s.cython != "cython" { // bound further down under this name
			line += " as " + s.cython
		}
		out = append(out, line)
	}
	s := a.style(u)
	if !n.rwlock && !n.releases && !(n.check && s.inline) {
		if n.check {
			out = append(out, checks{a}.imported(u, s)...)
		}
		return out
	}
	if u.InPxd() && n.releases {
		out = append(out, "cdef extern from *:", "\t\"\"\"", "\t#define PYXLOCK_RELEASES_GIL 1", "\t\"\"\"")
		out = indented(out, "", syntax.IndentUnit(u.File))
	}
	switch {
	case s.inline:
		out = append(out, strings.Split(strings.TrimRight(a.opts.InlineRuntime, "\n"), "\n")...)
	case u.File.Pure:
		out = append(out, "from cython.cimports import pyxlock")
	default:
		out = append(out, "cimport pyxlock")
	}
	if n.releases && !u.InPxd() {
		out = append(out, s.rt("releases_gil")+"()")
	}
	if n.check {
		out = append(out, checks{a}.imported(u, s)...)
	}
	return out
}

// anchor returns the statement after which new imports go: the last of the
// import statements at the top of the file that stay, the docstring, or nil.
func (a *Module) anchor(u *project.Unit, before int32, gone []*ast.Import) ast.Stmt {
	var found ast.Stmt
	for i, st := range u.File.Body {
		if st.Range().Pos >= before {
			break
		}
		switch st := st.(type) {
		case *ast.Import:
			if len(st.Names) == 1 && slices.Contains(gone, st) {
				continue
			}
			found = st
			if isCythonImport(st) {
				return st
			}
			continue
		case *ast.FromImport:
			found = st
			if syntax.FromCython(st) {
				drops := 0
				for _, nm := range st.Names {
					if len(nm.Path) == 1 && decorator.Names[nm.Path[0].Name] {
						drops++
					}
				}
				if drops < len(st.Names) {
					return st
				}
			}
			continue
		case *ast.ExprStmt:
			if i == 0 && syntax.Docstring(u.File.Body[:1]) != nil {
				found = st
				continue
			}
		}
		if found != nil {
			break
		}
	}
	if from, ok := found.(*ast.FromImport); ok && syntax.FromCython(from) {
		return nil // it goes; the new imports stand on their own
	}
	return found
}

func isCythonImport(st *ast.Import) bool {
	for _, n := range st.Names {
		if len(n.Path) == 1 && n.Path[0].Name == "cython" {
			return true
		}
	}
	return false
}

// dropName takes one of several names out of an import's list, with a comma.
func (a *Module) dropName(e *edit.Editor, names []ast.ImportName, i int) {
	if i+1 < len(names) {
		e.Replace(ast.Span{Pos: names[i].Pos, End: names[i+1].Pos}, "")
		return
	}
	e.Replace(ast.Span{Pos: names[i-1].End, End: names[i].End}, "")
}

// dropNames takes names out of an import's list, each with one comma.
func (a *Module) dropNames(e *edit.Editor, st *ast.FromImport, drop []ast.ImportName) {
	dropped := map[ast.Span]bool{}
	for _, d := range drop {
		dropped[d.Span] = true
	}
	for i, nm := range st.Names {
		if !dropped[nm.Span] {
			continue
		}
		if i+1 < len(st.Names) {
			e.Replace(ast.Span{Pos: nm.Pos, End: st.Names[i+1].Pos}, "")
			continue
		}
		// The last one: the comma before it goes, back to the last kept name.
		j := i
		for j > 0 && dropped[st.Names[j-1].Span] {
			j--
		}
		from := st.Names[j-1].End
		if j < i {
			// those between were removed up to this name already
			e.Replace(ast.Span{Pos: from, End: st.Names[j].Pos}, "")
			e.Replace(nm.Span, "")
			continue
		}
		e.Replace(ast.Span{Pos: from, End: nm.End}, "")
	}
}

// ImportCython makes the cython module known to a file of m that uses it first at an
// offset.
func ImportCython(m *project.Module, u *project.Unit, e *edit.Editor, first int32) {
	a := &Module{Module: m, spaced: true, editors: map[*project.Unit]*edit.Editor{u: e}, needs: map[*project.Unit]*need{u: {cython: true, first: first}}}
	a.imports(u)
}
