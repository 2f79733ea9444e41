package sourcemap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree makes src/pkg/m.pyx and build/src/pkg/m.pyx with its map, and goes there.
//
//	source                 output
//	1 @lock                1 def f():
//	2 def f():             2     try:
//	3     a                3         a
//	4     b                4         b
//	                       5     finally: c
func tree(t *testing.T) {
	t.Chdir(t.TempDir())
	src := "@lock\ndef f():\n    a\n    b\n"
	out := "def f():\n    try:\n        a\n        b\n    finally: c\n"
	m := mapOf(2, -1, 3, 4, -1)
	write(t, "src/pkg/m.pyx", src)
	for _, dir := range []string{"build/src/pkg", "other/with space"} {
		o := filepath.Join(dir, "m.pyx")
		write(t, o, out)
		write(t, o+".map", string(New(o+".map", "src/pkg/m.pyx", o, m).Encode()))
	}
}

func TestParsePosition(t *testing.T) {
	for s, want := range map[string]Position{
		"m.pyx:3":          {Path: "m.pyx", Line: 3},
		"m.pyx:3:14":       {Path: "m.pyx", Line: 3, Column: 14},
		`C:\x\m.pyx:3`:     {Path: `C:\x\m.pyx`, Line: 3},
		"a b:c.pyx:3:0":    {Path: "a b:c.pyx", Line: 3},
		"src/10:20/m:30:4": {Path: "src/10:20/m", Line: 30, Column: 4},
	} {
		if got, err := ParsePosition(s); err != nil || got != want {
			t.Errorf("%s: %+v %v", s, got, err)
		}
	}
	for _, s := range []string{"", "m.pyx", ":3", "m.pyx:", "m.pyx:0", "m.pyx:x", "m:99999999999999999999"} {
		if got, err := ParsePosition(s); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
}

func TestLocate(t *testing.T) {
	tree(t)
	l := &Locator{Roots: []string{"build/src"}, Outputs: []string{"build", "other"}}
	for _, tt := range []struct{ from, to string }{
		{"build/src/pkg/m.pyx:1", "src/pkg/m.pyx:2"},
		{"build/src/pkg/m.pyx:3:9", "src/pkg/m.pyx:3:5"},
		{"build/src/pkg/m.pyx:3:1", "src/pkg/m.pyx:3:1"},
		{"build/src/pkg/m.pyx:1:5", "src/pkg/m.pyx:2:5"},
		{"build/src/pkg/m.pyx:2:5", "src/pkg/m.pyx:1:1"},
		{"./build/src/pkg/m.pyx:4", "src/pkg/m.pyx:4"},
		{"pkg/m.pyx:4:9", "src/pkg/m.pyx:4:5"}, // below a root
		{"src/pkg/m.pyx:3:5", "build/src/pkg/m.pyx:3:9 other/with space/m.pyx:3:9"},
		{"src/../src/pkg/m.pyx:1", "build/src/pkg/m.pyx:2 other/with space/m.pyx:2"},
	} {
		p, err := ParsePosition(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		list, err := l.Locate(p)
		if err != nil {
			t.Error(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, filepath.ToSlash(p.String()))
		}
		if s := strings.Join(got, " "); s != tt.to {
			t.Errorf("%s: %s, want %s", tt.from, s, tt.to)
		}
	}
	if _, err := l.Locate(Position{Path: "none.pyx", Line: 1}); err == nil || !strings.Contains(err.Error(), "none.pyx: no line map") {
		t.Error(err)
	}
	write(t, "bad.pyx.map", "{")
	if _, err := l.Locate(Position{Path: "bad.pyx", Line: 1}); err == nil || !strings.Contains(err.Error(), "bad.pyx.map: no line map") {
		t.Error(err)
	}
	abs, _ := filepath.Abs("build/src/pkg/m.pyx")
	want, _ := filepath.Abs("src/pkg/m.pyx")
	if got, err := l.Locate(Position{Path: abs, Line: 1}); err != nil || got[0].Path != want {
		t.Error(got, err)
	}
}

func TestShift(t *testing.T) {
	for _, tt := range []struct {
		from, to     string
		column, want int
	}{
		{"    a = b", "a = b", 5, 1},
		{"    a = b", "a = b", 2, 1},
		{"a = b", "    a = b", 1, 5},
		{"a = b", "    a = b", 0, 4},
		{"  lock(); a = b", "  a = b", 15, 7}, // in text that both end with
		{"  lock(); a = b", "  a = b", 11, 3},
		{"  lock(); a = b", "  a = b", 4, 4},
		{"  a = b", "  lock(); a = b", 7, 15},
		{"  x = declare(b)", "  cdef x = b", 9, 9}, // nothing in common there
		{"  x = declare(b)", "  y", 16, 3},         // the end
		{"  é = 日; x", "é = 日; x", 10, 8},
		{"", "", 3, 1},
	} {
		if got := shift(tt.column, []rune(tt.from), []rune(tt.to)); got != tt.want {
			t.Errorf("%q to %q: column %d becomes %d, want %d", tt.from, tt.to, tt.column, got, tt.want)
		}
	}
	if got := shift(7, nil, []rune("x")); got != 7 {
		t.Errorf("unknown line: %d", got)
	}
}

func TestFilter(t *testing.T) {
	tree(t)
	write(t, "broken.pyx.map", "{")
	const text = `
Error compiling Cython file:
------------------------------------------------------------
...
    try:
        a
        ^
------------------------------------------------------------

build/src/pkg/m.pyx:3:8: undeclared name not builtin: a
warning: pkg/m.pyx:4:9: Unreachable code
other/with space/m.pyx:3:9: in a directory with a space
In file included from other/with space/m.pyx:3,
                 from "pkg/m.pyx:4":
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
  File "t.py", line 3, in <module>
    m.f()
  File "pkg/m.pyx", line 3, in m.f
    a
  File "build/src/pkg/m.pyx", line 2, in m.f
  File "other/with space/m.pyx", line 99999999999999999999, in m.f
pkg/m.pyx:3: in f
(pkg/m.pyx:3) [pkg/m.pyx:4:9], pkg/m.pyx:1, pkg/m.pyx:12x pkg/m.pyx:0
` + "\x1b[1m\x1b[31mpkg/m.pyx\x1b[0m:3: ZeroDivisionError \x1b[01m\x1b[Kpkg/m.pyx:3:9:\x1b[m\x1b[K\n" +
		"  File \x1b[35m\"pkg/m.pyx\"\x1b[0m, line \x1b[35m3\x1b[0m, in \x1b[35mf\x1b[0m\n" +
		`12:34:56 none.pyx:3:4: broken.pyx:3: http://h:80/ ::: a:b C:\d\m.pyx:3:1 http://pkg/m.pyx:3` + "\r\n\xff\x00 pkg/m.pyx:3"
	const want = `
Error compiling Cython file:
------------------------------------------------------------
...
@lock
def f():
    a
    ^
------------------------------------------------------------

src/pkg/m.pyx:3:4: undeclared name not builtin: a
warning: src/pkg/m.pyx:4:5: Unreachable code
src/pkg/m.pyx:3:5: in a directory with a space
In file included from src/pkg/m.pyx:3,
                 from "src/pkg/m.pyx:4":
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
  File "t.py", line 3, in <module>
    m.f()
  File "src/pkg/m.pyx", line 3, in m.f
    a
  File "src/pkg/m.pyx", line 1, in m.f
  File "other/with space/m.pyx", line 99999999999999999999, in m.f
src/pkg/m.pyx:3: in f
(src/pkg/m.pyx:3) [src/pkg/m.pyx:4:5], src/pkg/m.pyx:2, pkg/m.pyx:12x pkg/m.pyx:0
` + "\x1b[1m\x1b[31msrc/pkg/m.pyx\x1b[0m:3: ZeroDivisionError \x1b[01m\x1b[Ksrc/pkg/m.pyx:3:5:\x1b[m\x1b[K\n" +
		"  File \x1b[35m\"src/pkg/m.pyx\"\x1b[0m, line \x1b[35m3\x1b[0m, in \x1b[35mf\x1b[0m\n" +
		`12:34:56 none.pyx:3:4: broken.pyx:3: http://h:80/ ::: a:b C:\d\m.pyx:3:1 http://pkg/m.pyx:3` + "\r\n\xff\x00 src/pkg/m.pyx:3"
	l := &Locator{Roots: []string{"build/src"}}
	var got bytes.Buffer
	if err := l.Filter(&got, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); d != "" {
		t.Error(d)
	}
}

func TestFilterLeavesOtherTextAlone(t *testing.T) {
	long := strings.Repeat("x:1:2 ", 1<<18) + "\n"
	for _, text := range []string{"", "\n", "a:1", long, ":1:1:1\n\n", "File \"\", line 1\n"} {
		var got bytes.Buffer
		if err := new(Locator).Filter(&got, strings.NewReader(text)); err != nil || got.String() != text {
			t.Errorf("%.40q: %.40q %v", text, got.String(), err)
		}
	}
}

// TestExcerpts checks what is shown of a file before a position, as each Cython writes it, and
// that what only looks like it stays as it is.
func TestExcerpts(t *testing.T) {
	tree(t)
	shown := func(gap string, lines ...string) string {
		return bar + "\n...\n" + strings.Join(lines, "\n") + "\n" + bar + "\n" + gap
	}
	for name, tt := range map[string]struct{ text, want string }{
		"Cython 3.0 to 3.2": {shown("\n", "    try:", "        a", "        ^") + "pkg/m.pyx:3:8: what\n",
			shown("\n", "@lock", "def f():", "    a", "    ^") + "src/pkg/m.pyx:3:4: what\n"},
		"Cython 3.3": {shown("", "    try:", "        a", "        ^") + "pkg/m.pyx:3:8: what\n",
			shown("", "@lock", "def f():", "    a", "    ^") + "src/pkg/m.pyx:3:4: what\n"},
		"a line without a source": {shown("", "    try:", "^") + "pkg/m.pyx:2:4: what\n",
			shown("", "@lock", "^") + "src/pkg/m.pyx:1:1: what\n"},
		"two":            {strings.Repeat(shown("", "    try:", "        a", "        ^")+"pkg/m.pyx:3:8: what\n", 2), strings.Repeat(shown("", "@lock", "def f():", "    a", "    ^")+"src/pkg/m.pyx:3:4: what\n", 2)},
		"another file":   {shown("", "a", "^") + "none.pyx:1:0: what\n", ""},
		"no position":    {shown("", "a", "^") + "pkg/m.pyx is bad\n", ""},
		"no caret":       {shown("", "a", "b") + "x\n", ""},
		"no second bar":  {bar + "\n...\n" + strings.Repeat("a\n", 20), ""},
		"only a bar":     {bar + "\nx\n" + bar + "\n", ""},
		"the text ends":  {bar + "\n...\na", ""},
		"at the bar":     {shown("", "a", "^"), ""},
		"within a bar":   {bar, ""},
		"a third bar":    {shown("", "a", "^") + bar + "\n" + bar + "\n", ""},
		"a position cut": {shown("", "a", "^") + "none.pyx:3:8: what", ""},
	} {
		l := Locator{Roots: []string{"build/src"}}
		var got bytes.Buffer
		if tt.want == "" {
			tt.want = tt.text
		}
		if err := l.Filter(&got, strings.NewReader(tt.text)); err != nil || filepath.ToSlash(got.String()) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got.String(), tt.want)
		}
	}
}

// TestFilterDoesNotWait checks that a line appears before the next one comes.
func TestFilterDoesNotWait(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- new(Locator).Filter(outW, inR) }()
	for i := range 3 {
		want := fmt.Sprintf("line %d\n", i)
		go io.WriteString(inW, want)
		got := make([]byte, len(want))
		read := make(chan error, 1)
		go func() { _, err := io.ReadFull(outR, got); read <- err }()
		select {
		case err := <-read:
			if err != nil || string(got) != want {
				t.Fatalf("%q %v", got, err)
			}
		case <-time.After(5 * time.Minute):
			t.Fatal("the line does not come")
		}
	}
	inW.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-done; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestOfSources checks that checked builds, and what reads them, say what the filter looks for.
func TestOfSources(t *testing.T) {
	said := ""
	for _, path := range []string{"../../runtime/pyxlock_check.pxd", "../../python/pyxlock/stress/checked.py"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		said += string(data)
	}
	for _, s := range ofSources {
		text := string(s)
		if before, mode, ok := strings.Cut(text, ", which needs the "); ok && before == "" { // the mode is filled in
			text = strings.TrimSuffix(text, mode)
		}
		if !strings.Contains(said, text) {
			t.Errorf("nothing says %q", s)
		}
	}
}
