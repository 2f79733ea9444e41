package finding

import "testing"

// Of findings with one cause, the one that is told first is the one where there is most to be seen.
func TestFirstOfOneCause(t *testing.T) {
	steps := func(n int) []Related { return make([]Related, n) }
	told := []Finding{ // each before all that follow
		{Message: "writes what has a name", Code: Missing, Writes: true, Related: steps(9)},
		{Message: "a helper writes what has a name", Code: UnlockedHelper, Writes: true},
		{Message: "reads what has a name", Code: Missing},
		{Message: "a helper reads what has a name", Code: UnlockedHelper},
		{Message: "writes something", Code: Missing, Vague: true, Writes: true},
		{Message: "writes something by a call", Code: Missing, Vague: true, Writes: true, Related: steps(2)},
		{Message: "writes something by many calls", Code: Missing, Vague: true, Writes: true, Related: steps(40)},
		{Message: "a helper writes something", Code: UnlockedHelper, Vague: true, Writes: true},
		{Message: "reads something", Code: Missing, Vague: true},
		{Message: "a constructor writes something", Code: Missing, Vague: true, Writes: true, Scope: "Matrix.__init__"},
		{Message: "a note", Code: Missing, Note: true, Writes: true},
	}
	for i := range told {
		told[i].Cause = "the lock of Matrix"
		for k := range i {
			g := Groups([]Finding{told[i], told[k]})
			if len(g) != 1 || g[0].Message != told[k].Message || len(g[0].Also) != 1 {
				t.Errorf("told: %q, though there is %q", g[0].Message, told[k].Message)
			}
		}
	}
}

// Where nothing else tells findings apart, the first is told; so it is with notes, whatever they say.
func TestFirstInOrder(t *testing.T) {
	for _, note := range []bool{false, true} {
		fs := []Finding{{Message: "first", Code: Missing, Cause: "one", Note: note}, {Message: "second", Code: Missing, Cause: "one", Note: note, Writes: note}}
		if g := Groups(fs); g[0].Message != "first" {
			t.Errorf("told: %q", g[0].Message)
		}
	}
}
