package transform

// A module is the set of files that Cython compiles together: a .pyx or .py,
// its .pxd, and what they include. It is built from those files alone; other
// modules are looked up on demand (project.go).

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
)

// role is what a file is to its module.
type role uint8

const (
	roleMain role = iota // .pyx, .py, or a .pxi that stands alone
	rolePxd
	roleInclude // included by main
	rolePxdInclude
)

// unit is a source in its role.
type unit struct {
	*source
	role role
}

func (u *unit) inPxd() bool { return u.role == rolePxd || u.role == rolePxdInclude }

type module struct {
	proj    *proj
	stem    string // path of its files without the extension
	root    string // the directory from which absolute cimports start
	units   []*unit
	scope   scope
	classes map[string]*class
	order   []*class
	// declared holds the C functions that the .pxd declares, as "Class.method" or
	// "function": in pure mode their types and modifiers are only there.
	declared map[string]declaration
	found    *cache[string, *class]   // see lookup
	owners   *cache[string, resolved] // see owner
	cOnce    sync.Once
	c        cnames // see cdecls
}

func isPure(path string) bool { return strings.HasSuffix(path, ".py") }

// stemOf returns a path without its Cython extension, and whether it had one.
func stemOf(path string) (string, bool) {
	switch ext := filepath.Ext(path); ext {
	case ".pyx", ".pxd", ".py":
		return strings.TrimSuffix(path, ext), true
	}
	return path, false
}

// load reads a module's files, the .pxd first: its names and classes come
// before those of the main file.
func (p *proj) load(stem string) *module {
	m := &module{proj: p, stem: stem, classes: map[string]*class{}, declared: map[string]declaration{}, scope: scope{names: map[string]binding{}}}
	m.found = newCache(func(name string) *class { return m.lookupDepth([]string{name}, 0) })
	m.owners = newCache(func(name string) resolved { return m.follow([]string{name}, 0) })
	m.root = p.packageRoot(stem)
	add := func(path string, r role) {
		s := p.source(path)
		if s.err != nil {
			return
		}
		m.addUnit(s, r)
	}
	if p.isFile(stem + ".pxd") {
		add(stem+".pxd", rolePxd)
	}
	switch {
	case strings.HasSuffix(stem, ".pxi"):
		add(stem, roleMain)
	case p.isFile(stem + ".pyx"):
		add(stem+".pyx", roleMain)
	case p.isFile(stem + ".py"):
		add(stem+".py", roleMain)
	}
	for _, u := range m.units {
		m.scope.collect(u.file.Body, u.source)
	}
	for _, u := range m.units {
		m.collectClasses(u, u.file.Body)
	}
	for _, u := range m.units {
		if u.inPxd() {
			m.collectDeclared(u.file.Body, "")
		}
	}
	return m
}

// addUnit adds a source and, after it, what it includes.
func (m *module) addUnit(s *source, r role) {
	for _, u := range m.units {
		if u.source == s {
			return
		}
	}
	s.parse()
	m.units = append(m.units, &unit{s, r})
	inc := roleInclude
	if r == rolePxd || r == rolePxdInclude {
		inc = rolePxdInclude
	}
	eachStmt(s.file.Body, func(st ast.Stmt) {
		if in, ok := st.(*ast.Include); ok && in.Path != nil {
			if path := m.proj.findInclude(m.root, s.path, in.Path.Value); path != "" {
				if t := m.proj.source(path); t.err == nil {
					m.addUnit(t, inc)
				}
			}
		}
	})
}

// visibleFrom tells which files' names a unit sees: a .pxd does not see its .pyx.
func (m *module) visibleFrom(u *unit) func(*source) bool {
	if !u.inPxd() {
		return func(*source) bool { return true }
	}
	return func(s *source) bool {
		for _, o := range m.units {
			if o.source == s {
				return o.inPxd()
			}
		}
		return false
	}
}

// declaration is a C function without its body.
type declaration struct {
	decl *ast.CVarDecl
	d    *ast.Declarator
}

func (m *module) collectDeclared(stmts []ast.Stmt, class string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.ClassDef:
			if st.Body != nil {
				m.collectDeclared(st.Body.Stmts, st.Name.Name+".")
			}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if d.Func {
					m.declared[class+d.Name.Name] = declaration{st, d}
				}
			}
		default:
			if !opensScope(st) {
				for _, b := range suites(st) {
					m.collectDeclared(b.Stmts, class)
				}
			}
		}
	}
}

