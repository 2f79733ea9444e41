package effects

// Uses of objects without a static type, by the names of members: from where such an object is, and what is
// known of what is called.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// loose is a use of an object without a static type by a name that locked classes may have.
type loose struct {
	node  int32
	name  string
	part  Accessor
	under int32
	span  ast.Span
	later bool // in a function inside the function that may run when this one is over
	// inside is the block in which the function runs, within the function, that it stands in; 0 for none.
	inside int32
}

// Loose returns the uses of objects without a static type that a method makes, each once: those by
// names that Python's own types do not have, and all of what an attribute leads to. Those under a block
// are made while the method holds its own object, too.
func (f *Function) Loose() []LooseUse {
	var out []LooseUse
	for _, u := range slices.Concat(f.Flow.loose, f.Flow.onward) {
		if u.later && u.name == "__call__" {
			continue
		}
		use := LooseUse{Name: u.name, Part: u.part, Effect: &Effect{Region: -1, Cause: MayCall, Name: u.name, Span: u.span}}
		if len(f.Flow.Params) > 0 {
			if way, known := wayOf(f.Flow, u.node, f.Flow.Params[0]); known {
				use.Way = &way
			}
		}
		use.Param, use.Items = paramOf(f.Flow, u.node)
		if use.Param < 0 {
			use.Param, use.Within = withinParam(f.Flow, u.node)
		}
		if use.Way == nil && use.Param <= 0 && use.Anybody() || slices.ContainsFunc(out, func(o LooseUse) bool {
			return o.Name == u.name && o.Part == u.part && o.Param == use.Param && o.Items == use.Items && o.Within == use.Within && (o.Way == nil) == (use.Way == nil) && (o.Way == nil || *o.Way == *use.Way)
		}) {
			continue
		}
		out = append(out, use)
	}
	return out
}

// LooseUse is a use of an object without a static type, by the name of a member.
type LooseUse struct {
	Name   string
	Part   Accessor
	Effect *Effect
	// Way leads to the object from the function's own; nil where nothing tells.
	Way *Way
	// Param is the parameter that the object is, or with Items is in; -1 where it is neither.
	Param int32
	Items bool
	// Within is true where an attribute of the parameter leads to it, or an item of what is in that.
	Within bool
}

// withinParam is the parameter of an attribute of which a value is, or an item of an item; -1 for others.
func withinParam(fl *Flow, n int32) (num int32, within bool) {
	for range 8 {
		x := &fl.Nodes[n]
		switch g, got := fl.got[n]; {
		case x.Kind == NodeParam:
			return x.Num, within
		case got && g.via == Within:
			n, within = g.node, true
		case x.Kind == NodeContained || x.Kind == NodeCast || x.Kind == NodeUnknown && x.Base != 0:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return -1, false
		}
	}
	return -1, false
}

// paramOf is the parameter that a value is, or with items is in; -1 where it is neither.
func paramOf(fl *Flow, n int32) (num int32, items bool) {
	for range 8 {
		x := &fl.Nodes[n]
		switch {
		case x.Kind == NodeParam:
			return x.Num, items
		case x.Kind == NodeContained || x.Kind == NodeItem:
			n, items = x.Base, true
		case x.Kind == NodeCast || x.Kind == NodeUnknown && x.Base != 0:
			n = x.Base
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return -1, false
		}
	}
	return -1, false
}

// HandsOn reports whether a function passes one of its parameters on, as one of a helper's.
func HandsOn(f, g *Function, num int32) bool {
	return slices.ContainsFunc(f.Flow.Calls, func(c Call) bool {
		if !slices.Contains(c.Callees, g) || int(num) >= len(c.Args) {
			return false
		}
		from, items := paramOf(f.Flow, c.Args[num])
		return from > 0 && !items
	})
}

// MakesObjects reports whether a parameter that is called is a class, or a weak reference, as far as the
// function tells: by its default or its name, by what it does with what comes back, or because it asks for objects of it.
func MakesObjects(f *Function, num int32) bool {
	prm := f.Def.Params.List[num]
	if NamesClass(prm.Name.Name) {
		return true
	}
	switch d := syntax.Bare(prm.Default).(type) {
	case *ast.Name, *ast.Attribute:
		return true
	case *ast.Const:
		if d.Name != "None" {
			return true
		}
	}
	if refers(f, prm.Name.Name) {
		return true
	}
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.Call)
		found = found || ok && c.Fun != nil && (syntax.IsNamed(c.Fun, "isinstance") || syntax.IsNamed(c.Fun, "issubclass")) &&
			slices.ContainsFunc(c.Args, func(a ast.Arg) bool {
				return syntax.IsNamed(a.X, prm.Name.Name) && (a.Pos != c.Args[0].Pos || syntax.IsNamed(c.Fun, "issubclass"))
			})
		return !found
	})
	return found
}

// NamesClass reports whether a name says that what is called makes objects.
func NamesClass(name string) bool {
	return slices.ContainsFunc([]string{"type", "cls", "class", "klass", "factory"}, func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
}

// refers reports whether a name is used as a weak reference: what it returns without arguments is compared with
// None, or is declared as a class.
func refers(f *Function, name string) bool {
	called := func(e ast.Expr) bool {
		c, ok := syntax.Bare(e).(*ast.Call)
		return ok && len(c.Args) == 0 && c.Fun != nil && syntax.IsNamed(c.Fun, name)
	}
	var kept []string
	found := false
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				found = found || called(d.Default) && n.Type != nil && f.Mod.Lookup(strings.Split(n.Type.Name, ".")) != nil
				if called(d.Default) {
					kept = append(kept, syntax.DeclaredName(d).Name)
				}
			}
		case *ast.Assign:
			if id, ok := n.Targets[0].(*ast.Name); ok && called(n.Value) {
				kept = append(kept, id.Name)
			}
		case *ast.Compare:
			if id, ok := syntax.Bare(n.Xs[0]).(*ast.Name); ok && len(n.Xs) == 2 && syntax.IsNothing(n.Xs[1]) {
				found = found || slices.Contains(kept, id.Name)
			}
		}
		return true
	})
	return found
}

// Anybody reports whether objects of Python's own types are used so, too.
func (u *LooseUse) Anybody() bool { return Common(u.Name) || !byName(u.Name) }

// Common reports whether Python's own types have members of a name, too.
func Common(name string) bool {
	return library.ContentMethods()[name] || library.Changers()[name] || library.Keepers()[name] || library.Mutators()[name] || library.ReadMethods()[name] || library.ViewMethods()[name]
}
