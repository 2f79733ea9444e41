package fileio

// Reading what a tree names: regular files only. A tree may have a pipe, a socket
// or a device where a source is expected, and reading one would wait for ever,
// never end, or do something.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFile is more than any source has, and bounds what is read into memory.
const maxFile = 2 << 30

// errIrregular says that a path names something that has no fixed content.
var errIrregular = errors.New("not a regular file")

// ReadFile reads a regular file as os.ReadFile does, and refuses everything else.
func ReadFile(path string) ([]byte, error) { return ReadFileMax(path, maxFile) }

// ReadFileMax is ReadFile for files that are known to be small.
func ReadFileMax(path string, limit int64) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, &fs.PathError{Op: "read", Path: path, Err: err} }
	// Opening a device may already have an effect, so it is looked at before.
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() && !st.IsDir() {
		return fail(errIrregular)
	}
	// It may have become something else, and opening a pipe waits for a writer.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err = f.Stat(); err != nil {
		return nil, err
	}
	switch {
	case st.IsDir():
		return fail(syscall.EISDIR)
	case !st.Mode().IsRegular():
		return fail(errIrregular)
	case st.Size() > limit:
		return fail(fmt.Errorf("%d bytes are more than the %d that are read", st.Size(), limit))
	}
	// One byte more than there should be finds the end without growing; files of
	// /proc have no size.
	data := make([]byte, 0, max(st.Size()+1, 512))
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return fail(fmt.Errorf("more than the %d bytes that are read", limit))
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}
