package fspath

// Paths: where they lead, and what is there.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pyxlock/emit/fileio"
	"pyxlock/emit/terminal"
)

// Inside reports whether a file lies in a directory, or further down; all do where
// there is no directory above.
func Inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel) || filepath.Dir(dir) == dir
}

// From returns a path from dir, if it is below it.
func From(dir, path string) (string, bool) {
	base, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(base, abs)
	return rel, err == nil && filepath.IsLocal(rel)
}

// Plain drops the system call from a file's error: "src: no such file".
func Plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", terminal.Path(pe.Path), pe.Err)
	}
	return err
}

// IsFile reports whether a path leads to something that is no directory.
func IsFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir()
}

// IsDir reports whether a path leads to a directory.
func IsDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Nearest finds a file in dir or above it.
func Nearest(dir, name string) (string, []byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	shown := dir
	for {
		data, err := fileio.ReadFileMax(filepath.Join(abs, name), MaxSettings)
		if err == nil {
			return filepath.Join(shown, name), data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && !isNotDir(err) {
			return "", nil, err
		}
		up := filepath.Dir(abs)
		if up == abs {
			return "", nil, nil
		}
		abs, shown = up, filepath.Join(shown, "..")
	}
}

func isNotDir(err error) bool {
	var pe *fs.PathError
	return errors.As(err, &pe) && pe.Err.Error() == "not a directory"
}

// MaxSettings bounds the files that are read as settings, in bytes.
const MaxSettings = 8 << 20

// Naming returns what gives a file one name, however a path reaches it: from the
// current directory where it lies below that, and else as the first argument was
// given, absolute or from the current directory.
func Naming(args []string) func(path string) string {
	absolute := len(args) > 0 && filepath.IsAbs(args[0])
	wd, err := os.Getwd()
	return func(path string) string {
		path = filepath.Clean(path)
		if err != nil || !filepath.IsAbs(path) && !strings.HasPrefix(path, "..") {
			return path
		}
		abs := path
		if !filepath.IsAbs(path) {
			abs = filepath.Join(wd, path)
		}
		rel, err := filepath.Rel(wd, abs)
		switch {
		case err == nil && (filepath.IsLocal(rel) || !absolute):
			return rel
		default:
			return abs
		}
	}
}

// Exists reports whether there is something at a path, if only a link.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Unique joins lists of paths, each path once.
func Unique(lists ...[]string) []string {
	var out []string
	seen := map[string]bool{}
	for _, l := range lists {
		for _, p := range l {
			if clean := filepath.Clean(p); !seen[clean] {
				seen[clean] = true
				out = append(out, p)
			}
		}
	}
	return out
}
