package diff

// Unified diffs that git apply takes.

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"pyxlock/emit/terminal"
)

// contextLines is the number of unchanged lines around a change, as in git.
const contextLines = 3

// Unified writes the difference as a patch that "git apply" takes, and nothing
// where there is none. Lines are written byte for byte, whatever they hold.
// Paths are quoted as git quotes them. With color it looks as on git's terminal
// and is no patch any more: what would act on a terminal is shown as U+FFFD.
func Unified(w io.Writer, d Pair, color bool) error {
	if !d.Changed() {
		return nil
	}
	u := &patch{color: color}
	oldPath, newPath := d.OldPath, d.NewPath
	if oldPath == "" {
		oldPath = newPath
	}
	if newPath == "" {
		newPath = oldPath
	}
	u.head("diff --git " + quotePath("a/", oldPath) + " " + quotePath("b/", newPath))
	switch {
	case d.OldPath == "":
		u.head("new file mode 100644")
	case d.NewPath == "":
		u.head("deleted file mode 100644")
	}
	a, b, changes := diffLines(d.Old, d.New)
	if len(changes) > 0 {
		u.head("--- " + patchPath("a/", d.OldPath))
		u.head("+++ " + patchPath("b/", d.NewPath))
	}
	for _, h := range hunks(changes, len(a), contextLines) {
		u.hunk(h, a, b)
	}
	if color {
		return terminal.WriteStyled(w, u.Bytes())
	}
	_, err := w.Write(u.Bytes())
	return err
}

// patch is a patch being written.
type patch struct {
	bytes.Buffer
	color bool
}

func (u *patch) head(line string) {
	u.WriteString(terminal.Paint(u.color, terminal.Bold, line))
	u.WriteByte('\n')
}

func (u *patch) hunk(h hunk, a, b [][]byte) {
	u.WriteString(terminal.Paint(u.color, terminal.Cyan, "@@ -"+hunkRange(h.a0, h.a1)+" +"+hunkRange(h.b0, h.b1)+" @@"))
	u.WriteByte('\n')
	at := h.a0
	for _, c := range h.changes {
		u.lines(' ', "", a[at:c.a0])
		u.lines('-', terminal.Red, a[c.a0:c.a1])
		u.lines('+', terminal.Green, b[c.b0:c.b1])
		at = c.a1
	}
	u.lines(' ', "", a[at:h.a1])
}

// hunkRange writes the lines [from, to) as a hunk header does.
func hunkRange(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from) // the line before
	case 1:
		return fmt.Sprint(from + 1)
	default:
		return fmt.Sprintf("%d,%d", from+1, to-from)
	}
}

func (u *patch) lines(sign byte, color string, lines [][]byte) {
	for _, l := range lines {
		text, ended := bytes.CutSuffix(l, []byte{'\n'})
		if u.color {
			shown := terminal.Printable(bytes.TrimSuffix(text, []byte{'\r'}))
			if sign != ' ' && bytes.HasSuffix(text, []byte{'\r'}) {
				shown += "␍"
			}
			text = []byte(shown)
		}
		if u.color && color != "" {
			u.WriteString(color)
			u.WriteByte(sign)
			u.Write(text)
			u.WriteString(terminal.Plain)
		} else {
			u.WriteByte(sign)
			u.Write(text)
		}
		u.WriteByte('\n')
		if !ended {
			u.WriteString("\\ No newline at end of file\n")
		}
	}
}

// patchPath returns a path as it stands behind "---" and "+++". A tab ends one
// with spaces, so that no tool takes what follows a space for a time stamp.
func patchPath(prefix, path string) string {
	if path == "" {
		return "/dev/null"
	}
	q := quotePath(prefix, path)
	if !strings.HasPrefix(q, `"`) && strings.Contains(q, " ") {
		q += "\t"
	}
	return q
}

// quotePath returns a path with its prefix and with forward slashes, in double
// quotes and escaped as git does where it holds a control character, a quote, a
// backslash or a byte outside ASCII.
func quotePath(prefix, path string) string {
	path = prefix + strings.TrimLeft(filepath.ToSlash(filepath.Clean(path)), "/")
	var q strings.Builder
	quoted := false
	for i := 0; i < len(path); i++ {
		c := path[i]
		if k := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c); k >= 0 {
			q.WriteByte('\\')
			q.WriteByte(`abtnvfr"\`[k])
			quoted = true
		} else if c < ' ' || c >= 0x7f {
			fmt.Fprintf(&q, `\%03o`, c)
			quoted = true
		} else {
			q.WriteByte(c)
		}
	}
	if quoted {
		return `"` + q.String() + `"`
	}
	return path
}
