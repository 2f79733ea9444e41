package main

// pyxlock annotate --suggest-reads: what the setting reads could say.

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// suggestions prints entries for reads that no header can tell, as TOML.
func (f *annotateFlags) suggestions(c *cobra.Command, in *inputs.Set) error {
	said := f.Reads
	s, err := transform.SuggestReads(c.Context(), func(reads []string) *transform.Project {
		f.Reads = slices.Concat(reads, said) // what somebody said counts
		return transform.NewProject(in.Disk, f.Options(transform.Readable, in.Roots))
	}, in.Paths(), f.Workers())
	f.Reads = said
	if err != nil {
		return err
	}
	printSuggestions(c.OutOrStdout(), s)
	if !f.Quiet {
		fmt.Fprintf(c.ErrOrStderr(), "pyxlock: %s; %d with the whole list\n", console.Count(s.Writes, "write lock"), s.Rest)
	}
	return nil
}

func printSuggestions(w io.Writer, s *transform.Suggestions) {
	if len(s.List) == 0 {
		fmt.Fprintln(w, "# no write lock depends on functions whose names suggest that they only read")
		return
	}
	fmt.Fprintln(w, "# No header says what these do. Keep those that only read what they are given.")
	fmt.Fprintln(w, "reads = [")
	for _, g := range s.List {
		become := console.Count(g.Locks, "write lock") + " become read locks"
		switch g.Locks {
		case 0:
			become = "on its own it turns no write lock into a read lock"
		case 1:
			become = "1 write lock becomes a read lock"
		}
		fmt.Fprintf(w, "    # %s: %s\n", terminal.Harmless([]byte(g.Family)), become)
		line := "   "
		for _, n := range g.Names {
			entry := fmt.Sprintf(" %q,", n)
			if len(line)+len(entry) > 96 && strings.TrimSpace(line) != "" {
				fmt.Fprintln(w, line)
				line = "   "
			}
			line += entry
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w, "]")
}
