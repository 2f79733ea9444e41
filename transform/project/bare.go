package project

// Which names stand in a file where something might give them a meaning.

import (
	"strings"

	"pyxlock/parser/lex"
)

// Bare reports whether a name stands anywhere in the file but in a decorator and
// behind a dot, where it is only used.
func (s *Source) Bare(name string) bool {
	return s.bare.Get(s.readBare)[name]
}

// readBare goes through the text once, however many names are asked for.
func (s *Source) readBare() map[string]bool {
	names := map[string]bool{}
	text := string(s.Src)
	toks := lex.Scan(text, IsPure(s.Path)).Toks
	for i, t := range toks {
		if t.Kind != lex.Name || i == 0 {
			continue
		}
		if before := text[toks[i-1].Off]; before == '@' || before == '.' {
			continue
		}
		if name := text[t.Off:t.End]; !names[name] {
			names[strings.Clone(name)] = true // a part would keep the whole text
		}
	}
	return names
}
