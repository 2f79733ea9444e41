package docs

// The pages hold together: one title each, links that lead somewhere, an index
// that has them all, and code that the parser reads.

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"pyxlock/internal/markdown"
	"pyxlock/parser"
	"pyxlock/transform"
)

const root = ".."

// pages returns every page of the repository by its path from the root, with
// forward slashes.
func pages(t *testing.T) map[string]*markdown.Page {
	t.Helper()
	found := map[string]*markdown.Page{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "build" || name == "dist" || name == "bin" || name == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".md" {
			return nil
		}
		page, err := markdown.Read(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		found[filepath.ToSlash(rel)] = page
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found["README.md"] == nil || found["docs/README.md"] == nil {
		t.Fatal("README.md or docs/README.md is not among the pages")
	}
	return found
}

func TestOneTitle(t *testing.T) {
	for name, p := range pages(t) {
		titles := 0
		for _, h := range p.Headings {
			if h.Level == 1 {
				titles++
			}
		}
		if titles != 1 || p.Headings[0].Level != 1 {
			t.Errorf("%s: %d titles, where a page has one, at its top", name, titles)
		}
		for _, line := range p.HTML {
			t.Errorf("%s:%d: HTML: write Markdown, and in a text `<name>` as code", name, line)
		}
	}
}

func TestLinks(t *testing.T) {
	all := pages(t)
	for name, p := range all {
		for _, l := range p.Links {
			u, err := url.Parse(l.Destination)
			if err != nil {
				t.Errorf("%s:%d: %v", name, l.Line, err)
				continue
			}
			if u.IsAbs() {
				continue
			}
			target := name
			if u.Path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), filepath.FromSlash(u.Path)))
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil || strings.HasPrefix(u.Path, "/") {
				t.Errorf("%s:%d: %s: there is no %s", name, l.Line, l.Destination, target)
				continue
			}
			if u.Fragment == "" {
				continue
			}
			if !hasAnchor(all[target], u.Fragment) {
				t.Errorf("%s:%d: %s: %s has no such heading", name, l.Line, l.Destination, target)
			}
		}
	}
}

func hasAnchor(p *markdown.Page, fragment string) bool {
	if p == nil {
		return false
	}
	for _, h := range p.Headings {
		if h.Anchor == fragment {
			return true
		}
	}
	return false
}

// The index leads to every page of docs, the pages of findings by way of theirs.
func TestIndex(t *testing.T) {
	all := pages(t)
	linked := map[string]bool{}
	for _, index := range []string{"docs/README.md", "docs/reference/findings.md"} {
		for _, l := range all[index].Links {
			target, _, _ := strings.Cut(l.Destination, "#")
			linked[filepath.ToSlash(filepath.Join(filepath.Dir(index), target))] = true
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "docs/") && name != "docs/README.md" && !linked[name] {
			t.Errorf("%s: no index leads here: add it to docs/README.md", name)
		}
	}
}

// The index of findings has a row for each rule, in the order of the codes.
func TestFindingsIndex(t *testing.T) {
	data, err := os.ReadFile("reference/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`(?m)^\| \[PXL.*$`).FindAllString(string(data), -1)
	var want []string
	for _, r := range transform.Rules() {
		want = append(want, "| ["+r.Code+"](../findings/"+r.Code+".md) | "+r.Title+" |")
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("reference/findings.md does not list the findings as they are; its rows should be\n%s", w)
	}
}

// What a page shows as code is of that language. A fragment may be indented.
func TestCode(t *testing.T) {
	languages := map[string]func(text []byte) error{
		"cython": func(text []byte) error { return syntax(text, false) },
		"python": func(text []byte) error { return syntax(text, true) },
		"toml":   func(text []byte) error { return toml.Unmarshal(text, new(any)) },
		"json":   func(text []byte) error { return json.Unmarshal(text, new(any)) },
	}
	seen := map[string]int{}
	for name, p := range pages(t) {
		for _, b := range p.Blocks {
			seen[b.Language]++
			if strings.Contains(b.Language, " ") {
				t.Errorf("%s:%d: %q: put what comes after the language into a comment above the block (CONTRIBUTING.md, Pages)", name, b.Line, b.Language)
			}
			for key := range b.Attributes {
				if !slices.Contains([]string{"chance", "exit", "figures", "file", "needs", "norun", "output"}, key) {
					t.Errorf("%s:%d: doctest: %s means nothing", name, b.Line, key)
				}
			}
			if accept := languages[b.Language]; accept != nil {
				if err := accept([]byte(dedent(b.Text))); err != nil {
					t.Errorf("%s:%d: %v", name, b.Line, err)
				}
			}
		}
	}
	for language := range languages {
		if seen[language] == 0 && language != "json" {
			t.Errorf("no page shows %s", language)
		}
	}
}

func syntax(text []byte, pure bool) error {
	_, errs := parser.Parse(text, parser.Options{Pure: pure})
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// dedent takes the indentation of the first line off all lines.
func dedent(s string) string {
	indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
	return strings.TrimPrefix(strings.ReplaceAll(s, "\n"+indent, "\n"), indent)
}
