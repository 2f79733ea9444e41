package expand

// Putting a lock round a function's body, in either layout.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// wrapper wraps one function.
type wrapper struct {
	m      *project.Module
	out    *plan.Module
	u      *project.Unit
	e      *edit.Editor
	x      *expansion
	s      style
	f      *ast.FuncDef
	layout Layout
	// guardStores are the assignments that become compound statements.
	guardStores map[ast.Stmt]guardStore
	extra       string // what enclosing functions add to this one's indentation
	depth       int
	declares    []string // what blocks in the body have to have declared

	def, body, unit string // indentation of the header, of the body, and between them
	step            string // indentation from one line of the wrapping to one inside it
	levels          int    // how many of them open a block that the body is in
	handOver        string // of a snapshot: what returns from the function
	shallow         bool   // aligned: the wrapping stands left of an unmoved body
}

// wrap writes the edits and returns the indentation that it adds to the body.
func (w *wrapper) wrap() string {
	f := w.f
	file := w.e.File
	stmts := f.Body.Stmts
	w.def = syntax.IndentOf(file, f.Keyword)
	if f.Body.Inline {
		w.unit = syntax.IndentUnit(file)
		w.body = w.def + w.unit
	} else {
		w.body = syntax.IndentOf(file, stmts[0].Range().Pos)
		w.unit = strings.TrimPrefix(w.body, w.def)
		if w.unit == w.body && w.def != "" || w.unit == "" {
			w.unit = syntax.IndentUnit(file)
		}
	}
	n := preamble(file, f)
	inner := w.body
	w.step, w.levels = w.unit, 1
	if w.x.snapshot {
		w.gather()
	}
	if w.x.steps {
		defer w.stepwise()
	}
	if left := len(w.body) - len(w.def); w.layout == Aligned && !f.Body.Inline && strings.HasPrefix(w.body, w.def) && left > w.levels {
		w.shallow = true
		inner = w.body[:len(w.def)+1]
		if w.levels > 1 {
			w.step = w.body[len(w.def)+1 : len(w.def)+2]
		}
	}
	if w.layout == Aligned && f.Body.Inline {
		inner = w.def + w.unit[:1]
	}
	hoisted := slices.Clone(w.declares)
	for _, st := range stmts[n:] {
		hoisted = append(hoisted, w.declarations(st, true)...)
	}
	if f.Body.Inline {
		w.inline(n, inner, hoisted)
		return ""
	}
	first := stmts[n]
	at := syntax.NextLine(file, f.Body.Colon)
	if n > 0 {
		at = syntax.After(file, stmts[n-1].Range().End)
	}
	end := w.regionEnd()
	opening := indented(hoisted, w.extra+inner, w.unit)
	opening = append(opening, indented(w.opening(first), w.extra+inner, w.step)...)
	w.e.Head(at, opening, f.Keyword)
	w.e.Tail(end, indented(w.closing(), w.extra+inner, w.unit), stmts[len(stmts)-1].Range().End-1, w.depth)

	if w.layout == Aligned {
		w.e.Floats = append(w.e.Floats, ast.Span{Pos: f.Pos, End: at})
	}
	if w.shallow {
		for _, st := range stmts[:n] {
			ls := syntax.LineStart(file, st.Range().Pos)
			w.e.Replace(ast.Span{Pos: ls, End: st.Range().Pos}, w.extra+inner)
		}
		return ""
	}
	w.reindent(at, end)
	return w.deeper()
}

// deeper is what the wrapping adds to the body's indentation.
func (w *wrapper) deeper() string { return strings.Repeat(w.unit, w.levels) }

// preamble returns how many leading statements of a function stay before the lock: the
// docstring, and declarations that run no code.
func preamble(file *ast.File, f *ast.FuncDef) int {
	n := 0
	stmts := f.Body.Stmts
	// In a block, a string with a statement behind it on its line documents nothing.
	if syntax.Docstring(stmts) != nil && (f.Body.Inline || len(stmts) == 1 || syntax.Line(file, stmts[0].Range().End-1) != syntax.Line(file, stmts[1].Range().Pos)) {
		n = 1
	}
	for !f.Body.Inline && n < len(stmts)-1 && syntax.DeclaresOnly(stmts[n]) {
		n++
	}
	return n
}

// opening returns the lines between the header and the body.
func (w *wrapper) opening(first ast.Stmt) []string {
	x := w.x
	if w.layout == Readable {
		out := append(slices.Clone(x.declare), x.acquire...)
		return append(out, w.opens()...)
	}
	if x.open == "try:" && x.inside && w.simple(first) {
		return w.insideTry(first)
	}
	if len(x.declareInline) > 0 {
		x.cython = true
		return append(joined(append(slices.Clone(x.declareInline), x.acquire...)), w.opens()...)
	}
	out := append(slices.Clone(x.declare), joined(x.acquire)...)
	return append(out, w.opens()...)
}

