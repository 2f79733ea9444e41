package transform

// Which modules locks concern. Most files of a package have nothing to do with
// them, and have to pass at the speed of memory.

import (
	"bytes"
	"context"
	"slices"
	"sync"
)

// mentions reports whether src spells one of the decorators' names. It looks
// for the letter that is rare in code, and then around it.
func mentions(src []byte) bool {
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], 'k')
		if i < 0 {
			return false
		}
		at := off + i
		off = at + 1
		if at < 3 || string(src[at-3:at]) != "loc" {
			continue
		}
		before, after := src[:at-3], src[at+1:]
		if bytes.HasPrefix(after, []byte("ed_class")) || bytes.HasSuffix(before, []byte("read_")) ||
			bytes.HasSuffix(before, []byte("write_")) || bytes.HasSuffix(before, []byte("no_")) {
			return true
		}
	}
}

// concerned reports whether a lock decorator may have a say in a module: in
// its own files or in a module that they cimport from, at any remove. It reads
// without parsing.
func (p *lockFacts) concerned(stem string) bool {
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
		yes := p.mentioned(stem)
		if !yes {
			for _, to := range p.proj.refs.get(stem).stems {
				yes = yes || visit(to)
			}
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

func (p *lockFacts) verdict(stem string) (concerned, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	concerned, known = p.verdicts[stem]
	return concerned, known
}

func (p *lockFacts) decide(concerned bool, stem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verdicts[stem] = concerned
}

// mentioned reports whether a module's files spell a lock decorator.
func (p *lockFacts) mentioned(stem string) bool {
	says := func(path string) bool {
		if !p.proj.isFile(path) {
			return false
		}
		s := p.proj.source(path)
		return s.err == nil && p.spells(s)
	}
	return slices.ContainsFunc(p.proj.moduleFiles(stem), says) || slices.ContainsFunc(p.proj.refs.get(stem).includes, says)
}

// standing returns the modules that no other one of them includes: a .pyx that
// is pasted into another is part of that one, as a .pxi is.
func (p *lockFacts) standing(ctx context.Context, stems []string, jobs int) ([]string, error) {
	var mu sync.Mutex
	included := map[string]bool{}
	err := each(ctx, stems, jobs, func(stem string) error {
		if !p.concerned(stem) {
			return nil
		}
		for _, u := range p.proj.module(stem).units {
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
		if !included[stem+".pyx"] || p.proj.isFile(stem+".pxd") && !included[stem+".pxd"] {
			out = append(out, stem)
		}
	}
	return out, nil
}
