package c

// Bodies as words and statements, for who looks through them for locks: as the compiler of a free-threaded
// interpreter sees them.

import (
	"slices"
	"strings"
)

// tokens are those of a body or a macro.
func (d *def) tokens() []token {
	if d.macro != nil {
		return d.macro.toks
	}
	return d.file.toks[d.isl.body+1 : max(d.isl.body+1, d.isl.end-1)]
}

// words are the tokens of a body, without what only interpreters with a GIL compile; false where other conditions
// stand in it.
func (d *def) words() ([]word, bool) {
	toks := d.tokens()
	out := make([]word, 0, len(toks)+1)
	skip, depth := false, 0
	for _, k := range toks {
		switch k.kind {
		case kIf:
			gil, ok := d.file.asksForGIL(k.pos)
			if !ok || depth > 0 {
				return nil, false
			}
			depth, skip = 1, gil
		case kElse:
			if !d.file.plainElse(k.pos) {
				return nil, false
			}
			skip = !skip
		case kEndif:
			depth, skip = 0, false
		default:
			if !skip {
				out = append(out, word{k.kind, d.file.str(k)})
			}
		}
	}
	if d.macro != nil {
		if n := len(out); n > 6 && out[0].text == "do" && out[1].text == "{" && out[n-1].text == ")" && out[n-2].text == "0" && out[n-4].text == "while" && out[n-5].text == "}" {
			out = out[2 : n-5]
		}
		for n := len(out); n > 2 && out[0].text == "(" && closing(out, 0) == n-1; n = len(out) {
			out = out[1 : n-1]
		}
		if n := len(out); n > 0 && out[n-1].text != ";" {
			out = append(out, word{kPunct, ";"})
		}
	}
	return out, true
}

// line of source from a position on.
func (t *text) directiveAt(pos int32) string {
	rest := t.src[pos:]
	for i, c := range rest {
		if c == '\n' {
			rest = rest[:i]
			break
		}
	}
	return strings.Join(strings.Fields(strings.TrimPrefix(string(rest), "#")), " ")
}

// asksForGIL tells of a condition whether it is true only where the interpreter has a GIL, or only where it
// has none; false of other conditions.
func (t *text) asksForGIL(pos int32) (gil, ok bool) {
	switch t.directiveAt(pos) {
	case "ifdef Py_GIL_DISABLED", "if defined(Py_GIL_DISABLED)", "if defined Py_GIL_DISABLED", "if Py_GIL_DISABLED":
		return false, true
	case "ifndef Py_GIL_DISABLED", "if !defined(Py_GIL_DISABLED)", "if !defined Py_GIL_DISABLED", "if !Py_GIL_DISABLED":
		return true, true
	}
	return false, false
}

func (t *text) plainElse(pos int32) bool { return strings.HasPrefix(t.directiveAt(pos), "else") }

// onlyWithGIL reports whether a declaration is compiled only where the interpreter has a GIL.
func (d *def) onlyWithGIL() bool {
	// It is what the last directive before it left.
	list := d.file.conditions()
	n, _ := slices.BinarySearchFunc(list, int32(d.at()), func(c condition, at int32) int {
		if c.pos <= at {
			return -1
		}
		return 1
	})
	return n > 0 && list[n-1].gil
}

// condition is a directive with conditions, and whether what follows is compiled only where the interpreter has a GIL.
type condition struct {
	pos int32
	gil bool
}

// conditions are those of a file, in order.
func (t *text) conditions() []condition {
	if t.asked {
		return t.gils
	}
	t.asked = true
	type branch struct{ gil, ok bool }
	var open []branch
	for _, k := range t.toks {
		switch n := len(open); k.kind {
		case kIf:
			gil, ok := t.asksForGIL(k.pos)
			open = append(open, branch{gil, ok})
		case kElse:
			if n > 0 {
				open[n-1].gil = !open[n-1].gil
				open[n-1].ok = open[n-1].ok && t.plainElse(k.pos)
			}
		case kEndif:
			if n > 0 {
				open = open[:n-1]
			}
		default:
			continue
		}
		t.gils = append(t.gils, condition{k.pos, slices.ContainsFunc(open, func(o branch) bool { return o.ok && o.gil })})
	}
	return t.gils
}

// statements are those of a body, each with the blocks in it.
func statements(words []word) [][]word {
	var out [][]word
	for start := 0; start < len(words); {
		end := statement(words, start)
		out = append(out, words[start:end])
		start = end
	}
	return out
}

// statement is where one ends that begins at word i.
func statement(words []word, i int) int {
	start := i
	if words[i].kind == kIdent && sections(words[i].text) && i+1 < len(words) && words[i+1].text == "(" { // which has its own braces
		i = closing(words, i+1) + 1
		if i < len(words) && words[i].text == ";" {
			i++
		}
		return min(i, len(words))
	}
	value := false
	for i < len(words) {
		switch words[i].text {
		case ";":
			return i + 1
		case "=":
			value = true
			i++
		case "(", "[":
			i = closing(words, i) + 1
		case "{":
			i = closing(words, i) + 1
			if value || i < len(words) && (words[i].text == ";" || words[i].text == "while" && words[start].text == "do") {
				continue
			}
			if i < len(words) && (words[i].text == "else" || words[i].text == "catch") {
				continue
			}
			return min(i, len(words))
		default:
			i++
		}
	}
	return len(words)
}

// closing is the bracket that closes the one at word i, the last word where none does.
func closing(words []word, i int) int {
	depth := 0
	for ; i < len(words); i++ {
		switch words[i].text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(words) - 1
}

// arguments are what commas separate.
func arguments(words []word) [][]word {
	var out [][]word
	start := 0
	for i := 0; i < len(words); i++ {
		switch words[i].text {
		case "(", "[", "{":
			i = closing(words, i)
		case ",":
			out = append(out, words[start:i])
			start = i + 1
		}
	}
	if start < len(words) {
		out = append(out, words[start:])
	}
	return out
}
