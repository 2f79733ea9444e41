package c

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestWritesAreSeen: each line is a body of f(S *s, …) that writes to what s leads to, by a way
// that is easy to miss. None may count as reading. What the functions have in common stands before.
func TestWritesAreSeen(t *testing.T) {
	const types = `
typedef struct N { struct N *next; int n; } N;
typedef struct S { int n; long l; int *p; int **pp; char buf[16]; N *head; N own; int a[4]; int *ptrs[4]; unsigned long addr;
  union { int i; float f; int *q; } u; struct { int x; int *y; } in; void *v; void (*fn)(int *); } S;
typedef struct It { S *s; int *cur; int i; } It;
typedef struct Two { It a, b; } Two;
typedef union Pun { S *s; const S *c; unsigned long n; void *v; } Pun;
typedef struct Alt { int *x; int *y; int *z; } Alt;
static inline void set(int *q) { *q = 1; }
static inline void setc(const int *q) { *(int *) q = 1; }
static inline void setv(void *q) { *(int *) q = 1; }
static inline void setn(unsigned long q) { *(int *) q = 1; }
static inline void put(int **to, int *q) { *to = q; }
static inline void puts_(S **to, S *q) { *to = q; }
static inline void it_init(It *it, S *s) { it->s = s; it->cur = s->p; it->i = 0; }
static inline It it_make(S *s) { It it; it.s = s; it.cur = s->p; it.i = 0; return it; }
static inline It *it_new(S *s) { It *it = malloc(sizeof *it); it->s = s; it->cur = s->p; return it; }
static inline void it_set(It *it) { *it->cur = 1; }
static inline void it_sets(It *it) { it->s->n = 1; }
static inline int *at(S *s, int i) { return s->a + i; }
static inline int *deep(S *s) { return s->p; }
static inline S *same(S *s) { return s; }
static inline const S *csame(const S *s) { return s; }
static inline void *vsame(void *s) { return s; }
static inline void apply(void (*g)(int *), int *q) { g(q); }
static inline void mycopy(void *d, const void *s, int n) { char *a = d; const char *b = s; while (n--) *a++ = *b++; }
static inline void walk(N *n) { if (n) { n->n = 1; walk(n->next); } }
static inline void viaout(S *s, int **out) { *out = s->p; }
static inline void viaout2(S *s, It *out) { out->cur = s->p; }
static inline void keepin(Two *t, int *q) { t->b.cur = q; }
static inline N *last(N *n) { while (n->next) n = n->next; return n; }
static inline void pair(It *a, It *b) { a->cur = b->cur; }
#define FIELD(s) ((s)->n)
#define DEREF(q) (*(q))
#define CASTAWAY(T, x) ((T *) (x))
#define EACH(s, i) for (int i = 0; i < 4; i++)
#define SETTER set
`
	bodies := strings.Split(strings.TrimSpace(`
int *q = &s->n; *q = 1;
int *q = s->a; q[2] = 1;
int *q = s->a + 1; *(q - 1) = 1;
int **q = &s->p; **q = 1;
int **q = &s->p; *q = 0;
int *const *q = s->ptrs; *q[1] = 1;
int *q = s->ptrs[2]; *q = 1;
int *x[3]; x[1] = s->p; *x[1] = 1;
int *x[2][2]; x[1][0] = s->p; *x[1][0] = 1;
int *x[2] = { 0, s->p }; *x[1] = 1;
struct { int *a, *b; } x; x.b = s->p; *x.b = 1;
It it; it.cur = s->p; *it.cur = 1;
It it = { s, s->p, 0 }; *it.cur = 1;
It it = { .cur = s->p }; *it.cur = 1;
It it; it_init(&it, s); *it.cur = 1;
It it; it_init(&it, s); it.s->n = 1;
It it; it_init(&it, s); it_set(&it);
It it; it_init(&it, s); it_sets(&it);
It it = it_make(s); *it.cur = 1;
It it = it_make(s); it_sets(&it);
It *it = it_new(s); it_set(it);
It *it = it_new(s); *it->cur = 1;
It it = it_make(s); It jt = it; it_set(&jt);
It it = it_make(s), jt; jt = it; jt.s->n = 1;
It it = it_make(s), jt; memcpy(&jt, &it, sizeof it); it_set(&jt);
It it = it_make(s), jt; mycopy(&jt, &it, sizeof it); it_set(&jt);
It it = it_make(s), *q = &it, **r = &q; (*r)->s->n = 1;
It it[2]; it[1] = it_make(s); it_set(it + 1);
It it[2]; it_init(&it[1], s); it_set(&it[0] + 1);
Two t; it_init(&t.b, s); it_set(&t.b);
Two t; it_init(&t.a, s); t.b = t.a; *t.b.cur = 1;
Two t, *q = &t; it_init(&q->b, s); it_set(&t.b);
Two t; keepin(&t, s->p); it_set(&t.b);
It a = it_make(s), b; pair(&b, &a); it_set(&b);
int *q; put(&q, s->p); *q = 1;
int *q; put(&q, &s->n); *q = 1;
S *q; puts_(&q, s); q->n = 1;
int *q; viaout(s, &q); *q = 1;
It it; viaout2(s, &it); it_set(&it);
int *q; memcpy(&q, &s->p, sizeof q); *q = 1;
int *q; mycopy(&q, &s->p, sizeof q); *q = 1;
int *q; char *c = (char *) &q, *d = (char *) &s->p; for (int i = 0; i < 8; i++) c[i] = d[i]; *q = 1;
S t = *s; *t.p = 1;
S t = *s; t.head->n = 1;
S t; memcpy(&t, s, sizeof t); *t.p = 1;
S t = *s, *q = &t; *q->p = 1;
S t[1]; t[0] = *s; *t->p = 1;
S *t = malloc(sizeof *t); *t = *s; *t->p = 1;
S *t = malloc(sizeof *t); memcpy(t, s, sizeof *t); *t->in.y = 1;
Pun u; u.s = s; u.s->n = 1;
Pun u; u.c = s; u.s->n = 1;
Pun u; u.n = (unsigned long) s; u.s->n = 1;
Pun u; u.s = s; ((S *) u.n)->n = 1;
Pun u; u.s = s; setv(u.v);
Pun u = { s }; u.s->n = 1;
s->u.i = 1;
*s->u.q = 1;
int *q = s->u.q; set(q);
int *q = &s->u.i; set(q);
float *q = (float *) &s->u; *q = 1;
unsigned long u = (unsigned long) s; ((S *) u)->n = 1;
unsigned long u = (unsigned long) s + 8; *(long *) u = 1;
unsigned long u = ((unsigned long) s->p + 7) & ~7ul; *(int *) u = 1;
setn((unsigned long) &s->n);
setn(s->addr);
*(int *) s->addr = 1;
unsigned long u = s->addr; *(int *) u = 1;
unsigned long u = s->addr << 2; int *q = (int *) u; *q = 1;
int *q = (int *) ((char *) s + 8); *q = 1;
char *c = (char *) s; c[3] = 1;
char *c = (char *) s; c += 8; *c = 1;
void *v = s; ((S *) v)->n = 1;
void *v = s; S *q = v; q->n = 1;
const S *c = s; ((S *) c)->n = 1;
const S *c = csame(s); CASTAWAY(S, c)->n = 1;
const int *c = &s->n; setc(c);
const void *c = s; S *q = (S *) c; q->n = 1;
((Alt *) s)->y = 0;
Alt *q = (Alt *) s; *q->z = 1;
Alt x; S *q = (S *) &x; q->p = s->p; *x.y = 1;
Alt x; x.y = s->p; int **q = (int **) &x; *q[1] = 1;
setv(s->v);
setv(s);
set(at(s, 1));
*at(s, 1) = 1;
*deep(s) = 1;
same(s)->n = 1;
same(same(s))->n = 1;
((S *) vsame(s))->n = 1;
S *q = vsame(s); q->n = 1;
(*same(s)).n = 1;
last(s->head)->n = 1;
walk(s->head);
walk(&s->own);
N *n = s->head; while (n) { n->n = 1; n = n->next; }
N **n = &s->head; while (*n) n = &(*n)->next; *n = 0;
for (N *n = s->head; n; n = n->next) n->n++;
s->head->next->next->n = 1;
s->own.next->n = 1;
s->in.x = 1;
*s->in.y = 1;
(&s->in)->x = 1;
(*s).n = 1;
s[0].n = 1;
0[s].n = 1;
(s + 0)->n = 1;
*(&s->n) = 1;
*&*&s->n = 1;
s->n += 1;
s->n++;
--s->n;
s->n <<= 1;
s->a[s->n++] += 0;
(s->n) = 1;
int x = s->n = 1;
int x = (s->n = 1, 2);
if ((s->n = 1)) return;
while (s->n-- > 0);
for (s->n = 0; s->n < 3;) break;
switch (s->n = 1) { default:; }
return (void) (s->n = 1);
*(s ? &s->n : 0) = 1;
*(k ? s->p : &k) = 1;
int *q = k ? &k : s->p; *q = 1;
S *q = 0; if (k) q = s; q->n = 1;
S *q = 0; for (;;) { if (q) q->n = 1; q = s; }
int *q = &k; again: *q = 1; q = s->p; if (k) goto again;
int *q; { int *r = s->p; q = r; } *q = 1;
int *a, *b, *c; a = b = c = s->p; *a = 1;
int *a = s->p, *b = a, *c = b; *c = 1;
FIELD(s) = 1;
FIELD(s)++;
DEREF(s->p) = 1;
DEREF(&s->n) = 1;
EACH(s, i) s->a[i] = 0;
SETTER(&s->n);
apply(set, &s->n);
void (*g)(int *) = set; g(&s->n);
s->fn(&s->n);
s->fn(s->p);
(*s->fn)(s->p);
qsort(s->a, 4, sizeof(int), 0);
memset(s, 0, sizeof *s);
memset(&s->in, 0, sizeof s->in);
memset(s->p, 0, 4);
memcpy(s->a, &k, 4);
memmove(s->buf + 1, s->buf, 3);
strcpy(s->buf, "x");
snprintf(s->buf, 16, "%d", k);
free(s->p);
s->p = realloc(s->p, 8);
char *e; strtol(s->buf, &e, 10); *e = 0;
char *e = strchr(s->buf, 'x'); *e = 0;
char *e = memchr(s->buf, 'x', 3); e[0] = 0;
*(int *) memcpy(s->p, &k, 4) = 1;
unseen(s);
unseen(&s->n);
unseen(s->p);
It it; it.s = s; unseen(&it);
It it = it_make(s); unseen(&it);
void *v[1] = { s }; unseen(v);
It it; unseen2(&it, s); *it.cur = 1;
int *q = unseen3(s); *q = 1;
static int *keep; keep = s->p; *keep = 1;
static S *keep; keep = s; keep->n = 1;
int volatile *q = &s->n; *q = 1;
int *restrict q = s->p; *q = 1;
register S *q = s; q->n = 1;
__typeof__(s) q = s; q->n = 1;
int (*q)[4] = &s->a; (*q)[1] = 1;
int *q = (int[]) { 0 }; q = s->p; *q = 1;
It *it = &(It) { s, s->p, 0 }; it_set(it);
it_set(&(It) { s, s->p, 0 });
struct { It it; int n; } x; x.it = it_make(s); it_set(&x.it);
struct { int **pp; } x = { &s->p }; **x.pp = 1;
int *q = &s->a[1]; int *r = &q[1]; *r = 1;
int **pp = s->pp; **pp = 1;
***&s->pp = 1;
__atomic_store_n(&s->n, 1, 0);
asm("" : "=m"(s->n));
`), "\n")
	var b strings.Builder
	b.WriteString(types)
	for i, body := range bodies {
		fmt.Fprintf(&b, "void f%d(S *s, int k) { %s }\n", i, body)
	}
	known := map[string]string{"memcpy": "wr", "memmove": "wr", "memset": "wr", "strlen": "r", "free": "w", "malloc": "r", "realloc": "Wr", "strchr": "Rr", "memchr": "Rr",
		"strcpy": "wr", "snprintf": "wr", "strtol": "rw", "qsort": "wr"}
	lib := library(fstest.MapFS{"x.h": {Data: []byte(b.String())}})
	lib.opts.Known = func(n string) string { return known[n] }
	h, _ := lib.Header("x.h", "")
	for i, body := range bodies {
		f, ok := h.Function(fmt.Sprintf("f%d", i))
		if !ok || f.Params[0].Does == Reads {
			t.Errorf("reads, it says: %s", body)
		}
	}
}

