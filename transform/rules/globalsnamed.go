package rules

// PXL502: attributes of the class of an object, whichever that is, type(job).count, and attributes that are named by a text in the
// dict that has them: step.__dict__["calls"], vars(step)["calls"].

import (
	"bytes"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// classAskedOf is the object whose class an expression is: type(job), job.__class__. Nil where it is another one.
func classAskedOf(f *ruleFunc, e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.Call:
		if syntax.IsNamed(e.Fun, "type") && len(e.Args) == 1 && e.Args[0].Star == 0 && !f.isLocal("type") {
			return e.Args[0].X
		}
	case *ast.Attribute:
		if e.Attr.Name == "__class__" {
			return e.X
		}
	}
	return nil
}

// ofSomeClass returns which attribute of a class that is of an object whose class is not known: one that all objects share
// which have that class. The classes of C types cannot be changed, nor can those of the function's own making be known to others.
func (s *sharedThings) ofSomeClass(f *ruleFunc, object ast.Expr, attr string) (name string, whole bool) {
	n, ok := syntax.Bare(object).(*ast.Name)
	if !ok || !f.local[n.Name] || len(attr) > 1 && attr[:2] == "__" {
		return "", false
	}
	if t := f.types[n.Name]; t.ctype != nil && t.ctype.Name != "object" && (library.ExactTypes()[t.ctype.Name] || f.in.m.ClassByName[t.ctype.Name] != nil || t.d != nil && t.d.Pointer > 0) {
		return "", false
	}
	return "type(…)." + attr, true
}

// namedInDict is the attribute that a subscript names by a text in the dict that has it, nil for other expressions.
func namedInDict(n ast.Node) *ast.Attribute {
	s, ok := n.(*ast.Subscript)
	if !ok {
		return nil
	}
	return inDict(s.X, onlyIndex(s))
}

// inDict is the attribute that a text names in a dict of attributes, nil where that is no such dict.
func inDict(dict, key ast.Expr) *ast.Attribute {
	name, ok := textOf(key)
	if !ok || key == nil {
		return nil
	}
	var of ast.Expr
	switch x := syntax.Bare(dict).(type) {
	case *ast.Attribute:
		if x.Attr.Name == "__dict__" {
			of = x.X
		}
	case *ast.Call:
		if syntax.IsNamed(x.Fun, "vars") && len(x.Args) == 1 {
			of = x.Args[0].X
		}
	}
	if of == nil {
		return nil
	}
	return &ast.Attribute{Span: ast.Span{Pos: dict.Range().Pos, End: key.Range().End}, X: of, Attr: ast.Ident{Span: key.Range(), Name: name}}
}

// before yields the word that stands before each place with an attribute: the X of X.__dict__.
func before(src []byte, attribute string, yield func(x string)) {
	for at := 0; ; {
		next := bytes.Index(src[at:], []byte(attribute))
		if next < 0 {
			return
		}
		end := at + next
		start := end
		for start > 0 && syntax.WordByte(src[start-1]) {
			start--
		}
		if start < end {
			yield(string(src[start:end]))
		}
		at = end + len(attribute)
	}
}
