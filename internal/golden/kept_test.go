package golden

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"pyxlock/internal/testcache"
)

// A golden all of whose tests have passed with the same bytes of everything that
// they depend on passes again, and is left out. What has threads is run each time.

// identity returns the key of all that goldens have in common: the tests, the
// program, the Cythons, compilers and interpreters.
func identity() (testcache.Key, error) {
	h := testcache.NewHash("golden").Environment().Text("matrix", fmt.Sprint(*matrix))
	if err := h.Self(); err != nil {
		return testcache.Key{}, err
	}
	for _, path := range []string{binary, "compile.py", "../../runtime/pyxlock.pxd"} {
		data, err := os.ReadFile(path)
		if err != nil {
			return testcache.Key{}, err
		}
		h.Text("file", string(data))
	}
	git, err := exec.Command("git", "--version").Output()
	if err != nil {
		return testcache.Key{}, err
	}
	h.Text("git", string(git))
	pythons := []string{}
	for _, version := range AllVersions {
		if python := venvPython(version); python != "" {
			pythons = append(pythons, python)
		}
	}
	if python, err := freeThreaded(); err != nil {
		h.Text("free-threaded", err.Error())
	} else if python != nil {
		pythons = append(pythons, python.path)
	}
	if t, _ := tiny(); t != nil {
		h.Key("tcc", t.identity)
	}
	for _, python := range pythons {
		key, err := testcache.Python(python)
		if err != nil {
			return testcache.Key{}, err
		}
		h.Key("Python", key)
	}
	for _, name := range []string{"gcc", "g++"} {
		key, err := testcache.Compiler(name)
		if err != nil {
			return testcache.Key{}, err
		}
		h.Key("compiler", key)
	}
	return h.Sum(), nil
}

// recallPassed finds out which goldens have passed before. Who asks for some tests by
// name wants to see them run, and without the second that it takes to find that out.
func recallPassed(runs []*run) error {
	if cache == nil || *update || flag.Lookup("test.run").Value.String() != "" {
		return nil
	}
	common, err := identity()
	if err != nil { // no compiler, for one: tests that need it tell
		fmt.Fprintln(os.Stderr, "golden: nothing is left out:", err)
		return nil
	}
	for _, r := range runs {
		archive, err := os.ReadFile(r.Path)
		if err != nil {
			return err
		}
		r.key = testcache.NewHash("a golden that passed").Key("common", common).Text("name", r.Name).Text("archive", string(archive)).Sum()
		test, _ := r.File("test.py")
		r.unchanged = !usesThreads.Match(test) && cache.Has(r.key)
	}
	return nil
}

// outcomes has what the tests of a golden came to, by the name of the test function.
type outcomes struct {
	mu     sync.Mutex
	passed map[string]bool
}

// test runs a test of the golden, unless it is unchanged.
func (r *run) test(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	of := t.Name()
	t.Run(r.Name, func(t *testing.T) {
		if r.unchanged {
			t.Log("unchanged: it has passed with the same inputs before")
			return
		}
		t.Cleanup(func() {
			r.outcomes.mu.Lock()
			defer r.outcomes.mu.Unlock()
			if r.outcomes.passed == nil {
				r.outcomes.passed = map[string]bool{}
			}
			r.outcomes.passed[of] = !t.Failed() && !t.Skipped()
		})
		f(t)
	})
}

// usesThreads tells scripts that may pass by luck.
var usesThreads = regexp.MustCompile(`\b(threading|_thread|concurrent)\b`)

// tests returns the names of the tests that there are for the golden.
func (r *run) tests() []string {
	switch {
	case r.Refuse:
		return []string{"TestRefuse"}
	case r.Annotate:
		return []string{"TestAnnotate", "TestAnnotatedCython"}
	}
	names := []string{"TestRewrite", "TestCython"}
	if _, ok := r.File("test.py"); ok {
		names = append(names, "TestBehaviour")
	}
	if python, err := freeThreaded(); r.called() && (python != nil || err != nil) {
		names = append(names, "TestBehaviourFreeThreaded")
	}
	return names
}

// keepPassed keeps which goldens have passed all of their tests.
func keepPassed(runs []*run) {
	for _, r := range runs {
		all := r.key != testcache.Key{} && !r.unchanged
		for _, name := range r.tests() {
			all = all && r.outcomes.passed[name]
		}
		if all {
			cache.Put(r.key, nil)
		}
	}
}

// TestKept checks that a golden is only left out where all of its tests passed.
func TestKept(t *testing.T) {
	if cache == nil {
		t.Skip("PYXLOCK_TEST_CACHE is off")
	}
	for _, r := range runs {
		if r.Refuse || !r.called() {
			continue
		}
		key := testcache.NewHash("TestKept").Text("now", t.TempDir()).Sum()
		names := r.tests()
		for missing := range append(names, "none") {
			fake := &run{Case: r.Case, key: key}
			fake.outcomes.passed = map[string]bool{}
			for i, name := range names {
				fake.outcomes.passed[name] = i != missing
			}
			keepPassed([]*run{fake})
			if kept := cache.Has(key); kept != (missing == len(names)) {
				t.Errorf("%s: kept %v where test %d of %s failed", r.Name, kept, missing, strings.Join(names, ", "))
			}
		}
		break
	}
}
