package main

// Settings: flags, and [tool.pyxlock] in the nearest pyproject.toml for what
// no flag says.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	goruntime "runtime"
	"strings"

	toml "github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pyxlock/emit"
	"pyxlock/runtime"
	"pyxlock/transform"
)

// settings are the options that rewrite, preview and check share.
type settings struct {
	Lock        string   `toml:"lock"`
	Locking     string   `toml:"locking"`
	Layout      string   `toml:"layout"`
	Runtime     string   `toml:"runtime"`
	IncludePath []string `toml:"include-path"`
	includeFlag []string // of IncludePath, what the command line says
	Reads       []string `toml:"reads"`
	Jobs        int      `toml:"jobs"`
	Color       string   `toml:"color"`
	// Which findings are wanted; see select.go.
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

	// mayInclude tells which files may be read for an include; nil is all.
	mayInclude func(path string) bool

	stdinName string
	canonical func(path string) string // gives a file one name; see naming
	quiet     bool
	confFile  string // the pyproject.toml that was read; "" for none
	verbose   bool
}

// addFlags declares the flags of the settings that mean something to all.
func (s *settings) addFlags(c *cobra.Command) {
	s.Runtime = "vendored" // where no flag can say otherwise
	f := c.Flags()
	f.StringVar(&s.Lock, "lock", "rwlock", "lock of classes that name none: rwlock, critical_section or mutex")
	f.StringVar(&s.Locking, "locking", "on", "on, or off to remove the decorators and lock nothing")
	f.StringArrayVarP(&s.IncludePath, "include-path", "I", nil, "directory to search for cimported .pxd files; may be repeated")
	f.StringArrayVar(&s.Reads, "reads", nil, "C functions that only read what they are given, whatever their prototypes say: names or patterns (\"gr_*\"), \"!\" takes back; may be repeated")
	f.IntVarP(&s.Jobs, "jobs", "j", 0, "files to work on at a time (default one for each processor)")
	f.StringVar(&s.Color, "color", "auto", "auto, always or never")
	f.StringVar(&s.stdinName, "stdin-filename", "", "what \"-\" (standard input) is called")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "print findings and errors only")
	s.addExclusions(f)
}

// addExpansion declares those of the commands that show or write the expansion.
func (s *settings) addExpansion(f *pflag.FlagSet, layout string) {
	f.StringVar(&s.Layout, "layout", "", "readable, or aligned to keep line numbers ("+layout+")")
	f.StringVar(&s.Runtime, "runtime", "vendored", "where the rwlock comes from: vendored, package or inline")
}

// configure fills in what no flag set from the pyproject.toml nearest to the
// first input.
func (s *settings) configure(c *cobra.Command, inputs []string) error {
	s.canonical = naming(inputs)
	s.includeFlag = s.IncludePath
	s.configureExclusions(c.Flags(), nil, "")
	dir := "."
	if len(inputs) > 0 && inputs[0] != "-" {
		dir = inputs[0]
		if st, err := os.Stat(dir); err == nil && !st.IsDir() {
			dir = filepath.Dir(dir)
		}
	}
	path, data, err := nearest(dir, "pyproject.toml")
	if err != nil || path == "" {
		return err
	}
	s.confFile = path // also where it says nothing yet
	if !bytes.Contains(data, []byte("pyxlock")) {
		return nil
	}
	var doc struct {
		Tool struct {
			Pyxlock map[string]any `toml:"pyxlock"`
		} `toml:"tool"`
	}
	if err := toml.Unmarshal(data, &doc); err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			line, col := de.Position()
			return fmt.Errorf("%s:%d:%d: %s", path, line, col, de.Error())
		}
		return fmt.Errorf("%s: %v", path, err)
	}
	if len(doc.Tool.Pyxlock) == 0 {
		return nil
	}
	table, err := toml.Marshal(doc.Tool.Pyxlock)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	var conf settings
	dec := toml.NewDecoder(bytes.NewReader(table))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&conf); err != nil {
		return fmt.Errorf("%s: [tool.pyxlock]: %s", path, explainTOML(err))
	}
	text := func(flag string, to *string, from string) {
		if from != "" && !c.Flags().Changed(flag) {
			*to = from
		}
	}
	text("lock", &s.Lock, conf.Lock)
	text("locking", &s.Locking, conf.Locking)
	text("layout", &s.Layout, conf.Layout)
	text("runtime", &s.Runtime, conf.Runtime)
	text("color", &s.Color, conf.Color)
	if conf.Jobs != 0 && !c.Flags().Changed("jobs") {
		s.Jobs = conf.Jobs
	}
	if len(s.Reads) == 0 {
		s.Reads = conf.Reads
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
	if err := s.valid(); err != nil {
		return fmt.Errorf("%s: [tool.pyxlock]: %v", path, err)
	}
	return nil
}

// explainTOML names the setting that a decoder stumbled over.
func explainTOML(err error) string {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		return fmt.Sprintf("no such setting: %s", strict.Errors[0].Key()[0])
	}
	var de *toml.DecodeError
	if errors.As(err, &de) && len(de.Key()) > 0 {
		return fmt.Sprintf("%s: %s", de.Key()[0], de.Error())
	}
	return err.Error()
}

// nearest finds a file in dir or above it.
func nearest(dir, name string) (string, []byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	shown := dir
	for {
		data, err := emit.ReadFileMax(filepath.Join(abs, name), maxSettings)
		if err == nil {
			return filepath.Join(shown, name), data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && !isNotDir(err) {
			return "", nil, plain(err)
		}
		up := filepath.Dir(abs)
		if up == abs {
			return "", nil, nil
		}
		abs, shown = up, filepath.Join(shown, "..")
	}
}

func isNotDir(err error) bool {
	var pe *fs.PathError
	return errors.As(err, &pe) && pe.Err.Error() == "not a directory"
}

func oneOf(what, v string, allowed ...string) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is none of %s", what, v, join(allowed))
}

func join(words []string) string {
	var b bytes.Buffer
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	return b.String()
}

func (s *settings) valid() error {
	if _, err := transform.ParseKind(s.Lock); err != nil {
		return fmt.Errorf("lock: %v", err)
	}
	if s.Jobs < 0 {
		return fmt.Errorf("jobs: %d is negative", s.Jobs)
	}
	for _, p := range s.Reads {
		if _, err := path.Match(strings.TrimPrefix(p, "!"), ""); err != nil {
			return fmt.Errorf("reads: %q: %v", p, err)
		}
	}
	return errors.Join(
		oneOf("locking", s.Locking, "on", "off"),
		oneOf("layout", s.Layout, "", "readable", "aligned"),
		oneOf("runtime", s.Runtime, "vendored", "package", "inline"),
		oneOf("color", s.Color, "auto", "always", "never"),
		s.validSelection(),
		s.validExclusions(),
	)
}

// jobs returns how many files to work on at a time.
func (s *settings) jobs() int {
	if s.Jobs > 0 {
		return s.Jobs
	}
	return goruntime.GOMAXPROCS(0)
}

// options turns settings into the project's.
func (s *settings) options(layout transform.Layout, roots []string) transform.Options {
	kind, _ := transform.ParseKind(s.Lock)
	o := transform.Options{Lock: kind, Off: s.Locking == "off", Layout: layout, Include: s.IncludePath, Reads: s.Reads, Roots: roots, MayInclude: s.mayInclude, Canonical: s.canonical, Selected: s.selected()}
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
	}
	return o
}

// colored reports whether to colour what goes to w.
func (s *settings) colored(w io.Writer) bool {
	switch s.Color {
	case "always":
		return true
	case "never":
		return false
	}
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	return isTerminal(w)
}
