package effects

// Pointers that an object frees only where a flag of its own says that it made what they lead to. Whoever gives it a
// pointer into another object's state clears the flag along with that.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// FreesOwn reports whether a destructor, at a place where it frees what a pointer of its object leads to, does so only under a
// flag that tells whether the object made that itself: whoever sets the flag has just given the pointer a value by a call, and
// wherever the pointer is made to lead into another's state, the flag is cleared.
func FreesOwn(p *Program, f *Function, at ast.Span, pointer string) bool {
	flag := underFlag(f, at)
	fd := f.Class.Field(flag)
	if fd == nil || fd.Vis == ast.Public || p.Types.OfField(fd).Kind != ctype.Scalar {
		return false
	}
	o := ownsFlag{p: p, flag: attribute{f.Class.Declarer(flag), flag}, pointer: pointer}
	for _, pt := range p.Guarding.Owners.All {
		if pt.Pointer == pointer && !pt.Returned && project.Related(pt.Class, f.Class) {
			o.borrowed = append(o.borrowed, pt.Place)
		}
	}
	return o.told() && !slices.ContainsFunc(o.borrowed, func(at Place) bool { return !o.cleared(at) })
}

// underFlag is the attribute of a method's object without which a place in the method is not reached, "" where there is none.
func underFlag(f *Function, at ast.Span) string {
	self, flag := syntax.ParamName(f.Def.Params.List[0]), ""
	if syntax.Assigns(f.Def.Body, self) {
		return ""
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.If)
		if !ok {
			return flag == ""
		}
		// An elif is reached where its own condition holds, too.
		for i := range c.Clauses {
			if k := &c.Clauses[i]; k.Cond != nil && k.Body != nil && k.Body.Contains(at.Pos) && flag == "" {
				flag = attributeThatHolds(f, k.Cond, self)
			}
		}
		return flag == ""
	})
	return flag
}

// attributeThatHolds is an attribute of an object that is true where a condition is.
func attributeThatHolds(f *Function, cond ast.Expr, self string) string {
	switch x := syntax.Unparen(cond).(type) {
	case *ast.Attribute:
		if syntax.IsNamed(x.X, self) {
			return x.Attr.Name
		}
	case *ast.Compare: // "self.owns is True"
		if len(x.Ops) == 1 && (x.Ops[0] == "is" || x.Ops[0] == "==") && constant(f, x.Xs[1]) == isTrue {
			return attributeThatHolds(f, x.Xs[0], self)
		}
	case *ast.Binary:
		if x.Op == "and" {
			if flag := attributeThatHolds(f, x.X, self); flag != "" {
				return flag
			}
			return attributeThatHolds(f, x.Y, self)
		}
	}
	return ""
}

// truth is what is known of a value.
type truth uint8

const (
	unknownTruth truth = iota
	isTrue
	isFalse
)

func constant(f *Function, e ast.Expr) truth {
	said := ""
	switch e := syntax.Unparen(e).(type) {
	case *ast.Const:
		said = e.Name
	case *ast.Number:
		said = syntax.Text(f.Unit.File, e.Span)
	}
	switch said {
	case "True", "1":
		return isTrue
	case "False", "0":
		return isFalse
	}
	return unknownTruth
}

// ownsFlag is a flag, and a pointer that it tells of.
type ownsFlag struct {
	p       *Program
	flag    attribute
	pointer string
	// borrowed are the places at which the pointer is made to lead into another's state.
	borrowed []Place
}

// told reports whether the flag gets no value in sight but True and False, and True only after the pointer was given what a
// call returned.
func (o ownsFlag) told() bool {
	visit := func(way spot) bool {
		x, ok := way.last().(*ast.Attribute)
		if !ok || x.Attr.Name != o.flag.name || !way.nested && ofAnother(way.f, x, o.flag.class) || way.f != nil && ofOther(o.p, way.f, x, o.flag.class) {
			return true
		}
		if x.Access == ast.Read {
			_, address := way.up().last().(*ast.Unary)
			return !address || way.up().last().(*ast.Unary).Op != "&"
		}
		st, ok := way.up().last().(*ast.Assign)
		if !ok || way.f == nil || way.nested || st.Op != "=" || len(st.Targets) != 1 || st.Targets[0] != ast.Expr(x) {
			return false
		}
		switch constant(way.f, st.Value) {
		case isFalse:
			return true
		case isTrue:
			in, ok := way.up().up().last().(*ast.Suite)
			return ok && o.made(in.Stmts[:slices.Index(in.Stmts, ast.Stmt(st))], syntax.Dotted(x.X)) &&
				!slices.ContainsFunc(o.borrowed, func(at Place) bool { return at.Func == way.f && in.Contains(at.Span.Pos) })
		}
		return false
	}
	return !slices.ContainsFunc(naming(o.p, o.flag), func(m *project.Module) bool {
		return m.Broken() || !o.p.places.Get(m).visit(o.p, m, o.flag, visit)
	})
}

