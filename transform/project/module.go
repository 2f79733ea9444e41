package project

// A module is the set of files that Cython compiles together: a .pyx or .py,
// its .pxd, and what they include. It is built from those files alone; other
// modules are looked up on demand (project.go).

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// Role is what a file is to its module.
type Role uint8

const (
	RoleMain Role = iota // .pyx, .py, or a .pxi that stands alone
	RolePxd
	RoleInclude // included by main
	RolePxdInclude
)

// Unit is a source in its role.
type Unit struct {
	*Source
	Role Role
}

// InPxd reports whether the file is the .pxd or included by it.
func (u *Unit) InPxd() bool { return u.Role == RolePxd || u.Role == RolePxdInclude }

// Module is one module. It is fixed once it is loaded.
type Module struct {
	cache.Key   // among the project's modules
	proj        *Project
	Stem        string // path of its files without the extension
	Root        string // the directory from which absolute cimports start
	Units       []*Unit
	Scope       Scope
	ClassByName map[string]*Class
	Classes     []*Class
	// Declared holds the C functions that the .pxd declares, as "Class.method" or
	// "function": in pure mode their types and modifiers are only there.
	Declared map[string]Declaration
	// Unread are the includes that were not read; of interest where the module is an
	// input.
	Unread Log
	// unreadable is true where a file of the module is there and cannot be read.
	unreadable bool
	// declaresMore is true where an include of the .pxd was not read.
	declaresMore bool
	asParsed     *Module                        // see AsParsed
	aliases      cache.Value[map[string]string] // see CythonAlias
	unsure       cache.Value[bool]              // see Unsure
	found        *cache.Cache[string, *Class]   // see lookup
	owners       *cache.Cache[string, Resolved] // see owner
	cimported    *cache.Cache[cimport, *Module] // see at
	c            cache.Value[*CNames]           // see CDecls
	annotated    cache.Value[bool]              // see AnnotationsAreTypes
}

// IsPure reports whether a file is Python code that Cython may compile.
func IsPure(path string) bool { return strings.HasSuffix(path, ".py") }

// stemOf returns a path without its Cython extension, and whether it had one.
func stemOf(path string) (string, bool) {
	switch ext := filepath.Ext(path); ext {
	case ".pyx", ".pxd", ".py":
		return strings.TrimSuffix(path, ext), true
	}
	return path, false
}

// building is a module while it is built.
type building struct{ *Module }

// load reads a module's files, the .pxd first: its names and classes come
// before those of the main file.
func (p *Project) load(stem string) *Module {
	m := building{&Module{Key: moduleKey(p), proj: p, Stem: stem, ClassByName: map[string]*Class{}, Declared: map[string]Declaration{}, Scope: Scope{Names: map[string]Binding{}}}}
	m.found = cache.New(func(name string) *Class { return m.lookup([]string{name}, 0, trail{}) })
	m.owners = cache.New(func(name string) Resolved { return m.follow([]string{name}, 0, trail{}) })
	m.cimported = cache.New(func(c cimport) *Module { return findCimported(m.Module, c) })
	m.Root = p.packageRoot(stem)
	add := func(path string, r Role) {
		s := p.Source(path)
		if s.Err != nil {
			m.unreadable = true
			return
		}
		m.addUnit(s, r)
	}
	if p.IsFile(stem + ".pxd") {
		add(stem+".pxd", RolePxd)
	}
	switch {
	case strings.HasSuffix(stem, ".pxi"):
		add(stem, RoleMain)
	case p.IsFile(stem + ".pyx"):
		add(stem+".pyx", RoleMain)
	case p.IsFile(stem + ".py"):
		add(stem+".py", RoleMain)
	}
	for _, u := range m.Units {
		m.Scope.collect(u.File.Body, u.Source)
	}
	for _, u := range m.Units {
		m.collectClasses(u, u.File.Body)
	}
	for _, u := range m.Units {
		if u.InPxd() {
			m.collectDeclared(u.File.Body, "")
		}
	}
	if m.Broken() {
		m.blind()
	}
	return m.Module
}

// addUnit adds a source and, after it, what it includes.
func (m building) addUnit(s *Source, r Role) {
	for _, u := range m.Units {
		if u.Source == s {
			return
		}
	}
	s.Parse()
	u := &Unit{s, r}
	m.Units = append(m.Units, u)
	inc := RoleInclude
	if r == RolePxd || r == RolePxdInclude {
		inc = RolePxdInclude
	}
	syntax.EachStmt(s.File.Body, func(st ast.Stmt) {
		if in, ok := st.(*ast.Include); ok && in.Path != nil {
			if t := m.included(u, in.Path); t != nil {
				m.addUnit(t, inc)
			} else if inc == RolePxdInclude {
				m.declaresMore = true
			}
		}
	})
}

// VisibleFrom tells which files' names a unit sees: a .pxd does not see its .pyx.
func (m *Module) VisibleFrom(u *Unit) func(*Source) bool {
	if !u.InPxd() {
		return func(*Source) bool { return true }
	}
	return func(s *Source) bool {
		for _, o := range m.Units {
			if o.Source == s {
				return o.InPxd()
			}
		}
		return false
	}
}

