package expand

import (
	"strings"
	"testing"

	"pyxlock/transform/plan"
)

// The locals of a long path have names of their own that do not grow with it.
func TestLongPath(t *testing.T) {
	names := func(n int) (bytes int) {
		h := plan.Hold{Path: strings.Split("other"+strings.Repeat(".next", n), "."), Types: make([]string, n)}
		expr, before := style{cython: "cython"}.steps(h, 1)
		seen := map[string]bool{}
		for _, l := range before {
			name, _, _ := strings.Cut(l, " = ")
			if seen[name] {
				t.Errorf("%s is two locals", name)
			}
			seen[name] = true
			bytes += len(l)
		}
		if !seen[expr] {
			t.Errorf("%s is none of the locals", expr)
		}
		return bytes
	}
	if few, many := names(100), names(400); many > 5*few {
		t.Errorf("a path four times as long takes %d bytes instead of %d", many, few)
	}
}
