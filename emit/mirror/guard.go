package mirror

// What keeps a mirror whole: one process at a time has it, and it is the directory
// that pyxlock made, with no links in it that lead elsewhere.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/lockedfile"

	"pyxlock/emit/fileio"
)

// Lock makes the mirror and waits until no other process has it, or ctx ends. It
// is this one's then until it calls unlock, or dies.
func (m *Mirror) Lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(m.dir), 0o777); err != nil {
		return nil, fileio.PathError(err, filepath.Dir(m.dir))
	}
	if err := os.Mkdir(m.dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fileio.PathError(err, m.dir)
	}
	path := m.lockPath()
	for _, p := range []string{m.dir, path} {
		info, err := os.Lstat(p)
		if err == nil {
			err = m.made(p, info)
		}
		if err != nil && !(p == path && errors.Is(err, fs.ErrNotExist)) {
			return nil, fileio.PathError(err, p)
		}
	}
	type result struct {
		unlock func()
		err    error
	}
	done := make(chan result, 1)
	go func() { // it cannot be told to stop, and ends with the process
		unlock, err := lockedfile.MutexAt(path).Lock()
		done <- result{unlock, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		if errors.Is(r.err, errors.ErrUnsupported) {
			return func() {}, nil // a file system that knows no locks
		}
		if r.err != nil {
			return nil, fileio.PathError(r.err, path)
		}
		return r.unlock, nil
	}
}

// made refuses what pyxlock does not put into a mirror: a link would have another
// place written to, and a pipe is never read to its end.
func (m *Mirror) made(path string, info fs.FileInfo) error {
	mode := info.Mode()
	file, dir := mode.IsRegular(), mode.IsDir()
	switch path {
	case m.dir:
		file = false
	case m.lockPath():
		dir = false
	}
	if file || dir {
		return nil
	}
	what := "something"
	if mode&fs.ModeSymlink != 0 {
		what = "a link"
	}
	return fmt.Errorf("is %s that pyxlock did not put there, and does not write to: remove %s", what, m.dir)
}

func (m *Mirror) lockPath() string { return filepath.Join(m.dir, "lock") }

// stale returns the files in the mirror that are not to be kept. There must be
// nothing else in it than files and directories.
func (m *Mirror) stale(keep map[string]bool) (list []string, err error) {
	err = filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fileio.PathError(err, path)
		}
		info, err := d.Info()
		if err != nil {
			return fileio.PathError(err, path)
		}
		if err := m.made(path, info); err != nil {
			return fileio.PathError(err, path)
		}
		if !d.IsDir() && !keep[path] && slices.Contains([]string{".pyx", ".pxd", ".pxi", ".py"}, filepath.Ext(path)) {
			list = append(list, path)
		}
		return nil
	})
	return list, err
}
