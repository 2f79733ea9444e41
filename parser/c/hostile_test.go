package c

// Headers that nobody has written for a compiler.

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// many repeats a line, with its number in place of $, until it has n bytes.
func many(n int, line string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.ReplaceAll(line, "$", strconv.Itoa(i)))
	}
	return b.String()
}

// chain is many, with each line's number and the one before it.
func chain(n int, first, line string) (string, int) {
	var b strings.Builder
	b.WriteString(first)
	i := 0
	for b.Len() < n {
		i++
		b.WriteString(strings.NewReplacer("$", strconv.Itoa(i), "@", strconv.Itoa(i-1)).Replace(line))
	}
	return b.String(), i
}

func nested(n int, opens, middle, closes string) string {
	times := n / (len(opens) + len(closes))
	return strings.Repeat(opens, times) + middle + strings.Repeat(closes, times)
}

// hostile are kinds of headers, each of about n bytes. Where two functions f and w stand behind
// it, they are still seen.
var hostile = []struct {
	name string
	make func(n int) string
	seen bool
}{
	{"one long line", func(n int) string { return many(n, "int f$(const char *); ") }, true},
	{"one line of space", func(n int) string { return strings.Repeat(" ", n) }, true},
	{"one long name", func(n int) string { return "int " + strings.Repeat("a", n) + ";" }, true},
	{"one long string", func(n int) string { return "char *x = \"" + strings.Repeat("1", n) + "\";" }, true},
	{"one long macro", func(n int) string { return "#define X " + strings.Repeat("a ", n/2) + "\n" }, true},
	{"continued lines", func(n int) string { return "#define X " + strings.Repeat("\\\n", n/2) + "\n" }, true},
	{"directives in comments", func(n int) string { return "#" + strings.Repeat("/*\n*/", n/5) + "\n" }, true},
	{"NUL", func(n int) string { return many(n, "int g$(const\x00 int *p);\x00") }, true},
	{"no UTF-8", func(n int) string { return many(n, "int \xff\xfe$(const\xc3 int *p);") }, true},
	{"digraphs", func(n int) string { return many(n, "%:define X <: :>\nint v$<:3:> = <% 1 %>;\n") }, true},
	{"comment that does not end", func(n int) string { return "/*" + strings.Repeat("/* ", n/3) }, false},
	{"strings that do not end", func(n int) string { return strings.Repeat("\"a\n", n/3) + ";" }, true},
	{"raw strings that do not begin", func(n int) string { return strings.Repeat("R\"a ", n/4) + "\n;" }, true},
	{"raw strings that do not end", func(n int) string { return many(n, "R\"a$(") }, false},
	{"parentheses", func(n int) string { return "int g" + nested(n, "(", "", ")") + ";" }, true},
	{"parentheses that do not close", func(n int) string { return strings.Repeat("int g(int ", n/10) }, false},
	{"attributes that do not close", func(n int) string { return strings.Repeat("__attribute__(", n/14) }, false},
	{"macros before a name", func(n int) string { return strings.Repeat("AB CD(x) ", n/9) + ";" }, true},
	{"braces that do not close", func(n int) string { return strings.Repeat("int g(int x) {", n/14) }, false},
	{"classes in each other", func(n int) string { return nested(n, "class a {", "", "};") }, true},
	{"structs without names in each other", func(n int) string { return "struct s {" + nested(n, "struct {", "int x;", "};") + "};" }, true},
	{"parameters in each other", func(n int) string { return "int g(" + nested(n, "int (*a)(", "p", ")") + ");" }, true},
	{"angles", func(n int) string { return strings.Repeat("a<", n/2) + ";" }, true},
	{"angles that close", func(n int) string { return nested(n, "a<", "b", ">") + ";" }, true},
	{"#if", func(n int) string { return strings.Repeat("{\n#if A\n", n/8) }, false},
	{"#else", func(n int) string { return strings.Repeat("{\n#else\n", n/8) }, false},
	{"#if 0", func(n int) string { return strings.Repeat("#if 0\n", n/6) }, false},
	{"macros that are themselves", func(n int) string { return many(n, "#define a$ a$ a$\n") + "int g(int *p) { return a1; }" }, true},
	{"macros that are each other", func(n int) string {
		return many(n, "#define a$(x) b$(a$(x), b$(x))\n#define b$(x, y) a$(x)\n") + "int g(int *p) { return a1(p); }"
	}, true},
	{"macros that double", func(n int) string {
		s, last := chain(n, "#define a0(x) x\n", "#define a$(x) a@(a@(x))\n")
		return s + fmt.Sprintf("int g(int *p) { return a9(p) + a%d(p); }", last)
	}, true},
	{"one name", func(n int) string {
		return many(n/2, "#define m(p) ((p)->x)\n") + many(n/2, "int o(int *p) { return *p; }\n") + many(200, "int g$(struct s *p) { return m(p) + o(p); }")
	}, true},
	{"typedefs of each other", func(n int) string {
		s, last := chain(n, "typedef int t0;", "typedef t@ t$;")
		return s + fmt.Sprintf("int g(const t9 *p); int h(const t%d *p);", last)
	}, true},
	{"names of one typedef", func(n int) string { return "typedef int " + many(n/2, "a$, ") + "b;" + many(n/2, "int g$(a$ *x);") }, true},
	{"words of a type", func(n int) string { return strings.Repeat("int ", n/4) + "g(int *a) { return *a; }" }, true},
	{"pointers", func(n int) string { return "int g(int " + strings.Repeat("*", n) + "p);" }, true},
	{"members", func(n int) string { return "class A {" + many(n, "int x$; int g$() { return x$; } ") + "};" }, true},
	{"members of one declaration", func(n int) string { return "class A { AB " + many(n, "x$, ") + "y; int g() { return y; } };" }, true},
	{"classes that inherit each other", func(n int) string {
		s, last := chain(n, "class A0 { int g(); ~A0(); };", "class A$ : A@, A$ { A@ a; int h(); ~A$(); };")
		return s + fmt.Sprintf("int g(A%d x) { return x.g(); }", last)
	}, true},
	{"a lattice of classes", func(n int) string {
		var b strings.Builder
		for level := range 20 {
			for k := range 10 {
				fmt.Fprintf(&b, "class L%d_%d : %s Z { int x; };", level, k, many(80, fmt.Sprintf("L%d_$, ", level+1)))
			}
		}
		return b.String() + "int g(L0_0 a, L1_1 b) { a = b; return a.g(); }"
	}, true},
	{"classes of one name", func(n int) string { return many(n, "class A { int x; int g() const; };\n") }, true},
	{"bases of one class", func(n int) string { return "class A : " + many(n, "B$, ") + "C { int g() { return h(); } };" }, true},
	{"operators", func(n int) string {
		return "class A { A operator+(const A &o); }; " + many(n, "int g$(A a, A b) { return (a"+strings.Repeat(" + b", 30)+").x; }\n")
	}, true},
	{"calls of each other", func(n int) string {
		s, last := chain(n, "int g0(int *p, int *q) { return *p; }", "int g$(int *p, int *q) { return g@(q, p); }")
		return s + fmt.Sprintf("int h(int *p) { return g%d(p, p); }", last)
	}, true},
	{"parameters", func(n int) string { return "int g(" + many(n, "int *a$, ") + "int b) { return b; }" }, true},
	{"variables", func(n int) string { return "int " + many(n, "v$, ") + "u; int g(int *p) { v1 = *p; return u; }" }, true},
	{"a long body", func(n int) string { return "int g(int *p) { int *a0 = p; " + many(n, "a$ = a0; ") + "}" }, true},
	{"a long expression", func(n int) string { return "int g(int *p) { return " + strings.Repeat("p ? *", n/5) + "p; }" }, true},
	{"a long qualified name", func(n int) string { return "int g(int *p) { return " + strings.Repeat("a::", n/3) + "b; }" }, true},
	{"initializers of a constructor", func(n int) string { return "class A { int x; A() : " + many(n/4, "x($), ") + "y(1) {} };" }, true},
	{"includes that are nowhere", func(n int) string { return many(n/4, "#include \"a$.h\"\n") }, true},
	{"includes of itself", func(n int) string { return many(n, "#include \"a.h\"\n#include \"a.hpp\"\n") }, true},
}

