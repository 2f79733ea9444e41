// Package corpus runs pyxlock over real packages: the source packages below
// PYXLOCK_CORPUS, which "make corpus" fetches. Without that variable its tests
// are skipped.
package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var packageMatch = flag.String("package", "", "run only over the packages whose name matches this regexp")

// packages returns the folders of the corpus.
func packages(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("PYXLOCK_CORPUS")
	if root == "" {
		t.Skip("PYXLOCK_CORPUS is not set: make corpus-rewrite sets it")
	}
	match, err := regexp.Compile(*packageMatch)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() && match.MatchString(e.Name()) {
			dirs = append(dirs, filepath.Join(root, e.Name()))
		}
	}
	if len(dirs) == 0 {
		t.Fatalf("no package in %s", root)
	}
	return dirs
}

func pyxlock(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pyxlock")
	if out, err := exec.Command("go", "build", "-o", binary, "pyxlock/cmd/pyxlock").CombinedOutput(); err != nil {
		t.Fatalf("building pyxlock: %v\n%s", err, out)
	}
	return binary
}

// rewrite runs pyxlock over the package in dir, and returns what it said.
func rewrite(binary, dir, out string) (string, error) {
	cmd := exec.Command(binary, "rewrite", ".", "-o", out)
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// TestUnchanged rewrites every package as it is: nothing in it carries a lock
// decorator, so every file must come out byte for byte.
func TestUnchanged(t *testing.T) {
	dirs, binary := packages(t), pyxlock(t)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if said, err := rewrite(binary, dir, out); err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			written := 0
			for _, name := range files(t, out, "") {
				want, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Error(err)
					continue
				}
				have, err := os.ReadFile(filepath.Join(out, name))
				if err != nil || !bytes.Equal(want, have) {
					t.Errorf("%s is not what it was (%v)", name, err)
				}
				written++
			}
			for _, ext := range []string{".pyx", ".pxd", ".pxi"} {
				for _, name := range files(t, dir, ext) {
					if _, err := os.Stat(filepath.Join(out, name)); err != nil {
						t.Errorf("%s did not come out: %v", name, err)
					}
				}
			}
			t.Logf("%d files", written)
		})
	}
}

// TestDecorated gives every cdef class of a copy of each package a bare
// @locked_class, rewrites it, and has Cython compile the files that differ: what
// compiled before must still compile. Classes that pyxlock refuses lose their
// decorator again, and are listed.
func TestDecorated(t *testing.T) {
	dirs, binary := packages(t), pyxlock(t)
	python, err := filepath.Abs("../../.venv/cython-3.3/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			d := &decorated{binary: binary, dir: filepath.Join(t.TempDir(), "in"), refused: map[string]int{}}
			if err := os.CopyFS(d.dir, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			for _, ext := range []string{".pyx", ".pxi"} {
				for _, name := range files(t, d.dir, ext) {
					d.decorate(t, name)
				}
			}
			if d.classes == 0 {
				t.Skip("it has no cdef class")
			}
			out := filepath.Join(filepath.Dir(d.dir), "out")
			d.rewrite(t, out)
			d.compare(t, python, dir, out)
			t.Logf("%d classes decorated, %d refused: %s", d.classes, len(d.log), counts(d.refused))
			for _, line := range d.log {
				t.Log("  ", line)
			}
		})
	}
}

type decorated struct {
	binary  string
	dir     string // the decorated copy
	classes int
	refused map[string]int // by code
	log     []string
}

var classHeader = regexp.MustCompile(`(?m)^([ \t]*)cdef (?:(?:public|api) )*class [^\n]*:`)

const decorator = "@locked_class\n"

// decorate gives every cdef class with a body in one file the decorator.
// Decorators that a class has already stay above it.
func (d *decorated) decorate(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("\r")) {
		return
	}
	n := len(classHeader.FindAll(data, -1))
	if n == 0 {
		return
	}
	d.classes += n
	write(t, path, classHeader.ReplaceAll(data, []byte("${1}"+decorator+"$0")))
}

