package c

// Who calls whom, until nothing changes: what each function does to its parameters.

import (
	"slices"
	"strings"
)

// flags are what is done to a parameter.
type flags uint16

const (
	writes   flags = 1 << iota
	unknown        // passed to what is not known, or not understood
	keeps          // the pointer is stored somewhere
	returned       // what is returned leads there
	deep           // with unknown, keeps or held: const on the parameter forbids no write there
	copied         // bytes of it are, which may be those of a pointer
	parts          // what is returned is a number that may be a part of a pointer there
	held           // the object that is made keeps the pointer: who makes it knows where it is
	lent           // the pointer is stored in the very object to which another parameter points
	whole          // with lent: a struct is, with all that it leads to
	strips         // const is cast away from something there, for all that is known
	far            // with writes: not only to the object itself to which the parameter points
)

// world is the root of what outlives all calls: variables of files, and static ones.
const world = uint64(1) << 63

// spot is a place in a file, with what is there.
type spot struct {
	f    *file
	pos  int32
	what string
}

// fact is what is known of one parameter.
type fact struct {
	flags flags
	wrote spot // the first write
	lost  spot // where it became unknown
}

// def is one declaration of a name: a prototype, a function with its body, or a macro.
type def struct {
	file   *file  // whose text it is
	home   *file  // in which names are looked up
	isl    island // of functions
	macro  *macro
	method string // the class that it belongs to, "" for none
	static bool
	konst  bool   // a const method
	open   bool   // a virtual method that writes what it likes in a class that inherits it
	other  bool   // a virtual method that may be another there, and keeps to its prototype
	stands uint32 // see Library.stands

	read   bool // params are
	bad    bool // they are not understood
	params []ctype
	names  []string
	least  int // parameters without a default
	dots   bool
	result ctype
	body   *gBlock
	expr   *gExpr
	inits  []initializer
	parsed bool
	broken bool
}

// node is what one name stands for: all declarations of it that can be meant.
type node struct {
	name  string
	defs  []*def
	facts []fact
	world fact // what is done to variables that outlive the call
	// unlocked is where such a variable is written to, in this or what it calls, and none of those on the way takes a lock;
	// stored where an assignment does it, and no call that is given its address.
	unlocked, stored spot
	callers          map[*node]bool
	queued           bool
	known            bool // has been queued once
	many             bool // it has more declarations than are looked at
	shared           bool // what it returns may be memory that somebody else has
}

type solver struct {
	lib   *Library
	queue []*node
	nodes map[string]*node
	count int
	trees []*def // of bodies, the oldest first
	held  int    // tokens of these
}

const (
	maxNodes = 100_000
	maxTrees = 100_000 // tokens of which trees are kept while an answer is sought
)

// prepare reads the parameters and the result of a declaration.
func (d *def) prepare() {
	if d.read {
		return
	}
	d.read = true
	g := d.file
	if m := d.macro; m != nil {
		d.names, d.dots = m.params, m.dots
		d.params = make([]ctype, len(m.params))
		d.least = len(m.params)
		return
	}
	end := g.matchTo(d.isl.params, d.isl.end)
	toks := g.toks[d.isl.params+1 : max(d.isl.params+1, end-1)]
	fed, err := params(g, toks)
	if err != nil {
		d.bad = true
		return
	}
	u, err := parse(fed)
	if err != nil {
		d.bad = true
		return
	}
	for _, p := range u.Params {
		switch p {
		case "void":
			continue
		case "...":
			d.dots = true
			continue
		}
		t, name := g.of(strings.Fields(p))
		d.params = append(d.params, t.decay())
		d.names = append(d.names, name)
	}
	d.least = len(d.params) - strings.Count(string(g.src[g.toks[d.isl.params].pos:g.toks[end-1].end]), "=")
	head := g.phrase(d.isl.start, d.isl.name)
	if i := slices.Index(head, "()"); i >= 0 { // EXPORT(int)
		head = slices.DeleteFunc(head, func(w string) bool { return w == "()" })
	}
	for i, w := range head { // another class's name before the method's
		if w == "::" && i == len(head)-1 {
			head = head[:max(0, i-1)]
			break
		}
	}
	d.result, _ = g.of(append(head, "_name"))
	if len(head) == 0 {
		d.result = ctype{}
	}
}

