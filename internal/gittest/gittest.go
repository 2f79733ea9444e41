// Package gittest makes git repositories for tests.
package gittest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// Repo makes a repository in a directory, with the files of an archive committed.
func Repo(t *testing.T, dir, archive string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	none := filepath.Join(t.TempDir(), "none")
	Put(t, none, "")
	t.Setenv("GIT_CONFIG_GLOBAL", none)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+role+"_NAME", "nobody")
		t.Setenv("GIT_"+role+"_EMAIL", "nobody@example.invalid")
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		Put(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	Run(t, dir, "init", "-q", "-b", "main", ".")
	CommitAll(t, dir)
}

// CommitAll commits what is in a work tree.
func CommitAll(t *testing.T, dir string) {
	t.Helper()
	Run(t, dir, "add", ".")
	Run(t, dir, "commit", "-q", "-m", "all")
}

// Run runs git in a directory and returns what it prints.
func Run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Put writes a file, and makes its directory.
func Put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
