package c

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// ofFresh is what f does to its first parameter behind the declarations of testdata/fresh.c.
func ofFresh(t *testing.T, src string) (Function, Answer) {
	t.Helper()
	data, err := os.ReadFile("testdata/fresh.c")
	if err != nil {
		t.Fatal(err)
	}
	common, _, _ := strings.Cut(string(data), "\n%%%%\n")
	lib := library(fstest.MapFS{"x.h": {Data: []byte(common + "\n" + src + "\n")}})
	lib.opts.Known = func(n string) string {
		return map[string]string{"memcpy": "wr", "memset": "wr", "free": "w", "malloc": "r", "calloc": "r", "realloc": "Wr", "strlen": "r"}[n]
	}
	h, _ := lib.Header("x.h", "")
	f, ok := h.Function("f")
	if !ok || len(f.Params) == 0 {
		t.Fatalf("no f: %s", src)
	}
	return f, f.Params[0]
}

// TestFreshReads: what a function writes to memory that it has made, or to variables of its own, is nobody's state.
func TestFreshReads(t *testing.T) {
	const types = `
typedef struct Kc { const S *s; int i; int a[4]; struct Kc *next; } Kc;
static Kc *kc_new(const S *s) { Kc *it = (Kc *) malloc(sizeof *it); if (!it) return NULL; it->s = s; it->i = s->n; return it; }
static void kc_walk(Kc *it, int c) { it->i += it->s->n + c; step(&it->a[1]); }
`
	for _, body := range strings.Split(strings.TrimSpace(`
Kc *it = kc_new(s); it->i = 1; free(it);
Kc *it = kc_new(s); kc_walk(it, k); free(it);
Kc *it = kc_new(s); step(&it->i); it->a[2] = it->s->n; free(it);
Kc *it = kc_new(s); if (it == NULL) return; while (k--) kc_walk(it, k); free(it);
Kc *it = NULL; if (k) it = kc_new(s); else it = kc_new(s->up); kc_walk(it, k);
Kc *it = 0; it = k ? kc_new(s) : it; kc_walk(it, k);
Kc *it = (Kc *) malloc(sizeof *it), *o = it; o->s = s; kc_walk(o, k); free(o);
Kc *it = malloc(sizeof *it); it->s = s; k = it->s->n; free(it);
It *it = malloc(sizeof *it); it->next = it; it->i = s->n;
Kc *it = malloc(4 * sizeof *it); for (int i = 0; i < 4; i++) it[i].s = s; it[3].i = 1; (it + 1)->i = 2;
It *it = calloc(1, sizeof *it), *e = it; for (; k--; e++) e->i = s->n; free(it);
Kc *it = malloc(sizeof *it); memset(it, 0, sizeof *it); it->s = s; free(it);
Kc *it = malloc(sizeof *it); it = realloc(it, 2 * sizeof *it); it->s = s; it[1].i = 1; free(it);
char *b = malloc(16); memcpy(b, s->buf, 16); b[0] = 1; free(b);
int *b = malloc(16); for (int i = 0; i < 4; i++) b[i] = s->a[i]; *b = 1; step(b + 1); free(b);
It it; it.i = s->n; step(&it.i); it_step(&it);
Kc it; it.s = s; it.i = 0; kc_walk(&it, k);
Kc it = { s, 1 }; kc_walk(&it, k);
Kc it; it.s = s; step(&it.i); step(&it.a[2]); step(it.a);
const S *q = s; step(&k); k = q->n;
`), "\n") {
		if _, a := ofFresh(t, types+fmt.Sprintf("void f(const S *s, int k) { %s }", body)); a.Does != Reads {
			t.Errorf("%v (%s): %s", a.Does, a.Place.What, body)
		}
	}
	for _, body := range strings.Split(strings.TrimSpace(`
It it; it.s = s; it.i = 0; it_walk(&it, k);
It it = { s, s->p }; it_walk(&it, k); it_step(&it);
It it; it.s = s; step(&it.i); step(&it.a[2]); step(it.a);
S *q = s; step(&k); k = q->n;
It *it = malloc(sizeof *it); it->i = s->n; it_step(it); free(it);
`), "\n") {
		if _, a := ofFresh(t, fmt.Sprintf("void f(S *s, int k) { %s }", body)); a.Does != Reads {
			t.Errorf("%v (%s): %s", a.Does, a.Place.What, body)
		}
	}
}

