package transform

// Rewriting one module: every function in its place, its decorators taken off,
// its lock put on.

import (
	"strings"

	"pyxlock/parser/ast"
)

// analysis is the work on one module.
type analysis struct {
	p       *Project
	m       *module
	editors map[*unit]*editor
	needs   map[*unit]*need
	pxdDecs map[string][]placed // "Class.method" or "function"
	used    map[string]bool
	ours    map[*ast.Decorator]bool
	spaced  bool // imports at the top of a file are followed by an empty line
}

// need is what the new text of one file refers to.
type need struct {
	rwlock, cython, releases bool
	first                    int32 // offset before which it must be imported
}

func (a *analysis) editor(u *unit) *editor {
	e := a.editors[u]
	if e == nil {
		e = newEditor(u.file)
		a.editors[u] = e
	}
	return e
}

func (a *analysis) need(u *unit, at int32) *need {
	n := a.needs[u]
	if n == nil {
		n = &need{first: at}
		a.needs[u] = n
	}
	n.first = min(n.first, at)
	return n
}

// style returns how new text in u is spelled.
func (a *analysis) style(u *unit) style {
	name, _ := a.m.scope.cythonIn(u.source)
	return style{
		pure:   u.file.Pure,
		cython: or(name, "cython"),
		inline: a.p.opts.Runtime == Inline,
	}
}

// place is where a statement stands.
type place struct {
	class    *class
	pyClass  bool
	property bool
	outer    *fn
	extra    string
	depth    int
}

func (p *Project) analyse(m *module) *analysis {
	a := &analysis{
		p: p, m: m,
		editors: map[*unit]*editor{}, needs: map[*unit]*need{},
		pxdDecs: map[string][]placed{}, used: map[string]bool{}, ours: map[*ast.Decorator]bool{},
	}
	if !p.opts.Off {
		for _, c := range m.order {
			p.checkClass(m, c)
		}
	}
	for _, u := range m.units {
		if u.inPxd() {
			a.declared(u, u.file.Body, "")
		}
	}
	for _, u := range m.units {
		a.walk(u, u.file.Body, place{})
	}
	for _, name := range sortedKeys(a.pxdDecs) {
		if !a.used[name] && !p.opts.Off {
			for _, d := range a.pxdDecs[name] {
				m.report(d.unit, d.dec.Range(), codeMisplaced, d.name+" on a declaration whose function is not here",
					"put it on the function itself")
			}
		}
	}
	if !p.opts.Off {
		for _, c := range m.order {
			a.members(c)
		}
	}
	m.findings = append(m.findings, m.nearMisses()...)
	for _, u := range m.units {
		a.strayNames(u)
		a.imports(u)
	}
	return a
}

// declared gathers the decorators on C function declarations of a .pxd, which
// apply to the functions that they declare.
func (a *analysis) declared(u *unit, stmts []ast.Stmt, class string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.ClassDef:
			if st.Body != nil {
				a.declared(u, st.Body.Stmts, st.Name.Name+".")
			}
		case *ast.CVarDecl:
			for _, d := range a.m.lockDecorators(st.Decorators) {
				if len(st.Declarators) == 1 && st.Declarators[0].Func {
					name := class + st.Declarators[0].Name.Name
					a.pxdDecs[name] = append(a.pxdDecs[name], placed{d, u})
				} else if !a.p.opts.Off {
					a.m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a variable", "it goes on functions and methods")
				}
				a.strip(u, d.dec)
			}
		default:
			if !opensScope(st) {
				for _, b := range suites(st) {
					a.declared(u, b.Stmts, class)
				}
			}
		}
	}
}

func (a *analysis) walk(u *unit, stmts []ast.Stmt, at place) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.FuncDef:
			a.function(u, st, at)
		case *ast.ClassDef:
			for _, d := range a.m.lockDecorators(st.Decorators) {
				a.strip(u, d.dec)
			}
			c := a.m.classes[st.Name.Name]
			known := c != nil && c.is(st)
			if !known {
				for _, d := range a.m.lockDecorators(st.Decorators) {
					if d.name != "locked_class" || at.outer != nil || at.class != nil || at.pyClass {
						a.m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a class that is no extension type",
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
			for _, d := range a.m.lockDecorators(st.Decorators) {
				a.m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a property block", "put it on __get__, __set__ or __del__ inside")
			}
			in := at
			in.property = true
			a.walk(u, st.Body.Stmts, in)
		case *ast.CVarDecl:
			if !u.inPxd() {
				for _, d := range a.m.lockDecorators(st.Decorators) {
					a.m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a declaration without a body", "put it on the function itself")
				}
			}
		case *ast.CdefBlock:
			for _, d := range a.m.lockDecorators(st.Decorators) {
				a.m.report(u, d.dec.Range(), codeMisplaced, d.name+" on a cdef block", "put it on each function")
			}
			a.walk(u, st.Body.Stmts, at)
		case *ast.CppClass:
			// C++ declarations hold nothing of ours.
		default:
			for _, b := range suites(st) {
				a.walk(u, b.Stmts, at)
			}
		}
	}
}

