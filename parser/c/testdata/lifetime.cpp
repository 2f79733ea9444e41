// Ways to write in C++ where nobody sees it: constructors, their lists of initializers, and destructors
// (kinds_test.go). The form is that of unseen.cpp.
#include <memory>
#include <vector>
struct S { int n; int *p; int a[4]; };
struct G { S *s; ~G() { s->n = 1; } };
struct H { G g; };
struct I : G { };
struct J { std::vector<G> v; };
struct K { S *s; K(S *x) : s(x) { s->n = 1; } };
struct L { S *s; int k; L(S *x) : s(x), k(x->n = 1) { } };
struct M { S *s; M() : s(nullptr) {} virtual ~M(); };
inline M::~M() { if (s) s->n = 1; }
struct N { int &r; N(int &x) : r(x) { r = 1; } };
struct O { int *r; O(int *x) : r{x} {} ~O() { *r = 1; } };
struct Q { K k; Q(S *s) : k(s) {} };
struct R : K { R(S *s) : K(s) {} };
struct Deleg { S *s; Deleg(S *x) : Deleg(x, 0) {} Deleg(S *x, int) : s(x) { s->n = 1; } };
struct U { S *s; U(const U &o) : s(o.s) {} U() {} ~U() { s->n = 1; } };
struct V { ~V(); S *s; };
template <class X> struct W { X *x; ~W() { x->n = 1; } };
struct Y { const G &g; };
using A = G; typedef H B;
inline void takes(K k) {} inline void takesg(G g) {} inline void takec(const K &k) {}
inline int n(const S *s) { return s->n; }
%%%%
G g; g.s = s;
%%
G g{s};
%%
H h; h.g.s = s;
%%
I i; i.s = s;
%%
J j; j.v.push_back(G{s});
%%
A g; g.s = s;
%%
B g; g.g.s = s;
%%
G g[2]; g[0].s = s;
%%
G g = { s };
%%
G g = G{s};
%%
G{s};
%%
takesg({s});
%%
takesg(G{s});
%%
K x = s;
%%
takes(s);
%%
takec(s);
%%
!K f(S *s) { return s; }
%%
K{s};
%%
K x{s};
%%
auto x = K(s);
%%
L x = s;
%%
M m; m.s = s;
%%
N x(s->n);
%%
N x{s->n};
%%
O o(s->p);
%%
O o = s->p;
%%
O o = s->a;
%%
Q q = s;
%%
R q = s;
%%
Deleg q = s;
%%
V v; v.s = s;
%%
W<S> w; w.x = s;
%%
W<S> w = { s };
%%
if (G g; k) { g.s = s; }
%%
for (G g{s}; k; ) { break; }
%%
if (G g{s}; k) { }
%%
const G &g = G{s};
%%
const K &x = s;
%%
K x(nullptr); x = s;
%%
new K(s);
%%
std::make_unique<K>(s);
%%
std::vector<K> v; v.emplace_back(s);
%%
static_cast<K>(s);
%%
(K) s;
%%
!inline G mk(S *s) { G g; g.s = s; return g; }
void f(S *s) { auto g = mk(s); }
%%
!inline G mk(S *s) { return {s}; }
void f(S *s) { mk(s); }
%%
!struct Z { S *s; Z(S *x) : s(x) {} Z at() { return *this; } ~Z() { s->n = 1; } };
void f(Z *z) { z->at(); }
%%
!void f(G g) { }
%%
!void f(H g) { int k = 0; }
%%
!void f(U *u) { U v = *u; }
%%
!void f(U *u) { U v(*u); }
%%
!void f(U *u) { auto v = *u; }
%%
!void f(U *u) { U v; v = *u; }
%%
!void f(U *u) { U v[1] = { *u }; }
%%
!void f(G *u) { [v = *u] { }(); }
%%
!void f(G *u) { throw *u; }
%%
!struct D1 { G g; }; void f(D1 *d) { D1 e = *d; }
%%
!struct D1 { S *s; explicit D1(S *t) try : s(t) { s->n = 1; } catch (...) {} }; void f(S *s) { D1 d(s); }
%%
!struct D1 { S *s; D1(D1 &&o) noexcept : s(o.s) { o.s = nullptr; } D1() {} }; void f(D1 *s) { D1 d = static_cast<D1 &&>(*s); }
%%
!struct D1 { G g; void w(S *s) { G h = g; h.s = s; } }; void f(S *s) { D1 d; d.w(s); }
%%
!struct D1 { S *s; D1(S *t) : s(t) { } int w() { return s->n++; } }; struct E1 { D1 d; E1(S *s) : d(s) { d.w(); } }; void f(S *s) { E1 e = s; }
%%
!struct D1 { S *s; int q = s->n++; D1(S *t) : s(t) { } }; void f(S *s) { D1 d = s; }
%%
!template <class F> struct Fin { F f; Fin(F x) : f(x) {} ~Fin() { f(); } }; void f(S *s) { auto w = [=] { s->n = 1; }; Fin<decltype(w)> x = w; }
%%
!template <class F> struct Fin { F f; ~Fin() { f(); } }; void f(S *s) { auto w = [=] { s->n = 1; }; Fin<decltype(w)> x{w}; }
%%
!struct D1 { S *s; ~D1() { w(); } void w(); }; inline void D1::w() { s->n = 1; } void f(S *s) { D1 d; d.s = s; }
%%
!namespace q { struct D1 { S *s; ~D1() { s->n = 1; } }; } void f(S *s) { q::D1 d; d.s = s; }
%%
!struct Out { struct In { S *s; ~In() { s->n = 1; } } in; }; void f(S *s) { Out o; o.in.s = s; }
%%
!struct Out { struct In { S *s; ~In() { s->n = 1; } }; In in; }; void f(S *s) { Out o; o.in.s = s; }
%%
!struct Out { struct In { S *s; ~In() { s->n = 1; } }; }; void f(S *s) { Out::In o; o.s = s; }
%%
!typedef struct { S *s; G g; } An; void f(S *s) { An o; o.g.s = s; }
%%
!typedef struct { S *s; G g; } An; struct Bn { An a; }; void f(S *s) { Bn o; o.a.g.s = s; }
%%
!union Un { G g; Un() {} ~Un() { g.~G(); } }; void f(S *s) { Un u; u.g.s = s; }
%%
!void f(G *g) { g->~G(); }
%%
!void f(G *g) { delete g; }
%%
!void f(S *s) { struct Lo { S *s; ~Lo() { s->n = 1; } } l; l.s = s; }
%%
!void f(S *s) { struct Lo { S *s; ~Lo() { s->n = 1; } }; Lo l; l.s = s; }
%%
!void f(S *s) { struct Lo { S *s; ~Lo() { s->n = 1; } }; Lo l{s}; }
%%
!void f(S *s) { struct Lo { S *s; Lo(S *x) : s(x) { s->n = 1; } }; Lo l = s; }
%%
!struct Out { struct In { S *s; In(S *x) : s(x) { s->n = 1; } }; }; void f(S *s) { Out::In o = s; }
%%
!struct Out { struct In { S *s; In(S *x) : s(x) { s->n = 1; } }; }; void f(S *s) { Out::In o(s); }
%%
!struct Out { struct In { S *s; ~In() { s->n = 1; } }; In mk(S *s) { return {s}; } }; void f(S *s) { Out o; o.mk(s); }
%%
!struct X1 { S *s; X1(const X1 &) = default; X1(S *x); }; inline X1::X1(S *x) : s(x) { s->n = 1; } void f(S *s) { X1 o = s; }
%%
!struct X1 { K k; X1(K x) : k(x) { } }; void f(S *s) { X1 o{{s}}; }
%%
!template <class T> struct X1 { T *s; X1(T *x) : s(x) { s->n = 1; } }; void f(S *s) { X1<S> o = s; }
%%
!template <class T> struct X1 { T s; X1(T x) : s(x) { s->n = 1; } }; void f(S *s) { X1 o = s; }
%%
!template <class T> struct X1 { T s; template <class Arg> X1(Arg x) : s(x) { s->n = 1; } }; void f(S *s) { X1<S *> o = s; }
