package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit/fileio"
	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// DefaultName is that of the file where nobody gives it another.
const DefaultName = "pyxlock-baseline.json"

// format changes when a field changes its meaning, or the fingerprints do.
const format = 1

// maxSize is what a baseline may have at most.
const maxSize = 64 << 20

// Baseline is what is known of a project.
type Baseline struct {
	Version int     `json:"version"`
	Entries []Entry `json:"findings"`
	path    string
}

// Entry stands for the findings with one fingerprint. The rest is for who reads the
// file, and for the paths, which are from its directory.
type Entry struct {
	Fingerprint string `json:"fingerprint"`
	Code        string `json:"code"`
	Path        string `json:"path"`
	Scope       string `json:"scope"`
	Count       int    `json:"count"`
}

// Read reads the baseline at path.
func Read(path string) (*Baseline, error) {
	data, err := fileio.ReadFileMax(path, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such baseline: --write-baseline creates it", terminal.Path(path))
	}
	if err != nil {
		return nil, err
	}
	b := &Baseline{path: path}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("%s: this is not a baseline: --write-baseline creates one", terminal.Path(path))
	}
	if b.Version != format {
		return nil, fmt.Errorf("%s: a baseline of version %d, but this pyxlock reads version %d: --write-baseline writes it again", terminal.Path(path), b.Version, format)
	}
	return b, nil
}

// Of makes the baseline of findings, for the file at path. What cannot be left out is
// not in it. Of files of which beyond says so no name is told.
func Of(path string, list []transform.Finding, beyond func(path string) bool) *Baseline {
	b := &Baseline{Version: format, Entries: []Entry{}, path: path}
	at := map[string]int{}
	for _, f := range list {
		if !transform.MayIgnore(f) {
			continue
		}
		e := b.entry(f)
		if beyond(f.Path) {
			e.Scope = ""
		}
		i, ok := at[e.Fingerprint]
		if !ok {
			i = len(b.Entries)
			at[e.Fingerprint] = i
			b.Entries = append(b.Entries, e)
		}
		b.Entries[i].Count++
	}
	slices.SortFunc(b.Entries, func(x, y Entry) int {
		return strings.Compare(x.Path+"\x00"+x.Code+"\x00"+x.Scope+"\x00"+x.Fingerprint, y.Path+"\x00"+y.Code+"\x00"+y.Scope+"\x00"+y.Fingerprint)
	})
	return b
}

func (b *Baseline) entry(f transform.Finding) Entry {
	path := b.from(f.Path)
	return Entry{Fingerprint: report.Fingerprint(f, path), Code: f.Code, Path: path, Scope: f.Scope}
}

// from names a file from the directory of the baseline, wherever the run was started.
func (b *Baseline) from(path string) string {
	dir, err1 := filepath.Abs(filepath.Dir(b.path))
	abs, err2 := filepath.Abs(path)
	if err1 == nil && err2 == nil {
		if rel, err := filepath.Rel(dir, abs); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}

// Count is how many findings the baseline stands for.
func (b *Baseline) Count() int {
	n := 0
	for _, e := range b.Entries {
		n += e.Count
	}
	return n
}

// Split parts findings into those that are new and those that are known. Of more than the
// baseline has with one fingerprint the last are new. gone is how many of the baseline are
// no longer there, of those that would have been found: sought tells by file and code.
func (b *Baseline) Split(list []transform.Finding, sought func(path, code string) bool) (fresh, known []transform.Finding, gone int) {
	left := map[string]int{}
	for _, e := range b.Entries {
		left[e.Fingerprint] += e.Count
	}
	for _, f := range list {
		if print := b.entry(f).Fingerprint; transform.MayIgnore(f) && left[print] > 0 {
			left[print]--
			known = append(known, f)
		} else {
			fresh = append(fresh, f)
		}
	}
	for _, e := range b.Entries {
		if n := left[e.Fingerprint]; n > 0 && sought(filepath.Join(filepath.Dir(b.path), filepath.FromSlash(e.Path)), e.Code) {
			gone += n
			left[e.Fingerprint] = 0
		}
	}
	return fresh, known, gone
}

// Encode returns the text of the file, with a line for each entry, so that two people's
// changes meet in few places.
func (b *Baseline) Encode() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"version\": %d,\n  \"findings\": [", b.Version)
	for i, e := range b.Entries {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		out.Write(line)
	}
	if len(b.Entries) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteString("]\n}\n")
	return out.Bytes(), nil
}
