package plan

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

// Planner decides what each function locks.
type Planner struct {
	Project *project.Project
	Locks   *decorator.Locks
	types   *ctype.Types
	Program *effects.Program
	plans   *cache.Cache[*project.Module, *Module]
}

// New returns a planner for a program.
func New(prog *effects.Program) *Planner {
	p := &Planner{Project: prog.Project, Locks: prog.Locks, types: prog.Types, Program: prog}
	p.plans = cache.New(func(m *project.Module) *Module {
		return &Module{Failed: map[*ast.FuncDef]bool{}, Log: project.Log{Findings: slices.Concat(m.Unread.Findings, p.Locks.Findings(m))}}
	})
	return p
}

// Module is what came of planning a module. It is one goroutine's.
type Module struct {
	project.Log
	// Inferred holds the locks that no decorator asked for.
	Inferred []Inferred
	// Failed holds the functions whose own decorators were reported: more about
	// them would be noise.
	Failed map[*ast.FuncDef]bool
	// thrown are the functions about which thrownPast has warned.
	thrown []ast.Span
}

// Inferred is a lock that the model asks for, or that it does not ask for.
type Inferred struct {
	Name   string // "Class.method"
	Path   string
	Line   int
	Object string // the parameter; "" where the method needs no lock
	Write  bool
	Why    string // the line that decides, in words
	// Unknown is true where it shuts out readers since nothing says what a C function does.
	Unknown bool
}

// Of returns what came of planning a module.
func (p *Planner) Of(m *project.Module) *Module { return p.plans.Get(m) }
