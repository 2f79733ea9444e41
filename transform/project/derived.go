package project

// Subclasses: which extension types of a run derive from a class. They may stand in any
// module of the scope: the inputs, and what Options.Scope names. Modules are found
// by their words, and only those are parsed that name a base which is asked for.

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pyxlock/transform/cache"
)

// Lineage tells which classes of a run's scope derive from which.
type Lineage struct {
	p      *Project
	more   func() ([]string, error) // Options.Scope
	beside func() []string          // Options.Beside

	given  sync.Mutex // guards inputs and err
	inputs scope
	err    error

	scoped   cache.Value[*scope]
	spoken   cache.Value[*words]
	derived  *cache.Cache[*Class, []*Class]
	near     *cache.Cache[*Class, []*Class] // those in the class's own module
	used     usedNames
	sources  cache.Value[[]scopeSource] // see eachSource
	known    cache.Value[*Acquaintances]
	imported importedWords
}

func newLineage(p *Project, more func() ([]string, error), beside func() []string) *Lineage {
	l := &Lineage{p: p, more: more, beside: beside, inputs: scope{stems: map[string]bool{}}}
	l.derived, l.near = cache.New(l.findDerived), cache.New(l.findNear)
	return l
}

// scope is where subclasses are looked for.
type scope struct {
	stems map[string]bool
	alone []string // included files
}

// all are the stems of its modules, in order, and then the included files.
func (s *scope) all() []string {
	return append(slices.Sorted(maps.Keys(s.stems)), s.alone...)
}

// Err returns why the scope could not be read, nil where it could or nobody asked.
func (l *Lineage) Err() error {
	l.given.Lock()
	defer l.given.Unlock()
	return l.err
}

// inScope is what the scope is once somebody asks: the inputs and what Options.Scope adds.
func (l *Lineage) inScope() *scope {
	return l.scoped.Get(func() *scope {
		s := &scope{stems: map[string]bool{}}
		l.given.Lock()
		for stem := range l.inputs.stems {
			s.stems[stem] = true
		}
		s.alone = slices.Clone(l.inputs.alone)
		l.given.Unlock()
		if l.more == nil {
			return s
		}
		more, err := l.more()
		if err != nil {
			l.given.Lock()
			l.err = err
			l.given.Unlock()
		}
		in := l.p.Group(more)
		for _, stem := range in.Stems {
			s.stems[stem] = true
		}
		s.alone = append(s.alone, in.Alone...)
		return s
	})
}

// give makes inputs part of the scope.
func (l *Lineage) give(in Inputs) {
	l.given.Lock()
	defer l.given.Unlock()
	for _, stem := range in.Stems {
		l.inputs.stems[stem] = true
	}
	l.inputs.alone = append(l.inputs.alone, in.Alone...)
}

// InScope reports whether a module is among those whose subclasses count.
func (l *Lineage) InScope(m *Module) bool {
	l.given.Lock()
	yes := l.inputs.stems[m.Stem] || slices.Contains(l.inputs.alone, m.Stem)
	l.given.Unlock()
	return yes || l.inScope().stems[m.Stem]
}

// Together reports whether builds of two modules know each other's subclasses: both are
// in the scope, or in one outermost package.
func (l *Lineage) Together(m, o *Module) bool {
	if l.InScope(m) && l.InScope(o) {
		return true
	}
	outermost := func(m *Module) string {
		rel, err := filepath.Rel(m.Root, m.Stem)
		if err != nil {
			return ""
		}
		first, _, deeper := strings.Cut(filepath.ToSlash(rel), "/")
		if !deeper {
			return "."
		}
		return first
	}
	return m.Root == o.Root && outermost(m) == outermost(o)
}

// heir is a class with a base of some name, as a module's words have it.
type heir struct{ stem, name string }

// words are what the files of the scope say of classes, without being parsed.
type words struct {
	heirs   map[string][]heir   // by the last part of a base's name
	aliases map[string][]string // what "name as other" and "ctypedef name other" call a name
}

func (l *Lineage) readWords() *words {
	w := &words{heirs: map[string][]heir{}, aliases: map[string][]string{}}
	s := l.inScope()
	includers := map[string][]string{} // by an included file's name
	sources := map[*Source]string{}
	for _, stem := range slices.Sorted(maps.Keys(s.stems)) {
		for _, path := range l.p.ModuleFiles(stem) {
			if !l.p.IsFile(path) {
				continue
			}
			src := l.p.Source(path)
			if src.Err != nil {
				continue
			}
			sources[src] = stem
			sc := &Scanner{Src: src.Src, include: func(name string) {
				base := filepath.Base(filepath.FromSlash(name))
				includers[base] = append(includers[base], stem)
			}}
			sc.Each('u', 4, "include", sc.including)
		}
	}
	for _, src := range slices.SortedFunc(maps.Keys(sources), func(a, b *Source) int { return strings.Compare(a.Path, b.Path) }) {
		w.read(src, []string{sources[src]})
	}
	for _, path := range s.alone {
		if src := l.p.Source(path); src.Err == nil {
			stems := includers[filepath.Base(path)]
			if len(stems) == 0 {
				stems = []string{path}
			}
			w.read(src, stems)
		}
	}
	return w
}

