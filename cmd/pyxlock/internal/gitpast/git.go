package gitpast

// git, for --since. The tree may be a stranger's, so git is told which repository
// it is about, is asked only what runs no program, and has everything turned off
// that a repository's configuration could start.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/exclude"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// Repository is a git work tree.
type Repository struct{ Top string } // absolute, without links

// Open finds the repository of a directory, by the ".git" in it or above
// it. That is something that git checks out from no commit. Git itself would also
// take a directory for a repository that has the files of one, and these a commit
// may hold.
func Open(ctx context.Context, dir string) (*Repository, error) {
	top := exclude.WorkTree(fileio.Real(dir))
	if top == "" {
		return nil, fmt.Errorf("--since: %s is not in a git repository: there is no .git in it or above it", dir)
	}
	// In a repository that lies in the one where the user stands, a submodule or one
	// that was unpacked, the revision would be the inner one's.
	if here := exclude.WorkTree(fileio.Real(".")); here != "" && here != top && fspath.Inside(here, top) {
		return nil, fmt.Errorf("--since: %s is in a git repository of its own, %s: start pyxlock there if you mean its revisions", dir, top)
	}
	want, err := exclude.GitDir(top)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	r := &Repository{top}
	out, err := r.git(ctx, nil, "rev-parse", "--absolute-git-dir")
	var failed *gitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("--since: %s is not in a git repository that can be read (git says: %s)", dir, failed.said)
	}
	if err != nil {
		return nil, err
	}
	if got := filepath.FromSlash(strings.TrimSuffix(string(out), "\n")); !sameFile(got, want) {
		return nil, fmt.Errorf("--since: git takes %s for the repository of %s, but .git there names %s", got, top, want)
	}
	return r, nil
}

func sameFile(x, y string) bool {
	a, errA := os.Stat(x)
	b, errB := os.Stat(y)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// gitError is git's own no.
type gitError struct{ said string }

func (e *gitError) Error() string { return "git: " + e.said }

// quiet are settings that go before a repository's own. Nothing that is asked here
// runs hooks, filters, textconv or diff programs; these are what reading an index
// or an object might start.
var quiet = []string{
	"--no-pager",
	"-c", "safe.bareRepository=explicit", // git 2.38; an older one is caught by Open
	"-c", "core.fsmonitor=", // empty is off, also where "false" is the name of a program
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.untrackedCache=false",
	"-c", "submodule.recurse=false",
}

// gitEnv returns the environment for git in a work tree. A hook that calls us has
// been told its repository by the variables that are dropped; we go by the paths.
func gitEnv(top string) []string {
	local := []string{"GIT_DIR", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_NAMESPACE", "GIT_IMPLICIT_WORK_TREE", "GIT_CONFIG", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE"}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(local, name)
	})
	return append(env,
		"GIT_WORK_TREE="+top,                             // whatever core.worktree says
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(top),     // look no higher
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", // fetch nothing that a partial clone lacks
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
}

// git runs git in the repository.
func (r *Repository) git(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "git", slices.Concat(quiet, args)...)
	var out, said bytes.Buffer
	c.Dir, c.Env = r.Top, gitEnv(r.Top)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(stdin), &out, &said
	err := c.Run()
	var code *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("--since needs the git command, which is not on PATH")
	case errors.Is(err, exec.ErrDot):
		return nil, fmt.Errorf("--since: PATH leads to %s, in the current directory, which is not run: take relative directories out of PATH", c.Path)
	case errors.As(err, &code):
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		if line == "" {
			line = code.String() // "signal: killed", which git says nothing of
		}
		return nil, &gitError{strings.TrimPrefix(line, "fatal: ")}
	}
	return out.Bytes(), err
}

// Head returns the short id of the commit that is checked out.
func (r *Repository) Head(ctx context.Context) (string, error) {
	id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--short", "HEAD^{commit}")
	return strings.TrimSpace(string(id)), err
}

// Tree returns the id of a revision's tree.
func (r *Repository) Tree(ctx context.Context, rev string) (string, error) {
	unknown := func(err error) error {
		var failed *gitError
		if errors.As(err, &failed) {
			return fmt.Errorf("--since=%s: git knows no such revision in %s (in a shallow clone, fetch it first)", rev, r.Top)
		}
		return err
	}
	if base, ok := strings.CutSuffix(rev, "..."); ok {
		id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", base+"^{commit}")
		if err != nil {
			return "", unknown(err)
		}
		common, err := r.git(ctx, nil, "merge-base", strings.TrimSpace(string(id)), "HEAD")
		var failed *gitError
		if errors.As(err, &failed) {
			return "", fmt.Errorf("--since=%s: %s and HEAD have no commit in common (a shallow clone may lack it)", rev, base)
		}
		if err != nil {
			return "", err
		}
		rev = strings.TrimSpace(string(common))
	}
	id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{tree}")
	if err != nil {
		return "", unknown(err)
	}
	return strings.TrimSpace(string(id)), nil
}
