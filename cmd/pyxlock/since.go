package main

// --since: which files have changed since a git revision. All inputs are read,
// since what is locked depends on all of them; only these are spoken of.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	past  map[string]*blob
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
		yes = s.past[realPath(path)] != nil || s.past[filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))] != nil
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
	past, err := repo.past(ctx, tree)
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
	for _, path := range slices.Sorted(maps.Keys(s.past)) {
		b := s.past[path]
		if ext := filepath.Ext(path); b.id == "" || isFile(path) || !slices.Contains(cythonExts, ext) || ext == ".py" && !bytes.Contains(b.data, []byte("cython")) {
			continue
		}
		for _, root := range roots {
			if rel, err := filepath.Rel(realPath(root), path); err == nil && filepath.IsLocal(rel) {
				out = append(out, input{path: name(filepath.Join(root, rel)), rel: rel})
				break
			}
		}
	}
	return out
}

// blob is a file as it was at a revision; nil data where it was not there.
type blob struct {
	id   string
	data []byte
}

// pastDisk reads files as they were.
type pastDisk struct {
	*disk
	past map[string]*blob
}

func (d *pastDisk) missing(path string) bool {
	b, changed := d.past[realPath(path)]
	return changed && b.id == ""
}

// Read returns a file's bytes at the revision.
func (d *pastDisk) Read(path string) ([]byte, error) {
	switch b, changed := d.past[realPath(path)]; {
	case !changed:
		return d.disk.Read(path)
	case b.id == "":
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	default:
		return b.data, nil
	}
}

// List returns what was in a directory at the revision.
func (d *pastDisk) List(dir string) (files, dirs []string) {
	files, dirs = d.disk.List(dir)
	real := realPath(dir)
	files = slices.DeleteFunc(files, func(name string) bool {
		b, changed := d.past[filepath.Join(real, name)]
		return changed && b.id == ""
	})
	for path, b := range d.past {
		if name := filepath.Base(path); b.id != "" && filepath.Dir(path) == real && !slices.Contains(files, name) {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files, dirs
}

// repository is a git work tree.
type repository struct{ top string }

func openRepository(ctx context.Context, dir string) (*repository, error) {
	out, err := (&repository{dir}).git(ctx, nil, "rev-parse", "--show-toplevel")
	var failed *gitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("--since: %s is in no git repository that can be read (git says: %s)", dir, failed.said)
	}
	if err != nil {
		return nil, err
	}
	return &repository{realPath(filepath.FromSlash(strings.TrimSuffix(string(out), "\n")))}, nil
}

// tree returns the id of a revision's tree.
func (r *repository) tree(ctx context.Context, rev string) (string, error) {
	unknown := func(err error) error {
		var failed *gitError
		if errors.As(err, &failed) {
			return fmt.Errorf("--since=%s: git knows no such revision in %s (in a shallow clone, fetch it first)", rev, r.top)
		}
		return err
	}
	if base, ok := strings.CutSuffix(rev, "..."); ok {
		id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", base+"^{commit}")
		if err != nil {
			return "", unknown(err)
		}
		common, err := r.git(ctx, nil, "merge-base", strings.TrimSpace(string(id)), "HEAD")
		var failed *gitError
		if errors.As(err, &failed) {
			return "", fmt.Errorf("--since=%s: %s and HEAD have no commit in common (a shallow clone may lack it)", rev, base)
		}
		if err != nil {
			return "", err
		}
		rev = strings.TrimSpace(string(common))
	}
	id, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{tree}")
	if err != nil {
		return "", unknown(err)
	}
	return strings.TrimSpace(string(id)), nil
}

// past returns the files that differ from a tree, untracked ones among them, by
// absolute path, each as it was there. A renamed file has left its old name and
// is new under the other.
func (r *repository) past(ctx context.Context, tree string) (map[string]*blob, error) {
	out, err := r.git(ctx, nil, "diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff", "--ignore-submodules", tree, "--")
	if err != nil {
		return nil, err
	}
	past := map[string]*blob{}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		// ":OLDMODE NEWMODE OLDID NEWID STATUS"
		meta := strings.Fields(fields[i])
		if len(meta) != 5 {
			return nil, fmt.Errorf("git diff --raw: unexpected output %q", fields[i])
		}
		b := &blob{}
		if strings.HasPrefix(meta[0], ":100") {
			b.id = meta[2]
		}
		path := filepath.Join(r.top, filepath.FromSlash(fields[i+1]))
		past[filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))] = b
	}
	out, err = r.git(ctx, nil, "ls-files", "--others", "--exclude-standard", "--full-name", "-z")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name == "" {
			continue
		}
		path := filepath.Join(r.top, filepath.FromSlash(name))
		path = filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))
		if past[path] == nil {
			past[path] = &blob{}
		}
	}
	return past, r.read(ctx, past)
}

// read fills in the bytes of Cython's files.
func (r *repository) read(ctx context.Context, past map[string]*blob) error {
	var ids bytes.Buffer
	var want []*blob
	for _, path := range slices.Sorted(maps.Keys(past)) {
		if b := past[path]; b.id != "" && slices.Contains(cythonExts, filepath.Ext(path)) {
			want = append(want, b)
			ids.WriteString(b.id + "\n")
		}
	}
	if len(want) == 0 {
		return nil
	}
	out, err := r.git(ctx, ids.Bytes(), "cat-file", "--batch")
	if err != nil {
		return err
	}
	for _, b := range want {
		// "ID blob SIZE\n", the bytes, and a line break
		head, rest, _ := bytes.Cut(out, []byte{'\n'})
		meta := strings.Fields(string(head))
		size := -1
		if len(meta) == 3 {
			size, err = strconv.Atoi(meta[2])
		}
		if err != nil || size < 0 || size >= len(rest) {
			return fmt.Errorf("git cat-file: %q: this clone lacks the file (a partial clone has to fetch it first)", head)
		}
		b.data, out = rest[:size:size], rest[size+1:]
	}
	return nil
}

// gitError is git's own no.
type gitError struct{ said string }

func (e *gitError) Error() string { return "git: " + e.said }

// git runs git in the repository.
func (r *repository) git(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "git", append([]string{"-C", r.top}, args...)...)
	var out, said bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(stdin), &out, &said
	err := c.Run()
	var code *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("--since needs the git command, which is not on PATH")
	case errors.As(err, &code):
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return nil, &gitError{strings.TrimPrefix(line, "fatal: ")}
	}
	return out.Bytes(), err
}
