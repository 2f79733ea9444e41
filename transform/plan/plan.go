package plan

// Plans: for each function, which objects it holds, how, and by which lock.

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Func is a function in its place.
type Func struct {
	Unit     *project.Unit
	Def      *ast.FuncDef
	Class    *project.Class // the extension type it is a method of; nil otherwise
	PyClass  bool           // a method of a Python class
	Property bool           // inside an old "property x:" block
	Outer    *Func          // the function it is nested in
	Locks    []decorator.Lock
	PxdLocks []Placed // from its declaration in the .pxd
	Plan     *Plan    // nil where it locks nothing
}

// Name returns the function's name, with those of what it is in.
func (f *Func) Name() string {
	name := f.Def.Name.Name
	if f.Outer != nil {
		return f.Outer.Name() + "." + name
	}
	if f.Class != nil {
		return f.Class.Name + "." + name
	}
	return name
}

// Placed is a decorator that stands in another file than its function.
type Placed struct {
	decorator.Lock
	Unit *project.Unit
}

// Hold is one object that a function locks.
type Hold struct {
	Mode  effects.Mode
	Path  []string       // parameter, then attributes; a guard's attribute included
	Typed bool           // statically an instance of a locked class, or None
	Never bool           // typed, and cannot be None
	Class *project.Class // its static class; nil for a type object
	// TypeName is what the function's module calls class; "" where it has no name for it.
	TypeName string
	// Moving tells which attributes of the path are guards that may be assigned
	// meanwhile: they are looked at again under the lock.
	Moving []bool
	// Among holds what an operand without a static type is tested for, Guards by
	// which attributes each is led to its guard.
	Among  []decorator.Visible
	Guards [][]string
	// Types are the names of the classes of the path's attributes, "" where one
	// has no known class or no name here; MaybeNone means that the parameter is
	// one whose fields are C fields, and can be None.
	Types     []string
	MaybeNone bool
	// Items means that the items of what Path names are locked, each as an operand
	// without a static type; Param says which kind of parameter it is. Copied means
	// that others may change it, so that the function has to use a copy.
	Items, Copied bool
	kin           bool // it may be an object of the function's own class, or of its lock
	Param         ast.ParamKind
	// as are the classes as which an inferred operand without a static type, or an
	// inferred item, is used, by mode; none where the mode is one for all.
	as [2][]*project.Class
	// Cast is the class as which the first of the path has to be taken, "" where it is one.
	Cast   string
	expr   ast.Expr       // of a block: what it says
	static *project.Class // and what Cython takes that for
}

// Plan is what a function takes at its entry.
type Plan struct {
	Kind        decorator.Kind
	Nonblocking bool
	Holds       []Hold
	ReleasesGIL bool // a locked body lets other threads run, also on GIL builds
	Snapshot    bool // a generator that runs to its end under the lock when it is called
	Steps       bool // a generator that gives the lock back at each yield
	Nogil       bool // the function may run without the GIL
}

