package main

// Inputs: which files a run is about, where each output goes, and how they
// are read.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"pyxlock/emit"
)

// input is one file of a run.
type input struct {
	path string
	rel  string // below the output directory
	// needed marks a file that would be left out, but that others cimport or include.
	needed bool
}

// inputs are the files that the arguments stand for.
type inputs struct {
	files []input
	roots []string // the directories among the arguments
	disk  *disk
	left  leftOut
	// bounds are the directories that the run is about.
	bounds bounds
	// since tells which files to speak of; nil is all. The others are read all
	// the same: what is locked depends on them.
	since *since
}

// leftOut counts what git ignores.
type leftOut struct{ files, dirs int }

// String says so; "" where that is nothing.
func (l leftOut) String() string {
	dirs := count(l.dirs, "directory")
	if l.dirs > 1 {
		dirs = fmt.Sprintf("%d directories", l.dirs)
	}
	switch {
	case l.files > 0 && l.dirs > 0:
		return fmt.Sprintf("left out, for git ignores it: %s, %s", count(l.files, "file"), dirs)
	case l.files > 0:
		return "left out, for git ignores it: " + count(l.files, "file")
	case l.dirs > 0:
		return "left out, for git ignores it: " + dirs
	}
	return ""
}

// shows reports whether to speak of a file.
func (in *inputs) shows(path string) bool { return in.since == nil || in.since.has(path) }

// paths returns the files in the order of the arguments.
func (in *inputs) paths() []string {
	out := make([]string, len(in.files))
	for i, f := range in.files {
		out[i] = f.path
	}
	return out
}

var cythonExts = []string{".pyx", ".pxd", ".pxi", ".py"}

// open checks the settings, fills in what the configuration says, and resolves the
// arguments as collect does.
func (s *settings) open(c *cobra.Command, args []string, skip string) (*inputs, error) {
	if err := s.valid(); err != nil {
		return nil, err
	}
	if err := s.configure(c, args); err != nil {
		return nil, err
	}
	return s.collect(c, args, skip)
}

// openSince is open for a command that has --since=rev.
func (s *settings) openSince(c *cobra.Command, args []string, rev string) (*inputs, error) {
	in, err := s.open(c, args, "")
	if err != nil {
		return nil, err
	}
	return in, in.limit(c, s, rev, args)
}

// collect resolves the arguments. It leaves out the directory skip ("" for
// none), so that an output tree inside the input tree is not read again.
func (s *settings) collect(c *cobra.Command, args []string, skip string) (*inputs, error) {
	in := &inputs{disk: newDisk()}
	w := &walker{exclusions: s.exclusions()}
	if skip != "" {
		w.skip = realPath(skip)
	}
	stdinName := s.stdinName
	seen := map[string]bool{}
	name := s.canonical
	add := func(path, rel string) {
		path = name(path)
		if !seen[path] {
			seen[path] = true
			in.files = append(in.files, input{path: path, rel: rel})
		}
	}
	for _, arg := range args {
		in.bounds.add(nameOf(arg, stdinName))
	}
	w.bounds = &in.bounds
	for _, arg := range args {
		if arg == "-" {
			if stdinName == "" {
				return nil, errors.New("standard input needs a name: --stdin-filename=FILE tells pyxlock what it is (.pyx, .pxd, .pxi or .py)")
			}
			if !slices.Contains(cythonExts, filepath.Ext(stdinName)) {
				return nil, fmt.Errorf("--stdin-filename=%s: not a Cython file (%s)", stdinName, join(cythonExts))
			}
			data, err := io.ReadAll(c.InOrStdin())
			if err != nil {
				return nil, fmt.Errorf("standard input: %w", err)
			}
			in.disk.put(stdinName, data)
			add(stdinName, filepath.Base(stdinName))
			continue
		}
		st, err := os.Stat(arg)
		if err != nil {
			return nil, plain(err)
		}
		if w.forced(arg) {
			continue
		}
		if !st.IsDir() {
			if !slices.Contains(cythonExts, filepath.Ext(arg)) {
				return nil, fmt.Errorf("%s: not a Cython file (%s)", arg, join(cythonExts))
			}
			add(arg, filepath.Base(arg))
			continue
		}
		in.roots = append(in.roots, arg)
		if w.skip != "" && realPath(arg) == w.skip {
			return nil, fmt.Errorf("%s: the output directory is the input directory; use --in-place to replace the sources", arg)
		}
		found := false // what another argument has given, too, counts
		left := w.left
		err = w.walk(in.disk, arg, func(path, rel string) {
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
				but = ", but for what is left out: --no-respect-gitignore takes files that git ignores, --exclude= what is excluded"
			}
			return nil, fmt.Errorf("%s: no Cython files (%s) in this directory%s", arg, join(cythonExts), but)
		}
	}
	if len(in.files) == 0 && !s.quiet {
		fmt.Fprintln(c.ErrOrStderr(), "pyxlock: nothing to do: every file is excluded")
	}
	s.mayInclude = in.bounds.mayInclude(s.includeFlag)
	return in, in.complete(s, w, c.ErrOrStderr())
}

