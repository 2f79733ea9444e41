package parser_test

// tree_test.go holds what is true of every tree, whatever the input.

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// checkTree checks that spans lie in the source, contain the spans under them,
// begin and end with the node's own text, and follow each other.
func checkTree(t testing.TB, f *ast.File) {
	t.Helper()
	var stack []ast.Node
	failed := false
	fail := func(n ast.Node, format string, args ...any) {
		if !failed {
			line, col := parser.Position(f, n.Range().Pos)
			t.Errorf("%s:%d:%d: %T %v: %s", f.Name, line, col, n, n.Range(), fmt.Sprintf(format, args...))
		}
		failed = true
	}
	if f.Range() != (ast.Span{Pos: 0, End: int32(len(f.Src))}) {
		fail(f, "the file's span is not the file")
	}
	visit := func(n ast.Node) {
		var last int32
		first := true
		ast.Walk(n, func(c ast.Node) bool {
			if first {
				first = false
				return true
			}
			s := c.Range()
			parent := n.Range()
			switch {
			case s.Pos > s.End || s.Pos < 0 || int(s.End) > len(f.Src):
				fail(c, "is no span of the source")
				return false
			case s.Pos < parent.Pos || s.End > parent.End:
				fail(c, "lies outside its parent %T %v", n, parent)
			case s.Pos < last:
				fail(c, "begins before its predecessor ends at %d", last)
			}
			last = s.End
			if s.Pos < s.End {
				text := f.Src[s.Pos:s.End]
				if bytes.ContainsAny(text[:1], " \t\f\r\n#") || len(f.Opaque) == 0 && bytes.ContainsAny(text[len(text)-1:], " \t\r\n") {
					fail(c, "begins or ends with trivia: %q", text)
				}
			}
			stack = append(stack, c)
			return false
		})
	}
	stack = append(stack, f)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(n)
	}
	checkLines(t, f)
}

func checkLines(t testing.TB, f *ast.File) {
	t.Helper()
	starts := map[int32]bool{}
	for i, l := range f.Lines {
		starts[l] = true
		if i > 0 && l <= f.Lines[i-1] {
			t.Errorf("%s: line starts are not in order", f.Name)
		}
	}
	for i, j := range f.Joins {
		if !starts[j] || i > 0 && j <= f.Joins[i-1] {
			t.Errorf("%s: join %d is no line start, or not in order", f.Name, j)
			break
		}
	}
	for i, m := range f.Multiline {
		if m.Pos >= m.End || i > 0 && m.Pos < f.Multiline[i-1].End {
			t.Errorf("%s: multiline %v is empty or not in order", f.Name, m)
			break
		}
	}
}

// checkTokens checks that tokens and gaps make up the source, and that nothing
// but trivia lies in the gaps.
func checkTokens(t testing.TB, src string, pure bool) {
	t.Helper()
	toks := lex.Scan(src, pure).Toks
	var at int32
	var rebuilt strings.Builder
	for _, tok := range toks {
		if tok.Off < at || tok.End < tok.Off {
			t.Fatalf("token %v [%d,%d) begins before %d", tok.Kind, tok.Off, tok.End, at)
		}
		gap := src[at:tok.Off]
		if rest := strings.TrimPrefix(gap, "\ufeff"); !isTrivia(rest) {
			t.Fatalf("%q before token %v at %d is no trivia", rest, tok.Kind, tok.Off)
		}
		rebuilt.WriteString(gap + src[tok.Off:tok.End])
		at = tok.End
	}
	if toks[len(toks)-1].Kind != lex.EOF || rebuilt.String() != src {
		t.Fatalf("tokens and gaps are not the source")
	}
}

// isTrivia reports whether text consists of blanks, line ends, comments and
// line continuations.
func isTrivia(text string) bool {
	for text != "" {
		switch {
		case strings.ContainsRune(" \t\f\r\n", rune(text[0])):
			text = text[1:]
		case strings.HasPrefix(text, "\\\n"), strings.HasPrefix(text, "\\\r"):
			text = text[2:]
		case text[0] == '#':
			n := strings.IndexAny(text, "\r\n")
			if n < 0 {
				return true
			}
			text = text[n:]
		default:
			return false
		}
	}
	return true
}

// TestCorpus checks these invariants on every source under PYXLOCK_CORPUS.
func TestCorpus(t *testing.T) {
	srcs := corpus(t)
	for _, s := range srcs {
		checkTokens(t, string(s.text), false)
		f, _ := parser.Parse(s.text, parser.Options{Name: s.path})
		checkTree(t, f)
	}
}
