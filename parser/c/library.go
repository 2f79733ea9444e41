package c

// A library: files, what they include, and who declares a name.

import (
	"path"
	"slices"
	"strings"
	"sync"
)

// Options tell a library what it may look at.
type Options struct {
	// Read returns a file, false where there is none or it must not be read.
	Read func(path string) ([]byte, bool)
	// Dirs are searched for headers, in order; of an #include "x" that of the file comes first.
	Dirs []string
	// Sources are files with definitions of what the headers declare.
	Sources []string
	// Known tells what functions that no file has do with their arguments: r reads, w writes;
	// the last letter goes for the rest, and an upper-case letter is also what is returned.
	Known func(name string) string
	// Reader tells which methods of C++ classes that no file has only read.
	Reader func(method string) bool
}

// Library answers what functions do. It is safe for use by several goroutines.
type Library struct {
	opts Options

	mu      sync.Mutex
	files   map[string]*file // nil where it cannot be read
	bytes   int
	sources []*file
	opened  bool // sources are
	solver  solver
}

// file is a file that was read. Of includes those are known that were found.
type file struct {
	*text
	*index
	path     string
	includes []*file
	reach    []*file // itself and what it includes, made when it is asked for
	nodes    map[string]*node
	members  map[islandKey]*index
	// fieldTypes are those of members, by "class.member".
	fieldTypes map[string]ctype
	typeNames  map[string]ctype
	source     bool
	first      int // the line before the file's first, of verbatim C
}

// Header is where a name is looked up: a header, or verbatim C, with what it includes.
type Header struct {
	lib *Library
	f   *file
}

const (
	maxFiles = 8192
	maxBytes = 512 << 20
)

// New returns a library that has read nothing yet.
func New(o Options) *Library {
	l := &Library{opts: o, files: map[string]*file{}}
	l.solver = solver{lib: l, nodes: map[string]*node{}}
	return l
}

// Header returns the header called name in the directories of the library, or beside a
// file; false where it is not found.
func (l *Library) Header(name, beside string) (Header, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.find(name, beside)
	return Header{l, f}, f != nil
}

// Verbatim returns the header that a piece of C is, which stands in a file after some lines.
func (l *Library) Verbatim(at string, lines int, src []byte) Header {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := at + "\x00" + string(src)
	f := l.files[key]
	if f == nil {
		f = l.add(at, src)
		f.first = lines
		l.files[key] = f
		l.follow(f)
	}
	return Header{l, f}
}

// Path returns where the header is.
func (h Header) Path() string { return h.f.path }

func (l *Library) find(name, beside string) *file {
	if path.IsAbs(name) {
		return l.open(path.Clean(name))
	}
	if beside != "" {
		if f := l.open(path.Join(path.Dir(beside), name)); f != nil {
			return f
		}
	}
	for _, d := range l.opts.Dirs {
		if f := l.open(path.Join(d, name)); f != nil {
			return f
		}
	}
	return nil
}

// open reads a file with all that it includes.
func (l *Library) open(at string) *file {
	f, ok := l.files[at]
	if ok {
		return f
	}
	if f = l.read(at); f != nil {
		l.follow(f)
	}
	return f
}

func (l *Library) read(at string) *file {
	if f, ok := l.files[at]; ok {
		return f
	}
	l.files[at] = nil
	if l.opts.Read == nil || len(l.files) > maxFiles || l.bytes > maxBytes {
		return nil
	}
	src, ok := l.opts.Read(at)
	if !ok {
		return nil
	}
	f := l.add(at, src)
	l.files[at] = f
	return f
}

func (l *Library) add(at string, src []byte) *file {
	l.bytes += len(src)
	f := &file{path: at, nodes: map[string]*node{}, members: map[islandKey]*index{}, fieldTypes: map[string]ctype{}, typeNames: map[string]ctype{}}
	f.text = lex(src)
	f.index = newIndex(f.text)
	switch strings.ToLower(path.Ext(at)) {
	case ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx":
		f.cpp = true
	}
	return f
}

// follow reads what a file includes, and so on.
func (l *Library) follow(f *file) {
	for work := []*file{f}; len(work) > 0; {
		f := work[len(work)-1]
		work = work[:len(work)-1]
		for _, inc := range f.text.includes {
			before := len(l.files)
			g := l.locate(inc, f.path)
			if g == nil || slices.Contains(f.includes, g) {
				continue
			}
			f.includes = append(f.includes, g)
			if len(l.files) > before && g.includes == nil {
				work = append(work, g)
			}
		}
	}
}

// locate finds what an include names, without following it.
func (l *Library) locate(inc include, from string) *file {
	if path.IsAbs(inc.name) {
		return l.read(path.Clean(inc.name))
	}
	if !inc.system {
		if f := l.read(path.Join(path.Dir(from), inc.name)); f != nil {
			return f
		}
	}
	for _, d := range l.opts.Dirs {
		if f := l.read(path.Join(d, inc.name)); f != nil {
			return f
		}
	}
	return nil
}

// all returns a file and what it includes.
func (f *file) all() []*file {
	if f.reach != nil {
		return f.reach
	}
	seen := map[*file]bool{f: true}
	out := []*file{f}
	for i := 0; i < len(out); i++ {
		for _, g := range out[i].includes {
			if !seen[g] {
				seen[g] = true
				out = append(out, g)
			}
		}
	}
	f.reach = out
	return out
}

// definitions opens the sources.
func (l *Library) definitions() []*file {
	if !l.opened {
		l.opened = true
		for _, s := range l.opts.Sources {
			if f := l.open(path.Clean(s)); f != nil && !generated(f.src) {
				f.source = true
				l.sources = append(l.sources, f)
			}
		}
	}
	return l.sources
}

// generated reports whether Cython wrote a file.
func generated(src []byte) bool {
	return strings.HasPrefix(string(src[:min(len(src), 64)]), "/* Generated by Cython")
}
