package project

// Names at module level: what each is bound to, as far as locks need to know.

import (
	"cmp"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// BindKind is what a name is bound to.
type BindKind uint8

const (
	BindOther    BindKind = iota // anything that is of no interest here
	BindCython                   // the cython module
	BindAttr                     // an attribute of the cython module (attr)
	BindModule                   // a module (level, path)
	BindImported                 // a name of a module (level, path, attr), or its submodule
	bindClass                    // a class of this module
	BindAlias                    // another name of a type (path)
	BindFused                    // a fused type (members)
)

// Binding is what a name is bound to.
type Binding struct {
	Kind  BindKind
	Attr  string
	Level int
	Path  []string
	class *Class
	// members are the names of a fused type's members.
	members [][]string
	Src     *Source // where it is bound
}

// Scope is a module's names. A name bound several times keeps the binding that
// matters most to locks: a decorator that might be ours must not be missed.
type Scope struct {
	Names map[string]Binding
	Stars []Binding // "from m cimport *"
	// Cython holds the names of the cython module, in each file's order.
	Cython []cythonName
}

// cythonName is one binding of the cython module. Cython sees it in its own
// file only: the one of a .pxd does not count in the .pyx.
type cythonName struct {
	name string
	src  *Source
	pos  int32
}

func (s *Scope) bind(name string, b Binding) {
	if old, ok := s.Names[name]; ok && (old.Kind != BindOther || b.Kind == BindOther) {
		return
	}
	s.Names[name] = b
}

// collect binds the names that stmts bind at module level.
func (s *Scope) collect(stmts []ast.Stmt, src *Source) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.Import:
			for _, n := range st.Names {
				s.bindImport(n, src)
			}
		case *ast.FromImport:
			s.bindFrom(st, src)
		case *ast.FuncDef:
			s.bind(st.Name.Name, Binding{Src: src})
		case *ast.ClassDef:
			s.bind(st.Name.Name, Binding{Src: src})
		case *ast.Assign:
			for _, t := range st.Targets {
				s.bindTarget(t, src)
			}
		case *ast.For:
			s.bindTarget(st.Target, src)
		case *ast.With:
			for _, it := range st.Items {
				s.bindTarget(it.Target, src)
			}
		case *ast.CTypedef:
			d := st.Declarator
			if d != nil && d.Name.Name != "" && d.Pointer == 0 && !d.Func && d.Inner == nil && len(d.Arrays) == 0 && st.Type != nil {
				s.bind(d.Name.Name, Binding{Kind: BindAlias, Path: syntax.Names(st.Type.Path), Src: src})
			}
		case *ast.StructDef:
			if st.Kind == "fused" && st.Body != nil {
				var members [][]string
				for _, it := range st.Body.Stmts {
					if t, ok := it.(*ast.TypeItem); ok && t.Type != nil {
						members = append(members, syntax.Names(t.Type.Path))
					}
				}
				s.bind(st.Name.Name, Binding{Kind: BindFused, members: members, Src: src})
			}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if name := syntax.DeclaredName(d); name.Name != "" {
					s.bind(name.Name, Binding{Src: src})
				}
			}
		}
		for body := range syntax.Suites(st) {
			if !syntax.OpensScope(st) {
				s.collect(body.Stmts, src)
			}
		}
	}
}

func (s *Scope) bindImport(n ast.ImportName, src *Source) {
	path := syntax.Names(n.Path)
	if len(path) > 2 && path[0] == "cython" && path[1] == "cimports" && n.As.Name != "" {
		s.bind(n.As.Name, Binding{Kind: BindModule, Path: path[2:], Src: src})
		return
	}
	if path[0] == "cython" && (len(path) == 1 || n.As.Name == "") {
		s.bind(cmp.Or(n.As.Name, "cython"), Binding{Kind: BindCython, Src: src})
		s.Cython = append(s.Cython, cythonName{cmp.Or(n.As.Name, "cython"), src, n.Pos})
		return
	}
	if n.As.Name != "" {
		s.bind(n.As.Name, Binding{Kind: BindModule, Path: path, Src: src})
		return
	}
	s.bind(path[0], Binding{Kind: BindModule, Path: path[:1], Src: src})
}

func (s *Scope) bindFrom(st *ast.FromImport, src *Source) {
	path := syntax.Names(st.Module)
	level := st.Level
	if level == 0 && len(path) >= 2 && path[0] == "cython" && path[1] == "cimports" {
		path = path[2:]
	}
	if st.Star {
		s.Stars = append(s.Stars, Binding{Kind: BindImported, Level: level, Path: path, Src: src})
		return
	}
	fromCython := level == 0 && len(path) == 1 && path[0] == "cython"
	for _, n := range st.Names {
		if len(n.Path) == 0 {
			continue
		}
		attr := n.Path[len(n.Path)-1].Name
		as := cmp.Or(n.As.Name, attr)
		if fromCython {
			s.bind(as, Binding{Kind: BindAttr, Attr: attr, Src: src})
		} else {
			s.bind(as, Binding{Kind: BindImported, Level: level, Path: path, Attr: attr, Src: src})
		}
	}
}

// CythonAttr returns the attribute of the cython module that e denotes, or "".
// bare tells whether unbound names count as attributes (they do for decorators).
func (s *Scope) CythonAttr(e ast.Expr, bare bool) string {
	switch e := e.(type) {
	case *ast.Attribute:
		n, ok := e.X.(*ast.Name)
		if !ok {
			return ""
		}
		b, bound := s.Names[n.Name]
		if bound && b.Kind == BindCython || !bound && n.Name == "cython" {
			return e.Attr.Name
		}
	case *ast.Name:
		b, bound := s.Names[e.Name]
		if bound && b.Kind == BindAttr {
			return b.Attr
		}
		if !bound && bare {
			return e.Name
		}
	case *ast.Paren:
		return s.CythonAttr(e.X, bare)
	}
	return ""
}

// CythonIn returns the name of the cython module in a file and where it is
// bound there, or "".
func (s *Scope) CythonIn(src *Source) (string, int32) {
	for _, c := range s.Cython {
		if c.src == src {
			return c.name, c.pos
		}
	}
	return "", 0
}

// bindTarget binds the names in an assignment's target.
func (s *Scope) bindTarget(t ast.Expr, src *Source) {
	switch t := t.(type) {
	case *ast.Name:
		s.bind(t.Name, Binding{Src: src})
	case *ast.Paren:
		s.bindTarget(t.X, src)
	case *ast.Starred:
		s.bindTarget(t.X, src)
	case *ast.Collection:
		for _, e := range t.Elems {
			s.bindTarget(e, src)
		}
	}
}

// Path0 returns the first part of an absolute cimport's module.
func (b Binding) Path0() string {
	if b.Level > 0 || len(b.Path) == 0 {
		return ""
	}
	return b.Path[0]
}

// LibraryPath returns in which module a function is that an expression names, and its name there: "heapq" and heappush
// for q.heappush after import heapq as q. What nothing is imported as is in "builtins"; no name where there is none.
func (s *Scope) LibraryPath(fun ast.Expr) (module string, path []string) {
	path = syntax.Dotted(fun)
	if len(path) == 0 {
		return "", nil
	}
	switch b := s.Names[path[0]]; {
	case b.Kind == BindModule && len(path) > 1: // itertools.chain
		return strings.Join(b.Path, "."), path[1:]
	case b.Kind == BindImported && b.Level == 0: // from itertools import chain
		return strings.Join(b.Path, "."), append([]string{b.Attr}, path[1:]...)
	}
	return "builtins", path
}