// insideTry takes the lock on the line of the body's first statement, so that
// only "try:" needs a line. An attempt that fails leaves an empty guard, which
// the finally clause may release.
func (w *wrapper) insideTry(first ast.Stmt) []string {
	w.x.cython = true
	w.e.Insert(first.Range().Pos, w.takes()+"; ")
	return []string{w.x.open}
}

func (w *wrapper) takes() string {
	return strings.Join(append(slices.Clone(w.x.declareInline), w.x.acquire...), "; ")
}

// simple reports whether a statement may follow another one on its line.
func (w *wrapper) simple(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.Assign:
		_, compound := w.guardStores[st]
		return !compound
	case *ast.ExprStmt, *ast.Simple, *ast.Del, *ast.Import, *ast.FromImport:
		return true
	case *ast.CVarDecl: // has become an assignment
		return w.declarable(st) && !syntax.DeclaresOnly(st)
	}
	return false
}

func (w *wrapper) closing() []string {
	if w.x.snapshot {
		return slices.Concat(caught(w.layout), w.releases(), w.handsOver())
	}
	return w.releases()
}

// releases returns the clause that gives the lock back, where one is needed.
func (w *wrapper) releases() []string {
	if len(w.x.closing) == 0 {
		return nil
	}
	if w.layout == Aligned && !compound(w.x.closing) {
		return []string{"finally: " + strings.Join(w.x.closing, "; ")}
	}
	out := []string{"finally:"}
	for _, l := range w.x.closing {
		out = append(out, "\t"+l)
	}
	return out
}

// regionEnd returns the start of the line after the body, with the comments
// that directly follow at its indentation.
func (w *wrapper) regionEnd() int32 {
	file := w.e.File
	stmts := w.f.Body.Stmts
	return commentsEnd(file, syntax.After(file, stmts[len(stmts)-1].Range().End), w.body)
}

// commentsEnd returns where the comments end that follow at an offset with at least an
// indentation.
func commentsEnd(file *ast.File, end int32, indent string) int32 {
	for int(end) < len(file.Src) {
		ind := syntax.IndentOf(file, end)
		at := int(end) + len(ind)
		if at >= len(file.Src) || file.Src[at] != '#' || !strings.HasPrefix(ind, indent) {
			break
		}
		next := syntax.NextLine(file, end)
		if next == end {
			break
		}
		end = next
	}
	return end
}

// reindent moves the lines of [from, to) one unit to the right. Text inside
// tokens is data and stays; so do blank lines and comments at the margin.
func (w *wrapper) reindent(from, to int32) {
	file := w.e.File
	for at := from; at < to; at = syntax.NextLine(file, at) {
		if !syntax.InsideToken(file, at) && !syntax.Blank(file, at) && !(file.Src[at] == '#' && w.def != "") {
			if w.layout == Aligned && syntax.Continued(file, at) {
				continue
			}
			w.e.Indent(at, w.deeper())
		}
		if syntax.NextLine(file, at) == at {
			break
		}
	}
}

// inline expands a body that stands on the header's line.
func (w *wrapper) inline(n int, inner string, hoisted []string) {
	f := w.f
	stmts := f.Body.Stmts
	file := w.e.File
	gap := ast.Span{Pos: f.Body.Colon + 1, End: stmts[n].Range().Pos}
	var lines []string
	if n > 0 {
		w.e.Replace(ast.Span{Pos: f.Body.Colon + 1, End: stmts[0].Range().Pos}, "\n"+w.extra+inner)
		gap.Pos = stmts[0].Range().End
	}
	lines = append(lines, indented(hoisted, w.extra+inner, w.unit)...)
	end := syntax.After(file, stmts[len(stmts)-1].Range().End)
	if w.layout == Aligned {
		w.e.Floats = append(w.e.Floats, ast.Span{Pos: f.Pos, End: f.Body.Colon + 1})
		if w.x.open == "try:" && w.x.inside {
			w.x.cython = true
			lines = append(lines, w.extra+inner+w.x.open+" "+w.takes()+"; ")
		} else {
			open := w.opening(nil)
			lines = append(lines, indented(open, w.extra+inner, w.unit)...)
			lines[len(lines)-1] += " "
		}
		w.e.Replace(gap, "\n"+strings.Join(lines, "\n"))
	} else {
		lines = append(lines, indented(w.opening(nil), w.extra+inner, w.unit)...)
		w.e.Replace(gap, "\n"+strings.Join(lines, "\n")+"\n"+w.extra+inner+w.deeper())
	}
	w.e.Tail(end, indented(w.closing(), w.extra+inner, w.unit), stmts[len(stmts)-1].Range().End-1, w.depth)
}
