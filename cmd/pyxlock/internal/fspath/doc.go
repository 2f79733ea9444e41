// Package fspath knows where paths lead: through links, from here, and to what.
//
// It knows which files Cython compiles and what it takes for a package. It does not know
// which files a run is about (inputs), or which of them are left out (exclude).
//
// Begin reading at Real (paths.go).
package fspath
