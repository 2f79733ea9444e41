package config

// Which findings are wanted: select, ignore and per-file-ignores, by codes or
// by what codes start with.

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"pyxlock/transform"
)

// SyntaxError is the finding that says that nothing else was looked for.
const SyntaxError = "PXL001"

// validSelection reports codes that no finding has, and globs that do not parse.
func (s *Settings) validSelection() error {
	if err := validCodes("select", s.Select); err != nil {
		return err
	}
	if err := validCodes("ignore", s.Ignore); err != nil {
		return err
	}
	for _, glob := range slices.Sorted(maps.Keys(s.PerFileIgnores)) {
		what := fmt.Sprintf("per-file-ignores: %q", glob)
		if !doublestar.ValidatePattern(glob) {
			return fmt.Errorf("%s: not a glob", what)
		}
		if err := validCodes(what, s.PerFileIgnores[glob]); err != nil {
			return err
		}
	}
	return nil
}

func validCodes(what string, codes []string) error {
	for _, c := range codes {
		known := slices.ContainsFunc(transform.Rules(), func(r transform.Rule) bool { return strings.HasPrefix(r.Code, c) })
		if !strings.HasPrefix(c, "PXL") || !known {
			return fmt.Errorf("%s: no finding has the code %q, or one that starts so; pyxlock explain lists them", what, c)
		}
		if c == SyntaxError && what != "select" {
			return fmt.Errorf("%s: %s cannot be left out: a file that does not parse is not checked", what, c)
		}
	}
	return nil
}

// selected returns what tells wanted findings, or nil where all are wanted. Of
// select and ignore the longer match counts: with ignore = ["PXL1"] and
// select = ["PXL", "PXL101"], PXL101 is wanted.
func (s *Settings) selected() func(path, code string) bool {
	if len(s.Select)+len(s.Ignore)+len(s.PerFileIgnores) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for _, r := range transform.Rules() {
		in := longest(s.Select, r.Code)
		wanted[r.Code] = (len(s.Select) == 0 || in > 0) && longest(s.Ignore, r.Code) < max(in, 1)
	}
	root := filepath.Dir(s.ConfFile)
	return func(path, code string) bool {
		if !wanted[code] {
			return false
		}
		if len(s.PerFileIgnores) == 0 {
			return true
		}
		rel := below(root, path)
		for glob, codes := range s.PerFileIgnores {
			if longest(codes, code) > 0 && doublestar.MatchUnvalidated(glob, rel) {
				return false
			}
		}
		return true
	}
}

// longest returns the length of the longest prefix of code in the list.
func longest(prefixes []string, code string) int {
	n := 0
	for _, p := range prefixes {
		if strings.HasPrefix(code, p) {
			n = max(n, len(p))
		}
	}
	return n
}

// below names a file from a directory, with forward slashes.
func below(dir, path string) string {
	a, err1 := filepath.Abs(dir)
	b, err2 := filepath.Abs(path)
	if err1 == nil && err2 == nil {
		if rel, err := filepath.Rel(a, b); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}
