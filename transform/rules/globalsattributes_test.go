package rules

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// What is found by looking back from each "=" is what a regular expression finds, as far as names are of ASCII.
func TestAssigned(t *testing.T) {
	pattern := regexp.MustCompile(`\b([A-Za-z_]\w*)\.\w+[ \t]*(?:[-+*/%&|^@]|//|\*\*|<<|>>)?=(?:[^=]|$)`)
	pieces := []string{"a", "b1", "_c", "1d", ".", ".", ".x", "a.b", " ", "\t", "\n", "=", "=", " = ", "==", "!=", "<=", "<<=", ">>=", "**=", "//=", "+=", "/", "*", "-", "<", ">", "@=", "(", "]"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var src strings.Builder
		for range 1 + random.IntN(14) {
			src.WriteString(pieces[random.IntN(len(pieces))])
		}
		var want, got []string
		for _, m := range pattern.FindAllStringSubmatch(src.String(), -1) {
			want = append(want, m[1])
		}
		assigned([]byte(src.String()), func(x string) { got = append(got, x) })
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q: %v, want %v", src.String(), got, want)
		}
	}
	found := false
	assigned([]byte("größe.x = 1"), func(x string) { found = x == "größe" })
	if !found {
		t.Error("a name with other letters is not found")
	}
}
