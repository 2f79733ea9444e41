package main

// pyxlock preview: what the build will compile, as a diff.

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pyxlock/emit"
	"pyxlock/transform"
)

func newPreview() *cobra.Command {
	s := &settings{}
	format := "unified"
	c := &cobra.Command{
		Use:   "preview PATH…",
		Short: "Show what the build will compile, as a diff",
		Long: `Print the difference between the sources and what cython will be given, as a
unified diff that git apply takes. Nothing is written. A build also gets
pyxlock.pxd, which is not shown. The locks that no decorator asked for are listed
on standard error, each with the line from which it follows.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "unified", "side-by-side"); err != nil {
				return err
			}
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
			if !c.Flags().Changed("layout") {
				s.Layout = "readable"
			}
			files, res, err := expand(c.Context(), s, in, transform.Readable, c.ErrOrStderr())
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			color := s.colored(w)
			for _, e := range files {
				if !e.changed() {
					continue
				}
				if format == "unified" {
					err = emit.Unified(w, fileDiff(e), color)
				} else {
					err = emit.SideBySide(w, fileDiff(e), width(), color)
				}
				if err != nil {
					return err
				}
			}
			if !s.quiet {
				inferred(c.ErrOrStderr(), res.Inferred)
			}
			return nil
		},
	}
	s.addFlags(c)
	c.Flags().StringVar(&format, "format", format, "unified or side-by-side")
	return c
}

// inferred lists the locks that no decorator asked for, with the reason.
func inferred(w io.Writer, list []transform.Inferred) {
	for _, in := range list {
		how := in.Object + " for reading"
		switch {
		case in.Object == "":
			how = "nothing"
		case in.Write:
			how = in.Object + " for writing"
		}
		fmt.Fprintf(w, "%s:%d: inferred: %s locks %s: it %s\n", in.Path, in.Line, in.Name, how, in.Why)
	}
}

// width returns the terminal's width in columns, or what is usual.
func width() int {
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 20 {
		return w
	}
	return 160
}

// fileDiff names a file's two sides from the current directory, as git does.
func fileDiff(e expanded) emit.FileDiff {
	name := e.path
	if abs, err := filepath.Abs(name); err == nil {
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, abs); err == nil && !strings.HasPrefix(rel, "..") {
				name = rel
			}
		}
	}
	name = strings.TrimLeft(filepath.ToSlash(name), "/")
	for strings.HasPrefix(name, "../") {
		name = name[3:]
	}
	return emit.FileDiff{OldPath: name, NewPath: name, Old: e.old, New: e.new}
}
