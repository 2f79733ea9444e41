package project

// A project is one run's view of the files: sources read once, modules built
// once, names resolved across modules.

import (
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"pyxlock/transform/cache"
)

// Project resolves names in files. It is safe for use by several goroutines.
type Project struct {
	loader Loader
	opts   Options

	sources *cache.Cache[string, *Source]
	modules *cache.Cache[string, *Module]
	listed  *cache.Cache[string, *listing]
	roots   *cache.Cache[string, string]
	refs    *cache.Cache[string, References]
	// speaking tells which installed packages Options.Says is true of, by their paths.
	speaking *cache.Cache[string, bool]
	// Lineage has the subclasses.
	Lineage *Lineage
	// given are the directories of the packages that the inputs are in: a build names those on
	// its command line. Near has them in the order in which a cimport from a root looks there.
	given []string
	near  *cache.Cache[string, []string]
	// numbered counts the modules and classes that there are, to number them.
	numbered struct{ modules, classes atomic.Int32 }
}

// moduleKey is the number of another module.
func moduleKey(p *Project) cache.Key { return cache.Key(p.numbered.modules.Add(1) - 1) }

// Options tell where the files of a project are.
type Options struct {
	// Include holds the directories of -I, searched for cimported modules.
	Include []string
	// Installed holds the directories of installed packages, searched last, and only for
	// packages with a .pxd of which Says is true. Says nil is false.
	Installed []string
	Says      func(pxd []byte) bool
	// Roots holds the directories given as inputs, searched likewise.
	Roots []string
	// MayInclude tells which files may be read where something includes them; nil is
	// all. What a hostile include names is not the project's.
	MayInclude func(path string) bool
	// Canonical returns one name for a file, however a path reaches it; nil is
	// filepath.Clean.
	Canonical func(path string) string
	// Scope returns more files whose subclasses count, beside those of the inputs; nil
	// is none. It is called when somebody asks, and at most once.
	Scope func() ([]string, error)
	// Beside returns Python files that Cython does not compile, and which may use the modules that it does; nil is none. It
	// is called after Scope.
	Beside func() []string
}

// New returns a project that reads through load.
func New(load Loader, opts Options) *Project {
	p := &Project{loader: load, opts: opts}
	p.sources = cache.New(p.read)
	p.modules = cache.New(p.load)
	p.listed = cache.New(p.readDir)
	p.roots = cache.New(p.findRoot)
	p.near = cache.New(func(root string) []string { return nearest(p.given, root) })
	p.refs = cache.New(p.findRefs)
	p.speaking = cache.New(p.speaks)
	p.Lineage = newLineage(p, opts.Scope, opts.Beside)
	return p
}

// Source returns a file as read; its error says so where there is none.
func (p *Project) Source(path string) *Source { return p.sources.Get(p.canonical(path)) }

func (p *Project) read(path string) *Source {
	s := &Source{Path: path}
	s.Src, s.Err = p.loader.Read(path)
	return s
}

func (p *Project) canonical(path string) string {
	if p.opts.Canonical != nil {
		return p.opts.Canonical(path)
	}
	return filepath.Clean(path)
}

// Module returns the module whose files are called stem with an extension.
func (p *Project) Module(stem string) *Module { return p.modules.Get(p.canonical(stem)) }

// listing is a directory's content. Directories are listed once instead of
// asking for each file: most cimports are of modules that are not in the
// project, and each could be in a dozen places.
type listing struct {
	files map[string]bool
	dirs  map[string]bool
	stems map[string]bool // of files that make a module: m for m.pxd, m.pyx, m.py
}

func (p *Project) list(dir string) *listing { return p.listed.Get(dir) }

func (p *Project) readDir(dir string) *listing {
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
}

// IsFile reports whether a file exists; path is clean.
func (p *Project) IsFile(path string) bool {
	i := strings.LastIndexByte(path, filepath.Separator)
	if i <= 0 {
		return p.list(filepath.Dir(path)).files[filepath.Base(path)]
	}
	return p.list(path[:i]).files[path[i+1:]]
}

// packageRoot returns the first directory above path that is no package, as
// Cython finds it.
func (p *Project) packageRoot(path string) string { return p.roots.Get(filepath.Dir(path)) }

func (p *Project) findRoot(dir string) string {
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
}

// Find returns the stem of the module that a cimport in the module at stem
// names, or "".
func (p *Project) Find(stem, root string, level int, path []string) string {
	for dir := range p.bases(stem, root, level, path) {
		if found := p.below(dir, path, stem); found != "" {
			return found
		}
	}
	return ""
}

// bases yields the directories from which a cimport of a path is looked up, in order.
func (p *Project) bases(stem, root string, level int, path []string) iter.Seq[string] {
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
		for _, dirs := range [][]string{p.opts.Roots, p.opts.Include, {"."}, p.near.Get(root)} {
			for _, d := range dirs {
				if d = filepath.Clean(d); d != root && d != dir && !yield(d) {
					return
				}
			}
		}
		if len(path) > 0 {
			if d := p.installedIn(path[0]); d != "" {
				yield(d)
			}
		}
	}
}

// hasDir reports whether a cimport's module may be a package: names imported
// from it may be modules.
func (p *Project) hasDir(stem, root string, level int, path []string) bool {
next:
	for dir := range p.bases(stem, root, level, path) {
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
		if p.IsFile(path) {
			return path
		}
	}
	return ""
}

func (p *Project) mayInclude(path string) bool {
	return p.opts.MayInclude == nil || p.opts.MayInclude(p.canonical(path))
}
