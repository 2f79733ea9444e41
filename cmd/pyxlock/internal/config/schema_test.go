package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/reference/pyproject.schema.json anew")

// TestSchema compares docs/reference/pyproject.schema.json, by which editors check and complete
// [tool.pyxlock], with the table of settings. What each setting means is what the page says.
func TestSchema(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "..", "docs", "reference")
	page, err := os.ReadFile(filepath.Join(docs, "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (.*?) \\| ").FindAllStringSubmatch(string(page), -1) {
		said[m[1]] = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(strings.ReplaceAll(m[2], "`", ""), "$1")
	}
	word := map[string]any{"type": "string"}
	list := map[string]any{"type": "array", "items": word}
	properties := map[string]any{}
	for name, k := range settings {
		var p map[string]any
		switch {
		case len(k.values) > 0:
			p = map[string]any{"enum": k.values}
		case k.wanted == directory.wanted:
			p = map[string]any{"anyOf": []any{word, list}}
		default:
			p = maps.Clone(map[string]map[string]any{
				texts.wanted:  list,
				text.wanted:   word,
				truth.wanted:  {"type": "boolean"},
				number.wanted: {"type": "integer", "minimum": 0},
				lists.wanted:  {"type": "object", "additionalProperties": list},
			}[k.wanted])
		}
		if p == nil {
			t.Fatalf("%s: of what kind is it in JSON?", name)
		}
		if p["description"] = said[name]; said[name] == "" {
			t.Errorf("%s is not in configuration.md", name)
		}
		properties[name] = p
	}
	for name := range said {
		if _, ok := settings[name]; !ok {
			t.Errorf("configuration.md has %s, which is no setting", name)
		}
	}
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(map[string]any{
		"$schema":              "http://json-schema.org/draft-07/schema#",
		"title":                "[tool.pyxlock] of a pyproject.toml",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(docs, "pyproject.schema.json")
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("-want +got; go test ./cmd/pyxlock/internal/config -run Schema -update writes it\n%s", diff)
	}
}
