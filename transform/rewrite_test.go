package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/emit/splice"
	"pyxlock/parser"
	"pyxlock/transform"
)

// memory is a Loader over a map.
type memory map[string][]byte

func (m memory) Read(path string) ([]byte, error) {
	if data, ok := m[path]; ok {
		return data, nil
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

func (m memory) List(dir string) (files, dirs []string) {
	for path := range m {
		for at := path; at != "."; at = filepath.Dir(at) {
			switch {
			case filepath.Dir(at) != dir:
			case at == path:
				files = append(files, filepath.Base(at))
			default:
				dirs = append(dirs, filepath.Base(at))
			}
		}
	}
	return files, dirs
}

// goldens returns the sources of all goldens, by archive and path.
func goldens(tb testing.TB) map[string]memory {
	tb.Helper()
	all := map[string]memory{}
	err := filepath.WalkDir(filepath.Join("..", "testdata"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
			return err
		}
		ar, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		files := memory{}
		for _, f := range ar.Files {
			if rest, ok := strings.CutPrefix(f.Name, "in/"); ok {
				files[rest] = f.Data
			}
		}
		all[path] = files
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func expand(files memory, inputs []string, layout transform.Layout) (map[string][]byte, *transform.Result, error) {
	p := transform.NewProject(files, transform.Options{Layout: layout, Roots: []string{"."}})
	res, err := p.Run(context.Background(), inputs, 1)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range res.Findings {
		if !f.Warning {
			return nil, res, nil
		}
	}
	out := map[string][]byte{}
	for _, rw := range res.Rewrites {
		var text []byte
		if layout == transform.Aligned {
			text, _, err = splice.Aligned(rw)
		} else {
			text, _, err = splice.Apply(rw.Src, rw.Edits)
		}
		if err != nil {
			return nil, res, fmt.Errorf("%s: %w", rw.Path, err)
		}
		out[rw.Path] = text
	}
	return out, res, nil
}

// check expands one file in both layouts: the output parses where the input
// does, and expanding it again changes nothing.
func check(t *testing.T, name string, src []byte) {
	_, bad := parser.Parse(src, parser.Options{Name: name, Pure: filepath.Ext(name) == ".py"})
	for _, layout := range []transform.Layout{transform.Readable, transform.Aligned} {
		out, _, err := expand(memory{name: src}, []string{name}, layout)
		if err != nil {
			t.Fatalf("layout %d: %v\n%s", layout, err, src)
		}
		if out == nil || len(bad) > 0 {
			continue
		}
		text := out[name]
		if _, errs := parser.Parse(text, parser.Options{Name: name, Pure: filepath.Ext(name) == ".py"}); len(errs) > 0 {
			t.Fatalf("layout %d: the output does not parse: %d:%d: %s\n%s\n---- from\n%s", layout, errs[0].Line, errs[0].Column, errs[0].Msg, text, src)
		}
		again, _, err := expand(memory{name: text}, []string{name}, layout)
		if err != nil {
			t.Fatalf("layout %d, again: %v\n%s", layout, err, text)
		}
		if again != nil && !bytes.Equal(again[name], text) {
			t.Fatalf("layout %d: expanding the output changes it:\n%s\n---- to\n%s", layout, text, again[name])
		}
	}
}

func FuzzRewrite(f *testing.F) {
	for _, files := range goldens(f) {
		for name, data := range files {
			if ext := filepath.Ext(name); ext == ".pyx" || ext == ".py" || ext == ".pxi" {
				f.Add(data, ext == ".py")
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, pure bool) {
		name := "m.pyx"
		if pure {
			name = "m.py"
		}
		check(t, name, src)
	})
}

// Cut anywhere, no input makes it panic or write what does not parse.
func TestTruncatedInput(t *testing.T) {
	for _, files := range goldens(t) {
		for name, data := range files {
			ext := filepath.Ext(name)
			if ext != ".pyx" && ext != ".py" {
				continue
			}
			for cut := len(data); cut >= 0; cut -= 1 + len(data)/40 {
				check(t, "m"+ext, data[:cut])
			}
		}
	}
}

// manyJobs returns the numbers of goroutines that are tried: one, and three that are more or, for the
// race detector, which sees nothing in one and needs no other result to compare with, one of those.
func manyJobs() []int {
	if testing.Short() {
		return []int{4}
	}
	return []int{1, 4, 7, 10}
}

// The order and the number of goroutines change nothing.
func TestOneResultWhateverTheJobs(t *testing.T) {
	for path, files := range goldens(t) {
		var names []string
		for n := range files {
			if ext := filepath.Ext(n); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" || ext == ".py" {
				names = append(names, n)
			}
		}
		var first string
		for i, jobs := range manyJobs() {
			p := transform.NewProject(files, transform.Options{Roots: []string{"."}})
			res, err := p.Run(context.Background(), names, jobs)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, f := range res.Findings {
				fmt.Fprintln(&got, f.Path, f.Line, f.Column, f.Code, f.Message)
			}
			for _, rw := range res.Rewrites {
				if len(res.Findings) > 0 {
					break // nothing is written then
				}
				fmt.Fprintln(&got, rw.Path, rw.Edits)
			}
			if i == 0 {
				first = got.String()
			} else if got.String() != first {
				t.Errorf("%s: another result with %d jobs:\n%s\n----\n%s", path, jobs, first, got.String())
			}
		}
	}
}

// A file that names no lock passes without being parsed.
func BenchmarkPassThrough(b *testing.B) {
	line := []byte("    cdef double value = self.entries[index] + other.entries[index]  # no word of ours\n")
	src := append([]byte("cimport numpy\nfrom libc.math cimport sin, cos\n"), bytes.Repeat(line, 50_000)...)
	files := memory{"m.pyx": src}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		p := transform.NewProject(files, transform.Options{})
		res, err := p.Run(context.Background(), []string{"m.pyx"}, 1)
		if err != nil || res.Rewrites[0].Changed() {
			b.Fatal(err, "changed")
		}
	}
}
