package checked

// Uses of C attributes, each with what has to be known to check it.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Form is how a use can be checked.
type Form uint8

const (
	// Wrapped: the object passes through a function that checks and returns it.
	Wrapped Form = iota
	// Before: a statement comes before the one that the use is in, on its line.
	Before
	// Guarded: the use becomes the first branch of a conditional expression whose
	// condition checks and always holds. The second branch is the same text.
	Guarded
)

// Use is one use of a C attribute.
type Use struct {
	Unit  *project.Unit
	X     ast.Expr       // the object
	Class *project.Class // its static type
	Field *project.Field
	Place string // what the checker reads, see runtime/pyxlock_check.pxd
	Form  Form
	Stmt  ast.Stmt // of Before
	Chain ast.Expr // of Guarded: what becomes the branches
	// Guards are the attributes that lead to the object whose lock guards this one's state;
	// none where it is its own. Mutex means that the lock is a mutex in that.
	Guards []string
	Mutex  bool
	// Leads means that an item of a with statement begins with the object: a bracket there
	// would be one round all items.
	Leads bool
}

// Checker finds uses.
type Checker struct {
	Types *ctype.Types
	Locks *decorator.Locks
	// Called returns what a file is called in reports.
	Called func(path string) string
	// Hands tells the locks that people placed in a module.
	Hands func(*project.Module) *handlock.Names
	// Function tells what headers and settings say that a C function does to its i-th
	// parameter, Method what they say that a method does to its object; nil says nothing.
	Function func(m *project.Module, f project.CFunc, i int) Says
	Method   func(m *project.Module, t *project.CppType, name string, args int) Says
}

// finder does it for one file.
type finder struct {
	types
	files map[*project.Unit]*finder // of the module
	found []*ast.Attribute
	uses  []Use
}

// Done reports whether a file has checks already.
func Done(u *project.Unit) bool { return bytes.Contains(u.Src, []byte("pyxlock_check")) }

// Find returns the uses in a module that can be checked, file by file, in the order of the
// source.
func (c *Checker) Find(m *project.Module) []Use {
	var out []Use
	files := map[*project.Unit]*finder{}
	for _, u := range m.Units {
		if Done(u) {
			continue
		}
		f := &finder{types: types{c, m, u, map[ast.Node]ast.Node{}, map[ast.Node]*variables{}, map[string]bool{}}, files: files}
		f.file()
		files[u] = f
	}
	for _, u := range m.Units {
		if f := files[u]; f != nil {
			for _, a := range f.found {
				f.attribute(a)
			}
			out = append(out, f.uses...)
		}
	}
	return out
}

// file notes what stands in what.
func (f *finder) file() {
	var stack []ast.Node
	ast.Walk(&ast.Suite{Span: f.u.File.Span, Stmts: f.u.File.Body}, func(n ast.Node) bool {
		s := n.Range()
		for len(stack) > 0 {
			if top := stack[len(stack)-1].Range(); top.Pos <= s.Pos && s.End <= top.End {
				f.parents[n] = stack[len(stack)-1]
				break
			}
			stack = stack[:len(stack)-1]
		}
		stack = append(stack, n)
		if a, ok := n.(*ast.Attribute); ok {
			f.found = append(f.found, a)
		}
		return true
	})
}

// attribute looks at x.name.
func (f *finder) attribute(a *ast.Attribute) {
	c := f.class(a.X)
	if c == nil || !f.checks(c) || strings.HasPrefix(a.Attr.Name, "__") {
		return
	}
	fd := c.Field(a.Attr.Name)
	if fd == nil {
		return
	}
	shape := f.Types.OfField(fd)
	at := f.surroundings(a)
	if shape.Lock || at.unevaluated || at.exempt(f.m, a.X) {
		return
	}
	use := Use{Unit: f.u, X: a.X, Class: c, Field: fd, Leads: at.leads}
	lock := f.Locks.Of(c)
	if lock != nil {
		use.Guards, use.Mutex = Guards(f.Locks, c), lock.Kind == decorator.Mutex
	}
	switch {
	case !at.nogil && !at.inString:
		use.Form = Wrapped
	case !stable(a.X) || len(use.Guards) > 1: // None may be on the way
		return
	case at.simple != nil && !at.conditional:
		use.Form, use.Stmt = Before, at.simple
	case at.nogil && !at.inString:
		use.Form, use.Chain = Guarded, f.chain(a)
		if use.Chain == nil || f.shape(use.Chain).Array() {
			return
		}
	default:
		return
	}
	at.noLock = at.noLock || lock == nil && slices.ContainsFunc(c.Ancestry(), func(a *project.Class) bool { return f.Locks.Exempted(a) != nil })
	by := lockLetter(lock)
	if at.otherLock || lock == nil && f.hasLock(c) {
		by = 'o'
	}
	use.Place = f.place(a, c, f.does(a, shape), by, at)
	f.uses = append(f.uses, use)
}

