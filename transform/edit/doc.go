// Package edit is how a changed file is written down: edits of its bytes, in order,
// and an editor that gathers them line by line.
//
// It knows lines, indentation and how edits at one place are ordered. It does not know
// why anything is edited, and never prints a tree again: what nobody edits stays as it
// is, byte for byte. Package emit makes bytes of a Rewrite.
//
// Begin with edit.go.
package edit
