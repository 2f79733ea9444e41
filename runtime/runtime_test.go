package runtime

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pyxlock/internal/steps"
)

// The tests that need tools look for them in this order:
//
//	Cython       PYXLOCK_PYTHON, ../.venv/cython-3.3/bin/python
//	free-threaded Python   PYXLOCK_FT_PYTHON, python3.14t, python3.13t
//	compilers    gcc and g++, clang and clang++
//
// and skip by name where one is missing. The interpreter that has Cython
// serves as the ordinary one, with a GIL.

// ---- the text of pyxlock.pxd ---------------------------------------------------

func TestVersionsMatch(t *testing.T) {
	for _, want := range []string{
		fmt.Sprintf("#define PYXLOCK_VERSION %q\n", Version),
		fmt.Sprintf("#define PYXLOCK_ABI %d\n", ABI),
		fmt.Sprintf("\"_pyxlock_abi%d\"\n", ABI),
	} {
		if !strings.Contains(pxd, want) {
			t.Errorf("pyxlock.pxd lacks %q", want)
		}
	}
}

// In a verbatim block a backslash is an escape of the Cython string; anything
// outside ASCII depends on encodings.
func TestPxdIsPlain(t *testing.T) {
	for i, line := range strings.Split(pxd, "\n") {
		if strings.ContainsAny(line, "\\\t\r") || strings.TrimRight(line, " ") != line {
			t.Errorf("pyxlock.pxd:%d: backslash, tab, CR or trailing space", i+1)
		}
		for _, r := range line {
			if r > 126 {
				t.Errorf("pyxlock.pxd:%d: %q", i+1, r)
			}
		}
	}
	if n := strings.Count(pxd, `"""`); n != 2 {
		t.Errorf(`%d times """, want 2`, n)
	}
}

func TestPxdIsACopy(t *testing.T) {
	Pxd()[0] = 'X'
	if Pxd()[0] == 'X' {
		t.Error("a caller can change the runtime")
	}
}

func TestInline(t *testing.T) {
	text := Inline()
	for _, want := range []string{
		"cdef extern from *:\n    \"\"\"\n#ifndef PYXLOCK_H\n",
		"\n    ctypedef struct _pyxlock_Guard \"pyxlock_ScopedGuard\":\n",
		"\n    int _pyxlock_read \"pyxlock_read\" (_pyxlock_Guard *guard, object obj) except -1 nogil\n",
		"\n    void _pyxlock_release_all \"pyxlock_release_all\" (_pyxlock_Guard *guards, int count) noexcept nogil\n",
		"\n    # As read(), but where",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the inline form lacks %q", want)
		}
	}
	if !strings.HasPrefix(text, "cdef extern") || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		t.Error("the inline form has more than the block")
	}
	// The C code is the same text.
	if code := cCode(pxd); cCode(text) != code || len(code) < 1000 {
		t.Error("the C code differs")
	}
	// Every declaration is renamed.
	decl := regexp.MustCompile(`(?m)^    (?:ctypedef struct|int|void|object) (\w+)`)
	end := strings.LastIndex(text, `"""`)
	names := decl.FindAllStringSubmatch(text[end:], -1)
	if len(names) != 21 {
		t.Errorf("%d declarations, want 21", len(names))
	}
	for _, n := range names {
		if !strings.HasPrefix(n[1], InlinePrefix) {
			t.Errorf("%s has its old name", n[1])
		}
	}
}

func cCode(text string) string {
	begin, end := strings.Index(text, `"""`), strings.LastIndex(text, `"""`)
	return text[begin+3 : end]
}

// ---- tools -------------------------------------------------------------------------

// python is an interpreter that extension modules are built for.
type python struct {
	exe, include, version string
	freeThreaded          bool
	link                  []string // to embed it; nil if it has no library
	home                  string
}

// before315 says that this Python has no ABI for both kinds of builds (abi3t).
func (p *python) before315() bool {
	for _, version := range []string{"3.11", "3.12", "3.13", "3.14"} {
		if strings.TrimSuffix(p.version, "t") == version {
			return true
		}
	}
	return false
}

func (p *python) String() string { return "python" + p.version }

