package rules

// PXL502: module variables that functions change while other threads look at
// them. What one operation of a dict or list does is safe by itself; what is
// reported is what takes more than one, and C variables, which have no lock of
// their own.

import (
	"cmp"
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
	if !compiled(&c.bodies) {
		return
	}
	variablesInC(c)
	vars := c.globals()
	changesWithin(c, vars)
	vars = maps.Clone(vars)
	shared := sharedBesides(&c.bodies)
	maps.Copy(vars, shared.attrs)
	for p, v := range shared.defaults {
		vars[fmt.Sprintf("%s.%d", v.name, p.Pos)] = v
	}
	for f, closed := range closedOver(c) {
		for name, v := range closed {
			vars[fmt.Sprintf("%s.%d", name, f.def.Pos)] = v
		}
	}
	itemChanges(&c.bodies, vars)
	near := neighbours(c, vars)
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
		if len(v.changes) == 0 || !lock && c.silentGlobal(v) || lock && v.words != "" {
			continue // a lock that is an attribute is another rule's
		}
		if once == nil {
			once = maps.Clone(c.onlyOnce())
			for _, n := range near {
				maps.Copy(once, n.onlyOnce())
			}
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
			if flag, ok := once[ch.f]; ok && (flag == "" || len(flags) == 1) || ch.f.neverRuns(ch.node.Range().Pos) || ch.f.heldFor(ch.node.Range().Pos, v.in) || underLock(uses[name], ch) {
				continue
			}
			w := ""
			switch {
			case !lock:
				w = ch.f.in.unsafeChange(v, ch)
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
					strolls = c.strolls(vars, nil)
					for _, n := range near {
						for name, more := range n.strolls(vars, n.names) {
							strolls[name] = append(strolls[name], more...)
						}
					}
				}
				for _, at := range strolls[name] {
					if _, ok := once[at.f]; ok {
						continue
					}
					goes := "goes over it"
					if at.hands {
						goes = "hands out what goes over it"
					}
					if len(bad) == 0 {
						headline = at.f.name() + " " + goes + w
						bad, why = append(bad, *by), append(why, "changes it")
					}
					bad, why = append(bad, globalChange{f: at.f, node: at.at}), append(why, goes)
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
		msg := fmt.Sprintf("functions change %s without a lock: %s", cmp.Or(v.words, "the module's variable "+name), headline)
		lib := ofOneThread(c, v, once)
		if lib != "" {
			msg += fmt.Sprintf("; as far as is seen only what calls %s uses it, which one thread does at a time", lib)
		}
		help := "guard each use with one lock (`cdef cython.pymutex lock`, `with lock:`), or keep the state in an object or a thread-local"
		f := c.Report(v.u, v.node.Range(), finding.Global, msg, help)
		f.Warning, f.Note = lib != "", lib != ""
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
func compiled(c *bodies) bool {
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
	return v.ctype != nil && library.LockTypes()[syntax.LastPart(v.ctype.Name)] || c.hands.Typed(v.name) ||
		handlock.Like(syntax.LastPart(v.name)) && containerKind(v) == "" // locks of several things, by their keys, are none
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
		call, ok := syntax.Unparen(e).(*ast.Call)
		if !ok {
			continue
		}
		if len(call.Args) == 2 && c.m.Scope.CythonAttr(call.Fun, false) == "declare" { // _local = cython.declare(object, local())
			if call, ok = syntax.Unparen(call.Args[1].X).(*ast.Call); !ok {
				continue
			}
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
	if bound && b.Kind == project.BindImported && len(b.Path) > 0 && (b.Path[0] == "libcpp" || b.Path[0] == "libc") {
		return true // "from libcpp cimport bool as c_bool" among them
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
		case rebinds, binds, stores, storesTo:
			return "a C variable is written while other threads read it"
		case within:
			if ch.via != "" {
				return ch.via + " writes to a C variable while other threads read it"
			}
			return "a C variable is written while other threads read it"
		case address: // open(&handle): whoever is given it sets it
			if by := givenAddress(ch); by != "" && c.checksFirst(v, ch) {
				return "it is tested and then given to " + by + ", which sets it; two threads can both find it unset"
			}
		}
		return ""
	}
	if v.in != nil && ch.kind == rebinds && !immortal(ch.value) {
		return "its object is replaced; another thread may be about to take a reference to the old one"
	}
	switch ch.kind {
	case counts:
		return "it is read and written back; changes get lost"
	case binds:
		if v.d != nil {
			return "the object in a C variable is replaced; another thread may be about to take a reference to the old one"
		}
		return "a loop or with statement binds it, and goes on with what another thread has bound meanwhile"
	case rebinds:
		if v.d != nil && !immortal(ch.value) {
			return "the object in a C variable is replaced; another thread may be about to take a reference to the old one"
		}
		if onlyImports(c, v, ch) {
			return ""
		}
		if c.checksFirst(v, ch) {
			return "it is tested and then set; two threads can both find it unset"
		}
		if comesFrom(c, v, ch) {
			return "it is read and written back; changes get lost"
		}
		if takesFirst(c, v, ch) {
			return "it is taken and then replaced; two threads can both take it"
		}
		if by := checkedBy(c, v, ch); by != "" {
			return by + " tests it and then calls what sets it; two threads can both find it unset"
		}
	case storesTo:
		if a, ok := ch.node.(*ast.Assign); ok && v.within != nil && a.Op != "=" {
			return "an attribute of it is read and written back; changes get lost"
		}
	case advances:
		if isGenerator(c, v) {
			return "it is a generator, which runs for one thread at a time; another that comes meanwhile gets ValueError"
		}
	case arranges:
		call := ch.node.(*ast.Call)
		by := call.Fun
		if f := partlyGiven(call); f != nil {
			by = f
		}
		return syntax.LastName(by) + " looks at what is in it and moves it in several steps; another thread can get in between"
	case stores:
		if (callbacks{c}).takesOutItself(v, ch) || isMemo(c, v, ch) {
			return ""
		}
		if (c.checksFirst(v, ch) || setsAgain(ch)) && itemsOfThreads(c, v) {
			return ""
		}
		if c.checksFirst(v, ch) {
			return "it is tested and then changed; another thread can get in between"
		}
		if a, ok := ch.node.(*ast.Assign); ok && a.Op != "=" && a.Op != "" && len(a.Targets) == 1 {
			return "an item is read and written back; changes get lost"
		}
		if call, ok := ch.node.(*ast.Call); ok && slices.ContainsFunc(given(c, ch.f, call), func(a ast.Arg) bool { return anyIn(a.X, looksAt(c, v, ch.f)) }) {
			return "what is put into it is made of what was in it; another thread can get in between"
		}
		if placeFrom(c, v, ch) {
			return "the place is found first; another thread can move what is there in between"
		}
		if by := countsBy(c, v, ch); by != "" {
			return by + " looks at what is in it and changes it in several steps; another thread can get in between"
		}
		if by := takenOutBy(v, ch); by != "" {
			return "what " + ch.f.name() + " puts into it gets lost where " + by + " takes it out meanwhile"
		}
	}
	return ""
}

// givenAddress is the function that is given the address of a variable; "" for none.
func givenAddress(ch globalChange) string {
	parents := ch.f.parents(ch.node)
	for i := range parents {
		switch p := parents[i].(type) {
		case *ast.Call:
			return syntax.LastName(p.Fun)
		case *ast.Arg, *ast.Cast, *ast.Paren:
		default:
			return ""
		}
	}
	return ""
}

// given are the arguments of a call that changes a container, without the container.
func given(c *bodies, f *ruleFunc, call *ast.Call) []ast.Arg {
	if by := alteredBy(c, f, call); by.x != nil {
		return by.rest
	}
	if _, method := call.Fun.(*ast.Attribute); method || len(call.Args) == 0 {
		return call.Args
	}
	return call.Args[1:]
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
// the variable before: a condition round it or one that ends the function, a look-up of the same key, or the
// look-up whose KeyError it answers.
func (c *bodies) checksFirst(v *globalVar, ch globalChange) bool {
	if ch.f.looksFirst(ch.node, looksAt(c, v, ch.f)) {
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
	return ch.key != nil && c.lookedUp(ch.f, v, ch.f.spelled(ch.key), before)
}

// looksFirst reports whether what a node does depends on what is seen of something before: a
// condition round it, or the body of the try whose exception it answers. it recognises what is
// looked at.
func (f *ruleFunc) looksFirst(node ast.Node, it func(ast.Node) bool) bool {
	mentions := func(n ast.Node) bool { return anyIn(n, it) }
	parents := f.parents(node)
	for i, p := range parents {
		switch p := p.(type) {
		case *ast.CondClause:
			if mentions(p.Cond) {
				return true
			}
		case *ast.If: // else
			if i > 0 {
				for j := range p.Clauses {
					k := &p.Clauses[j]
					if k.Pos < node.Range().Pos && mentions(k.Cond) {
						return true
					}
				}
			}
		case *ast.While:
			if mentions(p.Cond) {
				return true
			}
		case *ast.Cond:
			if !p.If.Range().Contains(node.Range().Pos) && mentions(p.If) {
				return true
			}
		case *ast.Binary:
			if (p.Op == "and" || p.Op == "or") && p.Y.Range().Contains(node.Range().Pos) && mentions(p.X) {
				return true
			}
		case *ast.Suite: // if x is not None: return x
			for _, st := range p.Stmts {
				if st.Range().Pos >= node.Range().Pos {
					break
				}
				switch st := st.(type) {
				case *ast.If:
					for j := range st.Clauses {
						k := &st.Clauses[j]
						if k.Cond != nil && leavesAtOnce(k.Body) && mentions(k.Cond) {
							return true
						}
					}
				case *ast.Simple:
					if st.Keyword == "assert" && mentions(st) {
						return true
					}
				}
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
func (c *bodies) lookedUp(f *ruleFunc, v *globalVar, key string, before int32) bool {
	found := false
	is := func(e ast.Expr) bool {
		return variableOf(c, f, e) == v || v.within != nil && itemOf(c, f, e, itemsDeep) == v
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
