package splice

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/emit/linebreak"
	"pyxlock/emit/sourcemap"
	"pyxlock/transform"
)

// at returns the offset of the first occurrence of what in src.
func at(src, what string) int32 {
	i := strings.Index(src, what)
	if i < 0 {
		panic("no " + what)
	}
	return int32(i)
}

// origins writes a map as one word a line: the source line, with a "g" where
// the output line is generated.
func origins(m sourcemap.LineMap, lines int) string {
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

func TestApply(t *testing.T) {
	const src = "@lock\ndef f():\n    a\n\n    b\n"
	edit := func(from, to string, new string) transform.Edit {
		e := transform.Edit{Off: at(src, from), New: new, Blame: -1}
		e.End = e.Off
		if to != "" {
			e.End = at(src, to)
		}
		return e
	}
	tests := []struct {
		name    string
		src     string
		edits   []transform.Edit
		want    string
		origins string
	}{
		{"remove a line", src, []transform.Edit{edit("@lock", "def", "")},
			"def f():\n    a\n\n    b\n", "2 3 4 5"},
		{"insert a line", src, []transform.Edit{edit("    a", "", "    try:\n")},
			"@lock\ndef f():\n    try:\n    a\n\n    b\n", "1 2 3g 3 4 5"},
		{"re-indent", src, []transform.Edit{edit("a\n", "", "    "), edit("b\n", "", "    ")},
			"@lock\ndef f():\n        a\n\n        b\n", "1 2 3 4 5"},
		{"new text between indentation and code", src, []transform.Edit{edit("a\n", "", "try:\n        ")},
			"@lock\ndef f():\n    try:\n        a\n\n    b\n", "1 2 3g 3 4 5"},
		{"behind the last statement", src, []transform.Edit{{Off: at(src, "b\n") + 1, End: at(src, "b\n") + 1, New: "\n    finally:\n        c", Blame: 0, Tail: true}},
			"@lock\ndef f():\n    a\n\n    b\n    finally:\n        c\n", "1 2 3 4 5 1g 1g"},
		{"two insertions keep their order", src, []transform.Edit{edit("def", "", "x\n"), edit("def", "", "y\n")},
			"@lock\nx\ny\ndef f():\n    a\n\n    b\n", "1 2g 2g 2 3 4 5"},
		{"a line emptied", src, []transform.Edit{{Off: 0, End: 5}},
			"\ndef f():\n    a\n\n    b\n", "1 2 3 4 5"},
		{"lines joined", src, []transform.Edit{{Off: 5, End: 6, New: " "}},
			"@lock def f():\n    a\n\n    b\n", "1 3 4 5"},
		{"a line split", "a; b\nc\n", []transform.Edit{{Off: 1, End: 3, New: "\n", Blame: -1}},
			"a\nb\nc\n", "1 1 2"},
		{"CRLF", "a\r\nb\r\n", []transform.Edit{{Off: 3, End: 3, New: "x\ny\r\n", Blame: -1}},
			"a\r\nx\r\ny\r\nb\r\n", "1 2g 2g 2"},
		{"CR", "a\rb\r", []transform.Edit{{Off: 2, End: 2, New: "x\ny\n", Blame: -1}},
			"a\rx\ry\rb\r", "1 2g 2g 2"},
		{"no newline at the end", "a\nb", []transform.Edit{{Off: 3, End: 3, New: "\nc", Blame: -1}},
			"a\nb\nc", "1 2 2g"},
		{"empty source", "", []transform.Edit{{New: "a\nb\n", Blame: -1}}, "a\nb\n", "1g 1g"},
		{"empty result", "a\nb\n", []transform.Edit{{End: 4}}, "", ""},
		{"new blank lines", "a\nb\n", []transform.Edit{{Off: 2, End: 2, New: "\n\n", Blame: 0}},
			"a\n\n\nb\n", "1 1g 1g 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, m, err := Apply([]byte(tt.src), tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, string(out)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if got := origins(m, len(linebreak.Starts(out))); got != tt.origins {
				t.Errorf("origins: %s, want %s", got, tt.origins)
			}
			if n := len(linebreak.Starts(out)); m.Len() != n {
				t.Errorf("the map has %d lines, the output %d", m.Len(), n)
			}
		})
	}
}

