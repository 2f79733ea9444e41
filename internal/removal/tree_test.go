package removal

// Sources in memory, and what pyxlock says of them.

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/emit/report"
	"pyxlock/emit/splice"
	"pyxlock/transform"
)

// Tree is what pyxlock is asked about. It asks one project all there is to ask, so that the model is made once.
type Tree struct {
	files   map[string][]byte
	dirs    map[string]*folder
	headers []string // directories of the system to search
	reads   []string
	inputs  []string
	project *transform.Project
}

// folder is what is in a directory.
type folder struct{ files, dirs []string }

// NewTree makes a tree of files by their paths.
func NewTree(files map[string][]byte, headers, reads []string) *Tree {
	t := &Tree{files: files, dirs: map[string]*folder{}, headers: headers, reads: reads}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		d := t.folder(path.Dir(p))
		d.files = append(d.files, path.Base(p))
		if ext := path.Ext(p); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" || ext == ".py" && bytes.Contains(files[p], []byte("cython")) {
			t.inputs = append(t.inputs, p)
		}
	}
	t.begin()
	return t
}

func (t *Tree) folder(dir string) *folder {
	d := t.dirs[dir]
	if d == nil {
		d = &folder{}
		t.dirs[dir] = d
		if dir != "." {
			up := t.folder(path.Dir(dir))
			up.dirs = append(up.dirs, path.Base(dir))
		}
	}
	return d
}

// begin makes a project that knows nothing yet.
func (t *Tree) begin() {
	o := transform.Options{Roots: []string{"."}, Reads: t.reads}
	o.Headers = transform.HeaderOptions{Dirs: t.headers, Beside: true, Find: t.header, Read: func(p string) ([]byte, bool) {
		data, err := t.Read(p)
		if err != nil {
			data, err = os.ReadFile(p)
		}
		return data, err == nil
	}}
	t.project = transform.NewProject(t, o)
}

// header returns where in the tree a header is, that with the shortest path.
func (t *Tree) header(name string) (at string) {
	for p := range t.files {
		if (p == name || strings.HasSuffix(p, "/"+name)) && (at == "" || len(p) < len(at) || len(p) == len(at) && p < at) {
			at = p
		}
	}
	return at
}

// Read implements [transform.Loader].
func (t *Tree) Read(p string) ([]byte, error) {
	if data, ok := t.files[path.Clean(filepath.ToSlash(p))]; ok {
		return data, nil
	}
	return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
}

// List implements [transform.Loader].
func (t *Tree) List(dir string) (files, dirs []string) {
	if d := t.dirs[path.Clean(filepath.ToSlash(dir))]; d != nil {
		return d.files, d.dirs
	}
	return nil, nil
}

// Annotated returns the tree with what annotate proposes.
func (t *Tree) Annotated() (*Tree, error) {
	a, err := t.project.Annotate(context.Background(), t.inputs, 1)
	if err != nil {
		return nil, err
	}
	files := maps.Clone(t.files)
	if err := splices(files, a.Rewrites); err != nil {
		return nil, err
	}
	return NewTree(files, t.headers, t.reads), nil
}

func splices(files map[string][]byte, rewrites []*transform.Rewrite) error {
	for _, rw := range rewrites {
		out, _, err := splice.Apply(rw.Src, rw.Edits)
		if err != nil {
			return err
		}
		files[rw.Path] = out
	}
	return nil
}

// Without returns the tree with a lock weakened.
func (t *Tree) Without(w *Weakening) *Tree {
	out := *t
	out.files = maps.Clone(t.files)
	out.files[w.Path] = w.Apply(t.files[w.Path])
	out.begin()
	return &out
}

// Weakenings lists what can be weakened in the tree, in the order of its files.
func (t *Tree) Weakenings() (out []Weakening) {
	for _, p := range t.inputs {
		if src := t.files[p]; bytes.Contains(src, []byte("_lock")) || bytes.Contains(src, []byte("locked_class")) {
			out = append(out, Find(p, src)...)
		}
	}
	return out
}

// Check returns what check finds in the tree, but for what does not tell of locks: of headers, and of prototypes.
func (t *Tree) Check() ([]transform.Finding, error) {
	rep, err := t.project.Check(context.Background(), t.inputs, 1)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rep.Findings, func(f transform.Finding) bool { return f.Code == "PXL016" || f.Code == "PXL114" }), nil
}

// severity is how sure a finding is.
func severity(f transform.Finding) string { return report.Severity(f) }

// Rewritten returns what the sources are expanded to, by path, without empty lines: where a decorator stood makes no
// difference. It is nil where pyxlock refuses.
func (t *Tree) Rewritten() map[string]string {
	res, err := t.project.Run(context.Background(), t.inputs, 1)
	if err != nil || slices.ContainsFunc(res.Findings, func(f transform.Finding) bool { return !f.Warning }) {
		return nil
	}
	files := map[string][]byte{}
	if splices(files, res.Rewrites) != nil {
		return nil
	}
	texts := map[string]string{}
	for name, data := range files {
		var b strings.Builder
		for line := range strings.Lines(string(data)) {
			if strings.TrimSpace(line) != "" {
				b.WriteString(line)
			}
		}
		texts[name] = b.String()
	}
	return texts
}

// Explain returns how pyxlock explains what the function holds that a weakening is in, a line for each object.
func (t *Tree) Explain(w *Weakening) (lines []string) {
	list, err := t.project.Explain(context.Background(), t.inputs, w.Scope)
	if err != nil {
		return nil
	}
	for _, x := range list {
		if x.Path != w.Path {
			continue
		}
		if len(x.Holds) == 0 {
			lines = append(lines, needsNone)
		}
		for _, r := range x.Holds {
			lines = append(lines, fmt.Sprintf("%s: %s", r.Object, r.Verdict))
		}
	}
	return lines
}

// needsNone stands for what a function holds that touches no guarded state.
const needsNone = "touches no guarded state"
