// Package syntax answers questions about trees that need no name resolved: what a
// statement holds, which name a declarator declares, where a line starts.
//
// It knows the nodes of parser/ast and the text that they are stretches of. It does
// not know modules, types or locks: whether "list" is the builtin is not its affair.
//
// Begin with syntax.go; lines.go is about lines and indentation.
package syntax
