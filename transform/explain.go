package transform

// Explaining: the chain of source lines from which a function's locks follow.

import (
	"context"
	"fmt"
	"runtime"
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
	// Steps lead to the line that decides, the function's own line first.
	Steps []Related
}

// Explain finds the functions called name ("method", "Class.method" or
// "function") in the modules of the inputs, and explains each.
func (p *Project) Explain(ctx context.Context, inputs []string, name string) ([]Explanation, error) {
	clean := make([]string, len(inputs))
	for i, in := range inputs {
		clean[i] = p.canonical(in)
	}
	if err := each(ctx, clean, runtime.GOMAXPROCS(0), func(in string) error { return p.source(in).err }); err != nil {
		return nil, err
	}
	stems, alone := p.group(clean)
	var out []Explanation
	seen := map[*ast.FuncDef]bool{}
	for _, stem := range append(stems, alone...) {
		m := p.module(stem)
		if m.broken() {
			continue
		}
		for _, f := range m.funcs().all {
			if full := f.name(); full != name && !strings.HasSuffix(full, "."+name) || seen[f.def] {
				continue
			}
			seen[f.def] = true
			out = append(out, p.explain(f))
		}
	}
	return out, nil
}

func (p *Project) explain(f *function) Explanation {
	p.solve([]*function{f})
	pos := at(f.unit.source, f.def.Name.Span, "", "", "")
	x := Explanation{Name: f.name(), Path: f.unit.path, Line: pos.Line}
	done := map[int32]bool{}
	for i := range f.sum.effects {
		r := f.sum.effects[i].region
		if done[r] || f.sum.regions[r].root != nodeParam && !f.sum.effects[i].raw {
			continue
		}
		done[r] = true
		var st stance
		for j := range f.sum.effects {
			if e := &f.sum.effects[j]; e.region == r && (r == 0 || e.kind != onPython || f.sum.regions[r].num == 0) && st.stronger(e) {
				st = stance{true, e.mode, e.sure, e}
			}
		}
		if !st.touches {
			continue
		}
		reason := Reason{Object: or(pathOf(f, r), "an object"), Steps: relatedOf(chain(f, st.why))}
		does := "reads it"
		switch {
		case st.mode == write && st.sure:
			does = "writes to it"
		case st.mode == write:
			does = "may write to it"
		}
		reason.Verdict = does + ": " + p.verdictOn(f, st)
		x.Holds = append(x.Holds, reason)
	}
	return x
}

// verdictOn says what follows from what a function does to an object.
func (p *Project) verdictOn(f *function, st stance) string {
	r := &f.sum.regions[st.why.region]
	switch d := exemption(f); {
	case d != nil:
		return "not locked, exempt by no_lock"
	case !p.guards(st.why.class):
		return "not locked, its class has no lock"
	case f.class != nil && f.accessor == plain && noLockMethods[f.def.Name.Name] && r.num == 0:
		return "not locked, nobody else has the object then"
	case !f.exposed() && r.root == nodeParam && !p.holds(f, st.why):
		return "its callers hold the lock"
	case !p.holds(f, st.why):
		return "NOT LOCKED"
	}
	if md, ok := p.asDecorated(f, st.why.region); ok {
		return fmt.Sprintf("locked for %s, as decorated", gerund(md))
	}
	if f.def.Name.Name == "__init__" && r.num == 0 {
		return "locked for writing, since it can be called again"
	}
	return fmt.Sprintf("locked for %s, as inferred", gerund(st.mode))
}

// asDecorated returns the mode in which a function's decorators lock an object,
// false where none of them speaks of it.
func (p *Project) asDecorated(f *function, region int32) (md mode, ok bool) {
	r := &f.sum.regions[region]
	for _, d := range append(f.mod.lockDecorators(f.def.Decorators), f.mod.pxdLocks(f)...) {
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
