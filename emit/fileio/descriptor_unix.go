//go:build unix

package fileio

// The descriptors that /dev/fd names.

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// duplicate opens a descriptor of this process again, where it is in its file.
func duplicate(fd int) (*os.File, error) {
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), "descriptor "+strconv.Itoa(fd)), nil
}
