package project

// Extension types: their fields, bases and the lock that they ask for.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/syntax"
)

// Field is a C attribute.
type Field struct {
	Mod        *Module
	Name       string
	Ctype      *ast.CType      // nil where declared by annotation or untyped
	Declarator *ast.Declarator // nil in pure mode
	Annotation ast.Expr        // pure mode: the type expression
	Vis        ast.Visibility
	VisSpan    ast.Span // what to replace to make it private
	VisText    string   // and by what
	Unit       *Unit
	Decl       ast.Node
	// Conditional is true inside IF.
	Conditional bool
}

// Class is a cdef class or a @cython.cclass, with its declarations in the
// .pxd and in the main file merged.
type Class struct {
	cache.Key   // among the project's classes
	Mod         *Module
	Name        string
	Def         *ast.ClassDef // with the methods; nil where only a .pxd is known
	Unit        *Unit
	PxdDef      *ast.ClassDef
	PxdUnit     *Unit
	FieldByName map[string]*Field
	Fields      []*Field
	Defs        []Definition // all of them: forward declarations, branches of IF
	Extern      bool
	Flags       map[string]bool // dataclass, auto_pickle=…, …

	base cache.Value[*Class]   // see Base
	line cache.Value[[]*Class] // see Ancestry
	real cache.Value[*Class]   // see defined

	baseUnread cache.Value[bool] // see BaseUnread
	pickles    cache.Value[bool] // see AutoPickles
}

// Definition is one definition or declaration of a class.
type Definition struct {
	*ast.ClassDef
	unit *Unit
}

// Where returns the unit and definition that hold the class's fields.
func (c *Class) Where() (*Unit, *ast.ClassDef) {
	if c.PxdDef != nil {
		return c.PxdUnit, c.PxdDef
	}
	return c.Unit, c.Def
}

func (m building) collectClasses(u *Unit, stmts []ast.Stmt) {
	m.collectClassesIn(u, stmts, false)
}

func (m building) collectClassesIn(u *Unit, stmts []ast.Stmt, extern bool) {
	for _, st := range stmts {
		if c, ok := st.(*ast.ClassDef); ok {
			m.collectClass(u, c, extern)
			continue
		}
		if syntax.OpensScope(st) {
			continue
		}
		_, ext := st.(*ast.ExternBlock)
		for b := range syntax.Suites(st) {
			m.collectClassesIn(u, b.Stmts, extern || ext)
		}
	}
}

func (m building) collectClass(u *Unit, def *ast.ClassDef, extern bool) {
	known := m.ClassByName[def.Name.Name]
	if !def.CClass && known == nil && !m.hasDecorator(def.Decorators, "cclass") {
		return // a Python class
	}
	if known == nil {
		known = &Class{Key: cache.Key(m.proj.numbered.classes.Add(1) - 1), Mod: m.Module, Name: def.Name.Name, FieldByName: map[string]*Field{}, Flags: map[string]bool{}}
		m.ClassByName[known.Name] = known
		m.Classes = append(m.Classes, known)
		m.Scope.Names[known.Name] = Binding{Kind: bindClass, class: known, Src: u.Source}
	}
	if def.Body == nil { // a forward declaration
		if known.Def == nil && known.PxdDef == nil {
			known.Extern = known.Extern || extern || def.Visibility == ast.Extern
		}
		known.Defs = append(known.Defs, Definition{def, u})
		m.classDecorators(u, known, def)
		return
	}
	if u.InPxd() {
		known.PxdDef, known.PxdUnit = def, u
	} else {
		known.Def, known.Unit = def, u
	}
	known.Defs = append(known.Defs, Definition{def, u})
	known.Extern = known.Extern || extern || def.Visibility == ast.Extern || len(def.Module) > 0
	m.classDecorators(u, known, def)
	known.collectFields(u, def.Body.Stmts, ast.Private, ast.Span{})
}

