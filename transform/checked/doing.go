package checked

// What is done to an attribute, by the syntax round it and by what is declared of it and of
// the functions that it is passed to.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// As pyxlock_check.pxd has them: the attribute itself is read or written, or what it leads
// to is, or code gets it that may do either: C of which nobody knows what it does, or
// whatever gets hold of it.
const (
	reads        = 'r'
	writes       = 'w'
	readsInside  = 'R'
	writesInside = 'W'
	passesToC    = 'C'
	handsOut     = 'M'
)

// stronger orders them: of two things that are done, what asks for more.
const stronger = "rRMCW"

// Says is what is known of what C does to what it is given.
type Says uint8

// The answers. Nobody can say whether it writes, if nothing says so.
const (
	Nothing Says = iota
	OnlyReads
	Writes
)

func implicitStatic(name string) bool { return library.ImplicitStatic()[name] }
func binop(name string) bool          { return library.Binops()[name] }

// viewFacts are attributes of a memoryview that tell of it, and not what is in it.
var viewFacts = map[string]bool{"shape": true, "strides": true, "suboffsets": true, "ndim": true, "size": true, "nbytes": true, "itemsize": true}

// does says what happens to an attribute of a shape.
func (f *finder) does(a *ast.Attribute, shape ctype.Shape) byte {
	inline := shape.Kind == ctype.Record || shape.Array()
	switch a.Access {
	case ast.Write, ast.Aug, ast.Delete, ast.ForTarget:
		return writes
	case ast.Called:
		return reads
	case ast.StoreThrough:
		if shape.Kind == ctype.Object || shape.Kind == ctype.Scalar {
			return reads
		}
		return writesInside
	case ast.AddressOf:
		if shape.Kind == ctype.Object && !f.isAddress(f.parents[a]) {
			return reads
		}
		return f.handed(f.address(a), handsOut, shape.Pointer(1, false), nil)
	}
	if shape.Kind == ctype.Scalar || shape.Kind == ctype.Object {
		return reads
	}
	return f.through(a, shape, inline, nil)
}

// isAddress reports whether a node takes an address.
func (f *finder) isAddress(n ast.Node) bool {
	u, ok := n.(*ast.Unary)
	return ok && u.Op == "&"
}

// address returns what takes the address that an attribute is a part of.
func (f *finder) address(a ast.Node) ast.Node {
	for n := a; n != nil; n = f.parents[n] {
		if _, ok := n.(ast.Stmt); ok {
			break
		}
		if f.isAddress(n) {
			return n
		}
	}
	return a
}

// through follows a pointer, record, view or C++ object that is read to what is wanted of it.
// way has the variables that led there.
func (f *finder) through(a ast.Node, shape ctype.Shape, inline bool, way *way) byte {
	does, inside := f.led(a, shape, inline, way)
	if inside {
		return inward(does)
	}
	return does
}

// led does it, and tells whether it went inside.
func (f *finder) led(a ast.Node, shape ctype.Shape, inline bool, way *way) (does byte, inside bool) {
	top := a
	for {
		switch n := f.parents[top].(type) {
		case *ast.Paren, *ast.Cast:
			top = n
			continue
		case *ast.Attribute:
			if shape.Axes > 0 && !inside && viewFacts[n.Attr.Name] {
				return reads, inside
			}
			if n.Access == ast.Called {
				return f.method(shape, n, way), inside
			}
			if next, ok := f.Types.Member(shape, n.Attr.Name); ok {
				shape = next
			} else {
				shape = ctype.Shape{}
			}
			top, inside = n, true
			continue
		case *ast.Subscript:
			if n.X == top {
				shape = item(n, shape)
				top, inside = n, true
				continue
			}
		case *ast.Binary:
			if (n.Op == "+" || n.Op == "-") && shape.Kind == ctype.Pointer { // another pointer
				top = n
				continue
			}
		}
		break
	}
	switch shape.Kind {
	case ctype.Scalar, ctype.Object:
		return readsInside, inside // the attribute itself was neither
	case ctype.Record:
		return f.handed(top, readsInside, ctype.Shape{}, way), inside // copied
	case ctype.Pointer:
		if shape.ReadOnly() {
			if inside || inline {
				return readsInside, inside
			}
			return f.handed(top, readsInside, ctype.Shape{}, way), inside
		}
	case ctype.Unknown:
		if inside {
			return f.handed(top, readsInside, ctype.Shape{}, way), inside
		}
	}
	return f.handed(top, handsOut, shape, way), inside
}

