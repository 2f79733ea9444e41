package main

// The Cython that is run: which program that is, and what it is told of where it runs.

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
)

// cython returns the command that starts Cython.
func (f *cythonFlags) cython() ([]string, error) {
	if f.program != "" {
		path, err := exec.LookPath(f.program)
		if err != nil {
			return nil, fmt.Errorf("--cython=%s: %w", f.program, err)
		}
		abs, err := filepath.Abs(path) // it runs in another directory
		return []string{abs}, err
	}
	if path, err := onPath("cython"); path != "" || err != nil {
		return []string{path}, err
	}
	for _, python := range []string{"python3", "python"} {
		path, err := onPath(python)
		if err != nil {
			return nil, err
		}
		if path == "" {
			continue
		}
		probe := exec.Command(path, "-c", withoutCwd+"import Cython")
		probe.Env = pythonEnv()
		if probe.Run() == nil {
			return []string{path, "-c", withoutCwd + "import runpy; runpy.run_module('cython', run_name='__main__', alter_sys=True)"}, nil
		}
	}
	return nil, errors.New("no cython found: install it, or name it with --cython")
}

// onPath returns the absolute path of a program on PATH, "" where there is none.
// One that a relative directory leads to may be the tree's.
func onPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	switch {
	case errors.Is(err, exec.ErrDot):
		return "", fmt.Errorf("PATH leads to %s, in the current directory, which is not run: take relative directories out of PATH, or name the program with --cython", path)
	case err != nil:
		return "", nil
	}
	return filepath.Abs(path)
}

// withoutCwd begins what Python is told by -c. The current directory comes first
// then in what it imports from, and may hold a Cython of its own; Python has an
// option against that since 3.11.
const withoutCwd = "import sys; sys.path[:] = [p for p in sys.path if p]; "

// pythonEnv returns the environment for Python. An empty entry of PYTHONPATH, which
// is what "PYTHONPATH=$PYTHONPATH:/x" makes, would be the current directory.
func pythonEnv() []string {
	given, ok := os.LookupEnv("PYTHONPATH")
	if !ok {
		return os.Environ()
	}
	dirs := slices.DeleteFunc(filepath.SplitList(given), func(dir string) bool { return dir == "" })
	return append(os.Environ(), "PYTHONPATH="+strings.Join(dirs, string(os.PathListSeparator)))
}

// exitOf turns the failure of a program, which has said what is wrong, into its
// exit code.
func exitOf(err error) error {
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() > 0 {
		return console.Exit(failed.ExitCode())
	}
	return err
}

// cythonStamps says which Cython a program starts: the program, and, since that is
// mostly a script, the Cython that is installed in its environment.
func cythonStamps(program string) []string {
	out := []string{stamp(program)}
	for _, dir := range config.SitePackages(program) {
		path := filepath.Join(dir, "Cython", "Shadow.py")
		if s := stamp(path); s != path { // it is there
			out = append(out, s)
		}
	}
	return out
}
