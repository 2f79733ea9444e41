// Package preview shows reviewers a change: what is locked, and what that does to each file.
//
// It knows the page and the comment that it writes, the latter in the Markdown of pull
// requests. It does not know how locks are found, or which files the change is of.
//
// Begin reading at Change (change.go); html.go and markdown.go write it.
package preview
