package terminal

// How many columns text takes.

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// TabWidth is the distance of a terminal's tab stops.
const TabWidth = 8

// Decode returns the first character of b and its length in bytes. A byte that
// is no UTF-8 is a character of its own, U+FFFD.
func Decode(b []byte) (rune, int) { return utf8.DecodeRune(b) }

// RuneWidth returns the number of terminal cells that r takes: none for a
// combining or invisible one, two for a wide one.
func RuneWidth(r rune) int {
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

// TextWidth returns the number of terminal cells that s takes where it starts
// in column col, counted from 0.
func TextWidth(s string, col int) int {
	at := col
	for _, r := range s {
		if r == '\t' {
			at += TabWidth - at%TabWidth
		} else {
			at += RuneWidth(r)
		}
	}
	return at - col
}

// BlankOf returns white space as wide as s, with the tabs of s.
func BlankOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString("  "[:RuneWidth(r)])
		}
	}
	return b.String()
}
