package effects

// Of which class a function returns objects that does not say so: what it returns on every
// way, apart from None and NotImplemented.

import (
	"cmp"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// resultDepth bounds through how many functions a result is followed.
const resultDepth = 3

// resultClass returns the class of what a function returns whose declaration does not tell,
// nil where that is not known. A method that Python code may override returns whatever that
// one does.
func resultClass(p *Program, f *Function) *project.Class {
	if (f.Class != nil || f.PyClass != "") && f.Exposed() {
		return nil
	}
	return f.result.Get(func() *project.Class { return resultOf(p, f, false, resultDepth) })
}

// writtenClass is resultClass for the function itself, whatever Python code that is not in sight may override it or the methods
// whose results it returns.
func writtenClass(p *Program, f *Function) *project.Class {
	return f.written.Get(func() *project.Class { return resultOf(p, f, true, resultDepth) })
}

func resultOf(p *Program, f *Function, written bool, depth int) *project.Class {
	if depth == 0 || f.Def.Body == nil || f.Def.Params == nil || f.Def.Async {
		return nil
	}
	r := &results{p: p, f: f, depth: depth, written: written, known: map[string]*project.Class{}, assigned: map[string][]ast.Expr{}, stores: map[string]int{}}
	r.names()
	r.walk(f.Def.Body.Stmts, nil)
	if r.unknown {
		return nil
	}
	return r.class
}

// likelyResults returns the classes of objects that a function returns in sight, among whatever
// else it returns, also where Python code may override it.
func likelyResults(p *Program, f *Function) []*project.Class {
	return f.likely.Get(func() []*project.Class { return likelyOf(p, f, resultDepth) })
}

func likelyOf(p *Program, f *Function, depth int) []*project.Class {
	if depth == 0 || f.Def.Body == nil || f.Def.Params == nil || f.Def.Async {
		return nil
	}
	r := &results{p: p, f: f, depth: depth, likely: true, known: map[string]*project.Class{}, assigned: map[string][]ast.Expr{}, stores: map[string]int{}}
	if r.names(); r.unknown { // it yields
		return nil
	}
	r.walk(f.Def.Body.Stmts, nil)
	return r.found
}

// results looks at what one function returns.
type results struct {
	p        *Program
	f        *Function
	depth    int
	written  bool                      // what methods return counts that Python code may override
	known    map[string]*project.Class // variables that are declared
	assigned map[string][]ast.Expr     // what others are given
	stores   map[string]int            // how often a name is a target
	class    *project.Class
	unknown  bool
	likely   bool             // any class counts that is found
	found    []*project.Class // all of them
}

// names finds the variables of the function.
func (r *results) names() {
	for i, prm := range r.f.Def.Params.List {
		r.stores[prm.Name.Name]++ // given by the caller
		switch {
		case prm.Type != nil:
			r.known[prm.Name.Name] = r.p.Types.Of(r.f.Mod, prm.Type, prm.Declarator).Class
		case i == 0 && r.f.Class != nil && !r.f.Mod.PlainDecorator(r.f.Def, "staticmethod"):
			r.known[prm.Name.Name] = r.f.Class
		}
	}
	syntax.EachStmt(r.f.Def.Body.Stmts, func(st ast.Stmt) {
		switch st := st.(type) {
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if sh := r.p.Types.Of(r.f.Mod, st.Type, d); sh.Kind == ctype.Object && sh.Class != nil {
					r.known[syntax.DeclaredName(d).Name] = sh.Class
				}
			}
		case *ast.Assign:
			if n, ok := st.Targets[0].(*ast.Name); ok && len(st.Targets) == 1 && st.Op == "=" && st.Value != nil {
				r.assigned[n.Name] = append(r.assigned[n.Name], st.Value)
			}
		}
	})
	ast.Walk(r.f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Name:
			if n.Access == ast.Write || n.Access == ast.ForTarget || n.Access == ast.Aug {
				r.stores[n.Name]++
			}
		case *ast.Yield:
			r.unknown = true
		}
		return true
	})
}

