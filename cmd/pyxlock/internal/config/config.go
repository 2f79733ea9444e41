package config

// Settings: flags, and [tool.pyxlock] in the nearest pyproject.toml for what
// no flag says.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/runtime"
	"pyxlock/transform"
)

// Settings are the options that rewrite, preview and check share.
type Settings struct {
	Lock           string   `toml:"lock"`
	Locking        string   `toml:"locking"`
	Layout         string   `toml:"layout"`
	Runtime        string   `toml:"runtime"`
	IncludePath    []string `toml:"include-path"`
	IncludeFlag    []string `toml:"-"` // of IncludePath, what the command line says
	Programs       []string `toml:"-"` // in whose environments packages are installed, beside pyxlock's own
	Reads          []string `toml:"reads"`
	Locks          []string `toml:"locks"`
	HeaderDirs     []string `toml:"headers"`
	HeaderSettings `toml:"-"`
	Src            any      `toml:"src"`
	SourceDirs     []string `toml:"-"` // Src as it was read
	Jobs           int      `toml:"jobs"`
	// Compatible says that the build declares freethreading_compatible for all modules.
	Compatible bool   `toml:"freethreading-compatible"`
	DeclaredBy string `toml:"-"` // who says so: a line of pyproject.toml, a flag
	Baseline   string `toml:"baseline"`
	Color      string `toml:"color"`
	// Which findings are wanted; see select.go.
	Severity       string              `toml:"severity"` // the least of those that check reports; "" for all
	Select         []string            `toml:"select"`
	Ignore         []string            `toml:"ignore"`
	PerFileIgnores map[string][]string `toml:"per-file-ignores"`
	// Which files of directories are left out; see exclude.go.
	Exclude          []string `toml:"exclude"`
	ExtendExclude    []string `toml:"extend-exclude"`
	RespectGitignore *bool    `toml:"respect-gitignore"`
	ForceExclude     bool     `toml:"force-exclude"`
	noGitignore      bool
	excludeBase      string   // the directory that Exclude starts from
	extendBase       []string // likewise, for each of ExtendExclude

	// MayInclude tells which files may be read for an include; nil is all.
	MayInclude func(path string) bool `toml:"-"`

	// InScope returns files whose subclasses count beside the inputs'; see package inputs.
	InScope func() ([]string, error) `toml:"-"`
	// Beside returns the .py files there that Cython does not compile, once InScope was called.
	Beside func() []string `toml:"-"`

	StdinName string                   `toml:"-"`
	Canonical func(path string) string `toml:"-"` // gives a file one name; see fspath.Naming
	Quiet     bool                     `toml:"-"`
	ConfFile  string                   `toml:"-"` // the pyproject.toml that was read; "" for none
	Verbose   bool                     `toml:"-"`
}

// AddFlags declares the flags of the settings that mean something to all.
func (s *Settings) AddFlags(c *cobra.Command) {
	s.Runtime = "vendored" // where no flag can say otherwise
	f := c.Flags()
	f.StringVar(&s.Lock, "lock", "rwlock", "lock of classes that name none: rwlock, critical_section or mutex")
	f.StringVar(&s.Locking, "locking", "on", "on; off removes the decorators and locks nothing; check reports at run time where a lock is missing")
	f.StringArrayVarP(&s.IncludePath, "include-path", "I", nil, "directory to search for cimported .pxd files; may be repeated")
	f.StringSliceVar(&s.Reads, "reads", nil, "C functions that only read what they are given, whatever their prototypes say: names or patterns (\"gr_*\"); a \"!\" in front takes one back")
	f.BoolVar(&s.Compatible, "freethreading-compatible", false, "the build declares freethreading_compatible for all modules")
	s.HeaderSettings.addFlags(f)
	f.IntVarP(&s.Jobs, "jobs", "j", 0, "files to work on at a time (default one per processor)")
	f.StringVar(&s.Color, "color", "auto", "auto, always or never")
	f.StringVar(&s.StdinName, "stdin-filename", "", "what \"-\" (standard input) is called (default stdin.pyx)")
	f.BoolVarP(&s.Quiet, "quiet", "q", false, "print findings and errors only")
	s.addExclusions(f)
}

// AddVerbose declares --verbose; what says what is told besides the headers that are not understood.
func (s *Settings) AddVerbose(f *pflag.FlagSet, what string) {
	f.BoolVarP(&s.Verbose, "verbose", "v", false, "say "+what+"which declarations in C headers are not understood")
}

