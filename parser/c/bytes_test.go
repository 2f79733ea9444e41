package c

import "testing"

// TestBytes: bytes copied by hand may be those of a pointer, and mostly are those of a text.
func TestBytes(t *testing.T) {
	const types = `
typedef struct S { int *p; char *name; char buf[16]; void *v; int n; unsigned long l; unsigned long *ls; } S;
static inline void copyv(void *d, const void *s, int n) { char *a = d; const char *b = s; while (n--) *a++ = *b++; }
static inline void copyc(char *d, const char *s, int n) { for (int i = 0; i < n; i++) d[i] = s[i]; }
static inline void copyl(unsigned long *d, const unsigned long *s) { *d = *s; }
static inline void again(void *d, const void *s, int n) { copyv(d, s, n); }
static inline void slow(void *d, const void *s, int n) { for (int i = 0; i < n; i++) { char c = ((const char *) s)[i]; ((char *) d)[i] = c; } }
`
	says(t, "x.h", types, "S *s, char *out", `
int *q; copyv(&q, &s->p, 8); *q = 1;
int *q; copyc((char *) &q, (char *) &s->p, 8); *q = 1;
int *q; copyl((unsigned long *) &q, (unsigned long *) &s->p); *q = 1;
int *q; again(&q, &s->p, 8); *q = 1;
int *q; slow(&q, &s->p, 8); *q = 1;
int *q; *(unsigned long *) &q = *(unsigned long *) &s->p; *q = 1;
int *q; memcpy((char *) &q, (char *) &s->p, 8); *q = 1;
S t; char *c = (char *) &t, *d = (char *) s; while (d < (char *) (s + 1)) *c++ = *d++; *t.p = 1;
S t; char *c = (void *) &t; const char *d = (const void *) s; c[0] = d[0]; *t.p = 1;
int *q; unsigned char b, *c = (unsigned char *) &q, *d = (unsigned char *) &s->p; b = *d; *c = b; *q = 1;
`, false)
	says(t, "x.h", types, "S *s, char *out", `
copyc(out, s->name, 3);
copyc(out, s->buf, 3);
copyv(out, s->name, 3);
again(out, s->buf, 3);
slow(out, s->name, 3);
const char *c = s->name; while (*c) *out++ = *c++;
out[0] = s->buf[1]; out[1] = s->n;
char t[16]; for (int i = 0; i < 16; i++) t[i] = s->buf[i]; t[0] = 1;
unsigned long l; copyl(&l, &s->l);
copyl((unsigned long *) out, s->ls);
memcpy(out, s->name, 3);
unsigned h = 0; const unsigned char *c = (const unsigned char *) s; for (int i = 0; i < 8; i++) h = h * 31 + c[i];
`, true)
}
