package lex

// lex.go is the scanner's main loop: names, operators, brackets, line breaks.
// Indentation is in indent.go, numbers in number.go, strings in string.go.

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"pyxlock/parser/ast"
)

// Error is a lexical error at a byte offset.
type Error struct {
	Off int32
	Msg string
}

// Result is what Scan finds in a file.
type Result struct {
	Toks []Tok // the last one is EOF
	// Multiline and Joins are as in ast.File.
	Multiline []ast.Span
	Joins     []int32
	Errors    []Error // by offset
}

// bracket is an open bracket.
type bracket struct {
	off  int32
	kind Kind // LParen, LBracket, LBrace, or FLBrace for a field of an f-string
}

type scanner struct {
	src  string
	pos  int
	pure bool
	Result
	brackets []bracket
	fstrings []fstring
	indents  []int32
	// indentChar is the blank that the file indents with, 0 until seen.
	indentChar byte
	mixed      bool // the last indented line does not
	// lastBreak is the start of the line that the scanner is on.
	lastBreak int32
	rewinds   int
	onlyLF    bool // there is no "\r" in the source
}

// Classes of bytes for the main loop.
const (
	clOther = iota
	clIdent // letters, "_" and bytes from 0x80
	clDigit
	clBlank
)

var class = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = clIdent, clIdent
	}
	t['_'] = clIdent
	for c := '0'; c <= '9'; c++ {
		t[c] = clDigit
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] = clIdent
	}
	t[' '], t['\t'], t['\f'] = clBlank, clBlank, clBlank
	return t
}()

// Scan splits src into tokens. In a pure file the keywords of Cython are names.
// It never fails: what cannot be a token becomes Invalid and an Error.
func Scan(src string, pure bool) Result { return ScanInto(nil, src, pure) }

// ScanInto is Scan into the memory of other tokens, which are overwritten.
func ScanInto(toks []Tok, src string, pure bool) Result {
	s := &scanner{src: src, pure: pure, onlyLF: strings.IndexByte(src, '\r') < 0}
	s.Toks = slices.Grow(toks[:0], len(src)/7+16)
	s.indents = append(make([]int32, 0, 16), 0)
	if strings.HasPrefix(src, bom) {
		s.pos = len(bom)
		s.lastBreak = int32(len(bom))
	}
	s.indentation()
	for {
		s.run()
		if !s.reopen() {
			break
		}
	}
	end := int32(len(src))
	s.endLine(end)
	for ; len(s.indents) > 1; s.indents = s.indents[:len(s.indents)-1] {
		s.emit(Dedent, end, end)
	}
	s.emit(EOF, end, end)
	sort.SliceStable(s.Errors, func(i, j int) bool { return s.Errors[i].Off < s.Errors[j].Off })
	return s.Result
}

func (s *scanner) emit(k Kind, off, end int32) {
	s.Toks = append(s.Toks, Tok{Off: off, End: end, Kind: k})
}

func (s *scanner) errorAt(off int32, msg string) {
	s.Errors = append(s.Errors, Error{off, msg})
}

// endLine emits a Newline at off unless the line is empty so far.
func (s *scanner) endLine(off int32) {
	if n := len(s.Toks); n > 0 && s.Toks[n-1].Kind > Dedent {
		s.emit(Newline, off, off)
	}
}

// lineBreak is the length of the line break at pos, 0 if there is none.
func (s *scanner) lineBreak(pos int) int {
	if pos < len(s.src) {
		switch s.src[pos] {
		case '\n':
			return 1
		case '\r':
			if pos+1 < len(s.src) && s.src[pos+1] == '\n' {
				return 2
			}
			return 1
		}
	}
	return 0
}

// join notes that the line which starts at pos continues the one before.
func (s *scanner) join(pos int) {
	s.lastBreak = int32(pos)
	if pos < len(s.src) {
		s.Joins = append(s.Joins, int32(pos))
	}
}

