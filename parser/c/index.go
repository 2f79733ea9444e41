package c

// Where in a file what is declared: islands, found by brackets and semicolons alone.

import "strings"

// island is one declaration: tokens from start to end, without the latter.
type island struct {
	start, end int
	name       int // the token that names it
	params     int // of a function: the "("
	body       int // the "{", or -1
	keyword    string
}

// index is what a file, or the body of a class, declares.
type index struct {
	funcs   map[string][]island
	types   map[string][]island // typedef and using, by the name that they give
	classes map[string][]island // with bodies: struct, union, class
	macros  map[string][]int    // into text.macros
	fields  []island            // declarations with a semicolon that are none of these
	typed   map[string]ctype    // what the fields are, once somebody has asked
	named   map[string]bool     // what stands in the declarations, once somebody has asked
	worded  map[string][]int32  // in which of the fields a name stands, once somebody has asked
	holds   []string            // the classes of which objects are in it, once somebody has asked
	cpp     bool                // something is C++
	file    *file               // of the body of a class
}

func newIndex(t *text) *index {
	x := &index{macros: map[string][]int{}}
	for i, m := range t.macros {
		x.macros[m.name] = append(x.macros[m.name], i)
	}
	x.scan(t, 0, len(t.toks))
	return x
}

// scan finds the declarations between two tokens.
func (x *index) scan(t *text, from, to int) {
	x.funcs, x.types, x.classes = map[string][]island{}, map[string][]island{}, map[string][]island{}
	s := scanner{text: t, to: to, x: x}
	for i := from; i < to; {
		i = max(i+1, s.declaration(i))
	}
}

// maxNames are as many as a typedef may give; of more nothing is known.
const maxNames = 256

type scanner struct {
	*text
	to int
	x  *index
}

// attributes take something in parentheses, and are no functions.
var attributes = map[string]bool{
	"__attribute__": true, "__attribute": true, "__declspec": true, "alignas": true, "_Alignas": true, "__asm__": true, "asm": true, "__asm": true,
	"decltype": true, "throw": true, "noexcept": true, "static_assert": true, "_Static_assert": true, "explicit": true, "requires": true, "__nonnull": true,
	"__typeof__": true, "typeof": true, "_Pragma": true, "__pragma": true,
}

// trailers may stand behind the parameters of a function.
var trailers = map[string]bool{"const": true, "volatile": true, "noexcept": true, "override": true, "final": true, "throw": true, "mutable": true, "requires": true}

// loud reports whether a name is spelled as those of macros are.
func loud(s string) bool {
	return strings.HasPrefix(s, "__") || strings.ToUpper(s) == s && strings.ToLower(s) != s && len(s) > 1
}

// declaration reads the one at token i and returns where it ends.
func (s *scanner) declaration(start int) int {
	for start < s.to && (s.toks[start].kind >= kIf || s.is(start, ";") || s.is(start, "}")) {
		start++
	}
	x := s.x
	isl := island{start: start, name: -1, params: -1, body: -1}
	kw := -1                 // the last of struct, union, class, enum
	angled := [2]int{-1, -1} // a name before <…>, and what stands behind that
	for i := start; i < s.to; {
		k := s.toks[i]
		if k.kind >= kIf {
			i++
			continue
		}
		switch word := s.str(k); {
		case word == "template":
			x.cpp = true
			i = s.angles(i + 1)
		case word == "operator":
			x.cpp = true
			name := i
			i++
			for i < s.to && !s.is(i, "(") && !s.is(i, ";") {
				i++
			}
			if s.is(i, "(") && s.is(i+1, ")") && s.is(i+2, "(") {
				i += 2
			}
			if s.is(i, "(") {
				return s.function(isl, name, i)
			}
		case word == "namespace":
			x.cpp = true
			for i < s.to && !s.is(i, "{") && !s.is(i, ";") {
				i++
			}
			return i + 1
		case word == "extern" && i+2 < s.to && s.toks[i+1].kind == kLit && s.is(i+2, "{"):
			return i + 3
		case word == "public" || word == "private" || word == "protected":
			x.cpp = true
			if s.is(i+1, ":") {
				return i + 2
			}
			i++ // of a base
		case word == "typedef" || word == "using":
			isl.keyword = word
			return s.typedef(isl)
		case word == "struct" || word == "union" || word == "class" || word == "enum":
			if word == "class" {
				x.cpp = true
			}
			kw = i
			i++
		case word == "{":
			end := s.match(i)
			if kw < 0 { // of something that was not understood
				return end
			}
			if !s.is(kw, "enum") {
				c := isl
				c.body, c.keyword, c.end, c.start = i, s.str(s.toks[kw]), end, kw
				c.name = s.className(kw+1, i)
				if c.name >= 0 {
					n := s.str(s.toks[c.name])
					x.classes[n] = append(x.classes[n], c)
				} else { // its members are those of what is round it
					c.name = kw
					x.fields = append(x.fields, c)
				}
			}
			kw = -1
			i = end
		case word == "=":
			isl.end = s.semicolon(i)
			x.fields = append(x.fields, isl)
			return isl.end
		case word == ";":
			if i > start {
				isl.end = i + 1
				x.fields = append(x.fields, isl)
			}
			return i + 1
		case word == "(" && angled[1] == i: // a template for some types
			return s.function(isl, angled[0], i)
		case word == "[" || word == "(" && !s.named(i):
			i = s.match(i)
		case word == "(":
			n := s.str(s.toks[i-1])
			end := s.match(i)
			if attributes[n] || s.another(end) {
				i = end
				continue
			}
			return s.function(isl, i-1, i)
		case word == "<" && i > start && s.toks[i-1].kind == kIdent:
			name := i - 1
			i = s.angles(i)
			angled = [2]int{name, i}
		default:
			i++
		}
	}
	return s.to
}

