package transform

// Extension types: their fields, bases and the lock that they ask for.

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"pyxlock/parser/ast"
)

// field is a C attribute.
type field struct {
	mod        *module
	name       string
	ctype      *ast.CType      // nil where declared by annotation or untyped
	declarator *ast.Declarator // nil in pure mode
	annotation ast.Expr        // pure mode: the type expression
	vis        ast.Visibility
	visSpan    ast.Span // what to replace to make it private
	visText    string   // and by what
	unit       *unit
	decl       ast.Node
	// conditional is true inside IF.
	conditional bool

	shapeOnce sync.Once
	shape     shape // see Project.fieldShape
}

// class is a cdef class or a @cython.cclass, with its declarations in the
// .pxd and in the main file merged.
type class struct {
	mod     *module
	name    string
	def     *ast.ClassDef // with the methods; nil where only a .pxd is known
	unit    *unit
	pxdDef  *ast.ClassDef
	pxdUnit *unit
	fields  map[string]*field
	order   []*field
	lock    *lockDecl       // as decorated; nil where it is not
	defs    []*ast.ClassDef // all of them: forward declarations, branches of IF
	extern  bool
	flags   map[string]bool // dataclass, auto_pickle=…, …

	baseOnce sync.Once
	baseIs   *class // see Project.base
	lineOnce sync.Once
	line     []*class // see Project.ancestry
	// locking caches Project.lockChain for one generation of locks.
	locking  atomic.Pointer[chainState]
	realOnce sync.Once
	real     *class    // see Project.defined
	own      methodSet // see module.funcs
}

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

// where returns the unit and definition that hold the class's fields.
func (c *class) where() (*unit, *ast.ClassDef) {
	if c.pxdDef != nil {
		return c.pxdUnit, c.pxdDef
	}
	return c.unit, c.def
}

func (m *module) collectClasses(u *unit, stmts []ast.Stmt) {
	m.collectClassesIn(u, stmts, false)
}

func (m *module) collectClassesIn(u *unit, stmts []ast.Stmt, extern bool) {
	for _, st := range stmts {
		if c, ok := st.(*ast.ClassDef); ok {
			m.collectClass(u, c, extern)
			continue
		}
		if opensScope(st) {
			continue
		}
		_, ext := st.(*ast.ExternBlock)
		for _, b := range suites(st) {
			m.collectClassesIn(u, b.Stmts, extern || ext)
		}
	}
}

func (m *module) collectClass(u *unit, def *ast.ClassDef, extern bool) {
	known := m.classes[def.Name.Name]
	if !def.CClass && known == nil && !m.hasDecorator(def.Decorators, "cclass") {
		if d := m.lockDecorator(def.Decorators, "locked_class"); d != nil {
			m.report(u, d.Range(), codeMisplaced, "locked_class on a Python class",
				"only extension types have C state to guard: make it a `cdef class`, or add `@cython.cclass`")
		}
		return
	}
	if known == nil {
		known = &class{mod: m, name: def.Name.Name, fields: map[string]*field{}, flags: map[string]bool{}}
		m.classes[known.name] = known
		m.order = append(m.order, known)
		m.scope.names[known.name] = binding{kind: bindClass, class: known, src: u.source}
	}
	if def.Body == nil { // a forward declaration
		if known.def == nil && known.pxdDef == nil {
			known.extern = known.extern || extern || def.Visibility == ast.Extern
		}
		known.defs = append(known.defs, def)
		m.classDecorators(u, known, def)
		return
	}
	if u.inPxd() {
		known.pxdDef, known.pxdUnit = def, u
	} else {
		known.def, known.unit = def, u
	}
	known.defs = append(known.defs, def)
	known.extern = known.extern || extern || def.Visibility == ast.Extern || len(def.Module) > 0
	m.classDecorators(u, known, def)
	known.collectFields(u, def.Body.Stmts, ast.Private, ast.Span{})
}

func (m *module) hasDecorator(decs []*ast.Decorator, name string) bool {
	for _, d := range decs {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		if m.scope.cythonAttr(e, false) == name {
			return true
		}
	}
	return false
}

