package transform

// Annotating: which classes need a lock, which of their methods hold it how,
// and the decorators that say so, as edits of the sources.

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"pyxlock/parser/ast"
)

// Verdict is what an annotation makes of a class.
type Verdict uint8

// The verdicts on a class with C attributes.
const (
	Locked     Verdict = iota // gets locked_class
	Already                   // has it
	Inherits                  // shares the lock of a base
	Immutable                 // nothing changes it once it is made
	HandLocked                // its methods hold locks that people placed
	Opaque                    // extern, or its body is not in sight
	Unlockable                // would need a lock and cannot have one
)

var verdictNames = [...]string{"locked", "already locked", "shares its base's lock", "immutable", "locked by hand", "not in sight", "cannot be locked"}

func (v Verdict) String() string { return verdictNames[v] }

// ClassNote is the verdict on one class and why.
type ClassNote struct {
	Name    string
	Path    string
	Line    int
	Verdict Verdict
	// Why tells which line decides, for a class that is or was to be locked.
	Why     string
	Related []Related
}

// MethodNote is one proposed decorator.
type MethodNote struct {
	Name      string // "Class.method"
	Path      string
	Line      int
	Decorator string // "read_lock", "write_lock", "no_lock"
	Why       string // the line that decides, or the reason of a no_lock
}

// Annotation is what Annotate proposes.
type Annotation struct {
	Rewrites []*Rewrite // one for each input, in the order of the inputs
	Findings []Finding  // files that do not parse, for which there are no proposals
	Classes  []ClassNote
	Methods  []MethodNote
}

// Annotate proposes decorators for what has none. The project must not be used
// for anything else: its view of what is locked changes on the way.
func (p *Project) Annotate(ctx context.Context, inputs []string, jobs int) (*Annotation, error) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	mods, out, err := p.annotated(ctx, inputs, jobs)
	if err != nil {
		return nil, err
	}
	a := &annotator{p: p, out: out, editors: map[string]*editor{}, wrote: map[*class]*evidence{}}
	a.mods = mods
	p.derive(mods)
	a.choose()
	a.decorate()
	a.hold()
	byPath := map[string]*Rewrite{}
	for _, m := range mods {
		for _, u := range m.units {
			if byPath[u.path] == nil {
				byPath[u.path] = &Rewrite{Path: u.path, Src: u.src}
			}
			if e := a.editors[u.path]; e != nil && len(byPath[u.path].Edits) == 0 {
				byPath[u.path].Edits = e.finish()
			}
		}
	}
	for _, in := range inputs {
		in = p.canonical(in)
		rw := byPath[in]
		if rw == nil {
			rw = &Rewrite{Path: in, Src: p.source(in).src}
		}
		out.Rewrites = append(out.Rewrites, rw)
	}
	return out, nil
}

// annotated loads the modules that the inputs belong to.
func (p *Project) annotated(ctx context.Context, inputs []string, jobs int) ([]*module, *Annotation, error) {
	clean := make([]string, len(inputs))
	for i, in := range inputs {
		clean[i] = p.canonical(in)
	}
	if err := each(ctx, clean, jobs, func(in string) error { return p.source(in).err }); err != nil {
		return nil, nil, err
	}
	stems, alone := p.group(clean)
	if err := each(ctx, stems, jobs, func(stem string) error { p.module(stem); return nil }); err != nil {
		return nil, nil, err
	}
	included := map[string]bool{}
	for _, stem := range stems {
		for _, u := range p.module(stem).units {
			if u.role == roleInclude || u.role == rolePxdInclude {
				included[u.path] = true
			}
		}
	}
	out := &Annotation{}
	var mods []*module
	for _, stem := range append(stems, alone...) {
		m := p.module(stem)
		if included[stem+".pyx"] || included[stem] {
			continue
		}
		out.Findings = append(out.Findings, m.unread()...)
		if !m.broken() && m.compiled() {
			mods = append(mods, m)
			out.Findings = append(out.Findings, m.nearMisses()...)
		}
	}
	SortFindings(out.Findings)
	out.Findings = briefly(dedupe(out.Findings))
	return mods, out, nil
}

// compiled reports whether a module is for Cython: a .py is where it has a .pxd
// or speaks of cython.
func (m *module) compiled() bool {
	for _, u := range m.units {
		if u.role != roleMain || !u.file.Pure || bytes.Contains(u.src, []byte("cython")) {
			return true
		}
	}
	return false
}

