package c

import (
	"slices"
	"testing"
)

func TestDirFor(t *testing.T) {
	for _, test := range []struct{ name, at, want string }{
		{"a.h", "src/a.h", "src"},
		{"a.h", "a.h", "."},
		{"lib/a.h", "vendor/lib/a.h", "vendor"},
		{"./lib/a.h", "lib/a.h", "."},
		{"../lib/a.h", "lib/a.h", "lib"},
		{"../../lib/sub/a.h", "x/lib/sub/a.h", "x/lib/sub"},
		{"../a.h", "a.h", ""}, // no directory that has it
		{"a.h", "/opt/x/a.h", "/opt/x"},
		{"a.h", "/a.h", "/"},
		{"b.h", "src/a.h", ""},
	} {
		if got := dirFor(test.name, test.at); got != test.want {
			t.Errorf("%s at %s: %q, want %q", test.name, test.at, got, test.want)
		}
	}
}

// Of what was found without the directories, those are told that hold what decided something, or include it.
func TestApart(t *testing.T) {
	files := map[string]string{
		"bundled/a.h":     "#include \"inner.h\"\n",
		"bundled/inner.h": "int f(const int *);\n",
		"far/b.h":         "int g(const int *);\n",
		"inc/c.h":         "int h(const int *);\n",
		"code/d.c":        "int k(int *p) { return *p; }\n",
	}
	l := New(Options{
		Read:    func(p string) ([]byte, bool) { s, ok := files[p]; return []byte(s), ok },
		Dirs:    []string{"inc"},
		Find:    func(name string) string { return map[string]string{"b.h": "far/b.h"}[name] },
		Sources: []string{"code/d.c"},
	})
	for _, h := range []struct{ name, beside string }{{"../bundled/a.h", "src/m.pyx"}, {"b.h", "src/m.pyx"}, {"c.h", "src/m.pyx"}} {
		if _, ok := l.Header(h.name, h.beside); !ok {
			t.Fatalf("%s is not found", h.name)
		}
	}
	for _, test := range []struct{ cited, want []string }{
		{nil, nil},
		{[]string{"c.h"}, nil},
		{[]string{"bundled/inner.h"}, []string{"bundled"}},
		{[]string{"far/b.h", "bundled/a.h"}, []string{"bundled", "far"}},
		{[]string{"code/d.c"}, []string{"code"}},
	} {
		if got := l.Apart(test.cited); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.cited, got, test.want)
		}
	}
}
