package c

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
)

// library opens files that stand in memory.
func library(files fstest.MapFS, sources ...string) *Library {
	return New(Options{
		Read: func(p string) ([]byte, bool) {
			b, err := fs.ReadFile(files, p)
			return b, err == nil
		},
		Dirs: []string{"."},
		Known: func(name string) string {
			return map[string]string{"memcpy": "Wr", "strlen": "r", "free": "w", "malloc": "r", "printf": "r", "fprintf": "wr", "strtod": "rw"}[name]
		},
		Reader:  func(m string) bool { return m == "size" || m == "begin" || m == "end" },
		Sources: sources,
	})
}

// words are the answers on a function, a letter for each parameter.
func words(f Function, ok bool) string {
	if !ok {
		return "none"
	}
	var b strings.Builder
	for _, p := range f.Params {
		b.WriteByte("urw"[p.Does])
	}
	if f.Rest {
		b.WriteByte('+')
	}
	return b.String()
}

// TestFunctions: each case is C, and names with what they do to each parameter: r reads, w
// writes, u unknown, and + where there may be more.
func TestFunctions(t *testing.T) {
	const types = `
typedef long slong;
typedef struct { slong *entries; slong r; slong c; char name[8]; double d; struct in { int k; } in; int (*fn)(int); } mat_struct;
typedef mat_struct mat_t[1];
typedef mat_struct *mat_ptr;
typedef const mat_struct *mat_srcptr;
`
	for _, c := range []struct{ name, src, want string }{
		// What prototypes say.
		{"const pointers", "int f(const char *s, char const *t, char *u, char *const v);", "f=rruu"},
		{"const behind typedefs", "int f(const mat_t a, mat_t b, mat_srcptr c, const mat_ptr d, mat_ptr e);", "f=ruruu"},
		{"numbers", "int f(int a, slong b, unsigned long long c, double, size_t e, enum x g);", "f=rrrrrr"},
		{"two levels", "int f(const char **a, const char *const *b, char *const *c, const char *const c[]);", "f=urur"},
		{"copies of numbers", "static int g(const int *s, unsigned char *tag) { *tag = 1; return *s; } static int h(const int *s, unsigned char tag) { return g(s, &tag); }" +
			" int f(const mat_struct *m) { return h(&m->in.k, m->name[0]); } int k(mat_struct *m) { return g(&m->in.k, m->name); }", "f=r h=rr k=w"},
		{"arrays", "int f(const double m[3][3], double n[3], const int k[]);", "f=rur"},
		{"no parameters", "int f(void); int g();", "f= g="},
		{"function pointers", "int f(int (*g)(void *), void *p);", "f=ru"},
		{"rest", "int f(const char *s, ...);", "f=r+"},
		{"attributes", "API_PUBLIC(int) f(const char *s) __attribute__((nonnull(1))); EXPORT int g(const mat_t m) PURE;\n__attribute__((visibility(\"default\"))) int h(const char *s);", "f=r g=r h=r"},
		{"extern C", "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(const char *s);\n#ifdef __cplusplus\n}\n#endif\nint g(char *s);", "f=r g=u"},
		{"branches agree", "#if A\nint f(const char *s);\n#else\nint f(char const *s);\n#endif", "f=r"},
		{"branches differ", "#if A\nint f(const char *s);\n#else\nint f(char *s);\n#endif", "f=u"},
		{"branches open braces", "#if A\nint f(int *s) {\n#else\nint f(int *s, int t) {\n#endif\n return *s; }\nint g(const int *p);", "f=u g=r"},
		{"dead code", "#if 0\nint f(char *s);\n#else\nint f(const char *s);\n#endif", "f=r"},
		{"comments and strings", "/* int f(char *s); */ // int f(char *s);\nchar *x = \"int f(char *s);\"; int f(const /* char */ char *s);", "f=r"},
		{"not a declaration", "struct s { int (*f)(const char *s); }; int x = f(1);", "f=none"},
		{"continued lines", "int f(const \\\n char *s); // x \\\n int g(char *t);\nint h(const char *s);", "f=r g=none h=r"},
		{"opaque pointer", "typedef struct opaque *handle; int f(handle h); int g(const struct opaque *o);", "f=u g=r"},
		{"unknown type", "int f(const foo_t x, foo_t y);", "f=uu"},

		// What bodies do.
		{"reads a member", "static inline slong f(mat_t m) { return m->r; }", "f=r"},
		{"writes a member", "static inline void f(mat_t m, slong n) { m->r = n; }", "f=wr"},
		{"writes an element", "void f(mat_t m) { m->entries[3] = 0; } void g(mat_t m) { m[0].in.k |= 1; }", "f=w g=w"},
		{"steps", "void f(int *p) { ++*p; } void g(int *p) { (*p)--; } void h(int *p) { p++; } void i(mat_t m) { m->r++; }", "f=w g=w h=r i=w"},
		{"aliases", "void f(mat_t m) { slong *e = m->entries; e[0] = 1; } int g(mat_t m) { slong *e = m->entries; return e[0]; }", "f=w g=r"},
		{"alias assigned later", "void f(int *p) { int *q; int *r; for (;;) { *r = 1; r = q; q = p; } }", "f=w"},
		{"casts", "void f(const int *p) { *(int *) p = 1; } int g(void *p) { return *(int *) p; } void h(void *p) { ((mat_struct *) p)->r = 1; }", "f=w g=r h=w"},
		{"number that is a pointer", "void f(slong *p) { int *q = (int *) (*p << 2); *q = 1; }", "f=w"},
		{"number without room for a pointer", "typedef int index_t; void w(index_t *p) { *p = 1; } struct s { index_t i; slong n; }; void f(struct s *p) { index_t i = p->i; w(&i); } void x(slong *p) { *p = 1; } void g(struct s *p) { slong i = p->n; x(&i); }", "f=r g=r"},
		{"local copy", "slong f(mat_t m) { mat_struct t = *m; t.r = 1; return t.r; } void g(mat_t m) { mat_struct t = *m; t.entries[0] = 1; }", "f=r g=w"},
		{"local array", "int f(mat_t m) { mat_t t; t->r = m->r; return t->r; } int g(int *p) { int a[3]; a[*p] = *p; return a[0]; }", "f=r g=r"},
		{"passes on", "void w(mat_t m) { m->r = 1; } int r(mat_t m) { return m->r; } void f(mat_t m) { w(m); } int g(mat_t m) { return r(m); }", "f=w g=r"},
		{"passes on to what is not in sight", "void x(mat_t m); void y(const mat_t m); void f(mat_t m) { x(m); } void g(mat_t m) { y(m); } void h(mat_t m) { nowhere(m); }", "f=u g=r h=u"},
		{"recursion", "int odd(int *p); int even(int *p) { return *p == 0 || odd(p); } int odd(int *p) { return even(p); } void a(int *p, int n) { if (n) b(p, n - 1); } void b(int *p, int n) { *p = n; a(p, n); }", "even=r odd=r a=wr b=wr"},
		{"address passed on", "void w(slong *p) { *p = 1; } void f(mat_t m) { w(&m->r); } int r(slong *p) { return *p; } int g(mat_t m) { return r(&m->r); }", "f=w g=r"},
		{"copies", "void f(char *to, char *from, int n) { memcpy(to, from, n); } int g(char *s) { return strlen(s); }", "f=wrr g=r"},
		{"stores the pointer", "int *global; void f(int *p) { global = p; } struct box { int *p; }; void g(struct box *b, int *p) { b->p = p; } void h(struct box *b, int n) { b->p = 0; }", "f=u g=wu h=wr"},
		{"static variable", "int f(int *p) { static int *last; last = p; return 0; } int g(int *p) { static int n; n = *p; return n; }", "f=u g=u"},
		{"returned pointer", "slong *at(mat_t m, slong i) { return m->entries + i; } void f(mat_t m) { *at(m, 1) = 2; } slong g(mat_t m) { return *at(m, 1); }", "at=rr f=w g=r"},
		{"returned by what has no body", "slong *at(const mat_t m); void f(mat_t m) { *at(m) = 1; }", "f=w"},
		{"function pointers called", "int f(mat_t m) { return m->fn(1); } int g(mat_t m, int (*h)(mat_t)) { return h(m); }", "f=u g=ur"},
		{"statements", "int f(int *p) { int s = 0; switch (*p) { case 1: s = 2; break; default: goto out; } do { s++; } while (s < *p); while (s) --s; if (s) { return 1; } else if (p) return *p ? 1 : 2; out: for (int i = 0, j = 1; i < 3; i++, j--) continue; ; return s; }", "f=r"},
		{"written deep in statements", "void f(int *p, int n) { if (n) ; else if (n > 2) { do { switch (n) { case A ? 1 : 2: for (int i = 0; i < n; i++) while (n--) { *p = i; } } } while (0); } }", "f=wr"},
		{"conditional", "void f(int *p, int *q, int n) { *(n ? p : q) = 1; } void g(int *p, int *q) { int *r = *p ? q : 0; *r = 1; } void h(int *p, int *q, int *s, int n) { int *r = n ? n > 1 ? p : q : s; *r = 1; }", "f=wwr g=rw h=wwwr"},
		{"comparison is no pointer", "void f(int *p, int *q) { int b = p == q || !p, *r = b; *r = b; }", "f=rr"},
		{"chained assignment", "void f(int *p, int *q) { *p = *q = 1; } void g(int *p, int *q) { int *a, *b; a = b = p; *a = *q; }", "f=ww g=wr"},
		{"swap of pointers", "void f(mat_t a, mat_t b) { slong *t = a->entries; a->entries = b->entries; b->entries = t; }", "f=ww"},
		{"unknown statement", "void f(int *p) { BEGIN_LOOP { *p; } END }  void g(int *p) { asm(\"x\" : : \"r\"(p)); } void h(int *p) { LEAVE; }", "f=u g=u h=u"},
		{"branch in a body", "void f(int *p) {\n#ifdef A\n *p = 1;\n#else\n p = 0;\n#endif\n}", "f=w"},
		{"initializers", "void f(int *p) { int *a[2] = { p, 0 }; *a[0] = 1; } void g(mat_t m) { mat_struct t = { .entries = m->entries, .r = 1 }; t.entries[0] = 1; }", "f=w g=w"},
		{"compound literal", "mat_struct f(mat_t m) { return (mat_struct) { m->entries, 1 }; }", "f=r"},
		{"sizeof", "slong f(mat_t m) { return sizeof(m->r = 1) + sizeof *m; }", "f=r"},
		{"K and R", "int f(p) int *p; { return *p; }", "f=none"},
		{"shadowed", "int f(int *p) { { int p = 1; p = 2; } return *p; }", "f=r"},
		{"parenthesised name", "int w(int *p) { *p = 1; return 0; } int f(int *p) { return (w)(p); }", "f=w"},
		{"comma", "int f(int *p) { int a; return a = 1, *p = 2, a; }", "f=w"},
		{"const and a body that writes", "void f(const mat_t m) { m->entries[0] = 1; }", "f=w"},
		{"pointer to a pointer", "void f(int **p) { *p = 0; } void g(int **p) { **p = 0; } int h(int **p) { return **p; }", "f=w g=w h=r"},
		{"through the address of a local", "void set(int **to, int *p) { *to = p; } void f(int *p) { int *q; set(&q, p); *q = 1; }", "f=w"},
		{"struct by value", "slong f(mat_struct m) { return m.r; } void g(mat_struct m) { m.entries[0] = 1; }", "f=r g=w"},

		// What const does not forbid, where the body is in sight.
		{"const and what is deeper passed on", "void x(slong *p); void y(const slong *p); void f(const mat_t m) { x(m->entries); } void g(const mat_t m) { y(m->entries); } void h(const mat_t m) { y(&m->r); } void i(const mat_t m) { nowhere(m->entries); } void j(const mat_t m) { nowhere(m); nowhere(&m->r); }", "f=u g=r h=r i=u j=r"},
		{"const and a cast passed on", "void x(mat_t m); void f(const mat_t m) { x((mat_struct *) m); }", "f=u"},
		{"const and what is deeper kept", "slong *last; void f(const mat_t m) { last = m->entries; } const mat_struct *seen; int g(const mat_t m) { return nowhere(m); }", "f=u g=r"},
		{"const and a body that is not understood", "void f(const mat_t m) { union { const mat_struct *a; mat_struct *b; } u = { m }; u.b->r = 1; } void g(const mat_t m) { asm(\"\" : : \"r\"(m->entries)); } int h(const char *s) { asm(\"\" : : \"r\"(s)); }", "f=u g=u h=r"},
		{"const of a caller whose callee is deep", "void x(slong *p); void f(const mat_t m) { x(m->entries); } void g(mat_t m) { f(m); }", "f=u g=u"},
		{"writes to what outlives the call", "static slong hits; static int last[4]; slong *gp; void f(const mat_t m) { hits++; } void g(mat_t m) { last[m->r & 3] = 1; } void h(const mat_t m) { *gp = m->r; } void i(const mat_t m) { memcpy(last, m->name, 4); } void j(mat_t m) { slong *q = &hits; *q = m->r; } slong k(mat_t m) { return hits + last[m->r]; } void l(mat_t m, slong n) { hits = n; }", "f=u g=u h=u i=u j=u k=r l=ur"},
		{"static variables as caches", "slong f(const mat_t m) { static struct { const mat_struct *of; slong n; } c; if (c.of != m) { c.of = m; c.n = m->r; } return c.n; } char *g(const mat_t m) { static char b[8]; b[0] = m->name[0]; return b; } slong h(const mat_t m) { static const slong t[2] = { 1, 2 }; return t[m->r]; } slong i(const mat_t m) { static __thread slong t; t = m->r; return t; }", "f=u g=u h=r i=r"},
		{"callees that write to what outlives them", "static slong hits; static void bump(void) { hits++; } static slong *slot(void) { static slong s; return &s; } static void set(slong *p) { *p = 1; } slong f(const mat_t m) { bump(); return m->r; } void g(mat_t m) { *slot() = m->r; } void h(mat_t m) { set(&hits); } void i(mat_t m) { set(slot()); }", "f=u g=u h=u i=u"},
		{"what threads have for themselves", "static __thread slong t; _Thread_local int u[2]; slong f(const mat_t m) { t = 1; u[0] = 2; errno = 3; return m->r; } slong g(mat_t m) { fprintf(stderr, \"x\"); return m->r; }", "f=r g=r"},
		{"end of a number", "long strtol(const char *s, char **e, int b) { *e = (char *) s; return 0; } slong f(mat_t m) { char *e; slong n = strtod(m->name, &e); *e = 0; return n; }", "f=w"},
		{"braces of another block", "int *g1; void f(int *p) { { int *p = 0; p = g1; } *p = 1; }", "f=w"},

		// Macros.
		{"accessor", "#define rows(m) ((m)->r)\n#define entry(m, i) ((m)->entries + (i))\n#define mid(m) (&(m)->in)", "rows=r entry=rr mid=r"},
		{"macro that writes", "#define set(m, n) ((m)->r = (n))\n#define swap(a, b) do { slong t = (a); (a) = (b); (b) = t; } while (0)\n#define zero(p) *(p) = 0\n#define inc(x) x++", "set=wu swap=ww zero=w inc=w"},
		{"macro that calls", "int r(const mat_t m); void w(mat_t m) { m->r = 1; }\n#define f(m) r(m)\n#define g(m) (w(m), 1)\n#define h(m) nowhere(m)", "f=r g=w h=u"},
		{"alias", "int r(const mat_t m, char *s);\n#define f r\n#define g (f)", "f=ru g=ru"},
		{"macro in a body", "#define ENTRY(m, i) (m)->entries[i]\n#define NROWS(m) ((m)->r)\nvoid f(mat_t m) { ENTRY(m, 1) = 2; } slong g(mat_t m) { return ENTRY(m, 1) + NROWS(m); } void h(mat_t a, mat_t b) { a->r = NROWS(b); }", "f=w g=r h=wr"},
		{"macro that uses the caller's names", "#define CLEAR p->r = 0\n#define LEAVE goto out\nvoid f(mat_t p) { CLEAR; } void g(mat_t m) { CLEAR; }", "f=w"},
		{"constants", "#define N 3\n#define M (N + 1)\nint f(int *p) { return p[N] + M; }", "f=r"},
		{"pasted", "#define CALL(t, x) t##_set(x)\n#define UWORD(x) (x##UL)\nvoid f(int *p) { CALL(int, p); } int g(int *p) { return *p + UWORD(1); }", "f=u g=r"},
		{"macro beside a function", "int f(const mat_t m);\n#define f(m) ((m)->r)\nint g(const mat_t m);\n#define g(m) ((m)->r = 1)", "f=r g=w"},
		{"recursive macro", "#define f(x) f(x)\n#define g(x) h(x)\n#define h(x) g(x)\nint i(int *p) { return g(p); }", "g=u h=u i=u"},
		{"variadic macro", "void w(int *p) { *p = 1; }\n#define f(...) w(__VA_ARGS__)\nvoid g(int *p) { f(p); }", "f=w+ g=w"},
		{"unknown macro assigns to a member", "void f(mat_t m) { SET_IT(m->r); }", "f=u"},
		{"known function takes a number", "void take(slong n); void f(mat_t m) { take(m->r); }", "f=r"},
		{"statement macro of several", "#define LOOP(m, x) for (slong i = 0; i < (m)->r; i++) (m)->entries[i] = x\nvoid f(mat_t m) { LOOP(m, 3); }", "f=w LOOP=wu"},
		{"number given to what is not in sight", "void f(mat_t m, slong n) { slong *q = m->entries; set_ui(q, n); *q = 1; } void g(mat_t m, const mat_t o) { f(m, o->r); }", "f=wr g=wr"},
		{"alias of what is not in sight", "#if A\nstatic void put(slong *q, slong n) { *q = n; }\n#else\n#define put other_put\n#endif\nslong *at(slong *f);\nvoid f(slong *p, slong n) { if (n > 3) { slong *q = at(p); put(q, n); } else *p = n; }", "f=wr"},
		{"number given to what looks like a macro", "void f(mat_t m, slong n) { slong *q = m->entries; SET_UI(q, n); *q = 1; }", "f=ww"},
		{"number that is a pointer, given to what is not in sight", "void f(int *p) { slong h = (slong) p; int *q = 0; point(q, h); *q = 1; }", "f=w"},
		{"number of a number that is a pointer", "void f(int *p) { slong h = (slong) p; slong k = h; int *q = 0; point(q, k); *q = 1; }", "f=w"},
		{"number in memory, given to what is not in sight", "void f(mat_t m) { int *q = 0; point(q, m->r); *q = 1; }", "f=w"},
		{"number that a pointer leads to, given to what is not in sight", "void f(slong *p) { int *q = 0; point(q, *p); *q = 1; }", "f=w"},
		{"address of a number, given to what is not in sight", "void f(slong n, int *p) { int *q = 0; point(q, &n, p); *q = 1; }", "f=ww"},
		{"pointer made of a number by what is not in sight", "void f(slong n) { int *q = to_pointer(n); *q = 1; }", "f=w"},
		{"pointer beside a number", "void f(int *p, slong n) { int *q = 0; point(q, p, n); *q = 1; }", "f=wr"},
		{"pointer of an array beside a number", "void f(mat_t m, slong n) { slong *q[2]; point(q, n, m->entries); *q[1] = 1; }", "f=wr"},
		{"locals of a macro", "#define TMP(x) do { int *q = (x); use(*q); } while (0)\nvoid use(int n);\nvoid f(int *p, int *z) { int *q = z; TMP(p); *q = 1; }", "f=rw"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := library(fstest.MapFS{"x.h": {Data: []byte(types + c.src)}})
			header, ok := h.Header("x.h", "")
			if !ok {
				t.Fatal("no header")
			}
			for _, w := range strings.Fields(c.want) {
				name, want, _ := strings.Cut(w, "=")
				if got := words(header.Function(name)); got != want {
					f, _ := header.Function(name)
					t.Errorf("%s: %s, want %s: %+v", name, got, want, f.Params)
				}
			}
		})
	}
}