// item is the shape of what a subscript gives.
func item(n *ast.Subscript, s ctype.Shape) ctype.Shape {
	if s.Axes > 0 {
		if syntax.HasSlice(n.Index) || len(n.Index) < int(s.Axes) {
			return s
		}
		return ctype.Shape{Kind: s.Elem}
	}
	switch {
	case s.Kind != ctype.Pointer:
		return ctype.Shape{}
	case s.Depth > 1:
		s.Depth--
		return s
	}
	return ctype.Shape{Kind: s.Elem, Struct: s.Struct, Known: s.Known, Cpp: s.Cpp}
}

// method says what calling a method of a C++ object does to that.
func (f *finder) method(shape ctype.Shape, fun *ast.Attribute, way *way) byte {
	name := fun.Attr.Name
	call, _ := f.parents[fun].(*ast.Call)
	says := Nothing
	if f.Method != nil && shape.Cpp != nil && call != nil {
		says = f.Method(f.m, shape.Cpp, name, len(call.Args))
	}
	switch {
	case shape.Kind == ctype.Object || shape.Axes > 0 && name != "copy":
		return reads
	case library.CppSizes()[name]:
		return readsInside
	case says == Writes || library.CppWriters()[name] && !shape.Known:
		return writesInside
	case says == OnlyReads || shape.Cpp != nil && isConst(shape.Cpp, name) || library.CppReaders()[name] && !shape.Known:
		return f.part(call, way)
	case shape.Cpp != nil:
		return passesToC
	}
	return handsOut
}

// part follows what a method of a C++ object returns, which may be a part of it: the
// pointer of a unique_ptr, an item of a vector.
func (f *finder) part(call *ast.Call, way *way) byte {
	if call == nil {
		return readsInside
	}
	var top ast.Node = call
	for {
		switch n := f.parents[top].(type) {
		case *ast.Paren, *ast.Cast:
			top = n
			continue
		case *ast.Attribute:
			switch {
			case changesPlace(n.Access):
				return writesInside
			case n.Access == ast.Called:
				return f.method(ctype.Shape{}, n, way)
			}
			top = n
			continue
		case *ast.Subscript:
			if n.X != top {
				break
			}
			if changesPlace(n.Access) {
				return writesInside
			}
			top = n
			continue
		case *ast.Assign:
			if top != ast.Node(n.Value) {
				return writesInside // what it returned, a reference, is assigned to
			}
		}
		return inward(f.handed(top, readsInside, ctype.Shape{}, way))
	}
}

// inward is what is done to what an attribute leads to, where its use ends there: a test of a
// member of what it points to is none of the pointer alone.
func inward(does byte) byte {
	if does == reads {
		return readsInside
	}
	return does
}

func changesPlace(a ast.Access) bool {
	return a == ast.Write || a == ast.Aug || a == ast.Delete || a == ast.ForTarget || a == ast.StoreThrough
}

// isConst reports whether the declaration of a C++ class has a method that is const.
func isConst(c *project.CppType, name string) bool {
	found := false
	if c.Def.Body != nil {
		syntax.EachStmt(c.Def.Body.Stmts, func(st ast.Stmt) {
			if v, ok := st.(*ast.CVarDecl); ok {
				for _, d := range v.Declarators {
					found = found || d.Func && d.Suffix.Const && syntax.DeclaredName(d).Name == name
				}
			}
		})
	}
	return found
}

