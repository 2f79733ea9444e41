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

var pythonHeaders sync.Map // by interpreter and compiler: a func() (string, error)

// headerFor returns the arguments with which gcc or g++ uses the precompiled Python.h.
func headerFor(python *interpreter, compiler string) ([]string, error) {
	once, _ := pythonHeaders.LoadOrStore(python.path+"\n"+compiler, sync.OnceValues(func() (string, error) { return makeHeader(python, compiler) }))
	header, err := once.(func() (string, error))()
	return []string{"-include", header}, err
}

func makeHeader(python *interpreter, compiler string) (string, error) {
	dir, err := os.MkdirTemp(work, "header-")
	if err != nil {
		return "", err
	}
	header := filepath.Join(dir, "golden.h")
	if err := writeFile(header, []byte(headerText)); err != nil {
		return "", err
	}
	language := map[string]string{"gcc": "c-header", "g++": "c++-header"}[compiler]
	args := slices.Concat(gccFlags, []string{"-I", python.include, "-x", language, "-o", header + ".gch", header})
	if out, err := steps.Command("Python.h", compiler+" for "+filepath.Base(python.path), 10*time.Minute, compiler, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s for Python.h: %w\n%s", compiler, err, out)
	}
	return header, nil
}

// TestHeader checks that compilers take what they made of Python.h, and that modules read the
// same after it: where it is not taken, goldens take a quarter longer, and nothing says so.
func TestHeader(t *testing.T) {
	python, err := baseInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	for compiler, name := range map[string]string{"gcc": "module.c", "g++": "module.cpp"} {
		use, err := headerFor(python, compiler)
		if err != nil {
			t.Fatal(err)
		}
		code := filepath.Join(t.TempDir(), name)
		// The lines before Python.h are those that Cython writes.
		text := "#ifndef PY_SSIZE_T_CLEAN\n#define PY_SSIZE_T_CLEAN\n#endif /* PY_SSIZE_T_CLEAN */\n#include \"Python.h\"\nPyObject *one;\n"
		if err := writeFile(code, []byte(text)); err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(gccFlags, use, []string{"-c", "-H", "-I", python.include, "-o", os.DevNull, code})
		out, err := steps.Command(t.Name(), compiler, 10*time.Minute, compiler, all...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		// -H lists what is read, with a mark: "!" before what is precompiled, "x" where that did
		// not fit. Python.h is opened, and its guard tells that all of it is known.
		if read := string(out); !strings.HasPrefix(read, "! ") || strings.Contains(read, "/object.h") {
			t.Errorf("%s reads the headers again:\n%s", compiler, read)
		}
	}
}
