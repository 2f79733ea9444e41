package testcache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T) *Cache {
	t.Helper()
	c, err := In(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func key(text string) Key { return NewHash("test").Text("text", text).Sum() }

func TestKeepsWhatIsPut(t *testing.T) {
	c := open(t)
	if c.Has(key("a")) {
		t.Error("an empty cache has something")
	}
	c.Put(key("a"), []byte("made"))
	c.Put(key("b"), nil)
	if data, ok := c.Get(key("a")); !ok || string(data) != "made" {
		t.Errorf("%v %q", ok, data)
	}
	if !c.Has(key("b")) || c.Has(key("c")) {
		t.Error("b should be there, and c not")
	}
	again, err := In(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, ok := again.Get(key("a")); !ok || string(data) != "made" {
		t.Errorf("another process: %v %q", ok, data)
	}
}

// Parts that differ give keys that differ, however they are cut up.
func TestKeysDiffer(t *testing.T) {
	seen := map[Key]string{}
	for name, k := range map[string]Key{
		"nothing":        NewHash("x").Sum(),
		"other kind":     NewHash("y").Sum(),
		"ab":             NewHash("x").Text("p", "ab").Sum(),
		"a, b":           NewHash("x").Text("p", "a", "b").Sum(),
		"a; b":           NewHash("x").Text("p", "a").Text("p", "b").Sum(),
		"other name":     NewHash("x").Text("q", "ab").Sum(),
		"no text":        NewHash("x").Text("p").Sum(),
		"empty text":     NewHash("x").Text("p", "").Sum(),
		"files":          NewHash("x").Files("p", map[string]string{"a": "1", "b": "2"}).Sum(),
		"files, swapped": NewHash("x").Files("p", map[string]string{"a": "2", "b": "1"}).Sum(),
		"files, one":     NewHash("x").Files("p", map[string]string{"a": "1b2"}).Sum(),
		"a key":          NewHash("x").Key("p", key("")).Sum(),
	} {
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[k] = name
	}
}

// An entry that was cut off, or changed, is no entry, and goes.
func TestDamage(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{
		"empty":   func([]byte) []byte { return nil },
		"cut off": func(data []byte) []byte { return data[:len(data)-3] },
		"changed": func(data []byte) []byte { data[len(data)-6] ^= 1; return data },
	} {
		c := open(t)
		c.Put(key("a"), bytes.Repeat([]byte("made"), 1000))
		data, err := os.ReadFile(c.path(key("a")))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path(key("a")), harm(data), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.Get(key("a")); ok {
			t.Errorf("%s: still an entry", name)
		}
		if c.Has(key("a")) {
			t.Errorf("%s: it stays", name)
		}
	}
}

// Many may write and read the same entries.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 4 {
		c, err := In(dir)
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			for i := range 50 {
				k := key(fmt.Sprint(i % 5))
				want := bytes.Repeat([]byte{byte(i % 5)}, 10000)
				if data, ok := c.Get(k); ok && !bytes.Equal(data, want) {
					t.Error("half an entry")
				}
				c.Put(k, want)
			}
		})
	}
	wait.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTrim(t *testing.T) {
	c := open(t)
	now := time.Now()
	for name, age := range map[string]time.Duration{"new": 0, "used": 13 * 24 * time.Hour, "old": 15 * 24 * time.Hour} {
		c.Put(key(name), nil)
		if err := os.Chtimes(c.path(key(name)), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(c.dir, "ccache", "0", "entry")
	if err := os.MkdirAll(filepath.Dir(other), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, make([]byte, 2<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, now.Add(-15*24*time.Hour), now.Add(-15*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.trim(now, 1<<20)
	if _, err := os.Stat(other); err != nil {
		t.Error("what ccache keeps is its own business: ", err)
	}
	if c.Has(key("old")) || !c.Has(key("new")) {
		t.Error("what is old should be gone, and what is new not")
	}
	info, err := os.Stat(c.path(key("used")))
	if err != nil {
		t.Fatal(err)
	}
	// Has makes it new, so that the other one goes first.
	if !c.Has(key("used")) {
		t.Error("used is gone")
	}
	if err := os.Chtimes(c.path(key("new")), now.Add(-time.Hour), now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.trim(now, info.Size())
	if !c.Has(key("used")) || c.Has(key("new")) {
		t.Error("with too many bytes, what was not used for longest should go")
	}
	if _, err := os.Stat(filepath.Join(c.dir, "README")); err != nil {
		t.Error(err)
	}
}

func TestOff(t *testing.T) {
	t.Setenv("PYXLOCK_TEST_CACHE", "off")
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	c.Put(key("a"), nil)
	if c.Has(key("a")) {
		t.Error("it keeps something")
	}
	t.Setenv("PYXLOCK_TEST_CACHE", "some/where")
	if _, err := Open(); err == nil {
		t.Error("a relative path is taken")
	}
	t.Setenv("PYXLOCK_TEST_CACHE", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if c, err := Open(); err != nil || filepath.Dir(c.dir) != os.Getenv("XDG_CACHE_HOME") {
		t.Errorf("%v %v", c, err)
	}
}
