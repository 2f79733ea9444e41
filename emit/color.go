package emit

// ANSI escapes, in the colours that git and gcc use.
const (
	plain   = "\x1b[m"
	bold    = "\x1b[1m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	cyan    = "\x1b[36m"
	boldRed = "\x1b[1;31m"
)

// styles are all escapes that are ours.
var styles = []string{plain, bold, red, green, yellow, cyan, boldRed}

// paint wraps s in a colour where on is set.
func paint(on bool, color, s string) string {
	if !on || s == "" {
		return s
	}
	return color + s + plain
}
