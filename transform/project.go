package transform

// The entries: one for each thing that people ask for.

import (
	"context"
	"slices"

	"pyxlock/transform/annotate"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/headers"
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
func NewProject(load Loader, opts Options) *Project {
	p := &Project{opts: opts}
	p.proj = project.New(load, project.Options{Include: opts.Include, Installed: opts.Installed, Says: decorator.Marks, Roots: opts.Roots, MayInclude: opts.MayInclude, Canonical: opts.Canonical, Scope: opts.Scope, Beside: opts.Beside})
	p.locks = decorator.New(p.proj, opts.Lock)
	p.prog = effects.New(p.proj, p.locks, opts.readsOnly)
	effects.NameLocks(p.prog, opts.Locks)
	p.prog.Headers = headers.New(opts.Headers)
	p.plan = plan.New(p.prog)
	o := rules.Options{Off: opts.Off, Declared: opts.Declared, Selected: opts.Selected}
	if len(opts.Reads) > 0 {
		o.ReadsOnly = opts.readsOnly
	}
	p.rules = rules.New(p.plan, o)
	p.rev = review.New(p.plan)
	return p
}

// Run rewrites the inputs with at most jobs goroutines (0: one for each CPU).
// It fails where an input cannot be read; what is wrong in an input is a Finding.
// Findings that are not selected or that a comment suppresses are left out,
// unless they say that there is nothing right to write.
func (p *Project) Run(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	res, in, err := p.expand(ctx, inputs, project.Workers(jobs))
	if err == nil {
		if !p.opts.Off {
			res.Findings = append(res.Findings, p.rules.Declared(in)...)
			finding.Sort(res.Findings)
		}
		res.Findings = finding.Briefly(p.rules.Unsuppressed(res.Findings))
	}
	return res, err
}

// Check looks at the modules that the inputs belong to, with at most jobs
// goroutines (0: one for each CPU). It fails where an input cannot be read;
// what is wrong in an input is a Finding.
func (p *Project) Check(ctx context.Context, inputs []string, jobs int) (*Report, error) {
	rep, _, _, err := p.check(ctx, inputs, project.Workers(jobs))
	return rep, err
}

// check is Check with what the expansion said, and the modules that do parse.
func (p *Project) check(ctx context.Context, paths []string, jobs int) (*Report, *Result, []*project.Module, error) {
	res, in, err := p.expand(ctx, paths, jobs)
	if err != nil {
		return nil, nil, nil, err
	}
	rep, mods, err := p.rules.Check(ctx, in, jobs, res.Findings)
	return rep, res, mods, err
}

// Ignore returns the edits, by file, that suppress findings of the last Check by comments
// with a reason, and how many they are.
func (p *Project) Ignore(list []Finding, reason string) (map[string][]Edit, int) {
	return p.rules.Ignore(list, reason)
}

// Annotate proposes decorators for what has none. The project must not be used
// for anything else: its view of what is locked changes on the way.
func (p *Project) Annotate(ctx context.Context, inputs []string, jobs int) (*Annotation, error) {
	in, err := p.proj.Open(ctx, inputs, project.Workers(jobs))
	if err != nil {
		return nil, err
	}
	if err := project.Each(ctx, in.Stems, project.Workers(jobs), func(stem string) error { p.proj.Module(stem); return nil }); err != nil {
		return nil, err
	}
	return annotate.Propose(p.prog, in), p.proj.Lineage.Err()
}

// Explain finds the functions called name ("method", "Class.method" or
// "function") in the modules of the inputs, and explains each.
func (p *Project) Explain(ctx context.Context, inputs []string, name string) ([]Explanation, error) {
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
	return p.rev.Explain(mods, name), p.proj.Lineage.Err()
}

// Review looks at the modules that the inputs belong to as Check and Run do,
// with at most jobs goroutines (0: one for each CPU).
func (p *Project) Review(ctx context.Context, inputs []string, jobs int) (*Review, error) {
	rep, res, mods, err := p.check(ctx, inputs, project.Workers(jobs))
	if err != nil {
		return nil, err
	}
	stops := finding.Briefly(p.rules.Unsuppressed(slices.Clone(res.Findings)))
	return p.rev.Review(p.proj.Group(inputs), mods, rep, res.Rewrites, stops, p.opts.Off), nil
}

// Locks returns what is locked in the modules that the inputs belong to, by path
// and line. Run has to have looked at the same inputs.
func (p *Project) Locks(inputs []string) []ClassLocks {
	return p.locksIn(p.proj.Standing(p.proj.Group(inputs)))
}

func (p *Project) locksIn(mods []*project.Module) []ClassLocks {
	if p.opts.Off {
		return nil
	}
	return p.rev.Classes(mods)
}

// Weaker returns the locks that were and are not any more, or are weaker now.
// Run has to have looked at the same inputs. What is gone altogether needs no
// lock, and is not among them.
func (p *Project) Weaker(inputs []string, was []ClassLocks) []Weaker {
	if len(was) == 0 {
		return nil
	}
	mods := p.proj.Standing(p.proj.Group(inputs))
	return p.rev.Weaker(mods, was, p.locksIn(mods))
}

// Uses returns the files that some files cimport or include, and those of their own
// modules, without the former, in the order in which they are met. Where take says so
// of a file, what it uses is added, too. It reads without parsing.
func (p *Project) Uses(paths []string, take func(path string) bool) []string {
	return p.proj.Uses(paths, take)
}

// Steps is how much the model of the code took so far, in a unit of its own: a measure of work that depends on no machine.
func (p *Project) Steps() int64 { return effects.Steps(p.prog) }

// MissingHeaders returns the headers that were looked for and are in none of the directories.
func (p *Project) MissingHeaders() []MissingHeader { return p.prog.Headers.Gone() }

// NotUnderstood returns the declarations in headers that count as unknown since they, or their bodies,
// are not understood: where each stands, and what of it.
func (p *Project) NotUnderstood() []HeaderPlace { return p.prog.Headers.NotUnderstood() }

// HeadersApart returns the directories of those that a build has to be told of to find them.
func (p *Project) HeadersApart() []string { return p.prog.Headers.Apart() }

// Needs returns the files that Cython reads when it compiles the module at path.
func (p *Project) Needs(path string) []Need { return p.proj.Needs(path) }
