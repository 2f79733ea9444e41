package main

// pyxlock annotate: proposes the decorators for code that has none.

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/report"
	"pyxlock/emit/splice"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

type annotateFlags struct {
	config.Settings
	inPlace bool
	list    bool
	diff    bool
	check   bool
	since   string
	suggest bool
}

func newAnnotate() *cobra.Command {
	f := &annotateFlags{}
	f.HeaderUse = config.HeadersOfCheck // or check would doubt what this proposes
	c := &cobra.Command{
		Use:   "annotate [PATH…]",
		Short: "Propose locks for classes that have none, as a diff",
		Long: `Find the classes whose methods change their state after construction, and propose
@cython.locked_class for them and @cython.read_lock or @cython.write_lock for
their methods, as a unified diff that git apply takes. Immutable classes, and
classes whose methods hold hand-written locks, are left alone; --list names the
methods that leave such a lock out. Give it the whole project: what it cannot see counts as a write. Without PATH it looks at the
directories of the setting src, or else at the current directory.

Exit codes: 0 nothing to propose, applied or listed; 1 proposals, or an error in
existing decorators; 2 usage, configuration or I/O.`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.AddFlags(c)
	fl := c.Flags()
	f.AddVerbose(fl, "")
	fl.BoolVar(&f.inPlace, "in-place", false, "apply the proposals")
	fl.BoolVar(&f.check, "check", false, "print only how many proposals there are; exit with 1 if there are any")
	fl.BoolVar(&f.diff, "diff", false, "print the proposals as a diff, which is the default")
	inputs.AddSince(fl, &f.since)
	fl.BoolVar(&f.suggest, "suggest-reads", false, "print entries for the setting reads, and what each would do, instead")
	fl.BoolVar(&f.list, "list", false, "list the verdict on each class and the reason for each decorator instead")
	return c
}

func (f *annotateFlags) usage(args []string) error {
	switch {
	case f.inPlace && f.list:
		return errors.New("--in-place and --list cannot be used together")
	case f.inPlace && f.diff:
		return errors.New("--in-place and --diff cannot be used together")
	case f.check && (f.inPlace || f.list || f.diff):
		return errors.New("--check prints nothing, and cannot be used with --in-place, --list or --diff")
	case f.suggest && (f.inPlace || f.list || f.diff || f.since != ""):
		return errors.New("--suggest-reads prints a list, and cannot be used with --in-place, --list, --diff or --since")
	case f.list && f.diff:
		return errors.New("--list and --diff cannot be used together")
	case f.inPlace && slices.Contains(args, "-"):
		return errors.New("standard input cannot be replaced in place")
	}
	return nil
}

func (f *annotateFlags) run(c *cobra.Command, args []string) error {
	args, err := config.Paths(args)
	if err != nil {
		return err
	}
	if err := f.Prepare(c, args); err != nil {
		return err
	}
	if err := f.usage(args); err != nil {
		return err
	}
	in, err := inputs.CollectSince(c, &f.Settings, args, f.since)
	if err != nil {
		return err
	}
	if f.suggest {
		return f.suggestions(c, in)
	}
	p := transform.NewProject(in.Disk, f.Options(transform.Readable, in.Roots))
	n, err := p.Annotate(c.Context(), in.Paths(), f.Workers())
	if err != nil {
		return err
	}
	sayMissing(c.ErrOrStderr(), &f.Settings, p)
	in.OnlyNotes(n)
	if len(n.Findings) > 0 {
		if err := report.Text(c.ErrOrStderr(), in.Quotable(n.Findings), inputs.Sources(in), f.Colored(c.ErrOrStderr())); err != nil {
			return err
		}
	}
	stops := slices.ContainsFunc(n.Findings, func(x transform.Finding) bool { return !x.Warning })
	n.SortNotes()
	if f.list {
		notes(c.OutOrStdout(), in, n)
		if stops {
			return console.Exit(console.Differences)
		}
		return nil
	}
	var b fileio.Batch
	b.AddInput(in.Disk.Files()...)
	changed, first := 0, ""
	names := newDiffNames(in)
	for i, rw := range n.Rewrites {
		if !rw.Changed() || !in.Shows(rw.Path) || in.Files[i].Needed {
			continue
		}
		if changed++; first == "" {
			first = in.Files[i].Path
		}
		if f.check {
			continue
		}
		out, _, err := splice.Apply(rw.Src, rw.Edits)
		if err != nil {
			return err
		}
		if f.inPlace {
			b.Add(fileio.Output{Path: in.Files[i].Path, Data: out, Input: in.Files[i].Path, InPlace: true, Within: in.Within()})
			continue
		}
		w := c.OutOrStdout()
		if err := names.patch(w, c.ErrOrStderr(), expanded{File: in.Files[i], old: rw.Src, new: out}, f.Colored(w)); err != nil {
			return err
		}
	}
	if f.inPlace {
		if _, err := console.Commit(c.Context(), &b); err != nil {
			return err
		}
	}
	saySystem(c.ErrOrStderr(), &f.Settings, p.MissingHeaders())
	sayProject(c.ErrOrStderr(), &f.Settings, inputs.OfProject(&f.Settings, &in.Bounds, p.HeadersApart()))
	if !f.Quiet {
		names.say(c.ErrOrStderr())
		fmt.Fprintf(c.ErrOrStderr(), "pyxlock: %s\n", n.Summary())
		if page := recipe(first); f.inPlace && first != "" && page != "" {
			fmt.Fprintf(c.ErrOrStderr(), "pyxlock: Cython refuses the decorators, so the build has to call pyxlock now: see %s\n", page)
		}
	}
	if changed > 0 && !f.inPlace || stops {
		return console.Exit(console.Differences)
	}
	return nil
}

// notes lists what an annotation makes of classes and methods, and why.
func notes(w io.Writer, in *inputs.Set, n *transform.Annotation) {
	beyond, unnamed := in.Beyond(), in.Unnamed()
	for _, c := range n.Classes {
		if beyond(c.Path) {
			continue
		}
		fmt.Fprintf(w, "%s:%d: class %s: %s", terminal.Path(c.Path), c.Line, c.Name, c.Verdict)
		if c.Why != "" {
			fmt.Fprintf(w, ": %s", c.Why)
		}
		fmt.Fprintln(w)
		for _, r := range inputs.QuotableSteps(c.Related, unnamed) {
			fmt.Fprintf(w, "    %s:%d:%d: %s\n", terminal.Path(r.Path), r.Line, r.Column, r.Message)
		}
	}
	for _, m := range n.Methods {
		if beyond(m.Path) {
			continue
		}
		dec := m.Decorator
		if m.Snapshot {
			dec += "(snapshot=True)"
		}
		fmt.Fprintf(w, "%s:%d: %s: %s: %s\n", terminal.Path(m.Path), m.Line, m.Name, dec, m.Why)
	}
}
