// Package c finds out what functions of C and C++ do to what they are given: read it, or
// write to it, or nobody can say.
//
// A [Library] is asked for a name that some header declares. It looks the name up in the
// header and in what that includes, and answers from what it finds: a prototype (const on
// what a parameter points to, through typedefs), the body of a function, a macro, a method
// of a C++ class. What a body does follows from the bodies of what it calls, by a fixed point.
//
// It reads islands. A file is cut into tokens once (lex.go), its declarations are found by
// brackets and semicolons (index.go), and only those that are asked for, and what these
// reach, are parsed (grammar.go, with participle; feed.go decides beforehand what is a cast
// or a declaration, which needs more than a grammar of one token's foresight). There is no
// preprocessor: of #if and #else both sides count, attributes and export macros are passed
// over, and macros are functions whose parameters are what is written there. What is not
// understood is unknown, never an error.
//
// Const is believed where no body is in sight. A body says more: const forbids no write through
// a deeper pointer, a cast, or to a variable that outlives the call (world in solve.go).
//
// It knows neither Cython nor locks, and touches no file: who opens a library decides what
// can be read, through [Options.Read].
//
// Begin with library.go (and sources.go); then types.go (what a declaration says), body.go and expr.go (what
// statements do), and solve.go (the fixed point). What is easily missed has files of its own:
// declarator.go (pointers to arrays), operator.go (operators that a class has, conversions, copies),
// bytes.go (copies of pointers, made byte by byte), lifetime.go (constructors and destructors), inherit.go
// (what a class inherits), fresh.go (which object a pointer leads to directly, and memory that has just been made).
// Headers may be hostile: hostile_test.go has the kinds, and what is asked for
// again and again is found out once.
//
// Known to be missed is a pointer that went through a number: one that lies in an unsigned long and is
// stored by its value through the address of a variable, or in a variable of the thread, or is put together
// of narrower numbers, or is a difference of addresses, or that was made of a number that the caller passes by what is not in
// sight, and assigned to another argument of that. So is what the default of a member does in a class
// without a constructor.
package c
