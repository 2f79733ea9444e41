package expand

// A lock for each step of a generator: what is yielded becomes an object under the lock,
// the lock is given back, and taken again when the generator goes on.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/syntax"
)

// step is the variable that holds what is about to be yielded.
const step = "_pyxlock_step"

// stepwise makes an expansion that of a generator that waits without the lock.
func (x *expansion) stepwise(s style) {
	x.steps = true
	inline := step + " = " + s.cython + ".declare(object)"
	if s.pure {
		x.declare = append(x.declare, inline)
	} else {
		x.declare = append(x.declare, "cdef object "+step)
	}
	x.declareInline = append(x.declareInline, inline)
}

// stepwise gives the lock back at each yield. Where that is left by an exception, the lock
// is taken again if there is code that sees it.
func (w *wrapper) stepwise() {
	guarded := map[ast.Stmt]bool{}
	for _, st := range syntax.Guarded(w.f.Body.Stmts) {
		guarded[st] = true
	}
	syntax.EachStmt(w.f.Body.Stmts, func(st ast.Stmt) {
		y := effects.YieldAt(st)
		if y == nil {
			return
		}
		rest, wait := st.Range(), "yield"
		if y.From {
			wait = "yield from"
		}
		if as, ok := st.(*ast.Assign); ok {
			wait = syntax.Text(w.e.File, as.Targets[0].Range()) + " = " + wait
		}
		var lines []string
		if y.X != nil {
			x := y.X.Range()
			open, shut := "", ""
			if x.End < rest.End { // brackets round it, which may go on over lines
				open, shut = "(", ")"
			}
			w.e.Replace(ast.Span{Pos: rest.Pos, End: x.Pos}, step+" = "+open)
			lines, rest.Pos, wait = []string{shut}, x.End, wait+" "+step
		}
		lines = append(lines, w.x.closing...)
		switch {
		case !guarded[st]:
			lines = append(append(lines, wait), w.x.retake...)
		case w.layout == Aligned:
			lines = append(lines, "try: "+wait, "finally: "+strings.Join(w.x.retake, "; "))
		default:
			lines = append(lines, "try:", "\t"+wait, "finally:")
			for _, l := range w.x.retake {
				lines = append(lines, "\t"+l)
			}
		}
		w.e.Replace(rest, w.onLines(lines, st, guarded[st]))
	})
}

// onLines puts what comes in place of a statement on lines of its own, or on the one that
// it is on.
func (w *wrapper) onLines(lines []string, st ast.Stmt, compound bool) string {
	if (w.layout == Aligned || !syntax.AloneOnLine(w.e.File, st.Range())) && !compound {
		return strings.Join(lines, "; ")
	}
	indent := w.extra + syntax.IndentOf(w.e.File, st.Range().Pos)
	if !w.shallow {
		indent += w.deeper()
	}
	return strings.TrimPrefix(strings.Join(indented(lines, "\n"+indent, w.unit), ""), "\n"+indent)
}
