package expand

// Blocks: a with statement that takes locks becomes what its lock is in Cython, in
// either layout; its body stays where it is.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// levels is how many blocks a function may have in one another before the order of
// what closes them is lost.
const levels = 1000

// block is a block with the text that it becomes.
type block struct {
	*plan.Block
	x     *expansion
	s     style
	first []string // before the locks are taken: what they are taken of
	last  []string // when they are given back
}

// blocks expands the blocks of a module.
type blocks struct{ *Module }

// plan plans the blocks of a function itself, and makes their text.
func (a blocks) plan(f *plan.Func) []*block {
	var out []*block
	for _, b := range a.p.Blocks(a.Module.Module, f) {
		if b.Plan == nil {
			continue
		}
		s := a.styleAt(f.Unit, b.With.Pos, f.Name())
		s.own = b.Name
		k := &block{Block: b, x: expand(b.Plan, s), s: s}
		if b.Final { // declared there, it would be declared twice
			k.x.declareInline = nil
		}
		if s.pure && s.inline && k.x.rwlock {
			a.Plan.Report(f.Unit, b.With.Range(), finding.Cimport, "the runtime cannot be pasted into a .py file", "use --runtime=vendored or --runtime=package")
			continue
		}
		for _, v := range b.Kept {
			text := syntax.Text(f.Unit.File, v.X.Range())
			if _, names := v.X.(*ast.Walrus); names || strings.ContainsAny(text, "\r\n") {
				text = "(" + text + ")"
			}
			if v.List {
				text = "list(" + text + ")"
			}
			k.first = append(k.first, v.Name+" = "+text)
			k.last = append(k.last, v.Name+" = None") // it keeps the object no longer than the block runs
		}
		for _, l := range k.x.acquire {
			name, _, assigns := strings.Cut(strings.TrimLeft(l, "\t"), " = ")
			if end := name + " = None"; assigns && strings.HasPrefix(name, b.Name+"_") && b.Plan.Kind != decorator.Mutex && !slices.Contains(k.last, end) {
				k.last = append(k.last, end)
			}
		}
		n := a.need(f.Unit, f.Def.Pos)
		n.rwlock = n.rwlock || k.x.rwlock
		n.check = n.check || a.opts.Check && k.x.rwlock
		n.releases = n.releases || b.Plan.ReleasesGIL && k.x.rwlock
		n.cython = n.cython || k.x.cython
		out = append(out, k)
	}
	return out
}

// declares returns the declarations that have to stand at the top of the function.
func (a blocks) declares(list []*block) []string {
	var out []string
	for _, k := range list {
		if a.opts.Layout == Readable || len(k.x.declareInline) == 0 {
			out = append(out, k.x.declare...)
		}
	}
	return out
}

// hoist puts declarations at the top of a function whose body is not wrapped.
func (a blocks) hoist(f *plan.Func, at place, lines []string) {
	if len(lines) == 0 {
		return
	}
	file := f.Unit.File
	stmts := f.Def.Body.Stmts
	n := preamble(file, f.Def)
	pos := syntax.LineStart(file, stmts[n].Range().Pos)
	a.editor(f.Unit).Head(pos, indented(lines, at.extra+syntax.IndentOf(file, stmts[n].Range().Pos), syntax.IndentUnit(file)), f.Def.Keyword)
}

// write writes the edits of a function's blocks. extra is what wrapped functions
// add to their indentation.
func (a blocks) write(f *plan.Func, list []*block, extra string, depth int) {
	e := a.editor(f.Unit)
	for _, k := range list {
		level := 1
		for o := k.Outer; o != nil; o = o.Outer {
			level++
		}
		if a.writeOne(e, k, extra, depth*levels+level) {
			a.need(f.Unit, f.Def.Pos).cython = true
		}
	}
}

