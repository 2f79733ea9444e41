package inputs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBounds(t *testing.T) {
	top := t.TempDir()
	write := func(name string) {
		t.Helper()
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(top, name)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	for _, name := range []string{"home/private.pyx", "project/pyproject.toml", "project/src/pk/__init__.py", "project/src/pk/m.pyx",
		"loose/pk/__init__.py", "loose/pk/sub/__init__.pxd", "loose/pk/sub/m.pyx", "loose/other.pyx"} {
		write(name)
	}
	link("../../../home/private.pyx", "project/src/pk/private.pyx")
	link("m.pyx", "project/src/pk/alias.pyx")
	link("../home", "project/home")
	link("project/src", "linked")
	for _, test := range []struct {
		arg, path string
		want      bool
	}{
		{"project/src", "project/src/pk/m.pyx", true},
		{"project/src", "project/src/pk/alias.pyx", true},
		{"project/src", "project/src/pk/private.pyx", false},
		{"project", "project/home/private.pyx", false},
		{"project/src", "project/pyproject.toml", false},
		{"project/src", "project/src/../../home/private.pyx", false},
		{"project/src", "project/src/pk/new.pyx", true},
		{"linked", "linked/pk/m.pyx", true},
		{"linked", "project/src/pk/m.pyx", true},
		{"project/src/pk/m.pyx", "project/src/pk/new.pyx", true},
		{"project/src/pk/m.pyx", "project/other.pxi", true},
		{"project/src/pk/private.pyx", "project/src/pk/private.pyx", false},
		{"loose/pk/sub/m.pyx", "loose/pk/m.pyx", true},
		{"loose/pk/sub/m.pyx", "loose/other.pyx", false},
		{"loose/pk/sub/m.pyx", "home/private.pyx", false},
	} {
		b := &Bounds{}
		b.Add(filepath.Join(top, test.arg))
		if got := b.Has(filepath.Join(top, test.path)); got != test.want {
			t.Errorf("given %s: has(%s) = %v, want %v", test.arg, test.path, got, test.want)
		}
	}
}
