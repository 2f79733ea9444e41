package fileio

// Overwriting a file that cannot be replaced: one with several hard links, of
// another owner, or with attributes that a new file cannot get. Its former content
// stands beside it until all is written. A run that is killed before leaves that
// copy, and no run writes to the file again before somebody has decided.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// savedSuffix is added to a file's name for the copy. It is to be seen.
const savedSuffix = ".pyxlock-saved"

// saved is the copy of a file that is being overwritten, locked for as long.
type saved struct {
	path string
	lock *flock.Flock
}

// leftover finds out whether a copy is there already, of a run that is at work or of
// one that was killed. One that says what the file says is removed.
func (t *target) leftover() error {
	path := t.real + savedSuffix
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return PathError(err, t.Path)
	}
	shown := filepath.Join(filepath.Dir(t.Path), filepath.Base(path))
	if t.named {
		shown = path
	}
	if info.Mode().IsRegular() {
		lock := flock.New(path, flock.SetFlag(os.O_RDWR))
		got, err := lock.TryLock()
		if err == nil && !got {
			return fmt.Errorf("%s: another pyxlock is writing this file", t.Path)
		}
		copied, errRead := ReadFile(path)
		_ = lock.Close()
		if err == nil && errRead == nil && bytes.Equal(copied, t.old) {
			return os.Remove(path)
		}
	}
	return fmt.Errorf("%s: a run that was killed while it wrote this file has left the former content in %s: compare the two, copy what is right into %s, and remove the copy", t.Path, shown, t.Path)
}

// save makes the copy.
func (t *target) save() error {
	s := &saved{path: t.real + savedSuffix}
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("%s: cannot save it before it is overwritten: %w", t.Path, PathError(err, s.path))
	}
	t.saved = s
	s.lock = flock.New(s.path, flock.SetFlag(os.O_RDWR))
	_, _ = s.lock.TryLock() // where there are no locks, people decide what is left over
	_, err = f.Write(t.old)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = syncDir(filepath.Dir(s.path))
	}
	if err != nil {
		return fmt.Errorf("%s: cannot save it before it is overwritten: %w", t.Path, PathError(err, s.path))
	}
	return nil
}

func (s *saved) remove() error {
	if s.lock != nil {
		_ = s.lock.Close()
	}
	return os.Remove(s.path)
}

// overwrite writes the new bytes over the old.
func (t *target) overwrite() error {
	t.began = true
	if err := t.fill(t.Data); err != nil {
		return PathError(err, t.Path)
	}
	return nil
}

// fill makes data the file's content, and leaves all else as it is.
func (t *target) fill(data []byte) error {
	f, err := os.OpenFile(t.real, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if now, e := f.Stat(); e != nil || !os.SameFile(now, t.info) {
		err = errors.New("has been replaced while it was worked on")
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Truncate(int64(len(data)))
	}
	if err == nil {
		// Writing takes set-user-ID bits away.
		if now, e := f.Stat(); e == nil && now.Mode() != t.info.Mode() {
			err = f.Chmod(t.info.Mode())
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// restore brings back what overwrite began to change. Where that fails the copy
// stays.
func (t *target) restore() error {
	if t.began {
		if err := t.fill(t.old); err != nil {
			_ = t.saved.lock.Close()
			return fmt.Errorf("%s: could not be restored: %w; its former content is in %s", t.Path, err, t.saved.path)
		}
		_ = os.Chtimes(t.real, time.Time{}, t.info.ModTime())
	}
	return t.saved.remove()
}
