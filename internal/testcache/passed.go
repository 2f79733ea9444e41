package testcache

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A test is what [Cache.Passed] needs of a testing.TB.
type test interface {
	Name() string
	Failed() bool
	Skipped() bool
	Cleanup(func())
	Log(args ...any)
}

// Passed reports whether a test has passed with the same key before, and need not
// be run; where it has not, that it passes now is kept. It is for tests that come
// to the same end each time: not for those with threads, or that depend on time.
func (c *Cache) Passed(t test, k Key) bool {
	k = NewHash("test passed").Text("test", t.Name()).Key("of", k).Sum()
	if c.Has(k) {
		t.Log("unchanged: it has passed with the same inputs before")
		return true
	}
	t.Cleanup(func() {
		if !t.Failed() && !t.Skipped() {
			c.Put(k, nil)
		}
	})
	return false
}

// Self adds the program that is running: a test with all code that it calls.
func (h *Hash) Self() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	what, err := contents(exe)
	h.Text("self", what)
	return err
}

// Where and by whom tests are started makes no difference to them.
var noDifference = []string{"_", "COLUMNS", "CONTAINER_NAME", "HOSTNAME", "LINES", "MAKEFLAGS", "MAKELEVEL", "MAKE_TERMERR", "MAKE_TERMOUT", "MFLAGS", "OLDPWD", "PWD",
	"PYXLOCK_TEST_CACHE", "PYXLOCK_TEST_STEPS", "SHLVL", "TERM", "WINDOWID", "XDG_CACHE_HOME"}

// Environment adds the variables that programs find.
func (h *Hash) Environment() *Hash {
	var variables []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !slices.Contains(noDifference, name) && !strings.HasPrefix(name, "SSH_") && !strings.HasPrefix(name, "XDG_SESSION") {
			variables = append(variables, variable)
		}
	}
	slices.Sort(variables)
	return h.Text("environment", variables...)
}

// Path adds a file, or all files below a folder, by their bytes.
func (h *Hash) Path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return h.tree(path, path, contents)
	}
	what, err := contents(path)
	h.Text(path, what)
	return err
}

// Checkout adds files of a git checkout, those below the given folders in it: what
// is committed, and what is new, but nothing that git ignores. A folder that has no
// file is an error.
func (h *Hash) Checkout(root string, below ...string) error {
	for _, dir := range below {
		listed, err := exec.Command("git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard", "--", dir).Output()
		if err != nil {
			return err
		}
		files := map[string]string{}
		for _, name := range strings.FieldsFunc(string(listed), func(r rune) bool { return r == 0 }) {
			if _, err := os.Lstat(filepath.Join(root, name)); err != nil {
				continue // deleted since
			}
			if files[name], err = contents(filepath.Join(root, name)); err != nil {
				return err
			}
		}
		if len(files) == 0 {
			return &os.PathError{Op: "hash", Path: dir, Err: os.ErrNotExist}
		}
		h.Files(dir, files)
	}
	return nil
}
