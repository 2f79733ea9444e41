package rules

// PXL302, PXL303: guarded containers and views that a function gives to code of the user, which may keep them and use them when
// the lock is gone: self.sink.write(self.buf), callback(self.items).

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// giving looks at what one function gives.
type giving struct {
	*across
	states *statesOf
}

// givenToUsers reports the first of each that a function gives to such code.
func givenToUsers(states statesOf) {
	c, f := states.checking, states.f
	on := (&across{checking: c}).on(f)
	if on == nil {
		return
	}
	states.made = true // whoever gets it has it when the object is made
	a := giving{on, &states}
	v := &views{c, f, a.r, &states, nil}
	told := map[string]bool{}
	give := func(x ast.Expr, to string) {
		st := partsOf(v, func(in *views, x ast.Expr) *heldState {
			if in.f != f || in.outer != nil {
				return nil
			}
			return a.containerOf(x, maxAliases)
		}).of(x)
		if st != nil && !told[st.name()] && a.p.Changes.Grows(st.class, st.field.Name) && !letsGo(c, f, st) {
			told[st.name()] = true
			givenContainer(c, f, st, x.Range(), to)
		} else if to == "" {
			return
		} else if st := v.of(x, maxAliases); st != nil && !told[st.name()] && !letsGo(c, f, st) {
			told[st.name()] = true
			c.handsOutView(f, x.Range(), fmt.Sprintf("gives the memory of %s itself to %s, which may keep it, and read and write it without the lock", st.name(), to))
		}
	}
	operands := func(x, y ast.Expr, op string) {
		if y == nil || !effects.OperatorKeeps(a.p, f.Mod, op) {
			return
		}
		if !a.builtin(x, maxAliases) {
			give(y, "the operator of "+syntax.Text(f.Unit.File, x.Range()))
		}
		if !strings.HasSuffix(op, "=") && !a.builtin(y, maxAliases) {
			give(x, "the operator of "+syntax.Text(f.Unit.File, y.Range()))
		}
	}
	var look func(x ast.Expr, to string, depth int)
	look = func(x ast.Expr, to string, depth int) {
		if in, ok := syntax.Unparen(x).(*ast.Collection); ok && depth > 0 {
			for _, e := range in.Elems {
				look(e, to, depth-1)
			}
			return
		}
		give(x, to)
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			to, kept := a.keeper(n)
			if to == "" && n.Fun != nil && a.keeps(n.Fun) && !consumes(n) {
				to, kept = syntax.Text(f.Unit.File, n.Fun.Range()), n.Args
			}
			for _, arg := range kept {
				if arg.Star == 0 && arg.Name.Name != "out" { // that is filled
					look(arg.X, to, maxWithin)
				}
			}
		case *ast.Yield:
			if !n.From && n.X != nil {
				look(n.X, "", maxWithin)
			}
		case *ast.Binary:
			operands(n.X, n.Y, n.Op)
		case *ast.Assign:
			if n.Op != "=" && n.Op != "" && len(n.Targets) == 1 {
				operands(n.Targets[0], n.Value, n.Op)
			}
			for _, t := range n.Targets {
				if to, ok := syntax.Unparen(t).(*ast.Name); ok && n.Op == "=" && n.Value != nil && a.r.global[to.Name] {
					look(n.Value, to.Name, maxWithin)
				}
			}
		}
		return true
	})
}

// builtin reports whether an operand is known to be a container, a number or a text of Python's own.
func (a giving) builtin(e ast.Expr, depth int) bool {
	if depth == 0 {
		return false
	}
	switch x := syntax.Bare(e).(type) {
	case *ast.Collection, *ast.Comp, *ast.Const, *ast.Number, *ast.Str:
		return true
	case *ast.Call:
		return x.Fun != nil && library.Makers()[syntax.LastName(x.Fun)]
	case *ast.Attribute:
		fd := a.states.declared(x)
		return fd != nil && a.p.Types.OfField(fd).Container
	case *ast.Name:
		if t := a.r.types[x.Name]; t.ctype != nil {
			return library.ExactTypes()[t.ctype.Name]
		}
		values := a.origins(x.Name, x.Pos)
		return a.r.local[x.Name] && a.r.params[x.Name] == nil && len(values) > 0 && !slices.ContainsFunc(values, func(v nameValue) bool { return v.value == nil || v.item || !a.builtin(v.value, depth-1) })
	}
	return false
}

// keeps reports whether a function is the user's, and may keep what it is given.
func (a giving) keeps(fun ast.Expr) bool {
	if m, ok := syntax.Unparen(fun).(*ast.Attribute); ok {
		name := m.Attr.Name
		if library.Iterating()[name] || library.Keepers()[name] || library.Fillers()[name] || effects.KeepsItem(name) { // the last are told by what they put where
			return false
		}
	}
	return a.users(fun, true, 0) || a.item(fun, 0)
}

// containerOf is the attribute whose container an expression is, also by a local name, or as a memoryview.
func (a giving) containerOf(x ast.Expr, depth int) *heldState {
	if depth == 0 {
		return nil
	}
	switch x := syntax.Bare(x).(type) {
	case *ast.Attribute:
		if fd := a.states.declared(x); fd != nil && fd.Vis != ast.Public && fd.Vis != ast.Readonly && a.p.Types.OfField(fd).Container {
			return a.states.attribute(x)
		}
	case *ast.Subscript: // a slice of a memoryview is one
		if k, ok := syntax.Bare(x.X).(*ast.Call); ok && syntax.HasSlice(x.Index) && syntax.LastName(k.Fun) == "memoryview" {
			return a.containerOf(k, depth-1)
		}
	case *ast.Call:
		if syntax.LastName(x.Fun) == "memoryview" && len(x.Args) == 1 {
			return a.containerOf(x.Args[0].X, depth-1)
		}
	case *ast.Name:
		var out *heldState
		a.named(x, 0, func(v nameValue) bool {
			if !v.item {
				out = a.containerOf(v.value, depth-1)
			}
			return out != nil
		})
		return out
	}
	return nil
}

// givenContainer reports a container that is given to code of the user.
func givenContainer(c *checking, f *effects.Function, st *heldState, at ast.Span, to string) {
	out := project.FindingAt(f.Unit.Source, at, finding.Container, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s gives %s itself to %s, which may keep it and use it without the lock that others hold to change it", f.Name(), st.name(), to)
	if to == "" {
		out.Message = fmt.Sprintf("%s yields %s itself, which callers then use without the lock that others hold to change it", f.Name(), st.name())
	}
	out.Help = "give it a copy: " + copyOf(st.field, syntax.Text(f.Unit.File, at))
	out.Cause = containersOf(st.class, st.field.Name)
	c.Findings = append(c.Findings, out)
}
