package effects

// Locks that functions and macros of C take and release, as their bodies say: by the objects that they are given.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"

	"pyxlock/parser/c"
)

// cLocks walks calls of such functions.
type cLocks struct{ holding }

// taken notes the locks that a function of C takes when it is called, and returns what notes those that it releases
// when it returns: what it does itself it does under both. What is passed by value is read before. What it may release
// though nobody knows when, it does not hold.
func (b cLocks) taken(m *project.Module, f project.CFunc, args passed, e *ast.Call) (released func()) {
	k := b.p.Headers.Beside(b.m, f).Locks()
	for _, l := range k.Drops {
		if u := b.use(m, f, l, args, e); !l.Unknown() && len(args.star)+len(args.kw) == 0 {
			b.releasesLock(u)
		} else {
			b.releasesLock(LockUse{Span: e.Span})
		}
	}
	if len(k.Takes)+len(k.Releases) == 0 || len(args.star)+len(args.kw) > 0 || b.byValue(m, f) {
		return func() {}
	}
	var takes, releases []LockUse
	for _, l := range k.Takes {
		u := b.use(m, f, l, args, e)
		if len(k.Releases) > 0 { // the thread does nothing else until it lets go
			u.Native = false
		}
		takes = append(takes, u)
	}
	for _, l := range k.Releases {
		releases = append(releases, b.use(m, f, l, args, e))
	}
	for _, u := range takes {
		b.byHand(e.Span)
		b.takesLock(u)
	}
	return func() {
		for _, u := range releases {
			b.releasesLock(u)
		}
	}
}

// byValue reports whether a function gets a copy of a struct.
func (b cLocks) byValue(m *project.Module, f project.CFunc) bool {
	if f.Declarator.Params == nil {
		return false
	}
	for _, prm := range f.Declarator.Params.List {
		if prm.Kind == ast.Ellipsis {
			continue
		}
		if sh := paramShape(b.p, m, prm); sh.Kind == ctype.Record && sh.Depth == 0 && !sh.Lock {
			return true
		}
	}
	return false
}

// use is a lock of a function of C, as its caller knows it.
func (b cLocks) use(m *project.Module, f project.CFunc, l c.Lock, args passed, e *ast.Call) LockUse {
	u := LockUse{Section: l.Section, Shared: l.Shared, Native: l.Native && b.attached(), Again: l.Section, Span: e.Span, Text: syntax.Text(b.f.Unit.File, e.Fun.Range())}
	if l.Param < 0 {
		name := strings.Trim(l.Name+"."+l.Path, ".")
		u.node, u.Text = b.node(Node{Kind: NodeGlobal, Name: m.Stem + "." + strings.ReplaceAll(name, ".", "->"), Shape: ctype.Shape{Kind: ctype.Object}}), name
		return u
	}
	if l.Param >= len(args.pos) {
		return u
	}
	if u.node = args.pos[l.Param]; u.node == 0 && l.Path == "" && !l.Section {
		if x := syntax.Arg(e, l.Param); x != nil && b.placed.IsLock(x) { // an attribute that is a lock, and no state
			u.node, u.Some = b.lockValue(x)
		}
	}
	if u.node == 0 {
		return u
	}
	u.Text = syntax.Text(b.f.Unit.File, args.span[l.Param]) + "." + l.Path
	if l.Path != "" {
		name := l.Path
		if in := b.flow.LeadsInto(u.node); in != "" {
			name = in + "." + name
		}
		u.node = b.node(Node{Kind: NodeField, Base: u.node, Name: name, Shape: ctype.Shape{Kind: ctype.Object}, history: b.history()})
	}
	return u
}