// walk looks at the return statements among others; tested are the names that are of a class
// here, by a test of isinstance.
func (r *results) walk(list []ast.Stmt, tested map[string]*project.Class) {
	for _, st := range list {
		switch st := st.(type) {
		case *ast.Simple:
			if st.Keyword != "return" {
				continue
			}
			for _, e := range st.Exprs {
				r.returned(e, tested)
			}
		case *ast.If:
			for _, c := range st.Clauses {
				in := tested
				if name, class := r.test(c.Cond); class != nil && !writes(c.Body, name) {
					in = map[string]*project.Class{name: class}
					for n, k := range tested {
						if n != name {
							in[n] = k
						}
					}
				}
				r.walk(c.Body.Stmts, in)
			}
		default:
			if !syntax.OpensScope(st) {
				for b := range syntax.Suites(st) {
					r.walk(b.Stmts, tested)
				}
			}
		}
	}
}

// writes reports whether a name is assigned to in a block.
func writes(body *ast.Suite, name string) bool {
	found := false
	ast.Walk(body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == name && x.Access != ast.Read {
			found = true
		}
		return true
	})
	return found
}

func (r *results) returned(e ast.Expr, tested map[string]*project.Class) {
	e = syntax.Unparen(e)
	if c, ok := e.(*ast.Cond); ok {
		r.returned(c.Then, tested)
		r.returned(c.Else, tested)
		return
	}
	if c, ok := e.(*ast.Const); ok && c.Name == "None" {
		return
	}
	if syntax.IsNamed(e, "NotImplemented") {
		return
	}
	c := r.of(e, tested)
	if c != nil && !slices.Contains(r.found, c) {
		r.found = append(r.found, c)
	}
	if c == nil && r.likely {
		r.found = append(r.found, r.ofMethod(e)...)
	}
	switch {
	case c == nil:
		r.unknown = true
	case r.class == nil:
		r.class = c
	default:
		if r.class = project.Common(r.class, c); r.class == nil {
			r.unknown = true
		}
	}
}

// ofMethod returns the classes of what a method of the function's own object returns.
func (r *results) ofMethod(e ast.Expr) []*project.Class {
	if _, fs := r.methods(e); len(fs) > 0 {
		return likelyOf(r.p, fs[0], r.depth-1)
	}
	return nil
}

// methods returns the methods that an expression calls on the object of a variable, with the class of that: "x.m()", "x[i]".
func (r *results) methods(e ast.Expr) (of *project.Class, fs []*Function) {
	variable, name := "", "__getitem__"
	switch e := e.(type) {
	case *ast.Call:
		path := syntax.Dotted(syntax.Unparen(e.Fun))
		if len(path) != 2 {
			return nil, nil
		}
		variable, name = path[0], path[1]
	case *ast.Subscript:
		n, ok := syntax.Unparen(e.X).(*ast.Name)
		if !ok {
			return nil, nil
		}
		variable = n.Name
	default:
		return nil, nil
	}
	if of = r.known[variable]; of == nil {
		return nil, nil
	}
	for _, a := range of.Ancestry() {
		if fs := r.p.Own(a).Plain[name]; len(fs) > 0 {
			return of, fs
		}
	}
	return of, nil
}

