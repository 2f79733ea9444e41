package fileio

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func depfile(t *testing.T, outputs, deps []string) string {
	t.Helper()
	b, err := Depfile(outputs, deps)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDepfile(t *testing.T) {
	for _, tt := range []struct {
		outputs, deps []string
		want          string
	}{
		{[]string{"b", "a", "b"}, []string{"y", "x", "y"}, "b a: x y\n"},
		{[]string{"a"}, nil, "a:\n"},
		{[]string{"a"}, []string{"b c", "d$", "e#", `f\g`, `h\ i`, "j:k", "C:/l", `c:\m`}, `a: C:/l b\ c c:\m d$$ e\# f\g h\\\ i j\:k` + "\n"},
	} {
		if got := depfile(t, tt.outputs, tt.deps); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
	if _, err := Depfile(nil, nil); err == nil {
		t.Error("no output is no error")
	}
	if _, err := Depfile([]string{"a\nb"}, nil); err == nil {
		t.Error("a line break is no error")
	}
}

var oddNames = []string{"plain", "with space", "two  spaces", " leading", "do$$llar$", "ha#sh", "#", `back\slash`, `back\ space`, "é日", "co:lon", "(x)", "-d", "{a,b}", "x@y"}

// TestNinjaReadsDepfile asks ninja which files it found in a depfile.
func TestNinjaReadsDepfile(t *testing.T) {
	ninja, err := exec.LookPath("ninja")
	if err != nil {
		t.Skip("ninja is not on PATH")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range oddNames {
		write(n, "")
	}
	write("out.d.in", depfile(t, []string{"out"}, oddNames))
	write("build.ninja", "rule cp\n  command = cp out.d.in out.d && touch out\n  depfile = out.d\n  deps = gcc\nbuild out: cp\n")
	run := func(args ...string) string {
		cmd := exec.Command(ninja, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("ninja %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run()
	var got []string
	for _, l := range strings.Split(run("-t", "deps", "out"), "\n")[1:] {
		if name, ok := strings.CutPrefix(l, "    "); ok {
			got = append(got, name)
		}
	}
	want := slices.Sorted(slices.Values(oddNames))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("ninja reads %q\nwant        %q", got, want)
	}
}

// TestMakeReadsDepfile has make remake an output for each dependency in turn.
func TestMakeReadsDepfile(t *testing.T) {
	gmake, err := exec.LookPath("make")
	if err != nil {
		t.Skip("make is not on PATH")
	}
	for _, name := range oddNames {
		dir := t.TempDir()
		for file, text := range map[string]string{
			name:       "",
			"Makefile": "out:\n\t@touch out; echo made\ninclude out.d\n",
			"out.d":    depfile(t, []string{"out"}, []string{name}),
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range []string{"made", "up to date"} {
			cmd := exec.Command(gmake, "out")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%q, run %d: %v %s", name, i+1, err, out)
			}
		}
		// Without the file make must complain: it does depend on it.
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(gmake, "out")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("%q: make does not miss it: %s", name, out)
		}
	}
}
