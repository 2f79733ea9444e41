package fileio

// Which file a path is, and whether it may be written there: links resolved, and
// those that lead out of where a run may write refused.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Within says where an output may lie. A tree may come from a stranger: its links
// must not have anything written beyond it.
type Within struct {
	// Dirs are directories, absolute and without links. The output must lie in
	// one of them, by all links that lead there.
	Dirs []string
	// Advice is what to do where it does not.
	Advice string
}

// refuse is the error for an output that really is at real, if that lies outside.
func (w *Within) refuse(path, real string) error {
	holds := func(place string) bool {
		return slices.ContainsFunc(w.Dirs, func(dir string) bool { return LiesIn(dir, place) })
	}
	if holds(real) {
		return nil
	}
	where := "where it may be written"
	if len(w.Dirs) > 0 {
		where = w.Dirs[0]
		for _, dir := range w.Dirs[1:] {
			where += " and " + dir
		}
	}
	link, leads := leadsOut(path, holds)
	if link == "" {
		return fmt.Errorf("%s: lies outside of %s; %s", path, where, w.Advice)
	}
	return fmt.Errorf("%s: is not written: the link %s leads to %s, which is outside of %s; %s", path, link, leads, where, w.Advice)
}

// Check returns an error where a path leads, by all links, to a place outside.
func (w *Within) Check(path string) error {
	real, err := resolver{dirs: map[string]dirResult{}}.file(path)
	if err != nil {
		return err
	}
	return w.refuse(path, real)
}

// leadsOut finds the first link in a path by which it leaves the places that holds
// knows, and where that leads.
func leadsOut(path string, holds func(string) bool) (link, leads string) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", ""
	}
	var links []string // the outermost last
	for at := abs; at != filepath.Dir(at); at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			links = append(links, at)
		}
	}
	for _, at := range slices.Backward(links) {
		dir, err1 := filepath.EvalSymlinks(filepath.Dir(at))
		to, err2 := filepath.EvalSymlinks(at)
		if err1 != nil || err2 != nil || !holds(dir) || holds(to) {
			continue
		}
		if wd, err := os.Getwd(); err == nil && !filepath.IsAbs(path) {
			if rel, err := filepath.Rel(wd, at); err == nil {
				at = rel // as the user names it
			}
		}
		return at, to
	}
	return "", ""
}

// resolver finds out which file a path is, whatever links lead there.
type resolver struct{ dirs map[string]dirResult }

type dirResult struct {
	real string
	err  error
}

// file resolves all links of a path. The file itself may be missing, but a
// link that leads nowhere is an error.
func (r resolver) file(path string) (string, error) {
	real, err := r.entry(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Lstat(real); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return real, nil
	}
	if real, err = filepath.EvalSymlinks(real); err != nil {
		return "", fmt.Errorf("%s: is a link that leads nowhere", path)
	}
	return real, nil
}

// entry resolves the links of a path's directory, as far as it exists.
func (r resolver) entry(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	dir, err := r.dir(filepath.Dir(abs))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

func (r resolver) dir(dir string) (string, error) {
	if d, ok := r.dirs[dir]; ok {
		return d.real, d.err
	}
	real, err := filepath.EvalSymlinks(dir)
	switch {
	case err == nil:
		if info, e := os.Stat(real); e == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a directory", dir)
		}
	case errors.Is(err, syscall.ENOTDIR):
		err = fmt.Errorf("a file is in the place of the directory %s", dir)
	case errors.Is(err, fs.ErrNotExist):
		if parent := filepath.Dir(dir); parent != dir {
			if _, e := os.Lstat(dir); e == nil {
				err = fmt.Errorf("%s is a link that leads nowhere", dir)
			} else if real, err = r.dir(parent); err == nil {
				real = filepath.Join(real, filepath.Base(dir))
			}
		}
	}
	r.dirs[dir] = dirResult{real, err}
	return real, err
}

// LiesIn reports whether a path is a directory or lies in it, as they are written.
func LiesIn(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

// Real returns an absolute path without links, as far as it exists.
func Real(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	rest := ""
	for at := abs; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		up := filepath.Dir(at)
		if up == at {
			return abs
		}
		rest = filepath.Join(filepath.Base(at), rest)
		at = up
	}
}
