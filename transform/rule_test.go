package transform_test

// The rules of `pyxlock check`, each over the archives of testdata/check.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"pyxlock/transform"
)

// An expectation stands beside the line that it is about:
//
//	x = PyList_GetItem(items, 0)  # want PXL401 "borrowed"
//
// Where a comment cannot stand on that line, it stands on the next one:
//
//	# cython: freethreading_compatible=True
//	# want above PXL501 "no lock"
//
// A line that looks like an offence and is none says "# ok: why"; every archive
// has one, so that no rule passes by reporting everything.
var (
	wantComment = regexp.MustCompile(`# want (above )?(PXL\d+ .*)$`)
	wantItem    = regexp.MustCompile(`(PXL\d+) ("(?:[^"\\]|\\.)*")`)
	okComment   = regexp.MustCompile(`# ok: \S`)
)

type want struct {
	code string
	msg  *regexp.Regexp
	met  bool
}

func TestCheck(t *testing.T) {
	root := filepath.Join("..", "testdata", "check")
	archives, err := filepath.Glob(filepath.Join(root, "*", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archive in %s: %v", root, err)
	}
	for _, path := range archives {
		name, _ := filepath.Rel(root, path)
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) { checkArchive(t, path) })
	}
}

func checkArchive(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := memory{}
	opts := transform.Options{Roots: []string{"."}}
	wants := map[string][]*want{} // by "file:line"
	silent := map[string]bool{}
	var inputs, sources []string
	for _, f := range txtar.Parse(data).Files {
		if f.Name == "reads" {
			opts.Reads = strings.Fields(string(f.Data))
			continue
		}
		name, ok := strings.CutPrefix(f.Name, "in/")
		if !ok {
			t.Fatalf("%s: an archive of checks holds in/ and perhaps reads", f.Name)
		}
		files[name] = f.Data
		if filepath.Ext(name) == ".c" {
			sources = append(sources, name)
			continue
		}
		inputs = append(inputs, name)
		for i, line := range bytes.Split(f.Data, []byte("\n")) {
			at := fmt.Sprintf("%s:%d", name, i+1)
			if okComment.Match(line) {
				silent[at] = true
			}
			m := wantComment.FindSubmatch(line)
			if m == nil {
				if bytes.Contains(line, []byte("# want")) {
					t.Errorf("%s: an expectation that cannot be read: %s", at, line)
				}
				continue
			}
			if len(m[1]) > 0 {
				at = fmt.Sprintf("%s:%d", name, i)
			}
			for _, item := range wantItem.FindAllSubmatch(m[2], -1) {
				text, err := strconv.Unquote(string(item[2]))
				if err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				wants[at] = append(wants[at], &want{code: string(item[1]), msg: regexp.MustCompile(text)})
			}
		}
	}
	if len(silent) == 0 {
		t.Error("no line that nearly offends: mark one with `# ok: why`")
	}
	if len(sources) > 0 { // with their headers beside them
		opts.Headers = transform.HeaderOptions{Beside: true, Sources: func() []string { return sources }, Read: func(path string) ([]byte, bool) {
			data, ok := files[path]
			return data, ok
		}}
	}
	p := transform.NewProject(files, opts)
	rep, err := p.Check(context.Background(), inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
findings:
	for _, f := range rep.Findings {
		at := fmt.Sprintf("%s:%d", f.Path, f.Line)
		for _, w := range wants[at] {
			if !w.met && w.code == f.Code && w.msg.MatchString(f.Message) {
				w.met = true
				continue findings
			}
		}
		t.Errorf("%s:%d: unexpected %s %s", at, f.Column, f.Code, f.Message)
	}
	for at, list := range wants {
		for _, w := range list {
			if !w.met {
				t.Errorf("%s: no %s that matches %q", at, w.code, w.msg)
			}
		}
	}
}

// Cut at some sixty places, or PYXLOCK_CUTS, no input makes a rule panic.
func TestCheckTruncated(t *testing.T) {
	cuts := 60
	if n, err := strconv.Atoi(os.Getenv("PYXLOCK_CUTS")); err == nil {
		cuts = n
	}
	for path, files := range goldens(t) {
		if !strings.Contains(path, filepath.Join("testdata", "check")) {
			continue
		}
		for name, data := range files {
			for cut := len(data); cut >= 0; cut -= 1 + len(data)/cuts {
				p := transform.NewProject(memory{name: data[:cut]}, transform.Options{Roots: []string{"."}})
				if _, err := p.Check(context.Background(), []string{name}, 1); err != nil {
					t.Fatal(path, err)
				}
			}
		}
	}
}