// run scans to the end of the source.
func (s *scanner) run() {
	src := s.src
	for s.pos < len(src) {
		pos := s.pos
		c := src[pos]
		switch class[c] {
		case clIdent:
			s.name()
			continue
		case clDigit:
			s.number()
			continue
		case clBlank:
			pos++
			for pos < len(src) && class[src[pos]] == clBlank {
				pos++
			}
			s.pos = pos
			continue
		}
		switch c {
		case '\n', '\r':
			n := s.lineBreak(pos)
			s.pos = pos + n
			if len(s.brackets) > 0 {
				s.join(s.pos)
				continue
			}
			if k := len(s.Toks); k > 0 && s.Toks[k-1].Kind > Dedent {
				s.emit(Newline, int32(pos), int32(pos+n))
			}
			s.indentation()
		case '#':
			s.pos = s.lineEnd(pos)
		case '\\':
			if n := s.lineBreak(pos + 1); n > 0 {
				s.pos = pos + 1 + n
				s.join(s.pos)
				continue
			}
			s.invalid("unexpected character after line continuation")
		case '\'', '"':
			s.str(pos, pos)
		case '(':
			s.open(LParen)
		case '[':
			s.open(LBracket)
		case '{':
			s.open(LBrace)
		case ')':
			s.close(RParen, LParen)
		case ']':
			s.close(RBracket, LBracket)
		case '}':
			s.close(RBrace, LBrace)
		case '.':
			switch {
			case pos+1 < len(src) && class[src[pos+1]] == clDigit:
				s.number()
			case strings.HasPrefix(src[pos:], "..."):
				s.op(Ellipsis, 3)
			default:
				s.op(Dot, 1)
			}
		case ':':
			if n := len(s.fstrings); n > 0 && s.inField() {
				s.op(FColon, 1)
				s.fstringText()
			} else {
				s.op2('=', ColonEq, Colon)
			}
		case ',':
			s.op(Comma, 1)
		case ';':
			s.op(Semi, 1)
		case '?':
			s.op(Question, 1)
		case '`':
			s.op(Backquote, 1)
		case '~':
			s.op(Tilde, 1)
		case '@':
			s.op2('=', AtEq, At)
		case '!':
			s.op2('=', NotEq, Bang)
		case '=':
			s.op2('=', EqEq, Assign)
		case '+':
			s.op2('=', PlusEq, Plus)
		case '%':
			s.op2('=', PercentEq, Percent)
		case '^':
			s.op2('=', CaretEq, Caret)
		case '-':
			if s.at(1) == '>' {
				s.op(Arrow, 2)
			} else {
				s.op2('=', MinusEq, Minus)
			}
		case '|':
			if s.at(1) == '|' {
				s.op(PipePipe, 2)
			} else {
				s.op2('=', PipeEq, Pipe)
			}
		case '&':
			if s.at(1) == '&' {
				s.op(AmpAmp, 2)
			} else {
				s.op2('=', AmpEq, Amp)
			}
		case '*':
			s.op4('*', Star, StarEq, StarStar, StarStarEq)
		case '/':
			s.op4('/', Slash, SlashEq, SlashSlash, SlashSlashEq)
		case '<':
			if s.at(1) == '>' {
				s.op(LtGt, 2)
			} else {
				s.op4('<', Lt, Le, Shl, ShlEq)
			}
		case '>':
			s.op4('>', Gt, Ge, Shr, ShrEq)
		default:
			s.invalid("unrecognized character")
		}
	}
}

// at is the byte n places after the current one, 0 past the end.
func (s *scanner) at(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *scanner) op(k Kind, n int) {
	s.emit(k, int32(s.pos), int32(s.pos+n))
	s.pos += n
}

// op2 emits a two-byte operator if c follows, else a one-byte one.
func (s *scanner) op2(c byte, two, one Kind) {
	if s.at(1) == c {
		s.op(two, 2)
	} else {
		s.op(one, 1)
	}
}

// op4 emits one of c, "c=", "cc" and "cc=".
func (s *scanner) op4(c byte, one, oneEq, two, twoEq Kind) {
	switch {
	case s.at(1) == c && s.at(2) == '=':
		s.op(twoEq, 3)
	case s.at(1) == c:
		s.op(two, 2)
	case s.at(1) == '=':
		s.op(oneEq, 2)
	default:
		s.op(one, 1)
	}
}

