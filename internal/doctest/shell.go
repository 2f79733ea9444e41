package doctest

// One bash for a page, so that "cd" and "activate" last from block to block.

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"pyxlock/internal/steps"
)

// patience is how long a command may take: some install packages.
const patience = 10 * time.Minute

// mark ends what a command prints. No command of a page prints it.
const mark = "\x1epyxlock-doctest\x1e"

type shell struct {
	of    string // what is run in it, for the list of steps
	dir   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

func newShell(of, dir string, env []string) (*shell, error) {
	cmd := exec.Command("bash", "--norc", "--noprofile")
	cmd.Dir = dir
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &shell{of, dir, cmd, stdin, bufio.NewReader(r)}, w.Close()
}

// run runs one command and returns what it printed, on both streams, and its
// exit status.
func (s *shell) run(command string) (printed string, exit int, err error) {
	late := time.AfterFunc(patience, s.kill)
	defer late.Stop()
	if steps.Noted() {
		begun, busy := time.Now(), steps.Busy(s.cmd.Process.Pid)
		defer func() { steps.Note(s.of, command, steps.Busy(s.cmd.Process.Pid)-busy, time.Since(begun)) }()
	}
	if _, err := fmt.Fprintf(s.stdin, "eval %s </dev/null\nprintf '%%s%%d\\n' '%s' \"$?\"\n", quote(command), mark); err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			return "", 0, fmt.Errorf("%s: the shell ended, or took more than %v, after:\n%s%s", command, patience, b.String(), line)
		}
		text, status, found := strings.Cut(line, mark)
		b.WriteString(text)
		if found {
			_, err := fmt.Sscan(status, &exit)
			return b.String(), exit, err
		}
	}
}

// prepare gives the commands that follow what they need.
func (s *shell) prepare(supply Supply) error {
	commands := []string{}
	for _, e := range supply.Env {
		name, value, _ := strings.Cut(e, "=")
		commands = append(commands, "export "+name+"=\""+value+"\"")
	}
	if supply.Dir != "" {
		commands = append(commands, "cd "+quote(supply.Dir))
	}
	for _, c := range commands {
		if printed, exit, err := s.run(c); err != nil || exit != 0 {
			return fmt.Errorf("%s: exit status %d: %w\n%s", c, exit, err, printed)
		}
	}
	return nil
}

func (s *shell) kill() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) }

func (s *shell) close() {
	_ = s.stdin.Close()
	s.kill()
	_ = s.cmd.Wait()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
