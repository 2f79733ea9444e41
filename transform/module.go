package transform

// A module is the set of files that Cython compiles together: a .pyx or .py,
// its .pxd, and what they include. It is built from those files alone; other
// modules are looked up on demand (project.go).

import (
	"path/filepath"
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
	stem    string // path of its files without the extension
	root    string // the directory from which absolute cimports start
	units   []*unit
	scope   scope
	classes map[string]*class
	order   []*class
	// declared holds the C functions that the .pxd declares, as "Class.method" or
	// "function": in pure mode their types and modifiers are only there.
	declared map[string]declaration
	// reported during building; used only where the module is an input
	findings  []Finding
	functions functionsOf // see funcs
	// inferred holds the locks that no decorator asked for; used only where the
	// module is an input
	inferred []Inferred
	// failed holds the functions whose own decorators were reported: more about
	// them would be noise.
	failed  map[*ast.FuncDef]bool
	foundMu sync.Mutex
	found   map[string]*class // see Project.lookup
	cOnce   sync.Once
	c       cnames          // see cdecls
	py      []string        // see pyNames; used only where the module is an input
	words   map[string]bool // see spells; used only where the module is an input
	// visible caches visibleLocked; used only where the module is an input
	visible map[*unit][]visible
	// unsureIs is what Project.unsure says.
	unsureOnce sync.Once
	unsureIs   bool
	// lockVars are the variables and attributes that hold locks, with the name
	// of their type; see typedLock.
	lockVarsOnce sync.Once
	lockVars     map[string]string
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
func (p *Project) load(stem string) *module {
	m := &module{stem: stem, classes: map[string]*class{}, visible: map[*unit][]visible{}, declared: map[string]declaration{}, failed: map[*ast.FuncDef]bool{}, found: map[string]*class{}, scope: scope{names: map[string]binding{}}}
	m.root = p.packageRoot(stem)
	add := func(path string, r role) {
		s := p.source(path)
		if s.err != nil {
			return
		}
		p.addUnit(m, s, r)
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
	if m.broken() {
		m.blind()
	}
	return m
}

// addUnit adds a source and, after it, what it includes.
func (p *Project) addUnit(m *module, s *source, r role) {
	for _, u := range m.units {
		if u.source == s {
			return
		}
	}
	s.parse()
	m.units = append(m.units, &unit{s, r})
	at := len(m.units) - 1
	inc := roleInclude
	if r == rolePxd || r == rolePxdInclude {
		inc = rolePxdInclude
	}
	eachStmt(s.file.Body, func(st ast.Stmt) {
		if in, ok := st.(*ast.Include); ok && in.Path != nil {
			if t := p.included(m, m.units[at], in.Path); t != nil {
				p.addUnit(m, t, inc)
			}
		}
	})
}

// eachStmt visits the statements of a scope, also those in nested blocks that
// open no scope of their own.
func eachStmt(stmts []ast.Stmt, visit func(ast.Stmt)) {
	for _, st := range stmts {
		visit(st)
		if !opensScope(st) {
			for _, b := range suites(st) {
				eachStmt(b.Stmts, visit)
			}
		}
	}
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
