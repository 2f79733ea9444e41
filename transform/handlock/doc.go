// Package handlock recognises locks that people placed: with statements, critical
// sections, decorators, guards of C++, calls that acquire and release. A lock is what is
// declared or made as one; only where neither is known does a name tell.
//
// It knows one module's names at a time, and those that they are imported from. It does
// not know which object a lock belongs to, where it is held, or what it guards: package
// effects finds that.
//
// Begin with handlock.go (what is a lock); values.go says what variables hold, calls.go
// which calls take and release, pairs.go which classes are locks themselves.
package handlock
