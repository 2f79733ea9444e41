package splice

// Outputs whose lines stay where they are.

import (
	"sort"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/sourcemap"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

// Aligned makes a rewrite's edits so that source lines keep their line
// numbers wherever there is room, and returns the result with a map of its
// lines. Without edits it returns the source itself and the identity map.
//
// It takes the lines of Apply and only adds and drops blank lines:
//
//   - An anchored line, one with source text outside rw.Floats, is put on its
//     own number. Where the lines before it need more room it moves down, and
//     the blank lines that follow are dropped until the numbers agree again.
//   - A floating line, generated or inside rw.Floats, goes directly before the
//     next anchored line, or directly behind the line before it where its edit
//     is a Tail.
//   - Blank lines of the source fill what room remains. One that stays on its
//     own number keeps its white space.
//
// Nothing is added or dropped between lines that a span of rw.Solid joins, nor
// between those that an edit within such a span makes. So an edit that removes
// lines inside a Solid span moves the rest of the span up; everywhere else no
// anchored line comes to stand above its number.
//
// It fails where Apply does.
func Aligned(rw *transform.Rewrite) (out []byte, m sourcemap.LineMap, err error) {
	if len(rw.Edits) == 0 {
		return rw.Src, sourcemap.LineMap{}, nil
	}
	s, err := splice(rw.Src, rw.Edits)
	if err != nil {
		return nil, sourcemap.LineMap{}, err
	}
	a := &aligner{
		spliced: s,
		list:    s.lines(),
		nl:      linebreak.Newline(rw.Src),
		next:    1,
		elastic: map[int]int{},
	}
	a.buf = make([]byte, 0, len(s.out)+len(s.out)/16)
	units := a.units(spanSet(rw.Floats), spanSet(rw.Solid))
	var run []unit // floating units since the last anchored one
	trailing := 0  // number of the last blank source line since then
	for _, u := range units {
		switch u.kind {
		case floating:
			run, trailing = append(run, u), 0
		case elastic:
			trailing = a.list[u.first].src
		default:
			a.float(run, u.want)
			a.emit(u)
			run, trailing = run[:0], 0
		}
	}
	a.float(run, 0)
	for a.next <= trailing {
		a.pad(1, a.next == trailing)
	}
	return a.buf, a.m, nil
}

type unitKind uint8

const (
	anchored unitKind = iota
	floating
	elastic
)

// unit is a line of the output, or several that must stay together.
type unit struct {
	first, last int // indices of its lines
	kind        unitKind
	want        int  // number its first line should have; 0 where it does not matter
	tail        bool // stays with the line before
}

// aligner lays out the lines of one file.
type aligner struct {
	*spliced
	list    []outLine
	nl      string
	elastic map[int]int // source line → index of the elastic line it became
	buf     []byte
	m       sourcemap.LineMap
	next    int // number of the next line
}

// units groups the lines and decides what each group is.
func (a *aligner) units(floats, solid spans) []unit {
	units := make([]unit, 0, len(a.list))
	for i := 0; i < len(a.list); {
		u := unit{first: i, kind: floating}
		joined := false
		for ; i < len(a.list); i++ {
			l := a.list[i]
			if l.off >= 0 || l.blank && !l.generated {
				if u.want == 0 {
					u.want = l.src - (i - u.first)
				}
				if u.kind == floating && l.off >= 0 && !floats.contains(l.off) {
					u.kind, u.want = anchored, l.src-(i-u.first)
				}
			}
			if !a.joins(l, solid) || i+1 == len(a.list) {
				break
			}
			joined = true
		}
		u.last = i
		i++
		first := a.list[u.first]
		if !joined && first.blank && !first.generated {
			u.kind = elastic
			if _, dup := a.elastic[first.src]; !dup {
				a.elastic[first.src] = u.first
			}
		}
		u.tail = first.off < 0 && first.edit >= 0 && a.edits[first.edit].Tail
		units = append(units, u)
	}
	return units
}

// joins reports whether the line break of l lies inside a solid span.
func (a *aligner) joins(l outLine, solid spans) bool {
	if l.breakOff >= 0 {
		return solid.contains(l.breakOff)
	}
	if l.breakEdit < 0 {
		return false
	}
	e := a.edits[l.breakEdit]
	sp, ok := solid.at(int(e.Off))
	return ok && e.End <= sp.End && (e.Off > sp.Pos || e.End > e.Off)
}

// float puts out a run of floating units in front of an anchored line that
// wants the number target, with the room that there is as blank lines. A
// target of 0 is the end of the file.
//
// Blank lines may stand before a head (a unit that is no tail) which begins
// the run or follows a tail, and behind a tail that ends the run. The last of
// these places takes all the room that is left; an earlier one only what
// brings the source lines behind it to their own numbers.
func (a *aligner) float(run []unit, target int) {
	room := 0
	if target > 0 {
		room = target - a.next
		for _, u := range run {
			room -= u.last - u.first + 1
		}
	}
	lastGap := len(run) // the place before run[lastGap], or behind the run
	if n := len(run); n > 0 && !run[n-1].tail {
		for lastGap--; lastGap > 0 && !run[lastGap-1].tail; lastGap-- {
		}
	}
	for i, u := range run {
		if !u.tail && (i == 0 || run[i-1].tail) {
			n := room
			if i != lastGap || target == 0 {
				n = a.wanted(run[i:])
				if target > 0 {
					n = min(n, room)
				}
			}
			if n > 0 {
				a.pad(n, false)
				room -= n
			}
		}
		a.emit(u)
	}
	if room > 0 {
		a.pad(room, false)
	}
}

// wanted returns how many lines to leave so that the first source line among
// the units, up to the next place for blank lines, gets its own number.
func (a *aligner) wanted(units []unit) int {
	at := a.next
	for i, u := range units {
		if i > 0 && !u.tail && units[i-1].tail {
			break
		}
		if u.want > 0 {
			return max(0, u.want-at)
		}
		at += u.last - u.first + 1
	}
	return 0
}

// emit puts out the lines of a unit.
func (a *aligner) emit(u unit) {
	for _, l := range a.list[u.first : u.last+1] {
		a.buf = append(a.buf, a.out[l.start:l.end]...)
		a.m.Add(l.src, l.generated)
		a.next++
	}
}

// pad puts out n blank lines. The last line of the file may lack a line break.
func (a *aligner) pad(n int, end bool) {
	for ; n > 0; n-- {
		i, own := a.elastic[a.next]
		if own {
			l := a.list[i]
			a.buf = append(a.buf, a.out[l.start:l.end]...)
			if l.brk == l.end && !end {
				a.buf = append(a.buf, a.nl...)
			}
		} else {
			a.buf = append(a.buf, a.nl...)
		}
		a.m.Add(min(a.next, len(a.starts)), !own)
		a.next++
	}
}

// spans is a set of disjoint spans in order.
type spans []ast.Span

// spanSet sorts spans and merges those that overlap. Spans that only touch
// stay apart.
func spanSet(list []ast.Span) spans {
	sorted := make(spans, 0, len(list))
	for _, sp := range list {
		if sp.Pos < sp.End {
			sorted = append(sorted, sp)
		}
	}
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Pos < sorted[j].Pos })
	set := sorted[:0]
	for _, sp := range sorted {
		if n := len(set); n > 0 && sp.Pos < set[n-1].End {
			set[n-1].End = max(set[n-1].End, sp.End)
			continue
		}
		set = append(set, sp)
	}
	return set
}

// at returns the span that off lies in.
func (s spans) at(off int) (ast.Span, bool) {
	i := sort.Search(len(s), func(i int) bool { return int(s[i].End) > off })
	if i < len(s) && s[i].Contains(int32(off)) {
		return s[i], true
	}
	return ast.Span{}, false
}

func (s spans) contains(off int) bool {
	_, ok := s.at(off)
	return ok
}
