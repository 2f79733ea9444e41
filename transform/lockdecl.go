package transform

// What the sources say of locks: each class's own @cython.locked_class.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
)

// lockDecl is one @cython.locked_class.
type lockDecl struct {
	kind         Kind
	kindSet      bool
	nonblocking  bool
	guard        string
	mustDecorate bool // undecorated="error"
	class        *class
	unit         *unit
	def          *ast.ClassDef // the definition that it decorates
	dec          *ast.Decorator
}

// lockTable holds the lock decorators on a module's classes.
type lockTable struct {
	decls map[*class]*lockDecl
	log   // what is wrong with them; of interest where the module is an input
}

// readLocks reads the lock decorators on the classes of a module.
func readLocks(m *module) *lockTable {
	t := &lockTable{decls: map[*class]*lockDecl{}}
	for _, u := range m.units {
		t.collect(m, u, u.file.Body)
	}
	return t
}

// collect reads the decorators on the classes at module level.
func (t *lockTable) collect(m *module, u *unit, stmts []ast.Stmt) {
	for _, st := range stmts {
		if def, ok := st.(*ast.ClassDef); ok {
			if c := m.classes[def.Name.Name]; c != nil && c.is(def) {
				t.decorators(u, c, def)
			} else if d := lockDecorator(m, def.Decorators, "locked_class"); d != nil {
				t.report(u, d.Range(), codeMisplaced, "locked_class on a Python class",
					"only extension types have C state to guard: make it a `cdef class`, or add `@cython.cclass`")
			}
			continue
		}
		if opensScope(st) {
			continue
		}
		for _, b := range suites(st) {
			t.collect(m, u, b.Stmts)
		}
	}
}

// decorators reads the lock decorators of one definition of a class.
func (t *lockTable) decorators(u *unit, c *class, def *ast.ClassDef) {
	for _, d := range lockDecorators(c.mod, def.Decorators) {
		if d.name != "locked_class" {
			t.report(u, d.dec.Range(), codeMisplaced, d.name+" on a class",
				"it goes on methods and functions; a class takes `@cython.locked_class`")
			continue
		}
		l := t.parse(u, c, d)
		if old := t.decls[c]; old != nil {
			if old.def == def {
				t.report(u, d.dec.Range(), codeContradict, "locked_class given twice for "+c.name, "keep one of them")
			} else if old.kind != l.kind || old.guard != l.guard || old.nonblocking != l.nonblocking || old.mustDecorate != l.mustDecorate {
				t.report(u, d.dec.Range(), codeContradict,
					fmt.Sprintf("locked_class of %s has other arguments here than in its other declaration", c.name),
					"give it once, on the declaration in the .pxd or on the class itself")
			}
			continue
		}
		l.def = def
		t.decls[c] = l
	}
}

func (t *lockTable) parse(u *unit, c *class, d lockDec) *lockDecl {
	l := &lockDecl{class: c, unit: u, dec: d.dec}
	bad := func(a ast.Arg, msg, help string) { t.report(u, a.Span, codeArgument, msg, help) }
	for _, a := range d.args() {
		s, isStr := a.X.(*ast.Str)
		word := func(allowed ...string) (string, bool) {
			if isStr {
				for _, w := range allowed {
					if s.Value == w {
						return w, true
					}
				}
			}
			bad(a, fmt.Sprintf("%s=%s", a.Name.Name, text(u.file, a.X.Range())),
				fmt.Sprintf("%s takes one of: \"%s\"", a.Name.Name, strings.Join(allowed, "\", \"")))
			return "", false
		}
		switch a.Name.Name {
		case "lock":
			if w, ok := word(kindNames[:]...); ok {
				l.kind, _ = ParseKind(w)
				l.kindSet = true
			}
		case "blocking":
			switch text(u.file, a.X.Range()) {
			case "True":
			case "False":
				l.nonblocking = true
			default:
				bad(a, "blocking="+text(u.file, a.X.Range()), "blocking takes True or False")
			}
		case "guard":
			if !isStr || s.Value == "" || !identifier(s.Value) {
				bad(a, "guard="+text(u.file, a.X.Range()), "guard takes the name of one attribute in quotes: guard=\"_doc\"")
				continue
			}
			l.guard = s.Value
		case "undecorated":
			if w, ok := word("infer", "error"); ok {
				l.mustDecorate = w == "error"
			}
		case "":
			bad(a, "locked_class takes keyword arguments only", "write lock=\"rwlock\", blocking=True, guard=\"name\" or undecorated=\"infer\"")
		default:
			bad(a, "locked_class has no argument "+a.Name.Name, "it takes lock, blocking, guard and undecorated")
		}
	}
	return l
}
