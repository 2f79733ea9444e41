package sourcemap

import (
	"fmt"
	"strings"
	"testing"
)

// mapOf makes a map from source lines; a negative one is generated for -line.
func mapOf(lines ...int) LineMap {
	var m LineMap
	for _, l := range lines {
		m.Add(max(l, -l), l < 0)
	}
	return m
}

func TestLineMapToSource(t *testing.T) {
	m := mapOf(1, -4, -4, 4, 5, -5)
	if got, want := origins(m, 8), "1 4g 4g 4 5 5g 6 7"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := len(m.Runs()), 4; got != want {
		t.Errorf("%d runs, want %d", got, want)
	}
	if got, want := origins(LineMap{}, 3), "1 2 3"; got != want {
		t.Errorf("zero map: %s", got)
	}
	if m.Identity() || !mapOf(1, 2, 3).Identity() || mapOf(2).Identity() || mapOf(-1).Identity() || !mapOf().Identity() {
		t.Error("Identity")
	}
}

func TestLineMapToOutput(t *testing.T) {
	m := mapOf(1, -3, -3, 4, 4, 8, -8, 9, -12)
	for _, tt := range []struct {
		src, line int
		exact     bool
	}{
		{1, 1, true},
		{2, 4, false},  // removed: what follows
		{3, 2, false},  // removed: what was generated for it
		{4, 4, true},   // split: its first line
		{6, 6, false},  // removed
		{8, 6, true},   // not the line generated for it
		{11, 8, false}, // removed, nothing behind it: what is before
		{12, 9, false},
	} {
		if line, exact := m.ToOutput(tt.src); line != tt.line || exact != tt.exact {
			t.Errorf("line %d: %d %v, want %d %v", tt.src, line, exact, tt.line, tt.exact)
		}
	}
	if line, exact := (LineMap{}).ToOutput(7); line != 7 || !exact {
		t.Error("zero map")
	}
}

// origins writes a map as one word a line: the source line, with a "g" where
// the output line is generated.
func origins(m LineMap, lines int) string {
	var words []string
	for i := 1; i <= lines; i++ {
		src, gen := m.ToSource(i)
		w := fmt.Sprint(src)
		if gen {
			w += "g"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}
