package transform

// Shapes of C types, as far as the model needs them: whether a value is a copy,
// leads into its owner's state, or refers to an object.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
)

type shapeKind uint8

const (
	shapeUnknown shapeKind = iota
	shapeScalar            // a copy: numbers, enums, functions
	shapePointer           // pointers, arrays, memoryviews
	shapeRecord            // structs, unions, C++ objects
	shapeObject            // a Python object
)

type shape struct {
	kind      shapeKind
	depth     int8      // of a pointer
	elem      shapeKind // of a pointer: what it leads to in the end
	constant  bool      // what it points to in the end is const
	known     bool      // a C++ class that the project declares
	axes      int8      // of a memoryview
	array     bool      // a pointer that is an array
	buffer    bool      // an object whose data attribute is a C pointer
	container bool      // a builtin that has content of its own to change
	class     *class
	of        *structType // the struct that it is or points to in the end, where its members are known
	view      bool        // a typed memoryview, which Python can have
	ref       bool        // a C++ reference: a pointer that is written as what it points to
	inserts   bool        // a C++ map: looking a key up by m[k] makes an entry
	holds     bool        // a C++ container of maps
	returned  bool        // a pointer that a C function returned
	copied    bool        // of a record: assignment copies all of it, as C++ containers do
	handle    bool        // a number by which C code finds something that it keeps elsewhere
	lock      bool        // a mutex of some kind: guards state, and is none
}

// ctypes tell shapes of declarations.
type ctypes struct {
	// guards reports whether a class has a lock of its own: of the classes of a
	// fused type one that has stands for all.
	guards func(*class) bool
	fields *cache[*field, shape]
}

func newCtypes(guards func(*class) bool) *ctypes {
	t := &ctypes{guards: guards}
	t.fields = newCache(t.findFieldShape)
	return t
}

// structMember returns the shape of a member.
func (p *ctypes) structMember(of *structType, name string) (shape, bool) {
	if of == nil || of.def.Body == nil {
		return shape{}, false
	}
	for _, st := range of.def.Body.Stmts {
		if st, ok := st.(*ast.CVarDecl); ok {
			for _, d := range st.Declarators {
				if declaredName(d).Name == name {
					return p.shapeOf(of.mod, st.Type, d), true
				}
			}
		}
	}
	return shape{}, false
}

// plainData reports whether a struct leads nowhere: a copy of it shares nothing
// with the original.
func (p *ctypes) plainData(of *structType, depth int) bool {
	if of == nil || of.extern || of.def.Body == nil || depth > 8 {
		return false
	}
	for _, st := range of.def.Body.Stmts {
		st, ok := st.(*ast.CVarDecl)
		if !ok {
			return false
		}
		for _, d := range st.Declarators {
			switch s := p.shapeOf(of.mod, st.Type, d); {
			case s.kind == shapeScalar:
			case s.kind == shapePointer && s.array && s.depth == 1 && s.elem == shapeScalar:
			case s.kind == shapeRecord && p.plainData(s.of, depth+1):
			default:
				return false
			}
		}
	}
	return true
}

// shapeOf returns the shape of a declaration in m.
func (p *ctypes) shapeOf(m *module, t *ast.CType, d *ast.Declarator) shape {
	return p.shapeAt(m, t, d, 0)
}

func (p *ctypes) shapeAt(m *module, t *ast.CType, d *ast.Declarator, depth int) shape {
	s := p.shapeOfType(m, t, depth)
	for ; d != nil; d = d.Inner {
		if d.Func {
			return shape{kind: shapeScalar}
		}
		if n := d.Pointer + len(d.Arrays); n > 0 {
			s = s.pointer(n, t != nil && t.Const)
			s.array = len(d.Arrays) > 0
		}
		if d.Ref && s.kind != shapeObject {
			s = s.pointer(1, t != nil && t.Const)
			s.ref = true
		}
	}
	return s
}

// pointer is the shape of something n levels of pointers away from s.
func (s shape) pointer(n int, constant bool) shape {
	out := shape{kind: shapePointer, depth: int8(n), elem: s.kind, constant: constant, inserts: s.inserts, holds: s.holds, of: s.of, known: s.known}
	if s.kind == shapePointer {
		out.depth += s.depth
		out.elem = s.elem
		out.constant = out.constant || s.constant
	}
	return out
}

// readOnly reports whether nothing can be written through a value of the shape:
// through "const T *" that is, but not through "const T **".
func (s shape) readOnly() bool {
	return s.constant && (s.kind != shapePointer || s.depth <= 1)
}

func (p *ctypes) shapeOfType(m *module, t *ast.CType, depth int) shape {
	if t == nil || depth > 12 {
		return shape{}
	}
	var s shape
	switch {
	case t.Memoryview:
		return shape{kind: shapePointer, depth: 1, constant: t.Const, elem: shapeScalar, axes: int8(min(len(t.Args), 8))}
	case t.Tuple != nil:
		return shape{kind: shapeRecord}
	case t.Basic:
		s = shape{kind: shapeScalar}
	default:
		s = p.shapeOfName(m, names(t.Path), t.Name, depth)
		if len(t.Args) > 0 && (s.kind == shapeUnknown || s.kind == shapeRecord) {
			s.inserts = strings.HasSuffix(strings.ToLower(t.Name), "map")
			for _, a := range t.Args {
				if at, ok := a.(*ast.CType); ok {
					in := p.shapeOfType(m, at, depth+1)
					s.holds = s.holds || in.inserts || in.holds
				}
			}
		}
	}
	if t.Const && s.array {
		s.constant = true // "const T x" with an array behind T
	}
	if t.Declarator != nil { // the abstract declarator of a cast
		if n := t.Declarator.Pointer + len(t.Declarator.Arrays); n > 0 {
			s = s.pointer(n, t.Const)
		}
	}
	return s
}