// TestFresh: which functions return memory that nobody else has.
func TestFresh(t *testing.T) {
	for _, c := range []struct {
		src  string
		want bool
	}{
		{"It *f(S *s) { It *it = malloc(sizeof *it); it->s = s; return it; }", true},
		{"It *f(S *s) { It *it = malloc(sizeof *it); if (!it) return NULL; it->s = s; return it; }", true},
		{"It *f(S *s) { It *it = (It *) calloc(1, sizeof *it); if (s->n) { free(it); return 0; } return it; }", true},
		{"void *f(S *s) { return malloc(s->n); }", true},
		{"It *f(S *s) { return it_new(s->up); }", true},
		{"It *f(S *s) { It *it; if (!(it = malloc(8))) goto fail; it->i = s->n; return it; fail: return NULL; }", true},
		{"static It *in(It *it, S *s) { it->s = s; it->i = 1; return 0; } It *f(S *s) { It *it = malloc(8); in(it, s); return it; }", true},
		{"#define ALLOC(p, n) do { if (((p) = malloc(n)) == NULL) goto ERROR; } while (0)\nIt *f(S *s) { It *it = NULL; ALLOC(it, 8); it->s = s; return it; ERROR: if (it) free(it); return NULL; }", true},
		{"It *f(S *s) { It *it = malloc(8); spare = it; return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); spare->next = it; return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); s->it = it; return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); return it->next; }", false},
		{"It *f(S *s) { It *it = malloc(8); it->next = s->it; return it->next; }", false},
		{"It *f(S *s) { It *it = malloc(8); unseen(it); return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); unseen((unsigned long) it); return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); UNSEEN; return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); RETURN(s->it); return it; }", false},
		{"It *f(S *s) { It *it = malloc(8); s->fn(it); return it; }", false},
		{"It *f(S *s) { It *it = s->it; if (!it) it = malloc(8); return it; }", false},
		{"It *f(S *s) { static It *it; if (!it) it = malloc(8); return it; }", false},
		{"It *f(S *s) { It *it = malloc(8), **q = &it; *q = s->it; return it; }", false},
		{"It *f(S *s) { It *it = realloc(s->it, 8); return it; }", false},
		{"It *f(S *s) { return spare; }", false},
		{"It *f(S *s);", false},
		{"It f(S *s) { It it; it.s = s; return it; }", false},
		{"#define f(s) it_new(s)", false},
		{"#ifdef A\nIt *f(S *s) { return s->it; }\n#else\nIt *f(S *s) { return it_new(s); }\n#endif", false},
		{"It *f(S *s) { struct { It *it; } h; h.it = malloc(8); return h.it; }", false},
		{"It *f(S *s) { It *it = malloc(8); it_keep(s, it); return it; } ", false},
		{"static void keep(S *s, It *it) { s->it = it; } It *f(S *s) { It *it = malloc(8); keep(s, it); return it; }", false},
		{"static It *same(It *it) { return it; } It *f(S *s) { return same(malloc(8)); }", false},
		{"static void out(It **to, S *s) { *to = malloc(8); s->it = *to; } It *f(S *s) { It *it = NULL; out(&it, s); return it; }", false},
		{"#define END return s->it\nIt *f(S *s) { It *it = malloc(8); if (s->n) END; return it; }", false},
		{"It *f(S *s) { asm(\"\"); return malloc(8); }", false},
	} {
		if f, _ := ofFresh(t, c.src); f.Fresh != c.want {
			t.Errorf("fresh %v: %s", f.Fresh, c.src)
		}
	}
}

