package runtime

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

var openCache = sync.OnceValues(testcache.Open)

// A job is a run of Cython or of a compiler, which is left out where the same one
// has succeeded before: see internal/testcache. What is built is run every time.
type job struct {
	name    string
	args    []string
	dir     string  // of files that the tests make: its name does not count
	to      string  // what it writes, "" if only the verdict counts
	headers *python // whose headers and library it uses, if any
	// good, if there is one, has to be true of the output too.
	good func(out []byte) bool
}

// build does a job and returns what it printed. A job that is left out has
// printed nothing.
func build(t *testing.T, j job) ([]byte, error) {
	t.Helper()
	cache, err := openCache()
	if err != nil {
		return nil, err
	}
	key, err := j.key()
	if err != nil {
		return nil, err
	}
	if data, ok := cache.Get(key); ok {
		if j.to == "" {
			return nil, nil
		}
		return nil, os.WriteFile(j.to, data, 0o777)
	}
	out, err := command(t, j.name, j.args...)
	if err != nil || j.good != nil && !j.good(out) {
		return out, err
	}
	var data []byte
	if j.to != "" {
		if data, err = os.ReadFile(j.to); err != nil {
			return out, err
		}
	}
	cache.Put(key, data)
	return out, nil
}

// key hashes the programs, the arguments, and the bytes of the runtime, of all
// files below test/ but Python's, which nothing compiles and of which Python leaves bytecode
// there, and of those that the arguments name.
func (j *job) key() (testcache.Key, error) {
	h := testcache.NewHash("runtime").Text("runtime", pxd)
	if err := j.identities(h); err != nil {
		return testcache.Key{}, err
	}
	files := map[string]string{}
	err := filepath.WalkDir("test", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{".py", ".pyc"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		return testcache.Key{}, err
	}
	here, err := os.Getwd()
	if err != nil {
		return testcache.Key{}, err
	}
	anywhere := strings.NewReplacer(here, "HERE", j.dir, "DIR")
	if j.dir == "" {
		anywhere = strings.NewReplacer(here, "HERE")
	}
	for i, arg := range j.args {
		if i > 0 && j.args[i-1] == "-o" {
			continue
		}
		h.Text("argument", anywhere.Replace(arg))
		if info, err := os.Stat(arg); err == nil && info.Mode().IsRegular() {
			data, err := os.ReadFile(arg)
			if err != nil {
				return testcache.Key{}, err
			}
			files[anywhere.Replace(arg)] = string(data)
		}
	}
	return h.Files("files", files).Sum(), nil
}

func (j *job) identities(h *testcache.Hash) error {
	find := testcache.Compiler
	if strings.HasPrefix(filepath.Base(j.name), "python") {
		find = testcache.Python
	}
	program, err := find(j.name)
	if err != nil {
		return err
	}
	h.Key("program", program)
	if j.headers == nil {
		return nil
	}
	identity, err := testcache.Python(j.headers.exe)
	if err != nil {
		return err
	}
	h.Key("Python", identity)
	for _, flag := range j.headers.link { // its library may become part of the output
		dir, ok := strings.CutPrefix(flag, "-L")
		if !ok {
			continue
		}
		libraries, err := filepath.Glob(filepath.Join(dir, "libpython*"))
		if err != nil {
			return err
		}
		for _, path := range libraries {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			h.Text("library", path, fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
		}
	}
	return nil
}

// command runs a program that is to end by itself.
func command(t *testing.T, name string, args ...string) ([]byte, error) {
	t.Helper()
	return steps.Command(t.Name(), filepath.Base(name), 15*time.Minute, name, args...).CombinedOutput()
}
