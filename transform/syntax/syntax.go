package syntax

import (
	"iter"
	"slices"
	"strings"
	"unicode"

	"pyxlock/parser/ast"
)

// Questions about trees that need no names resolved.

// Unparen strips brackets.
func Unparen(e ast.Expr) ast.Expr {
	for {
		p, ok := e.(*ast.Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}

// Bare strips what changes the look of an object and not the object: brackets
// and casts.
func Bare(e ast.Expr) ast.Expr {
	for {
		switch x := e.(type) {
		case *ast.Paren:
			e = x.X
		case *ast.Cast:
			e = x.X
		default:
			return e
		}
	}
}

// Given visits what a function's body gives to names, without nested functions: by assignments, declarations
// with a value, and walruses. Of an assignment to several names at once each gets the whole.
func Given(body ast.Node, visit func(name string, value ast.Expr)) {
	var to func(target, value ast.Expr)
	to = func(target, value ast.Expr) {
		switch t := Bare(target).(type) {
		case *ast.Name:
			visit(t.Name, value)
		case *ast.Collection:
			for i, x := range t.Elems {
				if of, ok := Bare(value).(*ast.Collection); ok && len(of.Elems) == len(t.Elems) {
					to(x, of.Elems[i])
				} else {
					to(x, value)
				}
			}
		}
	}
	OwnNodes(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			for _, t := range n.Targets {
				if n.Value != nil {
					to(t, n.Value)
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if d.Default != nil {
					visit(DeclaredName(d).Name, d.Default)
				}
			}
		case *ast.Walrus:
			to(n.Target, n.Value)
		}
		return true
	})
}

// Assigns reports whether a name is given another value somewhere below a node, functions inside it included.
func Assigns(in ast.Node, name string) bool {
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == name && x.Access.Rebinds()
		return !found
	})
	return found
}

// OwnNodes visits the nodes of a function's body without those of nested functions
// and classes, whose bodies run at another time.
func OwnNodes(body ast.Node, visit func(ast.Node) bool) { ast.WalkOwn(body, visit) }

// EachStmt visits the statements of a scope, also those in nested blocks that
// open no scope of their own.
func EachStmt(stmts []ast.Stmt, visit func(ast.Stmt)) {
	for _, st := range stmts {
		visit(st)
		if !OpensScope(st) {
			for b := range Suites(st) {
				EachStmt(b.Stmts, visit)
			}
		}
	}
}

// Everywhere visits all statements, at any depth.
func Everywhere(stmts []ast.Stmt, visit func(ast.Stmt)) {
	for _, st := range stmts {
		visit(st)
		for b := range Suites(st) {
			Everywhere(b.Stmts, visit)
		}
	}
}

// Suites yields the bodies of a compound statement, in source order.
func Suites(st ast.Stmt) iter.Seq[*ast.Suite] {
	return func(yield func(*ast.Suite) bool) {
		one := func(s *ast.Suite) bool { return s == nil || yield(s) }
		clauses := func(list []ast.CondClause) {
			for i := range list {
				if !one(list[i].Body) {
					return
				}
			}
		}
		switch st := st.(type) {
		case *ast.FuncDef:
			one(st.Body)
		case *ast.ClassDef:
			one(st.Body)
		case *ast.PropertyDef:
			one(st.Body)
		case *ast.CdefBlock:
			one(st.Body)
		case *ast.ExternBlock:
			one(st.Body)
		case *ast.StructDef:
			one(st.Body)
		case *ast.CppClass:
			one(st.Body)
		case *ast.CondStmt:
			clauses(st.Clauses)
		case *ast.If:
			clauses(st.Clauses)
		case *ast.While:
			_ = one(st.Body) && one(st.Else)
		case *ast.For:
			_ = one(st.Body) && one(st.Else)
		case *ast.With:
			one(st.Body)
		case *ast.Try:
			if !one(st.Body) {
				return
			}
			for i := range st.Handlers {
				if !one(st.Handlers[i].Body) {
					return
				}
			}
			_ = one(st.Else) && one(st.Finally)
		case *ast.Match:
			for i := range st.Cases {
				if !one(st.Cases[i].Body) {
					return
				}
			}
		}
	}
}

// OpensScope reports whether a statement's body is a scope of its own.
func OpensScope(st ast.Stmt) bool {
	switch st.(type) {
	case *ast.FuncDef, *ast.ClassDef, *ast.StructDef, *ast.CppClass, *ast.PropertyDef:
		return true
	}
	return false
}

