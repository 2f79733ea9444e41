package main

// pyxlock cython: the compiler, with the locks expanded on the way.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/emit/fileio"
)

type cythonFlags struct {
	config.Settings
	program string // --cython
}

func newCython() *cobra.Command {
	f := &cythonFlags{}
	c := &cobra.Command{
		Use:   "cython [ARGUMENTS OF CYTHON] FILE.pyx…",
		Short: "Run cython on the sources with their locks expanded",
		Long: `Run cython with its usual command line on the sources with their locks
expanded: a build that calls "cython ARGS" calls "pyxlock cython ARGS" instead.

The expansion is written to a hidden directory next to the output, with the .pxd
and .pxi files that belong to it. What Cython prints, and the
positions in the C that it writes, are translated, so that compiler errors,
tracebacks and coverage cite the sources. With -M the dependency file names the
sources, and every other file that the expansion depends on. Cython is not run
if nothing that it reads has changed since it made the output; the output is then
left untouched.

These options are pyxlock's; all others go to cython.`,
		DisableFlagParsing: true,
		RunE:               func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fl := c.Flags()
	fl.StringVar(&f.program, "cython", os.Getenv("PYXLOCK_CYTHON"), "the cython program (default $PYXLOCK_CYTHON, or cython on PATH, or python3 -m cython)")
	f.AddSome(fl, "lock", "locking", "runtime", "reads", "header-path", "pkg-config", "compile-commands", "freethreading-compatible", "color")
	return c
}

func (f *cythonFlags) run(c *cobra.Command, args []string) error {
	if slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return c.Help()
	}
	// What ".." means must not depend on the links that led here.
	if wd, err := os.Getwd(); err == nil {
		if real, err := filepath.EvalSymlinks(wd); err == nil && real != wd {
			if err := os.Setenv("PWD", real); err != nil {
				return err
			}
		}
	}
	a, err := splitCythonArgs(args, func(name string) (ok, value bool) {
		fl := c.Flags().Lookup(name)
		return fl != nil && name != "help", fl != nil && fl.NoOptDefVal == ""
	})
	if err != nil {
		return err
	}
	if err := c.Flags().Parse(a.own); err != nil {
		return err
	}
	if err := f.Valid(); err != nil {
		return err
	}
	for _, source := range a.sources {
		if to := a.outputFor(source); fileio.Special(to) {
			return fmt.Errorf("%s: the C output has to be a file: the positions in it are translated once Cython has written it", to)
		}
	}
	program, err := f.cython()
	if err != nil {
		return err
	}
	ctx := c.Context()
	defer console.Hold(ctx)() // Cython is stopped first
	console.PassOn(c.OutOrStdout())
	if len(a.sources) == 0 { // cython --version, and what else it can do without
		cmd := exec.CommandContext(ctx, program[0], slices.Concat(program[1:], a.given)...)
		cmd.Env = pythonEnv()
		cmd.Stdin, cmd.Stdout, cmd.Stderr = c.InOrStdin(), console.Through(c.OutOrStdout()), console.Through(c.ErrOrStderr())
		return exitOf(cmd.Run())
	}
	f.IncludePath = a.includes
	f.Programs = program[:1]
	if err := f.Configure(c, a.sources); err != nil {
		return err
	}
	switch a.claims {
	case "":
	case "true", "yes":
		f.DeclaredBy = "-X freethreading_compatible=True"
	default:
		f.DeclaredBy = ""
	}
	for _, source := range a.sources {
		t := &translation{flags: f, args: a, program: program, source: f.Canonical(source), output: a.outputFor(source), stdout: c.OutOrStdout(), stderr: c.ErrOrStderr()}
		if err := t.run(ctx); err != nil {
			return err
		}
	}
	return nil
}
