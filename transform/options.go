package transform

import (
	"fmt"
	"path"
	"strings"
)

// Kind is which lock a class uses.
type Kind uint8

// The three locks, the default first.
const (
	RWLock Kind = iota
	CriticalSection
	Mutex
)

var kindNames = [...]string{"rwlock", "critical_section", "mutex"}

func (k Kind) String() string { return kindNames[k] }

// ParseKind returns the lock named s as in lock="…" and --lock.
func ParseKind(s string) (Kind, error) {
	for i, n := range kindNames {
		if n == s {
			return Kind(i), nil
		}
	}
	return 0, fmt.Errorf("unknown lock %q: use \"rwlock\", \"critical_section\" or \"mutex\"", s)
}

// Layout is how an expansion is laid out.
type Layout uint8

// Readable re-indents bodies as a person would; Aligned keeps them on their lines.
const (
	Readable Layout = iota
	Aligned
)

// Runtime tells where expanded code finds the rwlock.
type Runtime uint8

// Vendored and Package both cimport pyxlock: a file at the root of the output
// tree or the installed package. Inline pastes the runtime into each file.
const (
	Vendored Runtime = iota
	Package
	Inline
)

// Options are the settings of a run that change its output.
type Options struct {
	Lock    Kind // for classes that name none
	Off     bool // remove the decorators, lock nothing
	Layout  Layout
	Runtime Runtime
	// InlineRuntime is the text to paste with Runtime Inline.
	InlineRuntime string
	// Reads holds patterns of C functions that only read what they are given,
	// whatever their prototypes say; a "!" before a pattern takes back what an
	// earlier one said. The patterns are those of path.Match.
	Reads []string
	// Include holds the directories of -I, searched for cimported modules.
	Include []string
	// Roots holds the directories given as inputs, searched likewise.
	Roots []string
	// MayInclude tells which files may be read where something includes them; nil is
	// all. What a hostile include names is not the project's.
	MayInclude func(path string) bool
	// Canonical returns one name for a file, however a path reaches it; nil is
	// filepath.Clean.
	Canonical func(path string) string
	// Selected tells which findings are wanted, by file and code; nil wants all.
	// Syntax errors are always reported, and Run reports what must stop it.
	Selected func(path, code string) bool
}

// mode is how an object is held.
type mode uint8

const (
	read mode = iota
	write
)

func (m mode) String() string {
	if m == write {
		return "write"
	}
	return "read"
}

// readsOnly reports whether the settings say that a C function only reads.
func (o *Options) readsOnly(name string) bool {
	yes := false
	for _, p := range o.Reads {
		pattern, not := strings.CutPrefix(p, "!")
		if ok, err := path.Match(pattern, name); ok && err == nil {
			yes = !not
		}
	}
	return yes
}
