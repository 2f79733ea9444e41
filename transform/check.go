package transform

// Checking a project: what the rewrite would say, and what each rule of the
// table finds. Nothing is rewritten.

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
)

// Report is what a check found.
type Report struct {
	Findings   []Finding    // ordered
	Suppressed []Suppressed // what comments suppress; ordered
	Summary    Summary
}

// checker applies the rules to the modules of a project.
type checker struct {
	proj  *proj
	locks *lockFacts
	prog  *program
	plan  *planner
	opts  checkOptions
	off   bool

	spellings *cache[*module, *spelling]
}

// checkOptions are the settings that change what is reported.
type checkOptions struct {
	// Off says that nothing is locked.
	Off bool
	// Selected tells which findings are wanted, by file and code; nil wants all.
	Selected func(path, code string) bool
}

// newChecker returns a checker of what a planner has planned.
func newChecker(pl *planner, opts checkOptions) *checker {
	return &checker{proj: pl.proj, locks: pl.locks, prog: pl.prog, plan: pl, opts: opts, off: opts.Off,
		spellings: newCache(func(m *module) *spelling { return &spelling{m: m} })}
}

// checking is one module under the rules.
type checking struct {
	log
	p     *program
	m     *module
	plan  *modulePlan
	hands *handNames
	*spelling
	// words are those of the rule that is being applied.
	words []string

	fns     []*ruleFunc // see funcs
	vars    map[string]*globalVar
	reached map[reachKey]reach
	calls   map[string][]callSite
	attrs   map[string][]attrUse
}

func (p *checker) checking(m *module) *checking {
	return &checking{p: p.prog, m: m, plan: p.plan.of(m), hands: p.prog.hands.get(m), spelling: p.spellings.get(m)}
}

// apply applies those rules of the table that a build warns of, or the others.
func (p *checker) apply(m *module, builds bool) []Finding {
	c := p.checking(m)
	for i := range rules {
		if r := &rules[i]; r.check != nil && r.builds == builds && c.spells(r.words) {
			c.words = r.words
			r.check(c)
		}
	}
	return c.findings
}

// functions returns the module's functions, with their summaries made.
func (c *checking) functions() []*function {
	all := c.p.funcs(c.m).all
	for _, f := range all { // before solve, which runs alone
		c.p.flowOf(f)
	}
	c.p.solve(all)
	return all
}

// check applies the rules to the modules that the inputs belong to. expansion is
// what a rewrite of the same inputs says. It returns the modules that do parse, too.
func (p *checker) check(ctx context.Context, in inputs, jobs int, expansion []Finding) (*Report, []*module, error) {
	rep := &Report{}
	var found []Finding // by the rules of the table
	var whole []string  // the files of modules that all rules looked at
	var mu sync.Mutex
	included := map[string]bool{}
	var mods []*module
	apply := func(stem string) error {
		m := p.proj.module(stem)
		if m.broken() {
			// The expansion does not look at files that no lock concerns, but
			// nobody may take a file for clean that was not understood.
			mu.Lock()
			defer mu.Unlock()
			found = append(found, m.syntaxErrors()...)
			return nil
		}
		more := p.apply(m, false)
		mu.Lock()
		defer mu.Unlock()
		found = append(found, more...)
		rep.Summary.Classes += m.types()
		mods = append(mods, m)
		for _, u := range m.units {
			included[u.path] = true
			whole = append(whole, u.path)
		}
		return nil
	}
	p.proj.bySize(in.stems)
	if err := each(ctx, in.stems, jobs, apply); err != nil {
		return nil, nil, err
	}
	judged := slices.Clone(whole)
	alone := slices.DeleteFunc(slices.Clone(in.alone), func(path string) bool { return included[path] })
	if err := each(ctx, alone, jobs, apply); err != nil {
		return nil, nil, err
	}
	rep.Summary.count(p.proj, in.paths)
	slices.SortFunc(mods, func(a, b *module) int { return strings.Compare(a.stem, b.stem) })
	rep.Summary.Exempt, rep.Summary.Claims = []Exemption{}, []Claim{}
	if !p.off {
		for _, m := range mods {
			if p.locks.concerned(m.stem) {
				rep.Summary.tell(p.prog, m)
			}
		}
		rep.Findings = append(slices.Clone(expansion), found...) // what claims are held against
		found = append(found, p.claims(mods, rep)...)
		rep.Findings = nil
	}
	rep.Summary.sort()
	p.settle(rep, expansion, found, whole, judged)
	return rep, mods, nil
}

// mentioning returns the functions that spell one of the rule's words, or a name
// that the module gives to one of them.
func (c *checking) mentioning() []*ruleFunc {
	var words [][]byte
	for _, w := range c.words {
		words = append(words, []byte(w))
		for name, b := range c.m.scope.names {
			if b.attr != "" && name != b.attr && strings.Contains(b.attr, w) {
				words = append(words, []byte(name))
			}
		}
	}
	var out []*ruleFunc
	for _, f := range c.funcs() {
		src := f.u.src[f.def.Pos:f.def.End]
		if slices.ContainsFunc(words, func(w []byte) bool { return bytes.Contains(src, w) }) {
			out = append(out, f)
		}
	}
	return out
}
