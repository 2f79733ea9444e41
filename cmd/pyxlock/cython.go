package main

// pyxlock cython: the compiler, with the locks expanded on the way.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"pyxlock/emit"
	"pyxlock/runtime"
	"pyxlock/transform"
)

type cythonFlags struct {
	settings
	program string // --cython
}

func newCython() *cobra.Command {
	f := &cythonFlags{}
	c := &cobra.Command{
		Use:   "cython [ARGUMENTS OF CYTHON] FILE.pyx…",
		Short: "Run cython on the sources with their locks expanded",
		Long: `Run cython as its own command line does, on the sources with their locks
expanded: a build that calls "cython ARGS" calls "pyxlock cython ARGS" instead.

The expansion is written to a hidden directory beside the output, with the .pxd
and .pxi files that belong to it. What Cython prints, and the
positions in the C that it writes, are translated, so that compiler errors,
tracebacks and coverage cite the sources. With -M the dependency file names the
sources, and every other file that the expansion depends on. Cython is not run
where nothing that it reads has changed since it made the output; the output is
left untouched then.

These options are pyxlock's; all others go to cython.`,
		DisableFlagParsing: true,
		RunE:               func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fl := c.Flags()
	fl.StringVar(&f.program, "cython", os.Getenv("PYXLOCK_CYTHON"), "the cython program (default $PYXLOCK_CYTHON, or cython on PATH, or python3 -m cython)")
	f.addSome(fl, "lock", "locking", "runtime", "reads", "color")
	return c
}

// addSome declares the named flags of the settings only.
func (s *settings) addSome(fl *pflag.FlagSet, names ...string) {
	whole := &cobra.Command{}
	s.addFlags(whole)
	s.addExpansion(whole.Flags(), "")
	for _, n := range names {
		fl.AddFlag(whole.Flags().Lookup(n))
	}
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
	if err := f.valid(); err != nil {
		return err
	}
	for _, source := range a.sources {
		if to := a.outputFor(source); emit.Special(to) {
			return fmt.Errorf("%s: the C has to be a file: the positions in it are translated once Cython has written it", to)
		}
	}
	program, err := f.cython()
	if err != nil {
		return err
	}
	ctx := c.Context()
	defer hold(ctx)() // Cython is stopped first
	passOn(c.OutOrStdout())
	if len(a.sources) == 0 { // cython --version, and what else it can do without
		cmd := exec.CommandContext(ctx, program[0], slices.Concat(program[1:], a.given)...)
		cmd.Env = pythonEnv()
		cmd.Stdin, cmd.Stdout, cmd.Stderr = c.InOrStdin(), through(c.OutOrStdout()), through(c.ErrOrStderr())
		return exitOf(cmd.Run())
	}
	f.IncludePath = a.includes
	if err := f.configure(c, a.sources); err != nil {
		return err
	}
	for _, source := range a.sources {
		t := &translation{flags: f, args: a, program: program, source: f.canonical(source), output: a.outputFor(source), stdout: c.OutOrStdout(), stderr: c.ErrOrStderr()}
		if err := t.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

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
		return exit(failed.ExitCode())
	}
	return err
}

// translation is the way of one source to C.
type translation struct {
	flags          *cythonFlags
	args           *cythonArgs
	program        []string
	source, output string
	stdout, stderr io.Writer

	in     *inputs
	needs  []transform.Need
	mirror *emit.Mirror
}

func (t *translation) run(ctx context.Context) error {
	if _, err := os.Stat(t.source); err != nil {
		return plain(err)
	}
	var err error
	if t.mirror, err = emit.NewMirror(t.output); err != nil {
		return err
	}
	// Before the sources are read: who comes last has read the newest.
	unlock, err := t.mirror.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	files, needsRuntime, err := t.expand(ctx)
	if err != nil {
		return err
	}
	if err := t.bounded(); err != nil {
		return err
	}
	if err := t.write(ctx, files, needsRuntime); err != nil {
		return err
	}
	command, err := t.command()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	depfile := t.output + ".dep" // where Cython puts it
	before := t.mirror.State()
	key := slices.Concat([]string{version, stamp(self), t.mirror.WorkDir(), t.mirror.Digest(), os.Getenv("PYTHONPATH")}, cythonStamps(t.program[0]), command)
	if !before.Current(key, t.output) {
		if err := t.mirror.Forget(); err != nil {
			return err
		}
		if err := placeForDependencies(depfile); err != nil {
			return err
		}
		start := time.Now()
		if err := t.compile(ctx, command); err != nil {
			return err
		}
		deps, err := t.mirror.Dependencies(depfile)
		if err != nil {
			return err
		}
		if before, err = t.mirror.Remember(key, t.output, deps, start); err != nil {
			return err
		}
	}
	if !t.args.depfile {
		return removeIfThere(depfile)
	}
	deps := slices.Concat(before.Paths(), t.in.disk.files(), t.in.disk.directories(t.output))
	if t.flags.confFile != "" {
		deps = append(deps, t.flags.confFile)
	}
	for i := range deps {
		deps[i] = t.flags.canonical(deps[i])
	}
	data, err := emit.Depfile([]string{t.output}, deps)
	if err != nil {
		return err
	}
	var b emit.Batch
	b.Add(emit.Output{Path: depfile, Data: data})
	_, err = b.Commit(ctx)
	return err
}

// bounded refuses to have Cython write by way of links to places beyond the sources
// and the output's directory.
func (t *translation) bounded() error {
	bound := t.in.within(filepath.Dir(t.output))
	stem := strings.TrimSuffix(t.output, filepath.Ext(t.output))
	for _, path := range []string{t.output, stem + ".h", stem + "_api.h", stem + ".html"} {
		if err := bound.Check(path); err != nil {
			return err
		}
	}
	return nil
}

// placeForDependencies makes sure that Cython, which writes there, follows no link
// and does not wait for who reads a pipe.
func placeForDependencies(depfile string) error {
	info, err := os.Lstat(depfile)
	switch {
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		return removeIfThere(depfile)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s: is not a regular file, and Cython writes its dependencies there", depfile)
	}
	return nil
}

// expand rewrites the source and what Cython reads with it.
func (t *translation) expand(ctx context.Context) ([]expanded, bool, error) {
	t.in = &inputs{disk: newDisk()}
	t.in.bounds.add(t.source)
	if _, err := t.in.disk.Read(t.source); err != nil {
		return nil, false, err
	}
	t.flags.inScope = t.flags.scope(t.in, []string{t.source})
	opts := t.flags.options(transform.Aligned, nil)
	p := transform.NewProject(t.in.disk, opts)
	t.needs = p.Needs(t.source)
	own := map[string]bool{}
	read := map[string]bool{}
	for _, n := range t.needs {
		t.in.files = append(t.in.files, input{path: n.Path})
		own[n.Path] = n.Own
		read[n.Path] = true
	}
	res, err := p.Run(ctx, t.in.paths(), t.flags.jobs())
	if err != nil {
		return nil, false, err
	}
	// Other modules are built by commands of their own, which report what is
	// wrong with them. What keeps their .pxd from being expanded is ours, too.
	failed := false
	var said []transform.Finding
	for _, f := range res.Findings {
		if own[f.Path] || !f.Warning && (read[f.Path] || f.Code == transform.SyntaxError) {
			said = append(said, f)
			failed = failed || !f.Warning
		}
	}
	if err := emit.Findings(t.stderr, t.in.quotable(said), sources(t.in), t.flags.colored(t.stderr)); err != nil {
		return nil, false, err
	}
	if failed {
		return nil, false, exit(exitDifferences)
	}
	files, err := lay(t.in, res.Rewrites, opts.Layout, t.flags.jobs())
	return files, res.NeedsRuntime && opts.Runtime == transform.Vendored, err
}

// write brings the mirror up to date.
func (t *translation) write(ctx context.Context, files []expanded, needsRuntime bool) error {
	for i, e := range files {
		t.mirror.Add(e.path, t.needs[i].Root, e.new, e.lines)
	}
	if needsRuntime {
		t.mirror.AddRuntime(runtime.FileName, runtime.Pxd())
	}
	return t.mirror.Write(ctx, t.in.disk.files())
}

// command returns the arguments for Cython, with absolute paths.
func (t *translation) command() ([]string, error) {
	output, err := filepath.Abs(t.output)
	if err != nil {
		return nil, err
	}
	command := slices.Concat(t.program[1:], t.args.rest, []string{"-M", "-o", output})
	// Cython looks in the package's root before all others, but not for includes.
	for _, dir := range t.mirror.SearchPath(slices.Concat(t.flags.IncludePath, []string{t.needs[0].Root})) {
		command = append(command, "-I", dir)
	}
	return append(command, t.mirror.Path(t.source)), nil
}

// compile runs Cython and translates what it prints and writes.
func (t *translation) compile(ctx context.Context, command []string) error {
	cmd := exec.CommandContext(ctx, t.program[0], command...)
	cmd.Dir = t.mirror.WorkDir()
	cmd.Env = append(pythonEnv(), "PWD="+cmd.Dir)
	var g errgroup.Group
	filter := func(pipe func() (io.ReadCloser, error), to io.Writer) error {
		r, err := pipe()
		if err == nil {
			g.Go(func() error { return t.mirror.Filter(to, r) })
		}
		return err
	}
	if err := errors.Join(filter(cmd.StdoutPipe, through(t.stdout)), filter(cmd.StderrPipe, through(t.stderr))); err != nil {
		return err
	}
	before := stamp(t.output)
	if err := cmd.Start(); err != nil {
		return err
	}
	printed := g.Wait()
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil && stamp(t.output) != before {
			_ = os.Remove(t.output) // make would take a half of it for done
		}
		return exitOf(err)
	}
	if err := t.mirror.TranslateC(t.output); err != nil {
		return errors.Join(err, removeIfThere(t.output)) // the same
	}
	return printed
}

// stamp says which file a program is: another pyxlock or Cython may write
// something else.
func stamp(path string) string {
	st, err := os.Stat(path)
	if err != nil {
		return path
	}
	return fmt.Sprint(path, " ", st.Size(), " ", st.ModTime().UnixNano())
}

// cythonStamps says which Cython a program starts: the program, and, since that is
// mostly a script, the Cython that is installed in its environment.
func cythonStamps(program string) []string {
	out := []string{stamp(program)}
	prefix := filepath.Dir(filepath.Dir(program))
	for _, pattern := range []string{"lib*/python*/*-packages", "Lib/site-packages"} {
		found, _ := filepath.Glob(filepath.Join(prefix, pattern, "Cython", "Shadow.py"))
		for _, path := range found {
			out = append(out, stamp(path))
		}
	}
	return out
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
