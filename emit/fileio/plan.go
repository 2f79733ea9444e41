package fileio

// The plan: where each output really is, what is there now, and every reason not
// to write that can be seen without writing.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// target is an output on its way to the disk.
type target struct {
	Output
	real    string      // where it is written: the path with links resolved
	named   bool        // in place, and Path is a link to real
	special bool        // a device, a FIFO or a descriptor
	old     []byte      // what is there
	info    fs.FileInfo // of what is there; nil where nothing is
	link    bool        // what is there is a link that will be replaced
	twin    bool        // another target is the same file, and will get the same bytes
	status  Status

	tmp    *staging
	staged string // the temporary file that holds the new bytes; "" where it is overwritten
	kept   string // another name of what is there, to bring it back
	saved  *saved // the copy of a file that is overwritten
	began  bool   // the file may have changed
}

// plan resolves and checks the outputs, in order of path.
func (b *Batch) plan() ([]*target, error) {
	b.mu.Lock()
	outputs := slices.Clone(b.outputs)
	inputs := slices.Clone(b.inputs)
	b.mu.Unlock()
	slices.SortStableFunc(outputs, func(x, y Output) int {
		if c := strings.Compare(x.Path, y.Path); c != 0 {
			return c
		}
		return strings.Compare(x.Input, y.Input)
	})
	r := resolver{dirs: map[string]dirResult{}}
	isInput := make(map[string]bool, len(inputs))
	for _, in := range inputs {
		if real, err := r.file(in); err == nil {
			isInput[real] = true
		}
	}
	var errs []error
	targets := make([]*target, 0, len(outputs))
	byReal := make(map[string]*target, len(outputs))
	for _, o := range outputs {
		t := &target{Output: o}
		if err := t.resolve(r); err != nil {
			errs = append(errs, err)
			continue
		}
		if other := byReal[t.real]; other != nil {
			switch {
			case t.special: // takes all that is written into it
				targets = append(targets, t)
			case !other.same(t):
				errs = append(errs, conflict(other, t))
			case other.named && !t.named:
				// One file by two names: it is edited once, as its own name says.
				*other = *t
			}
			continue
		}
		byReal[t.real] = t
		if !o.InPlace && isInput[t.real] {
			errs = append(errs, fmt.Errorf("%s: the output would overwrite an input file", o.Path))
			continue
		}
		targets = append(targets, t)
	}
	for _, t := range targets {
		for dir := filepath.Dir(t.real); ; dir = filepath.Dir(dir) {
			if o := byReal[dir]; o != nil {
				errs = append(errs, fmt.Errorf("%s: cannot be a file: %s is written into it", o.Path, t.Path))
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	states := make([]error, len(targets))
	index := make(map[*target]int, len(targets))
	for i, t := range targets {
		index[t] = i
	}
	_ = each(context.Background(), targets, func(t *target) error {
		states[index[t]] = t.inspect()
		return nil
	})
	for _, err := range states {
		if err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, twins(targets)...)
	return targets, errors.Join(errs...)
}

// resolve finds out where the output really is, and whether it may be written there.
func (t *target) resolve(r resolver) (err error) {
	if t.real, err = r.entry(t.Path); err != nil {
		return err
	}
	if t.InPlace {
		entry := t.real
		if t.real, err = r.file(t.Path); err != nil {
			return err
		}
		t.named = t.real != entry
	} else if t.special = Special(t.real); t.special {
		return t.admit()
	}
	if t.Within != nil {
		return t.Within.refuse(t.Path, t.real)
	}
	return nil
}

// same reports whether two outputs for one file are no conflict. In place, where
// one is by way of a link, the file's own name decides what is written.
func (t *target) same(other *target) bool {
	if t.InPlace && other.InPlace {
		return t.named != other.named || bytes.Equal(t.Data, other.Data)
	}
	return t.Input == other.Input && bytes.Equal(t.Data, other.Data)
}

// twins finds the outputs in place that are one file by hard links, of which one is
// to be written.
func twins(targets []*target) (errs []error) {
	type key struct{ size, mtime int64 } // few are to be compared
	seen := map[key][]*target{}
	for _, t := range targets {
		if !t.InPlace || t.info == nil {
			continue
		}
		k := key{t.info.Size(), t.info.ModTime().UnixNano()}
		i := slices.IndexFunc(seen[k], func(o *target) bool { return os.SameFile(o.info, t.info) })
		switch {
		case i < 0:
			seen[k] = append(seen[k], t)
		case !bytes.Equal(seen[k][i].Data, t.Data):
			errs = append(errs, fmt.Errorf("%s: is the same file as %s, by a hard link, and would get other text; break the link, or leave one of them out", t.Path, seen[k][i].Path))
		default:
			t.twin = true
		}
	}
	return errs
}

// conflict is the error for two outputs that are one file.
func conflict(x, y *target) error {
	from := func(t *target) string {
		if t.Input == "" {
			return "a generated file"
		}
		return t.Input
	}
	return fmt.Errorf("%s: written twice: from %s and from %s", y.Path, from(x), from(y))
}

// inspect looks at what is in the target's place.
func (t *target) inspect() error {
	if t.special {
		t.status = Updated
		return nil
	}
	info, err := os.Lstat(t.real)
	if errors.Is(err, fs.ErrNotExist) {
		t.status = Created
		return nil
	}
	if err != nil {
		return PathError(err, t.Path)
	}
	t.status = Updated
	switch mode := info.Mode(); {
	case mode.IsDir():
		return fmt.Errorf("%s: is a directory", t.Path)
	case mode&fs.ModeSymlink != 0:
		t.link = true
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("%s: is not a regular file: it cannot be replaced in place", t.Path)
	}
	if t.old, err = ReadFile(t.real); err != nil {
		return PathError(err, t.Path)
	}
	t.info = info
	if t.InPlace {
		if err := t.leftover(); err != nil {
			return err
		}
	}
	if bytes.Equal(t.old, t.Data) {
		t.status, t.old = Unchanged, nil
		return nil
	}
	if info.Mode().Perm()&0o222 == 0 {
		return fmt.Errorf("%s: is read-only", t.Path)
	}
	return nil
}

// PathError gives an error of package os the path that the user knows.
func PathError(err error, path string) error {
	return fmt.Errorf("%s: %w", path, Cause(err))
}

// Cause drops the call and the path from an error of package os.
func Cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}
