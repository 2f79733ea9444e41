package runtime

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
var variants = []string{"-O0 -DTHREADS_JITTER", "-O2", "-O1 -DTHREADS_JITTER", "-O1 -g -fsanitize=address"}

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

// notice runs the C test and says how it failed, "" if it did not.
func notice(t *testing.T, gcc string, p *python, dir, variant string, round int) string {
	t.Helper()
	exe := filepath.Join(dir, "threads")
	args := append(strings.Fields(variant), "-std=c99", "-w", "-I"+dir, "-isystem", p.include, "test/threads.c", "-o", exe)
	if out, err := command(t, gcc, append(args, p.link...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-s", fmt.Sprint(100*round+1), "-r", fmt.Sprint(1+2*round), "-p", "60")
	if strings.Contains(variant, "JITTER") {
		cmd.Args = append(cmd.Args, "-j")
	}
	cmd.Env = append(os.Environ(), "PYTHONHOME="+p.home, "ASAN_OPTIONS=detect_leaks=0")
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return fmt.Sprintf("%.1f s: %v: %s", time.Since(start).Seconds(), err, first)
}
