// Package diff shows two texts as what has changed between them.
//
// It knows lines, hunks, and how a terminal shows them. It does not know why they differ,
// or what language they are in. Lines end with "\n" alone here, as git counts them.
//
// Begin reading at Pair (diff.go); align.go finds the lines that are the same, unified.go and
// sidebyside.go print, and rows.go has the sides beside each other for pages.
package diff
