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
	"pyxlock/transform/annotate"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/expand"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/review"
	"pyxlock/transform/rules"
)

// Project is what people ask of a set of files. It is safe for use by several
// goroutines, but for Annotate.
type Project struct {
	opts  Options
	proj  *project.Project
	locks *decorator.Locks
	prog  *effects.Program
	plan  *plan.Planner
	rules *rules.Checker
	rev   *review.Reviewer
}

// NewProject returns a project that reads through load.
func NewProject(load project.Loader, opts Options) *Project {
	p := &Project{opts: opts}
	p.proj = project.New(load, project.Options{Include: opts.Include, Roots: opts.Roots, Canonical: opts.Canonical})
	p.locks = decorator.New(p.proj, opts.Lock)
	p.prog = effects.New(p.proj, p.locks, opts.readsOnly)
	p.plan = plan.New(p.prog)
	p.rules = rules.New(p.plan, rules.Options{Off: opts.Off, Selected: opts.Selected})
	p.rev = review.New(p.plan)
	return p
}

// Result is what a run decided.
type Result struct {
	Rewrites []*edit.Rewrite   // one for each input, in the order of the inputs
	Findings []finding.Finding // ordered; any that is no Warning must stop the run
	// NeedsRuntime is true where some output cimports pyxlock.
	NeedsRuntime bool
	// Inferred holds the locks that no decorator asked for, by path and line.
	Inferred []plan.Inferred
}

// Run rewrites the inputs with at most jobs goroutines (0: one for each CPU).
// It fails where an input cannot be read; what is wrong in an input is a Finding.
// Findings that are not selected or that a comment suppresses are left out,
// unless they say that there is nothing right to write.
func (p *Project) Run(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	res, _, err := p.expand(ctx, inputs, project.Workers(jobs))
	if err == nil {
		res.Findings = p.rules.Unsuppressed(res.Findings)
	}
	return res, err
}

// expand is Run with every finding.
func (p *Project) expand(ctx context.Context, paths []string, jobs int) (*Result, project.Inputs, error) {
	in, err := p.proj.Open(ctx, paths, jobs)
	if err != nil {
		return nil, in, err
	}
	res, err := p.expandAll(ctx, in, jobs)
	return res, in, err
}

