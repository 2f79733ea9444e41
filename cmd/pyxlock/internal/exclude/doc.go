// Package exclude knows which files of a directory are left out, and why.
//
// It knows globs, what holds no sources anywhere, and .gitignore files. It does not know
// where the globs come from (config), and walks no directories (inputs).
//
// Begin reading at Set (exclude.go).
package exclude
