package c

// Locks that functions and macros take and release: which they take before they do anything else, and which they
// release when all is done. Only bodies are understood of which that is plain: nothing comes before the locks but
// declarations, nothing after them but a return, and nothing in between takes, releases or leaves. Of anything else
// no lock is known, which has to count as none.

import (
	"slices"
	"strings"
)

// Lock is a lock as a function of C knows it.
type Lock struct {
	Param   int    // the parameter that leads to it; -1 for a variable
	Name    string // of the variable
	Path    string // the members by which it is reached from there: "mutex", "in.mutex"
	Section bool   // a critical section of an object
	Shared  bool   // others may hold it in the same way
	Native  bool   // a thread that waits for it stays attached
}

// Locking is what a function does to locks: all else that it does lies between taking them and releasing them.
type Locking struct {
	Takes, Releases []Lock
	// Drops is what a function of which nothing else is known may release that it has not taken; a lock that is
	// Unknown is among them where it is not clear which one.
	Drops []Lock
	bare  bool // it does nothing else
}

// LockCall is what a function that is known does to the lock that it is given first.
type LockCall struct {
	Take, Shared, Native bool
	Tries                bool // it may come back without it
}

// Locking returns what the function or macro called name does to locks.
func (h Header) Locking(name string) Locking {
	l := h.lib
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opts.Locks == nil {
		return Locking{}
	}
	n := l.lookup(h.f, name)
	if n == nil {
		return Locking{}
	}
	bodies := maxBodies
	return lockers{l, h.f, maxLockers, &bodies, new(cut)}.of(l.behind(h.f, n, 0))
}

// locks reports whether a function that no file has takes or releases a lock, and does nothing else to what it is given.
func (l *Library) locks(name string) bool {
	if l.opts.Locks == nil {
		return false
	}
	_, known := l.opts.Locks(name)
	return known || sections(name)
}

// maxLockers is how deep functions that lock may call each other.
const maxLockers = 8

// maxBodies is how many bodies are looked through for one function.
const maxBodies = 256

// lockers looks through bodies for locks.
type lockers struct {
	lib   *Library
	home  *file // in which names are looked up
	depth int
	left  *int // bodies that may still be looked through
	cut   *cut
}

// cut is what was not looked through.
type cut struct {
	deep bool // what is called by too many in a row
	many bool // one body too many
}

// lockKey is what is asked of a name, by who knows it as the names of a file.
type lockKey struct {
	n    *node
	home *file
}

// lockQuestion is that where so many may call each the next; 0 where it does not matter how many.
type lockQuestion struct {
	lockKey
	depth int
}

// lockAnswer is what was found where so many bodies might be looked through, each calling the next. Who has more of
// them finds the same.
type lockAnswer struct {
	is            Locking
	depth, bodies int
}

// of is what all declarations of a name agree on.
func (l lockers) of(n *node) Locking {
	if n == nil || n.many {
		return Locking{}
	}
	if l.depth == 0 {
		l.cut.deep = true
		return Locking{}
	}
	key := lockKey{n, l.home}
	a, ok := l.lib.lockings[lockQuestion{key, 0}]
	if !ok || l.depth < a.depth {
		if a, ok = l.lib.lockings[lockQuestion{key, l.depth}]; ok {
			l.cut.deep = true
		}
	}
	if ok && *l.left >= a.bodies {
		*l.left -= a.bodies // as if they had been looked through again: what comes of that depends on no other question
		return a.is
	}
	left, outer := *l.left, *l.cut
	*l.cut = cut{}
	out := l.look(n)
	if !l.cut.many {
		if l.lib.lockings == nil {
			l.lib.lockings = map[lockQuestion]lockAnswer{}
		}
		q := lockQuestion{lockKey: key}
		if l.cut.deep {
			q.depth = l.depth
		}
		l.lib.lockings[q] = lockAnswer{out, l.depth, left - *l.left}
	}
	l.cut.deep, l.cut.many = l.cut.deep || outer.deep, l.cut.many || outer.many
	return out
}

// look is of without what is known already. What is compiled only for interpreters with a GIL does not count.
func (l lockers) look(n *node) (out Locking) {
	if *l.left == 0 {
		l.cut.many = true
		return out
	}
	found := false
	if !l.touches(n) {
		return out
	}
	*l.left--
	defer func() {
		if len(out.Takes)+len(out.Releases) == 0 {
			out = Locking{Drops: l.drops(n)}
		}
	}()
	for _, d := range n.defs {
		if d.macro == nil && d.isl.body < 0 || d.onlyWithGIL() {
			continue
		}
		k := l.body(d)
		if found && !out.equal(k) {
			out = Locking{}
			return out
		}
		out, found = k, true
	}
	return out
}

func (k Locking) equal(o Locking) bool {
	return slices.Equal(k.Takes, o.Takes) && slices.Equal(k.Releases, o.Releases)
}

