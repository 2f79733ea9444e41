package handlock

// Pairs of functions, one of which takes what the other releases: those of the settings,
// and those by which a class is a lock itself.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Pair are two functions, or methods as "Class.method".
type Pair struct {
	Take, Release string
	Shared        bool // others may hold the lock in the same way
}

// ParsePair reads an entry of the setting locks: "TAKE/RELEASE", or "TAKE/RELEASE:read".
func ParsePair(s string) (Pair, error) {
	names, mode, has := strings.Cut(s, ":")
	take, release, two := strings.Cut(names, "/")
	named := func(s string) bool {
		for _, part := range strings.Split(s, ".") {
			if !syntax.Identifier(part) {
				return false
			}
		}
		return strings.Count(s, ".") < 2
	}
	if !two || !named(take) || !named(release) || has && mode != "read" && mode != "write" {
		return Pair{}, fmt.Errorf("%q names no pair: write \"take/release\" or \"Class.take/Class.release\", followed by \":read\" if others may hold the lock for reading at the same time", s)
	}
	return Pair{take, release, mode == "read"}, nil
}

// Takes reports whether a method of this name is the one that takes the lock.
func (p Pair) Takes(method string) bool { return syntax.LastPart(p.Take) == method }

// Pair returns the pair of the settings that a method of a class belongs to.
func (h *Names) Pair(c *project.Class, method string) (Pair, bool) {
	for _, p := range h.pairs {
		for _, k := range c.Ancestry() {
			if full := k.Name + "." + method; p.Take == full || p.Release == full {
				return p, true
			}
		}
	}
	return Pair{}, false
}

// Speaks reports whether a name may be that of a method by which a lock is taken or released.
func (h *Names) Speaks(method string) bool {
	for _, o := range opposites {
		if strings.Contains(method, o.take) || strings.Contains(method, o.release) {
			return true
		}
	}
	return slices.ContainsFunc(h.pairs, func(p Pair) bool { return syntax.LastPart(p.Take) == method || syntax.LastPart(p.Release) == method })
}

// Role tells whether a method of a class takes the object as a lock, or releases it.
func Role(h *Names, c *project.Class, method string) (take, release bool) {
	for _, k := range c.Ancestry() {
		for name, t := range h.takers.Get(k).by {
			take, release = take || name == method && t.release != "", release || t.release == method
		}
	}
	return take, release
}

// Enters reports whether a method of a class is a context manager that holds the object as a lock.
func Enters(h *Names, c *project.Class, method string) bool {
	for _, k := range c.Ancestry() {
		if t, ok := h.takers.Get(k).by[method]; ok && t.release == "" {
			return true
		}
	}
	return false
}

// Shares reports whether others may hold the lock in the same way that a method of its class takes it: by what it does,
// or else if by its name it takes it for reading, and the class has another way.
func Shares(h *Names, c *project.Class, method string) bool {
	for _, k := range c.Ancestry() {
		if t, ok := h.takers.Get(k).by[method]; ok && t.counts {
			return t.shared
		}
	}
	if !reads(method) {
		return false
	}
	for _, k := range c.Ancestry() {
		for t := range h.takers.Get(k).by {
			if !reads(t) {
				return true
			}
		}
	}
	return false
}

// ForReading reports whether a call is of a method of a lock that gives it for reading: lock.read_lock().
func ForReading(h *Names, call *ast.Call) bool {
	a, ok := syntax.Unparen(call.Fun).(*ast.Attribute)
	if ok {
		if t, known := h.ofPython.Get(h.Type(syntax.LastName(a.X))).by[a.Attr.Name]; known && t.counts {
			return t.shared
		}
	}
	return ok && (reads(a.Attr.Name) || a.Attr.Name == "gen_rlock")
}

// reads reports whether a function takes a lock for reading, by its name.
func reads(name string) bool {
	read := false
	for _, w := range syntax.Words(name) {
		switch w {
		case "read", "reader", "reading", "shared", "rd", "rdlock", "rlock":
			read = true
		case "write", "writer", "exclusive", "wr", "upgrade", "unlock", "release":
			return false
		}
	}
	return read
}

