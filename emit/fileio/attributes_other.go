//go:build !linux

package fileio

import "os"

// adopt would give a new file what the file at path has besides its content. The
// access control lists and the streams of these systems cannot be seen from here:
// what somebody wrote is overwritten, and not replaced.
func adopt(*os.File, string) bool { return false }
