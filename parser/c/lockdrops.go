package c

// Locks that a function may release for its caller though its body is not understood. To know of no lock is on the
// safe side for who takes one, and not for who lets one go: the caller would count as holding it.

import (
	"slices"
	"strings"
)

// Unknown reports whether it is not clear which lock it is.
func (k Lock) Unknown() bool { return k.Param < 0 && k.Name == "" }

// drops is what the declarations of a name may release that they have not taken.
func (l lockers) drops(n *node) []Lock {
	var out []Lock
	for _, d := range n.defs {
		if d.macro == nil && d.isl.body < 0 || d.onlyWithGIL() {
			continue
		}
		for _, k := range l.bodyOf(d).dropped() {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// dropped is what one body may release: each lock with a release in front of which, in the text, it is not taken.
func (b *lockBody) dropped() []Lock {
	toks := b.d.tokens()
	words := make([]word, 0, len(toks))
	for _, k := range toks {
		if k.kind < kIf {
			words = append(words, word{k.kind, b.d.file.str(k)})
		}
	}
	for _, s := range statements(words) { // T *s = (T *) p;
		b.declares(s)
	}
	var out []Lock
	taken := map[string]bool{}
	drop := func(lock Lock, ok bool, text string) {
		lock = Lock{Param: lock.Param, Name: lock.Name, Path: lock.Path, Section: lock.Section}
		if !ok {
			lock = Lock{Param: -1}
		}
		if !taken[text] && !slices.Contains(out, lock) {
			out = append(out, lock)
		}
	}
	for i := 0; i+1 < len(words); i++ {
		if words[i].kind != kIdent || words[i+1].text != "(" || i > 0 && (words[i-1].text == "." || words[i-1].text == "->") {
			continue
		}
		name, args := words[i].text, arguments(words[i+2:closing(words, i+1)])
		if k, known := b.lib.opts.Locks(name); known {
			if len(args) == 0 {
				continue
			}
			text := joined(args[0])
			lock, ok := b.lock(args[0])
			if ok {
				text = b.key(lock)
			}
			if k.Take {
				taken[text] = true
			} else {
				drop(lock, ok, text)
			}
			continue
		}
		n := b.find(name)
		if n == nil || sections(name) {
			continue
		}
		k := b.of(n)
		for _, t := range k.Takes {
			if lock, ok := b.through(t, args); ok {
				taken[b.key(lock)] = true
			}
		}
		if len(k.Takes) > 0 {
			continue
		}
		for _, r := range append(slices.Clone(k.Releases), k.Drops...) {
			if lock, ok := b.through(r, args); ok && !r.Unknown() { // whose else that may be is its own concern
				drop(lock, true, b.key(lock))
			}
		}
	}
	return out
}

// key tells locks apart that functions are called to take and release.
func (b *lockBody) key(k Lock) string {
	return k.Name + "\x00" + k.Path + "\x00" + string(rune('0'+k.Param+1))
}

// joined is the text of words.
func joined(words []word) string {
	var out strings.Builder
	for _, w := range words {
		out.WriteString(w.text)
	}
	return out.String()
}

// through is a lock of a function that is called with arguments, as its caller knows it.
func (b *lockBody) through(l Lock, args [][]word) (Lock, bool) {
	if l.Param < 0 {
		return l, true
	}
	if l.Param >= len(args) {
		return l, false
	}
	at, ok := b.lock(args[l.Param])
	if !ok {
		return l, false
	}
	at.Section, at.Shared, at.Native = l.Section, l.Shared, l.Native
	at.Path = strings.Trim(at.Path+"."+l.Path, ".")
	return at, true
}

// touches reports whether the bodies of a name, or of what they call, take or release locks at all.
func (l lockers) touches(n *node) bool {
	if l.lib.untouched[n] {
		return false
	}
	seen := map[*node]bool{n: true}
	for next := []*node{n}; len(next) > 0; next = next[1:] {
		says := l.says(next[0])
		if says.locks {
			return true
		}
		for _, m := range says.names {
			if !seen[m] && !l.lib.untouched[m] {
				seen[m] = true
				next = append(next, m)
			}
		}
	}
	if l.lib.untouched == nil {
		l.lib.untouched = map[*node]bool{}
	}
	for m := range seen {
		l.lib.untouched[m] = true
	}
	return false
}

// said is what the bodies of a name say: whether a word of it takes or releases locks, and if not, which names
// stand in them.
type said struct {
	locks bool
	names []*node
}

func (l lockers) says(n *node) *said {
	key := lockKey{n, l.home}
	out := l.lib.said[key]
	if out != nil {
		return out
	}
	out = &said{}
	if l.lib.said == nil {
		l.lib.said = map[lockKey]*said{}
	}
	l.lib.said[key] = out
	for _, d := range n.defs {
		if d.macro == nil && d.isl.body < 0 {
			continue
		}
		seen := map[string]bool{}
		for _, k := range d.tokens() {
			if k.kind != kIdent || seen[string(d.file.src[k.pos:k.end])] {
				continue
			}
			name := d.file.str(k)
			seen[name] = true
			if _, known := l.lib.opts.Locks(name); known || sections(name) || guards[name] {
				out.locks, out.names = true, nil
				return out
			}
			m := l.lib.lookup(l.home, name)
			if m == nil && d.home != l.home {
				m = l.lib.lookup(d.home, name)
			}
			if m != nil && m != n {
				out.names = append(out.names, m)
			}
		}
	}
	return out
}
