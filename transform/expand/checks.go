package expand

// Checks: what --locking=check adds to the expansion. Each use of guarded state tells the
// checker (runtime/pyxlock_check.pxd) of itself; an object that goes is forgotten.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/checked"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checks writes the checks of a module.
type checks struct{ *Module }

// write writes them all. It comes after all else that changes bodies: at one place its text is
// the innermost.
func (a checks) write() {
	c := checked.Checker{Types: a.p.Program.Types, Locks: a.p.Locks, Called: a.opts.called, Hands: a.p.Program.HandLocks, Function: a.function, Method: a.method}
	for _, use := range c.Find(a.Module.Module) {
		a.check(use)
	}
	for _, c := range a.Module.Module.Classes {
		a.forget(c)
	}
}

// function is what headers and settings say of a C function, as the model has it.
func (a checks) function(m *project.Module, f project.CFunc, i int) checked.Says {
	return says(effects.PassedToC(a.p.Program, m, f, i))
}

// method is what headers say that a method of a C++ class does to its object.
func (a checks) method(m *project.Module, t *project.CppType, name string, args int) checked.Says {
	return says(effects.MethodOfC(a.p.Program, m, t, name, args))
}

func says(reads, writes bool) checked.Says {
	switch {
	case reads:
		return checked.OnlyReads
	case writes:
		return checked.Writes
	}
	return checked.Nothing
}

// ck spells a name of the checker.
func (s style) ck(name string) string {
	if s.inline {
		return "_pyxlock_check_" + name
	}
	return "pyxlock_check." + name
}

// mutexHooks returns what tells the checker that a mutex is held and that it is not: nobody
// else knows who holds one.
func (s style) mutexHooks() (took, gave func(i string) string) {
	hook := func(name string) func(string) string {
		return func(i string) string { return s.ck(name) + "(_pyxlock_held[" + i + "])" }
	}
	if !s.check {
		none := func(string) string { return "" }
		return none, none
	}
	return func(i string) string { return "; " + hook("took")(i) }, func(i string) string { return hook("gave")(i) + "; " }
}

// pointer spells the address of an object.
func (s style) pointer(x string) string {
	if s.pure {
		return s.cython + ".cast(" + s.cython + ".p_void, " + x + ")"
	}
	return "<void*>" + x
}

// check writes the edits of one use.
func (a checks) check(use checked.Use) {
	e := a.editor(use.Unit)
	x := use.X.Range()
	if e.Replaced(x) || use.Stmt != nil && e.Replaced(ast.Span{Pos: use.Stmt.Range().Pos, End: use.Stmt.Range().Pos}) {
		return // what stands there is not the source any more
	}
	s := a.style(use.Unit)
	text := strings.TrimSpace(syntax.Text(use.Unit.File, x))
	place := quoted(use.Place)
	if (len(use.Guards) > 0 || use.Mutex) && !plain(use.X) {
		return
	}
	lock := s.lockOf(text, use.Guards, use.Mutex)
	call := func() string {
		if lock == "" {
			return s.ck("use") + "(" + s.pointer(text) + ", " + place + ")"
		}
		return s.ck("use_by") + "(" + s.pointer(text) + ", " + lock + ", " + place + ")"
	}
	switch use.Form {
	case checked.Before:
		e.Insert(use.Stmt.Range().Pos, call()+"; ")
	case checked.Guarded:
		span := use.Chain.Range()
		whole := syntax.Text(use.Unit.File, span)
		if strings.ContainsAny(whole, "\n\r") || e.Replaced(span) {
			return
		}
		e.Insert(span.Pos, "(")
		e.Insert(span.End, " if "+call()+" else "+whole+")")
	default:
		name := a.nameFor(use)
		if name == "" {
			return
		}
		// The object's own text stays: more may be inserted within.
		n := a.need(use.Unit, x.Pos)
		n.cython = n.cython || use.Leads
		s.calls = use.Leads
		open, shut, _ := strings.Cut(s.through(name, "\x00", lock, use.Place), "\x00")
		if !plain(use.X) {
			open = strings.Replace(open, s.ck("using"), s.ck("using_new"), 1)
		}
		e.Insert(x.Pos, open)
		e.Insert(x.End, shut)
	}
	n := a.need(use.Unit, x.Pos)
	n.check = true
	n.cython = n.cython || s.pure
}

// itself is how a property that stands for an attribute names the object.
func (a checks) itself(c *project.Class, info *decorator.Info, f *project.Field, s style, md effects.Mode) string {
	if !a.opts.Check {
		return "self"
	}
	lock := s.lockOf("self", checked.Guards(a.p.Locks, c), info.Kind == decorator.Mutex)
	return s.through(c.Name, "self", lock, checked.AccessorPlace(a.opts.called(f.Unit.Path), c, f, md == effects.Write, info))
}

// lockOf spells the address of what is locked for an object: another one that guards it, or a
// mutex; "" where it is the object itself.
func (s style) lockOf(object string, guards []string, mutex bool) string {
	object = through(object, guards)
	switch {
	case mutex:
		return s.addr(object + "." + mutexField)
	case len(guards) > 0:
		return s.pointer(object)
	}
	return ""
}

