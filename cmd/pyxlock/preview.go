package main

// pyxlock preview: what the build will compile, as a diff or as a page to review.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/diff"
	"pyxlock/emit/fileio"
	"pyxlock/emit/preview"
	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

type previewFlags struct {
	config.Settings
	format string
	out    string
	since  string
}

func newPreview() *cobra.Command {
	f := &previewFlags{}
	c := &cobra.Command{
		Use:   "preview PATH…",
		Short: "Show what the build will compile, as a diff or a page",
		Long: `Print the difference between the sources and what cython will be given, as a
unified diff that git apply takes. Nothing is written. A build also gets
pyxlock.pxd, which is not shown. The locks that no decorator asked for are listed
on standard error, each with the line that it follows from.

With --format=html it is one page for reviewers that needs no network: the two
sides of each file, what the lock of each class does to its members and why, and
the findings of check. With --format=markdown it is a comment for a pull request,
below 65,536 characters. Both are made even if errors stop the rewrite; the exit
code is then 1.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.AddFlags(c)
	f.AddExpansion(c.Flags(), "default readable, even if pyproject.toml says otherwise")
	fl := c.Flags()
	f.AddVerbose(fl, "")
	fl.StringVar(&f.format, "format", "unified", "unified, side-by-side, html, or markdown")
	fl.StringVarP(&f.out, "output", "o", "", "`FILE` to write, instead of standard output")
	inputs.AddSince(fl, &f.since)
	return c
}

func (f *previewFlags) run(c *cobra.Command, args []string) error {
	if err := config.OneOf("format", f.format, "unified", "side-by-side", "html", "markdown"); err != nil {
		return err
	}
	in, err := inputs.OpenSince(c, &f.Settings, args, f.since)
	if err != nil {
		return err
	}
	if !c.Flags().Changed("layout") {
		f.Layout = "readable"
	}
	if f.out == "" {
		return f.print(c, in, c.OutOrStdout(), f.Colored(c.OutOrStdout()))
	}
	var b bytes.Buffer
	err = f.print(c, in, &b, f.Color == "always")
	if stop := console.Exit(0); err != nil && (!errors.As(err, &stop) || b.Len() == 0) {
		return err
	}
	var batch fileio.Batch
	batch.AddInput(in.Disk.Files()...)
	batch.Add(fileio.Output{Path: f.out, Data: b.Bytes()})
	if _, failed := console.Commit(c.Context(), &batch); failed != nil {
		return failed
	}
	return err
}

// print writes the preview.
func (f *previewFlags) print(c *cobra.Command, in *inputs.Set, w io.Writer, color bool) error {
	if f.format == "html" || f.format == "markdown" {
		return f.review(c.Context(), in, c.Flags().Args(), console.Through(w), c.ErrOrStderr())
	}
	files, res, err := expand(c.Context(), &f.Settings, in, transform.Readable, c.ErrOrStderr())
	if err != nil {
		return err
	}
	names := newDiffNames(in)
	for _, e := range files {
		if !e.changed() || !in.Shows(e.Path) {
			continue
		}
		if f.format == "unified" {
			err = names.patch(w, c.ErrOrStderr(), e, color)
		} else if !names.hides(c.ErrOrStderr(), e.Path) {
			err = diff.SideBySide(w, names.diff(e), width(), color)
		}
		if err != nil {
			return err
		}
	}
	if !f.Quiet {
		if f.format == "unified" {
			names.say(c.ErrOrStderr())
		}
		for _, w := range in.Weaker() {
			fmt.Fprintf(c.ErrOrStderr(), "%s:%d: weaker than at %s: %s\n", terminal.Path(w.Path), w.Line, f.since, w)
		}
		inferred(c.ErrOrStderr(), in, res.Inferred)
	}
	return nil
}

// review writes the change with its findings and what is locked, for people.
func (f *previewFlags) review(ctx context.Context, in *inputs.Set, args []string, w, stderr io.Writer) error {
	opts := f.Options(transform.Readable, in.Roots)
	r, err := transform.NewProject(in.Disk, opts).Review(ctx, in.Paths(), f.Workers())
	if err != nil {
		return err
	}
	files, err := lay(in, r.Rewrites, opts.Layout, f.Workers())
	if err != nil {
		return err
	}
	names := newDiffNames(in)
	in.QuotableReview(r)
	beyond := in.Beyond()
	sides := make([]diff.Pair, len(files))
	for i, e := range files {
		sides[i] = names.diff(e)
		if beyond(e.Path) {
			sides[i].Old, sides[i].New = nil, nil
			if e.changed() {
				names.hides(stderr, e.Path)
			}
		}
	}
	change := preview.NewChange(r, in.Weaker(), sides, inputs.Sources(in), in.Shows)
	change.Tool = report.Tool{Name: "pyxlock", Version: version}
	change.Since = f.since
	write := preview.HTML
	if f.format == "markdown" {
		write = preview.Markdown
	} else {
		change.Of = subject(ctx, &f.Settings, in, args)
	}
	if err := write(w, change); err != nil {
		return err
	}
	if change.Refused {
		return console.Exit(console.Differences)
	}
	return nil
}

// inferred lists the locks that no decorator asked for, with the reason.
func inferred(w io.Writer, files *inputs.Set, list []transform.Inferred) {
	beyond := files.Beyond()
	for _, in := range list {
		if !files.Shows(in.Path) || beyond(in.Path) {
			continue
		}
		how := in.Object + " for reading"
		switch {
		case in.Object == "":
			how = "nothing"
		case in.Write:
			how = in.Object + " for writing"
		}
		fmt.Fprintf(w, "%s:%d: inferred: %s locks %s: it %s\n", terminal.Path(in.Path), in.Line, in.Name, how, in.Why)
	}
}

// width returns how many columns there are: what COLUMNS says, the terminal's width, or
// what is usual.
func width() int {
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 20 {
		return w
	}
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 20 {
		return w
	}
	return 160
}
