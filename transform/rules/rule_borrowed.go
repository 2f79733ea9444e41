package rules

// PXL401: references that a container lends out, and that die with the item
// when another thread replaces it.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

func borrowed(c *checking) {
	for _, f := range c.mentioning() {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			if cast, ok := n.(*ast.Cast); ok {
				keptItem(c, f, cast)
			}
			call, ok := n.(*ast.Call)
			if !ok || call.Fun == nil {
				return true
			}
			name := c.m.CName(call.Fun)
			l, ok := library.Lenders()[name]
			if !ok || onlyTested(f, call) {
				return true
			}
			if l.Container < 0 {
				if !f.held(call.Pos, nil) {
					f.finding(call.Span, finding.Borrowed,
						fmt.Sprintf("%s returns a borrowed reference: another thread can remove the object from %s", name, l.What),
						"use "+l.Instead)
				}
				return true
			}
			x := syntax.Arg(call, l.Container)
			if x == nil || c.sizedBefore(f, call, name) || library.ByKey()[name] && (adding{&c.bodies}).onlyAddedTo(f, x) || !unguarded(c, f, x, call.Pos) {
				return true
			}
			out := f.finding(call.Span, finding.Borrowed,
				fmt.Sprintf("%s returns a borrowed reference: another thread can replace the item in %s", name, f.spelled(x)),
				fmt.Sprintf("use %s, or %s, which return a reference of your own, or hold a lock on %s", l.Instead, plainly(f, name, call), f.spelled(x)))
			out.Cause = containerIn(c, f, x)
			if fromC(c, f, x) {
				out.Warning, out.Note = true, true
				out.Message += ", unless whoever has C code call this holds the lock"
			}
			return true
		})
	}
}

// keptItem reports a pointer to an item, "p = <PyObject*>items[0]", that a variable keeps: the
// reference that Cython took of the item is gone when the statement is.
func keptItem(c *checking, f *ruleFunc, cast *ast.Cast) {
	if cast.Type == nil || syntax.Pointers(cast.Type.Declarator) != 1 || cast.Type.Name != "void" && syntax.LastPart(cast.Type.Name) != "PyObject" {
		return
	}
	keptValue(c, f, cast, syntax.Bare(cast.X))
}

// keptValue reports a pointer to one value that a cast may make a pointer of.
func keptValue(c *checking, f *ruleFunc, cast *ast.Cast, of ast.Expr) {
	switch x := of.(type) {
	case *ast.Attribute:
		keptAttribute(c, f, cast, x)
		return
	case *ast.Name:
		keptVariable(c, f, cast, x)
		return
	case *ast.Cond:
		keptValue(c, f, cast, syntax.Bare(x.Then))
		keptValue(c, f, cast, syntax.Bare(x.Else))
		return
	}
	item, ok := of.(*ast.Subscript)
	if !ok || len(item.Index) != 1 || inCMemory(c, f, item.X) || !keeps(f, cast) || onlyTested(f, cast) {
		return
	}
	if !unguarded(c, f, item.X, cast.Pos) {
		return
	}
	x := f.spelled(item.X)
	f.finding(cast.Span, finding.Borrowed,
		fmt.Sprintf("the pointer is to an item that only %s holds a reference to: another thread can replace it there", x),
		fmt.Sprintf("keep the object while the pointer is in use (`item = %s`), or hold a lock on %s", f.spelled(item), x)).Cause = containerIn(c, f, item.X)
}

// keptAttribute reports a pointer to what an attribute of an object without a type holds, "p = <PyObject*>node.child",
// that a variable keeps.
func keptAttribute(c *checking, f *ruleFunc, cast *ast.Cast, x *ast.Attribute) {
	if !untypedObject(c, f, x) || !keeps(f, cast) || onlyTested(f, cast) {
		return
	}
	f.finding(cast.Span, finding.Borrowed,
		fmt.Sprintf("the pointer is to what only %s holds a reference to, if anything does: another thread can assign to it", f.spelled(x)),
		fmt.Sprintf("keep the object while the pointer is in use (`item = %s`)", f.spelled(x))).Cause = containerIn(c, f, x)
}

// untypedObject reports whether an expression is an attribute of an object without a type that others may have.
func untypedObject(c *checking, f *ruleFunc, x *ast.Attribute) bool {
	of, ok := syntax.Bare(x.X).(*ast.Name)
	if f.prepare(); !ok || !f.local[of.Name] || of.Name == f.first() {
		return false
	}
	if t := f.types[of.Name]; t.ctype != nil && t.ctype.Name != "object" || t.d != nil && syntax.Pointers(t.d) > 0 {
		return false // of a class whose attributes are known, or in C
	}
	p := f.params[of.Name]
	return (p == nil || p.Annotation == nil) && c.reach(f, of, x.Pos) == shared && !f.held(x.Pos, of)
}

