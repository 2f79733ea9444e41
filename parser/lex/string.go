package lex

// string.go scans string literals, and f-strings and t-strings with the fields
// in them, which nest to any depth (PEP 701).

import (
	"strings"

	"pyxlock/parser/ast"
)

// fstring is an f-string or t-string whose end is not yet found.
type fstring struct {
	off    int32 // of its prefix
	quote  byte
	triple bool
	raw    bool
	depth  int // brackets open where it starts
	// fields has, for each replacement field that is open, innermost last, how
	// many brackets are open in its expression, its own included.
	fields []int
}

// isPrefix reports whether w consists of letters that may prefix a string.
// Which combinations are allowed is for str to say.
func isPrefix(w string) bool {
	ft := 0
	for i := 0; i < len(w); i++ {
		switch w[i] | 0x20 {
		case 'r', 'b', 'u':
		case 'f', 't':
			ft++
		case 'c':
			return len(w) == 1
		default:
			return false
		}
	}
	return ft == 0 || len(w) <= 2 && ft == 1 && !strings.ContainsAny(w, "bBuU")
}

// str scans the string whose prefix starts at start and whose quotes at quote.
func (s *scanner) str(start, quote int) {
	src := s.src
	var flags Flags
	var raw, ft bool
	letters := 0
	for i := start; i < quote; i++ {
		switch src[i] | 0x20 {
		case 'r':
			raw = true
		case 'b', 'c':
			flags |= BytesLike
			letters++
		case 'u':
			letters++
		case 'f', 't':
			ft = true
		}
	}
	if quote-start > 2 || letters > 1 || quote-start == 2 && src[start]|0x20 == src[start+1]|0x20 {
		s.errorAt(int32(start), "invalid string prefix '"+src[start:quote]+"'")
	}
	q := src[quote]
	body := quote + 1
	triple := quote+2 < len(src) && src[quote+1] == q && src[quote+2] == q
	if triple {
		body = quote + 3
		flags |= Triple
	}
	if ft {
		s.Toks = append(s.Toks, Tok{Off: int32(start), End: int32(body), Kind: FStart, Flags: flags})
		s.fstrings = append(s.fstrings, fstring{off: int32(start), quote: q, triple: triple, raw: raw, depth: len(s.brackets)})
		s.pos = body
		s.fstringText()
		return
	}
	pos := body
	for {
		for pos < len(src) && !special[src[pos]] {
			pos++
		}
		if pos == len(src) {
			break
		}
		switch c := src[pos]; c {
		case '\\':
			flags |= Escaped
			pos++
			if n := s.lineBreak(pos); n > 0 {
				pos += n
				s.join(pos)
			} else if pos < len(src) {
				pos++
			}
		case '\n', '\r':
			if !triple {
				s.unterminated(start, pos)
				return
			}
			pos += s.lineBreak(pos)
			s.join(pos)
		case q:
			if !triple {
				s.endStr(start, pos+1, flags)
				return
			}
			if strings.HasPrefix(src[pos:], src[quote:body]) {
				s.endStr(start, pos+3, flags)
				return
			}
			pos++
		default: // the other quote
			pos++
		}
	}
	s.unterminated(start, pos)
}

// special marks the bytes that mean something in a string without fields.
var special = [256]bool{'\\': true, '\n': true, '\r': true, '\'': true, '"': true}

// endStr emits the string [start, end).
func (s *scanner) endStr(start, end int, flags Flags) {
	s.Toks = append(s.Toks, Tok{Off: int32(start), End: int32(end), Kind: String, Flags: flags})
	s.pos = end
	s.noteMultiline(int32(start))
}

// noteMultiline records the string that ends here if a line ends in it.
func (s *scanner) noteMultiline(start int32) {
	if s.lastBreak > start && len(s.fstrings) == 0 {
		s.Multiline = append(s.Multiline, ast.Span{Pos: start, End: int32(s.pos)})
	}
}

// unterminated reports the string that starts at start and has no end on its
// line, or in the file. Inside the field of an f-string with the same quote it
// is the field that has no end.
func (s *scanner) unterminated(start, end int) {
	if n := len(s.fstrings); n > 0 && !s.fstrings[n-1].triple {
		f := s.fstrings[n-1]
		if b := s.brackets[f.depth]; s.src[end-1] == f.quote || s.src[start] == f.quote {
			s.errorAt(b.off, "'{' was never closed in this f-string")
		} else {
			s.errorAt(int32(start), "this string is not terminated")
		}
		s.brackets = s.brackets[:f.depth]
		s.fstrings = s.fstrings[:n-1]
		s.emit(Invalid, int32(start), int32(end))
		s.pos = end
		return
	}
	s.errorAt(int32(start), "this string is not terminated")
	s.emit(Invalid, int32(start), int32(end))
	s.pos = end
	s.noteMultiline(int32(start))
}

