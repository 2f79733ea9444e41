package c

// Variables of C as locks: not those of which each thread has its own, nor those that are now this lock and now that.

import "strings"

// behindMacro is the lock that a name stands for that is a macro: what its only body says, if that is a name again.
func (b *lockBody) behindMacro(n *node, a []word) (Lock, bool) {
	none := Lock{Param: -1}
	if len(a) != 1 || len(n.defs) != 1 || n.defs[0].macro == nil || n.defs[0].macro.takes || b.depth == 0 {
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
		for _, isl := range g.index.fields {
			named, own := false, false
			for _, k := range g.toks[isl.start:isl.end] {
				word := g.str(k)
				named = named || word == name
				own = own || eachTheirs(word) || k.kind == kIdent && word != name && b.meansTheirs(word)
			}
			if named && own {
				return true
			}
		}
	}
	return false
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
		for i := 0; i+2 < len(g.toks); i++ {
			if g.str(g.toks[i]) != name || g.str(g.toks[i+1]) != "=" || i > 0 && (g.str(g.toks[i-1]) == "." || g.str(g.toks[i-1]) == "->") {
				continue
			}
			switch value := g.str(g.toks[i+2]); {
			case value == "NULL", value == "nullptr", value == "0", value == "{", strings.Contains(value, "INIT"):
			default:
				assigned++
			}
		}
	}
	return assigned > 1
}
