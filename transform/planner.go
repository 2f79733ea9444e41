package transform

import (
	"slices"

	"pyxlock/parser/ast"
)

// planner decides what each function locks.
type planner struct {
	proj  *proj
	locks *lockFacts
	types *ctypes
	prog  *program
	plans *cache[*module, *modulePlan]
}

// newPlanner returns a planner for a program.
func newPlanner(prog *program) *planner {
	p := &planner{proj: prog.proj, locks: prog.locks, types: prog.types, prog: prog}
	p.plans = newCache(func(m *module) *modulePlan {
		return &modulePlan{failed: map[*ast.FuncDef]bool{}, log: log{slices.Clone(p.locks.tables.get(m).findings)}}
	})
	return p
}

// modulePlan is what came of planning a module. It is one goroutine's.
type modulePlan struct {
	log
	// inferred holds the locks that no decorator asked for.
	inferred []Inferred
	// failed holds the functions whose own decorators were reported: more about
	// them would be noise.
	failed map[*ast.FuncDef]bool
}

// Inferred is a lock that the model asks for, or that it does not ask for.
type Inferred struct {
	Name   string // "Class.method"
	Path   string
	Line   int
	Object string // the parameter; "" where the method needs no lock
	Write  bool
	Why    string // the line that decides, in words
}

// of returns what came of planning a module.
func (p *planner) of(m *module) *modulePlan { return p.plans.get(m) }
