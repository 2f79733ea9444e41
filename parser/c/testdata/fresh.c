// Memory that a function or a local variable has for itself, and ways in which it is not (kinds_test.go): behind the
// declarations that all have in common, each is the body of f(S *s, int k), or behind ! a whole file with an f, whose
// first parameter is written through.
#include <stdlib.h>
#include <string.h>
#include <stddef.h>
typedef struct N { struct N *next; int n; } N;
typedef struct S { int n; int *p; int **pp; char buf[16]; N *head; N own; int a[4]; int *ptrs[4]; struct It *it; struct S *up; void *v; } S;
typedef struct It { S *s; int *cur; int i; int a[4]; struct It *next; } It;
typedef struct Ic { const S *s; const int *cur; int i; struct It in; } Ic;
static It *spare;
static It *it_new(S *s) { It *it = (It *) malloc(sizeof *it); if (!it) return NULL; it->s = s; it->cur = s->p; it->i = 0; return it; }
static Ic *ic_new(const S *s) { Ic *it = (Ic *) malloc(sizeof *it); if (!it) return NULL; it->s = s; it->cur = s->p; it->i = 0; return it; }
static Ic ic_make(const S *s) { Ic it; it.s = s; it.cur = s->p; it.i = 0; return it; }
static void ic_init(Ic *it, const S *s) { it->s = s; it->cur = s->p; }
static void it_walk(It *it, int c) { it->i += it->s->n + c; }
static void ic_walk(Ic *it, int c) { it->i += it->s->n + c; }
static void it_set(It *it) { *it->cur = 1; }
static void it_sets(It *it) { it->s->n = 1; }
static It *it_next(It *it) { return it->next; }
static It *it_same(It *it) { return it; }
static It *it_cached(S *s) { if (!s->it) s->it = it_new(s); return s->it; }
static It *it_kept(S *s) { It *it = it_new(s); s->it = it; return it; }
static It *it_maybe(S *s, int k) { if (k) return s->it; return it_new(s); }
static It *it_inner(S *s) { It *it = it_new(s); return it->next; }
static It *it_part(S *s) { It *it = s->it; if (!it) it = malloc(sizeof *it); return it; }
static void step(int *i) { *i += 1; }
static void it_step(It *it) { step(&it->i); }
static void it_swap(It *it) { It *o = it; it = it->next; it->i = 1; (void) o; }
%%%%
Ic *it = ic_new(s); ((S *) it->s)->n = 1;
Ic *it = ic_new(s); *(int *) it->cur = 1;
%%
Ic it = ic_make(s); ((S *) it.s)->n = 1;
%%
Ic it; ic_init(&it, s); ((S *) it.s)->n = 1;
%%
Ic it; ic_init(&it, s); *(int *) it.cur = 1;
%%
!static void g(Ic *it) { *(int *) it->cur = 1; }
void f(const S *s) { Ic *it = ic_new(s); g(it); free(it); }
%%
!static void g(Ic *it) { *(int *) it->cur = 1; }
void f(const S *s) { Ic it = ic_make(s); g(&it); }
%%
!static void g(Ic *it) { ((S *) it->s)->n = 1; }
void f(const S *s) { Ic it; ic_init(&it, s); g(&it); }
%%
!void f(const S *s) { Ic *it = ic_new(s); ((S *) it->s)->n = 1; }
%%
!void f(const S *s) { Ic it = ic_make(s); ((S *) it.s)->n = 1; }
%%
!void f(const S *s) { Ic it; ic_init(&it, s); ((S *) it.s)->n = 1; }
%%
!void f(const S *s) { Ic it[2]; ic_init(it + 1, s); ((S *) it[1].s)->n = 1; }
%%
!void f(const S *s) { Ic *it = ic_new(s), *o = it; ((S *) o->s)->n = 1; }
%%
!void f(const S *s) { const S **q = malloc(8); *q = s; (*(S **) q)->n = 1; }
%%
!void f(const S *s) { const S **q = malloc(8); q[0] = s; ((S *) q[0])->n = 1; }
%%
!static const S **box(const S *s) { const S **q = malloc(8); *q = s; return q; }
void f(const S *s) { ((S *) *box(s))->n = 1; }
%%
!static void put(const S **to, const S *s) { *to = s; }
void f(const S *s) { const S *q; put(&q, s); ((S *) q)->n = 1; }
%%
!static void put(const S **to, const S *s) { *to = s; }
void f(const S *s) { const S **q = malloc(8); put(q, s); (*(S **) q)->n = 1; }
%%
It *it = it_new(s); it_set(it); free(it);
%%
It *it = it_new(s); it_sets(it); free(it);
%%
It *it = it_new(s); it->s->n = 1;
%%
It *it = it_new(s); *it->cur = 1;
%%
It *it = it_new(s); S *q = it->s; q->n = 1;
%%
It *it = it_new(s); int **q = &it->cur; **q = 1;
%%
It *it = it_kept(s); it_walk(it, k);
%%
It *it = it_kept(s); it->i = 1;
%%
It *it = it_cached(s); it_walk(it, k);
%%
It *it = it_maybe(s, k); it_walk(it, k);
%%
It *it = it_inner(s); it_walk(it, k);
%%
It *it = it_part(s); it_walk(it, k);
%%
It *it = k ? it_new(s) : s->it; it_walk(it, k);
%%
It *it = it_new(s); if (k) it = s->it; it_walk(it, k);
%%
It *it = it_new(s); for (; k; k--) { it_walk(it, k); it = it->next; }
%%
It *it = s->it; while (k--) { it->i = 1; it = it_new(s); }
%%
It *it = it_new(s); s->it = it; it_walk(it, k);
%%
It *it = it_new(s); it_walk(it, k); s->it = it;
%%
It *it = it_new(s); s->v = it; it_walk(it, k);
%%
It *it = it_new(s); it->next = s->it; it_walk(it->next, k);
%%
It *it = it_new(s); it->next = s->it; it->next->i = 1;
%%
It *it = it_new(s); it->next = s->it; it_next(it)->i = 1;
%%
It *it = it_new(s); It *o = it_same(s->it); o->i = 1;
%%
It *it = it_new(s); it_swap(it);
%%
It *it = realloc(s->it, sizeof *it); it->i = 1;
%%
It *it = realloc(s->it, 2 * sizeof *it); it_walk(it, k);
%%
!static It *grown(It *old) { It *it = realloc(old, 2 * sizeof *it); return it; }
void f(S *s) { It *it = grown(s->it); it->i = 1; }
%%
It *it = malloc(sizeof *it); memcpy(it, s->it, sizeof *it); *it->cur = 1;
%%
It *it = malloc(sizeof *it); *it = *s->it; *it->cur = 1;
%%
It *it = malloc(sizeof *it); *it = *s->it; it_set(it);
%%
S *t = malloc(sizeof *t); *t = *s; t->head->n = 1;
%%
S *t = calloc(1, sizeof *t); t->up = s; t->up->n = 1;
%%
S *t = calloc(1, sizeof *t); t->up = s; t = t->up; t->n = 1;
%%
S **t = malloc(sizeof *t); *t = s; (*t)->n = 1;
%%
S **t = calloc(4, sizeof *t); t[1] = s; t[1]->n = 1;
%%
S **t = calloc(4, sizeof *t); t[1] = s; S *q = t[k]; q->n = 1;
%%
It it; it.s = s; it_sets(&it);
%%
It it = { s, s->p }; it_set(&it);
%%
It it; it.next = s->it; it_walk(it.next, k);
%%
It it, *q = &it; q = s->it; it_walk(q, k);
%%
It it, *q = k ? &it : s->it; it_walk(q, k);
%%
It it, **q = &s->it; *q = &it;
%%
It it; It *q[2] = { &it, s->it }; it_walk(q[1], k);
%%
int i, *q = &i; if (k) q = &s->n; step(q);
%%
static It it; it.s = s; it_sets(&it);
%%
static It *it; if (!it) it = s->it; it_walk(it, k);
%%
!static It *last; static It *make(S *s) { It *it = it_new(s); last = it; return it; }
void f(S *s) { It *it = make(s); it->s->n = 1; }
%%
!static It *make(S *s) { static It *it; it = s->it; return it; }
void f(S *s) { make(s)->i = 1; }
%%
!static It *make(S *s) { It *it = malloc(sizeof *it); it = (It *) s->v; return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { It *it = malloc(sizeof *it), **q = &it; *q = s->it; return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static void choose(It **q, S *s) { *q = s->it; }
static It *make(S *s) { It *it = malloc(sizeof *it); choose(&it, s); return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static void hang(S *s, It *it) { s->it = it; }
static It *make(S *s) { It *it = malloc(sizeof *it); hang(s, it); return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static void hang(S *s, void *it) { memcpy(&s->it, &it, sizeof it); }
static It *make(S *s) { It *it = malloc(sizeof *it); hang(s, it); return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { It *it = malloc(sizeof *it); memcpy(&s->it, &it, sizeof it); return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { It *it = malloc(sizeof *it); s->pp = (int **) &it->cur; return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { It *it = malloc(sizeof *it); s->n = (int) (long) it; return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { return (It *) s->buf; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s, int k) { It *it = 0; it = k ? it_new(s) : it; it = (k > 1) ? s->it : it; return it; }
void f(S *s) { It *it = make(s, 1); it_walk(it, 1); }
%%
!static It *make(S *s) { return (s->n++, it_new(s)); }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { return s->it ? s->it : it_new(s); }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s) { return s->it ?: it_new(s); }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static It *make(S *s, int k) { if (k) return make(s, k - 1); return s->it; }
void f(S *s) { It *it = make(s, 1); it_walk(it, 1); }
%%
!static It *odd(S *s, int k); static It *even(S *s, int k) { return k ? odd(s, k - 1) : s->it; }
static It *odd(S *s, int k) { return k ? even(s, k - 1) : it_new(s); }
void f(S *s) { It *it = odd(s, 1); it_walk(it, 1); }
%%
!#define MAKE(s) it_kept(s)
void f(S *s) { It *it = MAKE(s); it_walk(it, 1); }
%%
!#define PICK(it, s) ((it) = (s)->it)
static It *make(S *s) { It *it = malloc(sizeof *it); PICK(it, s); return it; }
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!#ifdef POOL
static It *make(S *s) { return s->it; }
#else
static It *make(S *s) { return it_new(s); }
#endif
void f(S *s) { It *it = make(s); it_walk(it, 1); }
%%
!static void w(It *it) { it = it->next; it->i = 1; }
void f(S *s) { It *it = it_new(s); it->next = s->it; w(it); }
%%
!static void w(It *it) { It **q = &it; *q = it->next; it->i = 1; }
void f(S *s) { It *it = it_new(s); it->next = s->it; w(it); }
%%
!static void w(It *it) { for (; it; it = it->next) it->i = 1; }
void f(S *s) { It *it = it_new(s); it->next = s->it; w(it); }
%%
!static void w(int **q) { **q = 1; }
void f(S *s) { It *it = it_new(s); w(&it->cur); }
%%
!static void w(It *it) { int *q = it->a; q = it->cur; *q = 1; }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It *it) { it->a[1] = 1; it->cur[1] = 1; }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It *it) { memset(it->cur, 0, 4); }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It *it) { free(it->cur); free(it); }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It *it) { N *n = (N *) it; n->next->n = 1; }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It *it) { *(int *) *(void **) it = 1; }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static void w(It **it) { (*it)->i = 1; }
void f(S *s) { w(&s->it); }
%%
!static void w(It **it) { (*it)->i = 1; }
void f(S *s) { It *it = s->it; w(&it); }
%%
!typedef It *Ip; static void w(Ip *it) { (*it)->i = 1; }
void f(S *s) { It *it = s->it; w(&it); }
%%
!typedef It Ia[1]; typedef struct Hold { Ia it; It *q; } Hold; static void w(Hold *h) { h->q->i = 1; h->it->i = 1; }
void f(S *s) { Hold h; h.q = s->it; w(&h); }
%%
!typedef struct Unseen Unseen; static void w(Unseen *u) { u->a[1] = 1; }
void f(S *s) { w((Unseen *) s); }
%%
!static void w(It *a, It *b) { It *q = a; if (b) q = b; q->i = 1; }
void f(S *s) { w(it_new(s), s->it); }
%%
!static void w(It *a, It *b) { a = b; a->i = 1; }
void f(S *s) { w(it_new(s), s->it); }
%%
!static int *i_of(It *it) { return it->cur; } static void w(It *it) { *i_of(it) = 1; }
void f(S *s) { It *it = it_new(s); w(it); }
%%
!static int *i_of(It *it) { return &it->i; } 
void f(S *s) { *i_of(s->it) = 1; }
%%
!static void w(It *it, S *s) { it->next = s->it; it->next->i = 1; }
void f(S *s) { It *it = it_new(s); w(it, s); }
%%
!static void w(It *it, S *s) { it->next = s->it; }
void f(S *s) { It *it = it_new(s); w(it, s); it->next->i = 1; }
%%
!static void w(It *it, S *s) { it->next = s->it; }
void f(S *s) { It it; w(&it, s); it_walk(it.next, 1); }
%%
!static void w(It *it, const S *s) { it->next = s->it; }
void f(const S *s) { It it; w(&it, s); it_walk(it.next, 1); }
%%
!static void w(It *it, const S *s) { it->next = s->it; }
void f(const S *s) { It *it = malloc(sizeof *it); w(it, s); it_walk(it->next, 1); }
%%
!static void fill(It *a, It *b, int k) { It **t = k ? &a->next : &b->next; *t = b->next; }
void f(S *s) { It it; fill(&it, s->it, 1); it.next->i = 1; }
%%
!static void fill(It *a, const It *b, int k) { It **t = k ? &a->next : (It **) &b->next; *t = b->next; }
void f(const S *s) { It it; fill(&it, s->it, 1); it.next->i = 1; }
%%
!#define NEW(T) ((T *) malloc(sizeof(T)))
static It *make(S *s) { It *it = NEW(It); it->next = s->it; return it; }
void f(S *s) { make(s)->next->i = 1; }
%%
!static It *pool(S *s) { It *it = spare; if (it) spare = it->next; else it = it_new(s); return it; }
void f(S *s) { It *it = pool(s); it->s->n = 1; }
%%
!static It *dup(const S *s) { It *it = malloc(sizeof *it); *it = *s->it; return it; }
void f(const S *s) { It *it = dup(s); it->s->n = 1; }
%%
!static It *dup(const S *s) { It *it = malloc(sizeof *it); memcpy(it, s->it, sizeof *it); return it; }
void f(const S *s) { It *it = dup(s); *it->cur = 1; }
%%
!static char *text(S *s) { char *c = malloc(16); c = s->buf; return c; }
void f(S *s) { text(s)[0] = 1; }
%%
!static char *text(S *s) { char *c = malloc(16); if (!c) c = s->buf; return c + 1; }
void f(S *s) { text(s)[0] = 1; }
%%
!void *my_malloc(size_t n); static It *make(S *s) { It *it = my_malloc(sizeof *it); it->s = s; return it; }
void f(S *s) { make(s)->s->n = 1; }
%%
!static void *malloc_in(S *s) { return s->v; } static It *make(S *s) { It *it = malloc_in(s); return it; }
void f(S *s) { make(s)->i = 1; }
%%
!static void *malloc(S *s) { return s->v; } static It *make(S *s) { It *it = malloc(s); return it; }
void f(S *s) { make(s)->i = 1; }
%%
!#define malloc(n) (s->v)
static It *make(S *s) { It *it = malloc(8); return it; }
void f(S *s) { make(s)->i = 1; }
%%
!static It *make(S *s) { void *(*malloc)(S *) = 0; It *it = malloc(s); return it; }
void f(S *s) { make(s)->i = 1; }
%%
!static void put(It **to, It *it) { (*to)->next = it; }
void f(S *s, It *o) { It *q = o; put(&q, s->it); o->next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; }
void f(S *s, It *o) { put(o, s->it); o->next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; }
void f(S *s) { It o, *q = &o; put(q, s->it); o.next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; }
void f(S *s) { It o; put(&o, s->it); It t = o; t.next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; }
void f(S *s) { static It o; put(&o, s->it); o.next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; } static void in(It *to, S *s) { put(to, s->it); }
void f(S *s) { It o; in(&o, s); o.next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; } static void in(It *to, S *s) { It t; put(&t, s->it); *to = t; }
void f(S *s) { It o; in(&o, s); o.next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; } static It *in(S *s) { It *t = malloc(sizeof *t); put(t, s->it); return t; }
void f(S *s) { It *o = in(s); o->next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; } static It in(S *s) { It t; put(&t, s->it); return t; }
void f(S *s) { in(s).next->i = 1; }
%%
!static void put(It *to, It *it) { to->next = it; } static void in(It *a, It *b) { It *q = a; if (b) q = b; put(q, b->next); }
void f(S *s) { It o; in(&o, s->it); o.next->i = 1; }
%%
!static void put(int **to, int *q) { *to = q; } static void two(int **a, int **b) { put(a, *b); }
void f(S *s) { int *q; two(&q, &s->p); *q = 1; }
%%
!static void put(int **to, int *q) { *to = q; }
void f(S *s) { int *q[2]; put(q + 1, s->p); *q[1] = 1; }
%%
!static void put(int **to, int *q) { *to = q; }
void f(S *s) { int *q[2]; put(&q[1], s->p); *q[1] = 1; }
%%
!static void put(int **to, int *q) { *to = q; }
void f(S *s) { struct { int *q; } o; put(&o.q, s->p); *o.q = 1; }
%%
!static void put(int **to, int *q) { *to = q; }
void f(S *s) { int **q = malloc(8); put(q, s->p); **q = 1; }
%%
!static void put(int **to, int *q) { *to = q; }
void f(S *s) { It *it = malloc(sizeof *it); put(&it->cur, s->p); *it->cur = 1; }
%%
!static void swap(It *a, It *b) { It t = *a; *a = *b; *b = t; }
void f(S *s) { It o; swap(&o, s->it); }
%%
!static void take(It *a, const It *b) { *a = *b; }
void f(S *s) { It o; take(&o, s->it); *o.cur = 1; }
%%
!static void take(It *a, const It *b) { *a = *b; }
void f(const S *s) { It o; take(&o, s->it); *o.cur = 1; }
%%
!static void take(It *a, const It *b) { a->cur = b->cur; }
void f(const S *s) { It o; take(&o, s->it); it_set(&o); }
%%
!static void take(void *a, const void *b) { *(It *) a = *(const It *) b; }
void f(const S *s) { It o; take(&o, s->it); it_set(&o); }
%%
!static void take(void *a, const void *b, int n) { memcpy(a, b, n); }
void f(const S *s) { It o; take(&o, s->it, sizeof o); it_set(&o); }
%%
!static void take(unsigned long *a, S *s) { *a = (unsigned long) s->p; }
void f(S *s) { unsigned long a; take(&a, s); *(int *) a = 1; }
%%
!static void take(void **a, S *s) { *a = s; }
void f(S *s) { void *a; take(&a, s); ((S *) a)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { ((It *) kc_new(s))->s->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc *k = kc_new(s); S *q = (S *) k->s; q->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
static void g(Kc *k) { S *q = (S *) k->s; q->n = 1; }
void f(const S *s) { Kc *k = kc_new(s); g(k); }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
static S *g(const Kc *k) { return (S *) k->s; }
void f(const S *s) { Kc *k = kc_new(s); g(k)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc *k = kc_new(s); void *v = (void *) k->s; ((S *) v)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc *k = kc_new(s); unsigned long v = (unsigned long) k->s; ((S *) v)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc *k = kc_new(s); S *q; memcpy(&q, &k->s, sizeof q); q->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc *k = kc_new(s); unseen((S *) k->s); }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static Kc *kc_new(const S *s) { Kc *k = malloc(sizeof *k); k->s = s; return k; }
void f(const S *s) { Kc k = *kc_new(s); ((S *) k.s)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
void f(const S *s) { Kc k, *o = &k; kc_in(o, s); ((S *) k.s)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
void f(const S *s) { Kc k, o; kc_in(&k, s); o = k; S *q = (S *) o.s; q->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
void f(const S *s) { Kc k[2]; kc_in(&k[1], s); const S *q = k[1].s; ((S *) q)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
void f(const S *s) { Kc *k = malloc(sizeof *k); kc_in(k, s); ((S *) k->s)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
void f(const S *s) { Kc *k = malloc(4 * sizeof *k); kc_in(k + 1, s); ((S *) k[1].s)->n = 1; }
%%
!typedef struct Kc { const S *s; const int *p; } Kc; static void kc_in(Kc *k, const S *s) { k->s = s; }
#define UNCONST(T, x) ((T) (x))
void f(const S *s) { Kc k; kc_in(&k, s); UNCONST(S *, k.s)->n = 1; }
%%
!static void take(It *a, const It *b) { *a = *b; } static It *dup(const It *b) { It *t = malloc(sizeof *t); take(t, b); return t; }
void f(const S *s) { It *t = dup(s->it); *t->cur = 1; }
%%
!static It *dup(const It *b) { It *t = malloc(sizeof *t); *t = *b; return t; }
void f(const It *b) { It *t = dup(b); *t->cur = 1; }
%%
!static It *dup(const It *b) { It *t = malloc(sizeof *t); memcpy(t, b, sizeof *t); return t; }
void f(const It *b) { It *t = dup(b); *t->cur = 1; }
%%
!void f(const It *b) { It *t = malloc(sizeof *t); *t = *b; *t->cur = 1; }
%%
!void f(const It *b) { It *t = malloc(sizeof *t); memcpy(t, b, sizeof *t); it_set(t); }
%%
!void f(const It *b) { It t; memcpy(&t, b, sizeof t); it_set(&t); }
%%
!void f(const It *b) { It t = *b; it_set(&t); }
