//go:build unix

package parser_test

import (
	"syscall"
	"time"
)

// processorTime returns how long this process has computed, whatever else the
// machine does.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano())
}
