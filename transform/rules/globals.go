package rules

// Module globals, and how functions change them.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// globalVar is a variable of the module.
type globalVar struct {
	name  string
	u     *project.Unit
	node  ast.Node // where it is declared, or first assigned
	ctype *ast.CType
	d     *ast.Declarator // of a cdef variable
	inits []ast.Expr      // what module-level code assigns
	// changes are what functions do to it, in the order of the files.
	changes []globalChange
	tellers map[string]bool // see tells
	// attr is the attribute that it is, of a class, module or object; "" for a variable.
	attr string
	// words say what it is, where it is no variable.
	words string
	in    *ruleFunc // the function whose variable it is; nil for others
	// of is the dict of which it is the item with a key that is a text, nil for others.
	of  *globalVar
	key string
	// within is the container that it is an item of, by whatever key; nil for others.
	within *globalVar
}

type changeKind uint8

const (
	rebinds  changeKind = iota // global x; x = v
	binds                      // global x; for x in …, with … as x
	counts                     // global x; x += v
	stores                     // x[k] = v, del x[k], x.append(v), PyDict_SetItem(x, …)
	storesTo                   // x.attr = v
	address                    // &x
	advances                   // next(x)
	within                     // what it leads to, through a pointer or by a callee
	arranges                   // heappush(x, …), shuffle(x)
)

type globalChange struct {
	kind changeKind
	f    *ruleFunc
	node ast.Node
	// value is what is assigned, or nil.
	value ast.Expr
	// key is the item that is stored, where it is written as a subscript.
	key ast.Expr
	via string // within: the function that is given it and writes there; "" for none
}

// globals returns the module's variables by name.
func (c *bodies) globals() map[string]*globalVar {
	if c.vars != nil {
		return c.vars
	}
	c.vars = map[string]*globalVar{}
	add := func(u *project.Unit, id string, node ast.Node) *globalVar {
		v := c.vars[id]
		if v == nil {
			v = &globalVar{name: id, u: u, node: node}
			c.vars[id] = v
		}
		return v
	}
	walk := func(u *project.Unit, stmts []ast.Stmt) {
		syntax.EachStmt(stmts, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					id := syntax.DeclaredName(d)
					if id.Name == "" || d.Func || st.Visibility == ast.Extern {
						continue
					}
					v := add(u, id.Name, id)
					if v.d == nil {
						v.ctype, v.d, v.u, v.node = st.Type, d, u, id
					}
					if d.Default != nil {
						v.inits = append(v.inits, d.Default)
					}
				}
			case *ast.Assign:
				if st.Value == nil {
					return
				}
				eachTarget(st, func(t, value ast.Expr) {
					if n, ok := t.(*ast.Name); ok {
						v := add(u, n.Name, n)
						v.inits = append(v.inits, value)
					}
				})
			}
		})
	}
	for _, u := range c.m.Units {
		var stmts []ast.Stmt
		for _, st := range u.File.Body { // what is extern is another's
			if _, ok := st.(*ast.ExternBlock); !ok {
				stmts = append(stmts, st)
			}
		}
		walk(u, stmts)
	}
	for name := range c.vars {
		if b, ok := c.m.Scope.Names[name]; ok && b.Kind != project.BindOther && b.Kind != project.BindAlias {
			delete(c.vars, name) // also imported, or a class
		}
	}
	if len(c.vars) > 0 {
		// A constant changes only where a function says global.
		names := map[string]bool{"global": true, "globals": true}
		for name, v := range c.vars {
			if v.d != nil || !slices.ContainsFunc(v.inits, syntax.IsNothing) {
				names[name] = true
			}
		}
		c.tells = map[string]*ruleFunc{}
		for _, f := range c.funcs() {
			if n, ok := syntax.Bare(onlyReturned(f)).(*ast.Name); ok && c.vars[n.Name] != nil && f.class == nil && f.outer == nil {
				names[f.name()], c.tells[f.name()] = true, f
			}
		}
		naming := func() (out []*ruleFunc) {
			first := firstLetters(names)
			for _, f := range actors(c) {
				if namesOne(f.u.Src[f.def.Pos:f.def.End], names, first) {
					out = append(out, f)
				}
			}
			return out
		}
		c.given = functionsGiven(c, naming())
		maps.Copy(names, c.given)
		for _, f := range naming() {
			c.changes(f)
		}
	}
	return c.vars
}