// Plan decides what a function of m locks, and sets f.Plan or reports why not.
func (p *Planner) Plan(m *project.Module, f *Func) {
	out := p.Of(m)
	decs := f.Locks
	all := make([]Placed, 0, len(decs)+len(f.PxdLocks))
	for _, d := range decs {
		all = append(all, Placed{d, f.Unit})
	}
	all = append(all, f.PxdLocks...)

	var locks []Placed
	exempt := false
	for _, d := range all {
		switch d.Name {
		case "locked_class":
			out.Report(d.Unit, d.Node.Range(), finding.Misplaced, "locked_class on a function",
				"it goes on a cdef class; a function takes read_lock or write_lock")
		case "no_lock":
			exempt = true
			if !decorator.HasReason(d.Lock) {
				out.Report(d.Unit, d.Node.Range(), finding.Reason, "no_lock needs a reason",
					"write why it is safe: @cython.no_lock(\"reads only what __cinit__ set\")")
			}
		default:
			locks = append(locks, d)
		}
	}
	if exempt {
		for _, d := range locks {
			out.Report(d.Unit, d.Node.Range(), finding.Contradict, fmt.Sprintf("%s on a function that no_lock exempts", d.Name), "keep one of them")
		}
		return
	}
	name := f.Def.Name.Name
	inClass := f.Class != nil && f.Outer == nil
	if inClass && library.NoLockMethods()[name] && !f.Property {
		others := true
		for _, d := range locks {
			if name == "__cinit__" && namesOthers(f.Def, d.Lock) {
				continue
			}
			others = false
			help := "nobody else holds the object then, so it takes no lock: remove the decorator"
			if name == "__cinit__" && len(d.Args()) > 0 {
				help = "nobody else holds the object then, so it takes no lock: name only its other parameters"
			}
			out.Report(d.Unit, d.Node.Range(), finding.Misplaced, fmt.Sprintf("%s on %s", d.Name, name), help)
		}
		if !others || len(locks) == 0 {
			return
		}
	}
	static := inClass && (m.PlainDecorator(f.Def, "staticmethod") || library.ImplicitStatic()[name])
	classm := (inClass || f.PyClass) && m.PlainDecorator(f.Def, "classmethod")
	var info *decorator.Info
	if inClass {
		info = p.Locks.OfMembers(f.Class)
	}
	if len(locks) == 0 {
		if info == nil || static || classm || project.IsCdef(m, f.Class, f.Def) {
			return
		}
		if info.MustDecorate && name != "__init__" {
			out.Report(f.Unit, f.Def.Name.Span, finding.Undecorated,
				fmt.Sprintf("%s.%s has no lock decorator, and the class asks for one", f.Class.Name, name),
				"add @cython.read_lock, @cython.write_lock or @cython.no_lock(\"why\")")
			return
		}
	}
	if syntax.Trivial(f.Def) {
		return
	}
	snapshot, agree := askSnapshot(out, name, locks)
	if !agree {
		out.Failed[f.Def] = true
		return
	}
	r := &resolver{p: p, m: m, f: f, out: out, static: static, classm: classm, at: f.Def.Name.Span, who: name}
	r.holdsOf(locks)
	if !r.failed {
		r.contradicted(locks)
		r.assignedFirst(locks)
	}
	if r.failed || len(r.holds) == 0 {
		out.Failed[f.Def] = r.failed
		return
	}
	pl := &Plan{Holds: r.holds, Nogil: project.IsNogil(m, f.Class, f.Def), Snapshot: snapshot}
	if !r.settle(pl) || !p.checkBody(m, f, pl, out) {
		out.Failed[f.Def] = true
		return
	}
	p.cannotRaise(m, f, pl.Kind, f.Def.Name.Span, out)
	p.thrownPast(m, f, pl.Kind, out)
	f.Plan = pl
}

// namesOthers reports whether a decorator names objects, and the first parameter of the
// function is not among them.
func namesOthers(def *ast.FuncDef, d decorator.Lock) bool {
	if len(d.Args()) == 0 || len(def.Params.List) == 0 {
		return false
	}
	for _, a := range d.Args() {
		if s, ok := a.X.(*ast.Str); ok {
			if root, _, _ := strings.Cut(norm.NFKC.String(s.Value), "."); root == def.Params.List[0].Name.Name {
				return false
			}
		}
	}
	return true
}

// resolver finds what the decorators of one function name.
type resolver struct {
	p      *Planner
	m      *project.Module
	f      *Func
	out    *Module
	static bool
	classm bool
	at     ast.Span // what findings are about that are about all of it
	who    string
	params []*ast.Param // positional ones, once somebody asked
	holds  []Hold
	failed bool
}

func (r *resolver) fail(u *project.Unit, span ast.Span, code, msg, help string) {
	r.out.Report(u, span, code, msg, help)
	r.failed = true
}

func (r *resolver) positional() []*ast.Param {
	var out []*ast.Param
	for _, p := range r.f.Def.Params.List {
		if p.Kind == ast.Positional {
			out = append(out, p)
		}
	}
	return out
}

// kind is the lock of the function's class, or the one that is usual.
func (r *resolver) kind() decorator.Kind {
	if r.f.Class != nil {
		if in := r.p.Locks.Of(r.f.Class); in != nil {
			return in.Kind
		}
	}
	return r.p.Locks.Kind
}

