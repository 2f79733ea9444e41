package golden

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

// Every module has the C code of the lock in it, and to compile that is a third of
// what a compiler has to do for a golden. It is the same text in all of them, so that
// it is compiled once for an interpreter and linked into each module; the module's
// own code gets its declarations. Each module still has functions and variables of
// its own: they are hidden from others, as static ones are. The runtime's tests, and
// the examples, compile the text where Cython puts it.

// A lockText is the C code of the lock as it stands in a module, and in its two parts.
type lockText struct{ whole, declared, defined string }

var (
	lockHead     = regexp.MustCompile(`(?m)^(?:PYXLOCK_FN|PYXLOCK_SLOW|PYXLOCK_HOT|static) `)
	lockFunction = regexp.MustCompile(`(?m)^(?:PYXLOCK_FN|PYXLOCK_SLOW|PYXLOCK_HOT|static) ([^{};]*\)) \{(?:.*\}|\n(?:[^}\n].*\n|\n)*\})$`)
	lockVariable = regexp.MustCompile(`(?m)^static ([^=;(){}\n]*?)(?: = [^;{}\n]*)?;$`)
	lockMacro    = regexp.MustCompile(`(?m)^#define PYXLOCK_\w.*$`)
)

// lockHidden stands where "static" stood.
const lockHidden = `__attribute__((visibility("hidden"))) `

// takeLockApart splits the C code in pyxlock.pxd.
func takeLockApart(pxd string) (*lockText, error) {
	_, rest, _ := strings.Cut(pxd, `"""`)
	end := strings.LastIndex(rest, `"""`)
	if end < 0 {
		return nil, errors.New("pyxlock.pxd has no C code")
	}
	l := &lockText{whole: strings.TrimSpace(rest[:end])}
	l.declared = lockFunction.ReplaceAllString(l.whole, "extern "+lockHidden+"$1;")
	l.declared = lockVariable.ReplaceAllString(l.declared, "extern "+lockHidden+"$1;")
	l.declared = regexp.MustCompile(`(?m)^(?:PYXLOCK_FN|PYXLOCK_SLOW|PYXLOCK_HOT) ([^{};]*\);)$`).ReplaceAllString(l.declared, "extern "+lockHidden+"$1")
	if left := lockHead.FindStringIndex(l.declared); left != nil {
		line, _, _ := strings.Cut(l.declared[left[0]:], "\n")
		return nil, fmt.Errorf("pyxlock.pxd has %q, which is neither a function nor a variable as lock_test.go knows them", line)
	}
	l.defined = lockHead.ReplaceAllString(l.whole, lockHidden)
	return l, nil
}

var lockParts = sync.OnceValues(func() (*lockText, error) {
	pxd, err := os.ReadFile("../../runtime/pyxlock.pxd")
	if err != nil {
		return nil, err
	}
	return takeLockApart(string(pxd))
})

// withoutLock writes what a unit's C code is without that of the lock, and returns its
// name and that of the object that has the lock. A unit that does not use the lock is
// compiled as it is.
func (u *unit) withoutLock(python *interpreter) (code, object string, err error) {
	parts, err := lockParts()
	if err != nil {
		return u.Output, "", nil // TestLockApart tells
	}
	data, err := os.ReadFile(u.Output)
	if err != nil {
		return "", "", err
	}
	before, after, found := strings.Cut(string(data), parts.whole)
	if !found || strings.Contains(after, parts.whole) {
		return u.Output, "", nil
	}
	// What is defined before it changes what it is.
	macros := strings.Join(lockMacro.FindAllString(before, -1), "\n")
	if object, err = lockObject(python, u.compiler(), macros); err != nil {
		return "", "", err
	}
	ext := filepath.Ext(u.Output)
	code = strings.TrimSuffix(u.Output, ext) + "-apart" + ext
	return code, object, writeFile(code, []byte(before+parts.declared+after))
}

// compiler is the one for the unit's mode.
func (u *unit) compiler() string {
	if u.Cplus {
		return "g++"
	}
	return "gcc"
}

var lockObjects sync.Map // by interpreter, compiler and macros: a func() (string, error)

// lockObject returns the lock compiled for an interpreter: in C++ functions have other names.
func lockObject(python *interpreter, compiler, macros string) (string, error) {
	once, _ := lockObjects.LoadOrStore(strings.Join([]string{python.path, compiler, macros}, "\n"),
		sync.OnceValues(func() (string, error) { return makeLock(python, compiler, macros) }))
	return once.(func() (string, error))()
}

func makeLock(python *interpreter, compiler, macros string) (string, error) {
	parts, err := lockParts()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(work, "lock-")
	if err != nil {
		return "", err
	}
	ext := map[string]string{"gcc": ".c", "g++": ".cpp"}[compiler]
	code, object := filepath.Join(dir, "lock"+ext), filepath.Join(dir, "lock.o")
	text := "#define PY_SSIZE_T_CLEAN\n#include \"Python.h\"\n" + macros + "\n" + parts.defined + "\n"
	if err := writeFile(code, []byte(text)); err != nil {
		return "", err
	}
	args := append([]string{"-c"}, gccFlags...)
	cmd := steps.Command("the lock", compiler+" for "+filepath.Base(python.path), 10*time.Minute, compiler, append(args, "-I", python.include, "-o", object, code)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s for the lock: %w\n%s", compiler, err, out)
	}
	return object, nil
}

// apart adds to a key how modules and the lock are put together.
func apart(h *testcache.Hash) *testcache.Hash {
	parts, err := lockParts()
	if err != nil {
		return h
	}
	return h.Text("lock", parts.declared, parts.defined)
}

// TestLockApart checks that the C code of the lock can be taken apart: where it
// cannot, all goldens are compiled with it, which takes half as long again.
func TestLockApart(t *testing.T) {
	parts, err := lockParts()
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^(?:PYXLOCK_FN|PYXLOCK_SLOW|PYXLOCK_HOT|static) [^(;={]*?\b(pyxlock_\w+)(?: ?[(;=])`)
	seen := 0
	for _, m := range names.FindAllStringSubmatch(parts.whole, -1) {
		seen++
		if !regexp.MustCompile(`(?m)^extern ` + regexp.QuoteMeta(lockHidden) + `[^{}]*?\b` + m[1] + `\b`).MatchString(parts.declared) {
			t.Errorf("%s is not declared for the modules", m[1])
		}
	}
	if seen < 100 {
		t.Errorf("the lock has %d functions and variables", seen)
	}
	if lockHead.MatchString(parts.defined) {
		t.Error("not all is visible to the modules")
	}
	for _, bad := range []string{
		"static int pyxlock_list[] = {\n    1,\n};\n",
		"PYXLOCK_FN int pyxlock_odd(void)\n{\n    return 1;\n}\n",
	} {
		if _, err := takeLockApart(`"""` + "\n" + bad + `"""`); err == nil {
			t.Errorf("%q is taken for something that is known", bad)
		}
	}
}
