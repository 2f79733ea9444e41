package expand

// Rewriting one module: every function in its place, its decorators taken off,
// its lock put on.

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/checked"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Module is the work on one module.
type Module struct {
	p       *plan.Planner
	Module  *project.Module
	Plan    *plan.Module
	opts    Options
	editors map[*project.Unit]*edit.Editor
	needs   map[*project.Unit]*need
	pxdDecs map[string][]plan.Placed // "Class.method" or "function"
	used    map[string]bool
	ours    map[*ast.Decorator]bool
	// guardStores are the assignments to guards that others may look at meanwhile, planned
	// the functions with a lock round their body.
	guardStores map[ast.Stmt]guardStore
	planned     map[*ast.FuncDef]bool
	spaced      bool // imports at the top of a file are followed by an empty line
}

// need is what the new text of one file refers to.
type need struct {
	rwlock, cython, releases bool
	check                    bool  // the checker
	first                    int32 // offset before which it must be imported
	at                       int32 // offset of the statement that the import stands beside
}

func (a *Module) editor(u *project.Unit) *edit.Editor {
	e := a.editors[u]
	if e == nil {
		e = edit.NewEditor(u.File)
		a.editors[u] = e
	}
	return e
}

func (a *Module) need(u *project.Unit, at int32) *need {
	n := a.needs[u]
	if n == nil {
		n = &need{first: at}
		a.needs[u] = n
	}
	n.first = min(n.first, at)
	return n
}

// style returns how new text in u is spelled.
func (a *Module) style(u *project.Unit) style {
	name, _ := a.Module.Scope.CythonIn(u.Source)
	return style{
		pure:   u.File.Pure,
		cython: cmp.Or(name, "cython"),
		inline: a.opts.Runtime == Inline,
		check:  a.opts.Check,
	}
}

// styleAt is style where a function takes locks.
func (a *Module) styleAt(u *project.Unit, pos int32, function string) style {
	s := a.style(u)
	if s.check {
		s.where = checked.LockPlace(u, a.opts.called(u.Path), pos, function)
	}
	return s
}

// place is where a statement stands.
type place struct {
	class    *project.Class
	pyClass  bool
	property bool
	outer    *plan.Func
	extra    string
	depth    int
}

func analyse(p *plan.Planner, m *project.Module, opts Options) *Module {
	a := &Module{
		p: p, Module: m, Plan: p.Of(m), opts: opts,
		editors: map[*project.Unit]*edit.Editor{}, needs: map[*project.Unit]*need{},
		pxdDecs: map[string][]plan.Placed{}, used: map[string]bool{}, ours: map[*ast.Decorator]bool{},
		guardStores: map[ast.Stmt]guardStore{}, planned: map[*ast.FuncDef]bool{},
	}
	if !opts.Off {
		for _, c := range m.Classes {
			p.CheckClass(m, c)
		}
		a.findGuardStores()
	}
	for _, u := range m.Units {
		if u.InPxd() {
			a.declared(u, u.File.Body, "")
		}
	}
	for _, u := range m.Units {
		a.walk(u, u.File.Body, place{})
	}
	for _, name := range slices.Sorted(maps.Keys(a.pxdDecs)) {
		if !a.used[name] && !opts.Off {
			for _, d := range a.pxdDecs[name] {
				a.Plan.Report(d.Unit, d.Node.Range(), finding.Misplaced, d.Name+" on a declaration whose function is not here",
					"put it on the function itself")
			}
		}
	}
	if !opts.Off {
		for _, c := range m.Classes {
			a.members(c)
			mark(a, c)
		}
		a.expandGuardStores(a.planned)
	}
	if opts.Check {
		checks{a}.write()
	}
	a.Plan.Findings = append(a.Plan.Findings, p.Locks.NearMisses(m)...)
	for _, u := range m.Units {
		a.strayNames(u)
		a.imports(u)
	}
	return a
}

