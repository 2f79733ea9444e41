package rules

// Functions that run once, and so need no lock for what they do.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// onlyOnce returns the functions that run once in a process, as far as the module shows,
// each with the flag that sees to it.
//
// The flag is "" for functions that run while the module is imported: they are called by
// module-level code or by each other, and mentioned nowhere else. So are functions
// that module-level code hands to atexit, which run when the threads are gone, those that run in the child of a fork, and
// ones that nobody mentions and whose name says that they set the module up. The others
// are only mentioned where they are handed to a function like C's call_once with one and the
// same flag, or called by such functions: who comes back from there sees all that they did.
func (c *bodies) onlyOnce() map[*ruleFunc]string {
	if c.once == nil {
		c.once = findOnlyOnce(c)
	}
	return c.once
}

func findOnlyOnce(c *bodies) map[*ruleFunc]string {
	type user struct {
		f    *ruleFunc // nil: module level, or who runs it once
		flag string
	}
	users := map[string][]user{}
	byName := map[string]*ruleFunc{}
	atExit := map[string]bool{} // or after a fork
	lambdas := map[ast.Span]*ruleFunc{}
	thread := &ruleFunc{} // another one, which runs what it is given
	apart := func(call *ast.Call) {
		if name := syntax.LastName(call.Fun); !library.CallsApart()[name] && name != "map" && name != "starmap" {
			return
		}
		if m, ok := call.Fun.(*ast.Attribute); ok && (m.Attr.Name == "map" || m.Attr.Name == "starmap") && !effects.PoolNamed(m.X) {
			return
		} else if !ok && syntax.LastName(call.Fun) == "map" {
			return
		}
		for _, a := range call.Args {
			if name, ok := syntax.Bare(a.X).(*ast.Name); ok {
				users[name.Name] = append(users[name.Name], user{thread, ""})
			}
		}
	}
	for _, f := range actors(c) {
		if isLambda(f) {
			lambdas[f.def.Span] = f
		}
		if f.class == nil && f.outer == nil && f.name() != aLambda {
			byName[f.name()] = f
			if slices.ContainsFunc(f.def.Decorators, func(d *ast.Decorator) bool { return isAtexitRegister(c.m, d.Expr) }) {
				atExit[f.name()] = true
			}
		}
		handed := map[*ast.Name]string{}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if name, flag := c.callsOnce(f, n); name != nil {
					handed[name] = flag
				}
				if name, ok := afterFork(n).(*ast.Name); ok {
					handed[name] = ""
					atExit[name.Name] = true
				}
				apart(n)
			case *ast.Name:
				if flag, ok := handed[n]; ok {
					users[n.Name] = append(users[n.Name], user{nil, flag})
				} else {
					users[n.Name] = append(users[n.Name], user{f, ""})
				}
			}
			return true
		})
	}
	for _, u := range c.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDef:
				return false
			case *ast.Lambda:
				return lambdas[n.Span] == nil // otherwise it runs now
			case *ast.Call:
				if isAtexitRegister(c.m, n.Fun) {
					if name, ok := syntax.Arg(n, 0).(*ast.Name); ok {
						atExit[name.Name] = true
					}
				}
				if name, ok := afterFork(n).(*ast.Name); ok {
					atExit[name.Name] = true
				}
				apart(n)
			case *ast.Name:
				users[n.Name] = append(users[n.Name], user{})
			}
			return true
		})
	}
	out := map[*ruleFunc]string{}
	for _, f := range lambdas {
		if f.exits {
			out[f] = ""
		}
	}
	known := func(f *ruleFunc) (flag string, ok bool) {
		for f.inline {
			f = f.outer
		}
		flag, ok = out[f]
		return flag, ok
	}
	for changed := true; changed; {
		changed = false
		for name, f := range byName {
			if _, done := out[f]; done {
				continue
			}
			named := initLike(name) || atExit[name]
			switch {
			case len(users[name]) == 0 && !named:
				continue
			case f.def.Kind == ast.Def && !strings.HasPrefix(name, "_") && !named, f.def.Kind == ast.Cpdef && !named:
				continue // Python code can call it at any time
			}
			flags := map[string]bool{}
			often := slices.ContainsFunc(users[name], func(u user) bool {
				if u.f == f {
					return false
				}
				flag, ok := u.flag, true
				if u.f != nil {
					flag, ok = known(u.f)
				}
				flags[flag] = true
				return !ok
			})
			if often || len(flags) > 1 {
				continue
			}
			out[f] = ""
			for flag := range flags {
				out[f] = flag
			}
			changed = true
		}
	}
	for _, f := range lambdas {
		if flag, ok := known(f); ok { // inline, of one that runs once
			out[f] = flag
		}
	}
	return out
}

