package transform

// Reading without parsing: whether a file names a lock decorator, and which
// modules and files it refers to. Most files of a package have nothing to do
// with locks, and have to pass at the speed of memory.

import (
	"bytes"
	"strings"
)

// mentions reports whether src spells one of the decorators' names. It looks
// for the letter that is rare in code, and then around it.
func mentions(src []byte) bool {
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], 'k')
		if i < 0 {
			return false
		}
		at := off + i
		off = at + 1
		if at < 3 || string(src[at-3:at]) != "loc" {
			continue
		}
		before, after := src[:at-3], src[at+1:]
		if bytes.HasPrefix(after, []byte("ed_class")) || bytes.HasSuffix(before, []byte("read_")) ||
			bytes.HasSuffix(before, []byte("write_")) || bytes.HasSuffix(before, []byte("no_")) {
			return true
		}
	}
}

// scanner finds cimports and includes by their words alone. It may find too
// many, in strings and comments; it misses none.
type scanner struct {
	src     []byte
	cimport func(level int, module, names []string)
	include func(path string)
}

func (s *scanner) scan() {
	src := s.src
	breaks := byte('\n')
	if bytes.IndexByte(src, '\r') >= 0 && bytes.IndexByte(src, '\n') < 0 {
		breaks = '\r'
	}
	for at := 0; at < len(src); {
		s.line(at)
		i := bytes.IndexByte(src[at:], breaks)
		if i < 0 {
			break
		}
		at += i + 1
	}
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], ';')
		if i < 0 {
			return
		}
		off += i + 1
		s.statement(off)
	}
}

// line looks at the statement that a line starts with, and at those in a suite
// on the same line.
func (s *scanner) line(at int) {
	at = s.blank(at)
	if at >= len(s.src) {
		return
	}
	switch s.src[at] {
	case 'f', 'c', 0xef: // from, for, cimport; a byte-order mark
		if s.src[at] == 0xef {
			at += 3
		}
		s.statement(at)
		if !s.word(at, "for") {
			return
		}
	case 'i', 'e', 'w', 't', 'I', 'E': // include, import; if, else, while, with, try, IF, ELSE
		s.statement(at)
	default:
		return
	}
	end := bytes.IndexByte(s.src[at:], '\n')
	if end < 0 {
		end = len(s.src) - at
	}
	for off, end := at, at+end; ; {
		i := bytes.IndexByte(s.src[off:end], ':')
		if i < 0 {
			return
		}
		off += i + 1
		s.statement(off)
	}
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
				s.cimport(0, strings.Split(f[0], "."), nil)
			}
		}
	case s.word(at, "import"):
		for _, part := range strings.Split(s.logical(at+6), ",") {
			if f := strings.Fields(part); len(f) > 0 && strings.HasPrefix(f[0], "cython.cimports.") {
				s.cimport(0, strings.Split(strings.TrimPrefix(f[0], "cython.cimports."), "."), nil)
			}
		}
	case s.word(at, "from"):
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
	module = strings.Join(strings.Fields(module), "")
	level := len(module) - len(strings.TrimLeft(module, "."))
	module = module[level:]
	if level == 0 && module == "cython" {
		return
	}
	var path, list []string
	if module != "" {
		path = strings.Split(module, ".")
	}
	for _, part := range strings.Split(names, ",") {
		if f := strings.Fields(part); len(f) > 0 {
			list = append(list, f[0])
		}
	}
	s.cimport(level, path, list)
}

// logical returns the rest of a logical line without comments, brackets and
// line breaks.
func (s *scanner) logical(at int) string {
	src := s.src
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
