package effects

// Attributes that are numbers by their types, of no type that is made for addresses, and have an address all the same:
// "self.at = <size_t>p", "(<S *>self.at).n = 1".

import (
	"bytes"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// addresses are the names of attributes of a module's classes that are numbers and have addresses.
type addresses struct {
	given    map[string]bool // of types that say nothing of that
	followed map[string]bool // that the module makes pointers of again
}

// FollowsAddress reports whether an attribute that is a number has an address that its module makes a pointer of.
func FollowsAddress(p *Program, fd *project.Field) bool {
	return p.addresses.Get(fd.Mod).followed[fd.Name]
}

// findAddresses finds these attributes by what the module does with them: they are made pointers to something, or of
// pointers.
func findAddresses(p *Program, m *project.Module) addresses {
	numbers, made := map[string]bool{}, map[string]bool{}
	for _, c := range m.Classes {
		for _, f := range c.Fields {
			if sh := p.Types.OfField(f); sh.Kind == ctype.Scalar && !sh.Handle {
				numbers[f.Name], made[f.Name] = true, made[f.Name] || sh.Address
			}
		}
	}
	out := addresses{map[string]bool{}, map[string]bool{}}
	if len(numbers) == 0 || !slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return bytes.Contains(u.Src, []byte("*>")) }) {
		return out
	}
	found := func(e ast.Expr, in map[string]bool) {
		for _, a := range attributesIn(e, nil) {
			if name := a.Attr.Name; numbers[name] {
				in[name] = true
				if !made[name] {
					out.given[name] = true
				}
			}
		}
	}
	for _, f := range p.Funcs(m).All {
		if f.Def.Body == nil || bytes.IndexByte(f.Unit.Src[f.Def.Pos:f.Def.End], '<') < 0 {
			continue
		}
		var pointers map[string]bool // the function's variables that are pointers, once somebody asks
		syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Cast:
				if n.Type != nil && syntax.Pointers(n.Type.Declarator) > 0 && (n.Type.Name != "void" || syntax.Pointers(n.Type.Declarator) > 1) {
					found(n.X, out.followed)
				}
			case *ast.Assign:
				c, ok := syntax.Unparen(n.Value).(*ast.Cast)
				if !ok || c.Type == nil || syntax.Pointers(c.Type.Declarator) > 0 || !numbers[syntax.LastName(n.Targets[0])] {
					break
				}
				if pointers == nil {
					pointers = pointersOf(f)
				}
				if !made[syntax.LastName(n.Targets[0])] && addressed(p, f, c.X, pointers) {
					found(n.Targets[0], out.given)
				}
			}
			return true
		})
	}
	return out
}

// attributesIn are the attributes that a number is made of by arithmetic.
func attributesIn(e ast.Expr, out []*ast.Attribute) []*ast.Attribute {
	switch x := syntax.Bare(e).(type) {
	case *ast.Attribute:
		return append(out, x)
	case *ast.Binary:
		return attributesIn(x.Y, attributesIn(x.X, out))
	}
	return out
}

// pointersOf are the parameters and variables of a function that are declared as pointers.
func pointersOf(f *Function) map[string]bool {
	out := map[string]bool{}
	if f.Def.Params != nil {
		for _, prm := range f.Def.Params.List {
			if syntax.Pointers(prm.Declarator) > 0 {
				out[syntax.ParamName(prm)] = true
			}
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.CVarDecl); ok {
			for _, d := range d.Declarators {
				if d.Pointer > 0 || len(d.Arrays) > 0 {
					out[syntax.DeclaredName(d).Name] = true
				}
			}
		}
		return true
	})
	return out
}

// addressed reports whether an expression is a pointer, as far as it shows that itself.
func addressed(p *Program, f *Function, e ast.Expr, pointers map[string]bool) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Unary:
		return x.Op == "&"
	case *ast.Cast:
		return x.Type != nil && syntax.Pointers(x.Type.Declarator) > 0
	case *ast.Name:
		return pointers[x.Name]
	case *ast.Attribute:
		for _, c := range f.Mod.Classes {
			if fd := c.FieldByName[x.Attr.Name]; fd != nil && p.Types.OfField(fd).Kind == ctype.Pointer {
				return true
			}
		}
	case *ast.Call:
		path := syntax.Dotted(x.Fun)
		if len(path) == 0 {
			return false
		}
		if strings.HasSuffix(path[len(path)-1], "alloc") {
			return true
		}
		if r := f.Mod.Owner(path); r.Mod != nil {
			d, ok := r.Mod.CDecls().Funcs[r.Name]
			return ok && syntax.Pointers(d.Declarator) > 0
		}
	}
	return false
}

// returnsAddress reports whether a function returns a pointer as a number: "return <size_t>self.p".
func returnsAddress(p *Program, f *Function) bool {
	if f.Def.Kind == ast.Def || f.Def.Body == nil {
		return false
	}
	return f.address.Get(func() bool {
		found := false
		var pointers map[string]bool
		syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
			if st, ok := n.(*ast.Simple); ok && st.Keyword == "return" && len(st.Exprs) == 1 {
				if c, ok := syntax.Unparen(st.Exprs[0]).(*ast.Cast); ok && c.Type != nil && syntax.Pointers(c.Type.Declarator) == 0 {
					if pointers == nil {
						pointers = pointersOf(f)
					}
					found = found || addressed(p, f, c.X, pointers)
				}
			}
			return !found
		})
		return found
	})
}
