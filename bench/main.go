// Command bench measures pyxlock against its targets and prints one line each.
// bench/run.sh calls it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"pyxlock/parser"
	"pyxlock/transform"
)

var (
	corpus  = flag.String("corpus", "", "folder of Cython sources")
	python  = flag.String("python", "", "interpreter that has Cython")
	pyxlock = flag.String("pyxlock", "", "the program")
	empty   = flag.String("empty", "", "a program that does nothing, built likewise")
	rounds  = flag.Int("rounds", 5, "rounds of the throughput measurements")
	only    = flag.String("only", "", "check or growth: only that measurement")
	starts  = flag.Int("starts", 60, "rounds of the process measurements")
	peak    = flag.Bool("peak", false, "run the program that the arguments name, and print its peak of memory")
)

func main() {
	flag.Parse()
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench() error {
	if *peak {
		return printPeak(flag.Args())
	}
	files, err := sources(*corpus)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "pyxlock-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	fmt.Printf("corpus: %s (%s), %d CPUs\n\n", *corpus, packages(files), runtime.NumCPU())
	switch *only {
	case "check":
		return check(files, tmp)
	case "growth":
		return growth()
	}
	if err := parse(files, tmp); err != nil {
		return err
	}
	if err := passThrough(files); err != nil {
		return err
	}
	if err := process(files, tmp); err != nil {
		return err
	}
	if err := tree(files, tmp); err != nil {
		return err
	}
	if err := check(files, tmp); err != nil {
		return err
	}
	return growth()
}

// target prints one figure beside what it has to reach.
func target(name string, value float64, unit, want string, reached bool) {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
	}
	fmt.Printf("%-44s %10.2f %-6s target %-10s %s\n", name, value, unit, want, verdict)
}

// A file is one source of the corpus, read.
type file struct {
	path string
	src  []byte
}

// sources reads every .pyx, .pxd and .pxi below root.
func sources(root string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if ext := filepath.Ext(p); ext == ".pyx" || ext == ".pxd" || ext == ".pxi" {
			src, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			files = append(files, file{p, src})
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no Cython files in %s", root)
	}
	return files, err
}

// packages says what the corpus consists of.
func packages(files []file) string {
	var names []string
	size := 0
	for _, f := range files {
		size += len(f.src)
		if rel, err := filepath.Rel(*corpus, f.path); err == nil {
			if top, _, dir := strings.Cut(filepath.ToSlash(rel), "/"); dir && !slices.Contains(names, top) {
				names = append(names, top)
			}
		}
	}
	return fmt.Sprintf("%d files, %.2f MB: %s", len(files), float64(size)/1e6, strings.Join(names, ", "))
}

// list writes the paths of the .pyx files to a file, for p_module.py, and returns its path.
func list(files []file, tmp string) (string, error) {
	var paths strings.Builder
	for _, f := range files {
		if filepath.Ext(f.path) == ".pyx" {
			abs, err := filepath.Abs(f.path)
			if err != nil {
				return "", err
			}
			paths.WriteString(abs + "\n")
		}
	}
	listed := filepath.Join(tmp, "list")
	return listed, os.WriteFile(listed, []byte(paths.String()), 0o666)
}

// parsed is what p_module.py says: the files without an error, and the seconds of processor time of each pass over them.
type parsed struct {
	Files    []string
	Seconds  []float64
	Compiled bool
}

// cythonsParser has Cython parse the files of a list, once.
func cythonsParser(listed string) (parsed, error) {
	var result parsed
	out, err := exec.Command(*python, "bench/p_module.py", listed, "1").Output()
	if err != nil {
		return result, fmt.Errorf("p_module.py: %w", err)
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return result, err
	}
	if !result.Compiled {
		return result, errors.New("this Cython is not compiled: its parser is no measure")
	}
	return result, nil
}

