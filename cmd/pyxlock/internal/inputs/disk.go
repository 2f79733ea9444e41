package inputs

// How the files of a run are read.

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// Disk reads files and remembers which, for the depfile.
type Disk struct {
	mu    sync.Mutex
	given map[string][]byte
	cache map[string][]byte
	read  map[string]bool
	// looked are the directories in which everything was looked for; see scope.go.
	looked []string
}

// NewDisk returns a disk that has read nothing.
func NewDisk() *Disk {
	return &Disk{given: map[string][]byte{}, cache: map[string][]byte{}, read: map[string]bool{}}
}

// Put gives the bytes of a file that is not read, as of standard input.
func (d *Disk) Put(path string, data []byte) { d.given[filepath.Clean(path)] = data }

// Read returns a file's bytes, or what standard input gave under its name.
func (d *Disk) Read(path string) ([]byte, error) {
	path = filepath.Clean(path)
	d.mu.Lock()
	data, ok := d.given[path]
	if !ok {
		data, ok = d.cache[path]
	}
	d.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := fileio.ReadFile(path)
	if err != nil {
		return nil, fspath.Plain(err)
	}
	d.mu.Lock()
	d.read[path] = true
	d.cache[path] = data
	d.mu.Unlock()
	return data, nil
}

// List returns the names of the files and of the directories in a directory.
func (d *Disk) List(dir string) (files, dirs []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			st, err := os.Stat(filepath.Join(dir, e.Name()))
			if err != nil {
				continue
			}
			isDir = st.IsDir()
		}
		if isDir {
			dirs = append(dirs, e.Name())
		} else {
			files = append(files, e.Name())
		}
	}
	for path := range d.given {
		if filepath.Dir(path) == dir {
			files = append(files, filepath.Base(path))
		}
	}
	return files, dirs
}

// Files returns the files read so far, sorted.
func (d *Disk) Files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for f := range d.read {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}
