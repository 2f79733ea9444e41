package docs

// What the pages show as a console session is run, and prints what they show.

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"runtime"

	"strings"
	"sync"
	"testing"
	"time"

	"pyxlock/internal/doctest"
	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

var update = flag.Bool("update", false, "show anew what the commands of the pages print")

func TestConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("builds packages")
	}
	tools := t.TempDir()
	program := filepath.Join(tools, "pyxlock")
	buildProgram(t, program)
	w := &workshop{dir: t.TempDir()}
	// Pages that list files show no bytecode. What they install has it (workshop.byUv), and
	// what pip takes for builds from tools/bytecode.sh; to keep all of it elsewhere
	// (PYTHONPYCACHEPREFIX) would have each environment compile Cython and setuptools anew.
	env := append(environment(t, tools), "PIP_COMPILE=0", "PYTHONDONTWRITEBYTECODE=1")
	runner := &doctest.Runner{Env: env, Supply: w.supply, Update: *update}
	t.Run("pages", func(t *testing.T) {
		for name, page := range pages(t) {
			for _, b := range page.Blocks {
				if b.Language == "console" && !b.Has("norun") {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						if *update || !w.unchanged(t, page, program) {
							runner.Run(t, page)
						}
					})
					break
				}
			}
		}
	})
}

// What the pages call a module is one: Cython compiles it, with its locks, or
// without them where a page shows what pyxlock refuses.
func TestModules(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Cython")
	}
	cython, err := filepath.Abs("../.venv/cython-3.3/bin/cython")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "pyxlock")
	buildProgram(t, binary)
	sources := map[string]string{}
	for name, page := range pages(t) {
		sources[name] = string(page.Source)
	}
	h := testcache.NewHash("modules of pages").Files("pages", sources)
	python, err := testcache.Python(filepath.Join(filepath.Dir(cython), "python"))
	if err != nil {
		t.Fatal(err)
	}
	if unchanged(t, h.Key("cython", python), binary) {
		return
	}
	var modules []string
	places := ""
	for name, page := range pages(t) {
		for _, b := range page.Blocks {
			file := b.Attributes["file"]
			if filepath.Ext(file) != ".pyx" {
				continue
			}
			dir := t.TempDir()
			source, expanded := filepath.Join(dir, filepath.Base(file)), filepath.Join(dir, "out", filepath.Base(file))
			if err := os.WriteFile(source, []byte(b.Text), 0o666); err != nil {
				t.Fatal(err)
			}
			rewrite := []string{"rewrite", "--quiet", source, "-o", expanded}
			if err := command(nil, binary, rewrite...); err != nil {
				if err := command(nil, binary, append(rewrite, "--locking=off")...); err != nil {
					t.Errorf("%s:%d: %v", name, b.Line, err)
					continue
				}
			}
			for _, other := range page.Blocks { // what it includes
				if name := other.Attributes["file"]; filepath.Ext(name) == ".pxi" {
					if err := os.WriteFile(filepath.Join(dir, "out", filepath.Base(name)), []byte(other.Text), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
			modules = append(modules, expanded)
			places += fmt.Sprintf("%s is %s:%d\n", expanded, name, b.Line)
		}
	}
	if err := command(nil, cython, append([]string{"-3", "-Werror"}, modules...)...); err != nil {
		t.Errorf("%v\n%s", err, places)
	}
}

// environment is that of a user who has just installed things: without the
// settings that the tests run with, and the same everywhere.
func environment(t *testing.T, tools string) []string {
	t.Helper()
	var env []string
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "PYXLOCK") || strings.HasPrefix(name, "PYTHON") || strings.HasPrefix(name, "GIT_") || name == "CGO_ENABLED" || name == "VIRTUAL_ENV" {
			continue
		}
		env = append(env, e)
	}
	constraints, err := filepath.Abs("../tools/pins/build.txt")
	if err != nil {
		t.Fatal(err)
	}
	path, ccache := ccached()
	env = append(env, ccache...)
	env = append(env,
		"PATH="+tools+string(os.PathListSeparator)+path,
		"LC_ALL=C.UTF-8", "NO_COLOR=1", "COLUMNS=80", "CFLAGS=-O0 -g0",
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore", "PIP_NO_INPUT=1",
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=Reader", "GIT_AUTHOR_EMAIL=reader@example.org",
		"GIT_COMMITTER_NAME=Reader", "GIT_COMMITTER_EMAIL=reader@example.org",
	)
	if _, err := os.Stat(constraints); err == nil {
		env = append(env, "PIP_CONSTRAINT="+constraints, "PIP_BUILD_CONSTRAINT="+constraints)
	}
	return env
}

