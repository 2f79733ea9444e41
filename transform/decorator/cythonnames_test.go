package decorator

import (
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
	seen := map[string]bool{}
	for _, python := range pythons {
		out, err := exec.Command(python, "../../tools/cythonnames.py").Output()
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
