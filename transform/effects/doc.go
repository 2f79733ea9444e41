// Package effects is the model: what each function of a project does to whose guarded
// state.
//
// A body is read once and becomes a Flow: values, what is done to them, calls. From flows a
// fixed point over the call graph derives a Summary for each function: what it does to
// its parameters and to what is reached from them. What is not in sight counts as a
// write.
//
// It knows which classes are locked and which functions carry decorators, because that
// ends what a caller has to answer for; it does not decide what anything locks, writes
// no text and reports nothing.
//
// Begin with model.go, which has the words; then flow.go (statements; values, variables and
// notes are what it writes to), flowexpr.go and flowcall.go (flowprototype.go and
// addresstaken.go for pointers to functions), heap.go (what has been assigned
// to attributes), items.go (objects that have no name), solve.go (the fixed point), solvecalls.go and manyoverrides.go
// (calls that may reach very many),
// shared.go (objects that have one lock), and infer.go (what follows from a summary). What
// generators may do with their locks is in snapshots.go and stillness.go (all at once) and
// steps.go, measures.go, reliance.go, learned.go and looking.go (step by step). owners.go
// says who points into whose state, guardmoves.go which guards change, owned.go and newness.go which
// objects only one other leads to, onethread.go where a C library is called that one thread uses. docs/inference.md has
// the argument.
//
// Two notions of who else can reach an object live side by side: here objects of a
// function's own making are followed until they are handed out (handing, Solver.handed);
// package rules has one of its own for code that has no locked classes
// (reach.go, fieldconst.go there). They differ in what they take for granted about
// attributes and arguments, and each verdict rests on one of them.
package effects
