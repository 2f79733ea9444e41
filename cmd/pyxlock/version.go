package main

// pyxlock version.

import (
	"fmt"

	"github.com/spf13/cobra"

	"pyxlock/runtime"
)

// version is the release of the program.
const version = "0.1.0"

// versions are those of the program and of its runtime.
func versions() string {
	return fmt.Sprintf("%s (runtime %s, ABI %d)", version, runtime.Version, runtime.ABI)
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of pyxlock and of its runtime",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "pyxlock %s\n", versions())
			return err
		},
	}
}
