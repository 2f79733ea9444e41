package parser_test

// table_test.go is the one table of inputs. Each is parsed as written and with
// other line ends and blanks, its tree is compared where one is given, and all
// of them seed the fuzzers.

import (
	"strings"
	"testing"
	"time"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

type input struct {
	src  string
	tree string // as dump prints it; not compared where empty
	pure bool
}

var table = []input{
	// Access.
	{src: "a.x = v", tree: "(Assign Targets:[a^.x=] = Value:v)"},
	{src: "a.x[i] = v", tree: "(Assign Targets:[a^.x^[i]=] = Value:v)"},
	{src: "a.x[i][j].y += v", tree: "(Assign Targets:[a^.x^[i]^[j]^.y+=] += Value:v)"},
	{src: "del a.x[i], b.c", tree: "(Del Targets:[a^.x^[i]- b^.c-])"},
	{src: "&a.x[0]", tree: "(ExprStmt X:(Unary & X:a.x&[0]&))"},
	{src: "&a.s.x", tree: "(ExprStmt X:(Unary & X:a.s&.x&))"},
	{src: "&a[i]", tree: "(ExprStmt X:(Unary & X:a&[i]&))"},
	{src: "a.f(a.x, k=a.y)", tree: "(ExprStmt X:a.f!(a.x k:a.y))"},
	{src: "a.f().x = 1", tree: "(Assign Targets:[a.f!().x=] = Value:1)"},
	{src: "(<T*>a.p)[0] = 1", tree: "(Assign Targets:[(Paren X:(Cast Type:(CType Name:T Path:[T] Declarator:(Declarator Pointer:1)) X:a^.p^))[0]=] = Value:1)"},
	{src: "a.x, [b.y, *c.z] = v", tree: "(Assign Targets:[(Collection tuple Elems:[a^.x= (Collection list Elems:[b^.y= (Starred Stars:1 X:c^.z=)])])] = Value:v)"},
	{src: "for a.x, b in a.y: pass", tree: "(For Target:(Collection tuple Elems:[a^.x@ b@]) Iter:a.y Body:[(Simple Keyword:pass)])"},
	{src: "x = [i.a for i in a.l if i.b]", tree: "(Assign Targets:[x=] = Value:(Comp list Elem:i.a Clauses:[(CompClause Target:i@ Iter:a.l) (CompClause Iter:i.b)]))"},
	{src: "with a.l as b.x: pass", tree: "(With Items:[(WithItem X:a.l Target:b^.x=)] Body:[(Simple Keyword:pass)])"},
	{src: "a.x: int", tree: "(Assign Targets:[a.x] = Annotation:int)"},
	{src: "a.x: int = 1", tree: "(Assign Targets:[a^.x=] = Annotation:int Value:1)"},
	{src: "if (n := a.x): pass", tree: "(If Clauses:[(CondClause Cond:(Paren X:(Walrus Target:n= Value:a.x)) Body:[(Simple Keyword:pass)])])"},
	{src: "import cython as cy\ncy.address(a.x)\nq.address(a.x)", tree: "(Import Names:[(ImportName Path:[cython] As:cy)])\n(ExprStmt X:cy.address!(a.x&))\n(ExprStmt X:q.address!(a.x))"},
	{src: "from cython cimport address as adr\nadr(a.x[0])", tree: "(FromImport Cimport Module:[cython] Names:[(ImportName Path:[address] As:adr)])\n(ExprStmt X:adr!(a.x&[0]&))"},

	// Expressions.
	{src: "not a in b or c and -d ** -e", tree: "(ExprStmt X:(Binary or X:(Unary not X:(Compare Ops:[in] Xs:[a b])) Y:(Binary and X:c Y:(Unary - X:(Binary ** X:d Y:(Unary - X:e))))))"},
	{src: "a < b <= c is not d not in e", tree: "(ExprStmt X:(Compare Ops:[< <= is not not in] Xs:[a b c d e]))"},
	{src: "a | b ^ c & d << e + f * g @ h", tree: "(ExprStmt X:(Binary | X:a Y:(Binary ^ X:b Y:(Binary & X:c Y:(Binary << X:d Y:(Binary + X:e Y:(Binary @ X:(Binary * X:f Y:g) Y:h)))))))"},
	{src: "a if b else c if d else e", tree: "(ExprStmt X:(Cond Then:a If:b Else:(Cond Then:c If:d Else:e)))"},
	{src: "lambda a, *b, c=1, **d: a", tree: "(ExprStmt X:(Lambda Params:(Params List:[(Param Name:a) (Param Kind:1 Name:b) (Param KeywordOnly Name:c Default:1) (Param Kind:2 Name:d)]) Body:a))"},
	{src: "a[1:2, ::3, ...]", tree: "(ExprStmt X:a[(Slice Lo:1 Hi:2) (Slice Step:3) Ellipsis])"},
	{src: "<int?>x + <a.b[c]**>-y", tree: "(ExprStmt X:(Binary + X:(Cast Type:(CType Name:int Path:[int] Basic) Checked X:x) Y:(Cast Type:(CType Name:a.b Path:[a b] Args:[c] Declarator:(Declarator Pointer:2)) X:(Unary - X:y))))"},
	{src: "sizeof(int*) + sizeof(a.b)", tree: "(ExprStmt X:(Binary + X:(Sizeof Type:(CType Name:int Path:[int] Basic Declarator:(Declarator Pointer:1))) Y:(Sizeof X:a.b)))"},
	{src: "x = new vector[int](3)", tree: "(Assign Targets:[x=] = Value:(New Type:(CType Name:vector Path:[vector] Args:[(CType Name:int Path:[int] Basic)]) Call:(3)))"},
	{src: "{}, {1}, {1: 2, **a}, {*a, b}, {a: b for a in c}, {a for a in b}"},
	{src: "(), (a,), (a), (yield a), (a for a in b)", tree: "(ExprStmt X:(Collection tuple Elems:[(Collection tuple Parens) (Collection tuple Parens Elems:[a]) (Paren X:a) (Paren X:(Yield X:a)) (Comp generator Elem:a Clauses:[(CompClause Target:a@ Iter:b)])]))"},
	{src: "f(x for x in y)", tree: "(ExprStmt X:f!((Comp generator Elem:x Clauses:[(CompClause Target:x@ Iter:y)])))"},
	{src: "`a, b`", tree: "(ExprStmt X:(Unary ` X:(Collection tuple Elems:[a b])))"},
	{src: "1ULL, 0777, 0xFFl, 1_000, 0b1, 0o7, 1e5, 1., .5j, 1if x else 2"},
	{src: "[i for i from 0 <= i < n by 2]", tree: "(ExprStmt X:(Comp list Elem:i Clauses:[(CompClause Target:i@ Iter:(Compare Ops:[<= <] Xs:[0 i@ n]) From Step:2)]))"},
	{src: "a <> b", tree: "(ExprStmt X:(Compare Ops:[<>] Xs:[a b]))"},
	{src: "a.b  .c(  d ) [ 0 ]"},

	// Strings.
	{src: "'a' \"b\" '''c\n''' r'\\\\' '' u'x'"},
	{src: "c'x' + b'\\x00' + rb''"},
	{src: `f"{a.b!r:>{w.x}} {{x}} {d["k"]=} \N{DASH}"`, tree: `(ExprStmt X:f"{a.b!r:>{w.x}} {{x}} {d["k"]=} \N{DASH}"[a.b w.x d["k"]])`},
	{src: "f'''{\na\n:\n>{b}}'''", tree: "(ExprStmt X:f'''{\na\n:\n>{b}}'''[a b])"},
	{src: `f"{f'{a}' + "x"}" t"{b:{c:{d}}}" rf"\{a}"`},
	{src: "f'{lambda_} {(lambda: 1)} {a if b else c!s} {a != b} {*a, b}'"},
	{src: "f'{a,}' f'{yield}' f'{ {1:2}[1] }'"},

	// Statements.
	{src: "a; b;\nc", tree: "(ExprStmt X:a)\n(ExprStmt X:b)\n(ExprStmt X:c)"},
	{src: "if a: b\nelif c:\n  d\nelse: e", tree: "(If Clauses:[(CondClause Cond:a Body:[(ExprStmt X:b)]) (CondClause Cond:c Body:[(ExprStmt X:d)]) (CondClause Body:[(ExprStmt X:e)])])"},
	{src: "while a:\n  break\nelse:\n  continue"},
	{src: "try:\n  a\nexcept A, b.c: d\nexcept (B, C) as e: f\nexcept: g\nelse: h\nfinally: i", tree: "(Try Body:[(ExprStmt X:a)] Handlers:[(Handler Type:A As:b^.c= Body:[(ExprStmt X:d)]) (Handler Type:(Collection tuple Parens Elems:[B C]) As:e= Body:[(ExprStmt X:f)]) (Handler Body:[(ExprStmt X:g)])] Else:[(ExprStmt X:h)] Finally:[(ExprStmt X:i)])"},
	{src: "try: a\nexcept* A as b: c"},
	{src: "with (a as b, c,): pass", tree: "(With Parens:(a as b, c,) Items:[(WithItem X:a Target:b=) (WithItem X:c)] Body:[(Simple Keyword:pass)])"},
	{src: "with (a), (b) as c: pass", tree: "(With Items:[(WithItem X:(Paren X:a)) (WithItem X:(Paren X:b) Target:c=)] Body:[(Simple Keyword:pass)])"},
	{src: "with nogil, gil(a): pass", tree: "(With Items:[(WithItem X:nogil) (WithItem X:gil!(a))] Body:[(Simple Keyword:pass)])"},
	{src: "for i from 0 <= i < n by 2: pass", tree: "(For From Target:i@ Iter:(Compare Ops:[<= <] Xs:[0 i@ n]) Step:2 Body:[(Simple Keyword:pass)])"},
	{src: "for 0 <= i < n: pass", tree: "(For From Target:i@ Iter:(Compare Ops:[<= <] Xs:[0 i@ n]) Body:[(Simple Keyword:pass)])"},
	{src: "match x, y:\n  case Foo(a.b, k=[c, *_]) | {'k': d, **e} if f: pass\n  case (-1+2j as g): pass", tree: "(Match Subject:(Collection tuple Elems:[x y]) Cases:[(Case Pattern:(Pattern Parts:[(Pattern Parts:[Foo a.b (Pattern Parts:[c= (Starred Stars:1 X:_)])]) (Pattern Parts:['k' d= (Starred Stars:2 X:e=)])]) Guard:f Body:[(Simple Keyword:pass)]) (Case Pattern:(Paren X:(Pattern Parts:[(Binary + X:(Unary - X:1) Y:2j) g=])) Body:[(Simple Keyword:pass)])])"},
	{src: "match = 1\nmatch[x]\nmatch(x).y = 2\nmatch: int\ntype = 1\ncase = 2"},
	{src: "import a.b as c, d\nfrom ..e.f import (g as h, i,)\nfrom . cimport j\nfrom k import *", tree: "(Import Names:[(ImportName Path:[a b] As:c) (ImportName Path:[d])])\n(FromImport Level:2 Module:[e f] Names:[(ImportName Path:[g] As:h) (ImportName Path:[i])] Parens:(g as h, i,))\n(FromImport Cimport Level:1 Names:[(ImportName Path:[j])])\n(FromImport Module:[k] Star)"},
	{src: "raise\nraise a\nraise a from b\nraise a, b, c\nreturn\nreturn a, *b\nassert a, b\nglobal a, b\nnonlocal c\npass"},
	{src: "print\nprint a, b,\nprint >>f, a\nprint 'x' % y\nprint(a)\nprint [x for x in y]\nexec a in b, c\nexec 'x'\nprint not a\nprint = 1"},
	{src: "a = b = yield c\na += yield\nawait_ = async_ = 1\nasync = await\n"},
	{src: "type A[T] = list[T]\ntype B = int"},

	// Functions and classes.
	{src: "@a.b\n# c\n@d(1)[2]\n\ndef f(a, /, int b not None, c: int = 1, *args: int, d, **kw) -> int: return 1", tree: "(FuncDef Decorators:[(Decorator Expr:a.b) (Decorator Expr:d!(1)[2])] Name:f Params:(Params List:[(Param Name:a) (Param Kind:4) (Param Type:(CType Name:int Path:[int] Basic) Name:b Not NotNone:not None) (Param Name:c Annotation:int Default:1) (Param Kind:1 Name:args Annotation:int) (Param KeywordOnly Name:d) (Param Kind:2 Name:kw)]) Arrow:int Body:[(Simple Keyword:return Exprs:[1])])"},
	{src: "async def f():\n  async with a as b, c: await d\n  async for e in f: g = [await h async for h in i]\n  return await (j)", tree: "(FuncDef Async Name:f Params:(Params) Body:[(With Async Items:[(WithItem X:a Target:b=) (WithItem X:c)] Body:[(ExprStmt X:(Unary await X:d))]) (For Async Target:e@ Iter:f Body:[(Assign Targets:[g=] = Value:(Comp list Elem:(Unary await X:h) Clauses:[(CompClause Async Target:h@ Iter:i)]))]) (Simple Keyword:return Exprs:[(Unary await X:(Paren X:j))])])"},
	{src: "class A(B, metaclass=C): x = 1; y = 2", tree: "(ClassDef Name:A Bases:(B metaclass:C) Body:[(Assign Targets:[x=] = Value:1) (Assign Targets:[y=] = Value:2)])"},
	{src: "def f[T: int, *U](x: T): pass\nclass C[T]: pass"},
	{src: "def f(Foo self, np.ndarray[double, ndim=2] a, int[:, ::1] b, const char *c, x, object=None, (int, int) t): pass"},

	// C declarations.
	{src: "cdef x", tree: "(CVarDecl Declarators:[(Declarator Name:x)])"},
	{src: "cdef int x = 1, *y, z[3][4], **w", tree: "(CVarDecl Type:(CType Name:int Path:[int] Basic) Declarators:[(Declarator Name:x Default:1) (Declarator Name:y Pointer:1) (Declarator Name:z Arrays:[3 4]) (Declarator Name:w Pointer:2)])"},
	{src: "cdef foo(self, x): pass", tree: "(FuncDef Kind:1 Declarator:(Declarator Name:foo Func Params:(Params List:[(Param Name:self) (Param Name:x)])) Name:foo Params:(Params List:[(Param Name:self) (Param Name:x)]) Body:[(Simple Keyword:pass)])"},
	{src: "cpdef inline int f(int a=*, ...) except? -1 nogil", tree: "(CVarDecl Cpdef Inline Type:(CType Name:int Path:[int] Basic) Declarators:[(Declarator Name:f Func Params:(Params List:[(Param Type:(CType Name:int Path:[int] Basic) Name:a Default:*) (Param Kind:5)]) Suffix:(FuncSuffix Nogil ExceptCheck ExceptValue:(Unary - X:1)))])"},
	{src: "cdef public api unsigned  long int x \"c_x\"", tree: "(CVarDecl API Visibility:1 VisSpan:public Type:(CType Name:unsigned long int Path:[unsigned long int] Basic) Declarators:[(Declarator Name:x CName:\"c_x\")])"},
	{src: "cdef int (*f)(int, void*) noexcept nogil", tree: "(CVarDecl Type:(CType Name:int Path:[int] Basic) Declarators:[(Declarator Name:f Func Params:(Params List:[(Param Type:(CType Name:int Path:[int] Basic)) (Param Type:(CType Name:void Path:[void] Basic) Declarator:(Declarator Pointer:1))]) Suffix:(FuncSuffix Nogil Noexcept) Inner:(Declarator Name:f Pointer:1))])"},
	{src: "cdef int (*f(int a))(double): pass"},
	{src: "cdef int (__stdcall *f)(int)\ncdef int __cdecl g(int)"},
	{src: "cdef np.ndarray[double, ndim=2, mode='c'] a = b, c"},
	{src: "cdef const double[:, ::1] *m, n", tree: "(CVarDecl Type:(CType Const Name:double Path:[double] Basic Args:[(Slice) (Slice Step:1)] Memoryview) Declarators:[(Declarator Name:m Pointer:1) (Declarator Name:n)])"},
	{src: "cdef (int, double*) t = (1, x)", tree: "(CVarDecl Type:(CType Tuple:[(CType Name:int Path:[int] Basic) (CType Name:double Path:[double] Basic Declarator:(Declarator Pointer:1))]) Declarators:[(Declarator Name:t Default:(Collection tuple Parens Elems:[1 x]))])"},
	{src: "cdef int[3] x = [1, 2, 3]\ncdef vector[vector[int*]].iterator it\ncdef map[string, pair[int, Foo&]] m\ncdef vector[unsigned int] v,"},
	{src: "cdef:\n  int x\n  public:\n    int y\n  def_ z\n  cdef int w\n  void f() nogil:\n    pass\ncdef nogil:\n  int g()"},
	{src: "cdef class A(B) [object X, type Y]: pass\ncdef class C\ncdef extern class a.b.D [object E]:\n  cdef int x\ncdef public class F [object G, type H]:\n  property p:\n    'doc'\n    def __get__(self): pass\nctypedef class I [object J]: pass"},
	{src: "@cython.final\ncdef class A:\n  cdef readonly int x\n  'doc'\n  cdef f(self)\n  @staticmethod\n  cdef int g(): pass\n  cpdef h(self): pass\n  def __init__(self): pass"},
	{src: "cdef extern from \"x.h\" namespace \"n\" nogil:\n  '''verbatim'''\n  int f(char*, ...) except +\n  void g() except +*\n  void h() except +handler nogil\n  void i() except *\n  ctypedef struct S:\n    int x\n  struct T:\n    int (*cb)(int) nogil\n  enum:\n    A\n    B \"b\" = 3\n  cdef cppclass V[T, U=*](Base[T]):\n    cppclass iterator:\n      T& operator*()\n      iterator operator++()\n    ctypedef T value\n    V() except +\n    bint operator==(V&)\n    T& operator[](int)\n    void operator()(int)\n    bint operator bool()\n    V& operator=(V&&)\n    W f[W](W) const\n    @staticmethod\n    int g()\n  class Foo:\n    pass"},
	{src: "cdef extern from *: pass\ncdef extern int x\ncdef extern void f() with gil"},
	{src: "cdef struct A\ncdef packed struct B \"b\":\n  int x, *y\n  char z[3]\ncdef union C: pass\nctypedef struct D:\n  int a\nctypedef public enum E: F, G = 2,\ncpdef enum class H(int):\n  I\n  J, K\ncdef enum:\n  L"},
	{src: "ctypedef fused T:\n  int\n  double[:]\n  A.B\n  char*\nctypedef int (*f)(int) except -1\nctypedef unsigned long ul\nctypedef A[int] B\nctypedef int[3] C;"},
	{src: "DEF A = 1\nIF A > 0:\n  cdef int x\nELIF B:\n  def f(): pass\nELSE:\n  include 'x.pxi'", tree: "(DefStmt Name:A Value:1)\n(CondStmt Clauses:[(CondClause Cond:(Compare Ops:[>] Xs:[A 0]) Body:[(CVarDecl Type:(CType Name:int Path:[int] Basic) Declarators:[(Declarator Name:x)])]) (CondClause Cond:B Body:[(FuncDef Name:f Params:(Params) Body:[(Simple Keyword:pass)])]) (CondClause Body:[(Include Path:'x.pxi')])])"},

	// Pure Python: Cython's words are names.
	{src: "cdef = include = DEF = NULL = sizeof\ndef f(cdef, x: int = 1): return cdef.include\nfor i in x: pass", pure: true},

	// Layout.
	{src: "if a:\n    b\n\n    # c\n  # d\n    e\n# f\n\ng"},
	{src: "x = (1,\n  # c\n\n  2)\ny = a + \\\n  b\nz = '''\n  c'''"},
	{src: "\n\n# c\n\f\n\fx\n\n"},
	{src: ""},
	{src: "# only a comment"},
	{src: "é.ü = ñ('ß')"},
	{src: "ﬁ = 1", tree: "(Assign Targets:[fi=] = Value:1)"},
}

func (in input) parse(src string) (*ast.File, []parser.Error) {
	return parser.Parse([]byte(src), parser.Options{Name: "test", Pure: in.pure})
}

func TestTable(t *testing.T) {
	for _, in := range table {
		checkTokens(t, in.src, in.pure)
		f, errs := in.parse(in.src)
		for _, e := range errs {
			t.Errorf("%q: %v", in.src, e)
		}
		checkTree(t, f)
		if got := dumpFile(f); in.tree != "" && in.tree != got {
			t.Errorf("%q:\n got %s\nwant %s", in.src, got, in.tree)
		}
	}
}

// dumpFile prints the statements of a file, one a line.
func dumpFile(f *ast.File) string {
	var lines []string
	for _, s := range f.Body {
		lines = append(lines, dump(f.Src, s))
	}
	return strings.Join(lines, "\n")
}

// TestLayout parses the table with other line ends and blanks. The trees stay
// the same.
func TestLayout(t *testing.T) {
	variants := map[string]func(string) string{
		"CRLF":       func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"CR":         func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"BOM":        func(s string) string { return "\ufeff" + s },
		"newline":    func(s string) string { return s + "\n" },
		"blank line": func(s string) string { return s + "\n  \n\t# c" },
		"tabs": func(s string) string {
			lines := strings.Split(s, "\n")
			for i, l := range lines {
				body := strings.TrimLeft(l, " ")
				lines[i] = strings.Repeat("\t", len(l)-len(body)) + body
			}
			return strings.Join(lines, "\n")
		},
	}
	// Strings keep their line ends and blanks; they are not what is compared.
	shape := func(f *ast.File) string { return strings.Join(strings.Fields(dumpFile(f)), " ") }
	for _, in := range table {
		f, _ := in.parse(in.src)
		want := shape(f)
		for name, change := range variants {
			src := change(in.src)
			checkTokens(t, src, in.pure)
			f, errs := in.parse(src)
			if len(errs) > 0 {
				t.Errorf("%s: %q: %v", name, src, errs[0])
				continue
			}
			checkTree(t, f)
			if got := shape(f); got != want {
				t.Errorf("%s: %q:\n got %s\nwant %s", name, src, got, want)
			}
		}
	}
}

func seeds(f *testing.F) {
	for _, in := range table {
		f.Add([]byte(in.src), in.pure)
	}
	for _, chunk := range errorChunks(f) {
		f.Add([]byte(chunk), false)
	}
	for _, s := range hostile {
		f.Add([]byte(s), false)
	}
}

// hostile are inputs that are no Cython at all.
var hostile = []string{
	"\x00", "\xff\xfe", "a\xffb.\xe4 = 1", "\\", "\\\n", "'", "'''", "f'", "f'{", "f'{a:", "f'''{", "f'{f'{",
	"(", ")", "(\n(\n[\n", "f'{a:{b:{c:{", "}", "f'}'", "f'{a!", "@", "@\n", "cdef", "cdef:", "cdef extern from", "if",
	"if x:\n", "\t \tx", "x\n \n  y\n z", "lambda", "a[", "<", "<a", "<a(", "cdef (", "cdef a(", "cdef operator", "for", "match x:\n case",
	"('''\n0", "(\\\n", "(0\\\n'''\n000", "def f(*", "0x", "1e", "1_", "..", "....", "\ufeff\ufeffx", "class A:\n\n", "\r", "\r\r\n",
}

func FuzzLex(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte, pure bool) {
		checkTokens(t, string(src), pure)
	})
}

