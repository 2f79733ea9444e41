package decorator

import (
	"reflect"
	"strings"
	"testing"
)

func TestGuesses(t *testing.T) {
	for _, tt := range []struct {
		name string
		want string // what it comes close to
		far  bool
	}{
		{name: "writelock", want: "write_lock"},
		{name: "WriteLock", want: "write_lock"},
		{name: "write_locks", want: "write_lock"},
		{name: "write_locked", want: "write_lock"},
		{name: "lock_write", want: "write_lock"},
		{name: "wirte_lock", want: "write_lock"},
		{name: "read_lokc", want: "read_lock"},
		{name: "readlock", want: "read_lock"},
		{name: "rd_lock", want: "read_lock", far: true},
		{name: "nolock", want: "no_lock"},
		{name: "no_locking", want: "no_lock"},
		{name: "locked_clas", want: "locked_class"},
		{name: "lock_class", want: "locked_class"},
		{name: "LockedClass", want: "locked_class"},
		// The names themselves, those of Cython, and what says something else.
		{name: "write_lock"},
		{name: "nogil"},
		{name: "no_gc"},
		{name: "locals"},
		{name: "cclass"},
		{name: "pymutex"},
		{name: "unlock"},
		{name: "unlocked_class"},
		{name: "no_read_lock"},
		{name: "lock"},
		{name: "with_phil"},
		{name: "synchronized"},
		{name: "staticmethod"},
		{name: "property"},
	} {
		g := guesses(tt.name)
		if got := strings.Join(g.names, " "); got != tt.want || tt.far != (g.distance > 1) {
			t.Errorf("guesses(%q) = %q at a distance of %d, want %q", tt.name, got, g.distance, tt.want)
		}
	}
}

// What a file mentions decides whether it is parsed at all.
func TestMentions(t *testing.T) {
	for src, want := range map[string][2]bool{
		"@cython.write_lock\n":                               {true, true},
		"@cython.locked_class(lock='mutex')\n":               {true, true},
		"from cython cimport read_lock as rl\n":              {true, true},
		"x = cython.no_lock\n":                               {true, true},
		"@cython.writelock\n":                                {true, true},
		"@cy . \\\n  write_lokc()\n":                         {true, true},
		"@nolock\n":                                          {true, true},
		"from cython cimport (final,\n    readlock as rl)\n": {true, true},
		"import cython\nwith cython.writelock(self): pass\n": {true, true},
		// As part of another word, or where no decorator's name can stand.
		"cdef int thread_lock\n":                 {false, false},
		"class unlocked_classes: pass\n":         {false, false},
		"def nolock(): readlock()\n":             {false, false},
		"from locks cimport readlock\n":          {false, false},
		"@property\ndef block(self): pass\n":     {false, false},
		"acquire(read_lock)  # a name of ours\n": {true, false},
		"":                                       {false, false},
	} {
		if got := [2]bool{mentions([]byte(src)), decorates([]byte(src))}; !reflect.DeepEqual(got, want) {
			t.Errorf("%q: mentions, decorates = %v, want %v", src, got, want)
		}
	}
}
