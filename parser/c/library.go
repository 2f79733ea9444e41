package c

// A library: files, what they include, and who declares a name.

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Options tell a library what it may look at.
type Options struct {
	// Read returns a file, false where there is none or it must not be read.
	Read func(path string) ([]byte, bool)
	// Dirs are searched for headers, in order; of an #include "x" that of the file comes first.
	Dirs []string
	// Find returns where a header is that no directory of Dirs has, "" where nowhere; nil is
	// nowhere.
	Find func(name string) string
	// Sources are files with definitions of what the headers declare.
	Sources []string
	// Known tells what functions that no file has do with their arguments: r reads, w writes;
	// the last letter goes for the rest, and an upper-case letter is also what is returned.
	Known func(name string) string
	// Reader tells which methods of C++ classes that no file has only read.
	Reader func(method string) bool
	// Locks tells which functions that no file has take and release the lock that they are given first.
	Locks func(name string) (LockCall, bool)
}

// Library answers what functions do. It is safe for use by several goroutines.
type Library struct {
	opts Options

	mu      sync.Mutex
	files   map[string]*file // nil where it cannot be read
	sources map[string]bool  // the sources of the options, once somebody has asked
	count   int              // of those that can
	bytes   int
	noted   int                 // bytes of sources that were looked through
	room    int                 // for what file.reach keeps
	pieces  int                 // of verbatim C
	defined map[string][]string // the sources that define what other files may use, by its name
	apart   []apart
	solver  solver
	places  map[standing]uint32 // numbers of places, see Library.stands
	key     []byte              // see nodeOf
	lost    map[Place]bool      // see misses
	// untouched are names of which the bodies, with what they call, take and release no locks.
	untouched map[*node]bool
	lockings  map[lockQuestion]lockAnswer
	said      map[lockKey]*said
}

// file is a file that was read. Of includes those are known that were found.
type file struct {
	*text
	*index
	lib      *Library
	path     string
	shown    string // the name that people get
	includes []*file
	reach    []*file // itself and what it includes, where somebody asked and there was room to keep it
	nodes    map[string]*node
	methods  map[methodKey]looked // answers of Library.method
	members  map[islandKey]*index
	// fieldTypes are those of members, by "class.member".
	fieldTypes map[string]ctype
	typeNames  map[string]ctype
	// conversions are the operators of classes that turn them into something else.
	conversions map[string][]string
	// destructors are the classes whose destructors run when an object of a class goes.
	destructors map[string][]string
	inClasses   map[string]bool
	heads       map[islandKey][]string // the bases of classes
	lines       map[string]line        // classes with what they inherit, see lineage
	indexed     map[string]bool        // what constItems says of classes
	followed    bool                   // what it includes is read
	// variables are those that the file declares outside of functions and classes.
	variables map[string]bool
	// outside are names, and whether they are variables of the file or of what it includes.
	outside map[string]bool
	first   int // the line before the file's first, of verbatim C
}

// Header is where a name is looked up: a header, or verbatim C, with what it includes.
type Header struct {
	lib *Library
	f   *file
}

const (
	maxFiles  = 8192
	maxMisses = 1 << 18 // files that were looked for and are not there
	maxBytes  = 512 << 20
	maxReach  = 4 << 20
)

