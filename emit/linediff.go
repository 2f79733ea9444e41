package emit

import (
	"bytes"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// FileDiff is a pair of texts to compare.
type FileDiff struct {
	// OldPath and NewPath name the sides, relative to the root that a patch is
	// applied in. An empty one means that the file does not exist on that side.
	OldPath, NewPath string
	Old, New         []byte
}

// Changed reports whether the sides differ.
func (d FileDiff) Changed() bool {
	return d.OldPath == "" || d.NewPath == "" || !bytes.Equal(d.Old, d.New)
}

// withoutMark returns text without a byte order mark, which nobody is to look at.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte(byteOrderMark)) }

// change replaces the lines [a0, a1) of one text by [b0, b1) of another; one of
// the two may be empty.
type change struct{ a0, a1, b0, b1 int }

// gitLines cuts text behind every "\n".
func gitLines(text []byte) [][]byte {
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

// diffLines returns the smallest changes that turn one text into another, in
// order, with unchanged lines between any two. It does not watch the clock:
// the result depends on the texts alone.
func diffLines(old, new []byte) (a, b [][]byte, changes []change) {
	a, b = gitLines(old), gitLines(new)
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0
	ra, rb, _ := dmp.DiffLinesToRunes(string(old), string(new))
	if len(ra) != len(a) || len(rb) != len(b) {
		return a, b, []change{{0, len(a), 0, len(b)}} // the library counts lines otherwise
	}
	i, j, open := 0, 0, false
	for _, d := range dmp.DiffMainRunes(ra, rb, false) {
		n := utf8.RuneCountInString(d.Text) // one rune is one line
		if n == 0 {
			continue
		}
		if d.Type == diffmatchpatch.DiffEqual {
			i, j, open = i+n, j+n, false
			continue
		}
		if !open {
			changes, open = append(changes, change{i, i, j, j}), true
		}
		c := &changes[len(changes)-1]
		if d.Type == diffmatchpatch.DiffDelete {
			i += n
			c.a1 = i
		} else {
			j += n
			c.b1 = j
		}
	}
	return a, b, changes
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
