//go:build unix

// Package steps runs the programs that the tests consist of, each with a limit
// of its own, and none for longer than "go test -timeout" leaves time. What has
// to be stopped is stopped with all that it started, and the error says which
// case stood in which step. Without this a program that hangs ends the test
// process, whose panic does not tell what it waited for.
package steps

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

var started = time.Now()

// timeout returns what -timeout says, 0 for no limit.
func timeout() time.Duration {
	if f := flag.Lookup("test.timeout"); f != nil {
		if limit, err := time.ParseDuration(f.Value.String()); err == nil {
			return limit
		}
	}
	return 0
}

// Deadline returns when the steps of this process have to be over, so that there
// is time left to report; ok is false if there is no limit.
func Deadline() (deadline time.Time, ok bool) {
	limit := timeout()
	if limit <= 0 {
		return time.Time{}, false
	}
	return started.Add(limit - min(limit/10, 30*time.Second)), true
}

// A Cmd is a command that is a step of a case. Its methods return the errors of
// [exec.Cmd], or a [*Stopped].
type Cmd struct {
	*exec.Cmd
	// Abort, if set, is sent to the program some seconds before it is killed,
	// so that it can say where it stands.
	Abort syscall.Signal

	of, doing string
	limit     time.Duration
	cancel    context.CancelFunc
}

// Command returns a command with which a case ("rewrite/members/iteration") does
// something ("test.py, aligned"), for which it may take that long on a machine that has
// nothing else to do.
func Command(of, doing string, limit time.Duration, name string, args ...string) *Cmd {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cmd{Cmd: exec.CommandContext(ctx, name, args...), of: of, doing: doing, limit: limit, cancel: cancel}
	c.WaitDelay = 20 * time.Second // for programs that left the group and have the pipes
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cmd.Cancel = func() error {
		if c.Abort != 0 {
			_ = c.Process.Signal(c.Abort)
			time.AfterFunc(10*time.Second, func() { kill(c.Process.Pid) })
			return nil
		}
		return kill(c.Process.Pid)
	}
	return c
}

// Run is [exec.Cmd.Run].
func (c *Cmd) Run() error {
	defer c.cancel()
	if deadline, ok := Deadline(); ok && !time.Now().Before(deadline) {
		return &Stopped{cmd: c}
	}
	begun := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	forwardSignals()
	running.Store(c.Process.Pid, true)
	defer running.Delete(c.Process.Pid)

	others := crowd()
	allowed, own := time.Duration(float64(c.limit)*others), true
	if deadline, ok := Deadline(); ok && deadline.Before(begun.Add(allowed)) {
		allowed, own = deadline.Sub(begun), false
	}
	var late sync.Once
	stopped := false
	timer := time.AfterFunc(allowed, func() { late.Do(func() { stopped = true; c.cancel() }) })
	err := c.Wait()
	timer.Stop()
	late.Do(func() {})
	c.note(time.Since(begun))
	if stopped && err != nil {
		_ = kill(c.Process.Pid) // what the program left behind
		return &Stopped{c, time.Since(begun), own, others}
	}
	return err
}

// crowd returns how many want each processor, at least 1: where others compute as well, a
// program gets as much less of it, and may take as much longer.
func crowd() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1
	}
	return wanting(string(data), runtime.NumCPU())
}

// wanting reads /proc/loadavg.
func wanting(text string, processors int) float64 {
	load, _, _ := strings.Cut(text, " ")
	n, err := strconv.ParseFloat(load, 64)
	if err != nil {
		return 1
	}
	return max(1, n/float64(processors))
}

func (c *Cmd) note(took time.Duration) {
	if c.ProcessState != nil {
		Note(c.of, c.doing, c.ProcessState.UserTime()+c.ProcessState.SystemTime(), took)
	}
}

// Noted reports whether steps are noted.
func Noted() bool { return os.Getenv("PYXLOCK_TEST_STEPS") != "" }

// Note adds what a step took to the file that PYXLOCK_TEST_STEPS names, if it names
// one: a line with the seconds of processor time and of waiting, the case, and the step.
func Note(of, doing string, busy, took time.Duration) {
	if !Noted() {
		return
	}
	file, err := os.OpenFile(os.Getenv("PYXLOCK_TEST_STEPS"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return
	}
	defer file.Close()
	fmt.Fprintf(file, "%.3f\t%.3f\t%s\t%s\n", busy.Seconds(), took.Seconds(), of, strings.ReplaceAll(doing, "\n", " "))
}

// Busy returns the processor time of a process that goes on, and of those that it has
// waited for; 0 where the system does not tell.
func Busy(pid int) time.Duration {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	return ticks(string(data))
}

// ticks adds the four times in the text of /proc/PID/stat, in hundredths of a second. The
// second of its words, in parentheses, is a name that may have blanks.
func ticks(stat string) time.Duration {
	words := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	sum := time.Duration(0)
	for i := 11; i < 15 && i < len(words); i++ {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return 0
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

// CombinedOutput is [exec.Cmd.CombinedOutput].
func (c *Cmd) CombinedOutput() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// Stopped is the error of a step that had to be stopped, or could not begin.
type Stopped struct {
	cmd  *Cmd
	ran  time.Duration // 0 if it did not begin
	slow bool          // it took longer than it may; otherwise the whole run did
	load float64       // how many times longer than alone it could take
}

func (s *Stopped) Error() string {
	command := strings.Join(append([]string{filepath.Base(s.cmd.Path)}, s.cmd.Args[1:]...), " ")
	switch {
	case s.ran == 0:
		return fmt.Sprintf("%s: not run: %s: the time of the test run (-timeout %s) was over", s.cmd.of, s.cmd.doing, timeout())
	case s.slow:
		return fmt.Sprintf("%s: still in %s after its limit of %s (%.1f times, for the load), and stopped: %s", s.cmd.of, s.cmd.doing, s.cmd.limit, s.load, command)
	}
	return fmt.Sprintf("%s: still in %s, since %s, when the time of the test run (-timeout %s) was over: %s",
		s.cmd.of, s.cmd.doing, s.ran.Round(time.Second), timeout(), command)
}

// IsStopped reports whether an error says that a step was stopped.
func IsStopped(err error) bool {
	var stopped *Stopped
	return errors.As(err, &stopped)
}

// running has the process groups that are to end with this process.
var running sync.Map

// forwardSignals kills the steps when the user interrupts the tests: they are in
// groups of their own, which a terminal does not reach.
var forwardSignals = sync.OnceFunc(func() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		running.Range(func(pid, _ any) bool { _ = kill(pid.(int)); return true })
		signal.Reset(s)
		_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
	}()
})

// kill kills a process group.
func kill(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
		return os.ErrProcessDone
	}
	return nil
}
