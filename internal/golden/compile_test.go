package golden

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
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

	version  string
	ok       bool
	messages string
}

// A unitKey names a unit within its run.
type unitKey struct{ form, version, mode, module string }

// compiled holds every unit after Cython has seen it. Of two forms whose trees
// are equal only one is compiled; the map has the unit under both names.
type compiled struct {
	units map[*run]map[unitKey]*unit
	err   map[string]error // by version: the Cython could not be run
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

// compileAll has every Cython compile every output: both layouts with all
// Cythons that the golden names, in all its modes; the form without locks with
// the newest one in the first mode, for the behaviour tests.
var compileAll = sync.OnceValue(func() *compiled {
	all := &compiled{units: map[*run]map[unitKey]*unit{}, err: map[string]error{}}
	byVersion := map[string][]*unit{}
	count := 0
	for _, r := range runs {
		if r.Refuse {
			continue
		}
		all.units[r] = map[unitKey]*unit{}
		seen := map[string]string{} // a tree's text: the form that has it
		for _, form := range []string{"readable", "aligned", "off"} {
			res := r.results[form]()
			if res.err != nil {
				continue
			}
			versions, modes := r.Versions, r.Modes
			if form == "off" {
				versions, modes = versions[len(versions)-1:], modes[:1]
			}
			twin, have := seen[show(res.tree)]
			if !have {
				seen[show(res.tree)] = form
			}
			for _, version := range versions {
				for _, mode := range modes {
					for _, module := range Modules(res.tree) {
						key := unitKey{form, version, mode, module}
						if have {
							twinKey := key
							twinKey.form = twin
							all.units[r][key] = all.units[r][twinKey]
							continue
						}
						ext := map[string]string{"c": ".c", "c++": ".cpp"}[mode]
						u := &unit{
							ID:         count,
							Source:     filepath.Join(res.dir, filepath.FromSlash(module)),
							Root:       res.dir,
							Output:     filepath.Join(work, "compiled", fmt.Sprint(count)+ext),
							Cplus:      mode == "c++",
							Directives: strings.Join(r.Directives, ","),
							Env:        r.Env,
							Warnings:   r.Warnings,
							version:    version,
						}
						count++
						all.units[r][key] = u
						byVersion[version] = append(byVersion[version], u)
					}
				}
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(work, "compiled"), 0o777); err != nil {
		panic(err)
	}
	// Two processes a Cython share its work, and as many run as there are cores.
	var wg sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan bool, runtime.GOMAXPROCS(0))
	for _, version := range slices.Sorted(maps.Keys(byVersion)) {
		units := byVersion[version]
		half := (len(units) + 1) / 2
		for i, part := range [][]*unit{units[:half], units[half:]} {
			wg.Go(func() {
				slots <- true
				defer func() { <-slots }()
				if err := compileUnits(version, i, part); err != nil {
					mu.Lock()
					defer mu.Unlock()
					all.err[version] = err
				}
			})
		}
	}
	wg.Wait()
	return all
})

// compileUnits has one process of one Cython compile units.
func compileUnits(version string, part int, units []*unit) error {
	if len(units) == 0 {
		return nil
	}
	python := venvPython(version)
	if python == "" {
		return fmt.Errorf("there is no .venv/cython-%s: run make venv", version)
	}
	list := filepath.Join(work, fmt.Sprintf("work-%s-%d.json", version, part))
	results := filepath.Join(work, fmt.Sprintf("results-%s-%d.jsonl", version, part))
	data, err := json.Marshal(units)
	if err != nil {
		return err
	}
	if err := os.WriteFile(list, data, 0o666); err != nil {
		return err
	}
	out, err := exec.Command(python, "compile.py", list, results).CombinedOutput()
	if err != nil {
		return fmt.Errorf("compile.py with Cython %s: %v\n%s", version, err, out)
	}
	file, err := os.Open(results)
	if err != nil {
		return err
	}
	defer file.Close()
	byID := map[int]*unit{}
	for _, u := range units {
		byID[u.ID] = u
	}
	lines := bufio.NewReader(file)
	for range units {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("compile.py with Cython %s left no result for some files", version)
		}
		var result struct {
			ID       int
			OK       bool
			Messages string
		}
		if err := json.Unmarshal(line, &result); err != nil {
			return err
		}
		u := byID[result.ID]
		u.ok, u.messages = result.OK, result.Messages
	}
	return nil
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
		t.Run(r.Name, func(t *testing.T) {
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
