package inputs

// Walking: the files of directories that were given, what is left out of them, and
// what of that the others need all the same.

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/exclude"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// walker finds files and remembers what it met on the way.
type walker struct {
	*exclude.Set
	skip   string // a directory to leave out, absolute and without links
	left   int    // files and directories that are left out by default or for git
	bounds *Bounds
	flat   bool              // what lies in directories below is left out
	seen   func(path string) // called with each directory that is read; nil for nobody
	// strays are files that cannot be read, or must not, with the reason.
	strays []string
	// ignoredFiles and ignoredDirs are how much git ignores, as far as it would be taken.
	ignoredFiles, ignoredDirs int
	// tracked are the directories that are left out by default and hold sources that git
	// tracks.
	tracked []string
	// ignored are the .pyx files that git ignores.
	ignored []string
	// templates are the files from which Cython files are rendered, by the path of
	// what comes of them.
	templates map[string]string
	// plain are the .py files that are no business of Cython's: they use modules that are.
	plain []string
}

// walk calls add for each Cython file of a directory, in order.
func (w *walker) walk(disk *Disk, root string, add func(path, rel string)) error {
	start := root
	if st, err := os.Lstat(root); err == nil && st.Mode()&fs.ModeSymlink != 0 {
		start = root + string(filepath.Separator) // a link given by name is followed
	}
	real := fileio.Real(root)
	rules, err := w.RulesFor(real)
	if err != nil {
		return err
	}
	inDir := map[string]*exclude.GitRules{real: rules}
	return filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fspath.Plain(err)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		abs := filepath.Join(real, rel)
		if d.IsDir() {
			if rel == "." {
				w.enter(path)
				return nil
			}
			if w.flat {
				return fs.SkipDir
			}
			if w.skip != "" && fileio.Real(path) == w.skip {
				return fs.SkipDir
			}
			rules := inDir[filepath.Dir(abs)]
			switch w.Of(abs, true, rules) {
			case exclude.Taken:
			case exclude.ByDefault:
				w.left++
				if w.Git && rules.Tracks(abs) {
					w.tracked = append(w.tracked, path)
				}
				return fs.SkipDir
			case exclude.ByGit:
				w.left++
				w.ignoredDirs++
				return fs.SkipDir
			default:
				return fs.SkipDir
			}
			w.enter(path)
			if w.Git {
				rules, err = rules.Below(abs)
			}
			inDir[abs] = rules
			return err
		}
		name := d.Name()
		ext := filepath.Ext(name)
		if !slices.Contains(fspath.CythonExts, ext) {
			w.template(path)
			if name == ".gitignore" && w.Git && !d.Type().IsRegular() && d.Type()&fs.ModeSymlink == 0 {
				w.strays = append(w.strays, terminal.Path(path)+" is not a regular file")
			}
			return nil
		}
		switch w.Of(abs, false, inDir[filepath.Dir(abs)]) {
		case exclude.Taken:
		case exclude.ByDefault:
			w.left++
			return nil
		case exclude.ByGit:
			w.left++
			if ext != ".py" || wantPy(disk, path, name) {
				w.ignoredFiles++
			}
			if ext == ".pyx" {
				w.ignored = append(w.ignored, path)
			}
			return nil
		default:
			return nil
		}
		if !d.Type().IsRegular() {
			if fspath.IsDir(path) {
				return nil
			}
			if why := w.stray(path); why != "" {
				w.strays = append(w.strays, terminal.Path(path)+" "+why)
				return nil
			}
		}
		if ext == ".py" && !wantPy(disk, path, name) {
			if !ofTests(rel) {
				w.plain = append(w.plain, path)
			}
			return nil
		}
		add(path, rel)
		return nil
	})
}

// enter tells of a directory that is read.
func (w *walker) enter(path string) {
	if w.seen != nil {
		w.seen(filepath.Clean(path))
	}
}

// stray says why a file that is no regular one is left out: a link that leads nowhere,
// or to what is no source, a pipe. It is "" for links that are followed.
func (w *walker) stray(path string) string {
	if _, err := os.Readlink(path); err != nil {
		return "is not a regular file"
	}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return "is a link that leads nowhere"
	case !st.Mode().IsRegular():
		return "is a link to something that is not a regular file"
	case !w.bounds.mayInclude(nil)(path):
		return fmt.Sprintf("is a link that leads to %s, which is not a Cython file", terminal.Path(fileio.Real(path)))
	}
	return ""
}

// ofTests reports whether a .py file is for tests or for a build, by its path: what such a file does to a module, no program does.
func ofTests(rel string) bool {
	dir, name := filepath.Split(rel)
	return strings.HasPrefix(name, "test_") || strings.HasSuffix(name, "_test.py") || name == "conftest.py" || name == "setup.py" ||
		slices.ContainsFunc(strings.Split(filepath.ToSlash(dir), "/"), func(part string) bool { return part == "test" || part == "tests" })
}

