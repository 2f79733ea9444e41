//go:build !unix

package main

import (
	"os"
	"syscall"
)

var errorSignals = []os.Signal{syscall.SIGPIPE}

// die ends the process with the exit status that a signal has.
func die(sig syscall.Signal) { os.Exit(128 + int(sig)) }
