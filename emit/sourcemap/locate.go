package sourcemap

// Positions from output to source and back.

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pyxlock/emit/fileio"
	"pyxlock/emit/linebreak"
	"pyxlock/emit/terminal"
)

// Position is a place in a file. Line counts from 1; Column 0 means that none
// is known, else it counts as whoever wrote it counts.
type Position struct {
	Path         string
	Line, Column int
	// Generated marks a source position that an output line without source
	// text stands for.
	Generated bool
}

// String writes PATH:LINE or PATH:LINE:COLUMN.
func (p Position) String() string { return terminal.Place(p.Path, p.Line, p.Column) }

// ParsePosition reads PATH:LINE or PATH:LINE:COLUMN.
func ParsePosition(s string) (Position, error) {
	m := positionRE().FindStringSubmatch(s)
	if m == nil {
		return Position{}, fmt.Errorf("%q is not FILE:LINE or FILE:LINE:COLUMN", s)
	}
	p := Position{Path: m[1]}
	var err error
	if p.Line, err = strconv.Atoi(m[2]); err != nil || p.Line < 1 {
		return Position{}, fmt.Errorf("%q: %s is not a line number", s, m[2])
	}
	if m[3] != "" {
		if p.Column, err = strconv.Atoi(m[3]); err != nil {
			return Position{}, fmt.Errorf("%q: %s is not a column", s, m[3])
		}
	}
	return p, nil
}

var positionRE = lazyRE(`(?s)^(.+?):(\d+)(?::(\d+))?$`)

// lazyRE compiles an expression when it is first used: most runs use none.
func lazyRE(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// Locator translates positions with the help of the map files that lie beside
// outputs (OUT.map beside OUT). It remembers the files that it has read. It is
// not safe for concurrent use.
//
// Columns: a column moves with the text that both lines end with, where it lies
// in that, or else by the difference of their indentations; it stays where one
// of the files cannot be read. The source position of a generated line is the
// first character of the line that it stands for.
type Locator struct {
	// Roots are directories that a relative path may start from where it does
	// not start from the current one. Compiled Cython cites the path that its
	// compiler was given, such as "pkg/m.pyx".
	Roots []string
	// Outputs are the directories that are searched, with all below them, for
	// the outputs of a source.
	Outputs []string

	known   map[string]*foundMap // by path as cited; these need no file
	maps    map[string]*foundMap // by path as cited; nil where there is none
	lines   map[string][]string  // by path
	outputs []foundMap           // below Outputs
	walked  bool
}

// foundMap is a map with its own path.
type foundMap struct {
	Map
	path string
}

// Know gives the map of an output that is cited by this path. No file is read for it.
func (l *Locator) Know(path string, m Map) {
	if l.known == nil {
		l.known = map[string]*foundMap{}
	}
	l.known[path] = &foundMap{Map: m}
}

// Locate translates a position in an output to its source, or one in a source
// to all outputs that hold it, in order of path. A path counts as an output
// where a map lies beside it. It is an error where neither applies, or where a
// map cannot be read.
func (l *Locator) Locate(p Position) ([]Position, error) {
	src, ok, err := l.ToSource(p)
	if err != nil {
		return nil, err
	}
	if ok {
		return []Position{src}, nil
	}
	out, err := l.ToOutput(p)
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: no line map beside it, and none that names it as its source", p.Path)
	}
	return out, err
}

// ToSource translates a position in an output to its source. ok is false where
// no map lies beside the output.
func (l *Locator) ToSource(p Position) (src Position, ok bool, err error) {
	m, err := l.find(p.Path)
	if m == nil || err != nil {
		return p, false, err
	}
	src.Path = m.SourcePath(m.path)
	src.Line, src.Generated = m.Lines.ToSource(p.Line)
	if p.Column > 0 {
		to := l.line(src.Path, src.Line)
		if src.Generated {
			src.Column = indent(to) + 1
		} else {
			src.Column = shift(p.Column, l.line(m.OutputPath(m.path), p.Line), to)
		}
	}
	return src, true, nil
}

