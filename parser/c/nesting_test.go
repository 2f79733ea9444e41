package c

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestNesting: bodies with brackets in each other that never close, or have something in the middle
// that nobody understands, are looked at once, and not in two ways for each bracket: 2^160 ways would not end.
func TestNesting(t *testing.T) {
	for _, opens := range []string{
		"{", "(", "[", "do {", "if (x) {", "x = {", "x = {{", "sizeof(", "(a){", "(a)(", "*(", "a ? b :", "for (;;)", "for (x = (", "a(b,", "f({",
		"({", "(x)(y)(", "-(", "int a = (b){", "int a[] = {", "return {", "x[", "T y(", "T y{", "do ", "{1, [2] = {",
	} {
		for _, middle := range []string{"", "1", " @ ", "; @ "} {
			for _, closes := range []string{"", "}", ")", "]", "; }"} {
				src := "int f(int *x) {" + strings.Repeat(opens, 160) + middle + strings.Repeat(closes, 160) + "}\nint g(const int *x);\n"
				h, _ := library(fstest.MapFS{"a.h": {Data: []byte(src)}}).Header("a.h", "")
				if f, ok := h.Function("f"); ok && len(f.Params) == 1 && f.Params[0].Does == Reads && (middle == " @ " || middle == "; @ ") {
					t.Errorf("%s%s%s: reads, of a body that nobody understands", opens, middle, closes)
				}
			}
		}
	}
}
