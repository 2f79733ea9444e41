package main

// The command line as its users see it: one script a behaviour, in
// testdata/script.

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pyxlock/docs"
	"pyxlock/transform"
)

func TestMain(m *testing.M) {
	testscript.Main(heedingSignals{m}, map[string]func(){
		"pyxlock": process,
	})
}

// heedingSignals runs the tests so that the programs which they start heed signals,
// also where those are ignored here, as nohup has it.
type heedingSignals struct{ *testing.M }

func (m heedingSignals) Run() int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	return m.M.Run()
}

func TestScript(t *testing.T) {
	venvs, err := filepath.Abs(filepath.Join("..", "..", ".venv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYXLOCK_TEST_CYTHONS", filepath.Join(venvs, "cython-3.[03]", "bin", "cython"))
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mtime":   mtime,
			"cythons": cythons,
		},
	})
}

// mtime FILE fails unless FILE is as old as "mtime -set FILE" made it: unless
// nobody has written it since.
func mtime(ts *testscript.TestScript, neg bool, args []string) {
	set := args[0] == "-set"
	path := ts.MkAbs(args[len(args)-1])
	old := transformEpoch
	if set {
		ts.Check(os.Chtimes(path, old, old))
		return
	}
	st, err := os.Stat(path)
	ts.Check(err)
	if same := st.ModTime().Equal(old); same == neg {
		ts.Fatalf("%s: written since: %v", args[len(args)-1], !same)
	}
}

// cythons FILE compiles a file with the Cythons that the tests have; there may be none.
func cythons(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(os.Getenv("PYXLOCK_TEST_CYTHONS"))
	ts.Check(err)
	for _, cython := range found {
		if err := ts.Exec(cython, append(args, "-o", "discard.c")...); (err != nil) != neg {
			ts.Fatalf("%s %s: %v", cython, strings.Join(args, " "), err)
		}
	}
}

func TestEveryFindingHasAPage(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "findings", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	rules := transform.Rules()
	if len(pages) != len(rules) {
		t.Errorf("%d pages for %d findings", len(pages), len(rules))
	}
	last := ""
	for _, r := range rules {
		if r.Code <= last {
			t.Errorf("%s comes after %s", r.Code, last)
		}
		last = r.Code
		page, err := docs.Finding(r.Code)
		if err != nil {
			t.Error(err)
			continue
		}
		if want := "# " + r.Code + ": " + r.Title + "\n"; !strings.HasPrefix(string(page), want) {
			t.Errorf("%s: the page does not start with %q", r.Code, want)
		}
	}
}

// Every finding has a test: its code stands in some expected output, or in a
// `# want` beside the line that offends.
func TestEveryFindingHasATest(t *testing.T) {
	var all strings.Builder
	for _, dir := range []string{filepath.Join("..", "..", "testdata"), "testdata"} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
				return err
			}
			data, err := os.ReadFile(path)
			all.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	expected := map[string]bool{}
	reported, want := regexp.MustCompile(`^in/\S+:\d+:\d+: (\w+) `), regexp.MustCompile(`\b(\w+) "`)
	for line := range strings.Lines(all.String()) {
		if m := reported.FindStringSubmatch(line); m != nil {
			expected[m[1]] = true
		}
		if _, list, ok := strings.Cut(line, "# want "); ok {
			for _, m := range want.FindAllStringSubmatch(list, -1) {
				expected[m[1]] = true
			}
		}
	}
	for _, r := range transform.Rules() {
		if !expected[r.Code] {
			t.Errorf("no test in testdata expects %s (%s)", r.Code, r.Title)
		}
	}
}
