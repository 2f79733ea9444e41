package fileio

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// content reads a whole tree: name → content, "-> target" for a link, "/" for
// a directory without anything in it.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir():
			if list, _ := os.ReadDir(path); len(list) == 0 {
				m[name] = "/"
			}
		case d.Type()&fs.ModeSymlink != 0:
			dest, _ := os.Readlink(path)
			m[name] = "-> " + dest
		default:
			data, err := os.ReadFile(path)
			m[name] = string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func batch(outputs ...Output) *Batch {
	b := new(Batch)
	for _, o := range outputs {
		b.Add(o)
	}
	return b
}

func TestBatchWrites(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "old", "1")
	write(t, "same", "2")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, n := range []string{"old", "same"} {
		if err := errors.Join(os.Chmod(n, 0o750), os.Chtimes(n, past, past)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := batch(Output{Path: "same", Data: []byte("2")}, Output{Path: "d/e/new", Data: []byte("3")},
		Output{Path: "old", Data: []byte("4")}, Output{Path: "d/empty"}).Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Written{{"d/e/new", Created}, {"d/empty", Created}, {"old", Updated}, {"same", Unchanged}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"d/e/new": "3", "d/empty": "", "old": "4", "same": "2"}, content(t, ".")); d != "" {
		t.Error(d)
	}
	for n, same := range map[string]bool{"old": false, "same": true} {
		info, err := os.Stat(n)
		if err != nil || info.Mode().Perm() != 0o750 || info.ModTime().Equal(past) != same {
			t.Errorf("%s: %v %v %v", n, info.Mode(), info.ModTime(), err)
		}
	}
}

func TestBatchGivesNewFilesTheUsualMode(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "usual", "")
	if _, err := batch(Output{Path: "new", Data: []byte("x")}).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, _ := os.Stat("usual")
	b, _ := os.Stat("new")
	if a.Mode() != b.Mode() {
		t.Errorf("mode %v, want %v", b.Mode(), a.Mode())
	}
}

func TestBatchRefuses(t *testing.T) {
	tests := []struct {
		name    string
		files   map[string]string // as content returns them
		inputs  []string
		outputs []Output
		want    string // the error; several joined by " | "
	}{
		{"two inputs for one output", nil, nil,
			[]Output{{Path: "o/m.pyx", Input: "a/m.pyx"}, {Path: "x", Input: "x"}, {Path: "o/../o/m.pyx", Input: "b/m.pyx"}},
			"o/m.pyx: written twice: from b/m.pyx and from a/m.pyx"},
		{"two runtimes that differ", nil, nil,
			[]Output{{Path: "o/m", Data: []byte("1")}, {Path: "o/m", Data: []byte("2"), Input: "m"}},
			"o/m: written twice: from a generated file and from m"},
		{"an input", map[string]string{"m.pyx": "1"}, []string{"./m.pyx"},
			[]Output{{Path: "m.pyx", Data: []byte("2"), Input: "m.pyx"}},
			"m.pyx: the output would overwrite an input file"},
		{"an input through a linked directory", map[string]string{"src/m.pyx": "1", "out": "-> src"}, []string{"src/m.pyx"},
			[]Output{{Path: "out/m.pyx", Data: []byte("2"), Input: "src/m.pyx"}},
			"out/m.pyx: the output would overwrite an input file"},
		{"a directory", map[string]string{"m.pyx/x": "1"}, nil, []Output{{Path: "m.pyx"}}, "m.pyx: is a directory"},
		{"a file for a directory", map[string]string{"o": "1"}, nil, []Output{{Path: "o/m.pyx"}, {Path: "o/p/m.pyx"}},
			"o/m.pyx: DIR/o is not a directory | o/p/m.pyx: a file is in the place of the directory DIR/o/p"},
		{"a file and a directory", nil, nil, []Output{{Path: "o"}, {Path: "o/p"}}, "o: cannot be a file: o/p is written into it"},
		{"read-only", map[string]string{"m.pyx": "r"}, nil, []Output{{Path: "m.pyx", Data: []byte("x")}}, "m.pyx: is read-only"},
		{"a link to nowhere, in place", map[string]string{"m.pyx": "-> none"}, nil, []Output{{Path: "m.pyx", InPlace: true}},
			"m.pyx: is a link that leads nowhere"},
		{"a directory link to nowhere", map[string]string{"o": "-> none"}, nil, []Output{{Path: "o/m.pyx"}},
			"o/m.pyx: DIR/o is a link that leads nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, text := range tt.files {
				if dest, ok := strings.CutPrefix(text, "-> "); ok {
					if err := os.Symlink(dest, name); err != nil {
						t.Skip(err)
					}
					continue
				}
				write(t, name, text)
				if text == "r" {
					if err := os.Chmod(name, 0o444); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := content(t, ".")
			b := batch(tt.outputs...)
			b.Add(Output{Path: "zz/other", Data: []byte("x")})
			b.AddInput(tt.inputs...)
			wd, _ := os.Getwd()
			for _, f := range []func() error{b.Check, func() error { _, err := b.Commit(t.Context()); return err }} {
				got := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprint(f()), wd, "DIR"), "\n", " | ")
				if got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			}
			if d := cmp.Diff(before, content(t, ".")); d != "" {
				t.Errorf("written: %s", d)
			}
		})
	}
}