// length is how many tokens the body has.
func (d *def) length() int {
	if d.macro != nil {
		return len(d.macro.toks)
	}
	return d.isl.end - d.isl.start
}

// tree parses the body.
func (d *def) tree() {
	if d.parsed {
		return
	}
	d.parsed = true
	g := d.file
	if m := d.macro; m != nil {
		d.expr, d.body, d.broken = macroTree(g, m)
		return
	}
	if d.isl.body < 0 {
		return
	}
	fed, err := body(g, g.toks[d.isl.body:d.isl.end])
	if err != nil {
		d.broken = true
		return
	}
	u, err := parse(fed)
	if err != nil {
		d.broken = true
		return
	}
	d.body = u.Body
	if d.method != "" && g.is(d.isl.name, d.method) {
		inits, ok := d.initializers()
		more, fine := d.defaults()
		d.inits, d.broken = append(inits, more...), !ok || !fine
	}
}

// macroTree parses a macro as an expression or, failing that, as statements.
func macroTree(g *file, m *macro) (e *gExpr, b *gBlock, broken bool) {
	for _, k := range m.toks {
		if g.str(k) == "##" {
			return nil, nil, true
		}
	}
	if len(m.toks) == 0 {
		return nil, &gBlock{}, false
	}
	if fed, err := expression(g, m.toks); err == nil {
		if u, err := parse(fed); err == nil {
			return u.Expr, nil, false
		}
	}
	d := feed{f: g, toks: m.toks, start: true, open: []byte{'{'}}
	d.begin("<body>")
	d.emit(tMark, "{")
	fed, err := d.run()
	if err == nil {
		if !d.start || len(fed) > 0 && fed[len(fed)-1].Value == ")" { // do … while (0)
			d.emit(tMark, ";")
		}
		d.emit(tMark, "}")
		if u, err := parse(d.out); err == nil {
			return nil, u.Body, false
		}
	}
	return nil, nil, true
}

// solve finds out about a node, and about what it calls.
func (s *solver) solve(n *node) {
	s.push(n)
	for len(s.queue) > 0 {
		n := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		n.queued = false
		if s.update(n) {
			for c := range n.callers {
				s.again(c)
			}
		}
	}
	s.keep(0) // who calls these later asks for the facts alone
}

// keep drops the oldest trees of bodies, which are most of the memory, until those that are left are of
// no more than some number of tokens. Who needs one again parses it again.
func (s *solver) keep(tokens int) {
	n := 0
	for ; s.held > tokens; n++ {
		d := s.trees[n]
		s.held -= d.length()
		d.body, d.inits, d.parsed = nil, nil, false
	}
	s.trees = slices.Delete(s.trees, 0, n)
}

// push queues a node that has not been looked at.
func (s *solver) push(n *node) {
	if n.known {
		return
	}
	n.known = true
	s.count++
	for _, d := range n.defs {
		d.prepare()
	}
	n.facts = make([]fact, n.width())
	s.again(n)
}

func (s *solver) again(n *node) {
	if !n.queued {
		n.queued = true
		s.queue = append(s.queue, n)
	}
}

// width is how many parameters a node has, this included where it is a method.
func (n *node) width() int {
	w := 0
	for _, d := range n.defs {
		w = max(w, len(d.params)+d.first())
	}
	return w
}

// first is the number of the first parameter that is written: a method has this before.
func (d *def) first() int {
	if d.method != "" {
		return 1
	}
	return 0
}

// hasBody reports whether some declaration says what the function does.
func (n *node) hasBody() bool {
	return slices.ContainsFunc(n.defs, func(d *def) bool { return d.macro != nil || d.isl.body >= 0 })
}

