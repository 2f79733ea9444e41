package inputs

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

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/cmd/pyxlock/internal/gitpast"
	"pyxlock/emit/fileio"
	"pyxlock/emit/splice"
	"pyxlock/transform"
)

// AddSince declares --since.
func AddSince(f *pflag.FlagSet, to *string) {
	f.StringVar(to, "since", "", "show only files that have changed since the git revision `REV`, or whose expansion has; REV... is where REV and HEAD diverge")
}

// Since is what has changed, by absolute paths without links.
type Since struct {
	past  *gitpast.Past
	known map[string]bool // answers of has, by the path that was asked for
	// weaker are the locks that were stronger then.
	weaker []transform.Weaker
}

// has reports whether a file has changed.
func (s *Since) has(path string) bool {
	yes, ok := s.known[path]
	if !ok {
		// A link has changed where it points elsewhere, and where what it points
		// at has changed.
		yes = s.past.Changed(fileio.Real(path)) || s.past.Changed(filepath.Join(fileio.Real(filepath.Dir(path)), filepath.Base(path)))
		s.known[path] = yes
	}
	return yes
}

// Limit makes the inputs speak of those files only that have changed since rev,
// all of them where no --since was given.
func (in *Set) Limit(c *cobra.Command, s *config.Settings, rev string, args []string) error {
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
	if fspath.IsFile(dir) {
		dir = filepath.Dir(dir)
	}
	repo, err := gitpast.Open(ctx, dir)
	if err != nil {
		return err
	}
	tree, err := repo.Tree(ctx, rev)
	if err != nil {
		return err
	}
	past, err := gitpast.New(ctx, repo, tree)
	if err != nil {
		return err
	}
	limit := &Since{past: past, known: map[string]bool{}}
	for _, root := range args {
		if abs := fileio.Real(root); abs != repo.Top && !strings.HasPrefix(abs, repo.Top+string(filepath.Separator)) {
			return fmt.Errorf("--since: %s is not in the git repository %s", root, repo.Top)
		}
	}
	if err := limit.compare(ctx, s, in); err != nil {
		return err
	}
	in.Since = limit
	return nil
}

// Only takes out of a report what is about files that are not shown.
func (in *Set) Only(rep *transform.Report) {
	if in.Since == nil {
		return
	}
	rep.Findings = slices.DeleteFunc(rep.Findings, func(f transform.Finding) bool { return !in.Shows(f.Path) })
	rep.Suppressed = slices.DeleteFunc(rep.Suppressed, func(f transform.Suppressed) bool { return !in.Shows(f.Path) })
	rep.Summary.Exempt = slices.DeleteFunc(rep.Summary.Exempt, func(e transform.Exemption) bool { return !in.Shows(e.Path) })
	rep.Summary.Assumed = slices.DeleteFunc(rep.Summary.Assumed, func(a transform.Assumption) bool { return !in.Shows(a.Path) })
	rep.Summary.Claims = slices.DeleteFunc(rep.Summary.Claims, func(c transform.Claim) bool { return !in.Shows(c.Path) })
}

// OnlyNotes takes out of an annotation what is about files that are not shown.
func (in *Set) OnlyNotes(a *transform.Annotation) {
	a.Findings = slices.DeleteFunc(a.Findings, func(f transform.Finding) bool { return !in.Shows(f.Path) })
	a.Classes = slices.DeleteFunc(a.Classes, func(c transform.ClassNote) bool { return !in.Shows(c.Path) })
	a.Methods = slices.DeleteFunc(a.Methods, func(m transform.MethodNote) bool { return !in.Shows(m.Path) })
}

// SpokenOf returns the inputs that are shown.
func (in *Set) SpokenOf() []File {
	return slices.DeleteFunc(slices.Clone(in.Files), func(f File) bool { return !in.Shows(f.Path) })
}

// Weaker returns the locks that were stronger at the revision.
func (in *Set) Weaker() []transform.Weaker {
	if in.Since == nil {
		return nil
	}
	return in.Since.weaker
}

// compare adds the files that are as they were and whose expansion is not: a base
// class got a lock, or a function that they call writes now. It also finds what is
// not locked any more.
func (s *Since) compare(ctx context.Context, conf *config.Settings, in *Set) error {
	opts := conf.Options(transform.Readable, in.Roots)
	opts.Layout = transform.Readable
	was := &Set{Roots: in.Roots, Disk: in.Disk}
	old := &gitpast.Disk{Now: in.Disk, Past: s.past}
	for _, f := range in.Files {
		if !old.Missing(f.Path) {
			was.Files = append(was.Files, f)
		}
	}
	was.Files = append(was.Files, s.gone(in.Roots, conf.Canonical)...)
	expansion := func(p *transform.Project, of *Set) (map[string][]byte, error) {
		res, err := p.Run(ctx, of.Paths(), conf.Workers())
		if err != nil {
			return nil, err
		}
		out := map[string][]byte{}
		for _, rw := range res.Rewrites {
			if s.has(rw.Path) {
				continue
			}
			if out[rw.Path], _, err = splice.Apply(rw.Src, rw.Edits); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	then, here := transform.NewProject(old, opts), transform.NewProject(in.Disk, opts)
	before, err := expansion(then, was)
	if err != nil {
		return err
	}
	now, err := expansion(here, in)
	if err != nil {
		return err
	}
	s.weaker = here.Weaker(in.Paths(), then.Locks(was.Paths()))
	for path, text := range now {
		if !bytes.Equal(text, before[path]) {
			s.known[path] = true
		}
	}
	return nil
}

// gone returns the files that were in the directories, and are not now.
func (s *Since) gone(roots []string, name func(string) string) []File {
	var out []File
	for _, path := range s.past.Gone() {
		for _, root := range roots {
			if rel, err := filepath.Rel(fileio.Real(root), path); err == nil && filepath.IsLocal(rel) {
				out = append(out, File{Path: name(filepath.Join(root, rel)), Rel: rel})
				break
			}
		}
	}
	return out
}
