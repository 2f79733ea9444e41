package transform

// Declarations cannot stand under a lock. Each is split into a declaration
// before the lock and an assignment in place, or becomes cython.declare.

import (
	"strings"

	"pyxlock/parser/ast"
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
		return []string{text(w.e.file, st.Span)}
	case *ast.CondStmt:
		for _, c := range st.Clauses {
			for _, s := range c.Body.Stmts {
				w.declarations(s, false)
			}
		}
	}
	return nil
}

func (w *wrapper) declaration(st *ast.CVarDecl, top bool) []string {
	if w.layout == Aligned && w.declarable(st) || !top {
		if !w.declarable(st) {
			w.out.report(w.u, st.Span, codeDeclaration, "a declaration inside IF cannot stand under a lock",
				"move it before the IF, or give the variable a plain type")
			return nil
		}
		w.declare(st, st.Pos)
		return nil
	}
	file := w.e.file
	if declaresOnly(st) {
		line := text(file, st.Span)
		line += w.comment(st.End)
		w.remove(st.Span)
		return []string{line}
	}
	names := make([]string, len(st.Declarators))
	for i, d := range st.Declarators {
		names[i] = w.bareDeclarator(d)
	}
	head := text(file, ast.Span{Pos: st.Pos, End: st.Declarators[0].Pos})
	if st.Keyword < 0 {
		head = "cdef " + head
	}
	w.split(st, st.Pos)
	return []string{head + strings.Join(names, ", ")}
}

// bareDeclarator returns a declarator without its default.
func (w *wrapper) bareDeclarator(d *ast.Declarator) string {
	if d.Default == nil {
		return text(w.e.file, d.Span)
	}
	s := strings.TrimRight(text(w.e.file, ast.Span{Pos: d.Pos, End: d.Default.Range().Pos}), " \t\\\r\n")
	return strings.TrimRight(strings.TrimSuffix(s, "="), " \t")
}

// split leaves the assignments of a declaration where it stood.
func (w *wrapper) split(st *ast.CVarDecl, from int32) {
	sep := ""
	for _, d := range st.Declarators {
		if d.Default == nil {
			continue
		}
		w.e.replace(ast.Span{Pos: from, End: d.Default.Range().Pos}, sep+declaredName(d).Name+" = ")
		from, sep = d.Default.Range().End, "; "
	}
	if from < st.End {
		w.e.replace(ast.Span{Pos: from, End: st.End}, "")
	}
}

// declare turns a declaration into cython.declare statements where it stands.
func (w *wrapper) declare(st *ast.CVarDecl, from int32) {
	w.x.cython = true
	sep := ""
	for i, d := range st.Declarators {
		typ := w.declaredText(st, d)
		open := sep + declaredName(d).Name + " = " + w.s.cython + ".declare(" + typ
		if d.Default != nil {
			w.e.replace(ast.Span{Pos: from, End: d.Default.Range().Pos}, open+", ")
			from, sep = d.Default.Range().End, "); "
		} else {
			to := d.End
			if i == 0 || sep != "" {
				w.e.replace(ast.Span{Pos: from, End: to}, open)
			}
			from, sep = to, "); "
		}
	}
	w.e.replace(ast.Span{Pos: from, End: st.End}, ")")
}

