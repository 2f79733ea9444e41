// Package compiler tests "pyxlock cython" as a build calls it, with every Cython
// that is supported and a C compiler.
package compiler

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

var versions = []string{"3.0", "3.1", "3.2", "3.3"}

var pyxlock string // the program under test

// limit is for one command, of which none takes more than seconds.
const limit = 10 * time.Minute

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "pyxlock")
	if err != nil {
		panic(err)
	}
	pyxlock = filepath.Join(dir, "pyxlock")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", pyxlock, "pyxlock/cmd/pyxlock")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s", out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// results keeps which tests have passed.
var results = sync.OnceValues(testcache.Open)

// unchanged reports whether a test has passed with this program, these Cythons and
// this compiler before.
func unchanged(t *testing.T) bool {
	t.Helper()
	cache, err := results()
	if err != nil {
		t.Fatal(err)
	}
	h := testcache.NewHash("compiler").Environment()
	h.Text("program", read(t, pyxlock))
	if err := h.Self(); err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		python, err := filepath.Abs("../../.venv/cython-" + version + "/bin/python")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(python); err != nil {
			continue
		}
		identity, err := testcache.Python(python)
		if err != nil {
			t.Fatal(err)
		}
		h.Key(version, identity)
	}
	gcc, err := testcache.Compiler("gcc")
	if err != nil {
		t.Fatal(err)
	}
	return cache.Passed(t, h.Key("gcc", gcc).Sum())
}

// venv returns the directory of a Cython's programs.
func venv(t *testing.T, version string) string {
	t.Helper()
	dir, err := filepath.Abs("../../.venv/cython-" + version + "/bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no .venv/cython-%s: run make venv", version)
	}
	return dir
}

// project writes a txtar below a new directory and returns that.
func project(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func replace(t *testing.T, path, old, new string) {
	t.Helper()
	text := read(t, path)
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.Replace(text, old, new, 1))
}

