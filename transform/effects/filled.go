package effects

// Objects that are filled while their module is imported: module-level code makes the only objects of a class, gives each to
// a variable, and calls C functions that fill them. Nobody else has them before the import is over. What these
// functions do counts as construction does.
//
// Nobody else may call them, be it a function that runs later, another module, or who is given one; and the variables may
// not be handed to anybody meanwhile, nor threads be started.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// FilledWhileImporting reports whether a function runs only while the module is imported that alone makes objects of a class.
func FilledWhileImporting(p *Program, f *Function, c *project.Class) bool {
	if f.Class != nil || c == nil || c.Mod != f.Mod || f.Def.Body == nil || f.Exposed() || f.Mod.Broken() {
		return false
	}
	return p.filled.Get(f.Mod).fills(f, c)
}

// importFills is what a module does while it is imported.
type importFills struct {
	// functions are those that run only then.
	functions map[*Function]bool
	classes   map[*project.Class]bool
}

func (x *importFills) fills(f *Function, c *project.Class) bool {
	return x.classes[c] && x.functions[f]
}

func findFilled(p *Program, m *project.Module) *importFills {
	out := &importFills{map[*Function]bool{}, map[*project.Class]bool{}}
	made := madeAtImport(m)
	for name, variables := range made {
		if c := m.Lookup([]string{name}); c == nil || c.Mod != m || c.Def == nil || !onlyMade(m, name, len(variables)) || p.Project.Lineage.SpelledElsewhere(m, name) {
			delete(made, name)
		}
	}
	if len(made) == 0 {
		return out
	}
	g := findCallGraph(p, []*project.Module{m})
	for _, f := range p.Funcs(m).All {
		if f.Class == nil && f.Def.Body != nil && !f.Exposed() && !project.OfferedToC(m, nil, f.Def) && g.atImport(f) {
			out.functions[f] = true
		}
	}
	for changed := true; changed; { // those that others call, which run later
		changed = false
		for f := range out.functions {
			if slices.ContainsFunc(g.calls[f], func(c calledAt) bool { return !out.functions[c.in] }) || p.Project.Lineage.SpelledElsewhere(m, f.Def.Name.Name) {
				delete(out.functions, f)
				changed = true
			}
		}
	}
	if len(out.functions) == 0 {
		return out
	}
	run := runAtImport(p, m, g)
	if startsThreads(m, run) || handsCodeOn(m, run) {
		return out
	}
	for name, variables := range made {
		if c := m.Lookup([]string{name}); !handsMadeOn(m, c, variables, run) && !p.leaks.Get(c) {
			out.classes[c] = true
		}
	}
	return out
}

// runAtImport are the functions of a module that may run while it is imported, by the names by which they are called.
func runAtImport(p *Program, m *project.Module, g *callGraph) map[*ast.FuncDef]bool {
	out := map[*ast.FuncDef]bool{}
	byName := map[string][]*Function{}
	for _, f := range p.Funcs(m).All {
		name := f.Def.Name.Name
		if byName[name] = append(byName[name], f); f.Class != nil && constructors[name] {
			byName[f.Class.Name] = append(byName[f.Class.Name], f)
		} else if f.PyClass != "" && constructors[name] {
			byName[f.PyClass] = append(byName[f.PyClass], f)
		}
	}
	var todo []*Function
	for name := range g.outside {
		todo = append(todo, byName[name]...)
	}
	for ; len(todo) > 0; todo = todo[1:] {
		f := todo[0]
		if out[f.Def] || f.Def.Body == nil {
			continue
		}
		out[f.Def] = true
		ast.Walk(f.Def.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.Call); ok && call.Fun != nil {
				todo = append(todo, byName[syntax.LastName(call.Fun)]...)
			}
			return true
		})
	}
	return out
}

// madeAtImport are the variables of a module to which code outside of functions gives new objects, by the name of
// what is called to make them.
func madeAtImport(m *project.Module) map[string][]string {
	out := map[string][]string{}
	for _, u := range m.Units {
		for _, st := range u.File.Body { // no loop or condition round it
			a, ok := st.(*ast.Assign)
			if !ok || len(a.Targets) != 1 || a.Op != "=" {
				continue
			}
			variable, named := a.Targets[0].(*ast.Name)
			call, called := syntax.Unparen(a.Value).(*ast.Call)
			if !named || !called {
				continue
			}
			if fun, ok := call.Fun.(*ast.Name); ok {
				out[fun.Name] = append(out[fun.Name], variable.Name)
			}
		}
	}
	return out
}

// onlyMade reports whether a name stands nowhere in a module but where it is called at its top level to make so many objects.
func onlyMade(m *project.Module, name string, times int) bool {
	found := 0
	for _, u := range m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Name == name {
					found++
				}
			case *ast.Attribute:
				if n.Attr.Name == name {
					found++
				}
			}
			return found <= times
		})
	}
	return found == times
}

// handsMadeOn reports whether code that runs while a module is imported does anything with variables but to use the
// attributes of what they hold, and to call its methods: one that is not called where it stands is handed on with the object.
func handsMadeOn(m *project.Module, c *project.Class, variables []string, run map[*ast.FuncDef]bool) bool {
	found := false
	for _, u := range m.Units {
		known, called := map[*ast.Name]bool{}, map[ast.Expr]bool{}
		whileImporting(u, run, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.Call: // before what it calls
				called[n.Fun] = true
			case *ast.Attribute: // which comes before its base
				if x, ok := syntax.Bare(n.X).(*ast.Name); ok && (called[n] || c.Field(n.Attr.Name) != nil) {
					known[x] = true
				}
			case *ast.Name:
				found = found || slices.Contains(variables, n.Name) && n.Access != ast.Write && !known[n]
			}
		})
	}
	return found
}

// whileImporting calls visit with what runs while a file's module is imported.
func whileImporting(u *project.Unit, run map[*ast.FuncDef]bool, visit func(n ast.Node)) {
	ast.Walk(u.File, func(n ast.Node) bool {
		if def, ok := n.(*ast.FuncDef); ok && !run[def] {
			return false
		}
		visit(n)
		return true
	})
}

// startsThreads reports whether code that runs while a module is imported has other threads run something.
func startsThreads(m *project.Module, run map[*ast.FuncDef]bool) bool {
	found := false
	for _, u := range m.Units {
		whileImporting(u, run, func(n ast.Node) {
			if call, ok := n.(*ast.Call); ok && call.Fun != nil {
				name := syntax.LastName(call.Fun)
				found = found || name == "start" || library.CallsApart()[name] || library.CallsLater()[name]
			}
		})
	}
	return found
}
