package exclude

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pyxlock/emit/fileio"
)

// What git says of the same files is the truth.
func TestGitignore(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git")
	}
	files := strings.Fields(`
		a.pyx b.pxd src/a.pyx src/gen.pxi src/gen/a.pyx src/gen/deep/a.pyx src/gen/deep/b.pyx src/keep/a.pyx src/keep/gen.pxi
		src/x/y/z/a.pyx doc/src/a.pyx doc/frotz/a.pyx frotz/a.pyx build/a.pyx src/build/a.pyx src/builds/a.pyx
		abc/a.pyx abcd/a.pyx a-c/a.pyx a]c/a.pyx a1c/a.pyx {x}/a.pyx x/a.pyx #c.pyx !d.pyx sp\x20.pyx src/.hid.pyx star*.pyx starry.pyx
		deep/a/b/c.pyx deep/a/c.pyx deep/c.pyx deep/xc.pyx deep/a/xc.pyx foo/bar/foo/a.pyx back\slash.pyx ü.pyx Upper.pyx`)
	for i := range files {
		files[i] = strings.ReplaceAll(files[i], `\x20`, " ")
	}
	for _, c := range []struct {
		name    string
		ignores map[string]string // .gitignore files by directory
	}{
		{"names", map[string]string{"": "*.pxd\ngen.pxi\nbuild\n"}},
		{"directories only", map[string]string{"": "build/\ngen.pxi/\na.pyx/\n"}},
		{"anchored", map[string]string{"": "/a.pyx\n/build/\nsrc/gen.pxi\n"}},
		{"anchored by a slash within", map[string]string{"": "doc/frotz\nsrc/gen/\n"}},
		{"negated", map[string]string{"": "*.pyx\n!a.pyx\n"}},
		{"negated, and ignored again", map[string]string{"": "*.pyx\n!a.pyx\nsrc/a.pyx\n"}},
		{"below an ignored directory nothing comes back", map[string]string{"": "src/\n!src/a.pyx\n"}},
		{"the content of a directory, but for one", map[string]string{"": "src/*\n!src/keep\n!src/gen\nsrc/gen/*\n!src/gen/deep/\n"}},
		{"nested", map[string]string{"": "*.pxi\n", "src": "!gen.pxi\na.pyx\n", "src/keep": "gen.pxi\n!a.pyx\n"}},
		{"nested, anchored there", map[string]string{"src": "/a.pyx\n/gen/deep\n", "deep": "/*/c.pyx\n"}},
		{"two stars in front", map[string]string{"": "**/gen\n**/a/*.pyx\n"}},
		{"two stars at the end", map[string]string{"": "src/**\n!src/a.pyx\n"}},
		{"two stars at the end, and a directory comes back", map[string]string{"": "src/**\n!src/keep/\n!src/keep/a.pyx\n"}},
		{"two stars within", map[string]string{"": "deep/**/c.pyx\nfoo/**/foo/\n"}},
		{"two stars in a name", map[string]string{"": "deep/**c.pyx\ns**r*.pyx\n"}},
		{"only two stars", map[string]string{"src": "**\n!keep\n"}},
		{"two stars and a slash", map[string]string{"src": "**/\n"}},
		{"a star stays in its directory", map[string]string{"": "deep/*c.pyx\nsrc/*/a.pyx\n"}},
		{"question marks", map[string]string{"": "a?c\n?.pxd\nsrc?a.pyx\n"}},
		{"classes", map[string]string{"": "a[b-]c\n[[:upper:]]*.pyx\nb[!c]c/\n"}},
		{"classes that are negated", map[string]string{"": "a[!b-]c\nsrc[!x]a.pyx\nsrc[^x]gen\n"}},
		{"classes with brackets", map[string]string{"": "a[]]c\na[0-9]c\n"}},
		{"classes that are not closed", map[string]string{"": "a[bc\n[\n*.pxd\n"}},
		{"classes of no known name", map[string]string{"": "a[[:nope:]]c\n*.pxd\n"}},
		{"braces are braces", map[string]string{"": "{x}\n{a,b}.pyx\n"}},
		{"escapes", map[string]string{"": "\\#c.pyx\n\\!d.pyx\nstar\\*.pyx\nback\\\\slash.pyx\n"}},
		{"an escape of nothing", map[string]string{"": "a.pyx\\\n*.pxd\n"}},
		{"comments and blank lines", map[string]string{"": "# a.pyx\n\n   \n#c.pyx\n*.pxd\n"}},
		{"spaces at the end", map[string]string{"": "a.pyx   \nsp\\ .pyx  \n"}},
		{"line ends of Windows, and a byte-order mark", map[string]string{"": "\ufeff*.pxd\r\n/build/\r\n"}},
		{"no line end", map[string]string{"": "*.pxd"}},
		{"only a slash, or a mark", map[string]string{"": "/\n!\n//\n*.pxd\n"}},
		{"a leading dot", map[string]string{"": "*hid.pyx\n./b.pxd\n"}},
		{"letters beyond ASCII", map[string]string{"": "ü.pyx\n"}},
		{"a letter beyond ASCII is two bytes", map[string]string{"": "?.pyx\n"}},
		{"a letter beyond ASCII is two bytes, named", map[string]string{"": "??.pyx\n[!a].pyx\n"}},
		{"letters beyond ASCII, escaped and in classes", map[string]string{"": "[ü]*.pyx\n*\\ü.p?x\n"}},
		{"more than two stars", map[string]string{"": "***/c.pyx\nsrc/****/gen.pxi\n"}},
		{"two stars behind a name", map[string]string{"": "a**/*\n"}},
		{"two stars behind a path", map[string]string{"": "src/g**/deep\nde**/c.pyx\n"}},
		{"two stars before a name", map[string]string{"": "de*p/**c.pyx\nd*/**p/\n"}},
		{"slashes in classes", map[string]string{"": "src[/]a.pyx\ndeep[/a]c.pyx\ndee[/p]/a\na[!/]c/a.pyx\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := fileio.Real(t.TempDir())
			for _, f := range files {
				write(t, map[string]string{filepath.Join(dir, filepath.FromSlash(f)): ""})
			}
			for at, text := range c.ignores {
				write(t, map[string]string{filepath.Join(dir, filepath.FromSlash(at), ".gitignore"): text})
			}
			ask := exec.Command(git, "-C", dir, "init", "-q")
			ask.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
			if out, err := ask.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			list := exec.Command(git, "-C", dir, "ls-files", "-z", "--others", "--exclude-standard")
			list.Env = ask.Env
			out, err := list.Output()
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, f := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
				if strings.HasSuffix(f, ".gitignore") || f == "" {
					continue
				}
				want = append(want, f)
			}
			got := notIgnored(t, nil, dir, "")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				for _, f := range want {
					if !slices.Contains(got, f) {
						t.Errorf("%s: git does not ignore it", f)
					}
				}
				for _, f := range got {
					if !slices.Contains(want, f) {
						t.Errorf("%s: git ignores it", f)
					}
				}
			}
		})
	}
}

// notIgnored lists the files of a directory that the rules leave.
func notIgnored(t *testing.T, rules *GitRules, dir, rel string) []string {
	rules, err := rules.Below(dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.Name() == ".git" || e.Name() == ".gitignore" || rules.ignores(path, e.IsDir()):
		case e.IsDir():
			out = append(out, notIgnored(t, rules, path, rel+e.Name()+"/")...)
		default:
			out = append(out, rel+e.Name())
		}
	}
	return out
}

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