// TestMethods: the first letter is what is done to the object.
func TestMethods(t *testing.T) {
	const src = `
namespace lib {
class EXPORT Base { public: int inherited() const; void changes(); };
class Trie : public Base {
 public:
  Trie();
  ~Trie();
  void build(Keyset &keyset, int flags = 0);
  bool lookup(Agent &agent) const;
  bool both(int x) const; bool both(int x);
  bool byCount() const; bool byCount(int x);
  static Trie *make(const char *s);
  std::size_t size() const noexcept { return size_; }
  std::size_t grow() { return ++size_; }
  std::size_t get() { return size_; }
  const Node &node(int i) const;
  Trie &operator=(const Trie &other);
  int viaMember() { return helper(); }
  int viaSetter() { setter(); return 0; }
  int viaVector() { return items.size(); }
  void pushes() { items.push_back(1); }
  int elsewhere(); int elsewhere2();
  virtual int pure() const = 0;
  template <typename T> bool generic(T x) const;
 private:
  int helper() const;
  void setter() { size_ = 1; }
  std::size_t size_;
  std::vector<int> items;
};
int Trie::elsewhere2() { return size_; }
template <class T> class Box { public: T get() const; void put(const T &t); };
class Cached { public: int get() const; private: mutable int cache; };
class Locked { public: int get() const; private: mutable std::mutex m; };
class Heir : public Cached { public: int more() const; };
class Orphan : public Unseen { public: int mine() const; };
struct Plain { int n; int get() const { return n; } };
}
`
	lib := library(fstest.MapFS{"x.hpp": {Data: []byte(src)}, "x.cc": {Data: []byte("#include \"x.hpp\"\nint Trie::elsewhere() { return size_++; }")}}, "x.cc")
	h, _ := lib.Header("x.hpp", "")
	for _, c := range []struct {
		class, name string
		args        int
		want        string
	}{
		{"Trie", "build", 1, "uur"}, {"Trie", "build", 2, "uur"}, {"Trie", "lookup", 1, "ru"}, {"Trie", "both", 1, "ur"},
		{"Trie", "byCount", 0, "r"}, {"Trie", "byCount", 1, "ur"}, {"Trie", "make", 1, "rr"}, {"Trie", "size", 0, "r"},
		{"Trie", "grow", 0, "w"}, {"Trie", "get", 0, "r"}, {"Trie", "node", 1, "rr"}, {"Trie", "viaMember", 0, "r"},
		{"Trie", "viaSetter", 0, "w"}, {"Trie", "viaVector", 0, "r"}, {"Trie", "pushes", 0, "u"}, {"Trie", "elsewhere", 0, "w"},
		{"Trie", "elsewhere2", 0, "r"}, {"Trie", "pure", 0, "r"}, {"Trie", "generic", 1, "ru"}, {"Trie", "inherited", 0, "r"},
		{"Trie", "changes", 0, "u"}, {"Trie", "nothing", 0, "none"}, {"Box", "get", 0, "r"}, {"Box", "put", 1, "ur"},
		{"Cached", "get", 0, "u"}, {"Locked", "get", 0, "r"}, {"Heir", "more", 0, "u"}, {"Heir", "get", 0, "u"},
		{"Orphan", "mine", 0, "r"}, {"Orphan", "other", 0, "none"}, {"Plain", "get", 0, "r"}, {"Nowhere", "get", 0, "none"},
	} {
		m, ok := h.Method(c.class, c.name, c.args)
		got := words(m.Function, ok)
		if ok {
			got = string("urw"[m.This.Does]) + got
		}
		if got != c.want {
			t.Errorf("%s.%s/%d: %s, want %s: %+v", c.class, c.name, c.args, got, c.want, m)
		}
	}
}

