// Command testsum runs "go test" with the arguments it is given and prints one
// line a package, the whole output of what failed and of what had not ended when
// its package did, and at the end every skipped test with its reason, so that what
// was not tested is never silent.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// event is one line of "go test -json".
type event struct {
	Time       time.Time
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Output     string
	Elapsed    float64
}

func main() {
	gocmd := os.Getenv("GO")
	if gocmd == "" {
		gocmd = "go"
	}
	cmd := exec.Command(gocmd, append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(2)
	}
	start := time.Now()
	sum := newSummary(os.Stdout)
	sum.read(stdout)
	err = cmd.Wait()
	sum.close(time.Since(start))
	if err != nil || sum.failed > 0 {
		os.Exit(1)
	}
}

// key names one test; Test is empty for the package itself.
type key struct{ pkg, test string }

type summary struct {
	out                     io.Writer
	output                  map[key]*strings.Builder
	running                 map[key]time.Time // since when
	passed, failed, skipped int
	skips                   []string
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[key]*strings.Builder{}, running: map[key]time.Time{}}
}

func (s *summary) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				s.out.Write(line) // not an event: print it as it is
			} else {
				s.event(e)
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *summary) event(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "run":
		s.running[k] = e.Time
	case "build-output":
		io.WriteString(s.out, e.Output)
	case "output":
		b := s.output[k]
		if b == nil {
			b = new(strings.Builder)
			s.output[k] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.pkg(e, k)
		} else {
			s.test(e, k)
		}
		delete(s.output, k)
		delete(s.running, k)
	}
}

func (s *summary) pkg(e event, k key) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(s.out, "ok  \t%s\t%.3fs\n", e.Package, e.Elapsed)
	case "skip":
		fmt.Fprintf(s.out, "?   \t%s\t[no test files]\n", e.Package)
	case "fail":
		s.unfinished(e)
		s.print(k)
	}
}

// unfinished tells which tests of a package had not ended when it did: a panic,
// -timeout's for one, ends all of them, and its text is in the output of only one.
func (s *summary) unfinished(e event) {
	var keys []key
	for k := range s.running {
		if k.pkg == e.Package {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.test, b.test) })
	for _, k := range keys {
		fmt.Fprintf(s.out, "HAD NOT ENDED: %s %s, after %.0fs\n", k.pkg, k.test, e.Time.Sub(s.running[k]).Seconds())
		s.print(k)
		delete(s.running, k)
		delete(s.output, k)
	}
}

func (s *summary) test(e event, k key) {
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		s.print(k)
	case "skip":
		s.skipped++
		s.skips = append(s.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, s.reason(k)))
	}
}

// print shows all output of one test.
func (s *summary) print(k key) {
	if b := s.output[k]; b != nil {
		io.WriteString(s.out, b.String())
	}
}

// reason finds the message of t.Skip in a test's output.
func (s *summary) reason(k key) string {
	b := s.output[k]
	if b == nil {
		return "no reason given"
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

func (s *summary) close(took time.Duration) {
	if len(s.skips) > 0 {
		fmt.Fprintln(s.out, "\nSKIPPED:")
		for _, line := range s.skips {
			fmt.Fprintln(s.out, "  "+line)
		}
	}
	fmt.Fprintf(s.out, "\ngo test took %.0fs\ntests: %d passed, %d failed, %d skipped\n", took.Seconds(), s.passed, s.failed, s.skipped)
}