var finding = regexp.MustCompile(`(?m)^(\S[^\n:]*):(\d+):\d+: (PXL\d{3}) (.*)$`)

// rewrite runs pyxlock until it accepts the copy: after each refusal the classes
// in which findings stand lose their decorator.
func (d *decorated) rewrite(t *testing.T, out string) {
	t.Helper()
	var said string
	for range 200 {
		var err error
		said, err = rewrite(d.binary, d.dir, out)
		if err == nil {
			return
		}
		again := false
		done := map[string]bool{}
		for _, m := range finding.FindAllStringSubmatch(said, -1) {
			line, _ := strconv.Atoi(m[2])
			at := d.undecorate(t, m[1], line, done)
			if at != "" {
				again = true
				d.refused[m[3]]++
				d.log = append(d.log, fmt.Sprintf("%s: %s %s", at, m[3], m[4]))
			}
		}
		if !again && len(done) == 0 {
			t.Fatalf("pyxlock refuses the copy, and no class is to blame: %v\n%s", err, said)
		}
	}
	t.Fatalf("pyxlock still refuses the copy:\n%s", said)
}

const undecorated = "# no @locked_class\n"

// undecorate takes the decorator from the last class at or before a line, or,
// where there is none, from all classes of the file. It returns what it did; ""
// where that is done already. The decorator's line stays as a comment, so that
// the numbers of other findings hold. done is what this round has seen.
func (d *decorated) undecorate(t *testing.T, name string, line int, done map[string]bool) string {
	t.Helper()
	path := filepath.Join(d.dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	for i := min(line, len(lines)-1); i >= 0; i-- {
		had, has := strings.HasSuffix(lines[i], undecorated), strings.HasSuffix(lines[i], decorator)
		if !had && !has {
			continue
		}
		key := fmt.Sprintf("%s:%d", name, i)
		if done[key] {
			return ""
		}
		done[key] = true
		if had { // it inherits the lock
			return d.undecorateBase(t, lines[i+1], done)
		}
		lines[i] = strings.TrimSuffix(lines[i], decorator) + undecorated
		write(t, path, []byte(strings.Join(lines, "")))
		return fmt.Sprintf("%s: %s", name, strings.TrimSpace(lines[i+1]))
	}
	if !strings.Contains(string(data), decorator) {
		return ""
	}
	write(t, path, regexp.MustCompile(`(?m)@locked_class$`).ReplaceAll(data, []byte("# no $0")))
	return name + ": all classes"
}

var baseName = regexp.MustCompile(`class \w+\((?:\w+\.)*(\w+)`)

// undecorateBase takes the decorator from the class that a class header names as
// its first base.
func (d *decorated) undecorateBase(t *testing.T, header string, done map[string]bool) string {
	t.Helper()
	m := baseName.FindStringSubmatch(header)
	if m == nil {
		return ""
	}
	base := regexp.MustCompile(`^[ \t]*cdef (?:(?:public|api) )*class ` + m[1] + `\b.*:`)
	for _, ext := range []string{".pyx", ".pxi"} {
		for _, name := range files(t, d.dir, ext) {
			data, err := os.ReadFile(filepath.Join(d.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			number := 0
			for line := range strings.Lines(string(data)) {
				number++
				if base.MatchString(line) {
					return d.undecorate(t, name, number-1, done)
				}
			}
		}
	}
	return ""
}

// unit is one entry of compile.py's work list.
type unit struct {
	ID         int               `json:"id"`
	Source     string            `json:"source"`
	Root       string            `json:"root"`
	Output     string            `json:"output"`
	Cplus      bool              `json:"cplus"`
	Directives string            `json:"directives"`
	Env        map[string]string `json:"env"`
	Warnings   bool              `json:"warnings"`
	Include    []string          `json:"include"`
}

type verdict struct {
	ID       int
	OK       bool
	Messages string
}

var includesModule = regexp.MustCompile(`(?m)^\s*include\s+["'][^"']+\.pyx["']`)

// compare compiles, in both trees, the modules that differ; all of them where a
// .pxd or a .pxi differs, or where one includes another.
func (d *decorated) compare(t *testing.T, python, before, after string) {
	t.Helper()
	differs := func(name string) bool {
		if filepath.Base(name) == "pyxlock.pxd" { // the runtime, which comes beside what imports it
			return false
		}
		old, err := os.ReadFile(filepath.Join(before, name))
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(after, name))
		if err != nil {
			t.Fatal(err)
		}
		return !bytes.Equal(old, data)
	}
	shared := slices.ContainsFunc(slices.Concat(files(t, after, ".pxd"), files(t, after, ".pxi")), differs)
	// A .pyx that another one includes is part of that one.
	for _, name := range files(t, after, ".pyx") {
		data, err := os.ReadFile(filepath.Join(after, name))
		if err != nil {
			t.Fatal(err)
		}
		shared = shared || includesModule.Match(data)
	}
	modules := slices.DeleteFunc(files(t, after, ".pyx"), func(name string) bool { return !shared && !differs(name) })
	was, is := compile(t, python, before, modules), compile(t, python, after, modules)
	compiled, regressions := 0, 0
	for i, name := range modules {
		if !was[i].OK {
			continue
		}
		compiled++
		if !is[i].OK {
			regressions++
			t.Errorf("%s no longer compiles:\n%s", name, is[i].Messages)
		}
	}
	t.Logf("%d modules were compiled, %d of them compiled before, %d no longer do", len(modules), compiled, regressions)
}

// compile has Cython 3.3 compile modules below root.
func compile(t *testing.T, python, root string, modules []string) []verdict {
	t.Helper()
	dir := t.TempDir()
	include := root
	if _, err := os.Stat(filepath.Join(root, "src")); err == nil {
		include = filepath.Join(root, "src")
	}
	// The runtime lies at the root of the output tree; every place that modules
	// are searched from needs it.
	if data, err := os.ReadFile(filepath.Join(root, "pyxlock.pxd")); err == nil && include != root {
		write(t, filepath.Join(include, "pyxlock.pxd"), data)
	}
	// Packages cimport from one another.
	others, err := filepath.Glob(filepath.Join(os.Getenv("PYXLOCK_CORPUS"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	var units []unit
	for i, name := range modules {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		cplus := bytes.Contains(data, []byte("language = c++")) || bytes.Contains(data, []byte("language=c++")) ||
			bytes.Contains(data, []byte("from libcpp"))
		units = append(units, unit{
			ID: i, Source: filepath.Join(root, name), Root: include,
			Output: filepath.Join(dir, fmt.Sprint(i)+".c"), Cplus: cplus, Warnings: true, Include: others,
		})
	}
	list, results := filepath.Join(dir, "work.json"), filepath.Join(dir, "results.jsonl")
	data, err := json.Marshal(units)
	if err != nil {
		t.Fatal(err)
	}
	write(t, list, data)
	if out, err := exec.Command(python, "../golden/compile.py", list, results).CombinedOutput(); err != nil {
		t.Fatalf("compile.py: %v\n%s", err, out)
	}
	file, err := os.Open(results)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	verdicts := make([]verdict, len(units))
	lines := bufio.NewReader(file)
	for range units {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var v verdict
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		verdicts[v.ID] = v
	}
	return verdicts
}

// files lists the files below dir that end in ext, but for the runtime.
func files(t *testing.T, dir, ext string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, p)
		if err == nil && name != "pyxlock.pxd" && strings.HasSuffix(name, ext) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func counts(m map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d times", k, m[k]))
	}
	return strings.Join(parts, ", ")
}
