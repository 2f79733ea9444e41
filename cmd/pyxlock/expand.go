package main

// Expanding the inputs: what rewrite and preview have in common.

import (
	"context"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/report"
	"pyxlock/emit/sourcemap"
	"pyxlock/emit/splice"
	"pyxlock/transform"
)

// expanded is a file with its new bytes.
type expanded struct {
	inputs.File
	old, new []byte
	lines    sourcemap.LineMap
}

func (e *expanded) changed() bool { return string(e.old) != string(e.new) }

// expand runs the project over the inputs. Findings go to stderr, and end the
// command where any is more than a warning.
func expand(ctx context.Context, s *config.Settings, in *inputs.Set, layout transform.Layout, stderr io.Writer) ([]expanded, *transform.Result, error) {
	opts := s.Options(layout, in.Roots)
	p := transform.NewProject(in.Disk, opts)
	res, err := p.Run(ctx, in.Paths(), s.Workers())
	if err != nil {
		return nil, nil, err
	}
	sayMissing(stderr, s, p)
	sayUnread(stderr, s, res.Inferred, in.Shows)
	// What stops the build stops it wherever it is.
	res.Findings = slices.DeleteFunc(res.Findings, func(f transform.Finding) bool { return f.Warning && !in.Shows(f.Path) })
	if len(res.Findings) > 0 {
		if err := report.Text(stderr, in.Quotable(res.Findings), inputs.Sources(in), s.Colored(stderr)); err != nil {
			return nil, nil, err
		}
		for _, f := range res.Findings {
			if !f.Warning {
				return nil, nil, console.Exit(console.Differences)
			}
		}
	}
	out, err := lay(in, res.Rewrites, opts.Layout, s.Workers())
	if err != nil {
		return nil, nil, err
	}
	res.NeedsRuntime = res.NeedsRuntime && opts.Runtime == transform.Vendored
	return out, res, nil
}

// lay makes the new bytes of the inputs, with as many goroutines as jobs.
func lay(in *inputs.Set, rewrites []*transform.Rewrite, layout transform.Layout, jobs int) ([]expanded, error) {
	out := make([]expanded, len(in.Files))
	one := func(i int) error {
		rw, e := rewrites[i], &out[i]
		e.File, e.old, e.new = in.Files[i], rw.Src, rw.Src
		if !rw.Changed() {
			return nil
		}
		var err error
		if layout == transform.Aligned {
			e.new, e.lines, err = splice.Aligned(rw)
		} else {
			e.new, e.lines, err = splice.Apply(rw.Src, rw.Edits)
		}
		return err
	}
	if len(out) == 1 {
		return out, one(0)
	}
	var g errgroup.Group
	g.SetLimit(jobs)
	for i := range out {
		g.Go(func() error { return one(i) })
	}
	return out, g.Wait()
}
