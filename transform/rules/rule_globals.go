package rules

// PXL502: module variables that functions change while other threads look at
// them. What one operation of a dict or list does is safe by itself; what is
// reported is what takes more than one, and C variables, which have no lock of
// their own.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// maxRelated is how many places one finding lists.
const maxRelated = 5

func mutableGlobals(c *checking) {
	if !c.compiled() {
		return
	}
	variablesInC(c)
	vars := c.globals()
	changesWithin(c, vars)
	var uses map[string][]effects.GlobalUse
	if c.hands.Any() {
		uses = effects.GlobalUses(c.p, c.m)
	}
	var once map[*ruleFunc]string
	var strolls map[string][]stroll
	var told []toldGlobal
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		v := vars[name]
		lock := c.isLock(v)
		if len(v.changes) == 0 || !lock && c.silentGlobal(v) {
			continue
		}
		if once == nil {
			once = c.onlyOnce()
		}
		flags := map[string]bool{} // two flags let two functions run at the same time
		for _, ch := range v.changes {
			if flag := once[ch.f]; flag != "" {
				flags[flag] = true
			}
		}
		var bad []globalChange
		var why []string
		headline := ""
		for _, ch := range v.changes {
			if flag, ok := once[ch.f]; ok && (flag == "" || len(flags) == 1) || ch.f.heldForAll(ch.node.Range().Pos) || underLock(uses[name], ch) {
				continue
			}
			w := ""
			switch {
			case !lock:
				w = c.unsafeChange(v, ch)
			case ch.kind == rebinds && ch.value != nil && c.makesLock(ch.value) && c.checksFirst(v, ch):
				w = "two threads can both find no lock and create one each, which do not exclude each other"
			case ch.kind == rebinds && ch.value != nil && c.makesLock(ch.value) && slices.ContainsFunc(v.inits, c.makesLock) && !strings.Contains(ch.f.name(), "fork"):
				w = "the lock is replaced, and whoever has the old one does not exclude those who take the new one"
			}
			if w != "" {
				bad, why = append(bad, ch), append(why, w)
			}
		}
		if len(bad) == 0 && !lock {
			if by, w := c.disturbed(v, once); by != nil {
				if strolls == nil {
					strolls = c.strolls(vars)
				}
				for _, at := range strolls[name] {
					if _, ok := once[at.f]; ok {
						continue
					}
					if len(bad) == 0 {
						headline = at.f.name() + " " + w
						bad, why = append(bad, *by), append(why, "changes it")
					}
					bad, why = append(bad, globalChange{f: at.f, node: at.at}), append(why, "goes over it")
				}
			}
		}
		if len(bad) == 0 {
			if !lock {
				besideLock(c, v, uses[name])
			}
			continue
		}
		if headline == "" {
			headline, _, _ = strings.Cut(why[0], ";")
		}
		msg := fmt.Sprintf("functions change the module's variable %s without a lock: %s", name, headline)
		help := "guard each use with one lock (`cdef cython.pymutex lock`, `with lock:`), or keep the state in an object or a thread-local"
		f := c.Report(v.u, v.node.Range(), finding.Global, msg, help)
		told = append(told, toldGlobal{len(c.Findings) - 1, []string{name}})
		for i, ch := range bad {
			if i == maxRelated {
				f.Related[i-1].Message += fmt.Sprintf(" (and %d more places)", len(bad)-maxRelated)
				break
			}
			p := project.FindingAt(ch.f.u.Source, ch.node.Range(), "", "", "")
			f.Related = append(f.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: fmt.Sprintf("in %s: %s", ch.f.name(), why[i])})
		}
	}
	if once != nil {
		told = append(told, togetherChanged(c, vars, once)...)
	}
	oneLock(c, told)
}

// compiled reports whether the module is here and Cython compiles it. A .py
// counts where it says so: it imports cython, or has a .pxd. A .pxd alone does
// not show who calls what.
func (c *checking) compiled() bool {
	main, pxd, pure := false, false, false
	for _, u := range c.m.Units {
		main = main || u.Role == project.RoleMain
		pxd = pxd || u.InPxd()
		pure = pure || u.File.Pure
	}
	return main && (pxd || !pure || len(c.m.Scope.Cython) > 0)
}

