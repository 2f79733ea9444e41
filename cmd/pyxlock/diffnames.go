package main

// What the files of a diff are called.

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"pyxlock/emit/diff"
	"pyxlock/emit/terminal"
)

// diffNames names files from a directory, as git does: the current one or, where
// a file is not below that, the deepest that has them all.
type diffNames struct {
	base string // absolute
	from string // base as to be told; "" where it is the current directory
	used bool
	// altered says that a diff was printed with what acts in it replaced.
	altered bool
	in      *inputs
}

func (in *inputs) diffNames() *diffNames {
	wd, err := os.Getwd()
	if err != nil {
		return &diffNames{in: in}
	}
	n := &diffNames{base: wd, in: in}
	common := ""
	for _, f := range in.files {
		abs, err := filepath.Abs(f.path)
		if err != nil {
			return n
		}
		if common == "" {
			common = filepath.Dir(abs)
		}
		for !inside(common, abs) {
			common = filepath.Dir(common)
		}
		if !inside(wd, abs) {
			n.from = "."
		}
	}
	if n.from == "" {
		return n
	}
	n.base, n.from = common, common
	if rel, err := filepath.Rel(wd, common); err == nil {
		n.from = rel
	}
	return n
}

// inside reports whether a file lies in a directory, or further down; all do where
// there is no directory above.
func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel) || filepath.Dir(dir) == dir
}

// diff is a file's two sides with its name.
func (n *diffNames) diff(e expanded) diff.Pair {
	name := e.path
	if abs, err := filepath.Abs(name); err == nil {
		if rel, err := filepath.Rel(n.base, abs); err == nil {
			name = rel
		}
	}
	n.used = n.used || e.changed()
	name = strings.TrimLeft(filepath.ToSlash(name), "/")
	return diff.Pair{OldPath: name, NewPath: name, Old: e.old, New: e.new}
}

// say tells where the diff applies, where that is not here.
func (n *diffNames) say(w io.Writer) {
	if n.used && n.from != "" {
		fmt.Fprintf(w, "pyxlock: paths in the diff start at %s: git apply takes it there\n", terminal.Path(n.from))
	}
	if n.altered {
		fmt.Fprintf(w, "pyxlock: control characters and commands of a log are shown as U+FFFD in this diff: it applies where it is written to a file\n")
	}
}
