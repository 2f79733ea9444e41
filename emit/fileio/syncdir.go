package fileio

// Making renames outlast a crash.

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// syncDir makes the names in a directory outlast a crash, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // keeps a journal of names, and opens no directory for this
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a directory that may be written and not read
	}
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
