package c

// Variables of C as locks: not those of which each thread has its own, nor those that are now this lock and now that.

import "strings"

// behindMacro is the lock that a name stands for that is a macro: what its only body says, if that is a name again.
func (b *lockBody) behindMacro(n *node, a []word) (Lock, bool) {
	none := Lock{Param: -1}
	if len(a) != 1 || len(n.defs) != 1 || n.defs[0].macro == nil || n.defs[0].macro.takes {
		return none, false
	}
	if b.depth == 0 {
		b.cut.deep = true
		return none, false
	}
	words, ok := n.defs[0].words()
	if !ok || len(words) < 2 {
		return none, false
	}
	in := *b
	in.depth--
	return in.lock(words[:len(words)-1]) // without the semicolon
}

// eachTheirs are the words, and parts of words, by which a thread gets a variable of its own.
func eachTheirs(word string) bool {
	return strings.HasPrefix(word, "__thread") || strings.Contains(strings.ToLower(word), "thread_local") || word == "thread"
}

// ofThread reports whether each thread has a variable of its own.
func (b *lockBody) ofThread(name string) bool {
	for _, g := range b.home.all() {
		for _, at := range g.index.fieldsWith(g.text, name) {
			isl := g.index.fields[at]
			for _, k := range g.toks[isl.start:isl.end] {
				word := g.str(k)
				if eachTheirs(word) || k.kind == kIdent && word != name && b.meansTheirs(word) {
					return true
				}
			}
		}
	}
	return false
}

// fieldsWith are the numbers of the declarations in which a name stands.
func (x *index) fieldsWith(t *text, name string) []int32 {
	if x.worded == nil {
		x.worded = map[string][]int32{}
		for at, isl := range x.fields {
			for _, k := range t.toks[isl.start:isl.end] {
				if k.kind != kIdent {
					continue
				}
				word := t.str(k)
				if list := x.worded[word]; len(list) == 0 || list[len(list)-1] != int32(at) {
					x.worded[word] = append(list, int32(at))
				}
			}
		}
	}
	return x.worded[name]
}

// meansTheirs reports whether a word is a macro that gives each thread its own.
func (b *lockBody) meansTheirs(word string) bool {
	n := b.find(word)
	if n == nil {
		return false
	}
	for _, d := range n.defs {
		if d.macro == nil {
			continue
		}
		for _, k := range d.tokens() {
			if eachTheirs(d.file.str(k)) {
				return true
			}
		}
	}
	return false
}

// varies reports whether a variable is assigned to in several places, or again where it was declared with a value.
func (b *lockBody) varies(name string) bool {
	assigned := 0
	for _, g := range b.home.all() {
		assigned += g.assignments()[name]
	}
	return assigned > 1
}

// assignments counts by name how often what is no member gets a value, other than none.
func (t *text) assignments() map[string]int {
	if t.assigned != nil {
		return t.assigned
	}
	t.assigned = map[string]int{}
	for i := 0; i+2 < len(t.toks); i++ {
		if t.toks[i].kind != kIdent || !t.is(i+1, "=") || t.is(i-1, ".") || t.is(i-1, "->") {
			continue
		}
		switch value := t.str(t.toks[i+2]); {
		case value == "NULL", value == "nullptr", value == "0", value == "{", strings.Contains(value, "INIT"):
		default:
			t.assigned[t.str(t.toks[i])]++
		}
	}
	return t.assigned
}
