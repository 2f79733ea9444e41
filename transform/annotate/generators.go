package annotate

// Generators that have no snapshot: those that lock each step, and those that hold nothing.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// stepwise reports whether a generator that uses what others change may give its locks back
// at each yield.
func stepwise(a *annotator, f *effects.Function, wants []want) bool {
	if f.Def.Async || !unsafe(a, f) || slices.ContainsFunc(wants, func(w want) bool { return w.path[0] == '*' || strings.Contains(w.path, ".") }) {
		return false
	}
	if f.Class != nil {
		if in := a.p.Locks.Of(f.Class); in != nil && in.Kind != decorator.RWLock || a.p.Guarding.Changes(f.Class) {
			return false
		}
	}
	_, why := f.Steps(a.p, func(name string) bool {
		return slices.ContainsFunc(wants, func(w want) bool { return w.path == name })
	})
	return why == ""
}

// exempt has a generator or coroutine say that it holds no lock, and whether that is safe.
func exempt(a *annotator, f *effects.Function) {
	why := suspending(f) + " holds no lock between its steps; what it calls does"
	if unsafe(a, f) {
		why = "UNSAFE: " + suspending(f) + " holds no lock between its steps: see PXL110"
	}
	unlocked(a, f, why)
}

// inBlocks is exempt for one whose blocks hold all that changes: what else it reads would have it locked at its entry.
func inBlocks(a *annotator, f *effects.Function) {
	unlocked(a, f, suspending(f)+" holds no lock between its steps; its blocks do")
}

func suspending(f *effects.Function) string {
	if f.Def.Async {
		return "a coroutine"
	}
	return "a generator"
}

func unlocked(a *annotator, f *effects.Function, why string) {
	a.insert(f.Unit, f.Def.Pos, f.Def.Keyword, fmt.Sprintf("no_lock(%q)", why))
	pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
	a.out.Methods = append(a.out.Methods, MethodNote{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line, Decorator: "no_lock", Why: why})
}

// unsafe reports whether a generator or coroutine uses what others change, on lines that get
// no lock from this annotation either: a constructor that copies from a parameter gets one.
func unsafe(a *annotator, f *effects.Function) bool {
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if !effects.Unlocked(a.p, e) {
			continue
		}
		if !taken(a, f, e) {
			return true
		}
	}
	return false
}