// isAtexitRegister reports whether an expression is atexit.register, by which a function is called or decorated.
func isAtexitRegister(m *project.Module, e ast.Expr) bool {
	fun, ok := e.(*ast.Attribute)
	if !ok || fun.Attr.Name != "register" || !syntax.IsNamed(fun.X, "atexit") {
		return false
	}
	bd := m.Scope.Names["atexit"] // another module may have one of its own
	return bd.Kind == project.BindModule && slices.Equal(bd.Path, []string{"atexit"}) || bd.Kind != project.BindModule && bd.Kind != project.BindImported
}

// afterFork returns the function that a call registers to be run in the child of a fork, which has one thread.
func afterFork(call *ast.Call) ast.Expr {
	var fun ast.Expr
	switch syntax.LastName(call.Fun) {
	case "register_at_fork":
		for _, a := range call.Args {
			if a.Name.Name == "after_in_child" {
				fun = a.X
			}
		}
	case "pthread_atfork":
		fun = syntax.Arg(call, 2)
	}
	if u, ok := syntax.Bare(fun).(*ast.Unary); ok && u.Op == "&" {
		fun = u.X
	}
	return syntax.Bare(fun)
}

// onlyAfterFork reports whether a method is for the child of a fork: by its name, or since it is private and all that the
// module does with it is to register it.
func (c *bodies) onlyAfterFork(f *ruleFunc) bool {
	if strings.Contains(f.name(), "fork") {
		return true
	}
	if !effects.PrivateName(f.name()) {
		return false
	}
	registered, all := 0, 0
	for _, u := range c.m.Units {
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if x, ok := afterFork(n).(*ast.Attribute); ok && x.Attr.Name == f.name() {
					registered++
				}
			case *ast.Attribute:
				if n.Attr.Name == f.name() {
					all++
				}
			}
			return true
		})
	}
	return registered > 0 && registered == all
}

// callsOnce returns the function that a call runs once, and the variable of the module that
// is its flag.
func (c *bodies) callsOnce(f *ruleFunc, call *ast.Call) (fun *ast.Name, flag string) {
	if call.Fun == nil || !library.Once()[c.m.CName(call.Fun)] || len(call.Args) < 2 {
		return nil, ""
	}
	at := syntax.Bare(call.Args[0].X)
	if u, ok := at.(*ast.Unary); ok && u.Op == "&" {
		at = syntax.Bare(u.X)
	}
	name, ok := at.(*ast.Name)
	if !ok || c.globalNamed(f, name.Name) == nil {
		return nil, "" // one for each call, or for each object
	}
	what := syntax.Bare(call.Args[1].X)
	if u, ok := what.(*ast.Unary); ok && u.Op == "&" {
		what = syntax.Bare(u.X)
	}
	fun, _ = what.(*ast.Name)
	return fun, name.Name
}

// initLike reports whether a function's name says that it sets the module up.
func initLike(name string) bool {
	for _, w := range syntax.Words(name) {
		switch w {
		case "init", "initialize", "initialise", "setup", "bootstrap":
			return true
		}
	}
	return false
}
