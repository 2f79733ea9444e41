package docs

// The hooks work as the page on pre-commit says: installed by pre-commit from
// this tree, with the configuration that the page shows.

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pyxlock/internal/markdown"
	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

func TestPreCommit(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	preCommit, err := filepath.Abs("../.venv/pre-commit/bin/pre-commit")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(preCommit); err != nil {
		t.Fatal("there is no .venv/pre-commit: run make venv")
	}
	// Of the copy pre-commit reads the hooks, and what Go builds all programs of.
	program, err := packageKey()
	if err != nil {
		t.Skip(errNoCheckout)
	}
	h := testcache.NewHash("pre-commit").Key("program", program)
	if err := h.Checkout(root, ".pre-commit-hooks.yaml", "*.go", "docs/howto/pre-commit.md"); err != nil {
		t.Skip(errNoCheckout)
	}
	python, err := testcache.Python(filepath.Join(filepath.Dir(preCommit), "python"))
	if err != nil {
		t.Fatal(err)
	}
	if unchanged(t, h.Key("pre-commit", python), "") {
		return
	}
	dir := t.TempDir()
	hooks, project := filepath.Join(dir, "pyxlock"), filepath.Join(dir, "project")
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := append(environment(t, filepath.Dir(preCommit)), "PRE_COMMIT_HOME="+filepath.Join(dir, "home"),
		"GOMODCACHE="+strings.TrimSpace(string(modules)), "GOFLAGS=-trimpath -ldflags=-w", "CGO_ENABLED=0")
	run := func(dir, name string, args ...string) (string, bool) {
		cmd := steps.Command(t.Name(), filepath.Base(name)+" "+strings.Join(args, " "), 15*time.Minute, name, args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	must := func(dir, name string, args ...string) string {
		t.Helper()
		out, ok := run(dir, name, args...)
		if !ok {
			t.Fatalf("%s %s:\n%s", name, strings.Join(args, " "), out)
		}
		return out
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}

	if err := copyTree(hooks); errors.Is(err, errNoCheckout) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	must(hooks, "git", "init", "--quiet")
	must(hooks, "git", "-c", "core.looseCompression=0", "add", "--all")
	must(hooks, "git", "commit", "--quiet", "--no-verify", "--message=pyxlock")
	revision := strings.TrimSpace(must(hooks, "git", "rev-parse", "HEAD"))

	page, err := markdown.Read("howto/pre-commit.md")
	if err != nil {
		t.Fatal(err)
	}
	config := ""
	for _, b := range page.Blocks {
		if b.Attributes["file"] == ".pre-commit-config.yaml" {
			config = strings.Replace(b.Text, "URL-OF-PYXLOCK", hooks, 1)
			config = regexp.MustCompile(`rev: \S+`).ReplaceAllString(config, "rev: "+revision)
		}
	}
	if !strings.Contains(config, hooks) || !strings.Contains(config, revision) {
		t.Fatalf("the page has no configuration with a place for the URL and the revision:\n%s", config)
	}
	write(filepath.Join(project, ".pre-commit-config.yaml"), config)
	must(project, "git", "init", "--quiet")
	must(project, "git", "add", "--all")

	// result is what the two hooks print as their outcome, and whether all passed.
	result := func() (check, annotate, out string, ok bool) {
		t.Helper()
		out, ok = run(project, preCommit, "run")
		outcome := func(name string) string {
			m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `\.+(?:\(.*\))?(\w+)$`).FindStringSubmatch(out)
			if m == nil {
				return "nothing"
			}
			return m[1]
		}
		return outcome("pyxlock check"), outcome("pyxlock annotate --diff"), out, ok
	}
	expect := func(what, want string, wantOK bool, shows ...string) {
		t.Helper()
		check, annotate, out, ok := result()
		if got := fmt.Sprint(check, " ", annotate); got != want || ok != wantOK {
			t.Errorf("%s: %s, ok %v; want %s, ok %v\n%s", what, got, ok, want, wantOK, out)
		}
		for _, s := range shows {
			if !strings.Contains(out, s) {
				t.Errorf("%s: nothing shows %q:\n%s", what, s, out)
			}
		}
	}
	expect("no Cython in the commit", "Skipped Skipped", true)

	declaration, module := filepath.Join(project, "src", "c.pxd"), filepath.Join(project, "src", "c.pyx")
	write(declaration, "cdef class C:\n    cdef long n\n")
	write(module, "# cython: freethreading_compatible=True\n\n\ncdef class C:\n    def add(self):\n        self.n += 1\n")
	must(project, "git", "add", "--all")
	expect("a class without its lock", "Failed Failed", false, "src/c.pyx:1:11: PXL501 ", "+    @cython.write_lock")

	must(project, "git", "commit", "--quiet", "--no-verify", "--message=later")
	write(declaration, "cdef class C:\n    cdef long n, m\n")
	must(project, "git", "add", "--all")
	expect("a commit of another file", "Failed Failed", false, "src/c.pyx:1:11: PXL501 ")

	write(module, "# cython: freethreading_compatible=True\ncimport cython\n\n\n@cython.locked_class\ncdef class C:\n    @cython.write_lock\n    def add(self):\n        self.n += 1\n")
	must(project, "git", "add", "--all")
	expect("a class with its lock", "Passed Passed", true)
}