// TestHostile: each kind is read in a time and with a memory that are in proportion to its length: a kind that
// was not took minutes at this size. What writes is never said to read.
func TestHostile(t *testing.T) {
	const n = 300_000
	const behind = "\nint f(const int *p);\nint w(const int *p) { *(int *) p = 1; return 0; }\n"
	for _, ext := range []string{"h", "hpp"} {
		for _, kind := range hostile {
			src := []byte(kind.make(n) + behind)
			was := string(src)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			lib := library(fstest.MapFS{"a." + ext: {Data: src}, "b.c": {Data: []byte("#include \"a." + ext + "\"\nint b(const int *p) { return f(p); }")}}, "b.c")
			h, ok := lib.Header("a."+ext, "")
			if !ok {
				t.Fatalf("%s: no header", kind.name)
			}
			names := h.Names()
			for _, name := range names[:min(len(names), 200)] {
				h.Function(name)
			}
			for class, list := range h.f.classes {
				for m := range h.f.membersOf(&list[0]).funcs {
					h.Method(class, m, 0)
				}
			}
			f, okF := h.Function("f")
			w, okW := h.Function("w")
			runtime.ReadMemStats(&after)
			if got := words(f, okF) + words(w, okW); kind.seen && got != "rw" {
				t.Errorf("%s: %s, and not rw", kind.name, got)
			}
			if okW && words(w, okW) == "r" {
				t.Errorf("%s: w reads", kind.name)
			}
			if per := (after.TotalAlloc - before.TotalAlloc) / uint64(len(src)); per > 1500 {
				t.Errorf("%s: %d bytes for each byte of the header", kind.name, per)
			}
			if string(src) != was {
				t.Errorf("%s: the bytes are others", kind.name)
			}
		}
	}
}

