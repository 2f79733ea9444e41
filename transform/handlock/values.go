package handlock

// What variables and attributes hold: what they are declared as, and what they are given.

import (
	"bytes"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// words are spelled in every module with locks that people placed, besides "lock", unless these are called something
// else altogether.
var words = [...]string{"utex", "phil", "critical_section", "synchronized", "emaphore", "Lock", "Condition", "acquire", "mtx", "Mtx", "lck", "\nlk\n", "_lk\n"}

// Any reports whether the module may have locks that people placed, or use what is guarded by those of a module that it
// imports from.
func (h *Names) Any() bool {
	return h.any.Get(func() bool {
		return len(h.pairs) > 0 || spelled(h.m) || slices.ContainsFunc(project.Imports(h.m), spelled)
	})
}

// spelled reports whether a module has one of the words.
func spelled(m *project.Module) bool {
	return slices.ContainsFunc(m.Units, func(u *project.Unit) bool {
		return speaksOfLocks(u.Words()) || slices.ContainsFunc(words[:], func(w string) bool { return bytes.Contains(u.Words(), []byte(w)) })
	})
}

// speaksOfLocks reports whether "lock" stands somewhere that is no part of "block" or "clock", and is not our decorator of
// classes: who has nothing but that placed no lock by hand.
func speaksOfLocks(words []byte) bool {
	for at := 0; ; at += len("lock") {
		i := bytes.Index(words[at:], []byte("lock"))
		if i < 0 {
			return false
		}
		at += i
		switch before := words[max(at-1, 0)]; {
		case at > 0 && (before|0x20 == 'b' || before|0x20 == 'c'):
		case bytes.HasPrefix(words[at:], []byte("locked_class")):
		default:
			return true
		}
	}
}

// Typed reports whether a variable or attribute of this name is declared or
// created as a lock somewhere in the module.
func (h *Names) Typed(name string) bool { return h.Type(name) != "" }

// Type returns the name of the type of which a variable or attribute of this name is declared or
// created as a lock somewhere in the module; "" where it is not.
func (h *Names) Type(name string) string {
	h.once.Do(h.read)
	return h.vars[name]
}

// read notes what the module's declarations and assignments say.
func (h *Names) read() {
	h.locals = map[string]bool{}
	h.vars, h.others, h.same, h.over = map[string]string{}, map[string]bool{}, map[string]string{}, map[string]string{}
	plain := map[string]bool{} // given something that is no lock
	for _, u := range h.m.Units {
		syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
			switch n := st.(type) {
			case *ast.CVarDecl:
				if n.Type == nil {
					return
				}
				typ := h.typeName(n.Type)
				for _, d := range n.Declarators {
					name := syntax.DeclaredName(d).Name
					switch {
					case typ != "":
						h.vars[name] = typ
					case d.Default != nil:
						h.gets(u.File, name, d.Default, plain)
					}
				}
			case *ast.Assign:
				if n.Annotation != nil && len(n.Targets) == 1 {
					if p := syntax.Dotted(n.Annotation); len(p) > 0 && library.LockTypes()[p[len(p)-1]] {
						h.vars[syntax.LastName(n.Targets[0])] = p[len(p)-1]
					}
				}
				if n.Value == nil {
					return
				}
				for _, t := range n.Targets {
					switch t := t.(type) {
					case *ast.Name:
						h.gets(u.File, t.Name, n.Value, plain)
					case *ast.Attribute:
						h.gets(u.File, t.Attr.Name, n.Value, plain)
						h.wraps(u.File, t, n.Value)
					}
				}
			}
		})
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.Assign:
				for _, t := range st.Targets {
					if n, ok := t.(*ast.Name); ok {
						h.names(n.Name, st.Value)
					}
				}
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					h.names(syntax.DeclaredName(d).Name, d.Default)
				}
			}
		})
	}
	h.readClasses()
	delete(h.vars, "")
	for name := range plain {
		if h.vars[name] == "" {
			h.others[name] = true
		}
	}
}