// declarationOf returns what the .pxd says of a function of a .py.
func (m *module) declarationOf(c *class, def *ast.FuncDef) (declaration, bool) {
	if def.Kind != ast.Def {
		return declaration{}, false
	}
	name := def.Name.Name
	if c != nil {
		name = c.name + "." + name
	}
	d, ok := m.declared[name]
	return d, ok
}

// nameOf returns the name by which code in u can speak of c, or "".
func (m *module) nameOf(u *unit, c *class) string {
	if c == nil {
		return ""
	}
	sees := m.visibleFrom(u)
	for _, name := range slices.Sorted(maps.Keys(m.scope.names)) {
		if b := m.scope.names[name]; (b.kind == bindClass || b.kind == bindImported) && sees(b.src) && m.lookup([]string{name}) == c {
			return name
		}
	}
	return ""
}

// usedBefore reports whether code at module level uses a name before an offset,
// and in which line. After that Cython takes no property of that name beside a C
// attribute ("declared after it is used").
func (m *module) usedBefore(name string, pos int32) (int, bool) {
	if _, bound := m.scope.names[name]; !bound {
		return 0, false
	}
	found := 0
	for _, u := range m.units {
		if u.inPxd() {
			continue
		}
		eachStmt(u.file.Body, func(st ast.Stmt) {
			if found > 0 || opensScope(st) || u.role == roleMain && st.Range().Pos >= pos {
				return
			}
			switch st := st.(type) {
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					if n := declaredName(d); n.Name == name && !d.Func {
						found = line(u.file, n.Pos) + 1
					}
				}
			case *ast.Assign, *ast.ExprStmt, *ast.Simple, *ast.Del:
				ast.Walk(st, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok && x.Name == name && x.Access != ast.Write {
						found = line(u.file, x.Pos) + 1
					}
					return found == 0
				})
			}
		})
	}
	return found, found > 0
}

// fused reports whether a name is a fused type of this module.
func (m *module) fused(name string) bool {
	found := false
	for _, u := range m.units {
		eachStmt(u.file.Body, func(st ast.Stmt) {
			if s, ok := st.(*ast.StructDef); ok && s.Kind == "fused" && s.Name.Name == name {
				found = true
			}
		})
	}
	return found
}

// syntaxErrors returns a finding for each error that the parser found.
func (m *module) syntaxErrors() []Finding {
	var out []Finding
	for _, u := range m.units {
		for _, e := range u.errs {
			out = append(out, Finding{
				Code: SyntaxError, Path: u.path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column, Message: e.Msg,
			})
		}
	}
	return out
}

// broken reports whether a file of the module does not parse.
func (m *module) broken() bool {
	return slices.ContainsFunc(m.units, func(u *unit) bool { return len(u.errs) > 0 })
}

// compiled reports whether a module is for Cython: a .py is where it has a .pxd
// or speaks of cython.
func (m *module) compiled() bool {
	for _, u := range m.units {
		if u.role != roleMain || !u.file.Pure || bytes.Contains(u.src, []byte("cython")) {
			return true
		}
	}
	return false
}

// types returns the number of extension types that the module defines.
func (m *module) types() int {
	n := 0
	for _, c := range m.order {
		if !c.extern {
			n++
		}
	}
	return n
}

// cName returns the C function that a call names: the last part of "python.f",
// and what "from m cimport f as g" calls g.
func (m *module) cName(fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Name:
		if b, ok := m.scope.names[fun.Name]; ok && b.kind == bindImported && b.attr != "" {
			return b.attr
		}
		return fun.Name
	case *ast.Attribute:
		if _, ok := fun.X.(*ast.Name); ok {
			return fun.Attr.Name
		}
	case *ast.Paren:
		return m.cName(fun.X)
	}
	return ""
}

// fromCpp reports whether a name comes from libcpp.
func (m *module) fromCpp(name string) bool {
	b := m.scope.names[name]
	return b.kind == bindImported && len(b.path) > 0 && b.path[0] == "libcpp" && b.attr != "bool"
}
