package transform_test

import (
	"slices"
	"testing"

	"pyxlock/transform"
)

// Whatever a file holds, deleting the comments that do nothing leaves it
// parsing as it did, and nothing more to delete.
func FuzzSuppressions(f *testing.F) {
	f.Add("x = 1  # pyxlock: ignore[PXL201] because\n")
	f.Add("# pyxlock: ignore[PXL201, PXL999]why # noqa\nif x: # pyxlock: ignore\n    '''\n# pyxlock: ignore[PXL202] a''' # pyxlock:ignore [PXL202,,PXL202] b\r\n")
	f.Add("\ufeff# pyxlock: ignore[PXL201] a # pyxlock: ignore[PXL202] b\ry\\\n  # pyxlock: ignore[PXL201")
	f.Fuzz(func(t *testing.T, src string) {
		left := 0
		for {
			p := transform.NewProject(memory{"m.pyx": []byte(src)}, transform.Options{})
			rep, err := p.Check(t.Context(), []string{"m.pyx"}, 1)
			if err != nil {
				t.Fatal(err)
			}
			broken := slices.ContainsFunc(rep.Findings, func(f transform.Finding) bool { return f.Code == transform.SyntaxError })
			if broken && left > 0 {
				t.Fatalf("a fix broke it: %q", src)
			}
			fixes, touched := 0, int32(len(src))
			for _, f := range slices.Backward(rep.Findings) {
				if f.Fix == nil {
					continue
				}
				fixes++
				if e := f.Fix.Edits[0]; e.End <= touched {
					src, touched = src[:e.Off]+e.New+src[e.End:], e.Off
				}
			}
			if fixes == 0 {
				return
			}
			if left > 0 && fixes >= left {
				t.Fatalf("nothing gets less: %q", src)
			}
			left = fixes
		}
	})
}