// writeOne writes the edits of one, and reports whether the new text names the cython module.
func (a blocks) writeOne(e *edit.Editor, k *block, extra string, depth int) (names bool) {
	file, st, x := e.File, k.With, k.x
	first := st.Body.Stmts[0]
	own := syntax.IndentOf(file, st.Pos)
	unit := syntax.IndentUnit(file)
	if !st.Body.Inline {
		if u := strings.TrimPrefix(syntax.IndentOf(file, first.Range().Pos), own); u != "" {
			unit = u
		}
	}
	prefix := extra + own
	header := ast.Span{Pos: st.Pos, End: st.Body.Colon + 1}
	end := blockEnd(file, st)
	last := st.Body.Stmts[len(st.Body.Stmts)-1].Range().End - 1
	closing := slices.Concat(x.closing, k.last)
	acquire := slices.Concat(k.first, x.acquire)
	if k.Parallel && x.rwlock {
		acquire = append([]string{k.empty()}, acquire...)
	}
	if len(x.closing) == 0 { // its own with statement closes it
		e.Tail(end, indented(k.last, prefix, unit), last, depth)
	} else if a.opts.Layout == Aligned && !compound(closing) {
		e.Tail(end, indented([]string{"finally: " + strings.Join(closing, "; ")}, prefix, unit), last, depth)
	} else {
		lines := []string{"finally:"}
		for _, l := range closing {
			lines = append(lines, "\t"+l)
		}
		e.Tail(end, indented(lines, prefix, unit), last, depth)
	}
	if a.opts.Layout == Readable {
		lines := indented(append(slices.Clone(acquire), x.open), prefix, unit)
		lines[0] = strings.TrimPrefix(lines[0], prefix)
		text := strings.Join(lines, "\n")
		if st.Body.Inline {
			header.End = first.Range().Pos
			text += "\n" + prefix + unit
		}
		e.Replace(header, text)
		return false
	}
	if len(x.declareInline) > 0 {
		names = true
	}
	if x.open == "try:" && x.rwlock && !k.Plan.HasItems() && !compound(acquire) && a.simple(first) && !st.Body.Inline {
		// What is raised on the way comes to the release, too.
		if !k.Parallel {
			acquire = append([]string{k.empty()}, acquire...)
		}
		e.Replace(header, x.open)
		e.Insert(first.Range().Pos, strings.Join(append(slices.Clone(x.declareInline), acquire...), "; ")+"; ")
		return names
	}
	e.Head(syntax.LineStart(file, st.Pos), indented(joined(append(slices.Clone(x.declareInline), acquire...)), prefix, unit), st.Pos)
	e.Replace(header, x.open)
	return names
}

// empty is the statement that empties the block's guards, or its only one.
func (k *block) empty() string {
	to := k.s.local("guard")
	if n := len(k.Plan.Holds); n > 1 {
		text := ""
		for i := range n {
			text += fmt.Sprintf("%s[%d] = ", to, i)
		}
		return text + k.s.rt("unlocked") + "()"
	}
	return to + " = " + k.s.rt("unlocked") + "()"
}

// simple reports whether a statement may follow another one on its line.
func (a blocks) simple(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.Assign:
		_, compound := a.guardStores[st]
		return !compound
	case *ast.ExprStmt, *ast.Simple, *ast.Del, *ast.Import, *ast.FromImport:
		return true
	}
	return false
}

// blockEnd returns the start of the line after a statement's body, with the comments that
// directly follow at its indentation.
func blockEnd(file *ast.File, st *ast.With) int32 {
	stmts := st.Body.Stmts
	end := syntax.After(file, stmts[len(stmts)-1].Range().End)
	if st.Body.Inline {
		return end
	}
	return commentsEnd(file, end, syntax.IndentOf(file, stmts[0].Range().Pos))
}

// takeOff has a block lock nothing: what it evaluates is evaluated still.
func (a blocks) takeOff(u *project.Unit, st *ast.With) {
	var parts []string
	for i := range st.Items {
		t, ok := decorator.Takes(a.Module.Module, st.Items[i].X)
		if !ok || st.Items[i].Target != nil {
			return // reported, or left to Cython
		}
		for _, g := range t.Args() {
			if _, plain := syntax.Unparen(g.X).(*ast.Name); !plain || g.Star > 0 {
				parts = append(parts, syntax.Text(u.File, g.Span))
			}
		}
	}
	text := "if True:"
	if len(parts) > 0 {
		text = "if (" + strings.Join(parts, ", ") + ",) is not None:"
	}
	a.editor(u).Replace(ast.Span{Pos: st.Pos, End: st.Body.Colon + 1}, text)
}
