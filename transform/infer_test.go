package transform_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/transform"
)

// Each archive in testdata/infer has methods without lock decorators. The line
// of a method's name ends in the locks that it should get:
//
//	def f(self, Box other):  # infer: read other=write
//
// The first word is about the first parameter: none, read or write. Parameters
// that are not named are not to be locked.
func TestInferredLocks(t *testing.T) {
	archives, err := filepath.Glob(filepath.Join("..", "testdata", "infer", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives:", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := memory{}
			for _, f := range ar.Files {
				if rest, ok := strings.CutPrefix(f.Name, "in/"); ok {
					files[rest] = f.Data
				}
			}
			asked := 0
			for name, src := range files {
				if filepath.Ext(name) == ".pxd" {
					continue
				}
				asked += checkInferred(t, files, name, src)
			}
			if asked == 0 {
				t.Error("nothing says what to infer")
			}
		})
	}
}

// checkInferred compares what the model says of a module's functions with the
// comments on their lines, and returns how many there are.
func checkInferred(t *testing.T, files memory, name string, src []byte) int {
	t.Helper()
	const mark = "# infer:"
	left := bytes.Count(src, []byte(mark))
	asked := left
	p := transform.NewProject(files, transform.Options{Roots: []string{"."}, Scope: func() ([]string, error) { return slices.Sorted(maps.Keys(files)), nil }})
	for _, l := range transform.LocksOf(p, name) {
		if l.Path != name {
			continue
		}
		line := src[l.Pos:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		_, comment, ok := strings.Cut(string(line), mark)
		if !ok {
			continue
		}
		left--
		want := strings.Fields(comment)
		slices.Sort(want[1:])
		got := []string{"none"}
		if l.Refused {
			got[0] = "refused"
		}
		// The first parameter comes first in the def's line.
		open := strings.IndexByte(string(line), '(') + 1
		end := strings.IndexAny(string(line[open:]), ",:=)") + open
		first := strings.Fields(string(line[open:end]))
		for _, h := range l.Holds {
			md := "read"
			if h.Write {
				md = "write"
			}
			if len(first) > 0 && h.Path[0] == first[len(first)-1] {
				got[0] = md
			} else {
				got = append(got, strings.Join(h.Path, ".")+"="+md)
			}
		}
		slices.Sort(got[1:])
		if !slices.Equal(got, want) {
			n := 1 + bytes.Count(src[:l.Pos], []byte("\n"))
			t.Errorf("%s:%d: got %s: %s", name, n, strings.Join(got, " "), strings.TrimSpace(string(line)))
		}
	}
	if left != 0 {
		t.Errorf("%s: %d comments are on no function", name, left)
	}
	return asked
}