// TestIncludes: files that include each other in all ways have answers, and what is kept of
// which includes which does not grow with the square of their number.
func TestIncludes(t *testing.T) {
	files := fstest.MapFS{}
	const n = 300
	for i := range n {
		files[fmt.Sprintf("a%d.h", i)] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"#include \"a%d.h\"\n#include \"./a%d.h\"\n#include <../a0.h>\nint f%d(int *p) { return f%d(p) + f%d(p); }\n", (i+1)%n, (i*7)%n, i, (i+1)%n, (i*11)%n))}
	}
	lib := library(files)
	lib.room = 5 * n
	for i := range n {
		h, ok := lib.Header(fmt.Sprintf("a%d.h", i), "")
		if !ok {
			t.Fatal("no header")
		}
		if got := words(h.Function(fmt.Sprintf("f%d", (i*13)%n))); got != "r" {
			t.Errorf("a%d.h: %s", i, got)
		}
	}
	kept := 0
	for _, f := range lib.files {
		if f != nil {
			kept += len(f.reach)
		}
	}
	if kept == 0 || kept > 5*n {
		t.Errorf("%d files are kept that others reach", kept)
	}
	pieces := make([]Piece, 600)
	for i := range pieces {
		pieces[i] = Piece{Path: "m.pyx", Lines: i, Src: []byte(fmt.Sprintf("static int g%d(int *p) { return g%d(p) + f0(p); }", i, (i+1)%len(pieces)))}
	}
	h, _ := lib.Header("a0.h", "")
	list := lib.Verbatim(pieces, []Header{h})
	if got := words(list[7].Function("g500")); got != "r" {
		t.Errorf("verbatim: %s", got)
	}
}

// TestDigraphs: they are the brackets and the # that they stand for, and elsewhere they are none.
func TestDigraphs(t *testing.T) {
	for src, want := range map[string]string{
		"int f(const int *p) <% ((int *) p)<:0:> = 1; %>":                                                                       "w",
		"%:define SET(p) (*(p) = 1)\nint f(int *p) { SET(p); }":                                                                 "w",
		"%: define SET(p) (*(p) = 1)\nint f(int *p) { SET(p); }":                                                                "w",
		"#define CAT(a, b) a%:%:b\nint f(int *p) { CAT(x, y)(p); }":                                                             "u",
		"namespace n { struct s { int x; }; } template <class T> struct v { T *at; };\nint f(const v<::n::s> &p) { return 1; }": "r",
		"int f(const char *p) { return p == \"<% %: :>\"; }":                                                                    "r",
	} {
		h, _ := library(fstest.MapFS{"a.hpp": {Data: []byte(src)}}).Header("a.hpp", "")
		if got := words(h.Function("f")); got != want {
			t.Errorf("%s: %s, and not %s", src, got, want)
		}
	}
}
