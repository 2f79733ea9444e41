// Package docs carries the pages of this directory that the program prints.
package docs

import "embed"

//go:embed findings/*.md
var findings embed.FS

// Finding returns the page of a finding's code; an error that is
// fs.ErrNotExist where there is none.
func Finding(code string) ([]byte, error) { return findings.ReadFile("findings/" + code + ".md") }
