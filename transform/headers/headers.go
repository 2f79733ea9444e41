// Package headers knows what C and C++ headers say of the functions and methods that a .pxd
// declares: which of their parameters are only read, which are written to.
//
// It finds the header of a declaration by the "cdef extern from" block round it, verbatim C
// included, and asks package parser/c. Which directories there are it is told, and it touches
// no file itself. It knows nothing of locks.
package headers

import (
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

	mu    sync.Mutex
	names map[*ast.ExternBlock]named
	seen  map[*project.Module]*seen
	gone  map[string]map[string]bool // what was asked for of each header that was not found
	cited map[string]bool            // what says of some parameter that it is only read
}

// New returns headers that nobody has asked yet.
func New(o Options) *Headers {
	h := &Headers{opts: o, names: map[*ast.ExternBlock]named{}, seen: map[*project.Module]*seen{}, gone: map[string]map[string]bool{}, cited: map[string]bool{}}
	h.lib = sync.OnceValue(func() *c.Library {
		known, readers := library.KnownC(), library.CppReaders()
		opts := c.Options{Read: o.Read, Dirs: o.Dirs, Find: o.Find, Known: func(n string) string { return known[n] }, Reader: func(n string) bool { return readers[n] }, Locks: lockCall}
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
	keeps  c.Place
	in     c.Place // see KeepsIn
	fresh  bool
	found  bool
	locks  c.Locking
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

// Keeps returns where the function writes to a variable of C's that outlives the call; false where it is
// not known to.
func (f Function) Keeps() (c.Place, bool) { return f.keeps, f.keeps != c.Place{} }

// KeepsIn returns where an assignment does that in the end, the zero Place where none does.
func (f Function) KeepsIn() c.Place { return f.in }

// Fresh reports whether the function returns memory that it has made, to which nobody else has a pointer, or NULL.
func (f Function) Fresh() bool { return f.fresh }

// Locks returns which locks the function takes before it does anything else, and which it releases when all is done.
func (f Function) Locks() c.Locking { return f.locks }

// lockCall tells which of C's functions take and release locks.
func lockCall(name string) (c.LockCall, bool) {
	take, ok := library.LockCalls()[name]
	if !ok {
		return c.LockCall{}, false
	}
	_, tries := library.LockTries()[name]
	return c.LockCall{Take: take, Shared: library.LockShared()[name], Native: library.LockNative()[name], Tries: tries}, true
}

// This returns what a method does to its object.
func (f Function) This() c.Answer { return f.this }

// Func returns what headers say of a C function that takes some number of parameters, for who
// calls it in a module.
func (h *Headers) Func(m *project.Module, f project.CFunc) Function { return h.function(m, f, true) }

// Beside is Func for who knows enough without: a header that is not found is not missed.
func (h *Headers) Beside(m *project.Module, f project.CFunc) Function {
	return h.function(m, f, false)
}

func (h *Headers) function(m *project.Module, f project.CFunc, missed bool) Function {
	if h == nil || f.Block == nil {
		return Function{}
	}
	n := 0
	if f.Declarator.Params != nil {
		n = len(f.Declarator.Params.List)
	}
	name := cname(f.Unit, f.Declarator.CName, syntax.DeclaredName(f.Declarator).Name)
	of := func(out Function, list []c.Header) Function {
		for _, hd := range list {
			if fn, ok := hd.Function(name); ok && (len(fn.Params) == n || fn.Rest) {
				out = out.and(Function{fn.Params, c.Answer{}, fn.Keeps, fn.KeepsIn, fn.Fresh, true, hd.Locking(name)})
			}
		}
		return out
	}
	own, whole := h.of(m, f.From, name, missed)
	out := of(Function{}, own)
	if !out.found && whole && f.Block.Namespace == nil { // another has it, which the compiler sees as well
		out = of(out, h.seenBy(m))
	}
	return h.cite(out)
}

// Method returns what headers say of a method of a C++ class that is called with some number
// of arguments in a module.
func (h *Headers) Method(m *project.Module, t *project.CppType, name string, args int) Function {
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
	class, name = strings.TrimSpace(class), methodName(t, name)
	list, _ := h.of(m, t.From, name, true)
	var out Function
	for _, hd := range list {
		if fn, ok := hd.Method(class, name, args); ok {
			out = out.and(Function{fn.Params, fn.This, fn.Keeps, fn.KeepsIn, false, true, c.Locking{}})
		}
	}
	return h.cite(out)
}

// cite notes the headers by which a function reads.
func (h *Headers) cite(f Function) Function {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range slices.Concat(f.params, []c.Answer{f.this}) {
		if a.Does == c.Reads || a.Shallow {
			h.cited[a.Place.Path] = true
		}
	}
	return f
}

// and is what two headers say together: what they do not agree on is not known.
func (f Function) and(g Function) Function {
	if !f.found {
		return g
	}
	if f.this.Does != g.this.Does {
		f.this = c.Answer{}
	}
	f.fresh = f.fresh && g.fresh
	if !slices.Equal(f.locks.Takes, g.locks.Takes) || !slices.Equal(f.locks.Releases, g.locks.Releases) {
		f.locks = c.Locking{Drops: slices.Concat(f.locks.Releases, g.locks.Releases, f.locks.Drops, g.locks.Drops)}
	} else {
		f.locks.Drops = slices.Concat(f.locks.Drops, g.locks.Drops)
	}
	f.params = slices.Clone(f.params)
	for i := range f.params {
		f.params[i].Shallow = f.params[i].Shallow && g.Param(i).Shallow
		f.params[i].Lends = f.params[i].Lends || g.Param(i).Lends
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
