package golden

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

// An interpreter is a Python that extension modules are built for.
type interpreter struct {
	path         string
	include      string
	suffix       string // of an extension module's file name
	freeThreaded bool
}

const describeInterpreter = `import sysconfig
v = sysconfig.get_config_var
print(sysconfig.get_path("include"))
print(v("EXT_SUFFIX"))
print(v("Py_GIL_DISABLED") or 0)`

func newInterpreter(python string) (*interpreter, error) {
	out, err := exec.Command(python, "-c", describeInterpreter).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", python, err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 3 {
		return nil, fmt.Errorf("%s described itself as %q", python, out)
	}
	return &interpreter{python, lines[0], lines[1], lines[2] == "1"}, nil
}

// baseInterpreter is the CPython with a GIL that all goldens run on.
var baseInterpreter = sync.OnceValues(func() (*interpreter, error) {
	python := venvPython("3.3")
	if python == "" {
		return nil, errors.New("there is no .venv/cython-3.3: run make venv")
	}
	return newInterpreter(python)
})

// freeThreaded is the free-threaded CPython of this machine; nil where there is
// none.
var freeThreaded = sync.OnceValues(func() (*interpreter, error) {
	if python := os.Getenv("PYXLOCK_FT_PYTHON"); python != "" {
		return newInterpreter(python)
	}
	for _, name := range []string{"python3.14t", "python3.13t"} {
		if python, err := exec.LookPath(name); err == nil {
			return newInterpreter(python)
		}
	}
	return nil, nil
})

const noFreeThreaded = "no free-threaded interpreter: set PYXLOCK_FT_PYTHON, or have python3.14t or python3.13t on PATH"

// TestBehaviour builds the goldens that have a test.py in three forms (without
// locks, readable, aligned), and runs it on each: all must print the same.
func TestBehaviour(t *testing.T) {
	python, err := baseInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if _, ok := r.File("test.py"); !ok || r.Refuse {
			continue
		}
		r.test(t, func(t *testing.T) {
			t.Parallel()
			r.checkBehaviour(t, python, "readable", "aligned")
		})
	}
}

// TestBehaviourFreeThreaded does what TestBehaviour does on a free-threaded
// interpreter, with the layout of builds, and there also runs threads.py on both
// forms with locks.
func TestBehaviourFreeThreaded(t *testing.T) {
	python, err := freeThreaded()
	if err != nil {
		t.Fatal(err)
	}
	if python == nil {
		t.Skip(noFreeThreaded)
	}
	for _, r := range runs {
		_, test := r.File("test.py")
		_, threads := r.File("threads.py")
		if !test && !threads || r.Refuse {
			continue
		}
		r.test(t, func(t *testing.T) {
			t.Parallel()
			if test {
				r.checkBehaviour(t, python, "aligned")
			}
			if threads {
				r.runThreads(t, python)
			}
		})
		if r.unchanged && threads {
			t.Run(r.Name+"/threads", func(t *testing.T) {
				t.Parallel()
				r.runThreads(t, python)
			})
		}
	}
}

// validSARIF checks what checked builds have written in a folder against the schema of SARIF.
func validSARIF(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.sarif"))
	if err != nil || len(files) == 0 {
		return
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join("..", "..", "emit", "report", "testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(name), err, data)
		}
	}
}

// runThreads runs threads.py on both forms with locks.
func (r *run) runThreads(t *testing.T, python *interpreter) {
	t.Helper()
	for _, form := range []string{"readable", "aligned"} {
		if dir := r.build(t, python, form); dir != "" {
			r.python(t, python, dir, form, "threads.py")
			validSARIF(t, dir)
		}
	}
}

// checkBehaviour runs test.py without locks and on forms with locks, and compares.
// Where the forms with locks print on one interpreter what the one without printed
// on another already, that one is not built once more.
func (r *run) checkBehaviour(t *testing.T, python *interpreter, locked ...string) {
	t.Helper()
	printed := map[string]string{}
	show := func(forms ...string) bool {
		for _, form := range forms {
			dir := r.build(t, python, form)
			if dir == "" {
				return false
			}
			printed[form] = r.python(t, python, dir, form, "test.py")
		}
		return !t.Failed()
	}
	if !show(locked...) {
		return
	}
	elsewhere, known := r.without.Load().(string)
	for _, form := range locked {
		known = known && printed[form] == elsewhere
	}
	if known {
		printed["off"] = elsewhere
	} else if !show("off") {
		return
	} else {
		r.without.Store(printed["off"])
	}
	for _, form := range locked {
		if diff := cmp.Diff(printed["off"], printed[form]); diff != "" {
			t.Errorf("test.py prints something else with locks than without (-off +%s):\n%s", form, diff)
		}
	}
	if want, ok := r.File("stdout"); ok {
		if *update {
			r.SetFile("stdout", []byte(printed["off"]))
			r.save(t)
		} else if diff := cmp.Diff(string(want), printed["off"]); diff != "" {
			t.Errorf("test.py (-want +printed):\n%s", diff)
		}
	}
}

