package edit

import (
	"strings"
	"testing"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// apply makes text of edits, as package emit does.
func apply(src string, edits []Edit) string {
	var out strings.Builder
	last := int32(0)
	for _, e := range edits {
		out.WriteString(src[last:e.Off] + e.New)
		last = e.End
	}
	return out.String() + src[last:]
}

func TestOrderAtOnePlace(t *testing.T) {
	const src = "def f():\n    a\n    b\n"
	file, _ := parser.Parse([]byte(src), parser.Options{Name: "m.pyx"})
	e := NewEditor(file)
	b := int32(strings.Index(src, "    b"))
	e.Indent(b, "    ")
	e.Head(b, []string{"    head"}, 0)
	e.Tail(b, []string{"    outer"}, 0, 0)
	e.Tail(b, []string{"    inner"}, 0, 1)
	e.Insert(b+4, "in ")
	want := "def f():\n    a\n    inner\n    outer\n    head\n        in b\n"
	if got := apply(src, e.Finish()); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestDeletedLinesAreNotIndented(t *testing.T) {
	const src = "a\nb\nc"
	file, _ := parser.Parse([]byte(src), parser.Options{Name: "m.pyx"})
	e := NewEditor(file)
	e.Indent(2, "  ")
	e.DeleteLines(ast.Span{Pos: 2, End: 3})
	e.Tail(int32(len(src)), []string{"d"}, 0, 0) // the last line has no line break
	if got := apply(src, e.Finish()); got != "a\nc\nd" {
		t.Errorf("got %q", got)
	}
}
