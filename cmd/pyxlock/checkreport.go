package main

// What pyxlock check prints: the findings in each format, how many things there are to
// do, what was looked at, and the next step.

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/docs"
	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// checkFormats are those of --format.
var checkFormats = []string{"text", "json", "sarif", "github", "gitlab", "junit"}

// report prints what was found, and what was changed where x is not nil.
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
	case f.format == "gitlab":
		err = report.GitLab(console.Through(w), rep.Findings, source)
	case f.format == "junit":
		err = report.JUnit(console.Through(w), in.Paths(), rep.Findings, source, tool)
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
		if len(rep.Findings) > 0 {
			if !f.statistics {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, found(rep.Findings))
		}
		fmt.Fprintf(w, "%s\n", printed(rep.Summary))
		if left := in.Left.String(); left != "" {
			fmt.Fprintln(w, left)
		}
	}
	if f.known != "" {
		fmt.Fprintln(said, f.known)
	}
	if in.Since != nil {
		fmt.Fprintf(said, "reported: %d of %s, changed since %s\n", len(in.SpokenOf()), console.Count(len(in.Files), "file"), f.since)
	}
	if next := f.next(rep); next != "" && f.format == "text" {
		_, err = fmt.Fprintf(w, "next: %s\n", next)
	}
	return err
}

// found counts the things to do and the notes, and the places where there are more of these.
func found(list []transform.Finding) string {
	count := func(groups []transform.Group, what string) string {
		places := len(groups)
		for _, g := range groups {
			places += len(g.Also)
		}
		if places == len(groups) {
			return console.Count(places, what)
		}
		return fmt.Sprintf("%s at %s", console.Count(len(groups), what), console.Count(places, "place"))
	}
	groups := transform.Groups(list)
	n := slices.IndexFunc(groups, func(g transform.Group) bool { return g.Note })
	switch {
	case n < 0:
		return count(groups, "finding")
	case n == 0:
		return count(groups, "note")
	}
	return count(groups[:n], "finding") + ", and " + count(groups[n:], "note")
}

// next says what to do now; "" where that is not known.
func (f *checkFlags) next(rep *transform.Report) string {
	if f.stdin() || f.Locking == "off" {
		return ""
	}
	var where []string
	for _, p := range f.paths {
		where = append(where, shellWord(p))
	}
	on := f.again + strings.Join(where, " ")
	unlocked, fixable := 0, 0
	codes := map[string]int{}
	most := ""
	for _, g := range transform.Groups(rep.Findings) {
		if codes[g.Code]++; g.Code != transform.SyntaxError && (most == "" || codes[g.Code] > codes[most]) {
			most = g.Code
		}
	}
	for _, x := range rep.Findings {
		if x.Fix != nil {
			fixable++
		}
		if x.Code == transform.Unlocked && !x.ByHand {
			unlocked++
		}
	}
	switch {
	case unlocked == 1:
		return fmt.Sprintf("pyxlock annotate %s proposes locks: 1 mutable class has none", on)
	case unlocked > 1:
		return fmt.Sprintf("pyxlock annotate %s proposes locks: %d mutable classes have none", on, unlocked)
	case fixable > 0 && !f.fix:
		return fmt.Sprintf("pyxlock check --fix %s fixes what has one safe answer, at %s", on, console.Count(fixable, "place"))
	case most != "":
		return fmt.Sprintf("pyxlock explain %s says what to do", most)
	case len(rep.Findings) > 0 || f.since != "" || f.known != "" || f.Severity != config.Severities[0] || len(f.Select)+len(f.Ignore)+len(f.PerFileIgnores) > 0:
		return "" // there may be more than was looked for
	case rep.Summary.Undeclared > 0 && rep.Summary.Classes > 0:
		speaks := "nothing contradicts it"
		if n := len(rep.Suppressed); n > 0 {
			speaks = fmt.Sprintf("nothing but %s contradicts it", console.Count(n, "suppressed finding"))
		}
		return fmt.Sprintf("declare freethreading_compatible=True: %s, and %s not say it yet", speaks, console.CountOf(rep.Summary.Undeclared, "module does", "modules do"))
	}
	return ""
}

// carried are the flags that say what is looked at, and how, in whatever is run next.
var carried = []string{"include-path", "header-path", "pkg-config", "compile-commands", "reads", "lock", "exclude", "extend-exclude", "no-respect-gitignore", "force-exclude"}

// carriedBy returns those of a run, to be typed before its paths.
func carriedBy(given *pflag.FlagSet) string {
	var out strings.Builder
	for _, name := range carried {
		fl := given.Lookup(name)
		if fl == nil || !fl.Changed {
			continue
		}
		values := []string{fl.Value.String()}
		if list, ok := fl.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if fl.NoOptDefVal != "" && v == fl.NoOptDefVal {
				out.WriteString("--" + name + " ")
			} else {
				out.WriteString(shellWord("--"+name+"="+v) + " ")
			}
		}
	}
	return out.String()
}

// stdin reports whether standard input is checked.
func (f *checkFlags) stdin() bool { return slices.Contains(f.paths, "-") }

// shellWord is a path as one types it.
func shellWord(path string) string {
	if strings.ContainsAny(path, " \t'\"$&|;<>()*?[]#~`!\\") {
		return "'" + strings.ReplaceAll(terminal.Path(path), "'", `'\''`) + "'"
	}
	return terminal.Path(path)
}

func page(code string) string {
	text, _ := docs.Finding(code)
	return string(text)
}

// statistics prints how many findings of each code there are, the most first, with the other codes that
// their places have, and marks those that --fix fixes all of.
func statistics(w io.Writer, fs []transform.Finding) error {
	type row struct {
		transform.Rule
		n, places, fixable int
		others             map[string]int
	}
	var rows []row
	width := 0
	groups := transform.Groups(fs)
	for _, r := range transform.Rules() {
		row := row{Rule: r, others: map[string]int{}}
		for _, g := range groups {
			if g.Code != r.Code {
				continue
			}
			row.n++
			for _, f := range append([]transform.Finding{g.Finding}, g.Also...) {
				row.places++
				if f.Code != r.Code {
					row.others[f.Code]++
				}
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
		if r.fixable == r.places {
			mark = "[*]"
		}
		at := ""
		if r.places > r.n {
			at = fmt.Sprintf(" (at %d places", r.places)
			for i, code := range slices.Sorted(maps.Keys(r.others)) {
				of := " of them"
				if i > 0 {
					of = ""
				}
				at += fmt.Sprintf(", %d%s %s", r.others[code], of, code)
			}
			at += ")"
		}
		if _, err := fmt.Fprintf(w, "%*d  %s  %s %s%s\n", width, r.n, r.Code, mark, r.Title, at); err != nil {
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
		s.Claims[i].By = terminal.Path(s.Claims[i].By)
	}
	return s
}
