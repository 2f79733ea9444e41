package rules

// PXL302, PXL303: guarded containers and views that a method gives to code of the user, which may keep them and use them when
// the lock is gone: self.sink.write(self.buf), callback(self.items).

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// giving looks at what one method gives.
type giving struct{ *across }

// givenToUsers reports the first of each that a method gives to such code.
func givenToUsers(c *checking, f *effects.Function) {
	if f.Class == nil || ownName(f) == "" || !c.p.Locked(f.Class) {
		return
	}
	on := (&across{checking: c}).on(f)
	if on == nil {
		return
	}
	a := giving{on}
	views := ownViews{c, f, a.r, a.self}
	told := map[string]bool{}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || call.Fun == nil || !a.keeps(call.Fun) {
			return true
		}
		to := syntax.Text(f.Unit.File, call.Fun.Range())
		var look func(x ast.Expr, depth int)
		look = func(x ast.Expr, depth int) {
			if in, ok := syntax.Unparen(x).(*ast.Collection); ok && depth > 0 {
				for _, e := range in.Elems {
					look(e, depth-1)
				}
				return
			}
			if fd := a.containerOf(x, maxAliases); fd != nil && !told[fd.Name] && a.p.Changes.Grows(f.Class, fd.Name) && !letsGo(c, f, fd.Name) {
				told[fd.Name] = true
				givenContainer(c, f, fd, x.Range(), to)
			} else if name := views.of(x, maxAliases); name != "" && !told[name] && !letsGo(c, f, name) {
				told[name] = true
				c.handsOutView(f, x.Range(), fmt.Sprintf("gives the memory of %s itself to %s, which may keep it, and read and write it without the lock", name, to))
			}
		}
		for _, arg := range call.Args {
			if arg.Star == 0 {
				look(arg.X, maxWithin)
			}
		}
		return true
	})
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

// containerOf is the attribute of the object whose container an expression is, also by a local name, or as a memoryview.
func (a giving) containerOf(x ast.Expr, depth int) *project.Field {
	if depth == 0 {
		return nil
	}
	switch x := syntax.Bare(x).(type) {
	case *ast.Attribute:
		if fd := a.field(x); fd != nil && fd.Vis != ast.Public && fd.Vis != ast.Readonly && a.p.Types.OfField(fd).Container {
			return fd
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
		var out *project.Field
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
func givenContainer(c *checking, f *effects.Function, fd *project.Field, at ast.Span, to string) {
	out := project.FindingAt(f.Unit.Source, at, finding.Container, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s gives %s itself to %s, which may keep it and use it without the lock that others hold to change it", f.Name(), fd.Name, to)
	kind := "list"
	if fd.Ctype != nil && fd.Ctype.Name != "object" {
		kind = fd.Ctype.Name
	}
	out.Help = fmt.Sprintf("give it a copy: %s(%s)", kind, syntax.Text(f.Unit.File, at))
	out.Cause = containersOf(f.Class, fd.Name)
	c.Findings = append(c.Findings, out)
}
