package config

// The setting src: where the modules of a project lie. Directories that settings name and that
// are not there.

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/terminal"
)

// sourceDirs reads the setting src: one directory or several.
func sourceDirs(v any) ([]string, error) {
	var out []string
	switch v := v.(type) {
	case string:
		out = []string{v}
	case []any:
		for _, e := range v {
			out = append(out, e.(string)) // the table has been checked
		}
	}
	for _, dir := range out {
		if !filepath.IsLocal(filepath.FromSlash(dir)) {
			return nil, fmt.Errorf("src: %q does not lie below the directory of pyproject.toml: move the file up, or name a directory below it", dir)
		}
	}
	return out, nil
}

// sayAbsent tells which directories of a setting are not there. That is no error: a build may
// make them.
func sayAbsent(w io.Writer, t *table, setting string, dirs []string) {
	for _, d := range dirs {
		sayUnlessDir(w, t.where(setting), filepath.Join(filepath.Dir(t.path), filepath.FromSlash(d)), d)
	}
}

// sayUnlessDir tells that a path is no directory, which somebody names d.
func sayUnlessDir(w io.Writer, who, path, d string) {
	switch {
	case fspath.IsDir(path):
	case d == "" || !fspath.Exists(path):
		fmt.Fprintf(w, "pyxlock: %s: there is no directory %s\n", who, cmp.Or(terminal.Path(d), `""`))
	default:
		fmt.Fprintf(w, "pyxlock: %s: %s is no directory\n", who, terminal.Path(d))
	}
}
