package syntax

import (
	"slices"
	"testing"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// expr parses one expression.
func expr(t *testing.T, src string) ast.Expr {
	t.Helper()
	file, errs := parser.Parse([]byte(src+"\n"), parser.Options{Name: "m.pyx"})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return file.Body[0].(*ast.ExprStmt).X
}

func TestDotted(t *testing.T) {
	for src, want := range map[string][]string{
		"a.b.c": {"a", "b", "c"}, "(a).b": {"a", "b"}, "'pkg.C'": {"pkg", "C"}, "C | None": {"C"}, "None | C": {"C"}, "Optional[C]": {"C"},
		"a().b": nil, "a[0]": nil, "'no name'": nil, "C | D": nil,
	} {
		if got := Dotted(expr(t, src)); !slices.Equal(got, want) {
			t.Errorf("%s: %v", src, got)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string][]string{"threadLock": {"thread", "lock"}, "_io_LOCK": {"io", "lock"}, "": nil} {
		if got := Words(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestLines(t *testing.T) {
	src := "\ufeffa = '''x\n  y'''\n\tb = (1,\n2)"
	file, _ := parser.Parse([]byte(src), parser.Options{Name: "m.pyx"})
	at := func(line int) int32 { return file.Lines[line] }
	if LineStart(file, 4) != 3 {
		t.Error("the byte-order mark is no part of its line")
	}
	if !InsideToken(file, at(1)) || InsideToken(file, at(2)) {
		t.Error("the second line starts inside of a string")
	}
	if !Continued(file, at(3)) || Continued(file, at(2)) {
		t.Error("the last line continues one")
	}
	if IndentOf(file, at(2)+1) != "\t" || NextLine(file, at(3)) != int32(len(src)) {
		t.Error("indentation, or the last line's end")
	}
}
