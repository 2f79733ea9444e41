package rules

// Which words a module spells: most rules have nothing to say about most modules,
// and need not look.

import (
	"slices"

	"pyxlock/transform/project"
)

// spelling tells which words a module's files spell.
type spelling struct {
	m  *project.Module
	is map[string]bool // see spells
}

// spells reports whether one of the words stands somewhere in the module's files.
func (s *spelling) spells(words []string) bool {
	for _, w := range words {
		has, known := s.is[w]
		if !known { // rules share words
			has = slices.ContainsFunc(s.m.Units, func(u *project.Unit) bool { return u.Spells(w) })
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
