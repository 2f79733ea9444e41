package transform

// A rewrite: which modules locks concern, each planned and expanded in parallel, and
// what only all of them together show.

import (
	"cmp"
	"context"
	"fmt"
	"pyxlock/parser/ast"
	"pyxlock/transform/expand"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Result is what a run decided.
type Result struct {
	Rewrites []*Rewrite // one for each input, in the order of the inputs
	Findings []Finding  // ordered; any that is no Warning must stop the run
	// NeedsRuntime is true where some output cimports pyxlock.
	NeedsRuntime bool
	// CimportRuntime holds the files whose output does; ordered.
	CimportRuntime []string
	// Inferred holds the locks that no decorator asked for, by path and line.
	Inferred []Inferred
}

// expand is Run with every finding.
func (p *Project) expand(ctx context.Context, paths []string, jobs int) (*Result, project.Inputs, error) {
	in, err := p.proj.Open(ctx, paths, jobs)
	if err != nil {
		return nil, in, err
	}
	r := &rewriting{Project: p, jobs: jobs, byPath: map[string]*Rewrite{}}
	if err := r.modules(ctx, in); err != nil {
		return nil, in, err
	}
	if err := r.together(ctx); err != nil {
		return nil, in, err
	}
	return r.finish(in), in, p.proj.Lineage.Err()
}

// rewriting is one run.
type rewriting struct {
	*Project
	jobs int

	mu     sync.Mutex
	done   []*expand.Module
	res    Result
	byPath map[string]*Rewrite
}

// modules plans and expands the modules of the inputs, each by itself.
func (r *rewriting) modules(ctx context.Context, in project.Inputs) error {
	stems, err := r.locks.Standing(ctx, in.Stems, r.jobs, r.locks.Concerned)
	if err != nil {
		return err
	}
	r.proj.BySize(stems)
	if !r.opts.Off {
		if err := r.prog.Flows(ctx, stems, r.jobs); err != nil {
			return err
		}
	}
	if err := r.each(ctx, stems); err != nil {
		return err
	}
	// An included file that no module of this run includes stands for itself.
	included := map[string]bool{}
	for _, m := range r.done {
		for _, u := range m.Module.Units {
			included[u.Path] = true
		}
	}
	return r.each(ctx, slices.DeleteFunc(slices.Clone(in.Alone), func(path string) bool { return included[path] }))
}

func (r *rewriting) each(ctx context.Context, stems []string) error {
	return project.Each(ctx, stems, r.jobs, func(stem string) error {
		if m := expand.Rewrite(r.plan, stem, r.opts.expansion()); m != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.done = append(r.done, m)
		}
		return nil
	})
}

// together adds what only all modules show, and what a build warns of.
func (r *rewriting) together(ctx context.Context) error {
	slices.SortFunc(r.done, func(a, b *expand.Module) int { return strings.Compare(a.Module.Stem, b.Module.Stem) })
	if !r.opts.Off {
		mods := make([]*project.Module, len(r.done))
		for i, m := range r.done {
			mods[i] = m.Module
		}
		r.prog.SettleWrites(mods)
		r.prog.Guarding.Find(mods)
		r.res.Findings = r.rules.Order(mods)
	}
	return project.Each(ctx, r.done, r.jobs, func(m *expand.Module) error {
		if !r.opts.Off && !m.Module.Broken() {
			m.Plan.Findings = append(m.Plan.Findings, r.rules.Apply(m.Module, true)...)
		}
		r.collect(m)
		return nil
	})
}

// collect takes over what became of a module.
func (r *rewriting) collect(m *expand.Module) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.res.Findings = append(r.res.Findings, m.Plan.Findings...)
	r.res.Inferred = append(r.res.Inferred, m.Plan.Inferred...)
	r.res.CimportRuntime = append(r.res.CimportRuntime, m.NeedsRuntime()...)
	for _, rw := range m.Rewrites() {
		if old, ok := r.byPath[rw.Path]; ok && !reflect.DeepEqual(old.Edits, rw.Edits) {
			r.res.Findings = append(r.res.Findings, project.FindingAt(r.proj.Source(rw.Path), ast.Span{}, finding.Include,
				fmt.Sprintf("%s is included by several modules, and its locks mean different things there", rw.Path),
				"make the classes and names that it uses the same in all of them"))
		}
		r.byPath[rw.Path] = rw
	}
}

// finish puts the result in order.
func (r *rewriting) finish(in project.Inputs) *Result {
	for _, path := range in.Paths {
		rw := r.byPath[path]
		if rw == nil {
			rw = &Rewrite{Path: path, Src: r.proj.Source(path).Src}
		}
		r.res.Rewrites = append(r.res.Rewrites, rw)
	}
	slices.Sort(r.res.CimportRuntime)
	r.res.CimportRuntime = slices.Compact(r.res.CimportRuntime)
	r.res.NeedsRuntime = len(r.res.CimportRuntime) > 0
	finding.Sort(r.res.Findings)
	r.res.Findings = finding.Dedupe(r.res.Findings)
	slices.SortStableFunc(r.res.Inferred, func(a, b Inferred) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return &r.res
}