// declared gathers the decorators on C function declarations of a .pxd, which
// apply to the functions that they declare.
func (a *Module) declared(u *project.Unit, stmts []ast.Stmt, class string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.ClassDef:
			if st.Body != nil {
				a.declared(u, st.Body.Stmts, st.Name.Name+".")
			}
		case *ast.CVarDecl:
			for _, d := range decorator.On(a.Module, st.Decorators) {
				if len(st.Declarators) == 1 && st.Declarators[0].Func {
					name := class + st.Declarators[0].Name.Name
					a.pxdDecs[name] = append(a.pxdDecs[name], plan.Placed{Lock: d, Unit: u})
				} else if !a.opts.Off {
					a.Plan.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a variable", "it goes on functions and methods")
				}
				a.strip(u, d.Node)
			}
		default:
			if !syntax.OpensScope(st) {
				for b := range syntax.Suites(st) {
					a.declared(u, b.Stmts, class)
				}
			}
		}
	}
}

func (a *Module) walk(u *project.Unit, stmts []ast.Stmt, at place) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.FuncDef:
			a.function(u, st, at)
		case *ast.ClassDef:
			for _, d := range decorator.On(a.Module, st.Decorators) {
				a.strip(u, d.Node)
			}
			c := a.Module.ClassByName[st.Name.Name]
			known := c != nil && c.Is(st)
			if !known {
				for _, d := range decorator.On(a.Module, st.Decorators) {
					if d.Name != "locked_class" || at.outer != nil || at.class != nil || at.pyClass {
						a.Plan.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a class that is not an extension type",
							"locks guard the C state of a cdef class at module level")
					}
				}
			}
			if st.Body == nil {
				continue
			}
			in := at
			in.property, in.outer = false, nil
			in.class, in.pyClass = nil, true
			if known {
				in.class, in.pyClass = c, false
			}
			a.walk(u, st.Body.Stmts, in)
		case *ast.PropertyDef:
			for _, d := range decorator.On(a.Module, st.Decorators) {
				a.Plan.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a property block", "put it on __get__, __set__ or __del__ inside")
			}
			in := at
			in.property = true
			a.walk(u, st.Body.Stmts, in)
		case *ast.CVarDecl:
			if !u.InPxd() {
				for _, d := range decorator.On(a.Module, st.Decorators) {
					a.Plan.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a declaration without a body", "put it on the function itself")
				}
			}
		case *ast.CdefBlock:
			for _, d := range decorator.On(a.Module, st.Decorators) {
				a.Plan.Report(u, d.Node.Range(), finding.Misplaced, d.Name+" on a cdef block", "put it on each function")
			}
			a.walk(u, st.Body.Stmts, at)
		case *ast.CppClass:
			// C++ declarations hold nothing of ours.
		case *ast.With:
			if decorator.Block(a.Module, st) {
				if a.opts.Off {
					blocks{a}.takeOff(u, st)
				} else if at.outer == nil {
					a.Plan.Report(u, ast.Span{Pos: st.Pos, End: st.Body.Colon}, finding.Misplaced, "a block that locks outside a function",
						"put it into a function: what a module does when it is imported runs in one thread")
				}
			}
			a.walk(u, st.Body.Stmts, at)
		default:
			for b := range syntax.Suites(st) {
				a.walk(u, b.Stmts, at)
			}
		}
	}
}

// function plans one function, takes off its decorators and wraps its body.
func (a *Module) function(u *project.Unit, def *ast.FuncDef, at place) {
	f := &plan.Func{Unit: u, Def: def, Class: at.class, PyClass: at.pyClass, Property: at.property, Outer: at.outer,
		Locks: decorator.On(a.Module, def.Decorators)}
	if at.outer == nil && !at.pyClass && !(u.InPxd() && at.class != nil) {
		name := def.Name.Name
		if at.class != nil {
			name = at.class.Name + "." + name
		}
		f.PxdLocks = a.pxdDecs[name]
		a.used[name] = true
	}
	var bs []*block
	if !a.opts.Off {
		a.p.Plan(a.Module, f)
		bs = blocks{a}.plan(f)
	}
	added := ""
	var kept *ast.Decorator
	a.planned[def] = f.Plan != nil
	declares := blocks{a}.declares(bs)
	if f.Plan != nil {
		added, kept = a.expand(f, at, declares)
	} else {
		if !a.opts.Off {
			a.helper(f)
		}
		blocks{a}.hoist(f, at, declares)
	}
	blocks{a}.write(f, bs, at.extra+added, at.depth)
	for _, d := range f.Locks {
		if d.Node != kept {
			a.strip(u, d.Node)
		}
	}
	in := at
	in.outer = f
	in.extra += added
	in.depth++
	a.walk(u, def.Body.Stmts, in)
}

