// Ways to write in C++ that are easy to miss (kinds_test.go). Behind the declarations that all have in
// common, each is the body of f(S *s, int k), or behind ! a whole file with an f, whose first parameter
// is written through.
#include <memory>
#include <vector>
#include <string>
#include <functional>
#include <utility>
#include <tuple>
#include <map>
#include <algorithm>
#include <cstring>
#include <atomic>
#include <new>
#include <array>
#include <optional>
#include <any>
#include <variant>
#include <numeric>
struct S { int n; long l; int *p; int a[4]; S *next; std::vector<int> v; std::map<int, int> m; std::string str; mutable int mu; int m2[2][3];
  int &ref() { return n; } const int &cref() const { return n; } int *ptr() { return p; } void set() { n = 1; } int *deep() const { return p; } static void sset(S *s) { s->n = 1; }
  int *begin() { return a; } int *end() { return a + 4; } S &self() { return *this; } const S &cself() const { return *this; } void mset() const { mu = 1; } S *me() const { return const_cast<S *>(this); } };
struct P { S *s; P(S *x) : s(x) {} operator S *() const { return s; } operator S &() const { return *s; } explicit operator bool() const { return s->n = 1; } };
struct Q { int *q; Q(int *x) : q(x) {} operator int *() const { return q; } int &operator*() const { return *q; } Q &operator++() { ++q; return *this; } bool operator!=(const Q &o) const { return q != o.q; } };
struct W { S *s; operator int() const { s->n = 1; return 0; } };
struct X { S *s; operator int &() const { return s->n; } };
struct Range { S *s; Q begin() const { return Q(s->a); } Q end() const { return Q(s->a + 4); } };
struct Dtor { S *s; ~Dtor() { s->n = 1; } };
struct Def { S *s = nullptr; void w() { s->n = 1; } };
struct Ag { S *s; int *q; };
struct Fn { S *s; void operator()() const { s->n = 1; } int operator()(int i) const { return s->a[i] = i; } };
struct Base { S *s; Base(S *x) : s(x) {} virtual void w() { } void go() { w(); } void (*cb)(S *) = nullptr; };
struct Der : Base { using Base::Base; void w() override { s->n = 1; } };
struct Proxy { int *q; Proxy &operator=(int v) { *q = v; return *this; } operator int() const { return *q; } };
struct Bits { S *s; Proxy operator[](int i) { return Proxy{s->a + i}; } Proxy at(int i) const { return Proxy{s->a + i}; } };
template <class T> struct Vec { T *d; int n; T &operator[](int i) { return d[i]; } const T &operator[](int i) const { return d[i]; } T *begin() { return d; } T *end() { return d + n; } void push(T x) { d[n++] = x; } T &back() { return d[n - 1]; } };
template <class T> T &id(T &x) { return x; }
template <class T> T &&fwd(T &&x) { return static_cast<T &&>(x); }
template <class T> void assign(T &a, T b) { a = b; }
template <class F, class... A> void call(F f, A &&... a) { f(std::forward<A>(a)...); }
template <int N> void rec(S *s) { rec<N - 1>(s); }
template <> void rec<0>(S *s) { s->n = 1; }
template <class T, class U> void both(T t, U u) { *t = u; }
template <class T> struct Tr { static void w(T *t) { t->n = 1; } };
inline void set(int &x) { x = 1; }
inline void setp(int *x) { *x = 1; }
inline void setr(int &&x) { x = 1; }
inline void setpp(int *&x) { *x = 1; }
inline void repl(int *&x, int *y) { x = y; }
inline int *&slot(int *&x) { return x; }
inline S *operator+(P p, int) { return p.s; }
inline int &operator,(S &s, int i) { return s.a[i]; }
inline S &operator<<(S &s, int v) { s.n = v; return s; }
inline void operator""_w(unsigned long long) {}
namespace ns { inline void w(S *s) { s->n = 1; } namespace in { inline void w2(S &s) { s.n = 1; } } inline namespace v1 { inline void w3(S *s) { s->n = 1; } } }
using Alias = S; using PS = S *; using RS = S &; using Fp = void (*)(S *); typedef int Arr[4];
enum class E : int { A };
%%%%
P p(s); S *q = p; q->n = 1;
%%
P p(s); ((S *) p)->n = 1;
%%
P p(s); static_cast<S *>(p)->n = 1;
%%
P p(s); S &r = p; r.n = 1;
%%
P p(s); ns::w(p);
%%
P p(s); p->n = 1;
%%
P p(s); if (p) k = 1;
%%
P p(s); while (!p) k = 1;
%%
P p(s); bool b = bool(p);
%%
P p(s); (p + 1)->n = 1;
%%
P p = s; (*p).n = 1;
%%
P p{s}; p[0].n = 1;
%%
Q q(s->p); *q = 1;
%%
Q q(s->p); *(int *) q = 1;
%%
Q q(s->p); q[0] = 1;
%%
Q q(s->p); setp(q);
%%
W w{s}; int i = w;
%%
W w{s}; k = w + 1;
%%
W w; w.s = s; k = w;
%%
W w; w.s = s; switch (w) { default: ; }
%%
W w; w.s = s; int a[4]; a[w] = 1;
%%
W w; w.s = s; if (w == 1) k = 1;
%%
W w; w.s = s; set(k = w);
%%
X x; x.s = s; (int &) x = 1;
%%
X x; x.s = s; int &i = x; i = 1;
%%
X x; x.s = s; set(x);
%%
X x{s}; static_cast<int &>(x)++;
%%
for (int &i : *s) i = 1;
%%
for (auto &&i : Range{s}) i = 1;
%%
for (auto i : Range{s}) k = i; Range r{s}; for (int &i : r) i = 1;
%%
Range r; r.s = s; for (int &i : r) i = 1;
%%
Range r; r.s = s; for (Q q = r.begin(); q != r.end(); ++q) *q = 1;
%%
Dtor d{s};
%%
Dtor *d = new Dtor; d->s = s; delete d;
%%
std::unique_ptr<Dtor> d(new Dtor{s});
%%
auto d = Dtor{s};
%%
Dtor{s};
%%
Def d; d.s = s; d.w();
%%
Def d{s}; d.w();
%%
Ag a{s, s->p}; *a.q = 1;
%%
Ag a{.s = s}; a.s->n = 1;
%%
auto [x, y] = Ag{s, s->p}; *y = 1;
%%
auto [x, y] = Ag{s, s->p}; x->n = 1;
%%
auto &[x, y] = *(Ag *) s; x->n = 1;
%%
Ag g; g.s = s; auto [x, y] = g; x->n = 1;
%%
auto &[x, y] = s->m; x = 1;
%%
Fn f{s}; f();
%%
Fn f; f.s = s; f();
%%
Fn f; f.s = s; f(1);
%%
Fn{s}();
%%
Fn{s}(1);
%%
std::for_each(s->a, s->a + 4, Fn{s});
%%
std::function<void()> g = Fn{s}; g();
%%
std::thread t(Fn{s}); t.join();
%%
Der d(s); d.w();
%%
Der d(s); d.go();
%%
Der d(s); Base &b = d; b.w();
%%
Base *b = new Der(s); b->w();
%%
Bits b{s}; b[1] = 1;
%%
Bits b; b.s = s; b[1] = 1;
%%
Bits b; b.s = s; b.at(1) = 1;
%%
Bits b; b.s = s; auto x = b[1]; x = 1;
%%
Bits b; b.s = s; Proxy x = b.at(1); x = 1;
%%
Proxy x; x.q = s->p; x = 1;
%%
Vec<int> v; v.d = s->p; v[0] = 1;
%%
Vec<int> v{s->p, 1}; v.back() = 1;
%%
Vec<int *> v; v.push(s->p); *v[0] = 1;
%%
Vec<int *> v; int *d[2]; v.d = d; v.n = 0; v.push(s->p); *v.back() = 1;
%%
Vec<int *> v; int *d[2]; v.d = d; v.n = 0; v.push(s->p); *d[0] = 1;
%%
Vec<S *> v; v.push(s); for (S *x : v) x->n = 1;
%%
Vec<S *> v; v.push(s); for (auto x : v) x->set();
%%
Vec<long> v; v.push((long) s); ((S *) v[0])->n = 1;
%%
id(*s).n = 1;
%%
id(s)->n = 1;
%%
id<S>(*s).n = 1;
%%
id<int>(s->n) = 1;
%%
fwd(*s).n = 1;
%%
std::move(*s).n = 1;
%%
S &&r = std::move(*s); r.n = 1;
%%
S t = std::move(*s);
%%
std::vector<int> v = std::move(s->v);
%%
std::vector<int> v(std::move(s->v));
%%
auto v = std::move(s->v);
%%
std::string x; x = std::move(s->str);
%%
std::exchange(s->n, 1);
%%
std::swap(*s, *s->next);
%%
using std::swap; swap(s->n, k);
%%
s->v.swap(s->next->v);
%%
s->v.clear();
%%
s->v[0] = 1;
%%
s->v.at(0) = 1;
%%
s->v.front() = 1;
%%
*s->v.begin() = 1;
%%
*s->v.data() = 1;
%%
s->v.data()[0] = 1;
%%
auto it = s->v.begin(); *it = 1;
%%
auto it = s->v.begin(); *it++ = 1;
%%
std::vector<int>::iterator it = s->v.begin(); *it = 1;
%%
std::vector<int>::iterator it = s->v.begin(); it[0] = 1;
%%
for (auto it = s->v.begin(); it != s->v.end(); ++it) *it = 1;
%%
for (auto &x : s->v) x = 1;
%%
for (auto &[a, b] : s->m) b = 1;
%%
for (auto &x : s->m) x.second = 1;
%%
s->m[1];
%%
s->m[1] = 1;
%%
s->m.at(1) = 1;
%%
s->m.find(1)->second = 1;
%%
auto it = s->m.find(1); it->second = 1;
%%
s->m.insert({1, 2});
%%
s->m.emplace(1, 2);
%%
s->m.erase(1);
%%
s->str += "x";
%%
s->str[0] = 'x';
%%
s->str.append("x");
%%
s->str.data()[0] = 'x';
%%
const_cast<char *>(s->str.c_str())[0] = 'x';
%%
char *c = const_cast<char *>(s->str.data()); *c = 1;
%%
std::sort(s->v.begin(), s->v.end());
%%
std::sort(std::begin(s->a), std::end(s->a));
%%
std::fill_n(s->a, 4, 0);
%%
std::copy(&k, &k + 1, s->a);
%%
std::copy(&k, &k + 1, s->v.begin());
%%
std::copy_n(&k, 1, std::back_inserter(s->v));
%%
std::iota(s->a, s->a + 4, 0);
%%
std::transform(s->a, s->a + 4, s->a, [](int x) { return x + 1; });
%%
std::get<0>(std::tie(s->n)) = 1;
%%
std::tie(k, s->n) = std::make_pair(1, 2);
%%
std::tuple<S *> t(s); std::get<0>(t)->n = 1;
%%
auto t = std::make_tuple(s); std::get<0>(t)->n = 1;
%%
std::pair<int *, int> t(s->p, 1); *t.first = 1;
%%
std::array<int *, 1> t{s->p}; *t[0] = 1;
%%
std::array<int *, 1> t; t[0] = s->p; *t[0] = 1;
%%
std::optional<S *> t = s; (*t)->n = 1;
%%
std::reference_wrapper<int> r = s->n; r.get() = 1;
%%
auto r = std::ref(*s); r.get().n = 1;
%%
std::shared_ptr<S> t(s); t->n = 1;
%%
std::shared_ptr<S> t(s, [](S *) {}); (*t).n = 1;
%%
std::map<int, S *> t; t[1] = s; t[1]->n = 1;
%%
std::vector<S *> t; t.push_back(s); t.back()->n = 1;
%%
std::vector<S *> t; t.emplace_back(s); for (auto x : t) x->n = 1;
%%
std::vector<S *> t(1); t[0] = s; t[0]->set();
%%
std::any t = s; std::any_cast<S *>(t)->n = 1;
%%
std::variant<S *, int> t = s; std::get<S *>(t)->n = 1;
%%
std::bind(setp, s->p)();
%%
std::invoke(setp, s->p);
%%
std::invoke(&S::set, s);
%%
std::mem_fn(&S::set)(s);
%%
std::apply(setp, std::make_tuple(s->p));
%%
(s->*(&S::set))();
%%
(s->*(k ? &S::set : &S::set))();
%%
void (S::*m)() = &S::set; (s->*m)();
%%
void (S::*m)() = &S::set; ((*s).*m)();
%%
int S::*m = &S::n; s->*m = 1;
%%
int S::*m = &S::n; int &r = s->*m; r = 1;
%%
int *S::*m = &S::p; *(s->*m) = 1;
%%
auto m = &S::next; (s->*m)->n = 1;
%%
S::sset(s);
%%
s->sset(s);
%%
s->S::set();
%%
s->mset();
%%
const S *c = s; c->mset();
%%
const S &c = *s; c.mu = 1;
%%
const S &c = *s; *c.p = 1;
%%
const S &c = *s; c.next->n = 1;
%%
s->me()->n = 1;
%%
s->cself().me()->n = 1;
%%
s->self().self().n = 1;
%%
s->self() = S();
%%
*s = S();
%%
*s = {};
%%
*s = S{};
%%
s->operator=(S());
%%
S t; t = *s; *t.p = 1;
%%
S t(*s); *t.ptr() = 1;
%%
S t{*s}; *t.deep() = 1;
%%
auto t = *s; *t.p = 1;
%%
const auto t = *s; *t.p = 1;
%%
auto *t = s; t->n = 1;
%%
auto const &t = *s; *t.p = 1;
%%
auto &&t = *s; t.n = 1;
%%
decltype(auto) t = *s; t.n = 1;
%%
decltype(*s) t = *s; t.n = 1;
%%
Alias *t = s; t->n = 1;
%%
PS t = s; t->n = 1;
%%
PS const t = s; t->n = 1;
%%
RS t = *s; t.n = 1;
%%
Fp g = ns::w; g(s);
%%
Fp g = [](S *x) { x->n = 1; }; g(s);
%%
Arr &t = s->a; t[0] = 1;
%%
int (&t)[4] = s->a; t[0] = 1;
%%
int (*t)[4] = &s->a; (*t)[0] = 1;
%%
int (&t)[2][3] = s->m2; t[1][2] = 1;
%%
auto t = s->m2; t[1][2] = 1;
%%
auto &t = s->m2[1]; t[2] = 1;
%%
ns::w(s);
%%
ns::in::w2(*s);
%%
ns::w3(s);
%%
ns::v1::w3(s);
%%
using namespace ns; w(s);
%%
using ns::w; w(s);
%%
namespace n2 = ns; n2::w(s);
%%
::ns::w(s);
%%
Tr<S>::w(s);
%%
rec<3>(s);
%%
both(s->p, 1);
%%
both<int *, int>(s->p, 1);
%%
assign(s->n, 1);
%%
assign<int>(s->n, 1);
%%
assign(*s->p, 1);
%%
call(setp, s->p);
%%
call([](int *x) { *x = 1; }, s->p);
%%
call([s]() { s->n = 1; });
%%
[&] { s->n = 1; }();
%%
[s]() mutable { s->n = 1; }();
%%
[q = s->p] { *q = 1; }();
%%
[&r = s->n] { r = 1; }();
%%
[](auto x) { x->n = 1; }(s);
%%
[](S *x) { return x; }(s)->n = 1;
%%
auto l = [](S &x) -> int & { return x.n; }; l(*s) = 1;
%%
auto l = [=](int x) { s->a[x] = 1; }; for (int i = 0; i < 4; i++) l(i);
%%
int i = [&]() -> int { return s->n = 1; }();
%%
set(s->n);
%%
set(*s->p);
%%
setr(std::move(s->n));
%%
setpp(s->p);
%%
int *q = s->p; setpp(q);
%%
int *q = nullptr; repl(q, s->p); *q = 1;
%%
int *q = nullptr; slot(q) = s->p; *q = 1;
%%
*slot(s->p) = 1;
%%
slot(s->p) = nullptr;
%%
int *q = s->p; *slot(q) = 1;
%%
*s << 1;
%%
(*s, 1) = 1;
%%
(*s << 1).a[0] = 1;
%%
new (s->a) int(1);
%%
new (&s->v) std::vector<int>();
%%
::new ((void *) s) S();
%%
::new (static_cast<void *>(std::addressof(*s))) S();
%%
std::addressof(*s)->n = 1;
%%
std::construct_at(s);
%%
std::destroy_at(s);
%%
s->~S();
%%
s->v.~vector();
%%
delete s;
%%
delete[] s->p;
%%
::delete s;
%%
operator delete(s);
%%
std::unique_ptr<S> u(s);
%%
std::unique_ptr<S> u{s}; u.release()->n = 1;
%%
std::unique_ptr<S[]> u(s); u[0].n = 1;
%%
std::lock_guard<std::mutex> g(s->mx);
%%
reinterpret_cast<int &>(*s) = 1;
%%
reinterpret_cast<int (&)[4]>(s->a)[0] = 1;
%%
reinterpret_cast<std::atomic<int> *>(&s->n)->store(1);
%%
reinterpret_cast<std::atomic<int> &>(s->n) = 1;
%%
*reinterpret_cast<long *>(reinterpret_cast<char *>(s) + 8) = 1;
%%
const_cast<int &>(s->cref()) = 1;
%%
const_cast<int *&>(s->p) = nullptr;
%%
dynamic_cast<Der *>((Base *) s)->s->n = 1;
%%
(int &) s->n = 1;
%%
(int &) *s = 1;
%%
(S &) *s = S();
%%
int(s->n = 1);
%%
(void) (s->n = 1);
%%
static_cast<void>(s->n = 1);
%%
void(s->n = 1);
%%
if (auto *q = s->p; q) *q = 1;
%%
if (int *q = s->p; k) *q = 1; else *q = 2;
%%
if (S *t = s->next) t->n = 1;
%%
while (S *t = s->next) { t->n = 1; break; }
%%
switch (int *q = s->p; k) { default: *q = 1; }
%%
for (S *t = s; t; t = t->next) t->set();
%%
for (int *b = s->begin(), *e = s->end(); b != e; ++b) *b = 1;
%%
try { throw s; } catch (S *t) { t->n = 1; }
%%
try { throw P(s); } catch (P &t) { t.s->n = 1; }
%%
try { s->set(); } catch (...) { throw; }
%%
k <=> (s->n = 1);
%%
s->n ? s->n = 1 : 0;
%%
k and (s->n = 1);
%%
k or s->n++;
%%
s->n and_eq 1;
%%
s->n or_eq 1;
%%
s->n xor_eq 1;
%%
not s->n++;
%%
compl s->n++;
%%
int bitand r = s->n; r = 1;
%%
alignas(8) int *q = s->p; *q = 1;
%%
[[maybe_unused]] int *q = s->p; *q = 1;
%%
[[likely]] s->n = 1;
%%
constexpr int i = 1; s->a[i] = 1;
%%
static_assert(true); s->n = 1;
%%
const char *c = R"(})"; s->n = 1;
%%
const char *c = R"x()" } )x"; s->n = 1;
%%
const char *c = R"(\)"; s->n = 1; const char *d = R"(")";
%%
auto c = u8R"(")"; s->n = 1; auto d = LR"(")";
%%
int i = 1'000'000; s->n = 1'0;
%%
E e{}; s->n = static_cast<int>(e);
%%
auto e = E::A; switch (e) { case E::A: s->n = 1; }
%%
co_await f(s);
%%
co_yield s->n = 1;
%%
co_return (void) (s->n = 1);
%%
asm volatile("" : "+m"(s->n));
%%
std::atomic_ref<int>(s->n).store(1);
%%
std::atomic_ref<int> r(s->n); r = 1;
%%
std::memset(s, 0, sizeof *s);
%%
std::memcpy(s->a, &k, 4);
%%
std::strcpy((char *) s->a, "x");
%%
std::span<int> sp(s->a); sp[0] = 1;
%%
std::span sp{s->a, 4}; sp[0] = 1;
%%
std::ranges::fill(s->a, 1);
%%
std::ranges::for_each(s->v, [](int &x) { x = 1; });
%%
std::stringstream ss; ss >> s->n;
%%
std::istringstream("1") >> s->n;
%%
std::getline(std::cin, s->str);
%%
std::from_chars("1", "1", s->n);
%%
std::cin.read((char *) s, 4);
%%
thread_local S *t = s; t->n = 1;
%%
static S &t = *s; t.n = 1;
%%
extern S *gs; gs = s; gs->n = 1;
%%
struct L { S *s; void w() { s->n = 1; } } l{s}; l.w();
%%
struct L { S *s; void w() { s->n = 1; } }; L l; l.s = s; l.w();
%%
struct L { static void w(S *s) { s->n = 1; } }; L::w(s);
%%
struct { S *s; } l{s}; l.s->n = 1;
%%
class L { public: L(S *s) { s->n = 1; } }; L l(s);
%%
union { S *s; int *i; }; i = (int *) s; *i = 1;
%%
goto e; e: s->n = 1;
%%
!struct C { S *s; int n; void f(S *t) { t->n = 1; } };
inline void f(S *s) { C c; c.f(s); }
%%
!struct C { int n; C &add(int v) { n += v; return *this; } };
inline void f(C *c) { c->add(1).add(2); }
%%
!struct C { int n; C &add(int v) { n += v; return *this; } };
inline void f(C &c) { C d = c; C &e = c; e.add(1); }
%%
!inline void f(S *s) noexcept(true) { s->n = 1; }
%%
!inline auto f(S *s) -> void { s->n = 1; }
%%
!template <class T> auto f(T *s) -> decltype(s->n) { return s->n = 1; }
%%
!template <class T, class = std::enable_if_t<(sizeof(T) > 1)>> void f(T *s) { s->n = 1; }
%%
!template <class T> requires (sizeof(T) > 1) void f(T *s) { s->n = 1; }
%%
!template <class T> void f(T *s) requires (sizeof(T) > 1) { s->n = 1; }
%%
!void f(auto *s) { s->n = 1; }
%%
!void f(S *s, ...) { s->n = 1; }
%%
!void f(S *s, int k = 1, int *q = nullptr) { s->n = k; }
%%
!void f(S *s, std::vector<int> v = {1, 2}) { s->n = 1; }
%%
!void f(S s[]) { s->n = 1; }
%%
!void f(S (&s)[3]) { s[0].n = 1; }
%%
!void f(S (*s)[3]) { (*s)[0].n = 1; }
%%
!void f(S *(&s)) { s->n = 1; }
%%
!void f(S *&s) { s = nullptr; }
%%
!void f(S *const &s) { s->n = 1; }
%%
!void f(S *&&s) { s->n = 1; }
%%
!void f(const S &s) { s.mu = 1; }
%%
!void f(const S &s) { s.mset(); }
%%
!void f(const S &s) { *s.p = 1; }
%%
!void f(const S &s) { const_cast<S &>(s).set(); }
%%
!void f(const S &s) { s.me()->set(); }
%%
!void f(const S *s) { s->me()->set(); }
%%
!void f(S s) { *s.p = 1; }
%%
!void f(P s) { s.s->n = 1; }
%%
!void f(P s) { S *q = s; q->n = 1; }
%%
!void f(std::vector<int> &s) { s[0] = 1; }
%%
!void f(std::vector<int> &&s) { s.push_back(1); }
%%
!void f(const std::vector<int *> &s) { *s[0] = 1; }
%%
!void f(const std::vector<S> &s) { s[0].next->n = 1; }
%%
!void f(std::unique_ptr<S> s) { s->n = 1; }
%%
!void f(const std::unique_ptr<S> &s) { s->n = 1; }
%%
!void f(const std::shared_ptr<S> &s) { (*s).n = 1; }
%%
!void f(std::shared_ptr<S> s) { S *q = s.get(); q->n = 1; }
%%
!void f(std::function<void(S *)> s) { s(nullptr); }
%%
!void f(std::span<int> s) { s[0] = 1; }
%%
!void f(std::initializer_list<S *> s) { for (auto x : s) x->n = 1; }
%%
!void f(std::tuple<S *> s) { std::get<0>(s)->n = 1; }
%%
!void f(std::optional<S *> s) { (*s)->n = 1; }
%%
!void f(std::reference_wrapper<S> s) { s.get().n = 1; }
%%
!void f(std::iterator s) { *s = 1; }
%%
!template <class It> void f(It s) { *s = 1; }
%%
!template <class It> void f(It s, It e) { while (s != e) *s++ = 1; }
%%
!template <class T> void f(T &&s) { s.n = 1; }
%%
!template <class T> void f(T s) { s->n = 1; }
%%
!template <class F> void f(F s) { s(); }
%%
!template <class F> void f(F &&s) { s(1); }
%%
!template <class... A> void f(A... s) { (s->set(), ...); }
%%
!template <class... A> void f(A &&... s) { call(s...); }
%%
!void f(int &s) { int &r = s, &q = r; q = 1; }
%%
!void f(int *s) { int *&r = s; *r = 1; }
%%
!void f(int *s) { int &r = *s; int *q = &r; *q = 1; }
%%
!void f(int *s) { int *const &r = s; *r = 1; }
%%
!void f(long &s) { auto x = [&] { s = 1; }; x(); }
%%
!void f(S &s) { S *q = &s; q->n = 1; }
%%
!void f(S &s) { Ag a{&s}; a.s->n = 1; }
%%
!void f(S &s) { Ag a; a.s = std::addressof(s); a.s->n = 1; }
%%
!void f(S &s) { Fn g{&s}; g(); }
%%
!void f(std::ostream &s) { s << 1; }
%%
!void f(std::ostream &s) { s.put(1); }
%%
!void f(std::istream &s) { int i; s >> i; }
%%
!struct M { S s_; void f2() { s_.n = 1; } };
inline void f(M *m) { m->f2(); }
%%
!struct M { S *s_; M(S *s) : s_(s) { s_->n = 1; } };
inline void f(S *s) { M m(s); }
%%
!struct M { int x; M(S *s) : x(s->n = 1) { } };
inline void f(S *s) { M m(s); }
%%
!struct M { S &s; M(S &t) : s(t) { } void w() { s.n = 1; } };
inline void f(S *s) { M m(*s); m.w(); }
%%
!struct M { S *s; M &operator=(const M &o) { o.s->n = 1; return *this; } };
inline void f(M *m) { M t; t = *m; }
%%
!struct M { int n; M(M &o) { o.n = 1; } M() {} };
inline void f(M *m) { M t = *m; }
%%
!struct M { int n; M(M &&o) { o.n = 1; } M() {} };
inline void f(M *m) { M t = std::move(*m); }
%%
!struct M { int n; M(M &o) { o.n = 1; } M() {} };
inline M f(M *m) { return *m; }
%%
!struct M { int n; M() {} M(M &o) { o.n = 1; } };
inline void g(M m) { }
inline void f(M *m) { g(*m); }
%%
!struct M { int n; ~M() { n = 1; } };
inline void f(M *m) { m->~M(); }
%%
!struct M { S *s; M *operator->() { s->n = 1; return this; } int k; };
inline int f(M *m) { return (*m)->k; }
%%
!struct M { int n; bool operator==(const M &) { n = 1; return true; } };
inline bool f(M *m) { return *m == *m; }
%%
!struct M { int n; M *operator&() { n = 1; return this; } };
inline void f(M *m) { M *q = &*m; }
%%
!struct M { int n; int operator,(int x) { return n = x; } };
inline void f(M *m) { *m, 1; }
%%
!struct M { int n; bool operator&&(int x) { return n = x; } };
inline void f(M *m) { *m && 1; }
%%
!struct M { int n; bool operator!() { return n = 1; } };
inline void f(M *m) { if (!*m) return; }
%%
!struct M { int n; int operator-() { return n = 1; } };
inline void f(M *m) { -*m; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M *m) { return *m; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { int x = m; return x; }
%%
!struct M { int n; operator int() { return n++; } };
inline int g(int x) { return x; }
inline int f(M &m) { return g(m); }
%%
!struct M { int n; operator bool() { return n++; } };
inline int f(M &m) { if (m) return 1; return 0; }
%%
!struct M { int n; operator bool() { return n++; } };
inline int f(M &m) { return m ? 1 : 0; }
%%
!struct M { int n; operator bool() { return n++; } };
inline int f(M &m) { return 1 && m; }
%%
!struct M { int n; operator const char *() { n++; return ""; } };
inline void g(const char *) { }
inline void f(M &m) { g(m); }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { int a[3]; return a[m]; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { switch (m) { case 1: return 1; } return 0; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { return (int) m; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { return static_cast<int>(m); }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { return int(m); }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { return m + 1; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { int x; x = m; return x; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { int x{m}; return x; }
%%
!struct M { int n; operator int() { return n++; } };
inline int f(M &m) { int x(m); return x; }
%%
!struct M { int n; template <class T> operator T() { return n++; } };
inline int f(M &m) { int x = m; return x; }
%%
!struct B0 { int n; operator int() { return n++; } }; struct M : B0 { };
inline int f(M &m) { int x = m; return x; }
%%
!struct M { int n; M *begin() { n = 1; return this; } M *end() { return this; } };
inline void f(M &m) { for (auto &x : m) ; }
%%
!struct M { int n; }; inline M *begin(M &m) { m.n = 1; return &m; } inline M *end(M &m) { return &m; }
inline void f(M &m) { for (auto &x : m) ; }
%%
!struct M { int n; }; template <std::size_t I> int get(M &m) { return m.n = 1; }
inline void f(M &m) { auto [a] = m; }
%%
!struct M { virtual int w(S *s) const { return 0; } }; struct M2 : M { int w(S *s) const override { return s->n = 1; } };
inline void f(S *s, const M *m) { m->w(s); }
%%
!struct M { virtual int w(S *s) const = 0; };
inline void f(S *s, const M *m) { m->w(s); }
%%
!struct M { static int count; int n; int w() const { return ++count; } };
inline int f(M *m) { return m->w(); }
%%
!template <class T> struct M { T t; void w() { t.set(); } };
inline void f(M<S> *m) { m->w(); }
%%
!template <class T> struct M { T *t; void w() const { t->set(); } };
inline void f(const M<S> *m) { m->w(); }
%%
!template <class T> struct M { T *t; T *operator->() const { return t; } };
inline void f(const M<S> *m) { (*m)->set(); }
%%
!template <class D> struct Crtp { void w() { static_cast<D *>(this)->impl(); } }; struct M : Crtp<M> { int n; void impl() { n = 1; } };
inline void f(M *m) { m->w(); }
%%
!struct M { int n; struct It { M *m; int &operator*() { return m->n; } }; It it() { return It{this}; } };
inline void f(M *m) { *m->it() = 1; }
%%
!struct M { int n; struct It { M *m; int &operator*() { return m->n; } }; };
inline void f(M *m) { M::It i; i.m = m; *i = 1; }
%%
!struct M { int n; friend void poke(M &m) { m.n = 1; } };
inline void f(M *m) { poke(*m); }
%%
!struct M { int a_; int &a() { return a_; } const int &a() const { return a_; } };
inline void f(M *m) { m->a() = 1; }
%%
!struct M { int a_; int &a() { return a_; } };
inline void f(M *m) { m->a()++; }
%%
!struct M { int a_; int &a() { return a_; } };
inline void f(M *m) { int &x = m->a(); x = 1; }
%%
!struct M { int a_; int *a() { return &a_; } };
inline void f(M *m) { *m->a() = 1; std::swap(*m->a(), *m->a()); }
