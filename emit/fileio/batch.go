package fileio

// Files: a run's outputs are written all, or none. What is checked first is in
// plan.go, how a file gets its new bytes in place.go.

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Output is one file to write.
type Output struct {
	Path string
	Data []byte
	// Input is the file that the output is made from, for messages; "" where
	// it is made from none.
	Input string
	// InPlace says that Path may be a file of the input. Where Path is a
	// symbolic link, the file it leads to is rewritten and the link stays. The file
	// keeps its owner, mode, hard links and extended attributes.
	// Otherwise a link at Path is itself replaced, and its target left alone.
	// A device or a FIFO is written into, but never in place.
	InPlace bool
	// Within says where the output may lie; nil for anywhere.
	Within *Within
}

// Status says what became of an Output.
type Status uint8

// What became of an Output: it was there with the same bytes and was not
// touched; it was there and got new bytes; or it is new.
const (
	Unchanged Status = iota
	Updated
	Created
)

func (s Status) String() string {
	return [...]string{"unchanged", "updated", "created"}[s]
}

// Written is an Output's path with what became of it.
type Written struct {
	Path   string
	Status Status
}

// Batch collects the outputs of a run and writes them all, or none. The zero
// Batch is empty and ready. Add and AddInput may be called from several
// goroutines at once.
type Batch struct {
	mu      sync.Mutex
	outputs []Output
	inputs  []string
}

// Add records an output. Nothing is written before Commit. The bytes must not
// change until then.
func (b *Batch) Add(o Output) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outputs = append(b.outputs, o)
}

// AddInput records files that the run read. No output may overwrite one, unless
// it is InPlace.
func (b *Batch) AddInput(paths ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inputs = append(b.inputs, paths...)
}

// Check reports every reason not to write that can be seen without writing:
// two inputs for one output, an output that would overwrite an input, a
// directory or a special file in an output's place, a read-only file, a file
// where a directory is needed, a link that leads out of where an output may lie.
// The errors are joined, in order of path.
func (b *Batch) Check() error {
	_, err := b.plan()
	return err
}

// Commit writes all outputs and reports what became of them, in order of path.
// A file that holds its bytes already is not touched. Missing directories are
// made. An existing file keeps its permission bits; a new one gets those that
// the umask leaves. A file is replaced in one step, so that a reader sees
// the old bytes or the new ones; but one that is written in place and would lose
// a hard link or an attribute by that is overwritten, with a copy beside it until
// that is done.
//
// On an error, or when ctx ends, no file is changed: Commit checks all first,
// writes all to temporary files beside their places, and puts them there only
// then. Should that fail for one, the ones before it are undone. What was written
// into a device or a FIFO by then cannot be.
func (b *Batch) Commit(ctx context.Context) ([]Written, error) {
	targets, err := b.plan()
	if err != nil {
		return nil, err
	}
	done := make([]Written, len(targets))
	pending := make([]*target, 0, len(targets))
	var special []*target
	for i, t := range targets {
		done[i] = Written{t.Path, t.status}
		switch {
		case t.special:
			special = append(special, t)
		case t.status != Unchanged && !t.twin:
			pending = append(pending, t)
		}
	}
	made, err := makeDirs(pending)
	var tmp stagings
	if err == nil {
		tmp, err = stageIn(pending)
	}
	defer tmp.remove()
	if err == nil {
		err = each(ctx, pending, (*target).stage)
	}
	for _, t := range special {
		if err == nil {
			err = t.send(ctx)
		}
	}
	if err == nil {
		err = each(ctx, pending, (*target).put)
	}
	if err == nil {
		err = syncDirs(pending)
	}
	if err == nil {
		for _, t := range pending {
			err = errors.Join(err, t.forget())
		}
		return done, err
	}
	errs := []error{err}
	for _, t := range pending {
		if err := t.undo(); err != nil {
			errs = append(errs, err)
		}
	}
	tmp.remove()
	for _, dir := range slices.Backward(made) {
		_ = os.Remove(dir) // stays where somebody else has put a file into it
	}
	return nil, errors.Join(errs...)
}

// syncDirs makes the names of what somebody wrote by hand outlast a crash.
func syncDirs(targets []*target) error {
	known := map[string]bool{}
	for _, t := range targets {
		dir := filepath.Dir(t.real)
		if !t.InPlace || known[dir] {
			continue
		}
		known[dir] = true
		if err := syncDir(dir); err != nil {
			return PathError(err, t.Path)
		}
	}
	return nil
}
