// Package finding is what there is to say about a source: a code, a place, what is
// wrong, what to do, and sometimes the edits that do it.
//
// It knows the codes (codes.go) and the order of findings. It does not know how one
// comes about: plan reports what it refuses, rules what the rules find.
package finding