// TestBodiesInCpp: what only C++ has.
func TestBodiesInCpp(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"void f(int &x) { x = 1; } int g(int &x) { return x; } void h(int &x) { f(x); }", "f=w g=r h=w"},
		{"void f(T &m) { auto &y = m.a; y.b = 1; } void g(T *m) { auto y = m->a; y->b = 1; }", "f=w g=w"},
		{"void f(Map &m) { m[1]; } void g(std::ostream &os, int x) { os << x; }", "f=u g=wr"},
		{"void f(int *p) { delete p; } void g(T *p) { new T(p); } int *h(int *p) { return static_cast<int *>(p); }", "f=w g=u h=r"},
		{"void f(std::vector<int> &v) { for (auto &x : v) x = 1; }", "f=w"},
		{"void f(T *p) { auto l = [=]() { p->x = 1; }; l(); }", "f=u"},
		{"template <typename A, typename B> void f(A *a, const B &b) { a->set(b); }", "f=ur"},
		{"template <class T> void f(T *p) { (void) *p; } template <> void f<int>(int *p) { *p = 1; } void g(int *p) { f(p); } void h(int *p) { f<int>(p); }", "f=w g=w h=w"},
		{"void f(const T &b) { const_cast<T &>(b).n = 1; } void g(const T *b) { const_cast<T *>(b)->n = 1; } void h(const T *b) { static_cast<U *>(const_cast<T *>(b))->m.n++; }", "f=w g=w h=w"},
		{"void f(int &n) { int &r{n}; r = 1; } void g(int &n) { Guard l{n}; } void h(int &n) { Guard l = {n}; } void i(T *p) { S s; s >> p->n; } unsigned j(T *p) { return p->n >> 3; }", "f=w g=u h=u i=w j=r"},
		{"struct Base { int n; virtual void v() { } void w() { } }; void f(Base &b) { b.v(); } void g(Base &b) { b.w(); }", "f=u g=r"},
		{"namespace n { void f(int *p) { *p = 1; } } void g(int *p) { n::f(p); }", "g=w"},
	} {
		lib := library(fstest.MapFS{"x.hpp": {Data: []byte(c.src)}})
		h, _ := lib.Header("x.hpp", "")
		for _, w := range strings.Fields(c.want) {
			name, want, _ := strings.Cut(w, "=")
			if got := words(h.Function(name)); got != want {
				f, _ := h.Function(name)
				t.Errorf("%s\n%s: %s, want %s: %+v", c.src, name, got, want, f.Params)
			}
		}
	}
}

