package main

// What a page of preview is about: the project's name, and what is checked out.

import (
	"context"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/preview"
)

// subject finds out what the inputs belong to. It is for people to read: what cannot
// be found out is left out.
func subject(ctx context.Context, s *config.Settings, in *inputs.Set, args []string) preview.Project {
	dir := "."
	if len(args) > 0 && args[0] != "-" {
		dir = args[0]
	}
	if fspath.IsFile(dir) {
		dir = filepath.Dir(dir)
	}
	top := fileio.Real(dir)
	p := preview.Project{}
	if out, err := in.CheckedOut(ctx, dir); err == nil {
		top, p.Revision, p.Edited = out.Top, out.Revision, out.Edited
	}
	if s.ConfFile != "" {
		top = filepath.Dir(fileio.Real(s.ConfFile))
	}
	if p.Name = declaredName(s.ConfFile); p.Name == "" {
		p.Name = filepath.Base(top)
	}
	return p
}

// declaredName returns the name that a pyproject.toml gives its project.
func declaredName(path string) string {
	if path == "" {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var doc struct {
		Project struct {
			Name string `toml:"name"`
		} `toml:"project"`
	}
	if toml.Unmarshal(data, &doc) != nil {
		return ""
	}
	return doc.Project.Name
}
