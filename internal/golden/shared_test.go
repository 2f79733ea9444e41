package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

// What Cython puts into each module by itself, its function type for one, is a third
// of what a compiler has to do for a golden. Cython can put it into one module that
// all others import ("cython --shared"), so that it is compiled once for an
// interpreter. No code of ours is in it. Users rarely build like that: the tests of
// the runtime, of the Python package and of the examples build as they do.
const (
	sharing      = "3.3" // the Cython that can, and that compiles what is called
	sharedModule = "_golden_shared"
)

// sharing reports whether what a Cython makes of the golden imports the shared module.
func (r *run) sharing(version string) bool {
	return version == sharing && r.called()
}

var sharedModules sync.Map // by interpreter: a func() (string, error)

// sharedFor returns the folder with the shared module for an interpreter.
func sharedFor(python *interpreter) (string, error) {
	once, _ := sharedModules.LoadOrStore(python.path, sync.OnceValues(func() (string, error) { return makeShared(python) }))
	return once.(func() (string, error))()
}

func makeShared(python *interpreter) (string, error) {
	cython := venvPython(sharing)
	if cython == "" {
		return "", fmt.Errorf("there is no .venv/cython-%s: run make venv", sharing)
	}
	h := testcache.NewHash("shared module")
	for _, exe := range []string{cython, python.path} {
		identity, err := testcache.Python(exe)
		if err != nil {
			return "", err
		}
		h.Key("Python", identity)
	}
	programs, err := testcache.Compiler("gcc")
	if err != nil {
		return "", err
	}
	key := h.Key("compiler", programs).Text("flags", gccFlags...).Text("suffix", python.suffix).Sum()
	dir := filepath.Join(work, "shared", filepath.Base(python.path))
	ext := filepath.Join(dir, sharedModule+python.suffix)
	if data, ok := cache.Get(key); ok {
		return dir, writeFile(ext, data)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	code := filepath.Join(dir, sharedModule+".c")
	for _, command := range [][]string{
		{cython, "-I", "-m", "cython", "--generate-shared=" + code},
		slices.Concat([]string{"gcc", "-shared"}, gccFlags, []string{"-I", python.include, "-o", ext, code}),
	} {
		cmd := steps.Command("the shared module", filepath.Base(command[0]), 10*time.Minute, command[0], command[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s for the shared module: %w\n%s", command[0], err, out)
		}
	}
	data, err := os.ReadFile(ext)
	if err != nil {
		return "", err
	}
	cache.Put(key, data)
	return dir, nil
}
