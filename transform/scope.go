package transform

// Names at module level: what each is bound to, as far as locks need to know.

import "pyxlock/parser/ast"

type bindKind uint8

const (
	bindOther    bindKind = iota // anything that is of no interest here
	bindCython                   // the cython module
	bindAttr                     // an attribute of the cython module (attr)
	bindModule                   // a module (level, path)
	bindImported                 // a name of a module (level, path, attr), or its submodule
	bindClass                    // a class of this module
)

type binding struct {
	kind  bindKind
	attr  string
	level int
	path  []string
	class *class
	src   *source // where it is bound
}

// scope is a module's names. A name bound several times keeps the binding that
// matters most to locks: a decorator that might be ours must not be missed.
type scope struct {
	names map[string]binding
	stars []binding // "from m cimport *"
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
				if n, ok := t.(*ast.Name); ok {
					s.bind(n.Name, binding{src: src})
				}
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
	if path[0] == "cython" && (len(path) == 1 || n.As.Name == "") {
		s.bind(or(n.As.Name, "cython"), binding{kind: bindCython, src: src})
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
		as := or(n.As.Name, attr)
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

// cythonName returns the name under which the cython module is known in the
// given files, or "".
func (s *scope) cythonName(visible func(*source) bool) string {
	if b, ok := s.names["cython"]; ok && b.kind == bindCython && visible(b.src) {
		return "cython"
	}
	best := ""
	for n, b := range s.names {
		if b.kind == bindCython && visible(b.src) && (best == "" || n < best) {
			best = n
		}
	}
	return best
}

func names(ids []ast.Ident) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.Name
	}
	return out
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// opensScope reports whether a statement's body is a scope of its own.
func opensScope(st ast.Stmt) bool {
	switch st.(type) {
	case *ast.FuncDef, *ast.ClassDef, *ast.StructDef, *ast.CppClass, *ast.PropertyDef:
		return true
	}
	return false
}

// suites returns the bodies of a compound statement, in source order.
func suites(st ast.Stmt) []*ast.Suite {
	var out []*ast.Suite
	add := func(list ...*ast.Suite) {
		for _, s := range list {
			if s != nil {
				out = append(out, s)
			}
		}
	}
	switch st := st.(type) {
	case *ast.FuncDef:
		add(st.Body)
	case *ast.ClassDef:
		add(st.Body)
	case *ast.PropertyDef:
		add(st.Body)
	case *ast.CdefBlock:
		add(st.Body)
	case *ast.ExternBlock:
		add(st.Body)
	case *ast.StructDef:
		add(st.Body)
	case *ast.CppClass:
		add(st.Body)
	case *ast.CondStmt:
		for _, c := range st.Clauses {
			add(c.Body)
		}
	case *ast.If:
		for _, c := range st.Clauses {
			add(c.Body)
		}
	case *ast.While:
		add(st.Body, st.Else)
	case *ast.For:
		add(st.Body, st.Else)
	case *ast.With:
		add(st.Body)
	case *ast.Try:
		add(st.Body)
		for _, h := range st.Handlers {
			add(h.Body)
		}
		add(st.Else, st.Finally)
	case *ast.Match:
		for _, c := range st.Cases {
			add(c.Body)
		}
	}
	return out
}

// declaredName returns the name that a declarator declares.
func declaredName(d *ast.Declarator) ast.Ident {
	for d != nil {
		if d.Name.Name != "" || d.Inner == nil {
			return d.Name
		}
		d = d.Inner
	}
	return ast.Ident{}
}