// New returns a library that has read nothing yet.
func New(o Options) *Library {
	l := &Library{opts: o, files: map[string]*file{}, places: map[standing]uint32{}, room: maxReach}
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

// Piece is C that stands in another file.
type Piece struct {
	Path  string
	Lines int // before it, in that file
	Src   []byte
}

// Verbatim returns the headers that pieces of C are, each of which sees the others, and what some
// headers declare. They are new ones, whoever asked for the same pieces before.
func (l *Library) Verbatim(pieces []Piece, sees []Header) []Header {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Header
	for _, p := range pieces {
		l.pieces++
		f := l.add(p.Path+"\x00"+strconv.Itoa(l.pieces), p.Path, p.Src)
		f.first = p.Lines
		l.follow(f)
		out = append(out, Header{l, f})
	}
	together := l.add("", "", nil)
	for _, h := range slices.Concat(sees, out) {
		together.includes = append(together.includes, h.f)
	}
	for _, h := range out {
		h.f.includes = append(h.f.includes, together)
	}
	return out
}

// Path returns the name by which people know the header.
func (h Header) Path() string { return h.f.shown }

func (l *Library) find(name, beside string) *file {
	f := l.locate(include{name: name, system: beside == ""}, &file{path: beside})
	if f != nil {
		l.follow(f)
	}
	return f
}

func (l *Library) read(at string) *file {
	if f, ok := l.files[at]; ok {
		return f
	}
	if l.opts.Read == nil || l.count >= maxFiles || l.bytes > maxBytes || len(l.files) >= maxFiles+maxMisses {
		return nil
	}
	l.files[at] = nil
	src, ok := l.opts.Read(at)
	if !ok {
		return nil
	}
	l.count++
	f := l.add(at, l.shown(at), src)
	l.files[at] = f
	return f
}

// shown returns the name by which people know a file: that of a source, or what an #include
// would say of a header, with the nearest of the directories. It depends on nothing but where the file
// is: who comes to it first, and by what name, is chance where several modules ask at a time.
func (l *Library) shown(at string) string {
	if l.sources == nil {
		l.sources = map[string]bool{}
		for _, s := range l.opts.Sources {
			l.sources[path.Clean(s)] = true
		}
	}
	if l.sources[at] {
		return at
	}
	name := ""
	for _, d := range l.opts.Dirs {
		rest, ok := strings.CutPrefix(at, path.Clean(d)+"/")
		if d == "." || d == "" {
			rest, ok = at, !path.IsAbs(at)
		}
		if ok && (name == "" || len(rest) < len(name)) {
			name = rest
		}
	}
	if name == "" {
		name = path.Join(path.Base(path.Dir(at)), path.Base(at))
	}
	return name
}

func (l *Library) add(at, shown string, src []byte) *file {
	l.bytes += len(src)
	f := &file{lib: l, path: at, shown: shown, nodes: map[string]*node{}, methods: map[methodKey]looked{}, members: map[islandKey]*index{}, fieldTypes: map[string]ctype{}, typeNames: map[string]ctype{}}
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
	if f.followed {
		return
	}
	f.followed = true
	for work := []*file{f}; len(work) > 0; {
		f := work[len(work)-1]
		work = work[:len(work)-1]
		seen := map[include]bool{}
		for _, inc := range f.text.includes {
			if seen[inc] {
				continue
			}
			seen[inc] = true
			g := l.locate(inc, f)
			if g == nil || slices.Contains(f.includes, g) {
				continue
			}
			f.includes = append(f.includes, g)
			if !g.followed {
				g.followed = true
				work = append(work, g)
			}
		}
	}
}

// locate finds what an include in a file names, without following it.
func (l *Library) locate(inc include, from *file) *file {
	if path.IsAbs(inc.name) {
		return l.read(path.Clean(inc.name))
	}
	if !inc.system {
		if f := l.read(path.Join(path.Dir(from.path), inc.name)); f != nil {
			if from.text == nil {
				l.apart = append(l.apart, apart{inc.name, f})
			}
			return f
		}
	}
	for _, d := range l.opts.Dirs {
		if f := l.read(path.Join(d, inc.name)); f != nil {
			return f
		}
	}
	if l.opts.Find != nil {
		if at := l.opts.Find(inc.name); at != "" {
			f := l.read(at)
			if f != nil {
				l.apart = append(l.apart, apart{inc.name, f})
			}
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
	if len(out) <= f.lib.room {
		f.lib.room -= len(out)
		f.reach = out
	}
	return out
}

// shared are variables whose writes everybody may do at once.
var shared = set("errno", "stdin", "stdout", "stderr")

// variable reports whether a name is a variable in a file or in what that includes, of which
// threads have one together.
func (f *file) variable(name string) bool {
	if shared[name] {
		return false
	}
	out, ok := f.outside[name]
	if !ok {
		out = f.declaresAnywhere(lastOf(name))
		if f.outside == nil {
			f.outside = map[string]bool{}
		}
		f.outside[name] = out
	}
	return out
}

func (f *file) declaresAnywhere(name string) bool {
	for _, g := range f.all() {
		if g.variables == nil {
			g.variables = map[string]bool{}
			for _, isl := range g.fields {
				if isl.body < 0 {
					g.declares(isl)
				}
			}
		}
		if g.variables[name] {
			return true
		}
	}
	return false
}

// ofThreads reports whether a word of a declaration says that each thread has the variable for itself, or that threads may share
// it: also by a macro in sight, "#define TLS __thread", or by the name of one that is not, since a build writes its header.
func ofThreads(f *file, word string) bool {
	if threads[word] || !loud(word) {
		return threads[word]
	}
	defined := false
	for _, g := range f.all() {
		for _, i := range g.index.macros[word] {
			defined = true
			for _, k := range g.text.macros[i].toks {
				if w := g.str(k); threads[w] || eachTheirs(w) {
					return true
				}
			}
		}
	}
	return !defined && (slices.Contains(strings.Split(word, "_"), "TLS") || strings.Contains(word, "THREAD_LOCAL"))
}

// declares notes the variables of a declaration.
func (f *file) declares(isl island) {
	for i := isl.start; i < isl.end; i++ {
		switch {
		case f.toks[i].kind == kIdent:
			if w := f.str(f.toks[i]); threads[w] || i+1 < isl.end && f.toks[i+1].kind == kIdent && ofThreads(f, w) {
				return
			}
			for _, next := range []string{"=", ";", ",", "["} {
				if f.is(i+1, next) && i > isl.start {
					f.variables[f.str(f.toks[i])] = true
				}
			}
		case f.is(i, "="): // up to the next declarator
			for i < isl.end && !f.is(i, ",") && !f.is(i, ";") {
				if f.is(i, "{") || f.is(i, "(") || f.is(i, "[") {
					i = f.matchTo(i, isl.end)
				} else {
					i++
				}
			}
		case f.is(i, "{") || f.is(i, "(") || f.is(i, "["):
			i = f.matchTo(i, isl.end) - 1
		}
	}
}
