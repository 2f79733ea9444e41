package console

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// What is said on one stream comes after what was said on the other before.
func TestStreamsKeepTheOrder(t *testing.T) {
	var both bytes.Buffer
	s := NewStreams(&both, &both)
	for i := range 6 {
		fmt.Fprint([]*stream{&s.Out, &s.Err}[i%2], i)
	}
	fmt.Fprint(&s.Out, "end")
	if code := s.End(Clean, nil); code != Clean || both.String() != "012345end" {
		t.Errorf("%d %q", code, both.String())
	}
}

// failing takes n bytes, and no more.
type failing struct {
	n   int
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestStreamsRememberWhatFailed(t *testing.T) {
	other := errors.New("another error")
	for _, test := range []struct {
		name       string
		out, err   error
		code, want int
		ended      error
		said       string
	}{
		{name: "nothing", code: Differences, want: Differences},
		{name: "an error", code: Usage, ended: other, want: Usage, said: "pyxlock: another error\n"},
		{name: "output", out: syscall.ENOSPC, want: Usage, said: "pyxlock: standard output: no space left on device\n"},
		{name: "output, and the command says so", out: syscall.ENOSPC, code: Usage, ended: fmt.Errorf("x: %w", syscall.ENOSPC), want: Usage, said: "pyxlock: standard output: no space left on device\n"},
		{name: "output, and another error", out: syscall.ENOSPC, code: Usage, ended: other, want: Usage, said: "pyxlock: another error\npyxlock: standard output: no space left on device\n"},
		{name: "nobody reads", out: syscall.EPIPE, want: exitBrokenPipe},
		{name: "standard error", err: syscall.ENOSPC, want: Usage},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said strings.Builder
			stdout := &failing{1 << 20, test.out}
			if test.out != nil {
				stdout.n = 10
			}
			s := NewStreams(stdout, &said)
			if test.err != nil {
				s = NewStreams(stdout, &failing{0, test.err})
				fmt.Fprint(&s.Err, "message")
			}
			for range 10_000 { // more than is kept for later
				fmt.Fprint(&s.Out, "0123456789")
			}
			if got := s.End(test.code, test.ended); got != test.want || said.String() != test.said {
				t.Errorf("%d, said %q", got, said.String())
			}
		})
	}
}
