package main

// Where pyxlock.pxd goes. "cimport pyxlock" is looked up in the first directory above
// a file that is no package, and in those of -I: nowhere else, whatever the version
// of Cython, unless a module has language_level 2.

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
	"pyxlock/runtime"
)

// runtimePlace is a directory that gets pyxlock.pxd.
type runtimePlace struct {
	dir string
	// beyond marks one outside of what the command was given.
	beyond bool
	// lost marks one where Cython does not look: further up it would be in
	// somebody else's tree.
	lost bool
}

func (p runtimePlace) file() string { return filepath.Join(p.dir, runtime.FileName) }

// ours returns an error where there is a file of that name that is none of pyxlock's,
// of whatever version: in somebody's tree it is not replaced.
func (p runtimePlace) ours(bound *fileio.Within) error {
	if bound != nil {
		if err := bound.Check(p.file()); err != nil {
			return err
		}
	}
	data, err := fileio.ReadFile(p.file())
	switch {
	case err != nil: // nothing is there, or what writing refuses
		return nil
	case bytes.HasPrefix(data, []byte("# "+runtime.FileName+" - ")):
		return nil
	}
	return fmt.Errorf("%s: is not the file that pyxlock writes, and is not replaced; but Cython looks for that file there: move this one, or rewrite with --runtime=inline", p.file())
}

// runtimePlaces returns where pyxlock.pxd has to be for the files that cimport it.
func (f *rewriteFlags) runtimePlaces(args []string, in *inputs.Set, files []expanded, needing []string) []runtimePlace {
	var out []runtimePlace
	add := func(p runtimePlace) {
		if !slices.ContainsFunc(out, func(o runtimePlace) bool { return o.dir == p.dir }) {
			out = append(out, p)
		}
	}
	if f.outIsFile(args) {
		// The packages round the output may be there later than it is.
		add(runtimePlace{dir: above(filepath.Dir(in.Files[0].Path), filepath.Dir(f.out))})
		return out
	}
	packaged := fspath.IsPackage
	if !f.inPlace {
		written := map[string]bool{}
		for _, e := range files {
			if name := filepath.Base(e.Rel); slices.Contains(fspath.InitFiles, name) {
				written[filepath.Join(f.out, filepath.Dir(e.Rel))] = true
			}
		}
		packaged = func(dir string) bool { return written[dir] || fspath.IsPackage(dir) }
		if !packaged(filepath.Clean(f.out)) {
			add(runtimePlace{dir: f.out}) // for builds that have -I of the tree
		}
	}
	for _, e := range files {
		if !e.changed() || !slices.Contains(needing, e.Path) {
			continue
		}
		source, dir := filepath.Dir(e.Path), filepath.Dir(e.Path)
		if !f.inPlace {
			dir = filepath.Dir(filepath.Join(f.out, e.Rel))
		}
		p := runtimePlace{dir: dir}
		for range 64 {
			if !packaged(p.dir) {
				break
			}
			if !f.inPlace && p.beyond && lastName(source) != lastName(p.dir) {
				p.lost = true
				break
			}
			if f.inPlace {
				p.beyond = !in.Bounds.Has(filepath.Join(p.dir, ".."))
			} else {
				p.beyond = p.beyond || p.dir == filepath.Clean(f.out)
			}
			source, p.dir = filepath.Join(source, ".."), filepath.Join(p.dir, "..")
		}
		add(p)
	}
	return out
}

// sayPlaces tells of a pyxlock.pxd where one may not look for it.
func (f *rewriteFlags) sayPlaces(w io.Writer, places []runtimePlace, done []fileio.Written) {
	for _, p := range places {
		if !slices.ContainsFunc(done, func(d fileio.Written) bool { return d.Path == p.file() && d.Status != fileio.Unchanged }) {
			continue
		}
		switch {
		case p.lost:
			fmt.Fprintf(w, "pyxlock: wrote %s: cython needs -I %s to find it, since %s is itself a package\n", terminal.Path(p.file()), terminal.Path(p.dir), terminal.Path(p.dir))
		case p.beyond:
			fmt.Fprintf(w, "pyxlock: wrote %s: Cython looks for it above the package\n", terminal.Path(p.file()))
		case f.inPlace:
			fmt.Fprintf(w, "pyxlock: wrote %s, which the sources cimport now\n", terminal.Path(p.file()))
		}
	}
}

func lastName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}

// above climbs from a directory to the first one outside of the packages that
// source is in, as long as the directories of both are called the same.
func above(source, dir string) string {
	for range 64 {
		if !fspath.IsPackage(source) || lastName(source) != lastName(dir) {
			break
		}
		source, dir = filepath.Join(source, ".."), filepath.Join(dir, "..")
	}
	return dir
}