// ccached returns the PATH on which compilers go through ccache, where that is installed, and
// what ccache is told (tools/ccached.sh): pages with threads are run, and built, each time.
func ccached() (path string, env []string) {
	path = os.Getenv("PATH")
	out, err := exec.Command(filepath.Join(root, "tools", "ccached.sh"), "env").Output()
	if err != nil {
		return path, nil
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
		if value, ok := strings.CutPrefix(line, "PATH="); ok {
			path = value
		} else if strings.HasPrefix(line, "CCACHE_") {
			env = append(env, line)
		}
	}
	return path, env
}

// A workshop makes what blocks need, each thing once for all pages.
type workshop struct {
	dir  string
	mu   sync.Mutex
	made map[string]func() (doctest.Supply, error)
}

func (w *workshop) supply(name string) (doctest.Supply, error) {
	makers := map[string]func() (doctest.Supply, error){
		"checkout":      w.checkout,     // a copy of this repository, to go on in
		"python3.14t":   w.interpreter,  // the command of that name, and a C compiler
		"package":       w.pkg,          // pip finds pyxlock, built from this repository
		"free-threaded": w.freeThreaded, // an environment of python3.14t with pyxlock, Cython and setuptools
		// Others with one of these as well, which do not get along with each other.
		"pytest-run-parallel": w.plugin("pytest-run-parallel"),
		"pytest-freethreaded": w.plugin("pytest-freethreaded"),
		"coverage":            func() (doctest.Supply, error) { return w.environment("venv-coverage", "coverage", "line_profiler") },
		"cython":              w.cython,     // the command cython
		"processors":          w.processors, // two of them, so that threads run at once
	}
	w.mu.Lock()
	if w.made[name] == nil {
		if makers[name] == nil {
			w.mu.Unlock()
			return doctest.Supply{}, fmt.Errorf("needs=%s: nobody makes that", name)
		}
		if w.made == nil {
			w.made = map[string]func() (doctest.Supply, error){}
		}
		w.made[name] = sync.OnceValues(makers[name])
	}
	maker := w.made[name]
	w.mu.Unlock()
	return maker()
}

func (w *workshop) checkout() (doctest.Supply, error) {
	dir := filepath.Join(w.dir, "checkout")
	if err := copyTree(dir); errors.Is(err, errNoCheckout) {
		return doctest.Supply{Missing: err.Error()}, nil
	} else if err != nil {
		return doctest.Supply{}, err
	}
	return doctest.Supply{Dir: dir}, nil
}

var errNoCheckout = errors.New("not a git checkout, which could be copied")

// copyTree copies this repository as it is, with what is not committed yet.
func copyTree(to string) error {
	listed, err := exec.Command("git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard").Output()
	if err != nil {
		return errNoCheckout
	}
	for _, name := range strings.Split(strings.TrimRight(string(listed), "\x00"), "\x00") {
		from, dest := filepath.Join(root, name), filepath.Join(to, name)
		info, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // deleted since, or a link to what is no part of the tree
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(dest), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(dest, data, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

func (w *workshop) interpreter() (doctest.Supply, error) {
	missing := doctest.Supply{Missing: "no free-threaded interpreter: have python3.14t and gcc on PATH, or set PYXLOCK_FT_PYTHON"}
	python := os.Getenv("PYXLOCK_FT_PYTHON")
	if python == "" {
		python, _ = exec.LookPath("python3.14t")
	}
	out, err := exec.Command(python, "-c", "import sys, sysconfig; print(sys.version_info[:2] == (3, 14) and sysconfig.get_config_var('Py_GIL_DISABLED') == 1)").Output()
	if err != nil || strings.TrimSpace(string(out)) != "True" {
		return missing, nil
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		return missing, nil
	}
	bin := filepath.Join(w.dir, "bin")
	if err := os.MkdirAll(bin, 0o777); err != nil {
		return missing, err
	}
	err = os.WriteFile(filepath.Join(bin, "python3.14t"), []byte("#!/bin/sh\nexec '"+python+"' \"$@\"\n"), 0o777)
	return doctest.Supply{Env: []string{"PATH=" + bin + ":$PATH"}}, err
}

func (w *workshop) processors() (doctest.Supply, error) {
	if n := runtime.GOMAXPROCS(0); n < 2 {
		return doctest.Supply{Missing: "one processor: threads take turns, and seldom meet"}, nil
	}
	return doctest.Supply{}, nil
}

func (w *workshop) cython() (doctest.Supply, error) {
	bin, err := filepath.Abs("../.venv/cython-3.3/bin")
	if err != nil {
		return doctest.Supply{}, err
	}
	if _, err := os.Stat(filepath.Join(bin, "cython")); err != nil {
		return doctest.Supply{}, fmt.Errorf("there is no .venv/cython-3.3: run make venv: %w", err)
	}
	return doctest.Supply{Env: []string{"PATH=$PATH:" + bin}}, nil
}

// command runs a command that has to work.
func command(env []string, name string, args ...string) error {
	cmd := steps.Command("pages", filepath.Base(name)+" "+strings.Join(args, " "), 15*time.Minute, name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
