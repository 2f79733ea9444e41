package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A command line means what it means to cython's argparse.
func TestSplitCythonArgs(t *testing.T) {
	own := func(name string) (ok, value bool) { return name == "locking" || name == "cython", true }
	for _, test := range []struct {
		args string
		want cythonArgs
	}{
		{"-3 -M m.pyx -o m.c", cythonArgs{rest: []string{"-3"}, sources: []string{"m.pyx"}, output: "m.c", depfile: true}},
		{"-3M+ m.pyx", cythonArgs{rest: []string{"-3", "-+"}, sources: []string{"m.pyx"}, depfile: true, cplus: true}},
		{"-Isrc -I=inc -I lib --include-dir=x --include-d y m.pyx", cythonArgs{includes: []string{"src", "inc", "lib", "x", "y"}, sources: []string{"m.pyx"}}},
		{"-o=a.c m.pyx", cythonArgs{output: "a.c", sources: []string{"m.pyx"}}},
		{"--output-f a.c --depf m.pyx", cythonArgs{output: "a.c", depfile: true, sources: []string{"m.pyx"}}},
		{"--locking=off --cython c --fast-fail -X a=b -Xc=d m.py", cythonArgs{own: []string{"--locking=off", "--cython", "c"}, rest: []string{"--fast-fail", "-X", "a=b", "-X", "c=d"}, sources: []string{"m.py"}}},
		{"-X freethreading_compatible=True m.pyx", cythonArgs{rest: []string{"-X", "freethreading_compatible=True"}, claims: "true", sources: []string{"m.pyx"}}},
		{"--directive=a=b,freethreading_compatible=False m.pyx", cythonArgs{rest: []string{"--directive", "a=b,freethreading_compatible=False"}, claims: "false", sources: []string{"m.pyx"}}},
		{"-t -f --timestamps --force m.pyx", cythonArgs{sources: []string{"m.pyx"}}},
		{"-Werror -Wextra --embed=main m.pyx", cythonArgs{rest: []string{"-Werror", "-Wextra", "--embed=main"}, sources: []string{"m.pyx"}}},
		{"-3 -- -m.pyx n.py", cythonArgs{rest: []string{"-3"}, sources: []string{"-m.pyx", "n.py"}}},
		{"--module-name pkg.m m.pyx", cythonArgs{rest: []string{"--module-name", "pkg.m"}, sources: []string{"m.pyx"}}},
	} {
		got, err := splitCythonArgs(strings.Fields(test.args), own)
		if err != nil {
			t.Errorf("%s: %v", test.args, err)
			continue
		}
		if diff := cmp.Diff(test.want, *got, cmp.AllowUnexported(cythonArgs{}), cmpopts.IgnoreFields(cythonArgs{}, "given"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.args, diff)
		}
	}
	for args, want := range map[string]string{
		"-w src m.pyx":         "-w is not supported",
		"-l m.pyx":             "-l is not supported",
		"m.pyx -o":             "-o needs a value",
		"m.pyx n.pyx -o x.c":   "several sources",
		"m.pyx -o no-such/":    "no such directory",
		"--annotate-f m.pyx x": "",
		"--no m.pyx":           "could be --no-docstrings, --no-c-in-traceback",
	} {
		_, err := splitCythonArgs(strings.Fields(args), own)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
