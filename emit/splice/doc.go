// Package splice makes the bytes of an output of a source and the edits of an expansion.
//
// It knows edits, and where lines of the output come from, which it returns as a
// sourcemap.LineMap. It knows no Cython: what it splices and aligns is text. It does not
// know why something is edited.
//
// Begin reading at Apply (splice.go). Aligned (aligned.go) does the same so that as many
// lines as possible keep their numbers.
package splice