// undecorated holds the object of a member without decorators as the model
// says that the body uses it.
func (r *resolver) undecorated(kind decorator.Kind) {
	st := effects.Stance{Touches: true, Mode: effects.Write}
	if fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]; fun != nil {
		st = r.p.Program.Infer(fun, kind)
	}
	if st.Touches {
		r.add(r.f.Unit, r.f.Def.Name.Span, "", st.Mode)
	}
	object := ""
	if st.Touches && len(r.f.Def.Params.List) > 0 {
		object = r.f.Def.Params.List[0].Name.Name
	}
	r.noteInferred(object, st)
}

// noteInferred keeps what the model asked for, for people.
func (r *resolver) noteInferred(object string, st effects.Stance) {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	if fun == nil {
		return
	}
	pos := project.FindingAt(r.f.Unit.Source, r.f.Def.Name.Span, "", "", "")
	in := Inferred{Name: fun.Name(), Path: r.f.Unit.Path, Line: pos.Line, Object: object, Write: st.Mode == effects.Write, Why: "touches no guarded state"}
	if st.Why != nil {
		in.Why = effects.Reason(fun, st.Why)
		steps := effects.Chain(fun, st.Why)
		in.Unknown = in.Write && r.kind() == decorator.RWLock && steps[len(steps)-1].Effect.Reader().Name != ""
	}
	r.out.Inferred = append(r.out.Inferred, in)
}

// holdsOf fills r.holds from the decorators; with none, the function is an
// undecorated member, which is held as the model says.
func (r *resolver) holdsOf(locks []Placed) {
	bare, bares := true, 0
	for _, d := range locks {
		if len(d.Args()) == 0 {
			if bares++; bares > 1 {
				r.fail(d.Unit, d.Node.Range(), finding.Contradict, fmt.Sprintf("%s has two decorators that both lock its first parameter", r.f.Def.Name.Name),
					"keep one of them; write_lock excludes readers too")
				continue
			}
		}
		md := effects.Read
		if d.Name == "write_lock" {
			md = effects.Write
		}
		if len(d.Args()) == 0 {
			r.add(d.Unit, d.Node.Range(), "", md)
			continue
		}
		bare = false
		for _, a := range d.Args() {
			if a.Name.Name == "snapshot" {
				r.fail(d.Unit, a.Span, finding.Argument, syntax.Text(d.Unit.File, a.Span), "snapshot takes True or False")
				continue
			}
			s, ok := a.X.(*ast.Str)
			if !ok || a.Name.Name != "" || a.Star != 0 || s.Value == "" {
				r.fail(d.Unit, a.Span, finding.Argument,
					fmt.Sprintf("%s takes names in quotes, not %s", d.Name, syntax.Text(d.Unit.File, a.Span)),
					"name parameters or dotted paths from them: @cython."+d.Name+"(\"self\", \"other\")")
				continue
			}
			r.add(d.Unit, a.Span, s.Value, md)
		}
	}
	kind := r.kind()
	if len(locks) == 0 {
		r.undecorated(kind)
	}
	if bare && !r.failed {
		r.operands(kind)
		r.inferItems()
	}
}

