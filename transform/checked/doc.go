// Package checked finds where code uses guarded state, for builds that check their locks at
// run time (--locking=check).
//
// Syntax and declared types say where: X.attr, where X is known to be an object of an
// extension type that has a C attribute of that name. What the model of effects infers is
// not asked: such a build is there to find where the model is wrong. So this package does not
// import it, nor plans.
//
// It writes no text into files; package expand does. Begin with Find in uses.go; types.go
// says which class an expression has, surroundings.go where a use stands, doing.go what is
// done there.
package checked