// Names returns the names of identifiers.
func Names(ids []ast.Ident) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.Name
	}
	return out
}

// DeclaredName returns the name that a declarator declares.
func DeclaredName(d *ast.Declarator) ast.Ident {
	for d != nil {
		if d.Name.Name != "" || d.Inner == nil {
			return d.Name
		}
		d = d.Inner
	}
	return ast.Ident{}
}

// ParamName returns the name of a parameter, wherever it stands.
func ParamName(p *ast.Param) string {
	if p.Name.Name != "" {
		return p.Name.Name
	}
	return DeclaredName(p.Declarator).Name
}

// Pointers returns how many pointers a declarator has, which may be nil.
func Pointers(d *ast.Declarator) int {
	if d == nil {
		return 0
	}
	return d.Pointer
}

// Dotted returns the parts of a.b.c, or nil.
func Dotted(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.Name:
		return []string{e.Name}
	case *ast.Paren:
		return Dotted(e.X)
	case *ast.Str: // an annotation in quotes
		if e.Value == "" {
			return nil
		}
		parts := strings.Split(e.Value, ".")
		for _, s := range parts {
			if !Identifier(s) {
				return nil
			}
		}
		return parts
	case *ast.Binary: // C | None
		if e.Op == "|" {
			if c, ok := e.Y.(*ast.Const); ok && c.Name == "None" {
				return Dotted(e.X)
			}
			if c, ok := e.X.(*ast.Const); ok && c.Name == "None" {
				return Dotted(e.Y)
			}
		}
	case *ast.Attribute:
		if d := Dotted(e.X); d != nil {
			return append(d, e.Attr.Name)
		}
	case *ast.Subscript: // Optional[C]
		if d := Dotted(e.X); len(d) > 0 && d[len(d)-1] == "Optional" && len(e.Index) == 1 {
			return Dotted(e.Index[0])
		}
	}
	return nil
}

// Identifier reports whether s is a name.
func Identifier(s string) bool {
	for i, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80 || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return s != ""
}

// Root is the variable that an expression begins with, "" where it begins with something else.
func Root(e ast.Expr) string {
	for {
		switch x := Bare(e).(type) {
		case *ast.Attribute:
			e = x.X
		case *ast.Subscript:
			e = x.X
		case *ast.Name:
			return x.Name
		default:
			return ""
		}
	}
}

// LastName returns the last name of a.b.c or of what is indexed, or "".
func LastName(e ast.Expr) string {
	switch e := Unparen(e).(type) {
	case *ast.Name:
		return e.Name
	case *ast.Attribute:
		return e.Attr.Name
	case *ast.Subscript:
		return LastName(e.X)
	}
	return ""
}

// LastPart returns the last part of a dotted name.
func LastPart(dotted string) string {
	return dotted[strings.LastIndexByte(dotted, '.')+1:]
}

// Words splits a name at underscores and where a capital follows a small letter.
func Words(name string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToLower(name[start:end]))
		}
	}
	var last rune
	for i, r := range name {
		switch {
		case r == '_':
			cut(i)
			start = i + 1
		case unicode.IsUpper(r) && unicode.IsLower(last):
			cut(i)
			start = i
		}
		last = r
	}
	cut(len(name))
	return out
}

// IsNamed reports whether an expression is a name.
func IsNamed(e ast.Expr, name string) bool {
	if e == nil {
		return false
	}
	n, ok := Unparen(e).(*ast.Name)
	return ok && n.Name == name
}

// IsNothing reports whether an expression is a constant.
func IsNothing(e ast.Expr) bool {
	switch e := Unparen(e).(type) {
	case *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Unary:
		return IsNothing(e.X)
	}
	return false
}

// Starred reports whether one of the expressions is *x.
func Starred(list []ast.Expr) bool {
	for _, e := range list {
		if _, ok := e.(*ast.Starred); ok {
			return true
		}
	}
	return false
}

// Arg returns a positional argument of a call, or nil.
func Arg(call *ast.Call, i int) ast.Expr {
	if i >= len(call.Args) || call.Args[i].Name.Name != "" || call.Args[i].Star != 0 {
		return nil
	}
	return call.Args[i].X
}

// Trivial reports whether a body does nothing that a lock could protect.
func Trivial(f *ast.FuncDef) bool {
	for _, st := range f.Body.Stmts {
		switch st := st.(type) {
		case *ast.ExprStmt:
			switch x := st.X.(type) {
			case *ast.Str:
				if !x.FStr {
					continue
				}
			case *ast.Const:
				continue
			}
			return false
		case *ast.Simple:
			if st.Keyword == "pass" {
				continue
			}
			return false
		default:
			if !DeclaresOnly(st) {
				return false
			}
		}
	}
	return true
}

