package parser_test

import (
	"os"
	"strings"
	"testing"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// source is one file of a corpus.
type source struct {
	path string
	text []byte
}

// corpus loads the Cython files under PYXLOCK_CORPUS.
func corpus(t testing.TB) []source {
	root := os.Getenv("PYXLOCK_CORPUS")
	if root == "" {
		t.Skip("SKIPPED: set PYXLOCK_CORPUS to a directory of Cython sources")
	}
	var out []source
	for _, path := range sources(t, root) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source{path, text})
	}
	return out
}

// implementations are the corpus without its .pxd files, and its size.
func implementations(b *testing.B) (srcs [][]byte, size int64) {
	for _, s := range corpus(b) {
		if !strings.HasSuffix(s.path, ".pxd") {
			srcs = append(srcs, s.text)
			size += int64(len(s.text))
		}
	}
	return srcs, size
}

func BenchmarkLex(b *testing.B) {
	srcs, size := implementations(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, src := range srcs {
			lex.Scan(string(src), false)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	srcs, size := implementations(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, src := range srcs {
			parser.Parse(src, parser.Options{})
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	srcs, size := implementations(b)
	var files []*ast.File
	for _, src := range srcs {
		f, _ := parser.Parse(src, parser.Options{})
		files = append(files, f)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, f := range files {
			ast.Walk(f, func(ast.Node) bool { n++; return true })
		}
	}
}
