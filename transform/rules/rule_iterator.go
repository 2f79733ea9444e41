package rules

// PXL113: an iterator that keeps a C iterator into a container which others may change
// between its steps. Each step is locked; the C iterator leads nowhere all the same.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// steps are the methods that make one step.
var steps = []string{"__next__", "next"}

// isStep reports whether a method makes one step of an iterator.
func isStep(f *effects.Function) bool {
	return f.Accessor == effects.Plain && slices.Contains(steps, f.Def.Name.Name)
}

func checkIterators(c *checking) {
	if c.p.Guarding.Owners == nil {
		return
	}
	steps := func(f *effects.Function) bool {
		return f.Class != nil && f.Exposed() && isStep(f) && !syntax.Trivial(f.Def)
	}
	if !slices.ContainsFunc(c.p.Funcs(c.m).All, steps) {
		return
	}
	told := map[*effects.Function]bool{}
	for _, f := range c.functions() {
		if !steps(f) {
			continue
		}
		var buffers []effects.Pointing // a C iterator beside one says more
		for _, pt := range c.p.Guarding.Owners.Into(f.Class) {
			if told[f] || !cIterator(c, pt) || looksForChanges(f, pt.Owner) || asksIfClosed(c, f, pt) {
				continue
			}
			use := f.Among(0, func(e *effects.Effect) bool { return effects.OnSelf(f, e) && e.Field == pt.Pointer })
			switch {
			case !use.Touches:
			case effects.FreesIfSaid(c.p, pt.Class, pt.Pointer):
				buffers = append(buffers, pt)
			default:
				told[f] = outlived(c, f, pt, false)
			}
		}
		for _, pt := range buffers {
			told[f] = told[f] || outlived(c, f, pt, true)
		}
	}
}

// cIterator reports whether a pointer is one that C code made to go over the container, and
// not an address of its memory, which PXL301 is about.
func cIterator(c *checking, pt effects.Pointing) bool {
	if pt.Returned {
		return true
	}
	fd := pt.Class.Field(pt.Pointer)
	return fd != nil && c.p.Types.OfField(fd).Kind != ctype.Pointer
}

// outlived reports a step with a C iterator whose container somebody changes. What the
// container is guarded by counts as the container, as a trie does for one of its nodes. A buffer is most likely the object's own.
func outlived(c *checking, f *effects.Function, pt effects.Pointing, buffer bool) bool {
	from := pointsInto(pt)
	var by *effects.Function
	var how *effects.Effect
	container := from
	for range 4 {
		if from == nil {
			break
		}
		if g, e := changer(c, from); g != nil {
			container, by, how = from, g, e
		}
		in := c.p.Locks.Of(from)
		if in == nil || in.Guard == "" || from.Field(in.Guard) == nil {
			break
		}
		from = from.Field(in.Guard).Class()
	}
	if by == nil {
		return false
	}
	out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Iterator,
		fmt.Sprintf("%s continues with its %s, a C iterator into a %s, which %s may change between its steps", f.Name(), pt.Pointer, container.Name, by.Name()),
		fmt.Sprintf("keep an index or a key and look it up at each step, raise if the %s has changed since, or let a generator run to its end under the lock, @cython.read_lock(snapshot=True)", container.Name))
	out.Warning = true
	out.Cause = fmt.Sprintf("%s in %s, by %s", container.Name, container.Mod.Stem, by.Name()) // one refusal there is for all iterators
	out.Related = storedAndChanged(pt, by, how)
	if buffer {
		out.Note = true
		out.Message += fmt.Sprintf("; as far as is seen %s has memory that its object frees, unless a number in it says that it is borrowed", pt.Pointer)
	}
	c.Findings = append(c.Findings, out)
	return true
}

// pointsInto is the class whose data a pointer leads into, by the attribute beside it where that says so.
func pointsInto(pt effects.Pointing) *project.Class {
	if fd := pt.Class.Field(pt.Owner); fd != nil && fd.Class() != nil {
		return fd.Class()
	}
	return pt.From
}

