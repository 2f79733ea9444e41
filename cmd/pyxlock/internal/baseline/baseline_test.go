package baseline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/transform"
)

func finding(code, path, scope, message string) transform.Finding {
	return transform.Finding{Code: code, Path: path, Line: 7, Scope: scope, Message: message, Warning: true}
}

func nowhere(string) bool { return false }

func TestSplit(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "base.json")
	in := func(path string) string { return filepath.Join(dir, path) }
	old := []transform.Finding{
		finding("PXL103", in("a.pyx"), "C.f", "C.f reads n of x (line 12)"),
		finding("PXL103", in("a.pyx"), "C.f", "C.f reads n of x (line 14)"),
		finding("PXL103", in("a.pyx"), "C.g", "C.g reads n2"),
		finding("PXL504", in("b.pyx"), "C", "C has no lock"),
		finding("PXL504", in("gone.pyx"), "C", "C has no lock"),
		{Code: "PXL001", Path: in("a.pyx"), Line: 1, Message: "does not parse", Warning: true},
	}
	data, err := Of(file, old, nowhere).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	// One line for each fingerprint.
	if n := strings.Count(string(data), "\n"); n != 5+4-0 {
		t.Errorf("%d lines:\n%s", n, data)
	}
	b, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.Count() != 5 {
		t.Errorf("%d findings", b.Count())
	}
	now := []transform.Finding{
		finding("PXL103", in("a.pyx"), "C.f", "C.f reads n of x (line 99)"),
		finding("PXL103", in("a.pyx"), "C.f", "C.f reads n of x (line 3)"),
		finding("PXL103", in("a.pyx"), "C.f", "C.f reads n of x (line 4)"), // one more
		finding("PXL103", in("a.pyx"), "C.g", "C.g reads n3"),              // another name
		finding("PXL103", in("c.pyx"), "C.g", "C.g reads n2"),              // another file
		finding("PXL106", in("b.pyx"), "C", "C has no lock"),               // another code
		{Code: "PXL001", Path: in("a.pyx"), Line: 1, Message: "does not parse", Warning: true},
	}
	fresh, known, gone := b.Split(now, func(path, code string) bool {
		return filepath.Base(path) != "gone.pyx" && (code == "PXL103" || code == "PXL504")
	})
	if d := cmp.Diff(now[2:], fresh); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(now[:2], known); d != "" {
		t.Error(d)
	}
	if gone != 2 { // C.g of a.pyx, and C of b.pyx
		t.Errorf("%d are gone", gone)
	}
}

// Where a run is started makes no difference.
func TestPathsAreFromTheFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	here := Of("base.json", []transform.Finding{finding("PXL103", filepath.Join("src", "a.pyx"), "", "m")}, nowhere)
	if err := os.Mkdir("src", 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir("src")
	there := Of(filepath.Join("..", "base.json"), []transform.Finding{finding("PXL103", "a.pyx", "", "m")}, nowhere)
	if d := cmp.Diff(here.Entries, there.Entries); d != "" || here.Entries[0].Path != "src/a.pyx" {
		t.Error(d, here.Entries)
	}
}

func TestWhatIsNoBaseline(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                               "this is not a baseline: --write-baseline creates one",
		"[]":                             "this is not a baseline",
		`{"version": 9, "findings": []}`: "a baseline of version 9, but this pyxlock reads version 1",
	} {
		file := filepath.Join(dir, "b.json")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none.json")); err == nil || !strings.Contains(err.Error(), "there is no such baseline") {
		t.Error(err)
	}
}
