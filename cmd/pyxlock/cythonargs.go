package main

// The command line of cython, as far as pyxlock has to know it: which words are
// sources, directories and outputs, and which options are pyxlock's own.

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
)

// cythonArgs is a command line for cython, taken apart.
type cythonArgs struct {
	own      []string // pyxlock's options
	given    []string // all others, as they were given
	rest     []string // cython's options, but for those below; their paths are absolute
	sources  []string
	includes []string // -I
	output   string   // -o
	depfile  bool     // -M
	cplus    bool
	// claims is what -X says of freethreading_compatible: "" where it says nothing.
	claims string
}

// The options of cython, up to 3.3: those that take a value, those of them that name
// a file or a directory, which become absolute since Cython is run elsewhere, and
// those that take none. The short ones of the latter may stand together, as in -3M.
var (
	valueOptions = []string{"-I", "--include-dir", "-o", "--output-file", "-w", "--working", "-X", "--directive", "-E", "--compile-time-env",
		"-z", "--pre-import", "--cleanup", "--module-name", "--shared", "--embed-modules", "--gdb-outdir", "--annotate-coverage", "-s", "--option"}
	pathOptions = []string{"--gdb-outdir", "--annotate-coverage"}
	flagOptions = []string{"--version", "--create-listing", "--timestamps", "--force", "--verbose", "--embed-positions", "--cache", "--gdb",
		"--no-docstrings", "--annotate", "--annotate-fullc", "--line-directives", "--cplus", "--embed", "--3str", "--lenient",
		"--capi-reexport-cincludes", "--fast-fail", "--warning-errors", "--warning-extra", "--depfile", "--generate-shared",
		"--convert-range", "--no-c-in-traceback", "--cimport-from-pyx", "--old-style-globals"}
	shortFlags = "32M+avftpDlV"
)

// splitCythonArgs takes a command line apart, as Python's argparse would. own tells
// which long options are pyxlock's, and whether they take a value.
func splitCythonArgs(args []string, own func(name string) (ok, value bool)) (*cythonArgs, error) {
	a := &cythonArgs{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" { // names only
			a.given = append(a.given, arg)
			for _, name := range args {
				a.given = append(a.given, name)
				a.sources = append(a.sources, name)
			}
			break
		}
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(arg, "--"):
			if ok, wants := own(name[2:]); ok {
				a.own = append(a.own, arg)
				if wants && !joined {
					if len(args) == 0 {
						return nil, fmt.Errorf("%s needs a value", name)
					}
					a.own = append(a.own, args[0])
					args = args[1:]
				}
				continue
			}
			full, err := wholeOption(name)
			if err != nil {
				return nil, err
			}
			arg, name = full+arg[len(name):], full
		case len(arg) > 2 && arg[0] == '-' && slices.Contains(valueOptions, arg[:2]):
			name, value, joined = arg[:2], strings.TrimPrefix(arg[2:], "="), true
		case len(arg) > 2 && arg[0] == '-' && strings.Trim(arg[1:], shortFlags) == "":
			for _, flag := range arg[1:] {
				if err := a.flag("-" + string(flag)); err != nil {
					return nil, err
				}
			}
			continue
		}
		if !slices.Contains(valueOptions, name) {
			if err := a.flag(arg); err != nil {
				return nil, err
			}
			continue
		}
		if !joined {
			if len(args) == 0 {
				return nil, fmt.Errorf("%s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		a.given = append(a.given, name, value)
		switch name {
		case "-I", "--include-dir":
			a.includes = append(a.includes, value)
		case "-o", "--output-file":
			a.output = value
		case "-w", "--working":
			return nil, errors.New("-w is not supported: start pyxlock in that directory")
		default:
			if name == "-X" || name == "--directive" {
				a.directives(value)
			}
			if slices.Contains(pathOptions, name) {
				abs, err := filepath.Abs(value)
				if err != nil {
					return nil, err
				}
				value = abs
			}
			a.rest = append(a.rest, name, value)
		}
	}
	switch {
	case a.output != "" && len(a.sources) > 1:
		return nil, errors.New("-o with several sources: give each its own command")
	case strings.HasSuffix(a.output, "/") && !fspath.IsDir(a.output):
		return nil, fmt.Errorf("-o %s: there is no such directory", a.output)
	}
	return a, nil
}

// directives notes what a list of directives says of freethreading_compatible.
func (a *cythonArgs) directives(list string) {
	for item := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(item, "=")
		if strings.TrimSpace(name) == "freethreading_compatible" {
			a.claims = strings.ToLower(strings.TrimSpace(value))
		}
	}
}

// flag takes an argument that has no value: an option, or a source.
func (a *cythonArgs) flag(arg string) error {
	a.given = append(a.given, arg)
	switch arg {
	case "-M", "--depfile":
		a.depfile = true
	case "-t", "--timestamps", "-f", "--force":
		// Whether Cython has to run is known better here.
	case "-l", "--create-listing":
		return errors.New("-l is not supported: redirect the messages")
	case "--gdb":
		dir, err := filepath.Abs(".")
		a.rest = append(a.rest, "--gdb-outdir", dir)
		return err
	case "-+", "--cplus":
		a.cplus = true
		a.rest = append(a.rest, arg)
	default:
		if !strings.HasPrefix(arg, "-") && slices.Contains([]string{".pyx", ".py"}, filepath.Ext(arg)) {
			a.sources = append(a.sources, arg)
		} else {
			a.rest = append(a.rest, arg)
		}
	}
	return nil
}

// wholeOption returns the long option that an abbreviation stands for; one that is
// not known stays.
func wholeOption(name string) (string, error) {
	var found []string
	for _, o := range slices.Concat(valueOptions, flagOptions) {
		if o == name {
			return name, nil
		}
		if strings.HasPrefix(o, name) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return name, nil
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s could be %s", name, console.Join(found))
}

// outputFor returns the C file that cython makes of a source.
func (a *cythonArgs) outputFor(source string) string {
	name := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source)) + ".c"
	if a.cplus {
		name += "pp"
	}
	switch {
	case a.output == "":
		return filepath.Join(filepath.Dir(source), name)
	case fspath.IsDir(a.output):
		return filepath.Join(a.output, name)
	}
	return a.output
}
