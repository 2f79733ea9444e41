package transform

// Plans: for each function, which objects it holds, how, and by which lock.

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
)

// fn is a function in its place.
type fn struct {
	unit     *unit
	def      *ast.FuncDef
	class    *class // the extension type it is a method of; nil otherwise
	pyClass  bool   // a method of a Python class
	property bool   // inside an old "property x:" block
	outer    *fn    // the function it is nested in
	decs     []lockDec
	pxdDecs  []placed // from its declaration in the .pxd
	plan     *plan    // nil where it locks nothing
}

// placed is a decorator that stands in another file than its function.
type placed struct {
	lockDec
	unit *unit
}

// hold is one object that a function locks.
type hold struct {
	mode  mode
	path  []string // parameter, then attributes; a guard's attribute included
	typed bool     // statically an instance of a locked class, or None
	never bool     // typed, and cannot be None
	class *class   // its static class; nil for a type object
	// typeName is what the function's module calls class; "" where it has no name for it.
	typeName string
	// among holds what an operand without a static type is tested for.
	among []visible
	// types are the names of the classes of the path's attributes, "" where one
	// has no known class or no name here; maybeNone means that the parameter is
	// one whose fields are C fields, and can be None.
	types     []string
	maybeNone bool
}

// plan is what a function takes at its entry.
type plan struct {
	kind        Kind
	nonblocking bool
	holds       []hold
	releasesGIL bool // a locked body lets other threads run, also on GIL builds
	nogil       bool // the function may run without the GIL
}

func (p *planner) planFunc(m *module, f *fn) {
	out := p.of(m)
	decs := f.decs
	all := make([]placed, 0, len(decs)+len(f.pxdDecs))
	for _, d := range decs {
		all = append(all, placed{d, f.unit})
	}
	all = append(all, f.pxdDecs...)

	var locks []placed
	exempt := false
	for _, d := range all {
		switch d.name {
		case "locked_class":
			out.report(d.unit, d.dec.Range(), codeMisplaced, "locked_class on a function",
				"it goes on a cdef class; a function takes read_lock or write_lock")
		case "no_lock":
			exempt = true
			if !hasReason(d.lockDec) {
				out.report(d.unit, d.dec.Range(), codeReason, "no_lock needs a reason",
					"write why it is safe: @cython.no_lock(\"reads only what __cinit__ set\")")
			}
		default:
			locks = append(locks, d)
		}
	}
	if exempt {
		for _, d := range locks {
			out.report(d.unit, d.dec.Range(), codeContradict, fmt.Sprintf("%s on a function that no_lock exempts", d.name), "keep one of them")
		}
		return
	}
	name := f.def.Name.Name
	inClass := f.class != nil && f.outer == nil
	if inClass && noLockMethods[name] && !f.property {
		for _, d := range locks {
			out.report(d.unit, d.dec.Range(), codeMisplaced, fmt.Sprintf("%s on %s", d.name, name),
				"nobody else holds the object then, so it takes no lock: remove the decorator")
		}
		return
	}
	static := inClass && (m.plainDecorator(f.def, "staticmethod") || implicitStatic[name])
	classm := (inClass || f.pyClass) && m.plainDecorator(f.def, "classmethod")
	var info *lockInfo
	if inClass {
		info = p.locks.locksMembers(f.class)
	}
	if len(locks) == 0 {
		if info == nil || static || classm || isCdef(m, f.class, f.def) {
			return
		}
		if info.mustDecorate && name != "__init__" {
			out.report(f.unit, f.def.Name.Span, codeUndecorated,
				fmt.Sprintf("%s.%s has no lock decorator, and the class asks for one", f.class.name, name),
				"add @cython.read_lock, @cython.write_lock or @cython.no_lock(\"why\")")
			return
		}
	}
	if trivial(f.def) {
		return
	}
	r := &resolver{p: p, m: m, f: f, out: out, static: static, classm: classm}
	r.holdsOf(locks)
	if !r.failed {
		r.contradicted(locks)
	}
	if r.failed || len(r.holds) == 0 {
		out.failed[f.def] = r.failed
		return
	}
	pl := &plan{holds: r.holds, nogil: isNogil(m, f.class, f.def)}
	if !r.settle(pl) || !p.checkBody(m, f, pl, out) {
		out.failed[f.def] = true
		return
	}
	f.plan = pl
}

