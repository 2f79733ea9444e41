package project

import (
	"slices"
	"testing"

	"pyxlock/internal/memory"
)

func TestWhoImportsMeansTheModuleOfItsOwnCopy(t *testing.T) {
	files := memory.Files{}
	for _, copied := range []string{"one/", "two/"} {
		files[copied+"pkg/__init__.py"] = ""
		files[copied+"pkg/core.pyx"] = "registry = []\n"
		files[copied+"pkg/user.pyx"] = "from pkg.core import registry\n"
	}
	files["three/plugin.pyx"] = "from pkg.core import registry\n"
	p := New(files, Options{Scope: func() ([]string, error) {
		var out []string
		for path := range files {
			out = append(out, path)
		}
		slices.Sort(out)
		return out, nil
	}})
	var got []string
	for _, m := range p.Lineage.Naming(p.Module("one/pkg/core"), "registry") {
		got = append(got, m.Stem)
	}
	if want := []string{"one/pkg/user", "three/plugin"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