// build returns the folder with a form's extension modules for an interpreter,
// "" after a failure. It makes them once.
func (r *run) build(t *testing.T, python *interpreter, form string) string {
	t.Helper()
	once, _ := r.built.LoadOrStore(python.path+" "+form, sync.OnceValues(func() (string, error) {
		return r.makeModules(python, form)
	}))
	dir, err := once.(func() (string, error))()
	if err != nil {
		t.Errorf("%s: %v", form, err)
	}
	return dir
}

func (r *run) makeModules(python *interpreter, form string) (string, error) {
	res := r.results[form]()
	if res.err != nil {
		return "", res.err
	}
	all := compileAll()
	version, mode := r.Versions[len(r.Versions)-1], r.Modes[0]
	if err := all.err[version]; err != nil {
		return "", err
	}
	dir := filepath.Join(r.dir, "built", filepath.Base(python.path), form)
	modules := Modules(res.tree)
	for name := range res.tree {
		if path.Ext(name) != ".py" || slices.Contains(modules, name) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(res.dir, filepath.FromSlash(name)))
		if err == nil {
			err = writeFile(filepath.Join(dir, filepath.FromSlash(name)), data)
		}
		if err != nil {
			return "", err
		}
	}
	for _, module := range modules {
		u := all.units[r][unitKey{form, version, mode, module}]
		if u == nil {
			return "", fmt.Errorf("Cython %s has not compiled %s", version, module)
		}
		if !u.ok {
			why, _, _ := strings.Cut(strings.TrimSpace(u.messages), "\n")
			return "", fmt.Errorf("Cython %s has not compiled %s: %s", version, module, why)
		}
		ext := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(module, path.Ext(module))+python.suffix))
		if err := os.MkdirAll(filepath.Dir(ext), 0o777); err != nil {
			return "", err
		}
		if err := r.makeModule(u, python, form, ext); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// gccFlags are what modules are compiled with.
var gccFlags = []string{"-fPIC", "-O0", "-pipe", "-w"}

// makeModule writes the extension module of a unit, of that form, for an interpreter.
//
// Most of what gcc does here is to generate code, without optimization.
func (r *run) makeModule(u *unit, python *interpreter, form, ext string) error {
	compiler := u.compiler()
	programs, err := testcache.Compiler(compiler)
	if err != nil {
		return err
	}
	headers, err := testcache.Python(python.path)
	if err != nil {
		return err
	}
	// What the unit's key says of the tree is true of what its C code includes.
	hash := apart(testcache.NewHash("extension module").Key("unit", u.key).Key("compiler", programs).Key("Python", headers).
		Text("flags", gccFlags...).Text("header", headerText).Text("suffix", python.suffix))
	tcc := u.tinyFor(python, form)
	if tcc != nil {
		hash.Key("tcc", tcc.identity).Text("flags of tcc", tccFlags...)
	}
	key := hash.Sum()
	if data, ok := cache.Get(key); ok {
		return os.WriteFile(ext, data, 0o777)
	}
	if err := u.code(); err != nil {
		return err
	}
	code, lock, err := u.withoutLock(python)
	if err != nil {
		return err
	}
	if tcc == nil || tcc.compile(r.Name, u, python, ext, code, lock) != nil {
		args := slices.Concat(gccFlags, []string{"-shared", "-I", python.include, "-I", u.Root, "-o", ext, code})
		if lock != "" {
			args = append(args, lock)
		}
		header, err := headerFor(python, compiler)
		if err != nil {
			return err
		}
		args = append(header, args...)
		if out, err := steps.Command(r.Name, compiler+" for "+u.name, 10*time.Minute, compiler, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", compiler, u.Source, err, out)
		}
	}
	data, err := os.ReadFile(ext)
	if err != nil {
		return err
	}
	cache.Put(key, data)
	return nil
}

// python runs one of the archive's scripts where it can import the modules in
// dir, and returns what it printed. A script that hangs is stopped, and fails
// with the stacks of its threads.
func (r *run) python(t *testing.T, python *interpreter, dir, form, script string) string {
	t.Helper()
	data, _ := r.File(script)
	name := filepath.Join(dir, script)
	if err := writeFile(name, data); err != nil {
		t.Error(err)
		return ""
	}
	cmd := steps.Command(r.Name, script+", "+form+", with "+filepath.Base(python.path), 3*time.Minute, python.path, "-X", "faulthandler", "-B", name)
	cmd.Abort = syscall.SIGABRT
	cmd.Dir = dir
	below := dir
	if r.sharing(r.Versions[len(r.Versions)-1]) {
		shared, err := sharedFor(python)
		if err != nil {
			t.Error(err)
			return ""
		}
		below += string(os.PathListSeparator) + shared
	}
	cmd.Env = append(os.Environ(), "PYTHONPATH="+below, "PYTHONHASHSEED=0", "PYTHONIOENCODING=utf-8")
	if python.freeThreaded {
		cmd.Env = append(cmd.Env, "PYTHON_GIL=0")
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Errorf("%s, %s with %s: %v\n%s%s", script, form, filepath.Base(python.path), err, out.String(), errs.String())
	}
	return out.String()
}