// AddExpansion declares those of the commands that show or write the expansion.
func (s *Settings) AddExpansion(f *pflag.FlagSet, layout string) {
	f.StringVar(&s.Layout, "layout", "", "readable, or aligned to keep line numbers ("+layout+")")
	f.StringVar(&s.Runtime, "runtime", "vendored", "where the rwlock comes from: vendored, package or inline")
}

// AddSome declares the named flags of the settings only.
func (s *Settings) AddSome(fl *pflag.FlagSet, names ...string) {
	whole := &cobra.Command{}
	s.AddFlags(whole)
	s.AddExpansion(whole.Flags(), "")
	for _, n := range names {
		fl.AddFlag(whole.Flags().Lookup(n))
	}
}

// Prepare checks the flags and fills in what the configuration says.
func (s *Settings) Prepare(c *cobra.Command, inputs []string) error {
	if err := s.Valid(); err != nil {
		return err
	}
	return s.Configure(c, inputs)
}

// Paths returns what a command is about that was given none: the directories of src
// in the pyproject.toml above the current directory, else the current directory.
func Paths(args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	path, data, err := fspath.Nearest(".", "pyproject.toml")
	if err != nil || path == "" {
		return []string{"."}, err
	}
	t, err := readTable(path, data)
	if err != nil || t == nil || t.values["src"] == nil {
		return []string{"."}, err
	}
	dirs, err := sourceDirs(t.values["src"])
	if err != nil {
		return nil, t.located(err)
	}
	for i, dir := range dirs {
		dirs[i] = filepath.Join(filepath.Dir(path), filepath.FromSlash(dir))
	}
	return dirs, nil
}

// Configure fills in what no flag set from the pyproject.toml nearest to the
// first input.
func (s *Settings) Configure(c *cobra.Command, inputs []string) error {
	s.Canonical = fspath.Naming(inputs)
	if s.Compatible && s.DeclaredBy == "" {
		s.DeclaredBy = "--freethreading-compatible"
	}
	s.IncludeFlag = s.IncludePath
	if !s.Quiet {
		for _, d := range s.HeaderPath {
			sayUnlessDir(c.ErrOrStderr(), "--header-path", d, d)
		}
	}
	s.configureExclusions(c.Flags(), nil, "")
	dir := "."
	if len(inputs) > 0 && inputs[0] != "-" {
		dir = inputs[0]
		if st, err := os.Stat(dir); err == nil && !st.IsDir() {
			dir = filepath.Dir(dir)
		}
	}
	path, data, err := fspath.Nearest(dir, "pyproject.toml")
	if err != nil || path == "" {
		return err
	}
	s.ConfFile = path // also where it says nothing yet
	sayMisspelt(c.ErrOrStderr(), path, data)
	t, err := readTable(path, data)
	if err != nil || t == nil {
		return err
	}
	var conf Settings
	if err := t.decode(&conf); err != nil {
		return err
	}
	fill := func(flag string, to *string, from string) {
		if from != "" && !c.Flags().Changed(flag) {
			*to = from
		}
	}
	fill("lock", &s.Lock, conf.Lock)
	fill("locking", &s.Locking, conf.Locking)
	fill("layout", &s.Layout, conf.Layout)
	fill("runtime", &s.Runtime, conf.Runtime)
	fill("color", &s.Color, conf.Color)
	fill("severity", &s.Severity, conf.Severity)
	if !c.Flags().Changed("freethreading-compatible") && conf.Compatible {
		s.Compatible = true
		s.DeclaredBy = t.where("freethreading-compatible")
	}
	if conf.Baseline != "" && s.Baseline == "" {
		s.Baseline = filepath.Join(filepath.Dir(path), filepath.FromSlash(conf.Baseline))
	}
	if conf.Jobs != 0 && !c.Flags().Changed("jobs") {
		s.Jobs = conf.Jobs
	}
	s.Locks = conf.Locks
	if len(s.Reads) == 0 {
		s.Reads = conf.Reads
	}
	if err := s.HeaderSettings.configure(conf.HeaderDirs, filepath.Dir(path)); err != nil {
		return t.located(err)
	}
	if !s.Quiet {
		sayAbsent(c.ErrOrStderr(), t, "headers", conf.HeaderDirs)
	}
	if conf.Src != nil {
		if s.SourceDirs, err = sourceDirs(conf.Src); err != nil {
			return t.located(err)
		}
		if !s.Quiet {
			sayAbsent(c.ErrOrStderr(), t, "src", s.SourceDirs)
		}
	}
	if len(s.IncludePath) == 0 {
		for _, d := range conf.IncludePath {
			s.IncludePath = append(s.IncludePath, filepath.Join(filepath.Dir(path), d))
		}
	}
	if !c.Flags().Changed("select") {
		s.Select = conf.Select
	}
	if !c.Flags().Changed("ignore") {
		s.Ignore = conf.Ignore
	}
	s.PerFileIgnores = conf.PerFileIgnores
	s.configureExclusions(c.Flags(), &conf, filepath.Dir(path))
	if err := s.Valid(); err != nil {
		return t.located(err)
	}
	return nil
}

