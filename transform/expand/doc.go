// Package expand makes edits of plans: the decorators go, the lock comes, declarations
// and imports move to where they may stand.
//
// It knows how the three locks are spelled in Cython and in pure Python mode, in either
// layout. It does not decide what is locked.
//
// Begin with Rewrite in analysis.go, which does one module; expansion.go has the text
// that a plan becomes, body.go puts it round a body.
package expand