// set tells whether a call is of a function that the settings name, of whatever class.
func (h *Names) set(call *ast.Call) (Call, bool) {
	name := syntax.LastName(call.Fun)
	for _, p := range h.pairs {
		for _, take := range []bool{true, false} {
			full := p.Release
			if take {
				full = p.Take
			}
			class, method := "", full
			if i := strings.IndexByte(full, '.'); i >= 0 {
				class, method = full[:i], full[i+1:]
			}
			if method != name {
				continue
			}
			out := Call{Set: true, Node: call, Take: take, Shared: p.Shared}
			if a, ok := syntax.Unparen(call.Fun).(*ast.Attribute); ok {
				if class == "" {
					out.Lock = a.X
					return out, true
				}
				continue
			}
			if class == "" {
				if x := syntax.Arg(call, 0); x != nil {
					out.Lock = lockAt(x)
				} else { // one lock for all
					out.Lock = &ast.Name{Span: call.Fun.Range(), Name: full[:strings.IndexByte(full+"(", '(')]}
					if !take {
						out.Lock.(*ast.Name).Name = p.Take
					}
				}
				return out, true
			}
		}
	}
	return Call{}, false
}

// opposites are the words of functions that take a lock, with those of the functions that release it.
var opposites = []struct{ take, release string }{
	{"lock", "unlock"}, {"acquire", "release"}, {"enter", "leave"}, {"enter", "exit"},
}

// Opposite returns what the function may be called that releases what one of this name takes,
// and reports whether the name speaks of a lock by itself.
func Opposite(name string) (names []string, lock bool) {
	words := syntax.Words(name)
	for _, o := range opposites {
		for _, w := range words {
			if w == o.take {
				names = append(names, strings.Replace(name, o.take, o.release, 1))
				lock = lock || o.take == "lock"
				break
			}
		}
	}
	return names, lock || Like(name)
}

// takers are the methods by which the objects of a class are taken as locks.
type takers struct {
	by    map[string]taking
	lock  bool            // not all of them only pass on to a lock that it has
	inner map[string]bool // see OfHolder
}

// takersOf finds them for a class.
func takersOf(c *project.Class) takers {
	if c == nil {
		return takers{}
	}
	methods, files := map[string]*ast.FuncDef{}, files{}
	for _, d := range c.Defs {
		if d.ClassDef != nil && d.Body != nil {
			methodsOf(d.Body.Stmts, methods)
			switch {
			case d.ClassDef == c.Def:
				files.note(methods, c.Unit.File)
			case d.ClassDef == c.PxdDef:
				files.note(methods, c.PxdUnit.File)
			}
		}
	}
	return takersAmong(c.Name, methods, files)
}

func methodsOf(stmts []ast.Stmt, into map[string]*ast.FuncDef) {
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		if f, ok := st.(*ast.FuncDef); ok && f.Body != nil {
			into[f.Name.Name] = f
		}
	})
}

// takersAmong finds them among methods, by what these do and by their names.
func takersAmong(class string, methods map[string]*ast.FuncDef, in files) takers {
	out := takers{by: counting(methods, in)}
	out.lock = len(out.by) > 0
	out.inner = innerOf(methods, out.by, in)
	for name := range methods {
		if _, known := out.by[name]; known {
			continue
		}
		opposite, lock := Opposite(name)
		for _, o := range opposite {
			if methods[o] != nil && (lock || Like(class)) {
				if out.by == nil {
					out.by = map[string]taking{}
				}
				out.by[name] = taking{release: o}
				out.lock = out.lock || !passesOn(methods[name])
			}
		}
	}
	return out
}

// IsClass reports whether the objects of a class are locks: it has methods that take and release
// it, and they do not only pass on to a lock that it has.
func IsClass(h *Names, c *project.Class) bool { return c != nil && h.takers.Get(c).lock }

// passesOn reports whether a method takes another lock and leaves it held.
func passesOn(f *ast.FuncDef) bool {
	taken := map[string]int{}
	self := ""
	if f.Params != nil && len(f.Params.List) > 0 {
		self = syntax.ParamName(f.Params.List[0])
	}
	syntax.OwnNodes(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || call.Fun == nil {
			return true
		}
		name := syntax.LastName(call.Fun)
		of := ""
		if a, ok := call.Fun.(*ast.Attribute); ok {
			of = strings.Join(syntax.Dotted(a.X), ".")
		} else if x := syntax.Arg(call, 0); x != nil && self != "" && syntax.IsNamed(x, self) {
			return true // a function that does it for the object itself
		}
		take, known := library.LockCalls()[name]
		switch first := strings.TrimLeft(name, "_"); {
		case known && take, !known && (strings.HasPrefix(first, "lock") || strings.HasPrefix(first, "acquire")):
			taken[of]++
		case known, strings.HasPrefix(first, "unlock"), strings.HasPrefix(first, "release"):
			taken[of]--
		}
		return true
	})
	for _, n := range taken {
		if n > 0 {
			return true
		}
	}
	return false
}