// TestShallow: of what is written, whether it is the object itself to which the parameter points, and nothing that this
// leads to, and whether a pointer to it stays behind.
func TestShallow(t *testing.T) {
	for _, c := range []struct {
		src  string
		want string
	}{
		{"void f(It *it) { it->i = 1; }", "shallow"},
		{"void f(It *it) { it->a[2]++; it->cur = 0; }", "shallow"},
		{"void f(It *it) { it_walk(it, 1); it_step(it); }", "shallow"},
		{"void f(It *it) { it += 1; it->i = it->s->n; }", "shallow"},
		{"void f(int *p) { while (*p) *p++ = 0; }", "shallow"},
		{"void f(It *it) { It *o = it; o->i = 1; }", "shallow"},
		{"void f(It *it) { memset(it, 0, sizeof *it); }", "shallow"},
		{"void f(It *it) { free(it); }", "shallow"},
		{"void f(It *it) { *(int *) ((char *) it + 8) = 1; }", "shallow"},
		{"void f(It *it) { it->next = it; }", "shallow"},
		{"void f(It *it) { *it->cur = 1; }", ""},
		{"void f(It *it) { it->s->n = 1; }", ""},
		{"void f(It *it) { it->next->i = 1; }", ""},
		{"void f(It *it) { it = it->next; it->i = 1; }", ""},
		{"void f(It *it) { it->i = 1; it_set(it); }", ""},
		{"void f(It *it) { it_step(it->next); }", ""},
		{"void f(It *it) { it->i = 1; unseen(it); }", ""},
		{"void f(It *it) { it->i = 1; spare = it; }", ""},
		{"It *f(It *it) { it->i = 1; return it; }", ""},
		{"void f(It *it, S *s) { it->i = 1; s->it = it; }", ""},
		{"static int n; void f(It *it) { it->i = n++; }", ""},
		{"void f(It **it) { (*it)->i = 1; }", ""},
		{"void f(It **it) { *it = 0; }", "shallow"},
		{"#define deep s->n\nvoid f(It *it) { it->deep = 1; }", ""},
		{"#define SET(x) (x)->i = 1\nvoid f(It *it) { SET(it); }", "shallow"},
		{"#define SET(x) (x)->s->n = 1\nvoid f(It *it) { SET(it); }", ""},
		{"#define NEXT it = it->next\nvoid f(It *it) { NEXT; it->i = 1; }", ""},
		{"void f(It *it) { unseen(it->i); UNSEEN; it->i = 1; }", ""},
		{"void f(It *it) { NEXT(it); it->i = 1; }", ""},
		{"void f(It *it) { It *o = it->i ? it : it->next; o->i = 1; }", ""},
		{"void f(It *it) { It **q = &it; *q = it->next; it->i = 1; }", ""},
		{"typedef struct T T; void f(T *t) { t->a[1] = 1; }", ""},
		{"void f(void *t) { ((It *) t)->i = 1; }", "shallow"},
		{"void f(It *it, int k) { (k ? it->s->a : it->a)[1] = 1; }", ""},
		{"void f(It *it, int k) { (it->cur + it->i)[1] = 1; }", ""},
		{"void f(S *s) { s->own.n = 1; (&s->own)->next = 0; }", "shallow"},
		{"void f(S *s) { s->own.next->n = 1; }", ""},
		{"void f(S *s) { *s->ptrs[1] = 1; }", ""},
		{"void f(S *s) { s->ptrs[1] = 0; }", "shallow"},
		{"void f(S *s) { int **q = s->ptrs; *q = 0; }", "shallow"},
		{"void f(S *s) { int **q = s->ptrs; **q = 0; }", ""},
		{"void f(S *s) { int **q = s->pp; *q = 0; }", ""},
		{"void f(S *s) { int *q = s->ptrs[0]; *q = 0; }", ""},
		{"#ifdef A\ntypedef struct M { int v[2]; } M;\n#else\ntypedef struct M { int *v; } M;\n#endif\nvoid f(M *m) { m->v[0] = 1; }", ""},
	} {
		_, a := ofFresh(t, c.src)
		got := ""
		if a.Shallow {
			got = "shallow"
		}
		if a.Does != Writes && a.Shallow || got != c.want {
			t.Errorf("%v %q, want %q: %s", a.Does, got, c.want, c.src)
		}
	}
}