// cython finds a Python that has Cython, or skips.
func cython(t *testing.T) string {
	t.Helper()
	venv, _ := filepath.Abs("../.venv/cython-3.3/bin/python")
	for _, exe := range []string{os.Getenv("PYXLOCK_PYTHON"), venv} {
		if exe == "" {
			continue
		}
		if err := exec.Command(exe, "-c", "import Cython").Run(); err == nil {
			return exe
		}
	}
	t.Skip("SKIPPED: no Python with Cython: set PYXLOCK_PYTHON or make .venv/cython-3.3")
	return ""
}

// cythons are all there are, by the name of their environment.
func cythons(t *testing.T) map[string]string {
	found := map[string]string{"": cython(t)}
	for _, version := range []string{"3.0", "3.1", "3.2", "3.3"} {
		exe, _ := filepath.Abs("../.venv/cython-" + version + "/bin/python")
		if _, err := os.Stat(exe); err == nil {
			found[version] = exe
			delete(found, "")
		}
	}
	return found
}

func freeThreaded(t *testing.T) *python {
	t.Helper()
	for _, exe := range []string{os.Getenv("PYXLOCK_FT_PYTHON"), "python3.14t", "python3.13t"} {
		if p, err := inspect(exe); err == nil && p.freeThreaded {
			return p
		}
	}
	t.Skip("SKIPPED: no free-threaded Python: set PYXLOCK_FT_PYTHON")
	return nil
}

func inspect(exe string) (*python, error) {
	if exe == "" {
		return nil, fs.ErrNotExist
	}
	const script = `
import os, sys, sysconfig as s
v = s.get_config_var
lib = v("LDLIBRARY") or ""
path = os.path.join(v("LIBDIR") or "", lib)
include = s.get_path("include")
print(include if os.path.exists(os.path.join(include, "Python.h")) else "")
print("%d.%d%s" % (sys.version_info[:2] + ("t" if v("Py_GIL_DISABLED") else "",)))
print(v("LIBDIR") if lib and os.path.exists(path) else "")
print(lib.removeprefix("lib").rsplit(".so")[0].removesuffix(".a"))
print(v("LIBS") or "", v("SYSLIBS") or "")
print(sys.base_prefix)`
	out, err := exec.Command(exe, "-c", script).Output()
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(out), "\n")
	if lines[0] == "" {
		return nil, fmt.Errorf("%s has no Python.h", exe)
	}
	p := &python{exe: exe, include: lines[0], version: lines[1], home: lines[5]}
	p.freeThreaded = strings.HasSuffix(p.version, "t")
	if lines[2] != "" {
		p.link = append([]string{"-L" + lines[2], "-Wl,-rpath," + lines[2], "-Wl,-export-dynamic", "-l" + lines[3],
			"-lpthread"}, strings.Fields(lines[4])...)
	}
	return p, nil
}

// pythons are the interpreters whose headers are here, one for each version.
func pythons() []*python {
	var all []*python
	seen := map[string]bool{}
	for _, exe := range []string{os.Getenv("PYXLOCK_FT_PYTHON"), "python3.15t", "python3.14t", "python3.13t",
		os.Getenv("PYXLOCK_PYTHON"), "../.venv/cython-3.3/bin/python", "python3.15",
		"python3.14", "python3.13", "python3.12", "python3.11"} {
		if p, err := inspect(exe); err == nil && !seen[p.version] {
			seen[p.version] = true
			all = append(all, p)
		}
	}
	return all
}

func compiler(t *testing.T, name string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("SKIPPED: no %s", name)
	}
	return name
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// inParallel runs the functions two at a time.
func inParallel(functions ...func()) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, 2)
	for _, f := range functions {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			f()
		})
	}
	wait.Wait()
}

// ---- behaviour, through Cython -------------------------------------------------------