func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte, pure bool) {
		file, errs := parser.Parse(src, parser.Options{Pure: pure})
		checkTree(t, file)
		for i, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Off < 0 || int(e.Off) > len(src) || e.Msg == "" {
				t.Errorf("error %v lies outside the source", e)
			}
			if i > 0 && e.Off < errs[i-1].Off {
				t.Errorf("errors are not in order")
			}
		}
		if len(errs) == 0 && len(file.Opaque) > 0 {
			t.Errorf("statements were skipped without an error")
		}
	})
}

// TestDeep parses inputs that nest or repeat without end. Each has to come back
// soon, with an error rather than an exhausted stack.
func TestDeep(t *testing.T) {
	const n = 100_000
	nest := strings.Repeat
	for _, src := range []string{
		nest("(", n), nest("[", n), nest("{", n), nest("a[", n), nest("f(", n), nest("(", n) + nest(")", n),
		nest("-", n) + "a", nest("not ", n) + "a", nest("~", n), nest("lambda:", n), "a" + nest("**a", n),
		"a" + nest(" if a else a", n), "a" + nest("+a", n), "a" + nest(".a", n), "a" + nest("()", n), "a" + nest(" and a", n),
		nest("<", n), nest("<a>", n), nest("await ", n), nest("`", n), nest("yield ", n), nest("f'{", n), nest("f'{a:", n),
		"f'" + nest("{a:", n) + nest("}", n) + "'", "cdef " + nest("(", n), "cdef int " + nest("*", n), "cdef int " + nest("(*", n),
		"cdef a" + nest("[a", n), "cdef " + nest("const ", n), "cdef int f" + nest("(int f", n), "cdef int f" + nest("()", n),
		"sizeof" + nest("(a[", n), "x = " + nest("sizeof(", n), "match x:\n case " + nest("(", n), "match x:\n case " + nest("[a, ", n),
		nest("if x:\n", n), nest("if x: ", n), indented(n/20, "if x:"), indented(n/20, "if x"), indented(n/20, "x"), nest("@a\n", n),
		nest("class A(\n", n/10), nest("'", n), nest("f'", n), nest("\"\"\"", n), nest("x = (\n", n/10), nest("print [", n), nest("match ", n) + ":",
		nest("with (", n), nest("x = ) \n", n), nest("a, ", n) + "= 1", nest("a = ", n), nest("a <", n), "for " + nest("a, ", n),
	} {
		begin := processorTime()
		file, errs := parser.Parse([]byte(src), parser.Options{})
		if d := processorTime() - begin; d > 5*time.Second {
			t.Errorf("%.20q… takes %v of processor time", src, d)
		}
		if len(errs) == 0 && len(src) < 1_500_000 {
			ast.Walk(file, func(ast.Node) bool { return true })
		}
	}
}

