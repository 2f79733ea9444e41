package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"pyxlock/internal/testcache"
)

// What the tests of a package came to is kept in the cache of the tests, and they are not
// run again while nothing they depend on has changed. Go does that too, but it finds a
// result only in the same folder, and only while files have the same times, so that in
// each clone it runs all of them. Here files count by what is in them, and by their names
// below the checkout.
//
// What a test depends on is found out as Go does it: the archives that its program is
// linked from, its flags, the environment, and what it asked the package os for, which
// the program writes to a log. What other programs read is not in the log. So a test opens
// itself what it has another program read of the checkout, whoever looks for Go, which reads
// all of it, is not kept, and the Cythons of .venv count with all that they consist of.

// A program is what the tests of a package are linked from.
type program struct {
	pkg, dir string
	key      testcache.Key
}

// An outcome is what is told of tests that are not run again.
type outcome struct {
	Passed int
	Skips  []string
}

// A keeper has results of earlier runs, and keeps those of this one.
type keeper struct {
	gocmd    string
	flags    []string
	cache    *testcache.Cache
	root     string // of the module
	logs     string // the folder of the logs
	begun    time.Time
	programs []program
}

// newKeeper returns a keeper for packages that are tested with some flags.
func newKeeper(gocmd string, flags, packages []string) (*keeper, error) {
	cache, err := testcache.Open()
	if err != nil || cache == nil {
		return nil, err
	}
	k := &keeper{gocmd: gocmd, flags: flags, cache: cache, begun: time.Now()}
	if k.root, err = filepath.Abs("."); err != nil {
		return nil, err
	}
	if _, err := os.Stat("go.mod"); err != nil {
		return nil, fmt.Errorf("testsum -kept runs in the folder of go.mod: %w", err)
	}
	if k.programs, err = programs(gocmd, flags, packages); err != nil {
		return nil, err
	}
	k.logs, err = os.MkdirTemp("", "testlogs-")
	return k, err
}

// programs returns the identities of the tests of packages.
func programs(gocmd string, flags, packages []string) ([]program, error) {
	h := testcache.NewHash("tests of a package").Text("flags", flags...).Environment()
	pythons, err := filepath.Glob(".venv/cython-*/bin/python")
	if err != nil {
		return nil, err
	}
	for _, python := range pythons {
		if python, err = filepath.Abs(python); err != nil {
			return nil, err
		}
		identity, err := testcache.Python(python)
		if err != nil {
			return nil, err
		}
		h.Key(filepath.Base(filepath.Dir(filepath.Dir(python))), identity)
	}
	all := h.Sum()

	args := []string{"list", "-test", "-deps", "-export", "-json=ImportPath,Dir,BuildID,Deps,ForTest,Name"}
	if slices.Contains(flags, "-race") {
		args = append(args, "-race")
	}
	list := exec.Command(gocmd, slices.Concat(args, packages)...)
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := list.Start(); err != nil {
		return nil, err
	}
	type listed struct {
		ImportPath, Dir, BuildID string
		Deps                     []string
	}
	archives := map[string]string{}
	var found []listed
	for d := json.NewDecoder(out); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		// The second half is a hash of the archive, the first of what it was made from.
		_, archives[l.ImportPath], _ = strings.Cut(l.BuildID, "/")
		if strings.HasSuffix(l.ImportPath, ".test") && slices.Contains(packages, strings.TrimSuffix(l.ImportPath, ".test")) {
			found = append(found, l)
		}
	}
	if err := list.Wait(); err != nil {
		return nil, err
	}
	var programs []program
	for _, l := range found {
		linked := map[string]string{}
		for _, name := range append(l.Deps, l.ImportPath) {
			linked[name] = archives[name]
		}
		pkg := strings.TrimSuffix(l.ImportPath, ".test")
		programs = append(programs, program{pkg, l.Dir, testcache.NewHash("program").Key("all", all).Files(pkg, linked).Sum()})
	}
	return programs, nil
}

// changed tells of the packages that need not be tested, and returns the others.
func (k *keeper) changed(packages []string, sum *summary) []string {
	unchanged := map[string]bool{}
	for _, p := range k.programs {
		log, ok := k.cache.Get(p.key)
		if !ok {
			continue
		}
		inputs, err := k.inputs(p, string(log))
		if err != nil {
			continue
		}
		data, ok := k.cache.Get(inputs)
		var o outcome
		if !ok || json.Unmarshal(data, &o) != nil {
			continue
		}
		unchanged[p.pkg] = true
		sum.unchanged += o.Passed
		sum.skipped += len(o.Skips)
		sum.skips = append(sum.skips, o.Skips...)
		fmt.Fprintf(sum.out, "ok  \t%s\tunchanged\n", p.pkg)
	}
	return slices.DeleteFunc(slices.Clone(packages), func(pkg string) bool { return unchanged[pkg] })
}

