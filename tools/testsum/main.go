// Command testsum runs "go test" with the arguments it is given and prints one
// line a package, the whole output of what failed and of what had not ended when
// its package did, and at the end every skipped test with its reason, so that what
// was not tested is never silent. With -kept first, and "--" before the packages, it
// leaves out those whose tests have passed with the same inputs (kept.go).
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
	args := os.Args[1:]
	if len(args) > 2 && args[0] == "-run-logged" {
		fail(runLogged(args[1], args[2:]))
	}
	start := time.Now()
	sum := newSummary(os.Stdout)
	var err error
	if packages := slices.Index(args, "--"); len(args) > 0 && args[0] == "-kept" && packages > 0 {
		err = testKept(gocmd, args[1:packages], args[packages+1:], sum)
	} else {
		err = test(gocmd, args, sum)
	}
	sum.close(time.Since(start))
	if err != nil || sum.failed > 0 {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "testsum:", err)
	os.Exit(2)
}

// test runs "go test".
func test(gocmd string, args []string, sum *summary) error {
	cmd := exec.Command(gocmd, append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fail(err)
	}
	sum.read(stdout)
	return cmd.Wait()
}

// testKept tests packages whose inputs have changed.
func testKept(gocmd string, flags, packages []string, sum *summary) error {
	k, err := newKeeper(gocmd, flags, packages)
	if err != nil {
		fail(err)
	}
	if k == nil {
		return test(gocmd, slices.Concat(flags, packages), sum)
	}
	packages = k.changed(packages, sum)
	if len(packages) == 0 {
		return os.RemoveAll(k.logs)
	}
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	// -count=1: what Go itself would keep leaves no log.
	failed := test(gocmd, slices.Concat([]string{"-count=1", "-exec", fmt.Sprintf("%q -run-logged %q", self, k.logs)}, flags, packages), sum)
	if err := k.keep(sum); err != nil {
		fail(err)
	}
	return failed
}

// key names one test; Test is empty for the package itself.
type key struct{ pkg, test string }

type summary struct {
	out                     io.Writer
	output                  map[key]*strings.Builder
	running                 map[key]time.Time // since when
	passed, failed, skipped int
	unchanged               int // tests that passed before, and were not run
	skips                   []string
	outcomes                map[string]*outcome // of packages whose tests ran, and passed
	current                 map[string]*outcome // of packages that are being tested
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[key]*strings.Builder{}, running: map[key]time.Time{}, outcomes: map[string]*outcome{}, current: map[string]*outcome{}}
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
		s.outcomes[e.Package] = s.of(e.Package)
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
		s.of(e.Package).Passed++
	case "fail":
		s.failed++
		s.print(k)
	case "skip":
		s.skipped++
		line := fmt.Sprintf("%s %s: %s", e.Package, e.Test, s.reason(k))
		s.skips = append(s.skips, line)
		o := s.of(e.Package)
		o.Skips = append(o.Skips, line)
	}
}

// of returns what the tests of a package have come to so far.
func (s *summary) of(pkg string) *outcome {
	if s.current[pkg] == nil {
		s.current[pkg] = &outcome{}
	}
	return s.current[pkg]
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
	unchanged := ""
	if s.unchanged > 0 {
		unchanged = fmt.Sprintf("%d unchanged, ", s.unchanged)
	}
	fmt.Fprintf(s.out, "\ngo test took %.0fs\ntests: %d passed, %s%d failed, %d skipped\n", took.Seconds(), s.passed, unchanged, s.failed, s.skipped)
}
