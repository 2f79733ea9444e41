package c

// What may stand under a lock so that all of it is: nothing that leaves, or that takes or releases a lock itself.

import (
	"slices"
	"strings"
)

// leaving are words that end a function, or jump out of it.
var leaving = set("longjmp", "siglongjmp", "setjmp", "sigsetjmp", "Py_VISIT", "co_return", "co_await", "co_yield", "_Exit", "pthread_exit",
	"pthread_create", "thrd_create", "PyThread_start_new_thread", "jthread", "Py_AddPendingCall") // or have somebody else do something

// detaching are words that have the thread detach, which suspends critical sections.
var detaching = set("PyEval_SaveThread", "PyEval_ReleaseThread", "PyThreadState_Swap", "gil_scoped_release")

// detaches reports whether a word has the thread detach: also one of the macros that others make of Python's.
func detaches(word string) bool {
	return detaching[word] || strings.Contains(word, "ALLOW_THREADS") || strings.Contains(word, "UNBLOCK_THREADS") || strings.Contains(word, "BEGIN_THREADS")
}

// sections are the words of critical sections.
func sections(name string) bool {
	return strings.HasPrefix(name, "Py_BEGIN_CRITICAL") || strings.HasPrefix(name, "Py_END_CRITICAL") || strings.HasPrefix(name, "PyCriticalSection")
}

// quiet reports whether a statement stays under the locks: it leaves no function, but where that is free to, and
// takes and releases nothing.
func (b *lockBody) quiet(s []word, locks []Lock, free bool) bool {
	section := slices.ContainsFunc(locks, func(l Lock) bool { return l.Section })
	for i := 0; i < len(s); i++ {
		w := s[i]
		if w.kind != kIdent {
			if w.kind >= kIf {
				return false
			}
			continue
		}
		switch {
		case w.text == "return" || strings.HasPrefix(w.text, "Py_RETURN"):
			if !free {
				return false
			}
		case w.text == "goto":
			if i+1 >= len(s) || !free && !b.labels[s[i+1].text] {
				return false
			}
		case leaving[w.text] || sections(w.text) || section && detaches(w.text) || b.elsewhere(s, i) || b.classOfLocks(w.text):
			return false
		case b.reassigned(s, i, locks):
			return false
		case i+1 < len(s) && s[i+1].text == "(" && !(i > 0 && (s[i-1].text == "." || s[i-1].text == "->")):
			if end, ok := b.leavesEarly(s, i, locks); ok {
				i = end
				continue
			}
			if !b.calm(w.text, section, free) {
				return false
			}
		case i > 0 && (s[i-1].text == "." || s[i-1].text == "->") && i+1 < len(s) && s[i+1].text == "(" && (strings.Contains(w.text, "lock") || w.text == "wait"): // mutex.unlock()
			return false
		default:
			if n := b.find(w.text); n != nil && slices.ContainsFunc(n.defs, func(d *def) bool { return d.macro != nil && !d.macro.takes }) && !b.calmBody(n, section, free, map[*node]bool{}) {
				return false
			}
		}
	}
	return true
}

// reassigned reports whether at word i what leads to one of the locks is given something else, or to somebody who may.
func (b *lockBody) reassigned(s []word, i int, locks []Lock) bool {
	at := func(k int) string {
		if k < 0 || k >= len(s) {
			return ""
		}
		return s[k].text
	}
	name := s[i].text
	param, isParam := b.params[name]
	for _, l := range locks {
		root := isParam && l.Param == param || l.Param < 0 && l.Name == name
		member := l.Path != "" && slices.Contains(strings.Split(l.Path, "."), name) && (at(i-1) == "." || at(i-1) == "->")
		if !root && !member {
			continue
		}
		if l.Path != "" && root && (at(i-1) == "(" && overwriting[at(i-2)] || at(i+1) == "[" && at(closing(s, i+1)+1) == "=" || at(i-1) == "(" && at(i+1) == ")" && at(i+2) == "=") {
			return true // the lock as well
		}
		next := at(i + 1)
		if next == "=" || next == "++" || next == "--" || len(next) > 1 && strings.HasSuffix(next, "=") && next != "==" && next != "!=" && next != "<=" && next != ">=" {
			return true
		}
		if prev := at(i - 1); root && (prev == "++" || prev == "--" || prev == "&" && next != "->" && next != "." && next != "[" && binary(at(i-2))) {
			return true
		}
	}
	return false
}

