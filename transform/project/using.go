package project

// Which modules of the scope use an attribute of a name, found without parsing.

import (
	"bytes"
	"maps"
	"slices"
	"sync"
)

// usedNames tells, by a name, which modules have it after a dot; it is made when somebody asks.
type usedNames struct {
	once sync.Once
	by   map[string][]string
}

// Using returns the modules of the scope in whose files ".name" stands, in order.
func (l *Lineage) Using(name string) []*Module {
	l.used.once.Do(func() { l.used.by = l.readUses() })
	var out []*Module
	for _, stem := range l.used.by[name] {
		out = append(out, l.p.Module(stem))
	}
	return out
}

// All returns the modules of the scope, in order, without those that are parts of others, which include them.
func (l *Lineage) All() []*Module {
	return l.whole(l.inScope().all())
}

// whole returns the modules at some stems, in their order, without those that are parts of others of them, which include them.
func (l *Lineage) whole(stems []string) []*Module {
	all := make([]*Module, len(stems))
	for i, stem := range stems {
		all[i] = l.p.Module(stem)
	}
	includes := func(list []*Module) map[string]bool {
		out := map[string]bool{}
		for _, m := range list {
			for _, u := range m.Units {
				if u.Role == RoleInclude || u.Role == RolePxdInclude {
					out[u.Path] = true
				}
			}
		}
		return out
	}
	within := func(included map[string]bool) func(*Module) bool {
		return func(m *Module) bool {
			return len(m.Units) > 0 && !slices.ContainsFunc(m.Units, func(u *Unit) bool { return !included[u.Path] })
		}
	}
	whole := slices.DeleteFunc(slices.Clone(all), within(includes(all)))
	return slices.DeleteFunc(all, within(includes(whole))) // of those that include each other all stay
}

// UsingBeside returns m, which declares an attribute of that name, and the others that Using returns.
func (l *Lineage) UsingBeside(m *Module, name string) []*Module {
	return append([]*Module{m}, slices.DeleteFunc(l.Using(name), func(o *Module) bool { return o == m })...)
}

func (l *Lineage) readUses() map[string][]string {
	by := map[string][]string{}
	l.eachSource(func(stem string, src *Source) bool {
		text := src.Src
		for {
			i := bytes.IndexByte(text, '.')
			if i < 0 {
				return true
			}
			text = bytes.TrimLeft(text[i+1:], " \t\\\r\n")
			n := 0
			for n < len(text) && wordByte(text[n]) {
				n++
			}
			if n == 0 {
				continue
			}
			name := string(text[:n])
			if list := by[name]; len(list) == 0 || list[len(list)-1] != stem {
				by[name] = append(list, stem)
			}
		}
	})
	return by
}

// SpelledElsewhere reports whether a word stands in a file of the scope that is none of a module's own.
func (l *Lineage) SpelledElsewhere(m *Module, word string) bool {
	return !l.eachSource(func(stem string, src *Source) bool {
		return stem == m.Stem || !src.Spells(word) || slices.ContainsFunc(m.Units, func(u *Unit) bool { return u.Source == src })
	})
}

// eachSource visits the files of the scope that can be read until visit returns false, and reports whether it never did.
func (l *Lineage) eachSource(visit func(stem string, src *Source) bool) bool {
	for _, x := range l.sources.Get(l.findSources) {
		if !visit(x.stem, x.src) {
			return false
		}
	}
	return true
}

// scopeSource is a file of the scope, with the module that it is of; an included one is of each that includes it.
type scopeSource struct {
	stem string
	src  *Source
}

func (l *Lineage) findSources() []scopeSource {
	var out []scopeSource
	s := l.inScope()
	included := map[string]bool{}
	read := func(stem, path string) {
		if src := l.p.Source(path); src.Err == nil {
			out = append(out, scopeSource{stem, src})
		}
	}
	for _, stem := range slices.Sorted(maps.Keys(s.stems)) {
		for _, path := range l.p.ModuleFiles(stem) {
			if l.p.IsFile(path) {
				read(stem, path)
			}
		}
		for _, path := range l.p.References(stem).Includes {
			included[l.p.canonical(path)] = true
			if l.p.IsFile(path) {
				read(stem, path)
			}
		}
	}
	for _, path := range s.alone {
		if !included[path] {
			read(path, path)
		}
	}
	return out
}
