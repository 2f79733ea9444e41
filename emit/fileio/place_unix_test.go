//go:build unix

package fileio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// alone runs the test in a process of its own, and reports whether this is that.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv("PYXLOCK_TEST_ALONE") != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), "PYXLOCK_TEST_ALONE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	} else if bytes.Contains(out, []byte("--- SKIP")) {
		t.Skipf("%s", out)
	}
	return false
}

// limitFileSize makes writes beyond n bytes of a file fail, as on a full disk, those
// of the testing package among them.
func limitFileSize(t *testing.T, n uint64) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Skip(err)
	}
	now := was
	now.Cur = n
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was) })
}

func TestAFullDiskChangesNothing(t *testing.T) {
	if !alone(t) {
		return
	}
	t.Chdir(t.TempDir())
	write(t, "a.pyx", "old")
	write(t, "b.pyx", "old")
	write(t, "linked.pyx", "old")
	if err := os.Link("linked.pyx", "other.pyx"); err != nil {
		t.Skip(err)
	}
	want := content(t, ".")
	big := bytes.Repeat([]byte("x"), 1<<16)
	limitFileSize(t, 1<<12)
	for _, o := range []Output{{Path: "b.pyx", Data: big}, {Path: "b.pyx", Data: big, InPlace: true}, {Path: "linked.pyx", Data: big, InPlace: true}, {Path: "d/e/new", Data: big}} {
		_, err := batch(Output{Path: "a.pyx", Data: []byte("new"), InPlace: true}, o).Commit(t.Context())
		if !errors.Is(err, syscall.EFBIG) || !strings.HasPrefix(err.Error(), o.Path+": ") {
			t.Errorf("%s: %v", o.Path, err)
		}
		if d := cmp.Diff(want, content(t, ".")); d != "" {
			t.Errorf("%s: %s", o.Path, d)
		}
	}
}

// A file that cannot be replaced is brought back where overwriting it fails half way.
func TestOverwritingIsUndone(t *testing.T) {
	if !alone(t) {
		return
	}
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "old text")
	if err := os.Link("m.pyx", "other.pyx"); err != nil {
		t.Skip(err)
	}
	want := content(t, ".")
	b := batch(Output{Path: "m.pyx", Data: bytes.Repeat([]byte("x"), 1<<16), InPlace: true})
	targets, err := b.plan()
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := stageIn(targets)
	if err != nil {
		t.Fatal(err)
	}
	defer tmp.remove()
	if err := targets[0].stage(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("m.pyx" + savedSuffix); err != nil || string(text) != "old text" {
		t.Fatalf("%q %v", text, err)
	}
	if _, err := b.plan(); err == nil || err.Error() != "m.pyx: another pyxlock is writing this file" {
		t.Error(err)
	}
	limitFileSize(t, 1<<12)
	if err := targets[0].put(); !errors.Is(err, syscall.EFBIG) {
		t.Fatal(err)
	}
	if info, err := os.Stat("m.pyx"); err != nil || info.Size() != 1<<12 {
		t.Fatal("it was not half written: ", info, err)
	}
	if err := targets[0].undo(); err != nil {
		t.Fatal(err)
	}
	tmp.remove()
	if d := cmp.Diff(want, content(t, ".")); d != "" {
		t.Error(d)
	}
}

func TestACopyThatAKilledRunLeft(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "half writ")
	write(t, "m.pyx"+savedSuffix, "half and half")
	want := content(t, ".")
	b := batch(Output{Path: "m.pyx", Data: []byte("new"), InPlace: true}, Output{Path: "other", Data: []byte("new")})
	if _, err := b.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "m.pyx: a run that was killed while it wrote this file has left the former content in m.pyx.pyxlock-saved") {
		t.Error(err)
	}
	if d := cmp.Diff(want, content(t, ".")); d != "" {
		t.Error(d)
	}
	write(t, "m.pyx", "half and half") // somebody has put it back
	if _, err := b.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(map[string]string{"m.pyx": "new", "other": "new"}, content(t, ".")); d != "" {
		t.Error(d)
	}
}

func TestAFIFOIsWrittenInto(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("fifo", 0o600); err != nil {
		t.Skip(err)
	}
	b := batch(Output{Path: "fifo", Data: []byte("new")}, Output{Path: "a", Data: []byte("new")})
	read := make(chan string)
	go func() {
		f, err := os.Open("fifo")
		if err != nil {
			t.Error(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Error(err)
		}
		read <- string(text)
	}()
	if _, err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := <-read; text != "new" {
		t.Errorf("%q", text)
	}
	if info, err := os.Lstat("fifo"); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Error(info, err)
	}
	if _, err := batch(Output{Path: "fifo", InPlace: true}).Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}

// Nobody reads: the end of the context ends the waiting, and undoes the rest.
func TestAFIFOWithoutAReader(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("fifo", 0o600); err != nil {
		t.Skip(err)
	}
	write(t, "a", "old")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := batch(Output{Path: "a", Data: []byte("new")}, Output{Path: "fifo", Data: []byte("new")}).Commit(ctx)
		failed <- err
	}()
	for { // until it has staged
		entries, err := os.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 3 {
			if _, err := os.Stat(entries[0].Name() + "/1"); err == nil {
				break
			}
		}
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// The open that waits is let go, so that the directory can be removed.
	r, err := os.OpenFile("fifo", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) != 2 {
		t.Error(entries, err)
	}
	if text, err := os.ReadFile("a"); err != nil || string(text) != "old" {
		t.Errorf("%q %v", text, err)
	}
}

func TestDescriptors(t *testing.T) {
	plant(t, map[string]string{"out": "-> /dev/stdout", "chain": "-> out", "plain": "text"})
	for path, want := range map[string]int{"/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/7": 7, "/proc/self/fd/3": 3, "chain": 1, "plain": -1, "/dev/null": -1, "": -1, "/proc/1/fd/1": -1} {
		if got, ok := descriptor(path); ok != (want >= 0) || ok && got != want {
			t.Errorf("descriptor(%s) = %v, %v", path, got, ok)
		}
	}
	for path, want := range map[string]bool{"/dev/null": true, "chain": true, "plain": false, ".": false, "none": false} {
		if got := Special(path); got != want {
			t.Errorf("Special(%s) = %v", path, got)
		}
	}
}
