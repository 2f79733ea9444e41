package golden

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pyxlock/internal/steps"
	"pyxlock/internal/testcache"
)

// A unit is one file for one Cython to compile, in C or C++ mode.
type unit struct {
	ID         int               `json:"id"`
	Source     string            `json:"source"`
	Root       string            `json:"root"`
	Output     string            `json:"output"`
	Cplus      bool              `json:"cplus"`
	Directives string            `json:"directives"`
	Env        map[string]string `json:"env"`
	Warnings   bool              `json:"warnings"`
	Shared     string            `json:"shared,omitempty"`

	name     string // for messages: the golden, its form, the file, the mode
	version  string
	key      testcache.Key
	keepC    bool // the C code is needed later, not only that there is some
	ok       bool
	messages string
}

// A unitKey names a unit within its run.
type unitKey struct{ form, version, mode, module string }

// compiled holds every unit after Cython has seen it. Of two forms whose trees
// are equal only one is compiled; the map has the unit under both names, and
// under those of modes that need not be looked at (see compileAll).
type compiled struct {
	units map[*run]map[unitKey]*unit
	err   map[string]error // by version: the Cython could not be run
}

var unitCount atomic.Int64

// newUnit returns the unit for a module below root, the output tree of a golden.
func (r *run) newUnit(root, form, version, mode, module string) (*unit, error) {
	id := int(unitCount.Add(1))
	u := &unit{
		ID:         id,
		Source:     filepath.Join(root, filepath.FromSlash(module)),
		Root:       root,
		Output:     filepath.Join(work, "compiled", fmt.Sprint(id)+map[string]string{"c": ".c", "c++": ".cpp"}[mode]),
		Cplus:      mode == "c++",
		Directives: strings.Join(r.Directives, ","),
		Env:        r.Env,
		Warnings:   r.Warnings,
		name:       fmt.Sprintf("%s, %s, %s in %s mode", r.Name, form, module, mode),
		version:    version,
	}
	if r.sharing(version) {
		u.Shared = sharedModule
	}
	python := venvPython(version)
	if python == "" {
		return u, nil // compileUnits tells
	}
	identity, err := testcache.Python(python)
	if err != nil {
		return nil, err
	}
	driver, err := os.ReadFile("compile.py")
	if err != nil {
		return nil, err
	}
	tree, err := filesBelow(root)
	if err != nil {
		return nil, err
	}
	// Where the tree lies is part of the C code too, in the names of files that
	// tracebacks cite: the folder has another name in each run, so that no
	// golden can depend on it.
	u.key = testcache.NewHash("Cython compiles").Key("Python with Cython", identity).Text("compile.py", string(driver)).
		Files("tree", tree).Files("env", r.Env).
		Text("unit", module, fmt.Sprint(u.Cplus), u.Directives, fmt.Sprint(u.Warnings), u.Shared).Sum()
	return u, nil
}

// filesBelow returns the bytes of all files below a folder.
func filesBelow(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	return files, err
}

// cKey is the key of the C code itself.
func (u *unit) cKey() testcache.Key {
	return testcache.NewHash("C code").Key("unit", u.key).Sum()
}

// recall looks whether an earlier run has compiled the unit.
func (u *unit) recall() {
	key := u.key
	if u.keepC {
		key = u.cKey()
	}
	u.ok = u.key != testcache.Key{} && cache.Has(key)
}

// keep stores that the unit was compiled.
func (u *unit) keep() {
	if !u.ok || cache == nil {
		return
	}
	cache.Put(u.key, nil)
	if u.keepC {
		if data, err := os.ReadFile(u.Output); err == nil {
			cache.Put(u.cKey(), data)
		}
	}
}

// code makes sure that the C code lies at u.Output.
func (u *unit) code() error {
	if _, err := os.Stat(u.Output); err == nil {
		return nil
	}
	if data, ok := cache.Get(u.cKey()); ok {
		return writeFile(u.Output, data)
	}
	// It was there a moment ago: somebody has emptied the cache.
	if err := compileUnits(u.version, []*unit{u}); err != nil {
		return err
	}
	if !u.ok {
		return errors.New(u.messages)
	}
	return nil
}

