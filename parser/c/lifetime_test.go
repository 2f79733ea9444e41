package c

import "testing"

// TestLifetimes: what constructors and destructors write is written, of variables, of what is passed and what is
// returned; objects that lead nowhere, or whose ends write nothing, change nothing.
func TestLifetimes(t *testing.T) {
	const types = `
struct S { int n; int *p; };
struct G { S *s; ~G() { s->n = 1; } };
struct Many { G g[2]; };
struct Own { int n; Own() : n(0) {} ~Own() { n = 0; } };
struct View { const S *s; View(const S *x) : s(x) {} View(const View &o) : s(o.s) {} ~View() {} int at() const { return s->n; } };
struct Count { int n; Count(int m) : n(m) {} };
struct Put { S *s; Put(S *x) : s(x) { s->n = 1; } };
struct Back { G *g; Back *next; };
struct Near : View { using View::View; };
inline int base(const View &v) { return v.at(); }
inline int look(View v) { return v.at(); }
inline int take(const Put &) { return 0; }
`
	says(t, "x.hpp", types, "S *s, int k", `
Own o; o.n = s->n;
Own o[2]; k = s->n;
View v = s; k = v.at();
View v = s; View w = v; k = w.at();
k = look(s);
Count c = s->n; k = c.n;
Back b; b.next = 0; k = s->n;
const Near *n = 0; k = base(*n) + s->n;
`, true)
	says(t, "x.hpp", types, "S *s, int k", `
G g; g.s = s;
Many m; m.g[0].s = s;
G g[2]; g[1].s = s;
Put p = s;
take(s);
Put p(0); p = s;
(Put) s;
`, false)
}
