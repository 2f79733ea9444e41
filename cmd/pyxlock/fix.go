package main

// Fixing: applying the one safe answer of each finding that has one.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/fileio"
	"pyxlock/emit/splice"
	"pyxlock/transform"
)

// fixRounds bounds how often files are checked again after fixes. Fixes that
// meet wait for the next round, and a fix may show what it hid.
const fixRounds = 10

// fixes is what fixing did so far. Nothing of it is written.
type fixes struct {
	old   map[string][]byte // of the files that were fixed
	count int
	verb  string // what was done to findings; "" for fixed
}

// apply fixes until nothing is left to fix. check looks at the files as they
// are on in.disk, where apply puts what it changes; rep is what it said before.
// apply returns what it says in the end.
func (x *fixes) apply(in *inputs.Set, rep *transform.Report, check func() (*transform.Report, error)) (*transform.Report, error) {
	x.old = map[string][]byte{}
	for range fixRounds {
		edits, n := compatible(rep.Findings, in)
		if n == 0 {
			break
		}
		var err error
		if rep, err = x.once(in, edits, n, check); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// once applies edits that answer n findings, and checks again.
func (x *fixes) once(in *inputs.Set, edits map[string][]transform.Edit, n int, check func() (*transform.Report, error)) (*transform.Report, error) {
	if x.old == nil {
		x.old = map[string][]byte{}
	}
	for path, list := range edits {
		src, err := in.Disk.Read(path)
		if err != nil {
			return nil, err
		}
		fixed, _, err := splice.Apply(src, list)
		if err != nil {
			return nil, fmt.Errorf("%s: fixing it: %w", path, err)
		}
		if _, ok := x.old[path]; !ok {
			x.old[path] = src
		}
		in.Disk.Put(path, fixed)
	}
	x.count += n
	rep, err := check()
	if err != nil {
		return nil, err
	}
	for _, f := range rep.Findings {
		// What was fixed did parse: findings of other kinds come from a tree.
		if f.Code == config.SyntaxError && edits[f.Path] != nil {
			return nil, fmt.Errorf("%s:%d:%d: a fix broke this file (%s); nothing was written. This is a bug in pyxlock", f.Path, f.Line, f.Column, f.Message)
		}
	}
	return rep, nil
}

// changeable returns the findings in files that may be written.
func (x *fixes) changeable(in *inputs.Set, list []transform.Finding) []transform.Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f transform.Finding) bool { return !writable(in, f.Path) })
}

// writable reports whether a file is one that was given, and not only what others need.
func writable(in *inputs.Set, path string) bool {
	return slices.ContainsFunc(in.Files, func(i inputs.File) bool { return i.Path == path && !i.Needed })
}

// compatible collects the edits of as many fixes as do not meet, by file, and
// counts the fixes. The first fix of a place wins. Files that are no inputs, but
// included by one, are not touched.
func compatible(fs []transform.Finding, in *inputs.Set) (map[string][]transform.Edit, int) {
	out, n := map[string][]transform.Edit{}, 0
	for _, f := range fs {
		if f.Fix == nil || len(f.Fix.Edits) == 0 || !writable(in, f.Path) {
			continue
		}
		taken := out[f.Path]
		if slices.ContainsFunc(f.Fix.Edits, func(e transform.Edit) bool {
			return slices.ContainsFunc(taken, func(o transform.Edit) bool { return meet(e, o) })
		}) {
			continue
		}
		out[f.Path] = append(taken, f.Fix.Edits...)
		n++
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b transform.Edit) int { return int(a.Off) - int(b.Off) })
	}
	return out, n
}

// meet reports whether two edits touch the same bytes or the same place.
func meet(a, b transform.Edit) bool {
	return a.Off < b.End && b.Off < a.End || a.Off == b.Off || a.Off == a.End && a.Off == b.End || b.Off == b.End && b.Off == a.End
}

// paths returns the files that fixing changed, sorted.
func (x *fixes) paths(in *inputs.Set) []string {
	var out []string
	for path, old := range x.old {
		if now, err := in.Disk.Read(path); err == nil && string(now) != string(old) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// write replaces the files that were fixed.
func (x *fixes) write(ctx context.Context, in *inputs.Set) error {
	var b fileio.Batch
	b.AddInput(in.Disk.Files()...)
	for _, path := range x.paths(in) {
		if now, err := fileio.ReadFile(path); err != nil || string(now) != string(x.old[path]) {
			return errors.Join(fmt.Errorf("%s: was changed while it was checked; nothing was written", path), err)
		}
		data, err := in.Disk.Read(path)
		if err != nil {
			return err
		}
		b.Add(fileio.Output{Path: path, Data: data, Input: path, InPlace: true, Within: in.Within()})
	}
	_, err := console.Commit(ctx, &b)
	return err
}

// say tells what was fixed: "fixed 2 findings in 1 file".
func (x *fixes) say(in *inputs.Set) string {
	return fmt.Sprintf("%s %s in %s", cmp.Or(x.verb, "fixed"), console.Count(x.count, "finding"), console.Count(len(x.paths(in)), "file"))
}
