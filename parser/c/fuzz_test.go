package c

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzLibrary: whatever a header has in it, every name of it gets an answer.
func FuzzLibrary(f *testing.F) {
	for _, s := range []string{
		"#define f(x) ((x)->y = x)\nint g(const char *s) { f(s); }",
		"class A : public B<C> { mutable int x; int f() const { return x++; } };",
		"typedef struct { int a, *b; union { int c; }; } t[1], *u; int f(t x) { u y = x; (*y).b[1] <<= 2; }",
		"#if 0\n#else\nint f(int x) {\n#endif\n for (;;) { do { } while (0); } ",
		"#define a a b\n#define b(x) x##a\nint f(char *s) { a; b(s); L: goto L; }",
		"int f(int *p) { return p ? p[0] : (t *) { p, [1] = 2, .x = 3 }; } R\"x(\" )x\" 'a",
		"int f(...) { a<b<c>>(d)::e{}; new T[3]; delete[] p; auto [x, y] = z; }",
		"using X = int *; int f(X x = {}, int (*g)(int) = 0); extern \"C\" { void g() } }",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 {
			return
		}
		lib := library(fstest.MapFS{"x.hpp": {Data: []byte(src)}, "x.c": {Data: []byte(src)}}, "x.c")
		h, ok := lib.Header("x.hpp", "")
		if !ok {
			t.Fatal("no header")
		}
		for _, n := range h.Names() {
			if _, ok := h.Function(n); !ok && !strings.Contains(n, "::") {
				t.Errorf("%s has no answer", n)
			}
		}
		for n, list := range h.f.classes {
			for i := range list {
				for m := range h.f.membersOf(&list[i]).funcs {
					h.Method(n, m, 1)
				}
			}
		}
	})
}

// BenchmarkHeaders reads every function of the headers in the directory that PYXLOCK_HEADERS
// names, collecting garbage about as seldom as the program does; FLINT's are what the figures in docs are of.
func BenchmarkHeaders(b *testing.B) {
	dir := os.Getenv("PYXLOCK_HEADERS")
	paths, _ := filepath.Glob(filepath.Join(dir, "*.h"))
	if dir == "" || len(paths) == 0 {
		b.Skip("PYXLOCK_HEADERS names no directory with headers")
	}
	files := fstest.MapFS{}
	size := 0
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			b.Fatal(err)
		}
		files[filepath.Base(p)] = &fstest.MapFile{Data: data}
		size += len(data)
	}
	b.SetBytes(int64(size))
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	for b.Loop() {
		lib := library(files)
		names, reads := 0, 0
		for n := range files {
			h, _ := lib.Header(n, "")
			for _, name := range h.Names() {
				f, _ := h.Function(name)
				names++
				for _, p := range f.Params {
					if p.Does == Reads {
						reads++
					}
				}
			}
		}
		b.ReportMetric(float64(names), "names")
		b.ReportMetric(float64(len(files)), "files")
	}
}
