package golden

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// applied is an input to which the proposals have been applied, and what it is
// rewritten to.
type applied struct {
	top       string            // the folder that has the tree in "in", rewritten in "out"
	tree      map[string]string // decoded
	summary   string            // what was said
	err       error
	rewritten map[string]string
	refused   error
}

// annotate applies the proposals for an input.
func (r *run) annotate() *applied {
	a := &applied{top: filepath.Join(r.dir, "applied")}
	in := filepath.Join(a.top, "in")
	if a.err = r.WriteInput(in); a.err != nil {
		return a
	}
	_, a.summary, a.err = r.pyxlock(a.top, slices.Concat([]string{"annotate", "--in-place", "in"}, r.Flags)...)
	if exitCode(a.err) == 1 {
		a.err = nil // a file that does not parse
	}
	if a.err != nil {
		return a
	}
	if a.tree, a.err = r.ReadOutput(in); a.err != nil {
		return a
	}
	out := filepath.Join(a.top, "out")
	if _, _, a.refused = r.pyxlock(a.top, "rewrite", "in", "-o", "out", "--layout=readable"); a.refused == nil {
		a.rewritten, a.refused = r.ReadOutput(out)
	}
	return a
}

// exitCode returns the exit status that an error of run.pyxlock tells of.
func exitCode(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// TestAnnotate compares what pyxlock annotate proposes with what the goldens
// expect. The proposals in place leave nothing to propose, check finds in them
// what the archive lists, and rewrite takes them.
func TestAnnotate(t *testing.T) {
	for _, r := range annotates {
		r.test(t, func(t *testing.T) {
			t.Parallel()
			a := r.annotated()
			if a.err != nil {
				t.Fatal(a.err)
			}
			list, _, err := r.pyxlock(r.dirWithInput(t), slices.Concat([]string{"annotate", "--list", "in"}, r.Flags)...)
			if err != nil {
				t.Errorf("--list: %v", err)
			}
			found, _, err := r.pyxlock(a.top, "check", "-q", "in")
			if err != nil && exitCode(err) != 1 {
				t.Error(err)
			}
			if *update {
				r.updateAnnotated(t, a, list, findings(found))
			}
			if _, unchanged := r.File("unchanged"); len(r.Tree("want")) == 0 && !unchanged {
				t.Fatalf("%s has no want/ files; run with -update and read what it writes. The output:\n%s", r.Path, show(a.tree))
			}
			if diff := cmp.Diff(r.Want("want"), a.tree); diff != "" {
				t.Errorf("the proposals in place (-want +got):\n%s", diff)
			}
			r.checkFile(t, "list", list)
			r.checkFile(t, "stderr", spoken(withoutRecipe(a.summary)))
			r.checkFile(t, "check", findings(found))
			r.checkDiff(t, a)
			r.checkSettled(t, a)
			if a.refused != nil {
				t.Errorf("rewrite refuses the proposals: %v", a.refused)
			}
		})
	}
}

// dirWithInput returns a folder that has the input in "in", as it is given.
func (r *run) dirWithInput(t *testing.T) string {
	t.Helper()
	if err := r.input(); err != nil {
		t.Fatal(err)
	}
	return r.dir
}

// withoutRecipe drops where the change stands that the build needs, which only --in-place says.
func withoutRecipe(stderr string) string {
	var b strings.Builder
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "pyxlock: Cython refuses the decorators, so the build") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// spoken leaves of what annotate says the findings' first lines and the summary.
func spoken(stderr string) string {
	var b strings.Builder
	for line := range strings.Lines(stderr) {
		if findingLine.MatchString(line) || strings.HasPrefix(line, "pyxlock: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// checkFile compares a text with a file of the archive; none is an empty text.
func (r *run) checkFile(t *testing.T, name, got string) {
	t.Helper()
	want, _ := r.File(name)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// checkDiff has git apply what annotate prints: that must give what --in-place
// writes. The exit status tells whether there is a difference, and nothing is
// written.
func (r *run) checkDiff(t *testing.T, a *applied) {
	t.Helper()
	dir := r.dirWithInput(t)
	patch, stderr, err := r.pyxlock(dir, slices.Concat([]string{"annotate", "in"}, r.Flags)...)
	broken := findings(stderr) != ""
	if want := patch != "" || broken; want != (exitCode(err) == 1) || err != nil && exitCode(err) != 1 {
		t.Errorf("a diff of %d bytes: %v", len(patch), err)
	}
	if tree, err := r.ReadOutput(filepath.Join(dir, "in")); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(r.Tree("in"), tree); diff != "" {
		t.Errorf("annotate without --in-place wrote (-was +is):\n%s", diff)
	}
	if diff := cmp.Diff(withoutRecipe(a.summary), stderr); diff != "" {
		t.Errorf("what is said with the diff is not what --in-place says (-in-place +diff):\n%s", diff)
	}
	top := filepath.Join(r.dir, "apply")
	if err := r.apply(top, patch); err != nil {
		t.Error(err)
		return
	}
	tree, err := r.ReadOutput(filepath.Join(top, "in"))
	if err != nil {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(a.tree, tree); diff != "" {
		t.Errorf("the diff, applied by git, is not what --in-place writes (-in-place +git):\n%s", diff)
	}
}

// checkSettled checks that nothing more is proposed for what was annotated.
func (r *run) checkSettled(t *testing.T, a *applied) {
	t.Helper()
	patch, stderr, err := r.pyxlock(a.top, slices.Concat([]string{"annotate", "in"}, r.Flags)...)
	if err != nil && !(exitCode(err) == 1 && findings(stderr) != "") {
		t.Errorf("annotating what was annotated: %v", err)
	}
	if patch != "" {
		t.Errorf("annotating what was annotated proposes more:\n%s", patch)
	}
}

// updateAnnotated writes what the archive expects.
func (r *run) updateAnnotated(t *testing.T, a *applied, list, found string) {
	t.Helper()
	in := r.Tree("in")
	r.RemoveTree("want")
	r.Ar.Files = slices.DeleteFunc(r.Ar.Files, func(f txtar.File) bool {
		return slices.Contains([]string{"unchanged", "list", "stderr", "check"}, f.Name)
	})
	for _, name := range slices.Sorted(maps.Keys(a.tree)) {
		if a.tree[name] != in[name] {
			r.SetFile("want/"+name, []byte(a.tree[name]))
		}
	}
	if len(r.Tree("want")) == 0 {
		r.SetFile("unchanged", nil)
	}
	for _, f := range []struct{ name, text string }{{"list", list}, {"stderr", spoken(withoutRecipe(a.summary))}, {"check", found}} {
		if f.text != "" {
			r.SetFile(f.name, []byte(f.text))
		}
	}
	r.save(t)
}

// TestAnnotatedCython has Cython compile what the annotated inputs are
// rewritten to.
func TestAnnotatedCython(t *testing.T) {
	all := &compiled{err: map[string]error{}}
	units := map[*run][]*unit{}
	var list []*unit
	for _, r := range annotates {
		if r.unchanged {
			continue
		}
		a := r.annotated()
		for _, module := range Modules(a.rewritten) {
			u, err := r.newUnit(filepath.Join(a.top, "out"), "applied", r.Versions[len(r.Versions)-1], r.Modes[0], module)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, u)
			units[r] = append(units[r], u)
		}
	}
	if err := os.MkdirAll(filepath.Join(work, "compiled"), 0o777); err != nil {
		t.Fatal(err)
	}
	all.compile(list, func(*unit) bool { return true })
	for _, err := range all.err {
		t.Fatal(err)
	}
	for _, r := range annotates {
		r.test(t, func(t *testing.T) {
			if a := r.annotated(); a.err != nil || a.refused != nil {
				t.Fatalf("nothing to compile: %v", errors.Join(a.err, a.refused))
			}
			if len(units[r]) == 0 {
				t.Error("nothing was compiled")
			}
			for _, u := range units[r] {
				if !u.ok {
					t.Errorf("Cython %s does not compile %s:\n%s", u.version, u.Source, u.messages)
				}
			}
		})
	}
}
