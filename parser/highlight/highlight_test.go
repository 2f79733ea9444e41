package highlight

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var marks = [...]string{Keyword: "k", Type: "t", Constant: "c", String: "s", Number: "n", Comment: "#", Decorator: "@", Defined: "d"}

// marked writes source with each span as "‹class text›".
func marked(src string, pure bool) string {
	var b strings.Builder
	at := 0
	for _, s := range Spans([]byte(src), pure) {
		b.WriteString(src[at:s.Off] + "‹" + marks[s.Class] + " " + src[s.Off:s.End] + "›")
		at = s.End
	}
	return b.String() + src[at:]
}

func TestSpans(t *testing.T) {
	for src, want := range map[string]string{
		"cdef class A: # c\n":                                       "‹k cdef› ‹k class› ‹d A›: ‹# # c›\n",
		"@cython.read_lock(\"a\")\ndef f(a): pass":                  "‹@ @cython.read_lock›(‹s \"a\"›)\n‹k def› ‹d f›(a): ‹k pass›",
		"cdef inline int g(double[:, ::1] x) except? -1 nogil: ...": "‹k cdef› ‹k inline› ‹t int› ‹d g›(‹t double›[:, ::‹n 1›] x) ‹k except›? -‹n 1› ‹k nogil›: ...",
		"s = f\"a {x!r:>{w}} b\" + b'\\x00'\n":                      "s = ‹s f\"a ›{x!r:‹s >›{w}}‹s  b\"› + ‹s b'\\x00'›\n",
		"cdef readonly object public\npublic = 0x1Fu\n":             "‹k cdef› ‹k readonly› ‹t object› public\npublic = ‹n 0x1Fu›\n",
		"x.int = None # ü\n\n# alone\n":                             "x.int = ‹c None› ‹# # ü›\n\n‹# # alone›\n",
		"a @ b\nasync def f(): await g\n":                           "a @ b\n‹k async› ‹k def› ‹d f›(): ‹k await› g\n",
		"'''open\n":                                                 "'''open\n",
		"":                                                          "",
		"cdef int x = f(1) # \"\n":                                  "‹k cdef› ‹t int› x = f(‹n 1›) ‹# # \"›\n",
	} {
		if d := cmp.Diff(want, marked(src, false)); d != "" {
			t.Errorf("%q: %s", src, d)
		}
	}
	if got, want := marked("cdef = int\n", true), "cdef = int\n"; got != want {
		t.Errorf("in a .py: got %q, want %q", got, want)
	}
}

// FuzzSpans checks that spans are ordered, do not overlap and lie in the source.
func FuzzSpans(f *testing.F) {
	archives, err := filepath.Glob(filepath.Join("..", "..", "testdata", "*", "*.txtar"))
	if err != nil || len(archives) == 0 {
		f.Fatal("no archives", err)
	}
	for _, path := range archives {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		end := 0
		for _, s := range Spans(src, false) {
			if s.Off < end || s.End <= s.Off || s.End > len(src) {
				t.Fatalf("%+v follows what ends at %d, in %d bytes", s, end, len(src))
			}
			end = s.End
		}
	})
}
