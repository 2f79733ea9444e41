package config

// Where packages are installed that may be cimported: in the environments of the programs
// that a build starts.

import (
	"os"
	"path/filepath"
)

// installed returns the directories of installed packages of the environments that pyxlock
// and some other programs are in.
func installed(programs []string) []string {
	var out []string
	if self, err := os.Executable(); err == nil {
		out = SitePackages(self)
	}
	for _, program := range programs {
		out = append(out, SitePackages(program)...)
	}
	return out
}

// SitePackages returns the directories of installed packages of the environment that a
// program is in, by its path; none where it is in none. It runs no Python: what that would
// say of a tree's own settings is the tree's.
func SitePackages(program string) []string {
	var out []string
	prefix := filepath.Dir(filepath.Dir(program))
	for _, pattern := range [...]string{"lib*/python*/*-packages", "Lib/site-packages"} {
		found, _ := filepath.Glob(filepath.Join(prefix, pattern))
		out = append(out, found...)
	}
	return out
}
