package emit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// tabWidth is the distance of a terminal's tab stops.
const tabWidth = 8

// decode returns the first character of b and its length in bytes. A byte that
// is no UTF-8 is a character of its own, U+FFFD.
func decode(b []byte) (rune, int) { return utf8.DecodeRune(b) }

// printable returns b as text that is safe on a terminal: tabs stay, other
// control characters and bytes that are no UTF-8 become U+FFFD, a byte order
// mark disappears.
func printable(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, n := decode(b)
		b = b[n:]
		switch {
		case r == '\ufeff':
		case r != '\t' && (unicode.IsControl(r) || isBidi(r)):
			s.WriteRune(utf8.RuneError)
		default:
			s.WriteRune(r)
		}
	}
	return s.String()
}

// isBidi reports whether r reorders the text around it, so that a terminal
// would not show the order that the compiler reads.
func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// runeWidth returns the number of terminal cells that r takes: none for a
// combining or invisible one, two for a wide one.
func runeWidth(r rune) int {
	if r < 0x300 {
		if r == 0xad {
			return 0
		}
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// textWidth returns the number of terminal cells that s takes where it starts
// in column col, counted from 0.
func textWidth(s string, col int) int {
	at := col
	for _, r := range s {
		if r == '\t' {
			at += tabWidth - at%tabWidth
		} else {
			at += runeWidth(r)
		}
	}
	return at - col
}

// blankOf returns white space as wide as s, with the tabs of s.
func blankOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString("  "[:runeWidth(r)])
		}
	}
	return b.String()
}
