package main

// Bounds: the directories that a run is about. A tree may be hostile: by its links
// and includes it must not have anything beyond them written to or quoted.

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit"
)

// bounds are directories, absolute and without links. The zero bounds hold nothing.
type bounds struct{ dirs []string }

// add takes up what an argument of the command line stands for: a directory
// itself; for a file, the directory of the nearest pyproject.toml, or else the
// outermost package that it lies in. Links count by where they stand: neither one that
// is named nor one above it makes what it leads to part of the tree, unless nothing
// says where the tree ends.
func (b *bounds) add(arg string) {
	dir := arg
	if !isDir(arg) {
		dir = filepath.Dir(arg)
	}
	if tree := leavesTree(dir, isDir(arg)); tree != "" {
		b.dirs = append(b.dirs, tree)
		return
	}
	if isDir(arg) {
		b.dirs = append(b.dirs, realPath(arg))
		return
	}
	b.dirs = append(b.dirs, treeOf(realPath(dir)))
}

// treeOf returns the directory of the nearest pyproject.toml, or else the outermost
// package that a directory is in.
func treeOf(dir string) string {
	if conf, _, err := nearest(dir, "pyproject.toml"); err == nil && conf != "" {
		return filepath.Dir(conf)
	}
	for isPackage(dir) && isPackage(filepath.Dir(dir)) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
	}
	return dir
}

// leavesTree returns the tree that a directory leaves by a link on the way to it as it
// is written, without links; "" where it leaves none. A tree is the directory of the
// nearest pyproject.toml or .git above the link; where there is none, a directory that
// was named is the tree, and for a file it is that in which the link is. Links at the
// current directory and above it do not count: the user stands behind them.
func leavesTree(dir string, named bool) string {
	at, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	here, err := os.Getwd()
	if err != nil {
		here = ""
	}
	real := realPath(at)
	out := ""
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if st, err := os.Lstat(at); err != nil || st.Mode()&fs.ModeSymlink == 0 || here != "" && inside(at, here) {
			continue
		}
		up := filepath.Dir(at)
		tree := marked(up)
		if tree == "" {
			if named || here == "" || !inside(here, up) {
				continue
			}
			tree = treeOf(up)
		}
		if tree = realPath(tree); !inside(tree, real) {
			out = tree // that of the outermost link counts: what is behind it may be anybody's
		}
	}
	return out
}

// marked returns the nearest directory, from dir upwards, that has a pyproject.toml or
// a .git; "" where none has.
func marked(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, "pyproject.toml")) || exists(filepath.Join(dir, ".git")) {
			return dir
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
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
		if dir = emit.Path(dir); !slices.Contains(out, dir) {
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
