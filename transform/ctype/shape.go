package ctype

// Shapes of C types, as far as the model needs them: whether a value is a copy,
// leads into its owner's state, or refers to an object.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Kind is what a value is made of.
type Kind uint8

const (
	Unknown Kind = iota
	Scalar       // a copy: numbers, enums, functions
	Pointer      // pointers, arrays, memoryviews
	Record       // structs, unions, C++ objects
	Object       // a Python object
)

// Shape is what is known of a value by its type.
type Shape struct {
	Kind      Kind
	Depth     int8             // of a pointer
	Elem      Kind             // of a pointer: what it leads to in the end
	Constant  bool             // what it points to in the end is const; of no pointer, it itself is
	Known     bool             // a C++ class that the project declares, which is Cpp
	Axes      int8             // of a memoryview
	array     bool             // a pointer that is an array
	Buffer    bool             // an object whose data attribute is a C pointer
	Container bool             // a builtin that has content of its own to change
	Shares    bool             // a container whose slices share its items
	Atom      bool             // a number or a text of Python's own
	Exact     bool             // an object of a builtin type itself, and of no subclass
	View      bool             // a typed memoryview, which Python can have
	Ref       bool             // a C++ reference: a pointer that is written as what it points to
	Inserts   bool             // a C++ map: looking a key up by m[k] makes an entry
	Holds     bool             // a C++ container of maps
	Returned  bool             // a pointer that a C function returned
	Copied    bool             // of a record: assignment copies all of it, as C++ containers do
	Library   bool             // a container of the C++ library
	Pointers  bool             // a C++ container of pointers: a copy leads where it led
	ToConst   bool             // of these: all lead to what is const
	Handle    bool             // a number by which C code finds something that it keeps elsewhere
	Address   bool             // a number that an address fits into, by the name of its type
	Lock      bool             // a mutex of some kind: guards state, and is none
	Cpp       *project.CppType // the declaration of a C++ class
	Class     *project.Class
	Struct    *project.StructType // the struct that it is or points to in the end, where its members are known
	Func      *Prototype          // the function that it is or points to in the end
}

// Prototype is the type of a function: of what is declared as a pointer to one, or as one.
type Prototype struct {
	Mod        *project.Module
	Type       *ast.CType
	Declarator *ast.Declarator
}

// Array reports whether it is an array, whose name stands for its first element's address.
func (s Shape) Array() bool { return s.array }

// Types tell shapes of declarations.
type Types struct {
	// guards reports whether a class has a lock of its own: of the classes of a
	// fused type one that has stands for all.
	guards func(*project.Class) bool
	fields *cache.Cache[*project.Field, Shape]
}

// New returns the shapes of a project's types. guards tells which classes have a lock.
func New(guards func(*project.Class) bool) *Types {
	t := &Types{guards: guards}
	t.fields = cache.New(t.findFieldShape)
	return t
}

// Member returns the shape of a member of a struct or of a C++ object.
func (p *Types) Member(of Shape, name string) (Shape, bool) {
	switch {
	case of.Struct != nil && of.Struct.Def.Body != nil:
		return p.declared(of.Struct.Mod, of.Struct.Def.Body, name, true)
	case of.Cpp != nil && of.Cpp.Def.Body != nil:
		return p.declared(of.Cpp.Mod, of.Cpp.Def.Body, name, false)
	}
	return Shape{}, false
}

// declared returns the shape of the variable of a name that statements declare. Functions are pointers to such in a struct, and
// methods in a class.
func (p *Types) declared(m *project.Module, in *ast.Suite, name string, pointers bool) (Shape, bool) {
	for _, st := range in.Stmts {
		if st, ok := st.(*ast.CVarDecl); ok {
			for _, d := range st.Declarators {
				if syntax.DeclaredName(d).Name == name && (!d.Func || pointers) {
					return p.Of(m, st.Type, d), true
				}
			}
		}
	}
	return Shape{}, false
}

// PlainData reports whether a struct leads nowhere: a copy of it shares nothing
// with the original.
func (p *Types) PlainData(of *project.StructType, depth int) bool {
	if of == nil || of.Extern || of.Def.Body == nil || depth > 8 {
		return false
	}
	for _, st := range of.Def.Body.Stmts {
		st, ok := st.(*ast.CVarDecl)
		if !ok {
			return false
		}
		for _, d := range st.Declarators {
			switch s := p.Of(of.Mod, st.Type, d); {
			case s.Kind == Scalar:
			case s.Kind == Pointer && s.array && s.Depth == 1 && s.Elem == Scalar:
			case s.Kind == Record && p.PlainData(s.Struct, depth+1):
			default:
				return false
			}
		}
	}
	return true
}

