package main

// Expanding the inputs: what rewrite and preview have in common.

import (
	"context"
	"io"

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
func expand(ctx context.Context, s *settings, in *inputs, layout transform.Layout, stderr io.Writer) ([]expanded, *transform.Result, error) {
	opts := s.options(layout, in.roots)
	p := transform.NewProject(in.disk, opts)
	res, err := p.Run(ctx, in.paths(), s.jobs())
	if err != nil {
		return nil, nil, err
	}
	if len(res.Findings) > 0 {
		if err := emit.Findings(stderr, res.Findings, sources(in), s.colored(stderr)); err != nil {
			return nil, nil, err
		}
		for _, f := range res.Findings {
			if !f.Warning {
				return nil, nil, exit(exitDifferences)
			}
		}
	}
	out, err := layOut(in, res, opts, s.jobs())
	return out, res, err
}

// layOut writes the new bytes of the inputs.
func layOut(in *inputs, res *transform.Result, opts transform.Options, jobs int) ([]expanded, error) {
	res.NeedsRuntime = res.NeedsRuntime && opts.Runtime == transform.Vendored
	out := make([]expanded, len(in.files))
	lay := func(i int) error {
		rw, e := res.Rewrites[i], &out[i]
		e.input, e.old, e.new = in.files[i], rw.Src, rw.Src
		if !rw.Changed() {
			return nil
		}
		var err error
		if opts.Layout == transform.Aligned {
			e.new, e.lines, err = emit.Aligned(rw)
		} else {
			e.new, e.lines, err = emit.Apply(rw.Src, rw.Edits)
		}
		return err
	}
	if len(out) == 1 {
		return out, lay(0)
	}
	var g errgroup.Group
	g.SetLimit(jobs)
	for i := range out {
		g.Go(func() error { return lay(i) })
	}
	return out, g.Wait()
}
