package transform

// PXL101, PXL104, PXL212: what a decorator says against what the model finds.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
)

// contradicted reports a read lock on a function that writes.
func (r *resolver) contradicted(locks []placed) {
	fun := r.p.prog.funcs(r.m).byDef[r.f.def]
	if fun == nil || len(locks) == 0 {
		return
	}
	r.p.prog.solve([]*function{fun})
	for _, h := range r.holds {
		if h.mode != read || len(h.path) != 1 {
			continue
		}
		num := -1
		for i, prm := range r.f.def.Params.List {
			if prm.Name.Name == h.path[0] {
				num = i
			}
		}
		by := decoratorOf(locks, h.path[0], num == 0)
		if by == nil {
			continue
		}
		var worst *found
		for i := range fun.sum.effects {
			e := &fun.sum.effects[i]
			x := &fun.sum.regions[e.region]
			if x.root != nodeParam || int(x.num) != num || x.parent >= 0 || e.mode != write || e.kind == onPython {
				continue
			}
			if num > 0 && !r.p.prog.guards(e.class) {
				continue
			}
			if worst == nil || rank(e) > rank(worst) {
				worst = e
			}
		}
		if worst == nil {
			continue
		}
		steps := chain(fun, worst)
		last := steps[len(steps)-1]
		f := at(by.unit.source, by.dec.Range(), "", "", "")
		f.Related = relatedOf(steps)
		name, what := fun.name(), h.path[0]
		switch {
		case worst.raw && worst.sure:
			f.Code = codeReadWrites
			f.Message = fmt.Sprintf("%s holds %s for reading only, and %s", name, what, last.text)
			f.Help = "lock it for writing: @cython.write_lock"
			// The other locks know no readers: this one is wrong, and harmless.
			f.Warning = r.kind() != RWLock
		case worst.raw:
			f.Code, f.Warning = codeReadMayWrite, true
			f.Message = fmt.Sprintf("%s holds %s for reading only, and %s", name, what, last.text)
			f.Help = "lock for writing, or declare the parameter const where the C function only reads"
			if last.e.cause == callsUnknown {
				f.Help = "lock for writing, or hand out a copy"
			}
		default:
			f.Code, f.Warning = codeUpgrade, true
			f.Message = fmt.Sprintf("%s holds %s for reading, and then %s, which locks it for writing", name, what, say(worst))
			f.Help = "lock it for writing here: two threads that upgrade at once cannot both go on, and one raises RuntimeError"
		}
		f.Fix = toWrite(by)
		r.out.findings = append(r.out.findings, f)
		if !f.Warning {
			r.failed = true
		}
	}
}

// rank orders effects by how much they say: certain and direct before assumed.
func rank(e *found) int {
	n := 0
	if e.raw {
		n += 2
	}
	if e.sure {
		n++
	}
	return n
}

// decoratorOf returns the read_lock that holds a parameter.
func decoratorOf(locks []placed, name string, first bool) *placed {
	for i := range locks {
		d := &locks[i]
		if d.name != "read_lock" {
			continue
		}
		if len(d.args()) == 0 && first {
			return d
		}
		for _, a := range d.args() {
			if s, ok := a.X.(*ast.Str); ok && s.Value == name {
				return d
			}
		}
	}
	return nil
}

// toWrite is the fix that turns a read_lock into a write_lock, where it names
// no more than one object and is spelled out.
func toWrite(d *placed) *Fix {
	if len(d.args()) > 1 {
		return nil
	}
	src := text(d.unit.file, d.dec.Span)
	i := strings.Index(src, "read_lock")
	if i < 0 || strings.Count(src, "read_lock") != 1 || !strings.Contains(src[:i], ".") {
		return nil // a bare name would need its import
	}
	from := d.dec.Pos + int32(i)
	return &Fix{Message: "lock for writing", Edits: []Edit{{Off: from, End: from + int32(len("read")), New: "write", Blame: -1}}}
}