// functionsGiven are the functions of the module to which some function gives a variable of the module by its name.
func functionsGiven(c *bodies, by []*ruleFunc) map[string]bool {
	own, out := map[string]bool{}, map[string]bool{}
	for _, f := range c.funcs() {
		if f.class == nil && f.outer == nil && f.def.Params != nil && len(f.def.Params.List) > 0 {
			own[f.name()] = true
		}
	}
	for _, f := range by {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.Call)
			if !ok {
				return true
			}
			if to, ok := call.Fun.(*ast.Name); ok && own[to.Name] && !out[to.Name] && slices.ContainsFunc(call.Args, func(a ast.Arg) bool {
				x, ok := syntax.Bare(a.X).(*ast.Name)
				return ok && c.vars[x.Name] != nil && !f.isLocal(x.Name) && !c.isCValue(c.vars[x.Name])
			}) {
				out[to.Name] = true
			}
			return true
		})
	}
	return out
}

// globalNamed returns the module's variable that a name denotes in a function.
func (c *bodies) globalNamed(f *ruleFunc, name string) *globalVar {
	v := c.globals()[name]
	if v == nil {
		return nil
	}
	if f.isLocal(name) {
		return nil
	}
	return v
}

// changes notes what a function does to the module's variables.
func (c *bodies) changes(f *ruleFunc) {
	f.prepare()
	note := func(e ast.Expr, kind changeKind, node ast.Node, value, key ast.Expr) {
		n, ok := syntax.Bare(e).(*ast.Name)
		if !ok {
			if v := aliasOf(c, f, e, maxOtherNames); v != nil && kind > counts {
				v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
			}
			return
		}
		if kind <= counts && (!f.global[n.Name] || imported(c, f, n) != nil) {
			return // a local name, or the module's own for what another one has
		}
		v := variableOf(c, f, n)
		if kind > counts && kind != address { // it may be another name for what another variable has
			if of := aliasOf(c, f, n, maxOtherNames); of != nil {
				v = of
			}
		}
		if v == nil && kind <= counts && !f.isLocal(n.Name) {
			_, bound := c.m.Scope.Names[n.Name]
			at, _, inC := project.Variable(c.m, n.Name)
			switch {
			case inC && !at.Extern: // another module's
				v = &globalVar{name: n.Name, u: f.u, node: n, ctype: at.Type, d: at.Declarator}
				c.vars[n.Name] = v
			case !bound: // nothing but functions give it a value
				v = &globalVar{name: n.Name, u: f.u, node: n}
				c.vars[n.Name] = v
			}
		}
		if v != nil {
			v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
		}
	}
	target := func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind) {
		switch t := t.(type) {
		case *ast.Name:
			note(t, kind, node, value, nil)
		case *ast.Subscript:
			var key ast.Expr
			if len(t.Index) == 1 {
				key = t.Index[0]
			}
			note(t.X, stores, node, value, key)
			if name, ok := textOf(key); ok && isCallOf(t.X, "globals") {
				if v := c.globals()[name]; v != nil {
					v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value})
				}
			}
		case *ast.Attribute:
			note(t.X, storesTo, node, value, nil)
			if v := imported(c, f, t); v != nil && !compiled(c) { // others are told of by themselves
				v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value})
			}
		}
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		eachBound(n, target)
		switch n := n.(type) {
		case *ast.Unary:
			if n.Op == "&" {
				note(n.X, address, n, nil, nil)
			}
		case *ast.Call:
			if at, ok := n.Fun.(*ast.Attribute); ok && changesContainer(at.Attr.Name) {
				note(at.X, stores, n, nil, nil)
			} else if v, method := boundTo(c, f, n.Fun); v != nil && changesContainer(method) {
				v.changes = append(v.changes, globalChange{kind: stores, f: f, node: n})
			}
			if at, ok := n.Fun.(*ast.Attribute); ok && (at.Attr.Name == "send" || at.Attr.Name == "__next__") {
				note(at.X, advances, n, nil, nil)
			} else if x := syntax.Arg(n, 0); x != nil && syntax.IsNamed(n.Fun, "next") {
				note(x, advances, n, nil, nil)
			}
			if x := syntax.Arg(n, 0); x != nil && n.Fun != nil && library.APIMutators()[c.m.CName(n.Fun)] {
				note(x, stores, n, nil, syntax.Arg(n, 1))
			}
			if by := alteredBy(c, f, n); by.v != nil {
				by.v.changes = append(by.v.changes, globalChange{kind: by.kind, f: f, node: n})
			} else if by.x != nil {
				note(by.x, by.kind, n, nil, by.key())
			}
		}
		return true
	})
}

