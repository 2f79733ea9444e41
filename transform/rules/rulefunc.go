package rules

// Functions as the rules of `check` look at them: each with its names, where
// they get their values, and the locks that somebody placed by hand.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/finding"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// bodies are the functions of one module as the rules look at them: by what is
// spelled there, without the model.
type bodies struct {
	project.Log
	m     *project.Module
	locks *decorator.Locks
	hands *handlock.Names

	fns     []*ruleFunc          // see funcs
	acting  []*ruleFunc          // see actors
	once    map[*ruleFunc]string // see onlyOnce
	byDef   map[*ast.FuncDef]*ruleFunc
	vars    map[string]*globalVar
	tells   map[string]*ruleFunc      // functions of the module that do nothing but return one of its variables
	given   map[string]bool           // those that are given one, see functionsGiven
	passed  map[*ast.Param]*globalVar // see passedBy
	reached map[reachKey]reach
	calls   map[string][]callSite
	attrs   map[string][]attrUse
	// itemsOwn is what itemsStay found, by attribute.
	itemsOwn map[string]bool
	shared   *sharedThings                       // see sharedBesides
	closed   map[*ruleFunc]map[string]*globalVar // see closedOver
	items    sharedItems                         // see itemChanges
	goers    map[string]map[int]bool             // see goesOver
	stands   map[string]int                      // see timesNamed
	// of is the module whose variables this one imports, where its functions are looked at for what they do to these.
	of *bodies
}

// ruleFunc is one function, at any depth.
type ruleFunc struct {
	in     *bodies
	u      *project.Unit
	def    *ast.FuncDef
	class  *ast.ClassDef // the class that it is a method of
	outer  *ruleFunc
	inline bool // a lambda that is called where it stands
	exits  bool // a lambda that atexit calls

	params  map[string]*ast.Param
	local   map[string]bool     // bound here, parameters included
	global  map[string]bool     // declared global or nonlocal
	imports map[string]ast.Stmt // bound by an import
	types   map[string]nameType // of cdef variables and typed parameters
	values  map[string][]nameValue
	suites  []ast.Span // blocks
	loops   []ast.Span
	holds   []handHold
	// prepared is true once the body has been looked at.
	prepared bool
}

// nameType is the C type that a local name is declared with.
type nameType struct {
	ctype *ast.CType
	d     *ast.Declarator
}

// nameValue is one way in which a local name gets a value.
type nameValue struct {
	pos   int32
	value ast.Expr // nil where it is not known
	item  bool     // an item of value: the target of a loop
}

// funcs returns the functions of the module's own files, outer ones first.
func (c *bodies) funcs() []*ruleFunc {
	if c.fns != nil {
		return c.fns
	}
	var out []*ruleFunc
	var walk func(u *project.Unit, stmts []ast.Stmt, class *ast.ClassDef, outer *ruleFunc)
	walk = func(u *project.Unit, stmts []ast.Stmt, class *ast.ClassDef, outer *ruleFunc) {
		for _, st := range stmts {
			switch st := st.(type) {
			case *ast.FuncDef:
				if st.Body == nil {
					continue
				}
				f := &ruleFunc{in: c, u: u, def: st, class: class, outer: outer}
				out = append(out, f)
				walk(u, st.Body.Stmts, nil, f)
			case *ast.ClassDef:
				if st.Body != nil {
					walk(u, st.Body.Stmts, st, outer)
				}
			default:
				for b := range syntax.Suites(st) {
					walk(u, b.Stmts, class, outer)
				}
			}
		}
	}
	for _, u := range c.m.Units {
		walk(u, u.File.Body, nil, nil)
	}
	c.fns = out
	return out
}

// ruleFunc returns a function of the module's own files by its definition, nil where it is none of these.
func (c *bodies) ruleFunc(def *ast.FuncDef) *ruleFunc {
	if c.byDef == nil {
		c.byDef = map[*ast.FuncDef]*ruleFunc{}
		for _, f := range c.funcs() {
			c.byDef[f.def] = f
		}
	}
	return c.byDef[def]
}

// name returns what the function is called.
func (f *ruleFunc) name() string { return f.def.Name.Name }

// first returns the name of the first parameter of a method, or "".
func (f *ruleFunc) first() string {
	if f.class == nil || f.def.Params == nil || len(f.def.Params.List) == 0 {
		return ""
	}
	return syntax.ParamName(f.def.Params.List[0])
}