// add resolves one path ("" is the first parameter) and holds it.
func (r *resolver) add(u *project.Unit, span ast.Span, path string, md effects.Mode) {
	if strings.HasPrefix(path, "*") {
		r.addItems(u, span, path, md)
		return
	}
	if r.params == nil {
		r.params = r.positional()
	}
	params := r.params
	fname := r.f.Def.Name.Name
	if path == "" {
		if len(params) == 0 || r.f.Def.Params.List[0].Kind != ast.Positional || params[0].Name.Name == "" {
			r.fail(u, span, finding.Parameter, fname+" has no first parameter to lock", "give the object a parameter of its own, lock where it has a name, or say @cython.no_lock(\"why\")")
			return
		}
		path = params[0].Name.Name
	}
	parts := strings.Split(norm.NFKC.String(path), ".") // as Cython compares names
	for _, s := range parts {
		if !syntax.Identifier(s) {
			r.fail(u, span, finding.Argument, fmt.Sprintf("%q is not a name or dotted path", path), "write a parameter, or parameter.attribute")
			return
		}
	}
	i := slices.IndexFunc(params, func(p *ast.Param) bool { return p.Name.Name == parts[0] })
	if i < 0 {
		for _, q := range r.f.Def.Params.List {
			if q.Name.Name == parts[0] && q.Name.Name != "" {
				star := "*"
				if q.Kind == ast.DoubleStar {
					star = "**"
				}
				r.fail(u, span, finding.Parameter, fmt.Sprintf("%q is a collection of arguments, which has no lock", path),
					fmt.Sprintf("%q locks its items", star+parts[0]))
				return
			}
		}
		r.fail(u, span, finding.Parameter, fmt.Sprintf("%s has no parameter %q", fname, parts[0]), "its parameters are: "+paramNames(params))
		return
	}
	h := Hold{Mode: md, Path: parts[:1]}
	if !r.typeOf(u, span, i, params[i], &h, len(parts) > 1) {
		return
	}
	for n, attr := range parts[1:] {
		var next *project.Class
		if h.Class != nil {
			if f := h.Class.Field(attr); f != nil {
				next = f.Class()
			}
		}
		moving := h.Class != nil && r.p.Program.Guarding.Of(h.Class) == attr && r.p.Program.Guarding.Changes(h.Class)
		h = Hold{Mode: md, Path: parts[:n+2], Class: next, Moving: append(h.Moving, moving),
			Types: append(h.Types, r.m.NameOf(r.f.Unit, next)), MaybeNone: h.MaybeNone || len(h.Path) == 1 && h.Class != nil && !h.Never}
		if next != nil {
			h.Typed = r.p.Locks.Of(next) != nil
		}
	}
	if h.Class != nil && !h.Typed && len(parts) > 1 {
		h.Class = nil
	}
	r.hold(h)
}

// hold adds a hold, or gives the one that is there the stronger mode.
func (r *resolver) hold(h Hold) {
	for i := range r.holds {
		if o := &r.holds[i]; o.same(&h) {
			o.Mode = max(o.Mode, h.Mode)
			return
		}
	}
	r.holds = append(r.holds, h)
}

