package project

// Installed packages: those of the environment that pyxlock runs in, as Cython finds them
// after all other places. Only packages that say that their classes are locked are looked
// at; what others declare is as unknown as it is where they are not installed, so that a
// verdict does not hang on what the machine has.

import (
	"path/filepath"
	"strings"
)

// installedIn returns the directory of Options.Installed that has a module or package of this
// name, "" where none has, or what it has says nothing.
func (p *Project) installedIn(name string) string {
	if p.opts.Says == nil {
		return ""
	}
	for _, dir := range p.opts.Installed {
		if l := p.list(dir); l.stems[name] || l.dirs[name] {
			if p.speaking.Get(under(dir, name)) {
				return dir
			}
			break
		}
	}
	return ""
}

// speaks reports whether some .pxd of an installed package, or module, says that a class is
// locked.
func (p *Project) speaks(top string) bool {
	says := func(path string) bool {
		s := p.Source(path)
		return s.Err == nil && p.opts.Says(s.Src)
	}
	if p.IsFile(top+".pxd") && says(top+".pxd") {
		return true
	}
	todo := []string{top}
	for seen := 0; len(todo) > 0 && seen < 1000; seen++ { // directories; more make no package
		dir := todo[0]
		todo = todo[1:]
		l := p.list(dir)
		for name := range l.files {
			if strings.HasSuffix(name, ".pxd") && says(filepath.Join(dir, name)) {
				return true
			}
		}
		for name := range l.dirs {
			if !strings.HasPrefix(name, ".") && name != "__pycache__" {
				todo = append(todo, filepath.Join(dir, name))
			}
		}
	}
	return false
}
