package main

// Whatever the input is, each command ends in order, prints nothing that acts, and
// not much more than it was given.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

func FuzzReports(f *testing.F) {
	n := 0
	for _, pattern := range []string{"check/*/*.txtar", "refuse/*/*.txtar", "rewrite/*/*.txtar"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			if n++; n%12 != 0 && testing.Short() || n%4 != 0 { // a part of them is enough to start from
				continue
			}
			ar, err := txtar.ParseFile(path)
			if err != nil {
				f.Fatal(err)
			}
			for _, x := range ar.Files {
				if strings.HasPrefix(x.Name, "in/") && filepath.Ext(x.Name) == ".pyx" {
					f.Add(x.Data, len(x.Data)/2, spite)
					break
				}
			}
		}
	}
	f.Add([]byte(spitefulSource), 100, "\r::add-mask::x")
	f.Add([]byte(spitefulBare), 40, ")")
	f.Fuzz(func(t *testing.T, source []byte, at int, splice string) {
		if len(source)+len(splice) > 1<<15 {
			return
		}
		t.Setenv("CI", "true")
		t.Chdir(t.TempDir())
		at = min(max(at, 0), len(source))
		for name, text := range map[string]string{"src/m.pyx": string(source[:at]) + splice + string(source[at:]), "src/cut.pyx": string(source[:at])} {
			if err := os.MkdirAll("src", 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		for _, report := range everyReport {
			args := append(report[:len(report):len(report)], "-j1", "src")
			out, errs, code := spoken(args...)
			if code > exitUsage {
				t.Errorf("%q: exit code %d", args, code)
			}
			if what := actsInLog(out) + actsInLog(errs); what != "" {
				t.Errorf("%q: %s", args, what)
			}
			// SARIF holds the pages of all findings, HTML its style and script.
			if n := len(out) + len(errs); n > 200*(len(source)+len(splice))+200_000 {
				t.Errorf("%q: %d bytes for %d", args, n, len(source)+len(splice))
			}
		}
	})
}
