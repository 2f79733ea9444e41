package main

// pyxlock check: findings.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/baseline"
	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/report"
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
	exitZero   bool
	addIgnore  string
	// What a baseline has; see baseline.go.
	baseline      string
	writeBaseline string
	known         string // what is to be said of it

	paths []string // the arguments, or what stands for them
	again string   // the flags that the next run needs as well
}

func newCheck() *cobra.Command {
	f := &checkFlags{}
	f.HeaderUse = config.HeadersOfCheck
	c := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "Report what is not safe on free-threaded Python",
		Long: `Report what rewrite would refuse and what is not safe on free-threaded Python.

A comment "# pyxlock: ignore[CODE] why" suppresses a finding on its line or, if it
is alone on its line, on the next line of code. A note is a finding that rests on
what is not in sight, such as what a C function does. With --fix the findings that have
one safe answer are fixed in place, and what remains is reported. The exit code is 1
if anything is reported. Without PATH it looks at the directories of the setting
src, or else at the current directory.

For old code: --write-baseline records what there is, and --baseline reports what is
new; or --add-ignore puts a comment on each line.`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	f.AddFlags(c)
	fl := c.Flags()
	f.AddVerbose(fl, "")
	fl.StringVar(&f.format, "format", "text", "text, json, sarif, github for workflow commands, gitlab for Code Climate, or junit")
	fl.StringSliceVar(&f.Select, "select", nil, "codes of the findings to report, or prefixes of codes (default all)")
	fl.StringSliceVar(&f.Ignore, "ignore", nil, "codes of findings not to report, or prefixes of codes")
	fl.BoolVar(&f.fix, "fix", false, "fix in place whatever has one safe answer")
	fl.BoolVar(&f.diff, "diff", false, "write nothing; print what --fix (or --add-ignore) would change, and the findings to standard error")
	fl.StringVar(&f.addIgnore, "add-ignore", "", "put a comment with `REASON` on each line with a finding, which suppresses it")
	fl.Lookup("add-ignore").NoOptDefVal = "there before pyxlock looked"
	fl.StringVar(&f.baseline, "baseline", "", "leave out what is recorded in `FILE`, which --write-baseline writes")
	fl.StringVar(&f.writeBaseline, "write-baseline", "", "write what is found to `FILE` (or "+baseline.DefaultName+"), instead of the report")
	fl.Lookup("write-baseline").NoOptDefVal = inUsualPlace
	fl.StringVar(&f.Severity, "severity", "note", "least severity of what is reported: error, warning or note")
	fl.BoolVar(&f.exitZero, "exit-zero", false, "exit with 0 whatever is found")
	inputs.AddSince(fl, &f.since)
	fl.BoolVar(&f.statistics, "statistics", false, "print how many findings of each kind there are, instead of the findings")
	fl.StringVar(&f.explain, "explain", "", "explain how `Class.method` locks, or which lock guards Class.attribute, and from which lines that follows, instead")
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
		return fmt.Errorf("--explain: no function and no attribute of a class is called %s in these files", f.explain)
	}
	return report.Explanations(c.OutOrStdout(), in.QuotableExplanations(list))
}

func (f *checkFlags) run(c *cobra.Command, args []string) error {
	args, err := config.Paths(f.withoutBaseline(args))
	if err != nil {
		return err
	}
	f.paths, f.again = args, carriedBy(c.Flags())
	if err := f.usage(c, args); err != nil {
		return err
	}
	in, err := inputs.OpenSince(c, &f.Settings, args, f.since)
	if err != nil {
		return err
	}
	old, err := f.readBaseline(c)
	if err != nil {
		return err
	}
	paths := in.Paths()
	if f.explain != "" {
		return f.explained(c, in, paths)
	}
	var p *transform.Project
	check := func() (*transform.Report, error) {
		p = transform.NewProject(in.Disk, f.Options(transform.Readable, in.Roots))
		rep, err := p.Check(c.Context(), paths, f.Workers())
		if err == nil {
			in.Only(rep)
			f.leaveOut(in, rep, old)
			rep.Findings = slices.DeleteFunc(rep.Findings, f.slighter)
		}
		return rep, err
	}
	rep, err := check()
	if err != nil {
		return err
	}
	if f.Verbose {
		sayMissing(c.ErrOrStderr(), &f.Settings, p)
	}
	change := func(x *fixes, rep *transform.Report) (*transform.Report, error) {
		if f.addIgnore == "" {
			return x.apply(in, rep, check)
		}
		edits, n := p.Ignore(x.changeable(in, rep.Findings), f.addIgnore)
		x.verb = "ignored"
		return x.once(in, edits, n, check)
	}
	switch {
	case f.writeBaseline != "":
		return f.storeBaseline(c, in, rep)
	case f.diff:
		err = f.preview(c, in, rep, change)
	case f.fix || f.addIgnore != "":
		var x fixes
		if rep, err = change(&x, rep); err != nil {
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
	if len(rep.Findings) > 0 && !f.exitZero {
		return console.Exit(console.Differences)
	}
	return nil
}

func (f *checkFlags) usage(c *cobra.Command, args []string) error {
	switch {
	case f.fix && f.addIgnore != "":
		return errors.New("--fix and --add-ignore cannot be used together: fix first, then ignore what remains")
	case (f.fix || f.addIgnore != "") && !f.diff && slices.Contains(args, "-"):
		return errors.New("standard input cannot be fixed in place; --diff prints the fixes")
	case f.writeBaseline != "" && (f.fix || f.diff || f.addIgnore != "" || f.explain != "" || f.statistics || f.since != "" || f.format != "text"):
		return errors.New("--write-baseline writes all that is found, and cannot be used with --fix, --diff, --add-ignore, --explain, --statistics, --since or other formats")
	case c.Flags().Changed("add-ignore") && strings.TrimSpace(f.addIgnore) == "":
		return errors.New("--add-ignore: say why, as in --add-ignore=\"one thread only\"; without a reason the comment says that it was there before pyxlock looked")
	case strings.ContainsAny(f.addIgnore, "\r\n"):
		return errors.New("--add-ignore: a reason has one line")
	case f.diff && f.format != "text":
		return errors.New("--diff and --format cannot be used together")
	case f.statistics && (f.diff || f.format != "text"):
		return errors.New("--statistics is text, and cannot be used with --diff or other formats")
	case f.explain != "" && (f.fix || f.diff || f.addIgnore != "" || f.statistics || f.format != "text" || f.since != ""):
		return errors.New("--explain is text, and cannot be used with --fix, --add-ignore, --diff, --statistics, --since or other formats")
	}
	return config.OneOf("format", f.format, checkFormats...)
}

// slighter reports whether a finding has less than the least severity that is reported.
func (f *checkFlags) slighter(x transform.Finding) bool {
	return slices.Index(config.Severities, report.Severity(x)) < slices.Index(config.Severities, f.Severity)
}

// preview prints the fixes as a patch, and to standard error the findings as
// they are without them.
func (f *checkFlags) preview(c *cobra.Command, in *inputs.Set, rep *transform.Report, change func(*fixes, *transform.Report) (*transform.Report, error)) error {
	stderr := c.ErrOrStderr()
	if err := report.Text(stderr, in.Quotable(rep.Findings), inputs.Sources(in), f.Colored(stderr)); err != nil {
		return err
	}
	var x fixes
	if _, err := change(&x, rep); err != nil {
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
