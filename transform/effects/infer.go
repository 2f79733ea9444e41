package effects

// What follows from the model: the mode in which a function has to hold an
// object, and the lines from which that follows.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
)

// Stance is what a function does to one object.
type Stance struct {
	Touches bool
	Mode    Mode
	Sure    bool
	Why     *Effect
	// Kin is true where nothing but what is done to it tells that the object may be of
	// the function's own class.
	Kin bool
}

// stronger reports whether e tells more than what st follows from.
func (st *Stance) stronger(e *Effect) bool {
	if !st.Touches || e.Mode != st.Mode {
		return !st.Touches || e.Mode == Write
	}
	if e.Sure != st.Sure {
		return e.Sure
	}
	if e.Raw != st.Why.Raw {
		return e.Raw
	}
	return atEnd(e).Says() != "" && atEnd(st.Why).Says() == "" // of what a header says people want to know
}

// StanceOn returns what f does to parameter num itself. rawOnly leaves out what
// its callees do under locks of their own.
func (p *Program) StanceOn(f *Function, num int, rawOnly bool) Stance {
	var st Stance
	kin := true
	writes := false
	var shares *Effect
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		r := &f.Sum.Regions[e.Region]
		if r.Root != NodeParam || int(r.Num) != num || r.Parent >= 0 || rawOnly && !e.Raw {
			continue
		}
		if e.Kind == OnPython {
			continue // Python code comes to the state through members, which lock
		}
		if num > 0 && (!p.Guards(e.Class) || e.Maybe && p.Constructs(f, 0)) {
			continue
		}
		// What shares its lock with something that is locked for writing may be held for reading no
		// more, where it is held at all.
		if e.Guarded != nil {
			if shares == nil || e.Sure && !shares.Sure {
				shares = e
			}
			continue
		}
		// A block has a lock of its own; one for reading must not be held then, and none where
		// each thread of a loop takes it.
		if e.Held || e.Each {
			writes = writes || e.Mode == Write
			continue
		}
		kin = kin && e.Maybe
		if st.stronger(e) {
			st = Stance{Touches: true, Mode: e.Mode, Sure: e.Sure, Why: e}
		}
	}
	st.Kin = st.Touches && kin
	if st.Touches && writes {
		st.Mode = Write
	}
	if st.Touches && st.Mode == Read && shares != nil {
		st.Mode, st.Sure, st.Why = Write, shares.Sure, shares
	}
	return st
}

// UsedAs returns the classes as which f reads and writes what it is given as parameter
// num or, with items, the items of that.
func UsedAs(p *Program, f *Function, num int, items bool) (as [2][]*project.Class) {
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		of, isItem := Items(f, e.Region)
		if !isItem && x.Root == NodeParam && x.Parent < 0 {
			of = int(x.Num)
		} else if !isItem {
			continue
		}
		if of == num && isItem == items && e.Kind != OnPython && !(e.Maybe && p.Constructs(f, 0)) && p.Guards(e.Class) && !slices.Contains(as[e.Mode], e.Class) {
			as[e.Mode] = append(as[e.Mode], e.Class)
		}
	}
	return as
}

// Infer returns what an undecorated member of a locked class does to the
// object; the project is solved for it.
func (p *Program) Infer(f *Function, kind decorator.Kind) Stance {
	p.Solve([]*Function{f})
	st := p.StanceOn(f, 0, kind == decorator.Mutex)
	if f.Def.Name.Name == "__init__" && f.Accessor == Plain && st.Touches {
		st.Mode = Write // it can be called again, and whoever reads then must wait
	}
	return st
}

// Step is one line of an explanation.
type Step struct {
	Func   *Function
	Effect *Effect
	Text   string
}

// Chain follows an effect to the line that does it.
func Chain(f *Function, e *Effect) []Step {
	var out []Step
	by := "" // why the mode of a step is stronger than what is done there
	for len(out) < 32 {
		out = append(out, Step{f, e, Say(e) + by})
		if e.Via == nil {
			break
		}
		mode := e.Mode
		f, e = e.Via, &e.Via.Sum.Effects[e.next]
		if by = ""; mode == Write && e.Mode == Read {
			by = ", and its decorator locks for writing"
		}
	}
	return out
}

