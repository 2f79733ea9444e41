package transform

// The summary of a check: how much it looked at.

import (
	"bytes"
	"fmt"
)

// Summary says what a check looked at. Its JSON form is part of the output of
// `pyxlock check --format=json`.
type Summary struct {
	Files   int `json:"files"`   // that were given as inputs
	Lines   int `json:"lines"`   // in these files
	Classes int `json:"classes"` // extension types in their modules
}

// String returns the summary as a paragraph for people, without a line break
// at its end.
func (s Summary) String() string {
	return fmt.Sprintf("checked %s, %s, %s", plural(s.Files, "file"), plural(s.Lines, "line"), plural(s.Classes, "extension type"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// count adds the inputs.
func (s *Summary) count(p *Project, inputs []string) {
	for _, in := range inputs {
		src := p.source(in).src
		s.Files++
		s.Lines += bytes.Count(src, []byte{'\n'})
		if len(src) > 0 && src[len(src)-1] != '\n' {
			s.Lines++
		}
	}
}

// types returns the number of extension types that the module defines.
func (m *module) types() int {
	n := 0
	for _, c := range m.order {
		if !c.extern {
			n++
		}
	}
	return n
}
