package diff

// Which lines of two texts are the same. The smallest difference takes time that
// grows with the product of length and difference: a file of some thousand locked
// classes would take half a minute. So large texts are first cut at lines that
// each of them has once, as patience diff does, and only what lies between is
// compared to the end.

import (
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

const (
	// smallDiff is how many lines of two texts together are compared to the end.
	smallDiff = 2000
	// anchorDepth bounds how often what lies between anchors is cut again.
	anchorDepth = 16
)

// lineDiff finds what differs between two texts.
type lineDiff struct {
	a, b    []int32 // the lines; the same number is the same text
	changes []change

	seen []occurrence // of each number, in the stretch that is being cut
	// How many lines were looked at, and how many at most were compared to the end:
	// the one must grow with the texts, and the other not at all.
	work, largest int
}

// occurrence is where a line stands in two texts, and how often.
type occurrence struct{ inA, inB, a, b int }

// diffLines returns changes that turn one text into another, in order, with
// unchanged lines between any two: the smallest ones, where the texts are not
// large. It does not watch the clock: the result depends on the texts alone.
func diffLines(old, new []byte) (a, b [][]byte, changes []change) {
	a, b = Lines(old), Lines(new)
	d := newLineDiff(a, b)
	d.between(0, len(a), 0, len(b), 0)
	return a, b, d.changes
}

func newLineDiff(a, b [][]byte) *lineDiff {
	numbers := make(map[string]int32, len(a))
	number := func(lines [][]byte) []int32 {
		out := make([]int32, len(lines))
		for i, l := range lines {
			n, ok := numbers[string(l)]
			if !ok {
				n = int32(len(numbers))
				numbers[string(l)] = n
			}
			out[i] = n
		}
		return out
	}
	d := &lineDiff{a: number(a), b: number(b)}
	d.seen = make([]occurrence, len(numbers))
	return d
}

// between compares the lines [a0, a1) with [b0, b1).
func (d *lineDiff) between(a0, a1, b0, b1, depth int) {
	d.work += a1 - a0 + b1 - b0
	for a0 < a1 && b0 < b1 && d.a[a0] == d.b[b0] {
		a0, b0 = a0+1, b0+1
	}
	for a0 < a1 && b0 < b1 && d.a[a1-1] == d.b[b1-1] {
		a1, b1 = a1-1, b1-1
	}
	switch {
	case a0 == a1 || b0 == b1:
		d.add(change{a0, a1, b0, b1})
		return
	case a1-a0+b1-b0 <= smallDiff:
		d.smallest(a0, a1, b0, b1)
		return
	}
	if depth < anchorDepth {
		if anchors := d.anchors(a0, a1, b0, b1); len(anchors) > 0 {
			for _, at := range anchors {
				d.between(a0, at.a, b0, at.b, depth+1)
				a0, b0 = at.a+1, at.b+1
			}
			d.between(a0, a1, b0, b1, depth+1)
			return
		}
	}
	d.add(change{a0, a1, b0, b1})
}

// add takes up a change behind the others, joined with one that it touches.
func (d *lineDiff) add(c change) {
	if c.a0 == c.a1 && c.b0 == c.b1 {
		return
	}
	if n := len(d.changes); n > 0 && d.changes[n-1].a1 == c.a0 && d.changes[n-1].b1 == c.b0 {
		d.changes[n-1].a1, d.changes[n-1].b1 = c.a1, c.b1
		return
	}
	d.changes = append(d.changes, c)
}

// anchors returns lines that both stretches have, and each of them once: the most
// that are in the same order in both.
func (d *lineDiff) anchors(a0, a1, b0, b1 int) []occurrence {
	for i := a0; i < a1; i++ {
		o := &d.seen[d.a[i]]
		o.inA, o.a = o.inA+1, i
	}
	for i := b0; i < b1; i++ {
		o := &d.seen[d.b[i]]
		o.inB, o.b = o.inB+1, i
	}
	var once []occurrence
	for i := a0; i < a1; i++ {
		if o := d.seen[d.a[i]]; o.inA == 1 && o.inB == 1 {
			once = append(once, o)
		}
	}
	for _, n := range d.a[a0:a1] {
		d.seen[n] = occurrence{}
	}
	for _, n := range d.b[b0:b1] {
		d.seen[n] = occurrence{}
	}
	// The longest run that rises in b, too: ends[n] is where one of length n+1 ends
	// with the smallest b.
	var ends []int
	before := make([]int, len(once))
	for i, o := range once {
		n := sort.Search(len(ends), func(k int) bool { return once[ends[k]].b > o.b })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	var out []occurrence
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			out = append(out, once[i])
		}
	}
	slices.Reverse(out)
	return out
}

// smallest adds the smallest changes between two stretches.
func (d *lineDiff) smallest(a0, a1, b0, b1 int) {
	d.largest = max(d.largest, a1-a0+b1-b0)
	// The library compares runes: one stands for a line.
	local := map[int32]rune{}
	runes := func(lines []int32) []rune {
		out := make([]rune, len(lines))
		for i, n := range lines {
			r, ok := local[n]
			if !ok {
				r = rune(len(local) + 1) // there are too few to reach the surrogates
				local[n] = r
			}
			out[i] = r
		}
		return out
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0
	i, j := a0, b0
	for _, x := range dmp.DiffMainRunes(runes(d.a[a0:a1]), runes(d.b[b0:b1]), false) {
		n := utf8.RuneCountInString(x.Text)
		switch x.Type {
		case diffmatchpatch.DiffEqual:
			i, j = i+n, j+n
		case diffmatchpatch.DiffDelete:
			d.add(change{i, i + n, j, j})
			i += n
		default:
			d.add(change{i, i, j, j + n})
			j += n
		}
	}
}
