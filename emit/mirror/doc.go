// Package mirror keeps the directory from which Cython compiles an expanded source.
//
// It knows what has to stand where for Cython to give each thing its right name, and how to
// tell whether Cython has to run again. It does not know how sources are expanded, and
// does not start Cython.
//
// Begin reading at Mirror (mirror.go); guard.go keeps it whole, state.go has what it remembers.
package mirror