// isLock reports whether a variable is a lock, by its type or its name.
func (c *bodies) isLock(v *globalVar) bool {
	return v.ctype != nil && library.LockTypes()[syntax.LastPart(v.ctype.Name)] || handlock.Like(v.name) || c.hands.Typed(v.name)
}

// silentGlobal reports whether a variable is one of a kind that is made for
// several threads.
func (c *bodies) silentGlobal(v *globalVar) bool {
	if c.isLock(v) {
		return true
	}
	if v.ctype != nil && strings.Contains(v.ctype.Name, "atomic") {
		return true
	}
	if v.d != nil && v.d.CName != (ast.Span{}) {
		return true // C code's; it may be one for each thread
	}
	for _, e := range v.inits {
		call, ok := e.(*ast.Call)
		if !ok {
			continue
		}
		if p := syntax.Dotted(call.Fun); len(p) > 0 {
			switch p[len(p)-1] {
			case "local", "ContextVar", "Event", "Queue", "SimpleQueue", "count":
				return true
			}
		}
	}
	return false
}

// isCValue reports whether a variable is declared with a C type that is no
// Python object.
func (c *bodies) isCValue(v *globalVar) bool {
	if v.d == nil || v.ctype == nil {
		return false
	}
	if v.d.Pointer > 0 || len(v.d.Arrays) > 0 || v.d.Inner != nil || v.ctype.Basic {
		return true
	}
	return !library.ObjectGlobals()[v.ctype.Name] && v.ctype.Name != "" && c.cType(v.ctype)
}

// cType reports whether a type that is named is known to be no class: it is a
// struct, an enum or a typedef of this module, or a well-known C typedef.
func (c *bodies) cType(t *ast.CType) bool {
	if strings.HasSuffix(t.Name, "_t") || t.Memoryview {
		return true
	}
	if t.Args != nil && syntax.LastPart(t.Name) != "ndarray" {
		return true // a C++ template
	}
	name := t.Name
	b, bound := c.m.Scope.Names[name]
	if bound && (b.Kind == project.BindAlias || b.Kind == project.BindFused) {
		return true
	}
	for _, u := range c.m.Units {
		found := false
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			switch st := st.(type) {
			case *ast.StructDef:
				found = found || st.Name.Name == name
			case *ast.CTypedef:
				found = found || syntax.DeclaredName(st.Declarator).Name == name
			case *ast.CppClass:
				found = found || st.Name.Name == name
			}
		})
		if found {
			return true
		}
	}
	return false
}

// unsafeChange tells what is wrong with a change, or "".
func (c *bodies) unsafeChange(v *globalVar, ch globalChange) string {
	if c.isCValue(v) {
		switch ch.kind {
		case counts:
			return "a C variable is read and written back; counts get lost"
		case rebinds, stores, storesTo:
			return "a C variable is written while other threads read it"
		case within:
			if ch.via != "" {
				return ch.via + " writes to a C variable while other threads read it"
			}
			return "a C variable is written while other threads read it"
		}
		return ""
	}
	switch ch.kind {
	case counts:
		return "it is read and written back; changes get lost"
	case rebinds:
		if v.d != nil && !immortal(ch.value) {
			return "the object in a C variable is replaced; another thread may be about to take a reference to the old one"
		}
		if c.checksFirst(v, ch) {
			return "it is tested and then set; two threads can both find it unset"
		}
		if ch.f.comesFrom(ch.value, v.name, ch.node.Range().Pos) {
			return "it is read and written back; changes get lost"
		}
	case stores:
		if c.checksFirst(v, ch) {
			return "it is tested and then changed; another thread can get in between"
		}
		if a, ok := ch.node.(*ast.Assign); ok && a.Op != "=" && a.Op != "" && len(a.Targets) == 1 {
			return "an item is read and written back; changes get lost"
		}
	}
	return ""
}

// immortal reports whether a value outlives the module's functions: None, True,
// and literals, which the module keeps.
func immortal(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Const:
		return e.Name != "NULL"
	case *ast.Str:
		return !e.FStr
	case *ast.Number:
		return true
	}
	return false
}

