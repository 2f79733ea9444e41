package finding

// Messages quote names and reasons, and whoever wrote the input chose how long
// these are. A report must not grow much faster than what it is about.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	longWord   = 200  // bytes of a word that are told in full
	longReport = 2000 // bytes of a message
)

// Brief returns a message with the middle of very long words left out, and the end
// of a very long message.
func Brief(s string) string {
	if len(s) <= longWord {
		return s
	}
	var b strings.Builder
	for len(s) > 0 && b.Len() <= longReport {
		n := strings.IndexFunc(s, unicode.IsSpace)
		if n < 0 {
			n = len(s)
		}
		if n > longWord {
			b.WriteString(s[:whole(s, longWord/2)] + "…" + s[whole(s, n-longWord/4):n])
		} else {
			b.WriteString(s[:n])
		}
		_, space := utf8.DecodeRuneInString(s[n:])
		b.WriteString(s[n : n+space])
		s = s[n+space:]
	}
	out := b.String()
	if len(s) > 0 || len(out) > longReport+longWord {
		out = out[:whole(out, min(len(out), longReport))] + "…"
	}
	return out
}

// whole returns the end of the last character that ends at i or before.
func whole(s string, i int) int {
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// Briefly shortens what findings say.
func Briefly(list []Finding) []Finding {
	for i := range list {
		f := &list[i]
		f.Message, f.Help = Brief(f.Message), Brief(f.Help)
		for j, r := range f.Related {
			if len(r.Message) > longWord {
				f.Related[j].Message = Brief(r.Message)
			}
		}
		if f.Fix != nil && len(f.Fix.Message) > longWord {
			fix := *f.Fix
			fix.Message = Brief(fix.Message)
			f.Fix = &fix
		}
	}
	return list
}
