package golden

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestUnitKeys checks that whatever a compilation depends on changes what it is
// kept under, and that where the tree lies does not.
func TestUnitKeys(t *testing.T) {
	for _, version := range []string{"3.2", "3.3"} {
		if venvPython(version) == "" {
			t.Skipf("there is no .venv/cython-%s: run make venv", version)
		}
	}
	script := "unused.py"
	key := func(version, mode, module string, warnings bool, directive string, files ...string) string {
		t.Helper()
		root := t.TempDir()
		for i := 0; i < len(files); i += 2 {
			if err := writeFile(filepath.Join(root, files[i]), []byte(files[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		r := &run{Case: &Case{Name: "keys", Ar: &txtar.Archive{Files: []txtar.File{{Name: script}}}, Directives: []string{directive}, Warnings: warnings, Env: map[string]string{"A": directive}}}
		u, err := r.newUnit(root, "readable", version, mode, module)
		if err != nil {
			t.Fatal(err)
		}
		return string(u.key[:])
	}
	tree := []string{"m.pyx", "cimport other\n", "other.pxd", "cdef int x\n", "pyxlock.pxd", "# 1\n"}
	with := func(i int, text string) []string {
		changed := append([]string{}, tree...)
		changed[i] = text
		return changed
	}
	plain := key("3.3", "c", "m.pyx", false, "wraparound=False", tree...)
	if key("3.3", "c", "m.pyx", false, "wraparound=False", tree...) != plain {
		t.Error("the same tree in another folder has another key")
	}
	seen := map[string]string{plain: "nothing"}
	for what, k := range map[string]string{
		"the module":         key("3.3", "c", "m.pyx", false, "wraparound=False", with(1, "cimport other \n")...),
		"a cimported .pxd":   key("3.3", "c", "m.pyx", false, "wraparound=False", with(3, "cdef int y\n")...),
		"the runtime":        key("3.3", "c", "m.pyx", false, "wraparound=False", with(5, "# 2\n")...),
		"a file's name":      key("3.3", "c", "m.pyx", false, "wraparound=False", with(2, "others.pxd")...),
		"a file that is new": key("3.3", "c", "m.pyx", false, "wraparound=False", append(with(0, "m.pyx"), "m.pxd", "")...),
		"the Cython":         key("3.2", "c", "m.pyx", false, "wraparound=False", tree...),
		"the mode":           key("3.3", "c++", "m.pyx", false, "wraparound=False", tree...),
		"which module":       key("3.3", "c", "other.pxd", false, "wraparound=False", tree...),
		"warnings":           key("3.3", "c", "m.pyx", true, "wraparound=False", tree...),
		"the directives":     key("3.3", "c", "m.pyx", false, "wraparound=True", tree...),
	} {
		if before, ok := seen[k]; ok {
			t.Errorf("a change of %s gives the same key as one of %s", what, before)
		}
		seen[k] = what
	}
	script = "test.py"
	if key("3.3", "c", "m.pyx", false, "wraparound=False", tree...) == plain {
		t.Error("what imports the shared module has the key of what does not")
	}
}
