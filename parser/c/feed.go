package c

// Tokens for the grammar, with what one token of foresight does not tell: which operators
// stand before their operand, which parentheses are casts, where a declaration begins.

import (
	"errors"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

const (
	maxTokens = 30_000 // of one body; a longer one is not understood
	maxNest   = 200    // participle goes down once for each bracket, without end
)

var errLong = errors.New("too long")

// feed makes tokens of a stretch.
type feed struct {
	f    *file
	toks []token
	at   int
	out  []lexer.Token
	// open are the brackets that are open: "(", "[", "{" of a block, "l" for a list, "c" for
	// the parentheses of if and its like, "f" for those of for.
	open    []byte
	operand bool // the last token ends an operand
	start   bool // a statement begins here
	control byte // what the next "(" is
	placed  int  // the token behind the place of new
}

// begin is the first token, by which the grammar knows what is to be parsed.
func (d *feed) begin(what string) { d.emit(tMark, what) }

func (d *feed) emit(t lexer.TokenType, value string) {
	pos := lexer.Position{}
	if d.at < len(d.toks) {
		pos.Offset = int(d.toks[d.at].pos)
	}
	d.out = append(d.out, lexer.Token{Type: t, Value: value, Pos: pos})
}

func (d *feed) str(i int) string {
	if i < 0 || i >= len(d.toks) {
		return ""
	}
	return d.f.str(d.toks[i])
}

func (d *feed) kind(i int) kind {
	if i < 0 || i >= len(d.toks) {
		return kEnd
	}
	return d.toks[i].kind
}

func (d *feed) top() byte {
	if len(d.open) == 0 {
		return 0
	}
	return d.open[len(d.open)-1]
}

// params makes one token of each parameter between the parentheses.
func params(f *file, toks []token) ([]lexer.Token, error) {
	d := feed{f: f, toks: toks}
	d.begin("<params>")
	t := text{src: f.src, toks: toks}
	var p phrase
	flush := func() {
		if len(p) > 0 {
			d.emit(tType, strings.Join(p, " "))
			p = p[:0]
		}
	}
	for d.at < len(toks) {
		if len(d.out) > maxTokens || len(p) > maxTokens {
			return nil, errLong
		}
		switch {
		case t.is(d.at, ","):
			flush()
			d.emit(tMark, ",")
			d.at++
		case t.is(d.at, "="): // a default
			for d.at < len(toks) && !t.is(d.at, ",") {
				if t.is(d.at, "(") || t.is(d.at, "{") || t.is(d.at, "[") {
					d.at = t.matchTo(d.at, len(toks))
				} else if end, ok := t.anglesTo(d.at, len(toks)); ok {
					d.at = end
				} else {
					d.at++
				}
			}
		default:
			w, next := t.word(d.at, len(toks))
			if w != "" {
				p = append(p, w)
			}
			d.at = next
		}
	}
	flush()
	return d.out, nil
}

// body makes tokens of statements.
func body(f *file, toks []token) ([]lexer.Token, error) {
	d := feed{f: f, toks: toks, start: true, out: make([]lexer.Token, 0, len(toks)+2)}
	d.begin("<body>")
	return d.run()
}

// expression makes tokens of a macro that is one.
func expression(f *file, toks []token) ([]lexer.Token, error) {
	d := feed{f: f, toks: toks, out: make([]lexer.Token, 0, len(toks)+2)}
	d.begin("<expr>")
	return d.run()
}

func (d *feed) run() ([]lexer.Token, error) {
	for d.at < len(d.toks) {
		if len(d.out) > maxTokens || len(d.open) > maxNest {
			return nil, errLong
		}
		d.token()
	}
	return d.out, nil
}

// put emits the token at hand as it is.
func (d *feed) put(t lexer.TokenType, operand bool) {
	d.emit(t, d.str(d.at))
	d.at++
	d.operand, d.start = operand, false
}

var controls = map[string]byte{"if": 'c', "while": 'c', "switch": 'c', "for": 'f'}

func (d *feed) token() {
	k := d.toks[d.at]
	if d.at == d.placed && d.at > 0 && (k.kind == kIdent || d.str(d.at) == "::") { // what is made there
		d.placed = 0
		d.emit(tBinary, "new")
		d.operand = false
	}
	if k.kind >= kIf {
		d.at++
		return
	}
	w := d.str(d.at)
	if d.start && d.statement(w) {
		return
	}
	switch k.kind {
	case kLit:
		if d.operand && len(d.out) > 0 && w[0] == '"' && d.out[len(d.out)-1].Type == tIdent { // __FILE__ ":"
			d.out[len(d.out)-1].Type, d.out[len(d.out)-1].Value = tLit, w
			d.at++
			return
		}
		if d.operand && len(d.out) > 0 && d.out[len(d.out)-1].Type == tLit { // strings in a row
			d.at++
			return
		}
		d.put(tLit, true)
	case kIdent:
		d.word(w)
	default:
		d.punct(w)
	}
}

// statement handles what only stands at the beginning of one.
func (d *feed) statement(w string) bool {
	next := d.str(d.at + 1)
	switch {
	case w == "case" || w == "default" && next == ":":
		i := d.at
		for deep := 0; i < len(d.toks) && (d.str(i) != ":" || deep > 0) && d.str(i) != ";" && d.str(i) != "{"; i++ {
			if d.str(i) == "?" {
				deep++
			} else if d.str(i) == ":" {
				deep--
			}
		}
		d.emit(tLabel, w)
		d.at = i + 1
		return true
	case d.kind(d.at) == kIdent && next == ":" && d.top() == '{' && !controlWord(w):
		d.emit(tLabel, w)
		d.at += 2
		return true
	case w == "{":
		d.open = append(d.open, '{')
		d.put(tMark, false)
		d.start = true
		return true
	case w == "else" || w == "do":
		d.put(tKey, false)
		d.start = true
		return true
	case controls[w] != 0:
		d.control = controls[w]
		d.put(tKey, false)
		if d.str(d.at) == "constexpr" {
			d.at++
		}
		return true
	case w == "return" || w == "break" || w == "continue" || w == "goto":
		d.put(tKey, false)
		return true
	case w == "__extension__", next != "(" && (strings.HasSuffix(w, "_ALLOW_THREADS") || w == "Py_BLOCK_THREADS" || w == "Py_UNBLOCK_THREADS"): // a statement without a semicolon
		d.at++
		return true
	}
	if end := d.declaration(d.at); end > 0 {
		t := text{src: d.f.src, toks: d.toks}
		d.emit(tType, strings.Join(t.phrase(d.at, end), " "))
		d.at = end
		d.start, d.operand = false, false
		return true
	}
	return false
}

// afterString reports whether the last token is a string, which goes on in what comes.
func (d *feed) afterString() bool {
	if !d.operand || len(d.out) == 0 {
		return false
	}
	last := d.out[len(d.out)-1]
	return last.Type == tLit && strings.HasPrefix(last.Value, `"`)
}

func controlWord(w string) bool { return controls[w] != 0 || w == "else" || w == "do" || w == "return" }

// word handles an identifier or keyword within a statement.
func (d *feed) word(w string) {
	next := d.str(d.at + 1)
	t := text{src: d.f.src, toks: d.toks}
	switch {
	case w == "sizeof" || w == "alignof" || w == "_Alignof" || w == "__alignof__" || w == "offsetof" || w == "typeid" || w == "decltype":
		if next != "(" {
			d.put(tPrefix, false)
			return
		}
		d.emit(tLit, w)
		d.at = t.matchTo(d.at+1, len(d.toks))
		d.operand = true
	case w == "static_cast" || w == "const_cast" || w == "reinterpret_cast" || w == "dynamic_cast":
		end, ok := t.anglesTo(d.at+1, len(d.toks))
		if !ok {
			d.put(tMark, false) // which the grammar does not know
			return
		}
		if d.str(end) != "(" {
			d.put(tMark, false)
			return
		}
		d.emit(tMark, "(") // what stands behind is of the cast: static_cast<T *>(x)->y
		d.emit(tCast, strings.Join(t.phrase(d.at+2, end-1), " "))
		d.at = end
		d.open = append(d.open, 'k')
		d.put(tMark, false)
	case w == "new" && next == "(": // of a place, which is a call, or of a type in parentheses
		d.emit(tIdent, w)
		d.at++
		d.operand, d.start = true, false
		d.placed = t.matchTo(d.at, len(d.toks))
		if behind := d.str(d.placed); behind == "(" || behind == "{" || behind == "[" { // either of them, with arguments
			d.put(tKey, false)
		}
	case w == "new" || w == "delete" || w == "throw" || w == "co_await":
		d.put(tPrefix, false)
		if w == "delete" && d.str(d.at) == "[" && d.str(d.at+1) == "]" {
			d.at += 2
		}
	case w == "__attribute__" || w == "__extension__" || w == "const" || w == "volatile" || w == "__restrict":
		d.at++
		if w == "__attribute__" && next == "(" {
			d.at = t.matchTo(d.at, len(d.toks))
		}
	case declWords[w] && !scalarWords[w] || w == "asm" || w == "__asm__" || w == "try" || w == "catch" || w == "operator" || w == "template" || w == "using":
		d.put(tKey, false) // in the wrong place
	case d.operand && len(d.out) > 0 && d.out[len(d.out)-1].Type == tLit && loud(w), // "…" PRIu64
		d.afterString() && (d.kind(d.at+1) == kLit || next == "," || next == ")"): // "…" what a macro is given
		d.at++
	default:
		start := d.at
		var name strings.Builder
		name.WriteString(w)
		qualified := func() {
			for d.str(d.at+1) == "::" && d.kind(d.at+2) == kIdent {
				d.at += 2
				name.WriteString("::" + d.str(d.at))
			}
		}
		qualified()
		if d.f.cpp && d.str(d.at+1) == "<" {
			if end, ok := t.anglesTo(d.at+1, len(d.toks)); ok && (d.str(end) == "(" || d.str(end) == "::" || d.str(end) == "{") {
				d.at = end - 1
				qualified()
			}
		}
		end := d.at
		d.at = start
		d.emit(tIdent, name.String())
		d.at = end + 1
		d.operand, d.start = true, false
	}
}

// punct handles punctuation within a statement.
func (d *feed) punct(w string) {
	switch w {
	case "(":
		if !d.operand && d.control == 0 {
			if end, words := d.cast(); end > 0 {
				d.emit(tCast, words)
				d.at = end
				d.start = false
				return
			}
		}
		c := byte('(')
		if d.control != 0 {
			c = d.control
			d.control = 0
		}
		d.open = append(d.open, c)
		d.put(tMark, false)
		d.start = c == 'f'
	case "[":
		d.open = append(d.open, '[')
		d.put(tMark, false)
	case "{":
		d.open = append(d.open, 'l')
		if len(d.out) > 0 && d.out[len(d.out)-1].Type == tCast {
			d.emit(tMark, "<made>")
		} else {
			d.emit(tMark, "<list>")
		}
		d.at++
		d.operand, d.start = false, false
	case ")", "]", "}":
		was := d.top()
		if len(d.open) > 0 {
			d.open = d.open[:len(d.open)-1]
		}
		if was == 'k' {
			d.emit(tMark, ")")
		}
		d.put(tMark, was != '{')
		if was == 'c' || was == 'f' || was == '{' {
			d.operand, d.start = false, true
		}
	case ";":
		d.put(tMark, false)
		d.start = d.top() != 'f'
	case ",", ".", "->":
		d.put(tMark, false)
	case "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=":
		d.put(tAssign, false)
	case "++", "--":
		if d.operand {
			d.put(tPostfix, true)
		} else {
			d.put(tPrefix, false)
		}
	case "::":
		d.at++ // of the global namespace
	case "...":
		d.put(tLit, true)
	case "!", "~":
		d.put(tPrefix, false)
	case "*", "&", "+", "-", "&&":
		if d.operand {
			d.put(tBinary, false)
		} else {
			d.put(tPrefix, false)
		}
	case "#": // of a macro: what comes becomes a string
		d.at++
		if !d.afterString() {
			d.emit(tLit, `"#"`)
		}
		d.at++
		d.operand = true
	default:
		d.put(tBinary, false)
	}
}

// typeAt reads the words of a type at token i; sure is true where nothing else begins so.
func (d *feed) typeAt(i int) (end int, sure, ok bool) {
	t := text{src: d.f.src, toks: d.toks}
	for i < len(d.toks) {
		w := d.str(i)
		switch {
		case d.kind(i) != kIdent:
			return i, sure, ok
		case w == "auto":
			sure, ok = true, true
			i++
		case w == "struct" || w == "union" || w == "enum" || w == "class":
			if d.kind(i+1) != kIdent {
				return i, false, false
			}
			return d.qualified(i + 2), true, true
		case qualifiers[w]:
			sure = true
			i++
		case scalarWords[w] || w == "void":
			sure, ok = true, true
			i++
		case attributes[w]:
			if d.str(i+1) != "(" {
				return i, false, false
			}
			i = t.matchTo(i+1, len(d.toks))
		case ok || declWords[w]:
			return i, sure, ok
		default:
			for d.str(i+1) == "::" && d.kind(i+2) == kIdent {
				i += 2
			}
			if e, angles := t.anglesTo(i+1, len(d.toks)); angles && d.f.cpp {
				i = e - 1
				for d.str(i+1) == "::" && d.kind(i+2) == kIdent {
					i += 2
				}
			}
			ok = true
			i = d.qualified(i + 1)
		}
	}
	return i, sure, ok
}

func (d *feed) qualified(i int) int {
	for qualifiers[d.str(i)] {
		i++
	}
	return i
}

// declaration returns where the declarators begin of a declaration at i, 0 where there is none.
func (d *feed) declaration(i int) int {
	end, sure, ok := d.typeAt(i)
	if !ok || end == i {
		return 0
	}
	j := end
	for d.str(j) == "*" || d.str(j) == "&" || d.str(j) == "&&" || qualifiers[d.str(j)] {
		j++
	}
	if d.kind(j) != kIdent || declWords[d.str(j)] {
		if sure && d.str(j) == ";" {
			return j
		}
		return 0
	}
	switch next := d.str(j + 1); {
	case sure || j == end: // T x
		return end
	case next == "=" || next == ";" || next == "," || next == "[" || next == ":":
		return end
	}
	return 0
}

// cast returns where what follows a cast at hand begins, and the words of its type; 0 where
// the parenthesis is none.
func (d *feed) cast() (int, string) {
	end, sure, ok := d.typeAt(d.at + 1)
	if !ok {
		return 0, ""
	}
	j := end
	for d.str(j) == "*" || d.str(j) == "&" || d.str(j) == "&&" || qualifiers[d.str(j)] || d.str(j) == "[" && d.str(j+1) == "]" {
		if d.str(j) == "[" {
			j++
		}
		j++
	}
	if d.str(j) != ")" {
		if sure && d.str(j) == "(" && d.str(j+1) == "*" { // (int (*)(int))
			t := text{src: d.f.src, toks: d.toks}
			if close := t.matchTo(d.at, len(d.toks)); close > j {
				return close, strings.Join(t.phrase(d.at+1, close-1), " ")
			}
		}
		return 0, ""
	}
	next := d.str(j + 1)
	k := d.kind(j + 1)
	switch {
	case k == kEnd || next == ")" || next == "," || next == ";" || next == "]": // nothing to cast
		return 0, ""
	case sure || j > end:
	case k == kIdent || k == kLit || next == "!" || next == "~" || next == "{":
	case next == "(" || next == "*" || next == "&" || next == "-" || next == "+" || next == "--" || next == "++":
		if !d.f.isType(d.str(end - 1)) {
			return 0, ""
		}
	default:
		return 0, ""
	}
	t := text{src: d.f.src, toks: d.toks}
	return j + 1, strings.Join(t.phrase(d.at+1, j), " ")
}

// isType reports whether a name is a type in a file, for all that can be seen.
func (f *file) isType(name string) bool {
	if numbers[name] {
		return true
	}
	for _, g := range f.all() {
		if len(g.types[name]) > 0 || len(g.classes[name]) > 0 {
			return true
		}
	}
	return false
}