// TestLocks builds test/locktest.pyx and runs test/run.py, which has the cases.
func TestLocks(t *testing.T) {
	t.Parallel()
	exe, gcc := cython(t), compiler(t, "gcc")
	dir := t.TempDir()
	source, err := os.ReadFile("test/locktest.pyx")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(source), "cimport pyxlock\n", Inline(), 1)
	text = strings.ReplaceAll(text, "pyxlock.", InlinePrefix)
	inline := write(t, filepath.Join(dir, "locktest_inline.pyx"), text)

	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	translate := func(name, from string) func() {
		return func() {
			to := filepath.Join(dir, name+".c")
			out, err := build(t, job{name: exe, dir: dir, to: to, args: []string{
				"-m", "cython", "-I", here, "--module-name", name, "-o", to, from}})
			if err != nil {
				t.Errorf("cython %s: %v\n%s", from, err, out)
			}
		}
	}
	inParallel(
		translate("locktest", filepath.Join(here, "test", "locktest.pyx")),
		translate("locktest_unmarked", filepath.Join(here, "test", "locktest.pyx")),
		translate("locktest_inline", inline),
		translate("subtest", filepath.Join(here, "test", "subtest.pyx")))
	if t.Failed() {
		return
	}

	// modules puts the modules into a folder, those with other macros below it.
	modules := func(t *testing.T, p *python, flags ...string) string {
		to := t.TempDir()
		one := func(name, below string, more ...string) func() {
			return func() {
				so := filepath.Join(to, below, name+".so")
				args := append([]string{"-shared", "-fPIC", "-I" + p.include, filepath.Join(dir, name+".c")}, more...)
				args = append(args, flags...)
				if err := os.MkdirAll(filepath.Join(to, below), 0o777); err != nil {
					t.Error(err)
				} else if out, err := build(t, job{name: gcc, dir: dir, to: so, headers: p, args: append(args, "-o", so)}); err != nil {
					t.Errorf("%s: %v\n%s", name, err, out)
				}
			}
		}
		jobs := []func(){
			one("locktest", "", "-O1", "-DPYXLOCK_RELEASES_GIL"),
			one("locktest_inline", "", "-DPYXLOCK_RELEASES_GIL"),
			one("locktest_unmarked", ""),
			one("locktest", "PYXLOCK_STATS", "-DPYXLOCK_STATS", "-DPYXLOCK_RELEASES_GIL"),
			one("locktest", "PYXLOCK_OFF", "-DPYXLOCK_OFF"),
		}
		if len(flags) == 0 { // in the limited API each interpreter has a table of its own
			jobs = append(jobs, one("subtest", "", "-DPYXLOCK_RELEASES_GIL", "-DCYTHON_USE_MODULE_STATE=1"))
		}
		inParallel(jobs...)
		if t.Failed() {
			t.FailNow()
		}
		return to
	}

	t.Run("FreeThreaded", func(t *testing.T) {
		p := freeThreaded(t)
		t.Parallel()
		drive(t, p.exe, modules(t, p))
	})
	ordinary, err := inspect(exe)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("GIL", func(t *testing.T) {
		if ordinary.freeThreaded {
			t.Skip("SKIPPED: the Python with Cython has no GIL")
		}
		t.Parallel()
		drive(t, exe, modules(t, ordinary))
	})
	t.Run("LimitedAPI", func(t *testing.T) {
		if ordinary.freeThreaded {
			t.Skip("SKIPPED: the Python with Cython has no GIL")
		}
		t.Parallel()
		drive(t, exe, modules(t, ordinary, "-DPy_LIMITED_API=0x030B0000"))
	})
}

// drive runs test/run.py; each of its cases is a subtest.
func drive(t *testing.T, exe, modules string) {
	t.Helper()
	cmd := steps.Command(t.Name(), "run.py", time.Hour, exe, "-X", "faulthandler", "-W", "ignore::DeprecationWarning",
		filepath.Join("test", "run.py"), modules)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, printed := io.Pipe()
	cmd.Stdout = printed
	ended := make(chan error, 1)
	go func() {
		err := cmd.Run()
		printed.Close()
		ended <- err
	}()
	running, done, count := "", false, 0
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "run":
			running = rest
			continue
		case "done":
			done = true
		case "ok", "skip", "FAIL":
			count++
			t.Run(running, func(t *testing.T) {
				switch word {
				case "ok":
					t.Log(rest) // with the time it took
				case "skip":
					t.Skip("SKIPPED: " + rest)
				case "FAIL":
					t.Errorf("failed; standard error so far:\n%s", stderr.Bytes())
				}
			})
		}
	}
	err := <-ended
	if !done {
		t.Errorf("ended in case %s: %v\n%s", running, err, stderr.Bytes())
	} else if (err != nil) != t.Failed() {
		t.Errorf("%v\n%s", err, stderr.Bytes())
	}
	if count < 90 && !t.Failed() {
		t.Errorf("only %d cases", count)
	}
}

