package main

// Trees whose authors want something of whoever looks at them: what is printed must
// not act on a terminal or in a log, nor quote files from beyond the tree.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pyxlock/cmd/pyxlock/internal/console"
)

// spoken runs a command and returns what it prints on both streams.
func spoken(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// everyReport are the commands that print something about a tree.
var everyReport = [][]string{
	{"check"}, {"check", "--format=json"}, {"check", "--format=sarif"}, {"check", "--format=github"},
	{"check", "--statistics"}, {"check", "--diff"}, {"check", "--explain=f"}, {"check", "--explain=get"},
	{"preview"}, {"preview", "--format=side-by-side"}, {"preview", "--format=html"}, {"preview", "--format=markdown"},
	{"rewrite", "--diff"}, {"rewrite", "--check"}, {"rewrite", "-v", "-o", "out"},
	{"annotate"}, {"annotate", "--list"},
}

var ourColors = regexp.MustCompile("\x1b\\[(1|31|32|33|36|1;31)?m")

// actsInLog returns what of a text would act where it is printed.
func actsInLog(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		for i, r := range line {
			if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd") {
				return fmt.Sprintf("a byte that is no UTF-8 in %q", line)
			}
			if r != '\t' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)) {
				return fmt.Sprintf("%U in %q", r, line)
			}
		}
		start := strings.TrimSpace(line)
		if strings.HasPrefix(start, "::") && len(start) > 2 && unicode.IsLetter(rune(start[2])) && !regexp.MustCompile(`^::(error|warning|notice) file=`).MatchString(line) {
			return fmt.Sprintf("a command: %q", line)
		}
		if (strings.Contains(line, "##[") || strings.Contains(line, "##vso[")) && !strings.HasPrefix(line, "::") {
			return fmt.Sprintf("a command: %q", line)
		}
	}
	return ""
}

// spite is what an author may put wherever text is free.
const spite = "\x1b]0;title\x07\x1b[2J \x9b31m \u0085 \u202e\u2066 \u200b\u2060\u00ad\U000e0041 \u2028\u2029 \x7f\b\xff ##[add-mask]x ##vso[task.complete]"

const spitefulSource = "# " + spite + "\n" + `cimport cython

@cython.locked_class
cdef class Evil:
    cdef public int n
    cdef public Evil child

    @cython.no_lock("` + spite + `")
    def raw(self):
        return self.n

    @cython.read_lock
    def get(self):
        """
        ::add-mask::e
		::add-mask::tab
 ` + "\u00a0\u3000" + `::add-mask::blank
        carriage` + "\r::add-mask::return\r" + `"""
        self.n = 1   # ` + spite + `

    @cython.write_lock("` + spite + `")
    def put(self, v):
        yield self.n

    def f(self, Evil other):
        other.n += 1; self.child.n += 1  # ` + spite + `

    @cython.guarded_by("` + spite + `")
    def g(self): pass

x = 1  # pyxlock: ignore[PXL207] ` + spite + `
y = 1  # pyxlock: ignore[` + spite + `] why
`