// indented nests line n levels deep.
func indented(n int, line string) string {
	var b strings.Builder
	for i := range min(n, 3000) {
		b.WriteString(strings.Repeat(" ", i) + line + "\n")
	}
	return b.String()
}

func TestPosition(t *testing.T) {
	src := "\ufeffé = 1\r\nx\xff.y\rz\n"
	f, _ := parser.Parse([]byte(src), parser.Options{})
	for _, c := range []struct {
		at        string
		line, col int
	}{{"é", 1, 1}, {"1", 1, 5}, {"x", 2, 1}, {"y", 2, 4}, {"z", 3, 1}} {
		line, col := parser.Position(f, int32(strings.Index(src, c.at)))
		if line != c.line || col != c.col {
			t.Errorf("%q is at %d:%d, want %d:%d", c.at, line, col, c.line, c.col)
		}
	}
	if want := []int32{0, 10, 15}; len(f.Lines) != len(want) {
		t.Errorf("lines %v, want %v", f.Lines, want)
	}
}

func TestLinesOfTokens(t *testing.T) {
	src := "a = (1,\n  2)\nb = '''x\ny''' + f'''{\nc}\n''' + \\\n  'd\\\ne'\nf\n"
	f, errs := parser.Parse([]byte(src), parser.Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got []string
	for _, m := range f.Multiline {
		got = append(got, src[m.Pos:m.End])
	}
	want := []string{"'''x\ny'''", "f'''{\nc}\n'''", "'d\\\ne'"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("multiline %q, want %q", got, want)
	}
	var lines []int
	for _, j := range f.Joins {
		line, _ := parser.Position(f, j)
		lines = append(lines, line)
	}
	if len(lines) != 6 || lines[0] != 2 || lines[5] != 8 {
		t.Errorf("joined lines %v, want [2 4 5 6 7 8]", lines)
	}
}

func TestRecovery(t *testing.T) {
	src := "def f(x):\n    a = = 1\n    b = 2\n\ndef g(:\n    c = 3\n\ndef h(): pass\n"
	f, errs := parser.Parse([]byte(src), parser.Options{})
	if len(errs) != 2 || len(f.Opaque) != 2 || len(f.Body) != 3 {
		t.Fatalf("%d errors, %d opaque, %d statements: %v", len(errs), len(f.Opaque), len(f.Body), errs)
	}
	if got := src[f.Opaque[0].Pos:f.Opaque[0].End]; got != "a = = 1" {
		t.Errorf("opaque %q", got)
	}
	if got := src[f.Opaque[1].Pos:f.Opaque[1].End]; got != "def g(:\n    c = 3" {
		t.Errorf("opaque %q", got)
	}
	if body := f.Body[0].(*ast.FuncDef).Body; len(body.Stmts) != 2 {
		t.Errorf("the body of f has %d statements, want 2", len(body.Stmts))
	}
}

func TestKindNames(t *testing.T) {
	for k := lex.EOF; k < lex.NumKinds; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}
