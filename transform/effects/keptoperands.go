package effects

// Operators of objects without a static type: "x & c" may be what c.__rand__ keeps, and "y + v" may keep v. Most
// operators make something new and keep nothing, so that counts only where a class in sight has one that does.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// keepingOperators are names of special methods of operators that some class in sight has.
type keepingOperators struct {
	returns map[string]bool // those that return what was there before
	keeps   map[string]bool // those that keep the other operand
}

// findKeepingOperators finds those of a module and of the modules that it imports from.
func findKeepingOperators(p *Program, m *project.Module) keepingOperators {
	out := keepingOperators{map[string]bool{}, map[string]bool{}}
	mods := map[*project.Module]bool{m: true}
	for name, bd := range m.Scope.Names {
		if bd.Kind == project.BindImported {
			if r := m.Owner([]string{name}); r.Mod != nil {
				mods[r.Mod] = true
			}
		}
	}
	names := map[string]bool{}
	for _, op := range library.BinaryMethods() {
		for _, how := range []string{"__", "__r", "__i"} {
			names[how+op+"__"] = true
		}
	}
	for mod := range mods {
		for _, f := range p.Funcs(mod).All {
			name := f.Def.Name.Name
			if names[name] && (f.Class != nil || f.PyClass != "") && f.Def.Body != nil && f.Def.Params != nil && len(f.Def.Params.List) > 1 {
				out.returns[name] = out.returns[name] || returnsKept(f)
				out.keeps[name] = out.keeps[name] || keepsOperand(f)
			}
		}
	}
	return out
}

// returnsKept reports whether an operator returns what its object has, or an operand; in place it returns its object.
func returnsKept(f *Function) bool {
	own, other := syntax.ParamName(f.Def.Params.List[0]), syntax.ParamName(f.Def.Params.List[1])
	kept := map[string]bool{other: true, own: !strings.HasPrefix(f.Def.Name.Name, "__i")}
	is := func(e ast.Expr) bool {
		switch x := syntax.Bare(e).(type) {
		case *ast.Attribute, *ast.Subscript:
			return true
		case *ast.Name:
			return kept[x.Name]
		}
		return false
	}
	syntax.Given(f.Def.Body, func(name string, value ast.Expr) {
		if is(value) {
			kept[name] = true
		}
	})
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Simple); ok && st.Keyword == "return" && len(st.Exprs) == 1 {
			e := syntax.Unparen(st.Exprs[0])
			if c, ok := e.(*ast.Cond); ok {
				found = found || is(c.Then) || is(c.Else)
			}
			found = found || is(e)
		}
		return !found
	})
	return found
}

// keepsOperand reports whether an operator stores its other operand somewhere.
func keepsOperand(f *Function) bool {
	other := syntax.ParamName(f.Def.Params.List[1])
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Value == nil || !syntax.IsNamed(syntax.Bare(n.Value), other) {
				break
			}
			for _, t := range n.Targets {
				switch t := syntax.Unparen(t).(type) {
				case *ast.Attribute, *ast.Subscript:
					found = true
				case *ast.Name:
					found = found || ofModuleIn(f, t.Name)
				}
			}
		case *ast.Call:
			if m, ok := syntax.Unparen(n.Fun).(*ast.Attribute); ok && library.Changers()[m.Attr.Name] {
				for _, a := range n.Args {
					found = found || syntax.IsNamed(syntax.Bare(a.X), other)
				}
			}
		}
		return !found
	})
	return found
}

// OperatorKeeps reports whether a class in sight of a module has a method of an operator that stores its other operand: "|",
// also of "|=".
func OperatorKeeps(p *Program, m *project.Module, op string) bool {
	name, keeps := library.BinaryMethods()[strings.TrimSuffix(op, "=")], p.keeping.Get(m).keeps
	return name != "" && (keeps["__i"+name+"__"] || keeps["__"+name+"__"] || keeps["__r"+name+"__"])
}

// ofModuleIn reports whether a function declares a name to be one of the module's.
func ofModuleIn(f *Function, name string) bool {
	return (&later{f: f, body: f.Def.Body}).ofModule(name)
}

// untyped reports whether a value may be an object of any class.
func untyped(b expressions, n int32) bool {
	return n != 0 && b.answers(n) && b.shape(n).Class == nil
}

// mayKeep notes that the operator of one operand may keep the other one.
func mayKeep(b expressions, x, y int32, op string, span ast.Span, hows ...string) {
	for _, how := range hows {
		of, other := x, y
		if how == "__r" {
			of, other = y, x
		}
		if other != 0 && untyped(b, of) && b.p.keeping.Get(b.m).keeps[how+op+"__"] {
			b.hands(other, 0, span.End, false)
		}
	}
}

// orKept is what an operator yields, which may be what somebody keeps where an operand is of no known class.
func orKept(b expressions, n, x, y int32, op string, hows ...string) int32 {
	for _, how := range hows {
		of := x
		if how == "__r" {
			of = y
		}
		if untyped(b, of) && b.p.keeping.Get(b.m).returns[how+op+"__"] {
			return b.either(n, b.node(Node{Kind: NodeUnknown, Shape: ctype.Shape{Kind: ctype.Object}}))
		}
	}
	return n
}
