package decorator

// What the sources say of locks: each class's own @cython.locked_class, or @cython.no_lock.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// ClassLock is one @cython.locked_class.
type ClassLock struct {
	Kind         Kind
	KindSet      bool
	Nonblocking  bool
	Guard        string
	mustDecorate bool // undecorated="error"
	Class        *project.Class
	Unit         *project.Unit
	Def          *ast.ClassDef // the definition that it decorates
	Decorator    *ast.Decorator
}

// ClassExemption is one @cython.no_lock on a class: a person answers for its state.
type ClassExemption struct {
	Unit   *project.Unit
	Def    *ast.ClassDef // the definition that it decorates
	Lock   Lock
	Reason string
}

// Table holds the lock decorators on a module's classes, and their markers.
type Table struct {
	decls       map[*project.Class]*ClassLock
	exempt      map[*project.Class]*ClassExemption
	marked      map[*project.Class]*ClassLock // what markers say of classes without a decorator
	project.Log                               // what is wrong with them; of interest where the module is an input
}

// readLocks reads the lock decorators on the classes of a module.
func readLocks(m *project.Module) *Table {
	t := &Table{decls: map[*project.Class]*ClassLock{}, exempt: map[*project.Class]*ClassExemption{}, marked: map[*project.Class]*ClassLock{}}
	for _, u := range m.Units {
		t.collect(m, u, u.File.Body)
	}
	for _, c := range m.Classes {
		if lock := marker(c); lock != nil && t.decls[c] == nil {
			t.marked[c] = lock
		}
		if x := t.exempt[c]; x != nil && t.decls[c] != nil {
			t.Report(x.Unit, x.Lock.Node.Range(), finding.Contradict, fmt.Sprintf("no_lock on %s, which is a locked class", c.Name),
				"keep one of them; a method of a locked class that needs no lock has its own no_lock")
		}
	}
	if whole := m.AsParsed(); whole != m {
		t.Findings = readLocks(whole).Findings
	}
	return t
}

// collect reads the decorators on the classes at module level.
func (t *Table) collect(m *project.Module, u *project.Unit, stmts []ast.Stmt) {
	for _, st := range stmts {
		if def, ok := st.(*ast.ClassDef); ok {
			if c := m.ClassByName[def.Name.Name]; c != nil && c.Is(def) {
				t.decorators(m, u, c, def)
			} else if d := Find(m, def.Decorators, "locked_class"); d != nil {
				t.Report(u, d.Range(), finding.Misplaced, "locked_class on a Python class",
					"only extension types have C state to guard: make it a `cdef class`, or add `@cython.cclass`")
			}
			continue
		}
		if syntax.OpensScope(st) {
			continue
		}
		for b := range syntax.Suites(st) {
			t.collect(m, u, b.Stmts)
		}
	}
}

// decorators reads the lock decorators of one definition of a class.
func (t *Table) decorators(m *project.Module, u *project.Unit, c *project.Class, def *ast.ClassDef) {
	for _, d := range On(m, def.Decorators) {
		if d.Name == "no_lock" {
			t.exemption(u, c, def, d)
			continue
		}
		if d.Name != "locked_class" {
			t.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a class",
				"it goes on methods and functions; a class takes `@cython.locked_class`")
			continue
		}
		l := t.parse(u, c, d)
		if old := t.decls[c]; old != nil {
			if old.Def == def {
				t.Report(u, d.Node.Range(), finding.Contradict, "locked_class given twice for "+c.Name, "keep one of them")
			} else if old.Kind != l.Kind || old.Guard != l.Guard || old.Nonblocking != l.Nonblocking || old.mustDecorate != l.mustDecorate {
				t.Report(u, d.Node.Range(), finding.Contradict,
					fmt.Sprintf("locked_class of %s has different arguments here from its other declaration", c.Name),
					"give it once, on the declaration in the .pxd or on the class itself")
			}
			continue
		}
		l.Def = def
		t.decls[c] = l
	}
}

// exemption reads a no_lock on a definition of a class. The other definition may say
// so as well.
func (t *Table) exemption(u *project.Unit, c *project.Class, def *ast.ClassDef, d Lock) {
	if !HasReason(d) {
		t.Report(u, d.Node.Range(), finding.Reason, "no_lock needs a reason",
			"write why nothing in the class needs a lock: @cython.no_lock(\"one thread has it at a time: the pool hands it out\")")
		return
	}
	if old := t.exempt[c]; old != nil {
		if old.Def == def {
			t.Report(u, d.Node.Range(), finding.Contradict, "no_lock given twice for "+c.Name, "keep one of them")
		}
		return
	}
	t.exempt[c] = &ClassExemption{Unit: u, Def: def, Lock: d, Reason: d.Reason(u.File)}
}

func (t *Table) parse(u *project.Unit, c *project.Class, d Lock) *ClassLock {
	l := &ClassLock{Class: c, Unit: u, Decorator: d.Node}
	bad := func(a ast.Arg, msg, help string) { t.Report(u, a.Span, finding.Argument, msg, help) }
	for _, a := range d.Args() {
		s, isStr := a.X.(*ast.Str)
		word := func(allowed ...string) (string, bool) {
			if isStr {
				for _, w := range allowed {
					if s.Value == w {
						return w, true
					}
				}
			}
			bad(a, fmt.Sprintf("%s=%s", a.Name.Name, syntax.Text(u.File, a.X.Range())),
				fmt.Sprintf("%s takes one of: \"%s\"", a.Name.Name, strings.Join(allowed, "\", \"")))
			return "", false
		}
		switch a.Name.Name {
		case "lock":
			if w, ok := word(kindNames[:]...); ok {
				l.Kind, _ = ParseKind(w)
				l.KindSet = true
			}
		case "blocking":
			switch syntax.Text(u.File, a.X.Range()) {
			case "True":
			case "False":
				l.Nonblocking = true
			default:
				bad(a, "blocking="+syntax.Text(u.File, a.X.Range()), "blocking takes True or False")
			}
		case "guard":
			if !isStr || s.Value == "" || !syntax.Identifier(s.Value) {
				bad(a, "guard="+syntax.Text(u.File, a.X.Range()), "guard takes the name of one attribute in quotes: guard=\"_doc\"")
				continue
			}
			l.Guard = s.Value
		case "undecorated":
			if w, ok := word("infer", "error"); ok {
				l.mustDecorate = w == "error"
			}
		case "":
			bad(a, "locked_class takes keyword arguments only", "write lock=\"rwlock\", blocking=True, guard=\"name\" or undecorated=\"infer\"")
		default:
			bad(a, "locked_class has no argument "+a.Name.Name, nearArgument(a.Name.Name)+"it takes lock, blocking, guard and undecorated")
		}
	}
	return l
}
