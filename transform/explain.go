package transform

// Explaining: the chain of source lines from which a function's locks follow.

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
)

// Explanation tells for one function how it holds what, and why.
type Explanation struct {
	Name  string // "Class.method" or "function"
	Path  string
	Line  int
	Holds []Reason
}

// Reason is what a function does to one object.
type Reason struct {
	Object string // "self", "other.child"
	// Verdict says how the object is locked, or that it is not, and by whose word.
	Verdict string
	// Open is true where it is not locked, and has to be.
	Open bool
	// Steps lead to the line that decides, the function's own line first.
	Steps []Related
}

// reviewer tells what the locks of a project do, and why.
type reviewer struct {
	proj  *proj
	locks *lockFacts
	prog  *program
	plan  *planner
}

// newReviewer returns a reviewer of what a planner has planned.
func newReviewer(pl *planner) *reviewer {
	return &reviewer{proj: pl.proj, locks: pl.locks, prog: pl.prog, plan: pl}
}

// explainAll explains the functions called name ("method", "Class.method" or
// "function") in modules.
func (p *reviewer) explainAll(mods []*module, name string) []Explanation {
	var all []*function
	for _, m := range mods {
		all = append(all, p.prog.funcs(m).all...)
	}
	p.prog.settleFunctions(all) // as check does
	var out []Explanation
	seen := map[*ast.FuncDef]bool{}
	for _, f := range all {
		if full := f.name(); full != name && !strings.HasSuffix(full, "."+name) || seen[f.def] {
			continue
		}
		seen[f.def] = true
		out = append(out, p.explain(f))
	}
	return out
}

// notLocked is the verdict on an object that check reports a finding about.
const notLocked = "NOT LOCKED"

func (p *reviewer) explain(f *function) Explanation {
	pos := at(f.unit.source, f.def.Name.Span, "", "", "")
	x := Explanation{Name: f.name(), Path: f.unit.path, Line: pos.Line}
	done := map[int32]bool{}
	for i := range f.sum.effects {
		r := f.sum.effects[i].region
		if done[r] || f.sum.regions[r].root != nodeParam && !f.sum.effects[i].raw {
			continue
		}
		done[r] = true
		st, verdict := p.verdictOn(f, r)
		if !st.touches {
			continue
		}
		does := "reads it"
		switch {
		case st.mode == write && st.sure:
			does = "writes to it"
		case st.mode == write:
			does = "may write to it"
		}
		x.Holds = append(x.Holds, Reason{Object: cmp.Or(pathOf(f, r), "an object"), Verdict: does + ": " + verdict, Open: verdict == notLocked, Steps: relatedOf(chain(f, st.why))})
	}
	return x
}

// verdictOn says what a function does to an object, what follows from that for
// the lock, and by whose word.
func (p *reviewer) verdictOn(f *function, region int32) (stance, string) {
	r := &f.sum.regions[region]
	param := r.root == nodeParam && r.parent < 0
	self := param && r.num == 0 && f.class != nil
	st := f.among(region, func(e *found) bool { return e.kind != onPython })
	switch {
	case !st.touches:
		return st, ""
	case p.prog.exempt(f):
		return st, "not locked, exempt by no_lock"
	case st.why.class == nil:
		return st, "not locked, it has no lock of its own"
	case !p.prog.guards(st.why.class):
		return st, "not locked, its class has no lock"
	case self && f.accessor == plain && noLockMethods[f.def.Name.Name]:
		return st, "not locked, nobody else has the object then"
	}
	if r.root == nodeParam {
		if md, ok := p.asDecorated(f, region); ok {
			return st, fmt.Sprintf("locked for %s, as decorated", gerund(md))
		}
	}
	if p.prog.holds(f, st.why) {
		// Where locking twice is not possible what a callee locks is left to it.
		kind := p.locks.lockOf(f.class).kind
		if self && kind == Mutex || !self && kind != RWLock {
			if raw := p.prog.stanceOn(f, int(r.num), true); raw.touches {
				st = raw
			} else {
				return st, "not locked here, since what it calls locks it"
			}
		}
		if self && f.def.Name.Name == "__init__" {
			return st, "locked for writing, since it can be called again"
		}
		return st, fmt.Sprintf("locked for %s, as inferred", gerund(st.mode))
	}
	raw := func(e *found) bool { return e.raw && e.kind != onPython && p.prog.guards(e.class) }
	open := f.among(region, func(e *found) bool { return raw(e) && (e.mode == write || !p.prog.settled(e.class, e.field)) })
	switch {
	case r.root == nodeParam && !f.exposed():
		return st, "its callers hold the lock"
	case open.touches:
		return open, notLocked
	case f.among(region, raw).touches:
		return st, "not locked, it does not change once its object is made"
	case st.why.via != nil:
		return st, "not locked here, since what it calls locks it"
	}
	return st, "not locked here, since a lock placed by hand is"
}

// asDecorated returns the mode in which a function's decorators lock an object,
// false where none of them speaks of it.
func (p *reviewer) asDecorated(f *function, region int32) (md mode, ok bool) {
	r := &f.sum.regions[region]
	for _, d := range p.prog.ownLocks(f).decs {
		speaks := len(d.args()) == 0 && r.num == 0 && r.parent < 0
		for _, a := range d.args() {
			s, isText := a.X.(*ast.Str)
			speaks = speaks || isText && norm.NFKC.String(s.Value) == pathOf(f, region)
		}
		switch {
		case !speaks:
		case d.name == "write_lock":
			return write, true
		case d.name == "read_lock":
			ok = true
		}
	}
	return read, ok
}

func gerund(m mode) string {
	if m == write {
		return "writing"
	}
	return "reading"
}