// of returns the class of an expression, nil where that is not known.
func (r *results) of(e ast.Expr, tested map[string]*project.Class) *project.Class {
	m := r.f.Mod
	switch e := e.(type) {
	case *ast.Name:
		if c := tested[e.Name]; c != nil {
			return c
		}
		if c := r.known[e.Name]; c != nil {
			return c
		}
		values := r.assigned[e.Name]
		if len(values) == 0 || len(values) != r.stores[e.Name] {
			return nil
		}
		var out *project.Class
		for _, v := range values {
			v = syntax.Unparen(v)
			if n, ok := v.(*ast.Name); ok && r.known[n.Name] == nil {
				return nil
			}
			c := r.of(v, nil)
			if out = project.Common(cmp.Or(out, c), c); out == nil {
				return nil
			}
		}
		return out
	case *ast.Cast:
		return r.p.Types.OfType(m, e.Type, 0).Class
	case *ast.Call:
		path := syntax.Dotted(syntax.Unparen(e.Fun))
		if len(path) == 0 || r.stores[path[0]] > 0 {
			return r.byMethod(e)
		}
		if c := m.Lookup(path); c != nil {
			return c
		}
		if n := len(path) - 1; n > 0 && path[n] == "__new__" {
			return m.Lookup(path[:n])
		}
		if o := m.Owner(path); o.Mod != nil {
			if fs := r.p.Funcs(o.Mod).byName[o.Name]; len(fs) == 1 && fs[0].Class == nil && fs[0].PyClass == "" {
				return resultOf(r.p, fs[0], r.written, r.depth-1)
			}
		}
		return r.byMethod(e)
	case *ast.Subscript:
		return r.byMethod(e)
	}
	return nil
}

// byMethod returns the class of what a method returns that an expression calls, where methods count that Python code may
// override, and none in sight does.
func (r *results) byMethod(e ast.Expr) *project.Class {
	if !r.written {
		return nil
	}
	of, fs := r.methods(e)
	if len(fs) != 1 || !asWritten(fs[0]) || Overridden(r.p, r.f.Mod, of, fs[0].Def.Name.Name) {
		return nil
	}
	return resultOf(r.p, fs[0], true, r.depth-1)
}

// test returns the name that a condition tells the class of: "isinstance(x, C)", or a
// function of the project that is no more than that.
func (r *results) test(cond ast.Expr) (string, *project.Class) {
	switch c := syntax.Unparen(cond).(type) {
	case *ast.Binary:
		if c.Op == "and" {
			if name, class := r.test(c.X); class != nil {
				return name, class
			}
			return r.test(c.Y)
		}
	case *ast.Call:
		if len(c.Args) != 2 || c.Args[0].Star+c.Args[1].Star > 0 || !r.tests(c.Fun) {
			break
		}
		if n, ok := syntax.Unparen(c.Args[0].X).(*ast.Name); ok {
			if path := syntax.Dotted(c.Args[1].X); path != nil && r.stores[path[0]] == 0 {
				return n.Name, r.f.Mod.Lookup(path)
			}
		}
	}
	return "", nil
}

// tests reports whether a function tells whether its first argument is an instance of its
// second.
func (r *results) tests(fun ast.Expr) bool {
	path := syntax.Dotted(syntax.Unparen(fun))
	if len(path) == 0 || r.stores[path[0]] > 0 {
		return false
	}
	if bareTest(path) {
		return true
	}
	o := r.f.Mod.Owner(path)
	if o.Mod == nil {
		return false
	}
	fs := r.p.Funcs(o.Mod).byName[o.Name]
	if len(fs) != 1 || fs[0].Def.Body == nil || len(fs[0].Def.Params.List) != 2 || len(fs[0].Def.Body.Stmts) != 1 {
		return false
	}
	st, ok := fs[0].Def.Body.Stmts[0].(*ast.Simple)
	if !ok || st.Keyword != "return" || len(st.Exprs) != 1 {
		return false
	}
	c, ok := syntax.Unparen(st.Exprs[0]).(*ast.Call)
	return ok && bareTest(syntax.Dotted(c.Fun)) && len(c.Args) == 2 &&
		syntax.IsNamed(c.Args[0].X, fs[0].Def.Params.List[0].Name.Name) && syntax.IsNamed(uncast(c.Args[1].X), fs[0].Def.Params.List[1].Name.Name)
}

// uncast is an expression without a cast of all of it.
func uncast(e ast.Expr) ast.Expr {
	if c, ok := syntax.Unparen(e).(*ast.Cast); ok {
		return c.X
	}
	return e
}

func bareTest(path []string) bool {
	return len(path) == 1 && (path[0] == "isinstance" || path[0] == "PyObject_TypeCheck")
}
