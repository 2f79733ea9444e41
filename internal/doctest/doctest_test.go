package doctest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/internal/markdown"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, printed string
		matches       bool
	}{
		{"", "", true},
		{"", "x\n", false},
		{"a\nb\n", "a\nb", true},
		{"a  \n\n", "a\n", true},
		{"a\n", "a\nb\n", false},
		{"b\n", "a\nb\n", false},
		{"a\n...\nd\n", "a\nb\nc\nd\n", true},
		{"a\n...\nd\n", "a\nd\n", true},
		{"a\n...\n", "a\n", true},
		{"...\nd\n", "a\nd\ne\n", false},
		{"took ... s\n", "took 0.12 s\n", true},
		{"took ... s\n", "took 0.12\n", false},
		{"a ... c\n", "a\nc\n", false},
		{"f(x): ...\n", "f(x): ...\n", true},
		{"a.b\n", "axb\n", false},
	} {
		if Matches(c.want, c.printed) != c.matches {
			t.Errorf("%q shown, %q printed: matches is not %v", c.want, c.printed, c.matches)
		}
	}
}

// runner stands for everything that a block may need, but for what is "missing".
func runner() *Runner {
	return &Runner{Env: os.Environ(), Supply: func(name string) (Supply, error) {
		switch name {
		case "missing":
			return Supply{Missing: "it is not here"}, nil
		case "root":
			return Supply{Dir: "/"}, nil
		case "nowhere":
			return Supply{Dir: "/nowhere/at/all"}, nil
		case "broken":
			return Supply{}, errors.New("it does not build")
		}
		return Supply{Env: []string{"NEED=${NEED}" + name + "'s"}}, nil
	}}
}

// outcome runs a page and returns what became of its blocks.
func outcome(t *testing.T, r *Runner, page *markdown.Page) (list []string) {
	t.Helper()
	err := r.run(page, t.TempDir(), func(_ int, run func() (string, error)) bool {
		missing, err := run()
		switch {
		case err != nil:
			list = append(list, err.Error())
			return false
		case missing != "":
			list = append(list, "skipped: "+missing)
		default:
			list = append(list, "ok")
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What a page that is true may have.
const truth = "# A page\n\n" +
	"<!-- doctest: file=d/a.py -->\n```python\nprint(1)\n```\n\n" +
	"```console\n$ cd d && x='a b'\n$ cat a.py; echo \"$x\"\nprint(1)\na b\n$ printf '%s\\n' 1 \\\n> 2\n1\n2\n```\n\n" +
	"<!-- doctest: exit=3 -->\n```console\n$ true\n$ (exit 3)\n```\n\n" +
	"<!-- doctest: exit=fail -->\n```console\n$ (exit 4)\n```\n\n" +
	"```console\n$ echo begin; printf ' x\\n-y'; ! read z\n```\n\n<!-- doctest: output -->\n```diff\nbegin\n x\n-y\n```\n\n" +
	"<!-- doctest: needs=missing -->\n```console\n$ false\n```\n\n" +
	"<!-- doctest: needs=\"a b\" -->\n```console\n$ echo $NEED\na'sb's\n```\n\n" +
	"<!-- doctest: needs=root -->\n```console\n$ pwd\n/\n$ cd - >/dev/null\n```\n\n" +
	"<!-- doctest: norun -->\n```console\n$ false\n```\n\n" +
	"<!-- doctest: chance=\"... of 9 lost\" exit=fail -->\n```console\n$ echo tried; echo 0 of 9 lost\n```\n\n" +
	"<!-- doctest: chance=\"... of 9 lost\" exit=fail -->\n```console\n$ echo crash; (exit 139)\ncrash\n```\n\n" +
	"<!-- doctest: file=d/a.py -->\n```python\nprint(2)\n```\n\n" +
	"```console\n$ cat a.py\nprint(2)\n$ echo an error >&2\nan error\n```\n"

func TestTruth(t *testing.T) {
	got := outcome(t, runner(), markdown.Parse("page.md", []byte(truth)))
	want := []string{"ok", "ok", "ok", "ok", "skipped: it is not here", "ok", "ok",
		"skipped: it was not to be seen this time: 0 of 9 lost", "ok", "ok"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFalsehood(t *testing.T) {
	for src, want := range map[string]string{
		"```console\n$ echo 1\n2\n```\n\n```console\n$ true\n```\n":                   "line 2: echo 1\nprints something else",
		"```console\n$ echo 1\n```\n":                                                 "prints something else",
		"```console\n$ true\n1\n```\n":                                                "prints something else",
		"```console\n$ false\n$ true\n```\n":                                          "line 2: false\nexit status 1, the page says 0",
		"<!-- doctest: exit=fail -->\n```console\n$ true\n```\n":                      "exit status 0, the page says -1",
		"<!-- doctest: exit=1 -->\n```console\n$ true\n```\n":                         "exit status 0, the page says 1",
		"<!-- doctest: chance=lost exit=fail -->\n```console\n$ true\n```\n":          "exit status 0, the page says -1",
		"<!-- doctest: needs=nowhere -->\n```console\n$ true\n```\n":                  "cd '/nowhere/at/all': exit status 1",
		"<!-- doctest: needs=broken -->\n```console\n$ true\n```\n":                   "it does not build",
		"```console\n$ exit 0\n```\n":                                                 "the shell ended",
		"```console\nhello\n```\n":                                                    "output without a command",
		"```console\n```\n":                                                           "a console block without a command",
		"<!-- doctest: exit=x -->\n```console\n$ true\n```\n":                         "exit=x is no number",
		"```console\n$ echo 1\n1\n```\n\n<!-- doctest: output -->\n```diff\n1\n```\n": "is shown here and in the next block",
	} {
		got := outcome(t, runner(), markdown.Parse("page.md", []byte(src)))
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%q: got %q, want one that contains %q", src, got, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	r := runner()
	r.Update = true
	outcome(t, r, markdown.Parse(path, []byte("```console\n$ echo 1\n$ echo 2\n2\n$ echo 3\n4\n5\n```\n\nText.\n\n"+
		"```console\n$ echo x\n```\n\n<!-- doctest: output -->\n```diff\ny\n```\n")))
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "```console\n$ echo 1\n1\n$ echo 2\n2\n$ echo 3\n3\n```\n\nText.\n\n" +
		"```console\n$ echo x\n```\n\n<!-- doctest: output -->\n```diff\nx\n```\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
