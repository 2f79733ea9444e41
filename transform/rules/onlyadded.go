package rules

// Dicts that are only added to: what has a key keeps it, as long as the object is there that has the dict. All that
// changes the dict is a method that holds its object for writing, has looked for the key in vain, and adds it.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// adding looks at what is done to such dicts.
type adding struct{ *bodies }

// onlyAddedTo reports whether an expression is an attribute that has a dict which is only added to, of an object that a
// variable of the function has from there on.
func (c adding) onlyAddedTo(f *ruleFunc, e ast.Expr) bool {
	at, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return false
	}
	of, isName := syntax.Bare(at.X).(*ast.Name)
	if !isName || f.isGlobal(of.Name) || slices.ContainsFunc(f.values[of.Name], func(v nameValue) bool { return v.pos > e.Range().Pos }) {
		return false // the object may die, and what it has with it
	}
	owner := c.soleOwner(at.Attr.Name)
	if owner == nil || owner.PxdDef != nil || project.TypeName(c.m, owner.FieldByName[at.Attr.Name].Ctype) != "dict" {
		return false
	}
	made := false
	for _, use := range c.attrUses()[at.Attr.Name] {
		switch {
		case use.adds:
		case use.f == nil || use.value == nil || use.twice || use.f.def.Name.Name != "__cinit__" || !atBirth(use.f) || !spelledNew(use.value) || c.reach(use.f, use.value, use.value.Range().Pos) != private:
			return false
		default:
			made = true
		}
	}
	return made
}

// spelledNew reports whether a value is a new dict, and not one that other objects may have, too.
func spelledNew(e ast.Expr) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Collection, *ast.Comp:
		return true
	case *ast.Call:
		return x.Fun != nil && syntax.IsNamed(x.Fun, "dict")
	}
	return false
}

// addsOnly reports whether a target of an assignment is an item that is not there: "except KeyError: self.d[k] = v" after
// "try: return self.d[k]", in a method that holds its object for writing from its entry on.
func (c adding) addsOnly(f *ruleFunc, n *ast.Assign, target ast.Expr) bool {
	t, ok := target.(*ast.Subscript)
	if !ok || n.Op != "=" || len(t.Index) != 1 || !c.holdsForWriting(f) || !c.runsNothing(n.Value) {
		return false
	}
	at, isAttr := t.X.(*ast.Attribute)
	key, isName := t.Index[0].(*ast.Name)
	if !isAttr || !isName || !syntax.IsNamed(at.X, f.first()) || syntax.Assigns(f.def.Body, f.first()) || f.isGlobal(key.Name) {
		return false
	}
	found := false
	ast.Walk(f.def.Body, func(x ast.Node) bool {
		try, ok := x.(*ast.Try)
		if !ok || len(try.Body.Stmts) != 1 || try.Finally != nil {
			return !found
		}
		for i := range try.Handlers {
			h := &try.Handlers[i]
			if len(h.Body.Stmts) == 0 || h.Body.Stmts[0] != ast.Stmt(n) || h.Star || h.As != nil || !syntax.IsNamed(h.Type, "KeyError") {
				continue
			}
			var looked ast.Expr
			switch st := try.Body.Stmts[0].(type) {
			case *ast.Simple:
				if st.Keyword == "return" && len(st.Exprs) == 1 {
					looked = st.Exprs[0]
				}
			case *ast.Assign:
				if st.Op == "=" && !syntax.Assigns(try.Body, key.Name) {
					looked = st.Value
				}
			}
			_, bound := c.m.Scope.Names["KeyError"]
			found = looked != nil && !bound && f.spelled(looked) == f.spelled(t)
		}
		return !found
	})
	return found
}

// isGlobal reports whether a name is no variable of the function's own.
func (f *ruleFunc) isGlobal(name string) bool {
	f.prepare()
	return !f.local[name] || f.global[name]
}

// holdsForWriting reports whether a decorator of a method locks its object for writing, by a lock that is held throughout.
func (c adding) holdsForWriting(f *ruleFunc) bool {
	if f.class == nil || f.outer != nil {
		return false
	}
	k := c.m.ClassByName[f.class.Name.Name]
	if k == nil {
		return false
	}
	in := c.locks.Of(k)
	dec := decorator.Find(c.m, f.def.Decorators, "write_lock")
	return in != nil && in.Kind != decorator.CriticalSection && dec != nil && !isCall(dec)
}

// isCall reports whether a decorator has arguments.
func isCall(d *ast.Decorator) bool {
	_, ok := d.Expr.(*ast.Call)
	return ok
}

// runsNothing reports whether a value comes about without any Python code that might come back: a constant, a variable, a
// new object of the module whose constructors call C functions alone.
func (c adding) runsNothing(e ast.Expr) bool {
	switch x := syntax.Bare(e).(type) {
	case *ast.Name, *ast.Number, *ast.Str, *ast.Const:
		return true
	case *ast.Collection:
		return len(x.Elems) == 0
	case *ast.Call:
		path := syntax.Dotted(x.Fun)
		k := c.m.Lookup(path)
		if len(path) != 1 || k == nil || !k.Complete() || slices.ContainsFunc(x.Args, func(a ast.Arg) bool { return a.Star > 0 || !c.runsNothing(a.X) }) {
			return false
		}
		return !slices.ContainsFunc(k.Ancestry(), func(a *project.Class) bool { return a.Mod != c.m }) && !slices.ContainsFunc(c.funcs(), func(f *ruleFunc) bool {
			a := (*project.Class)(nil)
			if f.class != nil {
				a = c.m.ClassByName[f.class.Name.Name]
			}
			return a != nil && slices.Contains(k.Ancestry(), a) && (f.def.Name.Name == "__cinit__" || f.def.Name.Name == "__init__") && !c.callsOnlyC(f)
		})
	}
	return false
}

// callsOnlyC reports whether all that a function calls are functions of the module that are no Python functions.
func (c adding) callsOnlyC(f *ruleFunc) bool {
	only := true
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok && call.Fun != nil {
			only = only && (c.knownC(call.Fun) || slices.ContainsFunc(c.funcs(), func(g *ruleFunc) bool {
				return g.class == nil && g.outer == nil && g.def.Kind == ast.Cdef && syntax.IsNamed(call.Fun, g.def.Name.Name)
			}))
		}
		return only
	})
	return only
}

// knownC reports whether what is called is a function of C that the library knows, by its name in C.
func (c adding) knownC(fun ast.Expr) bool {
	name := c.m.CName(fun)
	if r := c.m.Owner(syntax.Dotted(fun)); r.Mod != nil {
		if f, ok := r.Mod.CDecls().Funcs[r.Name]; ok && f.Extern && f.Unit != nil && f.Declarator != nil && f.Declarator.CName != (ast.Span{}) {
			name = strings.Trim(syntax.Text(f.Unit.File, f.Declarator.CName), `"'`)
		}
	}
	return library.KnownC()[name] != ""
}
