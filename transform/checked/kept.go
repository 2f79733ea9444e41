package checked

// Pointers and views that are kept in variables, or come as parameters: what is done through
// them is done to what they lead to.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// way is the variables that led somewhere, so that no circle is followed.
type way struct {
	def  *ast.FuncDef
	name string
	back *way
}

func (w *way) has(def *ast.FuncDef, name string) bool {
	for ; w != nil; w = w.back {
		if w.def == def && w.name == name {
			return true
		}
	}
	return false
}

// leads reports whether a value of a shape leads from a variable to where it came from. A
// record is copied.
func leads(s ctype.Shape) bool {
	return s.Kind == ctype.Pointer || s.Axes > 0
}

// assigned returns the name that alone gets the value of an assignment.
func assigned(st *ast.Assign, value ast.Node) (string, bool) {
	if value != ast.Node(st.Value) || st.Op != "=" || len(st.Targets) != 1 {
		return "", false
	}
	n, ok := syntax.Unparen(st.Targets[0]).(*ast.Name)
	if !ok {
		return "", false
	}
	return n.Name, true
}

// kept says what a function does through a variable of its own that it puts a pointer into.
func (f *finder) kept(at ast.Node, name string, shape ctype.Shape, otherwise byte, back *way) byte {
	for n := f.parents[at]; n != nil; n = f.parents[n] {
		if def, ok := n.(*ast.FuncDef); ok {
			v := f.variables(def)
			if s, ok := v.shapes[name]; ok {
				shape = s
			}
			if !leads(shape) {
				return otherwise
			}
			if _, object := v.classes[name]; v.globals[name] || !object && v.assigned[name] == nil {
				return otherwise // not its own
			}
			return f.by(def, name, shape, back)
		}
	}
	return otherwise
}

// parameter says what a function of this module does through the i-th of its parameters.
func (f *finder) parameter(m *project.Module, d *ast.Declarator, i int, shape ctype.Shape, otherwise byte, back *way) byte {
	for u, other := range f.files {
		if m != f.m {
			break
		}
		if def := function(u.File.Body, syntax.DeclaredName(d).Name); def != nil && i < len(def.Params.List) {
			return other.by(def, syntax.ParamName(def.Params.List[i]), shape, back)
		}
	}
	return otherwise
}

// by says what is done through a variable of a function, all in all.
func (f *finder) by(def *ast.FuncDef, name string, shape ctype.Shape, back *way) byte {
	out := byte(reads)
	if back.has(def, name) || name == "" {
		return out
	}
	here := &way{def, name, back}
	ast.Walk(def.Body, func(n ast.Node) bool {
		v, ok := n.(*ast.Name)
		if !ok || v.Name != name {
			return true
		}
		does := byte(reads)
		switch v.Access {
		case ast.StoreThrough:
			does = writesInside
		case ast.AddressOf, ast.Called:
			does = handsOut
		case ast.Read:
			does = f.through(v, shape, false, here)
		}
		if strings.IndexByte(stronger, does) > strings.IndexByte(stronger, out) {
			out = does
		}
		return true
	})
	return out
}

// function returns the C function of a name that has a body.
func function(stmts []ast.Stmt, name string) (out *ast.FuncDef) {
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		if def, ok := st.(*ast.FuncDef); ok && def.Name.Name == name && def.Declarator != nil && def.Params != nil {
			out = def
		}
	})
	return out
}