// PlainArray reports whether a value is an array whose items lead nowhere: assigning it copies them.
func (p *Types) PlainArray(s Shape) bool {
	return s.array && s.Depth == 1 && (s.Elem == Scalar || s.Elem == Record && p.PlainData(s.Struct, 0))
}

// Numbers reports whether a struct is declared with numbers alone; one of C code may have more.
func (p *Types) Numbers(of *project.StructType) bool {
	if of == nil || of.Def.Body == nil {
		return false
	}
	some := false
	for _, st := range of.Def.Body.Stmts {
		switch st := st.(type) {
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if p.Of(of.Mod, st.Type, d).Kind != Scalar {
					return false
				}
				some = true
			}
		}
	}
	return some
}

// Of returns the shape of a declaration in m.
func (p *Types) Of(m *project.Module, t *ast.CType, d *ast.Declarator) Shape {
	return p.shapeAt(m, t, d, 0)
}

func (p *Types) shapeAt(m *project.Module, t *ast.CType, d *ast.Declarator, depth int) Shape {
	s := p.OfType(m, t, depth)
	for ; d != nil; d = d.Inner {
		if d.Func {
			return Shape{Kind: Scalar, Func: &Prototype{m, t, d}}
		}
		if n := d.Pointer + len(d.Arrays); n > 0 {
			s = s.Pointer(n, t != nil && t.Const)
			s.array = len(d.Arrays) > 0
		}
		if d.Ref && s.Kind != Object {
			s = s.Pointer(1, t != nil && t.Const)
			s.Ref = true
		}
	}
	return s
}

// Pointer is the shape of something n levels of pointers away from s.
func (s Shape) Pointer(n int, constant bool) Shape {
	out := Shape{Kind: Pointer, Depth: int8(n), Elem: s.Kind, Constant: constant || s.Constant, Inserts: s.Inserts, Holds: s.Holds, Struct: s.Struct, Known: s.Known, Cpp: s.Cpp, Func: s.Func}
	if s.Kind == Pointer {
		out.Depth += s.Depth
		out.Elem = s.Elem
	}
	return out
}

// Behind is the shape of what a pointer leads to.
func (s Shape) Behind() Shape {
	if s.Depth > 1 {
		s.Depth--
		return s
	}
	return Shape{Kind: s.Elem, Constant: s.Constant, Inserts: s.Inserts, Holds: s.Holds, Struct: s.Struct, Known: s.Known, Cpp: s.Cpp, Func: s.Func}
}

// arrayOf is the shape of an array with n dimensions.
func (s Shape) arrayOf(n int, constant bool) Shape {
	s = s.Pointer(n, constant)
	s.array = true
	return s
}

// takesNone reports whether a type is known to be no template and no class, so that what stands
// in brackets behind it is the length of an array.
func (s Shape) takesNone() bool {
	return s.Kind == Scalar || s.Kind == Pointer && s.Axes == 0 && !s.View || s.Kind == Record && s.Struct != nil && s.Cpp == nil && !s.Known
}

// ReadOnly reports whether nothing can be written through a value of the shape:
// through "const T *" that is, but not through "const T **".
func (s Shape) ReadOnly() bool {
	return s.Constant && (s.Kind != Pointer || s.Depth <= 1)
}

// Item is the shape of what a C++ container has in it.
func (s Shape) Item() Shape {
	if s.Pointers {
		return Shape{Kind: Pointer, Depth: 1, Constant: s.ToConst}
	}
	return Shape{Inserts: s.Holds, Holds: s.Holds}
}

