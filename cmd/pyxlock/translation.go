package main

// What becomes of one source: it is expanded into a mirror and compiled there, and the
// positions in the C are translated.

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

	"golang.org/x/sync/errgroup"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/mirror"
	"pyxlock/emit/report"
	"pyxlock/runtime"
	"pyxlock/transform"
)

// translation is the way of one source to C.
type translation struct {
	flags          *cythonFlags
	args           *cythonArgs
	program        []string
	source, output string
	stdout, stderr io.Writer

	in     *inputs.Set
	needs  []transform.Need
	mirror *mirror.Mirror
}

func (t *translation) run(ctx context.Context) error {
	if _, err := os.Stat(t.source); err != nil {
		return fspath.Plain(err)
	}
	var err error
	if t.mirror, err = mirror.New(t.output); err != nil {
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
	deps := slices.Concat(before.Paths(), t.in.Disk.Files(), t.in.Disk.Directories(t.output))
	if t.flags.ConfFile != "" {
		deps = append(deps, t.flags.ConfFile)
	}
	for i := range deps {
		deps[i] = t.flags.Canonical(deps[i])
	}
	data, err := fileio.Depfile([]string{t.output}, deps)
	if err != nil {
		return err
	}
	var b fileio.Batch
	b.Add(fileio.Output{Path: depfile, Data: data})
	_, err = b.Commit(ctx)
	return err
}

// bounded refuses to have Cython write by way of links to places beyond the sources
// and the output's directory.
func (t *translation) bounded() error {
	bound := t.in.Within(filepath.Dir(t.output))
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
	t.in = &inputs.Set{Disk: inputs.NewDisk()}
	t.in.Bounds.Add(t.source)
	if _, err := t.in.Disk.Read(t.source); err != nil {
		return nil, false, err
	}
	t.flags.InScope = inputs.Scope(&t.flags.Settings, t.in, []string{t.source})
	var err error
	if t.flags.Headers, err = inputs.Headers(&t.flags.Settings, t.in.Disk, &t.in.Bounds); err != nil {
		return nil, false, err
	}
	opts := t.flags.Options(transform.Aligned, nil)
	p := transform.NewProject(t.in.Disk, opts)
	t.needs = p.Needs(t.source)
	own := map[string]bool{}
	read := map[string]bool{}
	for _, n := range t.needs {
		t.in.Files = append(t.in.Files, inputs.File{Path: n.Path})
		own[n.Path] = n.Own
		read[n.Path] = true
	}
	res, err := p.Run(ctx, t.in.Paths(), t.flags.Workers())
	if err != nil {
		return nil, false, err
	}
	sayMissing(t.stderr, &t.flags.Settings, p)
	sayUnread(t.stderr, &t.flags.Settings, res.Inferred, func(path string) bool { return own[path] })
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
	if err := report.Text(t.stderr, t.in.Quotable(said), inputs.Sources(t.in), t.flags.Colored(t.stderr)); err != nil {
		return nil, false, err
	}
	if failed {
		return nil, false, console.Exit(console.Differences)
	}
	files, err := lay(t.in, res.Rewrites, opts.Layout, t.flags.Workers())
	return files, res.NeedsRuntime && opts.Runtime == transform.Vendored, err
}

// write brings the mirror up to date.
func (t *translation) write(ctx context.Context, files []expanded, needsRuntime bool) error {
	for i, e := range files {
		t.mirror.Add(e.Path, t.needs[i].Root, e.new, e.lines)
	}
	if needsRuntime {
		t.mirror.AddRuntime(runtime.FileName, runtime.Pxd())
		if t.flags.Locking == "check" {
			t.mirror.AddRuntime(runtime.CheckFileName, runtime.CheckPxd())
		}
	}
	return t.mirror.Write(ctx, t.in.Disk.Files())
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
	if err := errors.Join(filter(cmd.StdoutPipe, console.Through(t.stdout)), filter(cmd.StderrPipe, console.Through(t.stderr))); err != nil {
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

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
