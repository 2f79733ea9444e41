package inputs

// Bounds: the directories that a run is about. A tree may be hostile: by its links
// and includes it must not have anything beyond them written to or quoted.

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
)

// Bounds are directories, absolute and without links. The zero bounds hold nothing.
type Bounds struct{ dirs []string }

// Add takes up what an argument of the command line stands for: a directory
// itself; for a file, the directory of the nearest pyproject.toml, or else the
// outermost package that it lies in. Links count by where they stand: neither one that
// is named nor one above it makes what it leads to part of the tree, unless nothing
// says where the tree ends.
func (b *Bounds) Add(arg string) {
	dir := arg
	if !fspath.IsDir(arg) {
		dir = filepath.Dir(arg)
	}
	if tree := leavesTree(dir, fspath.IsDir(arg)); tree != "" {
		b.dirs = append(b.dirs, tree)
		return
	}
	if fspath.IsDir(arg) {
		b.dirs = append(b.dirs, fileio.Real(arg))
		return
	}
	b.dirs = append(b.dirs, treeOf(fileio.Real(dir)))
}

// treeOf returns the directory of the nearest pyproject.toml, or else the outermost
// package that a directory is in.
func treeOf(dir string) string {
	if conf, _, err := fspath.Nearest(dir, "pyproject.toml"); err == nil && conf != "" {
		return filepath.Dir(conf)
	}
	for fspath.IsPackage(dir) && fspath.IsPackage(filepath.Dir(dir)) && filepath.Dir(dir) != dir {
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
	real := fileio.Real(at)
	out := ""
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if st, err := os.Lstat(at); err != nil || st.Mode()&fs.ModeSymlink == 0 || here != "" && fspath.Inside(at, here) {
			continue
		}
		up := filepath.Dir(at)
		tree := marked(up)
		if tree == "" {
			if named || here == "" || !fspath.Inside(here, up) {
				continue
			}
			tree = treeOf(up)
		}
		if tree = fileio.Real(tree); !fspath.Inside(tree, real) {
			out = tree // that of the outermost link counts: what is behind it may be anybody's
		}
	}
	return out
}

// marked returns the nearest directory, from dir upwards, that has a pyproject.toml or
// a .git; "" where none has.
func marked(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if fspath.IsFile(filepath.Join(dir, "pyproject.toml")) || fspath.Exists(filepath.Join(dir, ".git")) {
			return dir
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
}

// Has reports whether a path leads, by all links, to a place within the bounds.
func (b *Bounds) Has(path string) bool {
	real := fileio.Real(path)
	for _, dir := range b.dirs {
		if fspath.Inside(dir, real) {
			return true
		}
	}
	return false
}

// Names returns the directories, as people know them.
func (b *Bounds) Names() string {
	var out []string
	wd, err := os.Getwd()
	if err == nil {
		wd = fileio.Real(wd)
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
func (b *Bounds) mayInclude(search []string) func(path string) bool {
	wide := Bounds{dirs: slices.Clone(b.dirs)}
	for _, dir := range search {
		wide.dirs = append(wide.dirs, fileio.Real(dir))
	}
	return func(path string) bool {
		return wide.Has(path) || slices.Contains(fspath.CythonExts, filepath.Ext(fileio.Real(path))) && wide.hasName(path)
	}
}

// hasName reports whether a path starts within the bounds, wherever it leads.
func (b *Bounds) hasName(path string) bool {
	at, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for filepath.Dir(at) != at {
		at = filepath.Dir(at)
		if slices.Contains(b.dirs, fileio.Real(at)) {
			return true
		}
	}
	return false
}
