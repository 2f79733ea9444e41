package exclude

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pyxlock/emit/fileio"
	"pyxlock/internal/gittest"
)

// What git lists is the truth, in all forms of the index.
func TestTrackedFiles(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for _, version := range []string{"2", "3", "4"} {
			t.Run(format+"/"+version, func(t *testing.T) {
				t.Setenv("GIT_DEFAULT_HASH", format)
				dir := fileio.Real(t.TempDir())
				long := strings.Repeat("long/", 60) + "n.pxi"
				gittest.Repo(t, dir, "-- a.pyx --\n-- src/a.pyx --\n-- src/ab.pyx --\n-- src/ü.pyx --\n-- src/sub/readme --\n-- "+long+" --\n")
				gittest.Run(t, dir, "update-index", "--index-version", version)
				if version == "3" { // which git writes where there is need
					gittest.Put(t, filepath.Join(dir, "later.pyx"), "")
					gittest.Run(t, dir, "add", "--intent-to-add", "later.pyx")
				}
				tracked := &trackedFiles{top: dir}
				tracked.load()
				if want := strings.Split(gittest.Run(t, dir, "-c", "core.quotePath=false", "ls-files"), "\n"); !slices.Equal(tracked.names, want) {
					t.Errorf("%q, git lists %q", tracked.names, want)
				}
				for name, want := range map[string]bool{"a.pyx": true, "b.pyx": false, "src/a": false, "src/ab.pyx": true, "src": false, "long/long": false} {
					if tracked.has(filepath.Join(dir, name), false) != want {
						t.Errorf("%s: has is %v", name, !want)
					}
				}
				for name, sources := range map[string]bool{"src": true, "src/sub": false, "long/long": true, ".": true} {
					if at := filepath.Join(dir, name); !tracked.has(at, true) || tracked.hasSources(at) != sources {
						t.Errorf("%s: has is %v, hasSources is %v", name, tracked.has(at, true), tracked.hasSources(at))
					}
				}
				if tracked.has(filepath.Join(dir, "sr"), true) || tracked.has(filepath.Dir(dir), true) {
					t.Error("what is no directory of the repository is tracked")
				}
			})
		}
	}
}

// A split index has most of its entries in another file.
func TestTrackedFilesOfASplitIndex(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Setenv("GIT_DEFAULT_HASH", format)
		dir := fileio.Real(t.TempDir())
		gittest.Repo(t, dir, "-- a.pyx --\n-- b.pyx --\n-- c.pyx --\n")
		gittest.Run(t, dir, "-c", "splitIndex.maxPercentChange=100", "update-index", "--split-index")
		gittest.Put(t, filepath.Join(dir, "b.pyx"), "x = 1\n")
		gittest.Put(t, filepath.Join(dir, "bb.pyx"), "x = 1\n")
		gittest.Run(t, dir, "-c", "splitIndex.maxPercentChange=100", "add", ".")
		tracked := &trackedFiles{top: dir}
		tracked.load()
		if shared, err := filepath.Glob(filepath.Join(dir, ".git", "sharedindex.*")); err != nil || len(shared) == 0 {
			t.Fatal("the index is not split")
		}
		if want := []string{"a.pyx", "b.pyx", "bb.pyx", "c.pyx"}; !slices.Equal(slices.Compact(tracked.names), want) {
			t.Errorf("%s: %q", format, tracked.names)
		}
	}
}

// An index is a file like any other, and may hold anything.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x01" + strings.Repeat("\x00", 100)))
	f.Add([]byte("DIRC\x00\x00\x00\x02\xff\xff\xff\xff"))
	f.Add([]byte("link\x00\x00\x00\x14"))
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00link\x00\x00\x00\x14" + strings.Repeat("h", 40)))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, _ := parseIndex(data)
		_ = sharedIndex(data)
		if len(names)*20 > len(data) {
			t.Errorf("%d names in %d bytes", len(names), len(data))
		}
	})
}