// keeps reports whether a value is assigned as it is.
func keeps(f *ruleFunc, e ast.Expr) bool {
	for _, p := range f.parents(e) {
		switch p := p.(type) {
		case *ast.Paren, *ast.Cast:
			if c, ok := p.(*ast.Cast); ok && c.Type != nil && syntax.Pointers(c.Type.Declarator) == 0 {
				return false // an object: its count goes up
			}
		case *ast.Assign, *ast.Declarator, *ast.Simple:
			return true
		default:
			return false
		}
	}
	return false
}

// inCMemory reports whether an expression may be an array or a pointer of C, whose items are no
// objects.
func inCMemory(c *checking, f *ruleFunc, e ast.Expr) bool {
	pointer := func(t *ast.CType, d *ast.Declarator) bool {
		return d != nil && (d.Pointer > 0 || len(d.Arrays) > 0 || d.Inner != nil) || t != nil && c.p.Types.Of(c.m, t, d).Kind != ctype.Object
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Name:
		f.prepare()
		if t, ok := f.types[x.Name]; ok && f.local[x.Name] {
			return pointer(t.ctype, t.d)
		}
		if v := c.globalNamed(f, x.Name); v != nil {
			return v.d != nil && pointer(v.ctype, v.d)
		}
		return !f.isLocal(x.Name)
	case *ast.Attribute:
		if n, ok := syntax.Bare(x.X).(*ast.Name); ok && f.class != nil && n.Name == f.first() {
			if cl := c.m.ClassByName[f.class.Name.Name]; cl != nil {
				if fd := cl.Field(x.Attr.Name); fd != nil {
					return c.p.Types.OfField(fd).Kind != ctype.Object
				}
			}
		}
	}
	return true
}

// plainly returns what people write in Cython in place of a C call.
func plainly(f *ruleFunc, name string, call *ast.Call) string {
	x, key := f.spelled(syntax.Arg(call, 0)), "…"
	if k := syntax.Arg(call, 1); k != nil {
		key = syntax.Text(f.u.File, syntax.Bare(k).Range())
	}
	switch name {
	case "PyDict_SetDefault":
		return fmt.Sprintf("`%s.setdefault(%s, …)`", x, key)
	case "PyFunction_GetDefaults", "PyFunction_GetKwDefaults", "PyFunction_GetAnnotations":
		return "the attribute in Cython"
	case "PyCell_GET":
		return "the closure's variable"
	case "PyList_GetItem", "PyList_GET_ITEM", "PySequence_Fast_GET_ITEM":
		return fmt.Sprintf("`%s[%s]`", x, key)
	}
	return fmt.Sprintf("`%s.get(%s)`", x, key)
}

// onlyTested reports whether a pointer is compared with NULL and
// not used otherwise.
func onlyTested(f *ruleFunc, e ast.Expr) bool {
	var at ast.Node = e
	for _, p := range f.parents(e) {
		switch p := p.(type) {
		case *ast.Paren:
		case *ast.Cast:
			if p.Type != nil && syntax.Pointers(p.Type.Declarator) == 0 {
				return false // an object: its count goes up
			}
		case *ast.Compare, *ast.CondClause, *ast.ExprStmt:
			return tests(p)
		case *ast.Unary:
			return p.Op == "not"
		case *ast.Binary:
			if p.Op != "and" && p.Op != "or" {
				return false
			}
		case *ast.Assign:
			if n, ok := p.Targets[0].(*ast.Name); ok && len(p.Targets) == 1 && p.Value == at {
				return f.onlyCompared(n.Name)
			}
			return false
		case *ast.Declarator:
			return p.Default == at && f.onlyCompared(syntax.DeclaredName(p).Name)
		default:
			return false
		}
		at = p
	}
	return false
}

// tests reports whether a node asks no more of a pointer than whether it is NULL.
func tests(n ast.Node) bool {
	c, ok := n.(*ast.Compare)
	if !ok {
		return true
	}
	for _, x := range c.Xs {
		if k, ok := syntax.Unparen(x).(*ast.Const); ok && k.Name == "NULL" {
			return true
		}
	}
	return false
}

// onlyCompared reports whether a local pointer is only compared with NULL.
func (f *ruleFunc) onlyCompared(name string) bool {
	f.prepare()
	if !f.local[name] || syntax.Pointers(f.types[name].d) == 0 {
		return false
	}
	used := false
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Compare:
			if tests(n) {
				for _, x := range n.Xs {
					if m, ok := syntax.Bare(x).(*ast.Name); ok && m.Name == name {
						return false
					}
				}
			}
		case *ast.Name:
			if n.Name == name && n.Access != ast.Write {
				used = true
			}
		}
		return !used
	})
	return !used
}
