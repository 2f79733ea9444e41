package exclude

// The index of a git repository: which files git tracks. It is read here, since no
// program is started but for --since.

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pyxlock/emit/fileio"
)

// trackedFiles are the files that git tracks below the top of a work tree. They are
// read when somebody asks; where there is no index that can be read there are none.
type trackedFiles struct {
	top  string // absolute, without links
	once sync.Once
	// names are the files, from the top, in order of their bytes; submodules and what a
	// sparse index has in place of files are directories, and are in the map as well.
	names []string
	dirs  map[string]bool
}

func (t *trackedFiles) load() {
	t.once.Do(func() {
		dir, err := GitDir(t.top)
		if err != nil {
			return
		}
		data, err := fileio.ReadFile(filepath.Join(dir, "index"))
		if err != nil {
			return
		}
		t.names, t.dirs = parseIndex(data)
		if t.dirs == nil { // which says nothing that is understood
			return
		}
		shared := sharedIndex(data)
		if shared == "" {
			return
		}
		// Of a split index most is there. What has been taken out since counts as well.
		if data, err = fileio.ReadFile(filepath.Join(dir, shared)); err != nil {
			return
		}
		names, dirs := parseIndex(data)
		t.names = slices.Sorted(slices.Values(append(names, t.names...)))
		for dir := range dirs {
			t.dirs[dir] = true
		}
	})
}

// has reports whether git tracks a file, or anything in a directory.
func (t *trackedFiles) has(abs string, isDir bool) bool {
	return t.some(abs, isDir, func(string) bool { return true })
}

// hasSources reports whether git tracks Cython files in a directory.
func (t *trackedFiles) hasSources(dir string) bool {
	return t.some(dir, true, func(name string) bool {
		ext := path.Ext(name)
		return ext == ".pyx" || ext == ".pxd" || ext == ".pxi"
	})
}

func (t *trackedFiles) some(abs string, isDir bool, want func(name string) bool) bool {
	if t == nil {
		return false
	}
	rel, err := filepath.Rel(t.top, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return false
	}
	t.load()
	name := filepath.ToSlash(rel)
	for at := name; at != "."; at = path.Dir(at) {
		if t.dirs[at] {
			return want(name)
		}
	}
	if !isDir {
		_, ok := slices.BinarySearch(t.names, name)
		return ok && want(name)
	}
	prefix := name + "/"
	if name == "." {
		prefix = ""
	}
	i, _ := slices.BinarySearch(t.names, prefix)
	for ; i < len(t.names) && strings.HasPrefix(t.names[i], prefix); i++ {
		if want(t.names[i]) {
			return true
		}
	}
	return false
}

// sharedIndex returns the name of the file that holds the rest of a split index, ""
// for one that is whole.
func sharedIndex(data []byte) string {
	at := bytes.LastIndex(data, []byte("link\x00\x00"))
	if at < 12 || len(data) < at+8 {
		return ""
	}
	// Its hash is as long as that at the end of the file, and other things follow it.
	size, rest := int(binary.BigEndian.Uint32(data[at+4:])), data[at+8:]
	for _, hash := range []int{20, 32} {
		if _, _, ok := parseEntries(data[12:], binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:]), hash); ok && hash <= size && size <= len(rest) {
			return "sharedindex." + hex.EncodeToString(rest[:hash])
		}
	}
	return ""
}

// parseIndex reads an index of the versions 2 to 4.
func parseIndex(data []byte) (names []string, dirs map[string]bool) {
	const head = 12
	if len(data) < head || string(data[:4]) != "DIRC" {
		return nil, nil
	}
	version, n := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version < 2 || version > 4 {
		return nil, nil
	}
	// Nothing in the file says how long its hashes are.
	for _, hash := range []int{20, 32} {
		if names, dirs, ok := parseEntries(data[head:], version, n, hash); ok {
			return names, dirs
		}
	}
	return nil, nil
}

func parseEntries(data []byte, version, n uint32, hash int) (names []string, dirs map[string]bool, ok bool) {
	const stat = 40 // times, numbers, mode, owner and size
	dirs = map[string]bool{}
	var last []byte
	for ; n > 0; n-- {
		fixed := stat + hash + 2
		if len(data) < fixed {
			return nil, nil, false
		}
		mode := binary.BigEndian.Uint32(data[24:])
		if flags := binary.BigEndian.Uint16(data[stat+hash:]); flags&0x4000 != 0 {
			if version < 3 {
				return nil, nil, false
			}
			fixed += 2
		}
		if len(data) < fixed {
			return nil, nil, false
		}
		rest := data[fixed:]
		var keep []byte
		if version == 4 {
			drop, used := offsetVarint(rest)
			if used == 0 || drop > uint64(len(last)) {
				return nil, nil, false
			}
			keep, rest = last[:uint64(len(last))-drop], rest[used:]
		}
		name, _, found := bytes.Cut(rest, []byte{0})
		if !found {
			return nil, nil, false
		}
		size := len(data) - len(rest) + len(name) + 1
		if version < 4 { // filled up with zeros to a multiple of eight
			if size = (size + 7) / 8 * 8; size > len(data) {
				return nil, nil, false
			}
		}
		full := slices.Concat(keep, name)
		if bytes.Compare(last, full) > 0 && len(full) > 0 {
			return nil, nil, false
		}
		switch mode >> 12 {
		case 0o16, 0o4: // a submodule; a directory of a sparse index
			dirs[strings.TrimSuffix(string(full), "/")] = true
		case 0o10, 0o12: // a file; a link
		default:
			return nil, nil, false
		}
		if len(full) > 0 { // in a split index one that is for another of the shared one
			names = append(names, string(full))
		}
		last, data = full, data[size:]
	}
	// What follows are extensions and the hash of all.
	return names, dirs, len(data) >= hash
}

// offsetVarint reads a number as version 4 has it.
func offsetVarint(data []byte) (n uint64, used int) {
	for i, c := range data {
		if i == 8 {
			break
		}
		if i > 0 {
			n++
		}
		n = n<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}
