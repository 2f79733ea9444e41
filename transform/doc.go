// Package transform is what people ask of a set of Cython files: rewrite them, check
// them, propose locks, explain, review.
//
// It has the options and one entry for each; what they do is in the packages below,
// each of which says in its doc.go what it knows. docs/architecture.md follows one
// method through them. internal/architecture holds which may import which.
//
// It touches no file: a Project is given a Loader, and returns findings and edits, of
// which package emit makes bytes.
//
// Begin with project.go.
package transform
