package fileio

// Outputs that are no regular files: devices, FIFOs, and the descriptors of this
// process. They are written into, and never replaced.

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Special reports whether a path is, or leads to, something that is written into
// and not replaced: neither a regular file nor a directory, or a descriptor of this
// process, such as /dev/stdout.
func Special(path string) bool {
	if _, ok := descriptor(path); ok {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// admit refuses a special file that nobody named: one that stands in an output tree,
// or to which a link leads. What came with a tree must not have devices written to.
func (t *target) admit() error {
	if t.Within != nil {
		return fmt.Errorf("%s: is not a regular file, and in the way of an output: remove it", t.Path)
	}
	dir := filepath.ToSlash(filepath.Dir(t.real)) + "/"
	if strings.HasPrefix(dir, "/dev/") || strings.HasPrefix(dir, "/proc/") {
		return nil // links there are the system's
	}
	if to, err := os.Readlink(t.real); err == nil {
		return fmt.Errorf("%s: is a link to %s, which is not a regular file: name that itself, or remove the link", t.Path, to)
	}
	return nil
}

var descriptorPath = regexp.MustCompile(`^/(?:dev|proc/(self|thread-self|[0-9]+)(?:/task/[0-9]+)?)/fd/([0-9]+)$`)

// descriptor returns the descriptor of this process that a path stands for. What it
// leads to may be a regular file, where output is redirected to one; that is no
// more to be replaced than a terminal.
func descriptor(path string) (int, bool) {
	at, err := filepath.Abs(path)
	for range 10 {
		if err != nil {
			break
		}
		switch at = filepath.ToSlash(at); at {
		case "/dev/stdout":
			return 1, true
		case "/dev/stderr":
			return 2, true
		}
		if m := descriptorPath.FindStringSubmatch(at); m != nil {
			if pid, err := strconv.Atoi(m[1]); err == nil && pid != os.Getpid() {
				return 0, false
			}
			n, err := strconv.Atoi(m[2])
			return n, err == nil
		}
		var to string
		if to, err = os.Readlink(at); err == nil {
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(at), to)
			}
			at = to
		}
	}
	return 0, false
}

// send writes the bytes into a special file. Opening a FIFO waits for a reader, and
// any write may wait: an end of ctx ends the waiting.
func (t *target) send(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- t.pour() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", t.Path, context.Cause(ctx))
	}
}

func (t *target) pour() (err error) {
	var f *os.File
	if fd, ok := descriptor(t.real); ok {
		f, err = duplicate(fd)
	} else if f, err = os.OpenFile(t.real, os.O_WRONLY, 0); err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil && info.Mode().IsRegular() {
			err = fmt.Errorf("has become a regular file")
		}
	}
	if f == nil {
		return PathError(err, t.Path)
	}
	if err == nil {
		_, err = f.Write(t.Data)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return PathError(err, t.Path)
	}
	return nil
}