// Docstring returns a body's docstring, or nil.
func Docstring(stmts []ast.Stmt) *ast.Str {
	if len(stmts) == 0 {
		return nil
	}
	st, ok := stmts[0].(*ast.ExprStmt)
	if !ok {
		return nil
	}
	s, ok := st.X.(*ast.Str)
	if !ok || s.FStr {
		return nil
	}
	return s
}

// DeclaresOnly reports whether a statement declares without running code.
func DeclaresOnly(st ast.Stmt) bool {
	switch st := st.(type) {
	case *ast.CVarDecl:
		return !slices.ContainsFunc(st.Declarators, func(d *ast.Declarator) bool { return d.Default != nil })
	case *ast.CdefBlock:
		return !slices.ContainsFunc(st.Body.Stmts, func(s ast.Stmt) bool { return !DeclaresOnly(s) })
	case *ast.DefStmt:
		return true
	}
	return false
}

// Nests reports whether a function's body defines functions or classes.
func Nests(f *ast.FuncDef) bool {
	found := false
	ast.Walk(f.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDef, *ast.ClassDef:
			found = true
		}
		return !found
	})
	return found
}

// Yields reports whether a block has a yield of the function's own.
func Yields(n ast.Node) bool {
	found := false
	ast.Walk(n, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDef, *ast.ClassDef, *ast.Lambda:
			return false
		case *ast.Yield:
			found = true
		}
		return !found
	})
	return found
}

// YieldOf returns the yield that a statement consists of, or nil.
func YieldOf(st ast.Stmt) *ast.Yield {
	e, ok := st.(*ast.ExprStmt)
	if !ok {
		return nil
	}
	y, _ := Unparen(e.X).(*ast.Yield)
	return y
}

// ReturnsNothing reports whether a return statement has no value, or None.
func ReturnsNothing(st *ast.Simple) bool {
	if len(st.Exprs) == 0 {
		return true
	}
	c, ok := Unparen(st.Exprs[0]).(*ast.Const)
	return ok && c.Name == "None" && len(st.Exprs) == 1
}

// FallsOff reports whether control may come to the end of a block. After a "with" it may:
// what it enters can end an exception.
func FallsOff(stmts []ast.Stmt) bool {
	if len(stmts) == 0 {
		return true
	}
	switch st := stmts[len(stmts)-1].(type) {
	case *ast.Simple:
		return st.Keyword != "return" && st.Keyword != "raise"
	case *ast.If:
		last := st.Clauses[len(st.Clauses)-1]
		return last.Cond != nil || slices.ContainsFunc(st.Clauses, func(c ast.CondClause) bool { return FallsOff(c.Body.Stmts) })
	case *ast.Try:
		if st.Finally != nil && !FallsOff(st.Finally.Stmts) {
			return false
		}
		return FallsOff(st.Body.Stmts) && (st.Else == nil || FallsOff(st.Else.Stmts)) ||
			slices.ContainsFunc(st.Handlers, func(h ast.Handler) bool { return FallsOff(h.Body.Stmts) })
	}
	return true
}

// Guarded returns the statements that stand in a try or with statement, at any depth of
// their own function: code of it runs when they are left by an exception.
func Guarded(stmts []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt
	for _, st := range stmts {
		switch st.(type) {
		case *ast.Try, *ast.With:
			for b := range Suites(st) {
				EachStmt(b.Stmts, func(st ast.Stmt) { out = append(out, st) })
			}
			continue
		}
		if !OpensScope(st) {
			for b := range Suites(st) {
				out = append(out, Guarded(b.Stmts)...)
			}
		}
	}
	return out
}

// FromCython reports whether a statement imports from the cython module.
func FromCython(st *ast.FromImport) bool {
	return st.Level == 0 && len(st.Module) == 1 && st.Module[0].Name == "cython"
}

// WordByte reports whether a byte may be a part of an identifier.
func WordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// HasSlice reports whether an index, or what stands in the brackets of a type, has a slice in it: a[1:], double[:].
func HasSlice[N ast.Node](list []N) bool {
	return slices.ContainsFunc(list, func(n N) bool { _, is := ast.Node(n).(*ast.Slice); return is })
}

// Mentions reports whether an expression has a name in it.
func Mentions(e ast.Expr, name string) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == name
		return !found
	})
	return found
}
