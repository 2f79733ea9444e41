package fspath

// Which files are Cython's, and which directories are packages for it.

import (
	"path/filepath"
	"slices"
)

// CythonExts are what the names of files that Cython reads end in.
var CythonExts = []string{".pyx", ".pxd", ".pxi", ".py"}

// IsPackage reports whether Cython takes a directory for a package.
func IsPackage(dir string) bool {
	return slices.ContainsFunc(InitFiles, func(name string) bool { return IsFile(filepath.Join(dir, name)) })
}

// InitFiles are what makes a directory a package for Cython.
var InitFiles = []string{"__init__.py", "__init__.pyx", "__init__.pxd"}
