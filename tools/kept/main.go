// Command kept gives scripts the cache of internal/testcache: what they built, and
// which tests passed, by a key of all that it depends on.
//
//	kept key KIND PART...    prints the key of something of a kind
//	kept has KEY             exits 1 if it is not there
//	kept get KEY FILE        writes it to a file; exits 1 if it is not there
//	kept put KEY [FILE]      keeps a file, or that there is something
//
// A PART is python=EXE (an interpreter with what is installed for it), compiler=NAME,
// path=FILE or path=FOLDER, checkout=FOLDER (without what git ignores), text=TEXT,
// or environment.
package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"pyxlock/internal/testcache"
)

func main() {
	found, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "kept:", err)
		os.Exit(2)
	}
	if !found {
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: kept key KIND PART..., kept has KEY, kept get KEY FILE, or kept put KEY [FILE]")

func run(args []string) (found bool, err error) {
	if len(args) < 2 {
		return false, errUsage
	}
	command, args := args[0], args[1:]
	if command == "key" {
		k, err := key(args[0], args[1:])
		if err == nil {
			fmt.Printf("%x\n", k)
		}
		return true, err
	}
	cache, err := testcache.Open()
	if err != nil {
		return false, err
	}
	var k testcache.Key
	if n, err := hex.Decode(k[:], []byte(args[0])); err != nil || n != len(k) {
		return false, fmt.Errorf("%q is no key", args[0])
	}
	switch {
	case command == "has" && len(args) == 1:
		return cache.Has(k), nil
	case command == "get" && len(args) == 2:
		data, ok := cache.Get(k)
		if ok {
			err = os.WriteFile(args[1], data, 0o666)
		}
		return ok, err
	case command == "put" && len(args) <= 2:
		var data []byte
		if len(args) == 2 {
			if data, err = os.ReadFile(args[1]); err != nil {
				return false, err
			}
		}
		cache.Put(k, data)
		return true, nil
	}
	return false, errUsage
}

func key(kind string, parts []string) (testcache.Key, error) {
	h := testcache.NewHash(kind)
	for _, part := range parts {
		what, of, _ := strings.Cut(part, "=")
		var identity testcache.Key
		var err error
		switch what {
		case "python":
			identity, err = testcache.Python(of)
			h.Key("python", identity)
		case "compiler":
			identity, err = testcache.Compiler(of)
			h.Key("compiler", identity)
		case "path":
			err = h.Path(of)
		case "checkout":
			err = h.Checkout(".", of)
		case "text":
			h.Text("text", of)
		case "environment":
			h.Environment()
		default:
			err = errUsage
		}
		if err != nil {
			return testcache.Key{}, err
		}
	}
	return h.Sum(), nil
}
