// Package handlock recognises locks that people placed: with statements, critical
// sections, decorators, calls that acquire and release, by their types and their names.
//
// It knows one module's names at a time. It does not know what such a lock guards: only
// its authors do.
package handlock
