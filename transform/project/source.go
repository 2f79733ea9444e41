package project

// Sources: reading files through a Loader, once each, and the cheap test that
// lets a file without any lock pass unparsed.

import (
	"sync"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
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

// Source is one file as read. Everything in it is fixed once it is parsed.
type Source struct {
	Path string
	Src  []byte
	Err  error

	parseOnce sync.Once
	File      *ast.File
	Errs      []parser.Error

	bare  cache.Value[map[string]bool] // see Bare
	words cache.Value[[]byte]          // see Words
}

// Parse returns the tree, which it makes the first time.
func (s *Source) Parse() *ast.File {
	s.parseOnce.Do(func() {
		s.File, s.Errs = parser.Parse(s.Src, parser.Options{Name: s.Path, Pure: IsPure(s.Path)})
	})
	return s.File
}
