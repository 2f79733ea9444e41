// Package report writes findings for people and for programs.
//
// It knows the formats: text with excerpts, JSON, SARIF and GitHub's workflow commands, and
// how each counts lines and columns. It does not know how findings come about, or which
// of them somebody wants to see.
//
// Begin reading at Text (text.go); json.go has what the other formats share.
package report