// word is a token of a body.
type word struct {
	kind kind
	text string
}

// lockBody is the body of one function while it is looked through.
type lockBody struct {
	lockers
	d      *def
	params map[string]int  // numbers of parameters, and of variables that are given one and nothing else
	locals map[string]bool // other variables
	ends   map[string]Lock // what the variables of critical sections hold
	open   []Lock          // of the last critical section that a macro begins
	labels map[string]bool // where a jump does not leave what is under the locks
	early  bool            // it may release them and return at once
}

// bodyOf is the body of a declaration before it is read: what is known of it are its parameters.
func (l lockers) bodyOf(d *def) *lockBody {
	d.prepare()
	b := &lockBody{lockers: l, d: d, params: map[string]int{}, locals: map[string]bool{}, ends: map[string]Lock{}, labels: map[string]bool{}}
	b.depth--
	for i, name := range d.names {
		if name != "" {
			b.params[name] = i
		}
	}
	return b
}

// body is what one function or macro does.
func (l lockers) body(d *def) Locking {
	words, ok := d.words()
	if !ok {
		return Locking{}
	}
	b := l.bodyOf(d)
	stmts := statements(words)
	passed := false // it may return before
	for len(stmts) > 0 && (b.declares(stmts[0]) || b.asksFirst(stmts[0])) {
		passed = passed || stmts[0][0].text == "if"
		stmts = stmts[1:]
	}
	if len(stmts) == 0 {
		return Locking{}
	}
	if guard, lock, ok := b.guard(stmts[0]); ok { // until the end, however that is reached
		locks := []Lock{lock}
		for _, s := range stmts[1:] {
			if slices.ContainsFunc(s, func(w word) bool { return w.text == guard }) || !b.quiet(s, locks, true) {
				return Locking{}
			}
		}
		return Locking{Takes: locks, Releases: locks}
	}
	var out Locking
	for len(stmts) > 0 {
		locks, take, ok := b.lockCall(stmts[0])
		if !ok || !take {
			break
		}
		out.Takes = append(out.Takes, locks...)
		stmts = stmts[1:]
	}
	if n := len(stmts); n > 0 && d.macro == nil && b.returns(stmts[n-1]) {
		stmts = stmts[:n-1]
	}
	for n, labelled := len(stmts), false; n > 0 && !labelled; n = len(stmts) {
		last := stmts[n-1]
		var labels []string
		for len(last) > 2 && last[0].kind == kIdent && last[1].text == ":" { // done: unlock(x);
			labels, last = append(labels, last[0].text), last[2:]
		}
		locks, take, ok := b.lockCall(last)
		if !ok || take {
			break
		}
		for _, l := range labels { // what jumps there passes no release by
			b.labels[l], labelled = true, true
		}
		out.Releases = append(locks, out.Releases...)
		stmts = stmts[:n-1]
	}
	balanced := len(out.Takes) > 0 && len(out.Releases) > 0
	if balanced && !sameSet(out.Takes, out.Releases) || len(out.Takes)+len(out.Releases) == 0 {
		return Locking{}
	}
	for _, s := range stmts {
		for i := 0; i+1 < len(s); i++ {
			if s[i].kind == kIdent && s[i+1].text == ":" && (i == 0 || s[i-1].text == ";" || s[i-1].text == "{" || s[i-1].text == "}") {
				b.labels[s[i].text] = true
			}
		}
	}
	b.early = balanced && len(out.Takes) == 1
	locks := out.Takes
	if !balanced {
		locks = append(slices.Clone(locks), out.Releases...)
	}
	for _, s := range stmts {
		if !b.quiet(s, locks, false) {
			return Locking{}
		}
	}
	if balanced {
		out.Releases = out.Takes
	} else if passed {
		return Locking{}
	}
	out.bare = len(stmts) == 0
	return out
}

// is reports whether two are one lock, however it is held.
func (k Lock) is(o Lock) bool {
	return k.Param == o.Param && k.Name == o.Name && k.Path == o.Path && k.Section == o.Section
}

func sameSet(a, b []Lock) bool {
	within := func(a, b []Lock) bool {
		return !slices.ContainsFunc(a, func(x Lock) bool { return !slices.ContainsFunc(b, x.is) })
	}
	return len(a) == len(b) && within(a, b) && within(b, a)
}

// lockCall tells which locks a statement takes or releases that is a call and nothing else.
func (b *lockBody) lockCall(s []word) (locks []Lock, take, ok bool) {
	for len(s) > 0 && s[len(s)-1].text == ";" {
		s = s[:len(s)-1]
	}
	if len(s) > 2 && s[0].text == "(" && s[1].text == "void" && s[2].text == ")" {
		s = s[3:]
	}
	if len(s) < 3 || s[0].kind != kIdent || s[1].text != "(" || closing(s, 1) != len(s)-1 {
		return nil, false, false
	}
	return b.called(s[0].text, arguments(s[2:len(s)-1]))
}

