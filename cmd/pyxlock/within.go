package main

// Where a run may write: not by way of a link to a place beyond what it was given.

import (
	"slices"

	"pyxlock/emit"
)

// within bounds what is written in place, and in the given directories besides.
func (in *inputs) within(also ...string) *emit.Within {
	dirs := slices.Clone(in.bounds.dirs)
	for _, dir := range also {
		dirs = append(dirs, realPath(dir))
	}
	slices.Sort(dirs)
	return &emit.Within{Dirs: slices.Compact(dirs), Advice: "to write there, name the file that the link leads to, or a directory that has both"}
}

// withinOutput bounds what is written into an output directory, which may itself be a link.
func withinOutput(dir string) *emit.Within {
	return &emit.Within{Dirs: []string{realPath(dir)}, Advice: "remove the link, or give -o the directory that it leads to"}
}
