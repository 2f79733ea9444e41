package headers

// What a C compiler sees: the header of a block, the C that blocks have in themselves, and all
// that comes with a module.

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// named is the header that a block names, and what it is where it was found; the name is ""
// where there is none to look for.
type named struct {
	name  string
	hd    c.Header
	found bool
}

// seen is what the compiler sees with a module: the headers that its blocks name, and those of
// what it cimports, and the C that these blocks have in themselves. Cython puts all of it before
// the module's own code.
type seen struct {
	all      []c.Header
	verbatim map[*ast.ExternBlock]c.Header
}

// of returns the headers that a block names, for who asks for a name, and whether all were found:
// the file, and the C that it has in itself.
func (h *Headers) of(m *project.Module, from project.From, name string, missed bool) (list []c.Header, whole bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	file := h.named(from)
	if gone := file.name; gone != "" && !file.found && missed {
		if h.gone[gone] == nil {
			h.gone[gone] = map[string]bool{}
		}
		h.gone[gone][name] = true
	}
	if from.Block.Verbatim != (ast.Span{}) {
		if v, ok := h.look(m).verbatim[from.Block]; ok {
			list = append(list, v)
		}
	}
	if file.found {
		list = append(list, file.hd)
	}
	return list, file.found || file.name == ""
}

// named returns the header of a block.
func (h *Headers) named(from project.From) named {
	if out, ok := h.names[from.Block]; ok {
		return out
	}
	var out named
	if s, ok := from.Block.Header.(*ast.Str); ok && h.Looks() {
		beside := ""
		if out.name = s.Value; strings.HasPrefix(s.Value, "<") {
			out.name = strings.Trim(s.Value, "<> ")
		} else if h.opts.Beside {
			beside = from.Unit.Path
		}
		out.hd, out.found = h.lib().Header(out.name, beside)
	}
	h.names[from.Block] = out
	return out
}

// seenBy returns all that the compiler sees with a module.
func (h *Headers) seenBy(m *project.Module) []c.Header {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.look(m).all
}

func (h *Headers) look(m *project.Module) *seen {
	if s := h.seen[m]; s != nil {
		return s
	}
	s := &seen{verbatim: map[*ast.ExternBlock]c.Header{}}
	h.seen[m] = s
	var blocks []*ast.ExternBlock
	var pieces []c.Piece
	eachBlock(m, func(from project.From) {
		if f := h.named(from); f.found && !slices.Contains(s.all, f.hd) {
			s.all = append(s.all, f.hd)
		}
		if u, b := from.Unit, from.Block; b.Verbatim != (ast.Span{}) {
			blocks = append(blocks, b)
			line := project.FindingAt(u.Source, b.Verbatim, "", "", "").Line - 1
			pieces = append(pieces, c.Piece{Path: u.Path, Lines: line, Src: unquoted([]byte(syntax.Text(u.File, b.Verbatim)))})
		}
	})
	if len(pieces) > 0 {
		list := h.lib().Verbatim(pieces, s.all)
		for i, b := range blocks {
			s.verbatim[b] = list[i]
		}
		s.all = slices.Concat(s.all, list)
	}
	return s
}

// eachBlock calls do for the blocks of a module, and those of what it cimports.
func eachBlock(m *project.Module, do func(project.From)) {
	of := func(u *project.Unit) {
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			if b, ok := st.(*ast.ExternBlock); ok {
				do(project.From{Block: b, Unit: u})
			}
		})
	}
	for _, u := range m.Units {
		of(u)
	}
	for _, o := range project.Cimported(m) {
		for _, u := range o.Units {
			if u.InPxd() {
				of(u)
			}
		}
	}
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

// Cited returns the headers, as people name them, that say of something that was asked for that it
// only reads.
func (h *Headers) Cited() []string {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.cited))
}

// Apart returns the directories that have to be named for what Cited returns to be found where
// nobody looks beside the sources.
func (h *Headers) Apart() []string {
	cited := h.Cited()
	if len(cited) == 0 {
		return nil
	}
	return h.lib().Apart(cited)
}

// Place is a place in a header, with what is said of it.
type Place = c.Place

// NotUnderstood returns the declarations of C that were asked for and not understood, with what
// of each is not.
func (h *Headers) NotUnderstood() []Place {
	if h == nil {
		return nil
	}
	return h.lib().NotUnderstood()
}
