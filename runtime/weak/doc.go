// Package weak checks the lock's fast paths and hand-shakes in the memory model of C.
//
// A model (models/*.txt) is a few threads, each a list of atomic operations with
// the memory orders of the C code. Explore builds every execution that the model of
// C11 as repaired by Lahav and others (RC11, "Repairing Sequential Consistency in
// C/C++11", PLDI 2017; with the release sequences of C++20) allows, and reports the
// first in which two accesses to plain data race, an assertion fails, a thread
// sleeps for good, or a word ends as it must not. So "in" means: what is done under
// the lock happens before or after what others do under it, as C understands that.
//
// Begin with model.go for the notation, graph.go for what makes an execution
// consistent, explore.go for how all of them are found. litmus.txt has tests whose
// verdicts the literature knows: they are what says that this checker is right.
// mutations.txt lists what is broken on purpose, and must be refuted.
//
// Why this is not loom: docs/decisions/0009-weak-memory-by-our-checker.md.
package weak
