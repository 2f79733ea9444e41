// Package annotate proposes decorators for what has none: which classes need a lock,
// which of their methods hold it how, as edits of the sources.
//
// It knows the model, which it asks as if every class were locked, and gives locks to
// classes on the way: a Program that has been annotated is good for nothing else.
//
// Begin with Propose in annotate.go; guard.go finds classes that share another's lock.
package annotate