// update does a node anew, and reports whether something was found out.
func (s *solver) update(n *node) bool {
	was := make([]flags, len(n.facts))
	world, shared, unlocked, stored := n.world.flags, n.shared, n.unlocked, n.stored
	for i, f := range n.facts {
		was[i] = f.flags
	}
	if n.many {
		n.shared = true
		d := n.defs[0]
		for i := range n.facts {
			n.facts[i].add(unknown|deep|returned, spot{d.file, int32(d.at()), "has more declarations than are looked at"})
		}
	}
	if !n.hasBody() {
		n.shared = true
		d := n.defs[0]
		at := spot{d.file, int32(d.at()), "has no body in sight"}
		for i := range n.facts {
			n.facts[i].add(unknown, at)
			if !n.plainResult() {
				n.facts[i].flags |= returned
			}
		}
	}
	for _, d := range n.defs {
		if d.open {
			for i := range n.facts {
				n.facts[i].add(unknown|deep|returned, spot{d.file, int32(d.at()), "is virtual, and may be another in a class that inherits it"})
			}
		}
		if d.other {
			for i := range n.facts {
				n.facts[i].add(unknown, spot{d.file, int32(d.at()), "is virtual, and may be another in a class that inherits it"})
			}
		}
		if d.macro == nil && d.isl.body < 0 {
			continue
		}
		if !d.parsed && d.macro == nil {
			s.keep(maxTrees)
			s.trees = append(s.trees, d)
			s.held += d.length()
		}
		d.tree()
		if d.broken || d.bad || len(d.params) > 60 || s.count > maxNodes {
			n.shared = true
			at := spot{d.file, int32(d.at()), "is not understood"}
			for i := range n.facts {
				fl := unknown | returned
				if !d.flat(i) {
					fl |= deep
				}
				n.facts[i].add(fl, at)
			}
			continue
		}
		a := newAnalysis(s, n, d)
		a.run()
	}
	for i, f := range n.facts {
		if was[i] != f.flags {
			return true
		}
	}
	return world != n.world.flags || shared != n.shared || unlocked != n.unlocked || stored != n.stored
}

// paramAt is the type of parameter i of a node.
func (d *def) paramAt(i int) ctype {
	i -= d.first()
	if i < 0 || i >= len(d.params) {
		return ctype{}
	}
	return d.params[i]
}

// flat reports whether parameter i of a node leads to numbers alone.
func (d *def) flat(i int) bool {
	i -= d.first()
	return i >= 0 && i < len(d.params) && d.params[i].flat()
}

// plainResult reports whether what is returned leads nowhere.
func (n *node) plainResult() bool {
	for _, d := range n.defs {
		if d.macro != nil || d.bad || !(d.result.ptr == 0 && (d.result.base == baseScalar || d.result.base == baseVoid)) {
			return false
		}
	}
	return true
}

// add notes what is done at a place. Of several that say the same the first in the source stays, in
// whatever order the fixed point comes to them: who asks first is chance.
func (f *fact) add(fl flags, at spot) {
	if fl&writes != 0 && (f.flags&writes == 0 || at.before(f.wrote)) {
		f.wrote = at
	}
	if fl&(unknown|keeps|lent|held) != 0 && (f.flags&(unknown|keeps|lent|held) == 0 || fl&deep > f.flags&deep || fl&deep == f.flags&deep && at.before(f.lost)) {
		f.lost = at
	}
	f.flags |= fl
}

// before orders places by their files' names, and then as they stand there.
func (s spot) before(o spot) bool {
	if s.f == nil || o.f == nil || s.f == o.f {
		return s.f == o.f && s.pos < o.pos
	}
	return s.f.path < o.f.path
}

// constParam reports whether all prototypes that have a parameter say that nothing is
// written through it, and where one says so.
func (n *node) constParam(i int) (bool, spot) {
	var at spot
	for _, d := range n.defs {
		if d.macro != nil {
			return false, spot{}
		}
		if d.method != "" && i == 0 {
			if !d.konst && !d.static {
				return false, spot{}
			}
			if at.f == nil {
				at = spot{d.file, int32(d.at()), "is const"}
			}
			continue
		}
		j := i - d.first()
		if j >= len(d.params) {
			continue
		}
		if d.bad || !d.params[j].readOnly() {
			return false, spot{}
		}
		if at.f == nil {
			at = spot{d.file, int32(d.at()), "takes it as const"}
		}
	}
	return at.f != nil, at
}