// try runs a command in a directory and returns its output and exit code.
func try(t *testing.T, dir, name string, args ...string) (string, int) {
	t.Helper()
	cmd := steps.Command(t.Name(), filepath.Base(name), limit, name, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.ProcessState == nil || steps.IsStopped(err) {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func mustRun(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, code := try(t, dir, name, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit %d\n%s", filepath.Base(name), strings.Join(args, " "), code, out)
	}
	return out
}

// cython returns the arguments that run pyxlock's cython with a Cython.
func cython(t *testing.T, version string, args ...string) []string {
	return append([]string{"cython", "--cython=" + filepath.Join(venv(t, version), "cython"), "-3"}, args...)
}

const raising = `
-- src/pkg/__init__.py --
-- src/pkg/_m.pyx --
"""A module that raises in many places."""
cimport cython

@cython.locked_class
cdef class A:
    cdef public int n

    def __init__(self, n=0):
        self.n = n
        if n > 100:
            raise ValueError(n)

    def get(self, int i):
        if i < 0:
            raise IndexError(i)
        return self.n
    def put(self, v):
        """Set it."""
        cdef int w = 0
        if v is None:
            raise TypeError("None")
        cdef int x = v
        self.n = x + w
    @cython.read_lock
    def add(self, A other not None):
        return self.n + other.n // 0

    cdef int _late(self, int v) except -1:
        if v:
            raise KeyError(v)
        return 0

    @cython.write_lock
    def late(self, v):
        # A comment
        self.n += 1

        self._late(v)

include "x.pxi"

def numbers(n):
    for i in range(n):
        yield i
    raise RuntimeError("numbers")

cdef int without(int x) except -1 nogil:
    if x:
        with gil:
            raise OverflowError(x)
    return 0

def call_without(x):
    without(x)
-- src/pkg/x.pxi --
# Included
def included(v):
    if v:
        raise KeyError(v)

def of(A a):
    a.n = a.n // 0
`

const tracebacks = `
import sys, traceback
sys.path.insert(0, sys.argv[1])
from pkg import _m as m
a = m.A(3)
def late_n(v): a.n = v
calls = [lambda: m.A(101), lambda: a.get(-1), lambda: a.put(None), lambda: a.put("x"), lambda: a.add(a), lambda: a.late(1),
    lambda: list(m.numbers(2)), lambda: m.call_without(1), lambda: m.included(1), lambda: m.of(a), lambda: late_n("x"), lambda: a.add(None)]
for i, call in enumerate(calls):
    try:
        call()
    except Exception as error:
        for f in traceback.extract_tb(error.__traceback__)[1:]:
            if not f.filename.endswith(".py"):
                print(i, type(error).__name__, f.filename, f.lineno, f.name)
for f in (m.A.get, m.A.put, m.numbers, m.call_without, m.included):
    if hasattr(f, "__code__"):
        print(f.__name__, f.__code__.co_firstlineno)
`

// Tracebacks and code objects of the compiled module say what those of the same
// module without decorators say, whose lines nobody has moved.
func TestTracebacksCiteTheSource(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			if unchanged(t) {
				return
			}
			bin := venv(t, version)
			dir := project(t, raising)
			write(t, filepath.Join(dir, "show.py"), tracebacks)
			plain := project(t, regexp.MustCompile(`(?m)^( *)@cython\.\w+_(class|lock)$`).ReplaceAllString(raising, "$1# ($2)"))
			write(t, filepath.Join(plain, "show.py"), tracebacks)
			shown := map[string]string{}
			places := []string{""}
			if version == "3.0" || version == "3.3" {
				places = append(places, "build") // what Cython calls files depends on where it runs
			}
			for _, where := range places {
				for _, form := range []string{dir, plain} {
					wd := filepath.Join(form, where)
					if err := os.MkdirAll(wd, 0o777); err != nil {
						t.Fatal(err)
					}
					source, output := "src/pkg/_m.pyx", filepath.Join(form, "m.c")
					if where != "" {
						source = "../src/pkg/_m.pyx"
					}
					if form == plain {
						mustRun(t, wd, filepath.Join(bin, "cython"), "-3", source, "-o", output)
					} else {
						mustRun(t, wd, pyxlock, cython(t, version, source, "-o", output)...)
						if !strings.Contains(read(t, output), "pyxlock_write") {
							t.Fatal("there is no lock")
						}
					}
					lib := filepath.Join(form, "lib", "pkg")
					write(t, filepath.Join(lib, "__init__.py"), "")
					include := strings.TrimSpace(mustRun(t, form, filepath.Join(bin, "python"), "-c", "import sysconfig; print(sysconfig.get_path('include'))"))
					mustRun(t, form, "gcc", "-O0", "-w", "-shared", "-fPIC", "-I"+include, "-o", filepath.Join(lib, "_m.so"), output)
					shown[form] = mustRun(t, form, filepath.Join(bin, "python"), "show.py", filepath.Join(form, "lib"))
				}
				if n := strings.Count(shown[plain], "\n"); n < 15 {
					t.Errorf("only %d lines of tracebacks:\n%s", n, shown[plain])
				}
				if diff := cmp.Diff(shown[plain], shown[dir]); diff != "" {
					t.Errorf("run in %q: -without decorators +with locks\n%s", where, diff)
				}
			}
		})
	}
}