// wantPy reports whether a .py file belongs in a tree for cython: it marks a
// package, has a .pxd, or speaks of cython.
func wantPy(disk *Disk, path, name string) bool {
	if name == "__init__.py" || fspath.IsFile(strings.TrimSuffix(path, ".py")+".pxd") {
		return true
	}
	data, err := disk.Read(path)
	return err == nil && bytes.Contains(data, []byte("cython"))
}

// templateExts are what names of templates end in, behind that of what they make.
var templateExts = []string{".in", ".tp", ".tpl", ".tmpl", ".template", ".j2", ".jinja", ".jinja2", ".mako", ".src"}

// template remembers a file if it is a template.
func (w *walker) template(path string) {
	ext := filepath.Ext(path)
	made := strings.TrimSuffix(path, ext)
	if !slices.Contains(templateExts, ext) || !slices.Contains(fspath.CythonExts, filepath.Ext(made)) || fspath.IsFile(made) {
		return
	}
	if w.templates == nil {
		w.templates = map[string]string{}
	}
	w.templates[made] = path
}

// complete takes in what is left out by default or for git, and what the files that
// are taken cimport or include: a copy of them would not compile without. It tells
// of templates that they need rendered, and of sources that are left out.
func (in *Set) complete(s *config.Settings, w *walker, stderr io.Writer) error {
	in.Left = LeftOut{w.ignoredFiles, w.ignoredDirs}
	if len(w.tracked) > 0 && !s.Quiet {
		fmt.Fprintf(stderr, "pyxlock: left out because of its name, though git tracks sources in it: %s (--exclude= includes it)\n", some(w.tracked))
	}
	if len(in.Roots) == 0 || w.left+len(w.templates) == 0 {
		return nil
	}
	have := map[string]bool{}
	for _, f := range in.Files {
		have[f.Path] = true
	}
	promised := &promises{Disk: in.Disk, made: map[string]string{}}
	for made, from := range w.templates {
		promised.made[s.Canonical(made)] = s.Canonical(from)
	}
	var fail error
	var more []File
	take := func(path string) bool {
		if have[path] || promised.made[path] != "" {
			return false
		}
		for _, root := range in.Roots {
			rel, ok := fspath.From(root, path)
			if !ok {
				continue
			}
			real := fileio.Real(root)
			why, err := w.Why(real, rel)
			if err != nil {
				fail = err
			}
			if err != nil || why != exclude.ByDefault && why != exclude.ByGit || w.skip != "" && fspath.Inside(w.skip, filepath.Join(real, rel)) {
				return false
			}
			have[path] = true
			more = append(more, File{Path: path, Rel: rel, Needed: true})
			return true
		}
		return false
	}
	p := transform.NewProject(promised, s.Options(transform.Readable, in.Roots))
	used := p.Uses(in.Paths(), take)
	if fail != nil {
		return fail
	}
	slices.SortFunc(more, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	in.Files = append(in.Files, more...)
	if s.Quiet {
		return nil
	}
	var missing []string
	for _, path := range used {
		if from := promised.made[path]; from != "" {
			missing = append(missing, fmt.Sprintf("  %s, from %s\n", terminal.Path(path), terminal.Path(from)))
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		are := "are"
		if len(missing) == 1 {
			are = "is"
		}
		fmt.Fprintf(stderr, "pyxlock: %s %s not there: render the templates first\n%s", console.Count(len(missing), "include"), are, strings.Join(missing, ""))
	}
	left := slices.DeleteFunc(w.ignored, func(path string) bool { return have[s.Canonical(path)] })
	if len(left) > 0 {
		fmt.Fprintf(stderr, "pyxlock: left out, ignored by git: %s (--no-respect-gitignore includes it)\n", some(left))
	}
	return nil
}

// some lists the first few of several files.
func some(paths []string) string {
	const few = 3
	words := make([]string, len(paths))
	for i, path := range paths {
		words[i] = terminal.Path(path)
	}
	if len(words) > few+1 {
		return fmt.Sprintf("%s and %d more", console.Join(words[:few]), len(words)-few)
	}
	return console.Join(words)
}

// promises is a disk with the files that templates would make: their names, to find
// out who asks for them.
type promises struct {
	*Disk
	made map[string]string
}

// List returns what would be in a directory.
func (d *promises) List(dir string) (files, dirs []string) {
	files, dirs = d.Disk.List(dir)
	for path := range d.made {
		if filepath.Dir(path) == dir {
			files = append(files, filepath.Base(path))
		}
	}
	return files, dirs
}
