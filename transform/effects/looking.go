package effects

// What expressions of a generator look at: attributes of guarded state that others may change,
// by themselves or through what they call.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// looking tells what the expressions of a generator look at.
type looking struct {
	*crossing
	fixed map[fieldKey]bool // see settled
}

// fieldKey is an attribute of the class that declares it.
type fieldKey struct {
	class *project.Class
	name  string
}

func (r *looking) text(n ast.Node) string {
	return strings.Join(strings.Fields(syntax.Text(r.f.Unit.File, n.Range())), " ")
}

// atoms are the parts of a condition that "and", "or" and "not" put together.
func atoms(e ast.Expr) []ast.Expr {
	switch e := syntax.Unparen(e).(type) {
	case nil:
		return nil
	case *ast.Unary:
		if e.Op == "not" {
			return atoms(e.X)
		}
	case *ast.Binary:
		if e.Op == "and" || e.Op == "or" {
			return append(atoms(e.X), atoms(e.Y)...)
		}
	}
	return []ast.Expr{e}
}

// asked tells questions apart: "i < self.n" and "i >= self.n" are one.
func (r *looking) asked(e ast.Expr) string {
	c, ok := syntax.Unparen(e).(*ast.Compare)
	if !ok {
		return r.text(syntax.Unparen(e))
	}
	var parts []string
	for _, x := range c.Xs {
		parts = append(parts, r.text(syntax.Unparen(x)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
}

// callsIn are the calls of functions of the project within a node.
func (r *looking) callsIn(n ast.Node) []*Call {
	if n == nil {
		return nil
	}
	var out []*Call
	for i := range r.f.Flow.Calls {
		s := n.Range()
		if c := &r.f.Flow.Calls[i]; s.Pos <= c.Span.Pos && c.Span.End <= s.End {
			out = append(out, c)
		}
	}
	return out
}

// raising reports whether a function has a raise or an assert statement, or calls one.
func raising(f *Function, depth int) bool {
	found := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.Simple)
		found = found || ok && (st.Keyword == "raise" || st.Keyword == "assert")
		return !found
	})
	return found || depth > 0 && slices.ContainsFunc(f.Flow.Calls, func(c Call) bool {
		return slices.ContainsFunc(c.Callees, func(g *Function) bool { return raising(g, depth-1) })
	})
}

// touched are the attributes of its arguments that a function uses, as ".name"; "." where
// that is not known.
func (r *looking) touched(g *Function) []string {
	var out []string
	for i := range g.Sum.Effects {
		if e := &g.Sum.Effects[i]; r.mayChange(g, e) && !slices.Contains(out, "."+e.Field) {
			out = append(out, "."+e.Field)
		}
	}
	return out
}

// mayChange reports whether an effect is on guarded state that others may change.
func (r *looking) mayChange(g *Function, e *Effect) bool {
	return e.Kind != OnPython && r.p.Guards(e.Class) && g.Sum.Regions[e.Region].Root != NodeFresh && !r.settled(e.Class, e.Field)
}

// settled reports whether an attribute keeps its value once its object is made, as far as
// its module tells. A build, which may see no other module, must come to the same.
func (r *looking) settled(c *project.Class, name string) bool {
	fd := c.Field(name)
	if fd == nil || fd.Vis == ast.Public {
		return false
	}
	d := c.Declarer(name)
	if d.PxdDef != nil || d.Mod.Broken() {
		return false
	}
	key := fieldKey{d, name}
	if is, ok := r.fixed[key]; ok {
		return is
	}
	all := r.p.Funcs(d.Mod).All
	for _, f := range all {
		r.p.FlowOf(f)
	}
	r.p.Solve(all)
	is := true
	for _, f := range all {
		r.p.EachWrite(f, func(e *Effect) {
			is = is && !(slices.Contains(e.Class.Declaring(e.Field), d) && (e.Field == name || d.FieldByName[e.Field] == nil))
		})
	}
	r.fixed[key] = is
	return is
}

