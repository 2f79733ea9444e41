// Package report writes findings for people and for programs.
//
// It knows the formats: text with excerpts, JSON, SARIF, GitHub's workflow commands,
// GitLab's code quality reports and JUnit's XML, how each counts lines and columns, and
// what a finding is known by when its line has moved. It does not know how findings come
// about, or which of them somebody wants to see.
//
// Begin reading at Text (text.go); json.go has what the other formats share.
package report