// evidence is what speaks for locking a class.
type evidence struct {
	f    *function
	e    *found
	attr *field // a public attribute, where that is all
}

type annotator struct {
	p       *Project
	mods    []*module
	out     *Annotation
	editors map[string]*editor
	wrote   map[*class]*evidence // by the class that declares what is written
	hand    map[*class]*function
	pending map[*unit][]insertion
	guards  map[*class]string   // see guardsOf
	known   map[*unit][]visible // the locked classes that a file can name
}

func (a *annotator) all() []*function {
	var all []*function
	for _, m := range a.mods {
		all = append(all, m.funcs().all...)
	}
	return all
}

// choose decides which classes get a lock: those that declare an attribute
// which is written once the object is made, by what Python code can call.
func (a *annotator) choose() {
	a.p.model.assume = true
	a.gather()
	a.guards = a.guardsOf(a.all())
	a.p.model.assume = false
	for _, m := range a.mods {
		for _, c := range m.order {
			a.verdict(c)
		}
	}
	for a.bases() {
	}
	a.share(a.guards)
}

// bases gives a lock to classes whose methods come to the state of a locked
// subclass, through C methods that it overrides; it reports whether there were any.
func (a *annotator) bases() bool {
	found := false
	for _, m := range a.mods {
		for _, f := range m.funcs().all {
			c := f.class
			if c == nil || c.lock != nil || c.def == nil || c.extern || a.p.locksMembers(c) != nil || !f.exposed() || f.accessor == plain && construction[f.def.Name.Name] || a.byHand(c) != nil {
				continue
			}
			for i := range f.sum.effects {
				e := &f.sum.effects[i]
				if !onSelf(f, e) || !e.raw || e.class == nil || locksOnTheWay(f, e) || a.p.lockOf(e.class) == nil || !slices.Contains(a.p.ancestry(e.class), c) {
					continue
				}
				a.lock(c)
				a.note(c, Locked, fmt.Sprintf("%s comes to the state of %s, which is locked", f.name(), e.class.name), relatedOf(chain(f, e)))
				found = true
				break
			}
		}
	}
	return found
}

// lock gives a class a lock that its source does not have yet.
func (a *annotator) lock(c *class) {
	c.lock = &lockDecl{class: c, unit: c.unit, def: c.def}
	a.p.model.generation++
}

// locksOnTheWay reports whether an effect comes about in another function that
// Python code can call: that one gets a lock of its own.
func locksOnTheWay(f *function, e *found) bool {
	steps := chain(f, e)
	return slices.ContainsFunc(steps[1:], func(s step) bool { return s.f.exposed() })
}

// note adds the verdict on a class, in place of an earlier one.
func (a *annotator) note(c *class, v Verdict, why string, related []Related) {
	u, def := c.unit, c.def
	if def == nil {
		u, def = c.pxdUnit, c.pxdDef
	}
	pos := at(u.source, def.Name.Span, "", "", "")
	n := ClassNote{Name: c.name, Path: u.path, Line: pos.Line, Verdict: v, Why: why, Related: related}
	for i, o := range a.out.Classes {
		if o.Name == n.Name && o.Path == n.Path && o.Line == n.Line {
			a.out.Classes[i] = n
			return
		}
	}
	a.out.Classes = append(a.out.Classes, n)
}

// gather finds what is written once its object is made, and which classes hold
// locks that people placed.
func (a *annotator) gather() {
	p := a.p
	all := a.all()
	p.model.rebound = map[*class]map[string]bool{}
	p.solve(all)
	a.hand = map[*class]*function{}
	for _, f := range all {
		if f.class != nil && f.flow.hand != (ast.Span{}) && a.hand[f.class] == nil {
			a.hand[f.class] = f
		}
		if p.exempt(f) {
			continue
		}
		p.eachWrite(f, func(e *found) {
			if c := e.class; ends(e) == writes || e.field == "" {
				if p.model.rebound[c] == nil {
					p.model.rebound[c] = map[string]bool{}
				}
				p.model.rebound[c][e.field] = true
			}
			for _, c := range p.declaring(e.class, e.field) {
				if old := a.wrote[c]; old == nil || !old.e.sure && e.sure || old.e.sure == e.sure && old.e.via != nil && e.via == nil {
					a.wrote[c] = &evidence{f: f, e: e}
				}
			}
		})
	}
	for _, m := range a.mods {
		for _, c := range m.order {
			for _, fd := range c.order {
				if fd.vis == ast.Public && a.wrote[c] == nil && !c.extern {
					a.wrote[c] = &evidence{attr: fd}
				}
			}
		}
	}
}

