package main

// What README.md shows of annotate and check is what they print.

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(readme), "\n## Code that has no locks yet\n")
	if !ok {
		t.Fatal("README.md has no such section")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	t.Chdir(t.TempDir())
	file := filepath.Join("src", "ring.pyx")
	write := func(s string) {
		t.Helper()
		if err := os.MkdirAll("src", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	prints := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &out, &errs); code > 1 {
			t.Fatalf("%v: exit code %d\n%s", args, code, errs.String())
		}
		return out.String()
	}
	shows := func(what string) {
		t.Helper()
		if !strings.Contains(text, what) {
			t.Errorf("README.md does not show this:\n%s", what)
		}
	}
	indented := func(s string) string {
		return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(s, "    $1")
	}
	module := regexp.MustCompile("(?s)```cython\n(.*?)```\n").FindStringSubmatch(text)
	if module == nil {
		t.Fatal("the section shows no module")
	}
	write(module[1])
	shows("```diff\n" + prints("annotate", "src") + "```\n")
	shows(indented(prints("annotate", "--list", "src")))
	prints("annotate", "--in-place", "src")
	annotated, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(annotated), "@cython.write_lock\n    def push", "@cython.read_lock\n    def push", 1)
	write(strings.Replace(s, "@cython.write_lock(\"ring\")\n", "", 1))
	shows(indented(prints("check", "src")))
}