// helper looks at a cdef method without a lock of its own: it runs under its
// callers' locks, and what it does about the GIL counts as theirs.
func (a *Module) helper(f *plan.Func) {
	if f.Class == nil || f.Outer != nil || !project.IsCdef(a.Module, f.Class, f.Def) || len(decorator.On(a.Module, f.Def.Decorators)) > 0 {
		return
	}
	info := a.p.Locks.OfMembers(f.Class)
	if info == nil {
		return
	}
	pl := &plan.Plan{Kind: decorator.RWLock, Nogil: project.IsNogil(a.Module, f.Class, f.Def)}
	where := a.p.ReleasesIn(a.Module, f, pl)
	switch {
	case info.Kind == decorator.RWLock && (pl.ReleasesGIL || pl.Nogil):
		a.need(f.Unit, f.Def.Pos).releases = true
	case info.Kind == decorator.CriticalSection && pl.ReleasesGIL:
		a.Plan.Report(f.Unit, where, finding.Nogil, f.Def.Name.Name+" releases the GIL, which ends the critical section that its callers hold",
			"use lock=\"rwlock\" or lock=\"mutex\", which hold across nogil, or say @cython.no_lock(\"why\")")
	}
}

// expand writes a plan. It returns the indentation that it adds to the body,
// and the decorator that it replaced in place.
func (a *Module) expand(f *plan.Func, at place, declares []string) (string, *ast.Decorator) {
	u := f.Unit
	s := a.styleAt(u, f.Def.Name.Pos, f.Name())
	x := expand(f.Plan, s)
	e := a.editor(u)
	n := a.need(u, f.Def.Pos)
	n.check = n.check || a.opts.Check && x.rwlock
	if s.pure && s.inline && x.rwlock {
		a.Plan.Report(u, f.Def.Name.Span, finding.Cimport, "the runtime cannot be pasted into a .py file", "use --runtime=vendored or --runtime=package")
		return "", nil
	}
	n.rwlock = n.rwlock || x.rwlock
	n.releases = n.releases || f.Plan.ReleasesGIL && x.rwlock
	if x.decorator != "" && f.Plan.Holds[0].Path[0] == f.Def.Params.List[0].Name.Name && !syntax.Nests(f.Def) {
		n.cython = n.cython || x.cython
		blocks{a}.hoist(f, at, declares)
		if len(f.Locks) > 0 {
			e.Replace(f.Locks[0].Node.Span, x.decorator)
			return "", f.Locks[0].Node
		}
		e.Head(syntax.LineStart(u.File, f.Def.Keyword), []string{at.extra + syntax.IndentOf(u.File, f.Def.Keyword) + x.decorator}, f.Def.Keyword)
		e.Floats = append(e.Floats, ast.Span{Pos: f.Def.Pos, End: f.Def.Keyword})
		return "", nil
	}
	w := &wrapper{m: a.Module, out: a.Plan, u: u, e: e, x: x, s: s, f: f.Def, layout: a.opts.Layout, guardStores: a.guardStores, extra: at.extra, depth: at.depth * levels, declares: declares}
	added := w.wrap()
	n.cython = n.cython || x.cython
	return added, nil
}

