package sourcemap

// Positions in what other programs print: each that is one in an output becomes
// that of its source.

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
)

const sgr = `(?:\x1b\[[0-9;]*[mK])*` // colours may stand between the parts

var (
	frameRE = lazyRE(`(File ` + sgr + `")([^"\n]+)("` + sgr + `, line ` + sgr + `)(\d+)`)
	colonRE = lazyRE(sgr + `:(\d+)(:(\d+))?`)
)

// Filter copies r to w and translates each position in an output to its source:
// PATH:LINE and PATH:LINE:COLUMN, as Cython, C compilers and pytest write them,
// and File "PATH", line LINE, as Python does. Everything else stays byte for
// byte, as do positions in files without a readable map beside them, and what checked builds say, which
// cite sources. What ends
// a line is written at once, but for the lines that Cython shows of a file before it
// says where they are (excerpt.go): in their place come those of the source.
func (l *Locator) Filter(w io.Writer, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	out := bufio.NewWriter(w)
	var x excerpt
	for {
		line, err := in.ReadSlice('\n') // or a part of a very long line
		text := x.next(l, line)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			text = append(text, x.flush(l)...)
		}
		if _, werr := out.Write(text); werr != nil {
			return werr
		}
		if in.Buffered() == 0 {
			if werr := out.Flush(); werr != nil {
				return werr
			}
		}
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return errors.Join(err, out.Flush())
		}
	}
}

// ofSources are what lines of a checked build and of pyxlock.stress have, which cite sources already:
// an output may have the same name where they are read.
var ofSources = [][]byte{
	[]byte(" without the object's lock"), []byte(" without the object's write lock"),
	[]byte(" that do so at once wait for each other, and one gets RuntimeError"),
	[]byte(", which needs the read lock"), []byte(", which needs the write lock"),
}

// translate returns a line with its positions translated.
func (l *Locator) translate(line []byte) []byte {
	if slices.ContainsFunc(ofSources, func(s []byte) bool { return bytes.Contains(line, s) }) {
		return line
	}
	if bytes.IndexByte(line, ':') < 0 && !bytes.Contains(line, []byte(", line ")) {
		return line
	}
	var out []byte
	done := 0
	for _, m := range frameRE().FindAllSubmatchIndex(line, -1) {
		out = l.colons(out, line[done:m[0]])
		done = m[1]
		src, ok := l.cited(string(line[m[4]:m[5]]), line[m[8]:m[9]], nil)
		if !ok {
			out = append(out, line[m[0]:m[1]]...)
			continue
		}
		out = append(out, line[m[2]:m[3]]...)
		out = append(out, src.Path...)
		out = append(out, line[m[6]:m[7]]...)
		out = strconv.AppendInt(out, int64(src.Line), 10)
	}
	return l.colons(out, line[done:])
}

// colons appends text to out and translates PATH:LINE[:COLUMN] in it.
func (l *Locator) colons(out, text []byte) []byte {
	done := 0
	for _, m := range colonRE().FindAllSubmatchIndex(text, -1) {
		if m[1] < len(text) && isWord(text[m[1]]) {
			continue
		}
		before := text[done:m[0]]
		// The longest name wins, so that one with spaces is found.
		for _, start := range slices.Backward(pathStarts(before)) {
			path := string(before[start:])
			var column []byte
			if m[6] >= 0 {
				column = text[m[6]:m[7]]
			}
			src, ok := l.cited(path, text[m[2]:m[3]], column)
			if !ok {
				continue
			}
			out = append(out, before[:start]...)
			out = append(out, src.Path...)
			out = append(out, text[m[0]:m[2]]...)
			out = strconv.AppendInt(out, int64(src.Line), 10)
			if column != nil {
				out = append(out, ':')
				out = strconv.AppendInt(out, int64(src.Column), 10)
			}
			done = m[1]
			break
		}
	}
	return append(out, text[done:]...)
}

// pathStarts returns where the name of a file that ends text may start, the
// last place first. It looks only so far back that a long line costs little.
func pathStarts(text []byte) []int {
	var starts []int
	for i := len(text) - 1; i >= 0 && len(starts) < 8 && len(text)-i <= 1024; i-- {
		if i == 0 || bytes.IndexByte([]byte(" \t\"'`([{<=,|"), text[i-1]) >= 0 || endsColor(text[:i]) {
			starts = append(starts, i)
		}
	}
	return starts
}

// endsColor reports whether text ends with an escape that sets a colour.
func endsColor(text []byte) bool {
	i := len(text) - 1
	if i < 2 || text[i] != 'm' && text[i] != 'K' {
		return false
	}
	for i--; i > 0 && (text[i] == ';' || '0' <= text[i] && text[i] <= '9'); i-- {
	}
	return i > 0 && text[i] == '[' && text[i-1] == '\x1b'
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// cited translates a position found in text.
func (l *Locator) cited(path string, line, column []byte) (Position, bool) {
	p := Position{Path: path}
	var err error
	if p.Line, err = strconv.Atoi(string(line)); err != nil || p.Line < 1 {
		return p, false
	}
	if column != nil {
		if p.Column, err = strconv.Atoi(string(column)); err != nil {
			return p, false
		}
	}
	src, ok, err := l.ToSource(p)
	return src, ok && err == nil
}
