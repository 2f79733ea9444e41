//go:build !unix

package fileio

// The descriptors that /dev/fd names: there are none here.

import (
	"errors"
	"os"
)

// duplicate would open a descriptor of this process again; elsewhere than on Unix
// they have no paths.
func duplicate(int) (*os.File, error) { return nil, errors.ErrUnsupported }
