package c

// Who calls whom, until nothing changes: what each function does to its parameters.

import (
	"slices"
	"strconv"
	"strings"
)

// flags are what is done to a parameter.
type flags uint8

const (
	writes   flags = 1 << iota
	unknown        // passed to what is not known, or not understood
	keeps          // the pointer is stored somewhere
	returned       // what is returned leads there
	deep           // with unknown or keeps: const on the parameter forbids no write there
	copied         // bytes of it are, which may be those of a pointer
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
	konst  bool // a const method
	open   bool // a virtual method that writes what it likes in a class that inherits it

	read   bool // params are
	bad    bool // they are not understood
	params []ctype
	names  []string
	least  int // parameters without a default
	dots   bool
	result ctype
	body   *gBlock
	expr   *gExpr
	parsed bool
	broken bool
}

// node is what one name stands for: all declarations of it that can be meant.
type node struct {
	name    string
	defs    []*def
	facts   []fact
	world   fact // what is done to variables that outlive the call
	callers map[*node]bool
	queued  bool
	known   bool // has been queued once
}

type solver struct {
	lib   *Library
	queue []*node
	nodes map[string]*node
	count int
}

const maxNodes = 100_000

// lookup is the node of a name in a file and what that includes, nil where there is none.
func (l *Library) lookup(f *file, name string) *node {
	if n, ok := f.nodes[name]; ok {
		return n
	}
	var defs []*def
	bodies, plain := false, false
	local := false // a macro's meaning depends on who uses it
	for _, g := range f.all() {
		for _, isl := range g.funcs[name] {
			d := &def{file: g, home: g, isl: isl, static: g.has(isl, "static")}
			defs = append(defs, d)
			bodies = bodies || isl.body >= 0
			plain = plain || isl.body < 0
		}
		for _, i := range g.index.macros[name] {
			m := &g.text.macros[i]
			if !m.takes && len(m.toks) == 0 { // an include guard, or an attribute
				continue
			}
			local = true
			defs = append(defs, &def{file: g, home: f, macro: m})
		}
	}
	if plain && !bodies {
		defs = append(defs, l.inSources(name)...)
	}
	n := l.nodeOf(name, defs, f, local)
	f.nodes[name] = n
	return n
}

// inSources returns the definitions of a name that other files may use.
func (l *Library) inSources(name string) []*def {
	var out []*def
	for _, g := range l.definitions() {
		for _, isl := range g.funcs[name] {
			if isl.body >= 0 && !g.has(isl, "static") {
				out = append(out, &def{file: g, home: g, isl: isl})
			}
		}
	}
	return out
}

// nodeOf is the node of some declarations, one for all who mean the same.
func (l *Library) nodeOf(name string, defs []*def, f *file, local bool) *node {
	if len(defs) == 0 {
		return nil
	}
	var key strings.Builder
	key.WriteString(name)
	for _, d := range defs {
		key.WriteString("\x00" + d.file.path + "\x00" + strconv.Itoa(d.at()))
	}
	if local {
		key.WriteString("\x00" + f.path)
	}
	n := l.solver.nodes[key.String()]
	if n == nil {
		n = &node{name: name, defs: defs, callers: map[*node]bool{}}
		l.solver.nodes[key.String()] = n
	}
	return n
}

// at is where a declaration stands in its file.
func (d *def) at() int {
	if d.macro != nil {
		return int(d.macro.pos)
	}
	return int(d.file.toks[d.isl.name].pos)
}

// has reports whether a word stands before the name of a declaration.
func (g *file) has(isl island, word string) bool {
	for i := isl.start; i < isl.name; i++ {
		if g.is(i, word) {
			return true
		}
	}
	return false
}

// method is the node of a class's method, nil where it has none of that name; sure is
// false where a base is not in sight that may have one.
func (l *Library) method(f *file, class, name string) (n *node, sure bool) {
	return l.methodIn(f, class, name, map[string]bool{})
}

