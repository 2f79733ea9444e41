package rules

// PXL109 and PXL214 of variables of the module: which lock they are guarded by tell the locks of the module that are
// held where they are assigned to.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// underLock reports whether a lock of the module is held at a change, by the function or by all that call it.
func underLock(uses []effects.GlobalUse, ch globalChange) bool {
	return slices.ContainsFunc(uses, func(u effects.GlobalUse) bool {
		return u.Func.Unit == ch.f.u && ch.node.Range().Contains(u.Span.Pos) && len(u.Locks) > 0
	})
}

// besideLock reports what uses a variable, all changes of which are made under locks, without the lock that most
// of them hold: another assignment, and a read of what may be replaced meanwhile.
func besideLock(c *checking, v *globalVar, uses []effects.GlobalUse) {
	if !c.isCValue(v) && v.d == nil {
		return // one of Python's: its dict has a lock
	}
	count := map[string]int{}
	for _, u := range uses {
		if u.Write {
			for _, l := range u.Locks {
				count[l]++
			}
		}
	}
	if len(count) == 0 || !slices.ContainsFunc(v.changes, func(ch globalChange) bool {
		return (ch.kind == rebinds || ch.kind == counts) && !c.checksFirst(v, ch) // else it is made once, and found or not
	}) {
		return
	}
	by := slices.MaxFunc(slices.Sorted(maps.Keys(count)), func(a, b string) int { return cmp.Compare(count[a], count[b]) })
	i := slices.IndexFunc(uses, func(u effects.GlobalUse) bool { return u.Write && slices.Contains(u.Locks, by) })
	told := map[*effects.Function]bool{}
	for _, u := range uses {
		f := c.funcAt(u.Func.Unit, u.Span)
		if slices.Contains(u.Locks, by) || told[u.Func] || f == nil || f.heldForAll(u.Span.Pos) && len(u.Locks) == 0 {
			continue
		}
		told[u.Func] = true
		does := "reads"
		if u.Write {
			does = "writes"
		}
		writer := uses[i].Func
		if len(u.Locks) > 0 {
			out := f.finding(u.Span, finding.TwoLocks, fmt.Sprintf("%s %s %s with %s, which does not exclude %s, the lock that %s holds to write it", u.Func.Name(), does, v.name, syntax.LastPart(u.Locks[0]), syntax.LastPart(by), writer.Name()),
				"hold the same lock for the same state everywhere")
			out.Warning = true
			out.Related = append(out.Related, relatedAt(writer, uses[i].Span, fmt.Sprintf("%s writes it with %s", writer.Name(), syntax.LastPart(by))))
			continue
		}
		out := f.finding(u.Span, finding.LeftOut, fmt.Sprintf("%s %s %s without the lock %s that %s holds to write it", u.Func.Name(), does, v.name, syntax.LastPart(by), writer.Name()), "hold the same lock here")
		out.Warning = true
		out.Related = append(out.Related, relatedAt(writer, uses[i].Span, writer.Name()+" writes it with "+syntax.LastPart(by)))
	}
}