// readClasses notes what the attributes of single classes hold: two may have locks of two types by one name.
func (h *Names) readClasses() {
	h.ofClass = map[string]string{}
	all, plain := h.vars, map[string]bool{}
	for _, u := range h.m.Units {
		syntax.Everywhere(u.File.Body, func(st ast.Stmt) {
			c, ok := st.(*ast.ClassDef)
			if !ok || c.Body == nil {
				return
			}
			h.vars = map[string]string{}
			syntax.Everywhere(c.Body.Stmts, func(st ast.Stmt) {
				switch n := st.(type) {
				case *ast.CVarDecl:
					if n.Type != nil {
						for _, d := range n.Declarators {
							h.vars[syntax.DeclaredName(d).Name] = h.typeName(n.Type)
						}
					}
				case *ast.Assign:
					for _, t := range n.Targets {
						if a, ok := t.(*ast.Attribute); ok && n.Value != nil {
							h.gets(u.File, a.Attr.Name, n.Value, plain)
						}
					}
				}
			})
			for name, typ := range h.vars {
				if typ != "" {
					h.ofClass[c.Name.Name+"."+name] = typ
				}
			}
		})
	}
	h.vars = all
}

// TypeIn returns the name of the type that an attribute of a class is declared or created as a lock of; where the
// class does not tell, that of attributes of this name anywhere.
func (h *Names) TypeIn(c *project.Class, attr string) string {
	if typ := MadeBy(h, c, attr); typ != "" {
		return typ
	}
	return h.vars[attr]
}

// MadeBy returns the name of the type that an attribute is declared or created as a lock of, by a class or one of its
// bases in the module; "" where these do not tell.
func MadeBy(h *Names, c *project.Class, attr string) string {
	h.once.Do(h.read)
	for _, k := range c.Ancestry() {
		if typ := h.ofClass[k.Name+"."+attr]; typ != "" && k.Mod == h.m {
			return typ
		}
	}
	return ""
}

// OfThread reports whether an expression is reached through what each thread has its own of: a lock there keeps no
// other thread away.
func OfThread(h *Names, e ast.Expr) bool {
	h.once.Do(h.read)
	for {
		a, ok := syntax.Bare(e).(*ast.Attribute)
		if !ok {
			return false
		}
		switch x := syntax.Bare(a.X).(type) {
		case *ast.Name:
			if h.locals[x.Name] {
				return true
			}
		case *ast.Attribute:
			if h.locals[x.Attr.Name] {
				return true
			}
		}
		e = a.X
	}
}

// gets notes what a variable or attribute is given.
func (h *Names) gets(f *ast.File, name string, value ast.Expr, plain map[string]bool) {
	switch v := syntax.Unparen(value).(type) {
	case *ast.Call:
		if syntax.LastName(v.Fun) == "local" && len(v.Args) == 0 {
			h.locals[name] = true
		}
		if typ := h.makes(v); typ != "" && !several(f, v) {
			h.vars[name] = typ
		} else if typ != "" || h.unlike(v) {
			plain[name] = true
		}
	case *ast.Comp: // a list of locks
		if v.Elem != nil {
			h.gets(f, name, v.Elem, plain)
		}
	case *ast.Collection:
		if len(v.Elems) > 0 && v.Kind != "dict" {
			h.gets(f, name, v.Elems[0], plain)
		}
	}
}

// several reports whether a call makes a semaphore that more than one thread may hold, for all that is known.
func several(f *ast.File, call *ast.Call) bool {
	return strings.HasSuffix(syntax.LastName(call.Fun), "Semaphore") && len(call.Args) > 0 && syntax.Text(f, call.Args[0].X.Range()) != "1"
}

// wraps notes that an attribute is given a condition over a lock of the same object: self.c = Condition(self.lock).
func (h *Names) wraps(f *ast.File, t *ast.Attribute, value ast.Expr) {
	name, over := t.Attr.Name, ""
	if v, ok := syntax.Unparen(value).(*ast.Call); ok && len(v.Args) == 1 && h.makes(v) == "Condition" {
		if a, ok := syntax.Unparen(v.Args[0].X).(*ast.Attribute); ok && syntax.Text(f, a.X.Range()) == syntax.Text(f, t.X.Range()) {
			over = a.Attr.Name
		}
	}
	if was, known := h.over[name]; known && was != over {
		over = "" // now this, now that
	}
	h.over[name] = over
}

