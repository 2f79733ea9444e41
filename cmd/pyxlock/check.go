package main

// pyxlock check: findings.

import (
	"github.com/spf13/cobra"

	"pyxlock/emit"
	"pyxlock/transform"
)

func newCheck() *cobra.Command {
	s := &settings{}
	c := &cobra.Command{
		Use:   "check PATH…",
		Short: "Report what is not safe on free-threaded Python",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.valid(); err != nil {
				return err
			}
			if err := s.configure(c, args); err != nil {
				return err
			}
			in, err := collect(args, "", s.stdinName, c.InOrStdin())
			if err != nil {
				return err
			}
			p := transform.NewProject(in.disk, s.options(transform.Readable, in.roots))
			paths := make([]string, len(in.files))
			for i, f := range in.files {
				paths[i] = f.path
			}
			rep, err := p.Check(c.Context(), paths, s.jobs())
			if err != nil {
				return err
			}
			source := func(path string) []byte {
				data, _ := in.disk.Read(path)
				return data
			}
			w := c.OutOrStdout()
			if err := emit.Findings(w, rep.Findings, source, s.colored(w)); err != nil {
				return err
			}
			if len(rep.Findings) > 0 {
				return exit(exitDifferences)
			}
			return nil
		},
	}
	s.addFlags(c)
	return c
}
