package markdown

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	src := "# A `title`\n\nText [with a\nlink](a.md#b) and ![a picture](p.png), not `[this](x.md)`.\n\n" +
		"| a | b |\n|---|---|\n| [in a table](c.md) | x |\n\n" +
		"## Two: words, and more\n\n## Two words and more\n\n" +
		"    [in code](y.md)\n\n" +
		"<!-- doctest: exit=1 needs=\"a b\" norun -->\n```console\n$ false\n```\n\n" +
		"- a list\n\n  <!-- doctest: file=x.py -->\n  ```python\n  if 1:\n      pass\n  ```\n\n" +
		"```\n```\n\n<br>\n\nText <b>bold</b>.\n\n<!-- doctest: exit=1 -->\n\nText.\n\n<!-- a comment -->\n```console\n```\n"
	p := Parse("a.md", []byte(src))
	type attributes = map[string]string
	want := &Page{
		Path:   "a.md",
		Source: []byte(src),
		Headings: []Heading{
			{1, 1, "A title", "a-title"},
			{2, 10, "Two: words, and more", "two-words-and-more"},
			{2, 12, "Two words and more", "two-words-and-more-1"},
		},
		Links: []Link{{3, "a.md#b"}, {4, "p.png"}, {8, "c.md"}},
		Blocks: []Block{
			{Line: 18, Language: "console", Attributes: attributes{"exit": "1", "needs": "a b", "norun": ""}, Text: "$ false\n"},
			{Line: 25, Language: "python", Attributes: attributes{"file": "x.py"}, Text: "if 1:\n    pass\n"},
			{Attributes: attributes{}},
			{Line: 42, Language: "console", Attributes: attributes{}},
		},
		HTML: []int{32, 34, 34, 36, 40},
	}
	for i := range p.Blocks {
		b := &p.Blocks[i]
		if b.Language == "console" && src[b.Start:b.End] != b.Text {
			t.Errorf("line %d: the block is not at %d to %d", b.Line, b.Start, b.End)
		}
		b.Start, b.End = 0, 0
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}
