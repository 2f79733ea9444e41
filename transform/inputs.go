package transform

// What a command is given: files, and the modules that they belong to.

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// inputs are the files that a command is about.
type inputs struct {
	paths []string // by their canonical names
	stems []string // of the modules that they belong to
	alone []string // those that are included files
}

// open reads the inputs with at most jobs goroutines, and fails where one of them
// cannot be read.
func (p *proj) open(ctx context.Context, paths []string, jobs int) (inputs, error) {
	in := p.group(paths)
	return in, each(ctx, in.paths, jobs, func(path string) error { return p.source(path).err })
}

// group tells which modules files belong to.
func (p *proj) group(paths []string) inputs {
	in := inputs{paths: make([]string, len(paths))}
	seen := map[string]bool{}
	for i, path := range paths {
		path = p.canonical(path)
		in.paths[i] = path
		stem, ok := stemOf(path)
		if !ok {
			in.alone = append(in.alone, path)
			continue
		}
		if !seen[stem] {
			seen[stem] = true
			in.stems = append(in.stems, stem)
		}
	}
	return in
}

// workers returns how many goroutines work at a time: one for each CPU where jobs
// is 0.
func workers(jobs int) int {
	if jobs <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return jobs
}

// bySize puts the modules with the most text first, so that none of them is what
// all others wait for in the end.
func (p *proj) bySize(stems []string) {
	if len(stems) < 3 {
		return
	}
	size := make(map[string]int, len(stems))
	for _, stem := range stems {
		for _, ext := range [...]string{".pyx", ".py", ".pxd"} {
			if path := stem + ext; p.isFile(path) {
				size[stem] += len(p.source(path).src)
			}
		}
	}
	slices.SortStableFunc(stems, func(a, b string) int { return cmp.Compare(size[b], size[a]) })
}

// each calls f for every element, at most jobs at a time. One element needs no
// goroutine: a build starts a process for each file.
func each(ctx context.Context, list []string, jobs int, f func(string) error) error {
	return eachOf(ctx, list, jobs, f)
}

func eachOf[T any](ctx context.Context, list []T, jobs int, f func(T) error) error {
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

// standing returns the modules of the inputs that parse: an included file stands for
// itself where no module includes it.
func (p *proj) standing(in inputs) []*module {
	var mods []*module
	included := map[string]bool{}
	add := func(stem string) {
		m := p.module(stem)
		if m.broken() {
			return
		}
		mods = append(mods, m)
		for _, u := range m.units {
			included[u.path] = true
		}
	}
	for _, stem := range in.stems {
		add(stem)
	}
	for _, path := range in.alone {
		if !included[path] {
			add(path)
		}
	}
	slices.SortFunc(mods, func(a, b *module) int { return strings.Compare(a.stem, b.stem) })
	return mods
}
