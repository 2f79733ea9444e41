package rules

// PXL222: a function that waits, while it holds an object, for what only others bring that hold the object: they
// wait for the lock. An event that is set, an item that is put into a queue, a semaphore of C's.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// endsWait has, for what waits, the words of what ends that.
var endsWait = map[string][]string{
	"wait":    {"set", "notify", "signal", "broadcast", "post", "release", "wake", "wakeup", "fire"},
	"get":     {"put"},
	"recv":    {"close", "shutdown"}, // of a socket: the other side gets what is sent
	"receive": {"send", "close", "shutdown"},
	"dequeue": {"enqueue"},
}

// bringsAnswer are the words of what has the other side of a socket send something.
var bringsAnswer = []string{"send", "sendall"}

// queues are words in the names of C functions that wait for an item.
var queues = map[string]bool{"queue": true, "channel": true, "chan": true, "mailbox": true, "fifo": true, "pipe": true}

// noWaits are words in the names of C functions that do not wait: they try, or give up, or are about a wait or a queue.
var noWaits = map[string]bool{
	"try": true, "no": true, "non": true, "nowait": true, "nonblock": true, "nonblocking": true, "timed": true, "timeout": true, "time": true,
	"ms": true, "set": true, "is": true, "has": true, "can": true, "needs": true, "init": true, "size": true, "len": true, "length": true, "count": true,
	"capacity": true, "depth": true, "limit": true, "max": true, "state": true, "status": true, "stats": true, "flags": true, "mode": true, "policy": true,
	"option": true, "attr": true, "property": true, "config": true, "info": true, "name": true, "id": true, "fd": true, "error": true,
}

// endings are words behind the one that says what a function ends: notify_all, SetEvent.
var endings = map[string]bool{"all": true, "one": true, "event": true, "flag": true, "sem": true, "semaphore": true}

// ofWhat are words of which there has to be one in the name of a C function with such a verb.
var ofWhat = map[string][]string{
	"set":     {"event", "evt", "flag", "latch"},
	"post":    {"sem", "semaphore"},
	"release": {"sem", "semaphore"},
}

func checkWaits(c *checking) {
	var all []hold
	for _, f := range c.functions() {
		if f.Def.Body == nil || f.Class != nil && c.p.Constructs(f, 0) {
			continue
		}
		for _, h := range holdsOf(c, f) {
			if in := c.p.Locks.Of(h.class); in != nil && in.Kind != decorator.CriticalSection {
				all = append(all, h)
			}
		}
	}
	uses := usesOf{}
	for _, h := range all {
		if h.none || h.f.Suspends() {
			continue
		}
		for _, u := range uses.of(h) {
			ends := endsWait[u.waits(c, h.class)]
			if ends == nil || u.in == h.f && !h.at(u.call.Pos) || u.doneBefore(c, h, slices.Concat(bringsAnswer, ends)) {
				continue
			}
			if by, at, other := h.broughtBy(c, uses, all, u.attr, ends); by != nil && !other {
				tellWait(c, h, u, by, at)
				break
			}
		}
	}
}

// usesOf are the uses of the objects that functions know by a name, each looked for once.
type usesOf map[useOf][]attributeUse

type useOf struct {
	f    *effects.Function
	name string
}

func (k usesOf) of(h hold) []attributeUse {
	at := useOf{h.f, h.name}
	list, known := k[at]
	if !known {
		eachUse(h.f, h.object, func(u attributeUse) bool {
			list = append(list, u)
			return true
		})
		k[at] = list
	}
	return list
}

// broughtBy returns a function that brings what is waited for, and where, which has to wait for the lock, and whether
// another one does so without it.
func (h hold) broughtBy(c *checking, uses usesOf, all []hold, attr string, ends []string) (by *effects.Function, at ast.Span, other bool) {
	without := map[ast.Span]bool{} // whether the object is held nowhere round a place
	for _, g := range all {
		if g.f == h.f || !project.Related(g.class, h.class) {
			continue
		}
		for _, v := range uses.of(g) {
			if v.attr != attr || !v.does(ends) {
				continue
			}
			waits := (v.in != g.f || g.at(v.call.Pos)) && !g.none && !(g.mode == effects.Read && h.mode == effects.Read && c.p.Locks.Of(h.class).Kind == decorator.RWLock)
			if _, seen := without[v.call.Span]; waits || !seen {
				without[v.call.Span] = !waits
			}
			if waits && by == nil {
				by, at = g.f, v.call.Span
			}
		}
	}
	for _, is := range without {
		other = other || is
	}
	return by, at, other
}

// attributeUse is a call that does something with an attribute of an object.
type attributeUse struct {
	in     *effects.Function // the function that holds it, or a C method that it calls
	call   *ast.Call
	attr   string
	name   string // of the function
	method bool   // of the attribute's
}

// does reports whether a call does one of some things, by the end of its name: cam_set_gain sets no event. A C function
// has to say of what, where its verb says little.
func (u attributeUse) does(things []string) bool {
	words := syntax.Words(u.name)
	end := len(words)
	for end > 1 && endings[words[end-1]] {
		end--
	}
	if end == 0 || !slices.Contains(things, words[end-1]) {
		return false
	}
	of := ofWhat[words[end-1]]
	return u.method || of == nil || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(of, w) })
}