// read takes down the classes with bases of a file that belongs to modules.
func (w *words) read(src *Source, stems []string) {
	s := &Scanner{Src: src.Src}
	each := func(word string, f func(at int)) {
		for off := 0; ; {
			i := bytes.Index(s.Src[off:], []byte(word))
			if i < 0 {
				return
			}
			f(off + i)
			off += i + len(word)
		}
	}
	each("class", func(at int) {
		if at > 0 && wordByte(s.Src[at-1]) || !s.Word(at, "class") {
			return
		}
		at = s.Gap(at + len("class"))
		name := ""
		for { // "class pkg.mod.Name(" declares what is elsewhere
			id := s.Identifier(at)
			name = string(id)
			if at = s.Gap(at + len(id)); at >= len(s.Src) || s.Src[at] != '.' || len(id) == 0 {
				break
			}
			at = s.Gap(at + 1)
		}
		if name == "" || at >= len(s.Src) || s.Src[at] != '(' {
			return
		}
		for _, base := range strings.Split(s.Logical(at), ",") {
			base = strings.TrimSpace(base[strings.LastIndexByte(base, '.')+1:])
			if base == "" || base == "object" {
				continue
			}
			for _, stem := range stems {
				w.heirs[base] = append(w.heirs[base], heir{stem, name})
			}
		}
	})
	each("ctypedef ", func(at int) {
		if f := strings.Fields(s.Logical(at + len("ctypedef "))); len(f) == 2 {
			w.alias(f[0][strings.LastIndexByte(f[0], '.')+1:], f[1])
		}
	})
	each(" as ", func(at int) {
		from := at
		for from > 0 && wordByte(s.Src[from-1]) {
			from--
		}
		w.alias(string(s.Src[from:at]), string(s.Identifier(s.Blank(at+len(" as ")))))
	})
}

func (w *words) alias(name, other string) {
	if name != "" && other != "" && name != other && !slices.Contains(w.aliases[name], other) {
		w.aliases[name] = append(w.aliases[name], other)
	}
}

func wordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80
}

// heirsOf returns the modules that may have classes which derive, at any remove, from
// one with a name.
func (w *words) heirsOf(name string) []string {
	stems, names := map[string]bool{}, map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		more := slices.Clone(w.aliases[name])
		for _, h := range w.heirs[name] {
			stems[h.stem] = true
			more = append(more, h.name)
		}
		for _, n := range more {
			if !names[n] {
				names[n] = true
				todo = append(todo, n)
			}
		}
	}
	return slices.Sorted(maps.Keys(stems))
}

// Heirs returns the stems of the modules of the scope that may have subclasses of the
// classes that the .pxd of a module declares. It reads without parsing.
func (l *Lineage) Heirs(stem string) []string {
	if !l.p.IsFile(stem + ".pxd") {
		return nil // what no .pxd declares has its subclasses in its own module
	}
	var out []string
	for _, path := range append([]string{stem + ".pxd"}, l.p.References(stem).Includes...) {
		src := l.p.Source(path)
		if src.Err != nil {
			continue
		}
		sc := &Scanner{Src: src.Src}
		for off := 0; ; {
			i := bytes.Index(src.Src[off:], []byte("class "))
			if i < 0 {
				break
			}
			off += i + len("class ")
			for _, h := range l.spoken.Get(l.readWords).heirsOf(string(sc.Identifier(sc.Blank(off)))) {
				if h != stem && !slices.Contains(out, h) {
					out = append(out, h)
				}
			}
		}
	}
	return out
}

// HeirsOf returns the stems of the modules of the scope that may have classes, Python's among them, which derive from a
// class. It reads without parsing.
func (l *Lineage) HeirsOf(c *Class) []string { return l.spoken.Get(l.readWords).heirsOf(c.Name) }

// Derived returns the extension types that derive from c as code of a module has to
// reckon with them: those of c's own module first, then those of the other modules of
// the scope, if the code is in the scope itself. The slice must not be changed.
func (l *Lineage) Derived(from *Module, c *Class) []*Class {
	if c == nil {
		return nil
	}
	if !c.Open() || !l.InScope(from) {
		return l.near.Get(c)
	}
	return l.derived.Get(c)
}

func (l *Lineage) findDerived(c *Class) []*Class {
	out := slices.Clone(l.near.Get(c))
	for _, stem := range l.HeirsOf(c) {
		if m := l.p.Module(stem); m != c.Mod && !m.Broken() {
			out = l.derivedIn(m, c, out)
		}
	}
	return out
}

// findNear is findDerived within a class's own module.
func (l *Lineage) findNear(c *Class) []*Class { return l.derivedIn(c.Mod, c, nil) }

func (l *Lineage) derivedIn(m *Module, c *Class, out []*Class) []*Class {
	for _, s := range m.Classes {
		if s != c && !s.Extern && slices.Contains(s.Ancestry()[1:], c) {
			out = append(out, s)
		}
	}
	return out
}

// Open reports whether other modules may derive from a class: a .pxd declares it, and
// it is not final.
func (c *Class) Open() bool { return c.PxdDef != nil && !c.Flags["final"] }