// function plans one function, takes off its decorators and wraps its body.
func (a *analysis) function(u *unit, def *ast.FuncDef, at place) {
	f := &fn{unit: u, def: def, class: at.class, pyClass: at.pyClass, property: at.property, outer: at.outer,
		decs: a.m.lockDecorators(def.Decorators)}
	if at.outer == nil && !at.pyClass && !(u.inPxd() && at.class != nil) {
		name := def.Name.Name
		if at.class != nil {
			name = at.class.name + "." + name
		}
		f.pxdDecs = a.pxdDecs[name]
		a.used[name] = true
	}
	if !a.p.opts.Off {
		a.p.planFunc(a.m, f)
	}
	added := ""
	var kept *ast.Decorator
	if f.plan != nil {
		added, kept = a.expand(f, at)
	} else if !a.p.opts.Off {
		a.helper(f)
	}
	for _, d := range f.decs {
		if d.dec != kept {
			a.strip(u, d.dec)
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
func (a *analysis) helper(f *fn) {
	if f.class == nil || f.outer != nil || !isCdef(a.m, f.class, f.def) || len(a.m.lockDecorators(f.def.Decorators)) > 0 {
		return
	}
	info := a.p.locksMembers(f.class)
	if info == nil {
		return
	}
	pl := &plan{kind: RWLock, nogil: isNogil(a.m, f.class, f.def)}
	where := a.p.releasesIn(a.m, f, pl)
	switch {
	case info.kind == RWLock && (pl.releasesGIL || pl.nogil):
		a.need(f.unit, f.def.Pos).releases = true
	case info.kind == CriticalSection && pl.releasesGIL:
		a.m.report(f.unit, where, codeNogil, f.def.Name.Name+" releases the GIL, which ends the critical section that its callers hold",
			"use lock=\"rwlock\" or lock=\"mutex\", which hold across nogil, or say @cython.no_lock(\"why\")")
	}
}

// expand writes a plan. It returns the indentation that it adds to the body,
// and the decorator that it replaced in place.
func (a *analysis) expand(f *fn, at place) (string, *ast.Decorator) {
	u := f.unit
	s := a.style(u)
	x := expand(f.plan, s)
	e := a.editor(u)
	n := a.need(u, f.def.Pos)
	if s.pure && s.inline && x.rwlock {
		a.m.report(u, f.def.Name.Span, codeCimport, "the runtime cannot be pasted into a .py file", "use --runtime=vendored or --runtime=package")
		return "", nil
	}
	n.rwlock = n.rwlock || x.rwlock
	n.releases = n.releases || f.plan.releasesGIL && x.rwlock
	if x.decorator != "" && f.plan.holds[0].path[0] == f.def.Params.List[0].Name.Name && !nests(f.def) {
		n.cython = n.cython || x.cython
		if len(f.decs) > 0 {
			e.replace(f.decs[0].dec.Span, x.decorator)
			return "", f.decs[0].dec
		}
		e.head(lineStart(u.file, f.def.Keyword), []string{at.extra + indentOf(u.file, f.def.Keyword) + x.decorator}, f.def.Keyword)
		e.floats = append(e.floats, ast.Span{Pos: f.def.Pos, End: f.def.Keyword})
		return "", nil
	}
	w := &wrapper{m: a.m, u: u, e: e, x: x, s: s, f: f.def, layout: a.p.opts.Layout, extra: at.extra, depth: at.depth}
	added := w.wrap()
	n.cython = n.cython || x.cython
	return added, nil
}

// nests reports whether a function's body defines functions or classes.
func nests(f *ast.FuncDef) bool {
	found := false
	ast.Walk(f.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDef, *ast.ClassDef:
			found = true
		}
		return !found
	})
	return found
}

// strip takes a decorator off, and leaves a comment that follows it.
func (a *analysis) strip(u *unit, d *ast.Decorator) {
	if a.ours[d] {
		return
	}
	a.ours[d] = true
	e := a.editor(u)
	next := nextLine(u.file, d.End-1)
	rest := text(u.file, ast.Span{Pos: d.End, End: next})
	switch at := strings.IndexByte(rest, '#'); {
	case at >= 0:
		e.replace(ast.Span{Pos: d.Pos, End: d.End + int32(at)}, "")
	case strings.TrimSpace(rest) == "\\":
		e.deleteLines(ast.Span{Pos: d.Pos, End: next + 1}) // and the empty line that it continues on
	default:
		e.deleteLines(d.Span)
	}
}

// strayNames reports uses of the decorators' names that are no decorators:
// Cython would refuse them without saying why.
func (a *analysis) strayNames(u *unit) {
	if !u.words {
		return
	}
	inDecorator := map[ast.Node]bool{}
	ast.Walk(&ast.Suite{Span: u.file.Span, Stmts: u.file.Body}, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Decorator:
			e := n.Expr
			if c, ok := e.(*ast.Call); ok {
				e = c.Fun
			}
			inDecorator[unparen(e)] = true
		case *ast.Attribute:
			if name := a.m.scope.cythonAttr(n, false); lockNames[name] && !inDecorator[n] {
				a.m.report(u, n.Span, codeCimport, "cython."+name+" is a decorator and cannot be used as a value",
					"write it as @cython."+name+" above a function or class")
			}
		}
		return true
	})
}

// rewrites returns what becomes of the module's files.
func (a *analysis) rewrites() []*Rewrite {
	var out []*Rewrite
	if a.m.broken() {
		return nil
	}
	for _, u := range a.m.units {
		rw := &Rewrite{Path: u.path, Src: u.src}
		if e := a.editors[u]; e != nil {
			rw.Edits = e.finish()
			if len(rw.Edits) > 0 {
				rw.Floats = e.floats
				rw.Solid = solid(u.file)
			}
		}
		out = append(out, rw)
	}
	return out
}