// resolver finds what the decorators of one function name.
type resolver struct {
	p      *planner
	m      *module
	f      *fn
	out    *modulePlan
	static bool
	classm bool
	holds  []hold
	failed bool
}

func (r *resolver) fail(u *unit, span ast.Span, code, msg, help string) {
	r.out.report(u, span, code, msg, help)
	r.failed = true
}

func (r *resolver) positional() []*ast.Param {
	var out []*ast.Param
	for _, p := range r.f.def.Params.List {
		if p.Kind == ast.Positional {
			out = append(out, p)
		}
	}
	return out
}

// kind is the lock of the function's class, or the one that is usual.
func (r *resolver) kind() Kind {
	if r.f.class != nil {
		if in := r.p.locks.lockOf(r.f.class); in != nil {
			return in.kind
		}
	}
	return r.p.locks.kind
}

// undecorated holds the object of a member without decorators as the model
// says that the body uses it.
func (r *resolver) undecorated(kind Kind) {
	st := stance{touches: true, mode: write}
	if fun := r.p.prog.funcs(r.m).byDef[r.f.def]; fun != nil {
		st = r.p.prog.infer(fun, kind)
	}
	if st.touches {
		r.add(r.f.unit, r.f.def.Name.Span, "", st.mode)
	}
	object := ""
	if st.touches && len(r.f.def.Params.List) > 0 {
		object = r.f.def.Params.List[0].Name.Name
	}
	r.noteInferred(object, st)
}

// noteInferred keeps what the model asked for, for people.
func (r *resolver) noteInferred(object string, st stance) {
	fun := r.p.prog.funcs(r.m).byDef[r.f.def]
	if fun == nil {
		return
	}
	pos := at(r.f.unit.source, r.f.def.Name.Span, "", "", "")
	in := Inferred{Name: fun.name(), Path: r.f.unit.path, Line: pos.Line, Object: object, Write: st.mode == write, Why: "touches no guarded state"}
	if st.why != nil {
		steps := chain(fun, st.why)
		in.Why = steps[len(steps)-1].text
	}
	r.out.inferred = append(r.out.inferred, in)
}

// holdsOf fills r.holds from the decorators; with none, the function is an
// undecorated member, which is held as the model says.
func (r *resolver) holdsOf(locks []placed) {
	bare, bares := true, 0
	for _, d := range locks {
		if len(d.args()) == 0 {
			if bares++; bares > 1 {
				r.fail(d.unit, d.dec.Range(), codeContradict, fmt.Sprintf("%s has two decorators that both lock its first parameter", r.f.def.Name.Name),
					"keep one of them; write_lock excludes readers too")
				continue
			}
		}
		md := read
		if d.name == "write_lock" {
			md = write
		}
		if len(d.args()) == 0 {
			r.add(d.unit, d.dec.Range(), "", md)
			continue
		}
		bare = false
		for _, a := range d.args() {
			s, ok := a.X.(*ast.Str)
			if !ok || a.Name.Name != "" || a.Star != 0 || s.Value == "" {
				r.fail(d.unit, a.Span, codeArgument,
					fmt.Sprintf("%s takes names in quotes, not %s", d.name, text(d.unit.file, a.Span)),
					"name parameters or dotted paths from them: @cython."+d.name+"(\"self\", \"other\")")
				continue
			}
			r.add(d.unit, a.Span, s.Value, md)
		}
	}
	kind := r.kind()
	if len(locks) == 0 {
		r.undecorated(kind)
	}
	if bare && !r.failed {
		r.operands(kind)
	}
}