// parse measures a full parse of the .pyx files that Cython's parser accepts,
// on one core, and Cython's own parser on the same files, in processor time. The two take turns.
func parse(files []file, tmp string) error {
	listed, err := list(files, tmp)
	if err != nil {
		return err
	}
	var ours, theirs []float64
	var accepted [][]byte
	size := 0
	previous := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(previous)
	for range *rounds {
		result, err := cythonsParser(listed)
		if err != nil {
			return err
		}
		theirs = append(theirs, result.Seconds...)
		if accepted == nil {
			for _, name := range result.Files {
				src, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				accepted = append(accepted, src)
				size += len(src)
			}
		}
		start := processorTime()
		for _, src := range accepted {
			if _, errs := parser.Parse(src, parser.Options{Name: "bench.pyx"}); len(errs) > 0 {
				return fmt.Errorf("a file that Cython accepts does not parse: %v", errs[0])
			}
		}
		ours = append(ours, processorTime()-start)
	}
	rate := float64(size) / 1e6 / median(ours)
	ratio := median(theirs) / median(ours)
	fmt.Printf("parse: %d .pyx files, %.2f MB; Cython's compiled parser %.2f MB/s\n",
		len(accepted), float64(size)/1e6, float64(size)/1e6/median(theirs))
	target("parse, one core", rate, "MB/s", ">= 25", rate >= 25)
	target("parse, times Cython's parser", ratio, "x", ">= 25", ratio >= 25)
	return nil
}

// memory serves files that are read already.
type memory struct {
	src         map[string][]byte
	files, dirs map[string][]string // by directory
}

func (m memory) Read(path string) ([]byte, error) {
	if src, ok := m.src[path]; ok {
		return src, nil
	}
	return nil, fs.ErrNotExist
}

func (m memory) List(dir string) (files, dirs []string) { return m.files[dir], m.dirs[dir] }

func (m memory) add(f file) {
	m.src[f.path] = f.src
	dir := filepath.Dir(f.path)
	m.files[dir] = append(m.files[dir], filepath.Base(f.path))
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if slices.Contains(m.dirs[up], filepath.Base(dir)) {
			break
		}
		m.dirs[up] = append(m.dirs[up], filepath.Base(dir))
	}
}

// passThrough measures what a file costs that has no lock decorator, once it is
// read: one core, the whole corpus.
func passThrough(files []file) error {
	load := memory{map[string][]byte{}, map[string][]string{}, map[string][]string{}}
	var inputs []string
	size := 0
	for _, f := range files {
		load.add(f)
		inputs = append(inputs, f.path)
		size += len(f.src)
	}
	previous := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(previous)
	var seconds []float64
	for range *rounds * 3 {
		start := time.Now()
		result, err := transform.NewProject(load, transform.Options{}).Run(context.Background(), inputs, 1)
		if err != nil {
			return err
		}
		seconds = append(seconds, time.Since(start).Seconds())
		for _, r := range result.Rewrites {
			if r.Changed() {
				return fmt.Errorf("%s has a lock decorator", r.Path)
			}
		}
	}
	rate := float64(size) / 1e6 / median(seconds)
	target("files without lock decorators, one core", rate, "MB/s", ">= 500", rate >= 500)
	return nil
}

var classHeader = regexp.MustCompile(`(?m)^([ \t]*)cdef class [^\n]*:`)

// decorate gives every cdef class of a source the class decorator.
func decorate(src []byte) []byte {
	return classHeader.ReplaceAll(src, []byte("${1}@locked_class\n$0"))
}

// sample finds the file nearest to 15 KB that has a cdef class, and that pyxlock
// can expand when the class is locked.
func sample(files []file, tmp string) (plain, locked string, err error) {
	candidates := slices.DeleteFunc(slices.Clone(files), func(f file) bool {
		return filepath.Ext(f.path) != ".pyx" || !classHeader.Match(f.src)
	})
	slices.SortStableFunc(candidates, func(a, b file) int {
		return abs(len(a.src)-15_000) - abs(len(b.src)-15_000)
	})
	for _, f := range candidates {
		dir := filepath.Join(tmp, "sample")
		plain, locked = filepath.Join(dir, "plain.pyx"), filepath.Join(dir, "locked.pyx")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", "", err
		}
		if err := errors.Join(os.WriteFile(plain, f.src, 0o666), os.WriteFile(locked, decorate(f.src), 0o666)); err != nil {
			return "", "", err
		}
		if exec.Command(*pyxlock, "rewrite", locked).Run() == nil {
			fmt.Printf("sample: %s, %d bytes\n", f.path, len(f.src))
			return plain, locked, nil
		}
	}
	return "", "", errors.New("no file of the corpus can be expanded by itself")
}

