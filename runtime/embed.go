// Package runtime carries the lock that rewritten Cython code uses: a single
// pyxlock.pxd with its C inside. See README.md beside it.
package runtime

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// FileName is the name under which Cython has to find Pxd for
// "cimport pyxlock".
const FileName = "pyxlock.pxd"

// Version is the release of the runtime: PYXLOCK_VERSION in the C code.
const Version = "0.1.0"

// ABI is the layout that extension modules of one process share: PYXLOCK_ABI
// in the C code. Modules with different ABIs do not exclude each other.
const ABI = 5

// InlinePrefix comes before every name that Inline declares.
const InlinePrefix = "_pyxlock_"

//go:embed pyxlock.pxd
var pxd string

// CheckFileName is the name under which Cython has to find CheckPxd, beside Pxd, for
// "cimport pyxlock_check".
const CheckFileName = "pyxlock_check.pxd"

//go:embed pyxlock_check.pxd
var checkPxd string

// CheckPxd returns the text of pyxlock_check.pxd, which code with --locking=check uses. Each
// call returns a new copy.
func CheckPxd() []byte { return []byte(checkPxd) }

// Pxd returns the text of pyxlock.pxd. Each call returns a new copy.
func Pxd() []byte { return []byte(pxd) }

// Inline returns the same declarations as a block to paste at the top level of
// a .pyx, for output that consists of one file: instead of pyxlock.Guard and
// pyxlock.read they are called _pyxlock_Guard and _pyxlock_read. C code that
// gets both this block and pyxlock.pxd uses whichever comes first.
//
// It panics if pyxlock.pxd does not have the form it expects, which a test
// rules out.
func Inline() string { return inline() }

// Only made when asked for: most runs of the program do not need it.
var inline = sync.OnceValue(func() string { return makeInline(pxd, "pyxlock_") })

// InlineCheck is to CheckPxd what Inline is to Pxd, and goes behind it.
func InlineCheck() string { return inlineCheck() }

var inlineCheck = sync.OnceValue(func() string {
	return strings.ReplaceAll(makeInline(checkPxd, "pyxlock_check_"), "pyxlock.Guard", InlinePrefix+"Guard")
})

// makeInline puts "_" and a prefix before the names of a file that declares C functions which
// have the prefix.
func makeInline(pxd, prefix string) string {
	const block = "cdef extern from *:\n"
	const quotes = `"""`
	begin := strings.Index(pxd, block)
	end := strings.LastIndex(pxd, quotes)
	if begin < 0 || end < begin {
		panic("runtime: pyxlock.pxd has no verbatim block")
	}
	end += len(quotes)
	code, decls := pxd[begin:end], pxd[end:]

	// The name before the C name in quotes. What C++ gives a destructor has a name of its own there.
	declared := regexp.MustCompile(`(\w+) "` + prefix + `(?:Scoped)?(\w+)"`)
	names := declared.FindAllStringSubmatch(decls, -1)
	if len(names) == 0 {
		panic("runtime: pyxlock.pxd declares nothing")
	}
	uses := make([]*regexp.Regexp, len(names))
	for i, n := range names {
		if n[1] != n[2] {
			panic(fmt.Sprintf("runtime: %s is %s%s in C", n[1], prefix, n[2]))
		}
		uses[i] = regexp.MustCompile(`\b` + n[1] + `\b`)
	}
	lines := strings.Split(decls, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue // prose; "read" in it is a word
		}
		for j, use := range uses {
			line = use.ReplaceAllString(line, "_"+prefix+names[j][1])
		}
		lines[i] = line
	}
	return code + strings.Join(lines, "\n")
}
