package fileio

// Putting files in their places: each is written to a temporary file first, and
// replaces what is there by a rename that can be undone.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// stagings are the staging directories of a run, by the directory that they are in.
type stagings map[string]*staging

// stageIn gives each target a directory for its temporary files.
func stageIn(targets []*target) (stagings, error) {
	all := stagings{}
	for _, t := range targets {
		dir := filepath.Dir(t.real)
		if all[dir] == nil {
			s, err := newStaging(dir)
			if err != nil {
				return all, fmt.Errorf("%s: cannot make a temporary file beside it: %w", t.Path, Cause(err))
			}
			all[dir] = s
		}
		t.tmp = all[dir]
	}
	return all, nil
}

func (all stagings) remove() {
	for dir, s := range all {
		s.remove()
		delete(all, dir)
	}
}

// stage writes the new bytes to a temporary file. Where that could not take the
// file's place without loss it saves the old ones instead.
func (t *target) stage() error {
	name := t.tmp.next()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return PathError(err, t.Path)
	}
	// Also where the file will be overwritten: a disk that is full is better found now.
	_, err = f.Write(t.Data)
	adopted := true
	switch {
	case err != nil || t.info == nil:
	case t.InPlace:
		adopted = adopt(f, t.real) // writing takes set-user-ID bits away
	default:
		err = f.Chmod(t.info.Mode().Perm())
	}
	if err == nil && t.InPlace {
		err = f.Sync() // it replaces what somebody wrote by hand
	}
	if e := f.Close(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		return PathError(err, t.Path)
	case !adopted:
		_ = os.Remove(name)
		return t.save()
	}
	t.staged = name
	return nil
}

// put puts the new bytes in their place.
func (t *target) put() error {
	if t.saved != nil {
		return t.overwrite()
	}
	switch {
	case t.link:
		// Remember where the link led, to restore it.
		if dest, err := os.Readlink(t.real); err == nil {
			t.old = []byte(dest)
		}
	case t.info != nil:
		// Not everywhere can a file have two names.
		if kept := t.staged + ".old"; os.Link(t.real, kept) == nil {
			t.kept = kept
		}
	}
	if err := os.Rename(t.staged, t.real); err != nil {
		return PathError(err, t.Path)
	}
	t.began = true
	return nil
}

// undo brings back what put changed.
func (t *target) undo() error {
	if t.saved != nil {
		return t.restore()
	}
	if !t.began {
		return nil
	}
	var err error
	switch {
	case t.link:
		if err = os.Remove(t.real); err == nil {
			err = os.Symlink(string(t.old), t.real)
		}
	case t.info == nil:
		err = os.Remove(t.real)
	case t.kept != "":
		err = os.Rename(t.kept, t.real)
	default:
		back := &target{Output: Output{Path: t.Path, Data: t.old}, real: t.real, info: t.info, tmp: t.tmp}
		if err = back.stage(); err == nil {
			_ = os.Chtimes(back.staged, time.Time{}, t.info.ModTime())
			err = back.put()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: could not be restored: %w", t.Path, err)
	}
	return nil
}

// forget drops what undo would have needed.
func (t *target) forget() error {
	if t.saved == nil {
		return nil
	}
	return t.saved.remove()
}

// makeDirs makes the directories that the targets need and returns those that
// it made, parents first.
func makeDirs(targets []*target) (made []string, err error) {
	known := map[string]bool{}
	var mk func(dir string) error
	mk = func(dir string) error {
		if known[dir] {
			return nil
		}
		known[dir] = true
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			if err := mk(parent); err != nil {
				return err
			}
		}
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			made = append(made, dir)
		} else if info, e := os.Stat(dir); e == nil && info.IsDir() {
			return nil // somebody else was faster
		}
		return err
	}
	for _, t := range targets {
		if err := mk(filepath.Dir(t.real)); err != nil {
			return made, fmt.Errorf("%s: cannot make its directory: %w", t.Path, Cause(err))
		}
	}
	return made, nil
}

// each calls f for every target, on all cores, and returns the error of the
// first target in order that has one. It stops early when ctx ends or a call
// fails.
func each(ctx context.Context, targets []*target, f func(*target) error) error {
	workers := min(runtime.GOMAXPROCS(0), len(targets))
	errs := make([]error, len(targets))
	var (
		mu   sync.Mutex
		next int
		stop bool
		wg   sync.WaitGroup
	)
	for range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				ended := stop || i >= len(targets)
				mu.Unlock()
				if ended {
					return
				}
				if errs[i] = context.Cause(ctx); errs[i] == nil {
					errs[i] = f(targets[i])
				}
				if errs[i] != nil {
					mu.Lock()
					stop = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
