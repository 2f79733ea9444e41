package report

// Why functions lock as they do, as text for people.

import (
	"bytes"
	"fmt"
	"io"

	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// Explanations writes for each function what it holds, and below that the lines from
// which that follows:
//
//	file:line: Class.method
//	  self: reads it: locked for reading, as inferred
//	    file:line:col: what the line does
func Explanations(w io.Writer, list []transform.Explanation) error {
	var b bytes.Buffer
	for _, x := range list {
		fmt.Fprintf(&b, "%s:%d: %s\n", terminal.Path(x.Path), x.Line, x.Name)
		if len(x.Holds) == 0 && !x.Withheld {
			b.WriteString("  touches no guarded state: needs no lock\n")
		}
		for _, r := range x.Holds {
			fmt.Fprintf(&b, "  %s: %s\n", r.Object, r.Verdict)
			for _, s := range r.Steps {
				fmt.Fprintf(&b, "    %s:%d:%d: %s\n", terminal.Path(s.Path), s.Line, s.Column, s.Message)
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
