package transform

// What a run can be told.

import (
	"path"
	"strings"

	"pyxlock/transform/effects"
	"pyxlock/transform/expand"
)

// Options are the settings of a run that change its output.
type Options struct {
	Lock    Kind // for classes that name none
	Off     bool // remove the decorators, lock nothing
	Layout  Layout
	Runtime Runtime
	// InlineRuntime is the text to paste with Runtime Inline.
	InlineRuntime string
	// Check adds checks at run time to what is written: each use of guarded state asks
	// whether its lock is held. InlineCheck is the text to paste for them with Runtime Inline.
	Check       bool
	InlineCheck string
	// Called returns what a file is called in what checks report; nil leaves its path.
	Called func(path string) string
	// Reads holds patterns of C functions that only read what they are given,
	// whatever their prototypes say; a "!" before a pattern takes back what an
	// earlier one said. The patterns are those of path.Match. "name(param)" speaks of one
	// parameter, by its name in the prototype.
	Reads []string
	// Locks names functions that take and release locks: "take/release", "Class.take/Class.release",
	// with ":read" behind it where others may hold the lock for reading, too.
	Locks []string
	// Headers tells where the headers are of the C functions that are declared; the zero
	// value knows of none but verbatim C.
	Headers HeaderOptions
	// Include holds the directories of -I, searched for cimported modules.
	Include []string
	// Installed holds the directories of installed packages, searched last. Only those count
	// that pyxlock has expanded.
	Installed []string
	// Declared says where the build declares freethreading_compatible for all modules: a
	// line of pyproject.toml, a flag; "" where it does not.
	Declared string
	// Roots holds the directories given as inputs, searched likewise.
	Roots []string
	// MayInclude tells which files may be read where something includes them; nil is
	// all. What a hostile include names is not the project's.
	MayInclude func(path string) bool
	// Canonical returns one name for a file, however a path reaches it; nil is
	// filepath.Clean.
	Canonical func(path string) string
	// Scope returns more files whose subclasses count, beside those of the inputs; nil
	// is none. It is called when somebody asks, and at most once.
	Scope func() ([]string, error)
	// Beside returns Python files that Cython does not compile, and which may use the modules that it does; nil is none. It
	// is called after Scope.
	Beside func() []string
	// Selected tells which findings are wanted, by file and code; nil wants all.
	// Syntax errors are always reported, and Run reports what must stop it.
	Selected func(path, code string) bool
}

// ValidLock refuses an entry of Locks that names no pair of functions.
func ValidLock(entry string) error { return effects.ValidPair(entry) }

// readsOnly reports whether the settings say that a C function only reads what it is given as
// the parameter called param.
func (o *Options) readsOnly(name, param string) bool {
	yes := false
	for _, p := range o.Reads {
		pattern, not := strings.CutPrefix(p, "!")
		if of, one, ok := strings.Cut(pattern, "("); ok { // "gr_*(ctx)" speaks of one parameter
			if match, err := path.Match(strings.TrimSuffix(one, ")"), param); !match || err != nil || param == "" {
				continue
			}
			pattern = of
		}
		if ok, err := path.Match(pattern, name); ok && err == nil {
			yes = !not
		}
	}
	return yes
}

func (o *Options) expansion() expand.Options {
	return expand.Options{Off: o.Off, Layout: o.Layout, Runtime: o.Runtime, InlineRuntime: o.InlineRuntime,
		Check: o.Check, InlineCheck: o.InlineCheck, Called: o.Called}
}
