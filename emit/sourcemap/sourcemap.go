package sourcemap

// Map files: a LineMap with the two paths that it is between.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"pyxlock/emit/fileio"
)

// Suffix is what a map's name adds to that of its output.
const Suffix = ".map"

const (
	mapFormat  = "pyxlock-lines"
	mapVersion = 1
)

// Map is the content of a map file. It is one JSON object:
//
//	{
//	  "format": "pyxlock-lines",
//	  "version": 1,
//	  "source": "../../src/m.pyx",
//	  "output": "m.pyx",
//	  "lines": [[3,1],[2,4,1],[10,4]]
//	}
//
// Both paths have forward slashes and start from the map's own directory. Each
// element of "lines" is a run of output lines, the first one from line 1 on:
// their number, a source line, and 1 where the lines were generated. Lines that
// were not generated come from that source line and the ones behind it; lines
// that were all stand for it. An empty list means that every line comes from
// the line of its own number.
type Map struct {
	Source string // the source's path, starting from the map's directory
	Output string // the output's path, likewise
	Lines  LineMap
}

// New returns the map to be written to mapPath.
func New(mapPath, source, output string, lines LineMap) Map {
	dir := filepath.Dir(mapPath)
	return Map{Source: relSlash(dir, source), Output: relSlash(dir, output), Lines: lines}
}

// relSlash returns path as seen from dir, with forward slashes. Where there is
// no way from one to the other, as between two drives, it stays absolute.
func relSlash(dir, path string) string {
	d, err1 := filepath.Abs(dir)
	p, err2 := filepath.Abs(path)
	if err1 == nil && err2 == nil {
		if rel, err := filepath.Rel(d, p); err == nil {
			path = rel
		} else {
			path = p
		}
	}
	return filepath.ToSlash(path)
}

// Encode returns the map as a file holds it.
func (m Map) Encode() []byte {
	var b bytes.Buffer
	text := func(s string) {
		q, _ := json.Marshal(s) // a string always works
		b.Write(q)
	}
	b.WriteString(`{"format":"` + mapFormat + `","version":` + strconv.Itoa(mapVersion) + `,"source":`)
	text(m.Source)
	b.WriteString(`,"output":`)
	text(m.Output)
	b.WriteString(`,"lines":[`)
	for i, r := range m.Lines.Runs() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("[" + strconv.Itoa(r.N) + "," + strconv.Itoa(r.Src))
		if r.Generated {
			b.WriteString(",1")
		}
		b.WriteByte(']')
	}
	b.WriteString("]}\n")
	return b.Bytes()
}

// Decode reads a map. It is an error where data is no map of this
// format and version.
func Decode(data []byte) (Map, error) {
	var j struct {
		Format         string
		Version        int
		Source, Output string
		Lines          [][]int
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return Map{}, fmt.Errorf("no line map: %w", err)
	}
	if j.Format != mapFormat {
		return Map{}, fmt.Errorf("no line map: format %q", j.Format)
	}
	if j.Version != mapVersion {
		return Map{}, fmt.Errorf("a line map of version %d, not %d", j.Version, mapVersion)
	}
	m := Map{Source: j.Source, Output: j.Output}
	out := 1
	for i, l := range j.Lines {
		if len(l) < 2 || len(l) > 3 || l[0] < 1 || l[1] < 1 || l[0] > 1<<31-out || l[1] > 1<<31-1 {
			return Map{}, fmt.Errorf("broken line map: run %d is %v", i, l)
		}
		m.Lines.runs = append(m.Lines.runs, Run{Out: out, N: l[0], Src: l[1], Generated: len(l) == 3 && l[2] != 0})
		out += l[0]
	}
	return m, nil
}

// Read reads a map file.
func Read(path string) (Map, error) {
	data, err := fileio.ReadFile(path)
	if err != nil {
		return Map{}, err
	}
	m, err := Decode(data)
	if err != nil {
		return Map{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// SourcePath returns the path of the source of the map that lies at mapPath,
// in the operating system's form.
func (m Map) SourcePath(mapPath string) string { return fromMap(mapPath, m.Source) }

// OutputPath returns the path of the output of the map that lies at mapPath,
// in the operating system's form.
func (m Map) OutputPath(mapPath string) string { return fromMap(mapPath, m.Output) }

func fromMap(mapPath, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(mapPath), path)
}