// keep keeps what packages came to that have passed.
func (k *keeper) keep(sum *summary) error {
	var ran []string
	for _, p := range k.programs {
		if sum.outcomes[p.pkg] != nil {
			ran = append(ran, p.pkg)
		}
	}
	if len(ran) == 0 {
		return os.RemoveAll(k.logs)
	}
	// Go built them after their identities had been found out.
	now, err := programs(k.gocmd, k.flags, ran)
	if err != nil {
		return err
	}
	for _, p := range k.programs {
		o, ok := sum.outcomes[p.pkg]
		if !ok {
			continue
		}
		if !slices.ContainsFunc(now, func(n program) bool { return n.key == p.key }) {
			fmt.Fprintf(sum.out, "not kept: %s: its sources were written while it ran\n", p.pkg)
			continue
		}
		data, err := os.ReadFile(filepath.Join(k.logs, logName(p.dir)))
		written, whole := strings.CutPrefix(string(data), logHead)
		if err != nil || !whole || written != "" && !strings.HasSuffix(written, "\n") {
			fmt.Fprintf(sum.out, "not kept: %s: it has left no whole log\n", p.pkg)
			continue
		}
		log := k.portable(p, written)
		inputs, err := k.inputs(p, log)
		if err != nil {
			fmt.Fprintf(sum.out, "not kept: %s: %v\n", p.pkg, err)
			continue
		}
		if data, err = json.Marshal(o); err != nil {
			return err
		}
		k.cache.Put(p.key, []byte(log))
		k.cache.Put(inputs, data)
	}
	return os.RemoveAll(k.logs)
}

// logHead is the first line of a log, as the package testing writes it.
const logHead = "# test log\n"

// portable rewrites a log ("open NAME", "stat NAME", "chdir NAME", "getenv NAME") so that
// it says the same in each clone: names are those below the checkout. What is in temporary
// folders is left out, since their names are others each time, and variables, since all count.
func (k *keeper) portable(p program, log string) string {
	pwd := p.dir
	temp, lines := os.TempDir(), []string{}
	for line := range strings.Lines(log) {
		op, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if op != "open" && op != "stat" && op != "chdir" {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(pwd, name)
		}
		if op == "chdir" {
			pwd = name
			continue
		}
		if rel, ok := below(k.root, name); ok {
			lines = append(lines, op+" "+rel)
		} else if _, ok := below(temp, name); ok {
			continue
		} else if _, ok := below(filepath.Dir(name), k.root); ok { // looked for beside the checkout, or above it
			lines = append(lines, op+" "+rel)
		} else {
			lines = append(lines, op+" "+filepath.Clean(name))
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// below returns the name of a file below a folder.
func below(dir, name string) (string, bool) {
	rel, err := filepath.Rel(dir, name)
	return rel, err == nil && filepath.IsLocal(rel)
}

var errGo = errors.New("it looks for Go, which reads all sources")

// inputs returns the key of a program and all that is in its log, as that is now.
func (k *keeper) inputs(p program, log string) (testcache.Key, error) {
	h := testcache.NewHash("inputs of tests").Key("program", p.key)
	for line := range strings.Lines(log) {
		op, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		full := name
		if !filepath.IsAbs(name) {
			full = filepath.Join(k.root, name)
		}
		what, err := k.describe(op, full, filepath.IsLocal(name))
		if err != nil {
			return testcache.Key{}, err
		}
		h.Text(line, what)
	}
	return h.Sum(), nil
}

// describe tells all about a file that counts.
func (k *keeper) describe(op, name string, inside bool) (string, error) {
	link, _ := os.Readlink(name)
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "none", nil
	case err != nil:
		return "error", nil // which one is the same story: there is nothing to read
	case !inside && filepath.Base(name) == "go" && !info.IsDir():
		return "", errGo
	}
	venv := inside && strings.HasPrefix(name, filepath.Join(k.root, ".venv", "cython-"))
	switch {
	case venv && !info.IsDir(): // see programs; the texts there name the folder of the checkout
		return "environment", nil
	case info.IsDir() && op == "stat":
		return "folder " + info.Mode().String(), nil
	case info.IsDir():
		entries, err := os.ReadDir(name)
		var names []string
		for _, e := range entries {
			names = append(names, fmt.Sprintf("%q %s", e.Name(), e.Type()))
		}
		return "folder " + info.Mode().String() + "\n" + strings.Join(names, "\n"), err
	case !inside && op == "stat": // programs, most of all
		return fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano()), nil
	case !info.Mode().IsRegular():
		return info.Mode().String(), nil
	case info.ModTime().After(k.begun):
		return "", fmt.Errorf("%s was written while they ran", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	if inside && filepath.IsAbs(link) {
		link = "" // into another checkout, say; what it leads to counts
	}
	return fmt.Sprintf("%s %q %x", info.Mode(), link, sum.Sum(nil)), err
}

// logName returns the name of the log of the tests in a folder.
func logName(dir string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))
}

// runLogged runs a test program in the place of this one, in the folder of its package, with
// a log of what it asks the package os for: "go test -exec" calls that.
func runLogged(logs string, command []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	command = slices.Insert(slices.Clone(command), 1, "-test.testlogfile="+filepath.Join(logs, logName(dir)))
	return syscall.Exec(command[0], command, os.Environ())
}
