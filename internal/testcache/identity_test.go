package testcache

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// forget has the identities found out again.
func forget() { identities = sync.Map{} }

// A header that a compiler finds, and a variable that it reads, change what it is.
func TestCompiler(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	id := func() Key {
		t.Helper()
		forget()
		k, err := Compiler("gcc")
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	plain := id()
	if id() != plain {
		t.Fatal("two identities")
	}
	dir := t.TempDir()
	t.Setenv("CPATH", dir)
	with := id()
	if err := os.WriteFile(filepath.Join(dir, "x.h"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if header := id(); with == plain || header == with {
		t.Error("CPATH, or a header there, makes no difference")
	}
	if _, err := Compiler("no-such-compiler"); err == nil {
		t.Error("there is a no-such-compiler")
	}
}

// Whatever changes in an environment changes what its Python is.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	venv := filepath.Join(t.TempDir(), "venv")
	if out, err := exec.Command(python, "-m", "venv", "--without-pip", venv).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	id := func() Key {
		t.Helper()
		forget()
		k, err := Python(filepath.Join(venv, "bin", "python3"))
		if err != nil {
			t.Skip(err) // a Python without headers
		}
		return k
	}
	plain := id()
	if id() != plain {
		t.Fatal("two identities")
	}
	packages, err := filepath.Glob(filepath.Join(venv, "lib", "python*", "site-packages"))
	if err != nil || len(packages) != 1 {
		t.Fatal(packages, err)
	}
	file := filepath.Join(packages[0], "Cython.py")
	for _, text := range []string{"a", "b"} {
		before := id()
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if id() == before {
			t.Errorf("%q in site-packages makes no difference", text)
		}
	}
	// Scripts name the interpreter by its path, and pip notes their hashes.
	record := filepath.Join(packages[0], "Cython-3.dist-info", "RECORD")
	if err := os.MkdirAll(filepath.Dir(record), 0o777); err != nil {
		t.Fatal(err)
	}
	note := func(script, module string) Key {
		t.Helper()
		text := "../../../bin/cython,sha256=" + script + ",1\nCython.py,sha256=" + module + ",1\n"
		if err := os.WriteFile(record, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return id()
	}
	if here := note("a", "a"); note("b", "a") != here {
		t.Error("where the environment lies makes a difference")
	} else if note("a", "b") == here {
		t.Error("what was installed makes no difference")
	}
}
