package project

// What a command is given: files, and the modules that they belong to.

import (
	"cmp"
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Inputs are the files that a command is about.
type Inputs struct {
	Paths []string // by their canonical names
	Stems []string // of the modules that they belong to
	Alone []string // those that are included files
}

// Open reads the inputs with at most jobs goroutines, and fails where one of them
// cannot be read.
func (p *Project) Open(ctx context.Context, paths []string, jobs int) (Inputs, error) {
	in := p.Group(paths)
	p.Lineage.give(in)
	p.given = p.packagesIn(in.Stems)
	p.near.Clear()
	return in, Each(ctx, in.Paths, jobs, func(path string) error { return p.Source(path).Err })
}

// packagesIn returns the directories in which the packages of some modules are.
func (p *Project) packagesIn(stems []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, stem := range stems {
		dir := filepath.Dir(stem)
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if root := p.roots.Get(dir); root != dir && !seen[root+"/"] { // no directory has that name
			seen[root+"/"] = true
			out = append(out, root)
		}
	}
	slices.Sort(out)
	return out
}

// nearest returns directories, first those that have most of their path in common with a root: of copies of one package, each copy of what uses it means the one beside it.
func nearest(dirs []string, root string) []string {
	if len(dirs) < 2 {
		return dirs
	}
	parts := strings.Split(filepath.ToSlash(root), "/")
	shared := func(dir string) int {
		n := 0
		for part := range strings.SplitSeq(filepath.ToSlash(dir), "/") {
			if n == len(parts) || part != parts[n] {
				break
			}
			n++
		}
		return n
	}
	out := slices.Clone(dirs)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(shared(b), shared(a)) })
	return out
}

// Group tells which modules files belong to.
func (p *Project) Group(paths []string) Inputs {
	in := Inputs{Paths: make([]string, len(paths))}
	seen := map[string]bool{}
	for i, path := range paths {
		path = p.canonical(path)
		in.Paths[i] = path
		stem, ok := stemOf(path)
		if !ok {
			in.Alone = append(in.Alone, path)
			continue
		}
		if !seen[stem] {
			seen[stem] = true
			in.Stems = append(in.Stems, stem)
		}
	}
	return in
}

// Workers returns how many goroutines work at a time: one for each CPU where jobs
// is 0.
func Workers(jobs int) int {
	if jobs <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return jobs
}

// BySize puts the modules with the most text first, so that none of them is what
// all others wait for in the end.
func (p *Project) BySize(stems []string) {
	if len(stems) < 3 {
		return
	}
	size := make(map[string]int, len(stems))
	for _, stem := range stems {
		for _, ext := range [...]string{".pyx", ".py", ".pxd"} {
			if path := stem + ext; p.IsFile(path) {
				size[stem] += len(p.Source(path).Src)
			}
		}
	}
	slices.SortStableFunc(stems, func(a, b string) int { return cmp.Compare(size[b], size[a]) })
}

// Each calls f for every element, at most jobs at a time. One element needs no
// goroutine: a build starts a process for each file.
func Each[T any](ctx context.Context, list []T, jobs int, f func(T) error) error {
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

// Standing returns the modules of the inputs that parse: an included file stands for
// itself where no module includes it.
func (p *Project) Standing(in Inputs) []*Module {
	var mods []*Module
	included := map[string]bool{}
	add := func(stem string) {
		m := p.Module(stem)
		if m.Broken() {
			return
		}
		mods = append(mods, m)
		for _, u := range m.Units {
			included[u.Path] = true
		}
	}
	for _, stem := range in.Stems {
		add(stem)
	}
	for _, path := range in.Alone {
		if !included[path] {
			add(path)
		}
	}
	slices.SortFunc(mods, func(a, b *Module) int { return strings.Compare(a.Stem, b.Stem) })
	return mods
}
