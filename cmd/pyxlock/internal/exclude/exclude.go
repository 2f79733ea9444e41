package exclude

// Which files of a directory are left out: by default, by the settings exclude and
// extend-exclude, and because git ignores them.

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// neverSource are the names of directories that hold no sources of anybody's
// project: what is hidden, what Python compiled, and what pyxlock wrote.
var neverSource = []string{".*", "__pycache__", "*.pyxlock"}

// hidden are the names of files that are no sources: an editor's locks and copies.
const hidden = ".*"

// defaultExclude is what exclude is where nobody says otherwise: names of directories
// with other people's sources and with copies of one's own.
var defaultExclude = []string{
	".git", ".nox", ".tox", ".venv", "*.egg-info", "__pypackages__", "_skbuild", "build", "dist", "node_modules", "site-packages", "venv",
}

// environmentMark is the file that makes a directory a virtual environment, whatever
// it is called.
const environmentMark = "pyvenv.cfg"

// exclusion is one glob.
type exclusion struct {
	glob   string
	base   string // the directory that it starts from, absolute and without links
	byName bool   // matches names anywhere, not paths
	dirs   bool   // matches directories only
}

func (x *exclusion) matches(abs string, isDir bool) bool {
	if x.dirs && !isDir {
		return false
	}
	if x.byName {
		return doublestar.MatchUnvalidated(x.glob, filepath.Base(abs))
	}
	rel, err := filepath.Rel(x.base, abs)
	return err == nil && doublestar.MatchUnvalidated(x.glob, filepath.ToSlash(rel))
}

// Reason says why a file or directory is left out.
type Reason uint8

const (
	Taken      Reason = iota // it is not left out
	byNature                 // see neverSource
	byUser                   // exclude or extend-exclude say so
	ByDefault                // see defaultExclude
	ByGit                    // git ignores it
	unexplored               // it is no Cython file, or behind a link to a directory
)

// Set tells what to leave out.
type Set struct {
	user     []exclusion
	Defaults bool // defaultExclude counts
	Git      bool // .gitignore counts
	Force    bool // also files and directories that are named
	Base     string
	known    map[string]*GitRules // answers of RulesFor
}

// Add takes up a glob that starts from a directory.
func (x *Set) Add(glob, base string) {
	glob, dirs := strings.CutSuffix(filepath.ToSlash(glob), "/")
	if glob == "" {
		return
	}
	byName := !strings.Contains(glob, "/")
	if base = fileio.Real(base); path.IsAbs(glob) || filepath.IsAbs(glob) {
		if rel, err := filepath.Rel(base, filepath.FromSlash(glob)); err == nil {
			glob = filepath.ToSlash(rel)
		}
	}
	x.user = append(x.user, exclusion{glob: path.Clean(glob), base: base, byName: byName, dirs: dirs})
}

// Of tells why a file or directory is left out, by its absolute path. That a
// directory above it may be is not considered.
func (x *Set) Of(abs string, isDir bool, rules *GitRules) Reason {
	name := filepath.Base(abs)
	if slices.ContainsFunc(x.user, func(e exclusion) bool { return e.matches(abs, isDir) }) {
		return byUser
	}
	if isDir {
		if oneMatches(neverSource, name) {
			return byNature
		}
		// A package may well be called "build" or "dist".
		if x.Defaults && oneMatches(defaultExclude, name) && !fspath.IsPackage(abs) {
			return ByDefault
		}
		// The mark may have come with a commit, to hide what is beside it.
		if x.Defaults && fspath.Exists(filepath.Join(abs, environmentMark)) && !fspath.IsPackage(abs) && !rules.Tracks(abs) {
			return ByDefault
		}
	} else if oneMatches([]string{hidden}, name) {
		return ByDefault // which takes it if something includes it
	}
	if rules.ignores(abs, isDir) {
		return ByGit
	}
	return Taken
}

func oneMatches(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) })
}

// Forced tells whether an argument is left out all the same. Directories above it
// count, as far as they belong to the project.
func (x *Set) Forced(arg string) bool {
	if !x.Force {
		return false
	}
	abs := filepath.Join(fileio.Real(filepath.Dir(arg)), filepath.Base(arg))
	if fspath.IsDir(arg) {
		abs = fileio.Real(arg)
	}
	for at, dir := abs, fspath.IsDir(arg); fspath.Inside(x.Base, at) && at != x.Base; at, dir = filepath.Dir(at), true {
		if x.Of(at, dir, nil) != Taken {
			return true
		}
	}
	return x.Of(abs, fspath.IsDir(arg), nil) == byUser
}

// RulesFor returns the .gitignore files that hold in a directory that was named: from
// the top of its git repository on, or without one its own. Where git ignores the
// directory itself, only what is in it counts: it was named.
func (x *Set) RulesFor(root string) (*GitRules, error) {
	if !x.Git {
		return nil, nil
	}
	rules, ok := x.known[root]
	if ok {
		return rules, nil
	}
	rules, err := x.readFor(root)
	if err == nil {
		if x.known == nil {
			x.known = map[string]*GitRules{}
		}
		x.known[root] = rules
	}
	return rules, err
}

func (x *Set) readFor(root string) (*GitRules, error) {
	chain := []string{root}
	for dir := root; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return (*GitRules)(nil).Below(root)
		}
		chain = append(chain, up)
	}
	var rules *GitRules
	for _, dir := range slices.Backward(chain) {
		if rules.ignores(dir, true) {
			return (&GitRules{dir: root, tracked: rules.tracked}).Below(root)
		}
		var err error
		if rules, err = rules.Below(dir); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// Why tells why a file below a directory that was named is left out, by the real
// path of the directory and the file's path from there.
func (x *Set) Why(root, rel string) (Reason, error) {
	rules, err := x.RulesFor(root)
	if err != nil {
		return Taken, err
	}
	at := root
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, part := range parts {
		at = filepath.Join(at, part)
		last := i == len(parts)-1
		if r := x.Of(at, !last, rules); r != Taken {
			// What is further down may be left out for a better reason.
			for j := i + 1; j < len(parts) && r != byUser && r != byNature; j++ {
				at = filepath.Join(at, parts[j])
				if deeper := x.Of(at, j < len(parts)-1, nil); deeper == byUser || deeper == byNature {
					r = deeper
				}
			}
			return r, nil
		}
		if !last && x.Git {
			if rules, err = rules.Below(at); err != nil {
				return Taken, err
			}
		}
	}
	return unexplored, nil
}