// prepare fills in what the body says of its names. It is done on demand: most
// functions hold nothing that a rule asks about.
func (f *ruleFunc) prepare() {
	if f.prepared {
		return
	}
	f.prepared = true
	if f.def.Params != nil {
		for _, p := range f.def.Params.List {
			if n := syntax.ParamName(p); n != "" {
				put(&f.params, n, p)
				put(&f.local, n, true)
				put(&f.types, n, nameType{p.Type, p.Declarator})
			}
		}
	}
	bind := func(t ast.Expr, v ast.Expr, item bool) {
		f.bind(t, v, item)
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Suite:
			f.suites = append(f.suites, n.Span)
		case *ast.Simple:
			for _, id := range n.Names {
				put(&f.global, id.Name, true)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				v := n.Value
				if n.Op != "=" && n.Op != "" {
					v = nil
				}
				if n.Value != nil {
					bind(t, v, false)
				} else if nm, ok := t.(*ast.Name); ok {
					put(&f.local, nm.Name, true)
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				nm := syntax.DeclaredName(d).Name
				if nm == "" || d.Func {
					continue
				}
				put(&f.local, nm, true)
				put(&f.types, nm, nameType{n.Type, d})
				if d.Default != nil {
					put(&f.values, nm, append(f.values[nm], nameValue{d.Pos, d.Default, false}))
				}
			}
		case *ast.For:
			f.loops = append(f.loops, n.Span)
			bind(n.Target, n.Iter, !n.From)
		case *ast.While:
			f.loops = append(f.loops, n.Span)
		case *ast.WithItem:
			if n.Target != nil {
				bind(n.Target, nil, false)
			}
		case *ast.Handler:
			if n.As != nil {
				bind(n.As, nil, false)
			}
		case *ast.Walrus:
			bind(n.Target, n.Value, false)
		case *ast.Unary:
			if nm, ok := syntax.Unparen(n.X).(*ast.Name); ok && n.Op == "&" {
				put(&f.values, nm.Name, append(f.values[nm.Name], nameValue{n.Pos, nil, false}))
			}
		case *ast.Import:
			for _, in := range n.Names {
				name := cmp.Or(in.As.Name, in.Path[0].Name)
				put(&f.local, name, true)
				put(&f.imports, name, ast.Stmt(n))
			}
		case *ast.FromImport:
			for _, in := range n.Names {
				if len(in.Path) > 0 {
					name := cmp.Or(in.As.Name, in.Path[len(in.Path)-1].Name)
					put(&f.local, name, true)
					put(&f.imports, name, ast.Stmt(n))
				}
			}
		}
		return true
	})
	for n := range f.global {
		delete(f.local, n)
	}
	f.holds = f.handHolds()
}

// put makes an entry in a map, which is made with the first one: most functions have none in most of theirs.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

func (f *ruleFunc) bind(t, v ast.Expr, item bool) {
	switch t := t.(type) {
	case *ast.Name:
		put(&f.local, t.Name, true)
		put(&f.values, t.Name, append(f.values[t.Name], nameValue{t.Pos, v, item}))
	case *ast.Paren:
		f.bind(t.X, v, item)
	case *ast.Starred:
		f.bind(t.X, nil, false)
	case *ast.Collection:
		vs, _ := v.(*ast.Collection)
		for i, e := range t.Elems {
			if vs != nil && !item && len(vs.Elems) == len(t.Elems) {
				f.bind(e, vs.Elems[i], false)
			} else {
				f.bind(e, nil, false)
			}
		}
	}
}

// reaching returns the values that a local name may have at an offset: those
// that no later assignment on the way to it replaces. The parameter itself is
// a value where param is true.
func (f *ruleFunc) reaching(name string, at int32) (values []nameValue, param bool) {
	all := f.values[name]
	_, param = f.params[name]
	var last *nameValue // the last that is always passed before at
	for i := range all {
		v := &all[i]
		if v.pos < at && f.block(v.pos).Contains(at) && (last == nil || v.pos > last.pos) {
			last = v
		}
	}
	for _, v := range all {
		switch {
		case last != nil && v.pos < last.pos:
			continue
		case v.pos > at && !f.loopsBack(v.pos, at, last):
			continue
		}
		values = append(values, v)
	}
	return values, param && last == nil
}

// block returns the innermost block that holds an offset.
func (f *ruleFunc) block(at int32) ast.Span {
	found := f.def.Span
	for _, s := range f.suites {
		if s.Contains(at) && s.End-s.Pos < found.End-found.Pos {
			found = s
		}
	}
	return found
}

// loopsBack reports whether a value set after an offset comes to it in the next
// round of a loop.
func (f *ruleFunc) loopsBack(from, at int32, last *nameValue) bool {
	return slices.ContainsFunc(f.loops, func(l ast.Span) bool {
		return l.Contains(from) && l.Contains(at) && (last == nil || !l.Contains(last.pos))
	})
}

// inLoop reports whether an offset is in a loop.
func (f *ruleFunc) inLoop(at int32) bool {
	return slices.ContainsFunc(f.loops, func(l ast.Span) bool { return l.Contains(at) })
}

// parents returns the nodes that a node is in, innermost first, up to the
// function.
func (f *ruleFunc) parents(node ast.Node) []ast.Node {
	var out []ast.Node
	s := node.Range()
	ast.Walk(f.def, func(n ast.Node) bool {
		r := n.Range()
		if r.Pos > s.Pos || r.End < s.End || n == node {
			return false
		}
		out = append(out, n)
		return true
	})
	slices.Reverse(out)
	return out
}

// spelled returns the source of an expression without white space, brackets
// and casts round it: two that are spelled alike mean the same object.
func (f *ruleFunc) spelled(e ast.Expr) string {
	if e == nil {
		return ""
	}
	return strings.Join(strings.Fields(syntax.Text(f.u.File, syntax.Bare(e).Range())), "")
}

// finding reports one and returns it, to be filled in.
func (f *ruleFunc) finding(span ast.Span, code, msg, help string) *finding.Finding {
	return f.in.Report(f.u, span, code, msg, help)
}

// timesNamed counts the places of the module at which a name stands.
func timesNamed(c *bodies, name string) int {
	if c.stands == nil {
		c.stands = map[string]int{}
		for _, u := range c.m.Units {
			ast.Walk(u.File, func(n ast.Node) bool {
				if x, ok := n.(*ast.Name); ok {
					c.stands[x.Name]++
				}
				return true
			})
		}
	}
	return c.stands[name]
}