// TestCppWritesAreSeen is TestWritesAreSeen for what only C++ has.
func TestCppWritesAreSeen(t *testing.T) {
	const types = `
struct S { int n; int *p; int a[4]; S *next; int &ref() { return n; } const int &cref() const { return n; } int *ptr() { return p; } void set() { n = 1; }
  int *deep() const { return p; } };
struct It { S *s; int *cur; It(S *x) : s(x), cur(x->p) {} It(int *q) : s(0), cur(q) {} int &operator*() const { return *cur; } It &operator++() { ++*cur; return *this; }
  S *operator->() const { return s; } int &operator[](int i) const { return cur[i]; } void operator()(int v) const { *cur = v; } It &operator=(int v) { *cur = v; return *this; }
  It &operator+=(int v) { *cur += v; return *this; } bool operator==(int v) { *cur = v; return true; } void operator<<(int v) { *cur = v; } };
struct Guard { int *q; Guard(int &r) : q(&r) {} ~Guard() { *q = 1; } };
struct Ref { S &s; Ref(S &x) : s(x) {} void w() const { s.n = 1; } };
struct Box { int *q; void hold(int *x) { q = x; } void fill() { *q = 1; } };
struct Writer { Writer(S *s) { s->n = 1; } };
template <class T> struct Ptr { T *p; Ptr(T *x) : p(x) {} T *operator->() const { return p; } T &operator*() const { return *p; } T *get() const { return p; } };
template <class T> void assign(T &a, const T &b) { a = b; }
template <class T> T &pass(T &a) { return a; }
inline void operator+=(S &s, int v) { s.n += v; }
inline S &operator-(S &s, int v) { s.n = v; return s; }
`
	bodies := strings.Split(strings.TrimSpace(`
int &r = s->n; r = 1;
int &r = *s->p; r++;
S &r = *s; r.n = 1;
S &r = *s; S &q = r; q.n = 1;
S &&r = (S &&) *s; r.n = 1;
auto &r = *s; r.n = 1;
auto r = s; r->n = 1;
auto *r = s->p; *r = 1;
const S &r = *s; const_cast<S &>(r).n = 1;
const S *r = s; const_cast<S *>(r)->n = 1;
*const_cast<int *>(&s->cref()) = 1;
*reinterpret_cast<int *>(s) = 1;
static_cast<S *>(static_cast<void *>(s))->n = 1;
s->ref() = 1;
*s->ptr() = 1;
*s->deep() = 1;
s->set();
s->next->set();
(*s).set();
S *q = s; q->set();
It it(s); *it.cur = 1;
It it(s); *it = 1;
It it(s); ++it;
It it(s); it->n = 1;
It it(s); it->set();
It it(s); it[1] = 1;
It it(s); it(1);
It it(s); it = 1;
It it(s); it += 1;
It it(s); bool b = it == 1;
It it(s); it << 1;
It it = It(s); *it = 1;
It it{s}; *it = 1;
It it = {s}; *it = 1;
It it(s->p); *it.cur = 1;
It it(s); It jt = it; *jt = 1;
It it(s); It jt(it); *jt = 1;
*It(s) = 1;
It(s)->n = 1;
Guard g(s->n);
Guard g{s->n};
Ref r(*s); r.w();
Ref r{*s}; r.w();
Ref(*s).w();
Box b; b.hold(s->p); b.fill();
Box b; b.q = s->p; b.fill();
Box b; b.hold(&s->n); Box c = b; c.fill();
Box *b = new Box; b->hold(s->p); b->fill();
Writer w(s);
Writer w{s};
new Writer(s);
Ptr<S> q(s); q->n = 1;
Ptr<S> q(s); q->set();
Ptr<S> q(s); (*q).n = 1;
Ptr<S> q(s); q.get()->n = 1;
std::unique_ptr<S> q(s); q->n = 1;
assign(s->n, 3);
pass(*s).n = 1;
pass(s)->n = 1;
*s += 1;
*s - 1;
new (s) S();
new (&s->n) int(1);
S *q = new (s) S; q->n = 1;
delete s->p;
delete[] s->p;
delete s->next;
auto l = [=]() { s->n = 1; }; l();
auto l = [&]() { s->n = 1; }; l();
[s] { s->n = 1; }();
std::for_each(s->a, s->a + 4, [](int &x) { x = 1; });
for (int &x : s->a) x = 1;
for (auto &x : s->a) x = 1;
for (int *q : { s->p }) *q = 1;
int *q{s->p}; *q = 1;
int &r{s->n}; r = 1;
std::swap(s->n, k);
std::swap(s->p, *(int **) 0);
int *q = 0; std::swap(q, s->p);
std::fill(s->a, s->a + 4, 0);
std::cin >> s->n;
std::vector<int *> v; v.push_back(s->p); *v[0] = 1;
std::vector<int *> v(1, s->p); *v.front() = 1;
std::vector<S *> v{s}; v[0]->n = 1;
std::pair<S *, int> q(s, 1); q.first->n = 1;
auto q = std::make_pair(s, 1); q.first->n = 1;
std::tie(s->n, k) = f();
std::function<void()> g = [=] { s->n = 1; }; g();
std::ref(s->n).get() = 1;
auto m = &S::set; (s->*m)();
int S::*m = &S::n; s->*m = 1;
S *q = k ? s : nullptr; q->n = 1;
try { s->n = 1; } catch (...) { }
try { f(); } catch (int) { s->n = 1; }
if (int *q = s->p) *q = 1;
(k ? *s : *s->next).n = 1;
decltype(s) q = s; q->n = 1;
S t(*s); *t.p = 1;
S t = *s; *t.ptr() = 1;
S t{*s}; t.next->set();
`), "\n")
	var b strings.Builder
	b.WriteString(types)
	for i, body := range bodies {
		fmt.Fprintf(&b, "void f%d(S *s, int k) { %s }\n", i, body)
	}
	h, _ := library(fstest.MapFS{"x.hpp": {Data: []byte(b.String())}}).Header("x.hpp", "")
	for i, body := range bodies {
		f, ok := h.Function(fmt.Sprintf("f%d", i))
		if !ok || f.Params[0].Does == Reads {
			t.Errorf("reads, it says: %s", body)
		}
	}
}
