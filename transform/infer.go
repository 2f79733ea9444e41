package transform

// What follows from the model: the mode in which a function has to hold an
// object, and the lines from which that follows.

import (
	"fmt"
	"strings"
)

// stance is what a function does to one object.
type stance struct {
	touches bool
	mode    mode
	sure    bool
	why     *found
}

// stronger reports whether e tells more than what st follows from.
func (st *stance) stronger(e *found) bool {
	if !st.touches || e.mode != st.mode {
		return !st.touches || e.mode == write
	}
	if e.sure != st.sure {
		return e.sure
	}
	return e.raw && !st.why.raw
}

// stanceOn returns what f does to parameter num itself. rawOnly leaves out what
// its callees do under locks of their own.
func (p *Project) stanceOn(f *function, num int, rawOnly bool) stance {
	var st stance
	for i := range f.sum.effects {
		e := &f.sum.effects[i]
		r := &f.sum.regions[e.region]
		if r.root != nodeParam || int(r.num) != num || r.parent >= 0 || rawOnly && !e.raw {
			continue
		}
		if e.kind == onPython {
			continue // Python code comes to the state through members, which lock
		}
		if num > 0 && !p.guards(e.class) {
			continue
		}
		if st.stronger(e) {
			st = stance{true, e.mode, e.sure, e}
		}
	}
	return st
}

// infer returns what an undecorated member of a locked class does to the
// object; the project is solved for it.
func (p *Project) infer(f *function, kind Kind) stance {
	p.solve([]*function{f})
	st := p.stanceOn(f, 0, kind == Mutex)
	if f.def.Name.Name == "__init__" && f.accessor == plain && st.touches {
		st.mode = write // it can be called again, and whoever reads then must wait
	}
	return st
}

// step is one line of an explanation.
type step struct {
	f    *function
	e    *found
	text string
}

// chain follows an effect to the line that does it.
func chain(f *function, e *found) []step {
	var out []step
	for len(out) < 32 {
		out = append(out, step{f, e, say(e)})
		if e.via == nil {
			break
		}
		f, e = e.via, &e.via.sum.effects[e.next]
	}
	return out
}

// say tells in words how an effect comes about.
func say(e *found) string {
	switch e.cause {
	case reads:
		return "reads " + e.name
	case writes:
		return "writes " + e.name
	case deletes:
		return "deletes " + e.name
	case storesThrough:
		return "stores through " + or(e.name, "a pointer")
	case changesContainer:
		if strings.HasSuffix(e.name, "=") {
			return "changes a container by " + e.name
		}
		if changers[e.name] || strings.HasPrefix(e.name, "Py") || strings.HasPrefix(e.name, "_Py") {
			return "changes the content of a container by " + e.name
		}
		return "changes the content of " + e.name
	case passesWritable:
		return fmt.Sprintf("passes a pointer into the state to %s, which may write there", e.name)
	case passesConst:
		return fmt.Sprintf("passes the state to %s, which only reads", e.name)
	case passesHandle:
		return fmt.Sprintf("passes a handle to %s, which may change what it stands for", or(e.name, "a C function"))
	case passesUnknown:
		return fmt.Sprintf("passes the state to %s, of which nothing says that it only reads", or(e.name, "a C function"))
	case callsUnknown:
		return fmt.Sprintf("gives the object to %s, which is not in sight", or(e.name, "Python code"))
	}
	return "calls " + e.name
}

// relatedOf turns an explanation into related places, without the first step
// where that is the finding's own.
func relatedOf(steps []step) []Related {
	var out []Related
	for _, s := range steps {
		f := at(s.f.unit.source, s.e.span, "", "", "")
		out = append(out, Related{Path: f.Path, Line: f.Line, Column: f.Column, Message: Brief(s.f.name() + " " + s.text)})
	}
	return out
}