// called tells which locks a call takes or releases.
func (b *lockBody) called(name string, args [][]word) (locks []Lock, take, ok bool) {
	section := func(args [][]word) []Lock {
		var out []Lock
		for _, a := range args {
			lock, ok := b.lock(a)
			if !ok {
				return nil
			}
			lock.Section = true
			out = append(out, lock)
		}
		return out
	}
	switch name {
	case "Py_BEGIN_CRITICAL_SECTION", "Py_BEGIN_CRITICAL_SECTION2":
		b.open = section(args)
		return b.open, true, len(b.open) > 0
	case "Py_END_CRITICAL_SECTION", "Py_END_CRITICAL_SECTION2":
		return b.open, false, len(b.open) > 0
	case "PyCriticalSection_Begin":
		if len(args) != 2 || len(args[0]) != 2 {
			return nil, false, false
		}
		locks := section(args[1:])
		if len(locks) == 1 {
			b.ends[args[0][1].text] = locks[0]
		}
		return locks, true, len(locks) == 1
	case "PyCriticalSection_End":
		if len(args) != 1 || len(args[0]) != 2 {
			return nil, false, false
		}
		lock, ok := b.ends[args[0][1].text]
		return []Lock{lock}, false, ok
	}
	if k, ok := b.lib.opts.Locks(name); ok {
		if k.Tries || len(args) == 0 || k.Take && !waiting(args[1:]) {
			return nil, false, false
		}
		lock, ok := b.lock(args[0])
		lock.Shared, lock.Native = k.Shared, k.Native
		return []Lock{lock}, k.Take, ok
	}
	n := b.find(name)
	if n == nil {
		return nil, false, false
	}
	k := b.of(n)
	if (len(k.Takes) > 0) == (len(k.Releases) > 0) || !k.bare {
		return nil, false, false
	}
	for _, l := range append(slices.Clone(k.Takes), k.Releases...) {
		l, ok := b.through(l, args)
		if !ok {
			return nil, false, false
		}
		locks = append(locks, l)
	}
	return locks, len(k.Takes) > 0, true
}

// waiting reports whether what is said beside a lock has the call wait for it: nothing, 1, or WAIT_LOCK.
func waiting(args [][]word) bool {
	return len(args) == 0 || len(args) == 1 && len(args[0]) == 1 && (args[0][0].text == "1" || args[0][0].text == "WAIT_LOCK")
}

// lock is the lock that an argument denotes: &s->mutex, s->lock, mutex, (PyObject *) self.
func (b *lockBody) lock(a []word) (Lock, bool) {
	address, cast := false, false
	for {
		switch {
		case len(a) > 2 && a[0].text == "(" && closing(a, 0) == len(a)-1:
			a = a[1 : len(a)-1]
		case len(a) > 1 && a[0].text == "&" && !address && !cast:
			address, a = true, a[1:]
		case len(a) > 3 && a[0].text == "(" && a[closing(a, 0)-1].text == "*": // a cast
			a, cast = a[closing(a, 0)+1:], true
		default:
			return b.member(a, address)
		}
	}
}

func (b *lockBody) member(a []word, address bool) (Lock, bool) {
	out := Lock{Param: -1}
	if len(a) > 2 && a[0].text == "(" { // (s)->mutex
		if end := closing(a, 0); end == 2 {
			a = append([]word{a[1]}, a[3:]...)
		}
	}
	if len(a) == 0 || a[0].kind != kIdent || b.locals[a[0].text] || len(a)%2 == 0 {
		return out, false
	}
	root := a[0].text
	if i, ok := b.params[root]; ok {
		out.Param = i
		value := b.d.macro == nil && !(i < len(b.d.params) && b.d.params[i].ref)
		if value && (len(a) > 1 && a[1].text == "." || len(a) == 1 && address) {
			return out, false // a copy
		}
	} else if n := b.find(root); n != nil && slices.ContainsFunc(n.defs, func(d *def) bool { return d.macro != nil }) {
		return b.behindMacro(n, a)
	} else if b.ofThread(root) || b.varies(root) {
		return out, false // it keeps nobody away, or is now this lock and now that
	} else {
		out.Name = root
	}
	for i := 1; i < len(a); i += 2 {
		if a[i].text != "." && a[i].text != "->" || a[i+1].kind != kIdent {
			return out, false
		}
		out.Path = strings.Trim(out.Path+"."+a[i+1].text, ".")
	}
	return out, true
}

