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

	"pyxlock/emit"
	"pyxlock/runtime"
	"pyxlock/transform"
)

type rewriteFlags struct {
	settings
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
.pyx, .pxd, .pxi, the .py files that concern cython, and __init__ files; not what
git ignores, virtual environments and build directories. Output that is up to date
is not touched. With -o FILE.pyx one file is written there.
Where a finding stops the run nothing is written, and the exit code is 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.addFlags(c)
	f.addExpansion(c.Flags(), "default aligned with -o, else readable")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "say what became of each file")
	fl := c.Flags()
	fl.StringVarP(&f.out, "output", "o", "", "directory to mirror the tree in, or the file to write")
	fl.StringVar(&f.root, "root", "", "with -o DIR: name the outputs by the inputs' paths from this directory, instead of from each PATH")
	fl.BoolVarP(&f.inPlace, "in-place", "i", false, "replace the sources")
	fl.BoolVar(&f.check, "check", false, "write nothing; list what would change, and exit with 1 if anything would")
	fl.BoolVar(&f.diff, "diff", false, "write nothing; print what would change, and exit with 1 if anything would")
	fl.StringVar(&f.depfile, "depfile", "", "write a dependency file for make and ninja: every file that was read")
	fl.BoolVar(&f.sourceMap, "source-map", false, "write OUT.map beside each output, for pyxlock locate")
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
	in, err := f.open(c, args, skip)
	if err != nil {
		return err
	}
	if f.root != "" {
		if err := in.relativeTo(f.root); err != nil {
			return err
		}
	}
	if len(in.files) == 0 {
		return nil
	}
	if f.out == "" && !f.inPlace && !f.check && !f.diff && (len(in.files) != 1 || len(in.roots) > 0) {
		return errors.New("several files need -o DIR or --in-place; only one file goes to standard output")
	}
	layout := transform.Readable
	if f.out != "" {
		layout = transform.Aligned
	}
	files, res, err := expand(c.Context(), &f.settings, in, layout, c.ErrOrStderr())
	if err != nil {
		return err
	}
	switch {
	case f.check || f.diff:
		return f.differences(c, in, files)
	case f.out == "" && !f.inPlace:
		_, err := codeTo(c.OutOrStdout()).Write(files[0].new)
		return err
	}
	return f.write(c.Context(), c.ErrOrStderr(), args, in, files, res)
}

func (f *rewriteFlags) usage(args []string) error {
	switch {
	case f.out != "" && f.inPlace:
		return errors.New("-o and --in-place exclude each other")
	case f.inPlace && slices.Contains(args, "-"):
		return errors.New("standard input cannot be replaced in place")
	case f.inPlace && f.sourceMap:
		return errors.New("--source-map needs -o: with --in-place there is no source left to point at")
	case f.out == "" && f.sourceMap:
		return errors.New("--source-map needs -o")
	case f.root != "" && (f.out == "" || f.outIsFile(args)):
		return errors.New("--root needs -o DIR")
	case f.sourceMap && emit.Special(f.out):
		return fmt.Errorf("--source-map needs a file or a directory to stand beside: %s is neither", f.out)
	case f.depfile != "" && f.out == "":
		return errors.New("--depfile needs -o: it says what the outputs depend on")
	}
	return nil
}

// outIsFile reports whether -o names one file instead of a directory.
func (f *rewriteFlags) outIsFile(args []string) bool {
	return len(args) == 1 && (slices.Contains(cythonExts, filepath.Ext(f.out)) || emit.Special(f.out)) && slices.Contains(cythonExts, filepath.Ext(or(f.stdinName, args[0])))
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (f *rewriteFlags) differences(c *cobra.Command, in *inputs, files []expanded) error {
	found := false
	names := in.diffNames()
	for _, e := range files {
		if !e.changed() {
			continue
		}
		found = true
		if f.diff {
			w := c.OutOrStdout()
			if err := names.patch(w, c.ErrOrStderr(), e, f.colored(w)); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(c.OutOrStdout(), "%s\n", emit.Path(e.path))
		}
	}
	if !f.quiet {
		names.say(c.ErrOrStderr())
	}
	if found {
		return exit(exitDifferences)
	}
	return nil
}

func (f *rewriteFlags) write(ctx context.Context, stderr io.Writer, args []string, in *inputs, files []expanded, res *transform.Result) error {
	var b emit.Batch
	b.AddInput(in.disk.files()...)
	var outputs []string
	bound := in.within()
	if !f.inPlace {
		bound = nil
		if !f.outIsFile(args) {
			bound = withinOutput(f.out)
		}
	}
	for _, e := range files {
		to := e.path
		switch {
		case f.inPlace:
			if !e.changed() {
				continue
			}
		case f.outIsFile(args):
			to = f.out
		default:
			to = filepath.Join(f.out, e.rel)
		}
		b.Add(emit.Output{Path: to, Data: e.new, Input: e.path, InPlace: f.inPlace, Within: bound})
		outputs = append(outputs, to)
		if f.sourceMap {
			m := emit.NewSourceMap(to+emit.MapSuffix, e.path, to, e.lines)
			b.Add(emit.Output{Path: to + emit.MapSuffix, Data: m.Encode(), Input: e.path, Within: bound})
		}
	}
	var places []runtimePlace
	if res.NeedsRuntime && !emit.Special(f.out) {
		places = f.runtimePlaces(args, in, files, res.CimportRuntime)
		for _, p := range places {
			bound := bound
			switch {
			case f.inPlace:
				bound = in.within(p.dir)
			case p.beyond:
				bound = withinOutput(p.dir)
			}
			if f.inPlace || p.beyond || f.outIsFile(args) {
				if err := p.ours(bound); err != nil {
					return err
				}
			}
			b.Add(emit.Output{Path: p.file(), Data: runtime.Pxd(), InPlace: f.inPlace, Within: bound})
		}
	}
	if f.depfile != "" {
		deps := in.disk.files()
		if f.confFile != "" {
			deps = append(deps, f.confFile)
		}
		data, err := emit.Depfile(outputs, deps)
		if err != nil {
			return err
		}
		b.Add(emit.Output{Path: f.depfile, Data: data})
	}
	done, err := commit(ctx, &b)
	if err != nil {
		return err
	}
	if f.verbose {
		for _, w := range done {
			fmt.Fprintf(stderr, "%s: %s\n", emit.Path(w.Path), w.Status)
		}
	}
	if !f.quiet {
		f.sayPlaces(stderr, places, done)
	}
	if !f.quiet && (f.verbose || isTerminal(stderr)) {
		n := 0
		for _, e := range files {
			if e.changed() {
				n++
			}
		}
		fmt.Fprintf(stderr, "pyxlock: %s expanded, %d of %d outputs written\n", count(n, "file"), written(done), len(done))
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func written(done []emit.Written) int {
	n := 0
	for _, w := range done {
		if w.Status != emit.Unchanged {
			n++
		}
	}
	return n
}
