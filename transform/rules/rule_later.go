package rules

// PXL305: a generator expression, a lambda or a function inside a function that is handed out,
// and uses guarded state when the lock is gone.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkLater looks for what functions that lock hand out.
func checkLater(c *checking) {
	for _, f := range c.functions() {
		if c.p.Exempt(f) || c.plan.Failed[f.Def] {
			continue
		}
		list := handedOut(f)
		if len(list) == 0 {
			continue
		}
		values := append(effects.Values(c.p, f), effects.HeldValues(c.p, f)...)
		for _, l := range list {
			laters{c}.later(f, l, values)
		}
	}
}

// laters says what is used later.
type laters struct{ *checking }

// later reports what is handed out, at the first use of state that its function alone has locked.
func (c laters) later(f *effects.Function, l deferred, values []effects.Value) {
	for _, v := range values {
		for _, use := range v.Uses {
			if !l.body.Contains(use.Span.Pos) || l.first != nil && l.first.Range().Contains(use.Span.Pos) && c.takesObject(v, use) {
				continue
			}
			e := lockedAtEntry(c.checking, f, v)
			if v.Held {
				if l.body.Contains(use.Block.Pos) {
					continue // it takes the lock itself
				}
				e = heldBy(v)
			}
			if e == nil {
				continue // told as missing
			}
			does := "reads"
			if use.Mode == effects.Write {
				does = "writes"
			}
			obj := called(f, e.Region)
			switch {
			case obj == "":
				obj = "some " + e.Class.Name
			case use.Field != "":
				obj = use.Field + " of " + obj
			}
			out := project.FindingAt(f.Unit.Source, use.Span, finding.Later, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s hands out a %s that %s %s when the lock is no longer held", f.Name(), l.kind, does, obj)
			out.Help = fmt.Sprintf("let it call a method of %s, which locks, or give it what it needs while the lock is held", e.Class.Name)
			if l.first != nil {
				out.Help = fmt.Sprintf("make a list under the lock, and hand out that: iter([...]); or let it call a method of %s, which locks", e.Class.Name)
			}
			at := project.FindingAt(f.Unit.Source, l.out, "", "", "")
			out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: f.Name() + " hands it out"})
			c.Findings = append(c.Findings, out)
			return
		}
	}
}

// lockedAtEntry is what a function does to a value that it, or its callers, hold from its entry on;
// nil where they do not.
func lockedAtEntry(c *checking, f *effects.Function, v effects.Value) *effects.Effect {
	for _, e := range v.Effects {
		if e.Kind != effects.OnPython && (c.p.Holds(f, e) || f.Class != nil && !f.Exposed() && c.p.Locked(f.Class) && effects.OnSelf(f, e)) {
			return e
		}
	}
	return nil
}

// heldBy is what a function does to a value under a block that holds it; nil where none does.
func heldBy(v effects.Value) *effects.Effect {
	for _, e := range v.Effects {
		if e.Kind != effects.OnPython && e.Held {
			return e
		}
	}
	return nil
}

// takesObject reports whether a use gets a number or a Python object out of an attribute: what a
// generator expression goes over is looked up when it is made.
func (c laters) takesObject(v effects.Value, use effects.Use) bool {
	for _, e := range v.Effects {
		if fd := e.Class.Field(use.Field); fd != nil {
			kind := c.p.Types.OfField(fd).Kind
			return !use.Call && (kind == ctype.Object || kind == ctype.Scalar)
		}
	}
	return false
}

// deferred is something that runs later.
type deferred struct {
	kind  string
	body  ast.Span
	first ast.Expr // what a generator expression goes over; nil of functions
	out   ast.Span // where it is handed out
}

// handedOut finds what a function returns, or stores in attributes, that runs later.
func handedOut(f *effects.Function) []deferred {
	var out []deferred
	add := func(e ast.Expr) {
		if e == nil {
			return
		}
		for _, d := range laterOf(f, e, 0) {
			d.out = e.Range()
			out = append(out, d)
		}
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Simple:
			if n.Keyword == "return" && f.Flow.Yields == (ast.Span{}) {
				for _, e := range n.Exprs {
					add(e)
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if _, attribute := syntax.Unparen(t).(*ast.Attribute); attribute {
					add(n.Value)
				}
			}
		}
		return true
	})
	return out
}

// lazy are the functions that go over what they are given when somebody goes over what they return.
var lazy = map[string]bool{"map": true, "filter": true, "zip": true, "enumerate": true, "iter": true}

// laterOf finds what runs later of a value: itself, in a tuple, in what goes over it lazily, or by the
// name that has it.
func laterOf(f *effects.Function, e ast.Expr, depth int) []deferred {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Lambda:
		return []deferred{{kind: "lambda", body: x.Span}}
	case *ast.Comp:
		if x.Kind != "generator" {
			return nil
		}
		d := deferred{kind: "generator expression", body: x.Span}
		if len(x.Clauses) > 0 {
			d.first = x.Clauses[0].Iter
		}
		return []deferred{d}
	case *ast.Collection:
		var out []deferred
		for _, el := range x.Elems {
			out = append(out, laterOf(f, el, depth)...)
		}
		return out
	case *ast.Call:
		var out []deferred
		if name, ok := x.Fun.(*ast.Name); ok && lazy[name.Name] {
			for _, a := range x.Args {
				out = append(out, laterOf(f, a.X, depth)...)
			}
		}
		return out
	case *ast.Name:
		if depth > 0 {
			return nil
		}
		return laterBy(f, x.Name)
	}
	return nil
}

// laterBy finds what runs later of the values that a function gives to a name.
func laterBy(f *effects.Function, name string) []deferred {
	var out []deferred
	syntax.EachStmt(f.Def.Body.Stmts, func(st ast.Stmt) {
		switch n := st.(type) {
		case *ast.FuncDef:
			if n.Name.Name == name && len(n.Decorators) == 0 {
				out = append(out, deferred{kind: "function", body: n.Body.Span})
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if syntax.IsNamed(t, name) && n.Value != nil {
					out = append(out, laterOf(f, n.Value, 1)...)
				}
			}
		}
	})
	return out
}
