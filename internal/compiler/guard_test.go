package compiler

// What "pyxlock cython" runs, and where it writes, in trees that want it otherwise,
// and beside other processes that make the same output.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// slowCython makes a program that takes its time, as Cython does, and tells when two
// of it write one output at once.
func slowCython(t *testing.T) string {
	t.Helper()
	return script(t, filepath.Join(t.TempDir(), "cython"), `
for a; do
	[ "$prev" = -o ] && out=$a
	prev=$a
done
mkdir "$out.busy" || echo twice >>"$out.clash"
printf '%s: \\\n  %s\n' "$out" "$prev" >"$out.dep"
: >"$out"
while read -r line; do
	sleep 0.01
	printf '%s\n' "$line" >>"$out"
done <"$prev"
echo run >>"$out.runs"
rmdir "$out.busy"
`)
}

// script writes a program.
func script(t *testing.T, path, text string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the program is a shell script")
	}
	write(t, path, "#!/bin/sh\n"+text)
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

const locked = `
-- m.pyx --
cimport cython

@cython.locked_class
cdef class A:
    cdef int n
    def put(self): self.n = 3
`

// Processes that make one output wait for each other; what they make is whole.
func TestOneOutputAtATime(t *testing.T) {
	fake := slowCython(t)
	for round := range 4 {
		dir := project(t, locked)
		alone := filepath.Join(dir, "alone.c")
		mustRun(t, dir, pyxlock, "cython", "--cython="+fake, "-M", "m.pyx", "-o", "alone.c")
		var wg sync.WaitGroup
		for i := range 8 {
			args := []string{"cython", "--cython=" + fake, "-M", "m.pyx", "-o", "m.c"}
			if round == 3 { // each makes another output of it
				args = append(args, fmt.Sprintf("--module-name=m%d", i))
			}
			wg.Go(func() {
				if out, code := try(t, dir, pyxlock, args...); code != 0 || out != "" {
					t.Errorf("exit %d\n%s", code, out)
				}
			})
		}
		wg.Wait()
		output := filepath.Join(dir, "m.c")
		if got := read(t, output); got != read(t, alone) || !strings.Contains(got, "pyxlock.write") {
			t.Errorf("torn:\n%s", got)
		}
		if got, want := read(t, output+".dep"), strings.Replace(read(t, alone+".dep"), "alone.c", "m.c", 1); got != want {
			t.Errorf("the dependency file: %q, want %q", got, want)
		}
		if _, err := os.Stat(output + ".clash"); err == nil {
			t.Error("two wrote at once")
		}
		want := 1
		if round == 3 {
			want = 8
		}
		if n := strings.Count(read(t, output+".runs"), "run"); n != want {
			t.Errorf("Cython ran %d times, want %d", n, want)
		}
	}
}

// One that was killed does not keep others waiting.
func TestKilledWhileItHasTheOutput(t *testing.T) {
	dir := project(t, locked)
	started := filepath.Join(dir, "started")
	if out, err := exec.Command("mkfifo", started).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %s", out)
	}
	endless := script(t, filepath.Join(t.TempDir(), "cython"), "echo $$ >'"+started+"'\nexec sleep 1000\n")
	first := exec.Command(pyxlock, "cython", "--cython="+endless, "-M", "m.pyx")
	first.Dir = dir
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(read(t, started)) // waits for it
	defer func() { _ = exec.Command("kill", "-9", pid).Run() }()
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	mustRun(t, dir, pyxlock, "cython", "--cython="+slowCython(t), "-M", "m.pyx")
	if !strings.Contains(read(t, filepath.Join(dir, "m.c")), "pyxlock.write") {
		t.Error("there is no lock")
	}
}

// A link in the place of the hidden directory, or in it, does not lead out.
func TestMirrorIsNoLink(t *testing.T) {
	fake := script(t, filepath.Join(t.TempDir(), "cython"), `
for a; do
	[ "$prev" = -o ] && out=$a
	prev=$a
done
cat "$prev" >"$out"
printf '%s: \\\n  %s\n' "$out" "$prev" >"$out.dep"
`)
	const hidden = ".m.c.pyxlock"
	for at, kinds := range map[string][]string{
		"": {"directory", "file", "nothing", "pipe"}, "lock": {"directory", "file", "nothing", "pipe"}, "tree": {"directory", "file", "pipe"},
		"runtime": {"directory"}, "tree/m.pyx": {"file", "nothing"}, "state.json": {"file", "pipe"}, "elsewhere": {"directory", "file"},
	} {
		for _, kind := range kinds {
			t.Run(kind+" at "+at, func(t *testing.T) {
				dir := project(t, locked)
				run := func() (string, int) {
					return try(t, dir, pyxlock, "cython", "--cython="+fake, "-M", "m.pyx")
				}
				if out, code := run(); code != 0 {
					t.Fatalf("exit %d\n%s", code, out)
				}
				home := t.TempDir()
				write(t, filepath.Join(home, "d", "m.pyx"), "mine")
				write(t, filepath.Join(home, "d", "other.pyx"), "mine")
				write(t, filepath.Join(home, "f"), "mine")
				place := filepath.Join(dir, hidden, at)
				if err := os.RemoveAll(place); err != nil {
					t.Fatal(err)
				}
				var err error
				switch kind {
				case "pipe":
					var out []byte
					if out, err = exec.Command("mkfifo", place).CombinedOutput(); err != nil {
						t.Skipf("mkfifo: %s", out)
					}
				default:
					err = os.Symlink(filepath.Join(home, map[string]string{"directory": "d", "file": "f", "nothing": "none"}[kind]), place)
				}
				if err != nil {
					t.Fatal(err)
				}
				out, code := run()
				if code != 2 || !strings.Contains(out, "that pyxlock did not put there, and does not write to: remove ") {
					t.Errorf("exit %d\n%s", code, out)
				}
				if got, err := filepath.Glob(filepath.Join(home, "*")); err != nil || len(got) != 2 {
					t.Errorf("written: %v", got)
				}
				for _, name := range []string{"d/m.pyx", "d/other.pyx", "f"} {
					if got := read(t, filepath.Join(home, name)); got != "mine" {
						t.Errorf("%s is %q now", name, got)
					}
				}
				// It says what to do.
				if err := os.RemoveAll(filepath.Join(dir, hidden)); err != nil {
					t.Fatal(err)
				}
				if out, code := run(); code != 0 {
					t.Errorf("without it: exit %d\n%s", code, out)
				}
			})
		}
	}
}

