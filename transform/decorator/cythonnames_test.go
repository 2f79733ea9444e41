package decorator

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The table has every name of the pinned Cythons, and no other.
func TestCythonNames(t *testing.T) {
	pythons, err := filepath.Glob("../../.venv/cython-*/bin/python")
	if err != nil || len(pythons) == 0 {
		t.Skip("no Cython below .venv: make venv")
	}
	// Read here, so that Go knows that the test depends on it.
	script, err := os.ReadFile("../../tools/cythonnames.py")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, python := range pythons {
		out, err := exec.Command(python, "-c", string(script)).Output()
		if err != nil {
			t.Fatalf("%s: %v", python, err)
		}
		for _, name := range strings.Fields(string(out)) {
			seen[name] = true
			if !cythonNames[name] {
				t.Errorf("%s knows cython.%s", python, name)
			}
		}
	}
	for name := range cythonNames {
		if !seen[name] {
			t.Errorf("no pinned Cython knows cython.%s", name)
		}
	}
}