// overwriting are functions that fill what they are given first.
var overwriting = set("memset", "memcpy", "memmove", "explicit_bzero", "bzero")

// elsewhere reports whether what follows may run in another thread: std::thread, std::async.
func (b *lockBody) elsewhere(s []word, i int) bool {
	return (s[i].text == "thread" || s[i].text == "async") && i > 1 && s[i-1].text == "::" && s[i-2].text == "std"
}

// classOfLocks reports whether a word is a class of C++ whose objects may take or release locks as they are made and
// destroyed.
func (b *lockBody) classOfLocks(name string) bool {
	for _, g := range b.home.all() {
		for _, isl := range g.index.classes[name] {
			toks := g.toks[isl.body+1 : max(isl.body+1, isl.end-1)]
			for i, k := range toks {
				if k.kind == kIdent && i+1 < len(toks) && g.str(toks[i+1]) == "(" && (strings.Contains(strings.ToLower(g.str(k)), "lock") || detaches(g.str(k))) {
					return true
				}
			}
		}
	}
	return false
}

// binary reports whether an & behind a word takes an address, and is no operator between two values.
func binary(before string) bool {
	return before == "" || strings.ContainsAny(before[len(before)-1:], "(,=;{}&|!?:<>+-*/%^") || before == "return"
}

// leavesEarly reports whether the call at word i releases what is held, and a return follows that looks at nothing
// but the function's own; end is the last word of that.
func (b *lockBody) leavesEarly(s []word, i int, locks []Lock) (end int, ok bool) {
	if !b.early {
		return 0, false
	}
	close := closing(s, i+1)
	if close+2 >= len(s) || s[close+1].text != ";" || s[close+2].text != "return" {
		return 0, false
	}
	freed, take, known := b.called(s[i].text, arguments(s[i+2:close]))
	if !known || take || !sameSet(freed, locks) {
		return 0, false
	}
	for end = close + 2; end < len(s) && s[end].text != ";"; end++ {
	}
	return end, end < len(s) && b.returns(s[close+2:end+1])
}

// calm reports whether a call leaves locks alone, and what calls it where it is.
func (b *lockBody) calm(name string, section, free bool) bool {
	if _, known := b.lib.opts.Locks(name); known {
		return false
	}
	n := b.find(name)
	if n == nil { // it may be a macro, which returns
		return !speaks(name) && (!loud(name) || strings.HasPrefix(name, "Py") || strings.HasPrefix(name, "__"))
	}
	return b.calmBody(n, section, free, map[*node]bool{})
}

// speaks reports whether a name speaks of locks.
func speaks(name string) bool {
	lower := strings.ToLower(name)
	return strings.Contains(lower, "lock") || strings.Contains(lower, "mutex")
}

// calmBody is calm for what a name stands for, and all that this calls.
func (b *lockBody) calmBody(n *node, section, free bool, seen map[*node]bool) bool {
	if seen[n] {
		return true
	}
	if len(seen) > 64 {
		return false
	}
	seen[n] = true
	k := b.of(n)
	paired := len(k.Takes) > 0 && len(k.Takes) == len(k.Releases) // what it takes it releases
	if paired && !section {
		return true
	}
	if !n.hasBody() && speaks(n.name) && !slices.ContainsFunc(n.defs, func(d *def) bool { return d.macro != nil }) {
		return false
	}
	for _, d := range n.defs {
		if d.macro == nil && d.isl.body < 0 {
			continue
		}
		toks := d.tokens()
		for i, k := range toks {
			if k.kind != kIdent {
				continue
			}
			name := d.file.str(k)
			if d.macro != nil && !free && (name == "return" || name == "goto" || strings.HasPrefix(name, "Py_RETURN")) || leaving[name] || sections(name) || section && detaches(name) {
				return false
			}
			if _, known := b.lib.opts.Locks(name); known {
				if paired { // a thread that waits for it has its section again when it goes on
					continue
				}
				return false
			}
			if i+1 < len(toks) && d.file.str(toks[i+1]) == "(" {
				if m := b.find(name); m != nil && m != n && !b.calmBody(m, section, free || d.macro == nil, seen) {
					return false
				}
			}
		}
	}
	return true
}

// find looks a name up that the function knows.
func (b *lockBody) find(name string) *node {
	if n := b.lib.lookup(b.home, name); n != nil {
		return n
	}
	if b.d.home != b.home {
		return b.lib.lookup(b.d.home, name)
	}
	return nil
}
