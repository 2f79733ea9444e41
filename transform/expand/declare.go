package expand

// Declarations cannot stand under a lock. Each is split into a declaration
// before the lock and an assignment in place, or becomes cython.declare.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// declarations rewrites the C declarations in a statement of a locked body and
// returns the declarations that have to stand before the lock.
func (w *wrapper) declarations(st ast.Stmt, top bool) []string {
	switch st := st.(type) {
	case *ast.CVarDecl:
		return w.declaration(st, top)
	case *ast.CdefBlock:
		return w.block(st, top)
	case *ast.DefStmt:
		if !top {
			return nil
		}
		// It may size an array that is declared after it.
		w.remove(st.Span)
		return []string{syntax.Text(w.e.File, st.Span)}
	case *ast.CondStmt:
		return w.conditional(st)
	}
	return nil
}

// conditional rewrites the declarations in an IF. Those that cython.declare cannot say come to stand before the
// lock under the same conditions.
func (w *wrapper) conditional(st *ast.CondStmt) (lines []string) {
	file := w.e.File
	declares := false
	for i, c := range st.Clauses {
		word := "IF"
		switch {
		case c.Cond == nil:
			word = "ELSE"
		case i > 0:
			word = "ELIF"
		}
		if c.Cond != nil {
			word += " " + strings.Join(strings.Fields(syntax.Text(file, c.Cond.Range())), " ")
		}
		lines = append(lines, word+":")
		var under []string
		for _, s := range c.Body.Stmts {
			if d, ok := s.(*ast.DefStmt); ok { // it may size an array that is declared after it
				under = append(under, syntax.Text(file, d.Span))
				continue
			}
			found := w.declarations(s, false)
			declares = declares || len(found) > 0
			under = append(under, found...)
		}
		if len(under) == 0 {
			under = []string{"pass"}
		}
		for _, l := range under {
			lines = append(lines, "\t"+l)
		}
	}
	if !declares {
		return nil
	}
	return lines
}

func (w *wrapper) declaration(st *ast.CVarDecl, top bool) []string {
	if w.declarable(st) && (w.layout == Aligned || !top) {
		w.declare(st, st.Pos)
		return nil
	}
	file := w.e.File
	if syntax.DeclaresOnly(st) {
		line := syntax.Text(file, st.Span)
		if st.Keyword < 0 {
			line = "cdef " + line
		}
		if !top { // its block needs a statement
			w.e.Replace(st.Span, "pass")
			return []string{line}
		}
		line += w.comment(st.End)
		w.remove(st.Span)
		return []string{line}
	}
	names := make([]string, len(st.Declarators))
	for i, d := range st.Declarators {
		names[i] = w.bareDeclarator(d)
	}
	head := syntax.Text(file, ast.Span{Pos: st.Pos, End: st.Declarators[0].Pos})
	if st.Keyword < 0 {
		head = "cdef " + head
	}
	w.split(st, st.Pos)
	return []string{head + strings.Join(names, ", ")}
}

// bareDeclarator returns a declarator without its default.
func (w *wrapper) bareDeclarator(d *ast.Declarator) string {
	if d.Default == nil {
		return syntax.Text(w.e.File, d.Span)
	}
	s := strings.TrimRight(syntax.Text(w.e.File, ast.Span{Pos: d.Pos, End: d.Default.Range().Pos}), " \t\\\r\n")
	return strings.TrimRight(strings.TrimSuffix(s, "="), " \t")
}

// split leaves the assignments of a declaration where it stood.
func (w *wrapper) split(st *ast.CVarDecl, from int32) {
	sep := ""
	for _, d := range st.Declarators {
		if d.Default == nil {
			continue
		}
		w.e.Replace(ast.Span{Pos: from, End: d.Default.Range().Pos}, sep+syntax.DeclaredName(d).Name+" = ")
		from, sep = d.Default.Range().End, "; "
	}
	if from < st.End {
		w.e.Replace(ast.Span{Pos: from, End: st.End}, "")
	}
}

// declare turns a declaration into cython.declare statements where it stands.
func (w *wrapper) declare(st *ast.CVarDecl, from int32) {
	w.x.cython = true
	sep := ""
	for i, d := range st.Declarators {
		typ := w.declaredText(st, d)
		open := sep + syntax.DeclaredName(d).Name + " = " + w.s.cython + ".declare(" + typ
		if d.Default != nil {
			w.e.Replace(ast.Span{Pos: from, End: d.Default.Range().Pos}, open+", ")
			from, sep = d.Default.Range().End, "); "
		} else {
			to := d.End
			if i == 0 || sep != "" {
				w.e.Replace(ast.Span{Pos: from, End: to}, open)
			}
			from, sep = to, "); "
		}
	}
	w.e.Replace(ast.Span{Pos: from, End: st.End}, ")")
}

// declaredText returns a declarator's type as cython.declare takes it.
func (w *wrapper) declaredText(st *ast.CVarDecl, d *ast.Declarator) string {
	typ := "object"
	if st.Type != nil && st.Type.End > st.Type.Pos {
		typ = strings.Join(strings.Fields(syntax.Text(w.e.File, st.Type.Span)), " ")
	}
	if st.Type != nil && len(st.Type.Path) > 1 && d.Pointer == 0 && len(d.Arrays) == 0 {
		return typ // Cython does not find a dotted name in a string
	}
	typ += strings.Repeat("*", d.Pointer)
	for _, a := range d.Arrays {
		typ += "["
		if a != nil {
			typ += syntax.Text(w.e.File, a.Range())
		}
		typ += "]"
	}
	return "\"" + typ + "\""
}