// Declaration is a C function without its body.
type Declaration struct {
	Decl       *ast.CVarDecl
	Declarator *ast.Declarator
}

func (m building) collectDeclared(stmts []ast.Stmt, class string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.ClassDef:
			if st.Body != nil {
				m.collectDeclared(st.Body.Stmts, st.Name.Name+".")
			}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if d.Func {
					m.Declared[class+d.Name.Name] = Declaration{st, d}
				}
			}
		default:
			if !syntax.OpensScope(st) {
				for b := range syntax.Suites(st) {
					m.collectDeclared(b.Stmts, class)
				}
			}
		}
	}
}

// DeclarationOf returns what the .pxd says of a function of a .py.
func (m *Module) DeclarationOf(c *Class, def *ast.FuncDef) (Declaration, bool) {
	if def.Kind != ast.Def {
		return Declaration{}, false
	}
	name := def.Name.Name
	if c != nil {
		name = c.Name + "." + name
	}
	d, ok := m.Declared[name]
	return d, ok
}

// UsedBefore reports whether code at module level uses a name before an offset,
// and in which line. After that Cython takes no property of that name beside a C
// attribute ("declared after it is used").
func (m *Module) UsedBefore(name string, pos int32) (int, bool) {
	if _, bound := m.Scope.Names[name]; !bound {
		return 0, false
	}
	found := 0
	for _, u := range m.Units {
		if u.InPxd() {
			continue
		}
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			if found > 0 || syntax.OpensScope(st) || u.Role == RoleMain && st.Range().Pos >= pos {
				return
			}
			switch st := st.(type) {
			case *ast.CVarDecl:
				for _, d := range st.Declarators {
					if n := syntax.DeclaredName(d); n.Name == name && !d.Func {
						found = syntax.Line(u.File, n.Pos) + 1
					}
				}
			case *ast.Assign, *ast.ExprStmt, *ast.Simple, *ast.Del:
				ast.Walk(st, func(n ast.Node) bool {
					if x, ok := n.(*ast.Name); ok && x.Name == name && x.Access != ast.Write {
						found = syntax.Line(u.File, x.Pos) + 1
					}
					return found == 0
				})
			}
		})
	}
	return found, found > 0
}

// Fused reports whether a name is a fused type of this module.
func (m *Module) Fused(name string) bool {
	found := false
	for _, u := range m.Units {
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			if s, ok := st.(*ast.StructDef); ok && s.Kind == "fused" && s.Name.Name == name {
				found = true
			}
		})
	}
	return found
}

// maxSyntaxErrors is how many of a file's errors are told. More of them say no more:
// the file is not Cython, or one mistake has led to all.
const maxSyntaxErrors = 20

// SyntaxErrors returns a finding for each error that the parser found, up to
// maxSyntaxErrors a file, and then one that counts the rest.
func (m *Module) SyntaxErrors() []finding.Finding {
	var out []finding.Finding
	for _, u := range m.Units {
		for i, e := range u.Errs {
			f := finding.Finding{
				Code: finding.SyntaxError, Path: u.Path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column, Message: e.Msg,
			}
			if i == maxSyntaxErrors {
				f.Message = "and " + finding.Plural(len(u.Errs)-i, "more syntax error") + " in this file from here on"
			}
			if out = append(out, f); i == maxSyntaxErrors {
				break
			}
		}
	}
	return out
}

// Broken reports whether a file of the module does not parse.
func (m *Module) Broken() bool {
	return slices.ContainsFunc(m.Units, func(u *Unit) bool { return len(u.Errs) > 0 })
}

// Compiled reports whether a module is for Cython: a .py is where it has a .pxd
// or speaks of cython.
func (m *Module) Compiled() bool {
	for _, u := range m.Units {
		if u.Role != RoleMain || !u.File.Pure || bytes.Contains(u.Src, []byte("cython")) {
			return true
		}
	}
	return false
}

// CountTypes returns the number of extension types that the module defines.
func (m *Module) CountTypes() int {
	n := 0
	for _, c := range m.Classes {
		if !c.Extern {
			n++
		}
	}
	return n
}

// CName returns the C function that a call names: the last part of "python.f",
// and what "from m cimport f as g" calls g.
func (m *Module) CName(fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Name:
		if b, ok := m.Scope.Names[fun.Name]; ok && b.Kind == BindImported && b.Attr != "" {
			return b.Attr
		}
		return fun.Name
	case *ast.Attribute:
		if _, ok := fun.X.(*ast.Name); ok {
			return fun.Attr.Name
		}
	case *ast.Paren:
		return m.CName(fun.X)
	}
	return ""
}

// FromCpp reports whether a name comes from libcpp.
func (m *Module) FromCpp(name string) bool {
	b := m.Scope.Names[name]
	return b.Kind == BindImported && len(b.Path) > 0 && b.Path[0] == "libcpp" && b.Attr != "bool"
}
