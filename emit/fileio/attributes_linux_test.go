package fileio

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func stat(t *testing.T, path string) unix.Stat_t {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st
}

// inPlace writes new text in place.
func inPlace(t *testing.T, path string) {
	t.Helper()
	if _, err := batch(Output{Path: path, Data: []byte("new"), InPlace: true}).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Fatalf("%q %v", text, err)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 2 {
		t.Errorf("left: %v %v", entries, err)
	}
}

func TestInPlaceKeepsTheMode(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "old")
	if err := unix.Chmod("m.pyx", 0o6751); err != nil {
		t.Fatal(err)
	}
	before := stat(t, "m.pyx")
	inPlace(t, "m.pyx")
	after := stat(t, "m.pyx")
	if after.Mode != before.Mode {
		t.Errorf("mode %o, was %o", after.Mode, before.Mode)
	}
	if after.Ino == before.Ino {
		t.Error("it was overwritten, not replaced")
	}
}

func TestInPlaceKeepsTheOwner(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "old")
	if err := os.Chown("m.pyx", 1234, 5678); errors.Is(err, syscall.EPERM) {
		t.Skip("needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	inPlace(t, "m.pyx")
	if st := stat(t, "m.pyx"); st.Uid != 1234 || st.Gid != 5678 {
		t.Errorf("owner %d:%d", st.Uid, st.Gid)
	}
}

func TestInPlaceKeepsExtendedAttributes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "old")
	// An access list: the owner rw, the user 1234 r, the group r, others nothing.
	acl := []byte{2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xd2, 4, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255}
	want := map[string][]byte{"user.note": []byte("kept"), "user.empty": nil}
	if unix.Setxattr("m.pyx", "system.posix_acl_access", acl, 0) == nil {
		want["system.posix_acl_access"] = acl
	}
	for name, value := range want {
		if err := unix.Setxattr("m.pyx", name, value, 0); err != nil {
			t.Skip("no extended attributes here: ", err)
		}
	}
	before := stat(t, "m.pyx")
	inPlace(t, "m.pyx")
	for name, value := range want {
		buf := make([]byte, 100)
		n, err := unix.Getxattr("m.pyx", name, buf)
		if err != nil || string(buf[:n]) != string(value) {
			t.Errorf("%s: %q %v", name, buf[:max(n, 0)], err)
		}
	}
	if after := stat(t, "m.pyx"); after.Mode != before.Mode {
		t.Errorf("mode %o, was %o", after.Mode, before.Mode)
	}
}

func TestInPlaceKeepsHardLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m.pyx", "old and longer")
	if err := errors.Join(os.Link("m.pyx", "other.pyx"), unix.Chmod("m.pyx", 0o4640)); err != nil {
		t.Skip(err)
	}
	before := stat(t, "m.pyx")
	inPlace(t, "m.pyx")
	after := stat(t, "other.pyx")
	if after.Ino != before.Ino || after.Nlink != 2 || after.Mode != before.Mode || after.Size != 3 {
		t.Errorf("%+v", after)
	}
	// Elsewhere the output is another file: the other name keeps its text.
	if _, err := batch(Output{Path: "m.pyx", Data: []byte("out")}).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("other.pyx"); err != nil || string(text) != "new" {
		t.Errorf("%q %v", text, err)
	}
}
