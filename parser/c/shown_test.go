package c

import (
	"testing"
	"testing/fstest"
)

// TestNamesOfHeaders: a header has one name for people, whoever included it first, and how.
func TestNamesOfHeaders(t *testing.T) {
	files := fstest.MapFS{
		"lib/a/one.h":  {Data: []byte("int one(int *p);\n")},
		"lib/a/two.h":  {Data: []byte("#include \"../../lib/a/one.h\"\n")},
		"src/deep.h":   {Data: []byte("#include \"../lib/a/one.h\"\n")},
		"else/b/far.h": {Data: []byte("#include \"../../lib/a/one.h\"\n")},
		"lib/code.c":   {Data: []byte("int two(int *p) { return *p; }\n")},
	}
	options := Options{
		Read: func(name string) ([]byte, bool) {
			data, err := files.ReadFile(name)
			return data, err == nil
		},
		Dirs:    []string{".", "lib"},
		Find:    func(name string) string { return "else/b/far.h" },
		Sources: []string{"lib/code.c"},
	}
	asked := []struct{ name, beside, want string }{
		{"a/two.h", "", "a/two.h"},
		{"../lib/a/one.h", "src/x.pxd", "a/one.h"},
		{"far.h", "", "else/b/far.h"},
		{"src/deep.h", "", "src/deep.h"},
		{"a/one.h", "", "a/one.h"},
	}
	for first := range asked {
		l := New(options)
		for i := range asked {
			a := asked[(first+i)%len(asked)]
			h, ok := l.Header(a.name, a.beside)
			if !ok || h.Path() != a.want {
				t.Errorf("%s, asked for after %d others: %q, want %q", a.name, i, h.Path(), a.want)
			}
		}
	}
	options.Dirs = []string{"lib"}
	l := New(options)
	if h, ok := l.Header("far.h", ""); !ok || h.Path() != "b/far.h" {
		t.Errorf("a header that no directory has: %v %q", ok, h.Path())
	}
}
