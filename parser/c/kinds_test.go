package c

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestKinds: testdata/unseen.c, unseen.cpp, lifetime.cpp and fresh.c have ways to write that are easy to miss. None may count as
// reading.
func TestKinds(t *testing.T) {
	known := map[string]string{"memcpy": "wr", "memmove": "wr", "memset": "wr", "strlen": "r", "free": "w", "malloc": "r", "realloc": "Wr", "strchr": "Rr", "memchr": "Rr",
		"strcpy": "wr", "snprintf": "wr", "strtol": "rw", "qsort": "wr"}
	for file, header := range map[string]string{"unseen.c": "x.h", "unseen.cpp": "x.hpp", "lifetime.cpp": "x.hpp", "fresh.c": "x.h"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		common, cases, ok := strings.Cut(string(data), "\n%%%%\n")
		if !ok {
			t.Fatalf("%s has no cases", file)
		}
		for _, c := range strings.Split(cases, "\n%%\n") {
			src, whole := strings.CutPrefix(c, "!")
			if !whole {
				src = fmt.Sprintf("void f(S *s, int k) { %s }", c)
			}
			lib := library(fstest.MapFS{header: {Data: []byte(common + "\n" + src + "\n")}})
			lib.opts.Known = func(n string) string { return known[n] }
			h, _ := lib.Header(header, "")
			if f, ok := h.Function("f"); !ok || len(f.Params) == 0 || f.Params[0].Does == Reads {
				t.Errorf("%s: reads, it says: %s", file, c)
			}
		}
	}
}

// TestDeclarators: those with parentheses, of which const says what it says of others.
func TestDeclarators(t *testing.T) {
	const src = `
void a(int (*p)[3]); void b(const int (*p)[3]); void c(int (*g)(int *)); void d(int (**g)(int)); void e(int (*t[3])(int));
void h(const int (&r)[3]); void i(int (&r)[3]); void j(int *(p)); void k(int (*(*p))[2]); void l(int (*p)[2][3]);
typedef int (*rows)[3]; void m(rows r); typedef const int (*crows)[3]; void n(crows r); typedef void (*cb)(int *); void o(cb f); void q(cb *f);
int r(int (*p)[3]) { return (*p)[0]; } void s(int (*p)[3]) { p[1][0] = 1; } void u(const int (*p)[3]) { ((int (*)[3]) p)[0][0] = 1; }
`
	h, _ := library(fstest.MapFS{"x.hpp": {Data: []byte(src)}}).Header("x.hpp", "")
	for _, w := range strings.Fields("a=u b=r c=r d=u e=u h=r i=u j=u k=u l=u m=u n=r o=r q=u r=r s=w u=w") {
		name, want, _ := strings.Cut(w, "=")
		if got := words(h.Function(name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestConversions: what a class turns itself into, copies, ranges and what is called is looked at, and
// what only reads stays so.
func TestConversions(t *testing.T) {
	const types = `
struct M { int n; int *p; operator int() const { return n; } M *begin() const { return 0; } M *end() const { return 0; } M(const M &o) { n = o.n; } M() {} };
struct C { int n; operator int() { return n++; } };
`
	says(t, "x.hpp", types, "M *s, int k", `
k = *s;
M m = *s;
for (auto &x : *s) k = 1;
if (*s) k = 1;
M m; m = *s; m.n = 1;
`, true)
	says(t, "x.hpp", types, "C *s, int k", `
k = *s;
int v = *s + 1;
if (*s) k = 1;
int v = (int) *s;
`, false)
}