// collectFields gathers the C attributes of a class body.
func (c *class) collectFields(u *unit, stmts []ast.Stmt, vis ast.Visibility, visSpan ast.Span) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.CVarDecl:
			v, span := st.Visibility, st.VisSpan
			if v == ast.Private {
				v, span = vis, visSpan
			}
			for _, d := range st.Declarators {
				name := declaredName(d)
				method := d.Func && (d.Inner == nil || d.Inner.Pointer == 0) // and no pointer to a function
				if method || name.Name == "" {
					continue
				}
				c.addField(&field{mod: c.mod, name: name.Name, ctype: st.Type, declarator: d, vis: v, visSpan: span, unit: u, decl: st})
			}
		case *ast.CdefBlock:
			v, span := st.Visibility, st.VisSpan
			if v == ast.Private {
				v, span = vis, visSpan
			}
			c.collectFields(u, st.Body.Stmts, v, span)
		case *ast.CondStmt, *ast.If:
			before := len(c.order)
			for _, b := range suites(st) {
				c.collectFields(u, b.Stmts, vis, visSpan)
			}
			for _, f := range c.order[before:] {
				f.conditional = true
			}
		case *ast.ExprStmt: // cython.declare(x=cython.int, …)
			call, ok := st.X.(*ast.Call)
			if !ok || call.Fun == nil || c.mod.scope.cythonAttr(call.Fun, false) != "declare" {
				continue
			}
			for _, a := range call.Args {
				if a.Name.Name != "" {
					c.addField(&field{mod: c.mod, name: a.Name.Name, annotation: a.X, unit: u, decl: st})
				}
			}
		case *ast.Assign:
			if u.file.Pure || st.Annotation != nil {
				c.pureField(u, st)
			} else if len(st.Targets) == 1 {
				c.pureField(u, st)
			}
		}
	}
}

// pureField handles "x: T", "x: T = v" and "x = cython.declare(T, visibility='public')".
func (c *class) pureField(u *unit, st *ast.Assign) {
	if len(st.Targets) != 1 {
		return
	}
	n, ok := st.Targets[0].(*ast.Name)
	if !ok {
		return
	}
	f := &field{mod: c.mod, name: n.Name, annotation: st.Annotation, unit: u, decl: st}
	call, _ := st.Value.(*ast.Call)
	if call != nil && call.Fun != nil && c.mod.scope.cythonAttr(call.Fun, false) == "declare" {
		for i, a := range call.Args {
			switch {
			case a.Name.Name == "visibility":
				s, ok := a.X.(*ast.Str)
				if !ok {
					continue
				}
				switch s.Value {
				case "public":
					f.vis = ast.Public
				case "readonly":
					f.vis = ast.Readonly
				}
				f.visSpan, f.visText = s.Span, "'private'"
			case i == 0 && a.Name.Name == "":
				f.annotation = a.X
			}
		}
	} else if st.Annotation == nil {
		return
	}
	c.addField(f)
}

func (c *class) addField(f *field) {
	if old, ok := c.fields[f.name]; ok { // declared in the .pxd too
		if f.vis != ast.Private && old.vis == ast.Private {
			old.vis = f.vis
		}
		return
	}
	c.fields[f.name] = f
	c.order = append(c.order, f)
}

// classDecorators reads the decorators of one definition of a class.
func (m *module) classDecorators(u *unit, c *class, def *ast.ClassDef) {
	for _, d := range def.Decorators {
		fun, call := d.Expr, (*ast.Call)(nil)
		if cl, ok := fun.(*ast.Call); ok {
			fun, call = cl.Fun, cl
		}
		name := m.scope.cythonAttr(fun, false)
		switch name {
		case "auto_pickle":
			if call != nil && len(call.Args) == 1 {
				c.flags["auto_pickle="+text(u.file, call.Args[0].X.Range())] = true
			}
		default:
			if strings.Contains(text(u.file, fun.Range()), "dataclass") {
				c.flags["dataclass"] = true
			}
		}
	}
	for _, d := range m.lockDecorators(def.Decorators) {
		if d.name != "locked_class" {
			m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a class",
				"it goes on methods and functions; a class takes `@cython.locked_class`")
			continue
		}
		l := m.parseLocked(u, c, d)
		if old := c.lock; old != nil {
			if old.def == def {
				m.report(u, d.dec.Range(), codeContradict, "locked_class given twice for "+c.name, "keep one of them")
			} else if old.kind != l.kind || old.guard != l.guard || old.nonblocking != l.nonblocking || old.mustDecorate != l.mustDecorate {
				m.report(u, d.dec.Range(), codeContradict,
					fmt.Sprintf("locked_class of %s has other arguments here than in its other declaration", c.name),
					"give it once, on the declaration in the .pxd or on the class itself")
			}
			continue
		}
		l.def = def
		c.lock = l
	}
}

func (m *module) parseLocked(u *unit, c *class, d lockDec) *lockDecl {
	l := &lockDecl{class: c, unit: u, dec: d.dec}
	bad := func(a ast.Arg, msg, help string) { m.report(u, a.Span, codeArgument, msg, help) }
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
			bad(a, "locked_class has no argument "+a.Name.Name, nearArgument(a.Name.Name)+"it takes lock, blocking, guard and undecorated")
		}
	}
	return l
}

func identifier(s string) bool {
	for i, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80 || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return s != ""
}

// is reports whether def is one of the class's definitions.
func (c *class) is(def *ast.ClassDef) bool {
	for _, d := range c.defs {
		if d == def {
			return true
		}
	}
	return false
}
