package transform

// Running a project: which files are of concern, in parallel, and what
// becomes of each.

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"pyxlock/parser/ast"
)

// Project is what people ask of a set of files. It is safe for use by several
// goroutines, but for Annotate.
type Project struct {
	opts  Options
	proj  *proj
	locks *lockFacts
	prog  *program
	plan  *planner
	rules *checker
	rev   *reviewer
}

// NewProject returns a project that reads through load.
func NewProject(load Loader, opts Options) *Project {
	p := &Project{opts: opts}
	p.proj = newProj(load, projOptions{Include: opts.Include, Roots: opts.Roots, Canonical: opts.Canonical})
	p.locks = newLockFacts(p.proj, opts.Lock)
	p.prog = newProgram(p.proj, p.locks, opts.readsOnly)
	p.plan = newPlanner(p.prog)
	p.rules = newChecker(p.plan, checkOptions{Off: opts.Off, Selected: opts.Selected})
	p.rev = newReviewer(p.plan)
	return p
}

// Result is what a run decided.
type Result struct {
	Rewrites []*Rewrite // one for each input, in the order of the inputs
	Findings []Finding  // ordered; any that is no Warning must stop the run
	// NeedsRuntime is true where some output cimports pyxlock.
	NeedsRuntime bool
	// Inferred holds the locks that no decorator asked for, by path and line.
	Inferred []Inferred
}

// Run rewrites the inputs with at most jobs goroutines (0: one for each CPU).
// It fails where an input cannot be read; what is wrong in an input is a Finding.
// Findings that are not selected or that a comment suppresses are left out,
// unless they say that there is nothing right to write.
func (p *Project) Run(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	res, _, err := p.expand(ctx, inputs, workers(jobs))
	if err == nil {
		res.Findings = p.rules.unsuppressed(res.Findings)
	}
	return res, err
}

// expand is Run with every finding.
func (p *Project) expand(ctx context.Context, paths []string, jobs int) (*Result, inputs, error) {
	in, err := p.proj.open(ctx, paths, jobs)
	if err != nil {
		return nil, in, err
	}
	res, err := p.expandAll(ctx, in, jobs)
	return res, in, err
}

