// Command sbom writes which Go modules programs are built from, as a CycloneDX
// document. The programs say so themselves; the same programs give the same bytes.
//
// Usage: sbom VERSION PROGRAM...
package main

import (
	"cmp"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION PROGRAM...")
		os.Exit(2)
	}
	data, err := document(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
	os.Stdout.Write(data)
}

// bom is as much of CycloneDX 1.6 as there is something to say of.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	PURL     string    `json:"purl"`
	Licenses []license `json:"licenses,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
}

type license struct {
	Expression string `json:"expression"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// document describes what a version of pyxlock is made of: what any of its programs, one for each
// platform, says.
func document(version string, programs []string) ([]byte, error) {
	whole := component{Type: "application", Name: "pyxlock", Version: version, PURL: "pkg:pypi/pyxlock@" + version, Licenses: []license{{"MIT"}}}
	whole.Ref = whole.PURL
	found := map[string]component{}
	for _, path := range programs {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, err
		}
		std := component{Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
		std.PURL = "pkg:golang/std@" + std.Version
		found[std.PURL] = std
		for _, m := range info.Deps {
			c, err := module(m)
			if err != nil {
				return nil, err
			}
			found[c.PURL] = c
		}
	}
	out := bom{Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{whole}}
	uses := dependency{Ref: whole.Ref}
	for _, c := range found {
		c.Ref = c.PURL
		out.Components = append(out.Components, c)
		uses.DependsOn = append(uses.DependsOn, c.Ref)
	}
	slices.SortFunc(out.Components, func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) })
	slices.Sort(uses.DependsOn)
	out.Dependencies = []dependency{uses}
	data, err := json.MarshalIndent(out, "", "  ")
	return append(data, '\n'), err
}

// module is a Go module with the hash of go.sum, which is one of its files, by name.
func module(m *debug.Module) (component, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + strings.ToLower(m.Path) + "@" + m.Version}
	sum, ok := strings.CutPrefix(m.Sum, "h1:")
	if !ok {
		return c, fmt.Errorf("%s %s: no hash in the program", m.Path, m.Version)
	}
	raw, err := base64.StdEncoding.DecodeString(sum)
	c.Hashes = []hash{{"SHA-256", hex.EncodeToString(raw)}}
	return c, err
}