// handed says what becomes of a value that leads to guarded state, by where it goes;
// otherwise is what holds where that says nothing. shape is that of a pointer or view, which
// leads there from a variable, too.
func (f *finder) handed(top ast.Node, otherwise byte, shape ctype.Shape, way *way) byte {
	child := top
	for n := f.parents[child]; n != nil; child, n = n, f.parents[n] {
		switch n := n.(type) {
		case *ast.Paren, *ast.Cast:
			continue
		case *ast.Cond:
			if child == ast.Node(n.If) {
				return reads
			}
			continue
		case *ast.Compare:
			return reads
		case *ast.Unary:
			if n.Op == "not" {
				return reads
			}
		case *ast.CondClause, *ast.While, *ast.Sizeof:
			return reads
		case *ast.Binary:
			if n.Op == "and" || n.Op == "or" {
				if child == ast.Node(n.X) {
					return reads
				}
				continue
			}
		case *ast.Arg:
			if call, ok := f.parents[n].(*ast.Call); ok && call.Fun != nil {
				return f.passed(call, n, otherwise, way)
			}
		case *ast.Assign:
			if name, ok := assigned(n, child); ok {
				return f.kept(n, name, shape, otherwise, way)
			}
		case *ast.Declarator:
			if child == ast.Node(n.Default) {
				return f.kept(n, syntax.DeclaredName(n).Name, shape, otherwise, way)
			}
		}
		break
	}
	return otherwise
}

// passed says what a call does with an argument.
func (f *finder) passed(call *ast.Call, arg *ast.Arg, otherwise byte, way *way) byte {
	i := -1
	for k := range call.Args {
		if &call.Args[k] == arg {
			i = k
		}
	}
	name := f.m.CName(call.Fun)
	if does, ok := library.KnownC()[name]; ok && does != "" {
		switch does[min(i, len(does)-1)] {
		case 'r', 'R':
			return readsInside
		case 'w', 'W':
			return writesInside
		}
	}
	m, d, c := f.callee(call.Fun)
	switch {
	case d == nil && f.python(call.Fun):
		return readsInside // it becomes a Python object
	case d == nil || d.Params == nil || i >= len(d.Params.List) || arg.Name.Name != "" || arg.Star > 0:
		return otherwise
	}
	p := d.Params.List[i]
	s := f.Types.Of(m, p.Type, p.Declarator)
	switch {
	case s.Kind == ctype.Scalar || s.ReadOnly() && s.Kind == ctype.Pointer:
		return readsInside
	case c == nil:
		if leads(s) {
			return f.parameter(m, d, i, s, otherwise, way)
		}
		return otherwise
	case !c.Extern || s.Kind == ctype.Object || s.Kind == ctype.Record:
		return otherwise
	}
	if f.Function != nil {
		switch f.Function(f.m, *c, i) {
		case OnlyReads:
			return readsInside
		case Writes:
			return writesInside
		}
	}
	return passesToC
}

// callee finds the declaration of the C function that a call names: one without a body, or
// that of a function which has one.
func (f *finder) callee(fun ast.Expr) (*project.Module, *ast.Declarator, *project.CFunc) {
	path := syntax.Dotted(fun)
	if path == nil {
		return nil, nil, nil
	}
	r := f.m.Owner(path)
	if r.Mod == nil {
		return nil, nil, nil
	}
	for _, u := range r.Mod.Units {
		if def := function(u.File.Body, r.Name); def != nil {
			return r.Mod, def.Declarator, nil
		}
	}
	if c, ok := r.Mod.CDecls().Funcs[r.Name]; ok {
		return r.Mod, c.Declarator, &c
	}
	for _, u := range r.Mod.Units {
		if _, d := declared(u.File.Body, r.Name); d != nil {
			return r.Mod, d, nil
		}
	}
	return nil, nil, nil
}

// python reports whether a name is none of C's, as far as is known: what is called by it
// gets Python objects.
func (f *finder) python(fun ast.Expr) bool {
	n, ok := syntax.Unparen(fun).(*ast.Name)
	if !ok {
		return false
	}
	_, bound := f.m.Scope.Names[n.Name]
	return !bound && len(f.m.Scope.Stars) == 0
}

// shape returns the shape of a chain's value, as far as it is the attribute itself.
func (f *finder) shape(e ast.Expr) ctype.Shape {
	if a, ok := e.(*ast.Attribute); ok {
		if c := f.class(a.X); c != nil {
			if fd := c.Field(a.Attr.Name); fd != nil {
				return f.Types.OfField(fd)
			}
		}
		if x, ok := a.X.(*ast.Attribute); ok {
			if s, ok := f.Types.Member(f.shape(x), a.Attr.Name); ok {
				return s
			}
		}
	}
	return ctype.Shape{}
}