// invalid reports the current character and makes it a token. Of several on one
// line it reports the first.
func (s *scanner) invalid(msg string) {
	_, n := utf8.DecodeRuneInString(s.src[s.pos:])
	if k := len(s.Errors); k == 0 || s.Errors[k-1].Msg != msg || s.Errors[k-1].Off < s.lastBreak {
		s.errorAt(int32(s.pos), msg)
	}
	s.op(Invalid, n)
}

// lineEnd is the offset of the line break at or after pos.
func (s *scanner) lineEnd(pos int) int {
	if n := strings.IndexByte(s.src[pos:], '\n'); s.onlyLF && n >= 0 {
		return pos + n
	}
	for ; pos < len(s.src); pos++ {
		if c := s.src[pos]; c == '\n' || c == '\r' {
			break
		}
	}
	return pos
}

// name scans a name, a keyword or the prefix of a string.
func (s *scanner) name() {
	src, start := s.src, s.pos
	pos := start
	var high byte
	for pos < len(src) && class[src[pos]]-clIdent <= clDigit-clIdent {
		high |= src[pos]
		pos++
	}
	if high >= 0x80 {
		pos = s.identEnd(start, pos)
		if pos == start {
			s.invalid("unrecognized character")
			return
		}
	} else if pos < len(src) && (src[pos] == '"' || src[pos] == '\'') && pos-start <= 8 && isPrefix(src[start:pos]) {
		s.str(start, pos)
		return
	}
	t := Tok{Off: int32(start), End: int32(pos)}
	t.Kind, t.Soft = lookup(src[start:pos], s.pure)
	if high >= 0x80 {
		t.Flags = NonASCII
	}
	s.pos = pos
	if t.Kind > Name && len(s.brackets) > 0 && opensStatement[t.Kind] && s.startsLine(start) {
		s.unclosed(start)
		return
	}
	s.Toks = append(s.Toks, t)
}

// identEnd is where the identifier that starts at start ends, looking at its
// characters. Bytes that are not valid UTF-8 count as letters: they come from
// sources in another encoding.
func (s *scanner) identEnd(start, end int) int {
	for i := start; i < end; {
		if s.src[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[i:end])
		if r != utf8.RuneError && !identRune(r) || i == start && unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd) {
			return i
		}
		i += n
	}
	return end
}

// identRune reports whether a character beyond ASCII may stand in an
// identifier. Characters that this Unicode version does not know may.
func identRune(r rune) bool {
	switch r {
	case 0xb7, 0x387, 0x2118, 0x212e, 0x309b, 0x309c, 0x200c, 0x200d:
		return true
	}
	return !unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cc, unicode.Cf, unicode.Co,
		unicode.Pd, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf, unicode.Po,
		unicode.Sm, unicode.Sc, unicode.Sk, unicode.So, unicode.No)
}

// ---- brackets ------------------------------------------------------------

func (s *scanner) open(k Kind) {
	s.brackets = append(s.brackets, bracket{int32(s.pos), k})
	s.op(k, 1)
}

func (s *scanner) close(k, opener Kind) {
	n := len(s.brackets)
	switch {
	case n == 0:
		s.errorAt(int32(s.pos), "unmatched '"+k.String()+"'")
		s.op(Invalid, 1)
		return
	case s.brackets[n-1].kind == FLBrace && k == RBrace:
		s.endField()
		return
	case s.brackets[n-1].kind == FLBrace:
		s.errorAt(int32(s.pos), "unmatched '"+k.String()+"' in an f-string field")
		s.op(Invalid, 1)
		return
	case s.brackets[n-1].kind != opener:
		s.errorAt(int32(s.pos), "'"+k.String()+"' does not match '"+s.brackets[n-1].kind.String()+"'")
		s.brackets = s.brackets[:n-1]
		s.op(Invalid, 1)
		return
	}
	s.brackets = s.brackets[:n-1]
	s.op(k, 1)
}