// pyClass reports whether a class of Python's that the module defines is a lock.
func (h *Names) pyClass(name string) bool {
	t := h.ofPython.Get(name)
	return t.lock
}

// takersOfPython finds the methods by which the objects of one of Python's classes, which a module knows by a dotted
// name, are taken as locks.
func takersOfPython(m *project.Module, name string) takers {
	r := m.Owner(strings.Split(name, "."))
	if r.Mod == nil {
		return takers{}
	}
	methods, files := pyMethods(r.Mod, r.Name, 0)
	if methods == nil {
		return takers{}
	}
	t := takersAmong(r.Name, methods, files)
	t.lock = t.lock || methods["acquire"] != nil && methods["release"] != nil || entersOwn(r.Mod, methods)
	return t
}

// pyMethods are the methods of one of Python's classes, with those that it inherits from others of its module; nil
// where the module has no such class.
func pyMethods(m *project.Module, name string, depth int) (map[string]*ast.FuncDef, files) {
	for _, u := range m.Units {
		for _, st := range u.File.Body {
			c, ok := st.(*ast.ClassDef)
			if !ok || c.Name.Name != name || c.Body == nil || c.CClass {
				continue
			}
			methods, files := map[string]*ast.FuncDef{}, files{}
			if c.Bases != nil && depth < 8 {
				for _, b := range slices.Backward(c.Bases.Args) {
					if n, ok := b.X.(*ast.Name); ok {
						inherited, in := pyMethods(m, n.Name, depth+1)
						maps.Copy(methods, inherited)
						maps.Copy(files, in)
					}
				}
			}
			methodsOf(c.Body.Stmts, methods)
			files.note(methods, u.File)
			return methods, files
		}
	}
	return nil, nil
}

// entersOwn reports whether the methods of a class are those of a context manager that takes a lock which its object
// has, and keeps it until it is left.
func entersOwn(m *project.Module, methods map[string]*ast.FuncDef) bool {
	enter, exit := methods["__enter__"], methods["__exit__"]
	if enter == nil || exit == nil || len(enter.Params.List) == 0 || len(exit.Params.List) == 0 {
		return false
	}
	in, second := halvesOf(enter)
	out, yields := halvesOf(exit)
	if second != nil || yields != nil || callsOwn(enter, methods) || callsOwn(exit, methods) {
		return false
	}
	for l, n := range in.held {
		if n > 0 && out.held[l] < 0 && !in.some[l] && !out.some[l] && makesOwn(m, methods, l) {
			return true
		}
	}
	return false
}

// callsOwn reports whether a method calls another one of its object, which may take or release what it has.
func callsOwn(f *ast.FuncDef, methods map[string]*ast.FuncDef) bool {
	self, found := syntax.ParamName(f.Params.List[0]), false
	syntax.OwnNodes(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		found = found || ok && call.Fun != nil && methods[ownAttribute(call.Fun, self)] != nil
		return !found
	})
	return found
}

// makesOwn reports whether all that the methods of a class give an attribute are locks that one thread at a time has, made
// with the object, so that nobody gets another one;
// where they give it nothing, its name tells.
func makesOwn(m *project.Module, methods map[string]*ast.FuncDef, attr string) bool {
	given, others := false, false
	for name, f := range methods {
		if f.Params == nil || len(f.Params.List) == 0 {
			continue
		}
		self := syntax.ParamName(f.Params.List[0])
		syntax.OwnNodes(f.Body, func(n ast.Node) bool {
			a, ok := n.(*ast.Assign)
			if !ok || !slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { return ownAttribute(t, self) == attr }) {
				return true
			}
			call, ok := syntax.Unparen(a.Value).(*ast.Call)
			lock := ok && name == "__init__" && library.LockTypes()[syntax.LastName(call.Fun)] && !New(m, nil).unlike(call) && !tokens(call)
			given, others = given || lock, others || !lock
			return true
		})
	}
	return !others && (given || Like(attr))
}

// ofOwn tells whether a call is of a method by which a lock of one of the module's Python classes is taken or released.
func ofOwn(h *Names, a *ast.Attribute, call *ast.Call) (Call, bool) {
	typ := h.Type(syntax.LastName(a.X))
	if typ == "" {
		return Call{}, false
	}
	for name, t := range h.ofPython.Get(typ).by {
		if t.counts && t.release != "" && (name == a.Attr.Name || t.release == a.Attr.Name) {
			return Call{Node: call, Lock: a.X, Take: name == a.Attr.Name, Shared: t.shared, how: call.Args}, true
		}
	}
	return Call{}, false
}
