package inputs

// Which headers of C a run reads, and no others: a tree may be hostile, by its links and by
// what its files include.

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/transform"
)

const (
	maxHeader  = 16 << 20
	maxEntries = 100_000 // of directories that are looked through for headers
)

var (
	headerExts = []string{".h", ".hh", ".hpp", ".hxx", ".inc"}
	sourceExts = []string{".c", ".cc", ".cpp", ".cxx"}
)

// systemDirs have the headers of a system.
var systemDirs = []string{"/usr/local/include", "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu", "/opt/homebrew/include"}

// Headers tells where the headers are for a run that reads through disk.
func Headers(s *config.Settings, disk *Disk, bounds *Bounds) (transform.HeaderOptions, error) {
	named, sources, err := s.Named()
	if err != nil {
		return transform.HeaderOptions{}, err
	}
	var o transform.HeaderOptions
	within := Bounds{} // what is in the tree, by all links
	if s.HeaderUse >= config.HeadersOfCheck {
		named = append(named, s.IncludePath...)
		// What is in the project is the same on each machine.
		for _, d := range bounds.dirs {
			within.dirs = fspath.Unique(within.dirs, []string{projectOf(d)})
		}
		own := slices.Clone(within.dirs)
		tree := sync.OnceValue(func() *headerTree { return lookThrough(own) })
		o.Beside = true
		o.Find = func(name string) string {
			return tree().find(name)
		}
		o.Sources = func() []string { return written(fspath.Unique(sources, tree().sources)) }
	} else if len(named) > 0 {
		o.Sources = func() []string {
			out := sources
			for _, d := range named {
				out = fspath.Unique(out, sourcesIn(d))
			}
			return written(out)
		}
	}
	if len(named) == 0 && !o.Beside {
		return o, nil
	}
	var trusted []string // what the user names: links may lead anywhere
	for _, d := range named {
		if s.InTree(d) {
			within.dirs = append(within.dirs, fileio.Real(d))
		} else {
			trusted = append(trusted, absolute(d))
		}
		o.Dirs = append(o.Dirs, filepath.ToSlash(d))
	}
	for _, f := range sources {
		trusted = append(trusted, absolute(filepath.Dir(f)))
	}
	mayRead := func(path string) bool {
		at := absolute(path)
		return slices.ContainsFunc(trusted, func(d string) bool { return fspath.Inside(d, at) }) || within.Has(path)
	}
	o.Read = func(path string) ([]byte, bool) {
		path = filepath.FromSlash(path)
		st, err := os.Stat(path)
		if err != nil || !st.Mode().IsRegular() || st.Size() > maxHeader || !mayRead(path) {
			return nil, false
		}
		data, err := disk.Read(path)
		return data, err == nil
	}
	return o, nil
}

// OfSystem returns the directories of the system in which headers are.
func OfSystem(names []string) (dirs []string) {
	for _, name := range names {
		if at := inSystem(name); at != "" {
			dirs = fspath.Unique(dirs, []string{strings.TrimSuffix(at, "/"+name)})
		}
	}
	return dirs
}

// OfProject returns those of some directories that are in the project of the sources, and that the user has
// not named: a build looks there only where it is told to. They are relative to the project, if it is one, as
// a configuration there has them.
func OfProject(s *config.Settings, bounds *Bounds, apart []string) (dirs []string) {
	for _, d := range apart {
		at := absolute(filepath.FromSlash(d))
		if slices.ContainsFunc(s.Headers.Dirs, func(n string) bool { return absolute(n) == at }) {
			continue
		}
		for _, b := range bounds.dirs {
			project := projectOf(b)
			if rel, err := filepath.Rel(absolute(project), at); err == nil && filepath.IsLocal(rel) {
				dirs = fspath.Unique(dirs, []string{filepath.ToSlash(rel)})
				break
			}
		}
	}
	return dirs
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// inSystem finds a header in the directories of the system, or in that of a library, one below them.
func inSystem(name string) string {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	below := func(d string) string {
		if at := filepath.Join(d, filepath.FromSlash(name)); fspath.IsFile(at) {
			return filepath.ToSlash(at)
		}
		return ""
	}
	for _, d := range systemDirs {
		if at := below(d); at != "" {
			return at
		}
	}
	for _, d := range systemDirs {
		entries, _ := os.ReadDir(d)
		for _, e := range entries {
			if at := below(filepath.Join(d, e.Name())); at != "" {
				return at
			}
		}
	}
	return ""
}

// projectOf returns the directory of the project that a directory is in: a library that is
// bundled often stands beside the sources.
func projectOf(dir string) string {
	for up := dir; ; up = filepath.Dir(up) {
		for _, mark := range []string{"pyproject.toml", "setup.py", ".git"} {
			if fspath.Exists(filepath.Join(up, mark)) {
				return up
			}
		}
		if filepath.Dir(up) == up {
			return dir
		}
	}
}

// sourcesIn are the C files of a directory.
func sourcesIn(dir string) []string {
	var out []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && slices.Contains(sourceExts, strings.ToLower(filepath.Ext(e.Name()))) {
			out = append(out, filepath.ToSlash(filepath.Join(dir, e.Name())))
		}
	}
	return out
}

// written are the files that Cython has not generated: those tell nothing, and are larger than all others.
func written(files []string) []string {
	const mark = "/* Generated by Cython"
	return slices.DeleteFunc(files, func(path string) bool {
		f, err := os.Open(filepath.FromSlash(path))
		if err != nil {
			return true
		}
		defer f.Close()
		head := make([]byte, len(mark))
		_, err = io.ReadFull(f, head)
		return err == nil && string(head) == mark
	})
}

// headerTree is the headers and sources of some directories, all the way down.
type headerTree struct {
	byName  map[string][]string // of headers, by the last part of their path
	sources []string
}

func lookThrough(dirs []string) *headerTree {
	t := &headerTree{byName: map[string][]string{}}
	left := maxEntries
	here, err := os.Getwd()
	for _, dir := range dirs {
		if rel, relErr := filepath.Rel(here, dir); err == nil && relErr == nil && filepath.IsLocal(rel) {
			dir = rel // as people know it
		}
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if left--; left < 0 {
				return filepath.SkipAll
			}
			if err != nil {
				return nil
			}
			if d.IsDir() {
				if n := d.Name(); path != dir && (strings.HasPrefix(n, ".") || n == "node_modules" || n == "__pycache__" || fspath.IsFile(filepath.Join(path, "pyvenv.cfg"))) {
					return filepath.SkipDir
				}
				return nil
			}
			ext := strings.ToLower(filepath.Ext(path))
			switch {
			case !d.Type().IsRegular():
			case slices.Contains(headerExts, ext):
				t.byName[d.Name()] = append(t.byName[d.Name()], filepath.ToSlash(path))
			case slices.Contains(sourceExts, ext):
				t.sources = append(t.sources, filepath.ToSlash(path))
			}
			return nil
		})
	}
	return t
}

// find returns the file that a name means, the one nearest to the top of several.
func (t *headerTree) find(name string) string {
	best := ""
	for _, p := range t.byName[filepath.Base(name)] {
		if p != name && !strings.HasSuffix(p, "/"+name) {
			continue
		}
		if best == "" || strings.Count(p, "/") < strings.Count(best, "/") || strings.Count(p, "/") == strings.Count(best, "/") && p < best {
			best = p
		}
	}
	return best
}
