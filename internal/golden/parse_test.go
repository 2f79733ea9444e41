package golden

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/internal/testcache"
)

// TestParsedOnce checks that Cython makes the same of a module when pyxlock.pxd is parsed
// for it and when the tree of another module is copied, as compile.py does.
func TestParsedOnce(t *testing.T) {
	for _, version := range []string{AllVersions[0], AllVersions[len(AllVersions)-1]} {
		t.Run(version, func(t *testing.T) {
			if venvPython(version) == "" {
				t.Fatalf("there is no .venv/cython-%s: run make venv", version)
			}
			dir, copies := t.TempDir(), t.TempDir()
			pxd, err := os.ReadFile("../../runtime/pyxlock.pxd")
			if err != nil {
				t.Fatal(err)
			}
			r := &run{Case: &Case{Name: t.Name(), Ar: &txtar.Archive{}}}
			var units []*unit
			for _, root := range []string{dir, copies} {
				for name, data := range map[string]string{"pyxlock.pxd": string(pxd), "m.pyx": lockingModule} {
					if err := writeFile(filepath.Join(root, name), []byte(data)); err != nil {
						t.Fatal(err)
					}
				}
				u, err := r.newUnit(root, "parsed once", version, "c", "m.pyx")
				if err != nil {
					t.Fatal(err)
				}
				u.Output = filepath.Join(root, "m.c")
				units = append(units, u)
			}
			if cache.Passed(t, testcache.NewHash("parsed once").Key("unit", units[0].key).Sum()) {
				return
			}
			if err := compileUnits(version, units); err != nil {
				t.Fatal(err)
			}
			var codes [2][]byte
			for i, u := range units {
				if !u.ok {
					t.Fatal(u.messages)
				}
				if codes[i], err = os.ReadFile(u.Output); err != nil {
					t.Fatal(err)
				}
				codes[i] = bytes.ReplaceAll(codes[i], []byte(u.Root), []byte("ROOT"))
			}
			if !bytes.Equal(codes[0], codes[1]) || !bytes.Contains(codes[0], []byte("pyxlock_release(")) {
				t.Error("the module that got a copy of pyxlock.pxd's tree is another one")
			}
		})
	}
}

// lockingModule uses what pyxlock.pxd declares: functions, types, pointers and arrays of them.
const lockingModule = `cimport pyxlock

cdef class Box:
    cdef int n

    def up(self, Box other):
        cdef pyxlock.Guard guard = pyxlock.unlocked()
        cdef pyxlock.Guard[2] both
        try:
            pyxlock.write(&guard, self)
            self.n += 1
        finally:
            pyxlock.release(&guard)
        pyxlock.want_read(&both[0], self)
        pyxlock.want_write(&both[1], other)
        try:
            pyxlock.acquire(both, 2)
            return self.n + other.n
        finally:
            pyxlock.release_all(both, 2)
`
