package transform

// Checking a project: what the rewrite would say, and what each rule of the
// table finds. Nothing is rewritten.

import (
	"bytes"
	"context"
	"runtime"
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

// checking is one module under the rules.
type checking struct {
	p *Project
	m *module
	// words are those of the rule that is being applied.
	words []string

	fns     []*ruleFunc // see funcs
	vars    map[string]*globalVar
	reached map[reachKey]reach
	calls   map[string][]callSite
	attrs   map[string][]attrUse
}

// functions returns the module's functions, with their summaries made.
func (c *checking) functions() []*function {
	all := c.m.funcs().all
	for _, f := range all { // before solve, which runs alone
		c.p.flowOf(f)
	}
	c.p.solve(all)
	return all
}

// Check looks at the modules that the inputs belong to, with at most jobs
// goroutines (0: one for each CPU). It fails where an input cannot be read;
// what is wrong in an input is a Finding.
func (p *Project) Check(ctx context.Context, inputs []string, jobs int) (*Report, error) {
	rep, _, _, err := p.check(ctx, inputs, jobs)
	return rep, err
}

// check is Check with what the expansion said, and the modules that do parse.
func (p *Project) check(ctx context.Context, inputs []string, jobs int) (*Report, *Result, []*module, error) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	res, err := p.expand(ctx, inputs, jobs)
	if err != nil {
		return nil, nil, nil, err
	}
	rep := &Report{}
	var found []Finding // by the rules of the table
	var whole []string  // the files of modules that all rules looked at
	var mu sync.Mutex
	clean := make([]string, len(inputs))
	for i, in := range inputs {
		clean[i] = p.canonical(in)
	}
	stems, alone := p.group(clean)
	included := map[string]bool{}
	var mods []*module
	apply := func(stem string) error {
		m := p.module(stem)
		if m.broken() {
			// The expansion does not look at files that no lock concerns, but
			// nobody may take a file for clean that was not understood.
			mu.Lock()
			defer mu.Unlock()
			found = append(found, m.unread()...)
			return nil
		}
		before := len(m.findings)
		if !p.concerned(stem) {
			before = 0 // the expansion did not look at it, and reported nothing
		}
		c := &checking{p: p, m: m}
		for i := range rules {
			if r := &rules[i]; r.check != nil && !r.builds && m.spells(r.words) {
				c.words = r.words
				r.check(c)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, m.findings[before:]...)
		rep.Summary.Classes += m.types()
		mods = append(mods, m)
		for _, u := range m.units {
			included[u.path] = true
			whole = append(whole, u.path)
		}
		return nil
	}
	p.bySize(stems)
	if err := each(ctx, stems, jobs, apply); err != nil {
		return nil, nil, nil, err
	}
	judged := slices.Clone(whole)
	alone = slices.DeleteFunc(alone, func(path string) bool { return included[path] })
	if err := each(ctx, alone, jobs, apply); err != nil {
		return nil, nil, nil, err
	}
	rep.Summary.count(p, clean)
	slices.SortFunc(mods, func(a, b *module) int { return strings.Compare(a.stem, b.stem) })
	rep.Summary.Exempt, rep.Summary.Claims = []Exemption{}, []Claim{}
	if !p.opts.Off {
		for _, m := range mods {
			if p.concerned(m.stem) {
				rep.Summary.tell(p, m)
			}
		}
		rep.Findings = append(slices.Clone(res.Findings), found...) // what claims are held against
		found = append(found, p.claims(mods, rep)...)
		rep.Findings = nil
	}
	rep.Summary.sort()
	p.settle(rep, res.Findings, found, whole, judged)
	return rep, res, mods, nil
}

// broken reports whether a file of the module does not parse.
func (m *module) broken() bool {
	return slices.ContainsFunc(m.units, func(u *unit) bool { return len(u.errs) > 0 })
}

// spells reports whether one of the words stands somewhere in the module's files.
func (m *module) spells(words []string) bool {
	for _, w := range words {
		has, known := m.words[w]
		if !known { // rules share words
			if strings.HasPrefix(w, "Py") {
				has = slices.ContainsFunc(m.pyNames(), func(n string) bool { return strings.HasPrefix(n, w) })
			} else {
				has = slices.ContainsFunc(m.units, func(u *unit) bool { return bytes.Contains(u.src, []byte(w)) })
			}
			if m.words == nil {
				m.words = map[string]bool{}
			}
			m.words[w] = has
		}
		if has {
			return true
		}
	}
	return len(words) == 0
}

// spelling returns the functions that spell one of the rule's words, or a name
// that the module gives to one of them.
func (c *checking) spelling() []*ruleFunc {
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

// pyNames returns what the module's files spell from each "Py" on to the end of
// the identifier: most rules ask for functions of Python's C API.
func (m *module) pyNames() []string {
	if m.py != nil {
		return m.py
	}
	seen := map[string]bool{}
	m.py = []string{}
	for _, u := range m.units {
		for src := u.src; ; {
			i := bytes.Index(src, []byte("Py"))
			if i < 0 {
				break
			}
			src = src[i:]
			end := 2
			for end < len(src) && wordByte(src[end]) {
				end++
			}
			if !seen[string(src[:end])] {
				name := string(src[:end])
				seen[name] = true
				m.py = append(m.py, name)
			}
			src = src[2:]
		}
	}
	return m.py
}
