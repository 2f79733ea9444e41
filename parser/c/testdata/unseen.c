// Ways to write in C that are easy to miss (kinds_test.go). Behind the declarations that all have in
// common, each is the body of f(S *s, int k), or behind ! a whole file with an f, whose first parameter
// is written through.
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
typedef struct N { struct N *next; int n; } N;
typedef struct S { int n; long l; int *p; int **pp; char buf[16]; N *head; N own; int a[4]; int *ptrs[4]; unsigned long addr;
  union { int i; float f; int *q; } u; struct { int x; int *y; } in; void *v; void (*fn)(int *); unsigned bits : 3; char *name; int m[2][3]; struct S *up; short h; } S;
typedef struct It { S *s; int *cur; int i; } It;
typedef struct Two { It a, b; } Two;
typedef void (*cb_t)(int *);
typedef struct Ops { void (*set)(int *); void (*sets)(S *); int *(*get)(S *); } Ops;
static inline void set(int *q) { *q = 1; }
static inline void sets(S *s) { s->n = 1; }
static inline int *deep(S *s) { return s->p; }
static inline char *id(char *p) { return p; }
static inline void *idv(void *p) { return p; }
static inline const void *idc(const void *p) { return p; }
static inline int *idi(int *p) { return p; }
static inline int **idp(int **p) { return p; }
static inline unsigned long num(void *p) { return (unsigned long) p; }
static inline void *unnum(unsigned long n) { return (void *) n; }
static const Ops ops = { set, sets, deep };
static inline void bytes(void *d, const void *s, int n) { char *a = d; const char *b = s; while (n--) *a++ = *b++; }
static inline void vset(int n, ...) { va_list ap; va_start(ap, n); *va_arg(ap, int *) = 1; va_end(ap); }
static inline void vset2(va_list ap) { *va_arg(ap, int *) = 1; }
static inline void store(int **to, int *q) { *to = q; }
static inline It mk(S *s) { It it = { s, s->p, 0 }; return it; }
static inline Two mk2(S *s) { Two t; t.a = mk(s); t.b = mk(s); return t; }
static inline int *pick(int *a, int *b) { return a ? a : b; }
static inline void swapp(int **a, int **b) { int *t = *a; *a = *b; *b = t; }
static inline int cmp(const void *a, const void *b) { return *(int *) a = 1; }
#define container_of(p, T, m) ((T *) ((char *) (p) - offsetof(T, m)))
#define SET(x) ((x) = 1)
#define ASSIGN(x, y) x = y
#define APPLY(f, x) f(x)
#define LVAL(s, m) (s)->m
#define CAT(a, b) a##b
#define DO(stmt) do { stmt; } while (0)
#define WITH(q, e) for (int *q = (e), *once = q; once; once = 0)
#define IDENT(x) x
#define EMPTY
#define OF(T) T *
%%%%
*id((char *) s->p) = 1;
%%
*idi(s->p) = 1;
%%
*idi(&s->n) = 1;
%%
int *q; *id((char *) &q) = *id((char *) &s->p); *q = 1;
%%
int *q; char *d = id((char *) &q), *c = id((char *) &s->p); for (int i = 0; i < 8; i++) d[i] = c[i]; *q = 1;
%%
int *q; *idp(&q) = s->p; *q = 1;
%%
int *q; *(int **) idv(&q) = s->p; *q = 1;
%%
int *q; bytes(idv(&q), idc(&s->p), 8); *q = 1;
%%
int *q; memcpy(idv(&q), idv(&s->p), 8); *q = 1;
%%
*(int *) unnum(num(s)) = 1;
%%
*(int *) unnum(num(&s->n)) = 1;
%%
unsigned long u = num(s->p); *(int *) u = 1;
%%
int *q = unnum(s->addr); *q = 1;
%%
char *c = (char *) &s->addr; unsigned long u; char *d = (char *) &u; for (int i = 0; i < 8; i++) d[i] = c[i]; *(int *) u = 1;
%%
int *q; char *c = (char *) &s->addr; char *d = (char *) &q; for (int i = 0; i < 8; i++) d[i] = c[i]; *q = 1;
%%
int *q; memcpy(&q, &s->addr, 8); *q = 1;
%%
unsigned lo = (unsigned long) s, hi = (unsigned long) s >> 32; *(int *) ((unsigned long) hi << 32 | lo) = 1;
%%
short t[4]; for (int i = 0; i < 4; i++) t[i] = (unsigned long) s >> 16 * i; ((S *) *(long *) t)->n = 1;
%%
container_of(&s->n, S, n)->n = 1;
%%
container_of(s->head, S, own)->n = 1;
%%
*(int *) ((char *) s + offsetof(S, n)) = 1;
%%
((int *) s)[offsetof(S, n) / 4] = 1;
%%
size_t o = offsetof(S, n); char *b = (char *) s; *(int *) (b + o) = 1;
%%
size_t o = offsetof(S, n); *(int *) (o + (char *) s) = 1;
%%
size_t o = (size_t) s; o += offsetof(S, n); *(int *) o = 1;
%%
intptr_t o = (intptr_t) s; *(int *) o = 1;
%%
SET(s->n);
%%
SET(LVAL(s, n));
%%
ASSIGN(s->n, 1);
%%
ASSIGN(*s->p, 1);
%%
APPLY(SET, s->n);
%%
APPLY(set, s->p);
%%
APPLY(APPLY, set)(s->p);
%%
CAT(se, t)(s->p);
%%
CAT(se, ts)(s);
%%
CAT(s, ->n) = 1;
%%
int CAT(q, 1) = 0; int *CAT(q, 2) = s->p; *q2 = 1;
%%
DO(s->n = 1);
%%
DO(int *q = s->p; *q = 1);
%%
WITH(q, s->p) *q = 1;
%%
IDENT(s)->n = 1;
%%
IDENT(*)s->p = 1;
%%
IDENT(s->n) IDENT(=) 1;
%%
s EMPTY -> EMPTY n EMPTY = 1;
%%
OF(int) q = s->p; *q = 1;
%%
_Generic(s->n, int: set, default: set)(&s->n);
%%
*_Generic(k, int: s->p, default: (int *) 0) = 1;
%%
_Generic(k, int: s->n, default: k) = 1;
%%
({ s->n = 1; });
%%
int x = ({ s->n = 1; 2; });
%%
*({ s->p; }) = 1;
%%
*({ int *q = s->p; q; }) = 1;
%%
({ s; })->n = 1;
%%
int *q = ({ int *r = s->p; r; }); *q = 1;
%%
jmp_buf j; if (setjmp(j)) { *s->p = 1; return; } longjmp(j, 1);
%%
jmp_buf j; int *q = &k; if (setjmp(j)) { *q = 1; return; } q = s->p; longjmp(j, 1);
%%
int n = 4; int *vla[n]; vla[1] = s->p; *vla[1] = 1;
%%
int n = 4; int *vla[n][n]; vla[1][2] = s->p; *vla[1][2] = 1;
%%
int vla[s->n = 1];
%%
int (*vla)[k] = (int (*)[k]) s->p; (*vla)[0] = 1;
%%
int (*vla)[k] = (void *) s->p; vla[0][0] = 1;
%%
char x[(s->n = 1, 4)];
%%
*(int *[]) { s->p }[0] = 1;
%%
((It) { s, s->p, 0 }).cur[0] = 1;
%%
(&(It) { .cur = s->p })->cur[0] = 1;
%%
*((int *[2]) { 0, s->p })[1] = 1;
%%
It *it = (It[]) { { s, s->p, 0 } }; *it->cur = 1;
%%
Two t = { { s, s->p, 0 }, { 0 } }; *t.a.cur = 1;
%%
Two t = { .b.cur = s->p }; *t.b.cur = 1;
%%
Two t = { .b = { .cur = s->p } }; *t.b.cur = 1;
%%
int *x[4] = { [2] = s->p }; *x[2] = 1;
%%
int *x[4] = { [1 ... 2] = s->p }; *x[2] = 1;
%%
struct { int *q[2]; } x[2] = { [1].q[0] = s->p }; *x[1].q[0] = 1;
%%
*mk(s).cur = 1;
%%
mk(s).s->n = 1;
%%
*mk2(s).b.cur = 1;
%%
Two t = mk2(s); It *p = &t.a + 1; *p->cur = 1;
%%
vset(1, s->p);
%%
vset(1, &s->n);
%%
ops.set(s->p);
%%
ops.sets(s);
%%
*ops.get(s) = 1;
%%
(*ops.set)(&s->n);
%%
(&ops)->set(&s->n);
%%
const Ops *o = &ops; o->sets(s);
%%
Ops o = ops; o.sets(s);
%%
cb_t g = set; g(s->p);
%%
cb_t g[2] = { set, set }; g[1](s->p);
%%
(k ? set : set)(s->p);
%%
(*set)(s->p);
%%
(**set)(s->p);
%%
(&set)(s->p);
%%
((void (*)(int *)) set)(s->p);
%%
((void (*)(S *)) s->v)(s);
%%
void (*g)(S *) = (void (*)(S *)) s->v; g(s);
%%
int *(*g)(S *) = deep; *g(s) = 1;
%%
*(*deep)(s) = 1;
%%
*(k ? deep : deep)(s) = 1;
%%
qsort(s->a, 4, 4, cmp);
%%
bsearch(&k, s->a, 4, 4, cmp);
%%
int *q = bsearch(&k, s->a, 4, 4, cmp); *q = 1;
%%
strtok(s->buf, ",");
%%
char *c = strtok(s->name, ","); *c = 0;
%%
sscanf("1", "%d", &s->n);
%%
scanf("%d", &s->n);
%%
fread(s->buf, 1, 16, stdin);
%%
fgets(s->buf, 16, stdin);
%%
sprintf(s->buf, "%d", k);
%%
memset(&*s, 0, 4);
%%
*(int *) memchr(s->buf, 1, 4) = 1;
%%
*strchr(s->name, 'x') = 0;
%%
strchr(s->name, 'x')[1] = 0;
%%
*strrchr(s->name, 'x') = 0;
%%
*strstr(s->name, "x") = 0;
%%
s->name[strlen(s->name)] = 0;
%%
char **e = &s->name; strtol("1", e, 10);
%%
strtol(s->name, &s->name, 10);
%%
s->bits = 1;
%%
s->bits++;
%%
s->m[1][2] = 1;
%%
int (*r)[3] = s->m; r[1][2] = 1;
%%
int (*r)[3] = s->m + 1; (*r)[2] = 1;
%%
int *r = s->m[1]; r[2] = 1;
%%
int *r = *s->m; *r = 1;
%%
int *r = *(s->m + 1) + 2; *r = 1;
%%
int (*r)[2][3] = &s->m; (*r)[0][0] = 1;
%%
int *r = s->a; r = r + 1; r[-1] = 1;
%%
int *r = 1 + s->a; *r = 1;
%%
int *r = &0[s->a]; *r = 1;
%%
1[s->a] = 1;
%%
k[s->p] = 1;
%%
k[s->ptrs][0] = 1;
%%
(k + 1)[s->a] = 1;
%%
s->up->up->p[0] = 1;
%%
S *t = s; while (t->up) t = t->up; t->n = 1;
%%
S **t = &s->up; (*t)->n = 1;
%%
S **t = &s; (*t)->n = 1;
%%
S ***t = &(S **) { &s }; (**t)->n = 1;
%%
S *t[1]; *t = s; t[0]->n = 1;
%%
S *t[1] = { s }, **u = t; (*u)->n = 1;
%%
s = s->up; s->n = 1;
%%
s++; s->n = 1;
%%
(s++)->n = 1;
%%
(++s)->n = 1;
%%
s++->n = 1;
%%
*s->p++ = 1;
%%
*++s->p = 1;
%%
(*s->p)++;
%%
++*s->p;
%%
int *q = s->p; *q++ = 1;
%%
int *q = s->p; *--q = 1;
%%
int *q = s->p; q++[0] = 1;
%%
int *q = s->p; int **r = &q; *(*r)++ = 1;
%%
k ? (s->n = 1) : 0;
%%
k && (s->n = 1);
%%
k || s->n++;
%%
k = (k, s->n = 1);
%%
(k, *s).n = 1;
%%
*(k, s->p) = 1;
%%
(k ? s : s->up)->n = 1;
%%
(k ? s->in : s->in).y[0] = 1;
%%
*(k ? &s->n : &k) = 1;
%%
(k ? s->p : &k)[0] = 1;
%%
(*(k ? &s->p : 0))[0] = 1;
%%
(s ?: s)->n = 1;
%%
*(s->p ?: &k) = 1;
%%
int *q = s->p ?: 0; *q = 1;
%%
for (int *q = s->p, *e = q + 4; q < e; q++) *q = 1;
%%
for (N **n = &s->head; *n; n = &(*n)->next) (*n)->n = 1;
%%
do s->n = 1; while (0);
%%
if (k) ; else s->n = 1;
%%
switch (k) { case 0: s->n = 1; }
%%
switch (k) { int *q; case 0: q = s->p; *q = 1; }
%%
switch (k) case 1: s->n = 1;
%%
while (k--) { switch (k) { default: *s->p = 1; continue; } }
%%
goto L; { L: s->n = 1; }
%%
void *L = &&M; goto *L; M: s->n = 1;
%%
return; s->n = 1;
%%
a: b: c: s->n = 1;
%%
int *q = &k, *r = q; q = s->p; r = q; *r = 1;
%%
int *q, *r; for (;;) { *r = 1; r = q; q = s->p; }
%%
int *q = (int *) (void *) (char *) (long *) s; *q = 1;
%%
long x = (long) s->p; x |= 1; x &= ~1L; *(int *) x = 1;
%%
long x = (long) s->p; x ^= 5; x ^= 5; *(int *) x = 1;
%%
long x = ~~(long) s->p; *(int *) x = 1;
%%
long x = -(-(long) s->p); *(int *) x = 1;
%%
long x = (long) s->p + 0 * 5; *(int *) x = 1;
%%
long x = (long) s->p * 2 / 2; *(int *) x = 1;
%%
long x = (long) s->p % -1ul; *(int *) x = 1;
%%
double x = 1; s->u.f = x;
%%
s->h = s->h;
%%
volatile int *q = &s->n; *q = *q;
%%
int *restrict *q = (int *restrict *) &s->p; **q = 1;
%%
const int *const *q = (const int *const *) s->pp; *(int *) q[0] = 1;
%%
const S *c = s; int *q = c->p; *q = 1;
%%
const S *c = s; c->head->n = 1;
%%
const S c = *s; *c.p = 1;
%%
const It it = mk(s); *it.cur = 1;
%%
const It it = mk(s); it.s->n = 1;
%%
int *const q = s->p; *q = 1;
%%
S t[2]; t[0] = *s; t[1] = t[0]; *t[1].p = 1;
%%
S t; t = *s; S u; u = t; *u.p = 1;
%%
S t; t.in = s->in; *t.in.y = 1;
%%
N t = s->own; t.next->n = 1;
%%
N t[1] = { s->own }; t->next->n = 1;
%%
struct { S s; } t = { *s }; *t.s.p = 1;
%%
union { S s; char c[sizeof(S)]; } t; t.s = *s; *t.s.p = 1;
%%
union { char c[8]; int *q; } t; memcpy(t.c, &s->p, 8); *t.q = 1;
%%
union { char c[8]; int *q; } t; for (int i = 0; i < 8; i++) t.c[i] = ((char *) &s->p)[i]; *t.q = 1;
%%
union { char c[8]; int *q; } t; for (int i = 0; i < 8; i++) t.c[i] = ((char *) &s->addr)[i]; *t.q = 1;
%%
union { int w[2]; int *q; } t; t.w[0] = ((int *) &s->p)[0]; t.w[1] = ((int *) &s->p)[1]; *t.q = 1;
%%
union { int w[2]; int *q; } t; t.w[0] = s->addr; t.w[1] = s->addr >> 32; *t.q = 1;
%%
union { double d; int *q; } t; t.d = *(double *) &s->p; *t.q = 1;
%%
double d = *(double *) &s->p; int *q = *(int **) &d; *q = 1;
%%
int w[2]; memcpy(w, &s->p, 8); int *q; memcpy(&q, w, 8); *q = 1;
%%
char w[8]; memcpy(w, &s->p, 8); **(int **) w = 1;
%%
char w[8]; *(int **) w = s->p; **(int **) w = 1;
%%
char w[8]; int **r = (int **) w; *r = s->p; **r = 1;
%%
long w[1]; w[0] = (long) s->p; *(int *) w[0] = 1;
%%
long w = s->l; *(int *) w = 1;
%%
long w[2]; w[1] = s->l; *(int *) w[1] = 1;
%%
struct { long x; } w = { s->l }; *(int *) w.x = 1;
%%
struct { long x; } w; w.x = (long) s; ((S *) w.x)->n = 1;
%%
swapp(&s->p, &s->pp[0]);
%%
int *q = 0; swapp(&q, &s->p);
%%
int *q; store(&q, s->p); int *r = q; *r = 1;
%%
int *q, **qq = &q; store(qq, s->p); *q = 1;
%%
int *q[2]; store(q + 1, s->p); *q[1] = 1;
%%
int *q[2]; store(&q[1], s->p); **(q + 1) = 1;
%%
*pick(s->p, &k) = 1;
%%
*pick(&k, s->p) = 1;
%%
*pick(0, idi(pick(s->p, 0))) = 1;
%%
int *q = malloc(4); int **h = malloc(8); *h = s->p; **h = 1;
%%
int **h = malloc(8); h[0] = s->p; int *r = h[0]; *r = 1;
%%
int **h = malloc(8); store(h, s->p); **h = 1;
%%
It *it = malloc(sizeof *it); *it = mk(s); *it->cur = 1;
%%
It *it = malloc(sizeof *it); it->s = s; sets(it->s);
%%
It **it = malloc(8); it[0] = malloc(8); it[0]->s = s; it[0]->s->n = 1;
%%
N *n = malloc(8); n->next = s->head; n->next->n = 1;
%%
N *n = malloc(8); n->next = s->head; while (n) { n->n = 1; n = n->next; }
%%
N *n = 0; for (N *m = s->head; m; m = m->next) { N *x = malloc(8); x->next = n; n = x; n->next = m; } n->next->n = 1;
%%
char *c = realloc(s->name, 10); *c = 1;
%%
char *c = strdup(s->name); s->name[0] = *c;
%%
char **c = alloca(8); *c = s->name; **c = 1;
%%
__builtin_memcpy(s->buf, "x", 1);
%%
__builtin_memset(s, 0, 1);
%%
__sync_fetch_and_add(&s->n, 1);
%%
__atomic_fetch_add(&s->n, 1, 5);
%%
__builtin_add_overflow(1, 2, &s->n);
%%
__builtin_expect(s->n = 1, 1);
%%
__builtin_expect((long) s, 1); *(int *) __builtin_expect((long) s->p, 1) = 1;
%%
*(int *) __builtin_assume_aligned(s->p, 16) = 1;
%%
__builtin_va_list ap; *__builtin_va_arg(ap, int **) = s->p;
%%
asm volatile("movl $1, (%0)" : : "r"(s->p) : "memory");
%%
__asm__("" : "+m"(*s));
%%
asm("" : "=r"(s->n));
%%
asm("movl $1, (%rdi)");
%%
void g(void) { s->n = 1; } g();
%%
auto void g(int *q); void g(int *q) { *q = 1; } g(s->p);
%%
extern void hidden(S *); hidden(s);
%%
extern int *table[]; table[0] = s->p; *table[0] = 1;
%%
static It it; it = mk(s); *it.cur = 1;
%%
typedef struct { int *q; } L; L l = { s->p }; *l.q = 1;
%%
typedef int *L; L l = s->p; *l = 1;
%%
typedef int *L; ((L) s->v)[0] = 1;
%%
typedef S *L; L const l = s; l->n = 1;
%%
enum { A, B }; int *q[2]; q[B] = s->p; *q[B] = 1;
%%
struct L { int *q; struct L *l; } a, b; a.q = s->p; b.l = &a; *b.l->q = 1;
%%
struct L { int *q; struct L *l; } a, b = { 0, &a }; a.q = s->p; *b.l->q = 1;
%%
struct L { int *q; struct L *l; } a, b; b.l = &a; b.l->q = s->p; *a.q = 1;
%%
struct L { int *q; struct L *l; } a, b; b.l = &a; store(&b.l->q, s->p); *a.q = 1;
%%
struct L { char *q; struct L *l; } a, b; b.l = &a; char *d = (char *) &b.l->q; for (int i = 0; i < 8; i++) d[i] = ((char *) &s->name)[i]; *a.q = 1;
%%
int *a, **b = &a, ***c = &b; **c = s->p; *a = 1;
%%
int *a, *z, **b = &z, ***c = &b; *c = &a; *b = s->p; *a = 1;
%%
char *a, **b = &a; char *d = (char *) b; for (int i = 0; i < 8; i++) d[i] = ((char *) &s->name)[i]; *a = 1;
%%
char *a; void *v = &a; char *d = v; for (int i = 0; i < 8; i++) d[i] = ((char *) &s->name)[i]; *a = 1;
%%
char *a, **b; b = k ? &a : 0; char *d = (char *) b; for (int i = 0; i < 8; i++) d[i] = ((char *) &s->name)[i]; *a = 1;
%%
char *a; struct { char *d; } x = { (char *) &a }; for (int i = 0; i < 8; i++) x.d[i] = ((char *) &s->name)[i]; *a = 1;
%%
char *a; char *x[1] = { (char *) &a }; for (int i = 0; i < 8; i++) x[0][i] = ((char *) &s->name)[i]; *a = 1;
%%
long a; struct { long *x; } b = { &a }; *b.x = s->addr; *(int *) a = 1;
%%
!static inline long lget(const S *s) { return s->l; }
void f(S *s) { *(int *) lget(s) = 1; }
%%
!static inline long lget(S *s) { return (long) s->p; }
void f(S *s) { *(int *) lget(s) = 1; }
%%
!static inline long lget(S *s) { return s->l; }
void f(S *s) { ((S *) lget(s))->n = 1; }
%%
!static inline char at(const char *c, int i) { return c[i]; }
void f(S *s) { int *q; for (int i = 0; i < 8; i++) ((char *) &q)[i] = at((const char *) &s->p, i); *q = 1; }
%%
!static inline unsigned long rd(const void *p) { return *(const unsigned long *) p; }
void f(S *s) { *(int *) rd(&s->p) = 1; }
%%
!static inline unsigned long rd(const void *p) { unsigned long x; memcpy(&x, p, 8); return x; }
void f(S *s) { *(int *) rd(&s->p) = 1; }
%%
!void f(S s[1]) { s->n = 1; }
%%
!void f(S s[static 1]) { s->n = 1; }
%%
!void f(S s[const]) { s->n = 1; }
%%
!void f(S *s) __attribute__((pure));
void f(S *s) { s->n = 1; }
%%
!__attribute__((noinline)) void f(S *s) { s->n = 1; }
%%
!void __attribute__((noinline)) f(S *s) { s->n = 1; }
%%
!void f(const S *s) { ((S *) s)->n = 1; }
%%
!void f(const S *s) { *s->p = 1; }
%%
!void f(const S *s) { int *q = s->p; *q = 1; }
%%
!void f(const S *s) { set(s->p); }
%%
!void f(const S *s) { set((int *) &s->n); }
%%
!void f(const S *s) { memset((void *) s, 0, 1); }
%%
!void f(const S *s) { S t = *s; *t.p = 1; }
%%
!void f(const S *s) { S t; memcpy(&t, s, sizeof t); *t.p = 1; }
%%
!void f(const S *s) { It it = { (S *) s }; it.s->n = 1; }
%%
!void f(const S *s) { N *n = s->head; while (n) { n->n = 1; n = n->next; } }
%%
!void f(const S s) { *s.p = 1; }
%%
!void f(S s) { *s.p = 1; }
%%
!void f(S s) { s.head->n = 1; }
%%
!void f(S s) { S t = s; *t.ptrs[1] = 1; }
%%
!void f(Two t) { *t.b.cur = 1; }
%%
!void f(unsigned long s) { *(int *) s = 1; }
%%
!void f(intptr_t s) { *(int *) s = 1; }
%%
!void f(uintptr_t s) { ((S *) s)->n = 1; }
%%
!void f(size_t s) { int *p = (int *) s; p[1] = 1; }
%%
!typedef unsigned long handle; void f(handle h) { ((S *) h)->n = 1; }
%%
!typedef union { S *s; int *i; } any; void f(any a) { *a.i = 1; }
%%
!void f(const any_t a) { *a.i = 1; }
%%
!void f(S *restrict s, S *restrict t) { t = s; t->n = 1; }
%%
!static inline void rec(S *s, int n) { if (n) rec(s->up, n - 1); else s->n = 1; }
void f(S *s) { rec(s, 3); }
%%
!static inline S *top(S *s) { return s->up ? top(s->up) : s; }
void f(S *s) { top(s)->n = 1; }
%%
!static inline void a(S *s); static inline void b(S *s) { a(s->up); } static inline void a(S *s) { if (s->up) b(s); else s->n = 1; }
void f(S *s) { b(s); }
%%
!#define f(s) ((s)->n = 1)
%%
!#define f(s) do { (s)->n = 1; } while (0)
%%
!#define f(s) (s)->n++
%%
!#define f(s) { (s)->n = 1; }
%%
!#define f(s) if (s) (s)->n = 1
%%
!#define f(s) ((s)->n) = 1
%%
!#define f(s) s = 0
%%
!#define f(s) (s)++
%%
!#define f(s) SET((s)->n)
%%
!#define f(s) set((s)->p)
%%
!#define f(s) g_##s()
%%
!#define f(s) h(#s, s)
%%
!#define f(...) SET(__VA_ARGS__->n)
%%
!#define f(s...) SET(s->n)
%%
!#define f(s) ({ __typeof__(s) t = (s); t->n = 1; })
%%
!#define inner(x) x->n = 1
#define f(s) inner((s))
%%
!#define f(s, ...) ((s)->fn(__VA_ARGS__))
%%
!#define f(s) (*(s) = 1)
%%
!#define f(s) for (int *q = (s)->p; q; q = 0) *q = 1
%%
!#define BODY(s) { s->n = 1; }
void f(S *s) BODY(s)
%%
!#define DEFUN(name) void name(S *s)
DEFUN(f) { s->n = 1; }
void f(S *s);
%%
!#define SELF s
void f(S *s) { SELF->n = 1; }
%%
!#define N_ s->n
void f(S *s) { N_ = 1; }
%%
!#define EQ =
void f(S *s) { s->n EQ 1; }
%%
!#define ARROW ->
void f(S *s) { s ARROW n = 1; }
%%
!#define INC ++
void f(S *s) { s->n INC; }
%%
!#define STMT s->n = 1;
void f(S *s) { STMT }
%%
!#define STMT() s->n = 1
void f(S *s) { STMT(); }
%%
!#define n(x) x
void f(S *s) { (*s).n = 1; }
%%
!#define s (*t)
void f(S **t) { s->n = 1; }
%%
!#define const
void f(const S *s) { s->n = 1; }
%%
!#define if(x) while (x)
void f(S *s) { if (1) s->n = 1; }
%%
!#if 1
void f(S *s) {
#else
void f(const S *s) {
#endif
s->n = 1; }
%%
!void f(S *s) {
#if 0
}
#endif
s->n = 1; }
%%
!void f(S *s) {
#ifdef A
if (1)
#else
if (2)
#endif
s->n = 1; }
%%
!void f(S *s) {
#ifdef A
s->p
#else
s->p
#endif
[0] = 1; }
%%
!void f(S *s) {
#ifdef A
int x =
#else
s->n =
#endif
1; }
%%
!void f(S *s) {
#ifdef A
int *q = 0;
#elif B
int *q = s->p;
#endif
*q = 1; }
%%
!void f(S *s) {
int *q
#ifdef A
= s->p
#endif
; *q = 1; }
%%
!void f(S *s) { s-\
>n = 1; }
%%
!void f(S *s) { s->n +\
= 1; }
%%
!void f(S *s) { s->n +\
+; }
%%
!void f(S *s) { se\
t(s->p); }
%%
!void f(S *s) { s->n /* */ = /* */ 1; }
%%
!void f(S *s) { // \
   comment \
   more
 s->n = 1; }
