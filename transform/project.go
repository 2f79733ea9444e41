package transform

// A project is one run's view of the files: sources read once, modules built
// once, names resolved across modules.

import (
	"cmp"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// Project resolves and rewrites. It is safe for use by several goroutines.
type Project struct {
	loader Loader
	opts   Options

	mu       sync.Mutex
	sources  map[string]*cell[*source]
	modules  map[string]*cell[*module]
	listed   map[string]*cell[*listing]
	roots    map[string]*cell[string]
	refs     map[string]*cell[references]
	verdicts map[string]bool // see concerned
	model    modelState
}

// cell is a value that is computed once.
type cell[T any] struct {
	once sync.Once
	v    T
}

func get[T any](mu *sync.Mutex, m map[string]*cell[T], key string, make func() T) T {
	mu.Lock()
	c := m[key]
	if c == nil {
		c = new(cell[T])
		m[key] = c
	}
	mu.Unlock()
	c.once.Do(func() { c.v = make() })
	return c.v
}

// NewProject returns a project that reads through load.
func NewProject(load Loader, opts Options) *Project {
	return &Project{
		loader:   load,
		opts:     opts,
		sources:  map[string]*cell[*source]{},
		modules:  map[string]*cell[*module]{},
		listed:   map[string]*cell[*listing]{},
		roots:    map[string]*cell[string]{},
		refs:     map[string]*cell[references]{},
		verdicts: map[string]bool{},
	}
}

func (p *Project) source(path string) *source {
	path = p.canonical(path)
	return get(&p.mu, p.sources, path, func() *source {
		s := &source{path: path}
		s.src, s.err = p.loader.Read(path)
		s.words = mentions(s.src)
		return s
	})
}

func (p *Project) canonical(path string) string {
	if p.opts.Canonical != nil {
		return p.opts.Canonical(path)
	}
	return filepath.Clean(path)
}

func (p *Project) module(stem string) *module {
	stem = p.canonical(stem)
	return get(&p.mu, p.modules, stem, func() *module { return p.load(stem) })
}

// listing is a directory's content. Directories are listed once instead of
// asking for each file: most cimports are of modules that are not in the
// project, and each could be in a dozen places.
type listing struct {
	files map[string]bool
	dirs  map[string]bool
	stems map[string]bool // of files that make a module: m for m.pxd, m.pyx, m.py
}

func (p *Project) list(dir string) *listing {
	return get(&p.mu, p.listed, dir, func() *listing {
		l := &listing{files: map[string]bool{}, dirs: map[string]bool{}, stems: map[string]bool{}}
		files, dirs := p.loader.List(dir)
		for _, f := range files {
			l.files[f] = true
			if stem, ok := stemOf(f); ok {
				l.stems[stem] = true
			}
		}
		for _, d := range dirs {
			l.dirs[d] = true
		}
		return l
	})
}

// isFile reports whether a file exists; path is clean.
func (p *Project) isFile(path string) bool {
	i := strings.LastIndexByte(path, filepath.Separator)
	if i <= 0 {
		return p.list(filepath.Dir(path)).files[filepath.Base(path)]
	}
	return p.list(path[:i]).files[path[i+1:]]
}

// packageRoot returns the first directory above path that is no package, as
// Cython finds it.
func (p *Project) packageRoot(path string) string {
	return get(&p.mu, p.roots, filepath.Dir(path), func() string {
		dir := filepath.Dir(path)
		for range 64 {
			if !p.list(dir).stems["__init__"] {
				break
			}
			up := filepath.Join(dir, "..")
			if !strings.HasPrefix(dir, "..") && dir != "." {
				up = filepath.Dir(dir)
			}
			if up == dir {
				break
			}
			dir = up
		}
		return dir
	})
}

// find returns the stem of the module that a cimport in the module at stem
// names, or "".
func (p *Project) find(stem, root string, level int, path []string) string {
	for dir := range p.bases(stem, root, level) {
		if found := p.below(dir, path, stem); found != "" {
			return found
		}
	}
	return ""
}

// bases yields the directories from which a cimport is looked up, in order.
func (p *Project) bases(stem, root string, level int) iter.Seq[string] {
	return func(yield func(string) bool) {
		dir := filepath.Dir(stem)
		if level > 0 {
			for i := 1; i < level; i++ {
				dir = filepath.Join(dir, "..")
			}
			yield(dir)
			return
		}
		if !yield(root) || dir != root && !yield(dir) {
			return
		}
		for _, dirs := range [][]string{p.opts.Roots, p.opts.Include, {"."}} {
			for _, d := range dirs {
				if d = filepath.Clean(d); d != root && d != dir && !yield(d) {
					return
				}
			}
		}
	}
}

// hasDir reports whether a cimport's module may be a package: names imported
// from it may be modules.
func (p *Project) hasDir(stem, root string, level int, path []string) bool {
next:
	for dir := range p.bases(stem, root, level) {
		for _, part := range path {
			if !p.list(dir).dirs[part] {
				continue next
			}
			dir = under(dir, part)
		}
		return true
	}
	return false
}

// below finds the module path in dir, if it is not the one at self.
func (p *Project) below(dir string, path []string, self string) string {
	if len(path) == 0 {
		if p.list(dir).stems["__init__"] {
			return under(dir, "__init__")
		}
		return ""
	}
	last := len(path) - 1
	for _, part := range path[:last] {
		if !p.list(dir).dirs[part] {
			return ""
		}
		dir = under(dir, part)
	}
	l := p.list(dir)
	if l.stems[path[last]] {
		if at := under(dir, path[last]); at != self {
			return at
		}
	}
	if l.dirs[path[last]] {
		if pkg := under(dir, path[last]); p.list(pkg).stems["__init__"] && under(pkg, "__init__") != self {
			return under(pkg, "__init__")
		}
	}
	return ""
}

// under joins a clean directory and a name.
func under(dir, name string) string {
	if dir == "." {
		return name
	}
	if strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

// findInclude returns the file that an include in the file from names, or "".
func (p *Project) findInclude(root, from, name string) string {
	path := p.placeOfInclude(root, from, name)
	if path != "" && !p.mayInclude(path) {
		return ""
	}
	return path
}

// placeOfInclude is findInclude for files that must not be read as well.
func (p *Project) placeOfInclude(root, from, name string) string {
	if name == "" {
		return ""
	}
	// Cython knows the first of these and -I; the root is where a build starts, and
	// what was given may be in the include path that a setup.py has.
	dirs := slices.Concat([]string{filepath.Dir(from)}, p.opts.Include, []string{root}, p.opts.Roots)
	for _, d := range dirs {
		path := filepath.Join(d, filepath.FromSlash(name))
		if filepath.IsAbs(name) {
			path = filepath.Clean(name)
		}
		if p.isFile(path) {
			return path
		}
	}
	return ""
}

func (p *Project) mayInclude(path string) bool {
	return p.opts.MayInclude == nil || p.opts.MayInclude(p.canonical(path))
}

// lookup resolves a dotted name in a module to an extension type, or nil.
func (p *Project) lookup(m *module, path []string) *class {
	if m == nil || len(path) != 1 {
		return p.lookupDepth(m, path, 0)
	}
	// Code names the same few things again and again, most of them no class.
	m.foundMu.Lock()
	c, ok := m.found[path[0]]
	m.foundMu.Unlock()
	if !ok {
		c = p.lookupDepth(m, path, 0)
		m.foundMu.Lock()
		m.found[path[0]] = c
		m.foundMu.Unlock()
	}
	return c
}

func (p *Project) lookupDepth(m *module, path []string, depth int) *class {
	if m == nil || len(path) == 0 || depth > 16 {
		return nil
	}
	b, ok := m.scope.names[path[0]]
	if !ok {
		for _, s := range m.scope.stars {
			if stem := p.find(m.stem, m.root, s.level, s.path); stem != "" {
				if c := p.lookupDepth(p.module(stem), path, depth+1); c != nil {
					return c
				}
			}
		}
		return nil
	}
	switch b.kind {
	case bindClass:
		if len(path) == 1 {
			return p.defined(b.class)
		}
	case bindImported:
		if stem := p.find(m.stem, m.root, b.level, b.path); stem != "" {
			if c := p.lookupDepth(p.module(stem), append([]string{b.attr}, path[1:]...), depth+1); c != nil {
				return c
			}
		}
		if len(path) > 1 {
			full := append(append([]string{}, b.path...), b.attr)
			full = append(full, path[1:len(path)-1]...)
			if stem := p.find(m.stem, m.root, b.level, full); stem != "" {
				return p.lookupDepth(p.module(stem), path[len(path)-1:], depth+1)
			}
		}
	case bindAlias:
		if len(path) == 1 && len(b.path) > 0 {
			return p.lookupDepth(m, b.path, depth+1)
		}
	case bindModule:
		if len(path) > 1 {
			full := append(append([]string{}, b.path...), path[1:len(path)-1]...)
			if stem := p.find(m.stem, m.root, 0, full); stem != "" {
				return p.lookupDepth(p.module(stem), path[len(path)-1:], depth+1)
			}
		}
	}
	return nil
}

// defined returns the class that a declaration "cdef extern class pkg.mod.C"
// speaks of, where that module is in sight, else the declaration itself.
func (p *Project) defined(c *class) *class {
	if !c.extern || c.mod == nil {
		return c
	}
	c.realOnce.Do(func() {
		c.real = c
		for _, def := range c.defs {
			if len(def.Module) == 0 {
				continue
			}
			stem := p.find(c.mod.stem, c.mod.root, 0, names(def.Module))
			if stem == "" || stem == c.mod.stem {
				continue
			}
			if o := p.module(stem).classes[def.Name.Name]; o != nil && !o.extern {
				c.real = o
			}
		}
	})
	return c.real
}

// base returns the class that c derives from, or nil where it is not known.
func (p *Project) base(c *class) *class {
	c.baseOnce.Do(func() { c.baseIs = p.findBase(c) })
	return c.baseIs
}

func (p *Project) findBase(c *class) *class {
	for _, def := range []*ast.ClassDef{c.def, c.pxdDef} {
		if def == nil || def.Bases == nil {
			continue
		}
		for _, a := range def.Bases.Args {
			if a.Star != 0 || a.Name.Name != "" {
				continue
			}
			if b := p.lookup(c.mod, dotted(a.X)); b != nil && b != c {
				return b
			}
			break // the first base is the one with the C layout
		}
	}
	return nil
}

// ancestry returns c and its known bases, c first. The slice must not be changed.
func (p *Project) ancestry(c *class) []*class {
	if c == nil {
		return nil
	}
	c.lineOnce.Do(func() {
		for b := c; b != nil && len(c.line) < 64 && !slices.Contains(c.line, b); b = p.base(b) {
			c.line = append(c.line, b)
		}
	})
	return c.line
}

// field returns the C attribute of c or of a base, or nil.
func (p *Project) field(c *class, name string) *field {
	if a := p.declarer(c, name); a != nil {
		return a.fields[name]
	}
	return nil
}

// declarer returns the class or base class that declares an attribute, nil
// where none is known to.
func (p *Project) declarer(c *class, name string) *class {
	for _, a := range p.ancestry(c) {
		if a.fields[name] != nil {
			return a
		}
	}
	return nil
}

// dotted returns the parts of a.b.c, or nil.
func dotted(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.Name:
		return []string{e.Name}
	case *ast.Paren:
		return dotted(e.X)
	case *ast.Str: // an annotation in quotes
		if e.Value == "" {
			return nil
		}
		parts := strings.Split(e.Value, ".")
		for _, s := range parts {
			if !identifier(s) {
				return nil
			}
		}
		return parts
	case *ast.Binary: // C | None
		if e.Op == "|" {
			if c, ok := e.Y.(*ast.Const); ok && c.Name == "None" {
				return dotted(e.X)
			}
			if c, ok := e.X.(*ast.Const); ok && c.Name == "None" {
				return dotted(e.Y)
			}
		}
	case *ast.Attribute:
		if d := dotted(e.X); d != nil {
			return append(d, e.Attr.Name)
		}
	case *ast.Subscript: // Optional[C]
		if d := dotted(e.X); len(d) > 0 && d[len(d)-1] == "Optional" && len(e.Index) == 1 {
			return dotted(e.Index[0])
		}
	}
	return nil
}

// at fills in a finding's position.
func at(s *source, span ast.Span, code, msg, help string) Finding {
	l, c := parser.Position(s.parse(), span.Pos)
	return Finding{Code: code, Path: s.path, Span: span, Line: l, Column: c, Message: msg, Help: help}
}

func (m *module) report(u *unit, span ast.Span, code, msg, help string) {
	m.findings = append(m.findings, at(u.source, span, code, msg, help))
}

// SortFindings orders findings by path, offset, code and message.
func SortFindings(fs []Finding) {
	slices.SortStableFunc(fs, compareFindings)
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Span.Pos, b.Span.Pos), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
}
