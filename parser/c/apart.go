package c

// Where a library would have to look for what it has found elsewhere.

import (
	"path"
	"slices"
	"strings"
)

// apart is a file that was found beside another one that is no header, or by Find.
type apart struct {
	name string // as somebody includes it
	f    *file
}

// Apart returns the directories that Dirs would need for files to be found in them that were found
// elsewhere, and for sources to be beside headers: of the files by which, or by what they include, something
// is cited under a name that people know.
func (l *Library) Apart(cited []string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	add := func(dir string) {
		if dir != "" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	for _, a := range l.apart {
		if slices.ContainsFunc(a.f.all(), func(f *file) bool { return slices.Contains(cited, f.shown) }) {
			add(dirFor(a.name, a.f.path))
		}
	}
	for _, s := range l.opts.Sources {
		if slices.Contains(cited, s) {
			add(path.Dir(s))
		}
	}
	slices.Sort(out)
	return out
}

// dirFor is the directory in which an include of name finds the file at a path, and which has the file in it:
// "lib" for "../lib/a.h" and "x/lib/a.h". "" where there is none.
func dirFor(name, at string) string {
	name, at = path.Clean(name), path.Clean(at)
	up := 0
	for strings.HasPrefix(name, "../") {
		name, up = name[len("../"):], up+1
	}
	dir, ok := strings.CutSuffix("/"+at, "/"+name)
	parts := strings.Split(name, "/")
	if !ok || up >= len(parts) {
		return ""
	}
	dir = path.Join(dir, path.Join(parts[:up]...))
	if path.IsAbs(at) {
		return path.Clean("/" + dir)
	}
	return path.Join(".", strings.TrimPrefix(dir, "/"))
}