// named reports whether what stands before a parenthesis may be a function's name.
func (s *scanner) named(paren int) bool {
	return paren > 0 && s.toks[paren-1].kind == kIdent && !declWords[s.str(s.toks[paren-1])]
}

// another reports whether behind a macro's parentheses, which end at i, the declaration goes
// on with its name: EXPORT(int) f(int).
func (s *scanner) another(i int) bool {
	for ; i < s.to; i++ {
		switch k := s.toks[i]; {
		case k.kind >= kIf:
			continue
		case k.kind == kIdent:
			n := s.str(k)
			if s.is(i+1, "(") {
				return !trailers[n] && !attributes[n] && !loud(n)
			}
			if trailers[n] || loud(n) && !s.ident(i+1) {
				continue
			}
			return !trailers[n] && (s.ident(i+1) || s.is(i+1, "*") || s.is(i+1, "&"))
		case s.is(i, "*"):
			return true
		}
		return false
	}
	return false
}

func (s *scanner) ident(i int) bool { return i < s.to && s.toks[i].kind == kIdent }

// function notes the one whose parameters begin at paren, and returns where it ends.
func (s *scanner) function(isl island, name, paren int) int {
	isl.name, isl.params = name, paren
	x := s.x
	i := s.match(paren)
	inits := false
loop:
	for i < s.to {
		switch {
		case s.is(i, ";"):
			i++
			break loop
		case s.is(i, ",") && !inits: // another declarator
			i = s.semicolon(i)
			break loop
		case s.is(i, "="): // = 0, = default, or a variable with a constructor's arguments
			i = s.semicolon(i)
			break loop
		case s.is(i, ":"):
			inits = true
			i++
		case s.is(i, "{"):
			if inits && (s.toks[i-1].kind == kIdent || s.is(i-1, ">")) { // a{b} of a constructor
				i = s.match(i)
				continue
			}
			isl.body = i
			i = s.match(i)
			break loop
		case s.is(i, "(") || s.is(i, "["):
			i = s.match(i)
		case s.is(i, "}"):
			break loop
		default:
			i++
		}
	}
	isl.end = i
	n := s.str(s.toks[name])
	for j := name + 1; n == "operator" && j < paren || j > name+1 && j < paren; j++ { // operator+=
		n += s.str(s.toks[j])
	}
	if name >= 1 && s.is(name-1, "~") { // a destructor
		n = "~" + n
		name--
	}
	if name >= 2 && s.is(name-1, "::") && s.ident(name-2) { // of a class, or of a namespace
		n = s.str(s.toks[name-2]) + "::" + n
	}
	x.funcs[n] = append(x.funcs[n], isl)
	return i
}