const spitefulBare = "# " + spite + "\n" + `cdef class Bare:
    cdef int n
    def get(self):
        """
        ::add-mask::e"""
        self.n = 1   # ` + spite + `
`

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNothingPrintedActs(t *testing.T) {
	t.Setenv("CI", "true") // where diffs are looked at, and not applied
	trees := map[string]map[string]string{
		"findings": {"src/m.pyx": spitefulSource},
		"locks":    {"src/m.pyx": strings.NewReplacer("yield self.n", "self.n = v", "@cython.read_lock\n    def get", "def get", "@cython.write_lock(\""+spite+"\")", "@cython.write_lock", "@cython.guarded_by(\""+spite+"\")", "").Replace(spitefulSource)},
		"none":     {"src/m.pyx": spitefulBare},
		"names":    {"src/::add-mask::a/::error::x.pyx": spitefulBare, "src/a\nb\n::add-mask::c.pyx": spitefulSource, "src/e\x1b[31m\u202e\xff.pyx": spitefulBare + "    def g(self: pass\n"},
		"syntax":   {"src/m.pyx": "x = (\n" + spite + "\n" + strings.Repeat(")", 50) + "\n'" + spite + "\ncdef " + spite + "\n"},
		"config1":  {"src/m.pyx": spitefulBare, "pyproject.toml": "[tool.pyxlock]\n\"a\\u001b[31m\\n::add-mask::b\" = 1\n"},
		"config2":  {"src/m.pyx": spitefulBare, "pyproject.toml": "[tool.pyxlock]\nlock = \"a\\u001b[31m\\n::add-mask::b\"\n"},
		"config3":  {"src/m.pyx": spitefulBare, "pyproject.toml": "[tool.pyxlock]\nlock = \"" + spite + "\n::add-mask::b\"\n"},
		"config4":  {"src/m.pyx": spitefulBare, "pyproject.toml": "[tool.pyxlock]\nselect = [\"\\u001b::add\"]\nper-file-ignores = {\"a\\n::add-mask::b[\" = [\"PXL1\"]}\n"},
	}
	for name, files := range trees {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, files)
			said := false
			for _, report := range everyReport {
				for _, color := range []string{"never", "always"} {
					for _, path := range []string{"src", "src/\x1b[31m\n::add-mask::gone.pyx"} {
						args := append(report[:len(report):len(report)], "--color="+color, path)
						out, errs, _ := spoken(args...)
						if color == "always" {
							out, errs = ourColors.ReplaceAllString(out, ""), ourColors.ReplaceAllString(errs, "")
						}
						if what := actsInLog(out); what != "" {
							t.Errorf("%q, standard output: %s", args, what)
						}
						if what := actsInLog(errs); what != "" {
							t.Errorf("%q, standard error: %s", args, what)
						}
						said = said || strings.Contains(out+errs, "\ufffd") || strings.Contains(out+errs, `\x1b`)
					}
				}
			}
			if !said && name != "config3" { // which TOML refuses without quoting it
				t.Error("nothing hostile came through: this tests nothing")
			}
		})
	}
	for _, args := range [][]string{
		{"check", "--format=" + spite, "."}, {spite}, {"check", "--" + spite}, {"explain", spite}, {"check", "--explain=" + spite, "."},
		{"check", "--since=" + spite, "."}, {"locate", spite + ":1"}, {"check", "--stdin-filename=" + spite, "-"}, {"cython", "--cython=" + spite, "m.pyx"},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, map[string]string{"m.pyx": "x = 1\n"})
			out, errs, code := spoken(args...)
			if what := actsInLog(out + errs); what != "" || code == 0 || out+errs == "" {
				t.Errorf("%q: exit code %d: %s", args, code, what)
			}
		})
	}
}

// A patch is byte for byte what git apply takes where nobody looks at it.
func TestPatchesAreExact(t *testing.T) {
	for _, ci := range []string{"", "true"} {
		for _, v := range []string{"CI", "GITHUB_ACTIONS", "TF_BUILD"} {
			t.Setenv(v, "")
		}
		t.Setenv("CI", ci)
		t.Chdir(t.TempDir())
		write(t, map[string]string{"m.pyx": spitefulBare})
		out, errs, _ := spoken("annotate", "m.pyx")
		exact, told := strings.Contains(out, spite), strings.Contains(errs, "shown as U+FFFD")
		if exact != (ci == "") || told != (ci != "") {
			t.Errorf("CI=%q: exact: %v, told: %v", ci, exact, told)
		}
		// A file is exact everywhere.
		f, err := os.Create("patch")
		if err != nil {
			t.Fatal(err)
		}
		run(context.Background(), []string{"annotate", "m.pyx"}, strings.NewReader(""), f, &bytes.Buffer{})
		f.Close()
		if data, _ := os.ReadFile("patch"); !strings.Contains(string(data), spite) {
			t.Errorf("CI=%q: the file has\n%q", ci, data)
		}
		if out, _, _ := spoken("preview", "-q", "m.pyx", "-o", "p"); out != "" {
			t.Errorf("%q", out)
		}
	}
}

