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

// UsingBeside returns m, which declares an attribute of that name, and the others that Using returns.
func (l *Lineage) UsingBeside(m *Module, name string) []*Module {
	return append([]*Module{m}, slices.DeleteFunc(l.Using(name), func(o *Module) bool { return o == m })...)
}

func (l *Lineage) readUses() map[string][]string {
	by := map[string][]string{}
	s := l.inScope()
	included := map[string]bool{}
	read := func(stem, path string) {
		src := l.p.Source(path)
		if src.Err != nil {
			return
		}
		text := src.Src
		for {
			i := bytes.IndexByte(text, '.')
			if i < 0 {
				return
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
	return by
}