// Over returns the attribute with the lock that a condition is over; "" where it has one of its own.
func (h *Names) Over(attr string) string {
	h.once.Do(h.read)
	return h.over[attr]
}

// names notes that a variable of the module is another name of a variable.
func (h *Names) names(name string, value ast.Expr) {
	if value == nil {
		return
	}
	was, known := h.same[name]
	n, ok := syntax.Unparen(value).(*ast.Name)
	switch {
	case !ok:
		h.same[name] = ""
	case !known || was == n.Name:
		h.same[name] = n.Name
	default:
		h.same[name] = "" // now this, now that
	}
}

// typeName returns the name of a type that is a lock, "" of one that is none.
func (h *Names) typeName(t *ast.CType) string {
	if t.Basic {
		return ""
	}
	if last := syntax.LastPart(t.Name); library.LockTypes()[last] {
		return last
	}
	if c := h.m.Lookup(syntax.Names(t.Path)); IsClass(h, c) {
		return c.Name
	}
	return ""
}

// Makes reports whether an expression makes a lock.
func (h *Names) Makes(e ast.Expr) bool {
	call, ok := syntax.Bare(e).(*ast.Call)
	return ok && call.Fun != nil && h.makes(call) != ""
}

// makes returns the type of the lock that a call makes, "" where it makes none.
func (h *Names) makes(call *ast.Call) string {
	p := syntax.Dotted(call.Fun)
	if len(p) == 0 {
		return ""
	}
	if last := p[len(p)-1]; library.LockTypes()[last] || library.LockTypes()[h.m.CName(call.Fun)] {
		if h.unlike(call) {
			return ""
		}
		if library.LockTypes()[last] {
			return last
		}
		return h.m.CName(call.Fun)
	}
	if c := h.m.Lookup(p); IsClass(h, c) {
		return c.Name
	}
	if name := strings.Join(p, "."); h.pyClass(name) {
		return name
	}
	return ""
}

// unlike reports whether a call makes what keeps no thread away: tasks of one event
// loop are what asyncio's locks are for.
func (h *Names) unlike(call *ast.Call) bool {
	p := syntax.Dotted(call.Fun)
	if len(p) == 0 {
		return false
	}
	from := []string{p[0]}
	if b, ok := h.m.Scope.Names[p[0]]; ok && len(b.Path) > 0 {
		from = b.Path
	}
	return slices.ContainsFunc(from, func(s string) bool { return s == "asyncio" || s == "trio" || s == "anyio" })
}

// imported reports whether a name of another module, as that module has it, is a lock.
func (h *Names) imported(path []string) bool {
	if len(path) == 0 {
		return false
	}
	r := h.m.Owner(path)
	return r.Mod != nil && r.Mod != h.m && h.elsewhere.Get(r.Mod).Typed(r.Name)
}

// Global returns the variable of a module that a name stands for, through imports and other names
// of the same value; "" where the module binds nothing such.
func (h *Names) Global(path []string) (m *project.Module, name string) {
	at := h
	for range 8 {
		r := at.m.Owner(path)
		if r.Mod == nil {
			break
		}
		if r.Mod != at.m {
			at = h.elsewhere.Get(r.Mod)
		}
		m, name = r.Mod, r.Name
		at.once.Do(at.read)
		if at.same[name] == "" {
			return m, name
		}
		path = []string{at.same[name]}
	}
	return m, name
}

// Settled reports whether no function of the module but a constructor assigns to an attribute of this name,
// and nobody outside can.
func (h *Names) Settled(attr string) bool {
	return !h.changes.Get(h.assigned)[attr]
}

// assigned are the attributes that something may assign to once their object is made.
func (h *Names) assigned() map[string]bool {
	out := map[string]bool{}
	for _, u := range h.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				return !library.Construction()[n.Name.Name] && n.Name.Name != "__init__"
			case *ast.CVarDecl:
				if n.Visibility == ast.Public {
					for _, d := range n.Declarators {
						out[syntax.DeclaredName(d).Name] = true
					}
				}
			case *ast.Attribute:
				if n.Access == ast.Write || n.Access == ast.Aug || n.Access == ast.ForTarget || n.Access == ast.AddressOf {
					out[n.Attr.Name] = true
				}
			}
			return true
		})
	}
	return out
}
