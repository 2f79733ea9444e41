package main

// Whatever stands in a file, no command breaks on it: the inputs of the goldens,
// whole, cut off and put together, go through all of them in one process.

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
)

// A report may have that many bytes for each of the input, and for none.
const (
	reportFactor = 200
	reportBase   = 320 << 10 // SARIF has the pages of all findings
)

// fuzzUser is a module beside the one that is tried: it sees what that declares.
const fuzzUser = `cimport cython
from m cimport *
cimport m

@cython.locked_class
cdef class FuzzUser:
    cdef int n
    cdef m.C c

    def bump(self):
        self.n += 1
        helper(self, self.c)
`

// fuzzed are the commands. What reports is looked at: a diff and what is rewritten
// are the file's own text.
var fuzzed = []struct {
	args    string
	reports bool // on standard output; standard error is a report always
}{
	{"check FILE", true},
	{"check --format=json FILE", true},
	{"check --format=sarif FILE", true},
	{"check --format=github FILE", true},
	{"check --statistics FILE", true},
	{"check --diff FILE", false},
	{"check --explain=C.bump FILE", true},
	{"preview FILE", false},
	{"preview --format=side-by-side FILE", false},
	{"preview --format=html FILE", true},
	{"preview --format=markdown FILE", true},
	{"annotate FILE", false},
	{"annotate --list FILE", true},
	{"rewrite FILE", false},
	{"rewrite --diff FILE", false},
	{"rewrite --check .", true},
	{"rewrite --source-map -o out --verbose .", true},
	{"locate out/FILE:3:1 FILE:2", true},
	{"check --fix FILE", true},
	{"annotate --in-place FILE", true},
	{"rewrite --in-place FILE", true},
}

// FuzzCommands takes the beginning of one file and all of another for the text of
// a module, and a word for the code to explain.
func FuzzCommands(f *testing.F) {
	exts := []string{".pyx", ".pxd", ".py", ".pxi"}
	inputs := goldenInputs(f)
	step := 1 + len(inputs)/30 // what is tried before all else takes seconds
	for i := 0; i < len(inputs); i += step {
		in, other := inputs[i], inputs[(i+len(inputs)/2)%len(inputs)]
		kind := uint8(max(0, slices.Index(exts, filepath.Ext(in.name))))
		f.Add(kind, in.data, []byte(nil), uint16(len(in.data)))
		f.Add(kind, in.data, []byte(nil), uint16(len(in.data)*(i%7)/7))
		f.Add(kind, in.data, other.data, uint16(len(in.data)*(i%5)/5))
	}
	for _, odd := range []string{
		"", "\ufeff", "\x00", "\xff\xfe", "\r", "\f\f", "\t", "\\", "@", "@cython.", "'", "\"\"\"", "f'{", "{{", strings.Repeat("(", 300), strings.Repeat(")", 300),
		"cdef class C:\n  @cython.write_lock\x1b[31m\n  def f(self): self.\x07n = 1\n",
		"# pyxlock: ignore[\x1b]0;title\x07] \u202e\n@cython.writelock\ncdef class C: pass\n",
		"# cython: freethreading_compatible=True\n@cython.locked_class(guard='\x1b')\ncdef class C:\n  cdef public int n\n",
		"::add-mask::x\n" + strings.Repeat("x", 5000) + "(\n",
		"include 'm.pyx'\nfrom m cimport *\n",
		spitefulSource, spitefulBare, spite,
	} {
		f.Add(uint8(0), []byte(odd), []byte(nil), uint16(len(odd)))
	}
	f.Fuzz(func(t *testing.T, kind uint8, head, tail []byte, cut uint16) {
		text := slices.Concat(head[:min(int(cut), len(head))], tail)
		if len(text) > 16<<10 {
			return
		}
		tryCommands(t, "m"+exts[int(kind)%len(exts)], text)
	})
}

// tryCommands runs all commands over a module.
func tryCommands(t *testing.T, name string, text []byte) {
	t.Setenv("CI", "true")
	t.Chdir(t.TempDir())
	put := func(path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("user.pyx", []byte(fuzzUser))
	for _, c := range fuzzed {
		put(name, text) // some commands change it
		args := strings.Fields(strings.ReplaceAll(c.args, "FILE", name))
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
		if code < console.Clean || code > console.Usage {
			t.Errorf("pyxlock %s: exit code %d", strings.Join(args, " "), code)
		}
		reports := []*bytes.Buffer{&stderr}
		if c.reports {
			reports = append(reports, &stdout)
		}
		for _, r := range reports {
			if what := actsInLog(r.String()); what != "" {
				t.Errorf("pyxlock %s: %s", strings.Join(args, " "), what)
			}
		}
		if n := stdout.Len() + stderr.Len(); n > reportFactor*len(text)+reportBase {
			t.Errorf("pyxlock %s: %d bytes for a file of %d", strings.Join(args, " "), n, len(text))
		}
	}
	put(name, text)
	again(t, name)
}

// again rewrites what a rewrite wrote, which changes nothing any more.
func again(t *testing.T, name string) {
	var stdout, stderr bytes.Buffer
	if run(t.Context(), []string{"rewrite", "-o", "first", name}, strings.NewReader(""), &stdout, &stderr) != console.Clean {
		return
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"rewrite", "-o", filepath.Join("second", name), filepath.Join("first", name)}, strings.NewReader(""), &stdout, &stderr); code != console.Clean {
		t.Errorf("what was rewritten is refused with %d:\n%s", code, &stderr)
		return
	}
	once, err := os.ReadFile(filepath.Join("first", name))
	if err != nil {
		t.Fatal(err)
	}
	twice, err := os.ReadFile(filepath.Join("second", name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(once, twice) {
		t.Errorf("rewriting again changes\n%q\nto\n%q", once, twice)
	}
}

// FuzzExplain asks for the page of whatever there may be.
func FuzzExplain(f *testing.F) {
	for _, code := range []string{"PXL001", "PXL", "", "../README", "PXL001\x1b[31m", "pxl101", strings.Repeat("P", 300), "-"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), []string{"explain", "--", code}, strings.NewReader(""), &stdout, &stderr); got != console.Clean && got != console.Usage {
			t.Errorf("pyxlock explain %q: exit code %d", code, got)
		}
		if what := actsInLog(stdout.String() + stderr.String()); what != "" {
			t.Errorf("pyxlock explain %q: %s", code, what)
		}
		if n := stdout.Len() + stderr.Len(); n > reportFactor*len(code)+reportBase {
			t.Errorf("pyxlock explain %q: %d bytes", code, n)
		}
	})
}

type goldenInput struct {
	name string
	data []byte
}

// goldenInputs returns the Cython files of all goldens, in order.
func goldenInputs(f *testing.F) []goldenInput {
	f.Helper()
	var out []goldenInput
	err := filepath.WalkDir(filepath.Join("..", "..", "testdata"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		ar, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		for _, file := range ar.Files {
			if slices.Contains(fspath.CythonExts, filepath.Ext(file.Name)) && !strings.HasPrefix(file.Name, "want/") && !strings.HasPrefix(file.Name, "aligned/") {
				out = append(out, goldenInput{file.Name, file.Data})
			}
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("no golden has a Cython file")
	}
	if err != nil {
		f.Fatal(err)
	}
	return out
}