// declaring returns the classes that declare an attribute, or any attribute
// where it is not known which.
func (p *Project) declaring(c *class, field string) []*class {
	var any []*class
	for _, b := range p.ancestry(c) {
		if b.fields[field] != nil {
			return []*class{b}
		}
		if len(b.order) > 0 {
			any = append(any, b)
		}
	}
	return any
}

func (a *annotator) verdict(c *class) {
	if !a.p.hasState(c) || c.def == nil && c.pxdDef == nil {
		return
	}
	ev := a.wrote[c]
	switch {
	case c.lock != nil && c.lock.dec != nil:
		a.note(c, Already, "", nil)
	case a.p.lockOf(c) != nil && c.lock == nil:
		a.note(c, Inherits, "", nil)
	case c.extern || c.def == nil:
		a.note(c, Opaque, "", nil)
	case ev == nil && a.elsewhere(c) != nil:
		b := a.elsewhere(c)
		u, _ := b.where()
		a.note(c, Unlockable, fmt.Sprintf("its base %s needs the lock, and is in %s, which was not given", b.name, u.path), nil)
	case ev == nil:
		a.note(c, Immutable, "", nil)
	case a.byHand(c) != nil:
		f := a.byHand(c)
		h := at(f.unit.source, f.flow.hand, "", "", "")
		why := fmt.Sprintf("%s holds a lock (%s:%d)", f.name(), f.unit.path, h.Line)
		if open := a.withoutHand(c); len(open) > 0 {
			why += "; without one " + strings.Join(open, ", ")
		}
		a.note(c, HandLocked, why, nil)
	case c.flags["dataclass"]:
		a.note(c, Unlockable, "a dataclass's fields are attributes that Python code reaches without the lock", nil)
	case c.unit.file.Pure && slices.ContainsFunc(c.order, func(f *field) bool { return f.vis != ast.Private && f.unit.inPxd() }):
		a.note(c, Unlockable, "Cython lets no .py define properties beside the attributes of its .pxd", nil)
	case slices.ContainsFunc(c.order, func(f *field) bool { return f.vis != ast.Private && a.clashes(c, f.name) }):
		a.note(c, Unlockable, "a public attribute has the name of something in the module, and Cython lets it have no property", nil)
	case c.unit.file.Pure && a.cythonName(c.unit, c.def.Pos) == "":
		a.note(c, Unlockable, "the file does not import cython, and may run without it", nil)
	default:
		a.lock(c)
		if ev.attr != nil {
			a.note(c, Locked, fmt.Sprintf("the attribute %s is public", ev.attr.name), nil)
			return
		}
		steps := chain(ev.f, ev.e)
		a.note(c, Locked, fmt.Sprintf("%s %s", ev.f.name(), steps[len(steps)-1].text), relatedOf(steps))
	}
}

// elsewhere returns a base of c that needs a lock and is in no module that was
// given, or nil.
func (a *annotator) elsewhere(c *class) *class {
	for _, b := range a.p.ancestry(c)[1:] {
		if a.wrote[b] != nil && !slices.Contains(a.mods, b.mod) && !b.extern {
			return b
		}
	}
	return nil
}

// clashes reports whether Cython would confuse a property of c with a name of
// the module.
func (a *annotator) clashes(c *class, name string) bool {
	_, used := c.mod.usedBefore(name, c.def.Pos)
	return used
}

// withoutHand tells which members of a class that is locked by hand write its
// state without a lock, the first few.
func (a *annotator) withoutHand(c *class) []string {
	var out []string
	for _, f := range c.mod.funcs().all {
		if f.class != c || !a.p.entry(f) || a.p.constructs(f, 0) || f.flow.hand != (ast.Span{}) {
			continue
		}
		for i := range f.sum.effects {
			if e := &f.sum.effects[i]; onSelf(f, e) && e.raw && e.mode == write && e.sure {
				steps := chain(f, e)
				out = append(out, f.name()+" "+steps[len(steps)-1].text)
				break
			}
		}
	}
	if len(out) > 3 {
		out = append(out[:3], fmt.Sprintf("%d more", len(out)-3))
	}
	return out
}

