// Package decorator reads what the sources say of locks: the four decorators, whatever
// a module calls them, the lock that each class asks for or inherits, and which modules
// locks concern at all.
//
// It knows classes and their lines. It does not know what methods do: whether one needs
// its lock is for effects, what it takes is for plan.
//
// Begin with decorator.go (the decorators), lockdecl.go (a class's own) and locked.go
// (with what is inherited); concern.go lets files pass unparsed.
package decorator
