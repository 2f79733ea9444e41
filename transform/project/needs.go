package project

// Which files of the project the compilation of one module reads.

import (
	"path/filepath"
)

// Need is a file that Cython reads when it compiles a module.
type Need struct {
	Path string
	// Root is the directory from which the file's module is cimported: the
	// first one above it that is no package.
	Root string
	// Own marks the files of the module itself, and what they include.
	Own bool
}

// Needs returns the files that Cython reads when it compiles the module at path,
// path first: its .pxd, the .pxd files of the modules that they cimport, at any
// remove, those of the packages round them, and what all these include. Files
// outside of the project (what is installed) are not among them. It reads without
// parsing, so that a file with a syntax error is in the list, too.
func (p *Project) Needs(path string) []Need {
	path = p.canonical(path)
	own, _ := stemOf(path)
	var out []Need
	seen := map[string]bool{}
	stems := []string{own}
	var add func(stem, path string)
	add = func(stem, path string) {
		path = p.canonical(path)
		if seen[path] || !p.IsFile(path) {
			return
		}
		seen[path] = true
		out = append(out, Need{Path: path, Root: p.packageRoot(stem), Own: stem == own})
		s := p.Source(path)
		if s.Err != nil {
			return
		}
		to, includes := p.referring(stem)(s)
		stems = append(stems, to...)
		for _, in := range includes {
			add(stem, in)
		}
	}
	add(own, path)
	done := map[string]bool{}
	for len(stems) > 0 {
		stem := p.canonical(stems[0])
		stems = stems[1:]
		if done[stem] {
			continue
		}
		done[stem] = true
		add(stem, stem+".pxd")
		// The packages round a module are modules, too.
		root := p.packageRoot(stem)
		for dir := filepath.Dir(stem); dir != root && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if init := under(dir, "__init__"); init != stem {
				stems = append(stems, init)
			}
		}
	}
	return out
}

// Uses returns the files that some files cimport or include, and those of their own
// modules, without the former, in the order in which they are met. Where take says so
// of a file, what it uses is added, too. It reads without parsing.
func (p *Project) Uses(paths []string, take func(path string) bool) []string {
	var out []string
	seen := map[string]bool{}
	var todo []string
	for _, path := range paths {
		path = p.canonical(path)
		seen[path] = true
		todo = append(todo, path)
	}
	meet := func(path string) {
		if path = p.canonical(path); seen[path] || !p.IsFile(path) {
			return
		}
		seen[path] = true
		out = append(out, path)
		if take(path) {
			todo = append(todo, path)
		}
	}
	module := func(stem string) {
		for _, ext := range [...]string{".pxd", ".pyx", ".py"} {
			meet(stem + ext)
		}
		// The packages round a module are modules, too.
		root := p.packageRoot(stem)
		for dir := filepath.Dir(stem); dir != root && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			for _, ext := range [...]string{".pxd", ".pyx", ".py"} {
				meet(under(dir, "__init__") + ext)
			}
		}
	}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		stem, ok := stemOf(path)
		if ok {
			module(stem)
		}
		s := p.Source(path)
		if s.Err != nil {
			continue
		}
		stems, includes := p.referring(stem)(s)
		for _, at := range stems {
			module(at)
		}
		for _, at := range includes {
			meet(at)
		}
	}
	return out
}
