package main

// The build of what annotate changed: Cython refuses the decorators until the build calls pyxlock.

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"pyxlock/cmd/pyxlock/internal/fspath"
)

// recipes are the pages of the documentation that tell how a build calls pyxlock, by the
// beginning of its back end's name and by the file that it is described in.
var recipes = []struct{ backend, file, page string }{
	{"mesonpy", "meson.build", "meson.md"},
	{"scikit_build_core", "CMakeLists.txt", "cmake.md"},
	{"setuptools", "setup.py", "setuptools.md"},
}

// recipe returns the page for the build of a file, all of them where that is not known; "" where
// the build seems to call pyxlock.
func recipe(path string) string {
	dir := filepath.Dir(path)
	top := topOf(dir)
	for _, r := range recipes {
		for _, from := range []string{dir, top} {
			if _, data, err := fspath.Nearest(from, r.file); err == nil && strings.Contains(string(data), "pyxlock") {
				return ""
			}
		}
	}
	var project struct {
		Build struct {
			Requires []string
			Backend  string `toml:"build-backend"`
		} `toml:"build-system"`
	}
	if _, data, err := fspath.Nearest(top, "pyproject.toml"); err == nil && toml.Unmarshal(data, &project) == nil {
		if slices.ContainsFunc(project.Build.Requires, func(r string) bool { return strings.HasPrefix(r, "pyxlock") }) {
			return ""
		}
	}
	const howto = "docs/howto/"
	for _, r := range recipes {
		if strings.HasPrefix(project.Build.Backend, r.backend) {
			return howto + r.page
		}
	}
	for _, r := range recipes {
		if _, err := os.Stat(filepath.Join(top, r.file)); err == nil {
			return howto + r.page
		}
	}
	return howto + "setuptools.md, meson.md or cmake.md"
}

// topOf is the directory of a project that a directory is in, or that directory.
func topOf(dir string) string {
	files := []string{"pyproject.toml"}
	for _, r := range recipes {
		files = append(files, r.file)
	}
	for _, name := range files {
		if at, _, err := fspath.Nearest(dir, name); err == nil && at != "" {
			return filepath.Dir(at)
		}
	}
	return dir
}
