package golden

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

var (
	update    = flag.Bool("update", false, "write what the goldens expect anew")
	caseMatch = flag.String("case", "", "run only the goldens whose name matches this regexp")
	matrix    = flag.Bool("matrix", false, "have all Cythons compile all layouts in all modes, and gcc all that is called")
	keep      = flag.Bool("keep", false, "keep the working folder and print its name")
)

const testdata = "../../testdata"

// The binary under test, the working folder, and the goldens: set by TestMain.
var (
	binary string
	work   string
	cache  *testcache.Cache
	runs   []*run
	// annotates holds the goldens of annotate, which no other test is about.
	annotates []*run
)

func TestMain(m *testing.M) {
	flag.Parse()
	// A CI system says so to the programs it starts, and pyxlock cleans what it
	// prints there; the goldens hold what it prints elsewhere.
	for _, v := range []string{"CI", "GITHUB_ACTIONS", "TF_BUILD"} {
		os.Unsetenv(v)
	}
	code, err := setup(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "golden:", err)
		code = 1
	}
	os.Exit(code)
}

func setup(m *testing.M) (int, error) {
	var err error
	if cache, err = testcache.Open(); err != nil {
		return 0, err
	}
	defer func() { fmt.Fprintln(os.Stderr, "golden:", cache) }()
	if work, err = os.MkdirTemp("", "pyxlock-golden-"); err != nil {
		return 0, err
	}
	if *keep {
		fmt.Fprintln(os.Stderr, "golden: working in", work)
	} else {
		defer os.RemoveAll(work)
	}
	if binary = os.Getenv("PYXLOCK_BIN"); binary == "" {
		if err := readProgram(); err != nil {
			return 0, err
		}
		binary = filepath.Join(work, "pyxlock")
		if out, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", binary, "pyxlock/cmd/pyxlock").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("building pyxlock: %v\n%s", err, out)
		}
	}
	match, err := regexp.Compile(*caseMatch)
	if err != nil {
		return 0, err
	}
	cases, err := LoadCases(testdata)
	if err != nil {
		return 0, err
	}
	for _, c := range cases {
		switch {
		case !match.MatchString(c.Name):
		case c.Annotate:
			annotates = append(annotates, newRun(c))
		default:
			runs = append(runs, newRun(c))
		}
	}
	if len(runs)+len(annotates) == 0 {
		return 0, fmt.Errorf("no golden matches %q", *caseMatch)
	}
	all := slices.Concat(runs, annotates)
	if err := recallPassed(all); err != nil {
		return 0, err
	}
	code := m.Run()
	keepPassed(all)
	return code, nil
}

// A run is one golden with its folder and what pyxlock made of it.
type run struct {
	*Case
	dir     string
	input   func() error
	results map[string]func() *result // by form
	built   sync.Map                  // by interpreter and form: a func() (string, error)
	without atomic.Value              // what test.py printed without locks, a string

	key       testcache.Key // of all that its tests depend on
	unchanged bool          // they passed with the same before
	outcomes  outcomes

	annotated func() *applied // for the goldens of annotate
}

// The forms of a golden: its two layouts, and its decorators stripped.
var forms = map[string][]string{
	"readable": {"--layout=readable"},
	"aligned":  {"--layout=aligned"},
	"off":      {"--locking=off", "--layout=readable"},
}

// A result is what one rewrite left.
type result struct {
	dir    string            // the output tree
	tree   map[string]string // its files, decoded
	stderr string
	err    error // pyxlock did not exit 0, or its output could not be read
}

func newRun(c *Case) *run {
	r := &run{Case: c, dir: filepath.Join(work, filepath.FromSlash(c.Name)), results: map[string]func() *result{}}
	r.input = sync.OnceValue(func() error { return c.WriteInput(filepath.Join(r.dir, "in")) })
	r.annotated = sync.OnceValue(r.annotate)
	for form, flags := range forms {
		r.results[form] = sync.OnceValue(func() *result { return r.rewrite(form, flags) })
	}
	return r
}

func (r *run) rewrite(form string, flags []string) *result {
	res := &result{dir: filepath.Join(r.dir, form)}
	if res.err = r.input(); res.err != nil {
		return res
	}
	args := slices.Concat([]string{"rewrite", "in", "-o", form}, r.Flags, flags)
	_, res.stderr, res.err = r.pyxlock(r.dir, args...)
	if res.err != nil {
		return res
	}
	res.tree, res.err = r.ReadOutput(res.dir)
	return res
}

