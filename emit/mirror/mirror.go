package mirror

// The mirror: what stands where, and how Cython is told of it.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit/fileio"
	"pyxlock/emit/sourcemap"
)

// Mirror is a directory from which Cython compiles one source: that and the .pxd
// and .pxi files of the project that it needs, expanded, each at the place that it
// has from the current directory. Cython started in WorkDir then gives each the name that
// it would give the original. It lies hidden beside the output and is kept, so
// that the next build can tell what has changed. It is not safe for concurrent
// use.
type Mirror struct {
	dir     string // absolute
	base    string // what tree stands for
	cwd     string
	files   []mirrored
	runtime bool
	extra   []fileio.Output
}

// mirrored is a file with its copy.
type mirrored struct {
	source string // as messages name it
	abs    string
	data   []byte
	lines  sourcemap.LineMap
	root   string // above its package
}

// New returns the mirror for an output. Nothing is read or written yet.
func New(output string) (*Mirror, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(output))
	if err != nil {
		return nil, err
	}
	// Cython asks for the real path of where it runs.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return &Mirror{dir: filepath.Join(dir, "."+filepath.Base(output)+".pyxlock"), cwd: cwd}, nil
}

// Add records a file: its path, the directory above its package, what Cython is
// to read in its place, and where the lines of that come from.
func (m *Mirror) Add(source, root string, data []byte, lines sourcemap.LineMap) {
	m.files = append(m.files, mirrored{source: source, root: m.abs(root), abs: m.abs(source), data: data, lines: lines})
}

// AddRuntime records the file that the expansions cimport.
func (m *Mirror) AddRuntime(name string, data []byte) {
	m.runtime = true
	m.extra = append(m.extra, fileio.Output{Path: filepath.Join(m.dir, "runtime", name), Data: data})
}

func (m *Mirror) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(m.cwd, path)
}

// Write brings the directory up to date. inputs are files that must not be
// overwritten. Copies of files that Add did not name are removed: Cython would
// find them.
func (m *Mirror) Write(ctx context.Context, inputs []string) error {
	dirs := []string{m.cwd}
	for _, f := range m.files {
		// The packages round a file get their markers, also above the current directory.
		dirs = append(dirs, filepath.Dir(f.abs), f.root)
	}
	m.base = commonDir(dirs)
	var b fileio.Batch
	b.AddInput(inputs...)
	keep := map[string]bool{m.statePath(): true}
	add := func(o fileio.Output) {
		if !keep[o.Path] && fileio.LiesIn(m.dir, o.Path) {
			keep[o.Path] = true
			b.Add(o)
		}
	}
	for _, o := range m.extra {
		add(o)
	}
	for _, f := range m.files {
		add(fileio.Output{Path: m.place(f.abs), Data: f.data, Input: f.source})
	}
	for _, f := range m.files {
		// Cython tells the module's full name by the packages round it.
		for dir := filepath.Dir(f.abs); dir != f.root && strings.HasPrefix(dir, f.root); dir = filepath.Dir(dir) {
			add(fileio.Output{Path: filepath.Join(m.place(dir), "__init__.py")})
		}
	}
	stale, err := m.stale(keep)
	if err != nil {
		return err
	}
	if _, err := b.Commit(ctx); err != nil {
		return err
	}
	for _, path := range stale {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.MkdirAll(m.WorkDir(), 0o777)
}

// Digest tells mirrors with other content or other names apart.
func (m *Mirror) Digest() string {
	h := sha256.New()
	put := func(path string, data []byte) {
		fmt.Fprintf(h, "%q %d\n", path, len(data))
		h.Write(data)
	}
	for _, o := range m.extra {
		put(o.Path, o.Data)
	}
	for _, f := range m.files {
		put(m.place(f.abs), f.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// commonDir returns the deepest directory that all lie in; "" where there is
// none, as for two drives.
func commonDir(dirs []string) string {
	common := dirs[0]
	for _, d := range dirs[1:] {
		for !fileio.LiesIn(common, d) {
			up := filepath.Dir(common)
			if up == common {
				return ""
			}
			common = up
		}
	}
	return common
}

// place returns where a file or a directory has its copy.
func (m *Mirror) place(abs string) string {
	if rel, err := filepath.Rel(m.base, abs); err == nil && m.base != "" {
		return filepath.Join(m.dir, "tree", rel)
	}
	return filepath.Join(m.dir, "tree", strings.TrimPrefix(abs, filepath.VolumeName(abs)))
}

// Path returns what Cython is given in place of a source.
func (m *Mirror) Path(source string) string { return m.place(m.abs(source)) }

// WorkDir returns the directory to run Cython in.
func (m *Mirror) WorkDir() string { return m.place(m.cwd) }

// SearchPath returns the directories to search for cimported and included files
// in place of dirs: their copies first.
func (m *Mirror) SearchPath(dirs []string) []string {
	var copies, originals []string
	for _, d := range dirs {
		d = m.abs(d)
		if slices.Contains(originals, d) {
			continue
		}
		originals = append(originals, d)
		if slices.ContainsFunc(m.files, func(f mirrored) bool { return fileio.LiesIn(d, f.abs) }) {
			copies = append(copies, m.place(d))
		}
	}
	if m.runtime {
		copies = append(copies, filepath.Join(m.dir, "runtime"))
	}
	return append(copies, originals...)
}

// Filter copies what Cython prints, with the positions in copies as positions in
// the sources. It may be used by several goroutines at once.
func (m *Mirror) Filter(w io.Writer, r io.Reader) error {
	var l sourcemap.Locator
	for _, f := range m.files {
		at := m.place(f.abs)
		lines := sourcemap.Map{Source: filepath.ToSlash(f.source), Output: filepath.ToSlash(at), Lines: f.lines}
		l.Know(at, lines)
		if rel, err := filepath.Rel(m.WorkDir(), at); err == nil {
			l.Know(rel, lines)
		}
	}
	err := l.Filter(w, r)
	_, _ = io.Copy(io.Discard, r) // whoever writes must not wait for us
	return err
}

// TranslateC makes the positions in the C that Cython wrote those of the sources.
// The names of files are right already.
func (m *Mirror) TranslateC(path string) error {
	data, err := fileio.ReadFile(path)
	if err != nil {
		return err
	}
	data, ok := sourcemap.TranslateC(data, func(name string) (string, sourcemap.LineMap, bool) {
		f := m.named(name)
		switch {
		case f == nil:
			return "", sourcemap.LineMap{}, false
		case filepath.IsAbs(name):
			return filepath.ToSlash(f.abs), f.lines, true
		}
		return name, f.lines, true
	})
	if !ok {
		return nil
	}
	var b fileio.Batch
	b.Add(fileio.Output{Path: path, Data: data, InPlace: true})
	_, err = b.Commit(context.Background())
	return err
}

// named finds the file that Cython calls by a name: its path from where Cython
// ran, or the end of its path.
func (m *Mirror) named(name string) *mirrored {
	var found *mirrored
	for i := range m.files {
		f := &m.files[i]
		at := filepath.ToSlash(f.abs)
		if name == filepath.ToSlash(m.place(f.abs)) {
			return f
		}
		if rel, err := filepath.Rel(m.cwd, f.abs); err == nil && filepath.ToSlash(rel) == name {
			return f
		}
		if !strings.HasSuffix(at, "/"+name) {
			continue
		}
		if found != nil {
			return nil // it could be either
		}
		found = f
	}
	return found
}
