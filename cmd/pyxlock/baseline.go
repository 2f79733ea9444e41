package main

// The baseline of a check: what was there when somebody began to use it.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/baseline"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// readBaseline reads what was known; nil where nobody names a file.
func (f *checkFlags) readBaseline(c *cobra.Command) (*baseline.Baseline, error) {
	if c.Flags().Changed("baseline") {
		f.Baseline = f.baseline
	}
	if f.Baseline == "" || f.writeBaseline != "" || f.explain != "" {
		return nil, nil
	}
	return baseline.Read(f.Baseline)
}

// inUsualPlace is --write-baseline without a value.
const inUsualPlace = "that of --baseline"

// withoutBaseline takes the file of "--write-baseline FILE" out of the arguments: with a
// flag whose value may be left out, only "=" would say that it is one.
func (f *checkFlags) withoutBaseline(args []string) []string {
	if f.writeBaseline != inUsualPlace {
		return args
	}
	i := slices.IndexFunc(args, func(a string) bool { return filepath.Ext(a) == ".json" })
	if i < 0 {
		return args
	}
	f.writeBaseline = args[i]
	return slices.Delete(slices.Clone(args), i, i+1)
}

// leaveOut takes what is known out of a report.
func (f *checkFlags) leaveOut(in *inputs.Set, rep *transform.Report, old *baseline.Baseline) {
	if old == nil {
		return
	}
	paths := map[string]bool{}
	for _, x := range in.Files {
		paths[fileio.Real(x.Path)] = in.Shows(x.Path)
	}
	for _, x := range rep.Findings {
		if x.Code == transform.SyntaxError { // nobody looked any further
			delete(paths, fileio.Real(x.Path))
		}
	}
	selected := f.Options(transform.Readable, in.Roots).Selected
	all := true
	fresh, known, gone := old.Split(rep.Findings, func(path, code string) bool {
		_, err := os.Lstat(path)
		sought := (selected == nil || selected(path, code)) && (paths[fileio.Real(path)] || os.IsNotExist(err) && in.Since == nil)
		all = all && sought
		return sought
	})
	rep.Findings = fresh
	for _, x := range known {
		rep.Suppressed = append(rep.Suppressed, transform.Suppressed{Finding: x, Reason: "it was there when the baseline was written", Known: true})
	}
	f.known = fmt.Sprintf("left out: %s recorded in %s", console.Count(len(known), "finding"), terminal.Path(f.Baseline))
	if gone > 0 {
		how := "--write-baseline, over all files and codes,"
		if all {
			how = f.writeAnew()
		}
		f.known += fmt.Sprintf("; %s: %s updates it", console.CountOf(gone, "that it records is gone", "that it records are gone"), how)
	}
}

// writeAnew is the command that writes the baseline with what is there now.
func (f *checkFlags) writeAnew() string {
	words := []string{"pyxlock check --write-baseline"}
	if f.baseline != "" { // and not the configuration
		words[0] += "=" + shellWord(f.Baseline)
	}
	for _, p := range f.paths {
		words = append(words, shellWord(p))
	}
	return strings.Join(words, " ")
}

// storeBaseline writes what was found.
func (f *checkFlags) storeBaseline(c *cobra.Command, in *inputs.Set, rep *transform.Report) error {
	path := f.writeBaseline
	if path == inUsualPlace {
		if path = f.Baseline; path == "" {
			path = baseline.DefaultName
		}
	}
	b := baseline.Of(path, rep.Findings, in.Beyond())
	data, err := b.Encode()
	if err != nil {
		return err
	}
	var out fileio.Batch
	out.AddInput(in.Disk.Files()...)
	out.Add(fileio.Output{Path: path, Data: data})
	if _, err := console.Commit(c.Context(), &out); err != nil {
		return err
	}
	if !f.Quiet {
		w := c.OutOrStdout()
		fmt.Fprintf(w, "wrote %s to %s\n", console.Count(b.Count(), "finding"), terminal.Path(path))
		if rest := len(rep.Findings) - b.Count(); rest > 0 {
			fmt.Fprintf(w, "%s be left out: a file that does not parse is not checked, and what stops a build stops it\n", console.CountOf(rest, "finding cannot", "findings cannot"))
		}
		if f.Baseline == "" {
			fmt.Fprintf(w, "next: pyxlock check --baseline=%s %s%s, or baseline = %q in [tool.pyxlock]\n", shellWord(path), f.again, strings.Join(f.paths, " "), path)
		}
	}
	return nil
}
