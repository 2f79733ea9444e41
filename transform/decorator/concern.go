package decorator

// Which modules locks concern. Most files of a package have nothing to do with
// them, and have to pass at the speed of memory.

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// mentions reports whether src has one of the decorators' names as a word, or a
// near miss of one. It looks for the letter that is rare in code, and then around it.
func mentions(src []byte) bool {
	almost := false
	for off := 0; ; {
		i := bytes.IndexByte(src[off:], 'k')
		if i < 0 {
			break
		}
		at := off + i
		off = at + 1
		if at < 3 || string(src[at-3:at]) != "loc" || at > 3 && (src[at-4] == 'b' || src[at-4] == 'c') { // block, clock
			continue
		}
		name := wordAt(src, at)
		if Names[string(name)] {
			return true
		}
		almost = almost || len(guesses(string(name)).names) > 0
	}
	return misses(src, almost)
}

// wordAt returns the identifier round an offset.
func wordAt(src []byte, at int) []byte {
	from, to := at, at
	for from > 0 && syntax.WordByte(src[from-1]) {
		from--
	}
	for to < len(src) && syntax.WordByte(src[to]) {
		to++
	}
	return src[from:to]
}

// Concerned reports whether a lock decorator may have a say in a module: in
// its own files, in a module that they cimport from, or in one with subclasses of
// what these declare, whose overrides a call may reach; at any remove. It reads
// without parsing.
func (p *Locks) Concerned(stem string) bool {
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
			for _, to := range p.proj.References(stem).Stems {
				yes = yes || visit(to)
			}
			if !yes {
				yes = slices.ContainsFunc(p.proj.Lineage.Heirs(stem), visit)
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

func (p *Locks) verdict(stem string) (concerned, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	concerned, known = p.verdicts[stem]
	return concerned, known
}

func (p *Locks) decide(concerned bool, stem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.verdicts[stem] = concerned
}

// mentioned reports whether a module's files spell a lock decorator.
func (p *Locks) mentioned(stem string) bool {
	says := func(path string) bool {
		if !p.proj.IsFile(path) {
			return false
		}
		s := p.proj.Source(path)
		return s.Err == nil && p.Spells(s)
	}
	return slices.ContainsFunc(p.proj.ModuleFiles(stem), says) || slices.ContainsFunc(p.proj.References(stem).Includes, says)
}

// Standing returns the modules that no other one of them includes: a .pyx that
// is pasted into another is part of that one, as a .pxi is. Others than those of which counts
// is true are not looked at. Of those that include each other in a circle the first stands.
func (p *Locks) Standing(ctx context.Context, stems []string, jobs int, counts func(stem string) bool) ([]string, error) {
	var mu sync.Mutex
	by := map[string][]string{} // the modules that include a file, themselves or by way of others
	err := project.Each(ctx, stems, jobs, func(stem string) error {
		if !counts(stem) {
			return nil
		}
		for _, u := range p.proj.Module(stem).Units {
			if (u.Role == project.RoleInclude || u.Role == project.RolePxdInclude) && u.Path != stem+".pyx" && u.Path != stem+".pxd" {
				mu.Lock()
				by[u.Path] = append(by[u.Path], stem)
				mu.Unlock()
			}
		}
		return nil
	})
	if err != nil || len(by) == 0 {
		return stems, err
	}
	stands := map[string]bool{}
	for _, stem := range stems {
		stands[stem] = len(by[stem+".pyx"]) == 0 || p.proj.IsFile(stem+".pxd") && len(by[stem+".pxd"]) == 0
	}
	for _, stem := range slices.Sorted(maps.Keys(stands)) {
		if !stands[stem] && !slices.ContainsFunc(by[stem+".pyx"], func(o string) bool { return stands[o] }) {
			stands[stem] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(stems), func(stem string) bool { return !stands[stem] }), nil
}
