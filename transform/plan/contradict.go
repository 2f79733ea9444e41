package plan

// PXL101, PXL104, PXL212: what a decorator says against what the model finds.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// contradicted reports a read lock on a function that writes.
func (r *resolver) contradicted(locks []Placed) {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	if fun == nil || len(locks) == 0 {
		return
	}
	r.p.Program.Solve([]*effects.Function{fun})
	var at map[string][]*effects.Effect
	for _, h := range r.holds {
		if h.Mode != effects.Read {
			continue
		}
		if at == nil {
			at = effectsByPath(fun)
		}
		what := strings.Join(h.Path, ".")
		if h.Items {
			what = "*" + what
			if h.Param == ast.DoubleStar {
				what = "*" + what
			}
		}
		first := len(r.f.Def.Params.List) > 0 && what == r.f.Def.Params.List[0].Name.Name
		own := first && r.f.Class != nil
		by := decoratorOf(locks, what, first)
		if by == nil {
			continue
		}
		// What is used as one of its class is one, and what is done to anything is done to others.
		told := slices.ContainsFunc(at[what], func(e *effects.Effect) bool { return !e.Maybe })
		later := effects.HandedOut(fun)
		var worst *effects.Effect
		for _, e := range at[what] {
			if e.Mode != effects.Write || e.Maybe && told || effects.SetsItems(e) {
				continue
			}
			if !own && !r.p.Program.Guards(e.Class) {
				continue
			}
			if !e.Raw && slices.ContainsFunc(later, func(d effects.Deferred) bool { return !d.Now && d.Body.Contains(e.Span.Pos) }) {
				continue // it takes the lock when this one is released
			}
			if worst == nil || rank(e) > rank(worst) {
				worst = e
			}
		}
		if worst == nil {
			continue
		}
		steps := effects.Chain(fun, worst)
		last := steps[len(steps)-1]
		f := project.FindingAt(by.Unit.Source, by.Node.Range(), "", "", "")
		f.Related = effects.RelatedOf(steps)
		name := fun.Name()
		switch {
		case worst.Raw && worst.Sure:
			f.Code = finding.ReadWrites
			f.Message = fmt.Sprintf("%s holds %s for reading only, and %s", name, what, last.Text)
			f.Help = "lock it for writing: @cython.write_lock"
			// The other locks know no readers: this one is wrong, and harmless.
			f.Warning = r.kind() != decorator.RWLock
			if e := last.Effect; e.Cause == effects.PassesWritable && e.Reader().Name != "" {
				// Of macros and of what only reads, too, prototypes leave const out: whoever wrote the
				// decorator may know better, and annotate knows it where it has read a header.
				f.Warning = true
				f.Help += "; where the C function only reads, tell pyxlock where its header is (the setting headers, or --header-path), or declare the parameter const"
			}
		case worst.Raw:
			f.Code, f.Warning = finding.ReadMayWrite, true
			f.Message = fmt.Sprintf("%s holds %s for reading only, and %s", name, what, last.Text)
			f.Help = "lock for writing, or declare the parameter const where the C function only reads"
			switch e := last.Effect; {
			case e.Says() != "":
				f.Help = "lock for writing"
			case strings.Contains(e.Reader().Name, "."): // a method, of which a .pxd cannot say const
				f.Help = fmt.Sprintf("lock for writing; where the method only reads, tell pyxlock where its header is (--header-path), or name it in the setting reads: %q", e.Reader().Name)
			case e.Reader().Name != "":
				f.Help = "lock for writing; where the C function only reads, tell pyxlock where its header is (the setting headers, or --header-path), or declare the parameter const"
			}
			switch last.Effect.Cause {
			case effects.ChangesContainer, effects.SetsWithin:
				f.Help = "lock for writing"
			case effects.CallsUnknown:
				f.Help = "lock for writing, or hand out a copy"
			case effects.UsesUnread:
				f.Help = "lock for writing, or see to it that the files of its bases can be read and parse"
			}
		case worst.Held:
			f.Code, f.Warning = finding.Upgrade, true
			f.Message = fmt.Sprintf("%s holds %s for reading, and then locks it for writing in a block", name, what)
			f.Help = "lock it for writing here, or take its locks in blocks alone: two threads that upgrade at once cannot both go on, and one raises RuntimeError"
		default:
			f.Code, f.Warning = finding.Upgrade, true
			f.Message = fmt.Sprintf("%s holds %s for reading, and then %s, which %s", name, what, effects.Say(worst), r.locksIt(worst))
			f.Help = "lock it for writing here: two threads that upgrade at once cannot both go on, and one raises RuntimeError"
		}
		if e := last.Effect; f.Warning && worst.Raw && e.Reader().Name != "" && (e.Cause == effects.PassesWritable || e.Cause == effects.PassesUnknown) {
			f.Cause = "what is not known of " + e.Reader().Name // one const, or one header, is for all
		}
		f.Fix = toWrite(by)
		r.out.Findings = append(r.out.Findings, f)
		if !f.Warning {
			r.failed = true
		}
	}
}

// effectsByPath returns what a function does to its parameters and what is reached from them, by the
// paths that lead there.
func effectsByPath(f *effects.Function) map[string][]*effects.Effect {
	paths := map[int32]string{}
	out := map[string][]*effects.Effect{}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if e.Kind == effects.OnPython || f.Sum.Regions[e.Region].Root != effects.NodeParam {
			continue
		}
		path, known := paths[e.Region]
		if !known {
			path = effects.PathOf(f, e.Region)
			paths[e.Region] = path
		}
		out[path] = append(out[path], e)
	}
	return out
}

// locksIt tells how what a function calls locks for writing what that holds.
func (r *resolver) locksIt(e *effects.Effect) string {
	if e.Guarded == nil {
		return "locks it for writing"
	}
	locks := "locks it"
	if !e.Sure {
		locks = "may lock it"
	}
	return fmt.Sprintf("%s for writing: the lock of a %s is that of its %s", locks, e.Guarded.Name, r.p.Locks.Of(e.Guarded).Guard)
}

// rank orders effects by how much they say: certain and direct before assumed.
func rank(e *effects.Effect) int {
	n := 0
	if e.Raw {
		n += 2
	}
	if e.Sure {
		n++
	}
	return n
}

// decoratorOf returns the read_lock that holds a parameter.
func decoratorOf(locks []Placed, name string, first bool) *Placed {
	for i := range locks {
		d := &locks[i]
		if d.Name != "read_lock" {
			continue
		}
		if len(d.Args()) == 0 && first {
			return d
		}
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && s.Value == name {
				return d
			}
		}
	}
	return nil
}

// toWrite is the fix that turns a read_lock into a write_lock, where it names
// no more than one object and is spelled out.
func toWrite(d *Placed) *finding.Fix {
	if len(d.Args()) > 1 {
		return nil
	}
	src := syntax.Text(d.Unit.File, d.Node.Span)
	i := strings.Index(src, "read_lock")
	if i < 0 || strings.Count(src, "read_lock") != 1 || !strings.Contains(src[:i], ".") {
		return nil // a bare name would need its import
	}
	from := d.Node.Pos + int32(i)
	return &finding.Fix{Message: "lock for writing", Edits: []edit.Edit{{Off: from, End: from + int32(len("read")), New: "write", Blame: -1}}}
}
