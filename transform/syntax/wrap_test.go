package syntax

import (
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	long := strings.Repeat("n", 50)
	for _, c := range []struct{ name, in, want string }{
		{"short enough", `    @cython.write_lock("a", "b")`, `    @cython.write_lock("a", "b")`},
		{"88 columns", strings.Repeat("x", 88), strings.Repeat("x", 88)},
		{"without brackets", strings.Repeat("x", 89), strings.Repeat("x", 89)},
		{"one string", `    @c.no_lock("` + long + `, (` + long[:35] + `")`, "    @c.no_lock(\n        \"" + long + ", (" + long[:35] + "\"\n    )"},
		{"quotes in a string", `@c.no_lock("\"(` + long + long + `")`, "@c.no_lock(\n    \"\\\"(" + long + long + "\"\n)"},
		{"names", `@c.read_lock("` + long + `", "b", "` + long + `", snapshot=True)`,
			"@c.read_lock(\n    \"" + long + "\", \"b\",\n    \"" + long + "\", snapshot=True\n)"},
		{"blocks", `with c.write_lock(f(a, b), ` + long + `), c.read_lock(` + long + `):`,
			"with c.write_lock(\n    f(a, b), " + long + "\n), c.read_lock(" + long + "):"},
		{"two calls too long", "with c.write_lock(" + long + long + "), c.read_lock(" + long + long + "):",
			"with c.write_lock(\n    " + long + long + "\n), c.read_lock(\n    " + long + long + "\n):"},
		{"tabs", "\t" + strings.Repeat("x", 80) + "(abc)", "\t" + strings.Repeat("x", 80) + "(\n\t\tabc\n\t)"},
	} {
		unit := "    "
		if strings.HasPrefix(c.in, "\t") {
			unit = "\t"
		}
		if got := strings.Join(Wrap(c.in, unit), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
