package fileio

// Dependency files, for make and ninja.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// Depfile returns a dependency file in the syntax of make, which ninja reads
// too: the outputs, a colon, and the files they are made from. Outputs keep
// their order, because ninja wants the first one of its rule in front;
// dependencies are sorted. Each name stands once. It fails on a name with a line
// break, which the syntax cannot express, and without any output.
//
// Some names cannot be written so that both read them, and are written as gcc
// writes them: those with a backslash before "#" or at the end, with one of
// "*?[%=~" where make gives it a meaning, or with one of "';&", at which ninja
// ends a name.
func Depfile(outputs, deps []string) ([]byte, error) {
	if len(outputs) == 0 {
		return nil, errors.New("a depfile needs an output")
	}
	deps = slices.Clone(deps)
	slices.Sort(deps)
	var b bytes.Buffer
	write := func(names []string) error {
		seen := make(map[string]bool, len(names))
		for _, name := range names {
			if seen[name] {
				continue
			}
			if strings.ContainsAny(name, "\r\n") {
				return errors.New("a depfile cannot name a file with a line break: " + name)
			}
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			depName(&b, name)
			seen[name] = true
		}
		return nil
	}
	if err := write(outputs); err != nil {
		return nil, err
	}
	b.WriteByte(':')
	if err := write(deps); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// depName writes one name with its escapes.
func depName(b *bytes.Buffer, name string) {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; c {
		case ' ', '\t':
			// Backslashes count double here and only here.
			for k := i; k > 0 && name[k-1] == '\\'; k-- {
				b.WriteByte('\\')
			}
			b.WriteByte('\\')
		case '#':
			b.WriteByte('\\')
		case '$':
			b.WriteByte('$')
		case ':':
			if !isDrive(name, i) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(name[i])
	}
}

// isDrive reports whether the colon at i belongs to a drive letter.
func isDrive(name string, i int) bool {
	return i == 1 && len(name) > 2 && (name[2] == '/' || name[2] == '\\') &&
		('a' <= name[0]|0x20 && name[0]|0x20 <= 'z')
}
