package lex

// lines.go finds where lines start and turns offsets into lines and columns.

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

const bom = "\ufeff"

// Lines returns the offset of each line start. "\n", "\r\n" and a lone "\r"
// end a line; a line break at the very end starts no further line.
func Lines(src []byte) []int32 {
	lines := make([]int32, 1, len(src)/28+2)
	if bytes.IndexByte(src, '\r') < 0 {
		for i := 0; ; {
			n := bytes.IndexByte(src[i:], '\n')
			if n < 0 || i+n+1 >= len(src) {
				return lines
			}
			i += n + 1
			lines = append(lines, int32(i))
		}
	}
	for i := 0; i < len(src); i++ {
		switch {
		case src[i] == '\n', src[i] == '\r' && (i+1 == len(src) || src[i+1] != '\n'):
			if i+1 < len(src) {
				lines = append(lines, int32(i+1))
			}
		}
	}
	return lines
}

// Position gives the line and column of an offset, both counted from 1. Columns
// count characters; a byte that is no part of valid UTF-8 counts as one, and a
// byte order mark as none.
func Position(src []byte, lines []int32, off int32) (line, col int) {
	if int(off) > len(src) {
		off = int32(len(src))
	}
	if off < 0 {
		off = 0
	}
	line = sort.Search(len(lines), func(i int) bool { return lines[i] > off })
	text := src[lines[line-1]:off]
	if line == 1 && strings.HasPrefix(string(src[:min(len(src), len(bom))]), bom) && len(text) >= len(bom) {
		text = text[len(bom):]
	}
	return line, utf8.RuneCount(text) + 1
}