func (p *ctypes) shapeOfName(m *module, path []string, name string, depth int) shape {
	if len(path) == 0 {
		if name == "" {
			return shape{kind: shapeObject}
		}
		path = strings.Split(name, ".")
	}
	last := path[len(path)-1]
	if lockTypes[last] {
		return shape{kind: shapeRecord, lock: true}
	}
	if len(path) == 1 && cTypes[last] {
		return shape{kind: shapeScalar}
	}
	if c := m.lookup(path); c != nil {
		return shape{kind: shapeObject, class: c}
	}
	if r := m.owner(path); r.mod != nil {
		if d, ok := r.mod.cdecls().types[r.name]; ok {
			switch {
			case d.typedef != nil:
				s := p.shapeAt(r.mod, d.typedef.Type, d.typedef.Declarator, depth+1)
				s.handle = s.handle || s.kind == shapeScalar && d.extern && !numberLike(last)
				return s
			case d.kind == "enum":
				return shape{kind: shapeScalar}
			case d.kind == "fused":
				var s shape
				for i, t := range d.members {
					n := p.shapeOfType(r.mod, t, depth+1)
					switch {
					case i == 0:
						s = n
					case n.kind == shapeObject && s.kind == shapeObject:
						if !p.guards(s.class) && n.class != nil {
							s.class = n.class // any of them stands for all
						}
					case n != s:
						return shape{}
					}
				}
				return s
			}
			return shape{kind: shapeRecord, of: d.of, known: d.kind == "cppclass"}
		}
	}
	switch {
	case m.fromCpp(path[0]) && !strings.HasSuffix(last, "iterator") && !strings.HasSuffix(last, "_ptr") && last != "pair" && last != "span" && last != "string_view":
		return shape{kind: shapeRecord, copied: true}
	case objectTypes[last]:
		return shape{kind: shapeObject, container: containers[last], buffer: bufferTypes[last]}
	case cScalars[last] || cTypes[last]:
		return shape{kind: shapeScalar}
	}
	if cy := m.scope.names[path[0]]; len(path) == 2 && (cy.kind == bindCython || path[0] == "cython") {
		return cythonShape(last)
	}
	return shape{}
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
	if cScalars[name] || cTypes[name] {
		return true
	}
	low := strings.ToLower(name)
	return slices.ContainsFunc(numberWords, func(w string) bool { return strings.Contains(low, w) })
}

// cythonShape is the shape of cython.NAME in pure mode.
func cythonShape(name string) shape {
	switch {
	case strings.HasPrefix(name, "pp") && cTypes[strings.TrimPrefix(name, "pp_")]:
		return shape{kind: shapePointer, depth: 2}
	case strings.HasPrefix(name, "p_"):
		return shape{kind: shapePointer, depth: 1}
	case cTypes[name] || cScalars[name]:
		return shape{kind: shapeScalar}
	}
	return shape{}
}

// shapeOfNote is the shape of an annotation or of cython.declare's first argument.
func (p *ctypes) shapeOfNote(m *module, e ast.Expr) shape {
	switch e := unparen(e).(type) {
	case *ast.Call:
		switch m.scope.cythonAttr(e.Fun, false) {
		case "pointer":
			return shape{kind: shapePointer, depth: 1}
		}
		return shape{}
	case *ast.Subscript:
		if m.scope.cythonAttr(e.X, false) == "pointer" {
			return shape{kind: shapePointer, depth: 1}
		}
		for _, i := range e.Index {
			if _, ok := i.(*ast.Slice); ok {
				return shape{kind: shapePointer, depth: 1, axes: int8(min(len(e.Index), 8))} // a memoryview
			}
		}
		if path := dotted(e); path != nil {
			return p.shapeOfName(m, path, "", 0)
		}
		return p.shapeOfNote(m, e.X)
	case nil:
		return shape{}
	}
	path := dotted(e)
	if path == nil {
		return shape{}
	}
	s := p.shapeOfName(m, path, "", 0)
	if s.kind == shapeScalar && len(path) == 1 && (path[0] == "int" || path[0] == "float") {
		return shape{kind: shapeObject}
	}
	return s
}

// fieldShape is the shape of a C attribute.
func (p *ctypes) fieldShape(f *field) shape {
	return p.fields.get(f)
}

func (p *ctypes) findFieldShape(f *field) shape {
	switch {
	case f.ctype != nil || f.declarator != nil:
		if f.ctype == nil {
			return shape{kind: shapeObject}
		}
		return p.shapeOf(f.mod, f.ctype, f.declarator)
	case f.annotation != nil:
		return p.shapeOfNote(f.mod, f.annotation)
	}
	return shape{}
}
