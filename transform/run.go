package transform

// Running a project: which files are of concern, in parallel, and what
// becomes of each.

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"sort"
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
}

// Run rewrites the inputs with at most jobs goroutines (0: one for each CPU).
// It fails where an input cannot be read; what is wrong in an input is a Finding.
func (p *Project) Run(ctx context.Context, inputs []string, jobs int) (*Result, error) {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	clean := make([]string, len(inputs))
	for i, in := range inputs {
		clean[i] = filepath.Clean(in)
	}
	if err := each(ctx, clean, jobs, func(in string) error { return p.source(in).err }); err != nil {
		return nil, err
	}

	stems, alone := p.group(clean)
	var mu sync.Mutex
	byPath := map[string]*Rewrite{}
	res := &Result{}
	collect := func(a *analysis) {
		mu.Lock()
		defer mu.Unlock()
		res.Findings = append(res.Findings, a.m.findings...)
		for _, n := range a.needs {
			res.NeedsRuntime = res.NeedsRuntime || n.rwlock
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
	run := func(list []string) error {
		return each(ctx, list, jobs, func(stem string) error {
			if a := p.rewriteModule(stem); a != nil {
				collect(a)
			}
			return nil
		})
	}
	stems, err := p.standing(ctx, stems, jobs)
	if err != nil {
		return nil, err
	}
	if err := run(stems); err != nil {
		return nil, err
	}
	// An included file that no module of this run includes stands for itself.
	var rest []string
	for _, in := range alone {
		if byPath[in] == nil {
			rest = append(rest, in)
		}
	}
	if err := run(rest); err != nil {
		return nil, err
	}
	for _, in := range clean {
		rw := byPath[in]
		if rw == nil {
			rw = &Rewrite{Path: in, Src: p.source(in).src}
		}
		res.Rewrites = append(res.Rewrites, rw)
	}
	SortFindings(res.Findings)
	res.Findings = dedupe(res.Findings)
	return res, nil
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
			if u.role == roleInclude && u.path != stem+".pyx" && filepath.Ext(u.path) == ".pyx" {
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
		if !included[stem+".pyx"] || p.isFile(stem+".pxd") {
			out = append(out, stem)
		}
	}
	return out, nil
}

// each calls f for every element, at most jobs at a time. One element needs no
// goroutine: a build starts a process for each file.
func each(ctx context.Context, list []string, jobs int, f func(string) error) error {
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
		if i > 0 {
			o := fs[i-1]
			if o.Path == f.Path && o.Span == f.Span && o.Code == f.Code && o.Message == f.Message {
				continue
			}
		}
		out = append(out, f)
	}
	return out
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
	bad := false
	for _, u := range m.units {
		for _, e := range u.errs {
			bad = true
			m.findings = append(m.findings, Finding{
				Code: codeSyntax, Path: u.path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column, Message: e.Msg,
			})
		}
	}
	if bad {
		return &analysis{p: p, m: m}
	}
	return p.analyse(m)
}

// concerned reports whether a lock decorator may have a say in a module: in
// its own files or in a module that they cimport from, at any remove. It reads
// without parsing.
func (p *Project) concerned(stem string) bool {
	seen := map[string]bool{}
	var visit func(stem string) bool
	visit = func(stem string) bool {
		if seen[stem] {
			return false
		}
		seen[stem] = true
		words, refs := p.refsOf(stem)
		if words {
			return true
		}
		for _, r := range refs {
			if visit(r) {
				return true
			}
		}
		return false
	}
	return visit(stem)
}

// refsOf returns whether a module's files spell a lock decorator, and the
// stems of the modules that they cimport.
func (p *Project) refsOf(stem string) (words bool, refs []string) {
	files := []string{stem + ".pxd", stem + ".pyx"}
	if !p.isFile(stem + ".pyx") {
		files[1] = stem + ".py"
	}
	if strings.HasSuffix(stem, ".pxi") {
		files = []string{stem}
	}
	root, _ := p.packageRoot(stem)
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
			return true, nil
		}
		scan(s.src, func(level int, module []string, names []string) {
			if r := p.find(stem, root, level, module); r != "" {
				refs = append(refs, r)
			}
			for _, n := range names {
				if r := p.find(stem, root, level, append(append([]string{}, module...), n)); r != "" {
					refs = append(refs, r)
				}
			}
		}, func(include string) {
			if in := p.findInclude(&module{root: root}, path, include); in != "" {
				files = append(files, in)
			}
		})
	}
	return false, refs
}