// byHand returns a method of c, or of a class in its line, that holds a lock
// which a person placed.
func (a *annotator) byHand(c *class) *function {
	for _, b := range a.p.ancestry(c) {
		if f := a.hand[b]; f != nil {
			return f
		}
	}
	for _, o := range c.mod.order {
		if a.hand[o] != nil && slices.Contains(a.p.ancestry(o), c) {
			return a.hand[o]
		}
	}
	return nil
}

// decorate writes the decorators. The model is made anew with the locks in it.
func (a *annotator) decorate() {
	p := a.p
	all := a.all()
	for f := range p.model.solved { // also what is called in modules that are no inputs
		f.sum, f.callers = summary{}, nil
	}
	p.model.solved = nil
	p.settleFunctions(all)
	a.pending, a.known = map[*unit][]insertion{}, map[*unit][]visible{}
	for _, m := range a.mods {
		for _, c := range m.order {
			if c.lock != nil && c.lock.dec == nil {
				dec := "locked_class"
				if c.lock.guard != "" {
					dec += fmt.Sprintf("(guard=%q)", c.lock.guard)
				}
				a.insert(c.unit, c.def.Pos, c.def.Keyword, dec)
			}
		}
		for _, f := range m.funcs().all {
			a.method(f)
		}
	}
	a.write()
}

// method proposes decorators for one function.
func (a *annotator) method(f *function) {
	p := a.p
	if len(p.ownLocks(f).decs) > 0 || !p.entry(f) {
		return
	}
	name := f.def.Name.Name
	if f.unit.file.Pure && a.cythonName(f.unit, f.def.Pos) == "" || f.class != nil && f.accessor == plain && (noLockMethods[name] || implicitStatic[name]) {
		return
	}
	note := func(dec, why string) {
		pos := at(f.unit.source, f.def.Name.Span, "", "", "")
		a.out.Methods = append(a.out.Methods, MethodNote{Name: f.name(), Path: f.unit.path, Line: pos.Line, Decorator: dec, Why: why})
	}
	member := p.member(f) || !f.exposed() && p.locks(f.class)
	if member && p.locksMembers(f.class).mustDecorate || f.flow.hand != (ast.Span{}) {
		return // asked for by a person, or placed by one
	}
	wants := a.wants(f, member)
	if len(wants) == 0 {
		return
	}
	if f.flow.yields != (ast.Span{}) || f.def.Async {
		if !member {
			return
		}
		kind := "a generator"
		if f.def.Async {
			kind = "a coroutine"
		}
		why := kind + " cannot hold a lock between its steps; what it calls does"
		if p.betweenSteps(f) != nil {
			why = "UNSAFE: " + kind + " cannot hold a lock between its steps, and uses what others change"
		}
		a.insert(f.unit, f.def.Pos, f.def.Keyword, fmt.Sprintf("no_lock(%q)", why))
		note("no_lock", why)
		return
	}
	var lists [2][]string
	whys := [2]string{}
	bare := member // self alone, or with operands that are found without being named
	for _, w := range wants {
		if !member || w.path != wants[0].path && !w.operand {
			bare = false
		}
		lists[w.mode] = append(lists[w.mode], fmt.Sprintf("%q", w.path))
		if whys[w.mode] == "" {
			whys[w.mode] = w.why
		}
	}
	if bare {
		if wants[0].operand || name == "__init__" && f.accessor == plain {
			return // found without a decorator
		}
		dec := wants[0].mode.String() + "_lock"
		a.insert(f.unit, f.def.Pos, f.def.Keyword, dec)
		note(dec, wants[0].why)
		return
	}
	if member && name == "__init__" && f.accessor == plain && len(wants) > 0 && wants[0].mode == read && !wants[0].operand {
		lists[write], lists[read] = append(lists[write], lists[read][0]), lists[read][1:] // it can be called again
		whys[write] = or(whys[write], wants[0].why)
	}
	for _, md := range [...]mode{write, read} {
		if len(lists[md]) > 0 {
			dec := md.String() + "_lock"
			a.insert(f.unit, f.def.Pos, f.def.Keyword, dec+"("+strings.Join(lists[md], ", ")+")")
			note(dec, whys[md])
		}
	}
}

