package project

// Reading without parsing: which modules and files a file refers to. Most files
// of a package have to pass at the speed of memory.

import (
	"bytes"
	"strings"
)

// Scanner finds cimports and includes by their words alone. It may find too
// many, in strings and comments; it misses none.
type Scanner struct {
	Src []byte
	// cimport is told of "cimport a.b" and of "from a.b cimport names"; names is
	// the list as written, without comments and brackets.
	cimport func(level int, module []string, names string)
	include func(path string)
	// foreign reports that no module or package of this name is in sight.
	foreign func(name []byte) bool
}

// scan looks for the words "import" and "include" by a letter that is rare
// before others, and then at the statements round them.
func (s *Scanner) scan() {
	s.Each('m', 1, "import", func(at int) { s.statement(s.start(at)) })
	s.Each('u', 4, "include", s.including)
}

// Each calls f with the offset of each occurrence of word, of which letter is
// the nth byte.
func (s *Scanner) Each(letter byte, nth int, word string, f func(at int)) {
	src := s.Src
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
func (s *Scanner) start(at int) int {
	from := at
	for from > 0 {
		switch c := s.Src[from-1]; c {
		case ';', ':':
			return from
		case '\n', '\r':
			end := from - 1
			if c == '\n' && end > 0 && s.Src[end-1] == '\r' {
				end--
			}
			if end == 0 || s.Src[end-1] != '\\' {
				return from
			}
			from = end
		}
		from--
	}
	if bytes.HasPrefix(s.Src, []byte("\ufeff")) {
		return 3
	}
	return 0
}

// Blank returns the offset of the next byte that is no white space.
func (s *Scanner) Blank(at int) int {
	for at < len(s.Src) && (s.Src[at] == ' ' || s.Src[at] == '\t' || s.Src[at] == '\f') {
		at++
	}
	return at
}

// Word reports whether a word stands at an offset, with something else behind it.
func (s *Scanner) Word(at int, word string) bool {
	end := at + len(word)
	if end >= len(s.Src) || string(s.Src[at:end]) != word {
		return false
	}
	c := s.Src[end]
	return c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
}

// statement reports what the statement at an offset refers to.
func (s *Scanner) statement(at int) {
	at = s.Blank(at)
	switch {
	case s.Word(at, "cimport"):
		for _, part := range strings.Split(s.Logical(at+7), ",") {
			if f := strings.Fields(part); len(f) > 0 && f[0] != "cython" {
				s.cimport(0, strings.Split(f[0], "."), "")
			}
		}
	case s.Word(at, "import"):
		for _, part := range strings.Split(s.Logical(at+6), ",") {
			if f := strings.Fields(part); len(f) > 0 && strings.HasPrefix(f[0], "cython.cimports.") {
				s.cimport(0, strings.Split(strings.TrimPrefix(f[0], "cython.cimports."), "."), "")
			}
		}
	case s.Word(at, "from"):
		if first := s.Identifier(s.Blank(at + 4)); len(first) > 0 && string(first) != "cython" && s.foreign(first) {
			return
		}
		s.from(s.Logical(at + 4))
	case s.Word(at, "include"):
		s.including(at)
	}
}

// including reports what the include at an offset names, if it is one.
func (s *Scanner) including(at int) {
	if !s.Word(at, "include") {
		return
	}
	t := s.Src[s.Blank(at+7):]
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

// Identifier returns the name that stands at an offset, which may be empty.
func (s *Scanner) Identifier(at int) []byte {
	end := at
	for end < len(s.Src) {
		c := s.Src[end]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c < 0x80 {
			break
		}
		end++
	}
	return s.Src[at:end]
}

// from takes the rest of a from statement: "a.b cimport c, d", and
// "cython.cimports.a.b import c".
func (s *Scanner) from(text string) {
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

// Logical returns the rest of a logical line without comments, brackets and
// line breaks.
func (s *Scanner) Logical(at int) string {
	src := s.Src
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

// LastOf returns the last part of the dotted name at an offset.
func (s *Scanner) LastOf(at int) string {
	for {
		at = s.Gap(at)
		name := s.Identifier(at)
		at = s.Gap(at + len(name))
		if at >= len(s.Src) || s.Src[at] != '.' || len(name) == 0 {
			return string(name)
		}
		at++
	}
}

// Gap returns the offset of the next byte that is neither blank nor joins lines.
func (s *Scanner) Gap(at int) int {
	for {
		at = s.Blank(at)
		rest := s.Src[min(at, len(s.Src)):]
		switch {
		case bytes.HasPrefix(rest, []byte("\\\r\n")):
			at += 3
		case bytes.HasPrefix(rest, []byte("\\\n")), bytes.HasPrefix(rest, []byte("\\\r")):
			at += 2
		default:
			return at
		}
	}
}