// declarable reports whether cython.declare can say what a declaration says.
func (w *wrapper) declarable(st *ast.CVarDecl) bool {
	if len(st.Decorators) > 0 || st.VisSpan != (ast.Span{}) {
		return false
	}
	if t := st.Type; t != nil {
		if t.Tuple != nil || t.Args != nil || strings.ContainsAny(syntax.Text(w.e.File, t.Span), "\"'\\\n\r#") {
			return false
		}
		if len(t.Path) > 0 && w.maybeFused(syntax.Names(t.Path)) {
			return false
		}
	}
	for _, d := range st.Declarators {
		if d.Func || d.Inner != nil || d.Ref || d.CName != (ast.Span{}) {
			return false
		}
		if st.Type != nil && len(st.Type.Path) > 1 && d.Pointer+len(d.Arrays) > 0 && w.m.Scope.Names[st.Type.Path[0].Name].Kind != project.BindCython {
			return false
		}
		for _, a := range d.Arrays {
			// cython.declare does not see a DEF or an enum, and crashes on an
			// array of structs.
			if _, ok := a.(*ast.Number); !ok || st.Type == nil || !st.Type.Basic {
				return false
			}
		}
	}
	return true
}

// maybeFused reports whether a type's name may stand for several types. A name
// that comes from a module which was not read may.
func (w *wrapper) maybeFused(path []string) bool {
	if w.m.Lookup(path) != nil {
		return false // an extension type
	}
	b, ok := w.m.Scope.Names[path[0]]
	if !ok {
		return len(w.m.Scope.Stars) > 0 || w.m.Fused(path[0])
	}
	switch b.Kind {
	case project.BindCython:
		return len(path) > 1 && (path[1] == "floating" || path[1] == "integral" || path[1] == "numeric")
	case project.BindImported:
		switch b.Path0() {
		case "libc", "libcpp", "cpython", "posix":
			return false
		}
		return true
	case project.BindAttr, project.BindModule:
		return true
	}
	return w.m.Fused(path[0])
}

// block takes a "cdef:" block apart.
func (w *wrapper) block(st *ast.CdefBlock, top bool) []string {
	if syntax.DeclaresOnly(st) && top && w.layout == Readable {
		var out []string
		for _, s := range st.Body.Stmts {
			d := s.(*ast.CVarDecl)
			out = append(out, "cdef "+syntax.Text(w.e.File, d.Span)+w.comment(d.End))
		}
		w.remove(st.Span)
		return out
	}
	var out []string
	file := w.e.File
	from := st.Pos
	for _, s := range st.Body.Stmts {
		d, ok := s.(*ast.CVarDecl)
		if !ok {
			continue
		}
		// The block's header, and each member's deeper indentation, go.
		if lead := (ast.Span{Pos: from, End: d.Pos}); from == st.Pos {
			if strings.ContainsAny(syntax.Text(file, lead), "#") {
				w.e.Replace(ast.Span{Pos: st.Pos, End: st.Body.Colon + 1}, "")
				w.dedent(syntax.LineStart(file, d.Pos), d.Pos, st.Pos)
			} else {
				w.e.Replace(lead, "")
				for at := syntax.NextLine(file, st.Pos); at <= d.Pos && at < int32(len(file.Src)); at = syntax.NextLine(file, at) {
					w.e.Deleted[at] = true
				}
			}
		} else {
			w.dedent(syntax.LineStart(file, d.Pos), d.Pos, st.Pos)
		}
		from = d.End
		switch {
		case w.layout == Aligned && w.declarable(d) || !top:
			out = append(out, w.declaration(d, top)...)
		case syntax.DeclaresOnly(d):
			out = append(out, "cdef "+syntax.Text(file, d.Span))
			w.e.Replace(d.Span, "pass")
		default:
			out = append(out, w.declaration(d, top)...)
		}
	}
	return out
}

// dedent gives the line of a block's member the indentation of the block.
func (w *wrapper) dedent(ls, pos, block int32) {
	w.e.Replace(ast.Span{Pos: ls, End: pos}, syntax.IndentOf(w.e.File, block))
}

// remove takes a statement out with its line, or leaves "pass" where the line
// holds more.
func (w *wrapper) remove(s ast.Span) { removeStmt(w.e, s, w.layout) }

func removeStmt(e *edit.Editor, s ast.Span, layout Layout) {
	file := e.File
	before := syntax.Text(file, ast.Span{Pos: syntax.LineStart(file, s.Pos), End: s.Pos})
	if strings.TrimSpace(before) == "" {
		tail := syntax.Text(file, ast.Span{Pos: s.End, End: syntax.NextLine(file, s.End-1)})
		if after := strings.TrimLeft(tail, " \t"); strings.HasPrefix(after, ";") {
			after = strings.TrimLeft(after[1:], " \t")
			if after != "" && !strings.ContainsAny(after[:1], "#\r\n") {
				e.Replace(ast.Span{Pos: s.Pos, End: s.End + int32(len(tail)-len(after))}, "")
				return
			}
		}
	}
	rest := strings.TrimSpace(syntax.Text(file, ast.Span{Pos: s.End, End: syntax.NextLine(file, s.End-1)}))
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ";"))
	if strings.TrimSpace(before) == "" && (rest == "" || strings.HasPrefix(rest, "#")) {
		e.DeleteLines(s)
		return
	}
	e.Replace(s, "pass")
}

// comment returns the comment that follows on off's line, with its spaces.
func (w *wrapper) comment(off int32) string {
	rest := syntax.Text(w.e.File, ast.Span{Pos: off, End: syntax.NextLine(w.e.File, off-1)})
	i := strings.IndexByte(rest, '#')
	if i < 0 || strings.TrimLeft(rest[:i], " \t;") != "" {
		return ""
	}
	return "  " + strings.TrimRight(rest[i:], "\r\n")
}