%%
!void f(S *s) { /\
* comment *\
/ s->n = 1; }
%%
!void f(S *s) { char *c = "\
}"; s->n = 1; }
%%
!void f(S *s) { char c = '\''; s->n = 1; }
%%
!void f(S *s) { char c = '"'; s->n = 1; char d = '"'; }
%%
!void f(S *s) { char *c = "\\"; s->n = 1; char *d = "\\"; }
%%
!void f(S *s) { char *c = "//"; s->n = 1; }
%%
!void f(S *s) { char *c = "/*"; s->n = 1; char *d = "*/"; }
%%
!void f(S *s) { int x = 1'000; s->n = 1; int y = 1'000; }
%%
!void f(S *s) <% s->n = 1; %>
%%
!void f(S *s) { s->a<:1:> = 1; }
%%
!void f(S *s) { int *q<:2:> = <% s->p %>; *q<:0:> = 1; }
%%
!void f(S *s) ??< s->n = 1; ??>
%%
!void f(S *s) { s->a??(1??) = 1; }
%%
!void f(S *s) { s->n ??!= 1; }
%%
!void f(S *s) { s->n ??'= 1; }
%%
!void f(S *s) { // what??/
s->n = 2;
s->n = 1; }
%%
!#define w(s) x
#undef w
static void w(S *s) { s->n = 1; }
void f(S *s) { w(s); }
%%
!#pragma push_macro("x")
void f(S *s) { s->n = 1; }
%%
!void f(S *s) { _Pragma("omp parallel") s->n = 1; }
%%
!void f(S *s) {
#pragma omp parallel for
for (int i = 0; i < 4; i++) s->a[i] = 0; }
%%
!void f(S *s) { int \u0061 = 1; s->n = 1; }
%%
!static int *\u00e9(S *s) { return s->p; }
void f(S *s) { *é(s) = 1; }
%%
!inline void f(S *s) { s->n = 1; } extern inline void f(S *s);
%%
!void f(S *s), g(S *s);
void g(S *s) { }
void f(S *s) { s->n = 1; }
%%
!void f(S *s) { void set(const int *); set(s->p); }
%%
!void f(S *s) { const int *set = s->p; s->p = 0; }
%%
!int hidden_set(int *); 
void f(S *s) { hidden_set(s->p); }
%%
!struct V { void (*set)(struct V *, int); int n; };
static void vs(struct V *v, int n) { v->n = n; }
void f(struct V *v) { v->set(v, 1); }
%%
!struct V { void (*set)(struct V *, int); int n; };
static void vs(struct V *v, int n) { v->n = n; }
static const struct V proto = { vs };
void f(struct V *v) { proto.set(v, 1); }
%%
!typedef void fn(S *); fn g; void g(S *s) { s->n = 1; }
void f(S *s) { fn *p = g; p(s); }
%%
!typedef void fn(S *); fn g; void f(S *s) { g(s); }
%%
!void each(S *s, void (*g)(S *, void *), void *x) { g(s, x); }
static void cbk(S *s, void *x) { *(int *) x = 1; }
void f(S *s) { each(0, cbk, s); }
%%
!void each(S *s, void (*g)(void *), void *x) { g(x); }
static void cbk(void *x) { *(int *) x = 1; }
void f(S *s) { struct { S *s; } c = { s }; each(0, cbk, &c); }
%%
!static void *thread(void *x) { ((S *) x)->n = 1; return 0; }
void f(S *s) { pthread_t t; pthread_create(&t, 0, thread, s); }
%%
!static void *th(void *x) { ((S *) x)->n = 1; return 0; }
struct job { void *(*run)(void *); void *arg; };
void f(S *s) { struct job j = { th, s }; j.run(j.arg); }
%%
!static S *cur; static void w(void) { cur->n = 1; }
void f(S *s) { cur = s; w(); cur = 0; }
%%
!static __thread S *cur; static void w(void) { cur->n = 1; }
void f(S *s) { cur = s; w(); }
%%
!static __thread S *cur; static void w(void) { cur->n = 1; }
void f(S *s) { cur = s; cur->n = 1; }
%%
!static __thread struct { S *s; } ctx;
void f(S *s) { ctx.s = s; ctx.s->n = 1; }
%%
!static _Thread_local long ctx; static void w(void) { *(int *) ctx = 1; }
void f(S *s) { ctx = (long) s; w(); }
%%
!static _Thread_local char ctx[8]; static void w(void) { **(int **) ctx = 1; }
void f(S *s) { memcpy(ctx, &s->p, 8); w(); }
%%
!void f(S *s) { static __thread int *q; q = s->p; *q = 1; }
%%
!int *g(void) { static __thread int *q; return q; }
void f(S *s) { static __thread int *q; q = s->p; }
%%
!static void arr(int a[], int n) { a[0] = n; }
void f(S *s) { arr(s->a, 1); }
%%
!static void arr(int a[2][3]) { a[0][1] = 1; }
void f(S *s) { arr(s->m); }
%%
!static void arr(int (*a)[3]) { a[0][1] = 1; }
void f(S *s) { arr(s->m); }
%%
!static void arr(int n, int a[n]) { a[0] = n; }
void f(S *s) { arr(1, s->a); }
%%
!static void arr(int (*a)[4]) { (*a)[1] = 1; }
void f(S *s) { arr(&s->a); }
%%
!static void pp(int ***x) { ***x = 1; }
void f(S *s) { pp(&s->pp); }
%%
!static void pp(int ***x) { ***x = 1; }
void f(S *s) { int **q = s->pp; pp(&q); }
%%
!static void pp(int **x) { **x = 1; }
void f(S *s) { int *q = s->p; pp(&q); }
%%
!static void byv(It it) { *it.cur = 1; }
void f(S *s) { byv(mk(s)); }
%%
!static void byv(It it) { it.s->n = 1; }
void f(S *s) { It it = mk(s); byv(it); }
%%
!static void byv(S t) { *t.p = 1; }
void f(S *s) { byv(*s); }
%%
!static void byv(S t) { t.n = 1; set(&t.n); *t.ptrs[0] = 1; }
void f(S *s) { byv(*s); }
%%
!static void byv(union { S *s; int *i; } u) { *u.i = 1; }
typedef union { S *s; int *i; } U; static void byu(U u) { *u.i = 1; }
void f(S *s) { byu((U) { s }); }
%%
!typedef union { S *s; int *i; } U __attribute__((transparent_union)); static void byu(U u) { *u.i = 1; }
void f(S *s) { byu(s); }
%%
!static inline S **ref(S **s) { return s; }
void f(S *s) { (*ref(&s))->n = 1; }
%%
!static inline S *deref(S **s) { return *s; }
void f(S *s) { deref(&s)->n = 1; }
%%
!static inline S *first(It *it) { return it->s; }
void f(S *s) { It it = mk(s); first(&it)->n = 1; }
%%
!static inline int *cur(const It *it) { return it->cur; }
void f(S *s) { It it = mk(s); *cur(&it) = 1; }
%%
!static inline void next(It *it) { it->cur = it->s->p; }
void f(S *s) { It it; it.s = s; next(&it); *it.cur = 1; }
%%
!static inline It *init(It *it, S *s) { it->s = s; return it; }
void f(S *s) { It it; init(&it, s)->s->n = 1; }
%%
!static inline It *init(It *it, S *s) { it->s = s; return it; }
void f(S *s) { It it; It *j = init(&it, s); it.s->n = 1; }
%%
!struct List { void **items; int n; };
static void push(struct List *l, void *x) { l->items[l->n++] = x; }
static void *pop(struct List *l) { return l->items[--l->n]; }
void f(S *s) { struct List l = { malloc(8), 0 }; push(&l, s); ((S *) pop(&l))->n = 1; }
%%
!struct List { void *items[9]; int n; };
static void push(struct List *l, void *x) { l->items[l->n++] = x; }
static void *pop(struct List *l) { return l->items[--l->n]; }
void f(S *s) { struct List l; l.n = 0; push(&l, s->p); *(int *) pop(&l) = 1; }
%%
double d; memcpy(&d, &s->p, 8); int *q; memcpy(&q, &d, 8); *q = 1;
%%
char w[8]; memcpy(w, &s->addr, 8); **(int **) w = 1;
