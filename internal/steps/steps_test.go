//go:build unix

package steps

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that hangs is stopped at its limit, with what it started.
func TestLimit(t *testing.T) {
	child := filepath.Join(t.TempDir(), "child")
	c := Command("some/case", "its step", 500*time.Millisecond, "sh", "-c", `sleep 1000 & echo $! >"$0"; wait`, child)
	err := c.Run()
	if !IsStopped(err) || !strings.Contains(err.Error(), "some/case: still in its step after its limit of 500ms") {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(child); err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		for syscall.Kill(pid, 0) == nil && !zombie(pid) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// Where others want the processors, a step may take as much longer.
func TestWanting(t *testing.T) {
	for text, want := range map[string]float64{"0.30 0.1 0.1 1/100 7": 1, "16.00 1 1 1/1 1": 8, "": 1, "x": 1} {
		if got := wanting(text, 2); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Of a process that goes on the system tells the time so far, in ticks.
func TestTicks(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7 (a) b) S 1 7 7 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1": 43300 * time.Millisecond,
		"7 (sh) S 1": 0,
		"":           0,
	} {
		if got := ticks(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// zombie reports whether a process has ended and nobody has asked for its status.
func zombie(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(data), ") Z ")
}

// A program may say where it stands before it is killed.
func TestAbort(t *testing.T) {
	c := Command("some/case", "its step", 500*time.Millisecond, "sh", "-c", `trap 'echo here; exit 3' ABRT; while :; do sleep 0.01; done`)
	c.Abort = syscall.SIGABRT
	out, err := c.CombinedOutput()
	if !IsStopped(err) || string(out) != "here\n" {
		t.Errorf("%v %q", err, out)
	}
}

// When the time of the run is over, what runs is stopped and nothing begins.
func TestTimeOfTheRun(t *testing.T) {
	limit := flag.Lookup("test.timeout").Value
	before, begun := limit.String(), started
	defer func() { _ = limit.Set(before); started = begun }()
	_ = limit.Set("500ms")
	started = time.Now()
	err := Command("some/case", "its step", time.Hour, "sleep", "1000").Run()
	if !IsStopped(err) || !strings.Contains(err.Error(), "some/case: still in its step, since") || !strings.HasSuffix(err.Error(), "(-timeout 500ms) was over: sleep 1000") {
		t.Error(err)
	}
	err = Command("another/case", "its step", time.Hour, "sleep", "1000").Run()
	if !IsStopped(err) || !strings.Contains(err.Error(), "another/case: not run: its step: the time of the test run") {
		t.Error(err)
	}
}

// What ends by itself ends as with os/exec.
func TestOrdinary(t *testing.T) {
	if out, err := Command("", "", time.Hour, "echo", "x").CombinedOutput(); err != nil || string(out) != "x\n" {
		t.Errorf("%v %q", err, out)
	}
	err := Command("", "", time.Hour, "sh", "-c", "exit 3").Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Error(err)
	}
	if err := Command("", "", time.Hour, "/nowhere").Run(); err == nil || IsStopped(err) {
		t.Error(err)
	}
}
