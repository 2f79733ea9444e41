package console

// Standard output and standard error: what could not be written is remembered, and
// decides the exit status however many writes looked away.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"

	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
)

// Streams are where a run prints. What is said on the one comes after what was said
// on the other before.
type Streams struct {
	mu  sync.Mutex
	Out stream
	Err stream
}

// stream is one of the two.
type stream struct {
	all    *Streams
	to     io.Writer
	buf    *bufio.Writer // nil where each write is passed on
	failed error         // the first
}

// NewStreams returns the streams of a run; standard output is buffered where nobody watches.
func NewStreams(stdout, stderr io.Writer) *Streams {
	s := &Streams{}
	s.Out = stream{all: s, to: stdout}
	s.Err = stream{all: s, to: stderr}
	if !IsTerminal(stdout) {
		s.Out.buf = bufio.NewWriterSize(stdout, 64<<10)
	}
	return s
}

// Write passes on, or keeps for later. After an error it does nothing more.
func (s *stream) Write(p []byte) (n int, err error) {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if s == &s.all.Err {
		s.all.Out.flush()
	}
	switch {
	case s.failed != nil:
		return 0, s.failed
	case s.buf != nil:
		n, s.failed = s.buf.Write(p)
	default:
		n, s.failed = s.to.Write(p)
	}
	return n, s.failed
}

// flush passes on what was kept.
func (s *stream) flush() {
	if s.buf != nil && s.failed == nil {
		s.failed = s.buf.Flush()
	}
}

// PassOn makes what is written to w from now on appear at once: somebody waits for
// each line.
func PassOn(w io.Writer) {
	if s, ok := Through(w).(*stream); ok {
		s.all.mu.Lock()
		defer s.all.mu.Unlock()
		s.flush()
		s.buf = nil
	}
}

// End returns the exit status of a run that would end with code after err: that of a
// failure where something could not be printed.
func (s *Streams) End(code int, err error) int {
	s.mu.Lock()
	s.Out.flush()
	s.mu.Unlock()
	if broken(s.Out.failed) || broken(s.Err.failed) || broken(err) {
		return exitBrokenPipe
	}
	if err != nil && (s.Out.failed == nil || !errors.Is(err, s.Out.failed)) {
		s.say(err)
	}
	if s.Out.failed != nil {
		s.say(fmt.Errorf("standard output: %w", fileio.Cause(s.Out.failed)))
		return Usage
	}
	if s.Err.failed != nil {
		return Usage // there is nowhere left to say so
	}
	return code
}

// say prints an error.
func (s *Streams) say(err error) {
	c := terminal.NewCleaner(&s.Err)
	_, _ = io.WriteString(c, said(err)) // s.err remembers
	_ = c.Flush()
}

// broken reports whether nobody reads any more: "| head" has seen enough.
func broken(err error) bool { return errors.Is(err, syscall.EPIPE) }

// behind returns the process's own stream that what is written to w comes to.
func behind(w io.Writer) io.Writer {
	if c, ok := w.(*terminal.Cleaner); ok {
		w = c.Unwrap()
	}
	if s, ok := w.(*stream); ok {
		w = s.to
	}
	return w
}

// IsTerminal reports whether what is written to w appears on a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := behind(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