// ---- the C code alone -------------------------------------------------------------------

// TestThreads runs the lock from POSIX threads, without Cython, also under
// sanitizers.
func TestThreads(t *testing.T) {
	t.Parallel()
	gcc := compiler(t, "gcc")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pyxlock.h"), cCode(pxd))
	embeddable := false
	for _, p := range pythons() {
		if p.link == nil {
			continue
		}
		first := !embeddable
		embeddable = true
		for _, variant := range []struct{ name, flags string }{
			// -O2 takes twice as long to compile. It is for each kind of atomic operations and
			// barriers: another mutex changes none of them.
			{"Plain", "-O2"},
			{"Jitter", "-O1 -DTHREADS_JITTER"},
			{"PythonMutex", "-O1 -DPYXLOCK_TEST_PYTHREAD_MUTEX"},
			{"Fenced", "-O2 -DPYXLOCK_FENCED"},
			{"MSVC", "-O2 -DPYXLOCK_TEST_MSVC -Itest/fake_msvc"},
			// Functions and lines are what a report names.
			{"ThreadSanitizer", "-O1 -g1 -fsanitize=thread"},
			{"AddressSanitizer", "-O1 -g1 -fsanitize=address,undefined"},
		} {
			if !first && variant.name != "Plain" {
				continue // the code is the same but for the way to wait
			}
			t.Run(p.String()+"/"+variant.name, func(t *testing.T) {
				exe := filepath.Join(t.TempDir(), "threads")
				args := append(strings.Fields(variant.flags), "-std=c99", "-Wall", "-Wextra", "-Werror", "-I"+dir,
					"-isystem", p.include, "test/threads.c")
				args = append(args, p.link...)
				args = append(args, "-o", exe)
				if out, err := build(t, job{name: gcc, dir: dir, to: exe, headers: p, args: args}); err != nil {
					if strings.Contains(variant.flags, "sanitize") && bytes.Contains(out, []byte("cannot find -l")) ||
						bytes.Contains(out, []byte("libtsan")) || bytes.Contains(out, []byte("libasan")) {
						t.Skipf("SKIPPED: no sanitizer library: %s", out)
					}
					t.Fatalf("%v\n%s", err, out)
				}
				// The program has a limit for each scenario and says which was at its end.
				cmd := steps.Command(t.Name(), "threads.c", time.Hour, exe)
				if variant.name == "Jitter" {
					cmd.Args = append(cmd.Args, "-j")
				}
				// The interpreter itself is not compiled for the sanitizer,
				// and leaves its own memory to the system.
				cmd.Env = append(os.Environ(), "PYTHONHOME="+p.home, "ASAN_OPTIONS=detect_leaks=0",
					"TSAN_OPTIONS=ignore_noninstrumented_modules=1 halt_on_error=1")
				if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ok:")) {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
	if !embeddable {
		t.Skip("SKIPPED: no Python with a library to link to")
	}
}

// TestCompiles compiles the C code alone, with all warnings as errors.
func TestCompiles(t *testing.T) {
	t.Parallel()
	all := pythons()
	if len(all) == 0 {
		t.Skip("SKIPPED: no Python with headers")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pyxlock.h"), cCode(pxd))
	// Twice: a second copy is harmless.
	source := write(t, filepath.Join(dir, "use.c"), "#include \"pyxlock.h\"\n#include \"pyxlock.h\"\n"+
		"int main(void) { return 0; }\n")
	for _, cc := range []string{"gcc -std=c99", "gcc -std=c11", "g++ -std=c++11", "g++ -std=c++17",
		"clang -std=c99", "clang -std=c11", "clang++ -std=c++11", "clang++ -std=c++17"} {
		t.Run(cc, func(t *testing.T) {
			fields := strings.Fields(cc)
			compiler(t, fields[0])
			var jobs []func()
			for _, p := range all {
				for _, macro := range []string{"", "PYXLOCK_OFF", "PYXLOCK_RELEASES_GIL", "PYXLOCK_STATS", "PYXLOCK_FENCED",
					"PYXLOCK_TEST_PYTHREAD_MUTEX", "PYXLOCK_TEST_MSVC", "Py_LIMITED_API=0x03080000",
					"Py_TARGET_ABI3T=0x030f0000"} {
					newer := strings.HasSuffix(cc, "11") && !strings.HasSuffix(cc, "++11") || strings.HasSuffix(cc, "17")
					// Newer standards and the second compiler are for the
					// language, not for every branch of the code.
					if newer && macro != "" || strings.HasPrefix(macro, "Py_TARGET_") && p.before315() || p.freeThreaded && strings.HasPrefix(macro, "Py_LIMITED") ||
						strings.HasPrefix(cc, "clang") && strings.HasPrefix(macro, "PYXLOCK_") {
						continue
					}
					args := append([]string{}, fields[1:]...)
					if strings.Contains(fields[0], "++") {
						args = append(args, "-x", "c++")
					}
					if macro != "" {
						args = append(args, "-D"+macro)
					}
					args = append(args, "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
						"-I"+dir, "-Itest/fake_msvc", "-isystem", p.include, "-c", source, "-o", os.DevNull)
					jobs = append(jobs, func() {
						if out, err := build(t, job{name: fields[0], dir: dir, headers: p, args: args}); err != nil {
							t.Errorf("%s, %s: %v\n%s", p, macro, err, out)
						}
					})
				}
			}
			inParallel(jobs...)
		})
	}
}

// TestLayoutIsChecked changes what the record's layout silently rests on: the compiler has
// to refuse each, and to name the rule.
func TestLayoutIsChecked(t *testing.T) {
	t.Parallel()
	gcc := compiler(t, "gcc")
	all := pythons()
	if len(all) == 0 {
		t.Skip("SKIPPED: no Python with headers")
	}
	for _, change := range []struct{ from, to, rule string }{
		{"#define PYXLOCK_DEPTH 8\n", "#define PYXLOCK_DEPTH 9\n", "depth_in_chunks"},
		{"#define PYXLOCK_WHO 16\n", "#define PYXLOCK_WHO 17\n", "who_in_chunks"},
		{"#define PYXLOCK_WRITES 4\n", "#define PYXLOCK_WRITES 8\n", "depth_of_writes"},
		{"#define PYXLOCK_CHUNK 7\n", "#define PYXLOCK_CHUNK 8\n", "place_in_chunk"},
		{"    pyxlock_word made;              /* the next chunk, linked", "    pyxlock_word odd, made;         /* the next chunk, linked", "depth_in_chunks"},
		{"    pyxlock_word tag;               /* as owner", "    pyxlock_word odd, tag;          /* as owner", "depth_of_reads"},
		{"    pyxlock_word patience;          /* after", "    pyxlock_word odd, patience;     /* after", "who_of_reads"},
		{"    pyxlock_word unlisted;          /* writers", "    pyxlock_word odd, unlisted;     /* writers", "line_of_reads"},
		{"    pyxlock_word bit;               /* in block", "    pyxlock_word odd, bit;          /* in block", "depth_of_writes"},
		{"    char size[640];\n", "    char size[1000];\n", "line_of_records"},
		{"#define PYXLOCK_CHAINS_LOG 6\n", "#define PYXLOCK_CHAINS_LOG 12\n", "chain_of_filter"},
		{"#define PYXLOCK_COUNT ((pyxlock_word)0x7FFFF)\n", "#define PYXLOCK_COUNT ((pyxlock_word)0xFFFFF)\n", "parts_of_filter"},
	} {
		code := cCode(pxd)
		if strings.Count(code, change.from) != 1 {
			t.Errorf("%q stands there %d times", change.from, strings.Count(code, change.from))
			continue
		}
		dir := t.TempDir()
		source := write(t, filepath.Join(dir, "use.c"), strings.Replace(code, change.from, change.to, 1))
		out, err := command(t, gcc, "-std=c99", "-fsyntax-only", "-w", "-isystem", all[0].include, source)
		if err == nil || !bytes.Contains(out, []byte("pyxlock_assert_"+change.rule)) {
			t.Errorf("%q in place of %q: nobody says %s: %v\n%s", change.to, change.from, change.rule, err, out)
		}
	}
}

// every uses each function once, in nogil code too.
const every = `
cdef class C:
    cdef int n

    cdef int bump(self) except -1 nogil:
        cdef pyxlock.Guard guard
        try:
            pyxlock.write(&guard, self)
            self.n += 1
            return self.n
        finally:
            pyxlock.release(&guard)

    def look(self, other):
        """Doc."""
        cdef pyxlock.Guard guards[2]
        cdef pyxlock.Guard guard
        pyxlock.try_read(&guard, self)
        pyxlock.release(&guard)
        pyxlock.try_write(&guard, self)
        pyxlock.release(&guard)
        pyxlock.read(&guard, self)
        pyxlock.release(&guard)
        pyxlock.want_read(&guards[0], self)
        pyxlock.want_write(&guards[1], other)
        try:
            pyxlock.acquire(guards, 2)
            self.bump()
        finally:
            pyxlock.release_all(guards, 2)
        pyxlock.want_write(&guards[0], None)
        pyxlock.try_acquire(guards, 1)
        pyxlock.release_all(guards, 1)

    def many(self, others):
        """Doc."""
        cdef pyxlock.Guards guards
        found = pyxlock.items(others)
        others = pyxlock.stand_in(others, found)
        reads = [item if isinstance(item, C) else None for item in found]
        pyxlock.acquire_objects(&guards, reads, [self])
        try:
            self.bump()
        finally:
            pyxlock.release_objects(&guards)
        pyxlock.try_acquire_objects(&guards, None, (self,))
        with nogil:
            pyxlock.release_objects(&guards)
`

// TestCythonVersions takes both forms through each Cython, with all of
// Cython's warnings as errors, and the result through gcc and g++.
func TestCythonVersions(t *testing.T) {
	t.Parallel()
	versions := cythons(t)
	gcc, gxx := compiler(t, "gcc"), compiler(t, "g++")
	all := pythons()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for version, exe := range versions {
		t.Run("cython"+version, func(t *testing.T) {
			dir := t.TempDir()
			one := func(name, text, cc string, flags ...string) func() {
				return func() {
					source := write(t, filepath.Join(dir, name+".pyx"), text)
					ext, cython := ".c", []string{"-m", "cython", "-3", "-Werror", "-Wextra", "-I", here}
					if cc == gxx {
						ext, cython = ".cpp", append(cython, "--cplus")
					}
					code := filepath.Join(dir, name+ext)
					if out, err := build(t, job{name: exe, dir: dir, to: code, args: append(cython, source, "-o", code)}); err != nil {
						t.Errorf("cython %s: %v\n%s", name, err, out)
						return
					}
					for _, p := range all {
						if version == "3.0" && p.freeThreaded {
							continue // its output does not compile there
						}
						args := append([]string{"-Wall", "-Wextra", "-fsyntax-only", "-I" + p.include, code}, flags...)
						// What Cython itself writes is not free of warnings.
						good := func(out []byte) bool { return !bytes.Contains(out, []byte("pyxlock_")) }
						if out, err := build(t, job{name: cc, dir: dir, headers: p, args: args, good: good}); err != nil || !good(out) {
							t.Errorf("%s%s for %s: %v\n%s", name, ext, p, err, out)
						}
					}
				}
			}
			inline := strings.ReplaceAll(every, "pyxlock.", InlinePrefix)
			jobs := []func(){
				one("every_pxd", "cimport pyxlock\n"+every, gcc, "-std=c99"),
				one("every_inline", Inline()+inline, gxx, "-std=c++11"),
			}
			if version == "3.3" || version == "" {
				// Both in one C file, and neither used.
				jobs = append(jobs, one("every_none", "cimport pyxlock\n"+Inline(), gcc, "-std=c99", "-DPYXLOCK_OFF"))
			}
			inParallel(jobs...)
		})
	}
}
