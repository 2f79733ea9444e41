package emit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
	extra   []Output
}

// mirrored is a file with its copy.
type mirrored struct {
	source string // as messages name it
	abs    string
	data   []byte
	lines  LineMap
	root   string // above its package
}

// NewMirror returns the mirror for an output. Nothing is read or written yet.
func NewMirror(output string) (*Mirror, error) {
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
func (m *Mirror) Add(source, root string, data []byte, lines LineMap) {
	m.files = append(m.files, mirrored{source: source, root: m.abs(root), abs: m.abs(source), data: data, lines: lines})
}

// AddRuntime records the file that the expansions cimport.
func (m *Mirror) AddRuntime(name string, data []byte) {
	m.runtime = true
	m.extra = append(m.extra, Output{Path: filepath.Join(m.dir, "runtime", name), Data: data})
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
	var b Batch
	b.AddInput(inputs...)
	keep := map[string]bool{m.statePath(): true}
	add := func(o Output) {
		if !keep[o.Path] && within(m.dir, o.Path) {
			keep[o.Path] = true
			b.Add(o)
		}
	}
	for _, o := range m.extra {
		add(o)
	}
	for _, f := range m.files {
		add(Output{Path: m.place(f.abs), Data: f.data, Input: f.source})
	}
	for _, f := range m.files {
		// Cython tells the module's full name by the packages round it.
		for dir := filepath.Dir(f.abs); dir != f.root && strings.HasPrefix(dir, f.root); dir = filepath.Dir(dir) {
			add(Output{Path: filepath.Join(m.place(dir), "__init__.py")})
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
		for !within(common, d) {
			up := filepath.Dir(common)
			if up == common {
				return ""
			}
			common = up
		}
	}
	return common
}

func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
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
		if slices.ContainsFunc(m.files, func(f mirrored) bool { return within(d, f.abs) }) {
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
	l := &Locator{known: map[string]*foundMap{}}
	for _, f := range m.files {
		at := m.place(f.abs)
		found := &foundMap{SourceMap: SourceMap{Source: filepath.ToSlash(f.source), Output: filepath.ToSlash(at), Lines: f.lines}}
		l.known[at] = found
		if rel, err := filepath.Rel(m.WorkDir(), at); err == nil {
			l.known[rel] = found
		}
	}
	err := l.Filter(w, r)
	_, _ = io.Copy(io.Discard, r) // whoever writes must not wait for us
	return err
}

// TranslateC makes the positions in the C that Cython wrote those of the sources.
// The names of files are right already.
func (m *Mirror) TranslateC(path string) error {
	data, err := ReadFile(path)
	if err != nil {
		return err
	}
	data, ok := TranslateC(data, func(name string) (string, LineMap, bool) {
		f := m.named(name)
		switch {
		case f == nil:
			return "", LineMap{}, false
		case filepath.IsAbs(name):
			return filepath.ToSlash(f.abs), f.lines, true
		}
		return name, f.lines, true
	})
	if !ok {
		return nil
	}
	var b Batch
	b.Add(Output{Path: path, Data: data, InPlace: true})
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

// State is what Cython made the output from.
type State struct {
	Key    []string // the program and its arguments
	Output Stat
	Deps   []Stat // files outside of the mirror that it read
	Made   []Stat // what it wrote beside the output
}

// Stat tells whether a file is still the same.
type Stat struct {
	Path  string
	Size  int64
	Mtime int64 // in nanoseconds
}

// granularity is how far a file's time may lie before the clock's.
const granularity = 20 * time.Millisecond

func statOf(path string) (Stat, error) {
	st, err := os.Stat(path)
	if err != nil {
		return Stat{}, err
	}
	return Stat{path, st.Size(), st.ModTime().UnixNano()}, nil
}

func (s Stat) same() bool {
	now, err := statOf(s.Path)
	return err == nil && now == s
}

// Paths returns the files outside of the mirror.
func (s *State) Paths() []string {
	var out []string
	for _, d := range s.Deps {
		out = append(out, d.Path)
	}
	return out
}

// Current reports whether Cython would make the same output again, as far as
// files outside of the mirror and its arguments decide.
func (s *State) Current(key []string, output string) bool {
	abs, err := filepath.Abs(output)
	if err != nil || !slices.Equal(s.Key, key) || s.Output.Path != abs || !s.Output.same() {
		return false
	}
	changed := func(d Stat) bool { return !d.same() }
	return !slices.ContainsFunc(s.Deps, changed) && !slices.ContainsFunc(s.Made, changed)
}

func (m *Mirror) statePath() string { return filepath.Join(m.dir, "state.json") }

// State returns what was remembered; an empty one where nothing was.
func (m *Mirror) State() *State {
	s := &State{}
	if data, err := ReadFile(m.statePath()); err != nil || json.Unmarshal(data, s) != nil {
		return &State{}
	}
	return s
}

// Forget makes the next run start Cython, whatever becomes of this one.
func (m *Mirror) Forget() error {
	if err := os.Remove(m.statePath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Remember writes down what the output was made from by a Cython that was started
// at start.
func (m *Mirror) Remember(key []string, output string, deps []string, start time.Time) (*State, error) {
	s := &State{Key: key}
	abs, err := filepath.Abs(output)
	if err != nil {
		return nil, err
	}
	if s.Output, err = statOf(abs); err != nil {
		return nil, err
	}
	for _, d := range deps {
		st, err := statOf(d)
		if err != nil {
			return nil, err
		}
		// One that has changed since may have been read before.
		if st.Mtime >= start.Add(-granularity).UnixNano() {
			st.Mtime = 0
		}
		s.Deps = append(s.Deps, st)
	}
	stem := strings.TrimSuffix(abs, filepath.Ext(abs))
	for _, name := range []string{stem + ".h", stem + "_api.h", stem + ".html"} {
		// One from before is none of Cython's.
		if st, err := statOf(name); err == nil && st.Mtime >= start.Add(-granularity).UnixNano() {
			s.Made = append(s.Made, st)
		}
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var b Batch
	b.Add(Output{Path: m.statePath(), Data: data})
	_, err = b.Commit(context.Background())
	return s, err
}

// Dependencies reads the dependency file that Cython wrote and returns the files
// outside of the mirror that it names.
func (m *Mirror) Dependencies(depfile string) ([]string, error) {
	data, err := ReadFile(depfile)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range depNames(data) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(m.WorkDir(), name)
		}
		if !within(m.dir, name) {
			out = append(out, filepath.Clean(name))
		}
	}
	return out, nil
}

// depNames returns the names behind the colon of a dependency file that Cython
// wrote: it escapes spaces and nothing else.
func depNames(data []byte) []string {
	_, rest, _ := bytes.Cut(data, []byte(": \\\n"))
	var out []string
	for line := range strings.SplitSeq(string(rest), "\n") {
		line = strings.TrimSuffix(strings.TrimSpace(line), " \\")
		if line != "" {
			out = append(out, strings.ReplaceAll(line, `\ `, " "))
		}
	}
	return out
}