// storedAndChanged tells where a pointer is stored, and what a method does to that into which it leads.
func storedAndChanged(pt effects.Pointing, by *effects.Function, how *effects.Effect) []finding.Related {
	at := project.FindingAt(pt.Place.Func.Unit.Source, pt.Place.Span, "", "", "")
	stores := finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: pt.Place.Func.Name() + " stores it"}
	return append([]finding.Related{stores}, effects.RelatedOf(effects.Chain(by, how))...)
}

// calledInUse reports whether Python code can call a method on an object that is made.
func calledInUse(c *checking, g *effects.Function) bool {
	return g.Exposed() && !c.p.Constructs(g, 0) && (g.Accessor != effects.Plain || !library.Construction()[g.Def.Name.Name])
}

// changer returns a method that Python code can call and that changes objects of a class
// once they are made, one that says so by its name or its own lines rather than another.
func changer(c *checking, class *project.Class) (by *effects.Function, how *effects.Effect) {
	best := 0
	eachChanger(c, class, func(g *effects.Function, e *effects.Effect) {
		name := g.Def.Name.Name
		rank := 1
		chain := effects.Chain(g, e)
		switch {
		case changesByName(name):
			rank = 3
		case chain[len(chain)-1].Effect.Cause != effects.PassesWritable:
			rank = 2
		}
		if rank > best {
			by, how, best = g, e, rank
		}
	})
	return by, how
}

// changesByName reports whether a method says by its name that it changes its object.
func changesByName(name string) bool {
	return library.Changers()[name] || name == "__setitem__" || name == "__delitem__"
}

// eachChanger calls do for each method of the kind that changer returns one of.
func eachChanger(c *checking, class *project.Class, do func(g *effects.Function, e *effects.Effect)) {
	c.p.Solve(c.p.Funcs(class.Mod).All)
	for _, g := range c.p.Funcs(class.Mod).All {
		if g.Class == nil || !slices.Contains(g.Class.Ancestry(), class) || !calledInUse(c, g) {
			continue
		}
		says := changesByName(g.Def.Name.Name)
		st := g.Among(0, func(e *effects.Effect) bool {
			fd := class.Field(e.Field)
			return effects.OnSelf(g, e) && e.Writes() && (e.Sure || says) && fd != nil && c.p.Types.OfField(fd).Kind != ctype.Scalar
		})
		if st.Touches {
			do(g, st.Why)
		}
	}
}

// looksForChanges reports whether a step raises, on a condition that asks the container,
// what does not end the iteration.
func looksForChanges(f *effects.Function, owner string) bool {
	found := false
	syntax.EachStmt(f.Def.Body.Stmts, func(st ast.Stmt) {
		x, ok := st.(*ast.If)
		if !ok {
			return
		}
		for _, cl := range x.Clauses {
			asks := false
			if cl.Cond != nil {
				ast.Walk(cl.Cond, func(n ast.Node) bool {
					a, ok := n.(*ast.Attribute)
					asks = asks || ok && a.Attr.Name == owner
					return !asks
				})
			}
			for _, st := range cl.Body.Stmts {
				s, ok := st.(*ast.Simple)
				found = found || asks && ok && s.Keyword == "raise" && len(s.Exprs) > 0 && !stops(s.Exprs[0])
			}
		}
	})
	return found
}

// asksIfClosed reports whether a step leaves it to methods of its object to ask, before they do anything, whether the
// container has what the C iterator goes over ("if self.file.handle == NULL: return -1"), and raises something other than a
// StopIteration. The attribute that is asked about has to be one that whatever changes the container sets to NULL or None,
// and nobody to anything else.
func asksIfClosed(c *checking, f *effects.Function, pt effects.Pointing) bool {
	class := pointsInto(pt)
	if class == nil {
		return false
	}
	if !raises(f.Def.Body.Stmts) {
		return false
	}
	asked := false
	for i := range f.Flow.Calls {
		call := &f.Flow.Calls[i]
		for _, g := range call.Callees {
			use := g.Among(0, func(e *effects.Effect) bool { return effects.OnSelf(g, e) && e.Field == pt.Pointer })
			if !use.Touches {
				continue
			}
			attr := asksFirst(g, pt.Owner)
			if len(call.Args) == 0 || call.Args[0] == 0 || origin(f, call.Args[0]).Kind != effects.NodeParam || origin(f, call.Args[0]).Num != 0 || attr == "" || !onlyCloses(c, class, attr) {
				return false
			}
			asked = true
		}
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		asked = asked && !(ok && a.Attr.Name == pt.Pointer) // the step itself uses it
		return asked
	})
	return asked
}