// Say tells in words how an effect comes about.
func Say(e *Effect) string {
	switch e.Cause {
	case Reads:
		return "reads " + e.Name
	case Writes:
		return "writes " + e.Name
	case Deletes:
		return "deletes " + e.Name
	case StoresThrough:
		return "stores through " + cmp.Or(e.Name, "a pointer")
	case ChangesContainer:
		if strings.HasSuffix(e.Name, "=") {
			return "changes a container by " + e.Name
		}
		if library.Changers()[e.Name] || library.Arranges()[e.Name] != "" || library.Alters()[e.Name] != "" || strings.HasPrefix(e.Name, "Py") || strings.HasPrefix(e.Name, "_Py") {
			return "changes the content of a container by " + e.Name
		}
		return "changes the content of " + e.Name
	case SetsWithin, SetsItem:
		return "changes " + e.Name + " of an object that it leads to"
	case Moves:
		if !library.Movers()[e.Name] {
			return "has an iterator go on, by " + e.Name
		}
		return fmt.Sprintf("moves the position of a file, by %s", e.Name)
	case PassesWritable, PassesUnknown, PassesConst:
		return sayPassed(e)
	case PassesHandle:
		return fmt.Sprintf("passes a handle to %s, which may change what it stands for", cmp.Or(e.Name, "a C function"))
	case CallsUnknown:
		if e.Field != "" && e.Kind != OnPython {
			return fmt.Sprintf("gives %s to %s, which is not in sight", e.Field, cmp.Or(e.Name, "Python code"))
		}
		return fmt.Sprintf("gives the object to %s, which is not in sight", cmp.Or(e.Name, "Python code"))
	case UsesUnread:
		return fmt.Sprintf("uses %s, which a base may define in a file that is not read", e.Name)
	case MayCall:
		if e.Via == nil {
			return "uses " + e.Name + ", if it is an object of this class"
		}
		return "calls " + e.Name + ", if it is an object of this class"
	case Takes:
		if e.Raw {
			return "uses nothing of it"
		}
		return "locks it in a block"
	}
	return "calls " + e.Name
}

// sayPassed tells of an effect that the state is given to C code, and how that is known.
func sayPassed(e *Effect) string {
	name := cmp.Or(e.Name, "a C function")
	by := ""
	if e.Says() != "" {
		by = " (" + e.Says() + ")"
	}
	switch {
	case e.Cause == PassesConst:
		return fmt.Sprintf("passes the state to %s, which only reads%s", name, by)
	case e.Says() != "":
		return fmt.Sprintf("passes the state to %s, which writes to it%s", name, by)
	case e.Cause == PassesWritable:
		return fmt.Sprintf("passes a pointer into the state to %s, which may write there", name)
	}
	return fmt.Sprintf("passes the state to %s, which is not known to only read", name)
}

// Reason tells in words what an effect comes from in the end.
func Reason(f *Function, e *Effect) string {
	steps := Chain(f, e)
	out := steps[len(steps)-1].Text
	if e.Guarded != nil {
		out += ", and " + e.Guarded.Name + " has the same lock"
	}
	return out
}

// RelatedOf turns an explanation into related places, without the first step
// where that is the finding's own.
func RelatedOf(steps []Step) []finding.Related {
	var out []finding.Related
	for _, s := range steps {
		f := project.FindingAt(s.Func.Unit.Source, s.Effect.Span, "", "", "")
		out = append(out, finding.Related{Path: f.Path, Line: f.Line, Column: f.Column, Message: finding.Brief(s.Func.Name() + " " + s.Text)})
	}
	return out
}

// ModeOf returns how a member of a locked class holds its object, false where
// it does not.
func (p *Program) ModeOf(f *Function) (Mode, bool) {
	decs := p.OwnLocks(f).Decs
	for _, d := range decs {
		switch {
		case d.Name == "no_lock":
			return Read, false
		case len(d.Args()) == 0 && d.Name == "write_lock":
			return Write, true
		case len(d.Args()) == 0 && d.Name == "read_lock":
			return Read, true
		}
		first := f.Def.Params.List[0].Name.Name
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok && s.Value == first {
				if d.Name == "write_lock" {
					return Write, true
				}
				return Read, true
			}
		}
	}
	if len(decs) > 0 {
		return Read, false
	}
	st := p.Infer(f, p.Locks.Of(f.Class).Kind)
	return st.Mode, st.Touches
}

// OnSelf reports whether an effect is on the object whose method f is.
func OnSelf(f *Function, e *Effect) bool {
	x := &f.Sum.Regions[e.Region]
	return x.Root == NodeParam && x.Num == 0 && x.Parent < 0 && e.Kind != OnPython
}

// Among returns the strongest of a function's effects on a region that count.
func (f *Function) Among(region int32, counts func(e *Effect) bool) Stance {
	var st Stance
	for i := range f.Sum.Effects {
		if e := &f.Sum.Effects[i]; e.Region == region && counts(e) && st.stronger(e) {
			st = Stance{Touches: true, Mode: e.Mode, Sure: e.Sure, Why: e}
		}
	}
	return st
}

// Told reports whether an effect is what a header, or a body of C, says that a function does.
func Told(e *Effect) bool { return atEnd(e).Says() != "" }
