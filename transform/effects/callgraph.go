package effects

// Who calls a function, by what it is called in the whole scope, and what may run where an object is taken apart.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// calledAt is a call, in a function.
type calledAt struct {
	in *Function
	at ast.Span
}

// callGraph is what calls what in a scope.
type callGraph struct {
	calls map[*Function][]calledAt
	// unknown are the names by which something is called of which it is not known what it is, or by what stands outside of
	// functions and may run later; outside those that code outside of functions calls.
	unknown, outside map[string]bool
	// defined are the names of functions, but for those that call what has the same name: def glFlush(): cgl.glFlush().
	defined map[string]bool
	// handed are the names of which something is done but to call it, so that somebody else may do that.
	handed map[string]bool
	// enters are the functions that with statements call, or that have a with statement for their body.
	enters []*Function
	// takenApart are the functions that may run where an object is taken apart.
	takenApart map[*Function]bool
}

func callGraphOf(p *Program) *callGraph {
	return p.callGraph.Get(func() *callGraph { return findCallGraph(p, p.Project.Lineage.All()) })
}

func findCallGraph(p *Program, mods []*project.Module) *callGraph {
	g := &callGraph{
		calls: map[*Function][]calledAt{}, unknown: map[string]bool{}, outside: map[string]bool{},
		defined: map[string]bool{}, handed: map[string]bool{}, takenApart: map[*Function]bool{},
	}
	named, by := map[string][]*Function{}, map[*Function][]string{}
	to := map[*Function][]*Function{}
	var todo []*Function
	for _, m := range mods {
		for _, u := range m.Units {
			g.runs(u.File)
			g.values(u)
		}
		for _, f := range p.Funcs(m).All {
			name := f.Def.Name.Name
			named[name] = append(named[name], f)
			if name == "__dealloc__" || name == "__del__" {
				todo = append(todo, f)
			}
			if f.Def.Body == nil {
				continue
			}
			if name == "__enter__" || slices.ContainsFunc(f.Def.Decorators, func(d *ast.Decorator) bool { return syntax.LastName(d.Expr) == "contextmanager" }) {
				g.enters = append(g.enters, f)
			}
			known := calleesBySpan(p, f)
			ast.Walk(f.Def.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.Call)
				if !ok || call.Fun == nil {
					return true
				}
				callees := known[call.Span]
				for _, c := range callees {
					g.calls[c] = append(g.calls[c], calledAt{f, call.Span})
				}
				to[f] = append(to[f], callees...)
				if name := syntax.LastName(call.Fun); len(callees) == 0 && name != "" {
					g.unknown[name] = true
					if !strings.HasPrefix(name, "__") { // super().__init__()
						by[f] = append(by[f], name)
					}
				}
				return true
			})
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		f := todo[0]
		if g.takenApart[f] {
			continue
		}
		g.takenApart[f] = true
		todo = append(todo, to[f]...)
		for _, name := range by[f] {
			todo = append(todo, named[name]...)
		}
	}
	return g
}

// runs notes what code of a file outside of functions calls, and the functions that are defined there.
func (g *callGraph) runs(in ast.Node) {
	ast.Walk(in, func(n ast.Node) bool {
		later := false
		switch n := n.(type) {
		case *ast.FuncDef:
			g.defined[n.Name.Name] = g.defined[n.Name.Name] || !handsOver(n)
			return false
		case *ast.Lambda:
			later = true
		case *ast.Comp:
			later = n.Kind == "generator"
		case *ast.Call:
			if n.Fun != nil {
				g.outside[syntax.LastName(n.Fun)] = true
			}
		}
		if later {
			ast.Walk(n, func(n ast.Node) bool {
				if call, ok := n.(*ast.Call); ok && call.Fun != nil {
					g.unknown[syntax.LastName(call.Fun)] = true
				}
				return true
			})
		}
		return true
	})
}

// atImport reports whether a function is called by code outside of functions, or by functions, and in no way that is not followed.
func (g *callGraph) atImport(f *Function) bool {
	name := f.Def.Name.Name
	return !g.handed[name] && !g.unknown[name] && (g.outside[name] || len(g.calls[f]) > 0)
}

// values notes the names in a file of what is not called there. What a lock has is that one's.
func (g *callGraph) values(u *project.Unit) {
	ast.Walk(u.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Access == ast.Read || n.Access == ast.AddressOf {
				g.handed[n.Name] = true
			}
		case *ast.Attribute:
			if (n.Access == ast.Read || n.Access == ast.AddressOf) && !handlock.Like(syntax.LastName(n.X)) {
				g.handed[n.Attr.Name] = true
			}
		}
		return true
	})
}

// handsOver reports whether a function calls what has the same name.
func handsOver(def *ast.FuncDef) bool {
	found := false
	ast.Walk(def, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		found = found || ok && call.Fun != nil && syntax.LastName(call.Fun) == def.Name.Name
		return !found
	})
	return found
}
