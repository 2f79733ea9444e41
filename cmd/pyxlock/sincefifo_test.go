//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/internal/gittest"
)

// git would wait for ever for what a pipe in the place of a .gitignore has to say.
func TestSincePipeForGitignore(t *testing.T) {
	dir := t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	gittest.Put(t, filepath.Join(dir, "src/a.pyx"), after)
	gittest.Put(t, filepath.Join(dir, "src/new.pyx"), after)
	for _, at := range []string{".gitignore", "src/.gitignore", "elsewhere/.gitignore"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, at)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(dir, at), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src")
	if code != console.Differences || !strings.Contains(out, "reported: 2 of 2 files") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// A git that says nothing has still done something.
func TestSinceGitThatDies(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	gittest.Put(t, filepath.Join(bin, "git"), "#!/bin/sh\nkill -9 $$\n")
	if err := os.Chmod(filepath.Join(bin, "git"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal(err)
	}
	if out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src"); code != console.Usage || !strings.Contains(out, "signal: killed") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
