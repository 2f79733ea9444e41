package gitpast

// The past: the files of a git revision beside those of the work tree. Which differ
// is found out here, by what git would call their bytes: git itself, asked for a
// difference, may run the filters that a repository's configuration names.

import (
	"bytes"
	"context"
	"crypto/sha1" // for names, which is what git has it for
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pyxlock/cmd/pyxlock/internal/exclude"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// The modes of git's entries that are looked at, by how they begin.
const (
	regularMode = "100"
	linkMode    = "120"
	moduleMode  = "160" // a submodule
)

// entry is a file of a revision or of the index.
type entry struct{ mode, id string }

func (e entry) is(mode string) bool { return strings.HasPrefix(e.mode, mode) }

// blob is a file as it was at a revision; one that was not there has no id.
type blob struct {
	id   string
	data []byte
	err  error
}

// Past is a work tree and a revision of it. Files that git ignores, and those in
// submodules that are what they were, count as unchanged. Paths are absolute and
// without links. It may be used by several goroutines at once.
type Past struct {
	ctx  context.Context
	repo *Repository
	// By the path from the top, with slashes:
	then map[string]entry
	new  map[string]bool // files and submodules of the index, and whether they are new
	in   map[string][]string

	mu    sync.Mutex
	rules *exclude.GitRules
	known map[string]*blob // nil for a file that is as it was
	real  map[string]bool  // directories without links on the way
}

// New finds out what has changed in a work tree since the revision with this tree.
func New(ctx context.Context, repo *Repository, tree string) (*Past, error) {
	// git itself, asked for what it does not track, would open what the tree has in the
	// place of .gitignore files.
	rules, err := (*exclude.GitRules)(nil).Below(repo.Top)
	if err != nil {
		return nil, err
	}
	p := &Past{ctx: ctx, repo: repo, rules: rules, then: map[string]entry{}, new: map[string]bool{}, in: map[string][]string{}, known: map[string]*blob{}, real: map[string]bool{}}
	list := func(each func(meta []string, name string), args ...string) error {
		out, err := repo.git(ctx, nil, args...)
		if err != nil {
			return err
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			if meta, name, ok := strings.Cut(line, "\t"); ok {
				each(strings.Fields(meta), name)
			}
		}
		return nil
	}
	// "MODE TYPE ID\tNAME"
	err = list(func(meta []string, name string) {
		if len(meta) == 3 {
			p.then[name] = entry{meta[0], meta[2]}
		}
	}, "ls-tree", "-r", "-z", "--full-tree", tree)
	if err != nil {
		return nil, err
	}
	// "TAG MODE ID STAGE\tNAME"
	err = list(func(meta []string, name string) {
		if len(meta) != 4 {
			return
		}
		was, ok := p.then[name]
		now := entry{meta[1], meta[2]}
		switch {
		case !ok:
			p.new[name] = true
		case now.is(moduleMode):
			p.new[name] = was != now
		case meta[0] == "S" && !fspath.Exists(p.path(name)):
			delete(p.then, name) // outside of a sparse checkout
		}
	}, "ls-files", "-z", "-t", "--stage")
	if err != nil {
		return nil, err
	}
	for name, e := range p.then {
		if e.is(regularMode) {
			p.in[path.Dir(name)] = append(p.in[path.Dir(name)], name)
		}
	}
	return p, p.fetch()
}

// path returns where a file of the revision is.
func (p *Past) path(name string) string {
	return filepath.Join(p.repo.Top, filepath.FromSlash(name))
}

// name returns the path from the top.
func (p *Past) name(path string) (string, bool) {
	rel, err := filepath.Rel(p.repo.Top, path)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// Gone returns the Cython files that were there, and are not now.
func (p *Past) Gone() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p.then)) {
		at, ext := p.path(name), filepath.Ext(name)
		if !p.then[name].is(regularMode) || !slices.Contains(fspath.CythonExts, ext) || fspath.IsFile(at) {
			continue
		}
		if b := p.at(at); b != nil && (ext != ".py" || bytes.Contains(b.data, []byte("cython"))) {
			out = append(out, at)
		}
	}
	return out
}

// had reports whether a file was there.
func (p *Past) had(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, ok := p.name(path)
	if !ok {
		return true
	}
	_, was := p.then[name]
	return was || !p.isNew(name)
}

