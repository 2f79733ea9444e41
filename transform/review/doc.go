// Package review tells people what the locks do: why a function locks what it locks,
// what each member of a locked class does at its entry, and what a change takes away.
//
// It knows what was planned and found. It decides nothing.
//
// Begin with Reviewer.Classes in review.go; explain.go has the reasons, weaker.go the
// comparison with what was.
package review
