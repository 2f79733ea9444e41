package console

// Signals: one that asks the program to end does so at once, unless something is
// being written; that is undone first. A second one does not wait.

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"pyxlock/emit/fileio"
)

// exitBrokenPipe is the exit status where standard output was closed: as if SIGPIPE
// had ended the program.
const exitBrokenPipe = 128 + int(syscall.SIGPIPE)

// Interrupts waits for signals.
type Interrupts struct {
	mu     sync.Mutex
	held   int            // how many do what must be cleaned up
	got    syscall.Signal // 0 for none yet
	cancel context.CancelCauseFunc
}

// Stopped is why a run ends early.
type Stopped struct{ by syscall.Signal }

func (s Stopped) Error() string { return fmt.Sprintf("stopped by a signal: %v", s.by) }

type interruptsKey struct{}

// Interruptible returns a context that ends with a signal that asks the program to end.
func Interruptible(ctx context.Context) (context.Context, *Interrupts) {
	i := &Interrupts{}
	ctx, i.cancel = context.WithCancelCause(context.WithValue(ctx, interruptsKey{}, i))
	ending := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) { // as nohup has it
			signal.Notify(ending, sig)
		}
	}
	// These are errors of the write that they come from: a pipe that nobody reads any
	// more, a file that grew over the limit. They must not cut off what is being written.
	signal.Notify(make(chan os.Signal, 1), errorSignals...)
	go func() {
		sig := (<-ending).(syscall.Signal)
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.held == 0 {
			die(sig)
		}
		i.got = sig
		signal.Reset(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		i.cancel(Stopped{sig})
	}()
	return ctx, i
}

// Hold lets what follows clean up when a signal comes; it has to heed ctx.
func Hold(ctx context.Context) (release func()) {
	i, ok := ctx.Value(interruptsKey{}).(*Interrupts)
	if !ok {
		return func() {}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.held++
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.held--
	}
}

// End ends the process: by the signal that came, if one did, so that who started it
// sees why.
func (i *Interrupts) End(code int) {
	i.mu.Lock() // a signal that comes now has no say any more, but kills
	switch {
	case i.got != 0:
		die(i.got)
	case code == exitBrokenPipe:
		die(syscall.SIGPIPE)
	}
	os.Exit(code)
}

// Commit writes a batch; a signal undoes it.
func Commit(ctx context.Context, b *fileio.Batch) ([]fileio.Written, error) {
	defer Hold(ctx)()
	return b.Commit(ctx)
}
