package main

// pyxlock annotate: proposes the decorators for code that has none.

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/emit/fileio"
	"pyxlock/emit/report"
	"pyxlock/emit/splice"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

func newAnnotate() *cobra.Command {
	s := &settings{}
	var inPlace, list, diff bool
	var rev string
	c := &cobra.Command{
		Use:   "annotate PATH…",
		Short: "Propose locks for classes that have none, as a diff",
		Long: `Find the classes whose state methods change once an object is made, and propose
@cython.locked_class for them and @cython.read_lock or @cython.write_lock for
their methods, as a unified diff that git apply takes. Immutable classes, and
classes whose methods hold locks placed by hand, are left alone. Give it the
whole project: what it cannot see counts as a write.

Exit codes: 0 nothing to propose, applied or listed; 1 proposals, or an error in
what is decorated already; 2 usage, configuration or I/O.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.valid(); err != nil {
				return err
			}
			if err := s.configure(c, args); err != nil {
				return err
			}
			switch {
			case inPlace && list:
				return errors.New("--in-place and --list exclude each other")
			case inPlace && diff:
				return errors.New("--in-place and --diff exclude each other")
			case list && diff:
				return errors.New("--list and --diff exclude each other")
			}
			if inPlace && slices.Contains(args, "-") {
				return errors.New("standard input cannot be replaced in place")
			}
			in, err := s.collect(c, args, "")
			if err != nil {
				return err
			}
			if err := in.limit(c, s, rev, args); err != nil {
				return err
			}
			p := transform.NewProject(in.disk, s.options(transform.Readable, in.roots))
			n, err := p.Annotate(c.Context(), in.paths(), s.jobs())
			if err != nil {
				return err
			}
			in.onlyNotes(n)
			if len(n.Findings) > 0 {
				if err := report.Text(c.ErrOrStderr(), in.quotable(n.Findings), sources(in), s.colored(c.ErrOrStderr())); err != nil {
					return err
				}
			}
			stops := slices.ContainsFunc(n.Findings, func(f transform.Finding) bool { return !f.Warning })
			n.SortNotes()
			if list {
				notes(c.OutOrStdout(), in, n)
				if stops {
					return exit(exitDifferences)
				}
				return nil
			}
			var b fileio.Batch
			b.AddInput(in.disk.files()...)
			changed := 0
			names := in.diffNames()
			for i, rw := range n.Rewrites {
				if !rw.Changed() || !in.shows(rw.Path) || in.files[i].needed {
					continue
				}
				changed++
				out, _, err := splice.Apply(rw.Src, rw.Edits)
				if err != nil {
					return err
				}
				if inPlace {
					b.Add(fileio.Output{Path: in.files[i].path, Data: out, Input: in.files[i].path, InPlace: true, Within: in.within()})
					continue
				}
				w := c.OutOrStdout()
				if err := names.patch(w, c.ErrOrStderr(), expanded{input: in.files[i], old: rw.Src, new: out}, s.colored(w)); err != nil {
					return err
				}
			}
			if inPlace {
				if _, err := commit(c.Context(), &b); err != nil {
					return err
				}
			}
			if !s.quiet {
				names.say(c.ErrOrStderr())
				fmt.Fprintf(c.ErrOrStderr(), "pyxlock: %s\n", n.Summary())
			}
			if changed > 0 && !inPlace || stops {
				return exit(exitDifferences)
			}
			return nil
		},
	}
	s.addFlags(c)
	c.Flags().BoolVar(&inPlace, "in-place", false, "apply the proposals")
	c.Flags().BoolVar(&diff, "diff", false, "print the proposals as a diff, which is the default")
	addSince(c.Flags(), &rev)
	c.Flags().BoolVar(&list, "list", false, "list the verdict on each class and the reason for each decorator instead")
	return c
}

// notes lists what an annotation makes of classes and methods, and why.
func notes(w io.Writer, in *inputs, n *transform.Annotation) {
	beyond, unnamed := in.beyond(), in.unnamed()
	for _, c := range n.Classes {
		if beyond(c.Path) {
			continue
		}
		fmt.Fprintf(w, "%s:%d: class %s: %s", terminal.Path(c.Path), c.Line, c.Name, c.Verdict)
		if c.Why != "" {
			fmt.Fprintf(w, ": %s", c.Why)
		}
		fmt.Fprintln(w)
		for _, r := range quotableSteps(c.Related, unnamed) {
			fmt.Fprintf(w, "    %s:%d:%d: %s\n", terminal.Path(r.Path), r.Line, r.Column, r.Message)
		}
	}
	for _, m := range n.Methods {
		if beyond(m.Path) {
			continue
		}
		fmt.Fprintf(w, "%s:%d: %s: %s: %s\n", terminal.Path(m.Path), m.Line, m.Name, m.Decorator, m.Why)
	}
}
