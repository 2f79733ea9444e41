package splice

// Edits to bytes.

import (
	"bytes"
	"fmt"
	"strings"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/sourcemap"
	"pyxlock/transform"
)

// Apply returns src with the edits made, and a map of the result's lines. Line
// breaks in the edits' new text become those of the file. Without edits it
// returns src itself and the identity map.
//
// An output line comes from the source line of the first non-blank source byte
// on it. A line whose only source text is white space, but which holds new
// text, is generated and stands for the line of its edit's Blame; so does a
// blank line without any source byte.
//
// Edits must be sorted by offset, lie within src and not overlap; it is an
// error otherwise. Several insertions at one offset keep their order.
func Apply(src []byte, edits []transform.Edit) (out []byte, m sourcemap.LineMap, err error) {
	if len(edits) == 0 {
		return src, sourcemap.LineMap{}, nil
	}
	s, err := splice(src, edits)
	if err != nil {
		return nil, sourcemap.LineMap{}, err
	}
	for _, l := range s.lines() {
		m.Add(l.src, l.generated)
	}
	return s.out, m, nil
}

// piece is a stretch of a spliced output that comes from one place.
type piece struct {
	out  int // where it starts in the output; it ends where the next one starts
	src  int // where it starts in the source; meaningless for new text
	edit int // the edit whose new text it is, or -1
}

// spliced is a source with its edits made.
type spliced struct {
	src    []byte
	edits  []transform.Edit
	out    []byte
	pieces []piece
	starts []int // line starts of src
}

// checkEdits reports the first edit that is out of range or out of order.
func checkEdits(size int, edits []transform.Edit) error {
	done := int32(0)
	for i, e := range edits {
		switch {
		case e.Off < 0 || e.End < e.Off || int(e.End) > size:
			return fmt.Errorf("edit %d: [%d, %d) is not a range of a source of %d bytes", i, e.Off, e.End, size)
		case e.Off < done:
			return fmt.Errorf("edit %d: [%d, %d) begins before the end of the previous edit, %d", i, e.Off, e.End, done)
		case int(e.Blame) > size:
			return fmt.Errorf("edit %d: blame offset %d is behind the end of a source of %d bytes", i, e.Blame, size)
		}
		done = e.End
	}
	return nil
}

func splice(src []byte, edits []transform.Edit) (*spliced, error) {
	if err := checkEdits(len(src), edits); err != nil {
		return nil, err
	}
	size := len(src)
	for _, e := range edits {
		size += len(e.New) - int(e.End-e.Off)
	}
	s := &spliced{
		src: src, edits: edits,
		out:    make([]byte, 0, size+size/64),
		pieces: make([]piece, 0, 2*len(edits)+1),
		starts: linebreak.Starts(src),
	}
	nl, done := linebreak.Newline(src), 0
	keep := func(end int) {
		if end > done {
			s.pieces = append(s.pieces, piece{len(s.out), done, -1})
			s.out = append(s.out, src[done:end]...)
		}
	}
	for i, e := range edits {
		keep(int(e.Off))
		done = int(e.End)
		if e.New != "" {
			s.pieces = append(s.pieces, piece{len(s.out), int(e.Off), i})
			s.out = append(s.out, withNewlines(e.New, nl)...)
		}
	}
	keep(len(src))
	return s, nil
}

// withNewlines returns text with "\n" and "\r\n" replaced by nl.
func withNewlines(text, nl string) string {
	if !strings.Contains(text, "\n") || nl == "\n" && !strings.Contains(text, "\r") {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if nl != "\n" {
		text = strings.ReplaceAll(text, "\n", nl)
	}
	return text
}

// outLine is one line of a spliced output.
type outLine struct {
	start, brk, end int  // where it starts, where its line break starts, where it ends
	src             int  // source line, from 1
	off             int  // offset of its first non-blank source byte, or -1
	edit            int  // edit that its first new text is from, or -1
	breakOff        int  // source offset of its line break; -1 for a generated one or none
	breakEdit       int  // edit that its line break is from; -1 for a source one or none
	generated       bool // it stands for src and holds nothing of it
	blank           bool // it holds white space only
}

// lines cuts the output into lines and finds where each comes from.
func (s *spliced) lines() []outLine {
	lines := make([]outLine, 0, len(s.starts)+4*len(s.edits))
	p := 0 // piece that the current offset lies in
	for start := 0; start < len(s.out); {
		end := linebreak.End(s.out, start)
		l := outLine{start: start, end: end, brk: linebreak.Trim(s.out, start, end),
			off: -1, edit: -1, breakOff: -1, breakEdit: -1}
		firstSrc, firstEdit := -1, -1
		for at := start; at < end; {
			for p+1 < len(s.pieces) && s.pieces[p+1].out <= at {
				p++
			}
			stop := end
			if p+1 < len(s.pieces) && s.pieces[p+1].out < end {
				stop = s.pieces[p+1].out
			}
			pc := s.pieces[p]
			text := bytes.TrimLeft(s.out[at:stop], " \t\f\r\n")
			if pc.edit < 0 {
				off := pc.src + at - pc.out
				if firstSrc < 0 {
					firstSrc = off
				}
				if l.off < 0 && len(text) > 0 {
					l.off = off + (stop - at) - len(text)
				}
				if l.brk >= at && l.brk < stop {
					l.breakOff = pc.src + l.brk - pc.out
				}
			} else {
				if firstEdit < 0 {
					firstEdit = pc.edit
				}
				if l.edit < 0 && len(text) > 0 {
					l.edit = pc.edit
				}
				if l.brk >= at && l.brk < stop {
					l.breakEdit = pc.edit
				}
			}
			at = stop
		}
		switch {
		case l.off >= 0:
			l.src = linebreak.LineAt(s.starts, l.off)
		case l.edit >= 0:
			l.src, l.generated = s.blame(l.edit), true
		case firstSrc >= 0:
			l.src, l.blank = linebreak.LineAt(s.starts, firstSrc), true
		default:
			l.edit = firstEdit
			l.src, l.generated, l.blank = s.blame(firstEdit), true, true
		}
		lines = append(lines, l)
		start = end
	}
	return lines
}

// blame returns the source line that the new text of an edit stands for.
func (s *spliced) blame(edit int) int {
	e := s.edits[edit]
	if e.Blame >= 0 {
		return linebreak.LineAt(s.starts, int(e.Blame))
	}
	return linebreak.LineAt(s.starts, int(e.Off))
}