func (p *Project) expandAll(ctx context.Context, in project.Inputs, jobs int) (*Result, error) {
	var mu sync.Mutex
	byPath := map[string]*edit.Rewrite{}
	analysed := map[string]bool{}
	res := &Result{}
	collect := func(a *expand.Module) {
		mu.Lock()
		defer mu.Unlock()
		res.Findings = append(res.Findings, a.Plan.Findings...)
		res.Inferred = append(res.Inferred, a.Plan.Inferred...)
		res.NeedsRuntime = res.NeedsRuntime || a.NeedsRuntime()
		for _, rw := range a.Rewrites() {
			old, ok := byPath[rw.Path]
			if ok && !reflect.DeepEqual(old.Edits, rw.Edits) {
				s := p.proj.Source(rw.Path)
				res.Findings = append(res.Findings, project.FindingAt(s, ast.Span{}, finding.Include,
					fmt.Sprintf("%s is included by several modules, and its locks mean different things there", rw.Path),
					"make the classes and names that it uses the same in all of them"))
			}
			byPath[rw.Path] = rw
		}
	}
	var done []*expand.Module
	run := func(list []string) error {
		return project.Each(ctx, list, jobs, func(stem string) error {
			if a := expand.Rewrite(p.plan, stem, p.opts.expansion()); a != nil {
				mu.Lock()
				defer mu.Unlock()
				done = append(done, a)
				for _, u := range a.Module.Units {
					analysed[u.Path] = true
				}
			}
			return nil
		})
	}
	stems, err := p.locks.Standing(ctx, in.Stems, jobs)
	if err != nil {
		return nil, err
	}
	p.proj.BySize(stems)
	if !p.opts.Off {
		if err := p.prog.Flows(ctx, stems, jobs); err != nil {
			return nil, err
		}
	}
	if err := run(stems); err != nil {
		return nil, err
	}
	// An included file that no module of this run includes stands for itself.
	var rest []string
	for _, path := range in.Alone {
		if !analysed[path] {
			rest = append(rest, path)
		}
	}
	if err := run(rest); err != nil {
		return nil, err
	}
	// What all modules together show comes last.
	slices.SortFunc(done, func(a, b *expand.Module) int { return strings.Compare(a.Module.Stem, b.Module.Stem) })
	mods := make([]*project.Module, len(done))
	for i, a := range done {
		mods[i] = a.Module
	}
	if !p.opts.Off {
		p.prog.SettleWrites(mods)
	}
	res.Findings = append(res.Findings, p.rules.Order(mods)...)
	if err := project.EachOf(ctx, done, jobs, func(a *expand.Module) error {
		if !p.opts.Off && !a.Module.Broken() {
			a.Plan.Findings = append(a.Plan.Findings, p.rules.Apply(a.Module, true)...)
		}
		collect(a)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, path := range in.Paths {
		rw := byPath[path]
		if rw == nil {
			rw = &edit.Rewrite{Path: path, Src: p.proj.Source(path).Src}
		}
		res.Rewrites = append(res.Rewrites, rw)
	}
	finding.Sort(res.Findings)
	res.Findings = finding.Dedupe(res.Findings)
	slices.SortStableFunc(res.Inferred, func(a, b plan.Inferred) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return res, nil
}

// Check looks at the modules that the inputs belong to, with at most jobs
// goroutines (0: one for each CPU). It fails where an input cannot be read;
// what is wrong in an input is a Finding.
func (p *Project) Check(ctx context.Context, inputs []string, jobs int) (*rules.Report, error) {
	rep, _, _, err := p.check(ctx, inputs, project.Workers(jobs))
	return rep, err
}

// check is Check with what the expansion said, and the modules that do parse.
func (p *Project) check(ctx context.Context, paths []string, jobs int) (*rules.Report, *Result, []*project.Module, error) {
	res, in, err := p.expand(ctx, paths, jobs)
	if err != nil {
		return nil, nil, nil, err
	}
	rep, mods, err := p.rules.Check(ctx, in, jobs, res.Findings)
	return rep, res, mods, err
}

// Annotate proposes decorators for what has none. The project must not be used
// for anything else: its view of what is locked changes on the way.
func (p *Project) Annotate(ctx context.Context, inputs []string, jobs int) (*annotate.Annotation, error) {
	in, err := p.proj.Open(ctx, inputs, project.Workers(jobs))
	if err != nil {
		return nil, err
	}
	if err := project.Each(ctx, in.Stems, project.Workers(jobs), func(stem string) error { p.proj.Module(stem); return nil }); err != nil {
		return nil, err
	}
	mods, broken := annotate.Compiled(p.proj, in)
	out := annotate.Propose(p.prog, in, mods)
	out.Findings = broken
	return out, nil
}

// Explain finds the functions called name ("method", "Class.method" or
// "function") in the modules of the inputs, and explains each.
func (p *Project) Explain(ctx context.Context, inputs []string, name string) ([]review.Explanation, error) {
	in, err := p.proj.Open(ctx, inputs, project.Workers(0))
	if err != nil {
		return nil, err
	}
	var mods []*project.Module
	for _, stem := range append(in.Stems, in.Alone...) {
		if m := p.proj.Module(stem); !m.Broken() {
			mods = append(mods, m)
		}
	}
	return p.rev.Explain(mods, name), nil
}

// Review looks at the modules that the inputs belong to as Check and Run do,
// with at most jobs goroutines (0: one for each CPU).
func (p *Project) Review(ctx context.Context, inputs []string, jobs int) (*review.Review, error) {
	rep, res, mods, err := p.check(ctx, inputs, project.Workers(jobs))
	if err != nil {
		return nil, err
	}
	stops := p.rules.Unsuppressed(slices.Clone(res.Findings))
	return p.rev.Review(p.proj.Group(inputs), mods, rep, res.Rewrites, stops, p.opts.Off), nil
}

// Locks returns what is locked in the modules that the inputs belong to, by path
// and line. Run has to have looked at the same inputs.
func (p *Project) Locks(inputs []string) []review.ClassLocks {
	return p.locksIn(p.proj.Standing(p.proj.Group(inputs)))
}

func (p *Project) locksIn(mods []*project.Module) []review.ClassLocks {
	if p.opts.Off {
		return nil
	}
	return p.rev.Classes(mods)
}

// Weaker returns the locks that were and are not any more, or are weaker now.
// Run has to have looked at the same inputs. What is gone altogether needs no
// lock, and is not among them.
func (p *Project) Weaker(inputs []string, was []review.ClassLocks) []review.Weaker {
	if len(was) == 0 {
		return nil
	}
	mods := p.proj.Standing(p.proj.Group(inputs))
	return p.rev.Weaker(mods, was, p.locksIn(mods))
}

// Needs returns the files that Cython reads when it compiles the module at path.
func (p *Project) Needs(path string) []project.Need { return p.proj.Needs(path) }
