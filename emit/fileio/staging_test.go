package fileio

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const leftName = ".pyxlock-0123456789abcdefghijklmno.tmp"

func TestLeftOverFilesAreRemoved(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string // of a directory called leftName
		gone  bool
	}{
		{"a killed run's", map[string]string{"lock": lockText, "1": "half", "2": "", "2.old": "x"}, true},
		{"of one that was killed early", map[string]string{"lock": lockText[:10]}, true},
		{"with somebody's file", map[string]string{"lock": lockText, "1": "", "notes": "mine"}, false},
		{"with another lock file", map[string]string{"lock": "of another program", "1": ""}, false},
		{"without a lock file", map[string]string{"1": "mine"}, false},
		{"with a directory", map[string]string{"lock": lockText, "1/x": ""}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, text := range test.files {
				write(t, filepath.Join(leftName, name), text)
			}
			want := content(t, ".")
			if test.gone {
				clear(want)
			}
			want["m.pyx"] = "new"
			if _, err := batch(Output{Path: "m.pyx", Data: []byte("new")}).Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, content(t, ".")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnEmptyStagingDirectoryIsRemoved(t *testing.T) {
	t.Chdir(t.TempDir())
	names := []string{leftName, ".pyxlock-mine.tmp", leftName + "x"}
	for _, name := range names {
		if err := os.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	sweep(".")
	if d := cmp.Diff(map[string]string{names[1]: "/", names[2]: "/"}, content(t, ".")); d != "" {
		t.Error(d)
	}
}

func TestFilesOfARunAtWorkStay(t *testing.T) {
	t.Chdir(t.TempDir())
	at, err := newStaging(".")
	if err != nil {
		t.Fatal(err)
	}
	write(t, at.next(), "new")
	want := content(t, ".")
	sweep(".")
	if d := cmp.Diff(want, content(t, ".")); d != "" {
		t.Error(d)
	}
	at.remove()
	if left := content(t, "."); len(left) > 0 && left["."] != "/" {
		t.Error(left)
	}
}

// Several runs in one directory at once do not sweep each other away.
func TestRunsAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 25 {
				if _, err := batch(Output{Path: fmt.Sprint(i), Data: fmt.Append(nil, j)}).Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := content(t, "."); len(got) != 8 {
		t.Error(got)
	}
}