// nameOf returns what an argument is called.
func nameOf(arg, stdinName string) string {
	if arg == "-" {
		return stdinName
	}
	return arg
}

// naming returns what gives a file one name, however a path reaches it: from the
// current directory where it lies below that, and else as the first argument was
// given, absolute or from the current directory.
func naming(args []string) func(path string) string {
	absolute := len(args) > 0 && filepath.IsAbs(args[0])
	wd, err := os.Getwd()
	return func(path string) string {
		path = filepath.Clean(path)
		if err != nil || !filepath.IsAbs(path) && !strings.HasPrefix(path, "..") {
			return path
		}
		abs := path
		if !filepath.IsAbs(path) {
			abs = filepath.Join(wd, path)
		}
		rel, err := filepath.Rel(wd, abs)
		switch {
		case err == nil && (filepath.IsLocal(rel) || !absolute):
			return rel
		default:
			return abs
		}
	}
}

// relativeTo names the outputs by the inputs' paths from dir, instead of from
// the argument that each was found by. The paths count as they are written, with
// the links in them: a build looks for a copy under the name that it gave.
func (in *inputs) relativeTo(dir string) error {
	for i := range in.files {
		f := &in.files[i]
		rel, ok := pathFrom(dir, f.path)
		if !ok {
			// The two may be spelt differently, as by way of a linked home directory.
			rel, ok = pathFrom(realPath(dir), filepath.Join(realPath(filepath.Dir(f.path)), filepath.Base(f.path)))
		}
		if !ok {
			return fmt.Errorf("%s is not below --root=%s", f.path, dir)
		}
		f.rel = rel
	}
	return nil
}

// pathFrom returns a path from dir, if it is below it.
func pathFrom(dir, path string) (string, bool) {
	base, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(base, abs)
	return rel, err == nil && filepath.IsLocal(rel)
}

// realPath returns an absolute path without links, as far as it exists.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rest := ""
	for at := abs; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		up := filepath.Dir(at)
		if up == at {
			return abs
		}
		rest = filepath.Join(filepath.Base(at), rest)
		at = up
	}
}

// plain drops the system call from a file's error: "src: no such file".
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", emit.Path(pe.Path), pe.Err)
	}
	return err
}

// disk reads files and remembers which, for the depfile.
type disk struct {
	mu    sync.Mutex
	given map[string][]byte
	cache map[string][]byte
	read  map[string]bool
}

func newDisk() *disk {
	return &disk{given: map[string][]byte{}, cache: map[string][]byte{}, read: map[string]bool{}}
}

func (d *disk) put(path string, data []byte) { d.given[filepath.Clean(path)] = data }

// Read returns a file's bytes, or what standard input gave under its name.
func (d *disk) Read(path string) ([]byte, error) {
	path = filepath.Clean(path)
	d.mu.Lock()
	data, ok := d.given[path]
	if !ok {
		data, ok = d.cache[path]
	}
	d.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := emit.ReadFile(path)
	if err != nil {
		return nil, plain(err)
	}
	d.mu.Lock()
	d.read[path] = true
	d.cache[path] = data
	d.mu.Unlock()
	return data, nil
}

// List returns the names of the files and of the directories in a directory.
func (d *disk) List(dir string) (files, dirs []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			st, err := os.Stat(filepath.Join(dir, e.Name()))
			if err != nil {
				continue
			}
			isDir = st.IsDir()
		}
		if isDir {
			dirs = append(dirs, e.Name())
		} else {
			files = append(files, e.Name())
		}
	}
	for path := range d.given {
		if filepath.Dir(path) == dir {
			files = append(files, filepath.Base(path))
		}
	}
	return files, dirs
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir()
}

// files returns the files read so far, sorted.
func (d *disk) files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for f := range d.read {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}