// looksAt returns the attributes of guarded state that an expression looks at, and whether
// it looks at any, or at what others are.
func (r *looking) looksAt(e ast.Expr) (names []string, looks bool) {
	if isKind(e) {
		return nil, false
	}
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			if fd, _ := r.field(n); fd != nil {
				names = append(names, r.path(n))
			}
			_, named := syntax.Bare(n.X).(*ast.Name)
			return !named
		case *ast.Name:
			looks = looks || r.carried[n.Name] || r.locked(n)
		case *ast.Compare:
			if slices.Contains([]string{"is", "is not"}, n.Ops[0]) {
				for _, x := range n.Xs {
					if _, name := syntax.Unparen(x).(*ast.Name); !name {
						of, at := r.looksAt(x)
						names, looks = append(names, of...), looks || at
					}
				}
				return false
			}
		case *ast.Call:
			if isKind(n) {
				return false
			}
		}
		return true
	})
	for _, c := range r.callsIn(e) {
		for _, g := range c.Callees {
			names = append(names, r.touched(g)...)
		}
	}
	return names, looks || len(names) > 0
}

// isKind reports whether an expression asks what kind of object something is.
func isKind(e ast.Expr) bool {
	c, ok := syntax.Unparen(e).(*ast.Call)
	if !ok {
		return false
	}
	name, ok := c.Fun.(*ast.Name)
	return ok && slices.Contains([]string{"isinstance", "issubclass", "callable", "type", "id", "hasattr"}, name.Name)
}

// locked reports whether a name stands for an object that has a lock, by its type.
func (r *looking) locked(n *ast.Name) bool {
	c := r.class(n)
	return c != nil && r.p.Guards(c)
}

// field is the attribute of guarded state that an expression is, where others may change it.
func (r *looking) field(e *ast.Attribute) (*project.Field, ctype.Shape) {
	c := r.class(e.X)
	if c == nil || !r.p.Guards(c) {
		return nil, ctype.Shape{}
	}
	fd := c.Field(e.Attr.Name)
	if fd == nil || r.settled(c, e.Attr.Name) {
		return nil, ctype.Shape{}
	}
	return fd, r.p.Types.OfField(fd)
}

// class is the class of an object by what declares it.
func (r *looking) class(e ast.Expr) *project.Class {
	return r.classOf(e, 8)
}

func (r *looking) classOf(e ast.Expr, depth int) *project.Class {
	if depth == 0 {
		return nil
	}
	switch e := syntax.Unparen(e).(type) {
	case *ast.Cast:
		return classOfObject(r.p.Types.Of(r.f.Mod, e.Type, nil))
	case *ast.Attribute:
		if c := r.classOf(e.X, depth-1); c != nil {
			if fd := c.Field(e.Attr.Name); fd != nil {
				return fd.Class()
			}
		}
	case *ast.Name:
		if i := r.param(e.Name); i >= 0 {
			return classOfObject(r.f.Flow.Nodes[r.f.Flow.Params[i]].Shape)
		}
		if c := r.variable(e.Name).Class; c != nil {
			return c
		}
		for _, v := range r.values(e.Name) { // Cython finds out its type, too
			if v != nil {
				if c := r.classOf(v, depth-1); c != nil {
					return c
				}
			}
		}
	}
	return nil
}

// path is an attribute as it is spelled, with "" for an object that has other names.
func (r *looking) path(e *ast.Attribute) string {
	parts := syntax.Dotted(e)
	if parts == nil || r.param(parts[0]) < 0 {
		return "." + e.Attr.Name
	}
	return strings.Join(parts, ".")
}

// meets reports whether two paths may be of one attribute.
func meets(a, b string) bool {
	return a == b || (a[0] == '.' || b[0] == '.') && (a == "." || b == "." || syntax.LastPart(a) == syntax.LastPart(b))
}
