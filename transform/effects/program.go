package effects

import (
	"cmp"
	"context"
	"pyxlock/transform/cache"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/headers"
	"pyxlock/transform/project"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// The program: functions, flows and summaries of a project, made when they are asked for.

// Program is what the code of a project does, as far as it has been asked for.
type Program struct {
	Project *project.Project
	Locks   *decorator.Locks
	Types   *ctype.Types
	// readsOnly tells of which C functions the settings say that they only read a parameter.
	readsOnly func(name, param string) bool
	// Headers say what C functions do; nil says nothing.
	Headers *headers.Headers

	// pairs are the functions that the settings say take and release locks.
	pairs []handlock.Pair

	functions *cache.Numbered[*project.Module, *Functions]
	hands     *cache.Numbered[*project.Module, *handlock.Names]
	owned     *cache.Cache[attribute, ownership]
	places    *cache.Numbered[*project.Module, *attributePlaces]
	mentions  *cache.Cache[*project.Module, map[string]bool] // see findMentions
	exact     *cache.Cache[attribute, *project.Class]
	pointers  *cache.Cache[attribute, []pointed] // see findPointers
	pointees  *cache.Cache[prototypeKey, pointees]
	valued    *cache.Numbered[*project.Module, map[string]bool] // see findValued
	addressed *cache.Cache[int, *addressTaken]
	writable  *cache.Cache[givenTo, bool] // see findWritable
	back      *cache.Cache[wayBack, bool]
	borrows   *cache.Cache[*project.StructType, bool] // see findBorrows
	callGraph *cache.Value[*callGraph]
	filled    *cache.Numbered[*project.Module, *importFills] // see findFilled
	leaks     *cache.Cache[*project.Class, bool]             // whether a class lets its objects out
	heirs     *cache.Cache[*project.Class, *heirs]
	addresses *cache.Cache[*project.Module, addresses]
	keeping   *cache.Cache[*project.Module, keepingOperators]
	model     *modelState
	// differs is set where something is asked of which the answer is another one under Assume; nil where nobody
	// wants to know.
	differs *differing
	// Changes are nil before SettleFunctions.
	Changes  *Changes
	Guarding *Guarding
}

// New returns the model of a project with its locks.
func New(p *project.Project, locks *decorator.Locks, readsOnly func(name, param string) bool) *Program {
	g := &Program{Project: p, Locks: locks, readsOnly: readsOnly, model: &modelState{now: 1}}
	g.Types = ctype.New(g.Guards)
	g.functions = cache.NewNumbered(findFunctions)
	g.hands = cache.NewNumbered(func(m *project.Module) *handlock.Names { return handlock.New(m, g.pairs) })
	g.owned = cache.New(func(at attribute) ownership { return findOwned(g, at) })
	g.places = cache.NewNumbered(func(m *project.Module) *attributePlaces { return findAttributePlaces(g, m) })
	g.mentions = cache.New(func(m *project.Module) map[string]bool { return findMentions(g, m) })
	g.exact = cache.New(func(at attribute) *project.Class { return exactClass(g, at) })
	g.pointers = cache.New(func(at attribute) []pointed { return findPointers(g, at) })
	g.pointees = cache.New(func(k prototypeKey) pointees { return findPointees(g, k) })
	g.valued = cache.NewNumbered(findValued)
	g.filled = cache.NewNumbered(func(m *project.Module) *importFills { return findFilled(g, m) })
	g.callGraph = new(cache.Value[*callGraph])
	g.addressed = cache.New(func(group int) *addressTaken { return findAddressTaken(g, group) })
	g.borrows = cache.New(func(t *project.StructType) bool { return findBorrows(g, t) })
	g.writable = cache.New(func(at givenTo) bool { return findWritable(g, at, map[givenTo]bool{}) })
	g.back = cache.New(func(w wayBack) bool { return findWayBack(g, w) })
	g.leaks = cache.New(func(c *project.Class) bool { return findLeaks(g, c) })
	g.heirs = cache.New(func(c *project.Class) *heirs { return findHeirs(g, c) })
	g.addresses = cache.New(func(m *project.Module) addresses { return findAddresses(g, m) })
	g.keeping = cache.New(func(m *project.Module) keepingOperators { return findKeepingOperators(g, m) })
	g.Guarding = newGuarding(g)
	return g
}

// NameLocks has entries of the setting locks count: functions that take and release locks.
func NameLocks(p *Program, entries []string) {
	for _, s := range entries {
		if pair, err := handlock.ParsePair(s); err == nil {
			p.pairs = append(p.pairs, pair)
		}
	}
}

// ValidPair refuses an entry of the setting locks that names no pair.
func ValidPair(entry string) error {
	_, err := handlock.ParsePair(entry)
	return err
}

// modelState is what the fixed point has found.
type modelState struct {
	mu sync.Mutex // held while solving
	// solved are the functions with summaries: those whose number is now.
	solved []*Function
	now    int32
	unions map[unionKey][]*Function // see unionOf
	many   calleeLists
	// steps counts what it took: nodes of the functions that were updated or asked about, values that were looked for.
	steps atomic.Int64
	// assume makes every extension type with C attributes count as locked.
	assume bool
}

// isSolved reports whether a function has its summary.
func (s *modelState) isSolved(f *Function) bool { return f.solved == s.now }

// solving notes that a function gets its summary.
func (s *modelState) solving(f *Function) {
	f.solved = s.now
	s.solved = append(s.solved, f)
}

// other begins another model, in which nothing is solved, and returns what there was.
func (s *modelState) other() (was []*Function) {
	was = s.solved
	s.solved, s.now = nil, s.now+1
	return was
}

// Steps is how much it took to find what is known: a number that no machine changes.
func Steps(p *Program) int64 { return p.model.steps.Load() }

// HandLocks tells by which names a module knows the locks that people placed.
func (p *Program) HandLocks(m *project.Module) *handlock.Names { return p.hands.Get(m) }

// Forget drops the summaries of all functions.
func (p *Program) Forget() {
	for _, f := range p.model.other() { // also what is called in modules that are no inputs
		f.Sum, f.Callers = Summary{}, nil
	}
}

// Guards reports whether c's state has a lock of its own.
func (p *Program) Guards(c *project.Class) bool {
	if c == nil {
		return false
	}
	return assumed(p, c, p.Locks.Of(c) != nil)
}

// Flows reads the functions of all modules that locks concern, side by side, and
// solves them together. One module's are solved when they are asked for.
func (p *Program) Flows(ctx context.Context, stems []string, jobs int) error {
	if len(stems) < 2 {
		return nil
	}
	var mu sync.Mutex
	var all []*Function
	err := project.Each(ctx, stems, jobs, func(stem string) error {
		if !p.Locks.Concerned(stem) {
			return nil
		}
		m := p.Project.Module(stem)
		if m.Broken() {
			return nil
		}
		fs := p.Funcs(m).All
		for _, f := range fs {
			p.FlowOf(f)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fs...)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *Function) int {
		return cmp.Or(strings.Compare(a.Unit.Path, b.Unit.Path), cmp.Compare(a.Def.Pos, b.Def.Pos))
	})
	p.Solve(all)
	return nil
}

// Solved yields the functions that have summaries, while nothing is solved.
func (p *Program) Solved(yield func(*Function) bool) {
	p.model.mu.Lock()
	defer p.model.mu.Unlock()
	for _, f := range p.model.solved {
		if f.unites == nil && !yield(f) {
			return
		}
	}
}
