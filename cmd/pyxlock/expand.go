package main

// Expanding the inputs: what rewrite and preview have in common.

import (
	"context"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"pyxlock/emit"
	"pyxlock/transform"
)

// expanded is a file with its new bytes.
type expanded struct {
	input
	old, new []byte
	lines    emit.LineMap
}

func (e *expanded) changed() bool { return string(e.old) != string(e.new) }

// expand runs the project over the inputs. Findings go to stderr, and end the
// command where any is more than a warning.
func expand(ctx context.Context, s *settings, in *inputs, layout transform.Layout, stderr io.Writer) ([]expanded, bool, error) {
	opts := s.options(layout, in.roots)
	p := transform.NewProject(in.disk, opts)
	paths := make([]string, len(in.files))
	for i, f := range in.files {
		paths[i] = f.path
	}
	res, err := p.Run(ctx, paths, s.Jobs)
	if err != nil {
		return nil, false, err
	}
	if len(res.Findings) > 0 {
		source := func(path string) []byte {
			data, _ := in.disk.Read(path)
			return data
		}
		if err := emit.Findings(stderr, res.Findings, source, s.colored(stderr)); err != nil {
			return nil, false, err
		}
		for _, f := range res.Findings {
			if !f.Warning {
				return nil, false, exit(exitDifferences)
			}
		}
	}
	out := make([]expanded, len(in.files))
	var g errgroup.Group
	if s.Jobs > 0 {
		g.SetLimit(s.Jobs)
	}
	var mu sync.Mutex
	var first error
	for i, rw := range res.Rewrites {
		e := &out[i]
		e.input, e.old, e.new = in.files[i], rw.Src, rw.Src
		if !rw.Changed() {
			continue
		}
		g.Go(func() error {
			var err error
			if opts.Layout == transform.Aligned {
				e.new, e.lines, err = emit.Aligned(rw)
			} else {
				e.new, e.lines, err = emit.Apply(rw.Src, rw.Edits)
			}
			if err != nil {
				mu.Lock()
				first = err
				mu.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, false, err
	}
	return out, res.NeedsRuntime && opts.Runtime == transform.Vendored, first
}
