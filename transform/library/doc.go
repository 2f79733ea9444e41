// Package library knows what functions, methods and types do that the project does
// not define: those of Python, C, C++ and Cython.
//
// The facts are rows of table.tsv, which says what each fact means; the maps here
// are the ways to ask for them. To teach pyxlock about another function, add a row.
//
// It does not know whether a name in a module is the library's: callers look that up
// first.
package library