// ToOutput translates a position in a source to all outputs below l.Outputs
// that are made from it.
func (l *Locator) ToOutput(p Position) ([]Position, error) {
	if err := l.walk(); err != nil {
		return nil, err
	}
	var list []Position
	for _, path := range l.candidates(p.Path) {
		real := fileio.Real(path)
		for _, m := range l.outputs {
			src := m.SourcePath(m.path)
			if fileio.Real(src) != real {
				continue
			}
			out := Position{Path: m.OutputPath(m.path)}
			var exact bool
			out.Line, exact = m.Lines.ToOutput(p.Line)
			if p.Column > 0 && exact {
				out.Column = shift(p.Column, l.line(src, p.Line), l.line(out.Path, out.Line))
			}
			list = append(list, out)
		}
		if len(list) > 0 {
			break
		}
	}
	return list, nil
}

// shift moves a column from one line to another. A nil line is not known.
func shift(column int, from, to []rune) int {
	if from == nil || to == nil {
		return column
	}
	i, j := indent(from), indent(to)
	same := 0 // characters that both start with, behind the indentation
	for i+same < len(from) && j+same < len(to) && from[i+same] == to[j+same] {
		same++
	}
	by := j - i
	if column > i+same {
		tail := 0 // characters that both end with
		for tail < len(from)-i && tail < len(to)-j && from[len(from)-1-tail] == to[len(to)-1-tail] {
			tail++
		}
		if len(from)-column <= tail {
			by = len(to) - len(from)
		}
	}
	return min(max(column+by, min(column, 1)), len(to)+1)
}

// indent returns the number of characters that indent a line.
func indent(line []rune) int {
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t' || line[n] == '\f') {
		n++
	}
	return n
}

// line returns a line of a file without its line break, or nil where there is
// no such line.
func (l *Locator) line(path string, line int) []rune {
	lines, ok := l.lines[path]
	if !ok {
		if data, err := fileio.ReadFile(path); err == nil {
			starts := linebreak.Starts(data)
			lines = make([]string, len(starts))
			for i, start := range starts {
				lines[i] = string(data[start:linebreak.Trim(data, start, linebreak.End(data, start))])
			}
		}
		if l.lines == nil {
			l.lines = map[string][]string{}
		}
		l.lines[path] = lines
	}
	if line < 1 || line > len(lines) {
		return nil
	}
	return append([]rune{}, []rune(lines[line-1])...)
}

// candidates returns the paths that a cited path may mean.
func (l *Locator) candidates(path string) []string {
	list := []string{path}
	if !filepath.IsAbs(path) {
		for _, root := range l.Roots {
			list = append(list, filepath.Join(root, path))
		}
	}
	return list
}

// find returns the map of a cited output, or nil.
func (l *Locator) find(path string) (*foundMap, error) {
	if m, ok := l.known[path]; ok {
		return m, nil
	}
	if m, ok := l.maps[path]; ok {
		return m, nil
	}
	var found *foundMap
	for _, c := range l.candidates(path) {
		m, err := Read(c + Suffix)
		if err == nil {
			found = &foundMap{m, c + Suffix}
			break
		}
		if _, e := os.Stat(c + Suffix); e == nil {
			return nil, err
		}
	}
	if l.maps == nil || len(l.maps) > 1<<14 { // a stream names many things
		l.maps = map[string]*foundMap{}
	}
	l.maps[path] = found
	return found, nil
}

// walk finds all maps below l.Outputs. Other files of that name are left out.
func (l *Locator) walk() error {
	if l.walked {
		return nil
	}
	for _, root := range l.Outputs {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() || !strings.HasSuffix(path, Suffix) {
				return nil
			}
			if m, err := Read(path); err == nil {
				l.outputs = append(l.outputs, foundMap{m, path})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(l.outputs, func(x, y foundMap) int { return strings.Compare(x.path, y.path) })
	l.outputs = slices.CompactFunc(l.outputs, func(x, y foundMap) bool { return x.path == y.path })
	l.walked = true
	return nil
}