// onlyCloses reports whether all that changes a container empties an attribute of it, and nothing gives that one anything
// else: a container that is opened anew is another one, which the C iterator does not lead into.
func onlyCloses(c *checking, class *project.Class, attr string) bool {
	only := true
	eachChanger(c, class, func(g *effects.Function, e *effects.Effect) {
		chain := effects.Chain(g, e)
		closes, _ := sets(chain[len(chain)-1].Func, attr)
		only = only && closes
	})
	for _, m := range c.p.Project.Lineage.UsingBeside(class.Mod, attr) {
		for _, f := range c.p.Funcs(m).All {
			if f.Def.Body == nil || f.Accessor == effects.Plain && library.Construction()[f.Def.Name.Name] || f.Class != nil && (c.p.Constructs(f, 0) || !project.Related(f.Class, class)) {
				continue
			}
			_, opens := sets(f, attr)
			only = only && !opens
		}
	}
	return only
}

// sets reports whether a function sets an attribute of that name to NULL or None, and whether to anything else.
func sets(f *effects.Function, attr string) (nothing, something bool) {
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.Assign)
		if !ok {
			return true
		}
		for _, t := range st.Targets {
			ast.Walk(t, func(n ast.Node) bool {
				if a, ok := n.(*ast.Attribute); ok && a.Attr.Name == attr {
					k, empty := syntax.Unparen(st.Value).(*ast.Const)
					empty = empty && (k.Name == "NULL" || k.Name == "None") && n == t
					nothing, something = nothing || empty, something || !empty
				}
				return true
			})
		}
		return true
	})
	return nothing, something
}

// asksFirst returns the attribute of what an attribute of the object holds that a method compares with NULL or None before
// it does anything else, and returns or raises where it is; "" for none.
func asksFirst(g *effects.Function, owner string) string {
	if g.Def.Body == nil || len(g.Def.Params.List) == 0 {
		return ""
	}
	for _, st := range g.Def.Body.Stmts {
		switch st := st.(type) {
		case *ast.CVarDecl:
			if slices.ContainsFunc(st.Declarators, func(d *ast.Declarator) bool { return d.Default != nil }) {
				return ""
			}
		case *ast.ExprStmt:
			if _, doc := syntax.Unparen(st.X).(*ast.Str); !doc {
				return ""
			}
		case *ast.If:
			return emptyAttr(st, g.Def.Params.List[0].Name.Name, owner)
		default:
			return ""
		}
	}
	return ""
}

// emptyAttr returns the attribute that an if statement finds to be NULL or None, and then leaves the function.
func emptyAttr(st *ast.If, self, owner string) string {
	k := &st.Clauses[0]
	cmp, ok := syntax.Unparen(k.Cond).(*ast.Compare)
	if !ok || len(cmp.Ops) != 1 || cmp.Ops[0] != "==" && cmp.Ops[0] != "is" {
		return ""
	}
	if none, ok := syntax.Unparen(cmp.Xs[1]).(*ast.Const); !ok || none.Name != "NULL" && none.Name != "None" {
		return ""
	}
	last, ok := k.Body.Stmts[len(k.Body.Stmts)-1].(*ast.Simple)
	if !ok || last.Keyword != "return" && last.Keyword != "raise" {
		return ""
	}
	if path := syntax.Dotted(cmp.Xs[0]); len(path) == 3 && path[0] == self && path[1] == owner {
		return path[2]
	}
	return ""
}

// raises reports whether statements raise what does not end an iteration.
func raises(list []ast.Stmt) bool {
	found := false
	syntax.EachStmt(list, func(st ast.Stmt) {
		s, ok := st.(*ast.Simple)
		found = found || ok && s.Keyword == "raise" && len(s.Exprs) > 0 && !stops(s.Exprs[0])
	})
	return found
}

// stops reports whether what is raised is a StopIteration.
func stops(e ast.Expr) bool {
	if call, ok := syntax.Unparen(e).(*ast.Call); ok {
		e = call.Fun
	}
	return syntax.IsNamed(e, "StopIteration")
}
