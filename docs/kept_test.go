package docs

// What need not be run again: pages, and other tests, that come to the same end
// each time, and passed with the same inputs before.

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"pyxlock/internal/markdown"
	"pyxlock/internal/testcache"
)

var results = sync.OnceValues(testcache.Open)

// buildProgram builds pyxlock, the same bytes of the same sources.
func buildProgram(t *testing.T, to string) {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, program, 0o777); err != nil {
		t.Fatal(err)
	}
}

var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pyxlock-docs-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "pyxlock")
	if err := command(nil, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", program, "pyxlock/cmd/pyxlock"); err != nil {
		return nil, err
	}
	return os.ReadFile(program)
})

// unchanged reports whether a test has passed with this program, and what else is in
// the hash, before.
func unchanged(t *testing.T, h *testcache.Hash, program string) bool {
	t.Helper()
	cache, err := results()
	if err != nil {
		t.Fatal(err)
	}
	if program != "" {
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		h.Text("program", string(data))
	}
	if err := h.Self(); err != nil {
		t.Fatal(err)
	}
	return cache.Passed(t, h.Environment().Sum())
}

// threads tells pages with threads, which may pass by luck, and are run each time.
var threads = regexp.MustCompile(`\b(threading|Thread|concurrent\.futures)\b`)

// unchanged reports whether a page has passed before, with all that it needs.
func (w *workshop) unchanged(t *testing.T, page *markdown.Page, program string) bool {
	t.Helper()
	if threads.Match(page.Source) {
		return false
	}
	h := testcache.NewHash("page").Text("page", string(page.Source))
	for _, b := range page.Blocks {
		for _, need := range strings.Fields(b.Attributes["needs"]) {
			if known, err := w.hash(h, need); err != nil {
				t.Fatal(err)
			} else if !known {
				return false
			}
		}
	}
	return unchanged(t, h, program)
}

// hash adds what pages need by a name, and reports false where that cannot be had, so
// that the page says so each time.
func (w *workshop) hash(h *testcache.Hash, need string) (bool, error) {
	h.Text("need", need)
	switch need {
	case "checkout":
		version, err := exec.Command("go", "version").Output()
		if err != nil {
			return false, err
		}
		return h.Text("go", string(version)).Checkout(root, ".") == nil, nil
	case "free-threaded":
		if known, err := w.hash(h, "python3.14t"); !known {
			return known, err
		}
		return w.hash(h, "package")
	case "python3.14t":
		supply, err := w.supply(need)
		if err != nil || supply.Missing != "" {
			return false, err
		}
		python, err := testcache.Python(filepath.Join(w.dir, "bin", need))
		if err != nil {
			return false, err
		}
		gcc, err := testcache.Compiler("gcc")
		h.Key("python", python).Key("gcc", gcc)
		return err == nil, err
	case "package":
		key, err := packageKey()
		h.Key("package", key)
		return err == nil, nil // not a git checkout
	case "cython":
		python, err := filepath.Abs("../.venv/cython-3.3/bin/python")
		if err != nil {
			return false, err
		}
		key, err := testcache.Python(python)
		h.Key("cython", key)
		return err == nil, err
	}
	return true, nil
}

// packageKey is the key of the wheel of this checkout: of what its program is built of,
// which Go knows, and of the Python package. Tests and pages change without it.
func packageKey() (testcache.Key, error) {
	version, err := exec.Command("go", "version").Output()
	if err != nil {
		return testcache.Key{}, err
	}
	const ours = `{{if not .Standard}}{{if .Module.Main}}{{$dir := .Dir}}` +
		`{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", ours, "./cmd/pyxlock")
	list.Dir = root
	listed, err := list.Output()
	if err != nil {
		return testcache.Key{}, err
	}
	here, err := filepath.Abs(root)
	if err != nil {
		return testcache.Key{}, err
	}
	sources := map[string]string{}
	for _, file := range strings.Fields(string(listed)) {
		data, err := os.ReadFile(file)
		if err != nil {
			return testcache.Key{}, err
		}
		name, err := filepath.Rel(here, file)
		if err != nil {
			return testcache.Key{}, err
		}
		sources[name] = string(data)
	}
	h := testcache.NewHash("wheel of pyxlock").Text("go", string(version)).Files("program", sources)
	err = h.Checkout(root, "python/pyxlock", "python/cython-stubs", "python/hatch_build.py", "python/hatch_metadata.py",
		"tools/bytecode.py", "tools/bytecode.sh", "tools/lexicon.py", "tools/utilities.py", "tools/pins", "go.mod", "go.sum", "pyproject.toml", "LICENSE", "README.md")
	return h.Sum(), err
}
