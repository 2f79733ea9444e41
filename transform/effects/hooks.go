package effects

// Methods of Python's that do nothing, or say that they are not there: others are to put their own in their place, which may
// do anything with what they are given.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// isHook reports whether a function is such a method.
func isHook(f *Function) bool {
	if f.Class == nil || f.Class.Flags["final"] || f.Accessor != Plain || !f.Exposed() && f.Def.Kind != ast.Cpdef || !f.IsBound() || strings.HasPrefix(f.Def.Name.Name, "__") ||
		f.Def.Body == nil || f.Mod.Finally(f.Def.Decorators) {
		return false
	}
	for _, st := range f.Def.Body.Stmts {
		switch st := st.(type) {
		case *ast.ExprStmt:
			switch syntax.Unparen(st.X).(type) {
			case *ast.Str, *ast.Const: // a docstring, or "..."
				continue
			}
			return false
		case *ast.Simple:
			switch {
			case st.Keyword == "pass" || st.Keyword == "raise":
			case st.Keyword == "return" && (len(st.Exprs) == 0 || len(st.Exprs) == 1 && syntax.IsNothing(st.Exprs[0])):
			default:
				return false
			}
		default:
			return false
		}
	}
	return true
}

// handsToHook notes that what a method gets that others put in the place of a hook may be kept by it.
func handsToHook(b calls, f *Function, args []int32, span ast.Span) {
	if !isHook(f) {
		return
	}
	for i, n := range args {
		if i > 0 {
			b.hands(n, 0, span.End, false)
		}
	}
}
