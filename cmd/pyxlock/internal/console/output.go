package console

// Printing: what goes to a terminal, into a log or to another program. All commands
// write through a terminal.Cleaner; what other programs read goes round it, since
// its own format keeps it harmless.

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"pyxlock/emit/terminal"
)

// said is an error as it is printed. What follows a line break, as in the name of
// a file, does not look like a line of ours.
func said(err error) string {
	return "pyxlock: " + strings.ReplaceAll(strings.TrimRight(err.Error(), "\n"), "\n", "\n    ") + "\n"
}

// Through returns the writer that text for programs goes to: formats that escape
// what acts, or code, byte for byte.
func Through(w io.Writer) io.Writer {
	c, ok := w.(*terminal.Cleaner)
	if !ok {
		return w
	}
	if c.Flush() != nil {
		return c // it returns the error again
	}
	return c.Unwrap()
}

// CodeTo returns the writer for code: exact, but on a terminal.
func CodeTo(w io.Writer) io.Writer {
	if IsTerminal(w) {
		return w
	}
	return Through(w)
}

// IsLog reports whether what is written may end up in the log of a CI system, which
// shows escapes and takes some lines for commands. A file is none.
func IsLog(w io.Writer) bool {
	if os.Getenv("CI") == "" && os.Getenv("GITHUB_ACTIONS") == "" && os.Getenv("TF_BUILD") == "" {
		return false
	}
	f, ok := behind(w).(*os.File)
	if !ok {
		return true
	}
	st, err := f.Stat()
	return err != nil || !st.Mode().IsRegular() && st.Mode()&fs.ModeDevice == 0
}

// Count writes a number of things: "1 file", "2 files".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// CountOf is Count for what has a plural of its own: "1 class has", "2 classes have".
func CountOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Join lists words.
func Join(words []string) string {
	var b bytes.Buffer
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	return b.String()
}
