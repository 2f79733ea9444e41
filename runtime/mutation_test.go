package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pyxlock/internal/steps"
)

// mutation is a way to break the lock: one place in the C code, and what stands
// there instead.
type mutation struct{ name, why, from, to string }

// mutations reads test/mutations/list.txt, whose head says how it is written.
func mutations(t *testing.T) []mutation {
	t.Helper()
	text, err := os.ReadFile("test/mutations/list.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []mutation
	for _, line := range strings.Split(string(text), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || mark == "#":
		case mark == "<":
			all[len(all)-1].from += rest + "\n"
		case mark == ">":
			all[len(all)-1].to += rest + "\n"
		default:
			name, why, found := strings.Cut(line, ": ")
			if !found {
				t.Fatalf("list.txt: %q", line)
			}
			all = append(all, mutation{name: name, why: why})
		}
	}
	for i := range all {
		// The last line may be the beginning of one.
		all[i].from = strings.TrimSuffix(all[i].from, "\n")
		all[i].to = strings.TrimSuffix(all[i].to, "\n")
	}
	return all
}

// TestMutationsApply keeps the list up with the code.
func TestMutationsApply(t *testing.T) {
	code := cCode(pxd)
	seen := map[string]bool{}
	for _, m := range mutations(t) {
		if n := strings.Count(code, m.from); n != 1 || m.from == m.to || seen[m.name] {
			t.Errorf("%s: stands there %d times, or has a name twice:\n%s", m.name, n, m.from)
		}
		seen[m.name] = true
	}
}

// variants are the builds that are asked, the one first that compiles in a third of the time.
// Only ThreadSanitizer sees accesses that should be atomic.
var variants = []string{"-O0 -DTHREADS_JITTER", "-O2", "-O1 -DTHREADS_JITTER", "-O1 -g -fsanitize=address",
	"-O1 -g -fsanitize=thread"}

// TestMutations breaks the lock in each way of the list; test/threads.c has to
// notice. Takes minutes; runs if PYXLOCK_MUTATIONS is set.
func TestMutations(t *testing.T) {
	if os.Getenv("PYXLOCK_MUTATIONS") == "" {
		t.Skip("SKIPPED: takes minutes: make mutations")
	}
	gcc := compiler(t, "gcc")
	var p *python
	for _, one := range pythons() {
		if one.link != nil && one.freeThreaded {
			p = one
			break
		}
	}
	if p == nil {
		t.Skip("SKIPPED: no free-threaded Python with a library to link to")
	}
	for _, m := range mutations(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel() // those that hang have nothing to do
			dir := t.TempDir()
			write(t, filepath.Join(dir, "pyxlock.h"), strings.Replace(cCode(pxd), m.from, m.to, 1))
			for round := range 3 {
				for _, variant := range variants {
					if how := notice(t, gcc, p, dir, variant, round); how != "" {
						t.Logf("%s: %s", variant, how)
						return
					}
				}
			}
			t.Errorf("nobody noticed: %s", m.why)
		})
	}
}

// notice runs the C test and says how it failed, "" if it did not. That a
// scenario took long says nothing on a machine that others use: it has hung if
// it hangs again alone, and does not without the mutation.
func notice(t *testing.T, gcc string, p *python, dir, variant string, round int) string {
	t.Helper()
	start := time.Now()
	broken := buildThreads(t, gcc, p, dir, variant)
	more := 1 + 2*round
	args, limit := []string{"-s", fmt.Sprint(100*round + 1), "-r", fmt.Sprint(more)}, []string{"-p", fmt.Sprint(60 * more)}
	if strings.Contains(variant, "JITTER") {
		args = append(args, "-j")
	}
	said, failed := runThreads(t, p, broken, slices.Concat(args, limit)...)
	if scenario := hung(said); failed && scenario != "" {
		alone := slices.Concat(args, limit, []string{scenario})
		if said, failed = runThreads(t, p, broken, alone...); failed {
			sound := filepath.Join(dir, "sound")
			if err := os.MkdirAll(sound, 0o777); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(sound, "pyxlock.h"), cCode(pxd))
			if said, failed := runThreads(t, p, buildThreads(t, gcc, p, sound, variant), alone...); failed {
				t.Errorf("%s: without the mutation: %s", variant, said)
				return ""
			}
		} else {
			t.Logf("%s: %s took long, and not again", variant, scenario)
		}
	}
	if !failed {
		return ""
	}
	return fmt.Sprintf("%.1f s: %s", time.Since(start).Seconds(), said)
}

// hung is the scenario that was not over in time, by the first line of what
// threads.c said; "" if it says something else.
func hung(said string) string {
	rest, found := strings.CutPrefix(said, "HANG: ")
	if !found {
		return ""
	}
	scenario, _, _ := strings.Cut(rest, " ")
	return scenario
}

// buildThreads compiles test/threads.c with the lock of that folder, into it.
func buildThreads(t *testing.T, gcc string, p *python, dir, variant string) string {
	t.Helper()
	exe := filepath.Join(dir, "threads")
	args := append(strings.Fields(variant), "-std=c99", "-w", "-Wl,-S", // Python's symbols are most of it
		"-I"+dir, "-isystem", p.include, "test/threads.c", "-o", exe)
	if out, err := command(t, gcc, append(args, p.link...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// runThreads returns the first line of what the program said, or what its sanitizer says
// in one line, and whether it failed. It has limits of its own.
func runThreads(t *testing.T, p *python, exe string, args ...string) (said string, failed bool) {
	t.Helper()
	cmd := steps.Command(t.Name(), "threads.c", time.Hour, exe, args...)
	cmd.Env = append(os.Environ(), "PYTHONHOME="+p.home, "ASAN_OPTIONS=detect_leaks=0",
		"TSAN_OPTIONS=ignore_noninstrumented_modules=1 halt_on_error=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	if i := strings.Index(text, "SUMMARY: "); i >= 0 { // of a sanitizer
		text = text[i:]
	}
	said, _, _ = strings.Cut(text, "\n")
	switch code := cmd.ProcessState.ExitCode(); {
	case steps.IsStopped(err), code == 2: // which it says where it could not even begin
		t.Fatalf("%v: %s", err, said)
	case code == -1 && said == "":
		said = err.Error() // a signal
	}
	return said, err != nil
}
