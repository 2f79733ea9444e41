package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"pyxlock/cmd/pyxlock/internal/console"
)

func TestSinceNeedsGit(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("m.pyx", []byte("x = 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(".git", 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"check", "--since=HEAD", "m.pyx"}, strings.NewReader(""), &out, &errs); code != console.Usage {
		t.Errorf("exit code %d", code)
	}
	if got, want := errs.String(), "pyxlock: --since needs the git command, which is not on PATH\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
