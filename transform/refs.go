package transform

// What a module's files refer to, without being parsed.

import (
	"slices"
	"strings"
)

// references are what a module's files say without being parsed.
type references struct {
	stems    []string // of the modules that they cimport, as far as found
	includes []string // the files that they include
}

func (p *proj) findRefs(stem string) references {
	var refs references
	files := p.moduleFiles(stem)
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
		stems, includes := scan(s)
		refs.stems = append(refs.stems, stems...)
		refs.includes = append(refs.includes, includes...)
		files = append(files, includes...)
	}
	return refs
}

// moduleFiles returns the files that a module at stem may consist of.
func (p *proj) moduleFiles(stem string) []string {
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
func (p *proj) referring(stem string) func(s *source) (stems, includes []string) {
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
