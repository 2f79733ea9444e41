package fileio

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plant makes files and links ("-> target") in a new directory that becomes the
// current one, and returns its path.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for name, text := range files {
		if dest, ok := strings.CutPrefix(text, "-> "); ok {
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(dest, name); err != nil {
				t.Skip("no links here: ", err)
			}
			continue
		}
		write(t, name, text)
	}
	return dir
}

func TestBatchStaysWithin(t *testing.T) {
	files := map[string]string{
		"home/private.pyx": "secret", "src/m.pyx": "1", "src/alias.pyx": "-> m.pyx", "src/x.pyx": "-> ../home/private.pyx",
		"src/dir": "-> ../home", "link": "-> src", "out": "-> realout", "realout/pkg": "-> ../home", "realout/m.pyx": "-> ../home/private.pyx",
	}
	for _, test := range []struct {
		name, dir string
		out       Output
		want      string // the error, or the file that holds the new text
	}{
		{"a link out, in place", "src", Output{Path: "src/x.pyx", InPlace: true},
			"src/x.pyx: is not written: the link src/x.pyx leads to DIR/home/private.pyx, which is outside of DIR/src; ADVICE"},
		{"a linked directory, in place", "src", Output{Path: "src/dir/private.pyx", InPlace: true},
			"src/dir/private.pyx: is not written: the link src/dir leads to DIR/home, which is outside of DIR/src; ADVICE"},
		{"no link", "home", Output{Path: "src/m.pyx", InPlace: true}, "src/m.pyx: lies outside of DIR/home; ADVICE"},
		{"a link within", "src", Output{Path: "src/alias.pyx", InPlace: true}, "src/m.pyx"},
		{"the directory by a link", "src", Output{Path: "link/m.pyx", InPlace: true}, "src/m.pyx"},
		{"the target's directory too", "", Output{Path: "src/x.pyx", InPlace: true}, "home/private.pyx"},
		{"a linked directory of the output", "realout", Output{Path: "out/pkg/new.pyx"},
			"out/pkg/new.pyx: is not written: the link out/pkg leads to DIR/home, which is outside of DIR/realout; ADVICE"},
		{"an output directory by a link", "realout", Output{Path: "out/new.pyx"}, "realout/new.pyx"},
		{"a link that is replaced", "realout", Output{Path: "out/m.pyx"}, "realout/m.pyx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := plant(t, files)
			before := content(t, ".")
			test.out.Data = []byte("new")
			test.out.Within = &Within{Dirs: []string{filepath.Join(dir, test.dir)}, Advice: "ADVICE"}
			_, err := batch(test.out).Commit(t.Context())
			if err == nil {
				before[test.want] = "new"
			} else if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if d := cmp.Diff(before, content(t, ".")); d != "" {
				t.Error(d)
			}
		})
	}
}

// A file that a run knows by several names is edited once.
func TestBatchEditsAFileOnce(t *testing.T) {
	in := func(path, text string) Output {
		return Output{Path: path, Input: path, Data: []byte(text), InPlace: true}
	}
	files := map[string]string{"m.pyx": "old", "a.pyx": "-> m.pyx", "z.pyx": "-> m.pyx", "other.pyx": "old"}
	for _, test := range []struct {
		name    string
		outputs []Output
		want    string // of m.pyx, or the error
	}{
		{"the same text", []Output{in("a.pyx", "1"), in("m.pyx", "1"), in("z.pyx", "1")}, "1"},
		{"the file's own name decides", []Output{in("a.pyx", "by a"), in("m.pyx", "by m"), in("z.pyx", "by z")}, "by m"},
		{"only links, the same text", []Output{in("a.pyx", "1"), in("z.pyx", "1")}, "1"},
		{"only links", []Output{in("a.pyx", "by a"), in("z.pyx", "by z")}, "z.pyx: written twice: from a.pyx and from z.pyx"},
		{"a hard link", []Output{in("m.pyx", "1"), in("hard.pyx", "1")}, "1"},
		{"a hard link with other text", []Output{in("hard.pyx", "by hard"), in("m.pyx", "by m")},
			"m.pyx: is the same file as hard.pyx, by a hard link, and would get other text; break the link, or leave one of them out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			plant(t, files)
			if err := os.Link("m.pyx", "hard.pyx"); err != nil {
				t.Skip("no hard links here: ", err)
			}
			want := content(t, ".")
			_, err := batch(test.outputs...).Commit(t.Context())
			if err == nil {
				want["m.pyx"], want["hard.pyx"] = test.want, test.want
			} else if fmt.Sprint(err) != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if d := cmp.Diff(want, content(t, ".")); d != "" {
				t.Error(d)
			}
		})
	}
}
