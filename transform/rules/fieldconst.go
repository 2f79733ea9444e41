package rules

// Containers that an object gets when it is made and that nothing changes
// later: an attribute of an extension type which Python code cannot see, filled
// in by __cinit__ or __init__ with something new, and only ever read.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// attrUse is a mention of an attribute that is more than reading an item.
type attrUse struct {
	f *ruleFunc // nil outside functions
	// value is what is assigned to it; nil where it is passed on, changed, …
	value ast.Expr
	adds  bool // it gets an item that it does not have
	twice bool // something else is assigned the value, too
}

// settledField reports whether x.name is such an attribute.
func (c *bodies) settledField(name string) bool {
	if c.soleOwner(name) == nil {
		return false
	}
	born := false
	for _, use := range c.attrUses()[name] {
		switch {
		case use.f == nil || use.value == nil || !atBirth(use.f):
			return false
		}
		if k, ok := use.value.(*ast.Const); ok && k.Name == "None" {
			continue
		}
		if c.reach(use.f, use.value, use.value.Range().Pos) == shared {
			return false
		}
		born = true
	}
	return born
}

// soleOwner returns the class that has an attribute of a name which Python code cannot see, if no other class has one of
// that name.
func (c *bodies) soleOwner(name string) *project.Class {
	var owner *project.Class
	for _, cl := range c.m.Classes {
		if cl.FieldByName[name] != nil {
			if owner != nil {
				return nil
			}
			owner = cl
		}
	}
	if owner == nil || owner.FieldByName[name].Vis != ast.Private || owner.Extern {
		return nil
	}
	return owner
}

// attrUses indexes the module's attributes by name.
func (c *bodies) attrUses() map[string][]attrUse {
	if c.attrs != nil {
		return c.attrs
	}
	c.attrs = map[string][]attrUse{}
	for _, f := range c.funcs() {
		read := map[ast.Expr]bool{} // mentions that are known to be harmless
		harmless := func(e ast.Expr) {
			if e != nil {
				read[syntax.Bare(e)] = true
			}
		}
		// Lambdas are looked into: they can do anything.
		ast.Walk(f.def.Body, func(n ast.Node) bool {
			eachPointer(f, n, func(t *ast.CType, e ast.Expr) {
				if t != nil && strings.HasSuffix(t.Name, "char") { // the bytes of it, which stay where they are
					harmless(e)
				}
			})
			switch n := n.(type) {
			case *ast.FuncDef, *ast.ClassDef:
				return false
			case *ast.Call:
				if fun, ok := n.Fun.(*ast.Attribute); ok && library.ReadMethods()[fun.Attr.Name] {
					harmless(fun.X)
				}
				if n.Fun != nil {
					name := c.m.CName(n.Fun)
					_, lends := library.Lenders()[name]
					if lends && !library.APIMutators()[name] || library.Readers()[name] || library.Sizes()[name] {
						harmless(syntax.Arg(n, 0))
					}
				}
			case *ast.Subscript:
				if n.Access == ast.Read || n.Access == ast.Called {
					harmless(n.X)
				}
			case *ast.Compare:
				for _, x := range n.Xs {
					harmless(x)
				}
			case *ast.For:
				harmless(n.Iter)
			case *ast.CompClause:
				harmless(n.Iter)
			case *ast.Assign:
				for _, t := range n.Targets {
					if at, ok := t.(*ast.Attribute); ok && n.Op == "=" && n.Value != nil {
						harmless(at)
						c.attrs[at.Attr.Name] = append(c.attrs[at.Attr.Name], attrUse{f: f, value: n.Value, twice: len(n.Targets) > 1})
					}
					if (adding{c}).addsOnly(f, n, t) {
						at := t.(*ast.Subscript).X.(*ast.Attribute)
						harmless(at)
						c.attrs[at.Attr.Name] = append(c.attrs[at.Attr.Name], attrUse{f: f, adds: true})
					}
				}
			case *ast.Attribute:
				if !read[n] {
					c.attrs[n.Attr.Name] = append(c.attrs[n.Attr.Name], attrUse{f: f})
				}
			}
			return true
		})
	}
	return c.attrs
}
