package linebreak

import (
	"bytes"
	"sort"
)

// Starts returns the offset of the first byte of every line of b. A line
// break at the very end starts no further line; an empty b has no lines.
func Starts(b []byte) []int {
	if len(b) == 0 {
		return nil
	}
	starts := make([]int, 1, 1+bytes.Count(b, []byte{'\n'}))
	for i := 0; i < len(b); {
		i = End(b, i)
		if i < len(b) {
			starts = append(starts, i)
		}
	}
	return starts
}

// End returns the offset just behind the line break that ends the line
// which offset i lies in, or len(b) where it has none.
func End(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '\n':
			return i + 1
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				return i + 2
			}
			return i + 1
		}
	}
	return len(b)
}

// Trim returns the offset of the line break in b[start:end], or end.
func Trim(b []byte, start, end int) int {
	if end > start && b[end-1] == '\n' {
		end--
	}
	if end > start && b[end-1] == '\r' {
		end--
	}
	return end
}

// LineAt returns the 1-based line that offset off lies in. Offsets past the
// end belong to the last line.
func LineAt(starts []int, off int) int {
	n := sort.SearchInts(starts, off+1)
	if n == 0 {
		return 1
	}
	return n
}

// Newline returns the first line break of b, or "\n" where it has none.
func Newline(b []byte) string {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case i < 0 || b[i] == '\n':
		return "\n"
	case i+1 < len(b) && b[i+1] == '\n':
		return "\r\n"
	default:
		return "\r"
	}
}

// ByteOrderMark may begin a file, and belongs to no line.
const ByteOrderMark = "\ufeff"
