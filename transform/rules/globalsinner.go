package rules

// PXL502: attributes of classes and functions that are made in a function, and those of functions of the module; attributes
// whose names are given: setattr(Job, "count", n).

import (
	"bytes"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// collectIn notes the classes and functions in statements, at any depth; in is the function whose statements they are, nil
// for the module, and prefix what its classes are called by.
func (s *sharedThings) collectIn(c *bodies, u *project.Unit, stmts []ast.Stmt, in *ast.FuncDef, prefix string, names map[string]bool) {
	note := func(name string) {
		if in == nil {
			return
		}
		if s.inner[in] == nil {
			s.inner[in] = map[string]string{}
		}
		s.inner[in][name] = prefix + name
	}
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		switch st := st.(type) {
		case *ast.ClassDef:
			if st.Body == nil {
				return
			}
			if key := prefix + st.Name.Name; s.classes[key] == nil || in == nil {
				note(st.Name.Name)
				s.collect(c, u, st, key, names)
			}
			s.collectIn(c, u, st.Body.Stmts, nil, prefix+st.Name.Name+".", names)
		case *ast.FuncDef:
			if st.Body == nil {
				return
			}
			if note(st.Name.Name); prefix == "" && st.Kind == ast.Def {
				s.functions[st.Name.Name] = true
			}
			s.collectIn(c, u, st.Body.Stmts, st, prefix+st.Name.Name+".", names)
			s.attributesSet(c, u, st.Body.Stmts, st, names)
		}
	})
}

// attributesSet notes what attributes of functions hold when they are made: step.cache = {}.
func (s *sharedThings) attributesSet(c *bodies, u *project.Unit, stmts []ast.Stmt, in *ast.FuncDef, names map[string]bool) {
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		a, ok := st.(*ast.Assign)
		if !ok || a.Value == nil {
			return
		}
		eachTarget(a, func(t, value ast.Expr) {
			x, ok := t.(*ast.Attribute)
			if !ok {
				return
			}
			of, ok := syntax.Bare(x.X).(*ast.Name)
			if !ok {
				return
			}
			key := of.Name
			if in != nil {
				key = s.inner[in][of.Name]
			} else if !s.functions[key] {
				return
			}
			if key == "" || s.classes[key] != nil {
				return
			}
			names[of.Name] = true
			name := key + "." + x.Attr.Name
			if s.attrs[name] == nil {
				s.attrs[name] = &globalVar{name: name, attr: x.Attr.Name, u: u, node: x, words: "the attribute " + name}
			}
			s.attrs[name].inits = append(s.attrs[name].inits, value)
		})
	})
}

// ofInner returns which attribute x is of what a local name r stands for: a class or function of an outer function, or the
// class that cls = type(self) is.
func (s *sharedThings) ofInner(c *bodies, f *ruleFunc, r *ast.Name, x *ast.Attribute) (name string, whole bool) {
	f.prepare()
	if f.local[r.Name] {
		if vs := f.values[r.Name]; f.params[r.Name] == nil && len(vs) == 1 && !vs[0].item {
			switch is := syntax.Bare(vs[0].value).(type) {
			case *ast.Call, *ast.Attribute:
				return attrName(c, f, &ast.Attribute{Span: x.Span, X: is, Attr: x.Attr, Access: x.Access})
			case *ast.Name:
				if !f.isLocal(is.Name) {
					return attrName(c, f, &ast.Attribute{Span: x.Span, X: is, Attr: x.Attr, Access: x.Access})
				}
			}
		}
		return "", false
	}
	for at := f.outer; at != nil; at = at.outer {
		if at.prepare(); !at.local[r.Name] && s.inner[at.def][r.Name] == "" {
			continue
		}
		key := s.inner[at.def][r.Name]
		if key == "" || len(at.values[r.Name]) > 0 {
			return "", false
		}
		if s.classes[key] != nil {
			return s.ofClass(c, key, x.Attr.Name)
		}
		if !leavesBody(at, r.Name) {
			return "", false
		}
		return key + "." + x.Attr.Name, true
	}
	return "", false
}

// leavesBody reports whether a function does more with one of its own functions than to call it and to use its attributes.
func leavesBody(f *ruleFunc, name string) bool {
	found := false
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			return !syntax.IsNamed(n.X, name)
		case *ast.Name:
			found = found || n.Name == name && n.Access == ast.Read
		}
		return !found
	})
	return found
}

// attributeKnownAs returns the attribute that a local name is another name of: counts after counts = type(self).counts.
func attributeKnownAs(c *bodies, f *ruleFunc, n *ast.Name) *globalVar {
	f.prepare()
	vs := f.values[n.Name]
	if !f.local[n.Name] || f.params[n.Name] != nil || len(vs) != 1 || vs[0].item {
		return nil
	}
	if x, ok := syntax.Bare(vs[0].value).(*ast.Attribute); ok {
		return sharedAttribute(c, f, x, false)
	}
	return nil
}

// nextTo yields the word behind each place where a call begins: the X of setattr(X, …).
func nextTo(src []byte, call string, yield func(x string)) {
	for {
		at := bytes.Index(src, []byte(call))
		if at < 0 {
			return
		}
		src = src[at+len(call):]
		end := 0
		for end < len(src) && syntax.WordByte(src[end]) {
			end++
		}
		if end > 0 {
			yield(string(src[:end]))
		}
	}
}

// setBy returns the attribute that a call sets, nil where it is no call of setattr. One whose name is computed is called
// as that is spelled.
func setBy(f *ruleFunc, call *ast.Call) *ast.Attribute {
	if !syntax.IsNamed(call.Fun, "setattr") || len(call.Args) != 3 || f.isLocal("setattr") {
		return nil
	}
	return attributeOf(f, call)
}

// attributeOf returns the attribute that setattr, getattr and hasattr are asked for.
func attributeOf(f *ruleFunc, call *ast.Call) *ast.Attribute {
	name, ok := textOf(call.Args[1].X)
	if !ok {
		name = "[" + f.spelled(call.Args[1].X) + "]"
	}
	return &ast.Attribute{Span: call.Span, X: call.Args[0].X, Attr: ast.Ident{Span: call.Args[1].X.Range(), Name: name}}
}
