// Package headers knows what C and C++ headers say of the functions and methods that a .pxd
// declares: which of their parameters are only read, which are written to.
//
// It finds the header of a declaration by the "cdef extern from" block round it, verbatim C
// included, and asks package parser/c. Which directories there are it is told, and it touches
// no file itself. It knows nothing of locks.
package headers

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Options tell where headers are. The zero Options know of none: then only verbatim C tells
// something.
type Options struct {
	// Read returns a file, false where there is none or it must not be read.
	Read func(path string) ([]byte, bool)
	// Dirs are searched, in order.
	Dirs []string
	// Beside is true where the directory of the file that names a header counts, too.
	Beside bool
	// Find returns where a header is that none of these has, "" where nowhere; nil is nowhere.
	Find func(name string) string
	// Sources returns C and C++ files with definitions of what headers declare; nil is none.
	// It is called when somebody asks, and at most once.
	Sources func() []string
}

// Headers answer what C does. They are safe for use by several goroutines.
type Headers struct {
	opts Options
	lib  func() *c.Library

	mu     sync.Mutex
	blocks map[*ast.ExternBlock][]c.Header
	lost   map[*ast.ExternBlock]string // the header that a block names and that was not found
	gone   map[string]map[string]bool  // what was asked for of each
}

// New returns headers that nobody has asked yet.
func New(o Options) *Headers {
	h := &Headers{opts: o, blocks: map[*ast.ExternBlock][]c.Header{}, lost: map[*ast.ExternBlock]string{}, gone: map[string]map[string]bool{}}
	h.lib = sync.OnceValue(func() *c.Library {
		known, readers := library.KnownC(), library.CppReaders()
		opts := c.Options{Read: o.Read, Dirs: o.Dirs, Find: o.Find, Known: func(n string) string { return known[n] }, Reader: func(n string) bool { return readers[n] }}
		if o.Sources != nil {
			opts.Sources = o.Sources()
		}
		return c.New(opts)
	})
	return h
}

// Looks reports whether there is anywhere to look for headers.
func (h *Headers) Looks() bool { return h != nil && h.opts.Read != nil }

// Function is what headers say of a function.
type Function struct {
	params []c.Answer
	this   c.Answer
	found  bool
}

// Found reports whether some header has the function.
func (f Function) Found() bool { return f.found }

// Param returns what is done to parameter i.
func (f Function) Param(i int) c.Answer {
	if i < len(f.params) {
		return f.params[i]
	}
	return c.Answer{}
}

// This returns what a method does to its object.
func (f Function) This() c.Answer { return f.this }

// Func returns what headers say of a C function that takes some number of parameters.
func (h *Headers) Func(f project.CFunc) Function { return h.function(f, true) }

// Beside is Func for who knows enough without: a header that is not found is not missed.
func (h *Headers) Beside(f project.CFunc) Function { return h.function(f, false) }

func (h *Headers) function(f project.CFunc, missed bool) Function {
	if h == nil || f.Block == nil {
		return Function{}
	}
	n := 0
	if f.Declarator.Params != nil {
		n = len(f.Declarator.Params.List)
	}
	name := cname(f.Unit, f.Declarator.CName, syntax.DeclaredName(f.Declarator).Name)
	wanted := ""
	if missed {
		wanted = name
	}
	var out Function
	for _, hd := range h.of(f.From, wanted) {
		if fn, ok := hd.Function(name); ok && (len(fn.Params) == n || fn.Rest) {
			out = out.and(Function{fn.Params, c.Answer{}, true})
		}
	}
	return out
}

// Method returns what headers say of a method of a C++ class that is called with some number
// of arguments.
func (h *Headers) Method(t *project.CppType, name string, args int) Function {
	if h == nil || t == nil || t.Block == nil {
		return Function{}
	}
	class := cname(t.Unit, t.Def.CName, t.Def.Name.Name)
	if i := strings.IndexByte(class, '<'); i >= 0 {
		class = class[:i]
	}
	if i := strings.LastIndex(class, "::"); i >= 0 {
		class = class[i+2:]
	}
	name = methodName(t, name)
	var out Function
	for _, hd := range h.of(t.From, name) {
		if m, ok := hd.Method(strings.TrimSpace(class), name, args); ok {
			out = out.and(Function{m.Params, m.This, true})
		}
	}
	return out
}

