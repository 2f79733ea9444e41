package transform

// Running a project: which files are of concern, in parallel, and what
// becomes of each.

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"pyxlock/parser/ast"
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

// Inferred is a lock that the model asks for, or that it does not ask for.
type Inferred struct {
	Name   string // "Class.method"
	Path   string
	Line   int
	Object string // the parameter; "" where the method needs no lock
	Write  bool
	Why    string // the line that decides, in words
}

// Run rewrites the inputs with at most jobs goroutines (0: one for each CPU).
// It fails where an input cannot be read; what is wrong in an input is a Finding.
// Findings that are not selected or that a comment suppresses are left out,
// unless they say that there is nothing right to write.
func (p *Project) Run(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	res, err := p.expand(ctx, inputs, jobs)
	if err == nil {
		res.Findings = briefly(p.unsuppressed(res.Findings))
	}
	return res, err
}

// expand is Run with every finding.
func (p *Project) expand(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	clean := make([]string, len(inputs))
	for i, in := range inputs {
		clean[i] = p.canonical(in)
	}
	if err := each(ctx, clean, jobs, func(in string) error { return p.source(in).err }); err != nil {
		return nil, err
	}

	stems, alone := p.group(clean)
	var mu sync.Mutex
	byPath := map[string]*Rewrite{}
	analysed := map[string]bool{}
	res := &Result{}
	collect := func(a *analysis) {
		mu.Lock()
		defer mu.Unlock()
		res.Findings = append(res.Findings, a.m.findings...)
		res.Inferred = append(res.Inferred, a.m.inferred...)
		for u, n := range a.needs {
			if n.rwlock {
				res.NeedsRuntime = true
				res.CimportRuntime = append(res.CimportRuntime, u.path)
			}
		}
		for _, rw := range a.rewrites() {
			old, ok := byPath[rw.Path]
			if ok && !reflect.DeepEqual(old.Edits, rw.Edits) {
				s := p.source(rw.Path)
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
			if a := p.rewriteModule(stem); a != nil {
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
	stems, err := p.standing(ctx, stems, jobs)
	if err != nil {
		return nil, err
	}
	p.bySize(stems)
	if err := p.flows(ctx, stems, jobs); err != nil {
		return nil, err
	}
	if err := run(stems); err != nil {
		return nil, err
	}
	// An included file that no module of this run includes stands for itself.
	var rest []string
	for _, in := range alone {
		if !analysed[in] {
			rest = append(rest, in)
		}
	}
	if err := run(rest); err != nil {
		return nil, err
	}
	// What all modules together show comes last.
	slices.SortFunc(done, func(a, b *analysis) int { return strings.Compare(a.m.stem, b.m.stem) })
	p.settleWrites(done)
	p.lockOrder(done)
	if err := eachOf(ctx, done, jobs, func(a *analysis) error {
		a.rules()
		collect(a)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, in := range clean {
		rw := byPath[in]
		if rw == nil {
			rw = &Rewrite{Path: in, Src: p.source(in).src}
		}
		res.Rewrites = append(res.Rewrites, rw)
	}
	slices.Sort(res.CimportRuntime)
	res.CimportRuntime = slices.Compact(res.CimportRuntime)
	SortFindings(res.Findings)
	res.Findings = dedupe(res.Findings)
	slices.SortStableFunc(res.Inferred, func(a, b Inferred) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return res, nil
}

// bySize puts the modules with the most text first, so that none of them is what
// all others wait for in the end.
func (p *Project) bySize(stems []string) {
	if len(stems) < 3 {
		return
	}
	size := make(map[string]int, len(stems))
	for _, stem := range stems {
		for _, ext := range [...]string{".pyx", ".py", ".pxd"} {
			if path := stem + ext; p.isFile(path) {
				size[stem] += len(p.source(path).src)
			}
		}
	}
	slices.SortStableFunc(stems, func(a, b string) int { return cmp.Compare(size[b], size[a]) })
}

// standing returns the modules that no other one of them includes: a .pyx that
// is pasted into another is part of that one, as a .pxi is.
func (p *Project) standing(ctx context.Context, stems []string, jobs int) ([]string, error) {
	var mu sync.Mutex
	included := map[string]bool{}
	err := each(ctx, stems, jobs, func(stem string) error {
		if !p.concerned(stem) {
			return nil
		}
		for _, u := range p.module(stem).units {
			if (u.role == roleInclude || u.role == rolePxdInclude) && u.path != stem+".pyx" && u.path != stem+".pxd" {
				mu.Lock()
				included[u.path] = true
				mu.Unlock()
			}
		}
		return nil
	})
	if err != nil || len(included) == 0 {
		return stems, err
	}
	var out []string
	for _, stem := range stems {
		if !included[stem+".pyx"] || p.isFile(stem+".pxd") && !included[stem+".pxd"] {
			out = append(out, stem)
		}
	}
	return out, nil
}

// each calls f for every element, at most jobs at a time. One element needs no
// goroutine: a build starts a process for each file.
func each(ctx context.Context, list []string, jobs int, f func(string) error) error {
	return eachOf(ctx, list, jobs, f)
}

func eachOf[T any](ctx context.Context, list []T, jobs int, f func(T) error) error {
	if len(list) == 1 || jobs == 1 {
		for _, s := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(s); err != nil {
				return err
			}
		}
		return nil
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for _, s := range list {
		g.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			return f(s)
		})
	}
	return g.Wait()
}

func dedupe(fs []Finding) []Finding {
	var out []Finding
	for i, f := range fs {
		if i > 0 && same(fs[i-1], f) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// same reports whether two findings say the same: modules that share a file
// each find what is wrong with it.
func same(a, b Finding) bool {
	return a.Path == b.Path && a.Span == b.Span && a.Code == b.Code && a.Message == b.Message
}

// group returns the stems of the modules that the inputs belong to, and the
// inputs that are included files.
func (p *Project) group(inputs []string) (stems, alone []string) {
	seen := map[string]bool{}
	for _, in := range inputs {
		stem, ok := stemOf(in)
		if !ok {
			alone = append(alone, in)
			continue
		}
		if !seen[stem] {
			seen[stem] = true
			stems = append(stems, stem)
		}
	}
	return stems, alone
}

// rewriteModule analyses a module, or returns nil where no lock concerns it.
func (p *Project) rewriteModule(stem string) *analysis {
	if !p.concerned(stem) {
		return nil
	}
	m := p.module(stem)
	if m.broken() {
		m.findings = append(m.findings, m.unread()...)
		return &analysis{p: p, m: m}
	}
	return p.analyse(m)
}

// flows reads the functions of all modules that locks concern, side by side, and
// solves them together. One module's are solved when they are asked for.
func (p *Project) flows(ctx context.Context, stems []string, jobs int) error {
	if p.opts.Off || len(stems) < 2 {
		return nil
	}
	var mu sync.Mutex
	var all []*function
	err := each(ctx, stems, jobs, func(stem string) error {
		if !p.concerned(stem) {
			return nil
		}
		m := p.module(stem)
		if m.broken() {
			return nil
		}
		fs := m.funcs().all
		for _, f := range fs {
			p.flowOf(f)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fs...)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *function) int {
		return cmp.Or(strings.Compare(a.unit.path, b.unit.path), cmp.Compare(a.def.Pos, b.def.Pos))
	})
	p.solve(all)
	return nil
}

// rules applies those rules of the table that a build warns of, too.
func (a *analysis) rules() {
	if a.p.opts.Off || a.m.broken() {
		return
	}
	c := &checking{p: a.p, m: a.m}
	for i := range rules {
		if r := &rules[i]; r.builds && r.check != nil && a.m.spells(r.words) {
			c.words = r.words
			r.check(c)
		}
	}
}

// maxSyntaxErrors is how many of a file's errors are told. More of them say no more:
// the file is not Cython, or one mistake has led to all.
const maxSyntaxErrors = 20

// syntaxErrors returns a finding for each error that the parser found, up to
// maxSyntaxErrors a file, and then one that counts the rest.
func (m *module) syntaxErrors() []Finding {
	var out []Finding
	for _, u := range m.units {
		for i, e := range u.errs {
			f := Finding{
				Code: codeSyntax, Path: u.path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column, Message: e.Msg,
			}
			if i == maxSyntaxErrors {
				f.Message = "and " + plural(len(u.errs)-i, "more syntax error") + " in this file from here on"
			}
			if out = append(out, f); i == maxSyntaxErrors {
				break
			}
		}
	}
	return out
}

// concerned reports whether a lock decorator may have a say in a module: in
// its own files or in a module that they cimport from, at any remove. It reads
// without parsing.
func (p *Project) concerned(stem string) bool {
	seen := map[string]bool{}
	var visit func(stem string) bool
	visit = func(stem string) bool {
		if known, ok := p.verdict(stem); ok {
			return known
		}
		if seen[stem] {
			return false
		}
		seen[stem] = true
		r := p.refsOf(stem)
		yes := r.words
		for _, to := range r.stems {
			yes = yes || visit(to)
		}
		if yes {
			p.decide(true, stem)
		}
		return yes
	}
	yes := visit(stem)
	if !yes {
		// Nothing that was seen on the way leads anywhere else.
		for s := range seen {
			p.decide(false, s)
		}
	}
	return yes
}

func (p *Project) verdict(stem string) (concerned, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	concerned, known = p.verdicts[stem]
	return concerned, known
}

func (p *Project) decide(concerned bool, stem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verdicts[stem] = concerned
}

// references are what a module's files say without being parsed.
type references struct {
	words bool     // they spell a lock decorator
	stems []string // of the modules that they cimport, as far as found
}

func (p *Project) refsOf(stem string) references {
	return get(&p.mu, p.refs, stem, func() references { return p.findRefs(stem) })
}

func (p *Project) findRefs(stem string) references {
	var refs []string
	files := moduleFiles(p, stem)
	scan := p.referring(stem)
	seen := map[string]bool{}
	for len(files) > 0 {
		path := files[0]
		files = files[1:]
		if seen[path] || !p.isFile(path) {
			continue
		}
		seen[path] = true
		s := p.source(path)
		if s.err != nil {
			continue
		}
		if s.words {
			return references{words: true}
		}
		stems, includes := scan(s)
		refs = append(refs, stems...)
		files = append(files, includes...)
	}
	return references{stems: refs}
}

// moduleFiles returns the files that a module at stem may consist of.
func moduleFiles(p *Project, stem string) []string {
	if strings.HasSuffix(stem, ".pxi") {
		return []string{stem}
	}
	if !p.isFile(stem + ".pyx") {
		return []string{stem + ".pxd", stem + ".py"}
	}
	return []string{stem + ".pxd", stem + ".pyx"}
}

// referring returns what finds, without parsing, the modules that a file of the
// module at stem cimports and the files that it includes, as far as they are in
// the project.
func (p *Project) referring(stem string) func(s *source) (stems, includes []string) {
	root := p.packageRoot(stem)
	bases := slices.Collect(p.bases(stem, root, 0))
	foreign := func(name []byte) bool {
		for _, dir := range bases {
			if l := p.list(dir); l.stems[string(name)] || l.dirs[string(name)] {
				return false
			}
		}
		return true
	}
	return func(s *source) (stems, includes []string) {
		sc := scanner{src: s.src, foreign: foreign, cimport: func(level int, module []string, names string) {
			if r := p.find(stem, root, level, module); r != "" {
				stems = append(stems, r)
			}
			if names == "" || !p.hasDir(stem, root, level, module) {
				return
			}
			for _, part := range strings.Split(names, ",") {
				f := strings.Fields(part)
				if len(f) == 0 {
					continue
				}
				if r := p.find(stem, root, level, append(slices.Clone(module), f[0])); r != "" {
					stems = append(stems, r)
				}
			}
		}, include: func(include string) {
			if in := p.findInclude(root, s.path, include); in != "" {
				includes = append(includes, in)
			}
		}}
		sc.scan()
		return stems, includes
	}
}
