package transform

// Imports: the proposed names go, since Cython refuses them, and so does "import
// pyxlock", which gives them to code that runs uncompiled; what the new text refers
// to comes in.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

// imports edits the import statements of one file.
func (a *analysis) imports(u *unit) {
	var emptied *ast.FromImport // a top-level statement that loses all its names
	e := func() *editor { return a.editor(u) }
	top := map[ast.Stmt]bool{}
	for _, st := range u.file.Body {
		top[st] = true
	}
	n := a.needs[u]
	if n != nil {
		if name, pos := a.m.scope.cythonIn(u.source); name != "" && pos < n.first {
			n.cython = false
		}
	}
	wants := n != nil && (n.rwlock || n.cython || n.releases)
	everywhere(u.file.Body, func(st ast.Stmt) {
		from, ok := st.(*ast.FromImport)
		if !ok || from.Star || !fromCython(from) {
			return
		}
		var keep, drop []ast.ImportName
		for _, nm := range from.Names {
			if len(nm.Path) == 1 && lockNames[nm.Path[0].Name] {
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
			e().replace(from.Span, "pass")
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
		e().replace(emptied.Span, ind)
		return
	}
	anchor := a.anchor(u, n.first, shim)
	_, doc := anchor.(*ast.ExprStmt) // nothing may follow a docstring on its line
	switch {
	case anchor == nil:
		at := int32(0)
		if len(u.file.Body) > 0 {
			at = lineStart(u.file, u.file.Body[0].Range().Pos)
		}
		if a.spaced {
			lines = append(lines, "")
		}
		e().head(at, lines, at)
	case aligned && !doc && !compound(lines):
		e().insert(anchor.Range().End, "; "+strings.Join(lines, "; "))
	default:
		at := nextLine(u.file, anchor.Range().End-1)
		if doc && a.spaced {
			lines = append([]string{""}, lines...)
			if rest := u.src[at:]; len(rest) > 0 && rest[0] != '\n' && rest[0] != '\r' {
				lines = append(lines, "")
			}
		}
		e().tail(at, lines, anchor.Range().Pos, 0)
	}
}

// The package whose import gives the decorators to uncompiled code.
const shimPackage = "pyxlock"

func isShim(n ast.ImportName) bool {
	return len(n.Path) == 1 && n.Path[0].Name == shimPackage && n.As.Name == ""
}

// shimIn returns the top-level statements that import pyxlock in a pure-mode file
// that has something to expand, and uses the name for nothing else: compiled, it
// needs them no more.
func (a *analysis) shimIn(u *unit) []*ast.Import {
	if !u.file.Pure || a.editors[u] == nil {
		return nil
	}
	var out []*ast.Import
	for _, st := range u.file.Body {
		if im, ok := st.(*ast.Import); ok && !im.Cimport && slices.ContainsFunc(im.Names, isShim) {
			out = append(out, im)
		}
	}
	if len(out) == 0 {
		return nil
	}
	used := false
	ast.Walk(&ast.Suite{Span: u.file.Span, Stmts: u.file.Body}, func(n ast.Node) bool {
		if id, ok := n.(*ast.Name); ok && id.Name == shimPackage {
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
func (a *analysis) newImports(u *unit, n *need) []string {
	var out []string
	if n.cython {
		line := "cimport cython"
		if u.file.Pure {
			line = "import cython"
		}
		if s := a.style(u); s.cython != "cython" { // bound further down under this name
			line += " as " + s.cython
		}
		out = append(out, line)
	}
	if !n.rwlock && !n.releases {
		return out
	}
	s := a.style(u)
	if u.inPxd() && n.releases {
		out = append(out, "cdef extern from *:", "\t\"\"\"", "\t#define PYXLOCK_RELEASES_GIL 1", "\t\"\"\"")
		out = indented(out, "", indentUnit(u.file))
	}
	switch {
	case s.inline:
		out = append(out, strings.Split(strings.TrimRight(a.opts.InlineRuntime, "\n"), "\n")...)
	case u.file.Pure:
		out = append(out, "from cython.cimports import pyxlock")
	default:
		out = append(out, "cimport pyxlock")
	}
	if n.releases && !u.inPxd() {
		out = append(out, s.rt("releases_gil")+"()")
	}
	return out
}

// anchor returns the statement after which new imports go: the last of the
// import statements at the top of the file that stay, the docstring, or nil.
func (a *analysis) anchor(u *unit, before int32, gone []*ast.Import) ast.Stmt {
	var found ast.Stmt
	for i, st := range u.file.Body {
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
			if fromCython(st) {
				drops := 0
				for _, nm := range st.Names {
					if len(nm.Path) == 1 && lockNames[nm.Path[0].Name] {
						drops++
					}
				}
				if drops < len(st.Names) {
					return st
				}
			}
			continue
		case *ast.ExprStmt:
			if i == 0 && docstring(u.file.Body[:1]) != nil {
				found = st
				continue
			}
		}
		if found != nil {
			break
		}
	}
	if from, ok := found.(*ast.FromImport); ok && fromCython(from) {
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
func (a *analysis) dropName(e *editor, names []ast.ImportName, i int) {
	if i+1 < len(names) {
		e.replace(ast.Span{Pos: names[i].Pos, End: names[i+1].Pos}, "")
		return
	}
	e.replace(ast.Span{Pos: names[i-1].End, End: names[i].End}, "")
}

// dropNames takes names out of an import's list, each with one comma.
func (a *analysis) dropNames(e *editor, st *ast.FromImport, drop []ast.ImportName) {
	dropped := map[ast.Span]bool{}
	for _, d := range drop {
		dropped[d.Span] = true
	}
	for i, nm := range st.Names {
		if !dropped[nm.Span] {
			continue
		}
		if i+1 < len(st.Names) {
			e.replace(ast.Span{Pos: nm.Pos, End: st.Names[i+1].Pos}, "")
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
			e.replace(ast.Span{Pos: from, End: st.Names[j].Pos}, "")
			e.replace(nm.Span, "")
			continue
		}
		e.replace(ast.Span{Pos: from, End: nm.End}, "")
	}
}

// importCython makes the cython module known to a file of m that uses it first at an
// offset.
func importCython(m *module, u *unit, e *editor, first int32) {
	a := &analysis{m: m, spaced: true, editors: map[*unit]*editor{u: e}, needs: map[*unit]*need{u: {cython: true, first: first}}}
	a.imports(u)
}
