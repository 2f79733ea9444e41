package sourcemap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSourceMapFile(t *testing.T) {
	dir := t.TempDir()
	src, out := filepath.Join(dir, "src", "é m.pyx"), filepath.Join(dir, "build", "pkg", "m.pyx")
	m := New(out+Suffix, src, out, mapOf(1, 2, -5, -5, 5))
	want := `{"format":"pyxlock-lines","version":1,"source":"../../src/é m.pyx","output":"m.pyx","lines":[[2,1],[2,5,1],[1,5]]}` + "\n"
	if d := cmp.Diff(want, string(m.Encode())); d != "" {
		t.Error(d)
	}
	write(t, out+Suffix, want)
	got, err := Read(out + Suffix)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, got, cmp.AllowUnexported(LineMap{})); d != "" {
		t.Error(d)
	}
	if p := got.SourcePath(out + Suffix); p != src {
		t.Errorf("source %s", p)
	}
	if p := got.OutputPath(out + Suffix); p != out {
		t.Errorf("output %s", p)
	}
}

func TestSourceMapOfAnUnchangedFile(t *testing.T) {
	m, err := Decode(New("a.map", "b", "a", LineMap{}).Encode())
	if err != nil || !m.Lines.Identity() {
		t.Error(m, err)
	}
}

func TestSourceMapRefusesOthers(t *testing.T) {
	for data, want := range map[string]string{
		"":                                       "no line map: ",
		`{"version":3,"mappings":""}`:            `no line map: format ""`,
		`{"format":"pyxlock-lines","version":2}`: "a line map of version 2, not 1",
		`{"format":"pyxlock-lines","version":1,"lines":[[1,1],[0,2]]}`:        "broken line map: run 1 is [0 2]",
		`{"format":"pyxlock-lines","version":1,"lines":[[1]]}`:                "broken line map: run 0 is [1]",
		`{"format":"pyxlock-lines","version":1,"lines":[[1,-1]]}`:             "broken line map: run 0 is [1 -1]",
		`{"format":"pyxlock-lines","version":1,"lines":[[99999999999999,1]]}`: "broken line map: run 0",
	} {
		if _, err := Decode([]byte(data)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", data, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "x.map")); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// write makes a file and its directories.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