func (l *Library) methodIn(f *file, class, name string, seen map[string]bool) (n *node, sure bool) {
	if seen[class] {
		return nil, true
	}
	seen[class] = true
	key := class + "::" + name
	if n := f.methods[key]; n != nil {
		return n, true
	}
	var defs []*def
	bodies, classes := false, 0
	sure = true
	var bases []string
	for _, g := range f.all() {
		list := g.classes[class]
		for i := range list {
			classes++
			in := g.membersOf(&list[i])
			for _, isl := range in.funcs[name] {
				defs = append(defs, g.methodDef(isl, class))
				bodies = bodies || isl.body >= 0
			}
			bases = append(bases, g.bases(list[i])...)
		}
		for _, isl := range g.funcs[key] {
			if d := g.methodDef(isl, class); isl.body >= 0 {
				defs = append(defs, d)
				bodies = true
			}
		}
	}
	if classes == 0 {
		return nil, false
	}
	if len(defs) == 0 {
		for _, b := range bases {
			m, ok := l.methodIn(f, b, name, seen)
			sure = sure && ok
			if m != nil {
				return m, ok
			}
		}
		return nil, sure
	}
	if !bodies {
		for _, g := range l.definitions() {
			for _, isl := range g.funcs[key] {
				if isl.body >= 0 {
					defs = append(defs, g.methodDef(isl, class))
				}
			}
		}
	}
	n = l.nodeOf(key, defs, f, false)
	f.methods[key] = n
	return n, true
}

func (g *file) methodDef(isl island, class string) *def {
	d := &def{file: g, home: g, isl: isl, method: class, static: g.has(isl, "static")}
	if g.is(isl.name, "operator") && g.has(isl, "friend") { // both operands are parameters
		d.method = ""
	}
	virtual, final := g.has(isl, "virtual"), false
	for i := g.matchTo(isl.params, isl.end); i < isl.end && !g.is(i, "{") && !g.is(i, ";") && !g.is(i, ":") && !g.is(i, "->"); i++ {
		if g.is(i, "const") {
			d.konst = true
		}
		virtual = virtual || g.is(i, "override")
		final = final || g.is(i, "final")
	}
	d.open = virtual && !final && !d.konst
	return d
}

// mentions reports whether a class, or one that it inherits, may have a member of a name; also
// where one of them is not in sight.
func (l *Library) mentions(f *file, class, name string, seen map[string]bool) bool {
	if seen[class] {
		return false
	}
	seen[class] = true
	found := false
	for _, g := range f.all() {
		for _, isl := range g.classes[class] {
			found = true
			if g.membersOf(&isl).mentions(name) {
				return true
			}
			for _, b := range g.bases(isl) {
				if l.mentions(f, b, name, seen) {
					return true
				}
			}
		}
	}
	return !found
}

// bases are the classes that the head of a class names.
func (g *file) bases(isl island) []string {
	var out []string
	colon := false
	last := ""
	for i := isl.name + 1; i < isl.body; i++ {
		switch {
		case g.is(i, ":"):
			colon = true
		case !colon:
		case g.is(i, "<"):
			if end, ok := g.anglesTo(i, isl.body); ok {
				i = end - 1
			}
		case g.is(i, ","):
			out = append(out, last)
			last = ""
		case g.toks[i].kind == kIdent:
			if w := g.str(g.toks[i]); w != "public" && w != "private" && w != "protected" && w != "virtual" {
				last = w
			}
		}
	}
	if last != "" {
		out = append(out, last)
	}
	return out
}

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
	world := n.world.flags
	for i, f := range n.facts {
		was[i] = f.flags
	}
	if !n.hasBody() {
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
		if d.macro == nil && d.isl.body < 0 {
			continue
		}
		d.tree()
		if d.broken || d.bad || len(d.params) > 60 || s.count > maxNodes {
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
	return world != n.world.flags
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

func (f *fact) add(fl flags, at spot) {
	if fl&writes != 0 && f.flags&writes == 0 {
		f.wrote = at
	}
	if fl&(unknown|keeps) != 0 && (f.flags&(unknown|keeps) == 0 || fl&deep > f.flags&deep) {
		f.lost = at
	}
	f.flags |= fl
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