// Everything that builds rely on: names, dependencies, and that nothing is done
// twice.
func TestIncremental(t *testing.T) {
	if unchanged(t) {
		return
	}
	dir := project(t, `
-- pyproject.toml --
[tool.pyxlock]
lock = "rwlock"
-- src/pkg/__init__.py --
-- src/pkg/base.pxd --
cimport cython
include "types.pxi"
@cython.locked_class
cdef class Base:
    cdef number n
-- src/pkg/types.pxi --
ctypedef int number
-- src/pkg/base.pyx --
cdef class Base:
    def get(self):
        return self.n
-- src/pkg/m.pyx --
cimport cython
from pkg.base cimport Base
from vendored cimport three
cdef class Sub(Base):
    def put(self, v):
        self.n = v + three()
-- src/pkg/other.pxd --
cdef int other
-- vendor/vendored.pxd --
cdef inline int three():
    return 3
`)
	build := filepath.Join(dir, "build")
	if err := os.MkdirAll(build, 0o777); err != nil {
		t.Fatal(err)
	}
	args := cython(t, "3.3", "-M", "-I", "../vendor", "../src/pkg/m.pyx", "-o", "m.c")
	output := filepath.Join(build, "m.c")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	// run reports whether Cython ran.
	run := func(args ...string) bool {
		t.Helper()
		mustRun(t, build, pyxlock, args...)
		st, err := os.Stat(output)
		if err != nil {
			t.Fatal(err)
		}
		return !st.ModTime().Equal(past)
	}
	// age makes the output as old as if the build were long ago.
	age := func() {
		t.Helper()
		run(args...)
		if err := os.Chtimes(output, past, past); err != nil {
			t.Fatal(err)
		}
		state := filepath.Join(build, ".m.c.pyxlock", "state.json")
		write(t, state, regexp.MustCompile(`("Path":"[^"]*/m\.c","Size":\d+,"Mtime":)\d+`).ReplaceAllString(read(t, state), fmt.Sprintf("${1}%d", past.UnixNano())))
	}
	age()
	if run(args...) {
		t.Error("nothing has changed, and Cython ran")
	}
	deps := read(t, output+".dep")
	for _, want := range []string{"m.c: ", " ../src/pkg/m.pyx", " ../src/pkg/base.pxd", " ../src/pkg/types.pxi", " ../vendor/vendored.pxd", "pyproject.toml"} {
		if !strings.Contains(deps, want) {
			t.Errorf("the dependency file lacks %q:\n%s", want, deps)
		}
	}
	if strings.Contains(deps, ".pyxlock/") || strings.Contains(deps, "other.pxd") {
		t.Errorf("the dependency file names what the output does not depend on:\n%s", deps)
	}
	for _, step := range []struct {
		name   string
		change func()
		want   bool
	}{
		{"touched", func() { os.Chtimes(filepath.Join(dir, "src/pkg/m.pyx"), time.Now(), time.Now()) }, false},
		{"edited", func() { replace(t, filepath.Join(dir, "src/pkg/m.pyx"), "v + three()", "v - three()") }, true},
		{"decorated .pxd edited", func() { replace(t, filepath.Join(dir, "src/pkg/base.pxd"), "number n", "number n, k") }, true},
		{"included file edited", func() { replace(t, filepath.Join(dir, "src/pkg/types.pxi"), "int", "long") }, true},
		{"plain .pxd edited", func() { replace(t, filepath.Join(dir, "vendor/vendored.pxd"), "return 3", "return 4") }, true},
		{"unrelated .pxd edited", func() { replace(t, filepath.Join(dir, "src/pkg/other.pxd"), "other", "another") }, false},
		{"body of another module edited", func() { replace(t, filepath.Join(dir, "src/pkg/base.pyx"), "self.n", "self.n + 1") }, false},
		{"output gone", func() { os.Remove(output) }, true},
		{"options changed", func() { args = append(args, "-X", "binding=True") }, true},
		{"locking changed", func() { args = append(args, "--locking=off") }, true},
	} {
		age()
		step.change()
		if got := run(args...); got != step.want {
			t.Errorf("%s: Cython ran: %v, want %v", step.name, got, step.want)
		}
	}
	if strings.Contains(read(t, output), "pyxlock_write(") {
		t.Error("--locking=off left a lock")
	}
	// A file that is no longer part of it does not stay in Cython's way.
	vendored := filepath.Join(build, ".m.c.pyxlock/tree/vendor/vendored.pxd")
	if _, err := os.Stat(vendored); err != nil {
		t.Error(err)
	}
	replace(t, filepath.Join(dir, "src/pkg/m.pyx"), "from vendored cimport three", "cdef int three(): return 5")
	run(args...)
	if _, err := os.Stat(vendored); err == nil {
		t.Error("a copy was left behind")
	}
}

