package main

// What the files of a diff are called.

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/inputs"
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
	in      *inputs.Set
}

func newDiffNames(in *inputs.Set) *diffNames {
	wd, err := os.Getwd()
	if err != nil {
		return &diffNames{in: in}
	}
	n := &diffNames{base: wd, in: in}
	common := ""
	for _, f := range in.Files {
		abs, err := filepath.Abs(f.Path)
		if err != nil {
			return n
		}
		if common == "" {
			common = filepath.Dir(abs)
		}
		for !fspath.Inside(common, abs) {
			common = filepath.Dir(common)
		}
		if !fspath.Inside(wd, abs) {
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

// diff is a file's two sides with its name.
func (n *diffNames) diff(e expanded) diff.Pair {
	name := e.Path
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

// patch writes a file's diff. In a file and in a pipe it is what git apply takes,
// byte for byte; on a terminal and in the log of a CI system nothing in it acts.
// Nothing is shown of a file that leads out of what the run is about.
func (n *diffNames) patch(w, stderr io.Writer, e expanded, color bool) error {
	if e.changed() && n.hides(stderr, e.Path) {
		return nil
	}
	d := n.diff(e)
	if color {
		return diff.Unified(w, d, true)
	}
	to := console.Through(w)
	if c, ok := w.(*terminal.Cleaner); ok && (console.IsTerminal(c) || console.IsLog(to)) {
		clean := terminal.NewPatchCleaner(to)
		if err := diff.Unified(clean, d, false); err != nil {
			return err
		}
		n.altered = n.altered || clean.Altered
		return clean.Flush()
	}
	return diff.Unified(to, d, false)
}

// hides says so where a file's text is not shown, and reports it.
func (n *diffNames) hides(stderr io.Writer, path string) bool {
	if n.in == nil || n.in.Bounds.Has(path) {
		return false
	}
	fmt.Fprintf(stderr, "pyxlock: %s leads outside of %s: its text is not shown\n", terminal.Path(path), n.in.Bounds.Names())
	return true
}