func (p *Project) expandAll(ctx context.Context, in inputs, jobs int) (*Result, error) {
	var mu sync.Mutex
	byPath := map[string]*Rewrite{}
	analysed := map[string]bool{}
	res := &Result{}
	collect := func(a *analysis) {
		mu.Lock()
		defer mu.Unlock()
		res.Findings = append(res.Findings, a.out.findings...)
		res.Inferred = append(res.Inferred, a.out.inferred...)
		res.NeedsRuntime = res.NeedsRuntime || a.needsRuntime()
		for _, rw := range a.rewrites() {
			old, ok := byPath[rw.Path]
			if ok && !reflect.DeepEqual(old.Edits, rw.Edits) {
				s := p.proj.source(rw.Path)
				res.Findings = append(res.Findings, at(s, ast.Span{}, codeInclude,
					fmt.Sprintf("%s is included by several modules, and its locks mean different things there", rw.Path),
					"make the classes and names that it uses the same in all of them"))
			}
			byPath[rw.Path] = rw
		}
	}
	var done []*analysis
	run := func(list []string) error {
		return each(ctx, list, jobs, func(stem string) error {
			if a := rewriteModule(p.plan, stem, p.opts.expansion()); a != nil {
				mu.Lock()
				defer mu.Unlock()
				done = append(done, a)
				for _, u := range a.m.units {
					analysed[u.path] = true
				}
			}
			return nil
		})
	}
	stems, err := p.locks.standing(ctx, in.stems, jobs)
	if err != nil {
		return nil, err
	}
	p.proj.bySize(stems)
	if !p.opts.Off {
		if err := p.prog.flows(ctx, stems, jobs); err != nil {
			return nil, err
		}
	}
	if err := run(stems); err != nil {
		return nil, err
	}
	// An included file that no module of this run includes stands for itself.
	var rest []string
	for _, path := range in.alone {
		if !analysed[path] {
			rest = append(rest, path)
		}
	}
	if err := run(rest); err != nil {
		return nil, err
	}
	// What all modules together show comes last.
	slices.SortFunc(done, func(a, b *analysis) int { return strings.Compare(a.m.stem, b.m.stem) })
	mods := make([]*module, len(done))
	for i, a := range done {
		mods[i] = a.m
	}
	if !p.opts.Off {
		p.prog.settleWrites(mods)
	}
	res.Findings = append(res.Findings, p.rules.lockOrder(mods)...)
	if err := eachOf(ctx, done, jobs, func(a *analysis) error {
		if !p.opts.Off && !a.m.broken() {
			a.out.findings = append(a.out.findings, p.rules.apply(a.m, true)...)
		}
		collect(a)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, path := range in.paths {
		rw := byPath[path]
		if rw == nil {
			rw = &Rewrite{Path: path, Src: p.proj.source(path).src}
		}
		res.Rewrites = append(res.Rewrites, rw)
	}
	SortFindings(res.Findings)
	res.Findings = dedupe(res.Findings)
	slices.SortStableFunc(res.Inferred, func(a, b Inferred) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return res, nil
}

// Check looks at the modules that the inputs belong to, with at most jobs
// goroutines (0: one for each CPU). It fails where an input cannot be read;
// what is wrong in an input is a Finding.
func (p *Project) Check(ctx context.Context, inputs []string, jobs int) (*Report, error) {
	rep, _, _, err := p.check(ctx, inputs, workers(jobs))
	return rep, err
}

// check is Check with what the expansion said, and the modules that do parse.
func (p *Project) check(ctx context.Context, paths []string, jobs int) (*Report, *Result, []*module, error) {
	res, in, err := p.expand(ctx, paths, jobs)
	if err != nil {
		return nil, nil, nil, err
	}
	rep, mods, err := p.rules.check(ctx, in, jobs, res.Findings)
	return rep, res, mods, err
}

// Annotate proposes decorators for what has none. The project must not be used
// for anything else: its view of what is locked changes on the way.
func (p *Project) Annotate(ctx context.Context, inputs []string, jobs int) (*Annotation, error) {
	in, err := p.proj.open(ctx, inputs, workers(jobs))
	if err != nil {
		return nil, err
	}
	if err := each(ctx, in.stems, workers(jobs), func(stem string) error { p.proj.module(stem); return nil }); err != nil {
		return nil, err
	}
	mods, broken := compiled(p.proj, in)
	out := annotate(p.prog, in, mods)
	out.Findings = broken
	return out, nil
}

// Explain finds the functions called name ("method", "Class.method" or
// "function") in the modules of the inputs, and explains each.
func (p *Project) Explain(ctx context.Context, inputs []string, name string) ([]Explanation, error) {
	in, err := p.proj.open(ctx, inputs, workers(0))
	if err != nil {
		return nil, err
	}
	var mods []*module
	for _, stem := range append(in.stems, in.alone...) {
		if m := p.proj.module(stem); !m.broken() {
			mods = append(mods, m)
		}
	}
	return p.rev.explainAll(mods, name), nil
}

// Review looks at the modules that the inputs belong to as Check and Run do,
// with at most jobs goroutines (0: one for each CPU).
func (p *Project) Review(ctx context.Context, inputs []string, jobs int) (*Review, error) {
	rep, res, mods, err := p.check(ctx, inputs, workers(jobs))
	if err != nil {
		return nil, err
	}
	stops := p.rules.unsuppressed(slices.Clone(res.Findings))
	return p.rev.review(p.proj.group(inputs), mods, rep, res.Rewrites, stops, p.opts.Off), nil
}

// Locks returns what is locked in the modules that the inputs belong to, by path
// and line. Run has to have looked at the same inputs.
func (p *Project) Locks(inputs []string) []ClassLocks {
	return p.locksIn(p.proj.standing(p.proj.group(inputs)))
}

func (p *Project) locksIn(mods []*module) []ClassLocks {
	if p.opts.Off {
		return nil
	}
	return p.rev.classLocks(mods)
}

// Weaker returns the locks that were and are not any more, or are weaker now.
// Run has to have looked at the same inputs. What is gone altogether needs no
// lock, and is not among them.
func (p *Project) Weaker(inputs []string, was []ClassLocks) []Weaker {
	if len(was) == 0 {
		return nil
	}
	mods := p.proj.standing(p.proj.group(inputs))
	return p.rev.weaker(mods, was, p.locksIn(mods))
}

// Needs returns the files that Cython reads when it compiles the module at path.
func (p *Project) Needs(path string) []Need { return p.proj.needs(path) }
