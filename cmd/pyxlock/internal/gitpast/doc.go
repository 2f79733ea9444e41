// Package gitpast knows the files of a git revision, for --since.
//
// It asks git only what runs no program of the repository, and finds out itself which files
// differ. It does not know what a run is about, or what locks are.
//
// Begin reading at Open (git.go), then at Past (past.go).
package gitpast
