// Package stress has threads hammer examples/matrix on a free-threaded
// interpreter: with its locks it must survive what breaks it without them.
// tools/examples.sh installs the example as its users would.
package stress

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pyxlock/internal/steps"
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

// run runs a command. It skips the test where that exits with 77, for the reason
// that is its last line.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := steps.Command(t.Name(), filepath.Base(name), 30*time.Minute, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 77 {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skip(lines[len(lines)-1])
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
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
