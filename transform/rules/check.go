package rules

// Checking a project: what the rewrite would say, and what each rule of the
// table finds. Nothing is rewritten.

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"pyxlock/transform/cache"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

// Report is what a check found.
type Report struct {
	Findings   []finding.Finding // ordered
	Suppressed []Suppressed      // what comments suppress; ordered
	Summary    Summary
}

// Checker applies the rules to the modules of a project.
type Checker struct {
	proj  *project.Project
	locks *decorator.Locks
	prog  *effects.Program
	plan  *plan.Planner
	opts  Options

	spellings *cache.Cache[*project.Module, *spelling]
}

// Options are the settings that change what is reported.
type Options struct {
	// Off says that nothing is locked.
	Off bool
	// Declared says where the build declares freethreading_compatible for all modules.
	Declared string
	// ReadsOnly tells which parameters of C functions the setting reads says are only read; nil where it says nothing.
	ReadsOnly func(name, param string) bool
	// Selected tells which findings are wanted, by file and code; nil wants all.
	Selected func(path, code string) bool
}

// New returns a checker of what a planner has planned.
func New(pl *plan.Planner, opts Options) *Checker {
	return &Checker{proj: pl.Project, locks: pl.Locks, prog: pl.Program, plan: pl, opts: opts,
		spellings: cache.New(func(m *project.Module) *spelling { return &spelling{m: m} })}
}

// checking is one module under the rules.
type checking struct {
	bodies
	spelling *spelling
	p        *effects.Program
	plan     *plan.Module
	opts     Options
	// words are those of the rule that is being applied.
	words    []string
	blocks   *missingBlocks              // of the function that was asked about last
	solved   bool                        // see functions
	pointers map[string]bool             // the names that the module uses as values, see calledFromC
	others   map[*project.Module]*bodies // see ruleFuncOf
	passing  map[*effects.Function][]int // see passes
	drawing  cache.Value[bool]           // see effects.CallsOfOneThread
}

func (p *Checker) checking(m *project.Module) *checking {
	return &checking{
		bodies:   bodies{m: m, locks: p.locks, hands: p.prog.HandLocks(m)},
		spelling: p.spellings.Get(m), p: p.prog, plan: p.plan.Of(m), opts: p.opts,
	}
}

// Apply applies those rules of the table that a build warns of, or the others.
func (p *Checker) Apply(m *project.Module, builds bool) []finding.Finding {
	c := p.checking(m)
	for i := range rules {
		if r := &rules[i]; r.check != nil && r.builds == builds && c.spelling.spells(r.words) {
			c.words = r.words
			r.check(c)
		}
	}
	return c.Findings
}

// ruleFuncOf returns a function of this module or another one.
func (c *checking) ruleFuncOf(f *effects.Function) *ruleFunc {
	if f.Mod == c.m {
		return c.ruleFunc(f.Def)
	}
	in := c.others[f.Mod]
	if in == nil {
		in = &bodies{m: f.Mod, locks: c.locks, hands: c.p.HandLocks(f.Mod)}
		if c.others == nil {
			c.others = map[*project.Module]*bodies{}
		}
		c.others[f.Mod] = in
	}
	return in.ruleFunc(f.Def)
}

// functions returns the module's functions, with their summaries made.
func (c *checking) functions() []*effects.Function {
	all := c.p.Funcs(c.m).All
	if c.solved {
		return all
	}
	for _, f := range all { // before solve, which runs alone
		c.p.FlowOf(f)
	}
	c.p.Solve(all)
	c.solved = true
	return all
}

// Check applies the rules to the modules that the inputs belong to. expansion is
// what a rewrite of the same inputs says. It returns the modules that do parse, too.
func (p *Checker) Check(ctx context.Context, in project.Inputs, jobs int, expansion []finding.Finding) (*Report, []*project.Module, error) {
	rep := &Report{}
	var found []finding.Finding // by the rules of the table
	var whole []string          // the files of modules that all rules looked at
	var mu sync.Mutex
	included := map[string]bool{}
	var mods []*project.Module
	apply := func(stem string) error {
		m := p.proj.Module(stem)
		if m.Broken() {
			// The expansion does not look at files that no lock concerns, but
			// nobody may take a file for clean that was not understood.
			mu.Lock()
			defer mu.Unlock()
			found = append(found, decorator.Unread(m)...)
			return nil
		}
		more := p.Apply(m, false)
		if !p.locks.Concerned(stem) { // the expansion did not look at it, and reported nothing
			more = append(slices.Clone(p.plan.Of(m).Findings), more...)
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, more...)
		rep.Summary.Classes += m.CountTypes()
		mods = append(mods, m)
		for _, u := range m.Units {
			included[u.Path] = true
			whole = append(whole, u.Path)
		}
		return nil
	}
	p.proj.BySize(in.Stems)
	stems, err := p.locks.Standing(ctx, in.Stems, jobs, func(stem string) bool { return !p.proj.Module(stem).Broken() })
	if err != nil {
		return nil, nil, err
	}
	if err := project.Each(ctx, stems, jobs, apply); err != nil {
		return nil, nil, err
	}
	judged := slices.Clone(whole)
	alone := slices.DeleteFunc(slices.Clone(in.Alone), func(path string) bool { return included[path] })
	if err := project.Each(ctx, alone, jobs, apply); err != nil {
		return nil, nil, err
	}
	rep.Summary.count(p.proj, in.Paths)
	slices.SortFunc(mods, func(a, b *project.Module) int { return strings.Compare(a.Stem, b.Stem) })
	rep.Summary.Exempt, rep.Summary.Claims, rep.Summary.Assumed = []Exemption{}, []Claim{}, []Assumption{}
	if !p.opts.Off {
		told := map[*effects.Function]bool{}
		for _, m := range mods {
			if p.locks.Concerned(m.Stem) {
				rep.Summary.tell(p.prog, m)
				rep.Summary.assume(p.prog, m, told)
			}
		}
		rep.Findings = append(slices.Clone(expansion), found...) // what claims are held against
		open, left := p.assumed(mods, slices.DeleteFunc(slices.Clone(mods), func(m *project.Module) bool { return !p.prog.HandLocks(m).Any() }))
		found = append(found, left...)
		found = append(found, p.claims(mods, open, rep)...)
		found = append(found, changing(mods, open)...)
		rep.Findings = nil
	}
	rep.Summary.sort()
	p.settle(rep, expansion, found, whole, judged)
	return rep, mods, nil
}

// mentioning returns the functions that spell one of the rule's words, a name
// that the module gives to one of them, or one of more.
func (c *checking) mentioning(more ...string) []*ruleFunc {
	var words [][]byte
	for _, name := range more {
		words = append(words, []byte(name))
	}
	for _, w := range c.words {
		if c.spelling.spells([]string{w}) {
			words = append(words, []byte(w))
		}
		for name, b := range c.m.Scope.Names {
			if b.Attr != "" && name != b.Attr && strings.Contains(b.Attr, w) {
				words = append(words, []byte(name))
			}
		}
	}
	var out []*ruleFunc
	for _, f := range c.funcs() {
		src := f.u.Src[f.def.Pos:f.def.End]
		if slices.ContainsFunc(words, func(w []byte) bool { return bytes.Contains(src, w) }) {
			out = append(out, f)
		}
	}
	return out
}
