package rules

// PXL221: a native lock, of C or C++, that a thread waits for while it is attached to the interpreter. A holder that
// runs Python code, or is stopped for a collection, waits for that thread in turn.

import (
	"fmt"

	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

func nativeWaits(c *checking) {
	if !c.hands.Any() {
		return
	}
	for _, f := range c.functions() {
		if c.p.Exempt(f) {
			continue
		}
		for i := range f.Flow.Locks {
			u := &f.Flow.Locks[i]
			if !u.Native || !u.Take {
				continue
			}
			out := project.FindingAt(f.Unit.Source, u.Span, finding.Attached, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s waits for %s, a native lock, while its thread is attached", f.Name(), u.Text)
			out.Help = "wait in \"with nogil:\", or take it with py_safe_lock or py_safe_construct_unique_lock; a cython.pymutex detaches by itself"
			c.Findings = append(c.Findings, out)
		}
	}
}
