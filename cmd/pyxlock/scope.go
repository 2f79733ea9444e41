package main

// Scope: the modules whose subclasses count when single files are expanded. A build
// that expands one file after the other has to write what a run over the tree does.

import (
	"fmt"
	"path/filepath"
	"slices"
)

// sourceDirs is the setting src: one directory or several.
type sourceDirs []string

// sourceDirsOf reads what a pyproject.toml says.
func sourceDirsOf(v any) (sourceDirs, error) {
	var out sourceDirs
	switch v := v.(type) {
	case string:
		out = sourceDirs{v}
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("src: %v is no directory's name: give one in quotes, or a list of them", e)
			}
			out = append(out, s)
		}
	default:
		return nil, fmt.Errorf("src: %v is no directory's name: give one in quotes, or a list of them", v)
	}
	for _, dir := range out {
		if !filepath.IsLocal(filepath.FromSlash(dir)) {
			return nil, fmt.Errorf("src: %q does not lie below the directory of pyproject.toml: move the file up, or name a directory below it", dir)
		}
	}
	return out, nil
}

// scope returns what finds the files whose subclasses count beside those of the
// inputs: for each file that was named, the Cython files below the directories of
// src, or else below the outermost package that the file is in, or beside it. What
// lies in directories that were given has been found already, or was left out.
func (s *settings) scope(in *inputs, args []string) func() ([]string, error) {
	var files []string
	for _, arg := range args {
		if arg = nameOf(arg, s.stdinName); arg != "" && !isDir(arg) {
			files = append(files, arg)
		}
	}
	if len(files) == 0 {
		return nil
	}
	return func() ([]string, error) {
		w := &walker{exclusions: s.exclusions(), bounds: &in.bounds}
		var out []string
		given := bounds{}
		for _, root := range in.roots {
			given.add(root)
		}
		seen := map[string]bool{}
		for _, file := range files {
			for _, dir := range s.scopeOf(in, file) {
				real := realPath(dir.path)
				if seen[real] || given.has(dir.path) || !in.bounds.has(dir.path) {
					continue
				}
				seen[real] = true
				found, err := in.disk.look(w, dir)
				if err != nil {
					return nil, err
				}
				out = append(out, found...)
			}
		}
		for i := range out {
			out[i] = s.canonical(out[i])
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
func (s *settings) scopeOf(in *inputs, file string) []place {
	var out []place
	for _, dir := range s.src {
		out = append(out, place{path: filepath.Join(filepath.Dir(s.confFile), filepath.FromSlash(dir))})
	}
	if len(out) > 0 {
		return out
	}
	dir := filepath.Dir(file)
	if !isPackage(dir) {
		return []place{{dir, true}}
	}
	for {
		up := filepath.Join(dir, "..")
		if !isPackage(up) || !in.bounds.has(up) || realPath(up) == realPath(dir) {
			return []place{{path: dir}}
		}
		dir = up
	}
}

// look returns the Cython files of a directory and remembers which directories it saw:
// a new file there has a say. A .py that Cython does not compile has none, and
// does not count as read.
func (d *disk) look(w *walker, dir place) ([]string, error) {
	before := d.files()
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

// directories returns those whose files were looked through, for a dependency file.
// Where an output is written into one of them, there are none: the directory would
// be newer than the output for ever.
func (d *disk) directories(outputs ...string) []string {
	for _, out := range outputs {
		dir := realPath(filepath.Dir(out))
		if slices.ContainsFunc(d.looked, func(path string) bool { return realPath(path) == dir }) {
			return nil
		}
	}
	return slices.Clone(d.looked)
}
