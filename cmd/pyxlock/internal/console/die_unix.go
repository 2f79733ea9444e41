//go:build unix

package console

// How a process ends by a signal.

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

var errorSignals = []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ}

// die ends the process by a signal.
func die(sig syscall.Signal) {
	signal.Reset(sig)
	if syscall.Kill(os.Getpid(), sig) == nil {
		time.Sleep(time.Second) // it may be another thread that it ends
	}
	os.Exit(128 + int(sig)) // it is blocked or ignored
}
