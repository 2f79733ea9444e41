package fileio

// What a file has besides its content, on Linux: owner, group, mode, hard links and
// extended attributes, access control lists among them.

import (
	"bytes"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// adopt gives a new file what the file at path has besides its content. It reports
// false where something of it cannot be had by another file: then path has to be
// overwritten, and not replaced.
func adopt(f *os.File, path string) bool {
	var old, now unix.Stat_t
	fd := int(f.Fd())
	if unix.Lstat(path, &old) != nil || unix.Fstat(fd, &now) != nil || old.Nlink > 1 {
		return false
	}
	if old.Uid != now.Uid || old.Gid != now.Gid {
		if unix.Fchown(fd, int(old.Uid), int(old.Gid)) != nil {
			return false
		}
	}
	// A change of the owner takes bits away.
	if unix.Fchmod(fd, old.Mode&0o7777) != nil || !adoptXattrs(fd, path) {
		return false
	}
	return unix.Fstat(fd, &now) == nil && now.Mode == old.Mode && now.Uid == old.Uid && now.Gid == old.Gid
}

func adoptXattrs(fd int, path string) bool {
	want, ok := xattrs(func(to []byte) (int, error) { return unix.Llistxattr(path, to) },
		func(name string, to []byte) (int, error) { return unix.Lgetxattr(path, name, to) })
	if !ok {
		return false
	}
	have, ok := xattrs(func(to []byte) (int, error) { return unix.Flistxattr(fd, to) },
		func(name string, to []byte) (int, error) { return unix.Fgetxattr(fd, name, to) })
	if !ok {
		return false
	}
	for name := range have {
		if _, ok := want[name]; !ok && unix.Fremovexattr(fd, name) != nil {
			return false
		}
	}
	for name, value := range want {
		if now, ok := have[name]; ok && bytes.Equal(now, value) {
			continue
		}
		// What the system keeps for its security may speak of the content.
		if strings.HasPrefix(name, "security.") || unix.Fsetxattr(fd, name, value, 0) != nil {
			return false
		}
	}
	return true
}

// xattrs reads all extended attributes. A file system without them has none.
func xattrs(list func([]byte) (int, error), get func(string, []byte) (int, error)) (map[string][]byte, bool) {
	names, err := sized(list)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) {
		return nil, true
	}
	if err != nil {
		return nil, false
	}
	out := map[string][]byte{}
	for name := range strings.SplitSeq(string(names), "\x00") {
		if name == "" {
			continue
		}
		value, err := sized(func(to []byte) (int, error) { return get(name, to) })
		if err != nil {
			return nil, false
		}
		out[name] = value
	}
	return out, true
}

// sized calls what fills a buffer with one that is large enough.
func sized(fill func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := fill(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		buf := make([]byte, n)
		if n, err = fill(buf); !errors.Is(err, unix.ERANGE) {
			return buf[:max(n, 0)], err
		}
	}
}
