package weak

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLitmus compares verdicts with those of the literature.
func TestLitmus(t *testing.T) {
	text, err := os.ReadFile("litmus.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split("\n"+string(text), "\ntest ")[1:]
	if len(blocks) < 30 {
		t.Fatalf("%d tests", len(blocks))
	}
	for _, block := range blocks {
		head, body, _ := strings.Cut(block, "\n")
		f := strings.Fields(head)
		name, verdict, wanted := f[0], f[1], f[2:]
		t.Run(name, func(t *testing.T) {
			m, err := Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Explore(m, 0)
			if err != nil {
				t.Fatal(err)
			}
			if r.Violation != "" {
				t.Fatal(r.Violation)
			}
			found := "forbidden"
			for outcome := range r.Outcomes {
				all := true
				for _, w := range wanted {
					all = all && strings.Contains(" "+outcome+" ", " "+w+" ")
				}
				if all {
					found = "allowed"
				}
			}
			if found != verdict {
				t.Errorf("%s, but it is %s; %d outcomes", found, verdict, len(r.Outcomes))
				for o := range r.Outcomes {
					fmt.Println(o)
				}
			}
		})
	}
}

// models returns the text of each model, by name.
func models(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("models/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no models")
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return found
}

func explore(t *testing.T, text string) *Result {
	t.Helper()
	m, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Explore(m, 5_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestModels explores each model: nothing is wrong in it.
func TestModels(t *testing.T) {
	for name, text := range models(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			r := explore(t, text)
			if r.Violation != "" {
				t.Fatalf("%s\n%s", r.Violation, r.Trace)
			}
			t.Logf("%7d states %6d ends %5.1fs  clean", r.States, r.Ends, time.Since(start).Seconds())
		})
	}
}

// mutate replaces lines in one thread.
func mutate(text, thread, old, new string) (string, error) {
	var out, in []string
	inside, before := false, 0
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "thread" {
			inside = f[1] == thread
			out = append(out, strings.TrimSpace(line))
			if inside {
				before = len(out)
			}
			continue
		}
		if line, _, _ := strings.Cut(line, "#"); inside && strings.TrimSpace(line) != "" {
			in = append(in, strings.TrimSpace(line))
		} else if !inside {
			out = append(out, strings.TrimSpace(line))
		}
	}
	lines := func(s string) string {
		var all []string
		for part := range strings.SplitSeq(s, ";") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part+"\n")
			}
		}
		return strings.Join(all, "")
	}
	body := "\n" + strings.Join(in, "\n") + "\n"
	if n := strings.Count(body, "\n"+lines(old)); n != 1 {
		return "", fmt.Errorf("thread %s has %q %d times", thread, old, n)
	}
	body = strings.Replace(body, "\n"+lines(old), "\n"+lines(new), 1)
	return strings.Join(out[:before], "\n") + body + strings.Join(out[before:], "\n"), nil
}

// TestMutations breaks the models in each of the listed ways.
func TestMutations(t *testing.T) {
	all := models(t)
	text, err := os.ReadFile("mutations.txt")
	if err != nil {
		t.Fatal(err)
	}
	caught := map[string]int{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 4 {
			t.Fatalf("mutations.txt:%d: not four columns", n)
		}
		name, thread, _ := strings.Cut(f[0], "/")
		old, new, ok := strings.Cut(f[1], "=>")
		if !ok || all[name] == "" {
			t.Fatalf("mutations.txt:%d: no change, or of no model", n)
		}
		caught[name] += strings.Count(f[2], "caught")
		t.Run(fmt.Sprintf("%s:%d", name, n), func(t *testing.T) {
			t.Parallel()
			broken, err := mutate(all[name], thread, old, new)
			if err != nil {
				t.Fatalf("mutations.txt:%d: %v", n, err)
			}
			r := explore(t, broken)
			found := "equal"
			if r.Violation != "" {
				found = "caught"
			}
			if found != f[2] {
				t.Errorf("mutations.txt:%d: %s: it is %s, not %s\n%s\n%s", n, f[3], found, f[2], r.Violation, r.Trace)
			}
			t.Logf("%7d states  %s: %s: %s", r.States, found, f[3], r.Violation)
		})
	}
	for name := range all {
		if caught[name] == 0 {
			t.Errorf("nothing is broken in %s", name)
		}
	}
}