// process measures one process from start to exit, beside a program that does
// nothing, in turns.
func process(files []file, tmp string) error {
	plain, locked, err := sample(files, tmp)
	if err != nil {
		return err
	}
	out := filepath.Join(tmp, "out.pyx")
	commands := [][]string{
		{*empty},
		{*pyxlock, "rewrite", plain},
		{*pyxlock, "rewrite", locked},
		{*pyxlock, "version"},
		{*pyxlock, "rewrite", locked, "-o", out},
	}
	times := make([][]float64, len(commands))
	for range *starts {
		for i, c := range commands {
			os.Remove(out)
			start := time.Now()
			if err := exec.Command(c[0], c[1:]...).Run(); err != nil {
				return fmt.Errorf("%v: %w", c, err)
			}
			times[i] = append(times[i], time.Since(start).Seconds())
		}
	}
	base := median(times[0])
	fmt.Printf("process: an empty Go program %.2f ms, pyxlock version %.2f ms, decorated with -o and the runtime written %.2f ms\n",
		base*1e3, median(times[3])*1e3, median(times[4])*1e3)
	for i, name := range []string{"", "one process, 15 KB, no decorator", "one process, 15 KB, decorated"} {
		if i > 0 {
			ratio := median(times[i]) / base
			target(name, ratio, "x", "<= 2.5", ratio <= 2.5)
		}
	}
	return nil
}

// tree measures a tree of 1,000 decorated files with one job and with all.
func tree(files []file, tmp string) error {
	const count = 1000
	data, err := os.ReadFile(filepath.Join(tmp, "sample", "locked.pyx"))
	if err != nil {
		return err
	}
	root := filepath.Join(tmp, "tree")
	for i := range count {
		dir := filepath.Join(root, fmt.Sprintf("pkg%02d", i/50))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("m%03d.pyx", i)), data, 0o666); err != nil {
			return err
		}
	}
	run := func(cores string, args ...string) (float64, error) {
		cmd := exec.Command(*pyxlock, append([]string{"rewrite", root, "--jobs=" + cores}, args...)...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+cores) // the collector would use the other cores
		start := time.Now()
		said, err := cmd.CombinedOutput()
		var failed *exec.ExitError
		if errors.As(err, &failed) && failed.ExitCode() == 1 && slices.Contains(args, "--check") {
			err = nil // what it says of files that would change
		}
		if err != nil {
			return 0, fmt.Errorf("%w\n%s", err, said)
		}
		return time.Since(start).Seconds(), nil
	}
	var one, all, written []float64
	cores := strconv.Itoa(runtime.NumCPU())
	for i := range *rounds {
		out := filepath.Join(tmp, fmt.Sprintf("out-%d", i))
		for _, c := range []struct {
			into *[]float64
			args []string
		}{{&one, []string{"1", "--check"}}, {&all, []string{cores, "--check"}}, {&written, []string{cores, "-o", out}}} {
			took, err := run(c.args[0], c.args[1:]...)
			if err != nil {
				return err
			}
			*c.into = append(*c.into, took)
		}
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	ratio := median(one) / median(all)
	want := 0.75 * float64(runtime.NumCPU())
	fmt.Printf("tree: %d files of %d bytes in %.0f ms on one core, %.0f ms on %d, %.0f ms with all of them written\n",
		count, len(data), median(one)*1e3, median(all)*1e3, runtime.NumCPU(), median(written)*1e3)
	target("1,000 files, all cores over one core", ratio, "x", fmt.Sprintf(">= %.1f", want), ratio >= want)
	return nil
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