// pyxlock runs the binary in dir.
func (r *run) pyxlock(dir string, args ...string) (stdout, stderr string, err error) {
	cmd := steps.Command(r.Name, "pyxlock "+strings.Join(args, " "), 5*time.Minute, binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if err != nil {
		err = fmt.Errorf("pyxlock %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), errs.String(), err
}

// TestRewrite compares what pyxlock writes with what the goldens expect.
func TestRewrite(t *testing.T) {
	for _, r := range runs {
		if r.Refuse {
			continue
		}
		r.test(t, func(t *testing.T) {
			t.Parallel()
			readable, aligned := r.results["readable"](), r.results["aligned"]()
			for _, res := range []*result{readable, aligned} {
				if res.err != nil {
					t.Fatal(res.err)
				}
				r.checkRuntime(t, res)
			}
			if *update {
				r.update(t, readable, aligned)
			}
			r.checkWant(t, "want", readable)
			if len(r.Tree("aligned")) > 0 {
				r.checkWant(t, "aligned", aligned)
			}
			r.checkStderr(t, readable.stderr)
			r.checkIdempotent(t, "readable")
			r.checkIdempotent(t, "aligned")
			r.checkPreview(t, readable)
		})
	}
}

// TestRefuse checks the findings of the inputs that cannot be expanded, and
// that nothing is written for them.
func TestRefuse(t *testing.T) {
	for _, r := range runs {
		if !r.Refuse {
			continue
		}
		r.test(t, func(t *testing.T) {
			t.Parallel()
			for _, form := range []string{"readable", "aligned"} {
				res := r.results[form]()
				if res.err == nil {
					t.Fatalf("%s: pyxlock did not refuse; it wrote:\n%s", form, show(res.tree))
				}
				if exit := (*exec.ExitError)(nil); !errors.As(res.err, &exit) || exit.ExitCode() != 1 {
					t.Fatalf("%s: want exit status 1: %v", form, res.err)
				}
				if tree, err := r.ReadOutput(res.dir); err == nil && len(tree) > 0 {
					t.Errorf("%s: something was written:\n%s", form, show(tree))
				}
				if *update {
					r.updateStderr(t, res.stderr)
				}
				r.checkStderr(t, res.stderr)
			}
		})
	}
}

// checkWant compares an output tree with the archive.
func (r *run) checkWant(t *testing.T, top string, res *result) {
	t.Helper()
	if _, unchanged := r.File("unchanged"); top == "want" && len(r.Tree(top)) == 0 && !unchanged {
		t.Fatalf("%s has no want/ files; run with -update and read what it writes. The output:\n%s", r.Path, show(res.tree))
	}
	if diff := cmp.Diff(r.Want(top), res.tree); diff != "" {
		t.Errorf("%s output (-want +got):\n%s", top, diff)
	}
}

// The headline of a finding with the rest of its message, which is indented by four
// columns; what follows it (source, caret, help) is not compared.
var (
	findingLine = regexp.MustCompile(`^(?:\S.*:\d+:\d+: PXL\d{3}|  also \S.*:\d+:\d+:) `)
	messageRest = regexp.MustCompile(`^    \S`)
	notMessage  = regexp.MustCompile(`^ *\d+ \| |^    (?:help|fix): `)
)

// checkStderr compares the findings, or with stderr.full the whole text.
func (r *run) checkStderr(t *testing.T, stderr string) {
	t.Helper()
	if want, ok := r.File("stderr.full"); ok {
		if diff := cmp.Diff(string(want), stderr); diff != "" {
			t.Errorf("stderr (-want +got):\n%s", diff)
		}
		return
	}
	want, ok := r.File("stderr")
	if !ok && r.Refuse {
		t.Fatalf("%s has no stderr file; run with -update and read what it writes. pyxlock said:\n%s", r.Path, stderr)
	}
	if diff := cmp.Diff(string(want), findings(stderr)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// findings returns the messages with their places, each on a line.
func findings(stderr string) string {
	var out strings.Builder
	within := false
	for line := range strings.SplitSeq(stderr, "\n") {
		switch {
		case findingLine.MatchString(line):
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(line)
			within = true
		case within && messageRest.MatchString(line) && !notMessage.MatchString(line):
			out.WriteString(" " + strings.TrimSpace(line))
		default:
			within = false
		}
	}
	if out.Len() > 0 {
		out.WriteByte('\n')
	}
	return out.String()
}

// usesRuntime finds what an output cimports of the files that pyxlock puts beside it.
var usesRuntime = map[string]*regexp.Regexp{
	"pyxlock.pxd":       regexp.MustCompile(`\bcimport pyxlock(_check)?\b|\bcython\.cimports import pyxlock(_check)?\b`),
	"pyxlock_check.pxd": regexp.MustCompile(`\bcimport pyxlock_check\b|\bcython\.cimports import pyxlock_check\b`),
}

// checkRuntime checks that a tree has the runtime exactly where it uses it.
func (r *run) checkRuntime(t *testing.T, res *result) {
	t.Helper()
	for name, pattern := range usesRuntime {
		uses := false
		for _, text := range res.tree {
			uses = uses || pattern.MatchString(text)
		}
		have, err := os.ReadFile(filepath.Join(res.dir, name))
		switch {
		case uses && err != nil:
			t.Errorf("the output uses the runtime, but: %v", err)
		case !uses && err == nil:
			t.Errorf("%s was written, but nothing uses it", name)
		case uses:
			want, err := os.ReadFile("../../runtime/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, want) {
				t.Errorf("%s is not the file of the runtime package", name)
			}
		}
	}
}

// checkIdempotent rewrites an output again: nothing may change.
func (r *run) checkIdempotent(t *testing.T, form string) {
	t.Helper()
	first := r.results[form]()
	again := "again-" + form
	args := slices.Concat([]string{"rewrite", form, "-o", again}, r.Flags, forms[form])
	if _, _, err := r.pyxlock(r.dir, args...); err != nil {
		t.Errorf("rewriting the %s output: %v", form, err)
		return
	}
	tree, err := r.ReadOutput(filepath.Join(r.dir, again))
	if err != nil {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(first.tree, tree); diff != "" {
		t.Errorf("rewriting the %s output changed it (-once +twice):\n%s", form, diff)
	}
}

// checkPreview applies the preview of the input with git: that must give the
// readable output.
func (r *run) checkPreview(t *testing.T, readable *result) {
	t.Helper()
	patch, _, err := r.pyxlock(r.dir, slices.Concat([]string{"preview", "in"}, r.Flags)...)
	if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		t.Error(err)
		return
	}
	top := filepath.Join(r.dir, "apply")
	if err := r.apply(top, patch); err != nil {
		t.Error(err)
		return
	}
	tree, err := r.ReadOutput(filepath.Join(top, "in"))
	if err != nil {
		t.Errorf("the preview, applied: %v", err)
		return
	}
	if diff := cmp.Diff(readable.tree, tree); diff != "" {
		t.Errorf("the preview, applied by git, is not the readable output (-rewrite +preview):\n%s", diff)
	}
}

// apply lays the input out in a folder and has git apply a patch there.
func (r *run) apply(top, patch string) error {
	if err := r.WriteInput(filepath.Join(top, "in")); err != nil || patch == "" {
		return err
	}
	cmd := steps.Command(r.Name, "git apply", 5*time.Minute, "git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(top), "GIT_CONFIG_GLOBAL="+os.DevNull)
	cmd.Stdin = strings.NewReader(patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git apply: %v\n%s\n%s", err, out, patch)
	}
	return nil
}

// readProgram reads the sources of the program that the tests build and run. Go
// keeps the results of tests, and knows by what they read whether to run them
// again: without this a change of the program would go unnoticed.
func readProgram() error {
	for _, dir := range []string{"cmd", "docs", "emit", "parser", "runtime", "transform"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".pxd", ".md"}, filepath.Ext(path)) {
				return err
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// update writes what the archive expects of a rewrite.
func (r *run) update(t *testing.T, readable, aligned *result) {
	t.Helper()
	tops := []string{"want"}
	if len(r.Tree("aligned")) > 0 {
		tops = append(tops, "aligned")
	}
	in := r.Tree("in")
	for _, top := range tops { // in this order, so that an update moves nothing
		res := readable
		if top == "aligned" {
			res = aligned
		}
		r.RemoveTree(top)
		for _, name := range slices.Sorted(maps.Keys(res.tree)) {
			if res.tree[name] != in[name] {
				r.SetFile(top+"/"+name, []byte(res.tree[name]))
			}
		}
		if top == "aligned" && len(r.Tree(top)) == 0 {
			t.Fatalf("aligned/ is asked for, but the rewrite changes nothing")
		}
	}
	r.Ar.Files = slices.DeleteFunc(r.Ar.Files, func(f txtar.File) bool { return f.Name == "unchanged" })
	if len(r.Tree("want")) == 0 {
		r.SetFile("unchanged", nil)
	}
	r.updateStderr(t, readable.stderr)
}

// updateStderr writes the findings that the archive expects, and the archive.
func (r *run) updateStderr(t *testing.T, stderr string) {
	t.Helper()
	if _, ok := r.File("stderr.full"); ok {
		r.SetFile("stderr.full", []byte(stderr))
	} else if text := findings(stderr); text != "" {
		r.SetFile("stderr", []byte(text))
	} else {
		r.Ar.Files = slices.DeleteFunc(r.Ar.Files, func(f txtar.File) bool { return f.Name == "stderr" })
	}
	r.save(t)
}

var saveMu sync.Mutex

// save writes the archive back, where it changed.
func (r *run) save(t *testing.T) {
	t.Helper()
	saveMu.Lock()
	defer saveMu.Unlock()
	// An archive's files end in a line end: txtar.Format adds none.
	for i, f := range r.Ar.Files {
		if len(f.Data) > 0 && !bytes.HasSuffix(f.Data, []byte("\n")) {
			r.Ar.Files[i].Data = append(f.Data, '\n')
		}
	}
	data := txtar.Format(r.Ar)
	if old, err := os.ReadFile(r.Path); err == nil && bytes.Equal(old, data) {
		return
	}
	if err := os.WriteFile(r.Path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// show prints a tree.
func show(tree map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, tree[name])
	}
	return b.String()
}
