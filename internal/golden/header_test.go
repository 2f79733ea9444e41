package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pyxlock/internal/steps"
)

// The first thing that the C code of a module includes is Python.h, whose text is the
// same in all of them: it is read once for an interpreter, and the others get what gcc
// made of it. Nothing else is in that, so that what a module does not include itself it
// does not have here either.
const headerText = "#define PY_SSIZE_T_CLEAN\n#include \"Python.h\"\n"

var pythonHeaders sync.Map // by interpreter: a func() (string, error)

// headerFor returns the arguments with which gcc uses the precompiled Python.h.
func headerFor(python *interpreter) ([]string, error) {
	once, _ := pythonHeaders.LoadOrStore(python.path, sync.OnceValues(func() (string, error) { return makeHeader(python) }))
	header, err := once.(func() (string, error))()
	return []string{"-include", header}, err
}

func makeHeader(python *interpreter) (string, error) {
	dir, err := os.MkdirTemp(work, "header-")
	if err != nil {
		return "", err
	}
	header := filepath.Join(dir, "golden.h")
	if err := writeFile(header, []byte(headerText)); err != nil {
		return "", err
	}
	args := slices.Concat(gccFlags, []string{"-I", python.include, "-x", "c-header", "-o", header + ".gch", header})
	if out, err := steps.Command("Python.h", "gcc for "+filepath.Base(python.path), 10*time.Minute, "gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc for Python.h: %w\n%s", err, out)
	}
	return header, nil
}

// TestHeader checks that gcc takes what it made of Python.h, and that modules read the
// same after it: where it is not taken, goldens take a quarter longer, and nothing says so.
func TestHeader(t *testing.T) {
	python, err := baseInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	use, err := headerFor(python)
	if err != nil {
		t.Fatal(err)
	}
	code := filepath.Join(t.TempDir(), "module.c")
	// The lines before Python.h are those that Cython writes.
	text := "#ifndef PY_SSIZE_T_CLEAN\n#define PY_SSIZE_T_CLEAN\n#endif /* PY_SSIZE_T_CLEAN */\n#include \"Python.h\"\nPyObject *one;\n"
	if err := writeFile(code, []byte(text)); err != nil {
		t.Fatal(err)
	}
	gcc := func(args ...string) string {
		t.Helper()
		all := slices.Concat(gccFlags, args, []string{"-I", python.include, "-o", os.DevNull, code})
		out, err := steps.Command(t.Name(), "gcc", 10*time.Minute, "gcc", all...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	// -H lists what is read, with a mark: "!" before what is precompiled, "x" where that did
	// not fit. Python.h is opened, and its guard tells that all of it is known.
	read := gcc(append(use, "-c", "-H")...)
	if !strings.HasPrefix(read, "! ") || strings.Contains(read, "/object.h") {
		t.Errorf("gcc reads the headers again:\n%s", read)
	}
}
