// Package stress builds examples/matrix as its users would, tests it, and has
// threads hammer it on a free-threaded interpreter: with its locks it must
// survive what breaks it without them.
package stress

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const example = "../../examples/matrix"

// pyxlock builds the program under test.
func pyxlock(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pyxlock")
	if out, err := exec.Command("go", "build", "-o", binary, "pyxlock/cmd/pyxlock").CombinedOutput(); err != nil {
		t.Fatalf("building pyxlock: %v\n%s", err, out)
	}
	return binary
}

func venvPython(t *testing.T) string {
	t.Helper()
	python, err := filepath.Abs("../../.venv/cython-3.3/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Fatal("there is no .venv/cython-3.3: run make venv")
	}
	return python
}

func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestPackage builds a wheel of the example with setuptools, unpacks it, and
// runs the example's own tests on it, with locks and with --locking=off.
func TestPackage(t *testing.T) {
	python, binary := venvPython(t), pyxlock(t)
	for _, flags := range []string{"", "--locking=off"} {
		t.Run("flags="+flags, func(t *testing.T) {
			dir := t.TempDir()
			source, wheels, site := filepath.Join(dir, "source"), filepath.Join(dir, "wheels"), filepath.Join(dir, "site")
			if err := os.CopyFS(source, os.DirFS(example)); err != nil {
				t.Fatal(err)
			}
			env := []string{"PYXLOCK=" + binary, "PYXLOCK_FLAGS=" + flags, "CFLAGS=-O0", "PIP_DISABLE_PIP_VERSION_CHECK=1"}
			run(t, dir, env, python, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index",
				"--wheel-dir", wheels, source)
			files, err := filepath.Glob(filepath.Join(wheels, "matrix-*.whl"))
			if err != nil || len(files) != 1 {
				t.Fatalf("wheels: %v, %v", files, err)
			}
			run(t, dir, nil, python, "-m", "zipfile", "-e", files[0], site)
			run(t, dir, []string{"PYTHONPATH=" + site}, python, "-B", filepath.Join(source, "tests", "test_matrix.py"))
		})
	}
}

// TestThreads runs the example's demonstration.
func TestThreads(t *testing.T) {
	ft := os.Getenv("PYXLOCK_FT_PYTHON")
	for _, name := range []string{"python3.14t", "python3.13t"} {
		if path, err := exec.LookPath(name); err == nil && ft == "" {
			ft = path
		}
	}
	if ft == "" {
		t.Skip("no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH")
	}
	env := []string{"PYTHON=" + ft, "PYXLOCK=" + pyxlock(t), "CYTHON_PYTHON=" + venvPython(t), "BUILD=" + t.TempDir()}
	t.Log(run(t, example, env, "./demo.sh", "1"))
}
