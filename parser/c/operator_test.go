package c

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// says tells of functions f(…) with some bodies whether each only reads its first parameter.
func says(t *testing.T, name, types, params, bodies string, reads bool) {
	t.Helper()
	var b strings.Builder
	b.WriteString(types)
	list := strings.Split(strings.TrimSpace(bodies), "\n")
	for i, body := range list {
		fmt.Fprintf(&b, "void f%d(%s) { %s }\n", i, params, body)
	}
	h, _ := library(fstest.MapFS{name: {Data: []byte(b.String())}}).Header(name, "")
	for i, body := range list {
		f, ok := h.Function(fmt.Sprintf("f%d", i))
		if !ok || (f.Params[0].Does == Reads) != reads {
			t.Errorf("reads should be %v: %s (%+v)", reads, body, f.Params)
		}
	}
}

// TestOperators: those of a class may write, as a method or as a function, seen or not.
func TestOperators(t *testing.T) {
	const types = `
struct P { int *cur; int n; int operator-(int v) { n = v; return 0; } bool operator==(const P &o) const { return n == o.n; }
  bool operator<(int v) const { *cur = v; return true; } int operator~() { return ++n; } int operator*() { return ++n; } P *operator->() { ++n; return this; }
  int operator()(int v) { return n = v; } int operator[](int i) const { return *cur = i; } P &operator+=(int v) { *cur = v; return *this; }
  friend bool operator>(int v, P &p) { p.n = v; return true; } friend bool operator>=(const P &p, int v) { return p.n >= v; } };
inline int operator%(P &p, int v) { return p.n = v; }
inline int operator/(const P &p, int v) { return p.n / v; }
inline int operator!(P &p) { return p.n = 0; }
inline int operator^(int v, P &p) { return p.n = v; }
`
	says(t, "x.hpp", types, "P *s, int k", `
*s - 1;
*s % 2;
int v = k + *s % 2;
k ^ *s;
k > *s;
if (*s < 1) k = 0;
~*s;
!*s;
**s;
(*s)->cur;
*s + 1;
*s | 2;
P p = *s; p(1);
P p = *s; p[1];
P p = *s; p += 1;
P &p = *s; p(1);
P &p = *s; p - 1;
(k ? *s : *s) - 1;
k == 1 && *s - 1;
int P::*m = &P::n; k || s->*m++;
int P::*m = &P::n; (*s).*m = 1;
P &p = *s; int P::*m = &P::n; p.*m += 1;
P *q = ::new (s) P(); q->n = 1;
P *q = new ((void *) s) P; q->n = 1;
new (s) std::string("x");
new (s) (P)(k);
new (P)(s);
`, false)
	says(t, "x.hpp", types, "P *s, int k", `
*s == *s;
bool b = *s == *s && k;
*s >= 1;
*s / 2;
s->n - 1;
int v = k - s->n % 3;
k ^ s->n;
s - 1;
P *q = new P; q->n = s->n;
P *q = new (std::nothrow) P; q->n = s->n;
int *q = new int[s->n]; q[0] = 1;
int v = s->n * *s->cur;
`, true)
	long := strings.Repeat("k + ", 3000)
	says(t, "x.hpp", types, "P *s, int k", "int v = "+long+"*s - 1;", false)
	says(t, "x.hpp", types, "P *s, int k", "int v = "+long+"s->n - 1;", true)
}
