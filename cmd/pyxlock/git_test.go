package main

// git in trees that want to have something run, or choose what they are compared
// with.

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/internal/gittest"
)

// A class without a finding, and what a change makes of it: one with.
const (
	before = "cimport cython\n\n@cython.locked_class\ncdef class A:\n    cdef int x\n"
	after  = before + "\n    # pyxlock: ignore[PXL101] nobody calls it\n    def put(self, int x):\n        self.x = x\n"
)

// pyxlockIn runs the program in a directory; it returns both streams and the exit
// code.
func pyxlockIn(t *testing.T, dir string, args ...string) (string, int) {
	t.Helper()
	t.Chdir(dir)
	var out bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(""), &out, &out)
	return out.String(), code
}

// trap is a program that leaves a mark when it is run.
func trap(t *testing.T) (program string, sprung func() bool) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the trap is a shell script")
	}
	dir := t.TempDir()
	program, mark := filepath.Join(dir, "trap"), filepath.Join(dir, "mark")
	gittest.Put(t, program, "#!/bin/sh\n: >'"+mark+"'\n")
	if err := os.Chmod(program, 0o777); err != nil {
		t.Fatal(err)
	}
	return program, func() bool {
		if !fspath.Exists(mark) {
			return false
		}
		if err := os.Remove(mark); err != nil {
			t.Fatal(err)
		}
		return true
	}
}

