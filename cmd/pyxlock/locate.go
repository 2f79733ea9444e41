package main

// pyxlock locate: positions in outputs as positions in sources, and back.

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/emit/sourcemap"
)

func newLocate() *cobra.Command {
	l := &sourcemap.Locator{}
	var cFiles bool
	c := &cobra.Command{
		Use:   "locate FILE:LINE[:COL]… | -",
		Short: "Translate positions between outputs and sources",
		Long: `Translate positions with the line maps that rewrite --source-map writes. A
position in an output gives the one in its source; one in a source gives those
in the outputs below the directories of -o.

With "-", copy standard input and translate every position in an output that
it cites: errors of cython and of C compilers, Python tracebacks.

  cython build/src/m.pyx 2>&1 | pyxlock locate -

With --c, the arguments are C and C++ files that Cython generated from outputs.
The positions in them are translated in place, so that tracebacks of the compiled
module cite the sources. Positions that are already translated stay as they are.

  pyxlock locate --c build/src/m.c`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if cFiles {
				return translateC(c.Context(), l, args)
			}
			for _, arg := range args {
				if arg == "-" {
					console.PassOn(c.OutOrStdout())
					if err := l.Filter(console.Through(c.OutOrStdout()), c.InOrStdin()); err != nil {
						return err
					}
					continue
				}
				p, err := sourcemap.ParsePosition(arg)
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
	c.Flags().BoolVar(&cFiles, "c", false, "translate the positions inside of generated C files, in place")
	return c
}

// translateC translates the positions inside of generated C files.
func translateC(ctx context.Context, l *sourcemap.Locator, paths []string) error {
	var b fileio.Batch
	for _, path := range paths {
		data, err := fileio.ReadFile(path)
		if err != nil {
			return fspath.Plain(err)
		}
		data, ok, err := l.C(data)
		if err != nil {
			return err
		}
		if ok {
			b.Add(fileio.Output{Path: path, Data: data, InPlace: true})
		}
	}
	_, err := console.Commit(ctx, &b)
	return err
}
