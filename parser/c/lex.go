package c

// Bytes to tokens. Comments and directives are no tokens, but for marks where #if, #else
// and #endif stand; macros and includes are put aside.

import (
	"bytes"
	"slices"
	"strings"
)

type kind uint8

const (
	kEnd kind = iota
	kIdent
	kLit   // numbers, strings, characters
	kPunct // the longest one
	kIf    // #if, #ifdef, #ifndef
	kElse  // #else, #elif
	kEndif
)

// token is a stretch of its file.
type token struct {
	kind     kind
	pos, end int32
}

// macro is a #define.
type macro struct {
	name   string
	pos    int32
	params []string
	takes  bool // it has parameters, perhaps none: NAME()
	dots   bool // the last takes the rest
	toks   []token
}

// include is an #include; system is true of <…>.
type include struct {
	name   string
	system bool
}

// text is a file in tokens.
type text struct {
	src      []byte
	toks     []token
	macros   []macro
	includes []include
	lines    []int32 // where they begin, once somebody has asked
	copied   bool    // src is the lexer's own
	// Between these two tokens no angle closes; see closes.
	open [2]int
	// assigned is how often names get values, once somebody has asked; see assignments.
	assigned map[string]int
	asked    bool // somebody asked for the conditions
	gils     []condition
}

const (
	maxFile   = 16 << 20 // a longer file is taken for data
	maxMacros = 1 << 16
	// maxDelimiter is how much may stand between the quote and the parenthesis of R"x(…)x".
	maxDelimiter = 16
)

// lex cuts a file into tokens. It ends with all input: what is no token of C is a
// punctuation of one byte.
func lex(src []byte) *text {
	t := &text{src: src}
	if len(src) > maxFile {
		return t
	}
	t.toks = make([]token, 0, len(src)/6)
	l := scanning{text: t}
	l.run()
	return t
}

type scanning struct {
	*text
	at int
}

func (l *scanning) run() {
	fresh := true // nothing but space before, on this line
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == '\n':
			fresh = true
			l.at++
		case space(c) || c == '\\':
			l.at++
		case l.comment():
		case fresh && (c == '#' || l.digraph()): // %: is #
			l.directive()
		default:
			fresh = false
			l.toks = append(l.toks, l.token())
		}
	}
}

func space(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'
}

// comment passes a comment, if there is one.
func (l *scanning) comment() bool {
	rest := l.src[l.at:]
	if len(rest) < 2 || rest[0] != '/' {
		return false
	}
	switch rest[1] {
	case '/':
		l.at = l.endOfLine()
		return true
	case '*':
		if n := bytes.Index(rest[2:], []byte("*/")); n >= 0 {
			l.at += n + 4
		} else {
			l.at = len(l.src)
		}
		return true
	}
	return false
}

