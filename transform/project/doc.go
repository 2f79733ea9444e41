// Package project is the project as it stands: sources read once, modules with the
// files that Cython compiles together, their names, classes, C declarations and
// function headers, and what each name stands for across modules.
//
// It does not know locks, nor what code does: no body is read here for more than
// names. What other layers find out about a module they keep themselves.
//
// Which classes of a run derive from which is asked of its Lineage (derived.go), which
// looks at all modules of the scope, by their words first.
//
// Begin with module.go (what a module is) and project.go (how files are found and
// names resolved). A Project is given a Loader and touches no file by itself.
package project
