// Package ctype tells the shapes of C types: whether a value is a copy, leads into its
// owner's state, or refers to an object, and of which class.
//
// It knows declarations, through cimports and typedefs. It does not know what is done
// to values, and of locks only what it is told: which class of a fused type has one.
//
// Begin with Types.Of in shape.go.
package ctype
