package library

// What the names of C functions speak of.

import (
	"slices"
	"strings"
	"unicode"
)

// writers are words in the names of functions that write to what they are given.
var writers = []string{"set", "add", "init", "clear", "free", "append", "insert", "remove", "delete", "del", "swap", "push", "pop", "reset", "update", "put",
	"store", "destroy", "dealloc", "realloc", "resize", "reserve", "assign", "open", "close", "seek", "inc", "incr", "decr", "lock", "unlock", "acquire", "release",
	"load", "merge", "sort", "build", "grow", "shrink", "replace", "unlink", "attach", "detach", "register", "start", "stop", "next", "step", "init2", "erase", "emplace", "rewind", "truncate"}

// fillers are words in the names of functions that write to any of what they are given.
var fillers = []string{"read", "recv", "receive", "fill", "copy", "move", "into", "decode", "encode", "scan", "parse", "unref", "ref", "incref", "decref", "retain", "exchange", "write", "sort", "shuffle", "reverse", "unpack", "pack", "inflate", "deflate", "transform"}

// SoundsLikeFilling reports whether a name has a word in it of a function that writes to what it is given, wherever that is
// among its parameters: gz_read(f, buffer).
func SoundsLikeFilling(name string) bool { return hasWord(name, fillers) }

// SoundsLikeWriting reports whether a name has such a word in it. What it speaks of is what
// comes first among the parameters.
func SoundsLikeWriting(name string) bool { return hasWord(name, writers) }

// hasWord reports whether a name has one of several words in it.
func hasWord(name string, words []string) bool {
	var word strings.Builder
	was := rune('_')
	found := false
	flush := func() {
		found = found || slices.Contains(words, strings.ToLower(word.String()))
		word.Reset()
	}
	for _, r := range name {
		if r == '_' || r == '.' || unicode.IsUpper(r) && unicode.IsLower(was) {
			flush()
		}
		if r != '_' && r != '.' {
			word.WriteRune(r)
		}
		was = r
	}
	flush()
	return found
}