// OfType is the shape of a type in m, without a declarator.
func (p *Types) OfType(m *project.Module, t *ast.CType, depth int) Shape {
	if t == nil || depth > 12 {
		return Shape{}
	}
	var s Shape
	switch {
	case t.Memoryview:
		return Shape{Kind: Pointer, Depth: 1, Constant: t.Const, Elem: Scalar, Axes: int8(min(len(t.Args), 8))}
	case t.Tuple != nil:
		return Shape{Kind: Record}
	case t.Basic:
		s = Shape{Kind: Scalar}
	default:
		s = p.OfName(m, syntax.Names(t.Path), t.Name, depth)
		if len(t.Args) > 0 && (s.Kind == Unknown || s.Kind == Record) {
			s.Inserts = strings.HasSuffix(strings.ToLower(t.Name), "map")
			s.ToConst = true
			for _, a := range t.Args {
				in, name, args := p.argument(m, a, depth+1)
				s.Copied = s.Copied && !in.Pointers && p.copies(m, in, name, args, depth+1)
				s.Holds = s.Holds || in.Inserts || in.Holds
				s.Pointers = s.Pointers || s.Copied && in.Kind == Pointer && in.Depth == 1
				s.ToConst = s.ToConst && (in.Kind != Pointer || in.ReadOnly())
			}
			s.ToConst = s.ToConst && s.Pointers
		}
	}
	if s.takesNone() && len(t.Args) > 0 { // "long[8] x"
		s = s.arrayOf(len(t.Args), t.Const)
	}
	if t.Const && (s.array || s.Kind == Scalar || s.Kind == Record && s.Struct != nil) {
		s.Constant = true // "const T x" with an array behind T, or a typedef of what is const
	}
	if t.Declarator != nil { // the abstract declarator of a cast
		for d := t.Declarator; d != nil; d = d.Inner {
			if d.Func {
				return Shape{Kind: Scalar, Func: &Prototype{m, t, d}}
			}
		}
		if n := t.Declarator.Pointer + len(t.Declarator.Arrays); n > 0 {
			s = s.Pointer(n, t.Const)
		}
	}
	return s
}

// inSight reports whether a type that is called as a library's lock is a class of the project's own: what it does
// tells whether it is one, and what its functions write is a state as any other.
func (p *Types) inSight(m *project.Module, path []string) bool {
	c := m.Lookup(path)
	return c != nil && c.Def != nil
}

// OfName is the shape of a type by its dotted name in m; name is what it is where path is
func (p *Types) OfName(m *project.Module, path []string, name string, depth int) Shape {
	if len(path) == 0 {
		if name == "" {
			return Shape{Kind: Object}
		}
		path = strings.Split(name, ".")
	}
	last := path[len(path)-1]
	if library.LockTypes()[last] && !p.inSight(m, path) {
		return Shape{Kind: Record, Lock: true}
	}
	if len(path) == 1 && library.CTypes()[last] {
		return Shape{Kind: Scalar}
	}
	if library.Addresses()[last] {
		return Shape{Kind: Scalar, Address: true}
	}
	if c := m.Lookup(path); c != nil {
		return Shape{Kind: Object, Class: c}
	}
	if r := m.Owner(path); r.Mod != nil {
		if d, ok := r.Mod.CDecls().Types[r.Name]; ok {
			switch {
			case d.Typedef != nil:
				s := p.shapeAt(r.Mod, d.Typedef.Type, d.Typedef.Declarator, depth+1)
				s.Handle = s.Handle || s.Kind == Scalar && s.Func == nil && d.Extern && !numberLike(last)
				return s
			case d.Kind == "enum":
				return Shape{Kind: Scalar}
			case d.Kind == "fused":
				var s Shape
				for i, t := range d.Members {
					n := p.OfType(r.Mod, t, depth+1)
					switch {
					case i == 0:
						s = n
					case n.Kind == Object && s.Kind == Object:
						if !p.guards(s.Class) && n.Class != nil {
							s.Class = n.Class // any of them stands for all
						}
					case n != s:
						return Shape{}
					}
				}
				return s
			}
			return Shape{Kind: Record, Struct: d.Of, Known: d.Kind == "cppclass", Cpp: d.Cpp}
		}
	}
	switch {
	case m.FromCpp(path[0]) && !strings.HasSuffix(last, "iterator") && !strings.HasSuffix(last, "_ptr") && last != "pair" && last != "span" && last != "string_view":
		return Shape{Kind: Record, Copied: true, Library: true}
	case library.ObjectTypes()[last]:
		return Shape{Kind: Object, Container: library.Containers()[last], Shares: library.Sharing()[last], Buffer: library.BufferTypes()[last], Atom: library.Atoms()[last], Exact: library.ExactTypes()[last]}
	case library.CScalars()[last] || library.CTypes()[last]:
		return Shape{Kind: Scalar}
	case last == "const_char" || last == "const_uchar" || last == "const_schar" || last == "const_void": // of libc.string
		return Shape{Kind: Scalar, Constant: true}
	}
	if cy := m.Scope.Names[path[0]]; len(path) == 2 && (cy.Kind == project.BindCython || path[0] == "cython") {
		return cythonShape(last)
	}
	return Shape{}
}

