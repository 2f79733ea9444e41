package mirror

// What a mirror remembers: what Cython made the output from, by which the next
// build tells whether it would make the same.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pyxlock/emit/fileio"
)

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
	if data, err := fileio.ReadFile(m.statePath()); err != nil || json.Unmarshal(data, s) != nil {
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
	var b fileio.Batch
	b.Add(fileio.Output{Path: m.statePath(), Data: data})
	_, err = b.Commit(context.Background())
	return s, err
}

// Dependencies reads the dependency file that Cython wrote and returns the files
// outside of the mirror that it names.
func (m *Mirror) Dependencies(depfile string) ([]string, error) {
	data, err := fileio.ReadFile(depfile)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range depNames(data) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(m.WorkDir(), name)
		}
		if !fileio.LiesIn(m.dir, name) {
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