// venvPython returns the interpreter that has a Cython, "" where "make venv"
// has not made it.
func venvPython(version string) string {
	python, err := filepath.Abs("../../.venv/cython-" + version + "/bin/python")
	if err != nil {
		return ""
	}
	if _, err := os.Stat(python); err != nil {
		return ""
	}
	return python
}

// versions returns the Cythons that compile a form, the newest last: all that the
// golden names compile the layout of builds, which has notations of its own; the
// other one, where it differs, is compiled by the oldest and by the newest. Neither
// Cython between them has ever said of one layout what it did not say of the other
// (docs/decisions/0011-what-the-goldens-compile.md).
func (r *run) versions(form string) []string {
	aligned := r.results["aligned"]()
	if *matrix || form != "readable" || len(r.Versions) < 3 || aligned.err != nil || show(aligned.tree) == show(r.results["readable"]().tree) {
		return r.Versions
	}
	return []string{r.Versions[0], r.Versions[len(r.Versions)-1]}
}

// compileAll has the Cythons compile every output: both layouts with those of
// run.versions, in all modes of the golden; the form without locks with the newest
// one in the first mode, for the behaviour tests.
//
// The second mode, C++, takes as long as the first and mostly tells nothing new:
// Cython goes the same ways, and writes another preamble. Measured on all
// goldens with four Cythons, 928 of 950 files were the same after the preamble;
// the others have attributes that C++ has to construct, and were the same ones
// with every Cython, and with both layouts: those move statements, and declare
// nothing. So the newest Cython compiles the first layout in both modes, and what is
// left is compiled in the second one where that output is not the same in both.
//
// With -matrix all Cythons of a golden compile all of its forms in all modes.
var compileAll = sync.OnceValue(func() *compiled {
	all := &compiled{units: map[*run]map[unitKey]*unit{}, err: map[string]error{}}
	if err := os.MkdirAll(filepath.Join(work, "compiled"), 0o777); err != nil {
		panic(err)
	}
	// The newest Cython's units of a module, in the first mode and in another.
	type pair struct{ one, both *unit }
	type later struct {
		r   *run
		key unitKey
		dir string
		pair
	}
	var first, second []*unit
	var depend []later
	for _, r := range runs {
		if _, threads := r.File("threads.py"); r.Refuse || r.unchanged && !threads {
			continue
		}
		all.units[r] = map[unitKey]*unit{}
		add := func(dir string, key unitKey) *unit {
			u, err := r.newUnit(dir, key.form, key.version, key.mode, key.module)
			if err != nil {
				all.err[key.version] = err
				return &unit{version: key.version}
			}
			all.units[r][key] = u
			first = append(first, u)
			return u
		}
		newest, mode := r.Versions[len(r.Versions)-1], r.Modes[0]
		seen := map[string]string{} // a tree's text: the form that has it
		inBoth := map[string]pair{} // by module and mode, of the first layout that has the module
		for _, form := range []string{"readable", "aligned", "off"} {
			res := r.results[form]()
			if res.err != nil {
				continue
			}
			if _, have := seen[show(res.tree)]; have {
				continue // see below
			}
			seen[show(res.tree)] = form
			versions := r.versions(form)
			for _, module := range Modules(res.tree) {
				one := add(res.dir, unitKey{form, newest, mode, module})
				one.keepC = r.called()
				if form == "off" && !*matrix {
					continue
				}
				for _, version := range versions[:len(versions)-1] {
					add(res.dir, unitKey{form, version, mode, module})
				}
				for _, other := range r.Modes[1:] {
					newer := inBoth[module+other]
					versions := versions
					if newer == (pair{}) {
						newer = pair{one, add(res.dir, unitKey{form, newest, other, module})}
						inBoth[module+other] = newer
						versions = versions[:len(versions)-1]
					}
					for _, version := range versions {
						depend = append(depend, later{r, unitKey{form, version, other, module}, res.dir, newer})
					}
				}
			}
		}
	}
	same := map[*unit]func() bool{} // by the newest Cython's in the second mode
	pairs := map[*unit][]pair{}
	for _, l := range depend {
		if same[l.both] == nil {
			same[l.both] = sync.OnceValue(func() bool { return modesAgree(l.one, l.both) })
			for _, u := range []*unit{l.one, l.both} {
				pairs[u] = append(pairs[u], l.pair)
			}
		}
	}
	all.compile(first, func(u *unit) bool {
		// Whether the modes' outputs are the same must be known too.
		for _, p := range pairs[u] {
			if !cache.Has(modesKey(p.one, p.both)) {
				return false
			}
		}
		return true
	})
	for _, l := range depend {
		if !*matrix && l.one.ok && l.both.ok && same[l.both]() {
			all.units[l.r][l.key] = l.both
			continue
		}
		u, err := l.r.newUnit(l.dir, l.key.form, l.key.version, l.key.mode, l.key.module)
		if err != nil {
			all.err[l.key.version] = err
			continue
		}
		all.units[l.r][l.key] = u
		second = append(second, u)
	}
	all.compile(second, func(*unit) bool { return true })
	// Forms whose trees are equal.
	for r := range all.units {
		seen := map[string]string{}
		for _, form := range []string{"readable", "aligned", "off"} {
			res := r.results[form]()
			if res.err != nil {
				continue
			}
			twin, have := seen[show(res.tree)]
			if !have {
				seen[show(res.tree)] = form
				continue
			}
			for key, u := range maps.Clone(all.units[r]) {
				if key.form == twin && (form != "off" || key.version == r.Versions[len(r.Versions)-1] && key.mode == r.Modes[0]) {
					key.form = form
					all.units[r][key] = u
				}
			}
		}
	}
	return all
})

