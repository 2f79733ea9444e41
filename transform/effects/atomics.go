package effects

// Attributes that are C++ atomics: each operation on one is whole, so that no lock has to be held for it. Several
// operations are not: "n = n + 1" loses updates, and what a test found may be over when it is acted upon.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Atomic reports whether an attribute is a C++ atomic of a number, and no function that uses it, with what it calls
// for that, puts several operations together. What an atomic pointer leads to is not atomic, nor is it kept alive.
func (ls *LockSets) Atomic(s State) bool {
	if !isAtomic(ls.p, s.Class.Field(s.Field)) {
		return false
	}
	entries := map[*Function]*operations{}
	for _, a := range ls.All[s] {
		ops := entries[a.Func]
		if ops == nil {
			ops = &operations{field: s.Field, others: map[string]bool{}, seen: map[*Function]bool{}}
			for _, f := range s.Class.Fields {
				ops.others[f.Name] = f.Name != s.Field && isAtomic(ls.p, f)
			}
			entries[a.Func] = ops
			ops.in(a.Func)
		}
		steps := Chain(a.Func, a.Effect)
		for i, step := range steps {
			ops.in(step.Func)
			if i == len(steps)-1 && !spells(step.Func, s.Field) { // it was given the atomic itself
				ops.handed = true
			}
		}
	}
	for _, ops := range entries {
		if !ops.whole() {
			return false
		}
	}
	return true
}

// atomics are those of the classes of modules.
func (ls *LockSets) atomics(mods []*project.Module) map[attribute]bool {
	var out map[attribute]bool
	for _, m := range mods {
		for _, c := range m.Classes {
			for _, fd := range c.Fields {
				if isAtomic(ls.p, fd) && ls.Atomic(State{Class: c, Field: fd.Name}) {
					out = with(out, attribute{c, fd.Name}, true)
				}
			}
		}
	}
	return out
}

// usesAtomics reports whether a class in sight of functions has an atomic.
func usesAtomics(p *Program, all []*Function) bool {
	return slices.ContainsFunc(all, func(f *Function) bool {
		return slices.ContainsFunc(f.Class.Ancestry(), func(c *project.Class) bool {
			return slices.ContainsFunc(c.Fields, func(fd *project.Field) bool { return isAtomic(p, fd) })
		})
	})
}

// isAtomic reports whether an attribute is one C++ atomic of a number.
func isAtomic(p *Program, fd *project.Field) bool {
	if fd == nil || fd.Ctype == nil || project.TypeName(fd.Mod, fd.Ctype) != "atomic" || len(fd.Ctype.Args) != 1 {
		return false
	}
	if d := fd.Declarator; d != nil && (d.Pointer > 0 || d.Inner != nil || d.Ref || len(d.Arrays) > 0) {
		return false
	}
	of, ok := fd.Ctype.Args[0].(*ast.CType)
	return ok && p.Types.Of(fd.Mod, of, of.Declarator).Kind == ctype.Scalar
}

// spells reports whether the attribute stands in a function.
func spells(f *Function, field string) bool {
	found := false
	ast.Walk(f.Def, func(n ast.Node) bool {
		if x, ok := n.(*ast.Attribute); ok && x.Attr.Name == field {
			found = true
		}
		return !found
	})
	return found
}

// operations are what a function does to an atomic, with the functions that it calls for that.
type operations struct {
	field          string
	others         map[string]bool // the class's other atomics
	seen           map[*Function]bool
	looks, changes int
	elsewhere      int  // looks at the other atomics
	handed         bool // somebody got its address
}

// whole reports whether the operations have nothing to do with each other: who changes the atomic does not look at
// it beside that, nor at another atomic of the object, but for a message; comparing and exchanging is neither.
func (o *operations) whole() bool {
	return !o.handed && (o.changes == 0 || o.looks == 0 && o.elsewhere == 0)
}

// in adds what a function does, and what the functions do that it calls and that use the atomic.
func (o *operations) in(f *Function) {
	if o.seen[f] {
		return
	}
	o.seen[f] = true
	ast.Walk(f.Def, o.visit)
	if f.Flow == nil {
		return
	}
	for i := range f.Flow.Calls {
		for _, g := range f.Flow.Calls[i].Callees {
			if spells(g, o.field) {
				o.in(g)
			}
		}
	}
}

func (o *operations) is(e ast.Node) bool {
	if x, ok := e.(ast.Expr); ok {
		e = syntax.Unparen(x)
	}
	x, ok := e.(*ast.Attribute)
	return ok && x.Attr.Name == o.field
}

// has reports whether the atomic is used in an expression.
func (o *operations) has(e ast.Node) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		found = found || o.is(n)
		return !found
	})
	return found
}

func (o *operations) visit(n ast.Node) bool {
	if o.is(n) {
		o.looks++
	} else if x, ok := n.(*ast.Attribute); ok && o.others[x.Attr.Name] {
		o.elsewhere++
	}
	switch n := n.(type) {
	case *ast.Assign:
		for _, t := range n.Targets {
			switch other, ok := syntax.Unparen(t).(*ast.Attribute); {
			case o.is(t):
				o.changes++
				o.looks--
			case ok && o.others[other.Attr.Name]: // that is another atomic's change
				o.elsewhere--
			case o.has(t):
				o.handed = true // n, m = …
			}
		}
	case *ast.For:
		o.handed = o.handed || n.Target != nil && o.has(n.Target)
	case *ast.CVarDecl:
		for _, d := range n.Declarators {
			o.handed = o.handed || (d.Ref || d.Refref) && d.Default != nil && o.is(d.Default)
		}
	case *ast.Call:
		o.call(n)
	case *ast.Unary: // what is done to it by that nothing tells
		o.handed = o.handed || n.Op == "&" && o.is(n.X)
	case *ast.Simple:
		if n.Keyword == "raise" { // a message
			for _, e := range n.Exprs {
				ast.Walk(e, func(n ast.Node) bool {
					if x, ok := n.(*ast.Call); ok {
						before := *o
						o.call(x)
						o.looks, o.elsewhere = before.looks, before.elsewhere
					}
					return true
				})
			}
			return false
		}
	}
	return true
}

// call looks at a call of one of the atomic's methods, or one that is given the atomic.
func (o *operations) call(n *ast.Call) {
	a, method := syntax.Unparen(n.Fun).(*ast.Attribute)
	if !method || !o.is(a.X) {
		if stepping[syntax.LastName(n.Fun)] && len(n.Args) == 1 && o.is(n.Args[0].X) {
			o.changes++
			o.looks--
			return
		}
		if method {
			if x, ok := syntax.Unparen(a.X).(*ast.Attribute); ok && o.others[x.Attr.Name] && a.Attr.Name != "load" {
				o.elsewhere-- // that is another atomic's change
			}
		}
		for _, arg := range n.Args {
			o.handed = o.handed || o.is(arg.X)
		}
		return
	}
	switch a.Attr.Name {
	case "load", "is_lock_free":
	case "compare_exchange_weak", "compare_exchange_strong":
		o.looks--
	default:
		o.changes++
		o.looks--
	}
}

// stepping are cython.operator's names of ++ and --.
var stepping = map[string]bool{"preincrement": true, "predecrement": true, "postincrement": true, "postdecrement": true}