// made reports whether statements give the pointer of an object what a call returns, or NULL, whichever way they go, and then
// do nothing that may give it another value.
func (o ownsFlag) made(list []ast.Stmt, object []string) bool {
	i := slices.IndexFunc(list, func(st ast.Stmt) bool {
		switch st := st.(type) {
		case *ast.Assign:
			if !o.assigns(st, o.pointer, object) {
				return false
			}
			if k, ok := syntax.Unparen(st.Value).(*ast.Const); ok {
				return k.Name == "NULL"
			}
			_, ok := syntax.Bare(st.Value).(*ast.Call)
			return ok
		case *ast.With:
			return o.made(st.Body.Stmts, object)
		case *ast.If:
			return st.Clauses[len(st.Clauses)-1].Cond == nil && !slices.ContainsFunc(st.Clauses, func(k ast.CondClause) bool { return !o.made(k.Body.Stmts, object) })
		}
		return false
	})
	return len(object) > 0 && i >= 0 && !slices.ContainsFunc(list[i+1:], func(st ast.Stmt) bool { return handsOn(st, object) })
}

// handsOn reports whether a statement calls a method of an object, or gives somebody the object, or one that leads to it.
func handsOn(st ast.Stmt, object []string) bool {
	within := map[ast.Expr]bool{} // of what an attribute is taken
	found := false
	ast.Walk(st, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Attribute:
			path := syntax.Dotted(n.X)
			leads := len(path) > 0 && len(path) <= len(object) && slices.Equal(path, object[:len(path)])
			found = found || leads && n.Access == ast.Called || !within[n] && slices.Equal(syntax.Dotted(n), object)
			within[n.X] = true
		case *ast.Name:
			found = found || n.Name == "super" || n.Name == object[0] && !within[n]
		}
		return !found
	})
	return found
}

// assigns reports whether a statement gives one attribute of an object a value, and does nothing else.
func (o ownsFlag) assigns(st *ast.Assign, name string, object []string) bool {
	if st.Op != "=" || len(st.Targets) != 1 || st.Value == nil {
		return false
	}
	x, ok := st.Targets[0].(*ast.Attribute)
	return ok && x.Attr.Name == name && slices.Equal(syntax.Dotted(x.X), object)
}

// cleared reports whether the flag of an object is cleared where its pointer is assigned to: beside that, with nothing but other
// assignments between them that call nothing.
func (o ownsFlag) cleared(at Place) bool {
	clears := false
	syntax.OwnNodes(at.Func.Def.Body, func(n ast.Node) bool {
		in, ok := n.(*ast.Suite)
		if !ok {
			return true
		}
		i := slices.IndexFunc(in.Stmts, func(st ast.Stmt) bool { return st.Range().Contains(at.Span.Pos) })
		if i < 0 {
			return true
		}
		if st, ok := in.Stmts[i].(*ast.Assign); ok && len(st.Targets) == 1 {
			if x, ok := st.Targets[0].(*ast.Attribute); ok && x.Attr.Name == o.pointer {
				object := syntax.Dotted(x.X)
				clears = clears || len(object) > 0 && (o.clearedBy(at.Func, in.Stmts[i+1:], object) || o.clearedBy(at.Func, backwards(in.Stmts[:i]), object))
			}
		}
		return true
	})
	return clears
}

func backwards(list []ast.Stmt) []ast.Stmt {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// clearedBy reports whether the first of some statements that does more than assign something to an attribute is preceded by
// one that clears the flag of an object.
func (o ownsFlag) clearedBy(f *Function, list []ast.Stmt, object []string) bool {
	for _, st := range list {
		st, ok := st.(*ast.Assign)
		if !ok || len(st.Targets) != 1 || st.Op != "=" || st.Value == nil {
			return false
		}
		if o.assigns(st, o.flag.name, object) {
			return constant(f, st.Value) == isFalse
		}
		if x, ok := st.Targets[0].(*ast.Attribute); !ok || syntax.Dotted(x) == nil || syntax.Dotted(syntax.Bare(st.Value)) == nil {
			return false
		}
	}
	return false
}