// hostile makes src, as a commit may hold it, a repository of its own: git has it
// run a program, and HEAD is what is in the work tree.
func hostile(t *testing.T, dir, program string) {
	t.Helper()
	inner := t.TempDir()
	gittest.Repo(t, inner, "-- a.pyx --\n"+after)
	gittest.Run(t, inner, "commit", "-q", "--allow-empty", "-m", "the same again") // HEAD~ is no other
	for _, name := range []string{"HEAD", "objects", "refs", "index"} {
		if err := os.CopyFS(filepath.Join(dir, "copy"), os.DirFS(filepath.Join(inner, ".git"))); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "copy", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "copy")); err != nil {
			t.Fatal(err)
		}
	}
	gittest.Put(t, filepath.Join(dir, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = "+filepath.ToSlash(dir)+"\n\tfsmonitor = "+program+"\n")
}

// A directory of the tree that looks like a repository is none: nothing of it is
// run, and the revisions are the real repository's.
func TestSinceTreeThatIsARepository(t *testing.T) {
	program, sprung := trap(t)
	dir := t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	src := filepath.Join(dir, "src")
	hostile(t, src, program)
	gittest.Put(t, filepath.Join(src, "a.pyx"), after)
	// git itself falls for it.
	gittest.Run(t, src, "status")
	if !sprung() {
		t.Fatal("the trap does not work")
	}
	gittest.Run(t, dir, "add", "-f", ".")
	gittest.Run(t, dir, "commit", "-q", "-m", "a pull request")
	if sprung() {
		t.Fatal("git ran it without us")
	}
	for _, args := range [][]string{
		{"check", "--since=HEAD~", "src"}, {"check", "--since=HEAD~...", "src"}, {"check", "--since=HEAD~", "src/a.pyx"},
		{"preview", "--since=HEAD~", "src"}, {"annotate", "--since=HEAD~", "src"},
	} {
		out, code := pyxlockIn(t, dir, args...)
		if sprung() {
			t.Errorf("%v: a program was run", args)
		}
		if args[0] == "check" && (code != console.Differences || !strings.Contains(out, "a.pyx:7:5: PXL014")) {
			t.Errorf("%v: exit code %d\n%s", args, code, out)
		}
	}
	// Its HEAD says that nothing has changed; this one's parent does not.
	for _, where := range []string{dir, src} {
		if out, code := pyxlockIn(t, where, "preview", "--since=HEAD~", where); code != 0 || !strings.Contains(out, "put") || sprung() {
			t.Errorf("in %s: exit code %d\n%s", where, code, out)
		}
	}
}

// Programs that a repository's own configuration names are not run either, however
// it came to it: from an archive, say.
func TestSinceRunsNoConfiguredProgram(t *testing.T) {
	program, sprung := trap(t)
	dir := t.TempDir()
	gittest.Repo(t, dir, `
-- .gitattributes --
*.pyx filter=trap diff=trap merge=trap
*.pxd filter=process diff=trap
-- src/a.pyx --
`+before+`
-- src/b.pxd --
cdef int x
`)
	gittest.Put(t, filepath.Join(dir, "src/a.pyx"), after)
	gittest.Put(t, filepath.Join(dir, "src/b.pxd"), "cdef int y\n")
	gittest.Put(t, filepath.Join(dir, ".git/info/attributes"), "* filter=trap diff=trap\n")
	for _, set := range [][2]string{
		{"core.fsmonitor", program}, {"core.pager", program}, {"core.sshCommand", program}, {"core.askPass", program},
		{"core.editor", program}, {"core.gitProxy", program}, {"core.alternateRefsCommand", program},
		{"pager.ls-files", program}, {"pager.cat-file", program}, {"pager.rev-parse", program}, {"pager.diff", program},
		{"filter.trap.clean", program}, {"filter.trap.smudge", program}, {"filter.trap.required", "true"},
		{"filter.process.process", program}, {"filter.process.required", "true"},
		{"diff.external", program}, {"diff.trap.textconv", program}, {"diff.trap.command", program}, {"diff.trap.cachetextconv", "true"},
		{"merge.trap.driver", program}, {"credential.helper", "!" + program}, {"gpg.program", program},
		{"alias.ls-files", "!" + program}, {"alias.ls-tree", "!" + program}, {"alias.cat-file", "!" + program}, {"alias.merge-base", "!" + program},
		{"core.repositoryFormatVersion", "1"}, {"extensions.partialClone", "origin"}, {"protocol.allow", "always"}, {"protocol.ext.allow", "always"},
		{"remote.origin.url", "ext::" + program}, {"remote.origin.promisor", "true"}, {"remote.origin.uploadpack", program},
		{"remote.origin.vcs", "ext"}, {"safe.directory", "*"}, {"core.worktree", filepath.ToSlash(t.TempDir())},
	} {
		gittest.Run(t, dir, "config", set[0], set[1])
	}
	hooks := filepath.Join(dir, ".git", "hooks")
	gittest.Run(t, dir, "config", "core.hooksPath", filepath.ToSlash(hooks))
	for _, name := range []string{"post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"} {
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		gittest.Put(t, filepath.Join(hooks, name), string(data))
		if err := os.Chmod(filepath.Join(hooks, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("git", "--work-tree=.", "diff", "HEAD")
	c.Dir = dir
	_ = c.Run() // it may say no
	if !sprung() {
		t.Fatal("the traps do not work")
	}
	for _, args := range [][]string{{"check", "--since=HEAD", "src"}, {"check", "--since=HEAD...", "src"}, {"preview", "--since=HEAD", "src"}} {
		out, _ := pyxlockIn(t, dir, args...)
		if sprung() {
			t.Errorf("%v: a program was run", args)
		}
		if !strings.Contains(out, "src/a.pyx") {
			t.Errorf("%v: the change is not seen:\n%s", args, out)
		}
	}
	// What the repository lacks is not fetched.
	id := gittest.Run(t, dir, "--work-tree=.", "rev-parse", "HEAD:src/a.pyx")
	sprung()
	if err := os.Remove(filepath.Join(dir, ".git", "objects", id[:2], id[2:])); err != nil {
		t.Fatal(err)
	}
	out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src")
	if sprung() {
		t.Error("a missing object: a program was run")
	}
	if code != console.Usage || !strings.Contains(out, "this clone lacks the file") {
		t.Errorf("a missing object: exit code %d\n%s", code, out)
	}
}

// What a .git may be, and what it may not.
func TestSinceWhichRepository(t *testing.T) {
	program, sprung := trap(t)
	dir := fileio.Real(t.TempDir())
	outer := filepath.Join(dir, "outer")
	gittest.Repo(t, outer, "-- src/a.pyx --\n"+before+"-- evil/a.pyx --\n"+before)
	changed := func(top string) { gittest.Put(t, filepath.Join(top, "src/a.pyx"), after) }
	gittest.Run(t, outer, "worktree", "add", "-q", filepath.Join(dir, "linked"))
	gittest.Run(t, dir, "clone", "-q", "--separate-git-dir", filepath.Join(dir, "apart.repo"), outer, filepath.Join(dir, "apart"))
	gittest.Run(t, dir, "clone", "-q", "--bare", outer, filepath.Join(dir, "many", ".bare"))
	gittest.Put(t, filepath.Join(dir, "many", ".git"), "gitdir: ./.bare\n")
	gittest.Run(t, filepath.Join(dir, "many", ".bare"), "worktree", "add", "-q", filepath.Join(dir, "many", "one"), "main")
	gittest.Run(t, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", outer, "sub")
	for _, top := range []string{outer, filepath.Join(dir, "linked"), filepath.Join(dir, "apart"), filepath.Join(dir, "many", "one"), filepath.Join(outer, "sub")} {
		changed(top)
		if out, code := pyxlockIn(t, top, "check", "--since=HEAD", "src"); code != console.Differences || !strings.Contains(out, "src/a.pyx:7:5: PXL014") {
			t.Errorf("%s: exit code %d\n%s", top, code, out)
		}
	}
	refused := func(why, where string, args ...string) {
		t.Helper()
		out, code := pyxlockIn(t, where, args...)
		if code != console.Usage || !strings.Contains(out, why) {
			t.Errorf("in %s: exit code %d, want %q\n%s", where, code, why, out)
		}
		if sprung() {
			t.Errorf("in %s: a program was run", where)
		}
	}
	// The revisions are those of the repository where the user is.
	refused("start pyxlock there if you mean its revisions", outer, "check", "--since=HEAD", "sub/src")
	// An archive may hold what no commit can: a .git that leads to files of the tree,
	evil := filepath.Join(outer, "evil")
	hostile(t, evil, program)
	src := filepath.Join(outer, "src")
	gittest.Put(t, filepath.Join(src, ".git"), "gitdir: ../evil\n")
	refused("which is among the files of the work tree", src, "check", "--since=HEAD", ".")
	if err := os.Remove(filepath.Join(src, ".git")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(evil, filepath.Join(src, ".git")); err != nil {
		t.Fatal(err)
	}
	refused("which is among the files of the work tree", src, "check", "--since=HEAD", ".")
	// one that is no repository, beside what git would take for one then,
	if err := os.Mkdir(filepath.Join(evil, ".git"), 0o777); err != nil {
		t.Fatal(err)
	}
	refused("not in a git repository that can be read", evil, "check", "--since=HEAD", ".")
	// and one that leads nowhere, or round.
	for _, text := range []string{"gitdir: nowhere\n", "gitdir: .git\n", "gitdir: \n", "something else\n"} {
		odd := filepath.Join(dir, "odd")
		gittest.Put(t, filepath.Join(odd, ".git"), text)
		gittest.Put(t, filepath.Join(odd, "a.pyx"), before)
		refused("--since: ", odd, "check", "--since=HEAD", ".")
	}
}

// A hook tells git by variables which repository it is about; they do not mislead
// us.
func TestSinceInAHook(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	gittest.Repo(t, other, "-- src/a.pyx --\n"+after)
	gittest.Put(t, filepath.Join(dir, "src/a.pyx"), after)
	for _, env := range [][]string{
		{"GIT_DIR=.git", "GIT_INDEX_FILE=.git/index", "GIT_PREFIX=src/"},
		{"GIT_DIR=" + filepath.Join(other, ".git"), "GIT_WORK_TREE=" + other, "GIT_INDEX_FILE=" + filepath.Join(other, ".git", "index")},
		{"GIT_OBJECT_DIRECTORY=" + t.TempDir(), "GIT_COMMON_DIR=" + t.TempDir(), "GIT_NAMESPACE=x"},
	} {
		t.Run(env[0], func(t *testing.T) {
			for _, v := range env {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			if out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src"); code != console.Differences || !strings.Contains(out, "reported: 1 of 1 file") {
				t.Errorf("exit code %d\n%s", code, out)
			}
		})
	}
}

// What has changed is what a person would say has.
func TestSinceWhatHasChanged(t *testing.T) {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string // what is reported
	}{
		{"nothing", func(*testing.T, string) {}, "0 of 3"},
		{"line ends, as git turns them", func(t *testing.T, dir string) { gittest.Put(t, filepath.Join(dir, "src/a.pyx"), crlf(before)) }, "0 of 3"},
		{"line ends and text", func(t *testing.T, dir string) { gittest.Put(t, filepath.Join(dir, "src/a.pyx"), crlf(after)) }, "1 of 3"},
		{"mode", func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "src/a.pyx"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "0 of 3"},
		{"out of the index", func(t *testing.T, dir string) { gittest.Run(t, dir, "rm", "-q", "--cached", "src/a.pyx") }, "0 of 3"},
		{"said to be unchanged", func(t *testing.T, dir string) {
			gittest.Run(t, dir, "update-index", "--assume-unchanged", "src/a.pyx")
			gittest.Put(t, filepath.Join(dir, "src/a.pyx"), after)
		}, "1 of 3"},
		{"not checked out", func(t *testing.T, dir string) {
			gittest.Run(t, dir, "update-index", "--skip-worktree", "src/b.pyx")
			if err := os.Remove(filepath.Join(dir, "src/b.pyx")); err != nil {
				t.Fatal(err)
			}
		}, "0 of 2"},
		{"new", func(t *testing.T, dir string) { gittest.Put(t, filepath.Join(dir, "src/new.pyx"), after) }, "1 of 4"},
		{"new, with a tab", func(t *testing.T, dir string) { gittest.Put(t, filepath.Join(dir, "src/n\tew.pyx"), after) }, "1 of 4"},
		{"ignored", func(t *testing.T, dir string) { gittest.Put(t, filepath.Join(dir, "src/ignored.pyx"), after) }, "0 of 3"},
		{"a submodule in place of a directory", func(t *testing.T, dir string) {
			other := t.TempDir()
			gittest.Repo(t, other, "-- sub.pyx --\n"+before+"-- more.pyx --\n"+after)
			gittest.Run(t, dir, "rm", "-q", "-r", "src/sub")
			gittest.Run(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "src/sub")
		}, "1 of 4"},
		{"a repository that git does not know", func(t *testing.T, dir string) {
			gittest.Repo(t, filepath.Join(dir, "src/nested"), "-- n.pyx --\n"+after)
		}, "1 of 4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, format := range []string{"sha1", "sha256"} {
				t.Setenv("GIT_DEFAULT_HASH", format)
				if strings.Contains(test.name, "submodule") && format != "sha1" {
					continue
				}
				dir := t.TempDir()
				gittest.Repo(t, dir, "-- .gitignore --\n*ignored.pyx\n-- src/a.pyx --\n"+before+"-- src/b.pyx --\n"+before+"-- src/sub/sub.pyx --\n"+before)
				test.change(t, dir)
				out, _ := pyxlockIn(t, dir, "check", "--since=HEAD", "--statistics", "src")
				if !strings.Contains(out, test.want+" files, changed since HEAD") {
					t.Errorf("%s: want %q\n%s", format, test.want, out)
				}
			}
		})
	}
}

// A program of the tree is not git, whatever PATH says.
func TestSinceGitOfTheTree(t *testing.T) {
	program, sprung := trap(t)
	dir := t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	if err := os.Symlink(program, filepath.Join(dir, "git")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "."+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src")
	if sprung() {
		t.Error("it was run")
	}
	if code != console.Usage || !strings.Contains(out, "take relative directories out of PATH") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Git's own check, whether it may trust a repository, holds.
func TestSinceOwnedBySomebodyElse(t *testing.T) {
	dir := t.TempDir()
	gittest.Repo(t, dir, "-- src/a.pyx --\n"+before)
	for _, path := range []string{dir, filepath.Join(dir, ".git")} {
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Skip("only root can give a directory away: ", err)
		}
	}
	if out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src"); code != console.Usage || !strings.Contains(out, "dubious ownership") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "safe.directory")
	t.Setenv("GIT_CONFIG_VALUE_0", "*")
	if out, code := pyxlockIn(t, dir, "check", "--since=HEAD", "src"); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