// scan finds cimports and includes by their words alone. It may find too many,
// in strings and comments; it misses none that stands on one logical line.
func scan(src []byte, cimport func(level int, module, names []string), include func(string)) {
	for rest, off := src, 0; ; {
		i := bytes.Index(rest, []byte("cimport"))
		if i < 0 {
			break
		}
		at := off + i
		rest, off = rest[i+7:], at+7
		start := bytes.LastIndexAny(src[:at], "\n\r;") + 1
		before := strings.Fields(string(src[start:at]))
		if len(before) > 0 && before[len(before)-1] == "cython" {
			continue
		}
		after := string(importTail(src[at+7:]))
		switch {
		case len(before) == 0:
			for _, part := range strings.Split(after, ",") {
				if f := strings.Fields(part); len(f) > 0 && f[0] != "cython" {
					path := strings.Split(f[0], ".")
					cimport(0, path, nil)
				}
			}
		case before[0] == "from" && len(before) >= 2:
			mod := strings.Join(before[1:], "")
			level := len(mod) - len(strings.TrimLeft(mod, "."))
			mod = mod[level:]
			if mod == "cython" {
				continue
			}
			var path []string
			if mod != "" {
				path = strings.Split(mod, ".")
			}
			var names []string
			for _, part := range strings.Split(strings.Trim(after, "() "), ",") {
				if f := strings.Fields(part); len(f) > 0 {
					names = append(names, f[0])
				}
			}
			cimport(level, path, names)
		}
	}
	// from cython.cimports.a.b import c
	for rest, off := src, 0; ; {
		i := bytes.Index(rest, []byte("cython.cimports"))
		if i < 0 {
			break
		}
		at := off + i
		rest, off = rest[i+15:], at+15
		tail := string(importTail(src[at+15:]))
		mod, names, ok := strings.Cut(tail, " import ")
		if !ok {
			continue
		}
		var list []string
		for _, part := range strings.Split(strings.Trim(names, "() "), ",") {
			if f := strings.Fields(part); len(f) > 0 {
				list = append(list, f[0])
			}
		}
		var path []string
		if mod = strings.Trim(mod, ". "); mod != "" {
			path = strings.Split(mod, ".")
		}
		cimport(0, path, list)
	}
	for rest := src; ; {
		i := bytes.Index(rest, []byte("include"))
		if i < 0 {
			break
		}
		rest = rest[i+7:]
		t := bytes.TrimLeft(rest, " \t")
		if len(t) < 2 || t[0] != '"' && t[0] != '\'' {
			continue
		}
		if j := bytes.IndexByte(t[1:], t[0]); j >= 0 && !bytes.ContainsAny(t[1:1+j], "\n\r") {
			include(string(t[1 : 1+j]))
		}
	}
}

// importTail returns the rest of an import's logical line without comments and
// line breaks.
func importTail(src []byte) []byte {
	var out []byte
	depth := 0
	for i := 0; i < len(src) && i < 1<<16; i++ {
		switch c := src[i]; c {
		case '(':
			depth++
			out = append(out, ' ')
		case ')':
			return out
		case '#':
			for i+1 < len(src) && src[i+1] != '\n' && src[i+1] != '\r' {
				i++
			}
		case '\\':
			if i+1 < len(src) && (src[i+1] == '\n' || src[i+1] == '\r') {
				i++
				if src[i] == '\r' && i+1 < len(src) && src[i+1] == '\n' {
					i++
				}
			}
		case '\n', '\r', ';':
			if depth == 0 {
				return out
			}
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return out
}

// Modules returns the paths of every file that belongs with path to one
// module, path included: what its rewrite depends on besides cimports.
func (p *Project) Modules(path string) []string {
	stem, ok := stemOf(path)
	if !ok {
		return []string{path}
	}
	var out []string
	for _, u := range p.module(stem).units {
		out = append(out, u.path)
	}
	sort.Strings(out)
	return out
}