// same reports whether two holds are of the same objects.
func (h *Hold) same(o *Hold) bool {
	among := func(v, w decorator.Visible) bool { return v.Class == w.Class }
	return h.Items == o.Items && slices.Equal(h.Path, o.Path) && slices.EqualFunc(h.Among, o.Among, among)
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
func (r *resolver) typeOf(u *project.Unit, span ast.Span, i int, prm *ast.Param, h *Hold, through bool) bool {
	f := r.f
	name := prm.Name.Name
	inClass := f.Class != nil && f.Outer == nil
	if i == 0 && inClass && !r.static {
		if r.classm {
			h.Typed, h.Never = true, true // a type object: locked as it is
			return true
		}
		if !(library.Binops()[f.Def.Name.Name] && r.m.CAPIBinops(f.Unit, f.Class, f.Def)) {
			h.Class = f.Class
			if r.p.Locks.Of(f.Class) == nil && !through {
				r.fail(u, span, finding.Nothing, fmt.Sprintf("%s is not a locked class", f.Class.Name), "add @cython.locked_class to it")
				return false
			}
			h.Typed, h.Never = true, true
			return true
		}
		return true
	}
	if i == 0 && f.PyClass && r.classm {
		h.Typed, h.Never = true, true
		return true
	}
	path, pointer := r.m.ParamType(f.Class, f.Def, i, prm)
	if pointer {
		r.fail(u, span, finding.Parameter, fmt.Sprintf("parameter %q is a C pointer, not an object", name), "lock the object that owns it")
		return false
	}
	if path == nil {
		return true
	}
	if c := r.m.Lookup(path); c != nil {
		h.Class = c
		if r.p.Locks.Of(c) == nil && !through {
			r.fail(u, span, finding.Nothing, fmt.Sprintf("parameter %q is a %s, which is not a locked class", name, c.Name), "add @cython.locked_class to it, or do not lock it here")
			return false
		}
		h.Typed = true
		h.Never = prm.Not || prm.Annotation != nil && prm.Default == nil
		return true
	}
	last := path[len(path)-1]
	if effects.NumberOfC(last) {
		r.fail(u, span, finding.Parameter, fmt.Sprintf("parameter %q is a C %s, not an object", name, last), "only Python objects have locks")
		return false
	}
	if len(path) == 1 && library.ExactTypes()[last] && !through {
		r.fail(u, span, finding.Nothing, fmt.Sprintf("parameter %q is a %s, which is not a locked class", name, last), "lock the object that it belongs to")
		return false
	}
	return true
}

// settle chooses the lock, resolves guards and untyped operands, and checks
// that one lock can hold them all.
func (r *resolver) settle(pl *Plan) bool {
	f, m, p := r.f, r.m, r.p
	var kinds []decorator.Kind
	add := func(in *decorator.Info) {
		if !slices.Contains(kinds, in.Kind) {
			kinds = append(kinds, in.Kind)
		}
		pl.Nonblocking = pl.Nonblocking || in.Nonblocking
	}
	for _, h := range pl.Holds {
		if h.Class != nil && h.Typed {
			add(p.Locks.Of(h.Class))
		}
	}
	var enclosing *decorator.Info
	if f.Class != nil {
		enclosing = p.Locks.Of(f.Class)
	}
	var candidates []decorator.Visible
	untyped := slices.ContainsFunc(pl.Holds, func(h Hold) bool { return !h.Typed && !h.kin })
	if untyped {
		candidates = p.Locks.VisibleFrom(m, f.Unit)
		if len(candidates) == 0 {
			r.out.Report(f.Unit, r.at, finding.Nothing,
				fmt.Sprintf("%s locks an operand without a static type, and this module knows of no locked class", r.who),
				"cimport the locked class, or give the parameter its type")
			return false
		}
		alone := len(kinds) == 0 && enclosing == nil
		waits := pl.Nonblocking
		for _, v := range candidates {
			add(v.Info)
		}
		if !alone {
			// The class that the function belongs to says whether it waits.
			pl.Nonblocking = waits || enclosing != nil && enclosing.Nonblocking
		}
	}
	if len(kinds) == 0 && enclosing != nil {
		add(enclosing)
	}
	if len(kinds) > 1 {
		sort.Slice(kinds, func(i, j int) bool { return kinds[i] < kinds[j] })
		r.out.Report(f.Unit, r.at, finding.Mixed,
			fmt.Sprintf("%s would have to take two kinds of lock at once, %s and %s", r.who, kinds[0], kinds[1]),
			"two kinds of lock have no common order: use one kind for these classes, or give untyped operands their type")
		return false
	}
	pl.Kind = decorator.RWLock
	if len(kinds) == 1 {
		pl.Kind = kinds[0]
	} else {
		pl.Kind = p.Locks.Kind
	}
	if pl.Kind == decorator.RWLock {
		pl.Holds = byClass(pl.Holds, candidates)
	}
	for i := range pl.Holds {
		h := &pl.Holds[i]
		if !h.Typed {
			if h.Among == nil {
				h.Among = candidates
			}
			for _, v := range h.Among {
				way := Hold{Class: v.Class, Path: []string{""}}
				p.ThroughGuard(m, f.Unit, &way)
				h.Guards = append(h.Guards, way.Path[1:])
				if moves := slices.Index(way.Moving, true); moves > 0 {
					r.out.Report(f.Unit, r.at, finding.GuardMoves,
						fmt.Sprintf("%s locks %q, which may be a %s, and the guard of its guard is reassigned at times", r.who, strings.Join(h.Path, "."), v.Name),
						"give the parameter its type")
					return false
				} else if moves == 0 && len(h.Moving) < len(h.Path) {
					h.Moving = append(slices.Clone(h.Moving), true)
				}
			}
			continue
		}
		p.ThroughGuard(m, f.Unit, h)
		if pl.Kind == decorator.Mutex {
			h.TypeName = m.NameOf(f.Unit, h.Class)
		}
	}
	// A guard may have made two paths one.
	var kept []Hold
	for _, h := range pl.Holds {
		if i := slices.IndexFunc(kept, func(o Hold) bool { return o.same(&h) }); i >= 0 {
			kept[i].Mode = max(kept[i].Mode, h.Mode)
			continue
		}
		kept = append(kept, h)
	}
	pl.Holds = kept
	if pl.Nogil && slices.ContainsFunc(kept, func(h Hold) bool { return slices.Contains(h.Moving, true) }) {
		r.out.Report(f.Unit, r.at, finding.GuardMoves,
			fmt.Sprintf("%s runs without the GIL, and the guard that it locks is reassigned at times: checking it takes a reference", r.who),
			"lock in its callers, which have the GIL, or do not assign to the guard once the object may be shared")
		return false
	}
	return true
}