// eachBound calls target with each place to which a node gives another value or takes its value away, the node to name,
// the value where it is one expression, and how.
func eachBound(n ast.Node, target func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind)) {
	each := func(t ast.Expr, node ast.Node, kind changeKind) {
		eachIn(t, nil, func(t, _ ast.Expr) { target(t, node, nil, kind) })
	}
	switch n := n.(type) {
	case *ast.Assign:
		kind := rebinds
		if n.Op != "=" && n.Op != "" {
			kind = counts
		}
		if n.Value != nil {
			eachTarget(n, func(t, value ast.Expr) { target(t, n, value, kind) })
		}
	case *ast.Del:
		for _, t := range n.Targets {
			each(t, n, rebinds)
		}
	case *ast.For:
		each(n.Target, n.Target, binds)
	case *ast.WithItem:
		if n.Target != nil {
			each(n.Target, n, binds)
		}
	case *ast.Walrus:
		target(n.Target, n, n.Value, rebinds)
	}
}

// textOf returns what a text says, false for other expressions.
func textOf(e ast.Expr) (string, bool) {
	s, ok := syntax.Unparen(e).(*ast.Str)
	if !ok || s.FStr {
		return "", false
	}
	return s.Value, true
}

// isCallOf reports whether an expression calls a function of a plain name, without arguments.
func isCallOf(e ast.Expr, name string) bool {
	k, ok := syntax.Bare(e).(*ast.Call)
	return ok && len(k.Args) == 0 && syntax.IsNamed(k.Fun, name)
}

// isGenerator reports whether a variable is made a generator: a generator expression, or what a function of the module
// that yields returns.
func isGenerator(c *bodies, v *globalVar) bool {
	return slices.ContainsFunc(v.inits, func(e ast.Expr) bool {
		switch e := syntax.Unparen(e).(type) {
		case *ast.Comp:
			return e.Kind == "generator"
		case *ast.Call:
			name, ok := e.Fun.(*ast.Name)
			return ok && slices.ContainsFunc(c.funcs(), func(f *ruleFunc) bool {
				return f.name() == name.Name && f.class == nil && f.outer == nil && syntax.Yields(f.def.Body)
			})
		}
		return false
	})
}

// eachTarget visits what an assignment assigns to, with what that gets: where several things get their values from one,
// each gets the whole.
func eachTarget(st *ast.Assign, visit func(t, value ast.Expr)) {
	for _, t := range st.Targets {
		eachIn(t, st.Value, visit)
	}
}

func eachIn(t, value ast.Expr, visit func(t, value ast.Expr)) {
	switch t := t.(type) {
	case *ast.Paren:
		eachIn(t.X, value, visit)
	case *ast.Starred:
		eachIn(t.X, nil, visit)
	case *ast.Collection:
		of, _ := syntax.Unparen(value).(*ast.Collection)
		for i, e := range t.Elems {
			if of != nil && len(of.Elems) == len(t.Elems) && !syntax.Starred(of.Elems) && !syntax.Starred(t.Elems) {
				eachIn(e, of.Elems[i], visit)
			} else {
				eachIn(e, value, visit)
			}
		}
	default:
		visit(t, value)
	}
}

