package inputs

// Where a run may write: not by way of a link to a place beyond what it was given.

import (
	"slices"

	"pyxlock/emit/fileio"
)

// Within bounds what is written in place, and in the given directories besides.
func (in *Set) Within(also ...string) *fileio.Within {
	dirs := slices.Clone(in.Bounds.dirs)
	for _, dir := range also {
		dirs = append(dirs, fileio.Real(dir))
	}
	slices.Sort(dirs)
	return &fileio.Within{Dirs: slices.Compact(dirs), Advice: "to write there, name the file that the link leads to, or a directory that has both"}
}

// WithinOutput bounds what is written into an output directory, which may itself be a link.
func WithinOutput(dir string) *fileio.Within {
	return &fileio.Within{Dirs: []string{fileio.Real(dir)}, Advice: "remove the link, or give -o the directory that it leads to"}
}
