package corpus

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"pyxlock/internal/memory"
	"pyxlock/transform"
)

// maxSteps is how much the model of a line may take: pyhmmer's takes 28, scipy's 2.
const maxSteps = 60

var cdefClass = regexp.MustCompile(`(?m)^([ \t]*)cdef class [^\n]*:`)

// TestCheckTakesWorkByTheLine checks every package, as it is and with each class locked. What the model took is counted in its
// own steps, which no machine changes; a check that does not end is told by a clock.
func TestCheckTakesWorkByTheLine(t *testing.T) {
	for _, dir := range packages(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			plain, locked := memory.Files{}, memory.Files{}
			lines := 0
			var inputs []string
			for _, ext := range []string{".pyx", ".pxd", ".pxi"} {
				for _, name := range files(t, dir, ext) {
					src, err := os.ReadFile(filepath.Join(dir, name))
					if err != nil {
						t.Fatal(err)
					}
					plain[name], locked[name] = string(src), string(cdefClass.ReplaceAll(src, []byte("${1}@locked_class\n$0")))
					lines += bytes.Count(src, []byte("\n"))
					inputs = append(inputs, name)
				}
			}
			for how, in := range map[string]memory.Files{"as it is": plain, "locked": locked} {
				p := transform.NewProject(in, transform.Options{})
				done := make(chan error, 1)
				go func() {
					_, err := p.Check(context.Background(), inputs, 0)
					done <- err
				}()
				select {
				case err := <-done:
					if err != nil {
						t.Fatal(err)
					}
				case <-time.After(10 * time.Minute):
					t.Fatalf("%s: check has not ended after ten minutes and %d steps for %d lines", how, p.Steps(), lines)
				}
				t.Logf("%s: %d steps for %d lines", how, p.Steps(), lines)
				if p.Steps() > maxSteps*int64(lines) {
					t.Errorf("%s: %d steps for %d lines, more than %d for each", how, p.Steps(), lines, maxSteps)
				}
			}
		})
	}
}