// checksFirst reports whether a change depends on what the same function saw of
// the variable before: a condition round it, a look-up of the same key, or the
// look-up whose KeyError it answers.
func (c *bodies) checksFirst(v *globalVar, ch globalChange) bool {
	named := func(k ast.Node) bool {
		nm, ok := k.(*ast.Name)
		return ok && nm.Name == v.name && (nm.Access == ast.Read || nm.Access == ast.Called)
	}
	if ch.f.looksFirst(ch.node, named) {
		return true
	}
	if ch.kind != stores {
		return false
	}
	// What is assigned is found out before it is stored.
	before := ch.node.Range().Pos
	if ch.value != nil {
		before = ch.value.Range().End
	}
	return ch.key != nil && c.lookedUp(ch.f, v.name, ch.f.spelled(ch.key), before)
}

// comesFrom reports whether a value that a function finds out at an offset is made of what a name had: it is
// used in the value, or in what was given to a local name that is.
func (f *ruleFunc) comesFrom(value ast.Expr, name string, at int32) bool {
	seen := map[string]bool{}
	var from func(e ast.Expr) bool
	from = func(e ast.Expr) bool {
		found := false
		syntax.OwnNodes(e, func(n ast.Node) bool {
			nm, ok := n.(*ast.Name)
			if !ok || found || nm.Access != ast.Read && nm.Access != ast.Called {
				return !found
			}
			if nm.Name == name {
				found = true
				return false
			}
			if seen[nm.Name] || !f.isLocal(nm.Name) {
				return true
			}
			seen[nm.Name] = true
			syntax.Given(f.def.Body, func(to string, v ast.Expr) {
				found = found || to == nm.Name && v.Range().Pos < at && from(v)
			})
			return !found
		})
		return found
	}
	return value != nil && from(value)
}

// looksFirst reports whether what a node does depends on what is seen of something before: a
// condition round it, or the body of the try whose exception it answers. it recognises what is
// looked at.
func (f *ruleFunc) looksFirst(node ast.Node, it func(ast.Node) bool) bool {
	mentions := func(n ast.Node) bool {
		found := false
		if n == nil {
			return false
		}
		ast.Walk(n, func(k ast.Node) bool {
			found = found || it(k)
			return !found
		})
		return found
	}
	parents := f.parents(node)
	for i, p := range parents {
		switch p := p.(type) {
		case *ast.CondClause:
			if p.Cond != nil && mentions(p.Cond) {
				return true
			}
		case *ast.If: // else
			if i > 0 {
				for j := range p.Clauses {
					k := &p.Clauses[j]
					if k.Pos < node.Range().Pos && k.Cond != nil && mentions(k.Cond) {
						return true
					}
				}
			}
		case *ast.While:
			if p.Cond != nil && mentions(p.Cond) {
				return true
			}
		case *ast.Try:
			if i > 0 {
				if _, ok := parents[i-1].(*ast.Handler); ok && mentions(p.Body) {
					return true
				}
			}
		}
	}
	return false
}

// lookedUp reports whether a function looked a key up in a container before an
// offset.
func (c *bodies) lookedUp(f *ruleFunc, name, key string, before int32) bool {
	found := false
	is := func(e ast.Expr) bool {
		n, ok := syntax.Bare(e).(*ast.Name)
		return ok && n.Name == name
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		if found || n.Range().Pos >= before {
			return false
		}
		switch n := n.(type) {
		case *ast.Subscript:
			found = n.Access == ast.Read && is(n.X) && len(n.Index) == 1 && f.spelled(n.Index[0]) == key
		case *ast.Compare:
			for i, op := range n.Ops {
				if (op == "in" || op == "not in") && is(n.Xs[i+1]) && f.spelled(n.Xs[i]) == key {
					found = true
				}
			}
		case *ast.Call:
			fun, ok := n.Fun.(*ast.Attribute)
			k := syntax.Arg(n, 0)
			if ok && fun.Attr.Name == "get" && is(fun.X) && k != nil && f.spelled(k) == key {
				found = true
			}
			if n.Fun != nil && k != nil && is(k) && strings.HasPrefix(c.m.CName(n.Fun), "PyDict_GetItem") {
				if k2 := syntax.Arg(n, 1); k2 != nil && f.spelled(k2) == key {
					found = true
				}
			}
		}
		return !found
	})
	return found
}
