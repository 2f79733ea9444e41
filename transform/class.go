package transform

// Extension types: their fields, bases and the lock that they ask for.

import (
	"cmp"
	"slices"
	"strings"
	"sync"

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
	defs    []definition // all of them: forward declarations, branches of IF
	extern  bool
	flags   map[string]bool // dataclass, auto_pickle=…, …

	baseOnce sync.Once
	baseIs   *class // see base
	lineOnce sync.Once
	line     []*class // see ancestry
	realOnce sync.Once
	real     *class // see defined
}

// definition is one definition or declaration of a class.
type definition struct {
	*ast.ClassDef
	unit *unit
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
		return // a Python class
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
		known.defs = append(known.defs, definition{def, u})
		m.classDecorators(u, known, def)
		return
	}
	if u.inPxd() {
		known.pxdDef, known.pxdUnit = def, u
	} else {
		known.def, known.unit = def, u
	}
	known.defs = append(known.defs, definition{def, u})
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

// classDecorators reads what the decorators of one definition of a class say of how
// Cython treats it.
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
}

// is reports whether def is one of the class's definitions.
func (c *class) is(def *ast.ClassDef) bool {
	for _, d := range c.defs {
		if d.ClassDef == def {
			return true
		}
	}
	return false
}

// declaring returns the classes that declare an attribute, or any attribute
// where it is not known which.
func (c *class) declaring(field string) []*class {
	var any []*class
	for _, b := range c.ancestry() {
		if b.fields[field] != nil {
			return []*class{b}
		}
		if len(b.order) > 0 {
			any = append(any, b)
		}
	}
	return any
}

// touches reports whether the body of c uses a C attribute of its bases.
func (c *class) touches(bases []*class) bool {
	if c.def == nil {
		return false
	}
	found := false
	ast.Walk(c.def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && !found {
			for _, b := range bases {
				if b.fields[a.Attr.Name] != nil || b.hasCMethod(a.Attr.Name) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// hasCMethod reports whether the class declares name as a cdef method, which
// takes no lock of its own.
func (c *class) hasCMethod(name string) bool {
	for _, def := range []*ast.ClassDef{c.def, c.pxdDef} {
		if def == nil {
			continue
		}
		found := false
		eachStmt(def.Body.Stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.FuncDef:
				if st.Name.Name == name && isCdef(c.mod, c, st) {
					found = true
				}
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					if d.Func && !st.Cpdef && d.Name.Name == name {
						found = true
					}
				}
			}
		})
		if found {
			return true
		}
	}
	return false
}

// fieldClass returns the extension type of a field, or nil.
func (f *field) fieldClass() *class {
	if f.ctype != nil {
		if f.declarator.Pointer > 0 || len(f.declarator.Arrays) > 0 || f.ctype.Memoryview {
			return nil
		}
		return f.mod.lookup(names(f.ctype.Path))
	}
	if f.annotation != nil {
		return f.mod.lookup(dotted(f.annotation))
	}
	return nil
}

// commonClass returns the nearest class that two classes both are, or nil.
func commonClass(c, d *class) *class {
	if c == d || c == nil || d == nil {
		if c == d {
			return c
		}
		return nil
	}
	for _, a := range c.ancestry() {
		if slices.Contains(d.ancestry(), a) {
			return a
		}
	}
	return nil
}

// hasState reports whether c has C attributes, its own or inherited ones.
func (c *class) hasState() bool {
	for _, a := range c.ancestry() {
		if len(a.order) > 0 {
			return true
		}
	}
	return false
}

// complete reports whether all bases of c are in sight, with their bodies.
func (c *class) complete() bool {
	for _, a := range c.ancestry() {
		if a.def == nil {
			return false
		}
		if a.base() == nil {
			for _, d := range a.defs {
				if d.Bases != nil && len(d.Bases.Args) > 0 {
					if path := dotted(d.Bases.Args[0].X); len(path) != 1 || path[0] != "object" {
						return false
					}
				}
			}
		}
	}
	return true
}

// unseenBase reports whether c has a base out of sight that may have C attributes:
// one that is no builtin type.
func (c *class) unseenBase() bool {
	if c.complete() {
		return false
	}
	for _, a := range c.ancestry() {
		if a.def == nil {
			return true
		}
		if a.base() != nil {
			continue
		}
		for _, d := range a.defs {
			if d.Bases != nil && len(d.Bases.Args) > 0 {
				path := dotted(d.Bases.Args[0].X)
				if last := cmp.Or(strings.Join(path[max(len(path)-1, 0):], ""), "?"); objectTypes[last] && !bufferTypes[last] {
					continue // those of Cython's own .pxd files show no pointers
				}
				if _, bound := a.mod.scope.names[cmp.Or(strings.Join(path, "."), "?")]; len(path) != 1 || bound || len(a.mod.scope.stars) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// related reports whether an object can be both a c and a d.
func related(c, d *class) bool {
	return c == nil || d == nil || c == d || slices.Contains(c.ancestry(), d) || slices.Contains(d.ancestry(), c)
}

// autoPickles reports whether Cython may generate __reduce__ for the class: it
// is not known that it does not.
func (c *class) autoPickles() bool {
	if c.flags["auto_pickle=False"] {
		return false
	}
	for _, a := range c.ancestry() {
		for _, f := range a.fields {
			if f.declarator != nil && (f.declarator.Pointer > 0 || f.declarator.Func || f.declarator.Inner != nil || f.ctype != nil && f.ctype.Memoryview) {
				return false
			}
		}
		if a.def == nil {
			continue
		}
		own := map[string]bool{}
		eachStmt(a.def.Body.Stmts, func(st ast.Stmt) {
			if f, ok := st.(*ast.FuncDef); ok {
				own[f.Name.Name] = true
			}
		})
		if own["__cinit__"] || own["__reduce__"] || own["__reduce_ex__"] || own["__reduce_cython__"] || own["__getstate__"] && own["__setstate__"] {
			return false
		}
	}
	return true
}

// place returns where a class is defined, or else declared; nil for neither.
func (c *class) place() (*unit, *ast.ClassDef) {
	if c.def != nil {
		return c.unit, c.def
	}
	return c.pxdUnit, c.pxdDef
}
