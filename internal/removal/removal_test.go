// Package removal takes locks away from sources, one at a time, and sees whether check tells.
//
// A source that has one lock less, or a weaker one, is a program with one bug that somebody might have written.
// weaken_test.go finds what can be weakened and writes what comes of it; tree_test.go asks pyxlock about sources;
// verdict_test.go says what the answer is worth. The tests of this file run over real packages, the examples and
// testdata; without PYXLOCK_CORPUS, which "make lock-removals" sets, they are skipped.
package removal

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/tools/txtar"
)

var (
	packageMatch = flag.String("package", "", "take only the packages whose name matches this regexp")
	sample       = flag.Int("sample", 60, "weakenings of each package, drawn by -seed; 0 takes all")
	seed         = flag.Uint64("seed", 1, "what the sample is drawn by")
	workers      = flag.Int("workers", 2, "weakenings to try at a time")
	headerPaths  = flag.String("headers", "", "directories with headers, separated by colons")
	verbose      = flag.Bool("told", false, "list what is told as well")
)

// corpus returns the folder of the packages.
func corpus(t *testing.T) string {
	t.Helper()
	root := os.Getenv("PYXLOCK_CORPUS")
	if root == "" {
		t.Skip("PYXLOCK_CORPUS is not set: make lock-removals sets it")
	}
	return root
}

// TestPackages annotates each package, and takes locks away from it.
func TestPackages(t *testing.T) {
	entries, err := os.ReadDir(corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	all, known := Table{}, expected(t)
	for _, e := range entries {
		try(t, e.Name(), all, known, func() (*Tree, error) {
			files, err := read(filepath.Join(corpus(t), e.Name()))
			if err != nil {
				return nil, err
			}
			return NewTree(files, filepath.SplitList(*headerPaths), nil).Annotated()
		})
	}
	t.Logf("all packages\n%s", all)
}

// TestExamples takes locks away from the examples, which were locked by hand.
func TestExamples(t *testing.T) {
	corpus(t)
	all, known := Table{}, expected(t)
	for _, name := range []string{"matrix", "poly"} {
		try(t, name, all, known, func() (*Tree, error) {
			files, err := read(filepath.Join("../../examples", name, "src"))
			return NewTree(files, nil, nil), err
		})
	}
	t.Logf("all examples\n%s", all)
}

// TestTestdata takes locks away from what the goldens rewrite, what they annotate, and what the tests of rules check. Many of
// these have locks that nothing needs, so what is silent is listed, and is no failure.
func TestTestdata(t *testing.T) {
	corpus(t)
	all := Table{}
	for _, top := range []string{"annotate", "check", "rewrite"} {
		err := filepath.WalkDir(filepath.Join("../../testdata", top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".txtar" {
				return err
			}
			archive, err := txtar.ParseFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel("../../testdata", strings.TrimSuffix(path, ".txtar"))
			try(t, filepath.ToSlash(name), all, nil, func() (*Tree, error) { return golden(archive, top == "annotate"), nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("all of testdata\n%s", all)
}

// read returns the sources and headers below a folder.
func read(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !slices.Contains([]string{".pyx", ".pxd", ".pxi", ".py", ".h", ".hh", ".hpp", ".hxx", ".inc"}, filepath.Ext(path)) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	return files, err
}

// golden returns the input of a golden; of one that is annotated, with what it proposes.
func golden(archive *txtar.Archive, annotated bool) *Tree {
	files := map[string][]byte{}
	var reads []string
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "in/"); ok && files[name] == nil {
			files[name] = f.Data
		}
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok && annotated {
			files[name] = f.Data
		}
		if f.Name == "reads" {
			reads = strings.Fields(string(f.Data))
		}
	}
	return NewTree(files, nil, reads)
}

// try takes locks away from a tree. Where expect is not nil, it has what check need not tell of.
func try(t *testing.T, name string, all Table, expect map[string]bool, open func() (*Tree, error)) {
	if ok, err := regexp.MatchString(*packageMatch, name); err != nil || !ok {
		return
	}
	t.Run(name, func(t *testing.T) {
		tree, err := open()
		if err != nil {
			t.Fatal(err)
		}
		list := tree.Weakenings()
		total := len(list)
		if total == 0 {
			return
		}
		base, err := NewBase(tree)
		if err != nil {
			t.Fatal(err)
		}
		if base.rewritten == nil {
			t.Log("pyxlock refuses to rewrite it, so programs cannot be compared")
		}
		list = drawn(list)
		answers := base.all(t, list)
		table := Table{}
		var lines bytes.Buffer
		for i := range list {
			w, a := &list[i], answers[i]
			table.Add(w.Kind, a.Outcome)
			all.Add(w.Kind, a.Outcome)
			open := a.Outcome == Silent || a.Outcome == Lost
			if is := expectation(name, w); open && expect != nil && !expect[is] {
				t.Errorf("%s: %s: check tells nothing, and nothing says why it need not: mend check or annotate, or put into expected.txt, with the reason:\n%s -- REASON", w, a.Outcome, is)
			}
			if *verbose || open || a.Outcome == Already {
				fmt.Fprintf(&lines, "%s: %s%s\n", w, a.Outcome, a.Because())
			}
		}
		t.Logf("%d of %d\n%s%s", len(list), total, table, &lines)
	})
}

// all compares each of some weakenings, several at a time.
func (b *Base) all(t *testing.T, list []Weakening) []Answer {
	answers, errs := make([]Answer, len(list)), make([]error, len(list))
	var next atomic.Int32
	var wg sync.WaitGroup
	for range *workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(list); i = int(next.Add(1)) - 1 {
				answers[i], errs[i] = b.Compare(&list[i])
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("%s: %v", &list[i], err)
		}
	}
	return answers
}

// drawn returns the sample, in the order of the source. It takes from each kind in turn: some are rare.
func drawn(list []Weakening) []Weakening {
	if *sample <= 0 || *sample >= len(list) {
		return list
	}
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	var turns [][]Weakening
	taken := map[Kind]int{}
	for _, w := range list {
		turn := taken[w.Kind]
		taken[w.Kind]++
		if turn == len(turns) {
			turns = append(turns, nil)
		}
		turns[turn] = append(turns[turn], w)
	}
	list = slices.Concat(turns...)[:*sample]
	slices.SortStableFunc(list, ByPlace)
	return list
}

// expectation is how expected.txt names a weakening: by what it does, so that it stays when lines move.
func expectation(name string, w *Weakening) string {
	return fmt.Sprintf("%s: %s: %s: %s", name, w.Scope, w.Kind, w.What)
}

// expected reads which weakenings check need not tell of, and no criterion can say why.
func expected(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndex(line, " -- ")
		if i < 0 || strings.TrimSpace(line[i+4:]) == "" {
			t.Errorf("expected.txt: no reason behind --: %s", line)
			continue
		}
		out[strings.TrimSpace(line[:i])] = true
	}
	return out
}
