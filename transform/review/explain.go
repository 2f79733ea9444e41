package review

// Explaining: the chain of source lines from which a function's locks follow.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

// Explanation tells for one function how it holds what, and why.
type Explanation struct {
	Name  string // "Class.method" or "function"
	Path  string
	Line  int
	Holds []Reason
	// Withheld is set by who may not show what the function holds: no Holds then do not
	// say that it holds nothing.
	Withheld bool
}

// Reason is what a function does to one object.
type Reason struct {
	Object string // "self", "other.child"
	// Verdict says how the object is locked, or that it is not, and by whose word.
	Verdict string
	// Open is true where it is not locked, and has to be.
	Open bool
	// Steps lead to the line that decides, the function's own line first.
	Steps []finding.Related
}

// Reviewer tells what the locks of a project do, and why.
type Reviewer struct {
	proj  *project.Project
	locks *decorator.Locks
	prog  *effects.Program
	plan  *plan.Planner
}

// New returns a reviewer of what a planner has planned.
func New(pl *plan.Planner) *Reviewer {
	return &Reviewer{proj: pl.Project, locks: pl.Locks, prog: pl.Program, plan: pl}
}

// Explain explains the functions called name ("method", "Class.method" or
// "function") in modules, or else the attributes ("Class.attribute", "attribute").
func (p *Reviewer) Explain(mods []*project.Module, name string) []Explanation {
	var all []*effects.Function
	for _, m := range mods {
		all = append(all, p.prog.Funcs(m).All...)
	}
	p.prog.SettleFunctions(all) // as check does
	var out []Explanation
	seen := map[*ast.FuncDef]bool{}
	for _, f := range all {
		if full := f.Name(); full != name && !strings.HasSuffix(full, "."+name) || seen[f.Def] {
			continue
		}
		seen[f.Def] = true
		out = append(out, p.explain(f))
	}
	if out == nil {
		return p.attributes(mods, name)
	}
	return out
}

// notLocked is the verdict on an object that check reports a finding about.
const notLocked = "NOT LOCKED"

func (p *Reviewer) explain(f *effects.Function) Explanation {
	pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
	x := Explanation{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line}
	done := map[int32]bool{}
	for i := range f.Sum.Effects {
		r := f.Sum.Effects[i].Region
		if done[r] || f.Sum.Regions[r].Root != effects.NodeParam && !f.Sum.Effects[i].Raw {
			continue
		}
		done[r] = true
		st, verdict := p.verdictOn(f, r)
		if !st.Touches {
			continue
		}
		does := "reads it"
		switch {
		case st.Mode == effects.Write && st.Sure:
			does = "writes to it"
		case st.Mode == effects.Write:
			does = "may write to it"
		}
		x.Holds = append(x.Holds, Reason{Object: cmp.Or(effects.PathOf(f, r), "an object"), Verdict: does + ": " + verdict, Open: verdict == notLocked, Steps: effects.RelatedOf(effects.Chain(f, st.Why))})
	}
	return x
}

// extent says for how long a generator holds its locks.
func (p *Reviewer) extent(f *effects.Function) string {
	switch {
	case f.Flow.Yields == (ast.Span{}):
		return ""
	case slices.ContainsFunc(p.prog.OwnLocks(f).Decs, decorator.Lock.Snapshot):
		return ", for all the items at once"
	}
	return ", at each step"
}

// verdictOn says what a function does to an object, what follows from that for
// the lock, and by whose word.
func (p *Reviewer) verdictOn(f *effects.Function, region int32) (effects.Stance, string) {
	r := &f.Sum.Regions[region]
	param := r.Root == effects.NodeParam && r.Parent < 0
	self := param && r.Num == 0 && f.Class != nil
	st := f.Among(region, func(e *effects.Effect) bool { return e.Kind != effects.OnPython && !e.Held })
	block := f.Among(region, func(e *effects.Effect) bool { return e.Kind != effects.OnPython && e.Held })
	switch {
	case !st.Touches && block.Touches:
		return block, fmt.Sprintf("locked for %s, in a block", gerund(block.Mode))
	case !st.Touches:
		return st, ""
	case p.prog.Exempt(f):
		return st, "not locked, exempt by no_lock"
	case st.Why.Class == nil:
		return st, "not locked, it has no lock of its own"
	case !p.prog.Guards(st.Why.Class):
		return st, "not locked, its class has no lock"
	case self && f.Accessor == effects.Plain && library.NoLockMethods()[f.Def.Name.Name]:
		return st, "not locked, nobody else has the object then"
	}
	if r.Root == effects.NodeParam {
		if md, ok := p.asDecorated(f, region); ok {
			return st, fmt.Sprintf("locked for %s, as decorated%s", gerund(md), p.extent(f))
		}
	}
	if p.prog.Holds(f, st.Why) {
		// Where locking twice is not possible what a callee locks is left to it.
		kind := p.locks.Of(f.Class).Kind
		if self && kind == decorator.Mutex || !self && kind != decorator.RWLock {
			if raw := p.prog.StanceOn(f, int(r.Num), true); raw.Touches {
				st = raw
			} else {
				return st, "not locked here, since what it calls locks it"
			}
		}
		if self && !p.prog.StanceOn(f, 0, false).Touches { // what shares its lock is locked, and it is not used
			return st, "not locked here, since what it calls locks it"
		}
		if self && f.Def.Name.Name == "__init__" {
			return st, "locked for writing, since it can be called again"
		}
		return st, fmt.Sprintf("locked for %s, as inferred%s", gerund(max(st.Mode, block.Mode)), p.extent(f))
	}
	raw := func(e *effects.Effect) bool { return e.Raw && e.Kind != effects.OnPython && p.prog.Guards(e.Class) }
	open := f.Among(region, func(e *effects.Effect) bool {
		return raw(e) && (e.Mode == effects.Write || !p.prog.Changes.Settled(e.Class, e.Field))
	})
	switch {
	case r.Root == effects.NodeParam && !f.Exposed():
		return st, "its callers hold the lock"
	case open.Touches:
		return open, notLocked
	case f.Among(region, raw).Touches:
		return st, "not locked, it does not change once its object is made"
	}
	return st, "not locked here, since what it calls locks it"
}

// asDecorated returns the mode in which a function's decorators lock an object,
// false where none of them speaks of it.
func (p *Reviewer) asDecorated(f *effects.Function, region int32) (md effects.Mode, ok bool) {
	r := &f.Sum.Regions[region]
	for _, d := range p.prog.OwnLocks(f).Decs {
		speaks := len(d.Args()) == 0 && r.Num == 0 && r.Parent < 0 || d.Spoken()[effects.PathOf(f, region)]
		switch {
		case !speaks:
		case d.Name == "write_lock":
			return effects.Write, true
		case d.Name == "read_lock":
			ok = true
		}
	}
	return effects.Read, ok
}

func gerund(m effects.Mode) string {
	if m == effects.Write {
		return "writing"
	}
	return "reading"
}