// opensStatement marks keywords that cannot stand inside brackets. Where a line
// inside brackets starts with one, a closing bracket is missing above.
var opensStatement = [NumKinds]bool{
	Assert: true, Break: true, Class: true, Continue: true, Def: true, Del: true, Elif: true,
	Finally: true, Global: true, Import: true, Nonlocal: true, Pass: true, Raise: true, Return: true,
	Try: true, While: true, Cdef: true, Cimport: true, Cpdef: true, Ctypedef: true, Include: true,
}

// startsLine reports whether only blanks precede pos on its line.
func (s *scanner) startsLine(pos int) bool {
	for pos > 0 {
		pos--
		switch s.src[pos] {
		case ' ', '\t', '\f':
		case '\n', '\r':
			return true
		default:
			return false
		}
	}
	return true
}

// unclosed reports the innermost open bracket and goes on as if all brackets
// were closed before the line that holds pos.
func (s *scanner) unclosed(pos int) {
	s.reportOpen()
	s.brackets, s.fstrings = s.brackets[:0], s.fstrings[:0]
	start := pos
	for start > 0 && s.src[start-1] != '\n' && s.src[start-1] != '\r' {
		start--
	}
	if n := len(s.Joins); n > 0 && s.Joins[n-1] == int32(start) {
		s.Joins = s.Joins[:n-1]
	}
	s.endLine(s.Toks[len(s.Toks)-1].End)
	s.pos = start
	s.indentation()
}

func (s *scanner) reportOpen() {
	b := s.brackets[len(s.brackets)-1]
	s.errorAt(b.off, "'"+b.kind.String()+"' was never closed")
}

// maxRewinds bounds how often reopen goes back, and so its cost.
const maxRewinds = 8

// reopen is called at the end of the source. If a bracket is still open it
// reports it, goes back to the line after the bracket, and returns true: the
// rest of the file is then scanned as if the bracket had ended with its line.
// No indentation changes inside brackets, so that state needs no restoring.
func (s *scanner) reopen() bool {
	if len(s.brackets) == 0 {
		return false
	}
	off := s.brackets[len(s.brackets)-1].off
	s.reportOpen()
	s.brackets, s.fstrings = s.brackets[:0], s.fstrings[:0]
	end := s.resumeAfter(off)
	s.rewinds++
	if s.rewinds > maxRewinds || end == len(s.src) {
		return false
	}
	for n := len(s.Toks); n > 0 && s.Toks[n-1].End > int32(end); n = len(s.Toks) {
		s.Toks = s.Toks[:n-1]
	}
	for n := len(s.Joins); n > 0 && s.Joins[n-1] > int32(end); n = len(s.Joins) {
		s.Joins = s.Joins[:n-1]
	}
	for n := len(s.Multiline); n > 0 && s.Multiline[n-1].End > int32(end); n = len(s.Multiline) {
		s.Multiline = s.Multiline[:n-1]
	}
	kept := s.Errors[:0]
	for _, e := range s.Errors {
		if e.Off <= int32(end) {
			kept = append(kept, e)
		}
	}
	s.Errors = kept
	s.pos = end
	return true
}

// resumeAfter is the end of the line that holds off, or of a later one if a
// token or a backslash joins the lines.
func (s *scanner) resumeAfter(off int32) int {
	end := s.lineEnd(int(off))
	tok := sort.Search(len(s.Toks), func(i int) bool { return s.Toks[i].Off >= off })
	str := sort.Search(len(s.Multiline), func(i int) bool { return s.Multiline[i].End > off })
	for last := -1; last != end; {
		last = end
		for ; tok < len(s.Toks) && s.Toks[tok].Off < int32(end); tok++ {
			if t := s.Toks[tok].End; t > int32(end) {
				end = s.lineEnd(int(t))
			}
		}
		for ; str < len(s.Multiline) && s.Multiline[str].Pos < int32(end); str++ {
			if m := s.Multiline[str].End; m > int32(end) {
				end = s.lineEnd(int(m))
			}
		}
		if n := s.lineBreak(end); n > 0 && s.src[end-1] == '\\' {
			end = s.lineEnd(end + n)
		}
	}
	return end
}
