package main

// --since: which files have changed since a git revision. All inputs are read,
// since what is locked depends on all of them; only these are spoken of.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pyxlock/emit"
	"pyxlock/transform"
)

func addSince(f *pflag.FlagSet, to *string) {
	f.StringVar(to, "since", "", "show only files that have changed since the git revision `REV`, or whose expansion has; REV... is where REV and HEAD part")
}

// since is what has changed, by absolute paths without links.
type since struct {
	past  *past
	known map[string]bool // answers of has, by the path that was asked for
	// weaker are the locks that were stronger then.
	weaker []transform.Weaker
}

// has reports whether a file has changed.
func (s *since) has(path string) bool {
	yes, ok := s.known[path]
	if !ok {
		// A link has changed where it points elsewhere, and where what it points
		// at has changed.
		yes = s.past.changed(realPath(path)) || s.past.changed(filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path)))
		s.known[path] = yes
	}
	return yes
}

// limit makes the inputs speak of those files only that have changed since rev,
// all of them where no --since was given.
func (in *inputs) limit(c *cobra.Command, s *settings, rev string, args []string) error {
	if !c.Flags().Changed("since") {
		return nil
	}
	if rev == "" { // a variable that is not set, in a workflow
		return errors.New("--since= names no revision: give one, or leave the option out")
	}
	ctx := c.Context()
	if slices.Contains(args, "-") {
		return errors.New("--since compares files with git's: standard input has no history")
	}
	dir := args[0]
	if isFile(dir) {
		dir = filepath.Dir(dir)
	}
	repo, err := openRepository(ctx, dir)
	if err != nil {
		return err
	}
	tree, err := repo.tree(ctx, rev)
	if err != nil {
		return err
	}
	past, err := newPast(ctx, repo, tree)
	if err != nil {
		return err
	}
	limit := &since{past: past, known: map[string]bool{}}
	for _, root := range args {
		if abs := realPath(root); abs != repo.top && !strings.HasPrefix(abs, repo.top+string(filepath.Separator)) {
			return fmt.Errorf("--since: %s is not in the git repository %s", root, repo.top)
		}
	}
	if err := limit.compare(ctx, s, in); err != nil {
		return err
	}
	in.since = limit
	return nil
}

// only takes out of a report what is about files that are not shown.
func (in *inputs) only(rep *transform.Report) {
	if in.since == nil {
		return
	}
	rep.Findings = slices.DeleteFunc(rep.Findings, func(f transform.Finding) bool { return !in.shows(f.Path) })
	rep.Suppressed = slices.DeleteFunc(rep.Suppressed, func(f transform.Suppressed) bool { return !in.shows(f.Path) })
	rep.Summary.Exempt = slices.DeleteFunc(rep.Summary.Exempt, func(e transform.Exemption) bool { return !in.shows(e.Path) })
	rep.Summary.Assumed = slices.DeleteFunc(rep.Summary.Assumed, func(a transform.Assumption) bool { return !in.shows(a.Path) })
	rep.Summary.Claims = slices.DeleteFunc(rep.Summary.Claims, func(c transform.Claim) bool { return !in.shows(c.Path) })
}

// onlyNotes takes out of an annotation what is about files that are not shown.
func (in *inputs) onlyNotes(a *transform.Annotation) {
	a.Findings = slices.DeleteFunc(a.Findings, func(f transform.Finding) bool { return !in.shows(f.Path) })
	a.Classes = slices.DeleteFunc(a.Classes, func(c transform.ClassNote) bool { return !in.shows(c.Path) })
	a.Methods = slices.DeleteFunc(a.Methods, func(m transform.MethodNote) bool { return !in.shows(m.Path) })
}

// spokenOf returns the inputs that are shown.
func (in *inputs) spokenOf() []input {
	return slices.DeleteFunc(slices.Clone(in.files), func(f input) bool { return !in.shows(f.path) })
}

// weaker returns the locks that were stronger at the revision.
func (in *inputs) weaker() []transform.Weaker {
	if in.since == nil {
		return nil
	}
	return in.since.weaker
}

// compare adds the files that are as they were and whose expansion is not: a base
// class got a lock, or a function that they call writes now. It also finds what is
// not locked any more.
func (s *since) compare(ctx context.Context, conf *settings, in *inputs) error {
	opts := conf.options(transform.Readable, in.roots)
	opts.Layout = transform.Readable
	was := &inputs{roots: in.roots, disk: in.disk}
	old := &pastDisk{disk: in.disk, past: s.past}
	for _, f := range in.files {
		if !old.missing(f.path) {
			was.files = append(was.files, f)
		}
	}
	was.files = append(was.files, s.gone(in.roots, conf.canonical)...)
	expansion := func(p *transform.Project, of *inputs) (map[string][]byte, error) {
		res, err := p.Run(ctx, of.paths(), conf.jobs())
		if err != nil {
			return nil, err
		}
		out := map[string][]byte{}
		for _, rw := range res.Rewrites {
			if s.has(rw.Path) {
				continue
			}
			if out[rw.Path], _, err = emit.Apply(rw.Src, rw.Edits); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	then, here := transform.NewProject(old, opts), transform.NewProject(in.disk, opts)
	before, err := expansion(then, was)
	if err != nil {
		return err
	}
	now, err := expansion(here, in)
	if err != nil {
		return err
	}
	s.weaker = here.Weaker(in.paths(), then.Locks(was.paths()))
	for path, text := range now {
		if !bytes.Equal(text, before[path]) {
			s.known[path] = true
		}
	}
	return nil
}

// gone returns the files that were in the directories, and are not now.
func (s *since) gone(roots []string, name func(string) string) []input {
	var out []input
	for _, path := range s.past.gone() {
		for _, root := range roots {
			if rel, err := filepath.Rel(realPath(root), path); err == nil && filepath.IsLocal(rel) {
				out = append(out, input{path: name(filepath.Join(root, rel)), rel: rel})
				break
			}
		}
	}
	return out
}