func (m *Module) hasDecorator(decs []*ast.Decorator, name string) bool {
	for _, d := range decs {
		e := d.Expr
		if c, ok := e.(*ast.Call); ok {
			e = c.Fun
		}
		if m.Scope.CythonAttr(e, false) == name {
			return true
		}
	}
	return false
}

// Finally reports whether one of some decorators is @cython.final.
func (m *Module) Finally(decs []*ast.Decorator) bool { return m.hasDecorator(decs, "final") }

// collectFields gathers the C attributes of a class body.
func (c *Class) collectFields(u *Unit, stmts []ast.Stmt, vis ast.Visibility, visSpan ast.Span) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.CVarDecl:
			v, span := st.Visibility, st.VisSpan
			if v == ast.Private {
				v, span = vis, visSpan
			}
			for _, d := range st.Declarators {
				name := syntax.DeclaredName(d)
				method := d.Func && (d.Inner == nil || d.Inner.Pointer == 0) // and no pointer to a function
				if method || name.Name == "" {
					continue
				}
				c.addField(&Field{Mod: c.Mod, Name: name.Name, Ctype: st.Type, Declarator: d, Vis: v, VisSpan: span, Unit: u, Decl: st})
			}
		case *ast.CdefBlock:
			v, span := st.Visibility, st.VisSpan
			if v == ast.Private {
				v, span = vis, visSpan
			}
			c.collectFields(u, st.Body.Stmts, v, span)
		case *ast.CondStmt, *ast.If:
			before := len(c.Fields)
			for b := range syntax.Suites(st) {
				c.collectFields(u, b.Stmts, vis, visSpan)
			}
			for _, f := range c.Fields[before:] {
				f.Conditional = true
			}
		case *ast.ExprStmt: // cython.declare(x=cython.int, …)
			call, ok := st.X.(*ast.Call)
			if !ok || call.Fun == nil || c.Mod.Scope.CythonAttr(call.Fun, false) != "declare" {
				continue
			}
			for _, a := range call.Args {
				if a.Name.Name != "" {
					c.addField(&Field{Mod: c.Mod, Name: a.Name.Name, Annotation: a.X, Unit: u, Decl: st})
				}
			}
		case *ast.Assign:
			if u.File.Pure || st.Annotation != nil {
				c.pureField(u, st)
			} else if len(st.Targets) == 1 {
				c.pureField(u, st)
			}
		}
	}
}

// pureField handles "x: T", "x: T = v" and "x = cython.declare(T, visibility='public')".
func (c *Class) pureField(u *Unit, st *ast.Assign) {
	if len(st.Targets) != 1 {
		return
	}
	n, ok := st.Targets[0].(*ast.Name)
	if !ok {
		return
	}
	f := &Field{Mod: c.Mod, Name: n.Name, Annotation: st.Annotation, Unit: u, Decl: st}
	call, _ := st.Value.(*ast.Call)
	if call != nil && call.Fun != nil && c.Mod.Scope.CythonAttr(call.Fun, false) == "declare" {
		for i, a := range call.Args {
			switch {
			case a.Name.Name == "visibility":
				s, ok := a.X.(*ast.Str)
				if !ok {
					continue
				}
				switch s.Value {
				case "public":
					f.Vis = ast.Public
				case "readonly":
					f.Vis = ast.Readonly
				}
				f.VisSpan, f.VisText = s.Span, "'private'"
			case i == 0 && a.Name.Name == "":
				f.Annotation = a.X
			}
		}
	} else if st.Annotation == nil {
		return
	}
	c.addField(f)
}

func (c *Class) addField(f *Field) {
	if old, ok := c.FieldByName[f.Name]; ok { // declared in the .pxd too
		if f.Vis != ast.Private && old.Vis == ast.Private {
			old.Vis = f.Vis
		}
		return
	}
	c.FieldByName[f.Name] = f
	c.Fields = append(c.Fields, f)
}