// The dependency file is replaced where it is a link, and not what that leads to,
// also where Cython writes it.
func TestDependencyFileIsALink(t *testing.T) {
	dir := project(t, locked)
	fake := slowCython(t)
	mustRun(t, dir, pyxlock, "cython", "--cython="+fake, "-M", "m.pyx")
	private := filepath.Join(t.TempDir(), "private")
	write(t, private, "mine")
	depfile := filepath.Join(dir, "m.c.dep")
	for _, change := range []string{"", "# Cython runs again\n"} {
		if err := os.Remove(depfile); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(private, depfile); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "m.pyx"), read(t, filepath.Join(dir, "m.pyx"))+change)
		mustRun(t, dir, pyxlock, "cython", "--cython="+fake, "-M", "m.pyx")
		if got := read(t, private); got != "mine" {
			t.Errorf("it is %q now", got)
		}
		if got := read(t, depfile); !strings.Contains(got, "m.pyx") {
			t.Errorf("the dependency file is %q", got)
		}
	}
	if err := os.Remove(depfile); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfifo", depfile).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %s", out)
	}
	write(t, filepath.Join(dir, "m.pyx"), read(t, filepath.Join(dir, "m.pyx"))+"# once more\n")
	if out, code := try(t, dir, pyxlock, "cython", "--cython="+fake, "-M", "m.pyx"); code != 2 || !strings.Contains(out, "m.c.dep: is not a regular file") {
		t.Errorf("a pipe: exit %d\n%s", code, out)
	}
}

// A Cython, or a program, that lies in the tree is not what is run.
func TestCythonOfTheTree(t *testing.T) {
	if unchanged(t) {
		return
	}
	python := filepath.Join(venv(t, "3.3"), "python")
	mark := filepath.Join(t.TempDir(), "mark")
	trap := "open(" + fmt.Sprintf("%q", mark) + ", 'w')\n"
	archive := locked + `
-- cython.py --
` + trap + `
-- Cython/__init__.py --
` + trap + `
-- runpy.py --
` + trap + `
-- sitecustomize.py --
` + trap
	bin := t.TempDir()
	// A virtual environment is found by where its program is.
	script(t, filepath.Join(bin, "python3"), "exec '"+python+"' \"$@\"\n")
	sprung := func() bool { _, err := os.Stat(mark); return err == nil }
	for _, env := range []string{"A=", "PYTHONPATH=:", "PYTHONPATH=:/nowhere", "PYTHONPATH=/x::/y"} {
		commands := [][]string{{"-V"}} // in the tree itself; the others, in the hidden directory
		if env == "PYTHONPATH=:" || env == "A=" {
			commands = append(commands, []string{"m.pyx", "-3"}, []string{"runpy.py", "-3"})
		}
		for _, args := range commands {
			dir := project(t, archive)
			out, code := tryEnv(t, dir, []string{"PATH=" + bin, env}, append([]string{"cython"}, args...)...)
			if code != 0 {
				t.Errorf("%s %v: exit %d\n%s", env, args, code, out)
			}
			if sprung() {
				t.Fatalf("%s %v: the tree's Python was run", env, args)
			}
		}
	}
	// What the user names stays.
	given := filepath.Join(t.TempDir(), "given")
	write(t, filepath.Join(given, "Cython", "__init__.py"), trap)
	_, _ = tryEnv(t, project(t, locked), []string{"PATH=" + bin, "PYTHONPATH=:" + given}, "cython", "m.pyx")
	if !sprung() {
		t.Error("PYTHONPATH is left out")
	}
	// PATH may have a relative directory, or an empty one, which is the current one.
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cython", "python3"} {
		dir := project(t, locked)
		script(t, filepath.Join(dir, name), ": >'"+mark+"'\n")
		script(t, filepath.Join(dir, "bin", name), ": >'"+mark+"'\n")
		for _, path := range []string{".:" + bin, ":" + bin, "bin:" + bin} {
			out, code := tryEnv(t, dir, []string{"PATH=" + path}, "cython", "m.pyx")
			if code != 2 || !strings.Contains(out, "take relative directories out of PATH") {
				t.Errorf("PATH=%s: exit %d\n%s", path, code, out)
			}
			if sprung() {
				t.Fatalf("PATH=%s: the tree's %s was run", path, name)
			}
		}
	}
}