// add resolves one path ("" is the first parameter) and holds it.
func (r *resolver) add(u *unit, span ast.Span, path string, md mode) {
	params := r.positional()
	fname := r.f.def.Name.Name
	if path == "" {
		if len(params) == 0 || r.f.def.Params.List[0].Kind != ast.Positional || params[0].Name.Name == "" {
			r.fail(u, span, codeParameter, fname+" has no first parameter to lock", "give the object a parameter of its own, lock where it has a name, or say @cython.no_lock(\"why\")")
			return
		}
		path = params[0].Name.Name
	}
	parts := strings.Split(norm.NFKC.String(path), ".") // as Cython compares names
	for _, s := range parts {
		if !identifier(s) {
			r.fail(u, span, codeArgument, fmt.Sprintf("%q is no name or dotted path", path), "write a parameter, or parameter.attribute")
			return
		}
	}
	i := slices.IndexFunc(params, func(p *ast.Param) bool { return p.Name.Name == parts[0] })
	if i < 0 {
		for _, q := range r.f.def.Params.List {
			if q.Name.Name == parts[0] && q.Name.Name != "" {
				r.fail(u, span, codeParameter, fmt.Sprintf("%q is a collection of arguments, which has no lock", path), "give the operand a parameter of its own")
				return
			}
		}
		r.fail(u, span, codeParameter, fmt.Sprintf("%s has no parameter %q", fname, parts[0]), "its parameters are: "+paramNames(params))
		return
	}
	h := hold{mode: md, path: parts[:1]}
	if !r.typeOf(u, span, i, params[i], &h, len(parts) > 1) {
		return
	}
	for _, attr := range parts[1:] {
		var next *class
		if h.class != nil {
			if f := h.class.field(attr); f != nil {
				next = f.fieldClass()
			}
		}
		h = hold{mode: md, path: append(slices.Clone(h.path), attr), class: next,
			types: append(slices.Clone(h.types), r.m.nameOf(r.f.unit, next)), maybeNone: h.maybeNone || len(h.path) == 1 && h.class != nil && !h.never}
		if next != nil {
			h.typed = r.p.locks.lockOf(next) != nil
		}
	}
	if h.class != nil && !h.typed && len(parts) > 1 {
		h.class = nil
	}
	for i, o := range r.holds {
		if slices.Equal(o.path, h.path) {
			r.holds[i].mode = max(o.mode, md)
			return
		}
	}
	r.holds = append(r.holds, h)
}

func paramNames(ps []*ast.Param) string {
	var out []string
	for _, p := range ps {
		if p.Name.Name != "" {
			out = append(out, p.Name.Name)
		}
	}
	if len(out) == 0 {
		return "(none)"
	}
	return strings.Join(out, ", ")
}

// typeOf finds the static type of parameter i. through means that an attribute
// of it is locked, and not the parameter itself.
func (r *resolver) typeOf(u *unit, span ast.Span, i int, prm *ast.Param, h *hold, through bool) bool {
	f := r.f
	name := prm.Name.Name
	inClass := f.class != nil && f.outer == nil
	if i == 0 && inClass && !r.static {
		if r.classm {
			h.typed, h.never = true, true // a type object: locked as it is
			return true
		}
		if !(binops[f.def.Name.Name] && r.m.cAPIBinops(f.unit, f.class, f.def)) {
			h.class = f.class
			if r.p.locks.lockOf(f.class) == nil && !through {
				r.fail(u, span, codeNothing, fmt.Sprintf("%s is no locked class", f.class.name), "add @cython.locked_class to it")
				return false
			}
			h.typed, h.never = true, true
			return true
		}
		return true
	}
	if i == 0 && f.pyClass && r.classm {
		h.typed, h.never = true, true
		return true
	}
	path, pointer := r.m.paramType(f.class, f.def, i, prm)
	if pointer {
		r.fail(u, span, codeParameter, fmt.Sprintf("parameter %q is a C pointer, not an object", name), "lock the object that owns it")
		return false
	}
	if path == nil {
		return true
	}
	if c := r.m.lookup(path); c != nil {
		h.class = c
		if r.p.locks.lockOf(c) == nil && !through {
			r.fail(u, span, codeNothing, fmt.Sprintf("parameter %q is a %s, which is no locked class", name, c.name), "add @cython.locked_class to it, or do not lock it here")
			return false
		}
		h.typed = true
		h.never = prm.Not || prm.Annotation != nil && prm.Default == nil
		return true
	}
	last := path[len(path)-1]
	if cTypes[last] || strings.HasSuffix(last, "_t") || strings.Contains(last, " ") {
		r.fail(u, span, codeParameter, fmt.Sprintf("parameter %q is a C %s, not an object", name, last), "only Python objects have locks")
		return false
	}
	if len(path) == 1 && objectTypes[last] && last != "object" && !through {
		r.fail(u, span, codeNothing, fmt.Sprintf("parameter %q is a %s, which is no locked class", name, last), "lock the object that it belongs to")
		return false
	}
	return true
}

