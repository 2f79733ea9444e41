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
