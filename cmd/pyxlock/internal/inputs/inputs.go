package inputs

// Inputs: which files a run is about, where each output goes, and how they
// are read.

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// File is one file of a run.
type File struct {
	Path string
	Rel  string // below the output directory
	// Needed marks a file that would be left out, but that others cimport or include.
	Needed bool
}

// Set is the files that the arguments stand for.
type Set struct {
	Files []File
	Roots []string // the directories among the arguments
	Disk  *Disk
	Left  LeftOut
	// Bounds are the directories that the run is about.
	Bounds Bounds
	// Since tells which files to speak of; nil is all. The others are read all
	// the same: what is locked depends on them.
	Since *Since
	plain []string // .py files that Cython does not compile, see Beside
}

// Beside returns the .py files of the directories that Cython does not compile, in order; those of the scope once that was
// asked for.
func (in *Set) Beside() []string { return in.plain }

// LeftOut counts what git ignores.
type LeftOut struct{ files, dirs int }

// String says so; "" where that is nothing.
func (l LeftOut) String() string {
	dirs := console.Count(l.dirs, "directory")
	if l.dirs > 1 {
		dirs = fmt.Sprintf("%d directories", l.dirs)
	}
	switch {
	case l.files > 0 && l.dirs > 0:
		return fmt.Sprintf("left out, ignored by git: %s, %s", console.Count(l.files, "file"), dirs)
	case l.files > 0:
		return "left out, ignored by git: " + console.Count(l.files, "file")
	case l.dirs > 0:
		return "left out, ignored by git: " + dirs
	}
	return ""
}

// Shows reports whether to speak of a file.
func (in *Set) Shows(path string) bool { return in.Since == nil || in.Since.has(path) }

// Paths returns the files in the order of the arguments.
func (in *Set) Paths() []string {
	out := make([]string, len(in.Files))
	for i, f := range in.Files {
		out[i] = f.Path
	}
	return out
}

// Open checks the settings, fills in what the configuration says, and resolves the
// arguments as Collect does.
func Open(c *cobra.Command, s *config.Settings, args []string, skip string) (*Set, error) {
	if err := s.Prepare(c, args); err != nil {
		return nil, err
	}
	return Collect(c, s, args, skip)
}

// OpenSince is Open for a command that has --since=rev.
func OpenSince(c *cobra.Command, s *config.Settings, args []string, rev string) (*Set, error) {
	if err := s.Prepare(c, args); err != nil {
		return nil, err
	}
	return CollectSince(c, s, args, rev)
}

// CollectSince is Collect for a command that has --since=rev.
func CollectSince(c *cobra.Command, s *config.Settings, args []string, rev string) (*Set, error) {
	in, err := Collect(c, s, args, "")
	if err != nil {
		return nil, err
	}
	return in, in.Limit(c, s, rev, args)
}

// Collect resolves the arguments. It leaves out the directory skip ("" for
// none), so that an output tree inside the input tree is not read again.
func Collect(c *cobra.Command, s *config.Settings, args []string, skip string) (*Set, error) {
	in := &Set{Disk: NewDisk()}
	w := &walker{Set: s.Exclusions()}
	if skip != "" {
		w.skip = fileio.Real(skip)
	}
	if s.StdinName == "" && slices.Contains(args, "-") {
		s.StdinName = "stdin.pyx"
	}
	stdinName := s.StdinName
	seen := map[string]bool{}
	name := s.Canonical
	add := func(path, rel string) {
		path = name(path)
		if !seen[path] {
			seen[path] = true
			in.Files = append(in.Files, File{Path: path, Rel: rel})
		}
	}
	for _, arg := range args {
		in.Bounds.Add(nameOf(arg, stdinName))
	}
	w.bounds = &in.Bounds
	for _, arg := range args {
		if arg == "-" {
			if !slices.Contains(fspath.CythonExts, filepath.Ext(stdinName)) {
				return nil, fmt.Errorf("--stdin-filename=%s: not a Cython file (%s)", stdinName, console.Join(fspath.CythonExts))
			}
			data, err := io.ReadAll(c.InOrStdin())
			if err != nil {
				return nil, fmt.Errorf("standard input: %w", err)
			}
			in.Disk.Put(stdinName, data)
			add(stdinName, filepath.Base(stdinName))
			continue
		}
		st, err := os.Stat(arg)
		if err != nil {
			return nil, fspath.Plain(err)
		}
		if w.Forced(arg) {
			continue
		}
		if !st.IsDir() {
			if !slices.Contains(fspath.CythonExts, filepath.Ext(arg)) {
				return nil, fmt.Errorf("%s: not a Cython file (%s)", arg, console.Join(fspath.CythonExts))
			}
			add(arg, filepath.Base(arg))
			continue
		}
		in.Roots = append(in.Roots, arg)
		if w.skip != "" && fileio.Real(arg) == w.skip {
			return nil, fmt.Errorf("%s: the output directory is the input directory; use --in-place to replace the sources", arg)
		}
		found := false // what another argument has given, too, counts
		left := w.left
		err = w.walk(in.Disk, arg, func(path, rel string) {
			found = true
			add(path, rel)
		})
		if err != nil {
			return nil, err
		}
		for _, stray := range w.strays {
			fmt.Fprintf(c.ErrOrStderr(), "pyxlock: left out: %s\n", stray)
		}
		w.strays = nil
		if !found {
			but := ""
			if w.left > left {
				but = ", apart from what is left out: --no-respect-gitignore includes files that git ignores, --exclude= what is excluded"
			}
			return nil, fmt.Errorf("%s: no Cython files (%s) in this directory%s", arg, console.Join(fspath.CythonExts), but)
		}
	}
	if len(in.Files) == 0 && !s.Quiet {
		fmt.Fprintln(c.ErrOrStderr(), "pyxlock: nothing to do: every file is excluded")
	}
	s.MayInclude = in.Bounds.mayInclude(s.IncludeFlag)
	s.InScope, s.Beside = Scope(s, in, args), in.Beside
	for _, path := range w.plain {
		in.plain = append(in.plain, name(path))
	}
	var err error
	if s.Headers, err = Headers(s, in.Disk, &in.Bounds); err != nil {
		return nil, err
	}
	return in, in.complete(s, w, c.ErrOrStderr())
}

// nameOf returns what an argument is called.
func nameOf(arg, stdinName string) string {
	if arg == "-" {
		return stdinName
	}
	return arg
}

// RelativeTo names the outputs by the inputs' paths from dir, instead of from
// the argument that each was found by. The paths count as they are written, with
// the links in them: a build looks for a copy under the name that it gave.
func (in *Set) RelativeTo(dir string) error {
	for i := range in.Files {
		f := &in.Files[i]
		rel, ok := fspath.From(dir, f.Path)
		if !ok {
			// The two may be spelt differently, as by way of a linked home directory.
			rel, ok = fspath.From(fileio.Real(dir), filepath.Join(fileio.Real(filepath.Dir(f.Path)), filepath.Base(f.Path)))
		}
		if !ok {
			return fmt.Errorf("%s is not below --root=%s", f.Path, dir)
		}
		f.Rel = rel
	}
	return nil
}
