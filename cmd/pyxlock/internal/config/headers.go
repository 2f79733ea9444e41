package config

// Where the settings say that headers of C are.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// HeaderUse is how far a command goes for headers.
type HeaderUse uint8

// A build uses what it is told of, so that its output is the same everywhere.
const (
	HeadersOfBuild HeaderUse = iota
	HeadersOfCheck           // the directories of -I and the project, too
)

// HeaderSettings name the directories with headers.
type HeaderSettings struct {
	HeaderPath      []string
	PkgConfig       []string
	CompileCommands string
	HeaderUse       HeaderUse
	inTree          []string // those of the configuration
	// Headers are what comes of it; see package inputs.
	Headers transform.HeaderOptions
}

func (h *HeaderSettings) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&h.HeaderPath, "header-path", nil, "directory to search for the C headers that declarations name; may be repeated")
	f.StringArrayVar(&h.PkgConfig, "pkg-config", nil, "package whose header directories pkg-config knows; may be repeated")
	f.StringVar(&h.CompileCommands, "compile-commands", "", "compile_commands.json whose directories and C sources to use")
}

// configure takes up the directories that a configuration in dir names. Those have to be in its
// tree: what is elsewhere is for the user to name, not for a file of the tree.
func (h *HeaderSettings) configure(dirs []string, dir string) error {
	for _, d := range dirs {
		at := filepath.Join(dir, d)
		if filepath.IsAbs(d) || !fspath.Inside(fileio.Real(dir), fileio.Real(at)) {
			return fmt.Errorf("headers: %q is not below the directory of this file; --header-path=DIR and --pkg-config=NAME name others", d)
		}
		h.inTree = append(h.inTree, at)
	}
	return nil
}

// InTree reports whether a configuration names a directory.
func (h *HeaderSettings) InTree(dir string) bool {
	return slices.Contains(h.inTree, dir) && !slices.Contains(h.HeaderPath, dir)
}

// Named returns the directories that configuration and flags name, in the order in which they
// are searched, and the C files that compile commands name.
func (h *HeaderSettings) Named() (dirs, sources []string, err error) {
	dirs = slices.Concat(h.HeaderPath, h.inTree)
	for _, name := range h.PkgConfig {
		more, err := pkgConfig(name)
		if err != nil {
			return nil, nil, err
		}
		dirs = append(dirs, more...)
	}
	if h.CompileCommands != "" {
		more, files, err := compileCommands(h.CompileCommands)
		if err != nil {
			return nil, nil, err
		}
		dirs, sources = append(dirs, more...), files
	}
	return fspath.Unique(dirs), fspath.Unique(sources), nil
}

// pkgConfig asks pkg-config where the headers of a package are.
func pkgConfig(name string) ([]string, error) {
	if strings.HasPrefix(name, "-") {
		return nil, fmt.Errorf("--pkg-config=%s: is not a package name", name)
	}
	ask := func(what string) ([]string, error) {
		out, err := exec.Command("pkg-config", what, name).Output()
		if err != nil {
			said := err.Error()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok { // it says itself what is wrong
				if first, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n"); first != "" {
					said = strings.TrimRight(terminal.Printable([]byte(first)), ".")
				}
			}
			return nil, fmt.Errorf("--pkg-config=%s: pkg-config %s: %s; --header-path=DIR names a directory itself", name, what, said)
		}
		return strings.Fields(string(out)), nil
	}
	flags, err := ask("--cflags-only-I")
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, f := range flags {
		if d, ok := strings.CutPrefix(f, "-I"); ok && d != "" {
			dirs = append(dirs, d)
		}
	}
	if len(dirs) == 0 { // the compiler's own directories are left out there
		return ask("--variable=includedir")
	}
	return dirs, nil
}

// compileCommands reads the directories and the sources of a compile_commands.json.
func compileCommands(path string) (dirs, sources []string, err error) {
	data, err := fileio.ReadFile(path)
	if err != nil {
		return nil, nil, fspath.Plain(err)
	}
	var list []struct {
		Directory, File, Command string
		Arguments                []string
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, nil, fmt.Errorf("%s: is no list of compile commands, as cmake, meson and bear write it (compile_commands.json): %s", path, plainJSON(err))
	}
	for _, c := range list {
		in := func(p string) string {
			if filepath.IsAbs(p) {
				return p
			}
			if !filepath.IsAbs(c.Directory) {
				return filepath.Join(filepath.Dir(path), c.Directory, p)
			}
			return filepath.Join(c.Directory, p)
		}
		args := c.Arguments
		if len(args) == 0 {
			args = strings.Fields(c.Command)
		}
		for i, a := range args {
			for _, flag := range []string{"-isystem", "-iquote", "-I"} {
				d, ok := strings.CutPrefix(a, flag)
				if ok && d == "" && i+1 < len(args) {
					d = args[i+1]
				}
				if ok && d != "" {
					dirs = append(dirs, in(strings.Trim(d, `"'`)))
					break
				}
			}
		}
		if st, err := os.Stat(in(c.File)); err == nil && st.Mode().IsRegular() {
			sources = append(sources, in(c.File))
		}
	}
	return dirs, sources, nil
}

// plainJSON says what is wrong with a JSON text without the words of Go.
func plainJSON(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("there is a JSON %s where something else has to be, at byte %d", t.Value, t.Offset)
	}
	return err.Error()
}