// argument is the shape of an argument of a template, its name and its own arguments. What could be an expression, too,
// is one to the parser: "vector[item]", "vector[pair[int, item]]".
func (p *Types) argument(m *project.Module, a ast.Node, depth int) (Shape, string, []ast.Node) {
	switch a := a.(type) {
	case *ast.CType:
		return p.OfType(m, a, depth), a.Name, a.Args
	case *ast.Subscript:
		sh, name, _ := p.argument(m, a.X, depth)
		var args []ast.Node
		for _, i := range a.Index {
			args = append(args, i)
		}
		return sh, name, args
	case ast.Expr:
		if path := syntax.Dotted(a); path != nil {
			return p.OfName(m, path, "", depth), path[len(path)-1], nil
		}
	}
	return Shape{}, "", nil
}

// copies reports whether a copy of a container of such items leads nowhere, but to what pointers among them lead to.
// Smart pointers and views lead to something.
func (p *Types) copies(m *project.Module, item Shape, name string, args []ast.Node, depth int) bool {
	switch item.Kind {
	case Pointer:
		return item.Depth == 1
	case Record:
		if !item.Copied {
			return p.PlainData(item.Struct, depth)
		}
	case Unknown:
		if name != "pair" {
			return false
		}
	}
	return depth < 8 && !slices.ContainsFunc(args, func(a ast.Node) bool {
		in, name, args := p.argument(m, a, depth+1)
		return in.Kind == Pointer || in.Pointers || !p.copies(m, in, name, args, depth+1)
	})
}

// numberWords are parts of the names that C libraries give to numbers. What a
// header declares under another name and as an integer is a handle: hid_t,
// HANDLE, pthread_t.
var numberWords = []string{
	"int", "long", "short", "char", "float", "double", "size", "limb", "hash", "bool", "len", "off", "time", "real", "bit",
	"flag", "exp", "prec", "ord", "status", "err", "state", "enum", "digit", "word", "byte", "count", "num", "index", "idx",
	"complex", "scalar", "value", "weight", "freq", "code", "tri", "truth", "level", "type", "class", "mode", "diff",
}

func numberLike(name string) bool {
	if library.CScalars()[name] || library.CTypes()[name] {
		return true
	}
	low := strings.ToLower(name)
	return slices.ContainsFunc(numberWords, func(w string) bool { return strings.Contains(low, w) })
}

// cythonShape is the shape of cython.NAME in pure mode.
func cythonShape(name string) Shape {
	switch {
	case strings.HasPrefix(name, "pp") && library.CTypes()[strings.TrimPrefix(name, "pp_")]:
		return Shape{Kind: Pointer, Depth: 2}
	case strings.HasPrefix(name, "p_"):
		return Shape{Kind: Pointer, Depth: 1, Constant: strings.HasPrefix(name, "p_const_")}
	case library.CTypes()[name] || library.CScalars()[name]:
		return Shape{Kind: Scalar}
	}
	return Shape{}
}

// OfNote is the shape of an annotation or of cython.declare's first argument.
func (p *Types) OfNote(m *project.Module, e ast.Expr) Shape {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Call:
		switch m.Scope.CythonAttr(e.Fun, false) {
		case "pointer":
			return Shape{Kind: Pointer, Depth: 1}
		}
		return Shape{}
	case *ast.Subscript:
		if m.Scope.CythonAttr(e.X, false) == "pointer" {
			return Shape{Kind: Pointer, Depth: 1}
		}
		if syntax.HasSlice(e.Index) {
			return Shape{Kind: Pointer, Depth: 1, Axes: int8(min(len(e.Index), 8))} // a memoryview
		}
		if path := syntax.Dotted(e); path != nil {
			return p.OfName(m, path, "", 0)
		}
		s := p.OfNote(m, e.X)
		if s.takesNone() { // cython.double[4]
			s = s.arrayOf(1, false)
		}
		return s
	case nil:
		return Shape{}
	}
	path := syntax.Dotted(e)
	if path == nil {
		return Shape{}
	}
	s := p.OfName(m, path, "", 0)
	if s.Kind == Scalar && len(path) == 1 && (path[0] == "int" || path[0] == "float") {
		return Shape{Kind: Object}
	}
	return s
}

// OfField is the shape of a C attribute.
func (p *Types) OfField(f *project.Field) Shape {
	return p.fields.Get(f)
}

func (p *Types) findFieldShape(f *project.Field) Shape {
	switch {
	case f.Ctype != nil || f.Declarator != nil:
		if f.Ctype == nil {
			return Shape{Kind: Object}
		}
		return p.Of(f.Mod, f.Ctype, f.Declarator)
	case f.Annotation != nil:
		return p.OfNote(f.Mod, f.Annotation)
	}
	return Shape{}
}
