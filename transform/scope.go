package transform

// Names at module level: what each is bound to, as far as locks need to know.

import (
	"cmp"
	"pyxlock/parser/ast"
)

type bindKind uint8

const (
	bindOther    bindKind = iota // anything that is of no interest here
	bindCython                   // the cython module
	bindAttr                     // an attribute of the cython module (attr)
	bindModule                   // a module (level, path)
	bindImported                 // a name of a module (level, path, attr), or its submodule
	bindClass                    // a class of this module
	bindAlias                    // another name of a type (path)
	bindFused                    // a fused type (members)
)

type binding struct {
	kind  bindKind
	attr  string
	level int
	path  []string
	class *class
	// members are the names of a fused type's members.
	members [][]string
	src     *source // where it is bound
}

// scope is a module's names. A name bound several times keeps the binding that
// matters most to locks: a decorator that might be ours must not be missed.
type scope struct {
	names map[string]binding
	stars []binding // "from m cimport *"
	// cython holds the names of the cython module, in each file's order.
	cython []cythonName
}

// cythonName is one binding of the cython module. Cython sees it in its own
// file only: the one of a .pxd does not count in the .pyx.
type cythonName struct {
	name string
	src  *source
	pos  int32
}

func (s *scope) bind(name string, b binding) {
	if old, ok := s.names[name]; ok && (old.kind != bindOther || b.kind == bindOther) {
		return
	}
	s.names[name] = b
}

// collect binds the names that stmts bind at module level.
func (s *scope) collect(stmts []ast.Stmt, src *source) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.Import:
			for _, n := range st.Names {
				s.bindImport(n, src)
			}
		case *ast.FromImport:
			s.bindFrom(st, src)
		case *ast.FuncDef:
			s.bind(st.Name.Name, binding{src: src})
		case *ast.ClassDef:
			s.bind(st.Name.Name, binding{src: src})
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
				s.bind(d.Name.Name, binding{kind: bindAlias, path: names(st.Type.Path), src: src})
			}
		case *ast.StructDef:
			if st.Kind == "fused" && st.Body != nil {
				var members [][]string
				for _, it := range st.Body.Stmts {
					if t, ok := it.(*ast.TypeItem); ok && t.Type != nil {
						members = append(members, names(t.Type.Path))
					}
				}
				s.bind(st.Name.Name, binding{kind: bindFused, members: members, src: src})
			}
		case *ast.CVarDecl:
			for _, d := range st.Declarators {
				if name := declaredName(d); name.Name != "" {
					s.bind(name.Name, binding{src: src})
				}
			}
		}
		for _, body := range suites(st) {
			if !opensScope(st) {
				s.collect(body.Stmts, src)
			}
		}
	}
}

func (s *scope) bindImport(n ast.ImportName, src *source) {
	path := names(n.Path)
	if len(path) > 2 && path[0] == "cython" && path[1] == "cimports" && n.As.Name != "" {
		s.bind(n.As.Name, binding{kind: bindModule, path: path[2:], src: src})
		return
	}
	if path[0] == "cython" && (len(path) == 1 || n.As.Name == "") {
		s.bind(cmp.Or(n.As.Name, "cython"), binding{kind: bindCython, src: src})
		s.cython = append(s.cython, cythonName{cmp.Or(n.As.Name, "cython"), src, n.Pos})
		return
	}
	if n.As.Name != "" {
		s.bind(n.As.Name, binding{kind: bindModule, path: path, src: src})
		return
	}
	s.bind(path[0], binding{kind: bindModule, path: path[:1], src: src})
}

func (s *scope) bindFrom(st *ast.FromImport, src *source) {
	path := names(st.Module)
	level := st.Level
	if level == 0 && len(path) >= 2 && path[0] == "cython" && path[1] == "cimports" {
		path = path[2:]
	}
	if st.Star {
		s.stars = append(s.stars, binding{kind: bindImported, level: level, path: path, src: src})
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
			s.bind(as, binding{kind: bindAttr, attr: attr, src: src})
		} else {
			s.bind(as, binding{kind: bindImported, level: level, path: path, attr: attr, src: src})
		}
	}
}

// cythonAttr returns the attribute of the cython module that e denotes, or "".
// bare tells whether unbound names count as attributes (they do for decorators).
func (s *scope) cythonAttr(e ast.Expr, bare bool) string {
	switch e := e.(type) {
	case *ast.Attribute:
		n, ok := e.X.(*ast.Name)
		if !ok {
			return ""
		}
		b, bound := s.names[n.Name]
		if bound && b.kind == bindCython || !bound && n.Name == "cython" {
			return e.Attr.Name
		}
	case *ast.Name:
		b, bound := s.names[e.Name]
		if bound && b.kind == bindAttr {
			return b.attr
		}
		if !bound && bare {
			return e.Name
		}
	case *ast.Paren:
		return s.cythonAttr(e.X, bare)
	}
	return ""
}

// cythonIn returns the name of the cython module in a file and where it is
// bound there, or "".
func (s *scope) cythonIn(src *source) (string, int32) {
	for _, c := range s.cython {
		if c.src == src {
			return c.name, c.pos
		}
	}
	return "", 0
}

// bindTarget binds the names in an assignment's target.
func (s *scope) bindTarget(t ast.Expr, src *source) {
	switch t := t.(type) {
	case *ast.Name:
		s.bind(t.Name, binding{src: src})
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

func (b binding) path0() string {
	if b.level > 0 || len(b.path) == 0 {
		return ""
	}
	return b.path[0]
}