// strip takes a decorator off, and leaves a comment that follows it.
func (a *Module) strip(u *project.Unit, d *ast.Decorator) {
	if a.ours[d] {
		return
	}
	a.ours[d] = true
	e := a.editor(u)
	next := syntax.NextLine(u.File, d.End-1)
	rest := syntax.Text(u.File, ast.Span{Pos: d.End, End: next})
	switch at := strings.IndexByte(rest, '#'); {
	case at >= 0:
		e.Replace(ast.Span{Pos: d.Pos, End: d.End + int32(at)}, "")
	case strings.TrimSpace(rest) == "\\":
		e.DeleteLines(ast.Span{Pos: d.Pos, End: next + 1}) // and the empty line that it continues on
	default:
		e.DeleteLines(d.Span)
	}
}

// strayNames reports uses of the decorators' names that are no decorators:
// Cython would refuse them without saying why.
func (a *Module) strayNames(u *project.Unit) {
	if !a.p.Locks.Spells(u.Source) {
		return
	}
	inDecorator := map[ast.Node]bool{}
	ast.Walk(&ast.Suite{Span: u.File.Span, Stmts: u.File.Body}, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			for i := range n.Items {
				if _, ok := decorator.Takes(a.Module, n.Items[i].X); ok {
					e := syntax.Unparen(n.Items[i].X)
					if c, ok := e.(*ast.Call); ok {
						e = c.Fun
					}
					inDecorator[syntax.Unparen(e)] = true
				}
			}
		case *ast.Decorator:
			e := n.Expr
			if c, ok := e.(*ast.Call); ok {
				e = c.Fun
			}
			inDecorator[syntax.Unparen(e)] = true
		case *ast.Attribute:
			if name := a.Module.Scope.CythonAttr(n, false); decorator.Names[name] && !inDecorator[n] {
				a.Plan.Report(u, n.Span, finding.Cimport, "cython."+name+" is a decorator and cannot be used as a value",
					"write it as @cython."+name+" above a function or class")
			}
		}
		return true
	})
}

// Rewrites returns what becomes of the module's files.
func (a *Module) Rewrites() []*edit.Rewrite {
	var out []*edit.Rewrite
	if a.Module.Broken() {
		return nil
	}
	for _, u := range a.Module.Units {
		rw := &edit.Rewrite{Path: u.Path, Src: u.Src}
		if e := a.editors[u]; e != nil {
			rw.Edits = e.Finish()
			if len(rw.Edits) > 0 {
				rw.Floats = e.Floats
				rw.Solid = syntax.Solid(u.File)
			}
		}
		out = append(out, rw)
	}
	return out
}

// Rewrite analyses a module, or returns nil where no lock concerns it.
func Rewrite(p *plan.Planner, stem string, opts Options) *Module {
	if !p.Locks.Concerned(stem) && !opts.Check {
		return nil
	}
	m := p.Project.Module(stem)
	if m.Broken() {
		out := p.Of(m)
		out.Findings = append(out.Findings, decorator.Unread(m)...)
		return &Module{p: p, Module: m, Plan: out, opts: opts}
	}
	return analyse(p, m, opts)
}

// NeedsRuntime returns the files from which Cython looks for pyxlock. An included file
// that cimports it is one, too, for Cython looks from where that is; but not where the
// module has cimported it before: a module is looked up once.
func (a *Module) NeedsRuntime() []string {
	var out []string
	for u, n := range a.needs {
		if !n.rwlock && !n.check {
			continue
		}
		switch u.Role {
		case project.RoleInclude:
			if a.known(project.RolePxd) || a.known(project.RoleMain) {
				continue
			}
		case project.RolePxdInclude:
			if a.known(project.RolePxd) {
				continue
			}
		}
		out = append(out, u.Path)
	}
	return out
}

// known reports whether the module's file in a role cimports pyxlock before it
// includes anything.
func (a *Module) known(r project.Role) bool {
	for u, n := range a.needs {
		if u.Role != r || !n.rwlock && !n.check {
			continue
		}
		before := true
		syntax.EachStmt(u.File.Body, func(st ast.Stmt) {
			if in, ok := st.(*ast.Include); ok && in.Pos <= n.at {
				before = false
			}
		})
		return before
	}
	return false
}
