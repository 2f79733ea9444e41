package config

// Which files are left out, by flags and pyproject.toml.

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/pflag"

	"pyxlock/cmd/pyxlock/internal/exclude"
	"pyxlock/emit/fileio"
)

func (s *Settings) addExclusions(f *pflag.FlagSet) {
	f.StringSliceVar(&s.Exclude, "exclude", nil, "files and directories to leave out, instead of the defaults: names, or paths with globs")
	f.StringSliceVar(&s.ExtendExclude, "extend-exclude", nil, "files and directories to leave out in addition")
	f.BoolVar(&s.noGitignore, "no-respect-gitignore", false, "take files that git ignores, too")
	f.BoolVar(&s.ForceExclude, "force-exclude", false, "leave out what is excluded even if it is named on the command line")
}

// configureExclusions fills in what no flag says. Globs start from the directory of
// the file that they stand in, those of flags from the current directory.
func (s *Settings) configureExclusions(flags *pflag.FlagSet, conf *Settings, dir string) {
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
func (s *Settings) validExclusions() error {
	for what, globs := range map[string][]string{"exclude": s.Exclude, "extend-exclude": s.ExtendExclude} {
		for _, glob := range globs {
			if !doublestar.ValidatePattern(filepath.ToSlash(glob)) {
				return fmt.Errorf("%s: %q: not a glob", what, glob)
			}
		}
	}
	return nil
}

// Exclusions returns what to leave out by the settings.
func (s *Settings) Exclusions() *exclude.Set {
	x := &exclude.Set{Defaults: s.Exclude == nil, Git: !s.noGitignore, Force: s.ForceExclude, Base: fileio.Real(".")}
	if s.ConfFile != "" {
		x.Base = fileio.Real(filepath.Dir(s.ConfFile))
	}
	for _, glob := range s.Exclude {
		x.Add(glob, s.excludeBase)
	}
	for i, glob := range s.ExtendExclude {
		x.Add(glob, s.extendBase[i])
	}
	return x
}