// typedef notes all names that one gives.
func (s *scanner) typedef(isl island) int {
	x := s.x
	if isl.keyword == "using" {
		x.cpp = true
		isl.end = s.semicolon(isl.start)
		if s.is(isl.start+2, "=") {
			isl.name = isl.start + 1
			n := s.str(s.toks[isl.name])
			x.types[n] = append(x.types[n], isl)
		}
		return isl.end
	}
	var names []int // as many as somebody may have written
	kw := -1
	i := isl.start + 1
	for i < s.to && !s.is(i, ";") {
		switch k := s.toks[i]; {
		case k.kind == kIdent:
			switch w := s.str(k); w {
			case "struct", "union", "class", "enum":
				kw = i
			default:
				if attributes[w] && s.is(i+1, "(") {
					i = s.match(i + 1)
					continue
				}
				if len(names) < maxNames && (s.is(i+1, ";") || s.is(i+1, ",") || s.is(i+1, "[") || s.is(i+1, "(") && !s.is(i-1, "(")) {
					names = append(names, i)
				}
			}
			i++
		case s.is(i, "{"):
			end := s.match(i)
			if kw >= 0 && !s.is(kw, "enum") {
				c := isl
				c.start, c.body, c.end, c.keyword = kw, i, end, s.str(s.toks[kw])
				if c.name = s.className(kw+1, i); c.name >= 0 {
					n := s.str(s.toks[c.name])
					x.classes[n] = append(x.classes[n], c)
				}
			}
			i = end
		case s.is(i, "("):
			if s.is(i+1, "*") && s.ident(i+2) { // a pointer to a function
				names = append(names, i+2)
			}
			i = s.match(i)
		case s.is(i, "["):
			i = s.match(i)
		case s.is(i, "<"):
			i = s.angles(i)
		case s.is(i, "}"):
			return i
		default:
			i++
		}
	}
	isl.end = min(i+1, s.to)
	for _, n := range names {
		isl.name = n
		name := s.str(s.toks[n])
		x.types[name] = append(x.types[name], isl)
	}
	return isl.end
}

// className returns the token that names the class whose head stands between two tokens,
// -1 where it has none.
func (s *scanner) className(from, brace int) int {
	name := -1
	for i := from; i < brace; i++ {
		switch {
		case s.is(i, ":"):
			return name
		case s.is(i, "("):
			i = s.match(i) - 1
		case s.is(i, "<"):
			i = s.angles(i) - 1
		case s.toks[i].kind == kIdent && !s.is(i, "final") && !(attributes[s.str(s.toks[i])]):
			name = i
		}
	}
	return name
}

// semicolon returns the token behind the one that ends a declaration.
func (s *scanner) semicolon(i int) int {
	for i < s.to {
		switch {
		case s.is(i, ";"):
			return i + 1
		case s.is(i, "(") || s.is(i, "[") || s.is(i, "{"):
			i = s.match(i)
		case s.is(i, "}"):
			return i
		default:
			i++
		}
	}
	return s.to
}

// match returns the token behind the bracket that closes the one at i. Of branches of #if
// each begins as deep as the first did.
func (s *scanner) match(i int) int { return s.matchTo(i, s.to) }

func (t *text) matchTo(i, to int) int {
	depth := 0
	var ifs []int
	for ; i < to; i++ {
		switch k := t.toks[i]; k.kind {
		case kIf:
			ifs = append(ifs, depth)
		case kElse:
			if n := len(ifs); n > 0 {
				depth = ifs[n-1]
			} else { // the bracket is that of a branch: what is instead of it is passed
				i = t.endif(i, to)
			}
		case kEndif:
			if n := len(ifs); n > 0 {
				ifs = ifs[:n-1]
			}
		case kPunct:
			switch t.src[k.pos] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				if depth--; depth <= 0 {
					return i + 1
				}
			}
		}
	}
	return to
}

// endif returns the #endif that belongs to the #else at i.
func (t *text) endif(i, to int) int {
	for deep := 0; i < to; i++ {
		switch t.toks[i].kind {
		case kIf:
			deep++
		case kEndif:
			if deep == 0 {
				return i
			}
			deep--
		}
	}
	return to
}

// angles returns the token behind the ">" that closes the "<" at i, i + 1 where there is none
// near.
func (s *scanner) angles(i int) int {
	if end, ok := s.anglesTo(i, s.to); ok {
		return end
	}
	return i + 1
}

// closes reports whether there is an angle that closes between two tokens. Who asks for one after the
// other has each token looked at once.
func (t *text) closes(i, to int) bool {
	if i < t.open[0] || i > t.open[1] {
		t.open = [2]int{i, i}
	}
	for t.open[1] < to && !t.is(t.open[1], ">") && !t.is(t.open[1], ">>") {
		t.open[1]++
	}
	return t.open[1] < to
}

func (t *text) anglesTo(i, to int) (int, bool) {
	if !t.is(i, "<") {
		return i, false
	}
	depth := 0
	if to = min(to, i+512); !t.closes(i, to) {
		return i, false
	}
	for j := i; j < to; j++ {
		switch {
		case t.is(j, "<"):
			depth++
		case t.is(j, ">"):
			depth--
		case t.is(j, ">>"):
			depth -= 2
		case t.is(j, "("):
			j = t.matchTo(j, to) - 1
		case t.is(j, ";") || t.is(j, "{") || t.is(j, "}"):
			return i, false
		}
		if depth <= 0 {
			return j + 1, true
		}
	}
	return i, false
}