// Guards returns the attributes that lead from an object of a class to the one whose lock
// guards its state: a guard may have a guard.
func Guards(locks *decorator.Locks, c *project.Class) (out []string) {
	for len(out) < 10 && c != nil { // a circle is refused elsewhere
		lock := locks.Of(c)
		if lock == nil || lock.Guard == "" {
			break
		}
		out = append(out, lock.Guard)
		fd := c.Field(lock.Guard)
		if fd == nil {
			break
		}
		c = fd.Class()
	}
	return out
}

// checks reports whether uses of a class's objects are checked: it is one of the project with
// state of its own, or locked.
func (f *finder) checks(c *project.Class) bool {
	return f.Locks.Of(c) != nil || !c.Extern && c.Def != nil && c.HasState()
}

// hasLock reports whether objects of a class have a lock that people placed.
func (f *finder) hasLock(c *project.Class) bool {
	for _, a := range c.Ancestry() {
		names := f.Hands(a.Mod)
		for _, fd := range a.Fields {
			if s := f.Types.OfField(fd); s.Lock || s.Kind == ctype.Object && (handlock.Like(fd.Name) || names.Typed(fd.Name)) {
				return true
			}
		}
	}
	return false
}

// stable reports whether an expression may be evaluated twice: it is a name, or attributes of
// one.
func stable(e ast.Expr) bool {
	switch e := syntax.Bare(e).(type) {
	case *ast.Name:
		return true
	case *ast.Attribute:
		return stable(e.X)
	}
	return false
}

// place is the text by which the checker knows a use.
func (f *finder) place(a *ast.Attribute, c *project.Class, does, by byte, at *surroundings) string {
	flag := map[[2]bool]byte{{true, false}: '.', {false, false}: 'n', {true, true}: ':', {false, true}: 'N'}[[2]bool{!at.noexcept, at.noLock}]
	return place(f.u, f.Called(f.u.Path), a.Attr.Pos, c, a.Attr.Name, at.name, does, flag, by)
}

func place(u *project.Unit, file string, pos int32, c *project.Class, attribute, function string, does, flag, by byte) string {
	return fmt.Sprintf("%c%02x%c%c%d:%s.%s:%s:%s", does, slot(c, attribute), flag, by, syntax.Line(u.File, pos)+1, c.Name, attribute, function, file)
}

// AccessorPlace is the place of a use in the property that stands for an attribute. Its line is
// that of the attribute's declaration, in a file that is called so.
func AccessorPlace(file string, c *project.Class, fd *project.Field, write bool, lock *decorator.Info) string {
	does := byte(reads)
	if write {
		does = writes
	}
	return place(fd.Unit, file, fd.Decl.Range().Pos, c, fd.Name, c.Name+"."+fd.Name, does, '.', lockLetter(lock))
}

// LockPlace is the place at which a function takes locks, in a file that is called so.
func LockPlace(u *project.Unit, file string, pos int32, function string) string {
	return fmt.Sprintf("l00.:%d:-:%s:%s", syntax.Line(u.File, pos)+1, function, file)
}

// lockLetter says what kind of lock the checker has to ask for.
func lockLetter(lock *decorator.Info) byte {
	if lock != nil && lock.Kind == decorator.CriticalSection {
		return 's'
	}
	return ':'
}

// slot numbers the attributes of an object, those of its bases first. There is room for 64;
// the rest share the last number.
func slot(c *project.Class, name string) int {
	n := 0
	line := c.Ancestry()
	for i := len(line) - 1; i >= 0; i-- {
		for _, fd := range line[i].Fields {
			if fd.Name == name {
				return min(n, 63)
			}
			n++
		}
	}
	return 63
}