// want is an object that a function has to hold.
type want struct {
	path    string
	mode    mode
	operand bool // another parameter than the first
	why     string
}

// wants returns what a function has to hold: a member its object and its
// operands, any function what it uses without a lock. An object behind an
// attribute is among it only where that attribute is not assigned to any more:
// the path is followed before there is a lock.
func (a *annotator) wants(f *function, member bool) []want {
	p := a.p
	var out []want
	add := func(region int32, md mode, e *found) {
		x := &f.sum.regions[region]
		path := pathOf(f, region)
		steps := chain(f, e)
		why := steps[len(steps)-1].text
		for i := range out {
			if out[i].path == path {
				if md > out[i].mode {
					out[i].mode, out[i].why = md, why
				}
				return
			}
		}
		out = append(out, want{path, md, x.num > 0 && x.parent < 0, why})
	}
	if member {
		if st := p.stanceOn(f, 0, false); st.touches {
			add(st.why.region, st.mode, st.why)
		}
	}
	for i := range f.sum.effects {
		e := &f.sum.effects[i]
		x := &f.sum.regions[e.region]
		if x.root != nodeParam || e.kind == onPython || !p.guards(e.class) || !e.raw && !(member && x.num > 0 && x.parent < 0) {
			continue
		}
		if int(x.num) >= len(f.def.Params.List) || f.def.Params.List[x.num].Kind != ast.Positional {
			continue
		}
		switch {
		case x.parent < 0 && x.num == 0 && f.class != nil:
			if !member && !f.mod.plainDecorator(f.def, "staticmethod") {
				continue // its own class has no lock
			}
			if member || !a.mayBe(f, e.region, e.class) {
				continue // the stance has it
			}
		case !a.mayBe(f, e.region, e.class):
			continue
		case x.parent >= 0 && (e.mode == read && p.settled(e.class, e.field) || !p.stays(f, e.region)):
			continue
		}
		add(e.region, e.mode, e)
	}
	sort.SliceStable(out, func(i, j int) bool { return order(f, out[i].path) < order(f, out[j].path) })
	return out
}

// order ranks paths by their parameter and their length.
func order(f *function, path string) int {
	root, _, _ := strings.Cut(path, ".")
	for i, prm := range f.def.Params.List {
		if prm.Name.Name == root {
			return i*16 + strings.Count(path, ".")
		}
	}
	return 0
}

// mayBe reports whether what a path leads to can be locked as a c: its static
// type leaves that open or, where it has none, the module can name the class.
// The path itself has to be one of C attributes.
func (a *annotator) mayBe(f *function, region int32, c *class) bool {
	x := &f.sum.regions[region]
	if f.flow.params[x.num] == 0 {
		return false
	}
	if x.parent >= 0 {
		// A base class may come to an attribute of a subclass through a method
		// that the subclass overrides.
		if c := a.static(f, x.parent); c == nil || a.p.field(c, x.name) == nil {
			return false
		}
	}
	if t := a.static(f, region); t != nil {
		return t == c || a.p.lockOf(t) != nil
	}
	if k := f.flow.nodes[f.flow.params[x.num]].shape.kind; k != shapeObject && k != shapeUnknown {
		return false // a number or pointer that came to stand for something else
	}
	known, ok := a.known[f.unit]
	if !ok {
		known = a.p.findVisible(f.mod, f.unit)
		a.known[f.unit] = known
	}
	return slices.ContainsFunc(known, func(v visible) bool { return slices.Contains(a.p.ancestry(c), v.class) })
}

// static returns the class that a path leads to by its declarations, or nil.
func (a *annotator) static(f *function, region int32) *class {
	x := &f.sum.regions[region]
	if x.parent < 0 {
		return f.flow.nodes[f.flow.params[x.num]].shape.class
	}
	if c := a.static(f, x.parent); c != nil {
		if fd := a.p.field(c, x.name); fd != nil {
			return a.p.fieldClass(fd)
		}
	}
	return nil
}

// stays reports whether the attributes that lead to a region are not assigned to
// once their objects are made.
func (p *Project) stays(f *function, r int32) bool {
	for x := &f.sum.regions[r]; x.parent >= 0; x = &f.sum.regions[x.parent] {
		if !p.settled(x.owner, x.name) {
			return false
		}
	}
	return true
}

// insertion is a decorator to be put above a definition.
type insertion struct {
	pos, keyword int32
	dec          string
}

