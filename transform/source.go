package transform

// Sources: reading files through a Loader, once each, and the cheap test that
// lets a file without any lock pass unparsed.

import (
	"sort"
	"sync"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// Loader reads files for a project. Its methods may be called at the same time
// from several goroutines.
type Loader interface {
	// Read returns a file's bytes; an error that is fs.ErrNotExist where there is none.
	Read(path string) ([]byte, error)
	// List returns the names of the files and of the directories in a
	// directory, none where there is no such directory.
	List(dir string) (files, dirs []string)
}

// source is one file as read. Everything in it is fixed once it is parsed.
type source struct {
	path string
	src  []byte
	err  error

	parseOnce sync.Once
	file      *ast.File
	errs      []parser.Error
}

func (s *source) parse() *ast.File {
	s.parseOnce.Do(func() {
		s.file, s.errs = parser.Parse(s.src, parser.Options{Name: s.path, Pure: isPure(s.path)})
	})
	return s.file
}

// line returns the 0-based line that holds off.
func line(f *ast.File, off int32) int {
	return sort.Search(len(f.Lines), func(i int) bool { return f.Lines[i] > off }) - 1
}

// lineStart returns the offset at which the line of off starts.
// A byte-order mark is no part of its line.
func lineStart(f *ast.File, off int32) int32 {
	i := line(f, off)
	if i == 0 && len(f.Src) >= 3 && string(f.Src[:3]) == "\ufeff" {
		return 3
	}
	return f.Lines[i]
}

// nextLine returns the offset of the line after off's, or the end of the file.
func nextLine(f *ast.File, off int32) int32 {
	i := line(f, off) + 1
	if i < len(f.Lines) {
		return f.Lines[i]
	}
	return int32(len(f.Src))
}

// indentOf returns the white space at the start of off's line.
func indentOf(f *ast.File, off int32) string {
	start := lineStart(f, off)
	end := start
	for int(end) < len(f.Src) && (f.Src[end] == ' ' || f.Src[end] == '\t' || f.Src[end] == '\f') {
		end++
	}
	return string(f.Src[start:end])
}

// text returns the source of a span.
func text(f *ast.File, s ast.Span) string { return string(f.Src[s.Pos:s.End]) }
