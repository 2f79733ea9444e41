package main

// pyxlock explain: the page of a finding.

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pyxlock/docs"
	"pyxlock/transform"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a finding, or list them all",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var out []string
			for _, r := range transform.Rules() {
				out = append(out, r.Code+"\t"+r.Title)
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			w := c.OutOrStdout()
			if len(args) == 0 {
				for _, r := range transform.Rules() {
					fmt.Fprintf(w, "%s  %s\n", r.Code, r.Title)
				}
				return nil
			}
			code := strings.ToUpper(args[0])
			page, err := docs.Finding(code)
			if err != nil {
				return fmt.Errorf("no finding is called %s; pyxlock explain lists them", args[0])
			}
			_, err = w.Write(page)
			return err
		},
	}
}
