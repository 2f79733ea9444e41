package main

// Which files of a directory are left out: by default, by the settings exclude and
// extend-exclude, and because git ignores them.

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/pflag"
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

// reason says why a file or directory is left out.
type reason uint8

const (
	taken      reason = iota
	byNature          // see neverSource
	byUser            // exclude or extend-exclude say so
	byDefault         // see defaultExclude
	byGit             // git ignores it
	unexplored        // it is no Cython file, or behind a link to a directory
)

// exclusions tell what to leave out.
type exclusions struct {
	user     []exclusion
	defaults bool // defaultExclude counts
	git      bool // .gitignore counts
	force    bool // also files and directories that are named
	base     string
	known    map[string]*gitRules // answers of rulesFor
}

func (s *settings) addExclusions(f *pflag.FlagSet) {
	f.StringSliceVar(&s.Exclude, "exclude", nil, "files and directories to leave out, in place of the defaults: names, or paths with globs")
	f.StringSliceVar(&s.ExtendExclude, "extend-exclude", nil, "files and directories to leave out besides")
	f.BoolVar(&s.noGitignore, "no-respect-gitignore", false, "take files that git ignores, too")
	f.BoolVar(&s.ForceExclude, "force-exclude", false, "leave out what is excluded even where it is named on the command line")
}

// configureExclusions fills in what no flag says. Globs start from the directory of
// the file that they stand in, those of flags from the current directory.
func (s *settings) configureExclusions(flags *pflag.FlagSet, conf *settings, dir string) {
	s.excludeBase, s.extendBase = ".", slices.Repeat([]string{"."}, len(s.ExtendExclude))
	if conf == nil {
		return
	}
	if conf.Exclude != nil && !flags.Changed("exclude") {
		s.Exclude, s.excludeBase = conf.Exclude, dir
	}
	for _, glob := range conf.ExtendExclude {
		s.ExtendExclude = append(s.ExtendExclude, glob)
		s.extendBase = append(s.extendBase, dir)
	}
	if conf.RespectGitignore != nil && !flags.Changed("no-respect-gitignore") {
		s.noGitignore = !*conf.RespectGitignore
	}
	if !flags.Changed("force-exclude") {
		s.ForceExclude = conf.ForceExclude
	}
}

// validExclusions reports globs that do not parse.
func (s *settings) validExclusions() error {
	for what, globs := range map[string][]string{"exclude": s.Exclude, "extend-exclude": s.ExtendExclude} {
		for _, glob := range globs {
			if !doublestar.ValidatePattern(filepath.ToSlash(glob)) {
				return fmt.Errorf("%s: %q: not a glob", what, glob)
			}
		}
	}
	return nil
}

// exclusions returns what to leave out by the settings.
func (s *settings) exclusions() *exclusions {
	x := &exclusions{defaults: s.Exclude == nil, git: !s.noGitignore, force: s.ForceExclude, base: realPath(".")}
	if s.confFile != "" {
		x.base = realPath(filepath.Dir(s.confFile))
	}
	add := func(glob, base string) {
		glob, dirs := strings.CutSuffix(filepath.ToSlash(glob), "/")
		if glob == "" {
			return
		}
		byName := !strings.Contains(glob, "/")
		if base = realPath(base); path.IsAbs(glob) || filepath.IsAbs(glob) {
			if rel, err := filepath.Rel(base, filepath.FromSlash(glob)); err == nil {
				glob = filepath.ToSlash(rel)
			}
		}
		x.user = append(x.user, exclusion{glob: path.Clean(glob), base: base, byName: byName, dirs: dirs})
	}
	for _, glob := range s.Exclude {
		add(glob, s.excludeBase)
	}
	for i, glob := range s.ExtendExclude {
		add(glob, s.extendBase[i])
	}
	return x
}

// of tells why a file or directory is left out, by its absolute path. That a
// directory above it may be is not considered.
func (x *exclusions) of(abs string, isDir bool, rules *gitRules) reason {
	name := filepath.Base(abs)
	if slices.ContainsFunc(x.user, func(e exclusion) bool { return e.matches(abs, isDir) }) {
		return byUser
	}
	if isDir {
		if oneMatches(neverSource, name) {
			return byNature
		}
		// A package may well be called "build" or "dist".
		if x.defaults && oneMatches(defaultExclude, name) && !isPackage(abs) {
			return byDefault
		}
		// The mark may have come with a commit, to hide what is beside it.
		if x.defaults && exists(filepath.Join(abs, environmentMark)) && !isPackage(abs) && !rules.tracks(abs) {
			return byDefault
		}
	} else if oneMatches([]string{hidden}, name) {
		return byDefault // which takes it if something includes it
	}
	if rules.ignores(abs, isDir) {
		return byGit
	}
	return taken
}

func oneMatches(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, name) })
}

// forced tells whether an argument is left out all the same. Directories above it
// count, as far as they belong to the project.
func (x *exclusions) forced(arg string) bool {
	if !x.force {
		return false
	}
	abs := filepath.Join(realPath(filepath.Dir(arg)), filepath.Base(arg))
	if isDir(arg) {
		abs = realPath(arg)
	}
	for at, dir := abs, isDir(arg); inside(x.base, at) && at != x.base; at, dir = filepath.Dir(at), true {
		if x.of(at, dir, nil) != taken {
			return true
		}
	}
	return x.of(abs, isDir(arg), nil) == byUser
}

// rulesFor returns the .gitignore files that hold in a directory that was named: from
// the top of its git repository on, or without one its own. Where git ignores the
// directory itself, only what is in it counts: it was named.
func (x *exclusions) rulesFor(root string) (*gitRules, error) {
	if !x.git {
		return nil, nil
	}
	rules, ok := x.known[root]
	if ok {
		return rules, nil
	}
	rules, err := x.readFor(root)
	if err == nil {
		if x.known == nil {
			x.known = map[string]*gitRules{}
		}
		x.known[root] = rules
	}
	return rules, err
}

func (x *exclusions) readFor(root string) (*gitRules, error) {
	chain := []string{root}
	for dir := root; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return (*gitRules)(nil).below(root)
		}
		chain = append(chain, up)
	}
	var rules *gitRules
	for _, dir := range slices.Backward(chain) {
		if rules.ignores(dir, true) {
			return (&gitRules{dir: root, tracked: rules.tracked}).below(root)
		}
		var err error
		if rules, err = rules.below(dir); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// why tells why a file below a directory that was named is left out, by the real
// path of the directory and the file's path from there.
func (x *exclusions) why(root, rel string) (reason, error) {
	rules, err := x.rulesFor(root)
	if err != nil {
		return taken, err
	}
	at := root
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, part := range parts {
		at = filepath.Join(at, part)
		last := i == len(parts)-1
		if r := x.of(at, !last, rules); r != taken {
			// What is further down may be left out for a better reason.
			for j := i + 1; j < len(parts) && r != byUser && r != byNature; j++ {
				at = filepath.Join(at, parts[j])
				if deeper := x.of(at, j < len(parts)-1, nil); deeper == byUser || deeper == byNature {
					r = deeper
				}
			}
			return r, nil
		}
		if !last && x.git {
			if rules, err = rules.below(at); err != nil {
				return taken, err
			}
		}
	}
	return unexplored, nil
}
