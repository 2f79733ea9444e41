//go:build !unix

package console

// How a process ends by a signal, where there are none.

import (
	"os"
	"syscall"
)

var errorSignals = []os.Signal{syscall.SIGPIPE}

// die ends the process with the exit status that a signal has.
func die(sig syscall.Signal) { os.Exit(128 + int(sig)) }
