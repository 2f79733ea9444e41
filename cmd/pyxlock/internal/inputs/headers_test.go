package inputs

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pyxlock/cmd/pyxlock/internal/config"
)

// What is told of the system's directories are those with a header that decided something, and
// that the user has not named.
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
	for _, test := range []struct {
		use    config.HeaderUse
		named  []string
		reads  []string
		cited  []string
		wanted []string
	}{
		{config.HeadersOfAll, nil, []string{"poly/poly.h", "poly/other.h"}, []string{"poly/poly.h"}, []string{at}},
		{config.HeadersOfAll, nil, []string{"poly/poly.h", "lib/ring/ring.h"}, []string{"ring/ring.h"}, []string{at + "/lib"}},
		{config.HeadersOfAll, nil, []string{"poly/poly.h"}, nil, nil},
		{config.HeadersOfAll, []string{system}, []string{"poly/poly.h"}, []string{"poly/poly.h"}, nil},
		{config.HeadersOfCheck, []string{system}, []string{"poly/poly.h"}, []string{"poly/poly.h"}, nil},
	} {
		s := &config.Settings{}
		s.HeaderUse, s.HeaderPath = test.use, test.named
		disk := NewDisk()
		var err error
		if s.Headers, err = Headers(s, disk, &Bounds{}); err != nil {
			t.Fatal(err)
		}
		for _, name := range test.reads {
			if _, ok := s.Headers.Read(at + "/" + name); !ok {
				t.Fatalf("%s cannot be read", name)
			}
		}
		if got := OfSystem(s, disk, test.cited); !slices.Equal(got, test.wanted) {
			t.Errorf("use %d, named %q, cited %q: %q, want %q", test.use, test.named, test.cited, got, test.wanted)
		}
	}
}
