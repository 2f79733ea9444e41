package parser

import (
	"fmt"
	"os"
	"path/filepath"
	"io/fs"
	"syscall"
	"testing"
	"runtime"
	"pyxlock/parser/lex"
)

func cpu() float64 {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return float64(r.Utime.Sec) + float64(r.Utime.Usec)/1e6+float64(r.Stime.Sec) + float64(r.Stime.Usec)/1e6
}

func TestScratch(t *testing.T) {
	root := os.Getenv("PYXLOCK_CORPUS")
	var srcs [][]byte
	size := 0
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if d.IsDir() || ext != ".pyx" && ext != ".pxi" {
			return nil
		}
		src, _ := os.ReadFile(path)
		srcs = append(srcs, src)
		size += len(src)
		return nil
	})
	for i := 0; i < 6; i++ {
		runtime.GC()
		a := cpu()
		for _, s := range srcs { lex.Scan(string(s), false) }
		b := cpu()
		for _, s := range srcs { Parse(s, Options{}) }
		c := cpu()
		fmt.Printf("lex %.1f MB/s parse %.1f MB/s\n", float64(size)/1e6/(b-a), float64(size)/1e6/(c-b))
	}
}
