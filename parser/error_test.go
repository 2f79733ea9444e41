package parser_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pyxlock/parser"
)

var marker = regexp.MustCompile(`### (\d+) "(.*)"`)

// errorChunks are the chunks of testdata/errors.txt, which says how they are
// written. The first one is that text.
func errorChunks(t testing.TB) []string {
	text, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "---\n")
}

func TestErrors(t *testing.T) {
	first := 1
	for i, chunk := range errorChunks(t) {
		lines := strings.Split(chunk, "\n")
		if i > 0 {
			checkErrors(t, chunk, lines, first)
		}
		first += len(lines)
	}
}

func checkErrors(t *testing.T, chunk string, lines []string, first int) {
	f, errs := parser.Parse([]byte(chunk), parser.Options{})
	where := func(line int) string { return "errors.txt:" + strconv.Itoa(first+line-1) }
	for i, line := range lines {
		m := marker.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		col, _ := strconv.Atoi(m[1])
		k := -1
		for j, e := range errs {
			if e.Line == i+1 && e.Column == col && strings.Contains(e.Msg, m[2]) {
				k = j
				break
			}
		}
		if k < 0 {
			t.Errorf("%s: no error %q at column %d", where(i+1), m[2], col)
			continue
		}
		errs = append(errs[:k:k], errs[k+1:]...)
	}
	for _, e := range errs {
		t.Errorf("%s:%d: unexpected error: %s", where(e.Line), e.Column, e.Msg)
	}
	checkTree(t, f)
}
