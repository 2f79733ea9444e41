package main

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

	"pyxlock/emit/terminal"
)

// streams are where a run prints. What is said on the one comes after what was said
// on the other before.
type streams struct {
	mu  sync.Mutex
	out stream
	err stream
}

// stream is one of the two.
type stream struct {
	all    *streams
	to     io.Writer
	buf    *bufio.Writer // nil where each write is passed on
	failed error         // the first
}

func newStreams(stdout, stderr io.Writer) *streams {
	s := &streams{}
	s.out = stream{all: s, to: stdout}
	s.err = stream{all: s, to: stderr}
	if !isTerminal(stdout) {
		s.out.buf = bufio.NewWriterSize(stdout, 64<<10)
	}
	return s
}

// Write passes on, or keeps for later. After an error it does nothing more.
func (s *stream) Write(p []byte) (n int, err error) {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if s == &s.all.err {
		s.all.out.flush()
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

// passOn makes what is written to w from now on appear at once: somebody waits for
// each line.
func passOn(w io.Writer) {
	if s, ok := through(w).(*stream); ok {
		s.all.mu.Lock()
		defer s.all.mu.Unlock()
		s.flush()
		s.buf = nil
	}
}

// end returns the exit status of a run that would end with code after err: that of a
// failure where something could not be printed.
func (s *streams) end(code int, err error) int {
	s.mu.Lock()
	s.out.flush()
	s.mu.Unlock()
	if broken(s.out.failed) || broken(s.err.failed) || broken(err) {
		return exitBrokenPipe
	}
	if err != nil && (s.out.failed == nil || !errors.Is(err, s.out.failed)) {
		s.say(err)
	}
	if s.out.failed != nil {
		s.say(fmt.Errorf("standard output: %w", plainCause(s.out.failed)))
		return exitUsage
	}
	if s.err.failed != nil {
		return exitUsage // there is nowhere left to say so
	}
	return code
}

// say prints an error.
func (s *streams) say(err error) {
	c := terminal.NewCleaner(&s.err)
	_, _ = io.WriteString(c, said(err)) // s.err remembers
	_ = c.Flush()
}

// broken reports whether nobody reads any more: "| head" has seen enough.
func broken(err error) bool { return errors.Is(err, syscall.EPIPE) }

// plainCause drops the call and the path from a file's error.
func plainCause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

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

// isTerminal reports whether what is written to w appears on a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := behind(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