// insert puts a decorator on a line of its own above a definition, below the
// decorators that it has.
func (a *annotator) insert(u *unit, pos, keyword int32, dec string) {
	a.pending[u] = append(a.pending[u], insertion{pos, keyword, dec})
}

// write makes edits of the insertions, the import that they need first: both
// may come to stand at the top of the file.
func (a *annotator) write() {
	for u, list := range a.pending {
		e := newEditor(u.file)
		a.editors[u.path] = e
		first := list[0].pos
		for _, in := range list {
			first = min(first, in.pos)
		}
		a.cimport(u, first)
		a.shim(u)
		for _, in := range list {
			name := or(a.cythonName(u, in.pos), "cython")
			e.head(lineStart(u.file, in.keyword), []string{indentOf(u.file, in.keyword) + "@" + name + "." + in.dec}, in.pos)
		}
	}
}

// cythonName returns what the cython module is called in a file before pos.
func (a *annotator) cythonName(u *unit, pos int32) string {
	for _, m := range a.mods {
		if slices.Contains(m.units, u) {
			if name, at := m.scope.cythonIn(u.source); name != "" && at < pos {
				return name
			}
			// An included file sees the names of the one that includes it.
			if u.role == roleInclude {
				for _, o := range m.units {
					if name, _ := m.scope.cythonIn(o.source); o.role == roleMain && name != "" {
						return name
					}
				}
			}
		}
	}
	return ""
}

// cimport makes the cython module known to a file that uses it first at an offset.
func (a *annotator) cimport(u *unit, first int32) {
	if a.cythonName(u, first) != "" {
		return
	}
	for _, m := range a.mods {
		if slices.Contains(m.units, u) {
			an := &analysis{p: a.p, m: m, spaced: true, editors: map[*unit]*editor{u: a.editors[u.path]}, needs: map[*unit]*need{u: {cython: true, first: first}}}
			an.imports(u)
			return
		}
	}
}

// shim has a pure-mode file import pyxlock after cython, so that it runs uncompiled
// with its new decorators.
func (a *annotator) shim(u *unit) {
	i := slices.IndexFunc(a.mods, func(m *module) bool { return slices.Contains(m.units, u) })
	scope := a.mods[i].scope
	if _, bound := scope.names[shimPackage]; bound || !u.file.Pure {
		return
	}
	_, at := scope.cythonIn(u.source)
	for _, st := range u.file.Body {
		if span := st.Range(); span.Pos <= at && at < span.End {
			e := a.editors[u.path]
			e.tail(nextLine(u.file, span.End-1), []string{"import " + shimPackage}, span.Pos, 0)
		}
	}
}

// Summary returns the verdicts counted, most first, for people.
func (n *Annotation) Summary() string {
	count := map[Verdict]int{}
	for _, c := range n.Classes {
		count[c.Verdict]++
	}
	var parts []string
	for v := range verdictNames {
		if k := count[Verdict(v)]; k > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k, verdictNames[v]))
		}
	}
	decs := map[string]int{}
	for _, m := range n.Methods {
		decs[m.Decorator]++
	}
	var ds []string
	for _, d := range []string{"read_lock", "write_lock", "no_lock"} {
		if decs[d] > 0 {
			ds = append(ds, fmt.Sprintf("%d %s", decs[d], d))
		}
	}
	out := "classes with C attributes: " + strings.Join(parts, ", ")
	if len(parts) == 0 {
		out = "no classes with C attributes"
	}
	if len(ds) > 0 {
		out += "; methods: " + strings.Join(ds, ", ")
	}
	return out
}

// SortNotes orders classes and methods by file and line.
func (n *Annotation) SortNotes() {
	sort.SliceStable(n.Classes, func(i, j int) bool {
		return lessPlace(n.Classes[i].Path, n.Classes[i].Line, n.Classes[j].Path, n.Classes[j].Line)
	})
	sort.SliceStable(n.Methods, func(i, j int) bool {
		return lessPlace(n.Methods[i].Path, n.Methods[i].Line, n.Methods[j].Path, n.Methods[j].Line)
	})
}

func lessPlace(p1 string, l1 int, p2 string, l2 int) bool {
	if p1 != p2 {
		return filepath.ToSlash(p1) < filepath.ToSlash(p2)
	}
	return l1 < l2
}
