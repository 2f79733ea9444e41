package main

// The command line of cython, as far as pyxlock has to know it: which words are
// sources, directories and outputs, and which options are pyxlock's own.

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
}

// The options of cython that take a value, and those of them that name a file or
// a directory. Cython is run in another directory, so these become absolute.
var (
	valueOptions = []string{"-I", "--include-dir", "-o", "--output-file", "-w", "--working", "-X", "--directive", "-E", "--compile-time-env",
		"-z", "--pre-import", "--cleanup", "--module-name", "--shared", "--embed-modules", "--gdb-outdir", "--annotate-coverage", "-s", "--option"}
	pathOptions = []string{"--gdb-outdir", "--annotate-coverage"}
)

// splitCythonArgs takes a command line apart. own tells which long options are
// pyxlock's, and whether they take a value.
func splitCythonArgs(args []string, own func(name string) (ok, value bool)) (*cythonArgs, error) {
	a := &cythonArgs{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value, joined := strings.Cut(arg, "=")
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' && slices.Contains(valueOptions, arg[:2]) {
			name, value, joined = arg[:2], arg[2:], true
		}
		take := func() error {
			switch {
			case joined:
			case len(args) == 0:
				return fmt.Errorf("%s needs a value", name)
			default:
				value, args = args[0], args[1:]
			}
			return nil
		}
		if strings.HasPrefix(arg, "--") {
			if ok, wants := own(name[2:]); ok {
				a.own = append(a.own, arg)
				if wants && !joined {
					if err := take(); err != nil {
						return nil, err
					}
					a.own = append(a.own, value)
				}
				continue
			}
		}
		a.given = append(a.given, arg)
		if slices.Contains(valueOptions, name) {
			if err := take(); err != nil {
				return nil, err
			}
			if !joined {
				a.given = append(a.given, value)
			}
			switch name {
			case "-I", "--include-dir":
				a.includes = append(a.includes, value)
			case "-o", "--output-file":
				a.output = value
			case "-w", "--working":
				return nil, errors.New("-w is not supported: start pyxlock in that directory")
			default:
				if slices.Contains(pathOptions, name) {
					abs, err := filepath.Abs(value)
					if err != nil {
						return nil, err
					}
					value = abs
				}
				a.rest = append(a.rest, name, value)
			}
			continue
		}
		switch {
		case arg == "-M" || arg == "--depfile":
			a.depfile = true
		case arg == "-+" || arg == "--cplus":
			a.cplus = true
			a.rest = append(a.rest, arg)
		case !strings.HasPrefix(arg, "-") && slices.Contains([]string{".pyx", ".py"}, filepath.Ext(arg)):
			a.sources = append(a.sources, arg)
		default:
			a.rest = append(a.rest, arg)
		}
	}
	if a.output != "" && len(a.sources) > 1 {
		return nil, errors.New("-o with several sources: give each its own command")
	}
	return a, nil
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
	case isDir(a.output):
		return filepath.Join(a.output, name)
	}
	return a.output
}
