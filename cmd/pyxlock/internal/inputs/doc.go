// Package inputs knows which files a run is about, and reads them.
//
// It knows the directories and files that were given, what they need besides, the bounds
// beyond which nothing is written or quoted, and, with --since, which of them to speak of.
// It does not know what a command does with them.
//
// Begin reading at Open (inputs.go), with which commands begin.
package inputs
