package inputs

// Scope: the modules whose subclasses count when single files are expanded. A build
// that expands one file after the other has to write what a run over the tree does.

import (
	"fmt"
	"path/filepath"
	"slices"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// Scope returns what finds the files whose subclasses count beside those of the
// inputs: for each file that was named, the Cython files below the directories of
// src, or else below the outermost package that the file is in, or beside it. What
// lies in directories that were given has been found already, or was left out.
func Scope(s *config.Settings, in *Set, args []string) func() ([]string, error) {
	var files []string
	for _, arg := range args {
		if arg = nameOf(arg, s.StdinName); arg != "" && !fspath.IsDir(arg) {
			files = append(files, arg)
		}
	}
	if len(files) == 0 {
		return nil
	}
	return func() ([]string, error) {
		w := &walker{Set: s.Exclusions(), bounds: &in.Bounds}
		defer func() {
			for _, path := range w.plain {
				in.plain = append(in.plain, s.Canonical(path))
			}
		}()
		var out []string
		given := Bounds{}
		for _, root := range in.Roots {
			given.Add(root)
		}
		seen := map[string]bool{}
		for _, file := range files {
			for _, dir := range scopeOf(s, in, file) {
				real := fileio.Real(dir.path)
				if seen[real] || given.Has(dir.path) || !in.Bounds.Has(dir.path) {
					continue
				}
				seen[real] = true
				found, err := in.Disk.look(w, dir)
				if err != nil {
					return nil, err
				}
				out = append(out, found...)
			}
		}
		for i := range out {
			out[i] = s.Canonical(out[i])
		}
		return out, nil
	}
}

// place is a directory of the scope.
type place struct {
	path string
	flat bool // what lies deeper does not belong to it
}

// scopeOf returns the directories whose modules may have subclasses that count for
// a file.
func scopeOf(s *config.Settings, in *Set, file string) []place {
	var out []place
	for _, dir := range s.SourceDirs {
		out = append(out, place{path: filepath.Join(filepath.Dir(s.ConfFile), filepath.FromSlash(dir))})
	}
	if len(out) > 0 {
		return out
	}
	dir := filepath.Dir(file)
	if !fspath.IsPackage(dir) {
		return []place{{dir, true}}
	}
	for {
		up := filepath.Join(dir, "..")
		if !fspath.IsPackage(up) || !in.Bounds.Has(up) || fileio.Real(up) == fileio.Real(dir) {
			return []place{{path: dir}}
		}
		dir = up
	}
}

// look returns the Cython files of a directory and remembers which directories it saw:
// a new file there has a say. A .py that Cython does not compile has none, and
// does not count as read.
func (d *Disk) look(w *walker, dir place) ([]string, error) {
	before := d.Files()
	var out []string
	w.seen = func(path string) { d.looked = append(d.looked, path) }
	defer func() { w.seen = nil }()
	w.flat = dir.flat
	if err := w.walk(d, dir.path, func(path, _ string) { out = append(out, path) }); err != nil {
		return nil, fmt.Errorf("looking for overrides: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for path := range d.read {
		if _, was := slices.BinarySearch(before, path); !was && !slices.Contains(out, path) {
			delete(d.read, path)
		}
	}
	return out, nil
}

// Directories returns those whose files were looked through, for a dependency file.
// Where an output is written into one of them, there are none: the directory would
// be newer than the output for ever.
func (d *Disk) Directories(outputs ...string) []string {
	for _, out := range outputs {
		dir := fileio.Real(filepath.Dir(out))
		if slices.ContainsFunc(d.looked, func(path string) bool { return fileio.Real(path) == dir }) {
			return nil
		}
	}
	return slices.Clone(d.looked)
}
