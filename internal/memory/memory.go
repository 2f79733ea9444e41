// Package memory holds files for tests, as a project.Loader reads them.
package memory

import (
	"io/fs"
	"path/filepath"
)

// Files are texts by their paths.
type Files map[string]string

// Read returns a file's bytes.
func (f Files) Read(path string) ([]byte, error) {
	if text, ok := f[path]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

// List returns what is in a directory.
func (f Files) List(dir string) (files, dirs []string) {
	seen := map[string]bool{}
	for path := range f {
		for at := path; at != "."; at = filepath.Dir(at) {
			switch name := filepath.Base(at); {
			case filepath.Dir(at) != dir:
			case at == path:
				files = append(files, name)
			case !seen[name]:
				seen[name] = true
				dirs = append(dirs, name)
			}
		}
	}
	return files, dirs
}
