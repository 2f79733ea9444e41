package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A module with one package, whose tests read a file, a folder and a variable, look
// for a program, and skip one case.
var module = map[string]string{
	"go.mod":    "module m\n\ngo 1.26\n",
	"p/p.go":    "package p\n\nimport \"m/r\"\n\nfunc One() int { return r.One() }\n",
	"r/r.go":    "package r\n\nfunc One() int { return one() }\n\n//go:noinline\nfunc one() int { return 1 }\n",
	"q/q.go":    "package q\n",
	"q/f.txt":   "q",
	"p/in/a":    "a",
	"p/none.go": "package p\n",
	"p/p_test.go": `package p

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func Test(t *testing.T) {
	if data, _ := os.ReadFile("../q/f.txt"); string(data) == "bad" || One() != 1 {
		t.Error("bad")
	}
	os.ReadDir("in")
	os.Stat("later")
	exec.LookPath("a-program")
	os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o666)
}

func TestSkipped(t *testing.T) { t.Skip("why not") }
`,
}

// meanwhile is done while the tests of the package run.
var meanwhile func()

// in writes the module to a folder, makes that the current one, and tests the package.
func in(t *testing.T, dir string, edits map[string]string) (ran bool, s *summary) {
	t.Helper()
	files := maps.Clone(module)
	maps.Copy(files, edits)
	old := time.Now().Add(-time.Hour)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
		_ = os.Chtimes(path, old, old)
	}
	t.Chdir(dir)
	s = newSummary(io.Discard)
	k, err := newKeeper("go", []string{"-vet=off"}, []string{"m/p"})
	if err != nil {
		t.Fatal(err)
	}
	left := k.changed([]string{"m/p"}, s)
	if len(left) == 0 {
		return false, s
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TESTSUM_RUNS_LOGGED", k.logs)
	_ = test("go", append([]string{"-count=1", "-vet=off", "-exec", self}, left...), s)
	os.Unsetenv("TESTSUM_RUNS_LOGGED")
	if meanwhile != nil {
		meanwhile()
	}
	if err := k.keep(s); err != nil {
		t.Fatal(err)
	}
	return true, s
}

// TestMain is what "go test -exec" calls in the place of testsum itself.
func TestMain(m *testing.M) {
	if logs := os.Getenv("TESTSUM_RUNS_LOGGED"); logs != "" {
		os.Unsetenv("TESTSUM_RUNS_LOGGED")
		fail(runLogged(logs, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// Tests are run again where something that they depend on has changed, wherever the
// checkout is, and only there.
func TestKept(t *testing.T) {
	path := t.TempDir()
	for name, value := range map[string]string{"TMPDIR": t.TempDir(), "PYXLOCK_TEST_CACHE": t.TempDir(), "GOFLAGS": "-trimpath", "GOWORK": "off",
		"PATH": os.Getenv("PATH") + string(os.PathListSeparator) + path} {
		t.Setenv(name, value)
	}
	for _, step := range []struct {
		name  string
		edits map[string]string
		ran   bool
		fails bool
	}{
		{"first", nil, true, false},
		{"in another folder", nil, false, false},
		{"another file", map[string]string{"q/q.go": "package q\n\nvar X int\n", "q/g.txt": ""}, false, false},
		{"a file that is read", map[string]string{"q/f.txt": "other"}, true, false},
		{"the same", map[string]string{"q/f.txt": "other"}, false, false},
		{"as before", nil, false, false},
		{"a file that is bad", map[string]string{"q/f.txt": "bad"}, true, true},
		{"still", map[string]string{"q/f.txt": "bad"}, true, true},
		{"a new file in the folder", map[string]string{"p/in/b": ""}, true, false},
		{"a file that was not there", map[string]string{"p/later": ""}, true, false},
		{"the program", map[string]string{"p/p.go": "package p\n\nfunc One() int { return 2 - 1 }\n\nfunc Two() {}\n"}, true, false},
		{"what it imports", map[string]string{"r/r.go": module["r/r.go"] + "\nfunc Two() {}\n"}, true, false},
		{"a failure there", map[string]string{"r/r.go": strings.Replace(module["r/r.go"], "1 }", "2 }", 1)}, true, true},
		{"a failure in the program", map[string]string{"p/p.go": "package p\n\nfunc One() int { return 2 }\n"}, true, true},
	} {
		t.Run(step.name, func(t *testing.T) {
			ran, s := in(t, t.TempDir(), step.edits)
			if ran != step.ran || (s.failed > 0) != step.fails {
				t.Errorf("ran: %v, want %v; %d failed", ran, step.ran, s.failed)
			}
			if want := []string{"m/p TestSkipped: p_test.go:20: why not"}; !slices.Equal(s.skips, want) {
				t.Errorf("skipped: %q, want %q", s.skips, want)
			}
			if !step.fails && s.passed+s.unchanged != 1 {
				t.Errorf("%d passed, %d unchanged", s.passed, s.unchanged)
			}
		})
	}
	edits := map[string]string{"p/p.go": "package p\n\nfunc One() int { return 3 - 2 }\n"}
	meanwhile = func() {
		if err := os.WriteFile("p/p.go", []byte("package p\n\nfunc One() int { return 4 - 3 }\n\nfunc Two() {}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if ran, _ := in(t, t.TempDir(), edits); !ran {
			t.Error("not run although its sources were written while it ran")
		}
	}
	meanwhile = nil
	if err := os.WriteFile(filepath.Join(path, "a-program"), nil, 0o777); err != nil {
		t.Fatal(err)
	}
	if ran, _ := in(t, t.TempDir(), nil); !ran {
		t.Error("not run with a program that was not there")
	}
	for range 2 {
		if ran, _ := in(t, t.TempDir(), map[string]string{"p/p_test.go": strings.Replace(module["p/p_test.go"], "a-program", "go", 1)}); !ran {
			t.Error("not run although it looks for Go")
		}
	}
}
