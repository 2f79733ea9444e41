package diff

// What is compared, and what of it is shown.

import (
	"bytes"

	"pyxlock/emit/linebreak"
)

// Pair is a pair of texts to compare.
type Pair struct {
	// OldPath and NewPath name the sides, relative to the root that a patch is
	// applied in. An empty one means that the file does not exist on that side.
	OldPath, NewPath string
	Old, New         []byte
}

// Changed reports whether the sides differ.
func (d Pair) Changed() bool {
	return d.OldPath == "" || d.NewPath == "" || !bytes.Equal(d.Old, d.New)
}

// WithoutMark returns text without a byte order mark, which nobody is to look at.
func WithoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte(linebreak.ByteOrderMark)) }

// change replaces the lines [a0, a1) of one text by [b0, b1) of another; one of
// the two may be empty.
type change struct{ a0, a1, b0, b1 int }

// Lines cuts text behind every "\n".
func Lines(text []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(text, []byte{'\n'})+1)
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\n') + 1
		if i == 0 {
			i = len(text)
		}
		lines = append(lines, text[:i:i])
		text = text[i:]
	}
	return lines
}

// hunk is some changes that share context.
type hunk struct {
	a0, a1, b0, b1 int // all its lines, context included
	changes        []change
}

// hunks groups changes whose context of n lines on either side touches.
func hunks(changes []change, lenA, n int) []hunk {
	var list []hunk
	for _, c := range changes {
		before := min(n, c.a0)
		after := min(n, lenA-c.a1)
		if k := len(list); k > 0 && c.a0-before <= list[k-1].a1 {
			h := &list[k-1]
			h.a1, h.b1 = c.a1+after, c.b1+after
			h.changes = append(h.changes, c)
			continue
		}
		list = append(list, hunk{c.a0 - before, c.a1 + after, c.b0 - before, c.b1 + after, []change{c}})
	}
	return list
}
