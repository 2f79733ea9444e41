package main

// Bounds: the directories that a run is about. A tree may be hostile: by its links
// and includes it must not have anything beyond them written to or quoted.

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit/terminal"
)

// bounds are directories, absolute and without links. The zero bounds hold nothing.
type bounds struct{ dirs []string }

// add takes up what an argument of the command line stands for: a directory
// itself; for a file, the directory of the nearest pyproject.toml, or else the
// outermost package that it lies in. Links count by where they stand: one that is
// named does not make what it leads to part of the tree, but a directory that is
// reached by way of one is the directory.
func (b *bounds) add(arg string) {
	if isDir(arg) {
		b.dirs = append(b.dirs, realPath(arg))
		return
	}
	dir := realPath(filepath.Dir(arg))
	if conf, _, err := nearest(dir, "pyproject.toml"); err == nil && conf != "" {
		b.dirs = append(b.dirs, filepath.Dir(conf))
		return
	}
	for isPackage(dir) && isPackage(filepath.Dir(dir)) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
	}
	b.dirs = append(b.dirs, dir)
}

// has reports whether a path leads, by all links, to a place within the bounds.
func (b *bounds) has(path string) bool {
	real := realPath(path)
	for _, dir := range b.dirs {
		if inside(dir, real) {
			return true
		}
	}
	return false
}

// names returns the directories, as people know them.
func (b *bounds) names() string {
	var out []string
	wd, err := os.Getwd()
	if err == nil {
		wd = realPath(wd)
	}
	for _, dir := range b.dirs {
		if rel, err := filepath.Rel(wd, dir); err == nil && filepath.IsLocal(rel) && rel != "." {
			dir = rel
		}
		if dir = terminal.Path(dir); !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return strings.Join(out, " and ")
}

// mayInclude returns which files may be pasted into sources: those within the bounds
// and within the directories of -I on the command line, which a pyproject.toml cannot
// name; and Cython files outside that a link within leads to, as a build in a sandbox
// has them.
func (b *bounds) mayInclude(search []string) func(path string) bool {
	wide := bounds{dirs: slices.Clone(b.dirs)}
	for _, dir := range search {
		wide.dirs = append(wide.dirs, realPath(dir))
	}
	return func(path string) bool {
		return wide.has(path) || slices.Contains(cythonExts, filepath.Ext(realPath(path))) && wide.hasName(path)
	}
}

// hasName reports whether a path starts within the bounds, wherever it leads.
func (b *bounds) hasName(path string) bool {
	at, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for filepath.Dir(at) != at {
		at = filepath.Dir(at)
		if slices.Contains(b.dirs, realPath(at)) {
			return true
		}
	}
	return false
}

// isPackage reports whether Cython takes a directory for a package.
func isPackage(dir string) bool {
	return slices.ContainsFunc(initFiles, func(name string) bool { return isFile(filepath.Join(dir, name)) })
}

// initFiles are what makes a directory a package for Cython.
var initFiles = []string{"__init__.py", "__init__.pyx", "__init__.pxd"}
