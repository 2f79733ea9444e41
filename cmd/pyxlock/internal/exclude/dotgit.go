package exclude

// Where the git repository of a directory is: by its .git, which no commit can hold.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// WorkTree returns the nearest directory that has a .git, from dir upwards; ""
// where none has.
func WorkTree(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// GitDir returns the directory that a work tree's .git is or, being a file or a
// link, leads to. That must not be among the files of a work tree, where a commit
// could put it.
func GitDir(top string) (string, error) {
	dir, err := dotGit(top)
	if err != nil {
		return "", err
	}
	if slices.Contains(strings.Split(dir, string(filepath.Separator)), ".git") {
		return dir, nil
	}
	if outer := WorkTree(dir); outer != "" {
		if own, err := dotGit(outer); err != nil || !fspath.Inside(own, dir) {
			return "", fmt.Errorf("%s leads to %s, which is among the files of the work tree %s: a repository is not taken from there", filepath.Join(top, ".git"), dir, outer)
		}
	}
	return dir, nil
}

// dotGit is GitDir without a look at where that is.
func dotGit(top string) (string, error) {
	path := filepath.Join(top, ".git")
	st, err := os.Stat(path)
	if err != nil {
		return "", fspath.Plain(err)
	}
	if st.IsDir() {
		return fileio.Real(path), nil
	}
	wrong := fmt.Errorf("%s is neither a git repository nor a file that names one", path)
	if !st.Mode().IsRegular() || st.Size() > 1<<16 {
		return "", wrong
	}
	data, err := fileio.ReadFileMax(path, 1<<16)
	if err != nil {
		return "", fspath.Plain(err)
	}
	name, ok := strings.CutPrefix(string(data), "gitdir: ")
	if name = strings.TrimRight(name, "\r\n"); !ok || name == "" {
		return "", wrong
	}
	if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
		name = filepath.Join(top, name)
	}
	return fileio.Real(name), nil
}