// through is an object of a class that passes through the checker. lock is what lockOf says.
func (s style) through(class, object, lock, place string) string {
	call := s.ck("using") + "(" + object
	if lock != "" {
		call = s.ck("using_by") + "(" + object + ", " + lock
	}
	call += ", " + quoted(place) + ")"
	if s.pure || s.calls {
		return fmt.Sprintf("%s.cast(%s, %s)", s.cython, class, call)
	}
	return fmt.Sprintf("(<%s>%s)", class, call)
}

// plain reports whether an expression is a name or attributes of one, which may be repeated.
func plain(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Name:
		return true
	case *ast.Attribute:
		return plain(e.X)
	}
	return false
}

// nameFor returns a name for the class that has the attribute which is used, or for one
// between that and the class of the object.
func (a checks) nameFor(use checked.Use) string {
	for _, c := range use.Class.Ancestry() {
		if name := a.Module.Module.NameOf(use.Unit, c); name != "" {
			return name
		}
		if c.FieldByName[use.Field.Name] != nil {
			break
		}
	}
	return a.dotted(use.Unit, use.Class)
}

// dotted returns what a file calls a class of a module that it cimports as a whole.
func (a checks) dotted(u *project.Unit, c *project.Class) string {
	for _, v := range a.p.Locks.VisibleFrom(a.Module.Module, u) {
		if v.Class == c {
			return v.Name
		}
	}
	return ""
}

// quoted is a place as a literal.
func quoted(place string) string {
	var b strings.Builder
	b.WriteString(`b"`)
	for i := range len(place) {
		switch c := place[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// forget has the checker forget the objects of a class when they come and when they go.
func (a checks) forget(c *project.Class) {
	if c.Extern || c.Def == nil || checked.Done(c.Unit) || len(c.Def.Body.Stmts) == 0 || !c.HasState() {
		return
	}
	u := c.Unit
	s := a.style(u)
	e := a.editor(u)
	forget := func(self string) string { return s.ck("fresh") + "(" + s.pointer(self) + ")" }
	dealloc := false
	syntax.EachStmt(c.Def.Body.Stmts, func(st ast.Stmt) {
		def, ok := st.(*ast.FuncDef)
		if !ok || !library.NoLockMethods()[def.Name.Name] || def.Name.Name == "__del__" || len(def.Params.List) == 0 {
			return
		}
		text := forget(syntax.ParamName(def.Params.List[0]))
		a.first(e, u, def, text)
		if def.Name.Name == "__dealloc__" {
			dealloc = true
			a.lastly(e, def, text)
		}
	})
	n := a.need(u, c.Def.Pos)
	n.check = true
	n.cython = n.cython || s.pure
	if dealloc {
		return
	}
	unit := syntax.IndentUnit(u.File)
	a.append(c, []appended{{[]string{"", "def __dealloc__(self):", "\t" + forget("self")}, c.Def.Keyword}}, unit)
}

// first puts a statement at the beginning of a body.
func (a checks) first(e *edit.Editor, u *project.Unit, def *ast.FuncDef, text string) {
	stmts := def.Body.Stmts
	n := preamble(u.File, def)
	st := stmts[min(n, len(stmts)-1)]
	switch st.(type) {
	case *ast.Assign, *ast.ExprStmt, *ast.Simple, *ast.Del:
		e.Insert(st.Range().Pos, text+"; ")
		return
	}
	if def.Body.Inline {
		return
	}
	at := syntax.LineStart(u.File, st.Range().Pos)
	e.Head(at, []string{e.Indentation(at) + text}, def.Keyword)
}

// lastly puts a statement at each end of a body.
func (a checks) lastly(e *edit.Editor, def *ast.FuncDef, text string) {
	stmts := def.Body.Stmts
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		if ret, ok := st.(*ast.Simple); ok && ret.Keyword == "return" {
			e.Insert(ret.Pos, text+"; ")
		}
	})
	last := stmts[len(stmts)-1]
	if !syntax.FallsOff(stmts) {
		return
	}
	simple := true
	for range syntax.Suites(last) {
		simple = false
	}
	if simple {
		e.Insert(last.Range().End, "; "+text)
		return
	}
	at := syntax.LineStart(e.File, last.Range().Pos)
	e.Tail(syntax.After(e.File, last.Range().End), []string{e.Indentation(at) + text}, last.Range().End-1, 0)
}

// imported returns the lines that bring the checker in, behind those of the lock.
func (a checks) imported(u *project.Unit, s style) []string {
	var out []string
	switch {
	case s.inline:
		out = append(out, strings.Split(strings.TrimRight(a.opts.InlineCheck, "\n"), "\n")...)
	case u.File.Pure:
		out = append(out, "from cython.cimports import pyxlock_check")
	default:
		out = append(out, "cimport pyxlock_check")
	}
	if !u.InPxd() {
		out = append(out, s.ck("begin")+"()")
	}
	return out
}
