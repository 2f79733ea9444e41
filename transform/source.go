package transform

// Sources: reading files through a Loader, once each, and the cheap test that
// lets a file without any lock pass unparsed.

import (
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