// modesKey is the key of what modesAgree finds.
func modesKey(one, both *unit) testcache.Key {
	return testcache.NewHash("C and C++").Key("one", one.key).Key("other", both.key).Sum()
}

// modesAgree reports whether Cython's outputs in two modes differ only in the
// preamble.
func modesAgree(one, both *unit) bool {
	key := modesKey(one, both)
	if data, ok := cache.Get(key); ok {
		return string(data) == "same"
	}
	var codes [2][]byte
	for i, u := range []*unit{one, both} {
		data, err := os.ReadFile(u.Output)
		if err != nil {
			return false
		}
		_, code, found := bytes.Cut(data, []byte("/* #### Code section: filename_table ### */\n"))
		if !found {
			return false
		}
		codes[i] = code
	}
	answer := map[bool]string{true: "same", false: "differs"}[bytes.Equal(codes[0], codes[1])]
	cache.Put(key, []byte(answer))
	return answer == "same"
}

// compile has units compiled that are not in the cache, or that are, but are
// not enough.
func (all *compiled) compile(units []*unit, enough func(*unit) bool) {
	byVersion := map[string][]*unit{}
	for _, u := range units {
		if u.recall(); u.ok && enough(u) {
			continue
		}
		u.ok = false
		byVersion[u.version] = append(byVersion[u.version], u)
	}
	// As many processes run as there are cores, the one with most to do first. Those of a Cython share
	// its work where it is more than that of one core: starting one takes as long as ten files.
	var wg sync.WaitGroup
	var mu sync.Mutex
	cores, total := runtime.GOMAXPROCS(0), 0
	for _, units := range byVersion {
		total += len(units)
	}
	slots := make(chan bool, cores)
	versions := slices.SortedFunc(maps.Keys(byVersion), func(a, b string) int {
		return cmp.Or(len(byVersion[b])-len(byVersion[a]), strings.Compare(a, b))
	})
	for _, version := range versions {
		units := byVersion[version]
		parts := max(1, min((len(units)*cores+total/2)/total, len(units)/20))
		for part := range slices.Chunk(units, (len(units)+parts-1)/parts) {
			slots <- true
			wg.Go(func() {
				defer func() { <-slots }()
				if err := compileUnits(version, part); err != nil {
					mu.Lock()
					defer mu.Unlock()
					all.err[version] = err
				}
			})
		}
	}
	wg.Wait()
}