// classDecorators reads what the decorators of one definition of a class say of how
// Cython treats it.
func (m building) classDecorators(u *Unit, c *Class, def *ast.ClassDef) {
	for _, d := range def.Decorators {
		fun, call := d.Expr, (*ast.Call)(nil)
		if cl, ok := fun.(*ast.Call); ok {
			fun, call = cl.Fun, cl
		}
		name := m.Scope.CythonAttr(fun, false)
		switch name {
		case "final", "internal":
			c.Flags[name] = true
		case "auto_pickle":
			if call != nil && len(call.Args) == 1 {
				c.Flags["auto_pickle="+syntax.Text(u.File, call.Args[0].X.Range())] = true
			}
		default:
			if strings.Contains(syntax.Text(u.File, fun.Range()), "dataclass") {
				c.Flags["dataclass"] = true
			}
		}
	}
}

// Is reports whether def is one of the class's definitions.
func (c *Class) Is(def *ast.ClassDef) bool {
	for _, d := range c.Defs {
		if d.ClassDef == def {
			return true
		}
	}
	return false
}

// Touches reports whether the body of c uses a C attribute of its bases.
func (c *Class) Touches(bases []*Class) bool {
	if c.Def == nil {
		return false
	}
	found := false
	ast.Walk(c.Def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok && !found {
			for _, b := range bases {
				if b.FieldByName[a.Attr.Name] != nil || b.hasCMethod(a.Attr.Name) {
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
func (c *Class) hasCMethod(name string) bool {
	for _, def := range []*ast.ClassDef{c.Def, c.PxdDef} {
		if def == nil {
			continue
		}
		found := false
		syntax.EachStmt(def.Body.Stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.FuncDef:
				if st.Name.Name == name && IsCdef(c.Mod, c, st) {
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

// Class returns the extension type of a field, or nil.
func (f *Field) Class() *Class {
	if f.Ctype != nil {
		if f.Declarator.Pointer > 0 || len(f.Declarator.Arrays) > 0 || f.Ctype.Memoryview {
			return nil
		}
		return f.Mod.Lookup(syntax.Names(f.Ctype.Path))
	}
	if f.Annotation != nil {
		return f.Mod.Lookup(syntax.Dotted(f.Annotation))
	}
	return nil
}

// AutoPickles reports whether Cython may generate __reduce__ for the class: it
// is not known that it does not.
func (c *Class) AutoPickles() bool { return c.pickles.Get(c.findAutoPickles) }

func (c *Class) findAutoPickles() bool {
	if c.Flags["auto_pickle=False"] {
		return false
	}
	for _, a := range c.Ancestry() {
		for _, f := range a.FieldByName {
			if d := f.Declarator; d != nil && (d.Pointer > 0 && !(d.Pointer == 1 && d.Inner == nil && !d.Func && isChar(f.Mod, f.Ctype)) || d.Func || d.Inner != nil || f.Ctype != nil && f.Ctype.Memoryview) {
				return false
			}
		}
		if a.Def == nil {
			continue
		}
		own := map[string]bool{}
		syntax.EachStmt(a.Def.Body.Stmts, func(st ast.Stmt) {
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

// isChar reports whether a type may be one of C's characters: Cython makes bytes of a pointer to
// them, and the other way round.
func isChar(m *Module, t *ast.CType) bool {
	for range 8 {
		if t == nil {
			return false
		}
		switch t.Name {
		case "char", "signed char", "unsigned char", "Py_UNICODE":
			return true
		}
		r := m.Owner(syntax.Names(t.Path))
		if r.Mod == nil {
			return false
		}
		d, ok := r.Mod.CDecls().Types[r.Name]
		if !ok || d.Typedef == nil || d.Typedef.Declarator == nil || d.Typedef.Declarator.Pointer > 0 {
			return false
		}
		m, t = r.Mod, d.Typedef.Type
	}
	return false
}

// Place returns where a class is defined, or else declared; nil for neither.
func (c *Class) Place() (*Unit, *ast.ClassDef) {
	if c.Def != nil {
		return c.Unit, c.Def
	}
	return c.PxdUnit, c.PxdDef
}