// settle chooses the lock, resolves guards and untyped operands, and checks
// that one lock can hold them all.
func (r *resolver) settle(pl *plan) bool {
	f, m, p := r.f, r.m, r.p
	var kinds []Kind
	add := func(in *lockInfo) {
		if !slices.Contains(kinds, in.kind) {
			kinds = append(kinds, in.kind)
		}
		pl.nonblocking = pl.nonblocking || in.nonblocking
	}
	for _, h := range pl.holds {
		if h.class != nil && h.typed {
			add(p.locks.lockOf(h.class))
		}
	}
	var enclosing *lockInfo
	if f.class != nil {
		enclosing = p.locks.lockOf(f.class)
	}
	var candidates []visible
	untyped := slices.ContainsFunc(pl.holds, func(h hold) bool { return !h.typed })
	if untyped {
		candidates = p.locks.visibleLocked(m, f.unit)
		if len(candidates) == 0 {
			r.out.report(f.unit, f.def.Name.Span, codeNothing,
				fmt.Sprintf("%s locks an operand without a static type, and this module knows no locked class", f.def.Name.Name),
				"cimport the locked class, or give the parameter its type")
			return false
		}
		alone := len(kinds) == 0 && enclosing == nil
		waits := pl.nonblocking
		for _, v := range candidates {
			add(v.info)
		}
		if !alone {
			// The class that the function belongs to says whether it waits.
			pl.nonblocking = waits || enclosing != nil && enclosing.nonblocking
		}
	}
	if len(kinds) == 0 && enclosing != nil {
		add(enclosing)
	}
	if len(kinds) > 1 {
		sort.Slice(kinds, func(i, j int) bool { return kinds[i] < kinds[j] })
		r.out.report(f.unit, f.def.Name.Span, codeMixed,
			fmt.Sprintf("%s would have to take a %s and a %s at once", f.def.Name.Name, kinds[0], kinds[1]),
			"two kinds of lock have no common order: use one kind for these classes, or give untyped operands their type")
		return false
	}
	pl.kind = RWLock
	if len(kinds) == 1 {
		pl.kind = kinds[0]
	} else {
		pl.kind = p.locks.kind
	}
	for i := range pl.holds {
		h := &pl.holds[i]
		if !h.typed {
			h.among = candidates
			continue
		}
		p.throughGuard(m, f.unit, h)
		if pl.kind == Mutex {
			h.typeName = m.nameOf(f.unit, h.class)
		}
	}
	// A guard may have made two paths one.
	var kept []hold
	for _, h := range pl.holds {
		if i := slices.IndexFunc(kept, func(o hold) bool { return slices.Equal(o.path, h.path) }); i >= 0 {
			kept[i].mode = max(kept[i].mode, h.mode)
			continue
		}
		kept = append(kept, h)
	}
	pl.holds = kept
	return true
}

// operands adds the other parameters whose guarded state the body touches, by
// their static type or through a cast, each in the mode that the model gives.
func (r *resolver) operands(kind Kind) {
	f := r.f
	params := f.def.Params.List
	if f.class == nil || f.outer != nil || r.static || r.classm || len(params) < 2 || r.p.locks.lockOf(f.class) == nil {
		return
	}
	fun := r.p.prog.funcs(r.m).byDef[f.def]
	if fun == nil {
		return
	}
	r.p.prog.solve([]*function{fun})
	for i, prm := range params {
		if i == 0 || prm.Kind != ast.Positional || prm.Name.Name == "" {
			continue
		}
		// What a callee locks by itself a mutex must not lock before it.
		st := r.p.prog.stanceOn(fun, i, kind != RWLock)
		if !st.touches || slices.ContainsFunc(r.holds, func(h hold) bool { return h.path[0] == prm.Name.Name && len(h.path) == 1 }) {
			continue
		}
		r.add(f.unit, prm.Span, prm.Name.Name, st.mode)
		r.noteInferred(prm.Name.Name, st)
	}
}

// throughGuard replaces an object by the one that guards its state.
func (p *planner) throughGuard(m *module, u *unit, h *hold) {
	for n := 0; h.class != nil && n < 4; n++ {
		in := p.locks.lockOf(h.class)
		if in == nil || in.guard == "" {
			return
		}
		fd := h.class.field(in.guard)
		var next *class
		if fd != nil {
			next = fd.fieldClass()
		}
		h.maybeNone = h.maybeNone || len(h.path) == 1 && !h.never
		h.path = append(slices.Clone(h.path), in.guard)
		h.types = append(slices.Clone(h.types), m.nameOf(u, next))
		h.never = false
		h.class = next
	}
}