// The words of files beyond the tree are in no report, however a tree reaches them.
func TestNothingBeyondTheTreeIsQuoted(t *testing.T) {
	t.Setenv("CI", "true")
	const word = "SeCrEtWoRd"
	secrets := map[string]string{
		"no code":   word + ": !hunter2 " + word + "\n" + word + " = " + word + " " + word + "\n",
		"code":      word + " = 1\ndef " + word + "f(self): return " + word + "\n",
		"class":     "cimport cython\n@cython.locked_class\ncdef class " + word + ":\n    cdef int n\n    @cython.no_lock(\"" + word + "\")\n    def f(self):\n        self.n = 1  # " + word + "\n    @cython.read_lock\n    def get(self):\n        self.n = 2  # " + word + "\n    @cython.write_lock\n    def each(self):\n        yield self.n  # " + word + "\n",
		"sound":     "cimport cython\n@cython.locked_class\ncdef class " + word + ":\n    cdef int n\n    def f(self):\n        self.n = 1  # " + word + "\n",
		"undecided": "cdef class " + word + ":\n    cdef int n\n    def f(self):\n        self.n = 1  # " + word + "\n",
	}
	for kind, text := range secrets {
		t.Run(kind, func(t *testing.T) {
			base := t.TempDir()
			secret := filepath.Join(base, "home", "secret.pxi")
			ways := map[string]func(t *testing.T){
				"absolute include": func(t *testing.T) {
					write(t, map[string]string{"src/m.pyx": "include '" + secret + "'\n" + spitefulBare})
				},
				"climbing include": func(t *testing.T) {
					write(t, map[string]string{"src/m.pyx": "include '../../home/secret.pxi'\n" + spitefulBare})
				},
				"link to a module": func(t *testing.T) {
					write(t, map[string]string{"src/n.pyx": "x = 1\n"})
					if err := os.Symlink(secret, "src/m.pyx"); err != nil {
						t.Skip(err)
					}
				},
				"link to an include": func(t *testing.T) {
					write(t, map[string]string{"src/m.pyx": "include 'p.pxi'\n"})
					if err := os.Symlink(secret, "src/p.pxi"); err != nil {
						t.Skip(err)
					}
				},
				"link to a directory": func(t *testing.T) {
					write(t, map[string]string{"src/m.pyx": "include 'dir/secret.pxi'\n"})
					if err := os.Symlink(filepath.Dir(secret), "src/dir"); err != nil {
						t.Skip(err)
					}
				},
			}
			write(t, map[string]string{secret: text})
			for way, make := range ways {
				t.Run(way, func(t *testing.T) {
					dir := filepath.Join(base, strings.ReplaceAll(way, " ", "-"))
					if err := os.Mkdir(dir, 0o777); err != nil {
						t.Fatal(err)
					}
					t.Chdir(dir)
					make(t)
					for _, report := range everyReport {
						for _, path := range []string{"src", "src/m.pyx"} {
							args := append(report[:len(report):len(report)], path)
							out, errs, code := spoken(args...)
							if strings.Contains(out+errs, word) {
								t.Errorf("%q: %s", args, regexp.MustCompile(`.*`+word+`.*`).FindString(out+errs))
							}
							if out+errs == "" && code > 0 {
								t.Errorf("%q: exit code %d, and not a word", args, code)
							}
						}
					}
				})
			}
		})
	}
}

// A small input gives a small report, whatever is in it.
func TestReportsAreSmall(t *testing.T) {
	name := strings.Repeat("n", 20000)
	inputs := map[string]string{
		"brackets":   strings.Repeat(")", 40000),
		"decorated":  "# read_lock\n" + strings.Repeat(")", 40000),
		"lines":      "# read_lock\n" + strings.Repeat(") \n", 13000),
		"one line":   "cimport cython\n@cython.locked_class\ncdef class C:\n    cdef int n\n    @cython.read_lock\n    def f(self): " + strings.Repeat("self.n = 1; ", 3000) + "\n",
		"accents":    "x = '" + strings.Repeat("e\u0301\u0301", 8000) + ")\n)",
		"long names": "cimport cython\n@cython.locked_class\ncdef class " + name + ":\n    cdef public int n\n" + strings.Repeat("    @cython.read_lock\n    def f(self):\n        yield self.n\n", 300),
		"generators": "cimport cython\n@cython.locked_class\ncdef class C:\n    cdef int n\n" + strings.Repeat("    def f(self):\n        yield self.n\n", 1000),
		"a string":   "cimport cython\n@cython.locked_class\ncdef class C:\n    cdef int n\n" + strings.Repeat("    @cython.write_lock('"+name[:2000]+"')\n    def f(self):\n        self.n = 1\n", 20),
	}
	for name, src := range inputs {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, map[string]string{"m.pyx": src})
			for _, report := range everyReport {
				args := append(report[:len(report):len(report)], "m.pyx")
				if report[len(report)-1] == "out" {
					continue
				}
				out, errs, _ := spoken(args...)
				// SARIF has the pages of all findings in it, HTML its style and script.
				if n := len(out) + len(errs); n > 40*len(src)+150_000 || n > 100_000 && (name == "brackets" || name == "decorated") && report[len(report)-1] == "check" {
					t.Errorf("%q: %d bytes of %d", args, n, len(src))
				}
			}
		})
	}
}

func TestSyntaxErrorsAreCounted(t *testing.T) {
	t.Chdir(t.TempDir())
	// In a file without lock decorators only the first error is told.
	const locked = "cimport cython\n@cython.locked_class\ncdef class C:\n    pass\n"
	write(t, map[string]string{"m.pyx": locked + strings.Repeat(")\n", 20), "n.pyx": locked + strings.Repeat(")\n", 22)})
	out, _, code := spoken("check", "-q", "m.pyx")
	if n := strings.Count(out, "PXL001"); n != 20 || code != console.Differences || strings.Contains(out, "more") {
		t.Errorf("%d errors, exit code %d\n%s", n, code, out)
	}
	for _, format := range []string{"text", "json", "sarif", "github"} {
		out, _, code = spoken("check", "-q", "--format="+format, "n.pyx")
		if code != console.Differences || strings.Count(out, "and 2 more syntax errors in this file") != 1 || strings.Count(out, "unmatched ')'") != 20 {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
}