func TestApplyRefusesEdits(t *testing.T) {
	for _, tt := range []struct {
		edits []transform.Edit
		want  string
	}{
		{[]transform.Edit{{Off: 2, End: 3}, {Off: 1, End: 1}}, "edit 1: [1, 1) begins before the end of the previous edit, 3"},
		{[]transform.Edit{{Off: 1, End: 3}, {Off: 2, End: 4}}, "edit 1: [2, 4) begins before the end of the previous edit, 3"},
		{[]transform.Edit{{Off: 3, End: 2}}, "edit 0: [3, 2) is not a range of a source of 5 bytes"},
		{[]transform.Edit{{Off: -1, End: 2}}, "edit 0: [-1, 2) is not a range of a source of 5 bytes"},
		{[]transform.Edit{{Off: 2, End: 6}}, "edit 0: [2, 6) is not a range of a source of 5 bytes"},
		{[]transform.Edit{{Blame: 7}}, "edit 0: blame offset 7 is behind the end of a source of 5 bytes"},
	} {
		for _, f := range []func() error{
			func() error { _, _, err := Apply([]byte("abcde"), tt.edits); return err },
			func() error {
				_, _, err := Aligned(&transform.Rewrite{Src: []byte("abcde"), Edits: tt.edits})
				return err
			},
		} {
			if err := f(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		}
	}
}

func TestApplyWithoutEditsReturnsItsInput(t *testing.T) {
	src := []byte("a\nb")
	out, m, err := Apply(src, nil)
	if err != nil || &out[0] != &src[0] || !m.Identity() {
		t.Errorf("%q %v %v", out, m, err)
	}
}

// TestApplySplicesBytes compares with the plainest way to make edits.
func TestApplySplicesBytes(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for range 3000 {
		src, edits := randomBytes(rnd), []transform.Edit(nil)
		for off := 0; off <= len(src); {
			off += rnd.Intn(12)
			end := min(off+rnd.Intn(5), len(src))
			if off > len(src) {
				break
			}
			edits = append(edits, transform.Edit{Off: int32(off), End: int32(end), New: string(randomBytes(rnd)), Blame: -1})
			off = end
		}
		var want []byte
		done := 0
		for _, e := range edits {
			want = append(append(want, src[done:e.Off]...), withNewlines(e.New, linebreak.Newline(src))...)
			done = int(e.End)
		}
		want = append(want, src[done:]...)
		out, m, err := Apply(src, edits)
		if err != nil || !bytes.Equal(out, want) {
			t.Fatalf("%q %v: %q, want %q (%v)", src, edits, out, want, err)
		}
		if len(edits) > 0 && m.Len() != len(linebreak.Starts(out)) {
			t.Fatalf("%q %v: %d lines mapped of %q", src, edits, m.Len(), out)
		}
	}
}

func randomBytes(rnd *rand.Rand) []byte {
	b := make([]byte, rnd.Intn(30))
	for i := range b {
		b[i] = "ab \t\n\n\r\f\xff"[rnd.Intn(9)]
	}
	return b
}

func BenchmarkApply(b *testing.B) {
	src := []byte(strings.Repeat("    def f(self):\n        return self.data[i * self.ncols + j]\n\n", 1<<14))
	edits := make([]transform.Edit, 0, 1<<11)
	for i := range 1 << 11 {
		off := int32(i * 8 * 62)
		edits = append(edits, transform.Edit{Off: off, End: off, New: "    @x\n", Blame: -1})
	}
	b.Run("no edits", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, _, err := Apply(src, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("edits", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, _, err := Apply(src, edits); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("aligned", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, _, err := Aligned(&transform.Rewrite{Src: src, Edits: edits}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
