package project

// What a module's files refer to, without being parsed.

import (
	"slices"
	"strings"
)

// References are what a module's files say without being parsed.
type References struct {
	Stems    []string // of the modules that they cimport, as far as found
	Includes []string // the files that they include
}

// References returns what the files of the module at stem refer to.
func (p *Project) References(stem string) References { return p.refs.Get(stem) }

func (p *Project) findRefs(stem string) References {
	var refs References
	files := p.ModuleFiles(stem)
	scan := p.referring(stem)
	seen := map[string]bool{}
	for len(files) > 0 {
		path := files[0]
		files = files[1:]
		if seen[path] || !p.IsFile(path) {
			continue
		}
		seen[path] = true
		s := p.Source(path)
		if s.Err != nil {
			continue
		}
		stems, includes := scan(s)
		refs.Stems = append(refs.Stems, stems...)
		refs.Includes = append(refs.Includes, includes...)
		files = append(files, includes...)
	}
	return refs
}

// Cimported returns the modules whose declarations a C compiler sees along with those of m: what
// its files cimport, what the .pxd files of these cimport, and so on. Cython includes the headers
// of all of them.
func Cimported(m *Module) []*Module {
	p := m.proj
	var out []*Module
	seen := map[string]bool{m.Stem: true}
	for work := slices.Clone(p.References(m.Stem).Stems); len(work) > 0; work = work[1:] {
		stem := work[0]
		if seen[stem] || !p.IsFile(stem+".pxd") {
			continue
		}
		seen[stem] = true
		of := p.Module(stem)
		out = append(out, of)
		scan := p.referring(stem)
		for _, u := range of.Units {
			if u.InPxd() {
				stems, _ := scan(u.Source)
				work = append(work, stems...)
			}
		}
	}
	return out
}

// ModuleFiles returns the files that a module at stem may consist of.
func (p *Project) ModuleFiles(stem string) []string {
	if strings.HasSuffix(stem, ".pxi") {
		return []string{stem}
	}
	if !p.IsFile(stem + ".pyx") {
		return []string{stem + ".pxd", stem + ".py"}
	}
	return []string{stem + ".pxd", stem + ".pyx"}
}

// referring returns what finds, without parsing, the modules that a file of the
// module at stem cimports and the files that it includes, as far as they are in
// the project.
func (p *Project) referring(stem string) func(s *Source) (stems, includes []string) {
	root := p.packageRoot(stem)
	bases := slices.Collect(p.bases(stem, root, 0, nil))
	foreign := func(name []byte) bool {
		for _, dir := range bases {
			if l := p.list(dir); l.stems[string(name)] || l.dirs[string(name)] {
				return false
			}
		}
		return p.installedIn(string(name)) == ""
	}
	return func(s *Source) (stems, includes []string) {
		sc := Scanner{Src: s.Src, foreign: foreign, cimport: func(level int, module []string, names string) {
			if r := p.Find(stem, root, level, module); r != "" {
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
				if r := p.Find(stem, root, level, append(slices.Clone(module), f[0])); r != "" {
					stems = append(stems, r)
				}
			}
		}, include: func(include string) {
			if in := p.findInclude(root, s.Path, include); in != "" {
				includes = append(includes, in)
			}
		}}
		sc.scan()
		return stems, includes
	}
}
