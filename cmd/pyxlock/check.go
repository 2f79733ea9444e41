package main

// pyxlock check: findings.

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/docs"
	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

type checkFlags struct {
	config.Settings
	format     string
	fix        bool
	diff       bool
	statistics bool
	explain    string
	since      string
}

func newCheck() *cobra.Command {
	f := &checkFlags{}
	c := &cobra.Command{
		Use:   "check PATH…",
		Short: "Report what is not safe on free-threaded Python",
		Long: `Report what rewrite would refuse and what is not safe on free-threaded Python.

A comment "# pyxlock: ignore[CODE] why" suppresses a finding on its line or, where
it stands alone, on the next line of code. With --fix the findings that have one
safe answer are fixed in place, and what remains is reported. The exit code is 1
where anything is reported.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.AddFlags(c)
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "text", "text, json, sarif, or github for workflow commands")
	fl.StringSliceVar(&f.Select, "select", nil, "codes of the findings to report, or what they start with (default all)")
	fl.StringSliceVar(&f.Ignore, "ignore", nil, "codes of findings not to report, or what they start with")
	fl.BoolVar(&f.fix, "fix", false, "fix in place what has one safe answer")
	fl.BoolVar(&f.diff, "diff", false, "write nothing; print what --fix would change, and the findings to standard error")
	inputs.AddSince(fl, &f.since)
	fl.BoolVar(&f.statistics, "statistics", false, "print how many findings of each kind there are, in place of the findings")
	fl.StringVar(&f.explain, "explain", "", "explain how `Class.method` locks and from which lines that follows, instead")
	return c
}

// explained prints why a function locks as it does.
func (f *checkFlags) explained(c *cobra.Command, in *inputs.Set, paths []string) error {
	p := transform.NewProject(in.Disk, f.Options(transform.Readable, in.Roots))
	list, err := p.Explain(c.Context(), paths, f.explain)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("--explain: no function is called %s in these files", f.explain)
	}
	w := c.OutOrStdout()
	beyond, unnamed := in.Beyond(), in.Unnamed()
	for _, x := range list {
		if beyond(x.Path) {
			fmt.Fprintf(w, "%s:%d: a function %s\n", terminal.Path(x.Path), x.Line, inputs.Outside)
			continue
		}
		fmt.Fprintf(w, "%s:%d: %s\n", terminal.Path(x.Path), x.Line, x.Name)
		if len(x.Holds) == 0 {
			fmt.Fprintf(w, "  touches no guarded state: needs no lock\n")
		}
		for _, r := range x.Holds {
			fmt.Fprintf(w, "  %s: %s\n", r.Object, r.Verdict)
			for _, s := range inputs.QuotableSteps(r.Steps, unnamed) {
				fmt.Fprintf(w, "    %s:%d:%d: %s\n", terminal.Path(s.Path), s.Line, s.Column, s.Message)
			}
		}
	}
	return nil
}

func (f *checkFlags) run(c *cobra.Command, args []string) error {
	if err := f.usage(args); err != nil {
		return err
	}
	in, err := inputs.OpenSince(c, &f.Settings, args, f.since)
	if err != nil {
		return err
	}
	paths := in.Paths()
	if f.explain != "" {
		return f.explained(c, in, paths)
	}
	check := func() (*transform.Report, error) {
		p := transform.NewProject(in.Disk, f.Options(transform.Readable, in.Roots))
		rep, err := p.Check(c.Context(), paths, f.Workers())
		if err == nil {
			in.Only(rep)
		}
		return rep, err
	}
	rep, err := check()
	if err != nil {
		return err
	}
	switch {
	case f.diff:
		err = f.preview(c, in, rep, check)
	case f.fix:
		var x fixes
		if rep, err = x.apply(in, rep, check); err != nil {
			return err
		}
		if err = x.write(c.Context(), in); err != nil {
			return err
		}
		err = f.report(c, in, rep, &x)
	default:
		err = f.report(c, in, rep, nil)
	}
	if err != nil {
		return err
	}
	if len(rep.Findings) > 0 {
		return console.Exit(console.Differences)
	}
	return nil
}

func (f *checkFlags) usage(args []string) error {
	switch {
	case f.fix && f.diff:
		return errors.New("--fix and --diff exclude each other")
	case f.fix && slices.Contains(args, "-"):
		return errors.New("standard input cannot be fixed in place; --diff prints the fixes")
	case f.diff && f.format != "text":
		return errors.New("--diff and --format exclude each other")
	case f.statistics && (f.diff || f.format != "text"):
		return errors.New("--statistics is text, and excludes --diff and other formats")
	case f.explain != "" && (f.fix || f.diff || f.statistics || f.format != "text" || f.since != ""):
		return errors.New("--explain is text, and excludes --fix, --diff, --statistics, --since and other formats")
	}
	return config.OneOf("format", f.format, "text", "json", "sarif", "github")
}

// report prints what was found, and what was fixed where x is not nil.
func (f *checkFlags) report(c *cobra.Command, in *inputs.Set, rep *transform.Report, x *fixes) error {
	w := c.OutOrStdout()
	rep = in.QuotableReport(rep)
	source := inputs.Sources(in)
	tool := report.Tool{Name: "pyxlock", Version: version}
	// What a program reads is not mixed with words.
	said := c.ErrOrStderr()
	var err error
	switch {
	case f.format == "json":
		err = report.JSON(console.Through(w), rep, source, tool)
	case f.format == "sarif":
		err = report.SARIF(console.Through(w), rep, source, page, tool)
	case f.format == "github":
		err = report.GitHub(console.Through(w), rep.Findings, source)
	case f.statistics:
		said = w
		err = statistics(w, rep.Findings)
	default:
		said = w
		err = report.Text(w, rep.Findings, source, f.Colored(w))
	}
	if err != nil || f.Quiet {
		return err
	}
	if x != nil && x.count > 0 {
		fmt.Fprintf(said, "%s\n", x.say(in))
	}
	if f.format == "text" {
		_, err = fmt.Fprintf(w, "%s\n", printed(rep.Summary))
		if left := in.Left.String(); left != "" && err == nil {
			_, err = fmt.Fprintln(w, left)
		}
	}
	if in.Since != nil {
		fmt.Fprintf(said, "reported: %d of %s, changed since %s\n", len(in.SpokenOf()), console.Count(len(in.Files), "file"), f.since)
	}
	return err
}

// preview prints the fixes as a patch, and to standard error the findings as
// they are without them.
func (f *checkFlags) preview(c *cobra.Command, in *inputs.Set, rep *transform.Report, check func() (*transform.Report, error)) error {
	stderr := c.ErrOrStderr()
	if err := report.Text(stderr, in.Quotable(rep.Findings), inputs.Sources(in), f.Colored(stderr)); err != nil {
		return err
	}
	var x fixes
	if _, err := x.apply(in, rep, check); err != nil {
		return err
	}
	w := c.OutOrStdout()
	names := newDiffNames(in)
	for _, path := range x.paths(in) {
		data, err := in.Disk.Read(path)
		if err != nil {
			return err
		}
		e := expanded{File: inputs.File{Path: path}, old: x.old[path], new: data}
		if err := names.patch(w, stderr, e, f.Colored(w)); err != nil {
			return err
		}
	}
	if x.count > 0 && !f.Quiet {
		names.say(stderr)
		fmt.Fprintf(stderr, "would have %s\n", x.say(in))
	}
	return nil
}

func page(code string) string {
	text, _ := docs.Finding(code)
	return string(text)
}

// statistics prints how many findings of each code there are, the most first,
// and marks those that --fix fixes all of.
func statistics(w io.Writer, fs []transform.Finding) error {
	type row struct {
		transform.Rule
		n, fixable int
	}
	var rows []row
	width := 0
	for _, r := range transform.Rules() {
		row := row{Rule: r}
		for _, f := range fs {
			if f.Code == r.Code {
				row.n++
				if f.Fix != nil {
					row.fixable++
				}
			}
		}
		if row.n > 0 {
			rows = append(rows, row)
			width = max(width, len(fmt.Sprint(row.n)))
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.n, a.n) })
	for _, r := range rows {
		mark := "[ ]"
		if r.fixable == r.n {
			mark = "[*]"
		}
		if _, err := fmt.Fprintf(w, "%*d  %s  %s %s\n", width, r.n, r.Code, mark, r.Title); err != nil {
			return err
		}
	}
	return nil
}

// printed returns a summary with the names of files as they are printed.
func printed(s transform.Summary) transform.Summary {
	s.Exempt, s.Claims = slices.Clone(s.Exempt), slices.Clone(s.Claims)
	for i := range s.Exempt {
		s.Exempt[i].Path = terminal.Path(s.Exempt[i].Path)
	}
	for i := range s.Claims {
		s.Claims[i].Path = terminal.Path(s.Claims[i].Path)
	}
	return s
}
