// Package testcache keeps what slow programs made of an input from one run of
// the tests to the next: that Cython compiled it, the C code, the extension
// module that a compiler made of that.
//
// An entry is found by a [Key], the hash of everything that it depends on: the
// bytes of all inputs, the options, and the identity of the programs and of the
// headers (see [Program], [Compiler]). So nothing is ever out of date, and
// nothing has to be thrown away after a change. Only what worked is kept:
// failures are computed, and told, every time.
//
// The cache is in pyxlock-test in the user's cache folder ($XDG_CACHE_HOME,
// ~/.cache), outside of the checkouts, which share it. PYXLOCK_TEST_CACHE names
// another folder, or is "off". Several processes may use it at the same time:
// an entry is written beside its place and renamed.
package testcache

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// What was not asked for during unusedFor goes, and of the rest what was not
// asked for longest, until there are at most mostBytes. Both are looked at once
// in trimEvery.
const (
	unusedFor = 14 * 24 * time.Hour
	mostBytes = 1 << 30
	trimEvery = 24 * time.Hour
	// usedAgain is how old the note of an entry's last use may be.
	usedAgain = time.Hour
)

// A Cache is a folder of entries. The nil Cache has none and keeps none.
type Cache struct {
	dir           string
	found, missed atomic.Int64
}

// Open returns the cache that the environment names; nil if that is "off".
func Open() (*Cache, error) {
	dir := os.Getenv("PYXLOCK_TEST_CACHE")
	switch {
	case dir == "off":
		return nil, nil
	case dir == "":
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no folder for the cache of the tests (set PYXLOCK_TEST_CACHE to one, or to off): %w", err)
		}
		dir = filepath.Join(user, "pyxlock-test")
	case !filepath.IsAbs(dir):
		return nil, fmt.Errorf("PYXLOCK_TEST_CACHE is %q: want an absolute path, or off", dir)
	}
	return In(dir)
}

// In returns the cache in a folder, which it makes, and trims it now and then.
func In(dir string) (*Cache, error) {
	c := &Cache{dir: dir}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{
		// https://bford.info/cachedir/ has the first line.
		"CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
		"README":       "What the tests of pyxlock had compiled. May be deleted at any time.\n",
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				return nil, err
			}
		}
	}
	stamp := filepath.Join(dir, "trimmed")
	if info, err := os.Stat(stamp); err != nil || time.Since(info.ModTime()) > trimEvery {
		if err := os.WriteFile(stamp, nil, 0o666); err != nil {
			return nil, err
		}
		c.trim(time.Now(), mostBytes)
	}
	return c, nil
}

// Has reports whether there is an entry, and counts that as a use of it.
func (c *Cache) Has(k Key) bool {
	if c == nil {
		return false
	}
	info, err := os.Stat(c.path(k))
	if err != nil {
		c.missed.Add(1)
		return false
	}
	c.found.Add(1)
	if now := time.Now(); now.Sub(info.ModTime()) > usedAgain {
		_ = os.Chtimes(c.path(k), now, now)
	}
	return true
}

// Get returns an entry. One that is damaged is none.
func (c *Cache) Get(k Key) ([]byte, bool) {
	if !c.Has(k) {
		return nil, false
	}
	data, err := c.read(k)
	if err != nil {
		_ = os.Remove(c.path(k))
		c.found.Add(-1)
		c.missed.Add(1)
		return nil, false
	}
	return data, true
}

// read undoes Put; the checksum of gzip notices what was cut off or changed.
func (c *Cache) read(k Key) ([]byte, error) {
	file, err := os.Open(c.path(k))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpack, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpack)
}

// Put keeps data, which may be nil where it is enough that there is an entry. A
// cache that cannot be written to is no error: the next run finds less.
func (c *Cache) Put(k Key, data []byte) {
	if c == nil {
		return
	}
	var packed bytes.Buffer
	pack, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = pack.Write(data)
	_ = pack.Close()
	if err := os.MkdirAll(filepath.Dir(c.path(k)), 0o777); err != nil {
		return
	}
	file, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return
	}
	_, err = file.Write(packed.Bytes())
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), c.path(k))
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
}

// String tells how much was found.
func (c *Cache) String() string {
	if c == nil {
		return "the cache is off"
	}
	found, missed := c.found.Load(), c.missed.Load()
	return fmt.Sprintf("%d of %d results are from %s", found, found+missed, c.dir)
}

func (c *Cache) path(k Key) string {
	name := hex.EncodeToString(k[:])
	return filepath.Join(c.dir, name[:2], name)
}

// trim drops what is not used.
func (c *Cache) trim(now time.Time, most int64) {
	type entry struct {
		path string
		size int64
		used time.Time
	}
	var entries []entry
	var total int64
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(c.dir, path)
		if rel == "ccache" { // tools/ccached.sh; that looks after itself
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil || filepath.Dir(rel) == "." && !strings.HasPrefix(rel, "new-") {
			return nil
		}
		entries = append(entries, entry{path, info.Size(), info.ModTime()})
		total += info.Size()
		return nil
	})
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		if total <= most && now.Sub(e.used) <= unusedFor {
			return
		}
		if os.Remove(e.path) == nil {
			total -= e.size
		}
	}
}

// A Key is the name of an entry.
type Key [sha256.Size]byte

// A Hash makes a key of what a result depends on. Every part has a name, and its
// length counts, so that different parts never look alike.
type Hash struct{ sum hash.Hash }

// NewHash returns a hash for results of a kind.
func NewHash(kind string) *Hash {
	h := &Hash{sha256.New()}
	return h.Text("kind", kind)
}

// Text adds texts.
func (h *Hash) Text(name string, texts ...string) *Hash {
	h.part(name)
	h.length(len(texts))
	for _, text := range texts {
		h.part(text)
	}
	return h
}

// Key adds the key of something else.
func (h *Hash) Key(name string, k Key) *Hash { return h.Text(name, string(k[:])) }

// Files adds texts by their names, in whatever order.
func (h *Hash) Files(name string, files map[string]string) *Hash {
	names := make([]string, 0, len(files))
	for file := range files {
		names = append(names, file)
	}
	slices.Sort(names)
	h.part(name)
	h.length(len(names))
	for _, file := range names {
		h.part(file)
		h.part(files[file])
	}
	return h
}

// Sum returns the key.
func (h *Hash) Sum() Key { return Key(h.sum.Sum(nil)) }

func (h *Hash) part(text string) {
	h.length(len(text))
	_, _ = io.WriteString(h.sum, text)
}

func (h *Hash) length(n int) {
	_ = binary.Write(h.sum, binary.LittleEndian, int64(n))
}
