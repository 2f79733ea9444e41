package main

// pyxlock locate: positions in outputs as positions in sources, and back.

import (
	"fmt"

	"github.com/spf13/cobra"

	"pyxlock/emit"
)

func newLocate() *cobra.Command {
	l := &emit.Locator{}
	c := &cobra.Command{
		Use:   "locate FILE:LINE[:COL]… | -",
		Short: "Translate positions between outputs and sources",
		Long: `Translate positions with the line maps that rewrite --source-map writes. A
position in an output gives the one in its source; one in a source gives those
in the outputs below the directories of -o.

With "-", copy standard input and translate every position in an output that
it cites: errors of cython and of C compilers, Python tracebacks.

  cython build/src/m.pyx 2>&1 | pyxlock locate -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, arg := range args {
				if arg == "-" {
					if err := l.Filter(c.OutOrStdout(), c.InOrStdin()); err != nil {
						return err
					}
					continue
				}
				p, err := emit.ParsePosition(arg)
				if err != nil {
					return err
				}
				found, err := l.Locate(p)
				if err != nil {
					return err
				}
				for _, f := range found {
					fmt.Fprintln(c.OutOrStdout(), f)
				}
			}
			return nil
		},
	}
	c.Flags().StringArrayVarP(&l.Outputs, "output", "o", nil, "directory with outputs and their maps; may be repeated")
	c.Flags().StringArrayVar(&l.Roots, "root", nil, "directory that cited paths may start from; may be repeated")
	return c
}