func TestBatchTakesTheSameOutputTwice(t *testing.T) {
	t.Chdir(t.TempDir())
	same := Output{Path: "o/pyxlock.pxd", Data: []byte("1")}
	got, err := batch(same, same).Commit(t.Context())
	if err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

func TestBatchAndLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "src/m.pyx", "1")
	write(t, "src/n.pyx", "1")
	for name, dest := range map[string]string{"link.pyx": "src/m.pyx", "out": "real", "real/n.pyx": "../src/n.pyx", "real/gone.pyx": "none"} {
		_ = os.MkdirAll(filepath.Dir(name), 0o777)
		if name == "out" {
			_ = os.MkdirAll("real", 0o777)
		}
		if err := os.Symlink(dest, name); err != nil {
			t.Skip(err)
		}
	}
	b := batch(
		Output{Path: "link.pyx", Data: []byte("in place"), InPlace: true, Input: "link.pyx"},
		Output{Path: "out/n.pyx", Data: []byte("out of place"), Input: "src/n.pyx"},
		Output{Path: "out/gone.pyx", Data: []byte("new")})
	b.AddInput("link.pyx", "src/n.pyx")
	if _, err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"link.pyx": "-> src/m.pyx", "src/m.pyx": "in place", // the link stays
		"real/n.pyx": "out of place", "src/n.pyx": "1", // the link goes, its target stays
		"real/gone.pyx": "new", "out": "-> real",
	}
	if d := cmp.Diff(want, content(t, ".")); d != "" {
		t.Error(d)
	}
}

// TestBatchUndoes lets a rename fail in the middle, which takes a directory
// that appears after the check, and expects everything as it was.
func TestBatchUndoes(t *testing.T) {
	t.Chdir(t.TempDir())
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	names := []string{"a", "new/b", "c", "d", "e"}
	write(t, "a", "old a")
	write(t, "e", "old e")
	if err := errors.Join(os.Chtimes("a", past, past), os.Chmod("a", 0o640), os.Symlink("a", "c")); err != nil {
		t.Fatal(err)
	}
	before := content(t, ".")
	var targets []*target
	b := new(Batch)
	for _, n := range names {
		b.Add(Output{Path: n, Data: []byte("new " + n)})
	}
	targets, err := b.plan()
	if err != nil {
		t.Fatal(err)
	}
	sort.Slice(targets, func(i, j int) bool { return targets[i].Path < targets[j].Path })
	made, err := makeDirs(targets)
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := stageIn(targets)
	if err != nil {
		t.Fatal(err)
	}
	for _, tg := range targets {
		if err := tg.stage(); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "d/in the way", "")
	for _, tg := range targets {
		err := tg.put()
		if tg.Path == "d" {
			if err == nil {
				t.Fatal("the rename did not fail")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tg := range targets {
		if err := tg.undo(); err != nil {
			t.Error(err)
		}
	}
	tmp.remove()
	for _, d := range made {
		_ = os.Remove(d)
	}
	_ = os.RemoveAll("d")
	if d := cmp.Diff(before, content(t, ".")); d != "" {
		t.Error(d)
	}
	if info, err := os.Stat("a"); err != nil || !info.ModTime().Equal(past) || info.Mode().Perm() != 0o640 {
		t.Error(info, err)
	}
}

func TestBatchThatEndsEarlyLeavesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "old", "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := batch(Output{Path: "old", Data: []byte("2")}, Output{Path: "d/e/new"})
	if _, err := b.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if d := cmp.Diff(map[string]string{"old": "1"}, content(t, ".")); d != "" {
		t.Error(d)
	}
}

func TestBatchInADirectoryThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	t.Chdir(t.TempDir())
	write(t, "d/m.pyx", "1")
	if err := os.Chmod("d", 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod("d", 0o777) })
	b := batch(Output{Path: "a", Data: []byte("1")}, Output{Path: "d/m.pyx", Data: []byte("2")})
	if _, err := b.Commit(t.Context()); !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "d/m.pyx: ") {
		t.Error(err)
	}
	if d := cmp.Diff(map[string]string{"d/m.pyx": "1"}, content(t, ".")); d != "" {
		t.Error(d)
	}
}

func TestBatchOfManyFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	b := new(Batch)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				b.Add(Output{Path: fmt.Sprintf("d%d/%d", j%7, i*50+j), Data: fmt.Append(nil, i, j)})
			}
		})
	}
	wg.Wait()
	for _, want := range []Status{Created, Unchanged} {
		got, err := b.Commit(t.Context())
		if err != nil || len(got) != 400 {
			t.Fatal(len(got), err)
		}
		for i, w := range got {
			if w.Status != want || i > 0 && got[i-1].Path >= w.Path {
				t.Fatal(i, w)
			}
		}
	}
	if n := len(content(t, ".")); n != 400 {
		t.Errorf("%d files", n)
	}
}

func TestStatusString(t *testing.T) {
	if s := fmt.Sprint(Unchanged, Updated, Created); s != "unchanged updated created" {
		t.Error(s)
	}
}

// write makes a file and its directories.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
