package main

// pyxlock rewrite: expand the decorators.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/sourcemap"
	"pyxlock/emit/terminal"
	"pyxlock/runtime"
	"pyxlock/transform"
)

type rewriteFlags struct {
	config.Settings
	out       string
	root      string
	inPlace   bool
	check     bool
	diff      bool
	depfile   string
	sourceMap bool
}

func newRewrite() *cobra.Command {
	f := &rewriteFlags{}
	c := &cobra.Command{
		Use:   "rewrite PATH…",
		Short: "Expand the lock decorators",
		Long: `Expand the lock decorators in files and directories.

One file goes to standard output. With -o DIR a tree is mirrored below DIR:
.pyx, .pxd, .pxi, the .py files that concern cython, and __init__ files; but not what
git ignores, virtual environments or build directories. Output that is up to date
is not touched. With -o FILE.pyx one file is written there.
If a finding stops the run, nothing is written, and the exit code is 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.AddFlags(c)
	f.AddExpansion(c.Flags(), "default aligned with -o, else readable")
	f.AddVerbose(c.Flags(), "what was done with each file, and ")
	fl := c.Flags()
	fl.StringVarP(&f.out, "output", "o", "", "directory to mirror the tree in, or the file to write")
	fl.StringVar(&f.root, "root", "", "with -o DIR: name the outputs by the inputs' paths from this directory, instead of from each PATH")
	fl.BoolVarP(&f.inPlace, "in-place", "i", false, "replace the sources")
	fl.BoolVar(&f.check, "check", false, "write nothing; list what would change, and exit with 1 if anything would")
	fl.BoolVar(&f.diff, "diff", false, "write nothing; print what would change, and exit with 1 if anything would")
	fl.StringVar(&f.depfile, "depfile", "", "write a dependency file for make and ninja: every file that was read")
	fl.BoolVar(&f.sourceMap, "source-map", false, "write OUT.map next to each output, for pyxlock locate")
	return c
}

func (f *rewriteFlags) run(c *cobra.Command, args []string) error {
	if err := f.usage(args); err != nil {
		return err
	}
	skip := f.out
	if f.outIsFile(args) {
		skip = ""
	}
	in, err := inputs.Open(c, &f.Settings, args, skip)
	if err != nil {
		return err
	}
	if f.root != "" {
		if err := in.RelativeTo(f.root); err != nil {
			return err
		}
	}
	if len(in.Files) == 0 {
		return nil
	}
	if f.out == "" && !f.inPlace && !f.check && !f.diff && (len(in.Files) != 1 || len(in.Roots) > 0) {
		return errors.New("several files need -o DIR or --in-place; only one file goes to standard output")
	}
	layout := transform.Readable
	if f.out != "" {
		layout = transform.Aligned
	}
	files, res, err := expand(c.Context(), &f.Settings, in, layout, c.ErrOrStderr())
	if err != nil {
		return err
	}
	switch {
	case f.check || f.diff:
		return f.differences(c, in, files)
	case f.out == "" && !f.inPlace:
		_, err := console.CodeTo(c.OutOrStdout()).Write(files[0].new)
		return err
	}
	return f.write(c.Context(), c.ErrOrStderr(), args, in, files, res)
}

func (f *rewriteFlags) usage(args []string) error {
	switch {
	case f.out != "" && f.inPlace:
		return errors.New("-o and --in-place cannot be used together")
	case f.inPlace && slices.Contains(args, "-"):
		return errors.New("standard input cannot be replaced in place")
	case f.inPlace && f.sourceMap:
		return errors.New("--source-map needs -o: with --in-place there is no source left to point at")
	case f.out == "" && f.sourceMap:
		return errors.New("--source-map needs -o")
	case f.root != "" && (f.out == "" || f.outIsFile(args)):
		return errors.New("--root needs -o DIR")
	case f.sourceMap && fileio.Special(f.out):
		return fmt.Errorf("--source-map needs -o to be a file or a directory: %s is neither", f.out)
	case f.depfile != "" && f.out == "":
		return errors.New("--depfile needs -o: it says what the outputs depend on")
	}
	return nil
}

// outIsFile reports whether -o names one file instead of a directory.
func (f *rewriteFlags) outIsFile(args []string) bool {
	return len(args) == 1 && (slices.Contains(fspath.CythonExts, filepath.Ext(f.out)) || fileio.Special(f.out)) && slices.Contains(fspath.CythonExts, filepath.Ext(or(f.StdinName, args[0])))
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (f *rewriteFlags) differences(c *cobra.Command, in *inputs.Set, files []expanded) error {
	found := false
	names := newDiffNames(in)
	for _, e := range files {
		if !e.changed() {
			continue
		}
		found = true
		if f.diff {
			w := c.OutOrStdout()
			if err := names.patch(w, c.ErrOrStderr(), e, f.Colored(w)); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(c.OutOrStdout(), "%s\n", terminal.Path(e.Path))
		}
	}
	if !f.Quiet {
		names.say(c.ErrOrStderr())
	}
	if found {
		return console.Exit(console.Differences)
	}
	return nil
}

func (f *rewriteFlags) write(ctx context.Context, stderr io.Writer, args []string, in *inputs.Set, files []expanded, res *transform.Result) error {
	var b fileio.Batch
	b.AddInput(in.Disk.Files()...)
	var outputs []string
	bound := in.Within()
	if !f.inPlace {
		bound = nil
		if !f.outIsFile(args) {
			bound = inputs.WithinOutput(f.out)
		}
	}
	for _, e := range files {
		to := e.Path
		switch {
		case f.inPlace:
			if !e.changed() {
				continue
			}
		case f.outIsFile(args):
			to = f.out
		default:
			to = filepath.Join(f.out, e.Rel)
		}
		b.Add(fileio.Output{Path: to, Data: e.new, Input: e.Path, InPlace: f.inPlace, Within: bound})
		outputs = append(outputs, to)
		if f.sourceMap {
			m := sourcemap.New(to+sourcemap.Suffix, e.Path, to, e.lines)
			b.Add(fileio.Output{Path: to + sourcemap.Suffix, Data: m.Encode(), Input: e.Path, Within: bound})
		}
	}
	var places []runtimePlace
	if res.NeedsRuntime && !fileio.Special(f.out) {
		places = f.runtimePlaces(args, in, files, res.CimportRuntime)
		for _, p := range places {
			bound := bound
			switch {
			case f.inPlace:
				bound = in.Within(p.dir)
			case p.beyond:
				bound = inputs.WithinOutput(p.dir)
			}
			if f.inPlace || p.beyond || f.outIsFile(args) {
				if err := p.ours(bound); err != nil {
					return err
				}
			}
			b.Add(fileio.Output{Path: p.file(), Data: runtime.Pxd(), InPlace: f.inPlace, Within: bound})
			if f.Locking == "check" {
				b.Add(fileio.Output{Path: filepath.Join(p.dir, runtime.CheckFileName), Data: runtime.CheckPxd(), InPlace: f.inPlace, Within: bound})
			}
		}
	}
	if f.depfile != "" {
		deps := append(in.Disk.Files(), in.Disk.Directories(outputs...)...)
		if f.ConfFile != "" {
			deps = append(deps, f.ConfFile)
		}
		data, err := fileio.Depfile(outputs, deps)
		if err != nil {
			return err
		}
		b.Add(fileio.Output{Path: f.depfile, Data: data})
	}
	done, err := console.Commit(ctx, &b)
	if err != nil {
		return err
	}
	if f.Verbose {
		for _, w := range done {
			fmt.Fprintf(stderr, "%s: %s\n", terminal.Path(w.Path), w.Status)
		}
	}
	if !f.Quiet {
		f.sayPlaces(stderr, places, done)
	}
	if !f.Quiet && (f.Verbose || console.IsTerminal(stderr)) {
		n := 0
		for _, e := range files {
			if e.changed() {
				n++
			}
		}
		fmt.Fprintf(stderr, "pyxlock: %s expanded, %d of %d outputs written\n", console.Count(n, "file"), written(done), len(done))
	}
	return nil
}

func written(done []fileio.Written) int {
	n := 0
	for _, w := range done {
		if w.Status != fileio.Unchanged {
			n++
		}
	}
	return n
}