// doneBefore reports whether the function that waits has done one of some things itself by then, whatever happens.
func (u attributeUse) doneBefore(c *checking, h hold, things []string) bool {
	found := false
	eachUse(h.f, h.object, func(v attributeUse) bool {
		if v.in == u.in && v.attr == u.attr && v.call.End <= u.call.Pos && v.does(things) {
			in := c.funcAt(v.in.Unit, v.call.Span)
			in.prepare()
			found = in.block(v.call.Pos).Contains(u.call.Pos)
		}
		return !found
	})
	return found
}

// eachUse visits those of an object that a function knows, and those of its own object that C methods do which a member
// calls, until told to stop.
func eachUse(f *effects.Function, o object, visit func(attributeUse) bool) {
	if !usesIn(f, o, visit) || f.Class == nil || o.name != ownName(f) {
		return
	}
	in := []*effects.Function{f}
	for i := range f.Flow.Calls {
		for _, g := range f.Flow.Calls[i].Callees {
			if g.Class != nil && !g.Exposed() && g.Def.Body != nil && project.Related(g.Class, f.Class) && !slices.Contains(in, g) {
				if in = append(in, g); ownName(g) != "" && !usesIn(g, object{ownName(g), g.Class}, visit) {
					return
				}
			}
		}
	}
}

// usesIn visits those in one function, and reports whether it was not told to stop.
func usesIn(g *effects.Function, o object, visit func(attributeUse) bool) bool {
	goes := true
	attribute := func(e ast.Expr) string { // of the object
		x, ok := syntax.Bare(e).(*ast.Attribute)
		if !ok || !o.is(x.X) {
			return ""
		}
		return x.Attr.Name
	}
	syntax.OwnNodes(g.Def.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || !goes || call.Fun == nil {
			return goes
		}
		if m, ok := call.Fun.(*ast.Attribute); ok {
			if attr := attribute(m.X); attr != "" {
				goes = visit(attributeUse{g, call, attr, m.Attr.Name, true})
			}
			return goes
		}
		name, ok := syntax.Unparen(call.Fun).(*ast.Name)
		if !ok {
			return true
		}
		for _, a := range call.Args {
			x := syntax.Bare(a.X)
			if u, ok := x.(*ast.Unary); ok && u.Op == "&" {
				x = u.X
			}
			if attr := attribute(x); attr != "" && goes {
				goes = visit(attributeUse{g, call, attr, name.Name, false})
			}
		}
		return goes
	})
	return goes
}

// waits is what a call waits for, a key of endsWait; "" where it does not wait, or gives up.
func (u attributeUse) waits(c *checking, of *project.Class) string {
	fd := of.Field(u.attr)
	if fd == nil || strings.Contains(syntax.Text(u.in.Unit.File, u.in.Def.Range()), "unlocked(") {
		return ""
	}
	sh := c.p.Types.OfField(fd)
	for _, a := range u.call.Args {
		if a.Star > 0 || a.Name.Name == "timeout" || a.Name.Name == "block" || a.Name.Name == "blocking" {
			return ""
		}
	}
	if u.method {
		switch {
		case sh.Kind != ctype.Object || sh.Container || sh.Class != nil:
			return ""
		case u.name == "wait_for":
			return "wait"
		case endsWait[u.name] == nil || u.name != "recv" && len(u.call.Args) > 0:
			return "" // dict.get(k), event.wait(1)
		}
		return u.name
	}
	if sh.Kind == ctype.Object || c.m.ClassByName[u.name] != nil {
		return ""
	}
	words := syntax.Words(u.name)
	if slices.ContainsFunc(words, func(w string) bool { return noWaits[w] }) {
		return ""
	}
	if slices.Contains(words, "wait") {
		return "wait"
	}
	if !slices.ContainsFunc(words, func(w string) bool { return queues[w] }) {
		return ""
	}
	for _, w := range []string{"get", "receive", "dequeue"} {
		if slices.Contains(words, w) {
			return w
		}
	}
	if slices.Contains(words, "recv") {
		return "receive"
	}
	return ""
}

func tellWait(c *checking, h hold, u attributeUse, by *effects.Function, at ast.Span) {
	out := project.FindingAt(u.in.Unit.Source, u.call.Span, finding.Waiting,
		fmt.Sprintf("%s waits for %s.%s while it holds %s, and %s, which ends that, waits for the lock", h.f.Name(), h.name, u.attr, h.name, by.Name()),
		"wait while nothing is held, in a method with @cython.no_lock(\"why\") that does the rest in a block (with cython.write_lock("+h.name+")); or let what ends the wait take no lock")
	out.Warning = true
	p := project.FindingAt(by.Unit.Source, at, "", "", "")
	out.Related = append(out.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: finding.Brief(by.Name() + " ends it here")})
	c.Findings = append(c.Findings, out)
}