// and is what two headers say together: what they do not agree on is not known.
func (f Function) and(g Function) Function {
	if !f.found {
		return g
	}
	if f.this.Does != g.this.Does {
		f.this = c.Answer{}
	}
	f.params = slices.Clone(f.params)
	for i := range f.params {
		if f.params[i].Does != g.Param(i).Does {
			f.params[i] = c.Answer{}
		}
	}
	return f
}

// cname is the name of a declaration in C.
func cname(u *project.Unit, quoted ast.Span, name string) string {
	if quoted == (ast.Span{}) {
		return name
	}
	return strings.Trim(syntax.Text(u.File, quoted), `"'`)
}

// methodName is the name of a method in C++.
func methodName(t *project.CppType, name string) string {
	if t.Def.Body == nil {
		return name
	}
	for _, st := range t.Def.Body.Stmts {
		if st, ok := st.(*ast.CVarDecl); ok {
			for _, d := range st.Declarators {
				if d.Func && syntax.DeclaredName(d).Name == name {
					return cname(t.Unit, d.CName, name)
				}
			}
		}
	}
	return name
}

// of returns the headers that a block names, for who asks for a name: the file, and the C that
// it has in itself.
func (h *Headers) of(from project.From, name string) []c.Header {
	h.mu.Lock()
	defer h.mu.Unlock()
	out, ok := h.blocks[from.Block]
	if !ok {
		out = h.open(from)
		h.blocks[from.Block] = out
	}
	if gone, ok := h.lost[from.Block]; ok && name != "" {
		if h.gone[gone] == nil {
			h.gone[gone] = map[string]bool{}
		}
		h.gone[gone][name] = true
	}
	return out
}

func (h *Headers) open(from project.From) []c.Header {
	b := from.Block
	var out []c.Header
	if b.Verbatim != (ast.Span{}) {
		text := []byte(syntax.Text(from.Unit.File, b.Verbatim))
		line := project.FindingAt(from.Unit.Source, b.Verbatim, "", "", "").Line - 1
		out = append(out, h.lib().Verbatim(from.Unit.Path, line, unquoted(text), h.around(from.Unit)))
	}
	if name, hd, ok := h.named(from.Unit, b); ok {
		out = append(out, hd)
	} else if name != "" {
		h.lost[b] = name
	}
	return out
}

// named returns the header of a block; the name is "" where there is none to look for.
func (h *Headers) named(u *project.Unit, b *ast.ExternBlock) (name string, hd c.Header, ok bool) {
	s, isStr := b.Header.(*ast.Str)
	if !isStr || !h.Looks() {
		return "", hd, false
	}
	name, beside := s.Value, ""
	if strings.HasPrefix(name, "<") {
		name = strings.Trim(name, "<> ")
	} else if h.opts.Beside {
		beside = u.Path
	}
	hd, ok = h.lib().Header(name, beside)
	return name, hd, ok
}

// around returns the headers that the blocks of a file name: Cython includes them all before
// verbatim C.
func (h *Headers) around(u *project.Unit) []c.Header {
	var out []c.Header
	syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
		if b, ok := st.(*ast.ExternBlock); ok {
			if _, hd, ok := h.named(u, b); ok {
				out = append(out, hd)
			}
		}
	})
	return out
}

// unquoted blanks the quotes of a string, and keeps its lines.
func unquoted(text []byte) []byte {
	s := strings.TrimLeft(string(text), "rRuUbB")
	for _, q := range []string{`"""`, `'''`, `"`, `'`} {
		if strings.HasPrefix(s, q) && strings.HasSuffix(s, q) && len(s) >= 2*len(q) {
			return []byte(s[len(q) : len(s)-len(q)])
		}
	}
	return text
}

// Gone is a header that was not found, and what of it counts as unknown for that.
type Gone struct {
	Header string
	Names  []string
}

// Gone returns the headers that were asked for and not found.
func (h *Headers) Gone() []Gone {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Gone
	for n, names := range h.gone {
		out = append(out, Gone{n, slices.Sorted(maps.Keys(names))})
	}
	slices.SortFunc(out, func(a, b Gone) int { return cmp.Compare(a.Header, b.Header) })
	return out
}
