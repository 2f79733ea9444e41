//go:build !unix

package emit

import (
	"errors"
	"os"
)

// duplicate would open a descriptor of this process again; elsewhere than on Unix
// they have no paths.
func duplicate(int) (*os.File, error) { return nil, errors.ErrUnsupported }