// declaredText returns a declarator's type as cython.declare takes it.
func (w *wrapper) declaredText(st *ast.CVarDecl, d *ast.Declarator) string {
	typ := "object"
	if st.Type != nil && st.Type.End > st.Type.Pos {
		typ = strings.Join(strings.Fields(text(w.e.file, st.Type.Span)), " ")
	}
	if st.Type != nil && len(st.Type.Path) > 1 && d.Pointer == 0 && len(d.Arrays) == 0 {
		return typ // Cython does not find a dotted name in a string
	}
	typ += strings.Repeat("*", d.Pointer)
	for _, a := range d.Arrays {
		typ += "["
		if a != nil {
			typ += text(w.e.file, a.Range())
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
		if t.Tuple != nil || t.Args != nil || strings.ContainsAny(text(w.e.file, t.Span), "\"'\\\n\r#") {
			return false
		}
		if len(t.Path) > 0 && w.maybeFused(names(t.Path)) {
			return false
		}
	}
	for _, d := range st.Declarators {
		if d.Func || d.Inner != nil || d.Ref || d.CName != (ast.Span{}) {
			return false
		}
		if st.Type != nil && len(st.Type.Path) > 1 && d.Pointer+len(d.Arrays) > 0 && w.m.scope.names[st.Type.Path[0].Name].kind != bindCython {
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
	b, ok := w.m.scope.names[path[0]]
	if !ok {
		return len(w.m.scope.stars) > 0 || w.m.fused(path[0])
	}
	switch b.kind {
	case bindCython:
		return len(path) > 1 && (path[1] == "floating" || path[1] == "integral" || path[1] == "numeric")
	case bindImported:
		switch b.path0() {
		case "libc", "libcpp", "cpython", "posix":
			return false
		}
		return true
	case bindAttr, bindModule:
		return true
	}
	return w.m.fused(path[0])
}

// block takes a "cdef:" block apart.
func (w *wrapper) block(st *ast.CdefBlock, top bool) []string {
	if declaresOnly(st) && top && w.layout == Readable {
		var out []string
		for _, s := range st.Body.Stmts {
			d := s.(*ast.CVarDecl)
			out = append(out, "cdef "+text(w.e.file, d.Span)+w.comment(d.End))
		}
		w.remove(st.Span)
		return out
	}
	var out []string
	file := w.e.file
	from := st.Pos
	for _, s := range st.Body.Stmts {
		d, ok := s.(*ast.CVarDecl)
		if !ok {
			continue
		}
		// The block's header, and each member's deeper indentation, go.
		if lead := (ast.Span{Pos: from, End: d.Pos}); from == st.Pos {
			if strings.ContainsAny(text(file, lead), "#") {
				w.e.replace(ast.Span{Pos: st.Pos, End: st.Body.Colon + 1}, "")
				w.dedent(lineStart(file, d.Pos), d.Pos, st.Pos)
			} else {
				w.e.replace(lead, "")
				for at := nextLine(file, st.Pos); at <= d.Pos && at < int32(len(file.Src)); at = nextLine(file, at) {
					w.e.deleted[at] = true
				}
			}
		} else {
			w.dedent(lineStart(file, d.Pos), d.Pos, st.Pos)
		}
		from = d.End
		switch {
		case w.layout == Aligned && w.declarable(d) || !top:
			out = append(out, w.declaration(d, top)...)
		case declaresOnly(d):
			out = append(out, "cdef "+text(file, d.Span))
			w.e.replace(d.Span, "pass")
		default:
			out = append(out, w.declaration(d, top)...)
		}
	}
	return out
}

// dedent gives the line of a block's member the indentation of the block.
func (w *wrapper) dedent(ls, pos, block int32) {
	w.e.replace(ast.Span{Pos: ls, End: pos}, indentOf(w.e.file, block))
}

// remove takes a statement out with its line, or leaves "pass" where the line
// holds more.
func (w *wrapper) remove(s ast.Span) { removeStmt(w.e, s, w.layout) }

func removeStmt(e *editor, s ast.Span, layout Layout) {
	file := e.file
	before := text(file, ast.Span{Pos: lineStart(file, s.Pos), End: s.Pos})
	if strings.TrimSpace(before) == "" {
		tail := text(file, ast.Span{Pos: s.End, End: nextLine(file, s.End-1)})
		if after := strings.TrimLeft(tail, " \t"); strings.HasPrefix(after, ";") {
			after = strings.TrimLeft(after[1:], " \t")
			if after != "" && !strings.ContainsAny(after[:1], "#\r\n") {
				e.replace(ast.Span{Pos: s.Pos, End: s.End + int32(len(tail)-len(after))}, "")
				return
			}
		}
	}
	rest := strings.TrimSpace(text(file, ast.Span{Pos: s.End, End: nextLine(file, s.End-1)}))
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ";"))
	if strings.TrimSpace(before) == "" && (rest == "" || strings.HasPrefix(rest, "#")) {
		e.deleteLines(s)
		return
	}
	e.replace(s, "pass")
}

// comment returns the comment that follows on off's line, with its spaces.
func (w *wrapper) comment(off int32) string {
	rest := text(w.e.file, ast.Span{Pos: off, End: nextLine(w.e.file, off-1)})
	i := strings.IndexByte(rest, '#')
	if i < 0 || strings.TrimLeft(rest[:i], " \t;") != "" {
		return ""
	}
	return "  " + strings.TrimRight(rest[i:], "\r\n")
}
