package sourcemap

// Which source line an output line comes from.

import "sort"

// Run is a stretch of consecutive output lines in a LineMap.
type Run struct {
	// Out is the first output line and N how many there are.
	Out, N int
	// Src is the source line of the first one. Where Generated is false, each
	// further output line comes from the next source line; where it is true,
	// all of them stand for Src.
	Src int
	// Generated marks lines that hold no source text.
	Generated bool
}

// LineMap tells for each line of an output which source line it comes from.
// The zero LineMap is the identity: every line comes from its own number.
type LineMap struct{ runs []Run }

// Add appends the next output line.
func (m *LineMap) Add(src int, generated bool) {
	out := 1
	if n := len(m.runs); n > 0 {
		r := &m.runs[n-1]
		out = r.Out + r.N
		if r.Generated == generated && (generated && r.Src == src || !generated && r.Src+r.N == src) {
			r.N++
			return
		}
	}
	m.runs = append(m.runs, Run{Out: out, N: 1, Src: src, Generated: generated})
}

// Identity reports whether every output line comes from the source line of
// the same number.
func (m LineMap) Identity() bool {
	return len(m.runs) == 0 || len(m.runs) == 1 && m.runs[0].Src == 1 && !m.runs[0].Generated
}

// Len returns the number of output lines. It is 0 for the zero LineMap, whose
// length is that of the source.
func (m LineMap) Len() int {
	if len(m.runs) == 0 {
		return 0
	}
	r := m.runs[len(m.runs)-1]
	return r.Out + r.N - 1
}

// Runs returns the map's runs in order of output lines. The caller must not
// change them.
func (m LineMap) Runs() []Run { return m.runs }

// ToSource returns the source line that an output line comes from, and whether
// the output line was generated; then src is the line it was generated for. A
// line behind the end is counted on from the last one; tools cite the end of a
// file so.
func (m LineMap) ToSource(line int) (src int, generated bool) {
	if len(m.runs) == 0 || line < 1 {
		return line, false
	}
	i := sort.Search(len(m.runs), func(i int) bool { return m.runs[i].Out > line }) - 1
	r := m.runs[i]
	switch {
	case line >= r.Out+r.N && r.Generated:
		return r.Src + line - (r.Out + r.N - 1), false
	case r.Generated:
		return r.Src, true
	default:
		return r.Src + line - r.Out, false
	}
}

// ToOutput returns the first output line that holds text of a source line.
// Where none does (the line was removed), it returns the first line generated
// for it, or else the output line that holds the nearest source line behind
// it, or before it at the end of the file; exact is false then.
func (m LineMap) ToOutput(src int) (line int, exact bool) {
	if len(m.runs) == 0 {
		return src, true
	}
	generated, after, afterSrc, before, beforeSrc := 0, 0, 0, 1, 0
	for _, r := range m.runs {
		if r.Generated {
			if r.Src == src && generated == 0 {
				generated = r.Out
			}
			continue
		}
		last := r.Src + r.N - 1
		switch {
		case r.Src <= src && src <= last:
			return r.Out + src - r.Src, true
		case r.Src > src && (after == 0 || r.Src < afterSrc):
			after, afterSrc = r.Out, r.Src
		case last < src && last > beforeSrc:
			before, beforeSrc = r.Out+r.N-1, last
		}
	}
	switch {
	case generated > 0:
		return generated, false
	case after > 0:
		return after, false
	default:
		return before, false
	}
}
