package transform_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"

	"pyxlock/emit/report"
	"pyxlock/transform"
)

// A check says the same whatever the order and the number of goroutines.
func TestOneReportWhateverTheJobs(t *testing.T) {
	for path, files := range goldens(t) {
		var names []string
		for n := range files {
			if ext := filepath.Ext(n); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" || ext == ".py" {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		source := func(path string) []byte { return files[path] }
		var first string
		for i := range 4 {
			p := transform.NewProject(files, transform.Options{Roots: []string{"."}})
			rep, err := p.Check(context.Background(), names, 1+i*3)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := report.JSON(&got, rep, source, report.Tool{}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = got.String()
			} else if got.String() != first {
				t.Errorf("%s: another report with %d jobs:\n%s\n----\n%s", path, 1+i*3, first, got.String())
			}
			slices.Reverse(names)
		}
	}
}
