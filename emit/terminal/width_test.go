package terminal

import "testing"

func TestRuneWidth(t *testing.T) {
	for r, want := range map[rune]int{'a': 1, 'é': 1, '日': 2, '\u0301': 0, '\u200b': 0, '😀': 2, 'ｱ': 1, 'Ａ': 2, '│': 1, '\u00ad': 0, '\ufffd': 1} {
		if got := RuneWidth(r); got != want {
			t.Errorf("%q: %d, want %d", r, got, want)
		}
	}
}
