package main

// check over a corpus in which every class is locked, beside a full parse of
// the same files on the same cores, and over copies of it. The parse is that of each file by itself, once,
// with all bodies, and nothing is made of the trees. Check's time has its own parse in it, and no headers of C,
// which are not loaded here.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"pyxlock/parser"
	"pyxlock/transform"
)

// check measures the whole analysis: every class of the corpus is locked, so
// that no file passes unread.
func check(files []file, tmp string) error {
	locked := make([]file, len(files))
	lines := 0
	for i, f := range files {
		locked[i] = file{f.path, decorate(f.src)}
		lines += strings.Count(string(f.src), "\n")
	}
	const cores = 2
	previous := runtime.GOMAXPROCS(cores)
	defer runtime.GOMAXPROCS(previous)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // about as seldom as the program collects, for both
	listed, err := list(files, tmp)
	if err != nil {
		return err
	}
	var ratios, ofCython []float64
	for range *rounds {
		theirs, err := cythonsParser(listed)
		if err != nil {
			return err
		}
		start := processorTime()
		if err := parseAll(locked, cores); err != nil {
			return err
		}
		parsed := processorTime() - start
		runtime.GC()
		start = processorTime()
		if err := checkAll(locked, cores); err != nil {
			return err
		}
		checked := processorTime() - start
		ratios = append(ratios, checked/parsed)
		ofCython = append(ofCython, checked/median(theirs.Seconds))
		runtime.GC()
	}
	ratio := median(ratios)
	fmt.Printf("check: %d files, %d lines, every class locked\n", len(locked), lines)
	target("check, times a full parse, processor time", ratio, "x", "<= 4", ratio <= 4)
	fmt.Printf("check of all of it, times Cython's parser for the .pyx files that it accepts: %.2f\n", median(ofCython))
	if err := curve(locked, cores); err != nil {
		return err
	}
	return checkMemory(locked, lines, tmp)
}

func parseAll(files []file, cores int) error {
	var g errgroup.Group
	g.SetLimit(cores)
	for _, f := range files {
		g.Go(func() error {
			parser.Parse(f.src, parser.Options{Name: f.path})
			return nil
		})
	}
	return g.Wait()
}

func checkAll(files []file, cores int) error {
	load := memory{map[string][]byte{}, map[string][]string{}, map[string][]string{}}
	var inputs []string
	for _, f := range files {
		load.add(f)
		inputs = append(inputs, f.path)
	}
	_, err := transform.NewProject(load, transform.Options{}).Check(context.Background(), inputs, cores)
	return err
}

// curve prints the cost of a line for one copy of the corpus, two and four, in units of the last. Parts
// of the corpus are no measure: without the .pxd beside it, a .pyx has little to look at.
func curve(files []file, cores int) error {
	var per []float64
	var sizes []int
	for copies := 1; copies <= 4; copies *= 2 {
		var some []file
		lines := 0
		for i := range copies {
			for _, f := range files {
				rel, err := filepath.Rel(*corpus, f.path)
				if err != nil {
					return err
				}
				some = append(some, file{filepath.Join(*corpus, fmt.Sprint("copy", i), rel), f.src})
				lines += strings.Count(string(f.src), "\n")
			}
		}
		var seconds []float64
		for range (*rounds + 1) / 2 {
			start := processorTime()
			if err := checkAll(some, cores); err != nil {
				return err
			}
			seconds = append(seconds, processorTime()-start)
			runtime.GC()
		}
		per = append(per, median(seconds)/float64(lines))
		sizes = append(sizes, lines)
	}
	fmt.Printf("check, cost of a line, relative:")
	for i := range per {
		fmt.Printf("  %d lines %.2f", sizes[i], per[i]/per[len(per)-1])
	}
	fmt.Println()
	return nil
}

// checkMemory runs the program over 100,000 lines and asks for its peak memory.
func checkMemory(files []file, lines int, tmp string) error {
	root := filepath.Join(tmp, "check")
	n, names := 0, 0
	for _, f := range files {
		rel, err := filepath.Rel(*corpus, f.path)
		if err != nil {
			return err
		}
		to := filepath.Join(root, rel)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.WriteFile(to, f.src, 0o666)); err != nil {
			return err
		}
		names++
		if n += strings.Count(string(f.src), "\n"); n >= 100_000 {
			break
		}
	}
	// A process starts with the peak of the one that started it, and this one has had the whole corpus: a
	// small one goes between.
	self, err := os.Executable()
	if err != nil {
		return err
	}
	said, err := exec.Command(self, "-peak", *pyxlock, "check", "--statistics", "--jobs=2", root).Output()
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	peak, err := strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	if err != nil {
		return err
	}
	fmt.Printf("check: the program over %d files, %d lines\n", names, n)
	target("check, peak memory", peak, "MB", "<= 250", peak <= 250)
	return nil
}

// printPeak runs a program and prints how many megabytes of memory it had at most.
func printPeak(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	var code *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &code) || code.ExitCode() != 1) {
		return err
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell")
	}
	fmt.Println(float64(usage.Maxrss) / 1024)
	return nil
}