// declares reports whether a statement declares variables and does nothing else; it remembers which.
func (b *lockBody) declares(s []word) bool {
	n := len(s)
	if n < 3 || s[n-1].text != ";" || s[0].kind != kIdent || notDeclaring[s[0].text] {
		return false
	}
	eq := slices.IndexFunc(s, func(w word) bool { return w.text == "=" })
	head := s[:n-1]
	if eq >= 0 {
		head = s[:eq]
	}
	idents := 0
	for _, w := range head {
		switch {
		case w.kind == kIdent:
			if _, param := b.params[w.text]; param {
				return false
			}
			idents++
		case w.text != "*" && w.text != ",":
			return false
		}
	}
	if idents < 2 || head[len(head)-1].kind != kIdent {
		return false
	}
	name := head[len(head)-1].text
	if eq < 0 {
		for i, w := range head {
			if w.kind == kIdent && (i+1 == len(head) || head[i+1].text == ",") {
				b.locals[w.text] = true
			}
		}
		return true
	}
	if slices.ContainsFunc(head, func(w word) bool { return w.text == "," }) {
		return false
	}
	value := s[eq+1 : n-1]
	if len(value) == 1 && (value[0].kind == kLit || value[0].text == "NULL" || value[0].text == "nullptr") || len(value) == 2 && value[0].text == "-" && value[1].kind == kLit {
		b.locals[name] = true
		return true
	}
	if len(value) == 0 || value[0].text == "&" || !slices.ContainsFunc(head, func(w word) bool { return w.text == "*" }) {
		return false
	}
	if lock, ok := b.lock(value); ok && lock.Param >= 0 && lock.Path == "" {
		b.params[name] = lock.Param // T *s = (T *) p;
		return true
	}
	return false
}

// notDeclaring are words with which a statement begins that is no declaration, or one of a variable that stays.
var notDeclaring = set("return", "static", "goto", "delete", "throw", "co_return", "co_yield", "co_await", "case", "else")

// asksFirst reports whether a statement returns where a parameter is not as it should be, and looks at nothing that
// this leads to: if (!s) return -1;
func (b *lockBody) asksFirst(s []word) bool {
	if len(s) < 6 || s[0].text != "if" || s[1].text != "(" || b.d.macro != nil {
		return false
	}
	end := closing(s, 1)
	for _, w := range s[2:end] {
		i, param := b.params[w.text]
		switch {
		case param && i < len(b.d.params) && b.d.params[i].ref: // of somebody else's variable
			return false
		case w.kind == kIdent && !param && w.text != "NULL" && w.text != "nullptr":
			return false
		case w.kind == kPunct && !asking[w.text]:
			return false
		}
	}
	then := s[end+1:]
	if len(then) > 2 && then[0].text == "{" && then[len(then)-1].text == "}" {
		then = then[1 : len(then)-1]
	}
	return len(then) > 1 && then[len(then)-1].text == ";" && !slices.ContainsFunc(then[:len(then)-1], func(w word) bool { return w.text == ";" }) && b.returns(then)
}

// asking are the operators that look at values and at nothing behind them.
var asking = set("!", "==", "!=", "<", ">", "<=", ">=", "||", "&&")

// guard tells which lock the C++ object has that a statement makes: std::lock_guard<std::mutex> g(s->mutex);
func (b *lockBody) guard(s []word) (name string, lock Lock, ok bool) {
	for len(s) > 0 && s[len(s)-1].text == ";" {
		s = s[:len(s)-1]
	}
	if len(s) > 2 && s[0].text == "std" && s[1].text == "::" {
		s = s[2:]
	}
	if len(s) < 5 || !guards[s[0].text] {
		return "", lock, false
	}
	shared := s[0].text == "shared_lock"
	i := 1
	if s[1].text == "<" {
		for i < len(s) && s[i].text != ">" {
			i++
		}
		i++
	}
	if i+3 > len(s) || s[i].kind != kIdent || s[i+1].text != "(" && s[i+1].text != "{" || closing(s, i+1) != len(s)-1 {
		return "", lock, false
	}
	args := arguments(s[i+2 : len(s)-1])
	if len(args) != 1 {
		return "", lock, false
	}
	lock, ok = b.lock(args[0])
	lock.Shared = shared
	return s[i].text, lock, ok && args[0][0].text != "&"
}

// guards are C++ classes whose objects hold a lock while they live.
var guards = set("lock_guard", "scoped_lock", "unique_lock", "shared_lock")

// returns reports whether a statement leaves the function and looks at nothing but its own variables.
func (b *lockBody) returns(s []word) bool {
	if len(s) == 0 || s[0].text != "return" {
		return false
	}
	switch v := s[1 : len(s)-1]; len(v) {
	case 0:
		return true
	case 1:
		return v[0].kind == kLit || v[0].text == "NULL" || v[0].text == "nullptr" || b.locals[v[0].text]
	case 2:
		return v[0].text == "-" && v[1].kind == kLit
	}
	return false
}