// isNew reports whether a file that was not there is new. What git does not track is,
// unless it ignores it.
func (p *Past) isNew(name string) bool {
	for at := name; at != "."; at = path.Dir(at) {
		if yes, ok := p.new[at]; ok {
			return yes
		}
	}
	rules, dir := p.rules, p.repo.Top
	parts := strings.Split(name, "/")
	for i, part := range parts {
		dir = filepath.Join(dir, part)
		last := i == len(parts)-1
		if rules.Matches(dir, !last) {
			return false
		}
		if !last {
			below, err := rules.Below(dir)
			if err != nil {
				return true
			}
			rules = below
		}
	}
	return true
}

// Changed reports whether a file, or a link, is not as it was.
func (p *Past) Changed(path string) bool { return p.at(path) != nil }

// at returns how a file was; nil where it is as it was.
func (p *Past) at(path string) *blob {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.compare(path)
	if b != nil && b.id != "" && b.data == nil && b.err == nil {
		b.err = p.read([]*blob{b})
	}
	return b
}

// compare is at without the bytes.
func (p *Past) compare(path string) *blob {
	name, ok := p.name(path)
	if !ok {
		return nil
	}
	b, ok := p.known[name]
	if ok {
		return b
	}
	switch e, was := p.then[name]; {
	case !was && p.isNew(name):
		b = &blob{}
	case !was || e.is(moduleMode) || p.same(path, e):
	case e.is(regularMode):
		b = &blob{id: e.id}
	default:
		b = &blob{} // a link is no source
	}
	p.known[name] = b
	return b
}

// same reports whether a file is what it was. With another kind of line ends it is
// that, too: git may turn them on the way to the work tree.
func (p *Past) same(path string, e entry) bool {
	dir := filepath.Dir(path)
	real, ok := p.real[dir]
	if !ok {
		real = fileio.Real(dir) == dir
		p.real[dir] = real
	}
	st, err := os.Lstat(path)
	switch {
	case err != nil || !real:
		return false
	case st.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return err == nil && e.is(linkMode) && blobID([]byte(filepath.ToSlash(to)), e.id) == e.id
	case !st.Mode().IsRegular():
		return false
	}
	data, err := fileio.ReadFile(path)
	if err != nil {
		return false
	}
	return blobID(data, e.id) == e.id || blobID(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), e.id) == e.id
}

// blobID returns git's name for the bytes of a file, of the same kind as another.
func blobID(data []byte, like string) string {
	var h hash.Hash
	if len(like) == hex.EncodedLen(sha256.Size) {
		h = sha256.New()
	} else {
		h = sha1.New()
	}
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// fetch reads how the Cython files were that have changed, all at once.
func (p *Past) fetch() error {
	var want []*blob
	for _, name := range slices.Sorted(maps.Keys(p.then)) {
		if !p.then[name].is(regularMode) || !slices.Contains(fspath.CythonExts, filepath.Ext(name)) {
			continue
		}
		if b := p.compare(p.path(name)); b != nil {
			want = append(want, b)
		}
	}
	return p.read(want)
}

// read fills in the bytes.
func (p *Past) read(want []*blob) error {
	if len(want) == 0 {
		return nil
	}
	var ids bytes.Buffer
	for _, b := range want {
		ids.WriteString(b.id + "\n")
	}
	out, err := p.repo.git(p.ctx, ids.Bytes(), "cat-file", "--batch")
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

// files are what reads the work tree.
type files interface {
	Read(path string) ([]byte, error)
	List(dir string) (files, dirs []string)
}

// Disk reads files as they were.
type Disk struct {
	Now  files
	Past *Past
}

// Missing reports whether a file was not there.
func (d *Disk) Missing(path string) bool { return !d.Past.had(fileio.Real(path)) }

// Read returns a file's bytes at the revision.
func (d *Disk) Read(path string) ([]byte, error) {
	switch b := d.Past.at(fileio.Real(path)); {
	case b == nil:
		return d.Now.Read(path)
	case b.err != nil:
		return nil, b.err
	case b.id == "":
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	default:
		return b.data, nil
	}
}

// List returns what was in a directory at the revision.
func (d *Disk) List(dir string) (files, dirs []string) {
	files, dirs = d.Now.List(dir)
	real := fileio.Real(dir)
	files = slices.DeleteFunc(files, func(name string) bool { return !d.Past.had(filepath.Join(real, name)) })
	if at, ok := d.Past.name(real); ok {
		for _, name := range d.Past.in[at] {
			if base := path.Base(name); !slices.Contains(files, base) {
				files = append(files, base)
			}
		}
	}
	slices.Sort(files)
	return files, dirs
}
