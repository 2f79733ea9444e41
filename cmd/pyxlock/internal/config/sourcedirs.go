package config

// The setting src: where the modules of a project lie.

import (
	"fmt"
	"path/filepath"
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
