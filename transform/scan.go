package transform

// Reading without parsing: whether a file names a lock decorator, and which
// modules and files it refers to. Most files of a package have nothing to do
// with locks, and have to pass at the speed of memory.

import (
	"bytes"
	"strings"
)

// mentions reports whether src has one of the decorators' names as a word, or a
// near miss of one. It looks for the letter that is rare in code, and then around it.
func mentions(src []byte) bool {
	almost := false
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], 'k')
		if i < 0 {
			break
		}
		at := off + i
		off = at + 1
		if at < 3 || string(src[at-3:at]) != "loc" || at > 3 && (src[at-4] == 'b' || src[at-4] == 'c') { // block, clock
			continue
		}
		name := wordAt(src, at)
		if lockNames[string(name)] {
			return true
		}
		almost = almost || len(guesses(string(name)).names) > 0
	}
	return misses(src, almost)
}

// wordAt returns the identifier round an offset.
func wordAt(src []byte, at int) []byte {
	from, to := at, at
	for from > 0 && wordByte(src[from-1]) {
		from--
	}
	for to < len(src) && wordByte(src[to]) {
		to++
	}
	return src[from:to]
}

// scanner finds cimports and includes by their words alone. It may find too
// many, in strings and comments; it misses none.
type scanner struct {
	src []byte
	// cimport is told of "cimport a.b" and of "from a.b cimport names"; names is
	// the list as written, without comments and brackets.
	cimport func(level int, module []string, names string)
	include func(path string)
	// foreign reports that no module or package of this name is in sight.
	foreign func(name []byte) bool
}

// scan looks for the words "import" and "include" by a letter that is rare
// before others, and then at the statements round them.
func (s *scanner) scan() {
	s.each('m', 1, "import", func(at int) { s.statement(s.start(at)) })
	s.each('u', 4, "include", func(at int) { s.statement(at) })
}

// each calls f with the offset of each occurrence of word, of which letter is
// the nth byte.
func (s *scanner) each(letter byte, nth int, word string, f func(at int)) {
	src := s.src
	for off := nth; off < len(src); {
		i := bytes.IndexByte(src[off:], letter)
		if i < 0 {
			return
		}
		at := off + i - nth
		off += i + 1
		if src[at+nth-1] == word[nth-1] && at+len(word) <= len(src) && string(src[at:at+len(word)]) == word {
			f(at)
		}
	}
}

// start returns where the statement starts that an offset is in, as far as its
// line and the ones that a backslash joins to it tell.
func (s *scanner) start(at int) int {
	from := at
	for from > 0 {
		switch c := s.src[from-1]; c {
		case ';', ':':
			return from
		case '\n', '\r':
			end := from - 1
			if c == '\n' && end > 0 && s.src[end-1] == '\r' {
				end--
			}
			if end == 0 || s.src[end-1] != '\\' {
				return from
			}
			from = end
		}
		from--
	}
	if bytes.HasPrefix(s.src, []byte("\ufeff")) {
		return 3
	}
	return 0
}

// blank returns the offset of the next byte that is no white space.
func (s *scanner) blank(at int) int {
	for at < len(s.src) && (s.src[at] == ' ' || s.src[at] == '\t' || s.src[at] == '\f') {
		at++
	}
	return at
}

// word reports whether a word stands at an offset, with something else behind it.
func (s *scanner) word(at int, word string) bool {
	end := at + len(word)
	if end >= len(s.src) || string(s.src[at:end]) != word {
		return false
	}
	c := s.src[end]
	return c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
}

// statement reports what the statement at an offset refers to.
func (s *scanner) statement(at int) {
	at = s.blank(at)
	switch {
	case s.word(at, "cimport"):
		for _, part := range strings.Split(s.logical(at+7), ",") {
			if f := strings.Fields(part); len(f) > 0 && f[0] != "cython" {
				s.cimport(0, strings.Split(f[0], "."), "")
			}
		}
	case s.word(at, "import"):
		for _, part := range strings.Split(s.logical(at+6), ",") {
			if f := strings.Fields(part); len(f) > 0 && strings.HasPrefix(f[0], "cython.cimports.") {
				s.cimport(0, strings.Split(strings.TrimPrefix(f[0], "cython.cimports."), "."), "")
			}
		}
	case s.word(at, "from"):
		if first := s.identifier(s.blank(at + 4)); len(first) > 0 && string(first) != "cython" && s.foreign(first) {
			return
		}
		s.from(s.logical(at + 4))
	case s.word(at, "include"):
		t := s.src[s.blank(at+7):]
		for len(t) > 1 && (t[0]|0x20 == 'u' || t[0]|0x20 == 'r' || t[0]|0x20 == 'b') {
			t = t[1:]
		}
		if len(t) < 2 || t[0] != '"' && t[0] != '\'' {
			return
		}
		quote := t[:1]
		if bytes.HasPrefix(t[1:], []byte{t[0], t[0]}) {
			quote = t[:3]
		}
		t = t[len(quote):]
		if i := bytes.Index(t, quote); i >= 0 && bytes.IndexByte(t[:i], '\n') < 0 {
			s.include(string(t[:i]))
		}
	}
}

// identifier returns the name that stands at an offset, which may be empty.
func (s *scanner) identifier(at int) []byte {
	end := at
	for end < len(s.src) {
		c := s.src[end]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c < 0x80 {
			break
		}
		end++
	}
	return s.src[at:end]
}

// from takes the rest of a from statement: "a.b cimport c, d", and
// "cython.cimports.a.b import c".
func (s *scanner) from(text string) {
	module, names, ok := strings.Cut(text, "cimport ")
	if !ok {
		if module, names, ok = strings.Cut(text, " import "); !ok {
			return
		}
		if module = strings.TrimSpace(module); module != "cython.cimports" && !strings.HasPrefix(module, "cython.cimports.") {
			return
		}
		module = strings.TrimPrefix(strings.TrimPrefix(module, "cython.cimports"), ".")
	}
	if module = strings.TrimSpace(module); strings.ContainsAny(module, " \n") {
		module = strings.Join(strings.Fields(module), "")
	}
	level := len(module) - len(strings.TrimLeft(module, "."))
	module = module[level:]
	if level == 0 && module == "cython" {
		return
	}
	var path []string
	if module != "" {
		path = strings.Split(module, ".")
	}
	s.cimport(level, path, names)
}

// logical returns the rest of a logical line without comments, brackets and
// line breaks.
func (s *scanner) logical(at int) string {
	src := s.src
	if end := bytes.IndexByte(src[at:], '\n'); end >= 0 && !bytes.ContainsAny(src[at:at+end], "()#\\;\t\r\f") {
		return string(src[at : at+end])
	}
	var out []byte
	open := false
	for i := at; i < len(src); i++ {
		switch c := src[i]; c {
		case '(':
			open = true
			out = append(out, ' ')
		case ')':
			return string(out)
		case '#':
			for i+1 < len(src) && src[i+1] != '\n' && src[i+1] != '\r' {
				i++
			}
		case '\\':
			if i+1 < len(src) && (src[i+1] == '\n' || src[i+1] == '\r') {
				i++
				if src[i] == '\r' && i+1 < len(src) && src[i+1] == '\n' {
					i++
				}
			}
			out = append(out, ' ')
		case '\n', '\r', ';':
			if !open {
				return string(out)
			}
			out = append(out, ' ')
		case '\t', '\f':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
