package inputs

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pyxlock/cmd/pyxlock/internal/config"
)

// Headers of the system are read by nobody who is not told of them, but it is told where they are.
func TestOfSystem(t *testing.T) {
	system := t.TempDir()
	before := systemDirs
	systemDirs = []string{system, filepath.Join(system, "absent")}
	t.Cleanup(func() { systemDirs = before })
	for _, name := range []string{"poly/poly.h", "poly/other.h", "lib/ring/ring.h"} {
		path := filepath.Join(system, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("int f(const int *);\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	at := filepath.ToSlash(system)
	for _, test := range []struct{ missing, wanted []string }{
		{[]string{"poly/poly.h", "poly/other.h"}, []string{at}},
		{[]string{"poly/poly.h", "ring/ring.h"}, []string{at, at + "/lib"}},
		{[]string{"nowhere.h", "../poly.h"}, nil},
		{nil, nil},
	} {
		if got := OfSystem(test.missing); !slices.Equal(got, test.wanted) {
			t.Errorf("missing %q: %q, want %q", test.missing, got, test.wanted)
		}
	}
	for _, test := range []struct {
		use   config.HeaderUse
		named []string
		reads bool
	}{{config.HeadersOfCheck, nil, false}, {config.HeadersOfCheck, []string{system}, true}, {config.HeadersOfBuild, []string{system}, true}} {
		s := &config.Settings{}
		s.HeaderUse, s.HeaderPath = test.use, test.named
		o, err := Headers(s, NewDisk(), &Bounds{})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := o.Read(at + "/poly/poly.h"); ok != test.reads {
			t.Errorf("use %d, named %q: read %v, want %v", test.use, test.named, ok, test.reads)
		}
	}
}