// TestConstMethods: const says nothing of what members lead to, which the bodies tell.
func TestConstMethods(t *testing.T) {
	const src = `
template <class T> class scoped_ptr { public: T *operator->() const { return p; } private: T *p; };
template <class T> class Vec { public: const T &operator[](int i) const { return p[i]; } T &operator[](int i) { return p[i]; } private: T *p; };
template <class T> class Loose { public: T &operator[](int i) const { return p[i]; } private: T *p; };
namespace deep { class Inner { public: void set(int n) { n_ = n; } int get() const { return n_; } private: int n_; }; }
typedef deep::Inner Inner;
enum Code { BAD };
#define CHECK(c, code) (void)((c) || (throw lib::Error(__FILE__, __LINE__, code, __FILE__ ":" LINE_STR ": " #code ": " #c), 0))
class Outer {
 public:
  Outer() : n_(), a_(), kept_{0} {}
  int throughPointer() const { p_->n = 1; return 0; }
  int throughCast() const { const_cast<Outer *>(this)->n_ = 1; return 0; }
  int throughReference() const { r_.n = 1; return 0; }
  int smartWrites() const { a_->set(1); return 0; }
  int smartReads() const { return a_->get(); }
  int unknownPointer() const { return q_->work(); }
  int ownMember() const { return v_.work(); }
  int items() const { return items_[0].get(); }
  int looseItems() const { loose_[0].set(1); return 0; }
  int lambda() const { auto f = [this]() { p_->n = 1; }; f(); return 0; }
  int cached() const { static int calls; return ++calls; }
  int checked() const { CHECK(n_ == 0, BAD); return n_; }
  int ownStatic() { Outer::bump(n_); return 0; }
  int staticOfOther() { return Outer::twice(n_); }
  int constructs() { return Outer(n_).n_; }
  int shadowed() { { int n_ = 0; n_++; } n_ = 2; return 0; }
  virtual int open() { return n_; }
  virtual int closed() final { return n_; }
  virtual int promised() const { return n_; }
  int callsOpen() { return open(); }
  int elsewhere() const;
 private:
  static void bump(int &k) { k = 1; }
  static int twice(int k) { return 2 * k; }
  int n_; Node *p_; Node &r_; scoped_ptr<Inner> a_; Strange *q_; Strange v_; Vec<Inner> items_; Loose<Inner> loose_; int kept_;
};
`
	const source = `#include "x.hpp"
Outer::Outer() : n_(), a_(), kept_{0} {}
int Outer::elsewhere() const { p_->n = 1; return 0; }
`
	lib := library(fstest.MapFS{"x.hpp": {Data: []byte(src)}, "x.cc": {Data: []byte(source)}}, "x.cc")
	h, _ := lib.Header("x.hpp", "")
	for _, c := range strings.Fields(`throughPointer=w throughCast=w throughReference=w smartWrites=w smartReads=r unknownPointer=u ownMember=r
		items=r looseItems=u lambda=u cached=u checked=r ownStatic=w staticOfOther=r constructs=u shadowed=w
		open=u closed=r promised=r callsOpen=u elsewhere=w`) {
		name, want, _ := strings.Cut(c, "=")
		m, ok := h.Method("Outer", name, 0)
		if got := string("urw"[m.This.Does]); !ok || got != want {
			t.Errorf("%s: %s, want %s: %+v", name, got, want, m.This)
		}
	}
}

