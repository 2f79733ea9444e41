package rules

// What a finding rests on where nothing in sight bears it out: nothing but C functions may change what it speaks of, and
// of these no header says what they do.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pyxlock/transform/effects"
)

// doubts are the C functions which alone may change an attribute, by class and attribute, of those that have been asked
// about.
type doubts struct {
	p     *effects.Program
	known map[string][]effects.Reader
}

// of returns the C functions that an effect's attribute may be changed by, where nothing else changes it.
func (d doubts) of(e *effects.Effect) []effects.Reader {
	at := e.Class.Mod.Stem + " " + e.Class.Name + "." + fieldOf(e)
	out, known := d.known[at]
	if !known {
		out = effects.Perhaps(d.p, e.Class, fieldOf(e))
		d.known[at] = out
	}
	return out
}

// manyReaders are as many as are named, and as anybody looks up.
const manyReaders = 4

// ifOnlyRead says what makes the lock needless where nothing but C functions, of which it is not known, may change an
// attribute, and which functions these are. There is no help where they are many.
func ifOnlyRead(class, field string, perhaps []effects.Reader) (functions, help string) {
	var names, entries []string
	for _, r := range perhaps {
		entry := r.Name
		if r.Param != "" {
			entry += "(" + r.Param + ")"
		}
		names, entries = append(names, r.Name), append(entries, strconv.Quote(entry))
	}
	names = slices.Compact(names)
	if n := len(names); n > manyReaders {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:manyReaders], ", "), n-manyReaders), ""
	}
	how := "declare the parameter const"
	if !slices.ContainsFunc(perhaps, func(r effects.Reader) bool { return r.Param != "" || !strings.Contains(r.Name, ".") }) {
		how = "declare the method const" // of C++
	}
	all, reads := names[0], "reads"
	if last := len(names) - 1; last > 0 {
		all, reads = strings.Join(names[:last], ", ")+" and "+names[last], "read"
	}
	return all, fmt.Sprintf("if %s only %s it, %s of %s needs no lock, since nothing else changes it: %s, or set reads = [%s]; else ", all, reads, field, class, how, strings.Join(entries, ", "))
}
