package diff

// Two texts side by side, line by line: which line stands beside which, and
// which lines need not be shown.

import (
	"bytes"
	"unicode/utf8"
)

// RowKind is what happened to a line.
type RowKind uint8

const (
	Same     RowKind = iota // on both sides
	Indented                // but for its indentation it is the same
	Modified                // another line stands in its place
	Removed                 // on the old side only
	Added                   // on the new side only
)

// Row is a line of either side, or of both; -1 where a side has none.
type Row struct {
	A, B int
	Kind RowKind
}

// SideRows compares texts that are cut into lines. It looks past indentation, so
// that a body which a lock moves to the right stands beside itself.
func SideRows(a, b [][]byte) []Row {
	_, _, changes := diffLines(trimmed(a), trimmed(b))
	rows := make([]Row, 0, len(a)+len(b)/8)
	i, j := 0, 0
	alike := func(end int) {
		for ; i < end; i, j = i+1, j+1 {
			kind := Modified
			switch {
			case bytes.Equal(a[i], b[j]):
				kind = Same
			case bytes.Equal(bytes.TrimLeft(a[i], " \t\f"), bytes.TrimLeft(b[j], " \t\f")):
				kind = Indented
			}
			rows = append(rows, Row{i, j, kind})
		}
	}
	for _, c := range changes {
		alike(c.a0)
		for i < c.a1 || j < c.b1 {
			switch {
			case i < c.a1 && j < c.b1 && similar(a[i], b[j]):
				rows = append(rows, Row{i, j, Modified})
				i, j = i+1, j+1
			case i < c.a1:
				rows = append(rows, Row{i, -1, Removed})
				i++
			default:
				rows = append(rows, Row{-1, j, Added})
				j++
			}
		}
	}
	alike(len(a))
	return rows
}

// trimmed joins lines without the white space at their ends.
func trimmed(lines [][]byte) []byte {
	var out []byte
	for _, l := range lines {
		out = append(out, bytes.TrimSpace(l)...)
		out = append(out, '\n')
	}
	return out
}

// similar reports whether one line can be taken for the other, changed.
func similar(a, b []byte) bool {
	a, b = bytes.TrimSpace(a), bytes.TrimSpace(b)
	from, toA, _ := ChangedPart(a, b)
	return 2*(from+len(a)-toA) >= min(len(a), len(b))+1 && len(a) > 0
}

// ChangedPart returns where two lines differ: both start with from bytes that are
// the same, and from toA and toB on they are the same again.
func ChangedPart(a, b []byte) (from, toA, toB int) {
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	for from > 0 && (from < len(a) && !utf8.RuneStart(a[from]) || from < len(b) && !utf8.RuneStart(b[from])) {
		from--
	}
	toA, toB = len(a), len(b)
	for toA > from && toB > from && a[toA-1] == b[toB-1] {
		toA, toB = toA-1, toB-1
	}
	for toA < len(a) && !utf8.RuneStart(a[toA]) {
		toA, toB = toA+1, toB+1
	}
	return from, toA, toB
}

// Folded tells which rows need not be shown: those far from changes and from the
// lines of the old side that are asked for. Where only indentation changes, long
// stretches are folded too.
func Folded(rows []Row, asked map[int]bool) []bool {
	hidden := make([]bool, len(rows))
	for i := range hidden {
		hidden[i] = true
	}
	show := func(i, around int) {
		for k := max(0, i-around); k <= min(len(rows)-1, i+around); k++ {
			hidden[k] = false
		}
	}
	for i := 0; i < len(rows); i++ {
		r := rows[i]
		switch {
		case r.Kind == Indented:
			end := i
			for end < len(rows) && rows[end].Kind == Indented {
				end++
			}
			if end-i <= 3*contextLines {
				for ; i < end; i++ {
					show(i, 0)
				}
			}
			i = end - 1
		case r.Kind != Same:
			show(i, contextLines)
		}
	}
	for i, r := range rows {
		if r.A >= 0 && asked[r.A] {
			show(i, 1)
		}
	}
	// What is left out has to be longer than the line that says so.
	for i := 0; i < len(rows); {
		end := i
		for end < len(rows) && hidden[end] {
			end++
		}
		if end-i <= 2 {
			for ; i < end; i++ {
				hidden[i] = false
			}
		}
		i = max(end, i) + 1
	}
	return hidden
}
