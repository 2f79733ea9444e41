package testcache

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A fake is a test that ends as it is told.
type fake struct {
	failed, skipped bool
	cleanup         []func()
}

func (f *fake) Name() string     { return "TestFake" }
func (f *fake) Failed() bool     { return f.failed }
func (f *fake) Skipped() bool    { return f.skipped }
func (f *fake) Cleanup(g func()) { f.cleanup = append(f.cleanup, g) }
func (f *fake) Log(...any)       {}

// run runs the fake, if it is not left out, and reports that.
func (f *fake) run(c *Cache, k Key) bool {
	if c.Passed(f, k) {
		return false
	}
	for _, g := range f.cleanup {
		g()
	}
	return true
}

// Only what passed is left out, and only where its inputs are the same.
func TestPassed(t *testing.T) {
	c := open(t)
	for _, step := range []struct {
		name string
		fake fake
		key  string
		runs bool
	}{
		{"fails", fake{failed: true}, "a", true},
		{"is skipped", fake{skipped: true}, "a", true},
		{"passes", fake{}, "a", true},
		{"is unchanged", fake{}, "a", false},
		{"has other inputs", fake{}, "b", true},
	} {
		if got := step.fake.run(c, key(step.key)); got != step.runs {
			t.Errorf("%s: run: %v", step.name, got)
		}
	}
	if f := (&fake{}); !f.run(nil, key("a")) {
		t.Error("without a cache it is left out")
	}
}

func TestEnvironment(t *testing.T) {
	sum := func() Key { return NewHash("x").Environment().Sum() }
	before := sum()
	t.Setenv("SHLVL", "17")
	if sum() != before {
		t.Error("the shell's level counts")
	}
	t.Setenv("CFLAGS", "-O17")
	if sum() == before {
		t.Error("the compiler's flags do not count")
	}
}

// What git ignores does not count; what is new does.
func TestCheckout(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "--quiet", dir).CombinedOutput(); err != nil {
		t.Skipf("git: %s", out)
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sum := func() Key {
		t.Helper()
		h := NewHash("x")
		if err := h.Checkout(dir, "a"); err != nil {
			t.Fatal(err)
		}
		return h.Sum()
	}
	write(".gitignore", "*.so\n")
	write("a/file", "1")
	before := sum()
	write("a/file.so", "1")
	write("b/file", "1")
	if sum() != before {
		t.Error("what is ignored, or elsewhere, counts")
	}
	write("a/new", "")
	if sum() == before {
		t.Error("a new file does not count")
	}
	write("a/file", "2")
	if err := os.Remove(filepath.Join(dir, "a/new")); err != nil {
		t.Fatal(err)
	}
	if sum() == before {
		t.Error("a change does not count")
	}
	if NewHash("x").Checkout(dir, "nowhere") == nil {
		t.Error("a folder that is not there is no error")
	}
}
