// Package fspath knows where paths lead from here, and to what. Links are for package fileio.
//
// It knows which files Cython compiles and what it takes for a package. It does not know
// which files a run is about (inputs), or which of them are left out (exclude).
//
// Begin reading at Inside (paths.go).
package fspath