// TestFiles: what is looked up where.
func TestFiles(t *testing.T) {
	a := txtar.Parse([]byte(`
-- inc/a.h --
#include "sub/b.h"
#include <c.h>
#include "missing.h"
int in_a(const char *s);
void late(int *p) { uses_c(p); }
-- inc/sub/b.h --
#include "../a.h"
int in_b(char *s);
int has_source(char *s);
int has_static(char *s);
#define macro_b(x) later(x)
-- inc/c.h --
typedef const char *text;
int in_c(text s);
void uses_c(int *p) { *p = 1; }
-- inc/d.h --
#include "sub/b.h"
int later(const int *p);
-- src/b.c --
#include "sub/b.h"
int has_source(char *s) { return *s; }
static int has_static(char *s) { return *s; }
`))
	files := fstest.MapFS{}
	for _, f := range a.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	var read []string
	lib := New(Options{Dirs: []string{"inc"}, Sources: []string{"src/b.c"}, Read: func(p string) ([]byte, bool) {
		read = append(read, p)
		b, err := fs.ReadFile(files, p)
		return b, err == nil
	}})
	h, ok := lib.Header("a.h", "")
	if !ok {
		t.Fatal("no a.h")
	}
	d, _ := lib.Header("d.h", "")
	if _, ok := lib.Header("missing.h", "inc/a.h"); ok {
		t.Error("found what is not there")
	}
	for _, c := range []struct {
		h          Header
		name, want string
	}{
		{h, "in_a", "r"}, {h, "in_b", "u"}, {h, "in_c", "r"}, {h, "has_source", "r"}, {h, "has_static", "u"}, {h, "late", "w"},
		{h, "macro_b", "u"}, {d, "macro_b", "r"}, {d, "in_b", "u"}, {h, "later", "none"},
	} {
		if got := words(c.h.Function(c.name)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	seen := map[string]bool{}
	for _, p := range read {
		if seen[p] && p != "src/b.c" { // once for what it defines, and once since somebody asks for that
			t.Errorf("%s is read twice", p)
		}
		seen[p] = true
	}
	f, _ := h.Function("in_c")
	if got, want := fmt.Sprint(f.Params[0].Place), "{c.h 2 takes it as const}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f, _ = h.Function("late")
	if got, want := fmt.Sprint(f.Params[0].Place), "{a.h 5 passes it to uses_c}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	v := lib.Verbatim([]Piece{{"m.pyx", 10, []byte("\n#include \"c.h\"\nstatic int g(text s, int *p) { return *p; }\nint via(int *p) { return later(p); }\n")}}, []Header{d})[0]
	if got := words(v.Function("via")); got != "r" {
		t.Errorf("verbatim that uses another header: %s", got)
	}
	if got := words(v.Function("g")); got != "rr" {
		t.Errorf("verbatim: %s", got)
	}
	f, _ = v.Function("g")
	if f.Place.Line != 13 {
		t.Errorf("verbatim: line %d", f.Place.Line)
	}
}

// TestBounds: what is deep or long is unknown, and ends.
func TestBounds(t *testing.T) {
	deep := func(open, in, shut string, n int) string {
		return "void f(int *p) { " + strings.Repeat(open, n) + in + strings.Repeat(shut, n) + "; }"
	}
	for name, src := range map[string]string{
		"parentheses": deep("(", "*p", ")", 300_000),
		"braces":      deep("{", ";", "}", 300_000),
		"prefixes":    deep("*", "p", "", 300_000),
		"ifs":         deep("if (1) ", "p", "", 100_000),
		"elses":       deep("if (1) ; else ", "p", "", 100_000),
		"angles":      deep("a<", "p", ">", 300_000),
		"long":        "void f(int *p) { " + strings.Repeat("*p;", 100_000) + "}",
		"open":        "void f(int *p) { " + strings.Repeat("(", 300_000),
		"ifdefs":      strings.Repeat("#if 1\n", 300_000) + "void f(int *p) { (*p)(); }",
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := library(fstest.MapFS{"x.h": {Data: []byte(src)}}).Header("x.h", "")
			if got := words(h.Function("f")); got != "u" {
				t.Errorf("%s, want u", got)
			}
		})
	}
	var b strings.Builder
	b.WriteString("#define m0(x) x\n")
	for i := range 60 {
		fmt.Fprintf(&b, "#define m%d(x) m%d(x) + m%d(x)\n", i+1, i, i)
	}
	b.WriteString("int f(int *p) { return m60(p); }\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "void g%d(int *p) { g%d(p); }\n", i, i+1)
	}
	b.WriteString("void g2000(int *p) { *p = 1; }")
	h, _ := library(fstest.MapFS{"x.h": {Data: []byte(b.String())}}).Header("x.h", "")
	if got := words(h.Function("f")); got != "u" {
		t.Errorf("macros: %s", got)
	}
	if got := words(h.Function("g0")); got != "w" {
		t.Errorf("a long chain: %s", got)
	}
}
