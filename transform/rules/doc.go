// Package rules finds what is not safe: the table of findings, one file for each that is
// looked for in code, and the comments that suppress them.
//
// It knows the model and what was planned. It changes nothing, and a rule knows no other
// rule.
//
// Begin with rules.go (the table) and check.go (who applies it). Rules about locked
// classes ask package effects; those about other code ask rulefunc.go, which looks at one
// function by what is spelled there, reach.go (who else can get at an object; see
// package effects for the other notion), globals.go and rulelock.go (where a lock is
// held).
package rules