// compileUnits has one Cython compile units, in as few processes as it takes:
// the file at which one ends, or gets no further, fails, and another process
// goes on after it. An error is that Cython could not be run at all.
func compileUnits(version string, units []*unit) error {
	if len(units) == 0 {
		return nil
	}
	python := venvPython(version)
	if python == "" {
		return fmt.Errorf("there is no .venv/cython-%s: run make venv", version)
	}
	for crashes := 0; len(units) > 0; crashes++ {
		done, err := compileSome(version, python, units)
		units = units[done:]
		if len(units) == 0 {
			return err
		}
		switch {
		case err == nil:
			return fmt.Errorf("compile.py with Cython %s left no result for some files", version)
		case crashes == 5 || done == 0 && crashes == 0 && !steps.IsStopped(err):
			return err // it is not these files
		}
		units[0].messages = fmt.Sprintf("Cython %s was at this file: %v", version, err)
		if steps.IsStopped(err) {
			for _, u := range units[1:] {
				u.messages = fmt.Sprintf("not compiled: Cython %s had not come to it: %v", version, err)
			}
			return nil
		}
		units = units[1:]
	}
	return nil
}

// compileSome has one process of one Cython compile units, and returns how many
// have a result.
func compileSome(version, python string, units []*unit) (done int, err error) {
	name := filepath.Join(work, fmt.Sprintf("cython-%s-%d", version, unitCount.Add(1)))
	list, results := name+".json", name+".jsonl"
	data, err := json.Marshal(units)
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(list, data, 0o666); err != nil {
		return 0, err
	}
	// compile.py itself stops at a file that takes too long.
	cmd := steps.Command("Cython "+version, fmt.Sprintf("compiling %d files", len(units)), 24*time.Hour, python, "-I", "compile.py", list, results)
	out, failed := cmd.CombinedOutput()
	if failed != nil {
		failed = fmt.Errorf("compile.py with Cython %s: %w\n%s", version, failed, out)
	}
	file, err := os.Open(results)
	if err != nil {
		return 0, errors.Join(failed, err)
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for _, u := range units {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // it ended here
		}
		var result struct {
			ID       int
			OK       bool
			Messages string
		}
		if err := json.Unmarshal(line, &result); err != nil {
			return done, errors.Join(failed, err)
		}
		if result.ID != u.ID {
			return done, fmt.Errorf("compile.py with Cython %s is at %d, not at %d", version, result.ID, u.ID)
		}
		u.ok, u.messages = result.OK, result.Messages
		u.keep()
		done++
	}
	return done, failed
}

// TestCython has real Cythons confirm every output: each compiles it, in C and
// in C++ mode, without an error or a warning.
func TestCython(t *testing.T) {
	all := compileAll()
	for _, version := range slices.Sorted(maps.Keys(all.err)) {
		t.Errorf("Cython %s: %v", version, all.err[version])
	}
	for _, r := range runs {
		if r.Refuse {
			continue
		}
		r.test(t, func(t *testing.T) {
			for _, form := range []string{"readable", "aligned", "off"} {
				if err := r.results[form]().err; err != nil {
					t.Errorf("%s: nothing to compile: %v", form, err)
				}
			}
			keys := slices.SortedFunc(maps.Keys(all.units[r]), func(a, b unitKey) int {
				return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
			})
			if len(keys) == 0 {
				t.Error("nothing was compiled")
			}
			shown := map[string]bool{}
			for _, key := range keys {
				u := all.units[r][key]
				if u.ok || all.err[u.version] != nil {
					continue
				}
				t.Errorf("Cython %s, %s mode, %s: %s does not compile", key.version, key.mode, key.form, key.module)
				message := strings.ReplaceAll(u.messages, u.Root, key.form)
				if !shown[message] { // the same story in each mode and version is told once
					shown[message] = true
					t.Log(message)
				}
			}
		})
	}
}