// Severities are those of findings, the least first.
var Severities = []string{"note", "warning", "error"}

// OneOf refuses a value that is none of those allowed; what says what it is of.
func OneOf(what, v string, allowed ...string) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	hint := ""
	if near := transform.Nearest(v, allowed); near != "" {
		hint = fmt.Sprintf(": did you mean %q?", near)
	}
	return fmt.Errorf("%s: %q is not one of %s%s", what, v, console.Join(slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return a == "" })), hint)
}

// Valid refuses settings that mean nothing.
func (s *Settings) Valid() error {
	if s.Jobs < 0 {
		return fmt.Errorf("jobs: %d is negative", s.Jobs)
	}
	for _, p := range s.Reads {
		if _, err := path.Match(strings.TrimPrefix(p, "!"), ""); err != nil {
			return fmt.Errorf("reads: %q: %v", p, err)
		}
	}
	for _, p := range s.Locks {
		if err := transform.ValidLock(p); err != nil {
			return fmt.Errorf("locks: %w", err)
		}
	}
	return errors.Join(
		OneOf("lock", s.Lock, "rwlock", "critical_section", "mutex"),
		OneOf("locking", s.Locking, "on", "off", "check"),
		OneOf("layout", s.Layout, "", "readable", "aligned"),
		OneOf("runtime", s.Runtime, "vendored", "package", "inline"),
		OneOf("color", s.Color, "auto", "always", "never"),
		OneOf("severity", s.Severity, append([]string{""}, Severities...)...),
		s.validSelection(),
		s.validExclusions(),
	)
}

// Workers returns how many files to work on at a time.
func (s *Settings) Workers() int {
	if s.Jobs > 0 {
		return s.Jobs
	}
	return goruntime.GOMAXPROCS(0)
}

// Options turns settings into the project's.
func (s *Settings) Options(layout transform.Layout, roots []string) transform.Options {
	kind, _ := transform.ParseKind(s.Lock)
	o := transform.Options{Declared: s.DeclaredBy, Lock: kind, Off: s.Locking == "off", Check: s.Locking == "check", Layout: layout, Include: s.IncludePath, Installed: installed(s.Programs), Reads: s.Reads, Locks: s.Locks, Headers: s.Headers, Roots: roots, MayInclude: s.MayInclude, Scope: s.InScope, Beside: s.Beside, Canonical: s.Canonical, Selected: s.selected()}
	if o.Check {
		o.Called = s.called
	}
	switch s.Layout {
	case "readable":
		o.Layout = transform.Readable
	case "aligned":
		o.Layout = transform.Aligned
	}
	switch s.Runtime {
	case "package":
		o.Runtime = transform.Package
	case "inline":
		o.Runtime = transform.Inline
		o.InlineRuntime = runtime.Inline()
		if o.Check {
			o.InlineCheck = runtime.InlineCheck()
		}
	}
	return o
}

// called returns what a file is called in what a checked build reports. Build back ends run
// elsewhere: a file that is not below the current directory is named from that of
// pyproject.toml.
func (s *Settings) called(path string) string {
	if s.ConfFile == "" || !strings.HasPrefix(filepath.ToSlash(path), "../") && !filepath.IsAbs(path) {
		return path
	}
	root, err := filepath.Abs(filepath.Dir(s.ConfFile))
	if err != nil {
		return path
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(root, file)
	if err != nil || rel == ".." || strings.HasPrefix(filepath.ToSlash(rel), "../") {
		return path
	}
	return filepath.ToSlash(rel)
}

// Colored reports whether to colour what goes to w.
func (s *Settings) Colored(w io.Writer) bool {
	switch s.Color {
	case "always":
		return true
	case "never":
		return false
	}
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	return console.IsTerminal(w)
}
