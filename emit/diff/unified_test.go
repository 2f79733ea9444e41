package diff

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unified(t testing.TB, d Pair, color bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := Unified(&b, d, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUnified(t *testing.T) {
	lines := func(s string) []byte { return []byte(strings.ReplaceAll(s, " ", "\n") + "\n") }
	tests := []struct {
		name string
		d    Pair
		want string
	}{
		{"no difference", Pair{"a", "a", []byte("x"), []byte("x")}, ""},
		{"one line", Pair{"d/m.pyx", "d/m.pyx", lines("1 2 3 4 5 6 7 8 9"), lines("1 2 3 4 x 6 7 8 9")},
			"diff --git a/d/m.pyx b/d/m.pyx\n--- a/d/m.pyx\n+++ b/d/m.pyx\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
		{"two hunks", Pair{"m", "m", lines("a 1 2 3 4 5 6 7 b"), lines("A 1 2 3 4 5 6 7 B")},
			"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
		{"hunks that touch", Pair{"m", "m", lines("a 1 2 3 4 5 6 b"), lines("A 1 2 3 4 5 6 B")},
			"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
		{"no newline", Pair{"m", "m", []byte("a\nb"), []byte("a\nb\n")},
			"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{"from nothing", Pair{"m", "m", nil, []byte("a\n")},
			"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -0,0 +1 @@\n+a\n"},
		{"new file", Pair{"", "m", nil, []byte("a\nb\n")},
			"diff --git a/m b/m\nnew file mode 100644\n--- /dev/null\n+++ b/m\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"removed file", Pair{"m", "", []byte("a\n"), nil},
			"diff --git a/m b/m\ndeleted file mode 100644\n--- a/m\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"},
		{"CR stays", Pair{"m", "m", []byte("a\r\nb\rc\n"), []byte("a\nb\rc\n")},
			"diff --git a/m b/m\n--- a/m\n+++ b/m\n@@ -1,2 +1,2 @@\n-a\r\n+a\n b\rc\n"},
		{"space in a path", Pair{"./a b", "a b", []byte("a\n"), []byte("b\n")},
			"diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-a\n+b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, unified(t, tt.d, false)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestUnifiedInColor(t *testing.T) {
	got := unified(t, Pair{"m", "m", []byte("a\nb\n"), []byte("a\nc\n")}, true)
	want := "\x1b[1mdiff --git a/m b/m\x1b[m\n\x1b[1m--- a/m\x1b[m\n\x1b[1m+++ b/m\x1b[m\n" +
		"\x1b[36m@@ -1,2 +1,2 @@\x1b[m\n a\n\x1b[31m-b\x1b[m\n\x1b[32m+c\x1b[m\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestQuotePath(t *testing.T) {
	for path, want := range map[string]string{
		"m.pyx":        "a/m.pyx",
		"./d//m.pyx":   "a/d/m.pyx",
		"/d/m.pyx":     "a/d/m.pyx",
		"é.pyx":        `"a/\303\251.pyx"`,
		`q"b\.pyx`:     `"a/q\"b\\.pyx"`,
		"t\tn\n\x01.p": `"a/t\tn\n\001.p"`,
		"with space":   "a/with space",
		"\x7f":         `"a/\177"`,
	} {
		if got := quotePath("a/", path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

// TestGitApply lets git apply random patches and compares bytes. One patch
// holds many files, so that git starts only a few times.
func TestGitApply(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not on PATH")
	}
	dir := t.TempDir()
	run := func(stdin string, args ...string) {
		t.Helper()
		cmd := exec.Command(git, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s\n%.4000s", args, err, out, stdin)
		}
	}
	run("", "init", "-q")
	run("", "config", "core.autocrlf", "false")
	var diffs []Pair
	pair := func(path string, old, new string) {
		d := Pair{path, path, []byte(old), []byte(new)}
		if d.Changed() {
			diffs = append(diffs, d)
		}
	}
	edges := []string{"", "\n", "\n\n", "a", "a\n", "a\nb", "a\nb\n", "a\r\nb\r\n", "a\r\nb", "a\rb\rc", "a\rb\rc\n",
		"a\x00b\n", "\x00", "\xff\xfe\n\xff", "\xed\xa0\x80\n", "\ufeffa\nb\n", "é\n", "\ufffd\n\u2028\n", "-a\n+b\n", "@@ -1 +1 @@\n", "\\ No newline at end of file\n", "a\n\n\n\nb\n", "\r", "\r\n", "\n\r"}
	for i, a := range edges {
		for j, b := range edges {
			pair(fmt.Sprintf("edge/%d-%d", i, j), a, b)
		}
	}
	for i, name := range []string{"with space", "é.pyx", `quo"te`, `back\slash`, "tab\tname", "日本 語", "trailing ", "new\nline", "a b/c d", "\xff", "'", "b/a b"} {
		pair("names/"+name, "a\nb\n", fmt.Sprintf("a\n%d\n", i))
		diffs = append(diffs, Pair{"", "new/" + name, nil, []byte("x\ny")},
			Pair{"", "empty/" + name, nil, nil},
			Pair{"gone/" + name, "", []byte("x\ny"), nil},
			Pair{"gone-empty/" + name, "", nil, nil})
	}
	rnd := rand.New(rand.NewSource(3))
	breaks := []string{"\n", "\n", "\n", "\r\n", "\r", "\x00\n", "\xff\n"}
	for i := range 1500 {
		var a, b strings.Builder
		words := 1 + rnd.Intn(6)
		for range rnd.Intn(60) {
			line := string(rune('a'+rnd.Intn(words))) + breaks[rnd.Intn(len(breaks))]
			k := rnd.Intn(10)
			if k != 0 {
				a.WriteString(line)
			}
			if k != 1 {
				b.WriteString(line)
			}
		}
		if rnd.Intn(3) == 0 {
			a.WriteString("x")
		}
		if rnd.Intn(3) == 0 {
			b.WriteString("x")
		}
		pair(fmt.Sprintf("random/%d", i), a.String(), b.String())
	}
	for i := range 3 { // more lines than one byte, two bytes and the surrogates count
		var a, b strings.Builder
		for n := range []int{100, 3000, 70000}[i] {
			if n%97 != 0 {
				fmt.Fprintln(&a, n)
			}
			if n%89 != 0 {
				fmt.Fprintln(&b, n)
			}
		}
		pair(fmt.Sprintf("long/%d", i), a.String(), b.String())
	}
	var all strings.Builder
	for _, d := range diffs {
		if d.OldPath != "" {
			name := filepath.Join(dir, d.OldPath)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, d.Old, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		all.WriteString(unified(t, d, false))
	}
	run(all.String(), "apply", "--whitespace=nowarn", "-")
	for _, d := range diffs {
		if d.NewPath == "" {
			if _, err := os.Lstat(filepath.Join(dir, d.OldPath)); !os.IsNotExist(err) {
				t.Errorf("%q is still there", d.OldPath)
			}
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, d.NewPath))
		if err != nil || !bytes.Equal(got, d.New) {
			t.Errorf("%q: from %.200q git makes %.200q, want %.200q (%v)", d.NewPath, d.Old, got, d.New, err)
		}
	}
	t.Logf("%d files", len(diffs))
}

// TestUnifiedIsSmall checks that the number of changed lines is the least.
func TestUnifiedIsSmall(t *testing.T) {
	rnd := rand.New(rand.NewSource(4))
	for range 300 {
		var a, b []byte
		for range 40 {
			line := []byte{byte('a' + rnd.Intn(4)), '\n'}
			if rnd.Intn(4) > 0 {
				a = append(a, line...)
			}
			if rnd.Intn(4) > 0 {
				b = append(b, line...)
			}
		}
		la, lb := Lines(a), Lines(b)
		lcs := make([][]int, len(la)+1)
		for i := range lcs {
			lcs[i] = make([]int, len(lb)+1)
		}
		for i := range la {
			for j := range lb {
				if bytes.Equal(la[i], lb[j]) {
					lcs[i+1][j+1] = lcs[i][j] + 1
				} else {
					lcs[i+1][j+1] = max(lcs[i][j+1], lcs[i+1][j])
				}
			}
		}
		_, _, changes := diffLines(a, b)
		got := 0
		for _, c := range changes {
			got += c.a1 - c.a0 + c.b1 - c.b0
		}
		if want := len(la) + len(lb) - 2*lcs[len(la)][len(lb)]; got > want {
			t.Errorf("%q %q: %d changed lines, want %d", a, b, got, want)
		}
	}
}

func BenchmarkUnified(b *testing.B) {
	var old, new bytes.Buffer
	for n := range 600 {
		fmt.Fprintf(&old, "line %d\n", n)
		fmt.Fprintf(&new, "line %d\n", n)
		if n%15 == 0 {
			new.WriteString("inserted\n")
		}
	}
	b.SetBytes(int64(old.Len()))
	for b.Loop() {
		unified(b, Pair{"m", "m", old.Bytes(), new.Bytes()}, false)
	}
}