// endOfLine returns where the logical line at l.at ends: its newline, or the end.
func (l *scanning) endOfLine() int {
	i := l.at
	for {
		n := bytes.IndexByte(l.src[i:], '\n')
		if n < 0 {
			return len(l.src)
		}
		i += n
		j := i
		if j > 0 && l.src[j-1] == '\r' {
			j--
		}
		if j == 0 || l.src[j-1] != '\\' || j <= l.at {
			return i
		}
		i++
	}
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// token reads the one at l.at, which is neither space nor a comment.
func (l *scanning) token() token {
	start := l.at
	c := l.src[start]
	k := kPunct
	switch {
	case letter(c):
		for l.at < len(l.src) && (letter(l.src[l.at]) || digit(l.src[l.at])) {
			l.at++
		}
		k = kIdent
		if l.at < len(l.src) && (l.src[l.at] == '"' || l.src[l.at] == '\'') {
			switch string(l.src[start:l.at]) {
			case "L", "u", "U", "u8":
				l.quoted()
				k = kLit
			case "R", "LR", "uR", "UR", "u8R":
				l.raw()
				k = kLit
			}
		}
	case digit(c) || c == '.' && start+1 < len(l.src) && digit(l.src[start+1]):
		for l.at < len(l.src) {
			c := l.src[l.at]
			if !letter(c) && !digit(c) && c != '.' && c != '\'' && !((c == '+' || c == '-') && strings.IndexByte("eEpP", l.src[l.at-1]) >= 0) {
				break
			}
			l.at++
		}
		k = kLit
	case c == '"' || c == '\'':
		l.quoted()
		k = kLit
	default:
		l.digraph()
		l.at += punct(l.src[start:])
	}
	return token{k, int32(start), int32(l.at)}
}

// quoted passes a string or character, which ends with its line at the latest.
func (l *scanning) quoted() {
	q := l.src[l.at]
	for l.at++; l.at < len(l.src); l.at++ {
		switch l.src[l.at] {
		case q:
			l.at++
			return
		case '\n':
			return
		case '\\':
			if l.at+1 < len(l.src) {
				l.at++
			}
		}
	}
}

// raw passes R"x(…)x".
func (l *scanning) raw() {
	rest := l.src[l.at+1:]
	n := bytes.IndexByte(rest[:min(len(rest), maxDelimiter+1)], '(')
	if n < 0 || bytes.ContainsAny(rest[1:max(n, 1)], " )\\\"\t\v\f\r\n") {
		l.quoted()
		return
	}
	end := append(append([]byte{')'}, rest[:n]...), '"')
	if m := bytes.Index(rest, end); m >= 0 {
		l.at += 1 + m + len(end)
	} else {
		l.at = len(l.src)
	}
}

// digraph writes what one at hand stands for in its place, and reports whether it is %:, which is
// a # that may begin a directive. A <: that more colons follow is the < of a template.
func (l *scanning) digraph() bool {
	rest := l.src[l.at:]
	if len(rest) < 2 {
		return false
	}
	var means string
	switch string(rest[:2]) {
	case "<%":
		means = "{ "
	case "%>":
		means = "} "
	case "<:":
		if len(rest) > 2 && rest[2] == ':' && !(len(rest) > 3 && (rest[3] == ':' || rest[3] == '>')) {
			return false
		}
		means = "[ "
	case ":>":
		means = "] "
	case "%:":
		means = "# "
		if bytes.HasPrefix(rest, []byte("%:%:")) {
			means = "##  "
		}
	default:
		return false
	}
	if !l.copied { // the bytes are also those of who read them
		l.src, l.copied = bytes.Clone(l.src), true
	}
	copy(l.src[l.at:], means)
	return means == "# "
}

var puncts = []string{"<<=", ">>=", "...", "->*", ".*", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "::", "##"}

func punct(src []byte) int {
	if len(src) > 1 && strings.IndexByte("=<>+-&|:.#*", src[1]) >= 0 || len(src) > 1 && src[1] == '=' {
		for _, p := range puncts {
			if len(src) >= len(p) && string(src[:len(p)]) == p {
				return len(p)
			}
		}
	}
	return 1
}

// directive reads one, with its line.
func (l *scanning) directive() {
	end := l.endOfLine()
	start := l.at
	l.at++
	toks := l.rest(end)
	word := func(i int) string {
		if i < len(toks) {
			return l.str(toks[i])
		}
		return ""
	}
	mark := func(k kind) { l.toks = append(l.toks, token{k, int32(start), int32(start)}) }
	switch word(0) {
	case "if":
		if len(toks) == 2 && word(1) == "0" {
			l.dead()
			return
		}
		mark(kIf)
	case "ifdef", "ifndef":
		mark(kIf)
	case "else", "elif", "elifdef", "elifndef":
		mark(kElse)
	case "endif":
		mark(kEndif)
	case "include", "include_next", "import":
		l.include(toks)
	case "define":
		l.define(toks)
	}
}

// rest returns the tokens up to end, and goes there.
func (l *scanning) rest(end int) []token {
	var toks []token
	for l.at < end {
		if c := l.src[l.at]; space(c) || c == '\\' {
			l.at++
			continue
		}
		if l.comment() { // of several lines, perhaps: the directive goes on behind it
			if l.at > end {
				end = l.endOfLine()
			}
			continue
		}
		toks = append(toks, l.token())
	}
	l.at = max(l.at, end)
	return toks
}

// dead passes what stands behind "#if 0": of its other branch, if there is one, and of its end
// the marks are left.
func (l *scanning) dead() {
	start := int32(l.at)
	l.toks = append(l.toks, token{kIf, start, start})
	for depth := 0; l.at < len(l.src); {
		for l.at < len(l.src) && space(l.src[l.at]) {
			l.at++
		}
		if l.at >= len(l.src) {
			return
		}
		if l.src[l.at] == '#' {
			word := string(bytes.TrimLeft(l.src[l.at+1:l.endOfLine()], " \t"))
			switch {
			case strings.HasPrefix(word, "if"):
				depth++
			case strings.HasPrefix(word, "el") && depth == 0, strings.HasPrefix(word, "endif") && depth == 0:
				return // the caller reads it
			case strings.HasPrefix(word, "endif"):
				depth--
			}
		}
		l.at = l.endOfLine()
	}
}

func (l *scanning) include(toks []token) {
	if len(toks) < 2 || len(l.includes) >= maxMacros {
		return
	}
	if s := l.str(toks[1]); toks[1].kind == kLit && len(s) > 2 && s[0] == '"' {
		l.includes = append(l.includes, include{name: strings.Trim(s, `"`)})
	} else if s == "<" {
		rest := l.src[toks[1].end:]
		if n := bytes.IndexAny(rest, ">\n"); n > 0 && rest[n] == '>' {
			l.includes = append(l.includes, include{name: string(bytes.TrimSpace(rest[:n])), system: true})
		}
	}
}

func (l *scanning) define(toks []token) {
	if len(toks) < 2 || toks[1].kind != kIdent || len(l.macros) >= maxMacros {
		return
	}
	m := macro{name: l.str(toks[1]), pos: toks[1].pos}
	toks = toks[2:]
	if len(toks) > 0 && l.str(toks[0]) == "(" && l.before(toks[0]) {
		m.takes = true
		i := 1
		for ; i < len(toks) && l.str(toks[i]) != ")"; i++ {
			switch s := l.str(toks[i]); {
			case toks[i].kind == kIdent:
				m.params = append(m.params, s)
			case s == "...":
				if i == 0 || toks[i-1].kind != kIdent { // not GNU's "rest..."
					m.params = append(m.params, "__VA_ARGS__")
				}
				m.dots = true
			}
		}
		toks = toks[min(i+1, len(toks)):]
	}
	m.toks = toks
	l.macros = append(l.macros, m)
}

// before reports whether nothing stands between a token and what is before it.
func (l *scanning) before(t token) bool {
	return t.pos > 0 && !space(l.src[t.pos-1]) && l.src[t.pos-1] != '/'
}

func (t *text) str(k token) string { return string(t.src[k.pos:k.end]) }

// is reports whether token i is spelled s.
func (t *text) is(i int, s string) bool {
	if i < 0 || i >= len(t.toks) {
		return false
	}
	k := t.toks[i]
	return int(k.end-k.pos) == len(s) && string(t.src[k.pos:k.end]) == s
}

// line returns the line of an offset, from 1.
func (t *text) line(pos int32) int {
	if t.lines == nil {
		t.lines = []int32{0}
		for i, c := range t.src {
			if c == '\n' {
				t.lines = append(t.lines, int32(i)+1)
			}
		}
	}
	n, at := slices.BinarySearch(t.lines, pos)
	if at {
		n++
	}
	return n
}