// variableOf returns the module's variable, or what else is shared, that an expression in a function means: by its name, or
// by a local name that is another one for it.
func variableOf(c *bodies, f *ruleFunc, e ast.Expr) *globalVar {
	if v := imported(c, f, e); v != nil {
		return v
	}
	if x, ok := syntax.Bare(e).(*ast.Attribute); ok {
		return sharedAttribute(c, f, x, false)
	}
	n, ok := syntax.Bare(e).(*ast.Name)
	if !ok {
		return nil
	}
	if v := c.globalNamed(f, n.Name); v != nil {
		return v
	}
	if v := closedVar(c, f, n.Name, false); v != nil {
		return v
	}
	if f.prepare(); c.shared != nil && f.params[n.Name] != nil {
		return c.shared.defaults[f.params[n.Name]]
	}
	of := f.another(n.Name)
	if v := c.globals()[of]; v != nil && !c.isCValue(v) { // a copy, or a pointer: see changesWithin
		return v
	}
	if of != "" {
		return imported(c, f, &ast.Name{Name: of})
	}
	return nil
}

// another returns the name outside of the function that a local name is another name of, and of nothing else: d after
// d = _registry. "" where there is none.
func (f *ruleFunc) another(name string) string {
	f.prepare()
	vs := f.values[name]
	if _, param := f.params[name]; param || len(vs) != 1 || vs[0].item {
		return ""
	}
	if n, ok := syntax.Bare(vs[0].value).(*ast.Name); ok && !f.isLocal(n.Name) {
		return n.Name
	}
	return ""
}

// changesWithin notes what functions do to the module's C variables through pointers, and by what
// they call, as the model has it.
func changesWithin(c *checking, vars map[string]*globalVar) {
	names := map[string]bool{}
	for name, v := range vars {
		if c.isCValue(v) && !c.silentGlobal(v) && !v.ctype.Memoryview {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return
	}
	first := firstLetters(names)
	for _, f := range c.p.Funcs(c.m).All {
		if !namesOne(f.Unit.Src[f.Def.Pos:f.Def.End], names, first) {
			continue
		}
		for _, w := range effects.GlobalWrites(c.p, f) {
			v := vars[w.Name]
			in := c.funcAt(f.Unit, w.Span)
			if v == nil || !names[w.Name] || in == nil || slices.ContainsFunc(v.changes, func(ch globalChange) bool {
				return ch.f == in && ch.kind != address && ch.node.Range().Contains(w.Span.Pos)
			}) {
				continue
			}
			v.changes = append(v.changes, globalChange{kind: within, f: in, node: &ast.Name{Span: w.Span}, via: w.Via})
		}
	}
}

// funcAt returns the innermost function that a place is in.
func (c *bodies) funcAt(u *project.Unit, at ast.Span) *ruleFunc {
	var out *ruleFunc
	for _, f := range c.funcs() { // outer ones first
		if f.u == u && f.def.Contains(at.Pos) {
			out = f
		}
	}
	return out
}

// firstLetters returns which bytes names start with.
func firstLetters(names map[string]bool) *[256]bool {
	var first [256]bool
	for n := range names {
		first[n[0]] = true
	}
	return &first
}

// namesOne reports whether an identifier of src is among names.
func namesOne(src []byte, names map[string]bool, first *[256]bool) bool {
	for i := 0; i < len(src); {
		c := src[i]
		if !syntax.WordByte(c) {
			i++
			continue
		}
		start := i
		for i < len(src) && syntax.WordByte(src[i]) {
			i++
		}
		if first[c] && names[string(src[start:i])] {
			return true
		}
	}
	return false
}
