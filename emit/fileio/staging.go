package fileio

// Temporary files: a hidden directory beside the outputs holds them. What a killed
// run left is recognised by the directory's name, by what is in it, and by a lock
// that nobody holds, and is removed by the next run that writes there.

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// staging is a directory of temporary files. Being in the directory of the
// outputs, it is on their file system, and gives its files the group and the
// access list that the outputs' directory gives.
type staging struct {
	dir  string
	lock *flock.Flock
	n    atomic.Int64
}

// A staging directory is called so, and holds the lock file with this text, or
// the beginning of it, and files that are called by a number, perhaps with ".old".
var (
	stagingName = regexp.MustCompile(`^\.pyxlock-[0-9a-z]{25}\.tmp$`)
	stagedName  = regexp.MustCompile(`^[0-9]+(\.old)?$`)
)

const (
	lockName = "lock"
	lockText = "Temporary files of pyxlock. The next run that writes beside this directory removes it.\n"
)

// newStaging makes a staging directory in dir, and removes there what killed runs
// have left.
func newStaging(dir string) (*staging, error) {
	sweep(dir)
	for tries := 0; ; tries++ {
		token := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36) + strings.Repeat("0", 25)
		s := &staging{dir: filepath.Join(dir, ".pyxlock-"+token[:25]+".tmp")}
		err := os.Mkdir(s.dir, 0o700)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err = s.hold(); err == nil {
			return s, nil
		}
		s.remove()
		// Another run that sweeps may have taken it for one that is left over.
		if tries == 20 {
			return nil, err
		}
	}
}

// hold takes the lock that says that somebody is at work here. The system frees it
// when the process ends, however it does. Where a file system knows no locks there
// is none, and a left-over directory stays.
func (s *staging) hold() error {
	path := filepath.Join(s.dir, lockName)
	if err := os.WriteFile(path, []byte(lockText), 0o600); err != nil {
		return err
	}
	s.lock = flock.New(path, flock.SetFlag(os.O_RDWR))
	if got, err := s.lock.TryLock(); err == nil && !got {
		return &os.PathError{Op: "lock", Path: path, Err: os.ErrExist}
	}
	_, err := os.Lstat(path) // it may have been swept before it was locked
	return err
}

// next returns the path for a new file.
func (s *staging) next() string {
	return filepath.Join(s.dir, strconv.FormatInt(s.n.Add(1), 10))
}

// remove removes the directory with all that is left in it.
func (s *staging) remove() {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if stagedName.MatchString(e.Name()) {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
	// The lock is held until its file is gone: nobody else is to take hold of that.
	removed := os.Remove(filepath.Join(s.dir, lockName)) == nil
	if s.lock != nil {
		_ = s.lock.Close()
	}
	if !removed { // Windows removes no open file, and so none that another has opened
		_ = os.Remove(filepath.Join(s.dir, lockName))
	}
	_ = os.Remove(s.dir)
}

// sweep removes the staging directories in dir that nobody uses. It is a courtesy:
// nothing fails for it. On a network file system whose locks other machines do not
// see it may take the directory of a run that is at work there; that run ends with
// an error then, and changes nothing.
func sweep(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	names, _ := d.Readdirnames(-1)
	_ = d.Close()
	for _, name := range names {
		if stagingName.MatchString(name) {
			s := &staging{dir: filepath.Join(dir, name)}
			switch {
			case !s.abandoned():
				if s.lock != nil {
					_ = s.lock.Close()
				}
			case s.lock == nil:
				_ = os.Remove(s.dir) // it was empty, and fails if it is not by now
			default:
				s.remove()
			}
		}
	}
}

// abandoned reports whether the directory is what newStaging makes and nothing
// else, and no process is at work in it. It holds the lock then, if there is one.
func (s *staging) abandoned() bool {
	if info, err := os.Lstat(s.dir); err != nil || !info.IsDir() {
		return false
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return false
	}
	locked := false
	for _, e := range entries {
		switch {
		case e.Name() == lockName && e.Type().IsRegular():
			locked = true
		case !stagedName.MatchString(e.Name()) || e.IsDir():
			return false
		}
	}
	if !locked {
		return len(entries) == 0
	}
	path := filepath.Join(s.dir, lockName)
	if info, err := os.Lstat(path); err != nil || info.Size() > int64(len(lockText)) {
		return false
	}
	if text, err := ReadFile(path); err != nil || !strings.HasPrefix(lockText, string(text)) {
		return false
	}
	s.lock = flock.New(path, flock.SetFlag(os.O_RDWR))
	got, err := s.lock.TryLock()
	return err == nil && got
}