func TestErrors(t *testing.T) {
	if unchanged(t) {
		return
	}
	dir := project(t, `
-- pkg/__init__.py --
-- pkg/m.pyx --
cimport cython

@cython.locked_class
cdef class A:
    cdef int n
    def a(self):
        self.n = 1
    def get(self):
        return nothing_there
-- refused.pyx --
cimport cython

@cython.locked_class
cdef class A:
    cdef int n
    @cython.read_lock("other")
    def get(self):
        return self.n
-- uses.pyx --
from broken cimport B
-- broken.pxd --
cimport cython
@cython.locked_class
cdef class B:
    cdef int n
-- broken.pyx --
cdef class B:
    def f(self:
        pass
-- plain.py --
import cython
x: cython.int = 1
`)
	try := func(want int, args ...string) string {
		t.Helper()
		out, code := try(t, dir, pyxlock, cython(t, "3.3", args...)...)
		if code != want {
			t.Errorf("%s: exit %d, want %d\n%s", strings.Join(args, " "), code, want, out)
		}
		return out
	}
	contains := func(out, want string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	contains(try(1, "pkg/m.pyx"), "\npkg/m.pyx:9:15: undeclared name not builtin: nothing_there")
	contains(try(1, "pkg/m.pyx"), `
...
cdef class A:
    cdef int n
    def a(self):
        self.n = 1
    def get(self):
        return nothing_there
               ^
---`)
	if out := try(1, "pkg/m.pyx", "-o", "out.c"); strings.Contains(out, ".pyxlock") {
		t.Errorf("a message names a copy:\n%s", out)
	}
	contains(try(1, "refused.pyx"), "refused.pyx:6:23: PXL006 ")
	if _, err := os.Stat(filepath.Join(dir, "refused.c")); err == nil {
		t.Error("there is an output of what was refused")
	}
	contains(try(1, "uses.pyx"), "broken.pyx:2:")
	contains(try(2, "missing.pyx"), "missing.pyx: no such file")
	contains(try(2, "pkg/m.pyx", "plain.py", "-o", "x.c"), "several sources")
	contains(try(2, "-w", "pkg", "m.pyx"), "-w is not supported")
	contains(try(0, "-V"), "Cython version 3.3")
	try(0, "plain.py", "--cplus")
	if _, err := os.Stat(filepath.Join(dir, "plain.cpp")); err != nil {
		t.Error(err)
	}
	out, code := tryEnv(t, dir, []string{"PATH=" + t.TempDir()}, "cython", "plain.py")
	if code != 2 || !strings.Contains(out, "no cython found") {
		t.Errorf("without a cython: exit %d\n%s", code, out)
	}
}

func tryEnv(t *testing.T, dir string, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := steps.Command(t.Name(), "pyxlock", limit, pyxlock, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || steps.IsStopped(err) {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// What Cython calls a module depends on the packages round it, also where it is
// started inside of them. Nothing outside of the hidden directory is written.
func TestStartedInsideThePackage(t *testing.T) {
	if unchanged(t) {
		return
	}
	dir := project(t, `
-- a/__init__.py --
# a
-- a/b/__init__.py --
# b
-- a/b/c/__init__.py --
# c
-- a/b/c/m.pyx --
cdef class A: pass
`)
	wd := filepath.Join(dir, "a/b/c")
	mustRun(t, wd, filepath.Join(venv(t, "3.3"), "cython"), "-3", "m.pyx", "-o", filepath.Join(dir, "plain.c"))
	mustRun(t, wd, pyxlock, cython(t, "3.3", "m.pyx")...)
	for file, want := range map[string]string{"a/__init__.py": "# a\n", "a/b/__init__.py": "# b\n", "a/b/c/__init__.py": "# c\n"} {
		if got := read(t, filepath.Join(dir, file)); got != want {
			t.Errorf("%s holds %q now", file, got)
		}
	}
	name := regexp.MustCompile(`#define __PYX_HAVE__\w+`)
	want := name.FindString(read(t, filepath.Join(dir, "plain.c")))
	if got := name.FindString(read(t, filepath.Join(wd, "m.c"))); got != want || want == "" {
		t.Errorf("%s, want %s", got, want)
	}
}

// A file that is reached under two names is one file: one class, one lock.
func TestOneFileUnderTwoNames(t *testing.T) {
	if unchanged(t) {
		return
	}
	dir := project(t, `
-- a/pa/__init__.py --
-- a/pa/base.pxd --
cimport cython
@cython.locked_class
cdef class Base:
    cdef int x
-- a/pa/base.pyx --
cdef class Base:
    pass
-- b/pb/__init__.py --
-- b/pb/h.pxd --
from pa.base cimport Base
cdef inline int hx(Base b) except -1:
    b.x = 3
-- a/pa/d.pyx --
cimport cython
from pa.base cimport Base
from pb.h cimport hx
@cython.locked_class
cdef class D(Base):
    def go(self): return hx(self)
`)
	build := filepath.Join(dir, "build")
	if err := os.MkdirAll(build, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct{ wd, source, a, b string }{
		{dir, "a/pa/d.pyx", "a", "b"},
		{dir, "a/pa/d.pyx", filepath.Join(dir, "a"), "b"},
		{build, "../a/pa/d.pyx", filepath.Join(dir, "a"), "../b"},
		{build, filepath.Join(dir, "a/pa/d.pyx"), "../a", "../b"},
	} {
		output := filepath.Join(build, "d.c")
		mustRun(t, run.wd, pyxlock, cython(t, "3.3", run.source, "-M", "-I", run.a, "-I", run.b, "-o", output)...)
		if !strings.Contains(read(t, output), "pyxlock_write((") {
			t.Errorf("%v: no lock", run)
		}
		deps := strings.Fields(read(t, output+".dep"))
		bases := 0
		for _, d := range deps {
			if strings.HasSuffix(d, "pa/base.pxd") {
				bases++
			}
		}
		if bases != 1 {
			t.Errorf("%v: a file has %d names: %v", run, bases, deps)
		}
	}
}

// Nothing that decides about the C is overlooked.
func TestStale(t *testing.T) {
	if unchanged(t) {
		return
	}
	dir := project(t, `
-- pyproject.toml --
[project]
name = "m"
-- m.pyx --
cimport cython
include "conf.pxi"
@cython.locked_class
cdef class A:
    cdef int n
    def put(self): self.n = 3
cdef public int shown():
    return N
-- inc/conf.pxi --
DEF N = 3
-- one/outer.pxd --
cdef inline int f(): return 1
-- two/outer.pxd --
cdef inline int f(): return 2
`)
	output := filepath.Join(dir, "m.c")
	args := cython(t, "3.3", "-M", "-I", "inc", "m.pyx")
	mustRun(t, dir, pyxlock, args...)
	if deps := read(t, output+".dep"); !strings.Contains(deps, "pyproject.toml") {
		t.Errorf("a pyproject.toml that says nothing yet is no dependency:\n%s", deps)
	}
	if err := os.Remove(filepath.Join(dir, "m.h")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, pyxlock, args...)
	if _, err := os.Stat(filepath.Join(dir, "m.h")); err != nil {
		t.Error(err)
	}
	// A run that was killed after it had brought the copies up to date.
	state := filepath.Join(dir, ".m.c.pyxlock", "state.json")
	before := read(t, state)
	old := read(t, output)
	st, err := os.Stat(output)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(dir, "m.pyx"), "self.n = 3", "self.n = 77")
	mustRun(t, dir, pyxlock, args...)
	write(t, state, before)
	write(t, output, old)
	if err := os.Chtimes(output, st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, pyxlock, args...)
	if !strings.Contains(read(t, output), "= 77;") {
		t.Error("the C of before was taken for current")
	}
	// Cython's own path.
	replace(t, filepath.Join(dir, "m.pyx"), "cimport cython\n", "cimport cython\nfrom outer cimport f\nf()\n")
	for path, want := range map[string]string{"one": "= 1;", "two": "= 2;"} {
		cmd := steps.Command(t.Name(), "pyxlock", limit, pyxlock, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONPATH="+filepath.Join(dir, path))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !regexp.MustCompile(`__pyx_r ` + want).MatchString(read(t, output)) {
			t.Errorf("PYTHONPATH=%s: no %q", path, want)
		}
	}
	// The directory that is given comes before the package's root.
	write(t, filepath.Join(dir, "conf.pxi"), "DEF N = 4\n")
	write(t, filepath.Join(dir, "sub/m.pyx"), "include \"conf.pxi\"\nprint(N)\n")
	write(t, filepath.Join(dir, "sub/__init__.py"), "")
	plain := mustRun(t, dir, filepath.Join(venv(t, "3.3"), "cython"), "-3", "-M", "-I", "inc", "sub/m.pyx", "-o", "plain.c")
	want := strings.Replace(read(t, filepath.Join(dir, "plain.c.dep")), "plain.c", "", 1)
	mustRun(t, dir, pyxlock, cython(t, "3.3", "-M", "-I", "inc", "sub/m.pyx", "-o", "sub.c")...)
	if deps := read(t, filepath.Join(dir, "sub.c.dep")); !strings.Contains(want, "inc/conf.pxi") || !strings.Contains(deps, "inc/conf.pxi") || strings.Contains(deps, " conf.pxi") {
		t.Errorf("plain: %s%s\nwith locks: %s", plain, want, deps)
	}
}
