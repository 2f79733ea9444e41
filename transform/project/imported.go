package project

// Which modules of the scope import what from which, found without parsing.

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// importedWords tells, by a word, which modules have it in an import; it is made when somebody asks.
type importedWords struct {
	once   sync.Once
	by     map[string][]string
	beside map[string]*Source // the modules that are not of the scope, and that Cython does not compile
}

// Naming returns the other modules of the scope that may name a variable of a module: they import that name from somewhere, or
// import the module, or everything in it, and use the name.
func (l *Lineage) Naming(m *Module, name string) []*Module {
	l.imported.once.Do(l.readImports)
	of := filepath.Base(m.Stem)
	if of == "__init__" {
		of = filepath.Base(filepath.Dir(m.Stem))
	}
	stems := slices.Clone(l.imported.by[name])
	if direct := l.imported.by[of]; len(direct) > 0 {
		for _, o := range l.Using(name) {
			if slices.Contains(direct, o.Stem) {
				stems = append(stems, o.Stem)
			}
		}
		for _, stem := range direct {
			if src := l.imported.beside[stem]; src != nil && src.Spells("."+name) {
				stems = append(stems, stem)
			}
		}
		for _, stem := range l.imported.by["*"] {
			if slices.Contains(direct, stem) {
				stems = append(stems, stem)
			}
		}
	}
	slices.Sort(stems)
	var out []*Module
	below := strings.TrimPrefix(m.Stem, m.Root)
	for _, stem := range slices.Compact(stems) {
		if root := l.p.packageRoot(stem); root != m.Root && l.inScope().stems[root+below] {
			continue // of copies of one package, each means the module beside it
		}
		if o := l.p.Module(stem); o != m {
			out = append(out, o)
		}
	}
	return out
}

// readImports reads the words of all lines that import something, also within functions; "*" is one.
func (l *Lineage) readImports() {
	by := map[string][]string{}
	l.imported.by, l.imported.beside = by, map[string]*Source{}
	read := func(stem string, src *Source) bool {
		seen := map[string]bool{}
		for text := src.Src; len(text) > 0; {
			line, rest, _ := bytes.Cut(text, []byte("\n"))
			text = rest
			line = bytes.TrimLeft(line, " \t")
			if !bytes.HasPrefix(line, []byte("from ")) && !bytes.HasPrefix(line, []byte("import ")) && !bytes.HasPrefix(line, []byte("cimport ")) {
				continue
			}
			if bytes.IndexByte(line, '(') >= 0 && bytes.IndexByte(line, ')') < 0 { // it goes on
				more, rest, _ := bytes.Cut(text, []byte(")"))
				line, text = slices.Concat(line, []byte(" "), more), rest
			}
			for bytes.HasSuffix(bytes.TrimRight(line, "\r"), []byte("\\")) && len(text) > 0 {
				more, rest, _ := bytes.Cut(text, []byte("\n"))
				line, text = slices.Concat(bytes.TrimRight(line, "\\\r"), []byte(" "), more), rest
			}
			for i := 0; i < len(line); {
				n := 1
				if line[i] != '*' {
					for n = 0; i+n < len(line) && wordByte(line[i+n]); n++ {
					}
				}
				if n == 0 {
					i++
					continue
				}
				if word := string(line[i : i+n]); !seen[word] {
					seen[word] = true
					by[word] = append(by[word], stem)
				}
				i += n
			}
		}
		return true
	}
	l.eachSource(read)
	if l.beside != nil {
		for _, path := range l.beside() {
			if stem, src := strings.TrimSuffix(path, ".py"), l.p.Source(path); src.Err == nil && !l.inScope().stems[stem] {
				l.imported.beside[stem] = src
				read(stem, src)
			}
		}
	}
	for word, stems := range by { // a module has several files
		by[word] = slices.Compact(stems)
	}
}