// inField reports whether the scanner is in the expression of a field, outside
// any bracket of that expression.
func (s *scanner) inField() bool {
	f := &s.fstrings[len(s.fstrings)-1]
	n := len(f.fields)
	return n > 0 && f.fields[n-1] == len(s.brackets)
}

// fstringText scans text of the innermost f-string (of its innermost field's
// format, if it is in one) up to a field, a field's end, or the string's end.
func (s *scanner) fstringText() {
	src := s.src
	f := &s.fstrings[len(s.fstrings)-1]
	spec := len(f.fields) > 0
	start, pos := s.pos, s.pos
	text := func() {
		if pos > start {
			s.emit(FMid, int32(start), int32(pos))
		}
		s.pos = pos
	}
	for pos < len(src) {
		switch c := src[pos]; c {
		case '\\':
			pos++
			if !f.raw && strings.HasPrefix(src[pos:], "N{") {
				if n := strings.IndexByte(src[pos:], '}'); n > 0 && isCharName(src[pos+2:pos+n]) {
					pos += n + 1
					continue
				}
			}
			if n := s.lineBreak(pos); n > 0 {
				pos += n
				s.join(pos)
			} else if pos < len(src) && src[pos] != '{' && src[pos] != '}' {
				pos++
			}
		case '\n', '\r':
			if !f.triple {
				text()
				s.abandon()
				return
			}
			pos += s.lineBreak(pos)
			s.join(pos)
		case '{':
			if !spec && pos+1 < len(src) && src[pos+1] == '{' {
				pos += 2
				continue
			}
			text()
			s.brackets = append(s.brackets, bracket{int32(pos), FLBrace})
			f.fields = append(f.fields, len(s.brackets))
			s.op(FLBrace, 1)
			return
		case '}':
			if spec {
				text()
				s.popField()
				start, pos = s.pos, s.pos
				spec = len(f.fields) > 0
				continue
			}
			if pos+1 < len(src) && src[pos+1] == '}' {
				pos += 2
				continue
			}
			s.errorAt(int32(pos), "a single '}' is not allowed in an f-string")
			pos++
		case f.quote:
			if f.triple && !(pos+2 < len(src) && src[pos+1] == c && src[pos+2] == c) {
				pos++
				continue
			}
			text()
			n := 1
			if f.triple {
				n = 3
			}
			if spec {
				s.errorAt(s.brackets[len(s.brackets)-1].off, "'{' was never closed in this f-string")
				s.brackets = s.brackets[:f.depth]
				s.emit(Invalid, int32(pos), int32(pos))
			}
			s.op(FEnd, n)
			start := f.off
			s.fstrings = s.fstrings[:len(s.fstrings)-1]
			s.noteMultiline(start)
			return
		default:
			pos++
		}
	}
	text()
	s.abandon()
}

// endField ends the innermost field at the "}" here and goes back to the text
// round it.
func (s *scanner) endField() {
	s.popField()
	s.fstringText()
}

func (s *scanner) popField() {
	f := &s.fstrings[len(s.fstrings)-1]
	f.fields = f.fields[:len(f.fields)-1]
	s.brackets = s.brackets[:len(s.brackets)-1]
	s.op(FRBrace, 1)
}

// abandon gives up the innermost f-string, and those round it that end with
// the line, because the line or the file ends in its text.
func (s *scanner) abandon() {
	n := len(s.fstrings)
	for n > 1 && !s.fstrings[n-2].triple {
		n--
	}
	f := s.fstrings[n-1]
	s.errorAt(f.off, "this f-string is not terminated")
	s.brackets = s.brackets[:f.depth]
	s.fstrings = s.fstrings[:n-1]
	s.emit(Invalid, int32(s.pos), int32(s.pos))
	if len(s.fstrings) > 0 && s.pos == len(s.src) {
		s.fstrings = s.fstrings[:0]
		if len(s.brackets) > 0 {
			s.brackets = s.brackets[:0]
		}
	}
}

// isCharName reports whether w can be the name in \N{name}.
func isCharName(w string) bool {
	for i := 0; i < len(w); i++ {
		c := w[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == ' ' || c == '-') {
			return false
		}
	}
	return w != ""
}
