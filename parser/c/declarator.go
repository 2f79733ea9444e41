package c

// Declarators with parentheses: pointers to arrays, to functions, to members. C reads them from the
// inside, and a phrase has them in the order of the types that they are of: int (*a)[3], a pointer to
// an array, is "int [] * a".

import "strings"

// maxDeclarators are as many as stand in each other; of more, nothing is known.
const maxDeclarators = 8

// declarator reports whether the parenthesis at token i, which ends at end, is round a part of a
// declarator, and not round parameters.
func (t *text) declarator(i, end, to int) bool {
	j := i + 1
	for j < end && (t.toks[j].kind == kIdent || t.is(j, "::")) { // a calling convention, or a class
		j++
	}
	behind := end < to && (t.is(end, "[") || t.is(end, "("))
	switch {
	case t.is(j, "*") || t.is(j, "&") || t.is(j, "&&") || t.is(j, "^"):
		return j == i+1 || behind
	case j == i+2 && j == end-1: // one name
		return end < to && t.is(end, "[") || i > 0 && (t.is(i-1, "*") || t.is(i-1, "&"))
	}
	return false
}

// within is the words of the parenthesis at token i and of what belongs to it, and where the next
// begins.
func (t *text) within(i, to, depth int) (string, int) {
	end := t.matchTo(i, to)
	if depth >= maxDeclarators || !t.declarator(i, end, to) {
		return "()", end
	}
	var words []string
	next := end
	for next < to && (t.is(next, "[") || t.is(next, "(")) {
		if t.is(next, "[") {
			words = append(words, "[]")
		} else {
			words = append(words, "()")
		}
		next = t.matchTo(next, to)
	}
	for j := i + 1; j < end-1; {
		var w string
		if w, j = t.wordIn(j, end-1, depth+1); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " "), next
}
