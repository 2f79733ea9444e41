package terminal

// ANSI escapes, in the colours that git and gcc use.
const (
	Plain   = "\x1b[m"
	Bold    = "\x1b[1m"
	Red     = "\x1b[31m"
	Green   = "\x1b[32m"
	Yellow  = "\x1b[33m"
	Cyan    = "\x1b[36m"
	BoldRed = "\x1b[1;31m"
)

// styles are all escapes that are ours.
var styles = []string{Plain, Bold, Red, Green, Yellow, Cyan, BoldRed}

// Paint wraps s in a colour where on is set.
func Paint(on bool, color, s string) string {
	if !on || s == "" {
		return s
	}
	return color + s + Plain
}
