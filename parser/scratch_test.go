package parser

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScratch(t *testing.T) {
	root := os.Getenv("PYXLOCK_CORPUS")
	n, bad := 0, 0
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if d.IsDir() || ext != ".pyx" && ext != ".pxd" && ext != ".pxi" {
			return nil
		}
		src, _ := os.ReadFile(path)
		n++
		_, errs := Parse(src, Options{Name: path})
		if len(errs) > 0 && !strings.Contains(string(src), "mode: error") {
			bad++
			fmt.Println(path, len(errs), errs[0])
		}
		return nil
	})
	fmt.Println(n, bad)
}
