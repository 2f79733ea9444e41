package emit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Output is one file to write.
type Output struct {
	Path string
	Data []byte
	// Input is the file that the output is made from, for messages; "" where
	// it is made from none.
	Input string
	// InPlace says that Path may be a file of the input. Where Path is a
	// symbolic link, the file it leads to is rewritten and the link stays.
	// Otherwise a link at Path is itself replaced, and its target left alone.
	InPlace bool
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

// target is an output on its way to the disk.
type target struct {
	Output
	real    string      // where it is written: the path with links resolved
	old     []byte      // what is there
	info    fs.FileInfo // of what is there; nil where nothing is
	link    bool        // what is there is a link that will be replaced
	status  Status
	staged  string // the temporary file that holds the new bytes
	renamed bool
}

// Check reports every reason not to write that can be seen without writing:
// two inputs for one output, an output that would overwrite an input, a
// directory or a special file in an output's place, a read-only file, a file
// where a directory is needed. The errors are joined, in order of path.
func (b *Batch) Check() error {
	_, err := b.plan()
	return err
}

// Commit writes all outputs and reports what became of them, in order of path.
// A file that holds its bytes already is not touched. Missing directories are
// made. An existing file keeps its permission bits; a new one gets those that
// the umask leaves. Every file is replaced in one step, so that a reader sees
// the old bytes or the new ones.
//
// On an error, or when ctx ends, no output is changed: Commit checks all first,
// writes all to temporary files beside their places, and renames only then.
// Should a rename fail, the ones before it are undone.
func (b *Batch) Commit(ctx context.Context) ([]Written, error) {
	targets, err := b.plan()
	if err != nil {
		return nil, err
	}
	done := make([]Written, len(targets))
	pending := make([]*target, 0, len(targets))
	for i, t := range targets {
		done[i] = Written{t.Path, t.status}
		if t.status != Unchanged {
			pending = append(pending, t)
		}
	}
	made, err := makeDirs(pending)
	if err == nil {
		err = each(ctx, pending, (*target).stage)
	}
	if err == nil {
		err = each(ctx, pending, (*target).rename)
	}
	if err == nil {
		return done, nil
	}
	errs := []error{err}
	for _, t := range pending {
		if err := t.undo(); err != nil {
			errs = append(errs, err)
		}
	}
	for _, dir := range slices.Backward(made) {
		os.Remove(dir) // stays where somebody else has put a file into it
	}
	return nil, errors.Join(errs...)
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
		var err error
		if o.InPlace {
			t.real, err = r.file(o.Path)
		} else {
			t.real, err = r.entry(o.Path)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other := byReal[t.real]; other != nil {
			if other.Input != t.Input || !bytes.Equal(other.Data, t.Data) {
				errs = append(errs, conflict(other, t))
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
	return targets, errors.Join(errs...)
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
	info, err := os.Lstat(t.real)
	if errors.Is(err, fs.ErrNotExist) {
		t.status = Created
		return nil
	}
	if err != nil {
		return pathError(err, t.Path)
	}
	t.status = Updated
	switch mode := info.Mode(); {
	case mode.IsDir():
		return fmt.Errorf("%s: is a directory", t.Path)
	case mode&fs.ModeSymlink != 0:
		t.link = true
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("%s: is not a regular file", t.Path)
	}
	if t.old, err = os.ReadFile(t.real); err != nil {
		return pathError(err, t.Path)
	}
	t.info = info
	if bytes.Equal(t.old, t.Data) {
		t.status, t.old = Unchanged, nil
		return nil
	}
	if info.Mode().Perm()&0o222 == 0 {
		return fmt.Errorf("%s: is read-only", t.Path)
	}
	return nil
}

// pathError gives an error of package os the path that the user knows.
func pathError(err error, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// stage writes the new bytes to a temporary file beside the target.
func (t *target) stage() (err error) {
	f, err := createTemp(t.real)
	if err != nil {
		return pathError(err, t.Path)
	}
	t.staged = f.Name()
	_, err = f.Write(t.Data)
	if err == nil && t.info != nil {
		err = f.Chmod(t.info.Mode().Perm())
	}
	if err == nil && t.InPlace {
		err = f.Sync() // it replaces what somebody wrote by hand
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return pathError(err, t.Path)
	}
	return nil
}

// createTemp makes a new file in the directory of path, with the permissions
// that path itself would get.
func createTemp(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	if len(base) > 100 {
		base = base[:100]
	}
	for {
		name := dir + "." + base + "." + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// rename puts the staged file in its place.
func (t *target) rename() error {
	if t.link {
		// Remember where the link led, to restore it.
		if dest, err := os.Readlink(t.real); err == nil {
			t.old = []byte(dest)
		}
	}
	if err := os.Rename(t.staged, t.real); err != nil {
		return pathError(err, t.Path)
	}
	t.renamed = true
	return nil
}

// undo removes the staged file, or brings back what the rename replaced.
func (t *target) undo() error {
	if t.staged == "" {
		return nil
	}
	if !t.renamed {
		os.Remove(t.staged)
		return nil
	}
	var err error
	switch {
	case t.link:
		if err = os.Remove(t.real); err == nil {
			err = os.Symlink(string(t.old), t.real)
		}
	case t.info == nil:
		err = os.Remove(t.real)
	default:
		back := &target{Output: Output{Path: t.Path, Data: t.old}, real: t.real, info: t.info}
		if err = back.stage(); err == nil {
			_ = os.Chtimes(back.staged, time.Time{}, t.info.ModTime())
			err = back.rename()
		}
		if err != nil && back.staged != "" {
			os.Remove(back.staged)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: could not be restored: %w", t.Path, err)
	}
	return nil
}

// makeDirs makes the directories that the targets need and returns those that
// it made, parents first.
func makeDirs(targets []*target) (made []string, err error) {
	known := map[string]bool{}
	var mk func(dir string) error
	mk = func(dir string) error {
		if known[dir] {
			return nil
		}
		known[dir] = true
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			if err := mk(parent); err != nil {
				return err
			}
		}
		err := os.Mkdir(dir, 0o777)
		if err == nil {
			made = append(made, dir)
		} else if info, e := os.Stat(dir); e == nil && info.IsDir() {
			return nil // somebody else was faster
		}
		return err
	}
	for _, t := range targets {
		if err := mk(filepath.Dir(t.real)); err != nil {
			var pe *fs.PathError
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return made, fmt.Errorf("%s: cannot make its directory: %w", t.Path, err)
		}
	}
	return made, nil
}

// each calls f for every target, on all cores, and returns the error of the
// first target in order that has one. It stops early when ctx ends or a call
// fails.
func each(ctx context.Context, targets []*target, f func(*target) error) error {
	workers := min(runtime.GOMAXPROCS(0), len(targets))
	errs := make([]error, len(targets))
	var (
		mu   sync.Mutex
		next int
		stop bool
		wg   sync.WaitGroup
	)
	for range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				ended := stop || i >= len(targets)
				mu.Unlock()
				if ended {
					return
				}
				if errs[i] = ctx.Err(); errs[i] == nil {
					errs[i] = f(targets[i])
				}
				if errs[i] != nil {
					mu.Lock()
					stop = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// resolver finds out which file a path is, whatever links lead there.
type resolver struct{ dirs map[string]dirResult }

type dirResult struct {
	real string
	err  error
}

// file resolves all links of a path. The file itself may be missing, but a
// link that leads nowhere is an error.
func (r resolver) file(path string) (string, error) {
	real, err := r.entry(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Lstat(real); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return real, nil
	}
	if real, err = filepath.EvalSymlinks(real); err != nil {
		return "", fmt.Errorf("%s: is a link that leads nowhere", path)
	}
	return real, nil
}

// entry resolves the links of a path's directory, as far as it exists.
func (r resolver) entry(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	dir, err := r.dir(filepath.Dir(abs))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

func (r resolver) dir(dir string) (string, error) {
	if d, ok := r.dirs[dir]; ok {
		return d.real, d.err
	}
	real, err := filepath.EvalSymlinks(dir)
	switch {
	case err == nil:
		if info, e := os.Stat(real); e == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a directory", dir)
		}
	case errors.Is(err, syscall.ENOTDIR):
		err = fmt.Errorf("a file is in the place of the directory %s", dir)
	case errors.Is(err, fs.ErrNotExist):
		if parent := filepath.Dir(dir); parent != dir {
			if _, e := os.Lstat(dir); e == nil {
				err = fmt.Errorf("%s is a link that leads nowhere", dir)
			} else if real, err = r.dir(parent); err == nil {
				real = filepath.Join(real, filepath.Base(dir))
			}
		}
	}
	r.dirs[dir] = dirResult{real, err}
	return real, err
}
