// Package console is what a run has to do with whoever started it: its streams, the signals
// that it gets, and the code that it ends with.
//
// It knows terminals, logs and pipes, and that what was begun is finished or undone before
// the process ends. It does not know what is printed.
//
// Begin reading at Streams (streams.go); signals.go has the end of a run.
package console
