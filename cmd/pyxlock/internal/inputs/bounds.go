package inputs

// Bounds: the directories that a run is about. A tree may be hostile: by its links
// and includes it must not have anything beyond them written to or quoted.

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/terminal"
)

// Bounds are directories, absolute and without links. The zero bounds hold nothing.
type Bounds struct{ dirs []string }

// Add takes up what an argument of the command line stands for: a directory
// itself; for a file, the directory of the nearest pyproject.toml, or else the
// outermost package that it lies in. Links count by where they stand: one that is
// named does not make what it leads to part of the tree, but a directory that is
// reached by way of one is the directory.
func (b *Bounds) Add(arg string) {
	if fspath.IsDir(arg) {
		b.dirs = append(b.dirs, fspath.Real(arg))
		return
	}
	dir := fspath.Real(filepath.Dir(arg))
	if conf, _, err := fspath.Nearest(dir, "pyproject.toml"); err == nil && conf != "" {
		b.dirs = append(b.dirs, filepath.Dir(conf))
		return
	}
	for fspath.IsPackage(dir) && fspath.IsPackage(filepath.Dir(dir)) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
	}
	b.dirs = append(b.dirs, dir)
}

// Has reports whether a path leads, by all links, to a place within the bounds.
func (b *Bounds) Has(path string) bool {
	real := fspath.Real(path)
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
		wd = fspath.Real(wd)
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
		wide.dirs = append(wide.dirs, fspath.Real(dir))
	}
	return func(path string) bool {
		return wide.Has(path) || slices.Contains(fspath.CythonExts, filepath.Ext(fspath.Real(path))) && wide.hasName(path)
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
		if slices.Contains(b.dirs, fspath.Real(at)) {
			return true
		}
	}
	return false
}
