package review

// Explaining what guards an attribute: which lock, and the places that use the attribute with it and without.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// attributes explains the attributes called name ("Class.attribute" or "attribute") of the extension types in modules.
func (p *Reviewer) attributes(mods []*project.Module, name string) []Explanation {
	var out []Explanation
	type attribute struct {
		c  *project.Class
		fd *project.Field
	}
	var open []attribute
	seen := map[*project.Field]bool{}
	for _, m := range mods {
		for _, c := range m.Classes {
			for _, fd := range c.Fields {
				if full := c.Name + "." + fd.Name; full != name && fd.Name != name || seen[fd] {
					continue
				}
				seen[fd] = true
				if in := p.locks.Of(c); in != nil {
					out = append(out, aboutField(c, fd, []Reason{{Object: fd.Name, Verdict: fmt.Sprintf("guarded by the %s of %s, which pyxlock takes", in.Kind, c.Name)}}))
					continue
				}
				open = append(open, attribute{c, fd})
			}
		}
	}
	if len(open) > 0 {
		p.prog.Assuming(mods, func() { // what is told of it goes away with the model
			sets := effects.Gather(p.prog, mods).Sets
			for _, x := range open {
				out = append(out, aboutField(x.c, x.fd, guarding(sets, x.c, x.fd)))
			}
		})
	}
	return out
}

func aboutField(c *project.Class, fd *project.Field, why []Reason) Explanation {
	span := fd.Decl.Range()
	if fd.Declarator != nil {
		span = syntax.DeclaredName(fd.Declarator).Span
	}
	pos := project.FindingAt(fd.Unit.Source, span, "", "", "")
	return Explanation{Name: c.Name + "." + fd.Name, Path: fd.Unit.Path, Line: pos.Line, Holds: why}
}

// guarding tells of an attribute, and of what it leads to, which lock guards it.
func guarding(sets *effects.LockSets, c *project.Class, fd *project.Field) []Reason {
	var out []Reason
	for _, behind := range []bool{false, true} {
		s := effects.State{Class: c, Field: fd.Name, Behind: behind}
		r := Reason{Object: fd.Name}
		if behind {
			r.Object = "what " + fd.Name + " leads to"
		}
		var by *effects.StateLock
		if g := sets.States[s]; g != nil {
			by = &g.By
		}
		list := slices.Clone(sets.All[s])
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b *effects.Access) int {
			return cmp.Or(strings.Compare(a.Func.Unit.Path, b.Func.Unit.Path), cmp.Compare(a.Effect.Span.Pos, b.Effect.Span.Pos))
		})
		held, all := 0, 0
		told := map[string]bool{}
		for _, a := range list {
			step := used(a, by)
			if key := fmt.Sprint(step); told[key] || a.Init() && !a.Effect.Writes() {
				continue
			} else {
				told[key] = true
			}
			if !a.Init() {
				all++
				if by != nil && a.Holds(*by) {
					held++
				}
			}
			r.Steps = append(r.Steps, step)
		}
		switch {
		case by != nil && held == all:
			r.Verdict = fmt.Sprintf("guarded by %s", by.Text("self"))
		case by != nil:
			r.Verdict, r.Open = fmt.Sprintf("guarded by %s, which %d of %d uses hold", by.Text("self"), held, all), true
		case !slices.ContainsFunc(list, func(a *effects.Access) bool { return !a.Init() && a.Effect.Writes() }):
			r.Verdict = "no lock guards it, and nothing is known to change it once its object is made"
		default:
			r.Verdict, r.Open = "no lock guards it", true
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		out = append(out, Reason{Object: fd.Name, Verdict: "nothing uses it once its object is made"})
	}
	return out
}

// used tells of a use of a state which locks it holds.
func used(a *effects.Access, by *effects.StateLock) finding.Related {
	pos := project.FindingAt(a.Func.Unit.Source, a.Effect.Span, "", "", "")
	does := "reads it"
	switch {
	case a.Effect.Writes() && a.Effect.Sure:
		does = "writes it"
	case a.Effect.Writes():
		does = "may write it"
	}
	if a.Effect.Via != nil {
		does = fmt.Sprintf("calls %s, which %s", a.Effect.Via.Name(), does)
	}
	self := cmp.Or(effects.PathOf(a.Func, a.Region), "self")
	var locks []string
	for l, shared := range a.Locks {
		text := l.Text(self)
		if shared {
			text += " (shared with other readers)"
		}
		locks = append(locks, text)
	}
	slices.Sort(locks)
	with := "with " + strings.Join(locks, ", ")
	switch {
	case len(locks) == 0 && a.Init():
		with = "as the object is initialized"
	case len(locks) == 0 && by == nil:
		with = "without a lock"
	case len(locks) == 0:
		with = "WITHOUT the lock"
	case by != nil && !a.Holds(*by):
		with += ", and WITHOUT " + by.Text(self)
	}
	return finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: fmt.Sprintf("%s %s %s", a.Func.Name(), does, with)}
}
