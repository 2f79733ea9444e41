package rules

// Which words a module spells: most rules have nothing to say about most modules,
// and need not look.

import (
	"bytes"
	"slices"
	"strings"

	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// spelling tells which words a module's files spell.
type spelling struct {
	m  *project.Module
	py []string        // see pyNames
	is map[string]bool // see spells
}

// spells reports whether one of the words stands somewhere in the module's files.
func (s *spelling) spells(words []string) bool {
	for _, w := range words {
		has, known := s.is[w]
		if !known { // rules share words
			if strings.HasPrefix(w, "Py") {
				has = slices.ContainsFunc(s.pyNames(), func(n string) bool { return strings.HasPrefix(n, w) })
			} else {
				has = slices.ContainsFunc(s.m.Units, func(u *project.Unit) bool { return bytes.Contains(u.Src, []byte(w)) })
			}
			if s.is == nil {
				s.is = map[string]bool{}
			}
			s.is[w] = has
		}
		if has {
			return true
		}
	}
	return len(words) == 0
}

// pyNames returns what the module's files spell from each "Py" on to the end of
// the identifier: most rules ask for functions of Python's C API.
func (s *spelling) pyNames() []string {
	if s.py != nil {
		return s.py
	}
	seen := map[string]bool{}
	s.py = []string{}
	for _, u := range s.m.Units {
		for src := u.Src; ; {
			i := bytes.Index(src, []byte("Py"))
			if i < 0 {
				break
			}
			src = src[i:]
			end := 2
			for end < len(src) && syntax.WordByte(src[end]) {
				end++
			}
			if !seen[string(src[:end])] {
				name := string(src[:end])
				seen[name] = true
				s.py = append(s.py, name)
			}
			src = src[2:]
		}
	}
	return s.py
}
