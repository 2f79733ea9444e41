package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/cmd/pyxlock/internal/console"
)

var (
	idOf   = regexp.MustCompile(`\sid="?([^" >]+)`)
	linkTo = regexp.MustCompile(`href="#([^"]*)"`)
)

// Every golden has a page and a comment, whatever is wrong with it: links lead
// somewhere, and the comment fits.
func TestPreviewsOfGoldens(t *testing.T) {
	archives := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "testdata"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		ar, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		dir := t.TempDir()
		for _, f := range ar.Files {
			rel, in := strings.CutPrefix(f.Name, "in/")
			if !in {
				continue
			}
			to := filepath.Join(dir, filepath.FromSlash(rel))
			if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(to, f.Data, 0o666); err != nil {
				return err
			}
		}
		archives++
		shown := func(format string) string {
			var out, errs bytes.Buffer
			if code := run(context.Background(), []string{"preview", "-j1", "--format=" + format, dir}, strings.NewReader(""), &out, &errs); code > console.Differences || errs.Len() > 0 {
				t.Errorf("%s: %s: exit code %d: %s", path, format, code, errs.String())
			}
			return out.String()
		}
		page := shown("html")
		ids := map[string]bool{}
		for _, m := range idOf.FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("%s: two places are called %s", path, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range linkTo.FindAllStringSubmatch(page, -1) {
			if !ids[m[1]] {
				t.Errorf("%s: no place is called %s", path, m[1])
			}
		}
		if c := shown("markdown"); len(c) >= 65536 || !strings.HasPrefix(c, "<!-- pyxlock preview -->\n### pyxlock preview\n") {
			t.Errorf("%s: a comment of %d bytes: %.80s", path, len(c), c)
		}
		return nil
	})
	if err != nil || archives < 100 {
		t.Fatal(archives, "archives:", err)
	}
}
